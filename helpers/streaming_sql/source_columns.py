"""Which columns a script reads from a source stream, and the one that a source has of itself.

A source's rows had APPROXIMATE_ARRIVAL_TIME beside the columns of the schema: when the record came.
It is made where a script reads it and the schema has no such column.

Source: Amazon Kinesis Data Analytics for SQL Developer Guide, "Timestamps and the ROWTIME Column".
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import fields, is_dataclass
from typing import Any, Final

from sqlglot import exp

from .datatypes import TIMESTAMP, Field
from .functions.now import NOW
from .plan import Stream
from .syntax import CreateStream, Query, Relation, Statement, StreamReference, Subquery, TableFunction

ARRIVAL: Final = "APPROXIMATE_ARRIVAL_TIME"
# What table functions put behind the cursor's columns; the others do not pass these on.
_ADDED: Final = {
    "RANDOM_CUT_FOREST": {"ANOMALY_SCORE"},
    "RANDOM_CUT_FOREST_WITH_EXPLANATION": {"ANOMALY_SCORE", "ANOMALY_EXPLANATION"},
    "HOTSPOTS": {"HOTSPOTS_RESULT"},
}


def with_arrival(stream: Stream, statements: Sequence[Statement]) -> Stream:
    """The source stream with ARRIVAL as its last column, where the script reads it and the stream has none."""
    if ARRIVAL in (column.name for column in stream.columns) or ARRIVAL not in columns_read(statements, stream.name):
        return stream
    return Stream(stream.name, (*stream.columns, Field(ARRIVAL, TIMESTAMP)))


def columns_read(statements: Sequence[Statement], source: str) -> list[str]:
    """The names that queries read from the source, sorted."""
    known = {
        part.name.text: {name.text for name, _ in part.columns} for part in statements if isinstance(part, CreateStream)
    }
    found: set[str] = set()
    for statement in statements:
        for query in _queries(statement):
            found |= _columns(query, source, known)
    # "page" in one place and page (that is, PAGE) in another is a slip that a check is there to find
    mixed = {name.upper() for name in found if name != name.upper()}
    return sorted(found - {"ROWTIME", *NOW} - mixed)


def _columns(query: Query, source: str, known: dict[str, set[str]]) -> set[str]:
    aliases = {_alias(part) for part in query.relations if _passes_on(part, source)}
    others = set().union(*(_made(part, known) for part in query.relations))
    aliased = {item.alias.text for item in query.items if item.alias and item.alias.text not in _read(item.expression)}
    read = _named_in_arguments(query, source)
    if aliases:
        for column in _sql_columns([part for part in _parts(query) if not isinstance(part, Query)]):
            table = column.text("table")
            if table in aliases or (not table and column.name not in others | aliased):
                read.add(column.name)
    return read


def _passes_on(relation: Relation, source: str) -> bool:
    """Whether the source's columns are those of the relation: it is the source, or SELECT * of it."""
    if isinstance(relation, StreamReference):
        return relation.name.text == source
    if isinstance(relation, TableFunction) and relation.name.text not in _ADDED:
        return False
    return _is_star(relation, source)


def _is_star(relation: TableFunction | Subquery, source: str) -> bool:
    query = relation.query if isinstance(relation, Subquery) else relation.cursor
    return (
        isinstance(query, Query)
        and any(item.expression is None for item in query.items)
        and any(_passes_on(part, source) for part in query.relations)
    )


def _made(relation: Relation, known: dict[str, set[str]]) -> set[str]:
    """The columns of a relation that cannot be the source's own."""
    if isinstance(relation, StreamReference):
        return known.get(relation.name.text, set())
    if isinstance(relation, TableFunction):
        return _ADDED.get(relation.name.text, set())
    if isinstance(relation.query, Query):
        return {item.alias.text for item in relation.query.items if item.alias}
    return set()


def _named_in_arguments(query: Query, source: str) -> set[str]:
    """The column that a table function over SELECT * of the source names in single quotes."""
    return {
        part.arguments[0].name
        for part in query.relations
        if isinstance(part, TableFunction) and part.arguments and part.arguments[0].is_string and _is_star(part, source)
    }


def _alias(relation: Relation) -> str | None:
    if relation.alias:
        return relation.alias.text
    return relation.name.text if isinstance(relation, StreamReference) else None


def _read(expression: exp.Expr | None) -> set[str]:
    return {column.name for column in _sql_columns([expression])}


def _sql_columns(parts: Sequence[Any]) -> Iterator[exp.Column]:
    for part in parts:
        if isinstance(part, exp.Expr):
            yield from part.find_all(exp.Column)
        elif not isinstance(part, Query):
            yield from _sql_columns(list(_parts(part)))


def _queries(part: Any) -> Iterator[Query]:
    if isinstance(part, Query):
        yield part
    if not isinstance(part, exp.Expr):
        for inner in _parts(part):
            yield from _queries(inner)


def _parts(part: Any) -> Iterator[Any]:
    """What a record or a tuple of the syntax holds."""
    if isinstance(part, tuple):
        yield from part
    elif is_dataclass(part):
        for field in fields(part):
            yield getattr(part, field.name)
