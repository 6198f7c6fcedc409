"""From one query to the steps of a plan: names resolved, types checked, windows found."""

from __future__ import annotations

from collections.abc import Callable

from .binder import Binder
from .errors import SqlError
from .expressions import Aggregate, Analytic, Call, Case, Column, Expression, walk
from .frames import interval, named_frames
from .functions import TypeFault
from .joins import Side, from_clause
from .plan import Distinct, Filter, Group, Node, Project, Reference, Scan, Sort, Stagger, Stream
from .scope import Scope
from .shaping import Order, distinct, ordered, slid
from .syntax import Name, Queries, Query, Relation, SelectItem, Span, StreamReference, Subquery, error_at
from .table_functions import table_function
from .unions import union
from .windows import Window, is_declared, window_of


class QueryPlanner:
    """Plans SELECT STREAM."""

    def __init__(self, script: str, known: Callable[[Name], Stream | Reference], warnings: list[str]) -> None:
        self.script, self.known, self.warnings = script, known, warnings

    def queries(self, queries: Queries) -> Node:
        if isinstance(queries, Query):
            return self.query(queries)
        return union(self.script, queries, [self.query(query) for query in queries.queries])

    def query(self, query: Query) -> Node:
        node, scope = from_clause(self.script, query, [self._side(relation) for relation in query.relations])
        binder = Binder(self.script, scope)
        binder.frames = named_frames(self.script, query, binder)
        if query.where is not None:
            node = Filter(node, binder.condition(query.where, "WHERE"))
        items = self._items(query, scope, binder)
        order = ordered(self.script, query, binder, items)
        computed = [*(expression for _, expression in items), *(order.keys if order else ())]
        if query.group_by or query.stagger or query.having or any(map(_aggregates, computed)):
            return self._grouped(query, node, binder, items, order)
        node, expressions = slid(node, [expression for _, expression in items])
        names = tuple(name for name, _ in items)
        project = Project(node, tuple(expressions), names)
        result = distinct(self.script, query, project) if query.distinct else project
        return result if order is None else order.over(result)

    def _error(self, where: Span, message: str, hint: str = "") -> SqlError:
        return error_at(self.script, where, message, hint)

    def _side(self, relation: Relation) -> Side:
        alias = relation.alias.text if relation.alias else None
        if isinstance(relation, StreamReference):
            known = self.known(relation.name)
            rows = Scan(known) if isinstance(known, Stream) else known
            return Side(rows, alias or relation.name.text, relation)
        if isinstance(relation, Subquery):
            return Side(self._subquery(relation), alias, relation)
        cursor = self.queries(relation.cursor)
        return Side(table_function(self.script, relation, cursor, self.warnings), alias, relation)

    def _subquery(self, relation: Subquery) -> Node:
        node = self.queries(relation.query)
        names = [field.name for field in node.fields]
        if relation.columns is not None:
            if len(relation.columns) != len(names):
                raise self._error(
                    relation.span, f"the query gives {len(names)} columns, {len(relation.columns)} are named"
                )
            names = [name.text for name in relation.columns]
            columns = tuple(Column(i, field.name, field.type) for i, field in enumerate(node.fields, 1))
            node = Project(node, columns, tuple(names))
        return node

    def _items(self, query: Query, scope: Scope, binder: Binder) -> list[tuple[str, Expression]]:
        items: list[tuple[str, Expression]] = []
        for item in query.items:
            if item.expression is None:
                items.extend(self._star(item, scope))
            else:
                bound = binder.aggregated(item.expression)
                items.append((_name(item, bound, len(items)), bound))
        return items

    def _star(self, item: SelectItem, scope: Scope) -> list[tuple[str, Expression]]:
        try:
            return [(column.name, column) for column in scope.star(item.table.text if item.table else None)]
        except TypeFault as fault:
            raise self._error(item.span, fault.message, fault.hint) from fault

    def _grouped(
        self, query: Query, node: Node, binder: Binder, items: list[tuple[str, Expression]], order: Order | None
    ) -> Node:
        self._refuse_mixture(query, items)
        terms = query.stagger.partition if query.stagger else query.group_by
        keys = tuple(dict.fromkeys(binder.scalar(term) for term in terms))
        having = binder.condition(query.having, "HAVING", aggregated=True) if query.having else None
        wanted = [expression for _, expression in items] + ([having] if having else [])
        wanted += order.keys if order else ()
        aggregates = tuple(dict.fromkeys(part for expression in wanted for part in _aggregates(expression)))
        group: Node
        if query.stagger:
            length = interval(self.script, binder.scalar(query.stagger.length), query.stagger.span)
            group = Stagger(node, keys, aggregates, length)
        else:
            declared = tuple(place for place, key in enumerate(keys) if is_declared(_seen_through(key, node)))
            windows = self._windows(query, tuple(_seen_through(key, node) for key in keys), bool(declared))
            group = Group(node, keys, aggregates, windows, declared)
        parts: tuple[Expression, ...] = (*keys, *aggregates)
        places = {part: Column(i, f"${i}", part.type) for i, part in enumerate(parts, 1)}
        result: Node = group if having is None else Filter(group, self._placed(having, places))
        if order is not None:
            order.refuse_other_ticks(self.script, query, group)
            # the groups of a window come out together, at its end
            result = Sort(result, tuple(self._placed(key, places) for key in order.keys), order.descending, None)
        expressions = tuple(self._placed(expression, places) for _, expression in items)
        return Project(result, expressions, tuple(name for name, _ in items))

    def _refuse_mixture(self, query: Query, items: list[tuple[str, Expression]]) -> None:
        if query.stagger and query.group_by:
            hint = "A stagger window's keys stand in its PARTITION BY."
            raise self._error(query.stagger.span, "WINDOWED BY and GROUP BY exclude each other", hint)
        if query.distinct:
            hint = "Leave DISTINCT out: there is one row for each group anyway."
            raise self._error(query.span, "SELECT DISTINCT with GROUP BY is not supported", hint)
        for analytic in (part for _, item in items for part in walk(item) if isinstance(part, Analytic)):
            hint = "Group in one pump and slide over its stream in another."
            raise self._error(analytic.span, "a sliding window in a grouped query is not supported", hint)

    def _windows(self, query: Query, keys: tuple[Expression, ...], declared: bool) -> tuple[Window, ...]:
        windows = tuple(window for key in keys if (window := window_of(key)))
        if not windows and not declared:
            raise self._error(
                keys[0].span if keys else query.span,
                "a group on a stream needs a monotonic term",
                "Add STEP(ROWTIME BY INTERVAL '10' SECOND) or FLOOR(ROWTIME TO MINUTE) to GROUP BY.",
            )
        return windows

    def _placed(self, expression: Expression, places: dict[Expression, Column]) -> Expression:
        """The expression over the group's row: keys and aggregates by where they stand there."""
        if expression in places:
            return places[expression]
        match expression:
            case Column(index=0):  # ROWTIME, of the group's own row: its window's end
                return expression
            case Column():
                raise self._error(
                    expression.span,
                    f"{expression.name} is neither grouped nor aggregated",
                    "Add it to GROUP BY or put it into an aggregate.",
                )
            case Call(name, arguments, sqltype, where):
                return Call(name, tuple(self._placed(part, places) for part in arguments), sqltype, where)
            case Case(branches, default, sqltype, where):
                placed = tuple((self._placed(when, places), self._placed(then, places)) for when, then in branches)
                return Case(placed, self._placed(default, places), sqltype, where)
            case _:
                return expression


def _seen_through(expression: Expression, node: Node) -> Expression:
    """The expression with ROWTIME for the columns of a subquery that are its ROWTIME by another name."""
    match expression:
        case Column(index=place) if place:
            while isinstance(node, Filter | Distinct):
                node = node.input
            made = node.expressions[place - 1] if isinstance(node, Project) else expression
            is_rowtime = isinstance(made, Column) and made.index == 0
            return made if is_rowtime or is_declared(made) else expression
        case Call(name, arguments, sqltype, where):
            return Call(name, tuple(_seen_through(part, node) for part in arguments), sqltype, where)
        case _:
            return expression


def _aggregates(expression: Expression) -> list[Aggregate]:
    return [part for part in walk(expression) if isinstance(part, Aggregate)]


def _name(item: SelectItem, bound: Expression, position: int) -> str:
    if item.alias:
        return item.alias.text
    return bound.name if isinstance(bound, Column) else f"EXPR${position}"
