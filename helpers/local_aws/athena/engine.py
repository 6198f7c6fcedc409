"""Running one query: tables brought from S3, views over them, DuckDB locked to the query's own folder.

Each query has a fresh in-memory DuckDB that may read one private folder and nothing else, may load
no extension, see no Python variable, and change no setting.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb

from helpers.local_aws.athena import storage, translate
from helpers.local_aws.athena.catalog import Catalog, Column, Table
from helpers.local_aws.athena.errors import QueryCancelled, QueryError
from helpers.local_aws.athena.formats import FILE, LocalFile, relation
from helpers.local_aws.athena.functions import MACROS
from helpers.local_aws.athena.query import PATH, Query, TableName, uses_path
from helpers.local_aws.athena.results import Row, writer
from helpers.local_aws.athena.types import ResultColumn, duckdb_type, literal, quoted, result_column, select

ROWS_AT_ONCE = 10_000
SETTINGS = (
    "SET TimeZone = 'UTC'",
    "SET integer_division = true",  # 7 / 2 is 3 in Athena
    "SET memory_limit = '1GB'",
    "SET threads = 2",
)
CODE = re.compile(r"(?s)Invalid Input Error: ([A-Z][A-Z0-9_]+): (.*)")


@dataclass
class Session:
    """What a running query can be asked from another thread: bytes read so far, to stop."""

    connection: duckdb.DuckDBPyConnection | None = None
    scanned: int = 0
    stopped: bool = False
    files: list[LocalFile] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def stop(self) -> None:
        """Interrupt the query; its run then raises QueryCancelled."""
        with self._lock:
            self.stopped = True
            if self.connection is not None:
                self.connection.interrupt()

    def close(self) -> None:
        """Let go of the database and its files."""
        with self._lock:
            if self.connection is not None:
                self.connection.close()
                self.connection = None


@dataclass(frozen=True)
class Result:
    """Columns, and the rows as text while they are read."""

    columns: list[ResultColumn]
    rows: Iterator[Row]


class Engine:
    """Runs queries for a service: ``s3`` and ``glue`` are boto3 clients, ``now`` gives epoch seconds."""

    def __init__(self, s3: Any, catalog: Catalog, now: Callable[[], float]) -> None:
        self._s3 = s3
        self._catalog = catalog
        self._now = now

    def run(self, query: Query, folder: Path, session: Session) -> Result:
        """Run a query in an empty folder of its own; QueryError if it fails, QueryCancelled if stopped.

        The rows come as they are computed, so they too can raise both.
        """
        tables, with_path = self._tables(query), uses_path(query)
        connection = _connect()
        session.connection = connection
        try:
            views = {name: translate.view_name(n) for n, name in enumerate(tables)}
            for name, table in tables.items():
                relation_of = self._relation(connection, table, folder / views[name], session, with_path)
                connection.execute(translate.view(views[name], relation_of))
            _lock(connection, folder)
            columns = {name: [c.name for c in table.all_columns] for name, table in tables.items()}
            statement = translate.to_duckdb(query, views, columns, self._now())
            if session.stopped:
                raise QueryCancelled
            cursor = connection.execute(statement)
            described = cursor.description or []
            names = translate.output_names([column[0] for column in described])
            found = [result_column(name, c[1]) for name, c in zip(names, described, strict=True)]
        except duckdb.Error as error:
            raise explain(error, query, session) from error
        return Result(found, _rows(cursor, [writer(c[1]) for c in described], query, session))

    def _tables(self, query: Query) -> dict[TableName, Table]:
        found: dict[TableName, Table] = {}
        for node in query.tree.walk():
            if (name := query.tables.get(id(node))) is not None and name not in found:
                found[name] = self._catalog.table(name, query.where(node))
        return found

    def _relation(
        self,
        connection: duckdb.DuckDBPyConnection,
        table: Table,
        folder: Path,
        session: Session,
        with_path: bool,
    ) -> str:
        """The rows of a table, its objects brought into a folder, as SQL."""
        parts, brought = [], []
        for n, split in enumerate(self._catalog.splits(table)):
            if session.stopped:
                raise QueryCancelled
            files, size = storage.download(self._s3, split.location, folder / f"split-{n}")
            session.scanned += size
            session.files.extend(files)
            brought.extend(files)
            values = [_constant(*pair) for pair in zip(table.partitions, split.values, strict=True)]
            parts.append(select(["*", *values], f"({relation(connection, table, files)})"))
        if not parts:
            values = [_constant(column, None) for column in table.partitions]
            parts.append(select(["*", *values], f"({relation(connection, table, [])})"))
        rows = " UNION ALL BY NAME ".join(parts)
        chosen = [quoted(column.name) for column in table.all_columns]
        if with_path:
            chosen.append(_uri(brought))
        return select(chosen, f"({rows})")


def _constant(column: Column, value: str | None) -> str:
    text = "NULL" if value is None else literal(value)
    return f"CAST({text} AS {duckdb_type(column.type)}) AS {quoted(column.name)}"


def _uri(files: list[LocalFile]) -> str:
    """The ``$path`` of a row, from the local file it was read from."""
    known = ", ".join(f"{literal(str(file.path))}: {literal(file.uri)}" for file in files)
    mapped = f"MAP {{{known}}}[{quoted(FILE)}]" if files else "CAST(NULL AS VARCHAR)"
    return f"{mapped} AS {quoted(PATH)}"


def _connect() -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect(
        ":memory:",
        config={
            "python_enable_replacements": "false",
            "autoinstall_known_extensions": "false",
            "autoload_known_extensions": "false",
            "allow_community_extensions": "false",
        },
    )
    for statement in (*SETTINGS, *MACROS):
        connection.execute(statement)
    return connection


def _lock(connection: duckdb.DuckDBPyConnection, folder: Path) -> None:
    """From here on the connection reads its folder, no other file, and keeps these settings."""
    connection.execute(f"SET temp_directory = {literal(str(folder / 'spill'))}")
    connection.execute(f"SET allowed_directories = [{literal(str(folder))}]")
    connection.execute("SET enable_external_access = false")
    connection.execute("SET lock_configuration = true")


def _rows(cursor: Any, writers: list[Any], query: Query, session: Session) -> Iterator[Row]:
    try:
        while rows := cursor.fetchmany(ROWS_AT_ONCE):
            for row in rows:
                yield [write(value) for write, value in zip(writers, row, strict=True)]
    except duckdb.Error as error:
        raise explain(error, query, session) from error


# --- DuckDB's errors in Athena's words ---


def explain(error: duckdb.Error, query: Query, session: Session) -> Exception:
    """What Athena would say where DuckDB raised; the local names of files become their S3 addresses."""
    if session.stopped or isinstance(error, duckdb.InterruptException):
        return QueryCancelled()
    text = str(error)
    for file in session.files:
        text = text.replace(str(file.path), file.uri)
    if match := CODE.match(text):
        return QueryError(match[1], match[2])
    if isinstance(error, duckdb.OutOfMemoryException):
        return QueryError("EXCEEDED_MEMORY_LIMIT", "Query exhausted resources at this scale factor")
    first = text.partition("\n")[0].partition(": ")[2] or text
    for pattern, code, wording in WORDINGS:
        if match := re.search(pattern, text):
            name = match[1] if match.groups() else ""
            place = query.names(name) if name else "line 1:1"
            return QueryError(code, wording.format(place=place, name=name.lower(), text=first))
    if isinstance(error, (duckdb.BinderException, duckdb.ParserException, duckdb.CatalogException)):
        return QueryError("SYNTAX_ERROR", f"line 1:1: {first}")
    if isinstance(error, duckdb.ConversionException):
        return QueryError("INVALID_CAST_ARGUMENT", first)
    return QueryError("GENERIC_USER_ERROR", first)


NOT_THERE = "{place}: " + translate.NOT_THERE
OPENING = "Error opening Hive split: {text}"
AMBIGUOUS = "{place}: Column '{name}' is ambiguous"
WORDINGS = (
    (r'Referenced column "([^"]+)" not found', "COLUMN_NOT_FOUND", NOT_THERE),
    (r'Referenced table "([^"]+)" not found', "COLUMN_NOT_FOUND", NOT_THERE),
    (r'does not have a column named "([^"]+)"', "COLUMN_NOT_FOUND", NOT_THERE),
    (r'Ambiguous reference to column name "([^"]+)"', "AMBIGUOUS_NAME", AMBIGUOUS),
    (
        r'column "([^"]+)" must appear in the GROUP BY',
        "EXPRESSION_NOT_AGGREGATE",
        "{place}: '\"{name}\"' must be an aggregate expression or appear in GROUP BY clause",
    ),
    (r"Division by zero", "DIVISION_BY_ZERO", "Division by zero"),
    (r"(?i)could not parse string .* according to format", "INVALID_FUNCTION_ARGUMENT", "{text}"),
    (r"JSON transform error", "HIVE_BAD_DATA", "Error parsing field value: {text}"),
    (r"Malformed JSON", "HIVE_CURSOR_ERROR", "Row is not a valid JSON Object - JSONException: {text}"),
    (r"(?i)gzip|not a parquet file|no magic bytes", "HIVE_CANNOT_OPEN_SPLIT", OPENING),
    (r"(?i)out of range|overflow", "NUMERIC_VALUE_OUT_OF_RANGE", "{text}"),
    (r"No function matches|Could not choose a best candidate", "FUNCTION_NOT_FOUND", "line 1:1: {text}"),
    (r"Permission Error", "PERMISSION_DENIED", "{text}"),
)  # fmt: skip
