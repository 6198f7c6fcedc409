"""How a script writes windows: OVER, WINDOW … AS and WINDOWED BY STAGGER.

Sources: Amazon Kinesis Data Analytics SQL Reference, "WINDOW Clause (Sliding Windows)" and "Allowed
and Disallowed Window Specifications"; developer guide, "Stagger Windows".
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlglot import exp
from sqlglot.tokenizer_core import TokenType

from .syntax import Name, SortItem, Span, StaggerSpec, WindowSpec, span

if TYPE_CHECKING:
    from .operands import OperandParser, SyntaxFault

BACKWARD = "A window reaches back from the current row: RANGE INTERVAL '1' MINUTE PRECEDING or ROWS 10 PRECEDING."


def over_clause(parser: OperandParser) -> Name | WindowSpec:
    """What follows OVER: the name of a window, or a specification in parentheses."""
    if parser.ahead("("):
        return specification(parser)
    parser.word("WINDOW")  # OVER WINDOW name is SQLstream's older form
    return parser.name("a window name or (")


def window_clause(parser: OperandParser) -> tuple[tuple[Name, WindowSpec], ...]:
    """WINDOW name AS (…), name AS (…)."""
    return tuple(parser._parse_csv(lambda: _definition(parser))) if parser.word("WINDOW") else ()


def _definition(parser: OperandParser) -> tuple[Name, WindowSpec]:
    name = parser.name("a window name")
    parser.expect("AS")
    return name, specification(parser)


def specification(parser: OperandParser) -> WindowSpec:
    """([PARTITION BY …] RANGE INTERVAL … PRECEDING | ROWS n PRECEDING | … CURRENT ROW)."""
    start = parser._curr
    parser.expect("(")
    partition = _partition(parser)
    if parser._match(TokenType.ORDER_BY, advance=False):
        raise parser.fail("ORDER BY is not allowed inside a window", "Rows of a stream are in order of ROWTIME.")
    unit = _unit(parser)
    extent = _bounds(parser)
    parser.expect(")")
    return WindowSpec(partition, unit, extent, Span(start.start, parser._prev.end))


def stagger_clause(parser: OperandParser) -> StaggerSpec | None:
    """WINDOWED BY STAGGER (PARTITION BY … RANGE INTERVAL …)."""
    start = parser._curr
    if not parser.word("WINDOWED"):
        return None
    parser.expect("BY", "STAGGER", "(")
    partition = _partition(parser)
    if not partition:
        raise parser.fail("expected PARTITION BY", "A stagger window opens with the first row of its key.")
    parser.expect("RANGE")
    if not parser.ahead("INTERVAL"):
        raise parser.fail("expected INTERVAL", "For example RANGE INTERVAL '1' MINUTE.")
    length = parser.expression_of("RANGE")
    parser.expect(")")
    return StaggerSpec(partition, length, Span(start.start, parser._prev.end))


def order_by_clause(parser: OperandParser) -> tuple[SortItem, ...]:
    if not parser._match(TokenType.ORDER_BY):
        return ()
    return tuple(parser._parse_csv(lambda: _sort_item(parser)))


def _sort_item(parser: OperandParser) -> SortItem:
    node = parser.expression_of("ORDER BY")
    descending = parser.word("DESC")
    if not descending:
        parser.word("ASC")
    if parser.ahead("WITHIN"):
        raise parser.fail(
            "sorting by event time (WITHIN) is not supported", "Order by ROWTIME, or use a stagger window."
        )
    return SortItem(node, descending, span(node))


def _partition(parser: OperandParser) -> tuple[exp.Expr, ...]:
    if not parser._match(TokenType.PARTITION_BY):
        return ()
    return tuple(parser._parse_csv(lambda: parser.expression_of("PARTITION BY")))


def _unit(parser: OperandParser) -> str:
    unit = next((unit for unit in ("RANGE", "ROWS") if parser.word(unit)), None)
    if unit is None:
        raise parser.fail("expected RANGE or ROWS", BACKWARD)
    return unit


def _bounds(parser: OperandParser) -> exp.Expr | None:
    """How far back the window reaches; None is CURRENT ROW."""
    between = parser.word("BETWEEN")
    extent = _bound(parser)
    if between:
        parser.expect("AND")
        if not parser.word("CURRENT", "ROW"):
            raise _refused(parser, "a window must end with CURRENT ROW")
    return extent


def _bound(parser: OperandParser) -> exp.Expr | None:
    if parser.word("CURRENT", "ROW"):
        return None
    if parser.ahead("UNBOUNDED"):
        raise _refused(parser, "an unbounded window is not supported")
    extent = parser._parse_bitwise()  # not a whole condition: BETWEEN … AND follows the ladder above
    assert extent is not None  # _parse_type raises where no operand stands
    if parser.ahead("FOLLOWING"):
        raise _refused(parser, "a window into the future is not supported")
    if not parser.word("PRECEDING"):
        raise parser.fail("expected PRECEDING", BACKWARD)
    return extent


def _refused(parser: OperandParser, message: str) -> SyntaxFault:
    return parser.fail(message, BACKWARD)
