"""Where a job's records come from and its rows go to: files, Kinesis data streams, the log.

A source gives records (operators.Record) with timestamps and watermarks. ROWTIME is, of a file, what
its records say (a shard is a file); of a data stream, the moment each record arrived in it, as the
service's ROWTIME was near to. A sink takes rows as a destination got them: JSON by column name, or
CSV, without ROWTIME.
"""

from __future__ import annotations

import csv
import io
import json
import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from pyflink.common import Encoder, Types, WatermarkStrategy
from pyflink.datastream import DataStream, StreamExecutionEnvironment
from pyflink.datastream.connectors import FileSink, FileSource, StreamFormat
from pyflink.datastream.connectors.file_system import RollingPolicy
from pyflink.datastream.functions import ProcessFunction

from ..application import render
from ..bulk import read_rowtime
from ..datatypes import Field
from ..errors import RecordError
from ..operators import Row
from ..records import RecordReader
from . import kinesis
from .operators import NEVER, PICKLED, Record
from .timestamps import in_order, one_at_a_time

# Bytes through Flink's text: each is a character of its own, and nothing is lost that is no UTF-8.
LATIN = "ISO-8859-1"


def read_files(
    environment: StreamExecutionEnvironment, paths: Sequence[Path], rowtime: str, input_schema: Mapping[str, Any]
) -> DataStream:
    """The lines of files (.gz too), each file in order of the column `rowtime`, whatever the others' times.

    One source a file: Flink's own reading of several files takes one after the other, and what is
    behind the first one's end in time would be late.
    """
    streams = []
    with one_at_a_time(environment):
        for path in paths:
            source = FileSource.for_record_stream_format(StreamFormat.text_line_format(LATIN), path.resolve().as_uri())
            lines = environment.from_source(source.build(), WatermarkStrategy.no_watermarks(), path.name)
            stamped = lines.process(FromLine(path.name, rowtime, input_schema), PICKLED)
            streams.append(stamped.assign_timestamps_and_watermarks(in_order()))
    first, *others = streams
    return first.union(*others) if others else first


class FromLine(ProcessFunction):  # type: ignore[misc]
    """A line as a record with the time that stands in it."""

    def __init__(self, shard: str, rowtime: str, input_schema: Mapping[str, Any]) -> None:
        self.shard, self.rowtime, self.input_schema = shard, rowtime, input_schema

    def open(self, runtime_context: Any) -> None:
        self.reader = RecordReader(self.input_schema)

    def process_element(self, value: str, ctx: ProcessFunction.Context) -> Iterator[Record]:
        if value.strip():
            data = value.encode(LATIN)
            yield (self.shard, self._time(data), data)

    def _time(self, data: bytes) -> int:
        try:
            return read_rowtime(self.reader.read(data)[0][self.rowtime])
        except (RecordError, IndexError, ValueError, TypeError, OverflowError):
            return NEVER  # the intake tells what is wrong with it


def write_files(rows: DataStream, columns: Sequence[Field], form: str, path: Path) -> None:
    """A line a row into files of a folder, which are final once a checkpoint, or the end, has come."""
    encoder = Encoder.simple_string_encoder()
    sink = FileSink.for_row_format(path.resolve().as_uri(), encoder)
    sink = sink.with_rolling_policy(RollingPolicy.on_checkpoint_rolling_policy())
    rows.map(_encoding(columns, form), Types.STRING()).sink_to(sink.build()).set_parallelism(1)


def write_kinesis(rows: DataStream, columns: Sequence[Field], form: str, arn: str) -> None:
    """A record a row into a data stream, at least once."""
    kinesis.write(rows.map(_encoding(columns, form), Types.STRING()), arn)


def write_log(rows: DataStream, columns: Sequence[Field], form: str, stream: str) -> None:
    """A warning a row in the log of the task that runs it: on AWS, in the application's log stream."""
    kinesis.discard(rows.map(_encoding(columns, form), Types.STRING()).process(Logging(stream), PICKLED))


class Logging(ProcessFunction):  # type: ignore[misc]
    """Logs lines, and gives nothing."""

    def __init__(self, stream: str) -> None:
        self.stream = stream

    def process_element(self, value: str, ctx: ProcessFunction.Context) -> tuple[()]:
        logging.getLogger(__name__).warning("%s: %s", self.stream, value)
        return ()


def _encoding(columns: Sequence[Field], form: str) -> Callable[[Row], str]:
    """A row as text: JSON by column name, or CSV.

    >>> from helpers.streaming_sql.datatypes import varchar
    >>> _encoding([Field("page", varchar(8))], "JSON")((0, "/"))
    '{"page": "/"}'
    """
    names, types = [column.name for column in columns], [column.type for column in columns]

    def encode(row: Row) -> str:
        values = [render(value, kind) for value, kind in zip(row[1:], types, strict=True)]
        if form == "JSON":
            return json.dumps(dict(zip(names, values, strict=True)))
        line = io.StringIO()
        csv.writer(line, lineterminator="").writerow(values)
        return line.getvalue()

    return encode
