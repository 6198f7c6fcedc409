"""UNION ALL in a plan: the rows of several queries, their columns brought to common types.

Rows keep their ROWTIMEs and come in order of them, as two pumps into one stream would have it.

Source: Amazon Kinesis Data Analytics SQL Reference, "Query" (streaming set operators: UNION ALL is
the only one; the first query names the columns).
"""

from __future__ import annotations

from collections.abc import Sequence

from .binder import cast
from .datatypes import NULL, Field, SqlType, widest
from .expressions import Column, Literal
from .plan import Node, Project, Union
from .syntax import Queries, Query, Span, UnionAll, error_at


def union(script: str, written: UnionAll, nodes: Sequence[Node]) -> Union:
    """The planned queries of a union as one; raises SqlError where they do not fit each other."""
    first = nodes[0].fields
    types = [field.type for field in first]
    for query, node in zip(written.queries, nodes, strict=True):
        if len(node.fields) != len(first):
            message = f"the queries of a union have {len(first)} and {len(node.fields)} columns"
            raise error_at(script, query.span, message, "Select as many in each, NULL where one has none.")
        for place, field in enumerate(node.fields):
            common = widest(types[place], field.type)
            if common is None:
                message = f"{field.name} is {field.type}, but that column of the union is {types[place]}"
                raise error_at(script, item_span(query, place), message, f"Use CAST(… AS {types[place]}).")
            types[place] = common
    return Union(tuple(_converted(node, types, first) for node in nodes))


def _converted(node: Node, types: Sequence[SqlType], names: Sequence[Field]) -> Node:
    if [field.type for field in node.fields] == list(types):
        return node
    columns = [Column(i, field.name, field.type) for i, field in enumerate(node.fields, 1)]
    expressions = tuple(
        Literal(None, sqltype) if column.type == NULL else cast(column, sqltype)
        for column, sqltype in zip(columns, types, strict=True)
    )
    return Project(node, expressions, tuple(field.name for field in names))


def item_span(query: Queries, place: int) -> Span:
    """Where a column of a query is written, or the query, where a star stands for it."""
    if not isinstance(query, Query) or any(item.expression is None for item in query.items):
        return query.span
    return query.items[place].span
