"""The streaming SQL as a running application sees it: raw records in, numbered rows out.

Only this module and discovery import streaming_sql, which takes half a second: they are imported with
the first application.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from helpers import streaming_sql
from helpers.local_aws.clock import iso
from helpers.local_aws.kinesisanalytics.entries import Record
from helpers.streaming_sql import (
    RecordError,
    RecordReader,
    SchemaError,
    SnapshotError,
    SqlError,
    check_syntax,
    prepare_forest,
)
from helpers.streaming_sql.plan import scans

__all__ = ["Engine", "RecordError", "SchemaError", "SnapshotError", "SqlError", "check_syntax", "prepare_forest"]

KEPT = 10_000  # rows of each stream
# Columns a source stream has beside those of its schema; they are made where a script names them.
ARRIVAL = "APPROXIMATE_ARRIVAL_TIME"
OWN_COLUMNS = {
    ARRIVAL: "TIMESTAMP", "PARTITION_KEY": "VARCHAR(256)", "SEQUENCE_NUMBER": "VARCHAR(128)", "SHARD_ID": "VARCHAR(64)",
}  # fmt: skip
Row = Mapping[str, Any]


class Engine:
    """A script at work on the records of one source, which fills one or more in-application streams.

    ``references`` are the reference tables: schema and file of each. SqlError for the script, SchemaError
    for a schema, RecordError for a file.
    """

    def __init__(
        self,
        script: str,
        schema: Mapping[str, Any],
        sources: Sequence[str],
        seed: int,
        references: Mapping[str, tuple[Mapping[str, Any], bytes]] | None = None,
        kinesis: bool = False,
    ) -> None:
        self.seed = seed
        self._own = _own_columns(script, schema, kinesis)
        columns = [*schema["RecordColumns"], *({"Name": name, "SqlType": OWN_COLUMNS[name]} for name in self._own)]
        filled = {**schema, "RecordColumns": columns}
        self._sources = tuple(sources)
        self._application = streaming_sql.Application(
            script,
            filled,
            seed=seed,
            source=sources[0],
            sources=dict.fromkeys(sources[1:], filled),
            references=references,
        )
        self._application.retain(KEPT)
        self._reader = RecordReader(schema)
        self._columns = {stream.name: stream.columns for stream in self._application.streams}
        self._offsets: dict[str, int] = {}

    @property
    def streams(self) -> list[str]:
        """The in-application streams, the source and the error stream among them."""
        return list(self._columns)

    @property
    def offsets(self) -> dict[str, int]:
        """Rows each stream has had, in this run and those before."""
        counts = self._application.counts()
        return self._offsets | {name: self._offset(name) + count for name, count in counts.items()}

    def number_from(self, offsets: Mapping[str, int]) -> None:
        """Number the rows of each stream on from here, so that they count through the restarts of an application."""
        self._offsets = dict(offsets)

    @property
    def earlier(self) -> dict[str, int]:
        """Rows each stream had in the runs before this one."""
        return dict(self._offsets)

    @property
    def learning(self) -> dict[str, int] | None:
        """How far the forest that has learnt least has come; None without a forest."""
        forests = self._application.forests
        if not forests:
            return None
        least = min(forests, key=lambda forest: forest.seen - forest.sub_sample_size)
        return {"needed": least.sub_sample_size, "seen": least.seen}

    @property
    def pumps(self) -> list[dict[str, Any]]:
        """What each pump reads and writes, and until when a window of it is open (None: none is)."""
        until = self._application.open_until()
        return [
            {
                "name": pump.name,
                "reads": list(dict.fromkeys(scan.stream.name for scan in scans(pump.query))),
                "writes": pump.target.name,
                "open_until": None if (end := until[pump.name]) is None else iso(end / 1000),
            }
            for pump in self._application.plan.pumps
        ]

    @property
    def warnings(self) -> list[str]:
        """What is odd in the script but ran in the service."""
        return list(self._application.warnings)

    def read(self, record: Record) -> list[dict[str, Any]]:
        """The rows of one raw record; RecordError if it does not conform to the schema's format."""
        if record.failed:
            raise RecordError(record.failed)
        rows: list[dict[str, Any]] = list(self._reader.read(record.data))
        if self._own:
            known = dict(
                zip(OWN_COLUMNS, (record.arrival, record.key, record.sequence, record.shard), strict=True)
            )  # fmt: skip
            own = {name: known[name] for name in self._own}
            rows = [row | own for row in rows]
        return rows

    def feed(self, rows: list[dict[str, Any]], rowtime: int, source: int = 0) -> None:
        """Insert rows at a rowtime (epoch milliseconds) into one of the source streams."""
        self._application.feed(rows, rowtime, self._sources[source])

    def reject(self, record: Record, error: Exception, rowtime: int) -> None:
        """Put a record that is no rows into the error stream."""
        self._application.reject(record.data, error, rowtime)

    def advance(self, rowtime: int) -> None:
        """No row with a smaller rowtime will come."""
        self._application.advance(rowtime)

    def replace_reference(self, table: str, file: bytes) -> None:
        """Give a reference table the rows of another file; RecordError if it cannot be read."""
        self._application.replace_reference(table, file)

    def drain(self, stream: str) -> tuple[int, list[Row]]:
        """The rows of a stream since the last drain, and the number of the first of them."""
        rows: list[Row] = list(self._application.drain(stream))
        return self.offsets[stream] - len(rows), rows

    def snapshot(self) -> bytes:
        """The state of everything, to go on from with the same script, schema, tables and seed."""
        return self._application.snapshot()

    def restore(self, snapshot: bytes) -> None:
        """Go on from a snapshot; SnapshotError if it is of another script."""
        self._application.restore(snapshot)

    def encode(self, stream: str, row: Row, form: str) -> bytes:
        """A row as a destination gets it: JSON by column name, or CSV; ROWTIME only if selected."""
        values = {column.name: streaming_sql.render(row[column.name], column.type) for column in self._columns[stream]}
        if form == "JSON":
            return json.dumps(values).encode()
        line = io.StringIO()
        csv.writer(line, lineterminator="").writerow(values.values())
        return line.getvalue().encode()

    def summary(self) -> dict[str, dict[str, Any]]:
        """Rows so far and columns, by stream."""
        return {
            name: {"rows": rows, "columns": self._names(name)}
            for name, rows in self.offsets.items()
            if name in self._columns
        }

    def page(self, stream: str, after: int, limit: int) -> dict[str, Any]:
        """Rows number ``after`` and later, at most ``limit``; ``next`` is the number to go on from."""
        offset = self._offset(stream)
        page = self._application.page(stream, max(after - offset, 0), max(limit, 0))
        rows = [self._shown(stream, row) for row in page.rows]
        following = min(page.next + offset, self.offsets[stream])
        return {"columns": self._names(stream), "rows": rows, "next": following}

    def _names(self, stream: str) -> list[str]:
        return ["ROWTIME", *(column.name for column in self._columns[stream])]

    def _offset(self, stream: str) -> int:
        return self._offsets.get(stream, 0)

    def _shown(self, stream: str, row: Row) -> dict[str, Any]:
        values = {column.name: streaming_sql.render(row[column.name], column.type) for column in self._columns[stream]}
        return {"ROWTIME": iso(row["ROWTIME"] / 1000)} | values


def _own_columns(script: str, schema: Mapping[str, Any], kinesis: bool) -> list[str]:
    """The service's own columns which a script may mean: named in it, and not taken by the schema."""
    taken = {column["Name"] for column in schema["RecordColumns"]}
    offered = OWN_COLUMNS if kinesis else (ARRIVAL,)
    return [name for name in offered if name not in taken and re.search(rf"\b{name}\b", script, re.IGNORECASE)]
