"""What an entry of the function tables is, and the shapes most of them share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ..datatypes import SqlType
from ..expressions import Call, Expression

Evaluator = Callable[[tuple[Any, ...]], Any]
Builder = Callable[[Call, tuple[Evaluator, ...]], Evaluator]


class TypeFault(Exception):
    """Arguments of a type the function does not take; the binder adds line and column."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message, self.hint = message, hint


@dataclass(frozen=True, slots=True)
class Function:
    """An operator or function: how many arguments, which type it gives, how it is evaluated.

    `result` takes the typed arguments and raises TypeFault where they do not fit; `build` makes the
    closure for one call.
    """

    least: int
    most: int
    result: Callable[[tuple[Expression, ...]], SqlType]
    build: Builder


def strict(function: Callable[..., Any]) -> Builder:
    """Evaluate `function` on the arguments' values, or give NULL if one of them is NULL."""

    def build(call: Call, arguments: tuple[Evaluator, ...]) -> Evaluator:
        if len(arguments) == 1:
            return _strict_one(function, arguments[0])
        if len(arguments) == 2:
            return _strict_two(function, *arguments)

        def evaluate(row: tuple[Any, ...]) -> Any:
            values = [argument(row) for argument in arguments]
            return None if None in values else function(*values)

        return evaluate

    return build


def _strict_one(function: Callable[..., Any], argument: Evaluator) -> Evaluator:
    def evaluate(row: tuple[Any, ...]) -> Any:
        value = argument(row)
        return None if value is None else function(value)

    return evaluate


def _strict_two(function: Callable[..., Any], left: Evaluator, right: Evaluator) -> Evaluator:
    def evaluate(row: tuple[Any, ...]) -> Any:
        x, y = left(row), right(row)
        return None if x is None or y is None else function(x, y)

    return evaluate


def need(expression: Expression, *families: str) -> None:
    """Raise TypeFault unless the argument is of one of the families (NULL always is)."""
    if expression.type.family not in (*families, "null"):
        wanted = " or ".join(families)
        raise TypeFault(f"expected a value of type {wanted}, not {expression.type}", "Convert it with CAST(… AS type).")


NUMERIC = ("integer", "decimal", "approximate")
