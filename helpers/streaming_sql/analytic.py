"""LAG, NTH_VALUE and EXP_AVG: functions of a sliding window only, with arguments of their own.

Their window is told of each row what they need to know: a value, or a pair of it with the ROWTIME
(EXP_AVG), with the default (LAG), or with nothing (a NULL that counts).

Our reading: EXP_AVG's intervals begin at the current row, a value that is exactly one interval old is
in the second; it gives a DOUBLE.

Source: Amazon Kinesis Data Analytics SQL Reference, "LAG", "NTH_VALUE" and "EXP_AVG".
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable
from typing import Any, Final

from .datatypes import DOUBLE, NULL, TIMESTAMP, SqlType, record, widest
from .expressions import Call, Column, Expression, Literal
from .functions.arithmetic import overflow
from .functions.base import NUMERIC, TypeFault, need
from .sliding import SlidingAccumulator

Arguments = tuple[Expression, ...]
Bound = tuple[Expression, SqlType, tuple[int, ...]]  # what a row tells, type of the result, constants


class _Window:
    __slots__ = ("values",)

    def __init__(self) -> None:
        self.values: deque[Any] = deque()

    def add(self, value: Any) -> None:
        self.values.append(value)

    def leave(self, value: Any) -> None:
        self.values.popleft()


class Lag(_Window):
    """The value so many rows before the current one, or the current row's default.

    >>> from helpers.streaming_sql.datatypes import BIGINT
    >>> before = Lag(BIGINT, 1, ignoring=True)
    >>> for pair in ((7, 0), (None, 0), (9, 0)): before.add(pair)
    >>> before.result()
    7
    """

    __slots__ = ("count", "ignoring")

    def __init__(self, sqltype: SqlType, count: int, ignoring: bool = False) -> None:
        super().__init__()
        self.count, self.ignoring = count, ignoring

    def result(self) -> Any:
        default = self.values[-1][1]
        if not self.ignoring or not self.count:
            return self.values[-1 - self.count][0] if self.count < len(self.values) else default
        left = self.count
        for place in range(len(self.values) - 2, -1, -1):
            left -= self.values[place][0] is not None
            if not left:
                return self.values[place][0]
        return default


class Nth(_Window):
    """The value at a place from the first (0, 1, …) or from the last (-1, …); NULL where there is none."""

    __slots__ = ("boxed", "place")

    def __init__(self, sqltype: SqlType, place: int, boxed: bool = True) -> None:
        super().__init__()
        self.place, self.boxed = place, boxed

    def result(self) -> Any:
        if not -len(self.values) <= self.place < len(self.values):
            return None
        return self.values[self.place][0] if self.boxed else self.values[self.place]


class ExponentialAverage(_Window):
    """EXP_AVG: what is one `interval` (milliseconds) older weighs half as much.

    >>> average = ExponentialAverage(DOUBLE, 10_000)
    >>> for pair in ((0, 7.0), (12_000, 14.0), (21_000, 7.0)): average.add(pair)
    >>> average.result()  # (7 / 4 + 14 + 7) / (1 / 4 + 1 + 1)
    10.11111111111111
    """

    __slots__ = ("interval",)

    def __init__(self, sqltype: SqlType, interval: int) -> None:
        super().__init__()
        self.interval = interval

    def result(self) -> float | None:
        now = self.values[-1][0]
        aged = [
            (float(value), (rowtime - now) // -self.interval) for rowtime, value in self.values if value is not None
        ]
        if not aged:
            return None
        try:  # halving is exact, and fsum rounds once: nothing depends on what has left the window
            total = math.fsum(math.ldexp(value, -age) for value, age in aged)
            return total / math.fsum(math.ldexp(1.0, -age) for _, age in aged)
        except OverflowError:
            raise overflow(DOUBLE) from None


def _whole(arguments: Arguments, place: int, least: int, what: str) -> int:
    argument = arguments[place]
    if not isinstance(argument, Literal) or not isinstance(argument.value, int) or argument.value < least:
        raise TypeFault(f"{what} must be a whole number from {least} on, written out")
    return argument.value


def _pair(first: Expression, second: Expression) -> Call:
    return Call("(,)", (first, second), record((("1", first.type), ("2", second.type))), first.span)


def _lag(arguments: Arguments) -> Bound:
    if not 1 <= len(arguments) <= 3:
        raise TypeFault(f"LAG takes 1 to 3 arguments, not {len(arguments)}", "LAG(value, 1, default).")
    value, default = arguments[0], arguments[2] if len(arguments) > 2 else Literal(None, NULL)
    count = _whole(arguments, 1, 0, "the number of rows before") if len(arguments) > 1 else 1
    if widest(value.type, default.type) is None:
        raise TypeFault(f"the default is {default.type}, the value {value.type}", "Use CAST on it.")
    if default.type not in (NULL, value.type):
        default = Call("CAST", (default,), value.type, default.span)
    return _pair(value, default), value.type, (count,)


def _nth(ignoring: bool) -> Callable[[Arguments], Bound]:
    def bind(arguments: Arguments) -> Bound:
        last = len(arguments) == 3 and isinstance(arguments[2], Literal) and arguments[2].value == "LAST"
        if len(arguments) < 2:
            raise TypeFault("NTH_VALUE takes 2 arguments", "NTH_VALUE(value, 3) FROM LAST OVER (…).")
        place = _whole(arguments, 1, 1, "the place")
        value = arguments[0]
        told = value if ignoring else _pair(value, Literal(None, NULL))
        return told, value.type, (-place if last else place - 1,)

    return bind


def _exponential(arguments: Arguments) -> Bound:
    if len(arguments) != 2:
        raise TypeFault(f"EXP_AVG takes 2 arguments, not {len(arguments)}", "EXP_AVG(x, INTERVAL '10' SECOND).")
    value, interval = arguments
    need(value, *NUMERIC)
    if not isinstance(interval, Literal) or interval.type.family != "interval" or interval.value <= 0:
        raise TypeFault("EXP_AVG takes a constant interval above zero", "For example INTERVAL '10' SECOND.")
    return _pair(Column(0, "ROWTIME", TIMESTAMP), value), DOUBLE, (interval.value,)


ANALYTIC: Final[dict[str, Callable[[Arguments], Bound]]] = {
    "LAG": _lag,
    "LAG IGNORE NULLS": _lag,
    "NTH_VALUE": _nth(ignoring=False),
    "NTH_VALUE IGNORE NULLS": _nth(ignoring=True),
    "EXP_AVG": _exponential,
}
LOOKING_BACK: Final[dict[str, Callable[..., SlidingAccumulator]]] = {
    "LAG": Lag,
    "LAG IGNORE NULLS": lambda sqltype, count: Lag(sqltype, count, ignoring=True),
    "NTH_VALUE": Nth,
    "NTH_VALUE IGNORE NULLS": lambda sqltype, place: Nth(sqltype, place, boxed=False),
    "EXP_AVG": ExponentialAverage,
}
