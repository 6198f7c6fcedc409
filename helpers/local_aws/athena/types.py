"""Types of Hive (Glue columns), DuckDB (execution) and Athena (results), and the way between them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import duckdb

from helpers.local_aws.athena.errors import QueryError

HIVE = {
    "string": "VARCHAR", "boolean": "BOOLEAN", "tinyint": "TINYINT", "smallint": "SMALLINT",
    "int": "INTEGER", "integer": "INTEGER", "bigint": "BIGINT", "float": "FLOAT", "double": "DOUBLE",
    "date": "DATE", "timestamp": "TIMESTAMP", "binary": "BLOB", "decimal": "DECIMAL(10,0)",
}  # fmt: skip
LONGEST = 2147483647
# DuckDB's type → Athena's name, precision, scale (as GetQueryResults reports them)
ATHENA = {
    "boolean": ("boolean", 0, 0), "tinyint": ("tinyint", 3, 0), "smallint": ("smallint", 5, 0),
    "integer": ("integer", 10, 0), "bigint": ("bigint", 19, 0), "float": ("float", 17, 0),
    "double": ("double", 17, 0), "varchar": ("varchar", LONGEST, 0), "date": ("date", 0, 0),
    "time": ("time", 3, 0), "timestamp": ("timestamp", 3, 0), "timestamp_s": ("timestamp", 3, 0),
    "timestamp_ms": ("timestamp", 3, 0), "timestamp_ns": ("timestamp", 3, 0),
    "timestamp with time zone": ("timestamp with time zone", 3, 0), "blob": ("varbinary", LONGEST, 0),
    "list": ("array", 0, 0), "struct": ("row", 0, 0), "map": ("map", 0, 0), "json": ("json", 0, 0),
    "interval": ("interval day to second", 0, 0), "null": ("unknown", 0, 0),
    # sums of integers are 128 bits wide here, 64 in Athena; results.py refuses what does not fit
    "hugeint": ("bigint", 19, 0), "ubigint": ("bigint", 19, 0),
}  # fmt: skip


@dataclass(frozen=True)
class ResultColumn:
    """A column of a result: its name and Athena's type."""

    name: str
    type: str
    precision: int = 0
    scale: int = 0

    def info(self) -> dict[str, Any]:
        """The ColumnInfo of GetQueryResults."""
        return {
            "CatalogName": "hive",
            "SchemaName": "",
            "TableName": "",
            "Name": self.name,
            "Label": self.name,
            "Type": self.type,
            "Precision": self.precision,
            "Scale": self.scale,
            "Nullable": "UNKNOWN",
            "CaseSensitive": self.type == "varchar",
        }


def duckdb_type(hive: str) -> str:
    """DuckDB's type for a Glue column's type; QueryError for one that is not known here."""
    text = hive.strip()
    lowered = text.lower()
    if lowered in HIVE:
        return HIVE[lowered]
    if re.fullmatch(r"(varchar|char)\s*\(\s*\d+\s*\)", lowered):
        return "VARCHAR"
    if match := re.fullmatch(r"decimal\s*\(\s*(\d+)\s*(?:,\s*(\d+)\s*)?\)", lowered):
        return f"DECIMAL({match[1]},{match[2] or 0})"
    if match := re.fullmatch(r"(array|map|struct)\s*<(.*)>", text, re.IGNORECASE | re.DOTALL):
        return _nested(match[1].lower(), split_outside(match[2], ","), hive)
    raise QueryError("NOT_SUPPORTED", f"the local Athena cannot read columns of type {hive!r}")


def _nested(kind: str, parts: list[str], hive: str) -> str:
    if kind == "array" and len(parts) == 1:
        return f"{duckdb_type(parts[0])}[]"
    if kind == "map" and len(parts) == 2:
        return f"MAP({duckdb_type(parts[0])}, {duckdb_type(parts[1])})"
    fields = [part.partition(":") for part in parts]
    if kind != "struct" or not all(colon for _, colon, _ in fields):
        raise QueryError("HIVE_METASTORE_ERROR", f"cannot read the column type {hive!r}")
    return "STRUCT(" + ", ".join(f"{quoted(n.strip().lower())} {duckdb_type(t)}" for n, _, t in fields) + ")"


def hive_type(kind: Any) -> str:
    """The Glue type for a column of a DuckDB result; QueryError where Hive has none."""
    children = dict(kind.children) if kind.id in ("list", "struct", "map", "decimal") else {}
    if kind.id == "decimal":
        return f"decimal({children['precision']},{children['scale']})"
    if kind.id == "list":
        return f"array<{hive_type(children['child'])}>"
    if kind.id == "map":
        return f"map<{hive_type(children['key'])},{hive_type(children['value'])}>"
    if kind.id == "struct":
        return "struct<" + ",".join(f"{name}:{hive_type(child)}" for name, child in children.items()) + ">"
    name = result_column("", kind).type
    if name not in TO_HIVE:
        raise QueryError("NOT_SUPPORTED", f"Unsupported Hive type: {name}")
    return TO_HIVE[name]


TO_HIVE = {
    "boolean": "boolean", "tinyint": "tinyint", "smallint": "smallint", "integer": "int", "bigint": "bigint",
    "float": "float", "double": "double", "varchar": "string", "date": "date", "timestamp": "timestamp",
    "varbinary": "binary",
}  # fmt: skip


def trino_type(name: str) -> str:
    """What Trino's typeof says where DuckDB's says ``name``."""
    return _displayed(duckdb.sqltype(name))


def _displayed(kind: Any) -> str:
    children = kind.children if kind.id in ("list", "struct", "map") else []
    inner = [_displayed(child) for _, child in children]
    if kind.id == "struct":
        inner = [f"{field} {text}" for (field, _), text in zip(children, inner, strict=True)]
    column = result_column("", kind)
    if column.type == "decimal":
        return f"decimal({column.precision},{column.scale})"
    if column.type in DISPLAYED:
        return DISPLAYED[column.type]
    return f"{column.type}({', '.join(inner)})" if inner else column.type


# How Trino writes those that Athena's results call otherwise.
DISPLAYED = {
    "float": "real", "time": "time(3)", "timestamp": "timestamp(3)",
    "timestamp with time zone": "timestamp(3) with time zone",
}  # fmt: skip


def split_outside(text: str, separator: str) -> list[str]:
    """Split where the separator stands outside brackets of any kind."""
    parts, depth, start = [], 0, 0
    for position, character in enumerate(text):
        if character in "<(":
            depth += 1
        elif character in ">)":
            depth -= 1
        elif character == separator and depth == 0:
            parts.append(text[start:position])
            start = position + 1
    return [*parts, text[start:]]


def result_column(name: str, kind: Any) -> ResultColumn:
    """The Athena column for a column of a DuckDB result."""
    if kind.id == "decimal":
        children = dict(kind.children)
        return ResultColumn(name, "decimal", int(children["precision"]), int(children["scale"]))
    # DuckDB's own words for two types are not in their id
    key = {"JSON": "json", '"NULL"': "null"}.get(str(kind), kind.id)
    if key not in ATHENA:
        raise QueryError("NOT_SUPPORTED", f"the local Athena cannot return column {name!r} of type {kind}")
    return ResultColumn(name, *ATHENA[key])


def select(items: Iterable[str], source: str) -> str:
    """A SELECT over a relation; both parts are SQL made by ``quoted`` and ``literal``."""
    return f"SELECT {', '.join(items)} FROM {source}"  # noqa: S608 - every name and value in it is quoted


def quoted(name: str) -> str:
    """An SQL identifier in quotes."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """An SQL string literal."""
    return "'" + text.replace("'", "''") + "'"
