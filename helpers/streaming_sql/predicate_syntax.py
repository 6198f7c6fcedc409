"""How a script writes conditions beyond comparisons: IS …, IS DISTINCT FROM, and periods of time.

A period is two times in parentheses: `PERIOD (a, b) OVERLAPS (c, d)`, PERIOD may be left out. What is
standard SQL of the temporal predicates is here; the documentation tells of the others (LEADS, LAGS,
STRICTLY …) by pictures only, so they are refused, as are chains of them without AND.

Source: Amazon Kinesis Data Analytics SQL Reference, "Logical Operators" and "Temporal Predicates";
SQL:2011 for the seven predicates.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlglot import exp
from sqlglot.tokenizer_core import Token, TokenType

if TYPE_CHECKING:
    from .operands import OperandParser

_TRUTHS: Final = {TokenType.NULL: None, TokenType.TRUE: True, TokenType.FALSE: False}
_PICTURED: Final = ("STRICTLY", "LEADS", "LAGS")
# predicate -> what must hold of the bounds: (left start or end, comparison, right start or end)
_PERIODS: Final[dict[str, list[tuple[int, type[exp.Expr], int]]]] = {
    "OVERLAPS": [(0, exp.LT, 1), (1, exp.GT, 0)],
    "EQUALS": [(0, exp.EQ, 0), (1, exp.EQ, 1)],
    "CONTAINS": [(0, exp.LTE, 0), (1, exp.GTE, 1)],
    "PRECEDES": [(1, exp.LTE, 0)],
    "SUCCEEDS": [(0, exp.GTE, 1)],
    "IMMEDIATELY PRECEDES": [(1, exp.EQ, 0)],
    "IMMEDIATELY SUCCEEDS": [(0, exp.EQ, 1)],
}
DISTINCT: Final = "IS DISTINCT FROM"  # as a call, with a name no script can write


def is_test(parser: OperandParser, this: exp.Expr | None) -> exp.Expr:
    """What follows IS: [NOT] NULL, TRUE, FALSE, UNKNOWN or DISTINCT FROM value."""
    start = parser._prev
    negated = parser.word("NOT")
    if parser.word("DISTINCT"):
        parser.expect("FROM")
        other = parser._parse_bitwise()
        assert this is not None and other is not None  # _parse_type raises where no operand stands
        node = parser.call(DISTINCT, start, this, other)
        return exp.Not(this=node) if negated else node
    token = parser._curr
    unknown = parser.word("UNKNOWN")
    if not unknown and not parser._match_set(tuple(_TRUTHS)):
        raise parser.fail("expected NULL, TRUE, FALSE, UNKNOWN or DISTINCT FROM after IS")
    value = None if unknown else _TRUTHS[token.token_type]
    operand = (exp.Null() if value is None else exp.Boolean(this=value)).update_positions(token)
    test = exp.Is(this=this, expression=operand)
    return exp.Not(this=test) if negated else test


def period_predicate(parser: OperandParser, start: Token, begin: exp.Expr) -> exp.Expr:
    """The rest of `(begin, end) PREDICATE (from, to)`, from the comma on."""
    left = (begin, _end(parser))
    name = next((name for name in _PERIODS if parser.word(*name.split())), None)
    if name is None:
        known = ", ".join(_PERIODS)
        if parser._curr.text.upper() in _PICTURED or parser.ahead("IMMEDIATELY"):
            raise parser.fail(f"{parser._curr.text.upper()} of periods is not supported", f"Use {known}.")
        raise parser.fail("expected a predicate of periods", f"One of {known}.")
    moment = name == "CONTAINS" and not parser.ahead("(") and not parser.ahead("PERIOD")
    if moment:  # PERIOD (s, e) CONTAINS t: s <= t AND t < e
        point = parser._parse_bitwise()
        return _all(_compared(exp.LTE, left[0], point), _compared(exp.GT, left[1], point))
    right = _period(parser)
    if parser._curr.text.upper() in {word for name in _PERIODS for word in name.split()[:1]}:
        raise parser.fail("a chain of periods is not supported", "Put AND between, and repeat the period.")
    return _all(*(_compared(kind, left[i], right[j]) for i, kind, j in _PERIODS[name]))


def _period(parser: OperandParser) -> tuple[exp.Expr, exp.Expr]:
    parser.word("PERIOD")
    parser.expect("(")
    return parser.expression_of("("), _end(parser)


def _end(parser: OperandParser) -> exp.Expr:
    if not parser._match(TokenType.COMMA):
        raise parser.fail("expected , and the end of the period")
    end = parser.expression_of(",")
    parser.expect(")")
    return end


def _compared(kind: type[exp.Expr], left: exp.Expr, right: exp.Expr | None) -> exp.Expr:
    return kind(this=left.copy(), expression=right.copy() if right else None)


def _all(*conditions: exp.Expr) -> exp.Expr:
    first, *others = conditions
    for other in others:
        first = exp.And(this=first, expression=other)
    return exp.Paren(this=first)
