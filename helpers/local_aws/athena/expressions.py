"""The types of a query's expressions, as Trino derives them; left unknown where that cannot be told.

sqlglot follows columns through subqueries; literals, arithmetic and the functions below are told it here.
https://trino.io/docs/current/language/types.html, https://trino.io/docs/current/functions/decimal.html
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from sqlglot import exp
from sqlglot.dialects.trino import Trino
from sqlglot.errors import SqlglotError
from sqlglot.optimizer.annotate_types import annotate_types
from sqlglot.optimizer.qualify import qualify
from sqlglot.schema import MappingSchema

from helpers.local_aws.athena.types import duckdb_type

MARK = "athena node"
WIDEST = 38  # digits of a decimal
D = exp.DType
Kind = exp.DataType | exp.DType
TEXTS = frozenset({D.VARCHAR, D.CHAR, D.TEXT})
INTEGERS = {D.TINYINT: 3, D.SMALLINT: 5, D.INT: 10, D.BIGINT: 19}  # and the digits they have as decimals
NUMBERS = frozenset({*INTEGERS, D.FLOAT, D.DOUBLE, D.DECIMAL})
DAYS = frozenset({D.DATE, D.TIMESTAMP, D.TIMESTAMPNTZ, D.TIMESTAMPTZ})
CLOCKS = frozenset({D.TIME, D.TIMETZ})
FAMILIES = (TEXTS, NUMBERS, DAYS, CLOCKS)
SINGLE = (D.BOOLEAN, D.VARBINARY, D.INTERVAL, D.ARRAY, D.MAP, D.JSON)


def annotate(tree: exp.Expr, views: Mapping[str, Mapping[str, str]]) -> None:
    """Give the nodes of a tree, whose tables are views with columns of these Hive types, their types."""
    nodes = list(tree.walk())
    for number, node in enumerate(nodes):
        node.type = None
        node.meta[MARK] = number
    schema = MappingSchema(dialect="trino", normalize=False)
    for name, columns in views.items():
        kinds = {c: exp.DataType.build(duckdb_type(kind), dialect="duckdb") for c, kind in columns.items()}
        schema.add_table(exp.to_table(f'"{name}"', dialect="trino"), kinds)
    copy = tree.copy()
    try:
        copy = qualify(copy, schema=schema, dialect="trino", validate_qualify_columns=False, identify=False)
    except SqlglotError:
        return  # a query that sqlglot cannot follow; DuckDB says what is wrong with it if anything is
    for node in annotate_types(copy, schema=schema, expression_metadata=RULES, dialect="trino").walk():
        mark = node.meta.get(MARK)
        if mark is not None and nodes[mark].type is None:
            nodes[mark].type = node.type


def family(node: exp.Expr) -> object:
    """What a node or a type can be compared with: the same family; None for one that is not known."""
    found = (node if isinstance(node, exp.DataType) else kind_of(node)).this
    return next((f for f in FAMILIES if found in f), found if found in SINGLE else None)


def decimal(kind: exp.DataType) -> tuple[int, int] | None:
    """Precision and scale of a decimal, and of an integer where it meets one; None for other types."""
    if kind.this in INTEGERS:
        return INTEGERS[kind.this], 0
    if kind.this != D.DECIMAL or not kind.expressions:
        return None
    digits = [int(part.name) for part in kind.expressions]
    return digits[0], digits[1] if len(digits) > 1 else 0


def as_decimal(precision: int, scale: int) -> exp.DataType:
    """The type decimal(precision, scale)."""
    return exp.DataType.build(f"DECIMAL({min(precision, WIDEST)}, {scale})")


def kind_of(node: exp.Expr) -> exp.DataType:
    """The type of an annotated node; UNKNOWN if it is not known."""
    return node.type or exp.DataType(this=D.UNKNOWN)


def _literal(node: exp.Literal) -> Kind:
    text = node.name
    if node.is_string:
        return D.VARCHAR
    if "e" in text.lower():
        return D.DOUBLE
    if "." not in text:
        return D.INT if int(text) < 2**31 else D.BIGINT
    whole, _, part = text.partition(".")
    return as_decimal(max(len(whole.lstrip("0")) + len(part), 1), len(part))


def _arithmetic(node: exp.Binary) -> Kind:
    left, right = kind_of(node.left), kind_of(node.right)
    kinds = family(left), family(right)
    if kinds == (NUMBERS, NUMBERS):
        return _number(node, left, right)
    if D.INTERVAL in kinds and (NUMBERS in kinds or kinds[0] == kinds[1]):
        return D.INTERVAL
    if kinds in ((DAYS, D.INTERVAL), (CLOCKS, D.INTERVAL)):
        return left
    if kinds in ((D.INTERVAL, DAYS), (D.INTERVAL, CLOCKS)):
        return right
    if isinstance(node, exp.Sub) and kinds in ((DAYS, DAYS), (CLOCKS, CLOCKS)):
        return D.INTERVAL
    return D.UNKNOWN


def _number(node: exp.Expr, left: exp.DataType, right: exp.DataType) -> Kind:
    for kind in (D.DOUBLE, D.FLOAT):
        if kind in (left.this, right.this):
            return kind
    if D.DECIMAL not in (left.this, right.this):
        return max(left, right, key=lambda kind: INTEGERS[kind.this])
    one, other = decimal(left), decimal(right)
    return D.UNKNOWN if one is None or other is None else decimal_result(node, *one, *other)


def decimal_result(node: exp.Expr, p: int, s: int, q: int, t: int) -> Kind:
    """The type of arithmetic with decimal(p, s) and decimal(q, t)."""
    scale = max(s, t)
    match node:
        case exp.Mul():
            return as_decimal(p + q, s + t)
        case exp.Div():
            return as_decimal(p + t + max(t - s, 0), scale)
        case exp.Mod():
            return as_decimal(min(p - s, q - t) + scale, scale)
    return as_decimal(max(p - s, q - t) + scale + 1, scale)


def _sum(node: exp.Sum) -> Kind:
    kind = kind_of(node.this)
    if kind.this in INTEGERS:
        return D.BIGINT
    digits = decimal(kind)
    return kind if digits is None else as_decimal(WIDEST, digits[1])


def _avg(node: exp.Avg) -> Kind:
    kind = kind_of(node.this)
    if kind.this in (D.DECIMAL, D.FLOAT, D.INTERVAL):
        return kind
    return D.DOUBLE if kind.this in NUMBERS else D.UNKNOWN


def _round(node: exp.Expr) -> Kind:
    kind = kind_of(node.this)
    if kind.this != D.DECIMAL or (digits := decimal(kind)) is None:
        return kind
    if node.args.get("decimals") is not None:
        return as_decimal(digits[0] + 1, digits[1])
    return as_decimal(digits[0] - digits[1] + min(1, digits[1]), 0)


def _common(*parts: str) -> dict[str, Any]:
    """The rule of a function whose result has the common type of these arguments."""

    def find(node: exp.Expr) -> Kind:
        found = [kind_of(item) for part in parts for item in _arguments(node, part)]
        kinds = [kind for kind in found if kind.this != D.NULL]
        families = {family(kind) for kind in kinds}
        if len(families) != 1 or None in families:
            return D.UNKNOWN
        digits = [decimal(kind) for kind in kinds]
        exact = [pair for pair in digits if pair is not None]
        if any(kind.this == D.DECIMAL for kind in kinds) and len(exact) == len(digits):
            scale = max(s for _, s in exact)
            return as_decimal(max(p - s for p, s in exact) + scale, scale)
        return max(kinds, key=lambda kind: WIDER.index(kind.this) if kind.this in WIDER else -1)

    return _rule(find)


def _arguments(node: exp.Expr, part: str) -> list[exp.Expr]:
    """The results in an argument: those of its branches where it is the list of a CASE's WHENs."""
    value = node.args.get(part)
    items = value if isinstance(value, list) else [] if value is None else [value]
    return [item.args["true"] if isinstance(node, exp.Case) and isinstance(item, exp.If) else item for item in items]


def _unnest(node: exp.Unnest) -> Kind:
    """The type of the one column there is; an array of rows has several, a map two, and ORDINALITY one more."""
    kind = kind_of(node.expressions[0])
    alone = len(node.expressions) == 1 and not node.args.get("offset")
    if not alone or kind.this != D.ARRAY or not kind.expressions:
        return D.UNKNOWN
    return D.UNKNOWN if kind.expressions[0].this == D.STRUCT else kind.expressions[0]


def _subscript(node: exp.Bracket) -> Kind:
    kind = kind_of(node.this)
    position = {D.ARRAY: 0, D.MAP: 1}.get(kind.this)
    return D.UNKNOWN if position is None or len(kind.expressions) <= position else kind.expressions[position]


def _same(node: exp.Expr) -> Kind:
    return kind_of(node.this)


def _named(node: exp.Anonymous) -> Kind:
    return NAMED.get(node.name.lower(), D.UNKNOWN)


def _rule(find: Callable[[Any], Kind]) -> dict[str, Any]:
    def annotator(annotating: Any, node: exp.Expr) -> exp.Expr:
        annotating._set_type(node, find(node))  # how sqlglot's own rules do it
        return node

    return {"annotator": annotator}


WIDER = (*INTEGERS, D.FLOAT, D.DOUBLE, D.DATE, D.TIMESTAMPNTZ, D.TIMESTAMP, D.TIMESTAMPTZ)
# Functions sqlglot has no node for.
NAMED = {
    "to_iso8601": D.VARCHAR, "to_hex": D.VARCHAR, "map_agg": D.MAP, "histogram": D.MAP,
    "every": D.BOOLEAN, "is_finite": D.BOOLEAN, "is_infinite": D.BOOLEAN, "millisecond": D.BIGINT,
    "json_array_length": D.BIGINT, "infinity": D.DOUBLE, "nan": D.DOUBLE, "e": D.DOUBLE, "from_hex": D.VARBINARY,
}  # fmt: skip
# Functions of which sqlglot says nothing, or another type than Trino's.
RETURNS = {
    D.VARCHAR: (
        exp.JSONExtractScalar, exp.JSONFormat, exp.RegexpExtract, exp.RegexpReplace, exp.Replace, exp.Reverse,
        exp.Pad, exp.SplitPart, exp.Hex, exp.Typeof,
    ),
    D.BIGINT: (
        exp.Year, exp.Quarter, exp.Month, exp.Week, exp.WeekOfYear, exp.Day, exp.DayOfMonth, exp.DayOfWeek,
        exp.DayOfWeekIso, exp.DayOfYear, exp.Hour, exp.Minute, exp.Second, exp.Extract, exp.DateDiff,
    ),
    D.DOUBLE: (exp.TimeToUnix,),
    D.DATE: (exp.FromISO8601Date,),
    D.TIMESTAMP: (exp.Localtimestamp,),
    D.TIMESTAMPTZ: (exp.FromISO8601Timestamp, exp.UnixToTime, exp.CurrentTimestamp),
    D.JSON: (exp.JSONExtract,),
    D.MAP: (exp.MapFromEntries,),
}  # fmt: skip
RULES: dict[Any, Any] = {
    **Trino.EXPRESSION_METADATA,
    **{node: {"returns": kind} for kind, nodes in RETURNS.items() for node in nodes},
    **dict.fromkeys((exp.Add, exp.Sub, exp.Mul, exp.Div, exp.Mod), _rule(_arithmetic)),
    **dict.fromkeys((exp.TimestampTrunc, exp.DateTrunc, exp.DateAdd, exp.ApproxQuantile, exp.Try), _rule(_same)),
    **dict.fromkeys((exp.Coalesce, exp.Greatest, exp.Least), _common("this", "expressions")),
    exp.Case: _common("ifs", "default"),
    exp.If: _common("true", "false"),
    exp.Bracket: _rule(_subscript),
    exp.Literal: _rule(_literal),
    exp.Split: _rule(lambda _: exp.DataType.build("ARRAY<VARCHAR>")),
    exp.Sum: _rule(_sum),
    exp.Unnest: _rule(_unnest),
    exp.Avg: _rule(_avg),
    **dict.fromkeys((exp.Round, exp.Ceil, exp.Floor), _rule(_round)),
    exp.Anonymous: _rule(_named),
}
