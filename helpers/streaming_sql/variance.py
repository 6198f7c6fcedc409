"""VAR_POP, VAR_SAMP, STDDEV_POP and STDDEV_SAMP, for groups and for sliding windows.

A float is a whole number of 2**-1074, so the sums of values and squares are kept exactly: a result
depends on the rows in the window only, not on their order or on those that have left.

Source: Amazon Kinesis Data Analytics SQL Reference, "VAR_POP", "VAR_SAMP", "STDDEV_POP",
"STDDEV_SAMP" (of one row, the sample's are NULL).
"""

from __future__ import annotations

import math
from typing import Any, Final

from .datatypes import DOUBLE
from .functions.arithmetic import overflow

UNITS_OF_ONE: Final = 1 << 1074


class Variance:
    """
    >>> spread = Variance(sample=False, root=True)
    >>> for price in (99.0, 2.0, 4.0, 4.0, 4.0, 5.0, 5.0, 7.0, 9.0):
    ...     spread.add(price)
    >>> spread.leave(99.0)
    >>> spread.result()
    2.0
    """

    __slots__ = ("root", "sample", "state")

    def __init__(self, sample: bool, root: bool) -> None:
        self.sample, self.root = sample, root
        self.state: Any = (0, 0, 0)  # rows, their sum, the sum of their squares

    def after(self, value: Any) -> Any:
        return self._moved(1, value)

    def add(self, value: Any) -> None:
        self.state = self._moved(1, value)

    def leave(self, value: Any) -> None:
        self.state = self._moved(-1, value)

    def _moved(self, sign: int, value: Any) -> tuple[int, int, int]:
        units = _units(value)
        count, total, squares = self.state
        return count + sign, total + sign * units, squares + sign * units * units

    def result(self) -> float | None:
        count, total, squares = self.state
        rows = count - 1 if self.sample else count
        if rows < 1:
            return None
        try:
            variance = (count * squares - total**2) / (count * rows * UNITS_OF_ONE**2)
        except OverflowError:
            raise overflow(DOUBLE) from None
        return math.sqrt(variance) if self.root else variance


def _units(value: Any) -> int:
    numerator, denominator = float(value).as_integer_ratio()
    return numerator * (UNITS_OF_ONE // denominator)
