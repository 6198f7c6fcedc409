"""Typed expressions as Python closures over a row (a tuple, ROWTIME first)."""

from __future__ import annotations

import operator
from typing import Any

from .casting import caster
from .expressions import Aggregate, Analytic, Call, Case, Column, Expression, Literal
from .functions import FUNCTIONS, Evaluator
from .functions.base import strict
from .functions.time import floor_to, milliseconds_of


def compile_expression(expression: Expression) -> Evaluator:
    """A function from a row to the expression's value; it raises RowError where a row has none.

    >>> from helpers.streaming_sql.datatypes import INTEGER
    >>> double = Call("+", (Column(1, "X", INTEGER), Column(1, "X", INTEGER)), INTEGER)
    >>> compile_expression(double)((0, 21))
    42
    """
    match expression:
        case Column():
            return operator.itemgetter(expression.index)
        case Literal():
            return _constant(expression.value)
        case Call(function="CAST", arguments=(value,)) if (value.type.family, expression.type.family) == _ON_DAY:
            return _on_day(compile_expression(value))
        case Call(function="CAST", arguments=(value,)):
            convert = caster(value.type, expression.type)
            return strict(convert)(expression, (compile_expression(value),))
        case Call():
            arguments = tuple(compile_expression(part) for part in expression.arguments)
            return FUNCTIONS[expression.function].build(expression, arguments)
        case Case():
            return _case(expression)
        case Aggregate() | Analytic():
            raise ValueError(f"{expression.function} is computed by a group or a window, not from a row")


_ON_DAY = ("time", "timestamp")


def _on_day(time: Evaluator) -> Evaluator:
    """A TIME as a TIMESTAMP: on the day of the row, whose ROWTIME stands first."""

    def evaluate(row: tuple[Any, ...]) -> Any:
        moment = time(row)
        return None if moment is None else floor_to(row[0], "DAY") + milliseconds_of(moment)

    return evaluate


def _constant(value: Any) -> Evaluator:
    return lambda row: value


def _case(expression: Case) -> Evaluator:
    branches = [(compile_expression(when), compile_expression(then)) for when, then in expression.branches]
    default = compile_expression(expression.default)

    def evaluate(row: tuple[Any, ...]) -> Any:
        for condition, value in branches:
            if condition(row) is True:
                return value(row)
        return default(row)

    return evaluate


def compile_row(expressions: tuple[Expression, ...]) -> Evaluator:
    """A function from a row to a new row: its ROWTIME, then the expressions' values."""
    if all(isinstance(expression, Column) for expression in expressions):
        places = [expression.index for expression in expressions if isinstance(expression, Column)]
        return operator.itemgetter(0, *places) if places else lambda row: row[:1]
    evaluators = [compile_expression(expression) for expression in expressions]
    if len(evaluators) == 1:
        only = evaluators[0]
        return lambda row: (row[0], only(row))
    return lambda row: (row[0], *[evaluate(row) for evaluate in evaluators])
