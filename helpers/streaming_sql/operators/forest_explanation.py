"""RANDOM_CUT_FOREST_WITH_EXPLANATION: ANOMALY_SCORE and ANOMALY_EXPLANATION behind each row.

The explanation is JSON, one member a numeric column, all numbers as texts of four decimals:
`{"col":{"DIRECTION":"HIGH","STRENGTH":"0.0922","ATTRIBUTION_SCORE":"0.3792"}}`, of which DIRECTION
and STRENGTH stand there only with withDirectionality. While the forest learns, DIRECTION is LOW and
all numbers are 0. A row that cannot be scored goes to `error_stream`, as with RANDOM_CUT_FOREST.

How STRENGTH is computed was not published: here it is, inferred, how far the value lies above
(HIGH) or below (LOW) the records it is cut off from, in the column's own unit (`forest.Share`).
What the service gave grows with the unit: below 0.1 for usual blood pressures in mmHg, 7.1 for
123 mmHg, but 145 to 1443 for sums around 9,000 with scores near 1, so it is made of neither scores
nor chances.

Source: Amazon Kinesis Data Analytics SQL Reference, "RANDOM_CUT_FOREST_WITH_EXPLANATION"; Developer
Guide, "Example: Detecting Data Anomalies and Getting an Explanation", step 3 (the blood pressures);
the sums: piotrgrota, "How to detect Fraud on Real Time Data?", 2020, pgrota.github.io.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence

from ..errors import ForestError, RowError
from ..forest import Share
from .base import Emit, Report, Row

Explain = Callable[[Sequence[float]], tuple[float, list[Share]]]


def explanation(names: Sequence[str], shares: Sequence[Share], directions: bool) -> str:
    """
    >>> explanation(["n"], [Share(score=3.0, distance=-6.5)], directions=True)
    '{"n":{"DIRECTION":"LOW","STRENGTH":"6.5000","ATTRIBUTION_SCORE":"3.0000"}}'
    """
    columns: dict[str, dict[str, str]] = {}
    for name, share in zip(names, shares, strict=True):
        column = columns[name] = {}
        if directions:
            column["DIRECTION"] = "HIGH" if share.distance > 0.0 else "LOW"
            column["STRENGTH"] = f"{abs(share.distance):.4f}"
        column["ATTRIBUTION_SCORE"] = f"{share.score:.4f}"
    return json.dumps(columns, separators=(",", ":"), ensure_ascii=False)


class ForestExplanationOperator:
    """
    >>> rows = []
    >>> explain = lambda point: (1.0, [Share(1.0, 0.5)])
    >>> operator = ForestExplanationOperator(explain, [2], ["n"], False, rows.append, print)
    >>> operator.on_row((0, "a", 1.5))
    >>> rows
    [(0, 'a', 1.5, 1.0, '{"n":{"ATTRIBUTION_SCORE":"1.0000"}}')]
    """

    def __init__(
        self,
        explain: Explain,
        numeric: Sequence[int],
        names: Sequence[str],
        directions: bool,
        emit: Emit,
        report: Report,
    ) -> None:
        self.explain, self.numeric, self.names, self.directions = explain, numeric, names, directions
        self.emit, self.report = emit, report

    def on_row(self, row: Row) -> None:
        point = [row[index] for index in self.numeric]
        if None in point:
            self.report(RowError("Forest input error", "NULL in a numeric column cannot be scored"), row)
            return
        try:
            score, shares = self.explain(point)
        except ForestError as error:
            self.report(RowError("Forest input error", str(error)), row)
            return
        self.emit((*row, score, explanation(self.names, shares, self.directions)))
