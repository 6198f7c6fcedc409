"""Slide: aggregates over sliding windows, one output row for each row, at once.

A window ends with the current row; a row exactly on its lower bound is still in it. Rows that come
later with the same ROWTIME are not yet in it. What has left every window is forgotten: with RANGE,
when a row comes that is too late for it, whatever its key, and a key without rows with it. With ROWS,
the last n + 1 rows of each key there ever was are kept: its next row looks back on them however late
it comes, so that nothing could be forgotten without another answer. Keys without end (a session, a
request) take memory without end then; RANGE is what suits them.

The row on the bound counts by the reference's note on endpoints and by all its printed results; only
the guide's picture of a five-second window leaves it out.

Source: Amazon Kinesis Data Analytics SQL Reference, "Windowed Aggregation on Streams", "WINDOW Clause
(Sliding Windows)" and "Window examples" (ROWS 3 PRECEDING: four rows); developer guide, "Sliding
Windows".
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from ..functions import Evaluator
from ..sliding import SlidingAccumulator
from .base import Emit, Report, Row


@dataclass(frozen=True, slots=True)
class Sliding:
    """The aggregates of one frame: `places` say where in the output row each result goes."""

    unit: str
    extent: int
    key: Evaluator
    arguments: Sequence[Evaluator | None]
    starts: Sequence[Callable[[], SlidingAccumulator]]
    places: Sequence[int]


class SlideOperator:
    """
    >>> from helpers.streaming_sql.datatypes import BIGINT
    >>> from helpers.streaming_sql.sliding import SlidingCount
    >>> rows = []
    >>> window = Sliding("RANGE", 60_000, lambda row: row[:1], [None], [lambda: SlidingCount(BIGINT)], [0])
    >>> operator = SlideOperator([window], rows.append, print)
    >>> for rowtime in (0, 60_000, 60_001): operator.on_row((rowtime,))
    >>> rows
    [(0, 1), (60000, 2), (60001, 2)]
    """

    def __init__(self, windows: Sequence[Sliding], emit: Emit, report: Report) -> None:
        self.windows = [_WINDOWS[sliding.unit](sliding) for sliding in windows]
        self.count = sum(len(sliding.places) for sliding in windows)
        self.emit, self.report = emit, report

    def on_row(self, row: Row) -> None:
        try:
            # all of them before any window changes: a row with an error is in none
            read = [window.read(row) for window in self.windows]
        except Exception as error:
            self.report(error, row)
            return
        results: list[Any] = [None] * self.count
        try:
            states = [
                window.move(row[0], key, values) for window, (key, values) in zip(self.windows, read, strict=True)
            ]
            for window, state in zip(self.windows, states, strict=True):
                for place, accumulator in zip(window.sliding.places, state, strict=True):
                    results[place] = accumulator.result()
        except Exception as error:
            self.report(error, row)
            return
        self.emit((*row, *results))

    def snapshot(self) -> Any:
        return [window.snapshot() for window in self.windows]

    def restore(self, state: Any) -> None:
        for window, rows in zip(self.windows, state, strict=True):
            window.restore(rows)


Key = tuple[Any, ...]
Values = list[Any]
State = list[SlidingAccumulator]


class _Window:
    def __init__(self, sliding: Sliding) -> None:
        self.sliding = sliding

    def read(self, row: Row) -> tuple[Key, Values]:
        values = [True if argument is None else argument(row) for argument in self.sliding.arguments]
        return self.sliding.key(row)[1:], values

    def move(self, rowtime: int, key: Key, values: Values) -> State:
        raise NotImplementedError

    def start(self) -> State:
        return [start() for start in self.sliding.starts]

    def snapshot(self) -> Any:
        """The rows in the window: what the aggregates are follows from them."""
        raise NotImplementedError

    def restore(self, state: Any) -> None:
        raise NotImplementedError


class _RangeWindow(_Window):
    """One queue for all keys, so that the rows of a key that comes no more leave, too."""

    def __init__(self, sliding: Sliding) -> None:
        super().__init__(sliding)
        self.queue: deque[tuple[int, Key, Values]] = deque()
        self.states: dict[Key, tuple[list[int], State]] = {}

    def move(self, rowtime: int, key: Key, values: Values) -> State:
        oldest = rowtime - self.sliding.extent
        while self.queue and self.queue[0][0] < oldest:
            self._leave(*self.queue.popleft()[1:])
        self.queue.append((rowtime, key, values))
        return self._enter(key, values)

    def _enter(self, key: Key, values: Values) -> State:
        if key not in self.states:
            self.states[key] = ([0], self.start())
        count, state = self.states[key]
        count[0] += 1
        _add(state, values)
        return state

    def snapshot(self) -> Any:
        return self.queue

    def restore(self, state: Any) -> None:
        self.queue, self.states = state, {}
        for _, key, values in state:
            self._enter(key, values)

    def _leave(self, key: Key, values: Values) -> None:
        count, state = self.states[key]
        count[0] -= 1
        if count[0]:
            _remove(state, values)
        else:
            del self.states[key]


class _RowsWindow(_Window):
    def __init__(self, sliding: Sliding) -> None:
        super().__init__(sliding)
        self.states: dict[Key, tuple[deque[Values], State]] = {}

    def move(self, rowtime: int, key: Key, values: Values) -> State:
        if key not in self.states:
            self.states[key] = (deque(), self.start())
        queue, state = self.states[key]
        if len(queue) > self.sliding.extent:  # the rows before the current one, and that
            _remove(state, queue.popleft())
        queue.append(values)
        _add(state, values)
        return state

    def snapshot(self) -> Any:
        return {key: queue for key, (queue, _) in self.states.items()}

    def restore(self, state: Any) -> None:
        self.states = {}
        for key, queue in state.items():
            self.states[key] = (queue, self.start())
            for values in queue:
                _add(self.states[key][1], values)


_WINDOWS: dict[str, type[_Window]] = {"RANGE": _RangeWindow, "ROWS": _RowsWindow}


def _add(state: State, values: Values) -> None:
    for accumulator, value in zip(state, values, strict=True):
        if value is not None:
            accumulator.add(value)


def _remove(state: State, values: Values) -> None:
    for accumulator, value in zip(state, values, strict=True):
        if value is not None:
            accumulator.leave(value)
