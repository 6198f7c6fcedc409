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
from .operands import TEXT_TOKENS, OperandParser, SyntaxFault
from .syntax import (
    CreatePump,
    CreateStream,
    Ignored,
    Name,
    Queries,
    Query,
    Relation,
    SelectItem,
    Span,
    Statement,
    StreamReference,
    Subquery,
    TableFunction,
    UnionAll,
    span,
)
from .window_syntax import order_by_clause, over_clause, stagger_clause, window_clause

_UNSUPPORTED: Final = {
    "LIMIT": ("LIMIT is not supported: a stream has no end", ""),
    "EXCEPT": ("EXCEPT is not supported", "UNION ALL is the only set operator that streams have."),
    "INTERSECT": ("INTERSECT is not supported", "UNION ALL is the only set operator that streams have."),
}
# Statements of the service's scripts which say that pumps run, or in which schema names are.
_IGNORED: Final = (("ALTER", "PUMP"), ("CREATE", "SCHEMA"), ("SET", "SCHEMA"))


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
        for words in _IGNORED:
            if self.word(*words):
                while self._curr and self._curr.token_type != TokenType.SEMICOLON:
                    self._advance()
                return Ignored(" ".join(words))
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
        return CreatePump(name, target, columns, self.queries())

    # queries

    def queries(self) -> Queries:
        """One query, or several with UNION ALL between them."""
        start = self._curr
        found = [self.query()]
        while self.ahead("UNION"):
            union = self._curr
            self._advance()
            if not self.word("ALL"):
                hint = "UNION ALL is the only set operator that streams have."
                raise self.fail("UNION is not supported", hint, union)
            if found[-1].order_by:
                raise self.fail("ORDER BY is not allowed in a union", "Order its stream in a pump of its own.", union)
            found.append(self.query())
        if len(found) == 1:
            return found[0]
        if found[-1].order_by:
            hint = "Order its stream in a pump of its own."
            raise SyntaxFault("ORDER BY is not allowed in a union", found[-1].order_by[0].span, hint)
        return UnionAll(tuple(found), Span(start.start, self._prev.end))

    def query(self) -> Query:
        start = self._curr
        self.expect("SELECT")
        self.word("STREAM")  # left out, it is meant: AWS's own pages and published scripts do so
        distinct = self._distinct()
        items = self._parse_csv(self._select_item)
        self.expect("FROM")
        relations, joins = self._relations()
        where = self.expression_of("WHERE") if self.word("WHERE") else None
        stagger = stagger_clause(self)
        group_by = self._group_by()
        having = self.expression_of("HAVING") if self.word("HAVING") else None
        windows = window_clause(self)
        order_by = order_by_clause(self)
        self._refuse_clause()
        where_to = Span(start.start, self._prev.end)
        return Query(
            tuple(items), relations, joins, where, group_by, having, where_to, windows, stagger, order_by, distinct
        )

    def _distinct(self) -> bool:
        distinct = self.word("DISTINCT")
        if not distinct:
            self.word("ALL")
        return distinct

    def _refuse_clause(self) -> None:
        word = self._curr.text.upper().split(" ")[0] if self._curr else ""
        if self._curr.token_type not in TEXT_TOKENS and word in _UNSUPPORTED:
            raise self.fail(*_UNSUPPORTED[word])

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

    def _relations(self) -> tuple[tuple[Relation, ...], tuple[tuple[str, exp.Expr | None], ...]]:
        relations: list[Relation] = [self._relation()]
        joins: list[tuple[str, exp.Expr | None]] = []
        while True:
            if self._match(TokenType.COMMA) or self.word("CROSS", "JOIN"):
                relations.append(self._relation())
                joins.append(("CROSS", None))
            elif kind := self._join_kind():
                relations.append(self._relation())
                if self.ahead("USING"):
                    raise self.fail("USING is not supported", "Name the columns: JOIN … ON a.x = b.x.")
                self.expect("ON")
                joins.append((kind, self.expression_of("ON")))
            else:
                return tuple(relations), tuple(joins)

    def _join_kind(self) -> str | None:
        if self.ahead("NATURAL"):
            raise self.fail("NATURAL JOIN is not supported", "Name the columns: JOIN … ON a.x = b.x.")
        for kind in ("LEFT", "RIGHT", "FULL"):
            if self.word(kind):
                self.word("OUTER")
                self.expect("JOIN")
                return kind
        return "INNER" if self.word("INNER", "JOIN") or self.word("JOIN") else None

    def _relation(self) -> Relation:
        start = self._curr
        if self.word("TABLE"):
            return self._table_function(start)
        if self.word("("):
            return self._subquery(start)
        name = self.name("a stream name")
        over = over_clause(self) if self.word("OVER") else None
        return StreamReference(name, self.alias(), over)

    def _subquery(self, start: Token) -> Subquery:
        query = self.queries()
        self.expect(")")
        alias = self.alias()
        columns = self.names() if alias and self.ahead("(") else None
        return Subquery(query, alias, columns, Span(start.start, self._prev.end))

    def _table_function(self, start: Token) -> TableFunction:
        self.expect("(")
        name = self.name("a table function")
        self.expect("(", "CURSOR", "(")
        cursor = self.queries()
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
