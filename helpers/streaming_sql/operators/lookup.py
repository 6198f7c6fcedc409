"""Lookup: each row with the rows of a reference table that it meets, as the table is at that moment.

A row that meets none goes on with NULLs in an outer join, and gives nothing in an inner one. Rows
looked up stay as they were when the table is replaced.

Source: Amazon Kinesis Data Analytics SQL Reference, "JOIN clause" (stream-to-table joins); developer
guide, "Example: Adding Reference Data".
"""

from __future__ import annotations

from collections.abc import Sequence

from ..functions import Evaluator
from ..references import ReferenceTable
from .base import Emit, Report, Row


class LookupOperator:
    """
    >>> table = ReferenceTable(2)
    >>> table.replace([("AMZN", "Amazon"), ("XYZ", None)])
    >>> rows = []
    >>> operator = LookupOperator(table, [(1, 0)], True, None, rows.append, print)
    >>> operator.on_row((0, "AMZN")), operator.on_row((1, "MSFT"))
    (None, None)
    >>> rows
    [(0, 'AMZN', 'AMZN', 'Amazon'), (1, 'MSFT', None, None)]
    """

    def __init__(
        self,
        table: ReferenceTable,
        keys: Sequence[tuple[int, int]],
        outer: bool,
        condition: Evaluator | None,
        emit: Emit,
        report: Report,
    ) -> None:
        self.table, self.outer, self.condition, self.emit, self.report = table, outer, condition, emit, report
        self.places = tuple(place for place, _ in keys)
        self.columns = tuple(column for _, column in keys)

    def on_row(self, row: Row) -> None:
        met = False
        for found in self.table.matching(self.columns, tuple([row[place] for place in self.places])):
            pair = (*row, *found)
            try:
                meets = self.condition is None or self.condition(pair) is True
            except Exception as error:
                self.report(error, pair)
                continue
            if meets:
                met = True
                self.emit(pair)
        if self.outer and not met:
            self.emit((*row, *[None] * self.table.width))
