"""The plan of an application: streams, pumps, and in each pump a tree of steps over typed rows.

Everything is decided here (names, types, windows, arguments) and checked as it is constructed, so
that an engine only has to carry it out: `operators` does so row by row, another engine may generate
its own program from the same records.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from .datatypes import BOOLEAN, DOUBLE, NULL, SqlType
from .expressions import Aggregate, Expression
from .windows import Window


@dataclass(frozen=True, slots=True)
class Field:
    """A named, typed column of a stream or of a step's rows (ROWTIME is not among them)."""

    name: str
    type: SqlType


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
class Join:
    """Pairs of rows with the same ROWTIME: (ROWTIME, left ROWTIME, left…, right ROWTIME, right…)."""

    left: Scan
    right: Scan

    @property
    def fields(self) -> tuple[Field, ...]:
        sides = (self.left.fields, self.right.fields)
        return tuple(field for side in sides for field in (Field("ROWTIME", SqlType("TIMESTAMP")), *side))


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
    """One row (keys…, aggregates…) for each key and window, at the window's end."""

    input: Node
    keys: tuple[Expression, ...]
    aggregates: tuple[Aggregate, ...]
    windows: tuple[Window, ...]

    def __post_init__(self) -> None:
        if not self.windows:
            raise ValueError("a group on a stream needs a monotonic term")

    @property
    def fields(self) -> tuple[Field, ...]:
        expressions: tuple[Expression, ...] = (*self.keys, *self.aggregates)
        return tuple(Field(f"${number}", part.type) for number, part in enumerate(expressions))


@dataclass(frozen=True, slots=True)
class Forest:
    """RANDOM_CUT_FOREST: each row with an ANOMALY_SCORE behind its columns."""

    input: Node
    number_of_trees: int
    sub_sample_size: int
    time_decay: int
    shingle_size: int

    @property
    def fields(self) -> tuple[Field, ...]:
        return (*self.input.fields, Field("ANOMALY_SCORE", DOUBLE))

    @property
    def numeric(self) -> tuple[int, ...]:
        """Where in the row the columns stand that the forest looks at."""
        return tuple(index for index, field in enumerate(self.input.fields, 1) if field.type.is_numeric)


Node = Scan | Join | Filter | Project | Group | Forest


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
    """Streams (the source first, then in the script's order) and pumps in the script's order."""

    source: Stream
    streams: tuple[Stream, ...]
    pumps: tuple[Pump, ...]
    warnings: tuple[str, ...] = ()


def inputs(node: Node) -> tuple[Node, ...]:
    match node:
        case Scan():
            return ()
        case Join():
            return (node.left, node.right)
        case _:
            return (node.input,)


def scans(node: Node) -> Iterator[Scan]:
    """The streams a query reads, left to right."""
    if isinstance(node, Scan):
        yield node
    for child in inputs(node):
        yield from scans(child)
