"""The streaming SQL as a running application sees it: raw records in, numbered rows out."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping
from typing import Any

from helpers import streaming_sql
from helpers.local_aws.clock import iso
from helpers.streaming_sql import RecordError, RecordReader, SchemaError, SqlError, check_syntax, prepare_forest

__all__ = ["Engine", "RecordError", "SchemaError", "SqlError", "check_syntax", "prepare_forest"]

KEPT = 10_000  # rows of each stream
Row = Mapping[str, Any]


class Engine:
    """A script at work on the records of one source.

    Row numbers go on from ``offsets``, so that they count through the restarts of an application.
    SqlError for the script, SchemaError for the input schema.
    """

    def __init__(
        self,
        script: str,
        schema: Mapping[str, Any],
        source: str,
        seed: int,
        offsets: Mapping[str, int] | None = None,
    ) -> None:
        self._application = streaming_sql.Application(script, schema, seed=seed, source=source)
        self._application.retain(KEPT)
        self._reader = RecordReader(schema)
        self._columns = {stream.name: stream.columns for stream in self._application.streams}
        self._offsets = dict(offsets or {})

    @property
    def streams(self) -> list[str]:
        """The in-application streams, the source and the error stream among them."""
        return list(self._columns)

    @property
    def offsets(self) -> dict[str, int]:
        """Rows each stream has had, in this run and those before."""
        counts = self._application.counts()
        return self._offsets | {name: self._offset(name) + count for name, count in counts.items()}

    @property
    def learning(self) -> dict[str, int] | None:
        """How far the forest that has learnt least has come; None without a forest."""
        forests = self._application.forests
        if not forests:
            return None
        least = min(forests, key=lambda forest: forest.seen - forest.sub_sample_size)
        return {"needed": least.sub_sample_size, "seen": least.seen}

    @property
    def warnings(self) -> list[str]:
        """What is odd in the script but ran in the service."""
        return list(self._application.warnings)

    def read(self, data: bytes) -> list[dict[str, Any]]:
        """The rows of one raw record; RecordError if it does not conform to the schema's format."""
        return list(self._reader.read(data))

    def feed(self, rows: list[dict[str, Any]], rowtime: int) -> None:
        """Insert rows at a rowtime (epoch milliseconds)."""
        self._application.feed(rows, rowtime)

    def advance(self, rowtime: int) -> None:
        """No row with a smaller rowtime will come."""
        self._application.advance(rowtime)

    def drain(self, stream: str) -> list[Row]:
        """The rows of a stream since the last drain."""
        return list(self._application.drain(stream))

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
