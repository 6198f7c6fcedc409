"""GROUP_RANK: the rows of one ROWTIME with their rank among them behind their columns.

A group is complete when time moves on from its ROWTIME, by a row or a rowtime bound; its rows keep
that ROWTIME. Equal values have the same rank, the next rank counts all rows before it (RANK of SQL).
Rows of one rank come in the order they came in; NULL ranks as the highest value, as in ORDER BY. The
service's maxIdle ended a group by the clock when nothing came; here time itself does.

Source: Amazon Kinesis Data Analytics SQL Reference, "Group Rank".
"""

from __future__ import annotations

from typing import Any

from .base import Emit, Row


class RankOperator:
    """
    >>> rows = []
    >>> operator = RankOperator(column=1, descending=True, worst_first=False, limit=0, emit=rows.append)
    >>> for count in (2, 5, 2, 1): operator.on_row((0, count))
    >>> operator.on_bound(1)
    >>> rows
    [(0, 5, 1), (0, 2, 2), (0, 2, 2), (0, 1, 4)]
    """

    def __init__(self, column: int, descending: bool, worst_first: bool, limit: int, emit: Emit) -> None:
        self.column, self.descending, self.worst_first, self.limit = column, descending, worst_first, limit
        self.emit = emit
        self.rows: list[Row] = []
        self.deadline: int | None = None

    def on_row(self, row: Row) -> None:
        if self.deadline is not None and row[0] >= self.deadline:
            self.on_bound(row[0])
        self.rows.append(row)
        self.deadline = row[0] + 1

    def on_bound(self, rowtime: int) -> None:
        if self.deadline is None or rowtime < self.deadline:
            return
        rows, self.rows, self.deadline = self.rows, [], None
        ordered = sorted((self._value(row) for row in rows), reverse=self.descending)
        ranks: dict[Any, int] = {}
        for rank, value in enumerate(ordered, 1):
            ranks.setdefault(value, rank)
        ranked = [(*row, ranks[self._value(row)]) for row in rows]
        ranked.sort(key=lambda row: int(row[-1]), reverse=self.worst_first)
        for row in ranked[: self.limit or None]:
            self.emit(row)

    def _value(self, row: Row) -> tuple[bool, Any]:
        value = row[self.column]
        return value is None, 0 if value is None else value

    def snapshot(self) -> Any:
        return self.rows, self.deadline

    def restore(self, state: Any) -> None:
        self.rows, self.deadline = state
