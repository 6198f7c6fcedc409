"""The dialect of Kinesis Data Analytics SQL, on sqlglot's tokenizer and expression parser.

This module turns text into the records of `syntax`; it knows no streams and no types of values.
`parse` in `script` is the way in.
"""

from __future__ import annotations

from typing import ClassVar, Final

from sqlglot import exp, tokens
from sqlglot.dialects.dialect import Dialect
from sqlglot.tokenizer_core import Token, TokenType

from .datatypes import SqlType
from .operands import TEXT_TOKENS, OperandParser
from .syntax import (
    CreatePump,
    CreateStream,
    Name,
    Query,
    Relation,
    SelectItem,
    Span,
    Statement,
    StreamReference,
    TableFunction,
    span,
)

_UNSUPPORTED: Final = {
    "ORDER": "ORDER BY is not supported",
    "LIMIT": "LIMIT is not supported: a stream has no end",
    "UNION": "UNION is not supported",
    "EXCEPT": "EXCEPT is not supported",
    "INTERSECT": "INTERSECT is not supported",
    "WINDOW": "the WINDOW clause (sliding windows) is not supported",
    "WINDOWED": "WINDOWED BY STAGGER is not supported",
}


class KinesisParser(OperandParser):
    """Statements and queries, clause by clause.

    sqlglot's clause parsers accept the union of some thirty dialects; a workshop needs the
    opposite, one dialect and a clear refusal. So they are read here, strictly.
    """

    # statements

    def statement(self) -> Statement | None:
        if not self._curr or self._match(TokenType.SEMICOLON):
            return None
        start = self._curr
        self._expect_create()
        if self.word("STREAM"):
            return self._stream()
        if self.word("PUMP"):
            return self._pump()
        raise self.fail("unsupported statement", "Use CREATE OR REPLACE STREAM or CREATE OR REPLACE PUMP.", start)

    def _expect_create(self) -> None:
        start = self._curr
        if not self.word("CREATE"):
            hint = "A script consists of CREATE OR REPLACE STREAM and CREATE OR REPLACE PUMP statements."
            raise self.fail("unsupported statement", hint, start)
        if self.word("OR"):
            self.expect("REPLACE")

    def _stream(self) -> CreateStream:
        name = self.name("a stream name")
        self.expect("(")
        columns = self._parse_csv(self._column_definition)
        self.expect(")")
        self._description()
        return CreateStream(name, tuple(columns))

    def _column_definition(self) -> tuple[Name, SqlType]:
        name = self.name("a column name")
        sqltype = self.data_type()
        if self.word("NOT"):
            self.expect("NULL")
        return name, sqltype

    def _description(self) -> None:
        if self.word("DESCRIPTION") and not self._match(TokenType.STRING):
            raise self.fail("expected a text in single quotes after DESCRIPTION")

    def _pump(self) -> CreatePump:
        name = self.name("a pump name")
        if not self.word("STOPPED"):
            self.word("STARTED")
        self._description()
        self.expect("AS", "INSERT", "INTO")
        target = self.name("a stream name")
        columns = self.names() if self.ahead("(") else None
        return CreatePump(name, target, columns, self.query())

    # queries

    def query(self) -> Query:
        start = self._curr
        self.expect("SELECT")
        if not self.word("STREAM"):
            raise self.fail("expected STREAM after SELECT", "A pump reads a stream for ever: write SELECT STREAM.")
        self._refuse_distinct()
        items = self._parse_csv(self._select_item)
        self.expect("FROM")
        relations, conditions = self._relations()
        where = self.expression_of("WHERE") if self.word("WHERE") else None
        group_by = self._group_by()
        having = self.expression_of("HAVING") if self.word("HAVING") else None
        self._refuse_clause()
        return Query(tuple(items), relations, conditions, where, group_by, having, Span(start.start, self._prev.end))

    def _refuse_distinct(self) -> None:
        if self.ahead("DISTINCT"):
            raise self.fail("SELECT DISTINCT is not supported", "Use GROUP BY with a window instead.")
        self.word("ALL")

    def _refuse_clause(self) -> None:
        word = self._curr.text.upper().split(" ")[0] if self._curr else ""
        if self._curr.token_type not in TEXT_TOKENS and word in _UNSUPPORTED:
            raise self.fail(_UNSUPPORTED[word])

    def _select_item(self) -> SelectItem:
        start = self._curr
        if self._match(TokenType.STAR):
            return SelectItem(None, None, None, Span(start.start, start.end))
        if self._is_name() and self._next.token_type == TokenType.DOT:
            table = self._table_star()
            if table:
                return SelectItem(None, None, table, Span(start.start, self._prev.end))
        node = self.expression_of("SELECT")
        return SelectItem(node, self.alias(), None, span(node))

    def _table_star(self) -> Name | None:
        index = self._index
        table = self.name("a stream name")
        if self._match_pair(TokenType.DOT, TokenType.STAR):
            return table
        self._retreat(index)
        return None

    def _group_by(self) -> tuple[exp.Expr, ...]:
        if not self._match(TokenType.GROUP_BY):
            return ()
        return tuple(self._parse_csv(lambda: self.expression_of("GROUP BY")))

    def _relations(self) -> tuple[tuple[Relation, ...], tuple[exp.Expr, ...]]:
        relations, conditions = [self._relation()], []
        while True:
            if self._match(TokenType.COMMA) or self.word("CROSS", "JOIN"):
                relations.append(self._relation())
            elif self._inner_join():
                relations.append(self._relation())
                self.expect("ON")
                conditions.append(self.expression_of("ON"))
            else:
                return tuple(relations), tuple(conditions)

    def _inner_join(self) -> bool:
        for kind in ("LEFT", "RIGHT", "FULL", "NATURAL"):
            if self.ahead(kind):
                raise self.fail(f"{kind} JOIN is not supported", "Use an inner join.")
        return self.word("INNER", "JOIN") or self.word("JOIN")

    def _relation(self) -> Relation:
        start = self._curr
        if self.word("TABLE"):
            return self._table_function(start)
        if self.ahead("("):
            raise self.fail("a subquery in FROM is not supported", "Give it a stream and a pump of its own.")
        name = self.name("a stream name")
        if self.ahead("OVER"):
            raise self.fail(
                "a window over a joined stream is not supported",
                "Leave OVER out: rows with the same ROWTIME are joined.",
            )
        return StreamReference(name, self.alias())

    def _table_function(self, start: Token) -> TableFunction:
        self.expect("(")
        name = self.name("a table function")
        self.expect("(", "CURSOR", "(")
        cursor = self.query()
        self.expect(")")
        arguments = []
        while self._match(TokenType.COMMA):
            arguments.append(self.expression_of(","))
        self.expect(")", ")")
        where = Span(start.start, self._prev.end)
        return TableFunction(name, cursor, tuple(arguments), self.alias(), where)


class KinesisSql(Dialect):
    """Kinesis Data Analytics for SQL: a SQLstream dialect of SQL:2008 with streams (design note, 2026-11).

    - A script is a sequence of CREATE STREAM and CREATE PUMP statements; a pump is an INSERT whose
      SELECT STREAM never ends.
    - Unquoted identifiers are upper-cased, quoted ones kept; a string is in single quotes only.
    - Differences from standard expressions, each read by a method of the parser: interval
      subtraction with a unit behind the parenthesis `(a - b) SECOND`, FLOOR(x TO unit),
      STEP(x BY interval), table functions over CURSOR(query).
    - sqlglot has no dialect for it, and its generic clause parsers accept far more than the service
      did; here what is not known is refused. See docs/decisions/0002.

    References: Amazon Kinesis Data Analytics SQL Reference ("CREATE PUMP", "SELECT statement",
    "STEP", "FLOOR / CEIL (date-time)"); for the manner, sqlglot's dialects/athena.py and
    dialects/risingwave.py.
    """

    class Tokenizer(tokens.Tokenizer):
        IDENTIFIERS: ClassVar[list[str | tuple[str, str]]] = ['"']
        QUOTES: ClassVar[list[tuple[str, str] | str]] = ["'"]
        STRING_ESCAPES: ClassVar[list[str]] = ["'"]

    Parser = KinesisParser
