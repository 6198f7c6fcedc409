"""Aggregates over the rows of a group: one small accumulator each, as a table.

NULLs are left out of every aggregate except COUNT(*); a group of NULLs only gives NULL (COUNT: 0).
SUM and AVG of whole numbers are whole (AVG truncates towards zero), as the service's were.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, Protocol

from .datatypes import BIGINT, DOUBLE, MAX_PRECISION, SqlType, decimal
from .functions.arithmetic import on_decimals, on_floats, on_integers
from .functions.base import NUMERIC, TypeFault


class Accumulator(Protocol):
    """One aggregate in one group; `after` gives the state with one more value, the caller sets it."""

    state: Any

    def after(self, value: Any) -> Any: ...

    def result(self) -> Any: ...


class Count:
    """COUNT(*) and COUNT(x): the caller leaves NULLs out."""

    __slots__ = ("state",)

    def __init__(self, sqltype: SqlType) -> None:
        self.state: Any = 0

    def after(self, value: Any) -> Any:
        return self.state + 1

    def result(self) -> Any:
        return self.state


class Sum:
    __slots__ = ("plus", "state")

    def __init__(self, sqltype: SqlType) -> None:
        self.plus = _apply(sqltype, operator.add)
        self.state: Any = None

    def after(self, value: Any) -> Any:
        return value if self.state is None else self.plus(self.state, value)

    def result(self) -> Any:
        return self.state


class Average:
    __slots__ = ("divide", "plus", "state")

    def __init__(self, sqltype: SqlType) -> None:
        whole = sqltype.family == "integer"
        total = BIGINT if whole else sqltype
        if sqltype.family == "decimal":
            total = decimal(MAX_PRECISION, sqltype.scale or 0)
        self.plus = _apply(total, operator.add)
        self.divide = _apply(sqltype, _quotient if whole else operator.truediv)
        self.state: Any = None  # total and count

    def after(self, value: Any) -> Any:
        return (value, 1) if self.state is None else (self.plus(self.state[0], value), self.state[1] + 1)

    def result(self) -> Any:
        return None if self.state is None else self.divide(*self.state)


class Extreme:
    """MIN and MAX."""

    __slots__ = ("choose", "state")

    def __init__(self, choose: Callable[[Any, Any], Any]) -> None:
        self.choose = choose
        self.state: Any = None

    def after(self, value: Any) -> Any:
        return value if self.state is None else self.choose(self.state, value)

    def result(self) -> Any:
        return self.state


def _quotient(total: int, count: int) -> int:
    quotient = abs(total) // count
    return quotient if total >= 0 else -quotient


def _apply(sqltype: SqlType, operation: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    table = {"integer": on_integers, "decimal": on_decimals, "approximate": on_floats}
    return table[sqltype.family](operation, sqltype)


def _counted(argument: SqlType | None) -> SqlType:
    return BIGINT


def _numeric(argument: SqlType | None) -> SqlType:
    if argument is None or argument.family not in NUMERIC:
        raise TypeFault(f"expected a number, not {argument or '*'}", "Only COUNT takes * or other types.")
    return argument


def _summed(argument: SqlType | None) -> SqlType:
    sqltype = _numeric(argument)
    if sqltype.family == "integer":
        return BIGINT
    return DOUBLE if sqltype.family == "approximate" else decimal(MAX_PRECISION, sqltype.scale or 0)


def _ordered(argument: SqlType | None) -> SqlType:
    if argument is None or argument.family in ("boolean", "binary", "null"):
        raise TypeFault(f"{argument or '*'} has no smallest or largest value", "Give a column.")
    return argument


@dataclass(frozen=True, slots=True)
class AggregateFunction:
    """Type of the result (raises TypeFault), and a fresh accumulator for that type."""

    result: Callable[[SqlType | None], SqlType]
    start: Callable[[SqlType], Accumulator]


AGGREGATES: Final[dict[str, AggregateFunction]] = {
    "COUNT": AggregateFunction(_counted, Count),
    "SUM": AggregateFunction(_summed, Sum),
    "AVG": AggregateFunction(_numeric, Average),
    "MIN": AggregateFunction(_ordered, lambda sqltype: Extreme(min)),
    "MAX": AggregateFunction(_ordered, lambda sqltype: Extreme(max)),
}
