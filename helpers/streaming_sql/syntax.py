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
class StreamReference:
    name: Name
    alias: Name | None


@dataclass(frozen=True, slots=True)
class TableFunction:
    """TABLE(name(CURSOR(query), arguments…)) in a FROM clause."""

    name: Name
    cursor: Query
    arguments: tuple[exp.Expr, ...]
    alias: Name | None
    span: Span


Relation = StreamReference | TableFunction


@dataclass(frozen=True, slots=True)
class Query:
    """SELECT STREAM … ; several relations are joined, `conditions` are their ON clauses."""

    items: tuple[SelectItem, ...]
    relations: tuple[Relation, ...]
    conditions: tuple[exp.Expr, ...]
    where: exp.Expr | None
    group_by: tuple[exp.Expr, ...]
    having: exp.Expr | None
    span: Span


@dataclass(frozen=True, slots=True)
class CreateStream:
    name: Name
    columns: tuple[tuple[Name, SqlType], ...]


@dataclass(frozen=True, slots=True)
class CreatePump:
    name: Name
    target: Name
    target_columns: tuple[Name, ...] | None
    query: Query


Statement = CreateStream | CreatePump


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
