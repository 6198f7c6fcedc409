"""RANDOM_CUT_FOREST: each row passes with an ANOMALY_SCORE behind its columns.

All rows of the cursor go through one forest in order; only numeric columns are looked at. A row
with NULL, NaN or an infinity in one of them cannot be scored: it goes to `error_stream` and teaches
the forest nothing. That is our reading: the documentation is silent.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ..errors import ForestError, RowError
from .base import Emit, Report, Row


class ForestOperator:
    """
    >>> rows = []
    >>> operator = ForestOperator(lambda point: sum(point), [2], rows.append, print)
    >>> operator.on_row((0, "a", 1.5))
    >>> rows
    [(0, 'a', 1.5, 1.5)]
    """

    def __init__(
        self, score: Callable[[Sequence[float]], float], numeric: Sequence[int], emit: Emit, report: Report
    ) -> None:
        self.score, self.numeric, self.emit, self.report = score, numeric, emit, report

    def on_row(self, row: Row) -> None:
        point = [row[index] for index in self.numeric]
        if None in point:
            self.report(RowError("Forest input error", "NULL in a numeric column cannot be scored"), row)
            return
        try:
            score = self.score(point)
        except ForestError as error:
            self.report(RowError("Forest input error", str(error)), row)
            return
        except Exception as error:
            self.report(error, row)
            return
        self.emit((*row, score))
