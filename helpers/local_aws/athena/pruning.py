"""Which partitions a query needs: the conditions of its WHERE that speak of partition columns only."""

from __future__ import annotations

from collections.abc import Iterable

from sqlglot import exp
from sqlglot.optimizer.scope import traverse_scope

from helpers.local_aws.athena.catalog import Table
from helpers.local_aws.athena.query import Query
from helpers.local_aws.athena.translate import expression


def conditions(queries: Iterable[Query], table: Table) -> list[list[exp.Expr]]:
    """For each place that reads the table, the conditions its rows must all meet there.

    An empty list in the answer means that place needs every partition.
    """
    partitions = {column.name for column in table.partitions}
    found: list[list[exp.Expr]] = []
    for query in queries:
        places = [id(node) for node in query.tree.walk() if query.tables.get(id(node)) == table.name]
        seen: dict[int, list[exp.Expr]] = {}
        for scope in traverse_scope(query.tree):
            for alias, (_, source) in scope.selected_sources.items():
                if id(source) in places:
                    seen[id(source)] = _conditions(scope.expression, alias.lower(), partitions)
        found.extend(seen.get(place, []) for place in places)
    return found


def condition(found: list[list[exp.Expr]], now: float) -> str | None:
    """The conditions for DuckDB; None if every partition is needed."""
    if not found or not all(found):
        return None
    places = ["(" + " AND ".join(f"({expression(each, now)})" for each in one) + ")" for one in found]
    return " OR ".join(places)


def given(found: list[list[exp.Expr]], table: Table) -> dict[str, list[str]]:
    """The values that every place demands of a column by ``=`` or IN."""
    values: dict[str, list[str]] = {}
    for column in table.partitions:
        named = [_named(one, column.name) for one in found]
        if named and all(named):
            values[column.name] = list(dict.fromkeys(value for one in named for value in one))
    return values


def _conditions(select: exp.Expr, alias: str, partitions: set[str]) -> list[exp.Expr]:
    where = select.args.get("where")
    if where is None or any(join.side for join in select.args.get("joins") or []):
        return []  # an outer join may keep rows that do not meet the condition
    parts = list(where.this.flatten()) if isinstance(where.this, exp.And) else [where.this]
    return [part.unnest() for part in parts if _speaks_of(part, alias, partitions)]


def _speaks_of(part: exp.Expr, alias: str, partitions: set[str]) -> bool:
    columns = list(part.find_all(exp.Column))
    if not columns or part.find(exp.Query) is not None:
        return False
    return all(c.table.lower() in ("", alias) and c.name.lower() in partitions for c in columns)


def _named(one: list[exp.Expr], name: str) -> list[str]:
    for part in one:
        column = part.this
        if not isinstance(column, exp.Column) or column.name.lower() != name:
            continue
        values = [part.expression] if isinstance(part, exp.EQ) else part.expressions if isinstance(part, exp.In) else []
        if values and all(isinstance(value, exp.Literal) for value in values):
            return [value.name for value in values]
    return []
