"""Arithmetic on numbers, timestamps and intervals, with the errors a row can meet.

Whole numbers stay whole (division truncates towards zero), an approximate operand makes the result
approximate, DECIMAL keeps at most 19 digits. Overflow and division by zero raise RowError.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any, Final

from ..datatypes import (
    BIGINT,
    DOUBLE,
    INTEGER_RANGES,
    INTERVAL,
    MAX_PRECISION,
    TIMESTAMP,
    SqlType,
    decimal,
    digits,
    widest,
)
from ..errors import RowError
from ..expressions import Call, Expression
from .base import NUMERIC, Evaluator, Function, TypeFault, need, strict
from .time import checked

Operation = Callable[[Any, Any], Any]


def overflow(sqltype: SqlType) -> RowError:
    return RowError("Numeric overflow", f"the result does not fit into {sqltype}")


def division_by_zero() -> RowError:
    return RowError("Division by zero", "the divisor is zero")


def _divide_whole(x: int, y: int) -> int:
    quotient = abs(x) // abs(y)
    return quotient if (x < 0) == (y < 0) else -quotient


def _remainder(x: Any, y: Any) -> Any:
    return math.fmod(x, y) if isinstance(x, float) or isinstance(y, float) else x - y * int(x / y)


def _remainder_whole(x: int, y: int) -> int:
    return x - y * _divide_whole(x, y)


def on_integers(operation: Operation, sqltype: SqlType) -> Operation:
    low, high = INTEGER_RANGES[sqltype.name]

    def compute(x: int, y: int) -> int:
        try:
            result: int = operation(x, y)
        except ZeroDivisionError:
            raise division_by_zero() from None
        if low <= result <= high:
            return result
        raise overflow(sqltype)

    return compute


def on_floats(operation: Operation, sqltype: SqlType) -> Operation:
    def compute(x: Any, y: Any) -> float:
        try:
            result = float(operation(float(x), float(y)))
        except (ZeroDivisionError, ValueError):  # the latter from fmod
            raise division_by_zero() from None
        except OverflowError:
            raise overflow(sqltype) from None
        if math.isfinite(result):
            return result
        raise overflow(sqltype)

    return compute


def on_decimals(operation: Operation, sqltype: SqlType) -> Operation:
    unit = Decimal(1).scaleb(-(sqltype.scale or 0))
    limit = Decimal(10) ** ((sqltype.length or MAX_PRECISION) - (sqltype.scale or 0))

    def compute(x: Any, y: Any) -> Decimal:
        try:
            result = Decimal(operation(Decimal(x), Decimal(y)))
        except (ZeroDivisionError, InvalidOperation):
            raise division_by_zero() from None
        if abs(result) < limit:
            return result.quantize(unit, rounding=ROUND_HALF_UP)
        raise overflow(sqltype)

    return compute


_APPLY: Final = {"integer": on_integers, "approximate": on_floats, "decimal": on_decimals}


def _number_type(symbol: str, left: SqlType, right: SqlType) -> SqlType:
    result = widest(left, right)
    assert result is not None  # numbers always mix
    if result.family != "decimal":
        return result
    (p1, s1), (p2, s2) = digits(left), digits(right)
    if symbol == "*":  # digits before the point are kept rather than digits behind it
        whole = (p1 - s1) + (p2 - s2)
        return decimal(p1 + p2, max(min(s1 + s2, MAX_PRECISION - whole), 0))
    if symbol == "/":
        whole = p1 - s1 + s2
        return decimal(MAX_PRECISION, max(min(max(6, s1 + p2 + 1), MAX_PRECISION - whole), 0))
    return decimal((result.length or MAX_PRECISION) + 1, result.scale or 0)


def _on_time(operation: Operation, sqltype: SqlType) -> Operation:
    def compute(x: Any, y: Any) -> int:
        try:
            result = int(operation(x, y))
        except ZeroDivisionError:
            raise division_by_zero() from None
        return checked(result) if sqltype.family == "timestamp" else result

    return compute


# (symbol, left family, right family) -> result; what is not here is numbers or an error
_TIMES: Final[dict[tuple[str, str, str], SqlType]] = {
    ("+", "timestamp", "interval"): TIMESTAMP,
    ("+", "interval", "timestamp"): TIMESTAMP,
    ("-", "timestamp", "interval"): TIMESTAMP,
    ("-", "timestamp", "timestamp"): INTERVAL,
    ("+", "interval", "interval"): INTERVAL,
    ("-", "interval", "interval"): INTERVAL,
    ("*", "interval", "integer"): INTERVAL,
    ("*", "integer", "interval"): INTERVAL,
    ("/", "interval", "integer"): INTERVAL,
}


def _result(symbol: str) -> Callable[[tuple[Expression, ...]], SqlType]:
    def result(arguments: tuple[Expression, ...]) -> SqlType:
        left, right = (argument.type for argument in arguments)
        time = _TIMES.get((symbol, left.family, right.family))
        if time:
            return time
        if "null" in (left.family, right.family) and (left.is_numeric or right.is_numeric):
            return left if left.is_numeric else right
        if left.is_numeric and right.is_numeric:
            return _number_type(symbol, left, right)
        raise TypeFault(f"{left} {symbol} {right} cannot be computed", _hint(symbol, left, right))

    return result


def _hint(symbol: str, left: SqlType, right: SqlType) -> str:
    if symbol == "+" and "character" in (left.family, right.family):
        return "Texts are joined with ||; there is no implicit conversion: use CAST."
    return "There is no implicit conversion: use CAST."


def _arithmetic(symbol: str, operation: Operation, whole: Operation | None = None) -> Function:
    def build(call: Call, arguments: tuple[Evaluator, ...]) -> Evaluator:
        if not call.type.is_numeric:
            return strict(_on_time(whole or operation, call.type))(call, arguments)
        exact = whole if whole and call.type.family == "integer" else operation
        return strict(_APPLY[call.type.family](exact, call.type))(call, arguments)

    return Function(2, 2, _result(symbol), build)


def _numeric(arguments: tuple[Expression, ...]) -> SqlType:
    for argument in arguments:
        need(argument, *NUMERIC)
    return arguments[0].type


def _signed(arguments: tuple[Expression, ...]) -> SqlType:
    need(arguments[0], *NUMERIC, "interval")
    return arguments[0].type


def _build_negative(call: Call, arguments: tuple[Evaluator, ...]) -> Evaluator:
    if call.type.family == "integer":
        subtract = on_integers(operator.sub, call.type)
        return strict(lambda value: subtract(0, value))(call, arguments)
    return strict(operator.neg)(call, arguments)


def _approximate(arguments: tuple[Expression, ...]) -> SqlType:
    _numeric(arguments)
    return DOUBLE


def _on_float(name: str, function: Callable[..., float]) -> Function:
    def compute(*values: Any) -> float:
        try:
            return float(function(*map(float, values)))
        except (ValueError, ZeroDivisionError):
            given = ", ".join(map(str, values))
            raise RowError("Invalid argument", f"{name}({given}) is not defined") from None
        except OverflowError:
            raise overflow(DOUBLE) from None

    count = 2 if name == "POWER" else 1
    return Function(count, count, _approximate, strict(compute))


def _whole_number(arguments: tuple[Expression, ...]) -> SqlType:
    need(arguments[0], *NUMERIC)
    family = arguments[0].type.family
    return BIGINT if family == "decimal" else arguments[0].type


def rounding(function: Callable[[Any], int]) -> Callable[[Call, tuple[Evaluator, ...]], Evaluator]:
    """FLOOR and CEIL of a number, in the number's own type."""

    def build(call: Call, arguments: tuple[Evaluator, ...]) -> Evaluator:
        kind = float if call.type.family == "approximate" else int
        return strict(lambda value: kind(function(value)))(call, arguments)

    return build


ARITHMETIC: Final[dict[str, Function]] = {
    "+": _arithmetic("+", operator.add),
    "-": _arithmetic("-", operator.sub),
    "*": _arithmetic("*", operator.mul),
    "/": _arithmetic("/", operator.truediv, _divide_whole),
    "MOD": Function(2, 2, _result("MOD"), _arithmetic("MOD", _remainder, _remainder_whole).build),
    "-x": Function(1, 1, _signed, _build_negative),
    "ABS": Function(1, 1, _signed, strict(abs)),
    "FLOOR": Function(1, 1, _whole_number, rounding(math.floor)),
    "CEIL": Function(1, 1, _whole_number, rounding(math.ceil)),
    "SQRT": _on_float("SQRT", math.sqrt),
    "EXP": _on_float("EXP", math.exp),
    "LN": _on_float("LN", math.log),
    "LOG10": _on_float("LOG10", math.log10),
    "POWER": _on_float("POWER", math.pow),
}
