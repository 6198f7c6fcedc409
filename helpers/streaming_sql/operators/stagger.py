"""Stagger: a window for each key. It opens with the key's first row and closes a fixed time later.

A row exactly at the closing time opens the next window of its key. The result's ROWTIME is the time
the window closed; windows come out in the order in which they were opened. NULL keys are equal.

Source: Amazon Kinesis Data Analytics developer guide, "Stagger Windows".
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ..aggregates import Accumulator, resumed, take_in
from ..functions import Evaluator
from .base import Emit, Report, Row


class StaggerOperator:
    """
    >>> from helpers.streaming_sql.aggregates import Count
    >>> from helpers.streaming_sql.datatypes import BIGINT
    >>> rows = []
    >>> key, count = lambda row: row[:2], (None, lambda: Count(BIGINT))
    >>> operator = StaggerOperator(key, [count], 60_000, rows.append, print)
    >>> operator.on_row((20_000, "AMZN")), operator.on_row((79_999, "AMZN")), operator.on_row((80_000, "AMZN"))
    (None, None, None)
    >>> rows, operator.deadline
    ([(80000, 'AMZN', 2)], 140000)
    """

    def __init__(
        self,
        key: Evaluator,
        aggregates: Sequence[tuple[Evaluator | None, Callable[[], Accumulator]]],
        length: int,
        emit: Emit,
        report: Report,
    ) -> None:
        self.key, self.length, self.emit, self.report = key, length, emit, report
        self.arguments = [argument for argument, _ in aggregates]
        self.starts = [start for _, start in aggregates]
        # all windows are equally long, so the first one to be opened is the first to close
        self.windows: dict[tuple[Any, ...], tuple[int, list[Accumulator]]] = {}
        self.deadline: int | None = None

    def on_row(self, row: Row) -> None:
        self.on_bound(row[0])
        try:
            key = self.key(row)[1:]
            values = [True if argument is None else argument(row) for argument in self.arguments]
            window = self.windows.get(key) or (row[0] + self.length, [start() for start in self.starts])
            take_in(window[1], values)
            self.windows[key] = window
        except Exception as error:
            self.report(error, row)
        self._set_deadline()

    def on_bound(self, rowtime: int) -> None:
        while self.deadline is not None and self.deadline <= rowtime:
            key = next(iter(self.windows))
            end, state = self.windows.pop(key)
            self._set_deadline()
            try:
                result = (end, *key, *[accumulator.result() for accumulator in state])
            except Exception as error:
                self.report(error, (end, *key))
                continue
            self.emit(result)

    def snapshot(self) -> Any:
        return {key: (end, [part.state for part in group]) for key, (end, group) in self.windows.items()}

    def restore(self, state: Any) -> None:
        self.windows = {key: (end, resumed(self.starts, states)) for key, (end, states) in state.items()}
        self._set_deadline()

    def _set_deadline(self) -> None:
        self.deadline = next(iter(self.windows.values()))[0] if self.windows else None
