"""Join of two streams, each contributing its current row: rows of the same ROWTIME meet.

The rows of the present ROWTIME are kept on both sides and dropped when time moves on, so a row
without a partner at its own ROWTIME gives nothing.

Source: Amazon Kinesis Data Analytics SQL Reference, "JOIN clause" (a side without OVER).
"""

from __future__ import annotations

from typing import Any

from .base import Emit, Row


class JoinOperator:
    """
    >>> rows = []
    >>> operator = JoinOperator(rows.append)
    >>> operator.on_left((10, "a")), operator.on_right((10, "b")), operator.on_right((20, "c"))
    (None, None, None)
    >>> rows
    [(10, 10, 'a', 10, 'b')]
    """

    def __init__(self, emit: Emit) -> None:
        self.emit = emit
        self.rowtime: int | None = None
        self.left: list[Row] = []
        self.right: list[Row] = []

    def on_left(self, row: Row) -> None:
        self._move(row[0])
        self.left.append(row)
        for other in self.right:
            self.emit((row[0], *row, *other))

    def on_right(self, row: Row) -> None:
        self._move(row[0])
        self.right.append(row)
        for other in self.left:
            self.emit((row[0], *other, *row))

    def snapshot(self) -> Any:
        return self.rowtime, self.left, self.right

    def restore(self, state: Any) -> None:
        self.rowtime, self.left, self.right = state

    def _move(self, rowtime: int) -> None:
        if rowtime != self.rowtime:
            self.rowtime, self.left, self.right = rowtime, [], []
