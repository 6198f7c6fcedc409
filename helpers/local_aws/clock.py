"""The one clock of the local AWS, and the one thread that runs what falls due on it.

Real mode follows the wall clock plus an offset; stepped mode stands still until somebody calls
``step``. Services never ask the operating system for the time: they ask this clock, so that a test
or a workshop chapter can let five minutes pass at once and get the same result each time.

What it does not do: run timers in parallel. A slow timer delays those behind it.
"""

from __future__ import annotations

import heapq
import logging
import threading
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Literal

Mode = Literal["real", "stepped"]
MAX_ERRORS = 1000
LONGEST_WAIT = 30.0  # seconds; the wall clock may be set while we wait, so look again now and then

log = logging.getLogger(__name__)


class ClockError(Exception):
    """The clock was asked for something it cannot do."""


@dataclass(order=True)
class Timer:
    """A callable waiting for its time (epoch seconds); timers of one time run in order of scheduling."""

    when: float
    number: int
    fn: Callable[[], None] = field(compare=False, repr=False)
    name: str = field(compare=False, default="")
    cancelled: bool = field(compare=False, default=False)

    def cancel(self) -> None:
        """Do not run; a timer that is running or has run is not affected."""
        self.cancelled = True


class Clock:
    """One clock (epoch seconds, UTC) and one scheduler thread.

    While a timer runs in stepped mode, or within ``step``, ``now()`` is its due time. Timers that
    raise are recorded in ``errors`` as (time, name, traceback), newest 1,000, and logged.
    ``on_move(mode, now)`` hears of every change that the wall clock does not account for, before anything
    happens at the new time; it must be quick, and is called without a lock of the clock's. A clock that is ``held``
    runs no timer until ``release()``.
    """

    def __init__(self, mode: Mode = "real", start: float | None = None, *, held: bool = False) -> None:
        _check_mode(mode)
        self.on_move: Callable[[Mode, float], None] = lambda mode, now: None
        self.errors: list[tuple[float, str, str]] = []
        self._mode: Mode = mode
        self._changed = threading.Condition(threading.RLock())
        self._stepping = threading.Lock()  # one step at a time
        self._timers: list[Timer] = []
        self._numbers = 0
        self._offset = 0.0 if start is None else start - time.time()
        self._frozen: float | None = None  # the time where it stands still
        self._target: float | None = None  # how far the scheduler may move a frozen time
        self._latest = time.time() if start is None else start
        if mode == "stepped":
            self._frozen = self._latest
        self._running = False
        self._closed = False
        self._held = held
        self._thread = threading.Thread(target=self._run, name="local-aws-clock", daemon=True)
        self._thread.start()

    @property
    def mode(self) -> Mode:
        """``real`` or ``stepped``."""
        return self._mode

    def now(self) -> float:
        """The time, epoch seconds; never smaller than an answer given before."""
        with self._changed:
            current = time.time() + self._offset if self._frozen is None else self._frozen
            if current < self._latest:  # the wall clock was set back: go on from where we were, do not wait for it
                self._offset += self._latest - current
            self._latest = max(self._latest, current)
            return self._latest

    def call_at(self, when: float, fn: Callable[[], None], name: str = "") -> Timer:
        """Run ``fn`` on the scheduler thread at ``when`` (epoch seconds), or as soon as possible if past."""
        with self._changed:
            if self._closed:
                raise ClockError(f"the clock is closed, timer {name!r} cannot be scheduled")
            self._numbers += 1
            timer = Timer(max(when, self.now()), self._numbers, fn, name or getattr(fn, "__name__", "timer"))
            heapq.heappush(self._timers, timer)
            self._changed.notify_all()
            return timer

    def call_in(self, seconds: float, fn: Callable[[], None], name: str = "") -> Timer:
        """Run ``fn`` ``seconds`` from now."""
        return self.call_at(self.now() + seconds, fn, name)

    def step(self, seconds: float) -> float:
        """Move time ahead, running all that falls due in order; returns the new time when done.

        Blocks; timers scheduled meanwhile run too if due by then. ClockError from within a timer.
        """
        if not 0 <= seconds < float("inf"):
            raise ClockError(f"cannot step by {seconds} seconds: time moves ahead by a finite number")
        self._forbid_inside_timer("step")
        with self._stepping:
            with self._changed:
                start = self.now()
                was_frozen = self._frozen is not None
                self._wait_until(lambda: not self._running)
                self._frozen = start
                self._target = start + seconds
                self._changed.notify_all()
            try:
                self._settle()
                self._moved(start + seconds)
            finally:
                with self._changed:
                    try:
                        self._wait_until(self._idle)  # what fell due meanwhile
                    finally:
                        self._frozen = self._target if was_frozen else None
                        self._target = None
                        if not was_frozen:
                            self._offset += seconds
            return self.now()

    def drain(self) -> None:
        """Return once everything already due has run."""
        self._forbid_inside_timer("drain")
        self._settle()

    def set_mode(self, mode: Mode) -> None:
        """Change the mode; the time goes on from where it is."""
        _check_mode(mode)
        self._forbid_inside_timer("set_mode")
        with self._stepping:
            with self._changed:
                now = self.now()
                if mode == "stepped":
                    self._frozen = now
                elif self._frozen is not None:
                    self._frozen = None
                    self._offset = now - time.time()
                self._mode = mode
                self._changed.notify_all()
            self._moved(now)

    def release(self) -> None:
        """Let the timers run, if the clock was held."""
        with self._changed:
            self._held = False
            self._changed.notify_all()

    def close(self) -> None:
        """Stop the scheduler after the timer that is running; the timers left do not run."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        if threading.current_thread() is not self._thread:
            self._thread.join(timeout=60)

    def _run(self) -> None:
        while (timer := self._next()) is not None:
            try:
                self._move(timer.when)
                timer.fn()
            except Exception:
                self._record(timer.name)
            finally:
                with self._changed:
                    self._running = False
                    self._changed.notify_all()

    def _next(self) -> Timer | None:
        """Wait for the next due timer; None when closed."""
        with self._changed:
            while not self._closed:
                timer = None if self._held else self._head()
                wait = LONGEST_WAIT if timer is None else min(LONGEST_WAIT, timer.when - self._limit())
                if timer is not None and wait <= 0:
                    heapq.heappop(self._timers)
                    self._running = True
                    return timer
                self._changed.wait(wait if self._frozen is None else LONGEST_WAIT)
            return None

    def _move(self, when: float) -> None:
        """Bring a frozen time to a timer's; nobody sees a time that `on_move` has not heard of."""
        if self._frozen is None or when <= self._frozen:
            return
        self._moved(when)
        with self._changed:
            if self._frozen is not None:
                self._frozen = max(self._frozen, when)

    def _moved(self, now: float) -> None:
        """Say so, without the lock: who listens may hold another that is waited for by somebody who asks the time.

        A failing listener is an error to show, not the end of time.
        """
        try:
            self.on_move(self._mode, now)
        except Exception:
            self._record("on_move")

    def _limit(self) -> float:
        return self._target if self._target is not None else self.now()

    def _due(self) -> bool:
        timer = self._head()
        return timer is not None and timer.when <= self._limit()

    def _head(self) -> Timer | None:
        while self._timers and self._timers[0].cancelled:
            heapq.heappop(self._timers)
        return self._timers[0] if self._timers else None

    def _settle(self) -> None:
        with self._changed:
            self._wait_until(self._idle)

    def _idle(self) -> bool:
        return not self._running and not self._due()

    def _wait_until(self, done: Callable[[], bool]) -> None:
        while not done():
            if self._closed:
                raise ClockError("the clock was closed")
            self._changed.wait(LONGEST_WAIT)

    def _record(self, name: str) -> None:
        text = traceback.format_exc()
        log.exception("timer %s failed", name)
        with self._changed:
            self.errors.append((self.now(), name, text))
            del self.errors[:-MAX_ERRORS]

    def _forbid_inside_timer(self, what: str) -> None:
        if threading.current_thread() is self._thread:
            raise ClockError(f"{what}() waits for timers, so a timer must not call it")


def moment(seconds: float) -> datetime:
    """Epoch seconds as a datetime in UTC."""
    return datetime.fromtimestamp(seconds, UTC)


def iso(seconds: float) -> str:
    """Epoch seconds as ISO 8601 in UTC, to the millisecond: ``2026-11-22T10:00:00.000Z``."""
    return moment(seconds).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _check_mode(mode: str) -> None:
    if mode not in ("real", "stepped"):
        raise ClockError(f"unknown clock mode {mode!r}: use 'real' or 'stepped'")
