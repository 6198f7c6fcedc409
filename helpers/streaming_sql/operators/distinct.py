"""Distinct: a row passes if no equal one has passed in its window; at once, with its own ROWTIME.

Source: Amazon Kinesis Data Analytics SQL Reference, "SELECT ALL and SELECT DISTINCT": rows are given as
soon as they are ready, NULL is equal to itself, and ROWTIME does not make rows differ.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..windows import Window
from .base import Emit, Row


class DistinctOperator:
    """
    >>> from helpers.streaming_sql.windows import Steps
    >>> rows = []
    >>> operator = DistinctOperator([1], [Steps(1000)], rows.append)
    >>> for row in [(0, "a"), (1, "a"), (1000, "a")]: operator.on_row(row)
    >>> rows
    [(0, 'a'), (1000, 'a')]
    """

    def __init__(self, columns: Sequence[int], windows: Sequence[Window], emit: Emit) -> None:
        self.columns, self.windows, self.emit = columns, windows, emit
        self.seen: set[tuple[Any, ...]] = set()
        self.end: int | None = None

    def on_row(self, row: Row) -> None:
        if self.end is None or row[0] >= self.end:
            self.seen.clear()
            self.end = min(window.end(row[0]) for window in self.windows)
        values = tuple(row[column] for column in self.columns)
        if values not in self.seen:
            self.seen.add(values)
            self.emit(row)

    def snapshot(self) -> Any:
        return self.seen, self.end

    def restore(self, state: Any) -> None:
        self.seen, self.end = state
