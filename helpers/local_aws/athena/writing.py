"""CREATE TABLE AS, INSERT INTO and UNLOAD: a query's rows as objects in S3.

DuckDB writes the files into the query's own folder; from there they are put into S3. Formats: PARQUET, JSON,
TEXTFILE. Not done: ORC, AVRO, buckets, Iceberg; arrays, maps and rows in TEXTFILE. As in Athena, objects written
before a failure stay.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from helpers.local_aws.athena import statements as st
from helpers.local_aws.athena import storage
from helpers.local_aws.athena.catalog import Catalog, Column, Table
from helpers.local_aws.athena.ddl import STORED, folder_of, register, table_input
from helpers.local_aws.athena.engine import Engine, Ready, Session, described, explained
from helpers.local_aws.athena.errors import QueryError
from helpers.local_aws.athena.formats import JSON, LAZY, PARQUET
from helpers.local_aws.athena.projection import is_projected
from helpers.local_aws.athena.query import Query
from helpers.local_aws.athena.types import ResultColumn, duckdb_type, hive_type, literal, quoted, result_column, select

MOST_PARTITIONS = 100
COMPRESSIONS = {
    "PARQUET": ("GZIP", "SNAPPY", "ZSTD", "NONE"),
    "JSON": ("GZIP", "NONE"),
    "TEXTFILE": ("GZIP", "NONE"),
}
CTAS_PROPERTIES = ("format", "external_location", "partitioned_by", "write_compression", "parquet_compression",
                   "field_delimiter", "is_external", "table_type")  # fmt: skip
UNLOAD_PROPERTIES = ("format", "compression", "field_delimiter", "partitioned_by")
WIDER = {
    "bigint": ("integer", "smallint", "tinyint"), "integer": ("smallint", "tinyint"), "smallint": ("tinyint",),
    "double": ("float", "bigint", "integer", "smallint", "tinyint", "decimal"),
    "float": ("bigint", "integer", "smallint", "tinyint", "decimal"),
    "decimal": ("bigint", "integer", "smallint", "tinyint"), "timestamp": ("date",),
}  # fmt: skip


@dataclass(frozen=True)
class Written:
    """How many rows were written, and the addresses of the objects they are in."""

    rows: int
    uris: list[str]


@dataclass(frozen=True)
class _Target:
    """Where rows go, how they are written, and the columns in whose folders."""

    location: str
    format: str
    compression: str
    delimiter: str
    columns: list[tuple[str, str]]  # name, DuckDB type
    partitions: list[str]


@dataclass(frozen=True)
class Writer:
    """Carries the statements out; ``managed`` is the folder of tables that are given no location."""

    glue: Any
    s3: Any
    catalog: Catalog
    engine: Engine
    managed: str
    enforced: bool  # the work group says where everything goes
    now: float
    id: str

    def run(self, statement: st.Writing, folder: Path, session: Session) -> Written:
        """Do what a statement says; QueryError if it fails."""
        match statement:
            case st.Ctas():
                return self._create(statement, folder, session)
            case st.Insert():
                return self._insert(statement, folder, session)
            case st.Unload():
                return self._unload(statement, folder, session)

    def _create(self, statement: st.Ctas, folder: Path, session: Session) -> Written:
        name, given = statement.name, statement.properties
        _check_properties(given, CTAS_PROPERTIES)
        self.catalog.check_database(name.database, "line 1:1")
        if name.table in self.catalog.tables(name.database):
            if statement.if_not_exists:
                return Written(0, [])
            raise QueryError("TABLE_ALREADY_EXISTS", f"line 1:1: Destination table '{name}' already exists")
        if "external_location" in given and self.enforced:
            raise QueryError(
                "INVALID_TABLE_PROPERTY",
                "The Create Table As Select query failed because it was submitted with an 'external_location' property "
                "to an Athena Workgroup that enforces a centralized output location for all queries. Please remove "
                "the 'external_location' property and resubmit the query.",
            )
        location = _text(given, "external_location", self.managed).rstrip("/") + "/"
        self._must_be_empty(location, f"table '{name.database}.{name.table}'")
        ready = self.engine.prepare(statement.query, folder, session)
        columns = described(ready, statement.query, session)
        compression = _text(given, "write_compression", _text(given, "parquet_compression", "GZIP"))
        target = _target(given, location, compression, columns)
        kept = len(columns) - len(target.partitions)
        hive = [Column(column.name, hive_type(kind)) for column, kind in columns]
        if not kept:
            raise QueryError("INVALID_TABLE_PROPERTY", "Table contains only partition columns")
        text = {"field.delim": target.delimiter, "serialization.format": target.delimiter}
        table = table_input(
            name,
            hive[:kept],
            hive[kept:],
            location,
            STORED[target.format],
            text if target.format == "TEXTFILE" else {"serialization.format": "1"},
            {"parquet.compression": target.compression} if target.format == "PARQUET" else {},
        )
        written, found = Written(0, []), list[tuple[list[str], str]]()
        if statement.with_data:
            written, found = self._write(ready, statement.query, target, folder, session)
        self.glue.create_table(DatabaseName=name.database, TableInput=table)
        register(self.glue, self.catalog.described(name, "line 1:1"), found)
        return written

    def _insert(self, statement: st.Insert, folder: Path, session: Session) -> Written:
        table = self.catalog.table(statement.name, "line 1:1")
        if table.view:
            raise QueryError("NOT_SUPPORTED", "line 1:1: Inserting into views is not supported")
        names = statement.columns or [column.name for column in table.all_columns]
        known = {column.name: column for column in table.all_columns}
        for name in names:
            if name not in known:
                raise QueryError(
                    "COLUMN_NOT_FOUND", f"line 1:1: Insert column name does not exist in target table: {name}"
                )
            if names.count(name) > 1:
                raise QueryError("DUPLICATE_COLUMN_NAME", f"line 1:1: Insert column name is specified twice: {name}")
        ready = self.engine.prepare(statement.query, folder, session)
        columns = described(ready, statement.query, session, named=False)
        _check_types([known[name] for name in names], [column for column, _ in columns], ready)
        chosen = [
            f"CAST({quoted(f'c{names.index(name)}') if name in names else 'NULL'} AS {duckdb_type(column.type)}) "
            f"AS {quoted(name)}"
            for name, column in known.items()
        ]
        inner = select(chosen, f"({ready.statement}) AS q ({', '.join(f'c{n}' for n in range(len(names)))})")
        partitions = [column.name for column in table.partitions]
        kinds = [(name, duckdb_type(column.type)) for name, column in known.items()]
        target = _Target(table.location.rstrip("/") + "/", *_how(table), kinds, partitions)
        written, found = self._write(Ready(ready.connection, inner), statement.query, target, folder, session)
        if not is_projected(table):
            register(self.glue, self.catalog.described(statement.name, "line 1:1"), found)
        return written

    def _unload(self, statement: st.Unload, folder: Path, session: Session) -> Written:
        given = statement.properties
        _check_properties(given, UNLOAD_PROPERTIES)
        if "format" not in given:
            raise QueryError("INVALID_TABLE_PROPERTY", "UNLOAD needs the property format")
        location = statement.location.rstrip("/") + "/"
        self._must_be_empty(location, "UNLOAD")
        ready = self.engine.prepare(statement.query, folder, session)
        columns = described(ready, statement.query, session)
        target = _target(given, location, _text(given, "compression", "GZIP"), columns)
        written, _ = self._write(ready, statement.query, target, folder, session)
        return written

    def _must_be_empty(self, location: str, what: str) -> None:
        bucket, prefix = storage.parse_uri(location)
        if next(storage.keys(self.s3, bucket, prefix), None) is not None:
            raise QueryError("HIVE_PATH_ALREADY_EXISTS", f"Target directory for {what} already exists: {location}")

    def _write(
        self, ready: Ready, query: Query, target: _Target, folder: Path, session: Session
    ) -> tuple[Written, list[tuple[list[str], str]]]:
        """Write the rows; also the partitions they are in, as values and location."""
        out = folder / "written"
        with explained(query, session):
            [(rows,)] = ready.connection.execute(_copy(ready.statement, target, out)).fetchall()
        if not rows:
            return Written(0, []), []
        files = sorted(path for path in out.rglob("*") if path.is_file()) if out.is_dir() else [out]
        if target.partitions and len({path.parent for path in files}) > MOST_PARTITIONS:
            raise QueryError(
                "HIVE_TOO_MANY_OPEN_PARTITIONS",
                f"Exceeded limit of {MOST_PARTITIONS} open writers for partitions/buckets",
            )
        bucket, prefix = storage.parse_uri(target.location)
        stamp = datetime.fromtimestamp(self.now, UTC).strftime("%Y%m%d_%H%M%S")
        suffix = ".gz" if target.format != "PARQUET" and target.compression == "GZIP" else ""
        uris, partitions = [], {}
        for n, path in enumerate(files):
            values = [unquote(part.name.partition("=")[2]) for part in reversed(path.parents) if out in part.parents]
            within = folder_of(target.partitions, values) + "/" if values else ""
            partitions[within] = values
            key = f"{prefix}{within}{stamp}_{n:05d}_{self.id[:5]}_{uuid.uuid5(uuid.NAMESPACE_URL, f'{self.id}/{n}')}"
            with path.open("rb") as body:
                self.s3.put_object(Bucket=bucket, Key=key + suffix, Body=body)
            uris.append(f"s3://{bucket}/{key}{suffix}")
        found = [(values, f"{target.location}{within}") for within, values in partitions.items() if values]
        return Written(int(rows), uris), found


def _copy(statement: str, target: _Target, out: Path) -> str:
    names = ", ".join(f"c{n}" for n in range(len(target.columns)))
    columns = [f"CAST(c{n} AS {kind}) AS {quoted(name)}" for n, (name, kind) in enumerate(target.columns)]
    packed = target.compression.lower()
    options = {
        "PARQUET": f"FORMAT parquet, COMPRESSION {literal('uncompressed' if packed == 'none' else packed)}",
        "JSON": f"FORMAT json, COMPRESSION {literal(packed)}",
        "TEXTFILE": f"FORMAT csv, HEADER false, DELIMITER {literal(target.delimiter)}, QUOTE '', ESCAPE '', "
        f"NULLSTR {literal(chr(92) + 'N')}, COMPRESSION {literal(packed)}",
    }[target.format]
    if target.partitions:
        options += f", PARTITION_BY ({', '.join(quoted(name) for name in target.partitions)})"
    return f"COPY ({select(columns, f'({statement}) AS q ({names})')}) TO {literal(str(out))} ({options})"


def _target(
    given: dict[str, str | list[str]], location: str, compression: str, columns: list[tuple[ResultColumn, Any]]
) -> _Target:
    kind = _text(given, "format", "PARQUET").upper()
    if kind not in COMPRESSIONS:
        raise QueryError("NOT_SUPPORTED", f"the local Athena writes {', '.join(COMPRESSIONS)}, not {kind}")
    if compression.upper() not in COMPRESSIONS[kind]:
        raise QueryError(
            "NOT_SUPPORTED",
            f"the local Athena compresses {kind} with {', '.join(COMPRESSIONS[kind])}, not {compression}",
        )
    partitions = given.get("partitioned_by", [])
    partitions = [name.lower() for name in ([partitions] if isinstance(partitions, str) else partitions)]
    names = [column.name for column, _ in columns]
    if partitions and names[-len(partitions) :] != partitions:
        raise QueryError(
            "HIVE_COLUMN_ORDER_MISMATCH",
            "Partition keys must be the last columns in the table and in the same order as the table properties: "
            f"[{', '.join(partitions)}]",
        )
    if kind == "TEXTFILE" and any(column.type in ("array", "map", "row") for column, _ in columns):
        raise QueryError("NOT_SUPPORTED", "the local Athena writes no arrays, maps and rows as TEXTFILE")
    kinds = [(column.name, duckdb_type(hive_type(duck))) for column, duck in columns]
    return _Target(location, kind, compression.upper(), _text(given, "field_delimiter", "\x01"), kinds, partitions)


def _how(table: Table) -> tuple[str, str, str]:
    """Format, compression and delimiter of what is inserted into a table."""
    if table.serde == PARQUET:
        packed = table.parameters.get("parquet.compression", table.parameters.get("write.compression", "GZIP")).upper()
        return "PARQUET", packed if packed in COMPRESSIONS["PARQUET"] else "GZIP", ""
    if table.serde in JSON:
        return "JSON", "GZIP", ""
    if table.serde != LAZY:
        raise QueryError("NOT_SUPPORTED", f"Inserting into Hive table {table.name} with SerDe {table.serde!r}")
    if any(duckdb_type(column.type).endswith(("]", ")")) for column in table.columns if "<" in column.type):
        raise QueryError("NOT_SUPPORTED", "the local Athena writes no arrays, maps and rows as TEXTFILE")
    return "TEXTFILE", "GZIP", table.parameters.get("field.delim", "\x01")


def _check_types(columns: list[Column], given: list[ResultColumn], ready: Ready) -> None:
    wanted = [
        result_column(column.name, ready.connection.sql(f"SELECT CAST(NULL AS {duckdb_type(column.type)})").types[0])
        for column in columns
    ]
    fits = len(wanted) == len(given) and all(
        has.type in (into.type, "unknown", *WIDER.get(into.type, ())) for into, has in zip(wanted, given, strict=True)
    )
    if not fits:
        raise QueryError(
            "TYPE_MISMATCH",
            "line 1:1: Insert query has mismatched column types: "
            f"Table: [{', '.join(c.type for c in wanted)}], Query: [{', '.join(c.type for c in given)}]",
        )


def _check_properties(given: dict[str, str | list[str]], known: tuple[str, ...]) -> None:
    for name in given:
        if name in ("bucketed_by", "bucket_count"):
            raise QueryError("NOT_SUPPORTED", "the local Athena writes no buckets (bucketed_by, bucket_count)")
        if name not in known:
            raise QueryError("INVALID_TABLE_PROPERTY", f"line 1:1: Table property '{name}' does not exist")
    if _text(given, "table_type", "HIVE").upper() != "HIVE":
        raise QueryError("NOT_SUPPORTED", "the local Athena writes Hive tables only (table_type)")


def _text(given: dict[str, str | list[str]], name: str, default: str) -> str:
    value = given.get(name, default)
    if not isinstance(value, str):
        raise QueryError("INVALID_TABLE_PROPERTY", f"line 1:1: Invalid value for property '{name}': {value}")
    return value
