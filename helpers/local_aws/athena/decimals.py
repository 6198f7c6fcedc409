"""Decimals as Trino calculates them, where DuckDB gives a double or other digits: divided, averaged, rounded.

The digits of a result are those expressions.py has told: https://trino.io/docs/current/functions/decimal.html
"""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal, localcontext

from sqlglot import exp

from helpers.local_aws.athena.expressions import INTEGERS, WIDEST, D, decimal, kind_of


def quotient(dividend: str, divisor: str, places: int) -> str:
    """Two decimals divided, the half rounded away from zero; DuckDB calls it as athena_quotient."""
    with localcontext(prec=4 * WIDEST):  # a quotient that ends, and so can be a half, has fewer digits
        exact = Decimal(dividend) / Decimal(divisor)
        return f"{exact.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP):f}"


def division(node: exp.Div) -> exp.Expr:
    """``a / b``, of decimals rounded half up to the larger scale of the two, of integers cut off."""
    left, right = node.left, node.right
    one, other, told = decimal(kind_of(left)), decimal(kind_of(right)), kind_of(node)
    if told.this in (D.FLOAT, D.DOUBLE):
        return _cast(exp.Anonymous(this="athena_divide_doubles", expressions=[left, right]), told)
    if told.this != D.DECIMAL or one is None or other is None:
        name = "athena_divide_integers" if told.this in INTEGERS else "athena_divide"
        return exp.Anonymous(this=name, expressions=[left, right])
    places = exp.Literal.number(max(one[1], other[1]))
    parts = [_digits(left, one[1]), _digits(right, other[1]), places]
    return _cast(exp.Anonymous(this="athena_divide_decimals", expressions=parts), told)


def average(node: exp.Expr) -> exp.Expr:
    """``avg`` of a decimal, with its FILTER and OVER: a decimal of the same digits."""
    inner = node
    while isinstance(inner, (exp.Window, exp.Filter)):
        inner = inner.this
    whole = not isinstance(node.parent, (exp.Window, exp.Filter)) or node.parent.this is not node
    if not isinstance(inner, exp.Avg) or not whole or kind_of(inner).this != D.DECIMAL:
        return node
    averaged = node.copy()
    _guard(next(found for found in averaged.find_all(exp.Avg)))
    return _cast(averaged, kind_of(inner))


def rounding(node: exp.Expr) -> exp.Expr:
    """``round(x, n)`` of a decimal keeps its scale; ``ceil`` and ``floor`` of an integer are integers."""
    told = kind_of(node)
    return node if decimal(told) is None else _cast(_guard(node.copy()), told)


def _guard(node: exp.Expr) -> exp.Expr:
    if (digits := decimal(kind_of(node.this))) is not None:
        node.set("this", _digits(node.this, digits[1]))
    return node


def _digits(value: exp.Expr, scale: int) -> exp.Expr:
    """A number whose scale DuckDB, too, must find to be this; it does where that is written."""
    if isinstance(value, (exp.Literal, exp.Cast)):
        return value
    return exp.Anonymous(this="athena_digits", expressions=[value, exp.Literal.number(scale)])


def _cast(value: exp.Expr, kind: exp.DataType) -> exp.Cast:
    return exp.Cast(this=value, to=kind.copy())
