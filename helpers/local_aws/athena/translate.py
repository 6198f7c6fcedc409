"""Writing a query for DuckDB: tables become views, and what DuckDB means otherwise is replaced.

What it does not do: where mismatches.py cannot tell a type, DuckDB casts between numbers and text where
Athena refuses.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlglot import exp
from sqlglot.dialects.trino import Trino
from sqlglot.errors import ErrorLevel, UnsupportedError
from sqlglot.optimizer.scope import Scope, traverse_scope

from helpers.local_aws.athena import decimals
from helpers.local_aws.athena.errors import QueryError
from helpers.local_aws.athena.expressions import annotate
from helpers.local_aws.athena.mismatches import check
from helpers.local_aws.athena.query import PATH, Query, TableName, uses_path
from helpers.local_aws.athena.types import quoted

NOT_THERE = "Column '{name}' cannot be resolved or requester is not authorized to access requested resources"
UNNAMED = "athena unnamed "


def to_duckdb(
    query: Query,
    relations: dict[TableName, str],
    columns: dict[TableName, dict[str, str]],
    now: float,
    with_path: bool | None = None,
) -> str:
    """The query for DuckDB.

    ``relations`` gives the view that stands for each table, ``columns`` its columns and their Hive types, ``now`` the
    time (epoch seconds) CURRENT_TIMESTAMP answers; ``with_path``: whether those views have a ``$path``.
    """
    _check_aliases(query, columns)
    if uses_path(query) if with_path is None else with_path:
        _hide_path(query)
    for table in list(query.tree.find_all(exp.Table)):
        if id(table) in query.tables:
            _point_at_view(table, relations[query.tables[id(table)]])
    for column in query.tree.find_all(exp.Column):
        column.set("db", None)
        column.set("catalog", None)
    _settle_subscripts(query.tree)
    annotate(query.tree, {relations[name]: columns[name] for name in query.tables.values()})
    check(query)
    _group_by_number(query.tree)
    _rewrite_all(query.tree, now)
    return _text(_name_columns(query.tree))


def expression(found: exp.Expr, now: float) -> str:
    """A condition on one table's columns for DuckDB."""
    root = exp.paren(found)  # copies it, and is there to be the parent of what is replaced
    for column in root.find_all(exp.Column):
        for qualifier in ("table", "db", "catalog"):
            column.set(qualifier, None)
    _settle_subscripts(root)
    _rewrite_all(root, now)
    return _text(root)


def _settle_subscripts(tree: exp.Expr) -> None:
    """Put back the one sqlglot takes off an index as it reads: it knows where as long as types are those it read."""
    for node in list(tree.find_all(exp.Bracket)):
        if not node.args.get("safe"):
            node.set("expressions", Trino().generator().bracket_offset_expressions(node))
            node.set("offset", 1)


def _group_by_number(tree: exp.Expr) -> None:
    """A calculation of the select list that is grouped or ordered by is named by its number.

    DuckDB does not take two calls that can fail, as those put in for Athena's, to be the same.
    """
    for select in tree.find_all(exp.Select):
        if select.args.get("group") is None or any(item.is_star for item in select.expressions):
            continue
        clauses = [clause for key in ("group", "order") if (clause := select.args.get(key)) is not None]
        for item in [each for clause in clauses for each in clause.expressions]:
            wanted = item.this if isinstance(item, exp.Ordered) else item
            for number, selected in enumerate(select.expressions, 1):
                if not isinstance(wanted, (exp.Column, exp.Literal)) and selected.unalias() == wanted:
                    wanted.replace(exp.Literal.number(number))
                    break


def _rewrite_all(tree: exp.Expr, now: float) -> None:
    for node in reversed(list(tree.walk(bfs=True))):  # the innermost first
        if (rewritten := _rewrite(node, now)) is not node:
            rewritten.type = node.type
            node.replace(rewritten)


def _text(tree: exp.Expr) -> str:
    try:
        return str(tree.sql(dialect="duckdb", identify=True, unsupported_level=ErrorLevel.RAISE))
    except UnsupportedError as error:
        raise QueryError("NOT_SUPPORTED", f"the local Athena cannot run this query: {error}") from error


def output_names(names: Sequence[str]) -> list[str]:
    """The names of a result's columns as Athena gives them: ``_col0`` for the first if it has none."""
    return [f"_col{n}" if name.startswith(UNNAMED) else name for n, name in enumerate(names)]


# --- tables ---


def _point_at_view(table: exp.Table, view: str) -> None:
    if not table.alias:
        table.set("alias", exp.TableAlias(this=exp.to_identifier(table.name, quoted=True)))
    table.set("this", exp.to_identifier(view, quoted=True))
    table.set("db", None)
    table.set("catalog", None)


def _hide_path(query: Query) -> None:
    """``SELECT *`` over a table does not show its pseudo-columns."""
    for scope in traverse_scope(query.tree):
        sources = scope.selected_sources.values()
        if any(isinstance(source, exp.Table) and id(source) in query.tables for _, source in sources):
            for item in scope.expression.expressions:
                star = item.this if isinstance(item, exp.Column) else item
                if isinstance(star, exp.Star):
                    star.set("except_", [exp.column(PATH, quoted=True)])


# --- checks ---


def _check_aliases(query: Query, columns: dict[TableName, dict[str, str]]) -> None:
    """An alias of the select list is known in ORDER BY only; DuckDB would allow it everywhere."""
    for scope in traverse_scope(query.tree):
        select = scope.expression
        known = _source_columns(scope, query, columns)
        if not isinstance(select, exp.Select) or known is None:
            continue
        aliases = {item.alias.lower() for item in select.expressions if isinstance(item, exp.Alias)}
        for column in scope.columns:
            name = column.name.lower()
            ordering = column.find_ancestor(exp.Order, exp.Select)
            if column.table or name not in aliases - known or isinstance(ordering, exp.Order):
                continue
            raise column_not_found(query.where(column), column.name)


def _source_columns(scope: Scope, query: Query, columns: dict[TableName, dict[str, str]]) -> set[str] | None:
    """The names a scope's columns can have; None if that cannot be told from the text."""
    found = {PATH}
    for _, source in scope.selected_sources.values():
        if isinstance(source, exp.Table) and id(source) in query.tables:
            found.update(columns[query.tables[id(source)]])
        elif isinstance(source, Scope) and isinstance(source.expression, exp.Query):
            names = [name.lower() for name in source.expression.named_selects]
            if "*" in names:
                return None
            found.update(names)
        else:
            return None
    return found


def column_not_found(where: str, name: str) -> QueryError:
    """The error for a column that is not there."""
    return QueryError(
        "COLUMN_NOT_FOUND",
        f"{where}: " + NOT_THERE.format(name=name.lower()),
    )


# --- rewriting ---


def _rewrite(node: exp.Expr, now: float) -> exp.Expr:
    if isinstance(node, (exp.CurrentTimestamp, exp.CurrentDate, exp.Localtimestamp)):
        return _now(node, now)
    rewriter = REWRITERS.get(type(node))
    return node if rewriter is None else rewriter(node)


def _now(node: exp.Expr, now: float) -> exp.Expr:
    moment = datetime.fromtimestamp(now, UTC)
    if isinstance(node, exp.CurrentDate):
        return exp.cast(exp.Literal.string(moment.date().isoformat()), "DATE")
    text = exp.Literal.string(moment.strftime("%Y-%m-%d %H:%M:%S.%f"))
    return exp.cast(text, "TIMESTAMP" if isinstance(node, exp.Localtimestamp) else "TIMESTAMPTZ")


def _call(name: str, *arguments: Any) -> exp.Expr:
    return exp.Anonymous(this=name, expressions=list(arguments))


def _json_extract_scalar(node: exp.Expr) -> exp.Expr:
    path = node.expression
    if isinstance(path, exp.JSONPath):
        path = exp.Literal.string(path.sql(dialect="duckdb").strip("'"))
    return _call("athena_json_extract_scalar", node.this, path)


def _regexp_extract(node: exp.Expr) -> exp.Expr:
    group = node.args.get("group") or exp.Literal.number(0)
    return _call("athena_regexp_extract", node.this, node.expression, group)


def _regexp_replace(node: exp.Expr) -> exp.Expr:
    """Athena's replacement names groups ``$1``, DuckDB's ``\\1``."""
    replacement = node.args.get("replacement")
    if isinstance(replacement, exp.Literal):
        text = re.sub(r"\$(\d)", r"\\\1", replacement.name.replace("\\", "\\\\"))
        node.set("replacement", exp.Literal.string(text))
    return node


def _split_part(node: exp.Expr) -> exp.Expr:
    return _call("athena_split_part", node.this, node.args["delimiter"], node.args["part_index"])


def _date_add(node: exp.Expr) -> exp.Expr:
    amount = exp.Interval(this=exp.paren(node.expression), unit=node.args["unit"])
    return _call("athena_shift", node.this, amount)


def _shift(node: exp.Expr) -> exp.Expr:
    """``t + INTERVAL …`` and ``t - INTERVAL …``; other sums stay as they are."""
    left, right = node.this, node.expression
    if isinstance(left, exp.Interval) and isinstance(node, exp.Add):
        left, right = right, left
    if not isinstance(right, exp.Interval) or isinstance(left, exp.Interval):
        return node
    return _call("athena_shift", left, exp.Neg(this=right) if isinstance(node, exp.Sub) else right)


def _date_trunc(node: exp.Expr) -> exp.Expr:
    return _call("athena_date_trunc", exp.Literal.string(node.args["unit"].name.lower()), node.this)


def _subscript(node: exp.Bracket) -> exp.Expr:
    """``a[1]`` and ``m['k']`` fail where nothing is; ``element_at``, the same node to sqlglot, gives NULL."""
    if node.args.get("safe"):
        return node
    index = node.expressions[0]
    macro = "athena_value" if index.is_string or node.this.is_type(exp.DType.MAP) else "athena_element"
    return _call(macro, node.this, index)


def _substr(node: exp.Expr) -> exp.Expr:
    length = node.args.get("length")
    return _call("athena_substr", node.this, node.args["start"], *([] if length is None else [length]))


def _series(node: exp.Expr) -> exp.Expr:
    step = node.args.get("step")
    return _call("athena_sequence", node.args["start"], node.args["end"], *([] if step is None else [step]))


def _typeof(node: exp.Typeof) -> exp.Expr:
    if isinstance(node.this, exp.Literal) and node.this.is_string:  # the one text whose length is part of its type here
        return exp.Literal.string(f"varchar({len(node.this.name)})")
    return _call("athena_type", node.copy())


def _unnest(node: exp.Unnest) -> exp.Expr:
    """Maps give two columns, several arrays stand side by side, the shorter ones filled up with NULL.

    DuckDB takes one array; in a SELECT list several are filled up as Athena does.
    """
    given = node.expressions
    maps = [item.is_type(exp.DType.MAP) for item in given]
    if len(given) == 1 and not maps[0]:
        return node
    items: list[exp.Expr] = []
    for item, is_map in zip(given, maps, strict=True):
        arrays = [_call("map_keys", item), _call("map_values", item)] if is_map else [item]
        items += [_call("unnest", array.copy()) for array in arrays]
    alias = node.args.get("alias") or exp.TableAlias()
    if number := node.args.get("offset"):
        lengths = [exp.cast(_call("len", array.expressions[0].copy()), "BIGINT") for array in items]
        items.append(_call("unnest", _call("generate_series", exp.Literal.number(1), _call("greatest", *lengths))))
        if isinstance(number, exp.Identifier):
            alias.append("columns", number.copy())
    return exp.Subquery(this=exp.select(*items), alias=alias)


REWRITERS: dict[type[exp.Expr], Callable[[Any], exp.Expr]] = {
    exp.Add: _shift,
    exp.Bracket: _subscript,
    exp.Sub: _shift,
    exp.DateAdd: _date_add,
    exp.DateTrunc: _date_trunc,
    exp.TimestampTrunc: _date_trunc,
    exp.Avg: decimals.average,
    exp.Div: decimals.division,
    exp.Filter: decimals.average,
    **dict.fromkeys((exp.Round, exp.Ceil, exp.Floor), decimals.rounding),
    exp.Window: decimals.average,
    exp.FromISO8601Timestamp: lambda node: _call("athena_from_iso8601_timestamp", node.this),
    exp.FromISO8601Date: lambda node: _call("athena_from_iso8601_date", node.this),
    exp.GenerateSeries: _series,
    exp.JSONExtractScalar: _json_extract_scalar,
    exp.RegexpExtract: _regexp_extract,
    exp.RegexpReplace: _regexp_replace,
    exp.SplitPart: _split_part,
    exp.Substring: _substr,
    exp.Typeof: _typeof,
    exp.Unnest: _unnest,
}


def _name_columns(tree: exp.Expr) -> exp.Expr:
    """Mark the output columns that have no name of their own; Athena calls them _col0, _col1, …"""
    if isinstance(tree, exp.Values):
        width = len(tree.expressions[0].expressions)
        names = [exp.to_identifier(f"{UNNAMED}{n}", quoted=True) for n in range(width)]
        alias = exp.TableAlias(this=exp.to_identifier("v"), columns=names)
        return exp.select("*").from_(exp.Values(expressions=tree.expressions, alias=alias))
    select = tree.unnest() if isinstance(tree, exp.Subquery) else tree
    while isinstance(select, exp.SetOperation):
        select = select.this.unnest() if isinstance(select.this, exp.Subquery) else select.this
    if isinstance(select, exp.Select):
        for n, item in enumerate(select.expressions):
            if not isinstance(item, (exp.Alias, exp.Column, exp.Star)):
                item.replace(exp.alias_(item.copy(), f"{UNNAMED}{n}", quoted=True))
    return tree


def view_name(number: int) -> str:
    """The name of the view that stands for a query's n-th table."""
    return f"athena table {number}"


def view(name: str, relation: str) -> str:
    """The statement that makes a view of a relation."""
    return f"CREATE VIEW {quoted(name)} AS {relation}"
