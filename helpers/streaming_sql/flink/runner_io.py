"""Where a job's records come from and its rows go to: files, Kinesis data streams, the log.

A source gives blocks of records (operators.Records) with timestamps and watermarks. ROWTIME is, of a file, what
its records say (a shard is a file); of a data stream, the moment each record arrived in it, as the
service's ROWTIME was near to. A sink takes rows as a destination got them: JSON by column name, or
CSV, without ROWTIME.
"""

from __future__ import annotations

import csv
import gzip
import io
import json
import logging
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from pyflink.common import Encoder, Types
from pyflink.datastream import DataStream, StreamExecutionEnvironment
from pyflink.datastream.connectors import FileSink
from pyflink.datastream.connectors.file_system import RollingPolicy
from pyflink.datastream.functions import ProcessFunction

from ..application import render
from ..bulk import read_rowtimes
from ..datatypes import Field
from ..errors import RecordError
from ..lines import LineReader
from ..operators import Row
from . import kinesis
from .operators import BLOCK, NEVER, PICKLED, Records, Unread, column_reader
from .ticks import numbered
from .timestamps import in_order, one_at_a_time

PART = 1_000_000  # bytes of a file that are read at once


def read_files(
    environment: StreamExecutionEnvironment, paths: Sequence[Path], rowtime: str, input_schema: Mapping[str, Any]
) -> DataStream:
    """The lines of files (gzip too), each file in order of the column `rowtime`, whatever the others' times.

    One source a file: were several files read one after the other, what is behind the first one's end in time
    would be late.
    """
    streams = []
    with one_at_a_time(environment):
        for path in paths:
            count = 1 if packed(path) else max(1, -(-path.stat().st_size // PART))
            reading = FromFile(path.resolve(), rowtime, input_schema)
            blocks = numbered(environment, count).process(reading, PICKLED).name(f"reads {path.name}")
            streams.append(blocks.assign_timestamps_and_watermarks(in_order()))
    first, *others = streams
    return first.union(*others) if others else first


class FromFile(ProcessFunction):  # type: ignore[misc]
    """The lines of the parts of a file as records with the times that stand in them."""

    def __init__(self, path: Path, rowtime: str, input_schema: Mapping[str, Any]) -> None:
        self.path, self.rowtime, self.input_schema = path, rowtime, input_schema

    def open(self, runtime_context: Any) -> None:
        self.lines, self.at_once = LineReader(self.input_schema, self.rowtime), column_reader(self.input_schema)

    def process_element(self, value: Any, ctx: ProcessFunction.Context) -> Iterator[Records]:
        for chunk in chunks(self.path, value[0]):
            lines = [line for line in chunk.split(b"\n") if line.strip()]
            for start in range(0, len(lines), BLOCK):
                block = lines[start : start + BLOCK]
                times = self._times(block)
                records = (self.path.name, times, block) if times is not None else self._one_by_one(block)
                if records[2]:  # a line may have no row at all
                    yield records

    def _times(self, lines: list[bytes]) -> list[int] | None:
        table = self.at_once.read(b"\n".join([*lines, b""])) if self.at_once else None
        if table is None or table.num_rows != len(lines):
            return None
        times = read_rowtimes(table.column(self.rowtime))
        return None if times is None else times.tolist()

    def _one_by_one(self, lines: list[bytes]) -> Records:
        """Rows, each with its own time, of which a line may have several; or why it is none."""
        found: list[tuple[int, Mapping[str, Any] | Unread]] = []
        for line in lines:
            try:
                found += self.lines.read(line)
            except RecordError as error:
                found.append((NEVER, Unread(line, str(error))))
        return (self.path.name, [time for time, _ in found], [record for _, record in found])


def chunks(path: Path, part: int, size: int = PART) -> Iterator[bytes]:
    """Whole lines: those that begin in a part of a file of so many bytes; of a packed one, which has one part, all."""
    if packed(path):
        with gzip.open(path) as unpacked:
            while chunk := unpacked.read(size):
                yield chunk + unpacked.readline()
        return
    with path.open("rb") as file:
        if part:
            file.seek(part * size - 1)
            file.readline()  # it began in the part before
        if (left := (part + 1) * size - file.tell()) > 0:
            chunk = file.read(left)
            yield chunk if chunk.endswith(b"\n") else chunk + file.readline()


def packed(path: Path) -> bool:
    """Whether a file is gzip, whatever it is called."""
    with path.open("rb") as file:
        return file.read(2) == b"\x1f\x8b"


def write_files(rows: DataStream, columns: Sequence[Field], form: str, path: Path) -> None:
    """A line a row into files of a folder, which are final once a checkpoint, or the end, has come."""
    encoder = Encoder.simple_string_encoder()
    sink = FileSink.for_row_format(path.resolve().as_uri(), encoder)
    sink = sink.with_rolling_policy(RollingPolicy.on_checkpoint_rolling_policy())
    rows.flat_map(_encoding(columns, form), Types.STRING()).sink_to(sink.build()).set_parallelism(1)


def write_kinesis(rows: DataStream, columns: Sequence[Field], form: str, arn: str) -> None:
    """A record a row into a data stream, at least once."""
    kinesis.write(rows.flat_map(_encoding(columns, form), Types.STRING()), arn)


def write_log(rows: DataStream, columns: Sequence[Field], form: str, stream: str) -> None:
    """A warning a row in the log of the task that runs it: on AWS, in the application's log stream."""
    kinesis.discard(rows.flat_map(_encoding(columns, form), Types.STRING()).process(Logging(stream), PICKLED))


class Logging(ProcessFunction):  # type: ignore[misc]
    """Logs lines, and gives nothing."""

    def __init__(self, stream: str) -> None:
        self.stream = stream

    def process_element(self, value: str, ctx: ProcessFunction.Context) -> tuple[()]:
        logging.getLogger(__name__).warning("%s: %s", self.stream, value)
        return ()


def _encoding(columns: Sequence[Field], form: str) -> Callable[[Iterable[Row]], list[str]]:
    """Rows as text: JSON by column name, or CSV.

    >>> from helpers.streaming_sql.datatypes import varchar
    >>> _encoding([Field("page", varchar(8))], "JSON")([(0, "/")])
    ['{"page": "/"}']
    """
    names, types = [column.name for column in columns], [column.type for column in columns]

    def encode(row: Row) -> str:
        values = [render(value, kind) for value, kind in zip(row[1:], types, strict=True)]
        if form == "JSON":
            return json.dumps(dict(zip(names, values, strict=True)))
        line = io.StringIO()
        csv.writer(line, lineterminator="").writerow(values)
        return line.getvalue()

    return lambda rows: [encode(row) for row in rows]
