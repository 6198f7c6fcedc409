"""What must outlive the process: documents (the latest state of a thing) and logs (what came in, in order), in SQLite.

A service writes here before it acknowledges a request, and reads it back when it starts. What a transaction
held is on the operating system's side when it ends, so `kill -9` of this process loses nothing; a power cut
may lose the last moments, for the disk is not waited for (WAL with synchronous=NORMAL). Values are bytes:
each service has a format of its own.

Not a place for what grows without end: a log's entries are forgotten once they are delivered or are part
of a newer document.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

_TABLES = """
CREATE TABLE IF NOT EXISTS documents (
    kind TEXT NOT NULL, name TEXT NOT NULL, data BLOB NOT NULL, PRIMARY KEY (kind, name)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS entries (number INTEGER PRIMARY KEY AUTOINCREMENT, log TEXT NOT NULL, data BLOB NOT NULL);
CREATE INDEX IF NOT EXISTS entries_of_log ON entries (log, number);
"""
LONGEST_WAIT = 10  # seconds for a lock of the file; nobody else should hold one
FORMAT = 1  # raised whenever what is kept can no longer be read as before


class JournalError(Exception):
    """The journal cannot be used: held by another process, of another version, or damaged."""


class Journal:
    """Documents by kind and name, and numbered entries by log; usable from any thread.

    Without a path it is kept in memory and lost, which is what tests of one service want. `alone` holds the
    file for this process until it ends, however it ends. JournalError when the file cannot be used;
    sqlite3.Error later, when the disk is full: the request fails, unacknowledged.

    >>> journal = Journal()
    >>> with journal.transaction():
    ...     journal.save("stream", "clicks", b"{}")
    ...     first = journal.append("clicks", b"one")
    >>> journal.load("stream"), list(journal.entries("clicks"))
    ({'clicks': b'{}'}, [(1, b'one')])
    >>> journal.forget("clicks", [first])
    >>> list(journal.entries("clicks"))
    []
    """

    def __init__(self, path: Path | None = None, *, alone: bool = False) -> None:
        self._guard = threading.RLock()
        self._depth = 0
        wait = 1 if alone else LONGEST_WAIT
        self._file = sqlite3.connect(
            ":memory:" if path is None else path, timeout=wait, isolation_level=None, check_same_thread=False
        )
        try:
            self._open(alone)
        except sqlite3.Error as error:
            self._file.close()
            held = "locked" in str(error)
            raise JournalError(
                f"{path} is held by another process" if held else f"{path} is damaged or no journal: {error}"
            ) from error
        except JournalError:
            self._file.close()
            raise
        if path is not None:
            path.chmod(0o600)

    def _open(self, alone: bool) -> None:
        if alone:
            self._file.execute("PRAGMA locking_mode=EXCLUSIVE")
        for statement in ("PRAGMA auto_vacuum=INCREMENTAL", "PRAGMA journal_mode=WAL", "PRAGMA synchronous=NORMAL"):
            self._file.execute(statement)
        [found] = self._file.execute("PRAGMA user_version").fetchone()
        if found not in (0, FORMAT):
            raise JournalError(f"the journal is of format {found}, this version reads format {FORMAT}")
        [health] = self._file.execute("PRAGMA quick_check(1)").fetchone()
        if health != "ok":
            raise JournalError(f"the journal is damaged: {health}")
        self._file.executescript(_TABLES)
        # What a bad day took is given back here, for it costs time; execute() would give back one page and stop.
        self._file.executescript("PRAGMA incremental_vacuum")
        self._file.execute(f"PRAGMA user_version = {FORMAT}")

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All that is written within is kept, or nothing of it; one within another belongs to the outer one."""
        with self._guard:
            if self._depth:
                yield
                return
            self._file.execute("BEGIN IMMEDIATE")
            self._depth += 1
            try:
                yield
            except BaseException:
                self._file.execute("ROLLBACK")
                raise
            else:
                self._file.execute("COMMIT")
            finally:
                self._depth -= 1

    def save(self, kind: str, name: str, data: bytes) -> None:
        """Keep a document instead of the one before."""
        with self._guard:
            self._file.execute("INSERT OR REPLACE INTO documents VALUES (?, ?, ?)", (kind, name, data))

    def remove(self, kind: str, name: str) -> None:
        """Drop a document; nothing happens where there is none."""
        with self._guard:
            self._file.execute("DELETE FROM documents WHERE kind = ? AND name = ?", (kind, name))

    def load(self, kind: str) -> dict[str, bytes]:
        """All documents of a kind, by name."""
        with self._guard:
            return dict(self._file.execute("SELECT name, data FROM documents WHERE kind = ? ORDER BY name", (kind,)))

    def append(self, log: str, data: bytes) -> int:
        """Add an entry; returns its number, larger than that of any entry before."""
        with self._guard:
            number = self._file.execute("INSERT INTO entries (log, data) VALUES (?, ?)", (log, data)).lastrowid
        assert number is not None
        return number

    def entries(self, log: str, after: int = 0) -> Iterator[tuple[int, bytes]]:
        """The entries of a log with a number above `after`, oldest first."""
        while True:
            with self._guard:
                rows = self._file.execute(
                    "SELECT number, data FROM entries WHERE log = ? AND number > ? ORDER BY number LIMIT 100",
                    (log, after),
                ).fetchall()
            if not rows:
                return
            yield from rows
            after = rows[-1][0]

    def forget(self, log: str, numbers: Sequence[int]) -> None:
        """Drop entries by their numbers."""
        with self.transaction():
            self._file.executemany("DELETE FROM entries WHERE log = ? AND number = ?", [(log, n) for n in numbers])

    def forget_until(self, log: str, number: int) -> None:
        """Drop all entries of a log up to a number, that one included."""
        with self._guard:
            self._file.execute("DELETE FROM entries WHERE log = ? AND number <= ?", (log, number))

    def close(self) -> None:
        """Write everything into the one file, and let go of it."""
        with self._guard:
            self._file.close()
