"""What the source's columns may be, from how a script uses them: for a check without any records.

A column is any name a query reads from the source. It is a text until the planner complains of a place
that names it; then the other types are tried. A guess, and told as one; a schema is better.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import fields, is_dataclass
from typing import Any, Final

from sqlglot import exp

from .errors import SqlError
from .plan import Field, Stream
from .planner import plan
from .schema import parse_schema
from .script import parse
from .syntax import CreateStream, Query, Statement, StreamReference

TYPES: Final = ("VARCHAR(4096)", "DOUBLE", "BIGINT", "TIMESTAMP", "BOOLEAN")
MAX_TRIALS: Final = 400  # plans made in search of types; some milliseconds each


def guess_schema(script: str, source: str = "SOURCE_SQL_STREAM_001") -> dict[str, Any]:
    """An input schema with which the script can be planned as far as possible; SqlError for bad syntax.

    >>> script = '''CREATE STREAM S (n INTEGER);
    ...   CREATE PUMP P AS INSERT INTO S SELECT STREAM COUNT(*) FROM "SOURCE_SQL_STREAM_001"
    ...   WHERE "price" > 5 GROUP BY FLOOR(ROWTIME TO MINUTE), "page";'''
    >>> guess_schema(script)["RecordColumns"]
    [{'Name': 'page', 'SqlType': 'VARCHAR(4096)'}, {'Name': 'price', 'SqlType': 'DOUBLE'}]
    """
    statements = parse(script)
    names = columns_read(statements, source) or ["COL_0"]
    types = _Search(script, statements, source).types(dict.fromkeys(names, TYPES[0]))
    return {"RecordColumns": [{"Name": name, "SqlType": sqltype} for name, sqltype in types.items()]}


class _Search:
    """Depth first: each complaint lets a column it names take another type, once."""

    def __init__(self, script: str, statements: Sequence[Statement], source: str) -> None:
        self.script, self.statements, self.source = script, statements, source
        self.trials = 0

    def types(self, types: dict[str, str]) -> dict[str, str]:
        """The types with which the script can be planned, or those given."""
        return self._from(types, frozenset(), self._complaint(types)) or types

    def _from(self, types: dict[str, str], settled: frozenset[str], error: SqlError | None) -> dict[str, str] | None:
        if error is None:
            return types
        for name in types:
            if name in settled or name.upper() not in error.text.upper():
                continue
            for sqltype in TYPES[1:]:
                if self.trials >= MAX_TRIALS:
                    return None
                trial = {**types, name: sqltype}
                after = self._complaint(trial)
                if after is not None and str(after) == str(error):
                    continue
                found = self._from(trial, settled | {name}, after)
                if found:
                    return found
        return None

    def _complaint(self, types: dict[str, str]) -> SqlError | None:
        self.trials += 1
        columns: tuple[Field, ...] = parse_schema(list(types.items()))
        try:
            plan(self.script, self.statements, Stream(self.source, columns))
        except SqlError as error:
            return error
        return None


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
    return sorted(found - {"ROWTIME"} - mixed)


def _columns(query: Query, source: str, known: dict[str, set[str]]) -> set[str]:
    references = [relation for relation in query.relations if isinstance(relation, StreamReference)]
    aliases = {(part.alias or part.name).text for part in references if part.name.text == source}
    if not aliases:
        return set()
    others = set().union(*(known.get(part.name.text, set()) for part in references))
    aliased = {item.alias.text for item in query.items if item.alias}
    read = set()
    for column in _sql_columns([part for part in _parts(query) if not isinstance(part, Query)]):
        table = column.text("table")
        if table in aliases or (not table and column.name not in others | aliased):
            read.add(column.name)
    return read


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
