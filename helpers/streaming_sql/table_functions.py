"""Table functions in FROM: TABLE(name(CURSOR(query), arguments…)), each a builder of a plan's step.

Arguments are constants: their number and ranges are checked before any row. The service took no
fewer arguments than documented, except for the forests, whose have defaults.

Source: Amazon Kinesis Data Analytics SQL Reference, "RANDOM_CUT_FOREST",
"RANDOM_CUT_FOREST_WITH_EXPLANATION", "TOP_K_ITEMS_TUMBLING Function",
"COUNT_DISTINCT_ITEMS_TUMBLING Function", "HOTSPOTS" and "Group Rank".
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from sqlglot import exp

from .forest_arguments import check_numeric, forest, forest_with_explanation, refuse_column
from .plan import Node
from .syntax import TableFunction, error_at, span
from .table_steps import DistinctItems, GroupRank, HotspotScan, TopItems

Builder = Callable[[str, TableFunction, Node, list[str]], Node]

MAX_ITEMS: Final = 100_000
MAX_SECONDS: Final = 3600
MAX_IDLE: Final = 86_400_000


def table_function(script: str, function: TableFunction, rows: Node, warnings: list[str]) -> Node:
    """The step a table function asks for, over the rows of its cursor; raises SqlError."""
    build = TABLE_FUNCTIONS.get(function.name.text)
    if build is None:
        known = ", ".join(TABLE_FUNCTIONS)
        message = f"unsupported table function {function.name.text}"
        raise error_at(script, function.name.span, message, f"Supported: {known}.")
    return build(script, function, rows, warnings)


def _need(script: str, function: TableFunction, *names: str) -> None:
    count = len(function.arguments)
    if count != len(names):
        raise error_at(
            script,
            span(function.arguments[len(names)]) if count > len(names) else function.name.span,
            f"{function.name.text} takes {len(names)} arguments behind the cursor, not {count}",
            f"{function.name.text}(CURSOR(…), {', '.join(names)}).",
        )


def _whole(script: str, node: exp.Expr, name: str, least: int, most: int) -> int:
    if not isinstance(node, exp.Literal) or not node.is_int:
        raise error_at(script, span(node), f"{name} must be a whole number, written out")
    if not least <= int(node.name) <= most:
        raise error_at(script, span(node), f"{name} must be from {least} to {most}")
    return int(node.name)


def _column(script: str, node: exp.Expr, rows: Node) -> int:
    """Where the column named in single quotes stands in the cursor's rows."""
    if not isinstance(node, exp.Literal) or not node.is_string:
        raise error_at(script, span(node), "columnName must be a text in single quotes", "For example 'TICKER'.")
    names = [field.name for field in rows.fields]
    if node.name not in names:
        known = ", ".join(f"'{name}'" for name in names)
        raise error_at(script, span(node), f"the cursor has no column {node.name}", f"Its columns: {known}.")
    index = names.index(node.name)
    if rows.fields[index].type.family == "record":
        raise error_at(script, span(node), f"{node.name} is a record, whose values cannot be counted")
    return index + 1


def _top_items(script: str, function: TableFunction, rows: Node, warnings: list[str]) -> TopItems:
    _need(script, function, "'columnName'", "K", "windowSize")
    column, k, seconds = function.arguments
    return TopItems(
        rows,
        _column(script, column, rows),
        _whole(script, k, "K", 1, MAX_ITEMS),
        _whole(script, seconds, "windowSize", 1, MAX_SECONDS),
    )


def _distinct_items(script: str, function: TableFunction, rows: Node, warnings: list[str]) -> DistinctItems:
    _need(script, function, "'columnName'", "windowSize")
    column, seconds = function.arguments
    return DistinctItems(rows, _column(script, column, rows), _whole(script, seconds, "windowSize", 1, MAX_SECONDS))


def _hotspots(script: str, function: TableFunction, rows: Node, warnings: list[str]) -> HotspotScan:
    _need(script, function, "windowSize", "scanRadius", "minimumNumberOfPointsInAHotspot")
    size, radius, minimum = function.arguments
    window = _whole(script, size, "windowSize", 100, 1000)
    if not isinstance(radius, exp.Literal) or radius.is_string or not 0 < float(radius.name) < 1e150:
        raise error_at(script, span(radius), "scanRadius must be a number above zero, written out")
    points = _whole(script, minimum, "minimumNumberOfPointsInAHotspot", 2, window)
    refuse_column(script, function, rows, "HOTSPOTS_RESULT")
    check_numeric(script, function, rows, "HOTSPOTS")
    return HotspotScan(rows, window, float(radius.name), points)


def _group_rank(script: str, function: TableFunction, rows: Node, warnings: list[str]) -> GroupRank:
    names = ("'rankBy'", "'rankColumn'", "'sortOrder'", "'outputOrder'", "maxIdle", "outputMax")
    _need(script, function, *names)
    by, column, order, output, idle, limit = function.arguments
    place = _column(script, by, rows)
    sqltype = rows.fields[place - 1].type
    if sqltype.family not in ("integer", "character"):
        raise error_at(script, span(by), f"{by.name} is {sqltype}; rows are ranked by a whole number or a text")
    name = _text(script, column, "rankColumn")
    if not name or name in ("ROWTIME", *(field.name for field in rows.fields)):
        raise error_at(script, span(column), f"rankColumn '{name}' must be a new name")
    _whole(script, idle, "maxIdle", 0, MAX_IDLE)  # a group ends when ROWTIME moves on, never by the clock
    most = _whole(script, limit, "outputMax", 0, MAX_ITEMS)
    return GroupRank(
        rows, place, name, _descends(script, order, "sortOrder"), _descends(script, output, "outputOrder"), most
    )


def _text(script: str, node: exp.Expr, name: str) -> str:
    if not isinstance(node, exp.Literal) or not node.is_string:
        raise error_at(script, span(node), f"{name} must be a text in single quotes")
    return node.name


def _descends(script: str, node: exp.Expr, name: str) -> bool:
    order = _text(script, node, name).lower()
    if order not in ("asc", "desc"):
        raise error_at(script, span(node), f"{name} must be 'asc' or 'desc'")
    return order == "desc"


TABLE_FUNCTIONS: Final[dict[str, Builder]] = {
    "RANDOM_CUT_FOREST": forest,
    "RANDOM_CUT_FOREST_WITH_EXPLANATION": forest_with_explanation,
    "TOP_K_ITEMS_TUMBLING": _top_items,
    "COUNT_DISTINCT_ITEMS_TUMBLING": _distinct_items,
    "HOTSPOTS": _hotspots,
    "GROUP_RANK": _group_rank,
}
