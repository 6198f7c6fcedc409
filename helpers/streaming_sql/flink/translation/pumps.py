"""From the plan's pumps to steps: SQL where it means the same, the engine's own operator where not.

A query is looked at from its scans up. A node becomes part of a SELECT, or of a region: a piece of the
plan that one operator carries out. Where one of the two reads the other, there is a view between them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from ...datatypes import Field
from ...explain import steps_in_words
from ...expressions import Column
from ...plan import Filter, Group, Join, Lookup, Node, Plan, Project, Pump, Scan, Stream, Union, WindowJoin, inputs
from ...table_steps import DistinctItems, Forest
from ..job import OperatorStep, SqlStep, Step
from . import sql_steps
from .order import comes_alone, looks_at_order, streams_in_order
from .regions import Region, kind_of, leaves_of, named_fields, numbered_forests, only_picks, over, picks, put, walk
from .select import Select, View, reading
from .types import EVENT_TIME, ROWTIME, NotSql, flink_type, job_columns, quoted, refuse_types, view_fields

LONGEST: Final = 2000  # characters of a column, before what it is computed from becomes a view of its own
ORDER: Final = "Flink gives rows of one ROWTIME in another order, and a step behind this one looks at the order"


class Translator:
    """Makes the steps of one plan, pump by pump; `texts` are the script's statements, by what they create."""

    def __init__(self, plan: Plan, texts: Mapping[str, str]) -> None:
        self.plan, self.texts = plan, texts
        self.steps: list[Step] = []
        self.nodes: dict[str, Node] = {}
        self.views = {stream.name: View(stream.name, stream.columns, ROWTIME) for stream in plan.sources}
        self.ordered = streams_in_order(plan)
        self.forests = numbered_forests(plan)
        self.regions: dict[str, Region] = {}
        self.pump = ""
        self.text = ""

    # streams and pumps

    def stream(self, stream: Stream) -> None:
        """Every step that makes the rows of a stream; what its pumps read is there already."""
        pumps = [pump for pump in self.plan.pumps if pump.target == stream]
        text = self.texts.get(stream.name, "")
        if len(pumps) == 1:
            own = self.texts.get(pumps[0].name, "")
            self.views[stream.name] = self._pump(pumps[0], stream.name, f"{text}\n\n{own}".strip())
            return
        views = [self._pump(pump, pump.name, self.texts.get(pump.name, "")) for pump in pumps]
        self.pump, self.text = "", text
        made = self._nothing(stream) if not views else self._all_of(stream, views)
        self.views[stream.name] = self._view(made, stream.name, stream.columns)

    def _pump(self, pump: Pump, name: str, text: str) -> View:
        self.pump, self.text = pump.name, text
        made = self._build(pump.query, pump.target.name in self.ordered)
        return self._view(made, name, pump.target.columns)

    def _all_of(self, stream: Stream, views: Sequence[View]) -> Select | Region:
        union = Union(tuple(Scan(Stream(view.name, view.fields)) for view in views))
        parts = [reading(view, scan) for view, scan in zip(views, union.inputs, strict=True)]
        return self._sql_or_region(union, parts, stream.name in self.ordered)

    def _nothing(self, stream: Stream) -> Select:
        """A stream that no pump fills: it has columns, a time and no rows."""
        source = self.views[self.plan.source.name]
        columns = tuple(f"CAST(NULL AS {flink_type(column.type)})" for column in stream.columns)
        empty = reading(source, Scan(self.plan.source))
        return replace(
            empty, columns=(empty.columns[0], *columns), fields=stream.columns, where=("FALSE",), origin=None
        )

    # from the scans up

    def _build(self, node: Node, ordered: bool) -> Select | Region:
        if isinstance(node, Scan):
            view = self.views[node.stream.name]
            return reading(view, Scan(Stream(view.name, view.fields)))
        within = ordered or looks_at_order(node)
        return self._sql_or_region(node, [self._build(child, within) for child in inputs(node)], ordered)

    def _sql_or_region(self, node: Node, parts: Sequence[Select | Region], ordered: bool) -> Select | Region:
        if isinstance(node, Project) and isinstance(parts[0], Region) and picks(node):
            return Region(over(node, [parts[0].node]), parts[0].reasons)  # not worth a step of its own
        try:
            return self._sql(node, [self._readable(part) for part in parts], ordered)
        except NotSql as reason:
            return self._region(node, parts, str(reason))

    def _sql(self, node: Node, parts: list[Select], ordered: bool) -> Select:
        unordered = ordered and not comes_alone(node, self.plan)
        match node:
            case Filter() | Project():
                select = self._step(node, parts[0])
                if select.guards and unordered:
                    raise NotSql(ORDER)
                return select
            case Group() | DistinctItems():
                if isinstance(node, Group) and unordered:
                    raise NotSql(ORDER)
                return self._windowed(node, parts[0])
            case Join() | WindowJoin():
                if unordered:
                    raise NotSql(ORDER)
                views = [self._timed(part) for part in parts]
                if isinstance(node, Join):
                    return sql_steps.joined(node, *views)
                return sql_steps.window_joined(node, *views)
            case Union():
                if unordered:
                    raise NotSql(ORDER)
                return sql_steps.united(node, [self._guarded(part) for part in parts])
        raise sql_steps.reason(node)

    def _step(self, node: Filter | Project, part: Select) -> Select:
        select = _one(node, part)
        # the rows left over must be those of a view; and what stands for a column is written wherever it is used
        computed = part.view is None or not _is_whole(part, part.view)
        if (select.guards and select.origin is None) or (computed and select.length > LONGEST):
            view = self._view(part)
            select = _one(node, reading(view, Scan(Stream(view.name, view.fields))))
        return select

    def _windowed(self, node: Group | DistinctItems, part: Select) -> Select:
        if part.view is None or part.guards or part.view.attribute is None:
            view = self._timed(part)
            part = reading(view, Scan(Stream(view.name, view.fields)))
        assert part.view is not None
        for field in part.view.fields:
            if field.name in ("window_start", "window_end", "window_time"):
                raise NotSql(f"TUMBLE adds a column {field.name} of its own")
        return sql_steps.grouped(node, part) if isinstance(node, Group) else sql_steps.distinct_items(node, part)

    def _guarded(self, part: Select) -> Select:
        """A SELECT without guards."""
        if not part.guards:
            return part
        view = self._view(part)
        return reading(view, Scan(Stream(view.name, view.fields)))

    def _timed(self, part: Select) -> View:
        """A view with an event time; one that has lost it goes through an operator that gives it one."""
        view = self._view(part)
        if view.attribute is not None:
            return view
        scan = Scan(Stream(view.name, view.fields))
        columns = tuple(Column(place, field.name, field.type) for place, field in enumerate(view.fields, 1))
        project = Project(scan, columns, tuple(field.name for field in view.fields))
        name = self._name()
        return self._operator(name, project, view.fields, "Flink has lost sight of its event time", "rowtime")

    def _readable(self, part: Select | Region) -> Select:
        """What a SELECT can go on from."""
        if isinstance(part, Region):
            refuse_types(part.node.fields)
            view = self._view(part)
            return reading(view, Scan(Stream(view.name, view.fields)))
        if part.view is not None:
            refuse_types(part.view.fields)
        return part

    def _region(self, node: Node, parts: Sequence[Select | Region], why: str) -> Region:
        reasons = [why]
        leaves = []
        for child, part in zip(inputs(node), parts, strict=True):
            leaf = self._leaf(child, part)
            leaves.append(leaf.node)
            reasons += leaf.reasons
        made = over(node, leaves)
        if isinstance(node, Forest):
            self.forests[id(made)] = self.forests[id(node)]
        return Region(made, tuple(dict.fromkeys(reasons)))

    def _leaf(self, node: Node, part: Select | Region) -> Region:
        """What an operator goes on from: more of itself, or a view."""
        if isinstance(part, Region):
            return part
        if part.origin is not None and part.view is not None and only_picks(part.origin):
            within = self.regions.get(part.view.name)  # of the same pump
            if within is None:
                return Region(part.origin, ())
            return Region(put(part.origin, part.view.name, within.node), within.reasons)
        try:
            view = self._view(part)
        except NotSql as reason:  # a column that nothing asked for before
            return self._region(node, [self._build(child, True) for child in inputs(node)], str(reason))
        return Region(Scan(Stream(view.name, view.fields)), ())

    # views

    def _view(self, part: Select | Region, name: str = "", columns: Sequence[Field] | None = None) -> View:
        """What was made, as a view; where it is one already and need not be called otherwise, that one."""
        if isinstance(part, Select) and not name and part.view is not None and _is_whole(part, part.view):
            return part.view
        given = view_fields(named_fields(part.node) if isinstance(part, Region) else part.fields)
        if columns is not None:
            given = tuple(columns)
        inner, name = not name, name or self._name()
        if isinstance(part, Region):
            if inner:
                self.regions[name] = part
            return self._operator(name, part.node, given, "; ".join(part.reasons))
        try:
            refuse_types(given)
        except NotSql as reason:
            if part.origin is None:
                raise
            return self._operator(name, part.origin, given, str(reason))
        return self._guarded_view(part, name, given) if part.guards else self._select(part, name, given)

    def _select(self, part: Select, name: str, given: tuple[Field, ...]) -> View:
        lag = part.lag if part.attribute else 0
        attribute = None if part.attribute is None else EVENT_TIME if lag else ROWTIME
        names = [field.name for field in given]
        if attribute in names:  # a stream's own column is called so
            attribute, lag = None, 0
        text = part.text(names, attribute is not None)
        view = View(name, given, attribute, lag)
        self._sql_step(view, text, part.inputs, part.notes)
        return view

    def _guarded_view(self, part: Select, name: str, given: tuple[Field, ...]) -> View:
        """Rows for which Flink's answer is the engine's, and behind them the others, by the engine itself."""
        assert part.view is not None and part.origin is not None
        base = part.view
        left = View(f"{name}#left", base.fields, base.attribute, base.lag)
        everything = reading(base, part.origin)
        condition = f"NOT ({' AND '.join(part.guards)})"
        text = replace(everything, where=(condition,)).text([field.name for field in base.fields])
        self._sql_step(
            left, text, (base.name,), ("The rows whose values Flink would compute otherwise, or not at all",)
        )
        rest = self._operator(
            f"{name}#engine",
            put(part.origin, base.name, Scan(Stream(left.name, base.fields))),
            given,
            "what overflows, is divided by zero or is no number is computed, or reported, as in the service",
        )
        timed = part.attribute is not None and not part.lag
        names = [field.name for field in given]
        others = reading(View(rest.name, given, ROWTIME if timed else None), part.origin)
        if not timed:
            others = replace(others, times=(quoted(ROWTIME),))
        text = f"{part.text(names, timed)}\nUNION ALL\n{others.text(names, timed)}"
        view = View(name, given, ROWTIME if timed else None)
        note = "Rows that Flink would not compute as the service did (see `#left`) go through the engine's own operator"
        self._sql_step(view, text, (base.name, rest.name), (*part.notes, note))
        return view

    def _sql_step(self, view: View, text: str, inputs: Sequence[str], notes: Sequence[str]) -> None:
        sql = f"CREATE TEMPORARY VIEW {view.text} AS\n{text}"
        self.steps.append(
            SqlStep(
                view.name,
                sql,
                tuple(dict.fromkeys(inputs)),
                job_columns(view.fields),
                view.attribute,
                view.lag,
                self.text if view.name in (self.pump, *self.plan_streams) else "",
                ". ".join(dict.fromkeys(notes)) + ("." if notes else ""),
            )
        )

    def _operator(self, name: str, node: Node, given: tuple[Field, ...], why: str, kind: str = "") -> View:
        step = OperatorStep(
            name,
            kind or kind_of(node),
            self.pump,
            tuple(dict.fromkeys(leaves_of(node))),
            tuple(dict.fromkeys(part.reference.name for part in walk(node) if isinstance(part, Lookup))),
            self._arguments(node),
            job_columns(given),
            self.text if name in (self.pump, *self.plan_streams) else "",
            f"The embedded engine's own operator, in parallelism 1: {why}.",
        )
        self.steps.append(step)
        self.nodes[name] = node
        return View(name, given, ROWTIME)

    def _arguments(self, node: Node) -> dict[str, Any]:
        arguments: dict[str, Any] = {"does": list(steps_in_words(node))}
        if forests := [part for part in walk(node) if isinstance(part, Forest)]:
            arguments["forests"] = [self.forests[id(forest)] for forest in forests]
        return arguments

    @property
    def plan_streams(self) -> tuple[str, ...]:
        return tuple(stream.name for stream in self.plan.streams)

    def _name(self) -> str:
        taken = {step.name for step in self.steps}.union(self.views, self.plan_streams)
        taken.update(pump.name for pump in self.plan.pumps)
        return next(name for n in range(1, len(taken) + 2) if (name := f"{self.pump}#{n}") not in taken)


def _one(node: Filter | Project, part: Select) -> Select:
    return sql_steps.filtered(node, part) if isinstance(node, Filter) else sql_steps.projected(node, part)


def _is_whole(select: Select, view: View) -> bool:
    """Whether a SELECT is nothing but its view."""
    plain = reading(view, Scan(Stream(view.name, view.fields)))
    return replace(plain, fields=(), origin=None) == replace(select, fields=(), origin=None)
