"""Reference tables: rows beside the streams, to be looked up; they change only when they are replaced.

Source: Amazon Kinesis Data Analytics developer guide, "Configuring Application Input" (configuring a
reference source): the table is loaded when the application starts, and again only on request.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from .records import RecordReader

Row = tuple[Any, ...]
Key = tuple[Any, ...]


class ReferenceTable:
    """The rows of a table as tuples of `width` values, found by the columns that must be equal."""

    def __init__(self, width: int) -> None:
        self.width = width
        self.rows: list[Row] = []
        self._indexes: dict[tuple[int, ...], dict[Key, list[Row]]] = {}

    def replace(self, rows: Iterable[Row]) -> None:
        self.rows, self._indexes = list(rows), {}

    def matching(self, columns: tuple[int, ...], key: Key) -> Sequence[Row]:
        """The rows that may be meant: those with these values in these columns, in the table's order."""
        if not columns:
            return self.rows
        index = self._indexes.get(columns)
        if index is None:
            index = self._indexes[columns] = {}
            for row in self.rows:
                index.setdefault(tuple([row[column] for column in columns]), []).append(row)
        return index.get(key, ())


def read_rows(schema: Any, rows: Iterable[Mapping[str, Any]] | bytes) -> list[Mapping[str, Any]]:
    """The rows of a table as mappings; bytes are a CSV or JSON file, read by the schema's record format.

    Raises RecordError for a file that cannot be read. A CSV file's heading is a row like any other.
    """
    if not isinstance(rows, bytes):
        return list(rows)
    return list(RecordReader(schema).read(rows)) if rows.strip() else []
