"""Operands of expressions: names, literals, data types, intervals, CASE, function calls.

The lower half of the dialect's parser; the upper half, statements and queries, is in `dialect`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar, Final

from sqlglot import exp, parser
from sqlglot.errors import ParseError
from sqlglot.tokenizer_core import Token, TokenType
from sqlglot.tokens import SQLGLOTC_INSTALLED

from .datatypes import SqlType, parse_type
from .literal_syntax import unicode_literal
from .predicate_syntax import is_test, period_predicate
from .syntax import Name, Span, span
from .window_syntax import over_clause

if SQLGLOTC_INSTALLED:
    raise ImportError(
        "helpers.streaming_sql extends sqlglot's parser in Python, which the compiled sqlglot (sqlglotc) "
        "does not allow: run `pip uninstall sqlglotc` and `pip install --force-reinstall sqlglot==30.30.0`"
    )

# Words that end an expression or a clause, and so are no names unless quoted.
_WORDS: Final = """
ALL AND AS BETWEEN BY CASE CREATE CROSS CURSOR DISTINCT ELSE END EXCEPT EXISTS FROM FULL GROUP
HAVING IN INNER INSERT INTERSECT INTERVAL INTO IS JOIN LEFT LIKE LIMIT NATURAL NOT ON OR ORDER OUTER
OVER PARTITION RIGHT SELECT SIMILAR STREAM TABLE THEN TO UNION USING VALUES WHEN WHERE WINDOW
WINDOWED WITH
"""
RESERVED: Final = frozenset(_WORDS.split())
UNITS: Final = ("YEAR", "MONTH", "DAY", "HOUR", "MINUTE", "SECOND")
DIFFERENCE: Final = "INTERVAL DIFFERENCE"  # (a - b) SECOND, as a call with a name no script can write
TEXT_TOKENS: Final = frozenset({TokenType.STRING, TokenType.NUMBER, TokenType.IDENTIFIER})


class SyntaxFault(ParseError):
    """A syntax error and the piece of the script it concerns; `script` makes it a SqlError."""

    def __init__(self, message: str, where: Span | None, hint: str = "") -> None:
        super().__init__(message)
        self.message, self.where, self.hint = message, where, hint


class OperandParser(parser.Parser):
    """sqlglot's precedence ladder over operands of our own.

    Only the ladder from OR down to unary minus is inherited (`_parse_disjunction` … `_parse_unary`).
    It calls `_parse_type` for an operand, and the methods `RANGE_PARSERS` names for what may follow one.
    """

    UNARY_PARSERS: ClassVar[dict[TokenType, Any]] = {
        kind: parser.Parser.UNARY_PARSERS[kind] for kind in (TokenType.PLUS, TokenType.NOT, TokenType.DASH)
    }
    RANGE_PARSERS: ClassVar[dict[TokenType, Any]] = {
        TokenType.BETWEEN: lambda self, this: self._parse_between(this),
        TokenType.IN: lambda self, this: self._parse_in(this),
        TokenType.IS: lambda self, this: is_test(self, this),
        TokenType.LIKE: lambda self, this: self._parse_like(exp.Like, this),
        TokenType.SIMILAR_TO: lambda self, this: self._parse_like(exp.SimilarTo, this),
    }
    BITWISE: ClassVar[dict[TokenType, Any]] = {}
    FACTOR: ClassVar[dict[TokenType, Any]] = {
        kind: parser.Parser.FACTOR[kind] for kind in (TokenType.SLASH, TokenType.STAR, TokenType.MOD)
    }
    TERM: ClassVar[dict[TokenType, Any]] = {kind: parser.Parser.TERM[kind] for kind in (TokenType.DASH, TokenType.PLUS)}

    def raise_error(self, message: str, token: Token | None = None) -> None:
        token = token or self._curr
        raise SyntaxFault(message, Span(token.start, token.end) if token else None)

    def fail(self, message: str, hint: str = "", token: Token | None = None) -> SyntaxFault:
        token = token or self._curr
        return SyntaxFault(message, Span(token.start, token.end) if token else None, hint)

    # words and names

    def word(self, *words: str) -> bool:
        """Consume these words if they come next."""
        return bool(self._match_text_seq(*words))

    def ahead(self, *words: str) -> bool:
        return bool(self._match_text_seq(*words, advance=False))

    def expect(self, *words: str) -> None:
        for word in words:
            if not self.word(word):
                raise self.fail(f"expected {word}")

    def name(self, what: str) -> Name:
        token = self._curr
        if not self._is_name():
            raise self.fail(f"expected {what}", "Put double quotes around a name that is a reserved word.")
        self._advance()
        text = token.text if token.token_type == TokenType.IDENTIFIER else token.text.upper()
        return Name(text, Span(token.start, token.end))

    def _is_name(self) -> bool:
        token = self._curr
        if not token or token.token_type == TokenType.IDENTIFIER:
            return bool(token)  # past the last token stands one that is false
        word = token.text.upper()
        return token.token_type not in TEXT_TOKENS and word.isidentifier() and word not in RESERVED

    def alias(self) -> Name | None:
        if self.word("AS"):
            return self.name("a name after AS")
        return self.name("an alias") if self._is_name() else None

    def names(self) -> tuple[Name, ...]:
        self.expect("(")
        names = self._parse_csv(lambda: self.name("a column name"))
        self.expect(")")
        return tuple(names)

    def data_type(self) -> SqlType:
        start = end = self._curr
        # sqlglot makes one token of DOUBLE PRECISION and the like
        words = start.token_type not in TEXT_TOKENS and all(map(str.isalpha, start.text.split()))
        if not start or not words:
            raise self.fail("expected a data type")
        self._advance()
        while self._curr.text.upper() in ("PRECISION", "VARYING"):
            end = self._curr
            self._advance()
        if self.word("("):
            while self._curr and not self.ahead(")"):
                self._advance()
            end = self._curr
            self.expect(")")
        try:
            return parse_type(self.sql[start.start : end.end + 1])
        except ValueError as error:
            raise SyntaxFault(str(error), Span(start.start, end.end)) from error

    def expression_of(self, what: str) -> exp.Expr:
        if not self._curr:
            raise self.fail(f"expected an expression after {what}", token=self._prev)
        node = self._parse_disjunction()
        assert node is not None  # _parse_type raises where no operand stands
        return node

    # operands

    def _parse_type(self, parse_interval: bool = True, fallback_to_identifier: bool = False) -> exp.Expr:
        token = self._curr
        if token.token_type in _LITERALS:
            self._advance()
            return _LITERALS[token.token_type](token.text).update_positions(token)
        if self.ahead("SELECT") or self.ahead("EXISTS"):
            hint = "Join the other stream or table in FROM, or pump its rows into this stream."
            raise self.fail("a query is not allowed in an expression", hint)
        if self.word("("):
            return self._parenthesis()
        if self.word("CASE"):
            return self._case(token)
        if self.word("INTERVAL"):
            return self._interval(token)
        if token.text.upper() == "PERIOD" and self._next.token_type == TokenType.L_PAREN:
            self._advance()
            return self._parse_type()
        if token.text.upper() == "U" and self._next.token_type == TokenType.AMP:
            return unicode_literal(self, token)
        if self._next.token_type == TokenType.STRING and token.text.upper() in ("DATE", "TIME", "TIMESTAMP"):
            self._advance()
            return self.call("CAST", token, self._literal(), exp.var(token.text.upper()))
        if not self._is_name() and not (token.text.isalpha() and self._next.token_type == TokenType.L_PAREN):
            raise self.fail("expected an expression", token=token or self._prev)
        if self._next.token_type == TokenType.L_PAREN:
            return self._function(token)
        return self._column()

    def call(self, name: str, start: Token, *arguments: exp.Expr) -> exp.Expr:
        """A function call that began at `start` and ends where the parser stands."""
        node = exp.Anonymous(this=name, expressions=list(arguments))
        end = self._prev
        return node.update_positions(line=start.line, col=start.col, start=start.start, end=end.end)

    def _literal(self) -> exp.Expr:
        token = self._curr
        if not self._match(TokenType.STRING):
            raise self.fail("expected a text in single quotes")
        return exp.Literal.string(token.text).update_positions(token)

    def _column(self) -> exp.Expr:
        parts = [self._identifier()]
        while self._match(TokenType.DOT):
            parts.append(self._identifier())
        if len(parts) > 3:
            raise SyntaxFault("a name with more than three parts", span(parts[-1]), "Write stream.column.")
        # from the right: the name, what it belongs to, and (for the field of a record) what that belongs to
        return exp.Column(**dict(zip(("this", "table", "db"), reversed(parts), strict=False)))

    def _identifier(self) -> exp.Identifier:
        token = self._curr
        name = self.name("a name")
        return exp.Identifier(this=name.text, quoted=True).update_positions(token)

    def _parenthesis(self) -> exp.Expr:
        start = self._prev
        inner = self.expression_of("(")
        if self._curr.token_type == TokenType.COMMA:
            return period_predicate(self, start, inner)
        self.expect(")")
        if isinstance(inner, exp.Sub) and self._curr.text.upper() in UNITS:
            return self._difference(start, inner)
        return exp.Paren(this=inner)

    def _difference(self, start: Token, inner: exp.Expr) -> exp.Expr:
        return self.call(DIFFERENCE, start, inner, exp.var(self._units()))

    def _units(self) -> str:
        """DAY TO SECOND is one qualifier; what follows (a - b) SECOND TO MINUTE inside FLOOR is not."""
        unit = self._unit()
        if self.ahead("TO") and self._next.text.upper() in UNITS[UNITS.index(unit) + 1 :]:
            self.word("TO")
            unit += f" TO {self._unit()}"
        return unit

    def _unit(self) -> str:
        token = self._curr
        if token.text.upper() not in UNITS:
            raise self.fail("expected a unit of time", f"One of {', '.join(UNITS)}.")
        self._advance()
        if self.word("("):  # a precision changes nothing here: intervals are kept to the millisecond
            while self._match(TokenType.NUMBER) or self._match(TokenType.COMMA):
                pass
            self.expect(")")
        return str(token.text.upper())

    def _interval(self, start: Token) -> exp.Expr:
        value, first = self._literal(), self._unit()
        last = self._unit() if self.word("TO") else first
        return self.call("INTERVAL", start, value, exp.var(first), exp.var(last))

    def _case(self, start: Token) -> exp.Expr:
        operand = None if self.ahead("WHEN") else self.expression_of("CASE")
        branches = []
        while self.word("WHEN"):
            condition = self.expression_of("WHEN")
            self.expect("THEN")
            branches.append(exp.If(this=condition, true=self.expression_of("THEN")))
        default = self.expression_of("ELSE") if self.word("ELSE") else None
        if not branches:
            raise self.fail("expected WHEN")
        self.expect("END")
        node = exp.Case(this=operand, ifs=branches, default=default)
        return node.update_positions(line=start.line, col=start.col, start=start.start, end=self._prev.end)

    def _parse_between(self, this: exp.Expr | None) -> exp.Between:
        low = self._parse_bitwise()
        self.expect("AND")
        return exp.Between(this=this, low=low, high=self._parse_bitwise())

    def _parse_in(self, this: exp.Expr | None, alias: bool = False) -> exp.In:
        self.expect("(")
        options = self._parse_csv(self._parse_bitwise)
        self.expect(")")
        return exp.In(this=this, expressions=options)

    def _parse_like(self, kind: type[exp.Expr], this: exp.Expr | None) -> exp.Expr:
        node = kind(this=this, expression=self._parse_bitwise())
        if self.word("ESCAPE"):
            return exp.Escape(this=node, expression=self._literal())
        return node

    # function calls

    def _function(self, start: Token) -> exp.Expr:
        if start.token_type == TokenType.IDENTIFIER:
            raise self.fail("a function name must not be quoted", token=start)
        name = start.text.upper()
        self._advance(2)
        reader = _ARGUMENTS.get(name, OperandParser._arguments)
        arguments = reader(self)
        self.expect(")")
        if name == "NTH_VALUE" and self.word("FROM"):
            end = "LAST" if self.word("LAST") else "FIRST"
            if end == "FIRST":
                self.expect("FIRST")
            arguments = [*arguments, exp.var(end)]
        for treatment in ("IGNORE", "RESPECT"):
            if name in _TREATED and self.word(treatment, "NULLS"):
                name = f"{name} IGNORE NULLS" if treatment == "IGNORE" else name
        node = self.call(name, start, *arguments)
        return self._sliding(node) if self.word("OVER") else node

    def _sliding(self, call: exp.Expr) -> exp.Expr:
        """The call as an analytic function; its window stands in the node's meta, a record of ours."""
        over = over_clause(self)
        node = exp.Window(this=call)
        node.meta.update(start=call.meta["start"], end=self._prev.end, over=over)
        return node

    def _arguments(self) -> list[exp.Expr]:
        if self.ahead("DISTINCT"):
            hint = "Group by the value, or use TABLE(COUNT_DISTINCT_ITEMS_TUMBLING(CURSOR(…), 'column', seconds))."
            raise self.fail("DISTINCT inside a function is not allowed on a stream", hint)
        self.word("ALL")
        if self.ahead(")"):
            return []
        star = self._curr
        if self._match(TokenType.STAR):
            return [exp.Star().update_positions(star)]
        return list(self._parse_csv(lambda: self.expression_of("(")))

    def _rounding(self) -> list[exp.Expr]:
        """FLOOR(x) and FLOOR(x TO unit)."""
        value = self.expression_of("(")
        return [value, exp.var(self._unit())] if self.word("TO") else [value]

    def _step(self) -> list[exp.Expr]:
        """STEP(x BY interval)."""
        value = self.expression_of("(")
        self.expect("BY")
        return [value, self.expression_of("BY")]

    def _cast(self) -> list[exp.Expr]:
        value = self.expression_of("(")
        self.expect("AS")
        if self.word("INTERVAL"):
            return [value, exp.var(f"INTERVAL {self._units()}")]
        return [value, exp.var(str(self.data_type()))]

    def _extract(self) -> list[exp.Expr]:
        unit = self._unit()
        self.expect("FROM")
        return [exp.var(unit), self.expression_of("FROM")]

    def _substring(self) -> list[exp.Expr]:
        """SUBSTRING(x FROM start FOR length), (x, start, length), (x SIMILAR pattern ESCAPE character)."""
        arguments = [self.expression_of("(")]
        if self.word("SIMILAR"):
            arguments.append(self.expression_of("SIMILAR"))
            self.expect("ESCAPE")
            return [*arguments, self.expression_of("ESCAPE"), exp.var("SIMILAR")]
        listed = self._curr.token_type == TokenType.COMMA
        for word in ("FROM", "FOR"):
            if self._match(TokenType.COMMA) if listed else self.word(word):
                arguments.append(self.expression_of(word))
        return arguments if listed or len(arguments) == 1 else [*arguments, exp.var("FROM")]

    def _overlay(self) -> list[exp.Expr]:
        """OVERLAY(x PLACING y FROM start FOR length)."""
        text = self.expression_of("(")
        self.expect("PLACING")
        arguments = [text, self.expression_of("PLACING")]
        self.expect("FROM")
        arguments.append(self.expression_of("FROM"))
        return [*arguments, self.expression_of("FOR")] if self.word("FOR") else arguments

    def _position(self) -> list[exp.Expr]:
        needle = self._parse_bitwise()
        assert needle is not None  # _parse_type raises where no operand stands
        self.expect("IN")
        return [needle, self.expression_of("IN")]

    def _trim(self) -> list[exp.Expr]:
        side = next((side for side in ("BOTH", "LEADING", "TRAILING") if self.word(side)), "BOTH")
        first = exp.Literal.string(" ") if self.ahead("FROM") else self.expression_of("(")
        if self.word("FROM"):
            return [exp.var(side), first, self.expression_of("FROM")]
        return [exp.var(side), exp.Literal.string(" "), first]


_TREATED: Final = ("FIRST_VALUE", "LAST_VALUE", "NTH_VALUE", "LAG")
_LITERALS: Final[dict[TokenType, Callable[[str], exp.Expr]]] = {
    TokenType.STRING: exp.Literal.string,
    TokenType.NUMBER: exp.Literal.number,
    TokenType.NULL: lambda text: exp.Null(),
    TokenType.TRUE: lambda text: exp.Boolean(this=True),
    TokenType.FALSE: lambda text: exp.Boolean(this=False),
}
_ARGUMENTS: Final[dict[str, Any]] = {
    "FLOOR": OperandParser._rounding,
    "CEIL": OperandParser._rounding,
    "CEILING": OperandParser._rounding,
    "STEP": OperandParser._step,
    "CAST": OperandParser._cast,
    "EXTRACT": OperandParser._extract,
    "SUBSTRING": OperandParser._substring,
    "OVERLAY": OperandParser._overlay,
    "POSITION": OperandParser._position,
    "TRIM": OperandParser._trim,
}
