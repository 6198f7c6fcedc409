"""The files of a table as DuckDB relations, one function a SerDe, with the SerDes' own semantics.

JSON (OpenX and Hive SerDes): keys match columns whatever their case; of several objects in one line
only the first is read; a line that is no object is an error, or a row of NULLs with
``ignore.malformed.json``; blank lines are no rows. Only the outermost keys are lower-cased, and their
dots made underscores (``dots.in.keys`` of the OpenX SerDe).
Delimited text (LazySimpleSerDe): no quotes; missing fields and unreadable numbers are NULL; no escapes,
arrays or maps. CSV (OpenCSVSerde): quotes doubled, not escaped by a backslash. Parquet.
https://docs.aws.amazon.com/athena/latest/ug/supported-serdes.html
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from helpers.local_aws.athena.catalog import Column, Table
from helpers.local_aws.athena.errors import QueryError
from helpers.local_aws.athena.types import duckdb_type, literal, quoted, select

FILE = "$file"  # the column in which DuckDB names the local file of a row
LONGEST_LINE = 16 * 1024 * 1024  # bytes
DEEPEST = 128  # levels of JSON that DuckDB reads
LAZY = "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe"
PARQUET = "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe"
CSV = "org.apache.hadoop.hive.serde2.OpenCSVSerde"
OPENX = "org.openx.data.jsonserde.JsonSerDe"
JSON = (
    OPENX,
    "org.apache.hive.hcatalog.data.JsonSerDe",
    "org.apache.hadoop.hive.serde2.JsonSerDe",
)


@dataclass(frozen=True)
class LocalFile:
    """An object of a table, brought here and unpacked."""

    path: Path
    uri: str


def relation(connection: duckdb.DuckDBPyConnection, table: Table, files: list[LocalFile]) -> str:
    """A SELECT of the table's columns and ``$file`` over its files; prepares the files where needed."""
    if table.serde not in (*JSON, LAZY, PARQUET, CSV):
        raise QueryError(
            "NOT_SUPPORTED",
            f"the local Athena cannot read SerDe {table.serde!r} (table {table.name}): use one of "
            f"{', '.join((*JSON, LAZY, PARQUET, CSV))}",
        )
    if not files:
        columns = [f"CAST(NULL AS {duckdb_type(c.type)}) AS {quoted(c.name)}" for c in table.columns]
        return f"SELECT {', '.join([*columns, f'CAST(NULL AS VARCHAR) AS {quoted(FILE)}'])} WHERE false"
    if table.serde in JSON:
        _tidy(connection, table, files)
        return _json(table, files)
    if table.serde == PARQUET:
        return _parquet(connection, table, files)
    return _delimited(table, files) if table.serde == LAZY else _csv(table, files)


def _paths(files: list[LocalFile]) -> str:
    return "[" + ", ".join(literal(str(file.path)) for file in files) + "]"


def _lines(files: list[LocalFile], skip: int = 0) -> str:
    """A relation of all lines but the first of each file: columns ``line`` and ``$file``."""
    split = f"unnest(string_split(rtrim(content, chr(10)), chr(10))[{skip + 1}:]) AS line"
    return f"({select([split, f'filename AS {quoted(FILE)}'], f'read_text({_paths(files)})')})"


# --- JSON ---


def _json(table: Table, files: list[LocalFile]) -> str:
    keys = {column: _key(table, column) for column in table.columns}
    types = ", ".join(f"{literal(keys[c])}: {literal(duckdb_type(c.type))}" for c in table.columns)
    chosen = [f"{quoted(keys[c])} AS {quoted(c.name)}" for c in table.columns]
    source = (
        f"read_json({_paths(files)}, columns = {{{types}}}, format = 'newline_delimited', "
        f"maximum_object_size = {LONGEST_LINE}, filename = {literal(FILE)})"
    )
    return select([*chosen, quoted(FILE)], source)


def _key(table: Table, column: Column) -> str:
    return table.parameters.get(f"mapping.{column.name}", column.name).lower()


def _tidy(connection: duckdb.DuckDBPyConnection, table: Table, files: list[LocalFile]) -> None:
    """Rewrite the files that hold lines DuckDB would read otherwise than the SerDe does."""
    dots = table.serde == OPENX and table.parameters.get("dots.in.keys", "").lower() == "true"
    wanted = "replace(lower(key), '.', '_')" if dots else "lower(key)"
    differs = (
        "trim(line) <> '' AND CASE WHEN NOT json_valid(line) OR json_type(line) <> 'OBJECT' THEN true "
        f"ELSE len(list_filter(json_keys(line), lambda key: key <> {wanted})) > 0 "
        f"OR len(line) - len(translate(line, '[{{', '')) > {DEEPEST} END"
    )
    lines = select([f"DISTINCT {quoted(FILE)}"], f"{_lines(files)} WHERE {differs}")
    untidy = connection.execute(lines).fetchall()
    forgiving = table.parameters.get("ignore.malformed.json", "").lower() == "true"
    by_path = {str(file.path): file for file in files}
    for (path,) in untidy:
        _rewrite(by_path[path], forgiving, dots)


def _rewrite(file: LocalFile, forgiving: bool, dots: bool) -> None:
    text = file.path.read_bytes().decode("utf-8")
    tidy = "".join(f"{line}\n" for line in _tidy_lines(text, file.uri, forgiving, dots))
    file.path.write_bytes(tidy.encode("utf-8"))


def _tidy_lines(text: str, uri: str, forgiving: bool, dots: bool) -> Iterator[str]:
    decoder = json.JSONDecoder()
    for number, line in enumerate(text.split("\n"), 1):
        stripped = line.strip()
        if not stripped:
            continue
        found: Any = None
        problem = "a JSON object must begin with '{'"
        try:
            found, _ = decoder.raw_decode(stripped)  # what follows the first object is not read
        except (json.JSONDecodeError, RecursionError) as error:
            problem = str(error)
        if _is_deeper(found, DEEPEST):
            found, problem = None, f"nested deeper than {DEEPEST} levels"
        if isinstance(found, dict):
            keys = (key.lower().replace(".", "_") if dots else key.lower() for key in found)
            yield json.dumps(dict(zip(keys, found.values(), strict=True)), ensure_ascii=False)
        elif forgiving:
            yield "{}"
        else:
            raise QueryError(
                "HIVE_CURSOR_ERROR",
                f"Row is not a valid JSON Object - JSONException: {problem} ({uri}, line {number})",
            )


def _is_deeper(value: Any, levels: int) -> bool:
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else None
    return inner is not None and (levels == 0 or any(_is_deeper(each, levels - 1) for each in inner))


# --- delimited text, CSV and Parquet ---


def _delimited(table: Table, files: list[LocalFile]) -> str:
    separator = table.parameters.get("field.delim", table.parameters.get("serialization.format", "\x01"))
    null = literal(table.parameters.get("serialization.null.format", "\\N"))
    fields = [
        f"TRY_CAST(nullif(fields[{n}], {null}) AS {duckdb_type(c.type)}) AS {quoted(c.name)}"
        for n, c in enumerate(table.columns, 1)
    ]
    line = "rtrim(line, chr(13))"
    if escape := table.parameters.get("escape.delim"):
        refusal = f"NOT_SUPPORTED: the local Athena does not read lines with the escape {escape} (table {table.name})"
        line = f"CASE WHEN contains(line, {literal(escape)}) THEN error({literal(refusal)}) ELSE {line} END"
    split = f"string_split({line}, {literal(separator)}) AS fields"
    lines = select([split, quoted(FILE)], _lines(files, _header_lines(table)))
    return select([*fields, quoted(FILE)], f"({lines})")


def _header_lines(table: Table) -> int:
    text = table.parameters.get("skip.header.line.count", "0")
    if not text.isdigit():
        raise QueryError("HIVE_METASTORE_ERROR", f"skip.header.line.count of {table.name} is no number: {text!r}")
    return int(text)


def _csv(table: Table, files: list[LocalFile]) -> str:
    """OpenCSVSerde: quoted fields, missing ones NULL; dates are days since 1970, times milliseconds."""
    marks = {
        name: literal(table.parameters.get(key, default))
        for name, key, default in (("delim", "separatorChar", ","), ("quote", "quoteChar", '"'), ("escape", "", '"'))
    }
    if table.parameters.get("escapeChar", "\\") not in ("\\", '"'):
        raise QueryError("NOT_SUPPORTED", f"the local Athena does not read the escapeChar of table {table.name}")
    names = ", ".join(f"{literal(f'c{n}')}: 'VARCHAR'" for n in range(len(table.columns)))
    options = ", ".join(f"{name} = {mark}" for name, mark in marks.items())
    source = (
        f"read_csv({_paths(files)}, columns = {{{names}}}, auto_detect = false, header = false, {options}, "
        f"skip = {_header_lines(table)}, null_padding = true, strict_mode = false, nullstr = {literal(chr(0))}, "
        f"filename = {literal(FILE)})"
    )
    fields = [f"{_csv_field(f'c{n}', c)} AS {quoted(c.name)}" for n, c in enumerate(table.columns)]
    return select([*fields, quoted(FILE)], source)


def _csv_field(name: str, column: Column) -> str:
    kind = duckdb_type(column.type)
    if kind == "VARCHAR":
        return name
    read = f"TRY_CAST({name} AS {kind})"
    if kind == "DATE":
        read = f"DATE '1970-01-01' + TRY_CAST({name} AS INTEGER)"
    elif kind == "TIMESTAMP":
        read = f"epoch_ms(TRY_CAST({name} AS BIGINT))"
    bad = f"'HIVE_BAD_DATA: Error Parsing a column in the table: ' || {name} || ' is no {column.type} ({column.name})'"
    return f"CASE WHEN {name} IS NULL THEN NULL WHEN {read} IS NULL THEN error({bad}) ELSE {read} END"


def _parquet(connection: duckdb.DuckDBPyConnection, table: Table, files: list[LocalFile]) -> str:
    """Columns by name, missing ones NULL; a column of another kind than declared is an error."""
    declared = {column.name: duckdb_type(column.type) for column in table.columns}
    for file in files:
        _check_parquet(connection, table, declared, file)
    source = f"read_parquet({_paths(files)}, union_by_name = true, filename = {literal(FILE)})"
    present = {name.lower() for name in connection.sql(select(["*"], source)).columns}
    chosen = [
        f"CAST({quoted(name) if name in present else 'NULL'} AS {kind}) AS {quoted(name)}"
        for name, kind in declared.items()
    ]
    return select([*chosen, quoted(FILE)], source)


def _check_parquet(
    connection: duckdb.DuckDBPyConnection, table: Table, declared: dict[str, str], file: LocalFile
) -> None:
    found = connection.sql(select(["*"], f"read_parquet({literal(str(file.path))})"))
    for name, kind in zip(found.columns, found.types, strict=True):
        wanted = declared.get(name.lower())
        if wanted is not None and _kind(str(kind)) != _kind(wanted):
            hive = next(column.type for column in table.columns if column.name == name.lower())
            raise QueryError(
                "HIVE_BAD_DATA",
                f"Field {name}'s type {kind} in parquet file {file.uri} is incompatible with type {hive} "
                "defined in table schema",
            )


def _kind(kind: str) -> str:
    """Types that are read as one another share a kind."""
    if kind.endswith("]"):
        return "list"
    word = kind.partition("(")[0].partition(" ")[0]
    return next((name for name, words in KINDS.items() if word in words), word)


KINDS = {
    "integer": ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT"),
    "floating": ("FLOAT", "DOUBLE"),
    "time": ("TIMESTAMP", "TIMESTAMP_S", "TIMESTAMP_MS", "TIMESTAMP_NS"),
}
