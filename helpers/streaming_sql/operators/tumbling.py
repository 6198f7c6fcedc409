"""TOP_K_ITEMS_TUMBLING and COUNT_DISTINCT_ITEMS_TUMBLING: items counted in windows of whole seconds.

Windows are aligned to 1970-01-01, as STEP is, and end as those of GROUP BY do: on a later row or a
rowtime bound, with the window's end as ROWTIME; a window without rows gives none. The service
counted approximately once there were many items; here every count is exact. NULLs are no items (our
reading). Items of equal count come in the order in which they first appeared.

Source: Amazon Kinesis Data Analytics SQL Reference, "TOP_K_ITEMS_TUMBLING Function" and
"COUNT_DISTINCT_ITEMS_TUMBLING Function".
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from ..windows import Window
from .base import Emit, Row

Counts = dict[Any, int]
Results = Callable[[Counts], Iterable[Row]]


class TumblingOperator:
    """
    >>> from helpers.streaming_sql.windows import Steps
    >>> rows = []
    >>> operator = TumblingOperator(1, Steps(60_000), top(1, str), rows.append)
    >>> for rowtime, item in enumerate(["MSFT", "TBV", "TBV"]):
    ...     operator.on_row((rowtime, item))
    >>> operator.on_bound(60_000)
    >>> rows
    [(60000, 'TBV', 2)]
    """

    def __init__(self, column: int, window: Window, results: Results, emit: Emit) -> None:
        self.column, self.window, self.results, self.emit = column, window, results, emit
        self.counts: Counts = {}
        self.deadline: int | None = None

    def on_row(self, row: Row) -> None:
        if self.deadline is not None and row[0] >= self.deadline:
            self.on_bound(row[0])
        if self.deadline is None:
            self.deadline = self.window.end(row[0])
        item = row[self.column]
        if item is not None:
            self.counts[item] = self.counts.get(item, 0) + 1

    def on_bound(self, rowtime: int) -> None:
        end = self.deadline
        if end is None or rowtime < end:
            return
        counts, self.counts, self.deadline = self.counts, {}, None
        for result in self.results(counts):
            self.emit((end, *result))

    def snapshot(self) -> Any:
        return self.counts, self.deadline

    def restore(self, state: Any) -> None:
        self.counts, self.deadline = state


def top(k: int, text: Callable[[Any], str]) -> Results:
    """The k most frequent items, each as a text, and how often there were."""

    def results(counts: Counts) -> Iterator[Row]:
        # nlargest keeps the order of equals, as sorting would
        for item, count in heapq.nlargest(k, counts.items(), key=lambda pair: pair[1]):
            yield text(item), count

    return results


def distinct(counts: Counts) -> Iterable[Row]:
    """How many different items there were."""
    return [(len(counts),)]
