"""Join of the windows of two streams: inner and outer, by time (RANGE) and by number of rows (ROWS).

A row meets those rows of the other side that are in their window when it comes. A side without OVER
has a window of no length: rows of the same ROWTIME. A pair has the later of its two ROWTIMEs.

A row of an outer join's side that met none goes on, with NULLs, when it leaves its own window, for
from then on it can meet none. Its ROWTIME is that window's end. A row exactly at the end can still
meet it, so what waits is let go by the first millisecond after.

Source: Amazon Kinesis Data Analytics SQL Reference, "JOIN clause"; SQLstream, "Creating Streaming
JOINs" (output rowtimes).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ..functions import Evaluator
from .base import Emit, Report, Row


@dataclass(frozen=True, slots=True)
class JoinSide:
    """One side: its window, whether unmatched rows go on, its row's width, places that must be equal."""

    unit: str
    extent: int
    outer: bool
    width: int
    keys: Sequence[int] = ()


class WindowJoinOperator:
    """
    >>> rows = []
    >>> orders, trades = JoinSide("RANGE", 0, True, 2, [1]), JoinSide("RANGE", 60_000, False, 2, [1])
    >>> join = WindowJoinOperator(orders, trades, None, rows.append, print)
    >>> join.on_right((0, "a")), join.on_left((60_000, "a")), join.on_left((60_000, "b"))
    (None, None, None)
    >>> join.on_bound(60_001)
    >>> rows
    [(60000, 60000, 'a', 0, 'a'), (60000, 60000, 'b', None, None)]
    """

    def __init__(
        self, left: JoinSide, right: JoinSide, condition: Evaluator | None, emit: Emit, report: Report
    ) -> None:
        self.left, self.right = _Side(left), _Side(right)
        self.condition, self.emit, self.report = condition, emit, report
        self.deadline: int | None = None

    def on_left(self, row: Row) -> None:
        self.on_bound(row[0])
        held = _Held(row, self.left.key(row))
        for other in self.right.candidates(held):
            self._meet(row[0], held, other)
        self._keep(self.left, held)

    def on_right(self, row: Row) -> None:
        self.on_bound(row[0])
        held = _Held(row, self.right.key(row))
        for other in self.left.candidates(held):
            self._meet(row[0], other, held)
        self._keep(self.right, held)

    def _meet(self, rowtime: int, left: _Held, right: _Held) -> None:
        pair = (rowtime, *left.row, *right.row)
        try:
            meets = self.condition is None or self.condition(pair) is True
        except Exception as error:
            self.report(error, pair)
            return
        if meets:
            left.met = right.met = True
            self.emit(pair)

    def _keep(self, side: _Side, held: _Held) -> None:
        side.keep(held)
        if side.of.unit == "ROWS" and len(side.rows) > side.of.extent:
            self._let_go(side, held.row[0])
        self._set_deadline()

    def on_bound(self, rowtime: int) -> None:
        while True:
            ends = [(end, side) for side in (self.left, self.right) if (end := side.end()) is not None]
            due = [(end, side) for end, side in ends if end < rowtime]
            if not due:
                break
            self._let_go(*min(due, key=lambda pair: pair[0])[::-1])
        self._set_deadline()

    def snapshot(self) -> Any:
        return [[(held.row, held.met) for held in side.rows] for side in (self.left, self.right)]

    def restore(self, state: Any) -> None:
        self.left, self.right = _Side(self.left.of), _Side(self.right.of)
        for side, rows in zip((self.left, self.right), state, strict=True):
            for row, met in rows:
                held = _Held(row, side.key(row))
                held.met = met
                side.keep(held)
        self._set_deadline()

    def _let_go(self, side: _Side, rowtime: int) -> None:
        """The oldest row of a side leaves its window."""
        held = side.drop()
        if not held.met and side.of.outer:
            if side is self.left:
                self.emit((rowtime, *held.row, *[None] * self.right.of.width))
            else:
                self.emit((rowtime, *[None] * self.left.of.width, *held.row))

    def _set_deadline(self) -> None:
        ends = [end for side in (self.left, self.right) if side.of.outer and (end := side.end()) is not None]
        self.deadline = min(ends) + 1 if ends else None


class _Held:
    __slots__ = ("key", "met", "row")

    def __init__(self, row: Row, key: tuple[Any, ...]) -> None:
        self.row, self.key, self.met = row, key, False


class _Side:
    """The rows in a side's window, oldest first, and those of each key."""

    def __init__(self, of: JoinSide) -> None:
        self.of = of
        self.rows: deque[_Held] = deque()
        self.by_key: dict[tuple[Any, ...], deque[_Held]] = {}

    def key(self, row: Row) -> tuple[Any, ...]:
        return tuple(row[place] for place in self.of.keys)

    def candidates(self, held: _Held) -> Sequence[_Held]:
        # what is compared with NULL is never equal
        return () if None in held.key else self.by_key.get(held.key, ())

    def keep(self, held: _Held) -> None:
        self.rows.append(held)
        self.by_key.setdefault(held.key, deque()).append(held)

    def drop(self) -> _Held:
        held = self.rows.popleft()
        same = self.by_key[held.key]
        same.popleft()
        if not same:
            del self.by_key[held.key]
        return held

    def end(self) -> int | None:
        """When the oldest row leaves a window of time."""
        if self.of.unit == "ROWS" or not self.rows:
            return None
        return int(self.rows[0].row[0]) + self.of.extent
