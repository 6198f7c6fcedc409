"""What one pump takes of many rows at once, as events: at a row's turn, something is done.

A pump whose rows go through conditions and projections into tumbling windows takes groups: of each
window and key the accumulators after its rows, at the turn of the window's first row (before its end
nothing can be seen of them). Any other pump takes the rows that pass its first conditions.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial, reduce
from typing import Any, Final

import numpy as np

from ..aggregates import AGGREGATES, Accumulator, Count, Extreme
from ..compilation import compile_expression, compile_row
from ..expressions import Column, Expression, walk
from ..functions import Evaluator
from ..operators import Row
from ..operators.base import Emit
from ..operators.group import GroupOperator
from ..plan import Filter, Group, Node, Project
from ..windows import window_of
from .columns import Columns, Unfit

# the position of a row, and what to do at its turn, with what
Event = tuple[int, Callable[[Any], None], Any]
Step = Filter | Project

_LEFT_OUT: Final = -1
_FAILED: Final = -2


class RowFeeder:
    """The rows for which the first conditions are TRUE, or fail: the operators will say how."""

    def __init__(self, steps: Sequence[Step], entry: Emit) -> None:
        conditions = []
        for step in steps:
            if not isinstance(step, Filter) or 0 in places(step.condition):
                break
            conditions.append(step.condition)
        self.columns = places(*conditions)
        self.conditions = [compile_expression(condition) for condition in conditions]
        self.entry = entry

    def events(self, columns: Columns, rowtimes: Any) -> list[Event]:
        codes, rows = columns.distinct(self.columns)
        passing = np.array([self._passes(row) for row in rows], bool)
        return _row_events(columns, rowtimes, np.flatnonzero(passing[codes]), self.entry)

    def _passes(self, row: Row) -> bool:
        try:
            return all(condition(row) is True for condition in self.conditions)
        except Exception:  # met again, and reported, when the operators see the row
            return True


class GroupFeeder:
    """Groups with their accumulators."""

    def __init__(self, steps: Sequence[Step], node: Group, operator: GroupOperator, entry: Emit) -> None:
        self.operator, self.entry = operator, entry
        self.through = _chain(steps)
        self.rowtime_keys = [(i, compile_expression(key)) for i, key in enumerate(node.keys) if 0 in places(key)]
        self.keys = [compile_expression(key) for key in node.keys if 0 not in places(key)]
        self.plain = [
            _plain_column(part.argument, part.function) if all(isinstance(step, Filter) for step in steps) else None
            for part in node.aggregates
        ]
        self.columns = _needed(steps, node, self.plain)

    @staticmethod
    def applies(steps: Sequence[Step], node: Group) -> bool:
        """Whether nothing but window terms looks at ROWTIME, and the windows are those of such terms."""
        keys = [key for key in node.keys if 0 in places(key)]
        others: list[Expression] = [part.argument for part in node.aggregates if part.argument is not None]
        others += [part for step in steps for part in _expressions(step)]
        if node.declared or 0 in places(*others):
            return False
        return bool(node.windows) and {window_of(key) for key in keys} == set(node.windows)

    def events(self, columns: Columns, rowtimes: Any) -> list[Event]:
        codes, rows = columns.distinct(self.columns)
        keys, numbers, arguments = self._keys(rows)
        number = numbers[codes]
        failed = _row_events(columns, rowtimes, np.flatnonzero(number == _FAILED), self.entry)
        taken = np.flatnonzero(number >= 0)
        if not len(taken):
            return failed
        window, starts = self._windows(rowtimes[taken])
        group = window * len(keys) + number[taken]
        found, first, counts = _numbered(group, len(starts) * len(keys))
        values = self._values(columns, codes, arguments, taken, group)
        offsets = np.concatenate(([0], np.cumsum(counts))).tolist()
        contents: list[dict[tuple[Any, ...], list[Accumulator]]] = [{} for _ in starts]
        rowtime_parts = [self._rowtime_parts(int(rowtimes[taken[start]])) for start in starts]
        for place in np.argsort(first, kind="stable").tolist():
            at, code = divmod(int(found[place]), len(keys))
            key = _merged(keys[code], rowtime_parts[at])
            accumulators = self._accumulators(key, continuing=at == 0)
            rows_of = slice(offsets[place], offsets[place + 1])
            for accumulator, column in zip(accumulators, values, strict=True):
                _take(accumulator, int(counts[place]) if column is None else column[rows_of])
            contents[at][key] = accumulators
        windows: list[Event] = [
            (int(taken[start]), partial(self.operator.put, int(rowtimes[taken[start]])), groups)
            for start, groups in zip(starts, contents, strict=True)
        ]
        return failed + windows

    def _keys(self, rows: Iterable[Row]) -> tuple[list[tuple[Any, ...]], Any, list[list[Any]]]:
        """The different keys (without their window terms); for each row its key's number and its arguments."""
        keys: dict[tuple[Any, ...], int] = {}
        numbers, arguments = [], []
        computed = [
            None if plain is not None else argument
            for plain, argument in zip(self.plain, self.operator.arguments, strict=True)
        ]
        for row in rows:
            values: list[Any] = []
            try:
                shaped = self.through(row)
                if shaped is None:
                    number = _LEFT_OUT
                else:
                    key = tuple(compute(shaped) for compute in self.keys)
                    values = [None if argument is None else argument(shaped) for argument in computed]
                    number = keys.setdefault(key, len(keys))
            except Exception:  # met again, and reported, when the operators see the row
                number = _FAILED
            numbers.append(number)
            arguments.append(values)
        return list(keys), np.array(numbers, np.int64), arguments

    def _windows(self, rowtimes: Any) -> tuple[Any, list[int]]:
        """For each row the number of its window, and where each window begins."""
        starts, start = [], 0
        while start < len(rowtimes):
            starts.append(start)
            try:
                end = min(window.end(int(rowtimes[start])) for window in self.operator.windows)
            except Exception as error:  # a month out of the calendar
                raise Unfit from error
            start = int(np.searchsorted(rowtimes, end))
        return np.repeat(np.arange(len(starts)), np.diff([*starts, len(rowtimes)])), starts

    def _values(
        self, columns: Columns, codes: Any, arguments: list[list[Any]], taken: Any, group: Any
    ) -> list[list[Any] | None]:
        """Each argument's values group by group, in the order of the rows; None for COUNT(*)."""
        if all(argument is None for argument in self.operator.arguments):
            return [None for _ in self.plain]
        ordered = taken[np.argsort(group, kind="stable")]
        combinations = codes[ordered].tolist()
        values: list[list[Any] | None] = []
        for place, (plain, argument) in enumerate(zip(self.plain, self.operator.arguments, strict=True)):
            if argument is None:
                values.append(None)
            elif plain is not None:
                values.append(columns.values(plain, ordered))
            else:
                values.append([arguments[combination][place] for combination in combinations])
        return values

    def _rowtime_parts(self, rowtime: int) -> list[tuple[int, Any]]:
        try:
            return [(place, compute((rowtime,))) for place, compute in self.rowtime_keys]
        except Exception as error:  # a moment out of the calendar, say
            raise Unfit from error

    def _accumulators(self, key: tuple[Any, ...], continuing: bool) -> list[Accumulator]:
        """Fresh ones, with what the group has if its window is still open."""
        fresh = [start() for start in self.operator.starts]
        if continuing and key in self.operator.groups:
            for accumulator, present in zip(fresh, self.operator.groups[key], strict=True):
                accumulator.state = present.state
        return fresh


def _take(accumulator: Accumulator, values: int | list[Any]) -> None:
    """What an accumulator holds after some values (None: nothing), or after a number of rows to count."""
    if isinstance(values, int):
        accumulator.state += values
        return
    present = [value for value in values if value is not None]
    if isinstance(accumulator, Count):
        accumulator.state += len(present)
    elif isinstance(accumulator, Extreme):
        known = [] if accumulator.state is None else [accumulator.state]
        if known or present:
            accumulator.state = reduce(accumulator.choose, [*known, *present])
    else:
        try:
            for value in present:
                accumulator.state = accumulator.after(value)
        except Exception as error:  # an overflow is one row's, and the others of the group are taken
            raise Unfit from error


def _numbered(group: Any, most: int) -> tuple[Any, Any, Any]:
    """The different numbers in rising order, where each came first, and how often it is there."""
    if most > 4 * len(group):
        found, first, counts = np.unique(group, return_index=True, return_counts=True)
        return found, first, counts
    counts = np.bincount(group, minlength=most)
    firsts = np.empty(most, np.int64)
    firsts[group[::-1]] = np.arange(len(group))[::-1]  # of several assignments the last one stays
    found = np.flatnonzero(counts)
    return found, firsts[found], counts[found]


def _merged(key: tuple[Any, ...], parts: Sequence[tuple[int, Any]]) -> tuple[Any, ...]:
    whole = list(key)
    for place, value in parts:
        whole.insert(place, value)
    return tuple(whole)


def _row_events(columns: Columns, rowtimes: Any, positions: Any, entry: Emit) -> list[Event]:
    if not len(positions):
        return []
    rows = columns.rows(positions, rowtimes)
    return [(position, entry, row) for position, row in zip(positions.tolist(), rows, strict=True)]


def _chain(steps: Sequence[Step]) -> Callable[[Row], Row | None]:
    """A row as it comes out of some steps; None if it does not."""
    computed: list[tuple[bool, Evaluator]] = []
    for step in steps:
        if isinstance(step, Filter):
            computed.append((True, compile_expression(step.condition)))
        else:
            computed.append((False, compile_row(step.expressions)))

    def through(row: Row) -> Row | None:
        for condition, compute in computed:
            value = compute(row)
            if not condition:
                row = value
            elif value is not True:
                return None
        return row

    return through


def _needed(steps: Sequence[Step], node: Group, plain: Sequence[int | None]) -> tuple[int, ...]:
    """The source's columns that conditions, keys and arguments look at (not those taken as they are)."""
    looked_at: list[Expression] = []
    for step in steps:
        looked_at += _expressions(step)
        if isinstance(step, Project):  # what comes behind looks at its columns
            return places(*looked_at)
    looked_at += [key for key in node.keys if 0 not in places(key)]
    arguments = [part.argument for part, place in zip(node.aggregates, plain, strict=True) if place is None]
    return places(*looked_at, *[argument for argument in arguments if argument is not None])


def _plain_column(argument: Expression | None, function: str) -> int | None:
    """Where an argument's values stand that is a column, taken as it is."""
    return argument.index if isinstance(argument, Column) and not AGGREGATES[function].nulls else None


def _expressions(step: Node) -> Iterator[Expression]:
    if isinstance(step, Filter):
        yield step.condition
    elif isinstance(step, Project):
        yield from step.expressions


def places(*expressions: Expression) -> tuple[int, ...]:
    """The places in the row that expressions look at, 0 for ROWTIME."""
    return tuple(sorted({part.index for tree in expressions for part in walk(tree) if isinstance(part, Column)}))
