"""Comparison and logic, three-valued: what is compared with NULL is unknown (None).

A CHAR is compared without the blanks it is filled up with (SQL:2008; the SQL Reference is silent).

Source: Amazon Kinesis Data Analytics SQL Reference, "Logical Operators" and "String Operators".
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable
from typing import Any, Final

from ..datatypes import BOOLEAN, SqlType, widest
from ..expressions import Call, Expression, Literal
from .base import Evaluator, Function, TypeFault, need, strict


def _comparable(arguments: tuple[Expression, ...]) -> SqlType:
    first = arguments[0]
    for other in arguments[1:]:
        if widest(first.type, other.type) is None or first.type.family == "record":
            raise TypeFault(
                f"cannot compare {first.type} with {other.type}", "There is no implicit conversion: use CAST."
            )
    return BOOLEAN


def _booleans(arguments: tuple[Expression, ...]) -> SqlType:
    for argument in arguments:
        need(argument, "boolean")
    return BOOLEAN


def _texts(arguments: tuple[Expression, ...]) -> SqlType:
    for argument in arguments:
        need(argument, "character")
    return BOOLEAN


def _compare(function: Callable[[Any, Any], Any]) -> Function:
    general = strict(function)

    def build(call: Call, arguments: tuple[Evaluator, ...]) -> Evaluator:
        right = call.arguments[1]
        if _padded(call):
            return strict(lambda x, y: function(x.rstrip(" "), y.rstrip(" ")))(call, arguments)
        if isinstance(right, Literal) and right.value is not None:
            return _compare_with(function, arguments[0], right.value)
        return general(call, arguments)

    return Function(2, 2, _comparable, build)


def _compare_with(function: Callable[[Any, Any], Any], left: Evaluator, value: Any) -> Evaluator:
    """The commonest comparison, with a constant, without asking again what the constant is."""

    def evaluate(row: tuple[Any, ...]) -> Any:
        x = left(row)
        return None if x is None else function(x, value)

    return evaluate


def _padded(call: Call) -> bool:
    return any(argument.type.name == "CHAR" for argument in call.arguments)


def _build_distinct(call: Call, arguments: tuple[Evaluator, ...]) -> Evaluator:
    left, right = _stripped(call, arguments)
    return lambda row: left(row) != right(row)


def _stripped(call: Call, arguments: tuple[Evaluator, ...]) -> tuple[Evaluator, ...]:
    return tuple(strict(_strip)(call, (argument,)) for argument in arguments) if _padded(call) else arguments


def _strip(text: str) -> str:
    return text.rstrip(" ")


def _junction(decisive: bool) -> Function:
    """AND, which one FALSE decides, or OR, which one TRUE decides."""

    def build(call: Call, arguments: tuple[Evaluator, ...]) -> Evaluator:
        left, right = arguments

        def evaluate(row: tuple[Any, ...]) -> Any:
            x = left(row)
            if x is decisive:
                return decisive
            y = right(row)
            return decisive if y is decisive else None if x is None or y is None else not decisive

        return evaluate

    return Function(2, 2, _booleans, build)


def _build_is(call: Call, arguments: tuple[Evaluator, ...]) -> Evaluator:
    value, wanted = arguments
    return lambda row: value(row) is wanted(row)


def _build_in(call: Call, arguments: tuple[Evaluator, ...]) -> Evaluator:
    value, *options = _stripped(call, arguments)

    def evaluate(row: tuple[Any, ...]) -> Any:
        x = value(row)
        if x is None:
            return None
        values = [option(row) for option in options]
        return True if x in values else None if None in values else False

    return evaluate


def like_pattern(pattern: str, escape: str | None = None) -> re.Pattern[str]:
    """A LIKE pattern as a regular expression: % is any text, _ any one character."""
    pieces, characters = [""], iter(pattern)  # between the %
    for character in characters:
        if character == "%" != escape:
            pieces.append("")
        else:
            plain = next(characters, "") if character == escape else character
            pieces[-1] += "." if character == "_" != escape else re.escape(plain)
    if len(pieces) == 1:
        return re.compile(pieces[0], re.DOTALL)
    first, *middle, last = pieces
    # the earliest place of a piece is as good as any later one: going back would take time without end
    return re.compile(first + "".join(f"(?>.*?{piece})" for piece in middle if piece) + f".*{last}", re.DOTALL)


def _like(value: str, pattern: str, escape: str | None = None) -> bool:
    return like_pattern(pattern, escape).fullmatch(value) is not None


def _build_like(call: Call, arguments: tuple[Evaluator, ...]) -> Evaluator:
    if all(isinstance(part, Literal) and part.value is not None for part in call.arguments[1:]):
        pattern = like_pattern(*(part.value for part in call.arguments[1:] if isinstance(part, Literal)))
        return strict(lambda value: pattern.fullmatch(value) is not None)(call, arguments[:1])
    return strict(_like)(call, arguments)


COMPARISON: Final[dict[str, Function]] = {
    "=": _compare(operator.eq),
    "<>": _compare(operator.ne),
    "<": _compare(operator.lt),
    "<=": _compare(operator.le),
    ">": _compare(operator.gt),
    ">=": _compare(operator.ge),
    "AND": _junction(False),
    "OR": _junction(True),
    "NOT": Function(1, 1, _booleans, strict(operator.not_)),
    "IS": Function(2, 2, _comparable, _build_is),
    "IS DISTINCT FROM": Function(2, 2, _comparable, _build_distinct),
    "IN": Function(2, 10_000, _comparable, _build_in),
    "LIKE": Function(2, 3, _texts, _build_like),
}
