"""Traffic in real time: as time goes by, producers send; rates change while it runs."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable

from helpers.generator.errors import GeneratorError
from helpers.generator.meter import Meter
from helpers.generator.traffic import Feed


class Live:
    """Moves traffic along with the time that `monotonic` (seconds) tells.

    What falls due while a request takes long is sent with the next one, so nothing drifts. All public methods
    may be called from any thread. `bursts` lists (begin, end), seconds from the start.
    """

    def __init__(self, traffic: Feed, monotonic: Callable[[], float] = time.monotonic) -> None:
        self.traffic = traffic
        self.bursts: list[tuple[float, float]] = []
        self._monotonic = monotonic
        self._start = monotonic()
        self._skipped = 0.0
        self._meter = Meter()
        self._stepping = threading.Lock()

    def elapsed(self) -> float:
        """Seconds since the start, fast-forwarded ones included."""
        return self._monotonic() - self._start + self._skipped

    def tick(self) -> None:
        """Send what is due. DeliveryError when that fails."""
        if self._stepping.acquire(blocking=False):  # else fast_forward is at it
            try:
                self._advance(self.elapsed())
            finally:
                self._stepping.release()

    def fast_forward(self, seconds: int, step: Callable[[float], object]) -> None:
        """Let `seconds` pass at once: send each second's records, then `step(1)` the target's clock."""
        with self._stepping:
            for _ in range(seconds):
                self._advance(self.elapsed() + 1)
                step(1)
                self._skipped += 1

    def burst(self, producers: Iterable[str], seconds: float, rate: float = 1.0) -> None:
        """Let `producers` send `rate` records a second for `seconds`; GeneratorError while a burst lasts."""
        if left := self.burst_left():
            raise GeneratorError(f"a burst is under way for another {left:.0f} s: wait until it has ended")
        if seconds <= 0:
            raise GeneratorError(f"a burst must last longer than {seconds} s")
        now = self.elapsed()
        self.bursts.append(self.traffic.burst(now, now + seconds, dict.fromkeys(producers, rate)))

    def burst_left(self) -> float:
        """Seconds until the burst ends, 0 when there is none."""
        return max(0.0, self.bursts[-1][1] - self.elapsed()) if self.bursts else 0.0

    def delivered_rate(self) -> float:
        """Records acknowledged a second, over the last ten seconds or as long as there is."""
        return self._meter.rate()

    def _advance(self, until: float) -> None:
        try:
            self.traffic.advance(until)
        finally:
            self._meter.note(until, self.traffic.account.acknowledged)
