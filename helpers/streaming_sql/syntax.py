"""What a script says, before names and types are looked at: statements, queries, positions.

Clauses are plain records of our own; expressions inside them are sqlglot's nodes, each with the
offset of its first and last character (see `span`).
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlglot import exp

from .datatypes import SqlType
from .errors import SqlError


@dataclass(frozen=True, slots=True)
class Span:
    """A piece of the script: offset of its first and last character."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Name:
    """An identifier as the engine compares it: upper-cased unless it was quoted."""

    text: str
    span: Span


@dataclass(frozen=True, slots=True)
class SelectItem:
    """One entry of a select list; `expression` None is `*` or `table.*`."""

    expression: exp.Expr | None
    alias: Name | None
    table: Name | None
    span: Span


@dataclass(frozen=True, slots=True)
class WindowSpec:
    """([PARTITION BY …] RANGE | ROWS `extent` PRECEDING); `extent` None is CURRENT ROW."""

    partition: tuple[exp.Expr, ...]
    unit: str
    extent: exp.Expr | None
    span: Span


@dataclass(frozen=True, slots=True)
class StaggerSpec:
    """WINDOWED BY STAGGER (PARTITION BY … RANGE INTERVAL …)."""

    partition: tuple[exp.Expr, ...]
    length: exp.Expr
    span: Span


@dataclass(frozen=True, slots=True)
class SortItem:
    """One term of ORDER BY."""

    expression: exp.Expr
    descending: bool
    span: Span


@dataclass(frozen=True, slots=True)
class StreamReference:
    """A stream in FROM; `over` is its window in a join, by name or in place."""

    name: Name
    alias: Name | None
    over: Name | WindowSpec | None = None


@dataclass(frozen=True, slots=True)
class TableFunction:
    """TABLE(name(CURSOR(query), arguments…)) in a FROM clause."""

    name: Name
    cursor: Queries
    arguments: tuple[exp.Expr, ...]
    alias: Name | None
    span: Span


@dataclass(frozen=True, slots=True)
class Subquery:
    """(SELECT STREAM …) AS alias(columns…) in a FROM clause; `columns` renames, None keeps the names."""

    query: Queries
    alias: Name | None
    columns: tuple[Name, ...] | None
    span: Span


Relation = StreamReference | TableFunction | Subquery


@dataclass(frozen=True, slots=True)
class Query:
    """SELECT STREAM … ; several relations are joined, `joins` are kinds and ON clauses between them."""

    items: tuple[SelectItem, ...]
    relations: tuple[Relation, ...]
    joins: tuple[tuple[str, exp.Expr | None], ...]
    where: exp.Expr | None
    group_by: tuple[exp.Expr, ...]
    having: exp.Expr | None
    span: Span
    windows: tuple[tuple[Name, WindowSpec], ...] = ()
    stagger: StaggerSpec | None = None
    order_by: tuple[SortItem, ...] = ()
    distinct: bool = False


@dataclass(frozen=True, slots=True)
class UnionAll:
    """query UNION ALL query …"""

    queries: tuple[Query, ...]
    span: Span


Queries = Query | UnionAll


@dataclass(frozen=True, slots=True)
class CreateStream:
    name: Name
    columns: tuple[tuple[Name, SqlType], ...]


@dataclass(frozen=True, slots=True)
class CreatePump:
    name: Name
    target: Name
    target_columns: tuple[Name, ...] | None
    query: Queries


@dataclass(frozen=True, slots=True)
class Ignored:
    """A statement of the service's scripts that has nothing to do here, in a few words."""

    what: str


Statement = CreateStream | CreatePump | Ignored


def span(node: exp.Expr) -> Span:
    """The piece of the script a node was read from, its operands included."""
    metas = [part.meta for part in node.walk() if "start" in part.meta]
    if not metas:
        return Span(0, 0)
    return Span(min(meta["start"] for meta in metas), max(meta["end"] for meta in metas))


def error_at(script: str, where: Span, message: str, hint: str = "") -> SqlError:
    """A SqlError for a piece of the script, with line and column counted from 1."""
    start = min(where.start, len(script))
    line = script.count("\n", 0, start) + 1
    column = start - (script.rfind("\n", 0, start) + 1) + 1
    text = " ".join(script[start : where.end + 1].split())
    return SqlError(message, line, column, text if len(text) <= 60 else text[:57] + "...", hint)
