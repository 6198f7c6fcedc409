"""Filter: the rows for which a condition is TRUE (not FALSE, not unknown)."""

from __future__ import annotations

from ..functions import Evaluator
from .base import Emit, Report, Row


class FilterOperator:
    """
    >>> rows = []
    >>> operator = FilterOperator(lambda row: row[1] > 1, rows.append, print)
    >>> operator.on_row((0, 1)), operator.on_row((0, 2)), rows
    (None, None, [(0, 2)])
    """

    __slots__ = ("condition", "emit", "report")

    def __init__(self, condition: Evaluator, emit: Emit, report: Report) -> None:
        self.condition, self.emit, self.report = condition, emit, report

    def on_row(self, row: Row) -> None:
        try:
            keep = self.condition(row)
        except Exception as error:
            self.report(error, row)
            return
        if keep is True:
            self.emit(row)
