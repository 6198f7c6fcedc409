"""An application: a script at work on rows as they come.

Time is an argument. Every feed and advance moves the application's time to a rowtime, stopping at
each window's end on the way, in order, before any row of that rowtime is looked at. A row then goes
through all pumps that it reaches before the next one comes. So the streams hold the same rows
however the input was cut into batches.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from .conversion import as_text, reader
from .datatypes import TIMESTAMP, SqlType, varchar
from .errors import RowError, row_error
from .forest import RandomCutForest
from .log import StreamLog
from .operators import Emit, Row, Timed, assemble
from .plan import Field, Forest, Plan, Pump, Stream, upstream_first
from .planner import ERROR_STREAM, plan
from .schema import parse_schema
from .script import parse

ERRORS: Final = Stream(
    ERROR_STREAM,
    (
        Field("ERROR_TIME", TIMESTAMP),
        Field("ERROR_LEVEL", varchar(10)),
        Field("ERROR_NAME", varchar(32)),
        Field("MESSAGE", varchar(4096)),
        Field("DATA_ROWTIME", TIMESTAMP),
        Field("DATA_ROW", varchar(49152)),
        Field("PUMP_NAME", varchar(128)),
    ),
)


@dataclass(frozen=True, slots=True)
class Page:
    """Some rows of a stream and the number to go on from."""

    rows: list[dict[str, Any]]
    next: int


class Application:
    """A script of Kinesis Analytics SQL and the state of its streams.

    `source_schema` is the service's InputSchema or [(name, type), …]; `seed` makes forests
    repeatable. Raises SqlError for a script that cannot run, SchemaError for the schema. What is
    odd in a script but ran in the service is told in `warnings`.

    >>> script = '''
    ...   CREATE OR REPLACE STREAM "COUNTS" ("clicks" INTEGER);
    ...   CREATE OR REPLACE PUMP "COUNTING" AS INSERT INTO "COUNTS"
    ...     SELECT STREAM COUNT(*) FROM "SOURCE_SQL_STREAM_001" GROUP BY FLOOR(ROWTIME TO MINUTE);
    ... '''
    >>> application = Application(script, [("page", "VARCHAR(16)")])
    >>> application.feed([{"page": "/"}, {"page": "/shop"}], rowtime=1_000)
    >>> application.advance(60_000)
    >>> application.stream("COUNTS")
    [{'ROWTIME': 60000, 'clicks': 2}]
    """

    def __init__(
        self,
        script: str,
        source_schema: Mapping[str, Any] | Sequence[tuple[str, str]],
        seed: int = 7,
        source: str = "SOURCE_SQL_STREAM_001",
    ) -> None:
        self.plan: Plan = plan(script, parse(script), Stream(source, parse_schema(source_schema)))
        self.seed = seed
        self.rowtime: int | None = None
        self.streams: tuple[Stream, ...] = (*self.plan.streams, ERRORS)
        self._forests: list[RandomCutForest] = []
        self._logs = {stream.name: StreamLog() for stream in self.streams}
        self._columns = {stream.name: ("ROWTIME", *(c.name for c in stream.columns)) for stream in self.streams}
        self._readers = [(column.name, reader(column.type)) for column in self.plan.source.columns]
        self._subscribers: dict[str, list[Emit]] = defaultdict(list)
        self._timed: list[Timed] = []
        self._leaving: dict[str, list[Timed]] = {}
        for pump in self.plan.pumps:
            self._start(pump)
        # rows that left a join's window are older than the moment: they go before what ends at it
        self._timed[:0] = [op for name in upstream_first(self.plan.pumps) for op in self._leaving[name]]
        self._source_sink = self._sink(source)

    @property
    def warnings(self) -> tuple[str, ...]:
        return self.plan.warnings

    @property
    def forests(self) -> tuple[RandomCutForest, ...]:
        """The script's forests, in order; `seen` of `sub_sample_size` tells how far one has learnt."""
        return tuple(self._forests)

    # rows and time in

    def feed(self, rows: Iterable[Mapping[str, Any]], rowtime: int) -> None:
        """Insert rows into the source stream at a rowtime (milliseconds, never falling).

        A row is a mapping by column name; what is missing is NULL, what the schema does not know is
        left out. Values are converted to the declared types: texts are cut, a row with a value that
        cannot be converted goes to `error_stream`, and so does a row that fails in any other way.
        """
        self.advance(rowtime)
        for row in rows:
            try:
                values = [self._read(row, name, convert) for name, convert in self._readers]
                self._source_sink((rowtime, *values))
            except Exception as error:  # foreseen or not, it must not end the rows that come after
                self._error("", error, rowtime, row)

    def _read(self, row: Mapping[str, Any], name: str, convert: Callable[[Any], Any]) -> Any:
        value = row.get(name)
        if value is None:
            return None
        try:
            return convert(value)
        except RowError as error:
            raise RowError(error.name, f"column {name}: {error.message}") from error

    def advance(self, rowtime: int) -> None:
        """Tell that no row before `rowtime` (milliseconds) will come; ends the windows up to it."""
        if self.rowtime is not None and rowtime < self.rowtime:
            raise ValueError(f"time cannot go back from {self.rowtime} to {rowtime}: feed rows in order of rowtime")
        while True:
            due = [op.deadline for op in self._timed if op.deadline is not None and op.deadline <= rowtime]
            if not due:
                break
            moment = self.rowtime = min(due)
            for operator in self._timed:
                operator.on_bound(moment)
        self.rowtime = rowtime

    def finish(self) -> None:
        """Tell that no row will come any more: every open window ends, each at its own time."""
        while due := [operator.deadline for operator in self._timed if operator.deadline is not None]:
            self.advance(max(min(due), self.rowtime or min(due)))

    # rows out

    def stream(self, name: str) -> list[dict[str, Any]]:
        """The rows of a stream as dicts, ROWTIME (milliseconds) first; KeyError if there is none."""
        return self._named(name, self._log(name).rows())

    def page(self, name: str, after: int = 0, limit: int = 100) -> Page:
        """At most `limit` rows of a stream from row number `after` (from 0) on."""
        log = self._log(name)
        rows = log.rows(after, limit)
        return Page(self._named(name, rows), log.first(after) + len(rows))

    def drain(self, name: str) -> list[dict[str, Any]]:
        """The rows of a stream since the last drain: what its destination has to deliver next."""
        return self._named(name, self._log(name).drain())

    def unread_streams(self) -> list[Stream]:
        """The streams that no pump reads, `error_stream` among them: what the script is for."""
        return [stream for stream in self.streams if not self._subscribers[stream.name]]

    def counts(self) -> dict[str, int]:
        """How many rows each stream has ever held."""
        return {name: log.count for name, log in self._logs.items()}

    def retain(self, n: int) -> None:
        """Keep only the newest n rows of every stream.

        Rows that a drained stream (one `drain` was called on before) has not handed out are kept.
        """
        for log in self._logs.values():
            log.retain(n)

    def _log(self, name: str) -> StreamLog:
        if name not in self._logs:
            raise KeyError(f"no stream {name!r}; there are {', '.join(self._logs)}")
        return self._logs[name]

    def _named(self, name: str, rows: list[Row]) -> list[dict[str, Any]]:
        columns = self._columns[name]
        return [dict(zip(columns, row, strict=True)) for row in rows]

    # putting it together

    def _start(self, pump: Pump) -> None:
        def report(error: Exception, row: Row) -> None:
            values = {"ROWTIME": row[0], "values": list(row[1:])}
            self._error(pump.name, error, row[0], values)

        assembly = assemble(pump.query, self._sink(pump.target.name), report, self._forest)
        self._timed.extend(assembly.timed)
        self._leaving[pump.name] = assembly.leaving
        for stream, entry in assembly.entries:
            self._subscribers[stream].append(entry)

    def _sink(self, name: str) -> Emit:
        """Where rows of a stream go: into its log, then to the pumps that read it."""
        append, subscribers = self._logs[name].append, self._subscribers[name]

        def emit(row: Row) -> None:
            append(row)
            for subscriber in subscribers:
                subscriber(row)

        return emit

    def _forest(self, node: Forest) -> RandomCutForest:
        forest = RandomCutForest(
            node.number_of_trees,
            node.sub_sample_size,
            node.time_decay,
            node.shingle_size,
            seed=self.seed + len(self._forests),
        )
        self._forests.append(forest)
        return forest

    def _error(self, pump: str, failure: Exception, rowtime: int, data: Mapping[str, Any]) -> None:
        error = row_error(failure)
        try:
            text = json.dumps(dict(data), default=as_text, ensure_ascii=False)
        except Exception as unshown:  # nested too deeply, a number of thousands of digits
            text = json.dumps(f"the row cannot be shown: {unshown}")
        hexadecimal = text.encode("utf-8", "replace").hex()[:49152]
        now = rowtime if self.rowtime is None else max(self.rowtime, rowtime)
        message = error.message[:4096]
        row = (rowtime, now, "ERROR", error.name[:32], message, rowtime, hexadecimal, pump[:128])
        self._logs[ERROR_STREAM].append(row)


def render(value: Any, sqltype: SqlType) -> Any:
    """A value as a destination writes it into JSON: timestamps, dates and binaries as text.

    A timestamp outside the calendar (only a ROWTIME can be) stays the number it is.
    """
    if value is None or sqltype.family in ("integer", "approximate", "boolean", "character"):
        return value
    if sqltype.family == "decimal":
        return float(value)
    try:
        return as_text(value, sqltype)
    except (OverflowError, ValueError):
        return value
