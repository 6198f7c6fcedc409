"""The schema of the source stream, from the service's InputSchema or a plain list of columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .datatypes import Field, parse_type
from .errors import SchemaError


def parse_schema(source_schema: Mapping[str, Any] | Sequence[tuple[str, str]]) -> tuple[Field, ...]:
    """Columns of a source stream: names as given, types checked.

    Takes {"RecordColumns": [{"Name": …, "SqlType": …}, …]} (kinesisanalyticsv2 InputSchema /
    SourceSchema) or [(name, type), …]. Raises SchemaError.

    >>> [(field.name, str(field.type)) for field in parse_schema([("price", "DECIMAL(8,2)")])]
    [('price', 'DECIMAL(8, 2)')]
    """
    fields = []
    for name, sqltype in _pairs(source_schema):
        try:
            fields.append(Field(name, parse_type(sqltype)))
        except ValueError as error:
            raise SchemaError(f"source column {name}: {error}") from error
    names = [field.name for field in fields]
    for name in names:
        if names.count(name) > 1 or name == "ROWTIME":
            raise SchemaError(f"source column {name}: the name is taken, give each column one of its own")
    if not fields:
        raise SchemaError("the source schema has no columns: discover one, or give RecordColumns")
    return tuple(fields)


def _pairs(source_schema: Mapping[str, Any] | Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    if not isinstance(source_schema, Mapping):
        return [(str(name), str(sqltype)) for name, sqltype in source_schema]
    try:
        return [(str(column["Name"]), str(column["SqlType"])) for column in source_schema["RecordColumns"]]
    except (KeyError, TypeError) as error:
        raise SchemaError(f"the source schema needs RecordColumns with Name and SqlType each: {error}") from error
