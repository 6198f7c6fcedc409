"""Reading an Athena query: sqlglot's Trino dialect, execution parameters, tables, functions.

What is refused here is refused before anything runs: what is not SELECT, WITH or VALUES, words of other
dialects, functions the local Athena does not offer.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import sqlglot
from sqlglot import exp
from sqlglot.dialects.dialect import Dialect
from sqlglot.errors import ParseError, TokenError
from sqlglot.tokenizer_core import TokenType

from helpers.local_aws.athena.errors import MalformedQuery, QueryError
from helpers.local_aws.athena.functions import KNOWN

CATALOG = "awsdatacatalog"
PATH = "$path"
DEEPEST = 100  # brackets that are open at once
QUERIES = ("SELECT", "WITH", "VALUES", "(")
# Words of other dialects that sqlglot reads and DuckDB runs, but Athena refuses.
FOREIGN = {TokenType.DCOLON, TokenType.ILIKE, TokenType.QUALIFY, TokenType.GLOB}
# Functions written as a word, without brackets: DuckDB would answer with its own user, catalog, time.
WORDS = frozenset(Dialect.get_or_raise("trino").parser_class.NO_PAREN_FUNCTIONS)


@dataclass(frozen=True)
class TableName:
    """A table of the Glue catalog, lower case as Glue keeps it."""

    database: str
    table: str

    def __str__(self) -> str:
        return f"{CATALOG}.{self.database}.{self.table}"


@dataclass(frozen=True)
class Query:
    """A parsed query: the text as run (parameters put in), its tree, and the tables it names."""

    text: str
    tree: exp.Expr
    tables: dict[int, TableName]  # id of the table's node → its name

    def where(self, node: exp.Expr) -> str:
        """``line 1:8``, where the node stands in the text; ``line 1:1`` if it has no place of its own."""
        return place(self.text, start(node))

    def names(self, name: str) -> str:
        """Where the text first mentions an identifier."""
        found = [n for n in self.tree.find_all(exp.Identifier) if n.name.lower() == name.lower()]
        return place(self.text, min((start(n) for n in found), default=0))


def first_word(sql: str) -> str:
    """The first token of a statement in upper case, comments skipped."""
    tokens = _tokens(sql)
    return str(tokens[0].text).upper() if tokens else ""


def parse(sql: str, database: str | None, parameters: Sequence[str] = ()) -> Query:
    """Parse one query; MalformedQuery if it is none, QueryError if it names what cannot be."""
    if (word := first_word(sql)) not in QUERIES:
        raise MalformedQuery(f"line 1:1: mismatched input '{word or '<EOF>'}'. Expecting: 'SELECT', 'WITH', 'VALUES'")
    text = _put_in(sql, parameters) if parameters or _marks(sql) else sql
    tree = _parse_one(text)
    _tell_digits(text, tree)
    names = {id(table): _table_name(text, table, database) for table in _glue_tables(text, tree)}
    query = Query(text, tree, names)
    _check_functions(query)
    return query


def place(text: str, offset: int) -> str:
    """An offset as Athena writes places: ``line 1:8``, both counted from one."""
    before = text[:offset]
    return f"line {before.count(chr(10)) + 1}:{offset - (before.rfind(chr(10)) + 1) + 1}"


def uses_path(query: Query) -> bool:
    """Whether the query asks for the ``$path`` pseudo-column."""
    return any(column.name.lower() == PATH for column in query.tree.find_all(exp.Column))


# --- text ---


def _tokens(sql: str) -> list[Any]:
    try:
        return list(sqlglot.tokenize(sql, read="trino"))
    except TokenError as error:
        raise MalformedQuery("line 1:1: a quote or a comment is not closed") from error


def _parse_one(text: str) -> exp.Expr:
    depth = 0
    for token in _tokens(text):
        depth += (token.text in ("(", "[")) - (token.text in (")", "]"))
        if depth > DEEPEST:
            where = place(text, token.start)
            raise MalformedQuery(f"{where}: statement is too large (stack overflow while parsing)")
        if token.token_type in FOREIGN:
            raise MalformedQuery(f"{place(text, token.start)}: mismatched input '{token.text}'")
        if token.token_type in WORDS and token.text.lower() not in KNOWN:
            raise QueryError(
                "NOT_SUPPORTED",
                f"{place(text, token.start)}: the local Athena does not offer {token.text.upper()} "
                "(what it offers: helpers/local_aws/athena/functions.py)",
            )
    try:
        trees = [tree for tree in sqlglot.parse(text, read="trino") if tree is not None]
    except ParseError as error:
        raise MalformedQuery(_mismatch(text, error)) from error
    except TokenError as error:
        raise MalformedQuery("line 1:1: a quote or a comment is not closed") from error
    if len(trees) != 1:
        raise MalformedQuery(f"Only one sql statement is allowed. Got: {text}")
    tree = trees[0]
    if not isinstance(tree, (exp.Query, exp.Values)):
        raise MalformedQuery(f"line 1:1: mismatched input '{first_word(text)}'. Expecting: a query")
    return tree


def _tell_digits(text: str, tree: exp.Expr) -> None:
    """``DECIMAL '1.50'`` has the digits it is written with; the type ``decimal`` alone is decimal(38, 0)."""
    for kind in tree.find_all(exp.DataType):
        if kind.this != exp.DType.DECIMAL or kind.expressions:
            continue
        digits, value = (38, 0), kind.parent.this if isinstance(kind.parent, exp.Cast) else None
        if isinstance(value, exp.Literal) and text[: start(value)].rstrip().upper().endswith("DECIMAL"):
            whole, _, part = value.name.strip().lstrip("+-").partition(".")
            digits = max(len(whole.lstrip("0")) + len(part), 1), len(part)
        kind.set("expressions", [exp.DataTypeParam(this=exp.Literal.number(each)) for each in digits])


def _mismatch(text: str, error: ParseError) -> str:
    first = error.errors[0]
    if "SENTINEL" in first["description"] or not first["highlight"]:
        return f"{place(text, len(text.rstrip()))}: mismatched input '<EOF>'"
    found = first["highlight"]
    return f"line {first['line']}:{first['col'] - len(found) + 1}: mismatched input '{found}'"


def start(node: exp.Expr) -> int:
    """The offset of a node's first token; nodes without one are as far as their first inner node."""
    if "start" in node.meta:
        return int(node.meta["start"])
    return min((int(n.meta["start"]) for n in node.walk() if "start" in n.meta), default=0)


# --- parameters ---


def _marks(sql: str) -> list[Any]:
    return [token for token in _tokens(sql) if token.token_type == TokenType.PLACEHOLDER]


def _put_in(sql: str, parameters: Sequence[str]) -> str:
    """Put execution parameters, SQL literals as Athena wants them, in the place of the ``?``."""
    marks = _marks(sql)
    if len(marks) != len(parameters):
        raise QueryError(
            "INVALID_PARAMETER_USAGE",
            f"line 1:1: Incorrect number of parameters: expected {len(marks)} but found {len(parameters)}",
        )
    for token, parameter in reversed(list(zip(marks, parameters, strict=True))):
        sql = sql[: token.start] + _literal(parameter) + sql[token.end + 1 :]
    return sql


def _literal(parameter: str) -> str:
    tree: exp.Expr | None
    try:
        tree = sqlglot.parse_one(parameter, read="trino")
    except (ParseError, TokenError):
        tree = None
    inner: Any = tree.this if isinstance(tree, (exp.Neg, exp.Cast)) else tree
    if tree is None or not isinstance(inner, (exp.Literal, exp.Boolean, exp.Null)):
        raise QueryError(
            "INVALID_PARAMETER_USAGE",
            f"the execution parameter {parameter!r} is not a literal: write strings in single quotes, "
            "\"'Click'\", and times as \"TIMESTAMP '2026-11-22 10:00:00'\"",
        )
    return str(tree.sql(dialect="trino"))


# --- tables ---


def _glue_tables(text: str, tree: exp.Expr) -> Iterator[exp.Table]:
    """The tables that are neither common table expressions nor functions."""
    for table in tree.find_all(exp.Table):
        if isinstance(table.this, exp.Func):
            _refuse_function(text, table.this)
        if table.db or table.name.lower() not in _visible_ctes(table):
            yield table


def _visible_ctes(table: exp.Table) -> set[str]:
    names: set[str] = set()
    inside: exp.Expr = table
    parent = table.parent
    while parent is not None:
        if isinstance(parent, exp.With):
            for cte in parent.expressions:  # a member sees those before it, and itself if recursive
                if cte is inside and not parent.args.get("recursive"):
                    break
                names.add(cte.alias.lower())
                if cte is inside:
                    break
        elif isinstance(with_ := parent.args.get("with_"), exp.With) and with_ is not inside:
            names.update(cte.alias.lower() for cte in with_.expressions)
        inside, parent = parent, parent.parent
    return names


def _table_name(text: str, table: exp.Table, database: str | None) -> TableName:
    above = [part for part in (table.catalog, table.db) if part]
    return TableName(schema_of(above, database, place(text, start(table))), table.name.lower())


def schema_of(above: Sequence[str], database: str | None, where: str) -> str:
    """The database of a table before whose name ``[catalog.][database.]`` stands; QueryError if there is none."""
    if len(above) == 2 and above[0].lower() != CATALOG:
        raise QueryError("CATALOG_NOT_FOUND", f"{where}: Catalog '{above[0]}' does not exist")
    if schema := above[-1] if above else database:
        return schema.lower()
    raise QueryError("MISSING_SCHEMA_NAME", f"{where}: Schema must be specified when session schema is not set")


# --- what Athena has not ---


def _check_functions(query: Query) -> None:
    for function in query.tree.find_all(exp.Func):
        if "start" not in function.meta:
            continue
        name = query.text[function.meta["start"] : function.meta["end"] + 1].strip('"').lower()
        if name not in KNOWN:
            _refuse_function(query.text, function)
    for zone in query.tree.find_all(exp.AtTimeZone):
        raise QueryError(
            "NOT_SUPPORTED",
            f"{query.where(zone)}: the local Athena does not do AT TIME ZONE; its times are UTC",
        )
    for star in query.tree.find_all(exp.Star):
        if any(star.args.get(extra) for extra in ("except_", "replace", "rename")):
            raise MalformedQuery(f"{query.where(star)}: mismatched input after '*'")


def _refuse_function(text: str, function: exp.Expr) -> None:
    offset = start(function)
    name = re.match(r'"?(\w+)', text[offset:])
    raise QueryError(
        "FUNCTION_NOT_FOUND",
        f"{place(text, offset)}: Function '{name[1].lower() if name else function.name}' not registered "
        "(the local Athena offers those in helpers/local_aws/athena/functions.py)",
    )
