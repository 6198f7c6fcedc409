"""JSON lines as Arrow columns, where the row reader would give the same values."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.json

from ..records import parse_path
from ..schema import parse_schema
from .columns import ARROW

LONGEST: Final = 4_000  # bytes of a line; in longer ones nesting and digits may be more than Python's reader takes
_DEEPEST: Final = 200  # brackets opened in a line; where a line is short, there cannot be too many for Python
_SHORT: Final = 400
_CHUNK: Final = 512 * 1024
_NEWLINE, _RETURN, _OPEN, _CLOSE, _LIST = (ord(character) for character in "\n\r{}[")


class ColumnReader:
    r"""Reads blocks of whole lines by an InputSchema of JSON, or not at all.

    `read(block)` gives a table with the schema's columns, one row a line; None where a line is not
    plainly a JSON object with values of the columns' own types, so that one has to look more closely.

    >>> schema = {"RecordColumns": [{"Name": "n", "SqlType": "INTEGER"}]}
    >>> ColumnReader(schema).read(b'{"n": 1}\n{"n": null}\n').to_pylist()
    [{'n': 1}, {'n': None}]
    >>> ColumnReader(schema).read(b'{"n": 1}\n{"n": "2"}\n')
    """

    def __init__(self, input_schema: Mapping[str, Any]) -> None:
        self._names = [field.name for field in parse_schema(input_schema)]
        self._schema = _arrow_schema(input_schema)

    @property
    def applies(self) -> bool:
        """Whether there are blocks that can be read, by the schema."""
        return self._schema is not None

    def read(self, block: bytes) -> pa.Table | None:
        if self._schema is None:
            return None
        lines = _count_lines(block)
        if not lines:
            return None
        try:
            table = pyarrow.json.read_json(
                pa.BufferReader(block),
                read_options=pyarrow.json.ReadOptions(block_size=_CHUNK),
                parse_options=pyarrow.json.ParseOptions(
                    explicit_schema=self._schema, unexpected_field_behavior="ignore"
                ),
            )
        except (pa.ArrowException, UnicodeDecodeError):
            return None
        return table.rename_columns(self._names) if table.num_rows == lines else None


def _arrow_schema(input_schema: Mapping[str, Any]) -> pa.Schema | None:
    """The members of a record's object and their types; None for CSV, nested paths, other types."""
    described = input_schema.get("RecordFormat", {})
    parameters = described.get("MappingParameters", {}).get("JSONMappingParameters", {})
    if described.get("RecordFormatType", "JSON") != "JSON" or parse_path(parameters.get("RecordRowPath", "$")):
        return None
    members = []
    for column, field in zip(input_schema["RecordColumns"], parse_schema(input_schema), strict=True):
        path = parse_path(column["Mapping"]) if column.get("Mapping") else (field.name,)
        if len(path) != 1 or not isinstance(path[0], str) or field.type.name not in ARROW:
            return None
        members.append(pa.field(path[0], ARROW[field.type.name]))
    names = [member.name for member in members]
    return pa.schema(members) if len(set(names)) == len(names) else None


def _count_lines(block: bytes) -> int:
    """How many lines there are; 0 unless each one begins with {, ends with } and is a text of moderate size.

    Arrow takes documents wherever they begin and end; no document has } and { on two sides of a line
    break, so that as many rows as lines are one row a line.
    """
    data = np.frombuffer(block, np.uint8)
    ends = np.flatnonzero(data == _NEWLINE)
    if not len(ends) or ends[-1] != len(data) - 1 or ends[0] < 2 or data[0] != _OPEN:
        return 0
    lengths = np.diff(ends, prepend=-1)
    if lengths.max() > LONGEST or lengths.min() < 3 or (data[ends[:-1] + 1] != _OPEN).any():
        return 0
    last = np.where(data[ends - 1] == _RETURN, data[ends - 2], data[ends - 1])
    if (last != _CLOSE).any() or not _is_text(block) or not _is_flat(data, ends, lengths):
        return 0
    return len(ends)


def _is_text(block: bytes) -> bool:
    if block.isascii():
        return True
    try:
        block.decode()
    except UnicodeDecodeError:
        return False
    return True


def _is_flat(data: Any, ends: Any, lengths: Any) -> bool:
    if lengths.max() <= _SHORT:
        return True
    opening = ((data == _OPEN) | (data == _LIST)).astype(np.int64)
    starts = np.concatenate(([0], ends[:-1] + 1))
    return bool(np.add.reduceat(opening, starts).max() <= _DEEPEST)
