"""Project: new columns computed from each row, its ROWTIME carried along."""

from __future__ import annotations

from ..functions import Evaluator
from .base import Emit, Report, Row


class ProjectOperator:
    """
    >>> rows = []
    >>> ProjectOperator(lambda row: (row[0], row[1] * 2), rows.append, print).on_row((0, 21))
    >>> rows
    [(0, 42)]
    """

    __slots__ = ("compute", "emit", "report")

    def __init__(self, compute: Evaluator, emit: Emit, report: Report) -> None:
        self.compute, self.emit, self.report = compute, emit, report

    def on_row(self, row: Row) -> None:
        try:
            result = self.compute(row)
        except Exception as error:
            self.report(error, row)
            return
        self.emit(result)
