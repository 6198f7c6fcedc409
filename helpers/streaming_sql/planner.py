"""From statements to a plan: streams and pumps, what they are called, and what feeds what."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from .binder import cast
from .datatypes import NULL, Field
from .errors import SqlError
from .expressions import Column, Expression, Literal
from .plan import Node, Plan, Project, Pump, Reference, Stream, height, scans, upstream_first
from .queries import QueryPlanner
from .syntax import CreatePump, CreateStream, Ignored, Name, Span, Statement, error_at
from .unions import item_span

ERROR_STREAM: Final = "error_stream"
MAX_STEPS: Final = 200  # that a row may go through, one within the other, from a source on


def plan(
    script: str,
    statements: Sequence[Statement],
    source: Stream,
    others: Sequence[Stream] = (),
    references: Sequence[Reference] = (),
) -> Plan:
    """Check the statements of a script against its source streams and reference tables; raises SqlError."""
    try:
        return _Planner(script, (source, *others), references).plan(statements)
    except RecursionError as error:
        raise SqlError("expressions are nested too deeply", hint="Split them up over several streams.") from error


class _Planner:
    def __init__(self, script: str, sources: Sequence[Stream], references: Sequence[Reference]) -> None:
        self.script = script
        self.sources, self.references = tuple(sources), {table.name: table for table in references}
        self.streams: dict[str, Stream] = {source.name: source for source in sources}
        self.feeds: dict[str, set[str]] = {}
        self.read: set[str] = set()
        self.pumps: dict[str, Pump] = {}
        self.warnings: list[str] = []

    def plan(self, statements: Sequence[Statement]) -> Plan:
        for statement in statements:
            match statement:
                case CreateStream():
                    self._stream(statement)
                case CreatePump():
                    self._pump(statement)
                case Ignored():
                    self.warnings.append(f"{statement.what} is ignored: all pumps run, and there are no schemas")
        if not self.pumps:
            self.warnings.append("the script has no pump: no row goes into its streams")
        self._refuse_depth(statements)
        return Plan(
            self.sources[0],
            tuple(self.streams.values()),
            tuple(self.pumps.values()),
            tuple(self.warnings),
            self.sources,
            tuple(self.references.values()),
        )

    def error(self, where: Span, message: str, hint: str = "") -> SqlError:
        return error_at(self.script, where, message, hint)

    def _new_name(self, name: Name) -> None:
        if name.text == ERROR_STREAM or any(name.text in kind for kind in (self.streams, self.pumps, self.references)):
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
                raise self.error(name.span, f"column {name.text} appears twice", "Give each column a name of its own.")
            seen.add(name.text)

    def _known(self, name: Name) -> Stream | Reference:
        if name.text in self.streams:
            return self.streams[name.text]
        if name.text in self.references:
            return self.references[name.text]
        if name.text == ERROR_STREAM:
            raise self.error(name.span, "a script cannot read or write error_stream", "Send it to a destination.")
        raise self.error(name.span, f"unknown stream {name.text}", self._suggestion(name.text))

    def _suggestion(self, name: str) -> str:
        known = (*self.streams, *self.references)
        for other in known:
            if other.upper() == name.upper():
                return f'Unquoted names are upper-cased: write "{other}" in double quotes.'
        names = ", ".join(f'"{other}"' for other in known)
        return f"A stream must be created before it is used. Known: {names}."

    # pumps

    def _pump(self, statement: CreatePump) -> None:
        self._new_name(statement.name)
        target = self._known(statement.target)
        if isinstance(target, Reference):
            hint = "Insert into a stream that the script creates."
            raise self.error(statement.target.span, f"{target.name} is a reference table, not a stream", hint)
        if target in self.sources:
            raise self.error(statement.target.span, "the source stream is filled by the application's input only")
        query = QueryPlanner(self.script, self._known, self.warnings).queries(statement.query)
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
            where = item_span(statement.query, value.index - 1)
            raise self.error(
                where,
                f"{value.name} is {value.type}, but column {target.name} is {target.type}",
                f"There is no implicit conversion: use CAST(… AS {target.type}).",
            )
        return cast(value, target.type)

    def _refuse_depth(self, statements: Sequence[Statement]) -> None:
        """A row goes through all pumps it reaches by calls within calls: there is an end to them."""
        pumps = [self.pumps[name] for name in upstream_first(tuple(self.pumps.values()))]
        steps = dict.fromkeys(self.streams, 0)
        for pump in pumps:
            before = max((steps[scan.stream.name] for scan in scans(pump.query)), default=0)
            steps[pump.target.name] = max(steps[pump.target.name], before + height(pump.query))
            if steps[pump.target.name] > MAX_STEPS:
                made = (part.name for part in statements if isinstance(part, CreatePump))
                name = next(name for name in made if name.text == pump.name)
                hint = "Let fewer pumps feed each other, or nest fewer queries."
                raise self.error(name.span, f"rows reach pump {pump.name} through more than {MAX_STEPS} steps", hint)

    def _refuse_cycle(self, statement: CreatePump, pump: Pump) -> None:
        read = {scan.stream.name for scan in scans(pump.query)}
        self.read |= read
        reached, waiting = set[str](), list(read) if pump.target.name in self.read else []
        while waiting:
            name = waiting.pop()
            if name not in reached:
                reached.add(name)
                waiting.extend(self.feeds.get(name, ()))
        if pump.target.name in reached:
            hint = "Insert into another stream: a pump's rows must not come back to it."
            raise self.error(statement.target.span, f"pump {pump.name} feeds {pump.target.name} from itself", hint)
        self.feeds.setdefault(pump.target.name, set()).update(read)
