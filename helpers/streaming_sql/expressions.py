"""Typed expressions: what a query computes, with every name resolved to a place in the row.

A row is a tuple, its ROWTIME (milliseconds) first. These records are what operators are built
from (`compilation`) and what another engine can be generated from. Two expressions are equal when
they compute the same; where they stand in the script (`span`) does not count.
"""

from __future__ import annotations

from collections.abc import Iterator
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


Expression = Column | Literal | Call | Case | Aggregate


def children(expression: Expression) -> tuple[Expression, ...]:
    match expression:
        case Call():
            return expression.arguments
        case Case():
            return (*(part for branch in expression.branches for part in branch), expression.default)
        case Aggregate():
            return () if expression.argument is None else (expression.argument,)
        case _:
            return ()


def walk(expression: Expression) -> Iterator[Expression]:
    """The expression and everything in it, outermost first."""
    yield expression
    for child in children(expression):
        yield from walk(child)
