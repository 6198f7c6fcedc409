"""Typed expressions: what a query computes, with every name resolved to a place in the row.

A row is a tuple, its ROWTIME (milliseconds) first. These records are what operators are built
from (`compilation`) and what another engine can be generated from. Two expressions are equal when
they compute the same; where they stand in the script (`span`) does not count.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from .datatypes import SqlType
from .syntax import Span

NOWHERE = Span(0, 0)


@dataclass(frozen=True, slots=True)
class Column:
    """The value at `index` of the row."""

    index: int
    name: str
    type: SqlType
    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Literal:
    value: Any
    type: SqlType
    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Call:
    """An operator or scalar function of the `functions` table; CAST takes its target from `type`."""

    function: str
    arguments: tuple[Expression, ...]
    type: SqlType
    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Case:
    branches: tuple[tuple[Expression, Expression], ...]
    default: Expression
    type: SqlType
    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Aggregate:
    """COUNT, SUM, … over the rows of a group; `argument` None is COUNT(*)."""

    function: str
    argument: Expression | None
    type: SqlType
    span: Span = field(default=NOWHERE, compare=False)
    options: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Frame:
    """The rows a sliding window or a join looks back on.

    RANGE: those at most `extent` milliseconds older than the current row, that bound included. ROWS:
    the `extent` rows before the current one. `partition`: only those equal in these expressions.
    """

    unit: str
    extent: int
    partition: tuple[Expression, ...] = ()


CURRENT_ROW = Frame("RANGE", 0)


@dataclass(frozen=True, slots=True)
class Analytic:
    """COUNT, SUM, … OVER a frame: a value for each row; `argument` None is COUNT(*).

    `options` are the constants of some functions, such as how far LAG looks back (see `analytic`).
    """

    function: str
    argument: Expression | None
    frame: Frame
    type: SqlType
    span: Span = field(default=NOWHERE, compare=False)
    options: tuple[int, ...] = ()


Expression = Column | Literal | Call | Case | Aggregate | Analytic


def children(expression: Expression) -> tuple[Expression, ...]:
    match expression:
        case Call():
            return expression.arguments
        case Case():
            return (*(part for branch in expression.branches for part in branch), expression.default)
        case Aggregate():
            return () if expression.argument is None else (expression.argument,)
        case Analytic():
            argument = () if expression.argument is None else (expression.argument,)
            return (*argument, *expression.frame.partition)
        case _:
            return ()


def walk(expression: Expression) -> Iterator[Expression]:
    """The expression and everything in it, outermost first."""
    yield expression
    for child in children(expression):
        yield from walk(child)


def replaced(expression: Expression, places: Mapping[Expression, Expression]) -> Expression:
    """The expression with every part that is in `places` put in its stead."""
    if expression in places:
        return places[expression]
    match expression:
        case Call(name, arguments, sqltype, where):
            return Call(name, tuple(replaced(part, places) for part in arguments), sqltype, where)
        case Case(branches, default, sqltype, where):
            chosen = tuple((replaced(when, places), replaced(then, places)) for when, then in branches)
            return Case(chosen, replaced(default, places), sqltype, where)
        case _:
            return expression
