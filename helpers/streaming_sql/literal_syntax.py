"""Texts with escapes: u&'\\0009' is a tab, u&'!0009!!' UESCAPE '!' a tab and an exclamation mark.

Source: Amazon Kinesis Data Analytics SQL Reference, "Expressions and Literals" (four hexadecimal
digits); six of them behind a plus sign are SQL:2008's.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from sqlglot import exp
from sqlglot.tokenizer_core import Token

if TYPE_CHECKING:
    from .operands import OperandParser


def unicode_literal(parser: OperandParser, start: Token) -> exp.Expr:
    """u&'…' [UESCAPE 'c'], from the u on."""
    parser._advance(2)
    text = parser._literal().name
    escape = parser._literal().name if parser.word("UESCAPE") else "\\"
    try:
        return exp.Literal.string(unescaped(text, escape)).update_positions(start)
    except ValueError as error:
        raise parser.fail(str(error), token=start) from error


def unescaped(text: str, escape: str) -> str:
    """The text with its escapes resolved; raises ValueError for one that is none.

    >>> unescaped("can't!0020!!", "!")
    "can't !"
    """
    if len(escape) != 1 or re.match(r"[0-9a-fA-F+'\"\s]", escape):
        raise ValueError(f"'{escape}' cannot be an escape character")
    pattern = re.escape(escape) + rf"(?:([0-9a-fA-F]{{4}})|\+([0-9a-fA-F]{{6}})|({re.escape(escape)})|())"

    def character(match: re.Match[str]) -> str:
        four, six, itself, _ = match.groups()
        code = int(four or six or "0", 16)
        if itself:
            return escape
        if not (four or six) or code > 0x10FFFF or 0xD800 <= code <= 0xDFFF:
            raise ValueError(f"'{text[match.start() : match.start() + 5]}' is no character")
        return chr(code)

    return re.sub(pattern, character, text)
