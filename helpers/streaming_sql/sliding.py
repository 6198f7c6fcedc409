"""Aggregates over a sliding window: values come at one end and leave at the other, in order.

The same rules as for groups (`aggregates`): NULLs are left out, SUM and AVG of whole numbers are
whole. Sums are kept exactly, approximate numbers as multiples of the smallest one there is. So a
result depends on the rows in the window only, never on those that have left it.

Source: Amazon Kinesis Data Analytics SQL Reference, "Analytic Functions".
"""

from __future__ import annotations

import math
import operator
from collections import deque
from collections.abc import Callable
from typing import Any, Final, Protocol

from .aggregates import _apply, _quotient
from .datatypes import SqlType
from .functions.arithmetic import overflow
from .variance import Variance

UNITS_OF_ONE: Final = 1 << 1074  # a float is a whole number of 2**-1074


class SlidingAccumulator(Protocol):
    """The running state of one aggregate over one window; values leave in the order they came."""

    def add(self, value: Any) -> None: ...

    def leave(self, value: Any) -> None: ...

    def result(self) -> Any: ...


class SlidingCount:
    __slots__ = ("count",)

    def __init__(self, sqltype: SqlType) -> None:
        self.count = 0

    def add(self, value: Any) -> None:
        self.count += 1

    def leave(self, value: Any) -> None:
        self.count -= 1

    def result(self) -> int:
        return self.count


class SlidingSum:
    """SUM of exact numbers.

    >>> from helpers.streaming_sql.datatypes import BIGINT
    >>> total = SlidingSum(BIGINT)
    >>> total.add(5), total.add(7), total.leave(5), total.result()
    (None, None, None, 7)
    """

    __slots__ = ("checked", "count", "total")

    def __init__(self, sqltype: SqlType) -> None:
        self.checked = _apply(sqltype, operator.add)
        self.count, self.total = 0, 0

    def add(self, value: Any) -> None:
        self.count += 1
        self.total += value

    def leave(self, value: Any) -> None:
        self.count -= 1
        self.total -= value

    def result(self) -> Any:
        return self.checked(self.total, 0) if self.count else None


class SlidingAverage(SlidingSum):
    """AVG of exact numbers; of whole ones it is cut towards zero."""

    __slots__ = ()

    def __init__(self, sqltype: SqlType) -> None:
        super().__init__(sqltype)
        self.checked = _apply(sqltype, _quotient if sqltype.family == "integer" else operator.truediv)

    def result(self) -> Any:
        return self.checked(self.total, self.count) if self.count else None


class ApproximateSum:
    """SUM and AVG (`mean`) of approximate numbers, rounded once, at the end.

    >>> from helpers.streaming_sql.datatypes import DOUBLE
    >>> total = ApproximateSum(DOUBLE)
    >>> for value in (1e300, 0.5, -1e300): total.add(value)
    >>> total.result()
    0.5
    """

    __slots__ = ("count", "mean", "sqltype", "units")

    def __init__(self, sqltype: SqlType, mean: bool = False) -> None:
        self.sqltype, self.mean = sqltype, mean
        self.count, self.units = 0, 0

    def add(self, value: Any) -> None:
        self.units += _units(value, self.sqltype)
        self.count += 1

    def leave(self, value: Any) -> None:
        self.units -= _units(value, self.sqltype)
        self.count -= 1

    def result(self) -> Any:
        if not self.count:
            return None
        try:
            return self.units / (UNITS_OF_ONE * self.count if self.mean else UNITS_OF_ONE)
        except OverflowError:
            raise overflow(self.sqltype) from None


def _units(value: Any, sqltype: SqlType) -> int:
    number = float(value)
    if not math.isfinite(number):
        raise overflow(sqltype)
    numerator, denominator = number.as_integer_ratio()
    return numerator << (1075 - denominator.bit_length())


class SlidingExtreme:
    """MIN and MAX: only values that may yet be the best are kept, each with its number.

    >>> least = SlidingExtreme(operator.lt)
    >>> for value in (3, 1, 2): least.add(value)
    >>> least.leave(3), least.leave(1), least.result()
    (None, None, 2)
    """

    __slots__ = ("added", "better", "candidates", "gone")

    def __init__(self, better: Callable[[Any, Any], bool]) -> None:
        self.better = better
        self.candidates: deque[tuple[int, Any]] = deque()
        self.added = self.gone = 0

    def add(self, value: Any) -> None:
        while self.candidates and self.better(value, self.candidates[-1][1]):
            self.candidates.pop()
        self.candidates.append((self.added, value))
        self.added += 1

    def leave(self, value: Any) -> None:
        if self.candidates[0][0] == self.gone:
            self.candidates.popleft()
        self.gone += 1

    def result(self) -> Any:
        return self.candidates[0][1] if self.candidates else None


class SlidingEnds:
    """FIRST_VALUE and LAST_VALUE; `boxed` values are NULLs and others in tuples of one."""

    __slots__ = ("boxed", "end", "values")

    def __init__(self, end: int, boxed: bool) -> None:
        self.end, self.boxed = end, boxed
        self.values: deque[Any] = deque()

    def add(self, value: Any) -> None:
        self.values.append(value)

    def leave(self, value: Any) -> None:
        self.values.popleft()

    def result(self) -> Any:
        if not self.values:
            return None
        return self.values[self.end][0] if self.boxed else self.values[self.end]


def _sum(sqltype: SqlType) -> SlidingAccumulator:
    return ApproximateSum(sqltype) if sqltype.family == "approximate" else SlidingSum(sqltype)


def _average(sqltype: SqlType) -> SlidingAccumulator:
    return ApproximateSum(sqltype, mean=True) if sqltype.family == "approximate" else SlidingAverage(sqltype)


SLIDING: Final[dict[str, Callable[[SqlType], SlidingAccumulator]]] = {
    "COUNT": SlidingCount,
    "SUM": _sum,
    "AVG": _average,
    "MIN": lambda sqltype: SlidingExtreme(operator.lt),
    "MAX": lambda sqltype: SlidingExtreme(operator.gt),
    "ANY": lambda sqltype: SlidingExtreme(operator.gt),
    "EVERY": lambda sqltype: SlidingExtreme(operator.lt),
    "VAR_POP": lambda sqltype: Variance(sample=False, root=False),
    "VAR_SAMP": lambda sqltype: Variance(sample=True, root=False),
    "STDDEV_POP": lambda sqltype: Variance(sample=False, root=True),
    "STDDEV_SAMP": lambda sqltype: Variance(sample=True, root=True),
    "FIRST_VALUE": lambda sqltype: SlidingEnds(0, boxed=True),
    "FIRST_VALUE IGNORE NULLS": lambda sqltype: SlidingEnds(0, boxed=False),
    "LAST_VALUE": lambda sqltype: SlidingEnds(-1, boxed=True),
    "LAST_VALUE IGNORE NULLS": lambda sqltype: SlidingEnds(-1, boxed=False),
}
