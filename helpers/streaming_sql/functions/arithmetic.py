"""Arithmetic on numbers, moments and intervals, with the errors a row can meet.

Whole numbers stay whole (division truncates towards zero), an approximate operand makes the result
approximate. DECIMAL keeps at most 19 digits, as "Data Types" has it ("Numeric Types and Precision",
whose rules for the digits of a result are followed, says 18). Overflow and division by zero raise
RowError. A difference of two moments without a unit behind it, which the service refused, is allowed.

Source: Amazon Kinesis Data Analytics SQL Reference, "Streaming SQL Operators", "Numeric Types and
Precision", "Date, Timestamp, and Interval Operators" and "Numeric Functions".
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
    SqlType,
    decimal,
    digits,
    widest,
)
from ..errors import RowError
from ..expressions import Call, Expression
from .base import NUMERIC, Evaluator, Function, TypeFault, need, strict
from .time import checked, milliseconds_of, value_of

Operation = Callable[[Any, Any], Any]


def overflow(sqltype: SqlType) -> RowError:
    return RowError("Numeric overflow", f"the result does not fit into {sqltype}")


def division_by_zero() -> RowError:
    return RowError("Division by zero", "the divisor is zero")


def _divide_whole(x: int, y: int) -> int:
    quotient = abs(x) // abs(y)
    return quotient if (x < 0) == (y < 0) else -quotient


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
        except ZeroDivisionError:
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
    if symbol == "*":
        return decimal(p1 + p2, min(s1 + s2, MAX_PRECISION))
    if symbol == "/":  # the first one's scale, then whole digits enough, then more behind the point
        whole = p1 - s1 + s2
        scale = max(min(max(6, s1 + p2 + 1), MAX_PRECISION - whole), s1)
        return decimal(whole + scale, scale)
    return decimal((result.length or MAX_PRECISION) + 1, result.scale or 0)


def _on_time(operation: Operation, sqltype: SqlType, families: set[str]) -> Operation:
    def compute(x: Any, y: Any) -> int:
        try:
            result = int(operation(x, y))
        except ZeroDivisionError:
            raise division_by_zero() from None
        return checked(result) if sqltype.family == "timestamp" else result

    if not families & {"date", "time"}:
        return compute
    # DATE and TIME are computed in milliseconds
    result_family = sqltype.family
    if result_family == "interval":
        return lambda x, y: compute(milliseconds_of(x), milliseconds_of(y))
    return lambda x, y: value_of(compute(milliseconds_of(x), milliseconds_of(y)), result_family)


_MOMENTS: Final = ("timestamp", "date", "time")


def _time_type(symbol: str, left: SqlType, right: SqlType) -> SqlType | None:
    """What arithmetic on moments and intervals gives; None where it is numbers or an error."""
    match symbol, left.family, right.family:
        case ("+" | "-", family, "interval") if family in _MOMENTS:
            return left
        case ("+", "interval", family) if family in _MOMENTS:
            return right
        case ("-", family, other) if family == other in _MOMENTS:
            return INTERVAL
        case ("+" | "-", "interval", "interval"):
            return widest(left, right)
        case ("*" | "/", "interval", _) if right.is_numeric:
            return left
        case ("*", _, "interval") if left.is_numeric:
            return right
        case _:
            return None


def _result(symbol: str) -> Callable[[tuple[Expression, ...]], SqlType]:
    def result(arguments: tuple[Expression, ...]) -> SqlType:
        left, right = (argument.type for argument in arguments)
        time = _time_type(symbol, left, right)
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
            families = {argument.type.family for argument in call.arguments}
            exact = whole if whole and families <= {"interval", "integer"} else operation
            return strict(_on_time(exact, call.type, families))(call, arguments)
        exact = whole if whole and call.type.family == "integer" else operation
        return strict(_APPLY[call.type.family](exact, call.type))(call, arguments)

    return Function(2, 2, _result(symbol), build)


def _mod_type(arguments: tuple[Expression, ...]) -> SqlType:
    for argument in arguments:
        if argument.type.family not in ("integer", "null"):
            raise TypeFault(f"MOD takes whole numbers, not {argument.type}", "CAST it to INTEGER.")
    return _result("MOD")(arguments)


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
    "MOD": Function(2, 2, _mod_type, _arithmetic("MOD", operator.mod, _remainder_whole).build),
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
