"""From the text of a script to its statements, with every failure told as a SqlError."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final, cast

from sqlglot.errors import TokenError
from sqlglot.tokenizer_core import Token, TokenType

from .dialect import KinesisParser, KinesisSql
from .errors import SqlError
from .operands import SyntaxFault
from .syntax import Span, Statement, error_at

MAX_SCRIPT_BYTES: Final = 100 * 1024
MAX_BRACKETS: Final = 50  # open at once: well before the interpreter's own limit, which others may have moved


def parse(script: str) -> tuple[Statement, ...]:
    """Read a script.

    Raises SqlError at the first thing that is no Kinesis Analytics SQL, or for a script of more
    than 100 KB (the service's limit on application code).
    """
    data = script.encode("utf-8", "surrogatepass")
    if len(data) > MAX_SCRIPT_BYTES:
        end = len(data[:MAX_SCRIPT_BYTES].decode("utf-8", "ignore"))
        hint = "Shorten it, or split it into two applications."
        raise error_at(script, Span(end, end + 20), "the script is larger than 100 KB", hint)
    dialect = KinesisSql()
    try:
        tokens = dialect.tokenize(script)
    except TokenError as error:
        place = _unclosed(script)
        raise error_at(
            script, Span(place, place), "a text, a name or a comment is opened here but not closed"
        ) from error
    _refuse_blocks(script, tokens)
    _refuse_depth(script, tokens)
    parser = cast(KinesisParser, dialect.parser())
    try:
        parsed = parser._parse(KinesisParser.statement, tokens, script)  # type: ignore[arg-type]
    except SyntaxFault as fault:
        raise _placed(script, fault, parser) from fault
    except RecursionError as error:
        raise _placed(script, SyntaxFault("expressions are nested too deeply", None), parser) from error
    statements = cast(list[Statement | None], parsed)
    return tuple(statement for statement in statements if statement is not None)


def check_syntax(script: str) -> None:
    """Read a script without looking at names and types; SqlError for the first thing that is no SQL."""
    parse(script)


def _refuse_blocks(script: str, tokens: Sequence[Token]) -> None:
    """sqlglot takes BEGIN, ELSE and END between statements for procedural blocks, and would pass over what follows."""
    for before, token in zip([None, *tokens], tokens, strict=False):
        starts = before is None or before.token_type == TokenType.SEMICOLON
        if starts and token.token_type in (TokenType.BEGIN, TokenType.ELSE, TokenType.END):
            raise error_at(script, Span(token.start, token.end), f"no statement begins with {token.text.upper()}")


def _refuse_depth(script: str, tokens: Sequence[Token]) -> None:
    depth = 0
    for token in tokens:
        depth += (token.token_type == TokenType.L_PAREN) - (token.token_type == TokenType.R_PAREN)
        if depth > MAX_BRACKETS:
            hint = "Split it up over several streams."
            raise error_at(
                script, Span(token.start, token.end), f"more than {MAX_BRACKETS} brackets are open here", hint
            )


def _placed(script: str, fault: SyntaxFault, parser: KinesisParser) -> SqlError:
    """A fault at the end of the script has no token: point at the last one there was."""
    where = fault.where
    if where is None:
        last = parser._curr or parser._prev
        where = Span(last.end + 1, last.end + 1) if last else Span(0, 0)
    message = fault.message
    if message == "Invalid expression / Unexpected token":
        message = "the statement should end here"
        fault.hint = "Is a semicolon or a comma missing before it?"
    return error_at(script, where, message, fault.hint)


_CLOSED = re.compile(r"""'(?:[^']|'')*'|"(?:[^"]|"")*"|--[^\n]*|/\*.*?\*/|[^'"/-]|[/-](?![*-])""", re.DOTALL)


def _unclosed(script: str) -> int:
    """Where the text, name or comment begins that has no end."""
    position = 0
    while match := _CLOSED.match(script, position):
        position = match.end()
    return min(position, max(len(script) - 1, 0))
