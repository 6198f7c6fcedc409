"""Refusing what Trino does not compare or calculate: it casts nothing between texts, numbers, times.

Only what is known for certain is refused (expressions.py leaves the rest without a type).
The words are those of Trino: https://trino.io/docs/current/functions/conversion.html
"""

from __future__ import annotations

from collections.abc import Iterator

import sqlglot
from sqlglot import exp

from helpers.local_aws.athena.errors import QueryError
from helpers.local_aws.athena.expressions import CLOCKS, DAYS, NUMBERS, TEXTS, D, decimal, family, kind_of
from helpers.local_aws.athena.query import Query, place, start

# The operator Trino names: it tells > from < no more once it has parsed them, nor <> from =.
COMPARISONS = {exp.EQ: "=", exp.NEQ: "=", exp.LT: "<", exp.GT: "<", exp.LTE: "<=", exp.GTE: "<="}
ARITHMETIC = {exp.Add: "+", exp.Sub: "-", exp.Mul: "*", exp.Div: "/", exp.Mod: "%"}
WRITTEN = {exp.NEQ: ("<>", "!="), exp.GT: (">",), exp.GTE: (">=",)}
CONCAT = (
    "concat(array(E)) E, concat(E, array(E)) E, concat(array(E), E) E, concat(char(x), char(y)), "
    "concat(varbinary), concat(varchar)"
)
NAMES = {
    D.INT: "integer", D.FLOAT: "real", D.TEXT: "varchar", D.TIMESTAMP: "timestamp(3)", D.TIMESTAMPNTZ: "timestamp(3)",
    D.TIMESTAMPTZ: "timestamp(3) with time zone", D.STRUCT: "row", D.TIME: "time(3)",
}  # fmt: skip
MONTHS = ("YEAR", "QUARTER", "MONTH")
Problem = tuple[int, str, str]  # the offset it stands at, Athena's error name, what it says


def check(query: Query) -> None:
    """QueryError for the first place where types do not fit; the tree must be annotated."""
    if found := sorted(problem for node in query.tree.walk() for problem in _problems(query, node)):
        offset, code, text = found[0]
        raise QueryError(code, f"{place(query.text, offset)}: {text}")


def _problems(query: Query, node: exp.Expr) -> Iterator[Problem]:
    match node:
        case exp.Between():
            low, high = node.args["low"], node.args["high"]
            if _clash([node.this, low, high]):
                text = f"Cannot check if {_name(node.this)} is BETWEEN {_name(low)} and {_name(high)}"
                yield _operator(query, low, ("BETWEEN",)), "TYPE_MISMATCH", text
        case exp.In() if node.expressions:
            yield from _uncommon([node.this, *node.expressions], "IN value and list items")
        case exp.Coalesce():
            yield from _uncommon([node.this, *node.expressions], "All COALESCE operands")
        case exp.Array():
            yield from _uncommon(node.expressions, "All ARRAY elements")
        case exp.Case():
            results = [branch.args["true"] for branch in node.args["ifs"]]
            default = node.args.get("default")
            yield from _uncommon([*results, *([] if default is None else [default])], "All CASE results")
        case exp.DPipe() | exp.Concat():
            parts = [node.left, node.right] if isinstance(node, exp.DPipe) else node.expressions
            if any(family(part) == TEXTS for part in parts) and _clash(parts):
                where = _operator(query, node.right, ("||",)) if isinstance(node, exp.DPipe) else start(node)
                names = ", ".join(_name(part) for part in parts)
                text = f"Unexpected parameters ({names}) for function concat. Expected: {CONCAT}"
                yield where, "FUNCTION_NOT_FOUND", text
        case exp.Binary():
            yield from _binary(query, node)


def _binary(query: Query, node: exp.Binary) -> Iterator[Problem]:
    kind = type(node)
    symbol = COMPARISONS.get(kind) or ARITHMETIC.get(kind)
    if symbol is None:
        return
    if _clash([node.left, node.right]) if kind in COMPARISONS else not _calculable(node):
        text = f"Cannot apply operator: {_name(node.left)} {symbol} {_name(node.right)}"
        yield _operator(query, node.right, WRITTEN.get(kind, (symbol,))), "TYPE_MISMATCH", text


def _clash(nodes: list[exp.Expr]) -> bool:
    """Whether values of different families meet."""
    return len({family(node) for node in nodes} - {None}) > 1


def _calculable(node: exp.Binary) -> bool:
    """Whether Trino has such arithmetic; as long as one side is not known it may."""
    left, right = family(node.left), family(node.right)
    if None in (left, right) or left == right == NUMBERS:
        return True
    match node:
        case exp.Add() | exp.Sub():
            shifts = left in (DAYS, CLOCKS, D.INTERVAL) and right == D.INTERVAL
            more = left == D.INTERVAL if isinstance(node, exp.Add) else left == right
            return shifts or (more and right in (DAYS, CLOCKS))
        case exp.Mul():
            return {left, right} == {D.INTERVAL, NUMBERS}
        case exp.Div():
            return (left, right) == (D.INTERVAL, NUMBERS)
    return False


def _uncommon(nodes: list[exp.Expr], what: str) -> Iterator[Problem]:
    known = [node for node in nodes if family(node) is not None]
    for node in known:
        if family(node) != family(known[0]):
            names = list(dict.fromkeys(_name(each) for each in known))
            text = (
                f"{what} must be the same type or coercible to a common type. Cannot find common type between "
                f"{_name(known[0])} and {_name(node)}, all types (without duplicates): [{', '.join(names)}]"
            )
            yield start(node), "TYPE_MISMATCH", text
            return


def _operator(query: Query, right: exp.Expr, written: tuple[str, ...]) -> int:
    """Where the operator before its right side stands in the text."""
    before = start(right)
    tokens = sqlglot.tokenize(query.text, read="trino")
    return max((t.start for t in tokens if t.start < before and t.text.upper() in written), default=before)


def _name(node: exp.Expr) -> str:
    """The type of an expression as Trino writes it."""
    if isinstance(node, exp.Literal) and node.is_string:
        return f"varchar({len(node.name)})"
    if isinstance(node, exp.Interval):
        unit = str(node.args["unit"]).upper()
        return "interval year to month" if unit.startswith(MONTHS) else "interval day to second"
    return _written(kind_of(node))


def _written(kind: exp.DataType) -> str:
    digits = decimal(kind)
    if kind.this == D.DECIMAL and digits is not None:
        return f"decimal({digits[0]},{digits[1]})"
    name = NAMES.get(kind.this, "interval day to second" if kind.this == D.INTERVAL else kind.this.value.lower())
    inner = [part for part in kind.expressions if isinstance(part, exp.DataType)]
    return f"{name}({', '.join(_written(part) for part in inner)})" if inner else name
