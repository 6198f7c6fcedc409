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
    """The running state of one aggregate in one group."""

    def add(self, value: Any) -> None: ...

    def result(self) -> Any: ...


class Count:
    """COUNT(*) and COUNT(x): the caller leaves NULLs out."""

    __slots__ = ("count",)

    def __init__(self, sqltype: SqlType) -> None:
        self.count = 0

    def add(self, value: Any) -> None:
        self.count += 1

    def result(self) -> int:
        return self.count


class Sum:
    __slots__ = ("plus", "total")

    def __init__(self, sqltype: SqlType) -> None:
        self.plus = _apply(sqltype, operator.add)
        self.total: Any = None

    def add(self, value: Any) -> None:
        self.total = value if self.total is None else self.plus(self.total, value)

    def result(self) -> Any:
        return self.total


class Average:
    __slots__ = ("count", "divide", "plus", "total")

    def __init__(self, sqltype: SqlType) -> None:
        whole = sqltype.family == "integer"
        total = BIGINT if whole else sqltype
        if sqltype.family == "decimal":
            total = decimal(MAX_PRECISION, sqltype.scale or 0)
        self.plus = _apply(total, operator.add)
        self.divide = _apply(sqltype, _quotient if whole else operator.truediv)
        self.count, self.total = 0, None

    def add(self, value: Any) -> None:
        self.total = value if self.total is None else self.plus(self.total, value)
        self.count += 1

    def result(self) -> Any:
        return None if self.total is None else self.divide(self.total, self.count)


class Extreme:
    """MIN and MAX."""

    __slots__ = ("best", "choose")

    def __init__(self, choose: Callable[[Any, Any], Any]) -> None:
        self.choose = choose
        self.best: Any = None

    def add(self, value: Any) -> None:
        self.best = value if self.best is None else self.choose(self.best, value)

    def result(self) -> Any:
        return self.best


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
