"""Sort: the rows of one tick in order. A tick ends when its leading, monotonic term moves on.

Sorted rows have the tick's end as their ROWTIME, as the rows of a group have: it is the first moment
at which their order is known, and no row may be older than one before it. Where a tick is one
ROWTIME (ORDER BY ROWTIME, …) rows keep it. Without a window (the groups of an ended window, all of
one ROWTIME) it is complete as soon as it is there.

NULL is sorted as the highest value. Rows that are equal in all terms stay in the order they came.

Source: Amazon Kinesis Data Analytics SQL Reference, "ORDER BY clause" (streaming ORDER BY); where
NULLs go is not documented.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..functions import Evaluator
from ..windows import Steps, Window
from .base import Emit, Report, Row


class SortOperator:
    """
    >>> from helpers.streaming_sql.windows import Steps
    >>> rows = []
    >>> operator = SortOperator(lambda row: row, [True], Steps(1000), rows.append, print)
    >>> operator.on_row((100, 1)), operator.on_row((200, 3)), operator.on_row((300, 2)), operator.deadline
    (None, None, None, 1000)
    >>> operator.on_bound(1000)
    >>> rows
    [(1000, 3), (1000, 2), (1000, 1)]
    """

    def __init__(
        self, key: Evaluator, descending: Sequence[bool], window: Window | None, emit: Emit, report: Report
    ) -> None:
        self.key, self.descending, self.window = key, descending, window
        self.keeps_rowtime = window == Steps(1)
        self.emit, self.report = emit, report
        self.rows: list[tuple[tuple[Any, ...], Row]] = []
        self.deadline: int | None = None

    def on_row(self, row: Row) -> None:
        end = self._end(row[0])
        if self.deadline is not None and end > self.deadline:
            self.on_bound(row[0])
        try:
            key = self.key(row)[1:]
        except Exception as error:
            self.report(error, row)
            return
        self.rows.append((key, row))
        self.deadline = end

    def _end(self, rowtime: int) -> int:
        return rowtime if self.window is None else self.window.end(rowtime)

    def on_bound(self, rowtime: int) -> None:
        end = self.deadline
        if end is None or rowtime < end:
            return
        rows, self.rows, self.deadline = self.rows, [], None
        # a stable sort by each term, the last one first
        for place, descending in reversed(list(enumerate(self.descending))):
            rows.sort(key=lambda pair, place=place: _rank(pair[0][place]), reverse=descending)  # type: ignore[misc]
        for _, row in rows:
            self.emit(row if self.keeps_rowtime else (end, *row[1:]))

    def snapshot(self) -> Any:
        return self.rows, self.deadline

    def restore(self, state: Any) -> None:
        self.rows, self.deadline = state


def _rank(value: Any) -> tuple[bool, Any]:
    return (value is None, 0 if value is None else value)
