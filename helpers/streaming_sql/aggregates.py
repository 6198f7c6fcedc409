"""Aggregates over the rows of a group: one small accumulator each, as a table.

NULLs are left out of every aggregate except COUNT(*); a group of NULLs only gives NULL (COUNT: 0).
SUM and AVG of whole numbers are whole (AVG truncates towards zero).

Source: Amazon Kinesis Data Analytics SQL Reference, "Aggregate Functions" and "Windowed Aggregation on
Streams", whose results show the truncation; "Boolean Functions".
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol

from .datatypes import BIGINT, BOOLEAN, DOUBLE, MAX_PRECISION, NULL, SqlType, decimal
from .functions.arithmetic import on_decimals, on_floats, on_integers
from .functions.base import NUMERIC, TypeFault
from .variance import Variance


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


class First:
    """FIRST_VALUE, as scripts use it over a stagger window."""

    __slots__ = ("state",)

    def __init__(self) -> None:
        self.state: Any = None

    def after(self, value: Any) -> Any:
        return value if self.state is None else self.state

    def result(self) -> Any:
        return self.state


class Last:
    """LAST_VALUE."""

    __slots__ = ("state",)

    def __init__(self) -> None:
        self.state: Any = None

    def after(self, value: Any) -> Any:
        return value

    def result(self) -> Any:
        return self.state


class Respecting:
    """An accumulator of values in tuples of one, the result without the tuple."""

    __slots__ = ("after", "inner")

    def __init__(self, inner: First | Last) -> None:
        self.inner = inner
        self.after = inner.after

    @property
    def state(self) -> Any:
        return self.inner.state

    @state.setter
    def state(self, state: Any) -> None:
        self.inner.state = state

    def result(self) -> Any:
        held = self.inner.result()
        return None if held is None else held[0]


def take_in(group: Sequence[Accumulator], values: Sequence[Any]) -> None:
    """Give each accumulator its value (None: nothing) or, when one of them refuses, none of them."""
    states = [
        accumulator.state if value is None else accumulator.after(value)
        for accumulator, value in zip(group, values, strict=True)
    ]
    for accumulator, state in zip(group, states, strict=True):
        accumulator.state = state


def resumed(starts: Sequence[Callable[[], Accumulator]], states: Sequence[Any]) -> list[Accumulator]:
    """Accumulators that go on from these states."""
    group = [start() for start in starts]
    for accumulator, state in zip(group, states, strict=True):
        accumulator.state = state
    return group


def _approximate(argument: SqlType | None) -> SqlType:
    _numeric(argument)
    return DOUBLE


def _any(argument: SqlType | None) -> SqlType:
    if argument is None or argument.family in ("null", "record"):
        raise TypeFault(f"{argument or '*'} is no value", "Give a column.")
    return argument


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


def _boolean(argument: SqlType | None) -> SqlType:
    if argument not in (BOOLEAN, NULL):
        raise TypeFault(f"expected a condition, not {argument or '*'}", "For example ANY(price < 1).")
    return BOOLEAN


def _ordered(argument: SqlType | None) -> SqlType:
    if argument is None or argument.family in ("boolean", "binary", "null", "record"):
        raise TypeFault(f"{argument or '*'} has no smallest or largest value", "Give a column.")
    return argument


@dataclass(frozen=True, slots=True)
class AggregateFunction:
    """Type of the result (raises TypeFault), and a fresh accumulator for that type.

    With `nulls` it is told of NULLs, too: each value comes to it in a tuple of one.
    """

    result: Callable[[SqlType | None], SqlType]
    start: Callable[[SqlType], Accumulator]
    nulls: bool = False


AGGREGATES: Final[dict[str, AggregateFunction]] = {
    "COUNT": AggregateFunction(_counted, Count),
    "SUM": AggregateFunction(_summed, Sum),
    "AVG": AggregateFunction(_numeric, Average),
    "MIN": AggregateFunction(_ordered, lambda sqltype: Extreme(min)),
    "MAX": AggregateFunction(_ordered, lambda sqltype: Extreme(max)),
    "ANY": AggregateFunction(_boolean, lambda sqltype: Extreme(max)),
    "EVERY": AggregateFunction(_boolean, lambda sqltype: Extreme(min)),
    "VAR_POP": AggregateFunction(_approximate, lambda sqltype: Variance(sample=False, root=False)),
    "VAR_SAMP": AggregateFunction(_approximate, lambda sqltype: Variance(sample=True, root=False)),
    "STDDEV_POP": AggregateFunction(_approximate, lambda sqltype: Variance(sample=False, root=True)),
    "STDDEV_SAMP": AggregateFunction(_approximate, lambda sqltype: Variance(sample=True, root=True)),
    "FIRST_VALUE": AggregateFunction(_any, lambda sqltype: Respecting(First()), nulls=True),
    "FIRST_VALUE IGNORE NULLS": AggregateFunction(_any, lambda sqltype: First()),
    "LAST_VALUE": AggregateFunction(_any, lambda sqltype: Respecting(Last()), nulls=True),
    "LAST_VALUE IGNORE NULLS": AggregateFunction(_any, lambda sqltype: Last()),
}
