"""An application: a script at work on rows as they come.

Time is an argument. Every feed and advance moves the application's time to a rowtime, stopping at
each window's end on the way, in order, before any row of that rowtime is looked at. A row then goes
through all pumps that it reaches before the next one comes. So the streams hold the same rows
however the input was cut into batches.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .conversion import as_text, reader
from .datatypes import Field, SqlType
from .error_stream import ERRORS, error_row, late
from .errors import RowError, SchemaError, SnapshotError
from .forest import RandomCutForest
from .log import StreamLog
from .operators import Assembly, Emit, Row, Stateful, Timed, assemble
from .plan import Node, Plan, Pump, Reference, Stream, upstream_first
from .planner import ERROR_STREAM, plan
from .references import ReferenceTable, read_rows
from .schema import parse_schema
from .script import parse
from .snapshots import identity, read, resume, write
from .source_columns import ARRIVAL, with_arrival
from .table_steps import Forest

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa

    from .bulk import Bulk

Schema = Mapping[str, Any] | Sequence[tuple[str, str]]
Rows = Iterable[Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Page:
    """Some rows of a stream and the number to go on from."""

    rows: list[dict[str, Any]]
    next: int


class Application:
    """A script of Kinesis Analytics SQL and the state of its streams.

    `source_schema` is the service's InputSchema or [(name, type), …]; `seed` makes forests
    repeatable. `sources` are further source streams by name, each with its schema: those of a
    source read in parallel (…_002, …_003), or another one's. `references` are reference tables by
    name, each a schema and its rows (mappings, or the bytes of a CSV or JSON file). Raises SqlError
    for a script that cannot run, SchemaError for a schema, RecordError for a file. What is odd in a
    script but ran in the service is told in `warnings`.

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
        source_schema: Schema,
        seed: int = 7,
        source: str = "SOURCE_SQL_STREAM_001",
        sources: Mapping[str, Schema] | None = None,
        references: Mapping[str, tuple[Schema, Rows | bytes]] | None = None,
    ) -> None:
        statements = parse(script)
        given_inputs = [
            Stream(name, parse_schema(schema)) for name, schema in _named_once(source, source_schema, sources)
        ]
        inputs = [with_arrival(stream, statements) for stream in given_inputs]
        self._arriving = {stream.name for stream in set(inputs) - set(given_inputs)}
        tables = [Reference(name, parse_schema(schema)) for name, (schema, _) in (references or {}).items()]
        _refuse_same([*inputs, ERRORS, *tables])
        self.plan: Plan = plan(script, statements, inputs[0], inputs[1:], tables)
        self.seed = seed
        self.rowtime: int | None = None
        self.streams: tuple[Stream, ...] = (*self.plan.streams, ERRORS)
        self._forests: list[RandomCutForest] = []
        self._logs = {stream.name: StreamLog() for stream in self.streams}
        self._columns = {stream.name: ("ROWTIME", *(c.name for c in stream.columns)) for stream in self.streams}
        given: list[Stream | Reference] = [*inputs, *tables]
        self._readers = {part.name: _readers(part.columns) for part in given}
        self._schemas = {name: schema for name, (schema, _) in (references or {}).items()}
        self._tables = {table.name: ReferenceTable(len(table.columns)) for table in tables}
        self._early: list[Row] = []
        self._stateful: list[Stateful] = []
        self._identity = identity(script, given, seed)
        self._subscribers: dict[str, list[Emit]] = defaultdict(list)
        self._timed: list[Timed] = []
        self._leaving: dict[str, list[Timed]] = {}
        self._assemblies: list[tuple[Node, Assembly]] = []
        self._bulks: dict[str, Bulk] = {}
        for pump in self.plan.pumps:
            self._start(pump)
        # rows that left a join's window are older than the moment: they go before what ends at it
        self._timed[:0] = [op for name in upstream_first(self.plan.pumps) for op in self._leaving[name]]
        self._sinks = {stream.name: self._sink(stream.name) for stream in inputs}
        for name, (_, rows) in (references or {}).items():
            self.replace_reference(name, rows)

    @property
    def warnings(self) -> tuple[str, ...]:
        own = (f"{name} has no column {ARRIVAL}: it is each row's ROWTIME" for name in sorted(self._arriving))
        return (*self.plan.warnings, *own)

    @property
    def forests(self) -> tuple[RandomCutForest, ...]:
        """The script's forests, in order; `seen` of `sub_sample_size` tells how far one has learnt."""
        return tuple(self._forests)

    def open_until(self) -> dict[str, int | None]:
        """For each pump the ROWTIME at which its open window ends; None where no row waits for that."""
        moments = (
            [op.deadline for op in assembly.timed if op.deadline is not None] for _, assembly in self._assemblies
        )
        return {pump.name: min(due, default=None) for pump, due in zip(self.plan.pumps, moments, strict=True)}

    # rows and time in

    def feed(self, rows: Iterable[Mapping[str, Any]], rowtime: int, stream: str | None = None) -> None:
        """Insert rows into a source stream (the first one, unless named) at a rowtime (milliseconds).

        A row is a mapping by column name; what is missing is NULL, what the schema does not know is
        left out; APPROXIMATE_ARRIVAL_TIME is the rowtime, where the script reads it and the schema has
        it not. Values are converted to the declared types: texts are cut, a row with a value that
        cannot be converted goes to `error_stream`, and so does a row that fails in any other way.
        So do all rows when `rowtime` is before the one reached: they are out of order. Several
        sources share one time: feed their rows in order of it.
        """
        name = self.plan.source.name if stream is None else stream
        if name not in self._sinks:
            raise KeyError(f"no source stream {name!r}; there are {', '.join(self._sinks)}")
        if self.rowtime is not None and rowtime < self.rowtime:
            for row in rows:
                self._error("", late(rowtime, self.rowtime), self.rowtime, row, rowtime)
            return
        self.advance(rowtime)
        readers, sink, arriving = self._readers[name], self._sinks[name], name in self._arriving
        for row in rows:
            try:
                values = [self._read(row, column, convert) for column, convert in readers]
                if arriving and values[-1] is None:
                    values[-1] = rowtime
                sink((rowtime, *values))
            except Exception as error:  # foreseen or not, it must not end the rows that come after
                self._error("", error, rowtime, row)

    def feed_batch(self, batch: pa.Table, rowtimes: np.ndarray[Any, Any], stream: str | None = None) -> bool:
        """Insert many rows at once: what `feed` does with them one by one, and many times as fast.

        `batch` has the source's columns by name, as `bulk.ColumnReader` reads them from JSON lines;
        `rowtimes` is an int64 array of milliseconds, one a row. False, with nothing done, where rows
        must go through `feed`: a ROWTIME falls, a value would not go into its column as it is.
        """
        from .bulk import Bulk, with_arrivals  # with pyarrow, which scripts that are fed rows do without

        name = self.plan.source.name if stream is None else stream
        if name not in self._sinks:
            raise KeyError(f"no source stream {name!r}; there are {', '.join(self._sinks)}")
        if name not in self._bulks:
            source = next(part for part in self.streams if part.name == name)
            self._bulks[name] = Bulk(source, self._assemblies, self._logs[name], self.advance, self._error)
        if name in self._arriving and ARRIVAL not in batch.column_names:
            batch = with_arrivals(batch, rowtimes)
        return self._bulks[name].feed(batch, rowtimes, self.rowtime)

    def reject(self, record: bytes, error: Exception, rowtime: int) -> None:
        """Put a raw record that came at `rowtime` and is no rows into `error_stream`.

        Whoever reads records (with RecordReader; its RecordError is the `error`) knows where they
        begin, what their ROWTIME is and what else goes into their rows, so reading is left to them;
        this is the one way for what they cannot read. DATA_ROW is the record itself.
        """
        if self.rowtime is None or rowtime > self.rowtime:
            self.advance(rowtime)
        self._error("", error, self.rowtime, record, rowtime)

    def replace_reference(self, name: str, rows: Rows | bytes) -> None:
        """Give a reference table other rows, from now on; bytes are a file, read by the table's schema.

        A row that cannot be converted goes to `error_stream` (as one from a source does; what the
        service did was not documented). RecordError for a file that cannot be read, KeyError for a
        name that is no table; the table is then as it was.
        """
        if name not in self._tables:
            raise KeyError(f"no reference table {name!r}; there are {', '.join(self._tables) or 'none'}")
        converted = []
        for row in read_rows(self._schemas[name], rows):
            try:
                converted.append(tuple([self._read(row, column, convert) for column, convert in self._readers[name]]))
            except Exception as error:
                self._error("", error, self.rowtime, row)
        self._tables[name].replace(converted)

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
            raise ValueError(f"time cannot go back from {self.rowtime} to {rowtime}")
        if self._early:
            early, self._early = self._early, []
            for row in early:
                self._logs[ERROR_STREAM].append((rowtime, rowtime, *row[2:5], rowtime, *row[6:]))
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
        return self._named(name, self.take(name))

    def take(self, name: str) -> list[Row]:
        """As `drain`, the rows as tuples, ROWTIME first."""
        return self._log(name).drain()

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

    # state out and in

    def snapshot(self) -> bytes:
        """Everything the rows so far have left behind: with it, `restore` goes on exactly from here.

        Streams' rows are part of it as far as they are kept (see `retain`), with what `drain` has
        handed out, and so are the rows of reference tables. To be called between feeds.
        """
        return write(
            {
                "identity": self._identity,
                "rowtime": self.rowtime,
                "early": self._early,
                "logs": {name: log.snapshot() for name, log in self._logs.items()},
                "operators": [operator.snapshot() for operator in self._stateful],
                "forests": [forest.__getstate__() for forest in self._forests],
                "tables": {name: table.rows for name, table in self._tables.items()},
            }
        )

    def restore(self, snapshot: bytes) -> None:
        """Go on from a snapshot of an application with the same script, schemas and seed.

        What this one has done so far is forgotten. Raises SnapshotError for a snapshot that is
        damaged or of another application; this one is then as it was.
        """
        state = read(snapshot)
        other = [what for what, digest in self._identity.items() if state["identity"].get(what) != digest]
        if other:
            raise SnapshotError(f"the snapshot was taken with another {' and another '.join(other)}")
        self.rowtime, self._early = state["rowtime"], state["early"]
        for name, log in state["logs"].items():
            self._logs[name].restore(log)
        for operator, remembered in zip(self._stateful, state["operators"], strict=True):
            operator.restore(remembered)
        for forest, learnt in zip(self._forests, state["forests"], strict=True):
            resume(forest, learnt)
        for name, rows in state["tables"].items():
            self._tables[name].replace(rows)

    # putting it together

    def _start(self, pump: Pump) -> None:
        def report(error: Exception, row: Row) -> None:
            values = {"ROWTIME": row[0], "values": list(row[1:])}
            self._error(pump.name, error, row[0], values)

        assembly = assemble(pump.query, self._sink(pump.target.name), report, self._forest, self._tables)
        self._stateful.extend(assembly.stateful)
        self._timed.extend(assembly.timed)
        self._leaving[pump.name] = assembly.leaving
        self._assemblies.append((pump.query, assembly))
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

    def _error(
        self,
        pump: str,
        failure: Exception,
        rowtime: int | None,
        data: Mapping[str, Any] | bytes,
        data_rowtime: int | None = None,
    ) -> None:
        if rowtime is None:  # a reference table's row, before there is any time: it waits for the first
            self._early.append(error_row(failure, data, 0, 0, 0))
            return
        now = rowtime if self.rowtime is None else max(self.rowtime, rowtime)
        came = rowtime if data_rowtime is None else data_rowtime
        self._logs[ERROR_STREAM].append(error_row(failure, data, rowtime, now, came, pump))


def _named_once(source: str, schema: Schema, sources: Mapping[str, Schema] | None) -> list[tuple[str, Schema]]:
    return [(source, schema), *(sources or {}).items()]


def _refuse_same(parts: Sequence[Stream | Reference]) -> None:
    names = [part.name for part in parts]
    for name in names:
        if names.count(name) > 1:
            raise SchemaError(f"{name} is the name of two sources, tables or streams: give each one of its own")


def _readers(columns: Sequence[Field]) -> list[tuple[str, Callable[[Any], Any]]]:
    return [(column.name, reader(column.type)) for column in columns]


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
