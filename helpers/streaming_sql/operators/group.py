"""Group: tumbling windows. A group is emitted when a later row or a rowtime bound ends its window.

The row of a group has the window's end as its ROWTIME; groups of one window come in the order in
which their first rows came. A window without rows gives none. NULL keys are equal to each other.

A key that is monotonic only because the script says so, MONOTONIC(x), ends all groups when it
changes; they have the ROWTIME of the row that changed it, unless a window ended before.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ..aggregates import Accumulator, resumed, take_in
from ..functions import Evaluator
from ..windows import Window
from .base import Emit, Report, Row


class GroupOperator:
    """
    >>> from helpers.streaming_sql.aggregates import Count
    >>> from helpers.streaming_sql.datatypes import BIGINT
    >>> from helpers.streaming_sql.windows import Steps
    >>> rows = []
    >>> key, count = lambda row: row[:2], (None, lambda: Count(BIGINT))
    >>> operator = GroupOperator(key, [count], [Steps(10_000)], rows.append, print)
    >>> operator.on_row((3_000, "a")), operator.on_row((4_000, "a")), operator.deadline
    (None, None, 10000)
    >>> operator.on_bound(10_000)
    >>> rows
    [(10000, 'a', 2)]
    """

    def __init__(
        self,
        key: Evaluator,
        aggregates: Sequence[tuple[Evaluator | None, Callable[[], Accumulator]]],
        windows: Sequence[Window],
        emit: Emit,
        report: Report,
        declared: Sequence[int] = (),
    ) -> None:
        self.declared = declared
        self.key, self.windows, self.emit, self.report = key, windows, emit, report
        self.arguments = [argument for argument, _ in aggregates]
        self.starts = [start for _, start in aggregates]
        self.groups: dict[tuple[Any, ...], list[Accumulator]] = {}
        self.deadline: int | None = None

    def on_row(self, row: Row) -> None:
        if self.deadline is not None and row[0] >= self.deadline:
            self.on_bound(row[0])
        try:
            key = self.key(row)[1:]
            if self.declared:
                self._end_before(key, row[0])
            values = [True if argument is None else argument(row) for argument in self.arguments]
            self._add(key, values, row[0])
        except Exception as error:
            self.report(error, row)

    def _add(self, key: tuple[Any, ...], values: list[Any], rowtime: int) -> None:
        group = self.groups.get(key) or [start() for start in self.starts]
        take_in(group, values)
        if self.deadline is None and self.windows:
            self.deadline = min(window.end(rowtime) for window in self.windows)
        self.groups[key] = group

    def put(self, rowtime: int, groups: Mapping[tuple[Any, ...], list[Accumulator]]) -> None:
        """Set groups as they are after many rows of one window, the first of which came at `rowtime`."""
        self.groups.update(groups)
        if self.deadline is None:
            self.deadline = min(window.end(rowtime) for window in self.windows)

    def on_bound(self, rowtime: int) -> None:
        end = self.deadline
        if end is None or rowtime < end:
            return
        self._finish(end)

    def snapshot(self) -> Any:
        return self.deadline, {key: [part.state for part in group] for key, group in self.groups.items()}

    def restore(self, state: Any) -> None:
        self.deadline, groups = state
        self.groups = {key: resumed(self.starts, states) for key, states in groups.items()}

    def _end_before(self, key: tuple[Any, ...], rowtime: int) -> None:
        """End the groups if a declared key is not theirs."""
        current = next(iter(self.groups), key)
        if any(current[place] != key[place] for place in self.declared):
            self._finish(rowtime)

    def _finish(self, end: int) -> None:
        groups, self.groups, self.deadline = self.groups, {}, None
        for key, group in groups.items():
            try:
                result = (end, *key, *[accumulator.result() for accumulator in group])
            except Exception as error:
                self.report(error, (end, *key))
                continue
            self.emit(result)
