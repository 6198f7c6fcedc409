"""SHOW DATABASES, SHOW TABLES, SHOW COLUMNS and DESCRIBE, answered from the Glue catalog.

Their results are text files without a header, as Athena's are.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from helpers.local_aws.athena.catalog import Catalog, Column
from helpers.local_aws.athena.errors import MalformedQuery, QueryError
from helpers.local_aws.athena.query import TableName, first_word
from helpers.local_aws.athena.types import ResultColumn

UTILITIES = ("SHOW", "DESCRIBE", "DESC")
NAME = r"[`\"]?(\w[\w-]*)[`\"]?"
TABLE = rf"(?:{NAME}\s*\.\s*)?{NAME}"
SHOW_DATABASES = re.compile(r"SHOW\s+(?:DATABASES|SCHEMAS)(?:\s+(?:LIKE\s+)?'([^']*)')?", re.IGNORECASE)
SHOW_TABLES = re.compile(rf"SHOW\s+TABLES(?:\s+(?:IN|FROM)\s+{NAME})?(?:\s+(?:LIKE\s+)?'([^']*)')?", re.IGNORECASE)
SHOW_COLUMNS = re.compile(rf"SHOW\s+COLUMNS\s+(?:IN|FROM)\s+{TABLE}(?:\s+(?:IN|FROM)\s+{NAME})?", re.IGNORECASE)
DESCRIBE = re.compile(rf"DESC(?:RIBE)?\s+{TABLE}", re.IGNORECASE)


@dataclass(frozen=True)
class Listing:
    """The result of a utility statement: columns and lines of text."""

    columns: list[ResultColumn]
    lines: list[str]


def is_utility(sql: str) -> bool:
    """Whether a statement is for this module; MalformedQuery if it looks so but is none it knows."""
    if first_word(sql) not in UTILITIES:
        return False
    known = (SHOW_DATABASES, SHOW_TABLES, SHOW_COLUMNS, DESCRIBE)
    if not any(pattern.fullmatch(bare(sql)) for pattern in known):
        raise MalformedQuery(
            "line 1:1: the local Athena knows SHOW DATABASES, SHOW TABLES [IN database] ['pattern'], "
            f"SHOW COLUMNS IN table and DESCRIBE table, but not: {bare(sql)}"
        )
    return True


def run(sql: str, database: str | None, catalog: Catalog) -> Listing:
    """Answer a statement ``is_utility`` has accepted."""
    text = bare(sql)
    if match := SHOW_DATABASES.fullmatch(text):
        return _listing("database_name", catalog.databases(), match[1])
    if match := SHOW_TABLES.fullmatch(text):
        return _listing("tab_name", catalog.tables(_schema(match[1], database)), match[2])
    if match := SHOW_COLUMNS.fullmatch(text):
        name = TableName(_schema(match[1] or match[3], database), match[2].lower())
        return _listing("field", [c.name for c in catalog.table(name, "line 1:1").all_columns], None)
    match = DESCRIBE.fullmatch(text)
    assert match is not None
    return _describe(TableName(_schema(match[1], database), match[2].lower()), catalog)


def bare(sql: str) -> str:
    """A statement without comments, surrounding space and the final semicolon."""
    return re.sub(r"--[^\n]*|/\*.*?\*/", " ", sql, flags=re.DOTALL).strip().rstrip(";").strip()


def _schema(name: str | None, database: str | None) -> str:
    if found := name or database:
        return found.lower()
    raise QueryError("MISSING_SCHEMA_NAME", "line 1:1: Schema must be specified when session schema is not set")


def _listing(column: str, names: list[str], pattern: str | None) -> Listing:
    parts = (pattern or "*").replace(".*", "*").split("|")
    wanted = re.compile("|".join(re.escape(part).replace(r"\*", ".*") for part in parts), re.IGNORECASE)
    return Listing([ResultColumn(column, "string")], [name for name in names if wanted.fullmatch(name)])


def _describe(name: TableName, catalog: Catalog) -> Listing:
    table = catalog.table(name, "line 1:1")
    lines = [_described(c) for c in table.all_columns]
    if table.partitions:
        lines += ["\t \t ", "# Partition Information\t \t "]
        lines += [_described(Column("# col_name", "data_type", "comment")), "\t \t "]
        lines += [_described(c) for c in table.partitions]
    return Listing([ResultColumn(n, "string") for n in ("col_name", "data_type", "comment")], lines)


def _described(column: Column) -> str:
    return f"{column.name:<20}\t{column.type:<20}\t{column.comment:<20}"
