"""SHOW and DESCRIBE, answered from the Glue catalog.

Their results are text files without a header, as Athena's are.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from helpers.local_aws.athena import views
from helpers.local_aws.athena.catalog import NO_VALUE, Catalog, Column
from helpers.local_aws.athena.errors import MalformedQuery, QueryError
from helpers.local_aws.athena.query import TableName, first_word
from helpers.local_aws.athena.types import ResultColumn

UTILITIES = ("SHOW", "DESCRIBE", "DESC")
NAME = r"[`\"]?(\w[\w-]*)[`\"]?"
TABLE = rf"(?:{NAME}\s*\.\s*)?{NAME}"
SHOW_DATABASES = re.compile(r"SHOW\s+(?:DATABASES|SCHEMAS)(?:\s+(?:LIKE\s+)?'([^']*)')?", re.IGNORECASE)
SHOW_TABLES = re.compile(rf"SHOW\s+TABLES(?:\s+(?:IN|FROM)\s+{NAME})?(?:\s+(?:LIKE\s+)?'([^']*)')?", re.IGNORECASE)
SHOW_COLUMNS = re.compile(rf"SHOW\s+COLUMNS\s+(?:IN|FROM)\s+{TABLE}(?:\s+(?:IN|FROM)\s+{NAME})?", re.IGNORECASE)
SHOW_VIEWS = re.compile(rf"SHOW\s+VIEWS(?:\s+(?:IN|FROM)\s+{NAME})?(?:\s+LIKE\s+'([^']*)')?", re.IGNORECASE)
SHOW_CREATE = re.compile(rf"SHOW\s+CREATE\s+(TABLE|VIEW)\s+{TABLE}", re.IGNORECASE)
SHOW_PARTITIONS = re.compile(rf"SHOW\s+PARTITIONS\s+{TABLE}", re.IGNORECASE)
SHOW_PROPERTIES = re.compile(rf"SHOW\s+TBLPROPERTIES\s+{TABLE}(?:\s*\(\s*'([^']*)'\s*\))?", re.IGNORECASE)
DESCRIBE = re.compile(rf"DESC(?:RIBE)?(?:\s+(?:FORMATTED|EXTENDED))?\s+{TABLE}", re.IGNORECASE)
FORMATTED = re.compile(r"\w+\s+(FORMATTED|EXTENDED)\s", re.IGNORECASE)
PATTERNS = (SHOW_DATABASES, SHOW_TABLES, SHOW_COLUMNS, SHOW_VIEWS, SHOW_CREATE, SHOW_PARTITIONS, SHOW_PROPERTIES,
            DESCRIBE)  # fmt: skip


@dataclass(frozen=True)
class Listing:
    """The result of a utility statement: columns and lines of text."""

    columns: list[ResultColumn]
    lines: list[str]


def is_utility(sql: str) -> bool:
    """Whether a statement is for this module; MalformedQuery if it looks so but is none it knows."""
    if first_word(sql) not in UTILITIES:
        return False
    if not any(pattern.fullmatch(bare(sql)) for pattern in PATTERNS):
        raise MalformedQuery(
            "line 1:1: the local Athena knows SHOW DATABASES, SHOW TABLES | VIEWS [IN database] ['pattern'], "
            "SHOW COLUMNS IN table, SHOW CREATE TABLE | VIEW, SHOW PARTITIONS, SHOW TBLPROPERTIES and "
            f"DESCRIBE [FORMATTED] table, but not: {bare(sql)}"
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
    if match := SHOW_VIEWS.fullmatch(text):
        return _listing("views", catalog.views(_schema(match[1], database)), match[2])
    if match := SHOW_CREATE.fullmatch(text):
        name = TableName(_schema(match[2], database), match[3].lower())
        return _show_create(name, match[1].upper(), catalog)
    if match := SHOW_PARTITIONS.fullmatch(text):
        return _partitions(TableName(_schema(match[1], database), match[2].lower()), catalog)
    if match := SHOW_PROPERTIES.fullmatch(text):
        return _properties(TableName(_schema(match[1], database), match[2].lower()), match[3], catalog)
    match = DESCRIBE.fullmatch(text)
    assert match is not None
    name = TableName(_schema(match[1], database), match[2].lower())
    return _describe(name, catalog, detailed=FORMATTED.match(text) is not None)


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


def _describe(name: TableName, catalog: Catalog, *, detailed: bool) -> Listing:
    table = catalog.table(name, "line 1:1")
    lines = [_described(c) for c in table.all_columns]
    if table.partitions:
        lines += ["\t \t ", "# Partition Information\t \t "]
        lines += [_described(Column("# col_name", "data_type", "comment")), "\t \t "]
        lines += [_described(c) for c in table.partitions]
    if detailed:
        found = catalog.described(name, "line 1:1")
        lines += ["\t \t ", "# Detailed Table Information\t \t "]
        lines += [
            _pair("Database:", name.database),
            _pair("Location:", table.location),
            _pair("Table Type:", found.get("TableType", "")),
            _pair("Table Parameters:", ""),
            *(_pair(f"\t{key}", value) for key, value in sorted((found.get("Parameters") or {}).items())),
            "\t \t ",
            "# Storage Information\t \t ",
            _pair("SerDe Library:", table.serde),
            _pair("InputFormat:", found.get("StorageDescriptor", {}).get("InputFormat", "")),
            _pair("OutputFormat:", found.get("StorageDescriptor", {}).get("OutputFormat", "")),
        ]
    return Listing([ResultColumn(n, "string") for n in ("col_name", "data_type", "comment")], lines)


def _described(column: Column) -> str:
    return f"{column.name:<20}\t{column.type:<20}\t{column.comment:<20}"


def _pair(name: str, value: str) -> str:
    return f"{name:<20}\t{value:<20}\t "


def _partitions(name: TableName, catalog: Catalog) -> Listing:
    table = catalog.table(name, "line 1:1")
    if not table.partitions:
        raise QueryError("FAILED", f"SemanticException Table {name.table} is not a partitioned table")
    names = [column.name for column in table.partitions]
    lines = [
        "/".join(f"{n}={NO_VALUE if v is None else v}" for n, v in zip(names, split.values, strict=True))
        for split in catalog.splits(table)
    ]
    return Listing([ResultColumn("partition", "string")], sorted(lines))


def _properties(name: TableName, wanted: str | None, catalog: Catalog) -> Listing:
    found = catalog.described(name, "line 1:1").get("Parameters") or {}
    chosen = {key: value for key, value in sorted(found.items()) if wanted in (None, key)}
    columns = [ResultColumn("prpt_name", "string"), ResultColumn("prpt_value", "string")]
    return Listing(columns, [f"{key}\t{value}" for key, value in chosen.items()])


def _show_create(name: TableName, kind: str, catalog: Catalog) -> Listing:
    found = catalog.described(name, "line 1:1")
    is_view = found.get("TableType") == "VIRTUAL_VIEW"
    if is_view != (kind == "VIEW"):
        raise QueryError("NOT_SUPPORTED", f"line 1:1: Relation '{name}' is not a {kind.lower()}")
    if is_view:
        sql, _ = views.decode(name, found.get("ViewOriginalText") or "")
        text = f"CREATE VIEW {name.database}.{name.table} AS\n{sql}"
        return Listing([ResultColumn("Create View", "varchar")], text.split("\n"))
    stored = found["StorageDescriptor"]
    serde = stored.get("SerdeInfo", {})
    lines = [f"CREATE EXTERNAL TABLE `{name.database}.{name.table}`(", *_columns(stored.get("Columns", []))]
    if found.get("PartitionKeys"):
        lines += ["PARTITIONED BY ( ", *_columns(found["PartitionKeys"])]
    lines += ["ROW FORMAT SERDE ", f"  {_string(serde.get('SerializationLibrary', ''))} "]
    if serde.get("Parameters"):
        lines += ["WITH SERDEPROPERTIES ( ", *_pairs(serde["Parameters"])]
    lines += ["STORED AS INPUTFORMAT ", f"  {_string(stored.get('InputFormat', ''))} "]
    lines += ["OUTPUTFORMAT ", f"  {_string(stored.get('OutputFormat', ''))}"]
    lines += ["LOCATION", f"  {_string(stored.get('Location', ''))}"]
    properties = {key: value for key, value in (found.get("Parameters") or {}).items() if key != "EXTERNAL"}
    if properties:
        lines += ["TBLPROPERTIES (", *_pairs(properties)]
    return Listing([ResultColumn("createtab_stmt", "string")], lines)


def _columns(columns: list[dict[str, str]]) -> list[str]:
    lines = [
        f"  `{c['Name']}` {c.get('Type', 'string')}" + (f" COMMENT {_string(c['Comment'])}" if c.get("Comment") else "")
        for c in columns
    ]
    return [f"{line}{')' if n == len(lines) else ', '}" for n, line in enumerate(lines, 1)]


def _pairs(properties: dict[str, str]) -> list[str]:
    lines = [f"  {_string(key)}={_string(value)}" for key, value in sorted(properties.items())]
    return [f"{line}{')' if n == len(lines) else ', '}" for n, line in enumerate(lines, 1)]


def _string(text: str) -> str:
    """A string of Hive's; what would not show is written as ``\\u0001``."""
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return "'" + "".join(c if c.isprintable() else f"\\u{ord(c):04x}" for c in escaped) + "'"
