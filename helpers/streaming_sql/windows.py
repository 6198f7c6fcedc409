"""Which stretch of ROWTIME a monotonic GROUP BY term holds together.

A term such as STEP(ROWTIME BY INTERVAL '10' SECOND) rises in steps as time passes; a `Window` says
when the step that holds a given ROWTIME ends. That is when a group is complete, and the ROWTIME of
its row. Works for FLOOR(ROWTIME TO unit), STEP(ROWTIME BY interval), ROWTIME itself, and all of
these over (ROWTIME - constant) unit, divided by a whole number, as the clickstream script has it.
"""

from __future__ import annotations

from dataclasses import dataclass

from .datatypes import UNIT_MILLISECONDS
from .expressions import Call, Column, Expression, Literal
from .functions.time import unit_after, unit_of


@dataclass(frozen=True, slots=True)
class Steps:
    """Steps of a fixed length in milliseconds, one of them beginning at `origin`."""

    length: int
    origin: int = 0

    def end(self, rowtime: int) -> int:
        return rowtime - (rowtime - self.origin) % self.length + self.length


@dataclass(frozen=True, slots=True)
class Calendar:
    """Months or years (UTC)."""

    unit: str

    def end(self, rowtime: int) -> int:
        return unit_after(rowtime, self.unit)


Window = Steps | Calendar


@dataclass(frozen=True, slots=True)
class _Linear:
    """(ROWTIME - origin) / divisor, in milliseconds."""

    origin: int
    divisor: int


def window_of(term: Expression) -> Window | None:
    """The window of a GROUP BY term, or None where the term does not rise with ROWTIME."""
    linear = _linear(term)
    if linear:
        return Steps(linear.divisor, linear.origin)
    if isinstance(term, Call) and term.function in ("FLOOR TO", "STEP"):
        return _stepped(term)
    if isinstance(term, Call) and term.function == "MONOTONIC":
        return window_of(term.arguments[0])
    return None


def is_declared(term: Expression) -> bool:
    """Whether a GROUP BY term only rises or falls because the script says so: MONOTONIC(x)."""
    return isinstance(term, Call) and term.function == "MONOTONIC" and window_of(term) is None


def _stepped(term: Call) -> Window | None:
    linear = _linear(term.arguments[0])
    if linear is None:
        return None
    if term.function == "STEP":
        step = term.arguments[1]
        return Steps(step.value * linear.divisor, linear.origin) if isinstance(step, Literal) else None
    unit = unit_of(term.arguments[1])
    if unit in UNIT_MILLISECONDS:
        return Steps(UNIT_MILLISECONDS[unit] * linear.divisor, linear.origin)
    return Calendar(unit) if linear == _Linear(0, 1) else None


def _linear(expression: Expression) -> _Linear | None:
    match expression:
        case Column(index=0):
            return _Linear(0, 1)
        case Call(function="INTERVAL DIFFERENCE", arguments=(inner, _)):
            return _linear(inner)
        case Call(function="-" | "+" | "/" as sign, arguments=(inner, Literal(value=int() as value))):
            return _shifted(_linear(inner), sign, value)
        case _:
            return None


def _shifted(linear: _Linear | None, sign: str, value: int) -> _Linear | None:
    if linear is None or (sign == "/" and value <= 0):
        return None
    if sign == "/":
        return _Linear(linear.origin, linear.divisor * value)
    shift = value * linear.divisor
    return _Linear(linear.origin + (shift if sign == "-" else -shift), linear.divisor)
