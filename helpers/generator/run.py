"""A feed at its own pace, in the calling thread: in real time without drift, faster, or as fast as it goes.

It ends by itself after a number of records or of seconds, and when told to; no thread is left, whatever happens.
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from helpers.generator.meter import Meter
from helpers.generator.sender import Account
from helpers.generator.traffic import Feed

TICK = 0.05  # seconds between two requests, unless less is due; what falls due meanwhile goes with the next
LOOK = 0.25  # seconds between two looks at the progress when nothing is due
MOMENT = 0.001  # seconds: what is due at a time is sent a moment after it
CHUNK = 5_000  # records of the time line that are made at once when it need not wait
STRIDE = 3600.0  # seconds, at most as long as a rate of a profile holds


@dataclass(frozen=True)
class Reading:
    """A run at a glance: seconds on the time line and on the clock, records a second acknowledged, and the account."""

    line: float
    seconds: float
    delivered_rate: float
    account: Account


class Run:
    """Moves a feed along: `speed` seconds of its time line a second, 0 for as fast as it goes.

    It ends after `seconds` of the time line if given, and when the feed's count is reached. With `step`, each second
    is sent and then let pass by `step(1)`, on the target's clock, as fast as that goes. `monotonic` and `wait`
    (seconds; true to stop) are the clock.
    """

    def __init__(
        self,
        feed: Feed,
        seconds: float | None = None,
        speed: float = 1.0,
        step: Callable[[float], object] | None = None,
        monotonic: Callable[[], float] = time.monotonic,
        wait: Callable[[float], object] | None = None,
    ) -> None:
        self.feed = feed
        self.stopping = threading.Event()
        self._seconds = math.inf if seconds is None else seconds
        self._speed = speed
        self._step = step
        self._monotonic = monotonic
        self._wait = wait or self.stopping.wait
        self._meter = Meter()

    def stop(self) -> None:
        """End it after the request that is under way; may be called from a signal handler or another thread."""
        self.stopping.set()

    def go(self, progress: Callable[[Reading], object] = lambda reading: None) -> Reading:
        """Send until the end; `progress` gets a reading from time to time. Raises DeliveryError."""
        self._start = self._monotonic()
        line = 0.0
        try:
            for line in self._paced() if self._speed and not self._step else self._unpaced():
                self.feed.advance(line)
                progress(self._reading(line))
        finally:
            last = self._reading(line)
        return last

    def _over(self, line: float) -> bool:
        idle = self._seconds == math.inf and self.feed.next_due() == math.inf  # nothing will ever come
        return self.stopping.is_set() or self.feed.done or line >= self._seconds or idle

    def _paced(self) -> Iterator[float]:
        handed_over, sent_at = 0, -math.inf
        while True:
            now = self._elapsed()
            line = min(now * self._speed, self._seconds)
            yield line
            if self._over(line):
                return
            if self.feed.records.total() > handed_over:
                handed_over, sent_at = self.feed.records.total(), now
            due = min(self.feed.next_due(), self._seconds) / self._speed + MOMENT
            later = self._elapsed()
            self._wait(max(0.0, sent_at + TICK - later, min(due - later, LOOK)))
            if self.stopping.is_set():
                return

    def _unpaced(self) -> Iterator[float]:
        line, stride = 0.0, 1.0
        while not self._over(line):
            before = self.feed.records.total()
            line = min(line + (1.0 if self._step else stride), self._seconds)
            yield line
            if self._step:
                self._step(1.0)
            made = self.feed.records.total() - before
            if made * 2 <= CHUNK:
                stride = min(stride * 2, STRIDE)
            elif made > CHUNK:
                stride = max(stride / 2, 1.0)

    def _elapsed(self) -> float:
        return self._monotonic() - self._start

    def _reading(self, line: float) -> Reading:
        account, now = self.feed.account, self._elapsed()
        self._meter.note(now, account.acknowledged)
        return Reading(line, now, self._meter.rate(), account)
