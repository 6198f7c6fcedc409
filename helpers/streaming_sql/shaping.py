"""What is done to rows after they are found: sliding aggregates, ORDER BY within a tick, DISTINCT.

Sources: Amazon Kinesis Data Analytics SQL Reference, "WINDOW Clause (Sliding Windows)", "ORDER BY
clause" and "SELECT clause" (DISTINCT); developer guide, "Sliding Windows".
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlglot import exp

from .binder import Binder
from .errors import SqlError
from .expressions import Analytic, Column, Expression, replaced, walk
from .plan import Distinct, Group, Node, Project, Slide, Sort
from .syntax import Query, SortItem, error_at
from .windows import Window, window_of

MONOTONIC = "Begin with ROWTIME or FLOOR(ROWTIME TO SECOND): a stream never ends, a tick of it does."


def slid(node: Node, items: Sequence[Expression]) -> tuple[Node, list[Expression]]:
    """The rows with their sliding aggregates behind them, and the select list over those."""
    analytics = tuple(dict.fromkeys(part for item in items for part in walk(item) if isinstance(part, Analytic)))
    if not analytics:
        return node, list(items)
    first = 1 + len(node.fields)
    places: dict[Expression, Expression] = {
        part: Column(i, f"${i}", part.type, part.span) for i, part in enumerate(analytics, first)
    }
    return Slide(node, analytics), [replaced(item, places) for item in items]


@dataclass(frozen=True, slots=True)
class Order:
    """ORDER BY with names resolved: its terms, and the window that the leading one holds together."""

    keys: tuple[Expression, ...]
    descending: tuple[bool, ...]
    window: Window

    def over(self, result: Project | Distinct) -> Project:
        """The result in order: its terms are computed beside the select list, and left away again.

        They and a selected ROWTIME are those of the row before it was held back to be sorted.
        """
        project = result.input if isinstance(result, Distinct) else result
        assert isinstance(project, Project)
        count = len(project.expressions)
        hidden = tuple(key.name if isinstance(key, Column) else f"${i}" for i, key in enumerate(self.keys))
        wide: Node = Project(project.input, (*project.expressions, *self.keys), (*project.names, *hidden))
        if isinstance(result, Distinct):
            wide = Distinct(wide, result.columns, result.windows)
        terms = tuple(Column(count + i, "", key.type) for i, key in enumerate(self.keys, 1))
        kept = tuple(Column(i, field.name, field.type) for i, field in enumerate(project.fields, 1))
        return Project(Sort(wide, terms, self.descending, self.window), kept, project.names)

    def refuse_other_ticks(self, script: str, query: Query, group: Node) -> None:
        """Groups are sorted as their window ends; a longer tick, or a stagger window, has no such end."""
        if not isinstance(group, Group) or group.windows != (self.window,):
            where = query.order_by[0].span
            hint = "Begin with the monotonic term of GROUP BY, or order in a pump of its own."
            raise error_at(script, where, "ORDER BY and GROUP BY go by different windows", hint)


def ordered(script: str, query: Query, binder: Binder, items: Sequence[tuple[str, Expression]]) -> Order | None:
    """The ORDER BY of a query; its leading term must rise with ROWTIME."""
    if not query.order_by:
        return None
    keys = tuple(_term(script, item, binder, items) for item in query.order_by)
    leading = query.order_by[0]
    window = window_of(keys[0])
    if window is None or leading.descending:
        raise error_at(script, leading.span, "the leading term of ORDER BY must be monotonic", MONOTONIC)
    for item, key in zip(query.order_by, keys, strict=True):
        if key.type.family in ("boolean", "binary", "null", "record"):
            raise error_at(script, item.span, f"{key.type} has no order", "Order by a number, a text or a time.")
        if any(isinstance(part, Analytic) for part in walk(key)):
            hint = "Insert into a stream, and order that one in a pump of its own."
            raise error_at(script, item.span, "ORDER BY a sliding aggregate is not supported", hint)
    return Order(keys, tuple(item.descending for item in query.order_by), window)


def _term(script: str, item: SortItem, binder: Binder, items: Sequence[tuple[str, Expression]]) -> Expression:
    """A term of ORDER BY: an ordinal, the name of a selected column, or any expression."""
    node = item.expression
    if isinstance(node, exp.Literal) and not node.is_string:
        return _ordinal(script, item, node.name, items)
    if isinstance(node, exp.Column) and not node.text("table"):
        found = [expression for name, expression in items if name == node.name]
        if len(found) == 1 and not isinstance(found[0], Column):
            return found[0]
    return binder.aggregated(node)


def _ordinal(script: str, item: SortItem, text: str, items: Sequence[tuple[str, Expression]]) -> Expression:
    if not text.isdigit() or not 1 <= int(text) <= len(items):
        raise error_at(script, item.span, f"there is no column {text}", f"The select list has {len(items)}.")
    return items[int(text) - 1][1]


def distinct(script: str, query: Query, node: Project) -> Distinct:
    """SELECT DISTINCT: equal rows of a window once. ROWTIME itself does not make rows differ."""
    columns = tuple(i for i, part in enumerate(node.expressions, 1) if not _is_rowtime(part))
    terms = [part for part in node.expressions if not _is_rowtime(part)] or list(node.expressions)
    windows = tuple(window for part in terms if (window := window_of(part)))
    if not windows:
        windows = tuple(window for part in node.expressions if (window := window_of(part)))
    if not windows:
        raise _needs_window(script, query)
    return Distinct(node, columns, windows)


def _is_rowtime(part: Expression) -> bool:
    return isinstance(part, Column) and part.index == 0


def _needs_window(script: str, query: Query) -> SqlError:
    hint = "Select FLOOR(ROWTIME TO MINUTE), too: rows are compared within it."
    return error_at(script, query.span, "SELECT DISTINCT on a stream needs a monotonic column", hint)
