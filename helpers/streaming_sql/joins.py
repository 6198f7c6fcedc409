"""Joins in a plan: the windows of both sides, the ON condition, and the columns it makes equal.

Source: Amazon Kinesis Data Analytics SQL Reference, "JOIN clause".
"""

from __future__ import annotations

from collections.abc import Mapping

from .binder import Binder
from .expressions import CURRENT_ROW, Call, Column, Expression, Frame
from .frames import extent
from .plan import Join, Node, Scan, WindowJoin
from .scope import Scope, Source
from .syntax import Name, Query, StreamReference, WindowSpec, error_at


def join(script: str, query: Query, sides: list[tuple[Node, str | None]]) -> tuple[Join | WindowJoin, Scope]:
    """The join of a FROM clause, still without its condition, and what the query can name."""
    if len(sides) > 2 or not all(isinstance(node, Scan) for node, _ in sides):
        raise error_at(script, query.span, "only two streams can be joined", "Join two, and pump the result on.")
    (left, left_name), (right, right_name) = sides
    if left_name == right_name:
        raise error_at(script, query.span, f"{left_name} stands twice in FROM", "Give each an alias with AS.")
    assert isinstance(left, Scan)
    assert isinstance(right, Scan)
    references = [relation for relation in query.relations if isinstance(relation, StreamReference)]
    windows = {name.text: spec for name, spec in query.windows}
    left_frame, right_frame = (_frame(script, reference, windows) for reference in references)
    middle = 2 + len(left.fields)
    others = [_window_name(reference) for reference in references]
    scope = Scope(
        (
            Source(left_name, left.fields, 2, 1, others[0]),
            Source(right_name, right.fields, middle + 1, middle, others[1]),
        )
    )
    kind = query.joins[0][0]
    if kind in ("INNER", "CROSS") and not any(reference.over for reference in references):
        return Join(left, right), scope
    return WindowJoin(left, right, kind, left_frame, right_frame), scope


def _frame(script: str, relation: StreamReference, windows: Mapping[str, WindowSpec]) -> Frame:
    """How far back one side of a join reaches; without OVER it is its current row."""
    if relation.over is None:
        return CURRENT_ROW
    spec = relation.over
    if isinstance(spec, Name):
        if spec.text not in windows:
            raise error_at(script, spec.span, f"unknown window {spec.text}", f"Add WINDOW {spec.text} AS (…).")
        spec = windows[spec.text]
    if spec.partition:
        hint = "Write the equality into ON; a join's windows are not partitioned."
        raise error_at(script, spec.span, "PARTITION BY is not allowed in the window of a join", hint)
    # ROWS CURRENT ROW is the newest row of its side, RANGE CURRENT ROW those of the present ROWTIME
    if spec.unit == "ROWS" and spec.extent is None:
        return Frame("ROWS", 1)
    return Frame(spec.unit, extent(script, spec, Binder(script, Scope(()))))


def _window_name(reference: StreamReference) -> str | None:
    """`JOIN TradeStream OVER t ON o.id = t.id`: the guide calls the side by its window's name."""
    return reference.over.text if isinstance(reference.over, Name) and not reference.alias else None


def conditioned(node: WindowJoin, condition: Expression | None) -> WindowJoin:
    """The join with its ON condition and the pairs of columns that it makes equal."""
    keys = () if condition is None else tuple(_equalities(condition, 1 + len(node.left.fields)))
    return WindowJoin(node.left, node.right, node.kind, node.left_frame, node.right_frame, condition, keys)


def on(binder: Binder, query: Query) -> Expression | None:
    condition = query.joins[0][1]
    return None if condition is None else binder.condition(condition, "ON")


def _equalities(condition: Expression, last_left: int) -> list[tuple[int, int]]:
    """Where in the rows of the left and of the right side columns stand that must be equal."""
    match condition:
        case Call(function="AND", arguments=parts):
            return [pair for part in parts for pair in _equalities(part, last_left)]
        case Call(function="=", arguments=(Column(index=x), Column(index=y))):
            low, high = min(x, y), max(x, y)
            # index 0 is the joined row's own ROWTIME, which neither side has
            return [(low - 1, high - last_left - 1)] if 1 <= low <= last_left < high else []
        case _:
            return []
