"""Running one query: tables brought from S3, views over them, DuckDB locked to the query's own folder.

Each query has a fresh in-memory DuckDB that may read one private folder and nothing else, may load
no extension, see no Python variable, and change no setting.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb

from helpers.local_aws.athena import projection, pruning, storage, translate, views
from helpers.local_aws.athena.catalog import Catalog, Column, Split, Table
from helpers.local_aws.athena.decimals import quotient
from helpers.local_aws.athena.errors import MalformedQuery, QueryCancelled, QueryError
from helpers.local_aws.athena.explanations import explain
from helpers.local_aws.athena.formats import FILE, LocalFile, relation
from helpers.local_aws.athena.functions import MACROS
from helpers.local_aws.athena.query import PATH, Query, TableName, parse, uses_path
from helpers.local_aws.athena.results import Row, writer
from helpers.local_aws.athena.types import ResultColumn, duckdb_type, literal, quoted, result_column, select, trino_type

ROWS_AT_ONCE = 10_000
SETTINGS = (
    "SET TimeZone = 'UTC'",
    "SET integer_division = true",  # 7 / 2 is 3 in Athena
    "SET memory_limit = '1GB'",
    "SET threads = 2",
)


@dataclass
class Session:
    """What a running query can be asked from another thread: bytes read so far, to stop."""

    connection: duckdb.DuckDBPyConnection | None = None
    scanned: int = 0
    limit: int | None = None  # bytes; the query is cancelled once it has read more
    stopped: bool = False
    files: list[LocalFile] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def stop(self) -> None:
        """Interrupt the query; its run then raises QueryCancelled."""
        with self._lock:
            self.stopped = True
            if self.connection is not None:
                self.connection.interrupt()

    def read(self, size: int) -> None:
        """Count bytes read; QueryCancelled if they are more than the limit."""
        self.scanned += size
        if self.limit is not None and self.scanned > self.limit:
            raise QueryCancelled("Bytes scanned limit was exceeded")

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


@dataclass(frozen=True)
class Ready:
    """A query whose tables are brought and whose database is locked, and its text for DuckDB."""

    connection: duckdb.DuckDBPyConnection
    statement: str


@dataclass
class _Sources:
    """What a query reads: tables and views by name, each after those it is made of, and the views' queries."""

    tables: dict[TableName, Table] = field(default_factory=dict)
    views: dict[TableName, Query] = field(default_factory=dict)


class Engine:
    """Runs queries for a service: ``s3`` and ``glue`` are boto3 clients, ``now`` gives epoch seconds."""

    def __init__(self, s3: Any, catalog: Catalog, now: Callable[[], float]) -> None:
        self.s3 = s3
        self.catalog = catalog
        self._now = now

    def run(self, query: Query, folder: Path, session: Session) -> Result:
        """Run a query in an empty folder of its own; QueryError if it fails, QueryCancelled if stopped.

        The rows come as they are computed, so they too can raise both.
        """
        ready = self.prepare(query, folder, session)
        with explained(query, session):
            cursor = ready.connection.execute(ready.statement)
        described = cursor.description or []
        names = translate.output_names([column[0] for column in described])
        found = [result_column(name, c[1]) for name, c in zip(names, described, strict=True)]
        return Result(found, _rows(cursor, [writer(c[1]) for c in described], query, session))

    def prepare(self, query: Query, folder: Path, session: Session, *, empty: bool = False) -> Ready:
        """Bring a query's tables, or empty ones, into an empty folder and lock the database; errors as of `run`."""
        folder.mkdir(parents=True)
        sources = _Sources()
        self._find(query, sources, ())
        queries = [query, *sources.views.values()]
        with_path = any(uses_path(each) for each in queries)
        connection = _connect()
        session.connection = connection
        names = {name: translate.view_name(n) for n, name in enumerate(sources.tables)}
        columns = {name: {c.name: c.type for c in table.all_columns} for name, table in sources.tables.items()}
        with explained(query, session):
            for name, table in sources.tables.items():
                if not table.view:
                    splits = [] if empty else self._splits(table, queries, folder)
                    relation_of = self._relation(connection, table, splits, folder / names[name], session, with_path)
                    connection.execute(translate.view(names[name], relation_of))
            _lock(connection, folder)
            now = self._now()
            for name, inner in sources.views.items():
                text = translate.to_duckdb(inner, names, columns, now, with_path)
                _define(connection, sources.tables[name], names[name], text, with_path)
            statement = translate.to_duckdb(query, names, columns, now, with_path)
            if session.stopped:
                raise QueryCancelled
        return Ready(connection, statement)

    def columns(self, query: Query, folder: Path, session: Session) -> list[tuple[ResultColumn, Any]]:
        """The columns a query would give, with their DuckDB types; nothing of it is run."""
        return described(self.prepare(query, folder, session, empty=True), query, session)

    def _find(self, query: Query, sources: _Sources, above: tuple[TableName, ...]) -> None:
        """Look up what a query reads, the inside of views before the views."""
        for node in query.tree.walk():
            name = query.tables.get(id(node))
            if name is None or name in sources.tables:
                continue
            where = query.where(node)
            if name in above:
                raise QueryError("VIEW_IS_RECURSIVE", f"{where}: Statement or view '{name}' is recursive")
            table = self.catalog.table(name, where)
            if table.view:
                sources.views[name] = self._view(table, where, sources, (*above, name))
            sources.tables[name] = table

    def _view(self, table: Table, where: str, sources: _Sources, above: tuple[TableName, ...]) -> Query:
        text, database = views.decode(table.name, table.view)
        try:
            query = parse(text, database)
            self._find(query, sources, above)
        except (QueryError, MalformedQuery) as error:
            if isinstance(error, QueryError) and error.code == "VIEW_IS_RECURSIVE":
                raise
            raise QueryError(
                "INVALID_VIEW", f"{where}: Failed analyzing stored view '{table.name}': {str(error).partition(': ')[2]}"
            ) from error
        return query

    def _splits(self, table: Table, queries: list[Query], folder: Path) -> list[Split]:
        """The folders of a table that the queries need."""
        if not table.partitions:
            return self.catalog.splits(table)
        found, now = pruning.conditions(queries, table), self._now()
        if projection.is_projected(table):
            splits = list(projection.project(table, now, pruning.given(found, table)))
        else:
            splits = self.catalog.splits(table)
        if (condition := pruning.condition(found, now)) is not None:
            splits = _matching(splits, table, condition, folder)
        return storage.with_objects(self.s3, splits)

    def _relation(
        self,
        connection: duckdb.DuckDBPyConnection,
        table: Table,
        splits: list[Split],
        folder: Path,
        session: Session,
        with_path: bool,
    ) -> str:
        """The rows of a table, its objects brought into a folder, as SQL."""
        parts, brought = [], []
        for n, split in enumerate(splits):
            if session.stopped:
                raise QueryCancelled
            files, size = storage.download(self.s3, split.location, folder / f"split-{n}")
            session.read(size)
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


def described(ready: Ready, query: Query, session: Session, *, named: bool = True) -> list[tuple[ResultColumn, Any]]:
    """The columns of a query with their DuckDB types; QueryError if not ``named`` as a table's must be."""
    with explained(query, session):
        relation = ready.connection.sql(ready.statement)
        names, kinds = [str(name) for name in relation.columns], list(relation.types)
    for n, name in enumerate(names if named else []):
        if name.startswith(translate.UNNAMED):
            raise QueryError("COLUMN_NAME_NOT_SPECIFIED", f"line 1:1: Column name not specified at position {n + 1}")
        if name.lower() in {other.lower() for other in names[:n]}:
            raise QueryError("DUPLICATE_COLUMN_NAME", f"line 1:1: Column name '{name}' specified more than once")
    found = [(result_column(name.lower(), kind), kind) for name, kind in zip(names, kinds, strict=True)]
    for column, _ in found:
        if named and column.type == "unknown":
            raise QueryError("COLUMN_TYPE_UNKNOWN", f"line 1:1: Column type is unknown: {column.name}")
    return found


def _define(connection: duckdb.DuckDBPyConnection, table: Table, name: str, text: str, with_path: bool) -> None:
    """A view of the catalog as a view of DuckDB, with the columns it was made with."""
    aliases = ", ".join(quoted(column.name) for column in table.columns)
    chosen = [f"CAST({quoted(c.name)} AS {duckdb_type(c.type)}) AS {quoted(c.name)}" for c in table.columns]
    if with_path:
        chosen.append(f"CAST(NULL AS VARCHAR) AS {quoted(PATH)}")
    try:
        if len(connection.sql(text).columns) != len(table.columns):
            raise duckdb.BinderException("Binder Error: it gives another number of columns")
        connection.execute(translate.view(name, select(chosen, f"({text}) AS v ({aliases})")))
    except duckdb.BinderException as error:
        first = str(error).partition("\n")[0].partition(": ")[2]
        raise QueryError(
            "VIEW_IS_STALE", f"line 1:1: View '{table.name}' is stale or in invalid state: {first}"
        ) from error


def _matching(splits: list[Split], table: Table, condition: str, folder: Path) -> list[Split]:
    """The splits whose values meet a condition; all of them if it cannot be told before the rows are read."""
    connection = _connect()
    _lock(connection, folder)
    try:
        names = [quoted(column.name) for column in table.partitions]
        kinds = [duckdb_type(column.type) for column in table.partitions]
        connection.execute(f"CREATE TABLE found (n BIGINT, {', '.join(f'{name} VARCHAR' for name in names)})")
        columns = [list(values) for values in zip(*(split.values for split in splits), strict=True)]
        if columns:
            marks = ["unnest(range(len(?::VARCHAR[])))", *("unnest(?::VARCHAR[])" for _ in names)]
            connection.execute(f"INSERT INTO found SELECT {', '.join(marks)}", [columns[0], *columns])
        cast = [f"CAST({name} AS {kind}) AS {name}" for name, kind in zip(names, kinds, strict=True)]
        inner = select(["n", *cast], "found")
        rows = connection.execute(select(["n"], f"({inner}) WHERE {condition} ORDER BY n")).fetchall()
    except duckdb.Error:
        return splits  # whatever is wrong is said when the query itself runs
    finally:
        connection.close()
    return [splits[n] for (n,) in rows]


@contextmanager
def explained(query: Query, session: Session) -> Iterator[None]:
    """DuckDB's errors inside become Athena's."""
    try:
        yield
    except duckdb.Error as error:
        raise explain(error, query, session.files, session.stopped) from error


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
    connection.create_function("athena_quotient", quotient)
    connection.create_function("athena_type", trino_type, ["VARCHAR"], "VARCHAR")
    # Of no type, so that it can stand for a value of any.
    connection.create_function("athena_error", _raise, ["VARCHAR"], duckdb.sqltype('"NULL"'))
    for statement in (*SETTINGS, *MACROS):
        connection.execute(statement)
    return connection


def _raise(message: str) -> None:
    """An error in Athena's words: its code, a colon, what it says."""
    raise ValueError(message)


def _lock(connection: duckdb.DuckDBPyConnection, folder: Path) -> None:
    """From here on the connection reads its folder, no other file, and keeps these settings."""
    connection.execute(f"SET temp_directory = {literal(str(folder / 'spill'))}")
    connection.execute(f"SET allowed_directories = [{literal(str(folder))}]")
    connection.execute("SET enable_external_access = false")
    connection.execute("SET lock_configuration = true")


def _rows(cursor: Any, writers: list[Any], query: Query, session: Session) -> Iterator[Row]:
    with explained(query, session):
        while rows := cursor.fetchmany(ROWS_AT_ONCE):
            for row in rows:
                yield [write(value) for write, value in zip(writers, row, strict=True)]
