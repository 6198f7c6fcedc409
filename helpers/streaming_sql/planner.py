"""From statements to a plan: streams known, names resolved, types checked, windows found."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from .binder import Binder, cast
from .datatypes import NULL
from .errors import SqlError
from .expressions import Aggregate, Analytic, Call, Case, Column, Expression, Literal, walk
from .frames import interval, named_frames
from .functions import TypeFault
from .joins import conditioned, join, on
from .plan import (
    Field,
    Filter,
    Group,
    Node,
    Plan,
    Project,
    Pump,
    Scan,
    Sort,
    Stagger,
    Stream,
    WindowJoin,
    scans,
)
from .scope import Scope, Source
from .shaping import Order, distinct, ordered, slid
from .syntax import (
    CreatePump,
    CreateStream,
    Name,
    Query,
    Relation,
    SelectItem,
    Span,
    Statement,
    StreamReference,
    Subquery,
    error_at,
)
from .table_functions import table_function
from .windows import Window, is_declared, window_of

ERROR_STREAM: Final = "error_stream"


def plan(script: str, statements: Sequence[Statement], source: Stream) -> Plan:
    """Check the statements of a script against its source stream; raises SqlError."""
    try:
        return _Planner(script, source).plan(statements)
    except RecursionError as error:
        raise SqlError("expressions are nested too deeply", hint="Split them up over several streams.") from error


class _Planner:
    def __init__(self, script: str, source: Stream) -> None:
        self.script = script
        self.source = source
        self.streams: dict[str, Stream] = {source.name: source}
        self.pumps: dict[str, Pump] = {}
        self.warnings: list[str] = []

    def plan(self, statements: Sequence[Statement]) -> Plan:
        for statement in statements:
            if isinstance(statement, CreateStream):
                self._stream(statement)
            else:
                self._pump(statement)
        return Plan(self.source, tuple(self.streams.values()), tuple(self.pumps.values()), tuple(self.warnings))

    def error(self, where: Span, message: str, hint: str = "") -> SqlError:
        return error_at(self.script, where, message, hint)

    def _new_name(self, name: Name) -> None:
        if name.text in self.streams or name.text in self.pumps or name.text == ERROR_STREAM:
            raise self.error(name.span, f"{name.text} exists already", "Give each stream and pump a name of its own.")

    def _stream(self, statement: CreateStream) -> None:
        self._new_name(statement.name)
        self._distinct([name for name, _ in statement.columns])
        for name, _ in statement.columns:
            if name.text == "ROWTIME":
                raise self.error(name.span, "every stream has a ROWTIME already", "Choose another column name.")
        columns = tuple(Field(name.text, sqltype) for name, sqltype in statement.columns)
        self.streams[statement.name.text] = Stream(statement.name.text, columns)

    def _distinct(self, names: Sequence[Name]) -> None:
        seen: set[str] = set()
        for name in names:
            if name.text in seen:
                raise self.error(name.span, f"column {name.text} appears twice")
            seen.add(name.text)

    def _known(self, name: Name) -> Stream:
        if name.text in self.streams:
            return self.streams[name.text]
        if name.text == ERROR_STREAM:
            raise self.error(name.span, "a script cannot read or write error_stream", "Send it to a destination.")
        raise self.error(name.span, f"unknown stream {name.text}", self._suggestion(name.text))

    def _suggestion(self, name: str) -> str:
        for other in self.streams:
            if other.upper() == name.upper():
                return f'Unquoted names are upper-cased: write "{other}" in double quotes.'
        return "A stream must be created before it is used. Known: " + ", ".join(f'"{n}"' for n in self.streams) + "."

    # pumps

    def _pump(self, statement: CreatePump) -> None:
        self._new_name(statement.name)
        target = self._known(statement.target)
        if target is self.source:
            raise self.error(statement.target.span, "the source stream is filled by the application's input only")
        query = QueryPlanner(self.script, self._known, self.warnings).query(statement.query)
        pump = Pump(statement.name.text, target, self._inserted(statement, target, query))
        self._refuse_cycle(statement, pump)
        self.pumps[pump.name] = pump

    def _inserted(self, statement: CreatePump, target: Stream, query: Node) -> Node:
        """The query's columns, assigned to the target's in order, NULL where one is left out."""
        names = self._target_columns(statement, target)
        if len(names) != len(query.fields):
            raise self.error(
                statement.query.span,
                f"number of columns: the query gives {len(query.fields)}, {target.name} takes {len(names)}",
                "List the stream's columns after INSERT INTO, in the order of the select list.",
            )
        given = {
            name: Column(i, field.name, field.type)
            for i, (name, field) in enumerate(zip(names, query.fields, strict=True), 1)
        }
        if all(given.get(c.name) == Column(i, c.name, c.type) for i, c in enumerate(target.columns, 1)):
            return query
        expressions = tuple(self._assigned(statement, column, given.get(column.name)) for column in target.columns)
        return Project(query, expressions, tuple(column.name for column in target.columns))

    def _target_columns(self, statement: CreatePump, target: Stream) -> list[str]:
        known = [column.name for column in target.columns]
        if statement.target_columns is None:
            return known
        self._distinct(statement.target_columns)
        for name in statement.target_columns:
            if name.text not in known:
                hint = "Its columns: " + ", ".join(f'"{other}"' for other in known) + "."
                raise self.error(name.span, f"{target.name} has no column {name.text}", hint)
        return [name.text for name in statement.target_columns]

    def _assigned(self, statement: CreatePump, target: Field, value: Column | None) -> Expression:
        if value is None or value.type == NULL:
            return Literal(None, target.type)
        same = value.type.family == target.type.family or (value.type.is_numeric and target.type.is_numeric)
        if not same:
            items = statement.query.items
            plain = all(item.expression is not None for item in items)
            where = items[value.index - 1].span if plain else statement.query.span
            raise self.error(
                where,
                f"{value.name} is {value.type}, but column {target.name} is {target.type}",
                f"There is no implicit conversion: use CAST(… AS {target.type}).",
            )
        return cast(value, target.type)

    def _refuse_cycle(self, statement: CreatePump, pump: Pump) -> None:
        feeds: dict[str, set[str]] = {}
        for other in (*self.pumps.values(), pump):
            feeds.setdefault(other.target.name, set()).update(scan.stream.name for scan in scans(other.query))
        reached, waiting = set[str](), [scan.stream.name for scan in scans(pump.query)]
        while waiting:
            name = waiting.pop()
            if name not in reached:
                reached.add(name)
                waiting.extend(feeds.get(name, ()))
        if pump.target.name in reached:
            raise self.error(statement.target.span, f"pump {pump.name} feeds {pump.target.name} from itself")


class QueryPlanner:
    """Plans one SELECT STREAM."""

    def __init__(self, script: str, known: Callable[[Name], Stream], warnings: list[str]) -> None:
        self.script, self.known, self.warnings = script, known, warnings

    def query(self, query: Query) -> Node:
        node, scope = self._from(query)
        binder = Binder(self.script, scope)
        binder.frames = named_frames(self.script, query, binder)
        if query.joins:
            node = self._joined(query, node, binder)
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

    def _joined(self, query: Query, node: Node, binder: Binder) -> Node:
        condition = on(binder, query)
        if isinstance(node, WindowJoin):
            return conditioned(node, condition)
        return node if condition is None else Filter(node, condition)

    def _error(self, where: Span, message: str, hint: str = "") -> SqlError:
        return error_at(self.script, where, message, hint)

    def _from(self, query: Query) -> tuple[Node, Scope]:
        if len(query.relations) == 1:
            node, name = self._relation(query.relations[0])
            if isinstance(query.relations[0], StreamReference) and query.relations[0].over:
                hint = "OVER in FROM belongs to a join; for a sliding window write SUM(x) OVER (…)."
                raise self._error(query.relations[0].name.span, "a window over a stream that is not joined", hint)
            return node, Scope((Source(name, node.fields),))
        sides = [self._relation(relation) for relation in query.relations]
        return join(self.script, query, sides)

    def _relation(self, relation: Relation) -> tuple[Node, str | None]:
        alias = relation.alias.text if relation.alias else None
        if isinstance(relation, StreamReference):
            return Scan(self.known(relation.name)), alias or relation.name.text
        if isinstance(relation, Subquery):
            return self._subquery(relation), alias
        return table_function(self.script, relation, self.query(relation.cursor), self.warnings), alias

    def _subquery(self, relation: Subquery) -> Node:
        node = self.query(relation.query)
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
            declared = tuple(place for place, key in enumerate(keys) if is_declared(key))
            windows = self._windows(query, keys, bool(declared))
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


def _aggregates(expression: Expression) -> list[Aggregate]:
    return [part for part in walk(expression) if isinstance(part, Aggregate)]


def _name(item: SelectItem, bound: Expression, position: int) -> str:
    if item.alias:
        return item.alias.text
    return bound.name if isinstance(bound, Column) else f"EXPR${position}"
