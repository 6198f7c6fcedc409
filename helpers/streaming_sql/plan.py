"""The plan of an application: streams, pumps, and in each pump a tree of steps over typed rows.

Everything is decided here (names, types, windows, arguments) and checked as it is constructed, so
that an engine only has to carry it out: `operators` does so row by row, another engine may generate
its own program from the same records.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from graphlib import TopologicalSorter

from .datatypes import BOOLEAN, NULL, Field, SqlType
from .expressions import Aggregate, Analytic, Expression, Frame
from .table_steps import Table
from .windows import Window


@dataclass(frozen=True, slots=True)
class Stream:
    """An in-application stream; ROWTIME comes before its columns in every row."""

    name: str
    columns: tuple[Field, ...]

    def __post_init__(self) -> None:
        names = [column.name for column in self.columns]
        if len(set(names)) != len(names) or "ROWTIME" in names:
            raise ValueError(f"stream {self.name}: column names must differ, and none may be ROWTIME")


@dataclass(frozen=True, slots=True)
class Scan:
    """The rows of a stream."""

    stream: Stream

    @property
    def fields(self) -> tuple[Field, ...]:
        return self.stream.columns


@dataclass(frozen=True, slots=True)
class Reference:
    """A reference table: rows that are looked up, without a ROWTIME."""

    name: str
    columns: tuple[Field, ...]

    @property
    def fields(self) -> tuple[Field, ...]:
        return self.columns


@dataclass(frozen=True, slots=True)
class Join:
    """Pairs of rows with the same ROWTIME: (ROWTIME, left ROWTIME, left…, right ROWTIME, right…)."""

    left: Node
    right: Node

    @property
    def fields(self) -> tuple[Field, ...]:
        sides = (self.left.fields, self.right.fields)
        return tuple(field for side in sides for field in (Field("ROWTIME", SqlType("TIMESTAMP")), *side))


@dataclass(frozen=True, slots=True)
class WindowJoin:
    """Pairs of rows of two windows; columns as in Join, NULL on the side where an outer join has none.

    `keys` are pairs of places, in the left's and the right's rows, that the condition makes equal.
    """

    left: Node
    right: Node
    kind: str
    left_frame: Frame
    right_frame: Frame
    condition: Expression | None = None
    keys: tuple[tuple[int, int], ...] = ()

    def __post_init__(self) -> None:
        if self.kind not in ("INNER", "LEFT", "RIGHT", "FULL", "CROSS"):
            raise ValueError(f"no such join: {self.kind}")
        if self.left_frame.partition or self.right_frame.partition:
            raise ValueError("the windows of a join are not partitioned")

    @property
    def fields(self) -> tuple[Field, ...]:
        return Join(self.left, self.right).fields


@dataclass(frozen=True, slots=True)
class Lookup:
    """Each row with the rows of a reference table that it meets: (the row…, the table's columns…).

    `outer`: a row that meets none goes on with NULLs. `keys` are pairs of places, in the row and in
    the table's columns (from 0), that the condition makes equal.
    """

    input: Node
    reference: Reference
    outer: bool
    condition: Expression | None = None
    keys: tuple[tuple[int, int], ...] = ()

    @property
    def fields(self) -> tuple[Field, ...]:
        return (*self.input.fields, *self.reference.columns)


@dataclass(frozen=True, slots=True)
class Union:
    """The rows of several queries as they come (UNION ALL); the first one names the columns."""

    inputs: tuple[Node, ...]

    def __post_init__(self) -> None:
        if len({tuple(field.type for field in node.fields) for node in self.inputs}) != 1:
            raise ValueError("the queries of a union must have columns of the same types")

    @property
    def fields(self) -> tuple[Field, ...]:
        return self.inputs[0].fields


@dataclass(frozen=True, slots=True)
class Filter:
    """The rows for which the condition is TRUE."""

    input: Node
    condition: Expression

    def __post_init__(self) -> None:
        if self.condition.type not in (BOOLEAN, NULL):
            raise ValueError(f"a condition must be BOOLEAN, not {self.condition.type}")

    @property
    def fields(self) -> tuple[Field, ...]:
        return self.input.fields


@dataclass(frozen=True, slots=True)
class Project:
    """New columns computed from each row; ROWTIME is carried along."""

    input: Node
    expressions: tuple[Expression, ...]
    names: tuple[str, ...]

    def __post_init__(self) -> None:
        if len(self.expressions) != len(self.names):
            raise ValueError("a projection needs one name for each expression")

    @property
    def fields(self) -> tuple[Field, ...]:
        pairs = zip(self.names, self.expressions, strict=True)
        return tuple(Field(name, expression.type) for name, expression in pairs)


@dataclass(frozen=True, slots=True)
class Group:
    """One row (keys…, aggregates…) for each key and window, at the window's end.

    `declared` are the places, among the keys, of those the script declares to be monotonic: all
    groups are complete when one of them changes, too.
    """

    input: Node
    keys: tuple[Expression, ...]
    aggregates: tuple[Aggregate, ...]
    windows: tuple[Window, ...]
    declared: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        if not self.windows and not self.declared:
            raise ValueError("a group on a stream needs a monotonic term")

    @property
    def fields(self) -> tuple[Field, ...]:
        expressions: tuple[Expression, ...] = (*self.keys, *self.aggregates)
        return tuple(Field(f"${number}", part.type) for number, part in enumerate(expressions))


@dataclass(frozen=True, slots=True)
class Slide:
    """Each row with aggregates over sliding windows behind its columns."""

    input: Node
    analytics: tuple[Analytic, ...]

    @property
    def fields(self) -> tuple[Field, ...]:
        found = tuple(Field(f"${number}", part.type) for number, part in enumerate(self.analytics))
        return (*self.input.fields, *found)


@dataclass(frozen=True, slots=True)
class Stagger:
    """One row (keys…, aggregates…) for each key, `length` milliseconds after the key's first row."""

    input: Node
    keys: tuple[Expression, ...]
    aggregates: tuple[Aggregate, ...]
    length: int

    @property
    def fields(self) -> tuple[Field, ...]:
        expressions: tuple[Expression, ...] = (*self.keys, *self.aggregates)
        return tuple(Field(f"${number}", part.type) for number, part in enumerate(expressions))


@dataclass(frozen=True, slots=True)
class Sort:
    """Rows in order of the keys, tick by tick; without a window a tick is one ROWTIME.

    A tick with a window is sorted at its end and has the end as its ROWTIME.
    """

    input: Node
    keys: tuple[Expression, ...]
    descending: tuple[bool, ...]
    window: Window | None

    @property
    def fields(self) -> tuple[Field, ...]:
        return self.input.fields


@dataclass(frozen=True, slots=True)
class Distinct:
    """The first row of those that are equal (ROWTIME aside) within a window."""

    input: Node
    columns: tuple[int, ...]
    windows: tuple[Window, ...]

    @property
    def fields(self) -> tuple[Field, ...]:
        return self.input.fields


Node = Scan | Join | WindowJoin | Lookup | Union | Filter | Project | Group | Stagger | Slide | Sort | Distinct | Table


@dataclass(frozen=True, slots=True)
class Pump:
    """A continuous INSERT of a query's rows into a stream."""

    name: str
    target: Stream
    query: Node

    def __post_init__(self) -> None:
        if [field.type for field in self.query.fields] != [column.type for column in self.target.columns]:
            raise ValueError(f"pump {self.name}: the query's types are not those of {self.target.name}")


@dataclass(frozen=True, slots=True)
class Plan:
    """Streams (the sources first, then in the script's order) and pumps in the script's order.

    `source` is the first of the `sources`, often the only one.
    """

    source: Stream
    streams: tuple[Stream, ...]
    pumps: tuple[Pump, ...]
    warnings: tuple[str, ...] = ()
    sources: tuple[Stream, ...] = ()
    references: tuple[Reference, ...] = ()


def inputs(node: Node) -> tuple[Node, ...]:
    match node:
        case Scan():
            return ()
        case Join() | WindowJoin():
            return (node.left, node.right)
        case Union():
            return node.inputs
        case _:
            return (node.input,)


def height(node: Node) -> int:
    """How many steps a row goes through at most."""
    return 1 + max((height(child) for child in inputs(node)), default=0)


def scans(node: Node) -> Iterator[Scan]:
    """The streams a query reads, left to right."""
    if isinstance(node, Scan):
        yield node
    for child in inputs(node):
        yield from scans(child)


def upstream_first(pumps: Sequence[Pump]) -> list[str]:
    """The pumps' names, each behind those whose rows reach it (no pump feeds itself)."""
    feeding: dict[str, list[str]] = {}
    for pump in pumps:
        feeding.setdefault(pump.target.name, []).append(pump.name)
    before = {
        pump.name: [name for scan in scans(pump.query) for name in feeding.get(scan.stream.name, ())] for pump in pumps
    }
    return list(TopologicalSorter(before).static_order())
