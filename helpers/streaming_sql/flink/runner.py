"""A job on Flink: its sources, steps and streams as one dataflow.

Rows go between Python functions as pickled blocks, and become a table only where a SQL step reads
them: a block goes over as one array, which SQL unnests; times travel as milliseconds, what has no
exact Flink counterpart as text, and a cast on the other side makes the declared type of it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any, Final

from pyflink.common import Row as FlinkRow
from pyflink.common import RowKind, Types
from pyflink.datastream import DataStream, StreamExecutionEnvironment
from pyflink.table import Schema, StreamTableEnvironment

from ..application import Application
from ..error_stream import ERRORS as ERROR_FIELDS
from ..operators import Row
from ..planner import ERROR_STREAM
from .job import Job, JobColumn, OperatorStep, SqlStep
from .operators import ERRORS, PICKLED, Engine, Intake, named, one_key

_EPOCH: Final = datetime(1970, 1, 1)
_MS: Final = "ROWTIME ms"  # no column of a script has a blank and small letters behind ROWTIME
_PHYSICAL: Final = {
    "TINYINT": Types.LONG(), "SMALLINT": Types.LONG(), "INTEGER": Types.LONG(), "INT": Types.LONG(),
    "BIGINT": Types.LONG(), "TIMESTAMP": Types.LONG(), "INTERVAL": Types.LONG(),
    "REAL": Types.DOUBLE(), "FLOAT": Types.DOUBLE(), "DOUBLE": Types.DOUBLE(),
    "BOOLEAN": Types.BOOLEAN(),
    "BINARY": Types.PRIMITIVE_ARRAY(Types.BYTE()), "VARBINARY": Types.PRIMITIVE_ARRAY(Types.BYTE()),
}  # fmt: skip


class Dataflow:
    """The streams of a job, made as they are asked for, in one execution environment.

    `sources` are the records (see operators.Records) of each source, with timestamps and watermarks, in
    order within their shards. `nodes` are the pieces of the plan that the operator steps stand for.
    """

    def __init__(
        self,
        environment: StreamExecutionEnvironment,
        application: Application,
        job: Job,
        nodes: Mapping[str, Any],
        sources: Mapping[str, DataStream],
        input_schemas: Mapping[str, Mapping[str, Any]] | None = None,
    ) -> None:
        self.application, self.job, self.nodes = application, job, nodes
        # Else every row that an array is unnested into would be copied with the whole array.
        environment.get_config().enable_object_reuse()
        self.tables = StreamTableEnvironment.create(environment)
        for name, value in job.settings.items():
            self.tables.get_config().set(name, value)
        self.steps = {step.name: step for step in job.steps}
        self.columns = {part.name: part.columns for part in (*job.sources, *job.steps)}
        self.errors: list[DataStream] = []
        self.views: set[str] = set()
        self.streams: dict[str, DataStream] = {}
        for source in job.sources:
            schema = (input_schemas or {}).get(source.name)
            made_by = (source.name, [(column.name, column.type) for column in source.columns], schema)
            by_shard = sources[source.name].key_by(lambda block: block[0], Types.STRING())
            rows = by_shard.process(Intake(*made_by), PICKLED)
            self._add(source.name, rows.name(f"intake of {source.name}"))
        for step in job.steps:  # all of them, read or not: what they report belongs into error_stream
            if isinstance(step, OperatorStep):
                self._operator(step)

    def stream(self, name: str) -> DataStream:
        """The rows of a stream (pickled lists of tuples, ROWTIME in milliseconds first)."""
        if name == ERROR_STREAM:
            return _union(self.errors)
        if name not in self.streams:
            self._view(name)
            self.streams[name] = self._rows(name)
        return self.streams[name]

    def sinks(self) -> dict[str, DataStream]:
        """The rows of every stream that is to be delivered."""
        return {sink.stream: self.stream(sink.stream) for sink in self.job.sinks}

    def _add(self, name: str, made: DataStream) -> None:
        self.streams[name] = made
        self.errors.append(made.get_side_output(ERRORS))

    def _named(self, name: str) -> DataStream:
        """The rows of a stream with its name, in the order they have where they come from one operator."""
        rows = self.stream(name).map(named(name), PICKLED)
        return rows.set_parallelism(1) if isinstance(self.steps.get(name), OperatorStep) else rows

    def _operator(self, step: OperatorStep) -> None:
        inputs = _union([self._named(name) for name in step.inputs])
        tables = {name: self.application._tables[name] for name in step.references}
        seeds = [self.application.seed + number for number in step.arguments.get("forests", ())]
        engine = Engine(self.nodes[step.name], step.pump, seeds, tables)
        made = inputs.key_by(one_key, Types.INT()).process(engine, PICKLED)
        self._add(step.name, made.name(f"{step.kind} {step.name}").set_parallelism(1))

    def _view(self, name: str) -> None:
        """Make the view of a stream, after those it reads, unless it is there."""
        if name in self.views:
            return
        self.views.add(name)
        step = self.steps.get(name)
        if isinstance(step, SqlStep):
            for read in step.inputs:
                self._view(read)
            self.tables.execute_sql(step.sql)
        else:
            self._table(name)

    def _table(self, name: str) -> None:
        """The view of a stream that Python functions make."""
        columns = self.columns[name] if name != ERROR_STREAM else _error_columns()
        names = [_MS, *(f"{column.name} as sent" for column in columns)]
        types = [Types.LONG(), *map(_physical, columns)]
        rows = self._unnested(name, _sending(columns), names, types)
        schema = Schema.new_builder()
        for sent, kind in zip(names, types, strict=True):
            schema.column(sent, _TABLE_TYPES[str(kind)])
        schema.column_by_expression("ROWTIME", _timestamp(_MS))
        for sent, column in zip(names[1:], columns, strict=True):
            schema.column_by_expression(column.name, _cast(sent, column))
        schema.watermark("ROWTIME", "SOURCE_WATERMARK()")
        table = self.tables.from_data_stream(rows, schema.build())
        raw, chosen = _quoted(f"{name} as sent"), ["ROWTIME", *(column.name for column in columns)]
        self.tables.create_temporary_view(raw, table)
        query = f"SELECT {', '.join(map(_quoted, chosen))} FROM {raw}"  # noqa: S608 - names of the job's own
        self.tables.execute_sql(f"CREATE TEMPORARY VIEW {_quoted(name)} AS {query}")

    def _unnested(
        self, name: str, send: Callable[[list[Row]], Fields], names: Sequence[str], types: Sequence[Any]
    ) -> DataStream:
        """The rows of a stream one by one, outside of Python."""
        block = Types.ROW_NAMED(["rows"], [Types.OBJECT_ARRAY(Types.ROW_NAMED(names, types))])
        fields = ", ".join(f"{_quoted(n)} {_TABLE_TYPES[str(kind)]}" for n, kind in zip(names, types, strict=True))
        schema = Schema.new_builder().column("rows", f"ARRAY<ROW<{fields}>>")
        schema.column_by_expression("first", f"TO_TIMESTAMP_LTZ(`rows`[1].{_quoted(_MS)}, 3)")
        schema.watermark("first", "SOURCE_WATERMARK()")  # a table without one lets no watermark through
        blocks = self.stream(name).map(send, block)
        raw, chosen = _quoted(f"{name} blocks"), ", ".join(map(_quoted, names))
        self.tables.create_temporary_view(raw, self.tables.from_data_stream(blocks, schema.build()))
        query = f"SELECT {chosen} FROM {raw} CROSS JOIN UNNEST(`rows`) AS `row` ({chosen})"  # noqa: S608 - own names
        return self.tables.to_data_stream(self.tables.sql_query(query))

    def _rows(self, name: str) -> DataStream:
        """The rows of a view."""
        columns = self.columns[name]
        chosen = ", ".join(["ROWTIME", *(_sent_as(column) for column in columns)])
        table = self.tables.sql_query(f"SELECT {chosen} FROM {_quoted(name)}")  # noqa: S608 - names of the job's own
        return self.tables.to_data_stream(table).map(_receiving(columns), PICKLED)


def _union(streams: Sequence[DataStream]) -> DataStream:
    first, *others = streams
    return first.union(*others) if others else first


def _family(column: JobColumn) -> str:
    return column.type.upper().split("(")[0].split()[0]


def _physical(column: JobColumn) -> Any:
    return _PHYSICAL.get(_family(column), Types.STRING())


_TABLE_TYPES: Final = {
    str(Types.LONG()): "BIGINT", str(Types.DOUBLE()): "DOUBLE", str(Types.BOOLEAN()): "BOOLEAN",
    str(Types.STRING()): "STRING", str(Types.PRIMITIVE_ARRAY(Types.BYTE())): "BYTES",
}  # fmt: skip


def _timestamp(name: str) -> str:
    return f"CAST(TO_TIMESTAMP_LTZ({_quoted(name)}, 3) AS TIMESTAMP(3))"


def _cast(sent: str, column: JobColumn) -> str:
    return _timestamp(sent) if _family(column) == "TIMESTAMP" else f"CAST({_quoted(sent)} AS {column.flink_type})"


def _sent_as(column: JobColumn) -> str:
    """A column as Python can take it: what is exact stays, what is not goes as text."""
    name, family = _quoted(column.name), _family(column)
    if family in ("BINARY", "VARBINARY"):  # the way to Python has no bytes of a length
        return f"CAST({name} AS BYTES) AS {name}"
    return f"CAST({name} AS STRING) AS {name}" if family in ("DECIMAL", "NUMERIC", "DATE", "TIME") else name


class Fields(list[Any]):
    """What PyFlink's coder asks of a pyflink.common.Row, which takes ten times as long to make."""

    __slots__ = ()

    def get_fields_by_names(self, names: Sequence[str]) -> list[Any]:
        return self

    def get_row_kind(self) -> RowKind:
        return RowKind.INSERT


def _sending(columns: Sequence[JobColumn]) -> Callable[[list[Row]], Fields]:
    as_text = [n for n, column in enumerate(columns, 1) if _family(column) in ("DECIMAL", "NUMERIC", "DATE", "TIME")]

    def send(rows: list[Row]) -> Fields:
        sent = [Fields(row) for row in rows]
        for place in as_text:
            for fields in sent:
                if fields[place] is not None:
                    fields[place] = str(fields[place])
        return Fields([sent])

    return send


def _receiving(columns: Sequence[JobColumn]) -> Callable[[FlinkRow], list[Row]]:
    readers = [_READERS.get(_family(column), _same) for column in columns]

    def receive(row: FlinkRow) -> list[Row]:
        rowtime, *values = row
        read = (None if v is None else reader(v) for reader, v in zip(readers, values, strict=True))
        return [(_milliseconds(rowtime), *read)]

    return receive


def _same(value: Any) -> Any:
    return value


def _milliseconds(moment: datetime) -> int:
    since = moment - _EPOCH
    return (since.days * 86_400 + since.seconds) * 1000 + since.microseconds // 1000


_READERS: Final[dict[str, Callable[[Any], Any]]] = {
    "TIMESTAMP": _milliseconds, "DATE": date.fromisoformat, "TIME": time.fromisoformat,
    "DECIMAL": Decimal, "NUMERIC": Decimal, "BINARY": bytes, "VARBINARY": bytes,
}  # fmt: skip


def _quoted(name: str) -> str:
    return "`" + name.replace("`", "``") + "`"


def _error_columns() -> tuple[JobColumn, ...]:
    types = {"TIMESTAMP": "TIMESTAMP(3)"}
    return tuple(JobColumn(f.name, str(f.type), types.get(str(f.type), str(f.type))) for f in ERROR_FIELDS.columns)
