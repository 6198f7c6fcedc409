"""What is to go wrong on demand: one table of faults, set by the control API and asked by the services.

A fault has a kind (see KINDS) and ends after ``count`` hits, ``seconds`` on the one clock, or when it is cleared;
``share`` is the part of the chances that hit, drawn at random from a seed, so that a run can be repeated.
"""

from __future__ import annotations

import random
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

KINDS = {
    "throttle": "a record that is put on a delivery stream is refused: ServiceUnavailableException, Slow down.",
    "lambda-error": "a service's invocation of a function fails with the error `code` (TooManyRequestsException)",
    "lambda-slow": "a delivery stream's function answers `delay` seconds later, on the one clock",
    "s3-error": "an object that a delivery stream writes is refused with the error `code` (InternalError, 500)",
    "drop": "a connection is closed without an answer, after the request has been carried out",
    "skew": "the clock that requests are checked against is `delay` seconds ahead (negative: behind)",
}
CODES = {"lambda-error": "TooManyRequestsException", "s3-error": "InternalError"}
NEED_DELAY = frozenset({"lambda-slow", "skew"})
MEMBERS = frozenset({"kind", "share", "count", "seconds", "delay", "code"})


class FaultError(Exception):
    """A fault that cannot be set; the text says what to give instead."""


@dataclass
class Fault:
    """One fault: part of chances, hits left (None: any number), end (epoch seconds), and how it looks."""

    kind: str
    share: float = 1.0
    count: int | None = None
    until: float | None = None
    delay: float = 0.0
    code: str = ""

    def over(self, now: float) -> bool:
        """Whether it has ended."""
        return self.count == 0 or (self.until is not None and now >= self.until)

    def answer(self) -> dict[str, Any]:
        """As the control API shows it."""
        return {key: value for key, value in vars(self).items() if value not in (None, "")}


class Faults:
    """The table; at most one fault of a kind. Usable from any thread.

    >>> faults = Faults(seed=7)
    >>> faults.set({"kind": "s3-error", "count": 1}, now=0)
    >>> faults.hit("s3-error", now=5).code, faults.hit("s3-error", now=5)
    ('InternalError', None)
    """

    def __init__(self, seed: int = 7) -> None:
        self._guard = threading.Lock()
        self._faults: dict[str, Fault] = {}
        self._random = random.Random(seed)  # noqa: S311 - repeatable on purpose

    def set(self, given: Mapping[str, Any], now: float) -> None:
        """Set a fault in place of the one of its kind; FaultError if it makes no sense. ``now``: epoch seconds."""
        kind = given.get("kind")
        if kind not in KINDS:
            raise FaultError(f"kind is {kind!r}: use one of {', '.join(KINDS)}")
        if unknown := given.keys() - MEMBERS:
            raise FaultError(f"a fault has no {', '.join(sorted(unknown))}: it has {', '.join(sorted(MEMBERS))}")
        share = _number(given, "share", 1.0, 0, 1)
        count, seconds = _number(given, "count", None, 1), _number(given, "seconds", None, 0)
        delay = _number(given, "delay", None)
        if kind in NEED_DELAY and delay is None:
            raise FaultError(f"the fault {kind} needs a delay, in seconds")
        if kind == "lambda-slow" and (delay or 0) < 0:
            raise FaultError("delay is negative: a function cannot answer before it is asked")
        fault = Fault(
            kind,
            share=1.0 if share is None else share,
            count=None if count is None else int(count),
            until=None if seconds is None else now + seconds,
            delay=delay or 0.0,
            code=str(given.get("code") or CODES.get(kind, "")),
        )
        with self._guard:
            self._faults[kind] = fault

    def clear(self, kind: str | None = None) -> None:
        """End one kind, or all; nothing happens where there is none."""
        with self._guard:
            if kind is None:
                self._faults.clear()
            else:
                self._faults.pop(kind, None)

    def list(self, now: float) -> list[dict[str, Any]]:
        """The faults that are in force."""
        with self._guard:
            return [fault.answer() for fault in self._faults.values() if not fault.over(now)]

    def hit(self, kind: str, now: float) -> Fault | None:
        """The fault if it hits this time: that is counted."""
        if kind not in self._faults:  # the usual case costs nothing
            return None
        with self._guard:
            return self._hit(kind, now)

    def hits(self, kind: str, now: float, chances: int) -> Sequence[bool] | None:
        """Which of several chances at one moment hit; None if there is no such fault."""
        if kind not in self._faults:
            return None
        with self._guard:
            return [self._hit(kind, now) is not None for _ in range(chances)]

    def _hit(self, kind: str, now: float) -> Fault | None:
        fault = self._faults.get(kind)
        if fault is None or fault.over(now) or self._random.random() >= fault.share:
            return None
        if fault.count is not None:
            fault.count -= 1
        return fault


def _number(
    given: Mapping[str, Any], name: str, default: float | None, low: float | None = None, high: float | None = None
) -> float | None:
    value = given.get(name)
    if value is None:
        return default
    good = isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) < float("inf")
    if not good or (low is not None and value < low) or (high is not None and value > high):
        limits = f" from {low}" * (low is not None) + f" to {high}" * (high is not None)
        raise FaultError(f"{name} is {value!r}: a number{limits} is needed")
    return float(value)
