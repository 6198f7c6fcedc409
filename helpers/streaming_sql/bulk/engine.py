"""The source's pumps, fed with many rows at once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ..log import StreamLog
from ..operators import Assembly, Emit, Row
from ..operators.group import GroupOperator
from ..plan import Filter, Group, Node, Project, Scan, Stream, inputs, scans
from .columns import Columns, Unfit
from .feeders import Event, GroupFeeder, RowFeeder, Step

if TYPE_CHECKING:
    import pyarrow as pa


class Bulk:
    """The way of many rows into the pumps that read the source stream.

    `assemblies` are the pumps' queries, put together, in their order; `advance` tells the application
    what time it is, `report` (pump, error, rowtime, row) a failure that no operator foresaw.
    """

    def __init__(
        self,
        source: Stream,
        assemblies: Sequence[tuple[Node, Assembly]],
        log: StreamLog,
        advance: Callable[[int], None],
        report: Callable[..., None],
    ) -> None:
        self._source, self._log = source, log
        self._advance, self._report = advance, report
        self._names = [field.name for field in source.columns]
        self._feeders = [
            feeder for node, assembly in assemblies for feeder in _feeders(source, node, assembly, self._guarded)
        ]

    def feed(self, batch: pa.Table, rowtimes: Any, reached: int | None) -> bool:
        """Insert rows, each at its rowtime; False, with nothing done, if they must go one by one."""
        if len(rowtimes) != batch.num_rows:
            raise ValueError(f"{batch.num_rows} rows with {len(rowtimes)} rowtimes: give one for each row")
        if not len(rowtimes):
            return True
        if (reached is not None and rowtimes[0] < reached) or (np.diff(rowtimes) < 0).any():
            return False
        try:
            columns = Columns(batch, self._source.columns)
            events = [self._ordered(number, columns, rowtimes) for number in range(len(self._feeders))]
        except Unfit:
            return False
        if self._log.unseen:
            self._log.count += columns.count
        else:
            for row in columns.rows(np.arange(columns.count), rowtimes):
                self._log.append(row)
        for position, _, act, argument in sorted((event for part in events for event in part), key=lambda e: e[:2]):
            self._advance(int(rowtimes[position]))
            act(argument)
        self._advance(int(rowtimes[-1]))
        return True

    def _guarded(self, entry: Emit) -> Emit:
        """Foreseen or not, what a row does must not end the rows that come after."""

        def emit(row: Row) -> None:
            try:
                entry(row)
            except Exception as error:
                self._report("", error, row[0], dict(zip(self._names, row[1:], strict=True)))

        return emit

    def _ordered(self, number: int, columns: Columns, rowtimes: Any) -> list[tuple[int, int, Any, Any]]:
        """A feeder's events: by the position of the row, and among pumps in their order."""
        events: list[Event] = self._feeders[number].events(columns, rowtimes)
        return [(position, number, act, argument) for position, act, argument in events]


def _feeders(
    source: Stream, query: Node, assembly: Assembly, guarded: Callable[[Emit], Emit]
) -> list[GroupFeeder | RowFeeder]:
    """One for each entry of the source's rows into a query."""
    entries = [guarded(entry) for name, entry in assembly.entries if name == source.name]
    if len(entries) != 1 or len(list(scans(query))) != 1:
        return [RowFeeder((), entry) for entry in entries]
    steps: list[Step] = []
    for node in _upwards(query):
        if isinstance(node, Filter | Project):
            steps.append(node)
            continue
        if isinstance(node, Group) and GroupFeeder.applies(steps, node):
            operator = next(timed for timed in assembly.timed if isinstance(timed, GroupOperator))
            return [GroupFeeder(steps, node, operator, entries[0])]
        break
    return [RowFeeder(steps, entries[0])]


def _upwards(query: Node) -> list[Node]:
    """The steps of a query that reads one stream once, from that stream on."""
    found = [query]
    while below := inputs(found[-1]):
        found.append(below[0])
    assert isinstance(found[-1], Scan)
    return found[-2::-1]
