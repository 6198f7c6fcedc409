"""The lock around a query's DuckDB: its own folder and nothing else, whatever SQL reaches it."""

from pathlib import Path

import duckdb
import pytest

from helpers.local_aws.athena.engine import _connect, _lock


@pytest.fixture
def locked(tmp_path: Path):
    folder = tmp_path / "own"
    folder.mkdir()
    (folder / "mine.txt").write_text("mine")
    (tmp_path / "other.txt").write_text("other")
    connection = _connect()
    _lock(connection, folder)
    yield connection, folder
    connection.close()


def test_its_own_folder_is_readable(locked) -> None:
    connection, folder = locked
    found = connection.execute("SELECT content FROM read_text(?)", [f"{folder}/mine.txt"]).fetchall()
    assert found == [("mine",)]


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT * FROM read_text('/etc/passwd')",
        "SELECT * FROM read_text('{folder}/../other.txt')",
        "SELECT * FROM glob('/etc/*')",
        "SELECT * FROM '/etc/hosts.csv'",
        "COPY (SELECT 1) TO '{folder}/../out.csv'",
        "COPY (SELECT 1) TO '/tmp/out.csv'",
        "ATTACH '{folder}/../x.db'",
        "INSTALL httpfs",
        "LOAD httpfs",
        "SET enable_external_access = true",
        "SET allowed_directories = ['/']",
        "RESET lock_configuration",
        "SET python_enable_replacements = true",
        "SELECT * FROM secret_frame",
        "SELECT getenv('HOME')",
        "EXPORT DATABASE '/tmp/out'",
    ],
)
def test_nothing_else_is(locked, sql: str) -> None:
    secret_frame = duckdb.connect().sql("SELECT 1 AS secret")
    connection, folder = locked
    with pytest.raises(duckdb.Error):
        connection.execute(sql.format(folder=folder))
    assert secret_frame is not None
