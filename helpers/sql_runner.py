"""A script of Kinesis Analytics SQL over a file or a pipe of records: what `workshop sql run` does.

Lines come in as bytes, rows of the chosen streams go out as JSON lines. The clock is an argument, so
that a run with `--rowtime` depends on its input and seed alone. Memory is bounded: rows are written
and forgotten chunk by chunk, and a line longer than a record can be is not read to its end.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from helpers.errors import WorkshopError
from helpers.streaming_sql import (
    Application,
    RecordError,
    RecordReader,
    SchemaError,
    SchemaInferenceError,
    infer_schema,
    render,
)
from helpers.streaming_sql.conversion import as_text, read_timestamp
from helpers.streaming_sql.datatypes import TIMESTAMP

SAMPLE: Final = 1_000  # lines a schema is inferred from
TOLD: Final = 10  # complaints told in full; the rest are counted
MAX_HELD: Final = 10_000  # rows of one ROWTIME that wait for others of the same
MAX_LINE: Final = 1_048_576  # bytes; the service took rows up to 512 KB
_MILLISECONDS: Final = 100_000_000_000  # as a number of seconds this is the year 5138, as milliseconds 1973

Line = tuple[int, bytes]
Tell = Callable[[str], None]


@dataclass
class Account:
    """What became of the lines."""

    records: int = 0
    rows: int = 0
    unreadable: int = 0
    late: int = 0

    @property
    def left_out(self) -> int:
        return self.unreadable + self.late


def split_lines(pieces: Iterable[bytes | None]) -> Iterator[list[Line]]:
    r"""Numbered lines from pieces of a file, blank ones left out; an empty list where a piece is None.

    A line longer than MAX_LINE bytes comes as its beginning, cut: no JSON document any more.

    >>> list(split_lines([b"a\nb", None, b"c\n\nd"]))
    [[(1, b'a')], [], [(2, b'bc')], [(4, b'd')]]
    """
    number, rest = 0, b""
    for piece in pieces:
        if piece is None:
            yield []
            continue
        if len(rest) > MAX_LINE:  # within a line that is too long: all that matters is where it ends
            piece = piece[piece.find(b"\n") :] if b"\n" in piece else b""
        *whole, rest = (rest + piece).split(b"\n")
        lines = [(number + i, line) for i, line in enumerate(whole, 1) if line.strip()]
        number += len(whole)
        if lines:
            yield lines
    if rest.strip():
        yield [(number + 1, rest)]


def read_rowtime(value: Any) -> int:
    """Milliseconds since 1970 of ISO 8601 (UTC unless it names a zone), epoch seconds or epoch milliseconds.

    >>> read_rowtime("2026-11-22T10:00:00Z") == read_rowtime(1795341600) == read_rowtime("1795341600000")
    True
    """
    if isinstance(value, str):
        try:
            value = float(value) if "." in value else int(value)
        except ValueError:
            return _iso(value.strip())
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) < 1e15:
        raise ValueError(f"{value!r} is no time")
    return int(value) if abs(value) >= _MILLISECONDS else round(value * 1000)


def _iso(text: str) -> int:
    try:
        return read_timestamp(text)
    except ValueError:
        moment = datetime.fromisoformat(text)
        return round((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() * 1000)


def load_schema(text: str, path: str) -> dict[str, Any]:
    """An input schema from a file: InputSchema, the answer of DiscoverInputSchema, or {"column": "TYPE", …}."""
    try:
        document = json.loads(text)
    except ValueError as error:
        raise WorkshopError(f"{path} is not JSON: {error}") from error
    if isinstance(document, dict) and isinstance(document.get("InputSchema"), dict):
        document = document["InputSchema"]
    if isinstance(document, dict) and "RecordColumns" in document:
        return document
    if isinstance(document, dict) and document and all(isinstance(value, str) for value in document.values()):
        return {"RecordColumns": [{"Name": name, "SqlType": sqltype} for name, sqltype in document.items()]}
    raise WorkshopError(
        f'{path} is no schema: give an InputSchema with RecordColumns, or an object such as {{"page": "VARCHAR(64)"}}.'
    )


def inferred(lines: Sequence[Line]) -> dict[str, Any]:
    """The schema of the first lines, with room for what later ones may hold.

    Discovery gives the narrowest types; what comes later would be cut (texts) or refused (numbers).
    So texts get at least 4096 characters, and whole numbers are BIGINT.
    """
    objects = [line for _, line in lines if _is_object(line)]
    if not objects:
        raise WorkshopError(
            f"No schema: none of the first {len(lines)} lines is a JSON object. Give one with --schema."
        )
    try:
        schema = infer_schema(objects)
    except SchemaInferenceError as error:
        raise WorkshopError(f"No schema: {error}. Give one with --schema.") from error
    for column in schema["RecordColumns"]:
        column["SqlType"] = _roomy(column["SqlType"])
    return schema


def _is_object(line: bytes) -> bool:
    try:
        return isinstance(json.loads(line), dict)
    except (ValueError, RecursionError):
        return False


def _roomy(sqltype: str) -> str:
    if sqltype in ("TINYINT", "SMALLINT", "INTEGER"):
        return "BIGINT"
    if sqltype.startswith("VARCHAR("):
        return f"VARCHAR({max(int(sqltype[8:-1]), 4096)})"
    return sqltype


class Runner:
    """One run: `feed` it lines, `finish` it; rows go to `write`, complaints to `tell`."""

    def __init__(
        self,
        script: str,
        schema: Mapping[str, Any],
        *,
        rowtime: str | None = None,
        streams: Sequence[str] = (),
        seed: int = 7,
        source: str = "SOURCE_SQL_STREAM_001",
        write: Tell,
        tell: Tell,
    ) -> None:
        try:
            self._reader = RecordReader(schema)
            self.application = Application(script, schema, seed=seed, source=source)
        except SchemaError as error:
            raise WorkshopError(f"The schema cannot be used: {error}.") from error
        self.account = Account()
        self._write, self._tell = write, tell
        self._rowtime = None if rowtime is None else rowtime_column(schema, rowtime)
        self._outputs = [_Output(stream) for stream in self._chosen(streams)]
        self._held: list[tuple[int, int, str]] = []
        self._drain()  # from here on these streams keep what is not written yet
        self.application.retain(0)

    def _chosen(self, names: Sequence[str]) -> list[Any]:
        streams = {stream.name: stream for stream in self.application.streams}
        for name in names:
            if name not in streams:
                raise WorkshopError(f"There is no stream {name}. There are: {', '.join(streams)}.")
        return [streams[name] for name in dict.fromkeys(names)] or self.application.unread_streams()

    def feed(self, lines: Sequence[Line], moment: int) -> None:
        """Rows of some lines; `moment` is their ROWTIME where no column tells it (it never falls)."""
        rows: list[dict[str, Any]] = []
        at = moment if self._rowtime is None else self.application.rowtime
        for number, line in lines:
            for row in self._rows(number, line):
                if self._rowtime is not None:
                    when = self._when(number, row[self._rowtime], at)
                    if when is None:
                        continue
                    if when != at:
                        self._insert(rows, at)
                        rows, at = [], when
                rows.append(row)
                self.account.records += 1
        self._insert(rows, at)
        self._flush()

    def advance(self, moment: int) -> None:
        """Nothing came until `moment`; windows that end by then do."""
        self.application.advance(max(moment, self.application.rowtime or moment))
        self._flush()

    def finish(self) -> Account:
        """The input has ended: the windows still open end where they would have, with the rows they have."""
        self.application.finish()
        self._flush(everything=True)
        account = self.account
        if account.unreadable > TOLD:
            self._tell(f"… and {account.unreadable - TOLD:,} more unreadable lines.")
        if account.late > TOLD:
            self._tell(f"… and {account.late - TOLD:,} more rows from before.")
        told = f"{account.records:,} records read, {account.rows:,} rows written"
        lost = [f"{account.unreadable:,} unreadable"] if account.unreadable else []
        lost += [f"{account.late:,} late"] if account.late else []
        self._tell(f"{told}; left out: {', '.join(lost)}." if lost else f"{told}.")
        return account

    def _rows(self, number: int, line: bytes) -> list[dict[str, Any]]:
        try:
            if len(line) > MAX_LINE:
                raise RecordError(f"it is longer than {MAX_LINE:,} bytes")
            if self._reader.kind == "JSON" and line.lstrip()[:1] != b"{":
                raise RecordError("expected a JSON object")
            return self._reader.read(line)
        except RecordError as error:
            self._unreadable(number, str(error))
            return []

    def _unreadable(self, number: int, why: str) -> None:
        self.account.unreadable += 1
        if self.account.unreadable <= TOLD:
            self._tell(f"line {number}: {why}")

    def _when(self, number: int, value: Any, before: int | None) -> int | None:
        try:
            when = read_rowtime(value)
        except (TypeError, ValueError, OverflowError):
            self._unreadable(number, f"{self._rowtime} is {_short(value)}, which is no time")
            return None
        if before is not None and when < before:
            self.account.late += 1
            if self.account.late <= TOLD:
                self._tell(
                    f"line {number}: {as_text(when, TIMESTAMP)} is before {as_text(before, TIMESTAMP)}, the ROWTIME "
                    "reached; left out, since ROWTIME never goes back. Sort the input."
                )
            return None
        return when

    def _insert(self, rows: list[dict[str, Any]], at: int | None) -> None:
        if rows and at is not None:
            self.application.feed(rows, at)

    def _drain(self) -> None:
        for place, output in enumerate(self._outputs):
            for row in self.application.drain(output.stream.name):
                self._held.append((row["ROWTIME"], place, output.line(row)))

    def _flush(self, everything: bool = False) -> None:
        """Write what has a ROWTIME that is past, in order of ROWTIME, then of streams.

        What is of the present ROWTIME waits for its like, unless it is many: so the order of the
        output does not depend on how the input comes in.
        """
        self._drain()
        now = self.application.rowtime
        self._held.sort(key=lambda held: held[:2])
        count = len(self._held)
        if not everything and count <= MAX_HELD and now is not None:
            count = sum(1 for held in self._held if held[0] < now)
        for _, _, line in self._held[:count]:
            self._write(line)
        del self._held[:count]
        self.account.rows += count


class _Output:
    """How the rows of one stream are written."""

    def __init__(self, stream: Any) -> None:
        self.stream = stream
        self._types = {"ROWTIME": TIMESTAMP, **{column.name: column.type for column in stream.columns}}
        self._tag = "stream" if "stream" not in self._types else "_stream"

    def line(self, row: Mapping[str, Any]) -> str:
        shown = {name: render(value, self._types[name]) for name, value in row.items()}
        return json.dumps({self._tag: self.stream.name, **shown}, ensure_ascii=False) + "\n"


def rowtime_column(schema: Mapping[str, Any], wanted: str) -> str:
    """The column --rowtime means: by its name, by the record's own name for it, whatever the case."""
    columns = {column["Name"]: column.get("Mapping", "") for column in schema["RecordColumns"]}
    if wanted in columns:
        return wanted
    found = [name for name, path in columns.items() if path in (f"$.{wanted}", f"$['{wanted}']")]
    found = found or [name for name in columns if name.upper() == wanted.upper()]
    if len(found) != 1:
        raise WorkshopError(f"--rowtime: there is no column {wanted}. There are: {', '.join(columns)}.")
    return str(found[0])


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."


def sample(chunks: Iterator[list[Line]], live: bool, now: Callable[[], int]) -> list[tuple[int, list[Line]]]:
    """The first chunks, with the moments they came: SAMPLE lines, or, of a live pipe, up to its first pause."""
    taken: list[tuple[int, list[Line]]] = []
    count = 0
    for lines in chunks:
        if lines:
            taken.append((now(), lines))
        count += len(lines)
        if count >= SAMPLE or (live and count and not lines):
            break
    return taken
