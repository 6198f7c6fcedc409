"""Raw records as rows: JSON or CSV bytes, read by the mappings of an input schema.

Values stay as they are in the record (numbers, texts, booleans); `Application.feed` converts them
to the declared types. A record may hold several rows. A column mapped to all of an array, `$.orders[0:]`,
has the array; columns mapped into its elements, `$.orders[0:].id`, make a row of each element, beside
which the other columns stand again, and one row without these columns where there is no element.
(Inferred: the other columns have their values in that row, too.)

Source: kinesisanalyticsv2 InputSchema, RecordFormat, JSONMappingParameters, CSVMappingParameters;
Developer Guide, "Working with JSONPath".
"""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from .errors import RecordError, SchemaError

_DECODER: Final = json.JSONDecoder()
_STEP: Final = re.compile(r"\.([^.\[\]]+)|\[(?:'([^']*)'|\"([^\"]*)\"|(\d+)|(\*|\d*:))\]")
_BLANK: Final = " \t\r\n,"

Path = tuple[Any, ...]


class RecordReader:
    r"""Reads records by an InputSchema.

    `read(data)` gives one dict a row, by column name; raises RecordError for a record that is not of
    the schema's format. A JSON path that leads nowhere gives None.

    >>> schema = {"RecordFormat": {"RecordFormatType": "JSON"},
    ...           "RecordColumns": [{"Name": "page", "SqlType": "VARCHAR(16)", "Mapping": "$.view.page"}]}
    >>> RecordReader(schema).read(b'{"view": {"page": "/"}}\n{"view": {"page": "/shop"}}')
    [{'page': '/'}, {'page': '/shop'}]
    """

    def __init__(self, input_schema: Mapping[str, Any]) -> None:
        record_format = input_schema.get("RecordFormat", {})
        kind = record_format.get("RecordFormatType", "JSON")
        parameters = record_format.get("MappingParameters", {})
        if input_schema.get("RecordEncoding", "UTF-8").upper() != "UTF-8":
            raise SchemaError("RecordEncoding must be UTF-8")
        if kind not in ("JSON", "CSV"):
            raise SchemaError(f"RecordFormatType must be JSON or CSV, not {kind!r}")
        self.kind = kind
        self.columns = [str(column["Name"]) for column in input_schema.get("RecordColumns", ())]
        if not self.columns:
            raise SchemaError("the input schema has no RecordColumns")
        if kind == "JSON":
            mappings = parameters.get("JSONMappingParameters", {})
            self._rows = parse_path(mappings.get("RecordRowPath", "$"))
            paths = [_mapping(column) for column in input_schema["RecordColumns"]]
            self._array, self._paths = _flattened(paths)
        else:
            mappings = parameters.get("CSVMappingParameters", {})
            self._row_delimiter = mappings.get("RecordRowDelimiter", "\n")
            self._column_delimiter = mappings.get("RecordColumnDelimiter", ",")

    def read(self, data: bytes) -> list[dict[str, Any]]:
        text = decoded(data)
        return self._read_json(text) if self.kind == "JSON" else self._read_csv(text)

    def _read_json(self, text: str) -> list[dict[str, Any]]:
        rows = []
        for document in documents(text):
            for row in _follow(document, self._rows):
                if not isinstance(row, dict | list):
                    raise RecordError(f"expected a JSON object, found {short(row)}")
                for element in self._elements(row):
                    values = [_at(element if inside else row, path) for inside, path in self._paths]
                    rows.append(dict(zip(self.columns, values, strict=True)))
        return rows

    def _elements(self, row: Any) -> list[Any]:
        """What there is a row for: the elements of the array that columns look into, or None once."""
        found = _at(row, self._array) if self._array else None
        return found if isinstance(found, list) and found else [None]

    def _read_csv(self, text: str) -> list[dict[str, Any]]:
        rows = []
        for values in split_rows(text, self._row_delimiter, self._column_delimiter):
            if len(values) != len(self.columns):
                raise RecordError(f"expected {len(self.columns)} columns, found {len(values)} in {short(values)}")
            rows.append({name: value or None for name, value in zip(self.columns, values, strict=True)})
        return rows


def _mapping(column: Mapping[str, Any]) -> Path:
    return parse_path(column.get("Mapping") or f"$['{column['Name']}']")


def _flattened(paths: Sequence[Path]) -> tuple[Path, list[tuple[bool, Path]]]:
    """The array whose elements are rows of their own, and each column's path: within an element, or the record."""
    array: Path = ()
    found = []
    for path in paths:
        place = next((place for place, step in enumerate(path) if isinstance(step, slice)), len(path))
        before, within = path[: place + 1], path[place + 1 :]
        if any(isinstance(step, slice) for step in within):
            raise SchemaError("a mapping can look into the elements of one array, not of arrays within them")
        if within and array and before != array:
            raise SchemaError("mappings can look into the elements of one array; two do of two")
        array = before if within else array
        found.append((bool(within), within or path))
    return array, found


def decoded(data: bytes) -> str:
    """The text of a record; raises RecordError if there is none."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise RecordError(f"the record is not UTF-8: {error}") from error
    if not text.strip():
        raise RecordError("the record is empty")
    return text


def short(value: Any, length: int = 80) -> str:
    """A value in so many characters of a message."""
    text = repr(value)
    return text if len(text) <= length else text[: length - 3] + "..."


def documents(text: str) -> Iterator[Any]:
    """JSON documents one after the other, with newlines, commas or nothing between them."""
    position = 0
    while True:
        while position < len(text) and text[position] in _BLANK:
            position += 1
        if position == len(text):
            return
        try:
            document, position = _DECODER.raw_decode(text, position)
        except (ValueError, RecursionError) as error:
            raise RecordError(f"the record is not JSON: {error}") from error
        yield document


def split_rows(text: str, row_delimiter: str, column_delimiter: str) -> Iterator[list[str]]:
    """The rows of delimited text, blank ones left out, values stripped of the blanks around them."""
    for line in text.split(row_delimiter):
        if not line.strip():
            continue
        if len(column_delimiter) == 1:
            try:
                values = next(csv.reader([line], delimiter=column_delimiter, skipinitialspace=True))
            except csv.Error as error:
                raise RecordError(f"the record is not CSV: {error}") from error
        else:
            values = line.split(column_delimiter)
        yield [value.strip() for value in values]


def parse_path(path: str) -> Path:
    """A JSON path as steps: names, numbers, and slices for all of an array (`[0:]`, `[*]`) or its rest (`[2:]`).

    >>> parse_path("$.view['page name'][0]")
    ('view', 'page name', 0)
    """
    if not path.startswith("$"):
        raise SchemaError(f"{path!r} is not a JSON path: it starts with $")
    steps: list[Any] = []
    position = 1
    while position < len(path):
        match = _STEP.match(path, position)
        if not match:
            raise SchemaError(f"{path!r} is not a JSON path, from {path[position:]!r} on")
        name = next((part for part in match.groups()[:3] if part is not None), None)
        steps.append(name if name is not None else int(match[4]) if match[4] else _slice(match[5]))
        position = match.end()
    return tuple(steps)


def _slice(text: str) -> slice:
    return slice(int(text.removesuffix(":").removesuffix("*") or 0), None)


def _follow(value: Any, path: Path) -> Iterator[Any]:
    """The values that a path for rows leads to."""
    for number, step in enumerate(path):
        try:
            value = _step(value, step)
        except LookupError:
            return
        if isinstance(step, slice):
            for part in value:
                yield from _follow(part, path[number + 1 :])
            return
    yield value


def _at(value: Any, path: Path) -> Any:
    """The value a path leads to, None for nothing; a slice is a part of an array."""
    try:
        for step in path:
            value = _step(value, step)
    except LookupError:
        return None
    return value


def _step(value: Any, step: Any) -> Any:
    """A member of an object, an element or a part of an array; LookupError for what is neither."""
    if isinstance(value, dict if isinstance(step, str) else list):
        return value[step]
    raise LookupError(step)
