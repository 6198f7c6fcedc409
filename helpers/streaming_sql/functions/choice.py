"""COALESCE, NULLIF, and pairs of values, which some sliding aggregates are told of."""

from __future__ import annotations

from typing import Any, Final

from ..datatypes import NULL, SqlType, record, widest
from ..expressions import Call, Expression
from .base import Evaluator, Function, TypeFault


def common_type(arguments: tuple[Expression, ...]) -> SqlType:
    """The one type that all alternatives can be read as; TypeFault where there is none."""
    found: SqlType | None = NULL
    for argument in arguments:
        found = None if found is None else widest(found, argument.type)
    if found is None:
        kinds = ", ".join(str(argument.type) for argument in arguments)
        raise TypeFault(f"the alternatives have types that do not mix: {kinds}", "Use CAST on them.")
    return found


def _build_coalesce(call: Call, arguments: tuple[Evaluator, ...]) -> Evaluator:
    def evaluate(row: tuple[Any, ...]) -> Any:
        for argument in arguments:
            value = argument(row)
            if value is not None:
                return value
        return None

    return evaluate


def _null_if(arguments: tuple[Expression, ...]) -> SqlType:
    common_type(arguments)
    return arguments[0].type


def _build_null_if(call: Call, arguments: tuple[Evaluator, ...]) -> Evaluator:
    left, right = arguments

    def evaluate(row: tuple[Any, ...]) -> Any:
        value = left(row)
        return None if value == right(row) else value

    return evaluate


def _paired(arguments: tuple[Expression, ...]) -> SqlType:
    return record((str(number), argument.type) for number, argument in enumerate(arguments, 1))


def _build_pair(call: Call, arguments: tuple[Evaluator, ...]) -> Evaluator:
    first, second = arguments
    return lambda row: (first(row), second(row))


CHOICE: Final[dict[str, Function]] = {
    "COALESCE": Function(1, 100, common_type, _build_coalesce),
    "NULLIF": Function(2, 2, _null_if, _build_null_if),
    "(,)": Function(2, 2, _paired, _build_pair),
}
