"""A script of Kinesis Analytics SQL over a file or a pipe of records: what `workshop sql run` does.

Lines come in as bytes, rows of the chosen streams go out as JSON lines. The clock is an argument, so
that a run with `--rowtime` depends on its input and seed alone. Rows are written and forgotten block by
block, and a line longer than a record can be is not read to its end: what grows in memory is what the
script itself asks to remember, its open windows' rows and groups. Of the rows of one ROWTIME that wait
for each other, and of the lines that cannot be read before there is any ROWTIME, MAX_HELD are kept.

A block of lines goes into the engine as columns, if it can; else its halves are tried, and what is
left of it goes in line by line. The rows are the same.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pyarrow as pa

from helpers.errors import WorkshopError
from helpers.sql_inputs import ONE_A_LINE, Line, split_lines
from helpers.streaming_sql import Application, RecordError, SchemaError, render
from helpers.streaming_sql.bulk import ColumnReader, read_rowtimes
from helpers.streaming_sql.conversion import as_text
from helpers.streaming_sql.datatypes import TIMESTAMP
from helpers.streaming_sql.lines import LineReader

TOLD: Final = 10  # complaints told in full; the rest are counted
MAX_HELD: Final = 10_000  # rows of one ROWTIME that wait for others of the same
SMALL: Final = 16_384  # bytes: a block that goes line by line rather than in halves

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


class Runner:
    """One run: `feed` it blocks of lines, `finish` it; rows go to `write`, complaints to `tell`."""

    def __init__(
        self,
        script: str,
        schema: Mapping[str, Any],
        *,
        rowtime: str | None = None,
        streams: Sequence[str] = (),
        seed: int = 7,
        source: str = "SOURCE_SQL_STREAM_001",
        references: Mapping[str, tuple[Mapping[str, Any], bytes]] | None = None,
        write: Tell,
        tell: Tell,
    ) -> None:
        try:
            self._columns = ColumnReader(schema)
            self.application = Application(script, schema, seed=seed, source=source, references=references)
            self._rowtime = None if rowtime is None else rowtime_column(schema, rowtime)
            self._reader = LineReader(schema, self._rowtime)
        except SchemaError as error:
            raise WorkshopError(f"The schema cannot be used: {error}.") from error
        except RecordError as error:
            raise WorkshopError(f"A reference table cannot be read: {error}.") from error
        self.account = Account()
        self._write, self._tell = write, tell
        self._outputs = [_Output(stream) for stream in self._chosen(streams)]
        self._held: list[tuple[int, int, str]] = []
        self._lines = 0
        self._early: list[tuple[bytes, RecordError]] = []  # what cannot be read, before there is any time
        self._drain()  # from here on these streams keep what is not written yet
        self.application.retain(0)

    @property
    def reached(self) -> str:
        """The ROWTIME reached, as a text."""
        rowtime = self.application.rowtime
        return "no time yet" if rowtime is None else as_text(rowtime, TIMESTAMP)

    def _chosen(self, names: Sequence[str]) -> list[Any]:
        streams = {stream.name: stream for stream in self.application.streams}
        for name in names:
            if name not in streams:
                raise WorkshopError(f"There is no stream {name}. There are: {', '.join(streams)}.")
        return [streams[name] for name in dict.fromkeys(names)] or self.application.unread_streams()

    def read(self, block: bytes) -> pa.Table | None:
        """The columns of a block, where it has them, for `feed`; may go on in another thread."""
        return self._columns.read(block) if len(block) > SMALL else None

    def feed(self, block: bytes, moment: int, columns: pa.Table | None) -> None:
        """Rows of some whole lines; `moment` is their ROWTIME where no column tells it (it never falls).

        `columns` are those that `read` gives for the block.
        """
        if columns is not None and self._feed_columns(columns, moment):
            self._lines += columns.num_rows
        elif len(block) > SMALL and 0 < (middle := block.find(b"\n", len(block) // 2) + 1) < len(block):
            for half in (block[:middle], block[middle:]):
                self.feed(half, moment, self.read(half))
            return
        else:
            self._feed_lines(split_lines(block, self._lines), moment)
            self._lines += block.count(b"\n")
        self._flush()

    def _feed_columns(self, columns: pa.Table, moment: int) -> bool:
        if self._early:
            return False
        if self._rowtime is None:
            rowtimes = np.full(columns.num_rows, moment)
        else:
            rowtimes = read_rowtimes(columns.column(self._rowtime))
        if rowtimes is None or not self.application.feed_batch(columns, rowtimes):
            return False
        self.account.records += columns.num_rows
        return True

    def _feed_lines(self, lines: Sequence[Line], moment: int) -> None:
        rows: list[dict[str, Any]] = []
        at = moment if self._rowtime is None else self.application.rowtime
        for number, line in lines:
            try:
                found = self._reader.read(line, moment)
            except RecordError as error:
                self._insert(rows, at)
                rows = []
                self._reject(number, line, error, at)
                continue
            for when, row in found:
                if when != at:
                    self._insert(rows, at)
                    rows = []
                    if self._is_late(number, when):
                        self._insert([row], when)
                        continue
                    at = when
                rows.append(row)
                self.account.records += 1
        self._insert(rows, at)

    def advance(self, moment: int) -> None:
        """Nothing came until `moment`; windows that end by then do."""
        self.application.advance(max(moment, self.application.rowtime or moment))
        self._flush()

    def finish(self, stopped: bool = False) -> Account:
        """The input has ended: the windows still open end where they would have, with the rows they have.

        Not so if the run was `stopped`: then only what is complete is written.
        """
        self._begin(0)
        if not stopped:
            self.application.finish()
        self._flush(everything=True)
        account = self.account
        if account.unreadable > TOLD:
            self._tell(f"… and {account.unreadable - TOLD:,} more unreadable lines.")
        if account.unreadable > account.records:
            self._tell(ONE_A_LINE)
        for number, forest in enumerate(self.application.forests, 1):
            if forest.seen <= forest.sub_sample_size:
                self._tell(
                    f"Forest {number} has seen {forest.seen:,} rows; it learns from {forest.sub_sample_size:,} "
                    "before it scores, so all its scores are 0."
                )
        if account.late > TOLD:
            self._tell(f"… and {account.late - TOLD:,} more rows from before.")
        told = f"{account.records:,} records read, {account.rows:,} rows written"
        lost = [f"{account.unreadable:,} unreadable"] if account.unreadable else []
        lost += [f"{account.late:,} late"] if account.late else []
        self._tell(f"{told}; in error_stream: {', '.join(lost)}." if lost else f"{told}.")
        return account

    def _is_late(self, number: int, when: int) -> bool:
        reached = self.application.rowtime
        if reached is None or when >= reached:
            return False
        self.account.late += 1
        if self.account.late <= TOLD:
            self._tell(
                f"line {number}: {as_text(when, TIMESTAMP)} is before {as_text(reached, TIMESTAMP)}, the ROWTIME "
                "reached; it goes to error_stream, since ROWTIME never goes back. Sort the input."
            )
        return True

    def _reject(self, number: int, line: bytes, why: RecordError, at: int | None) -> None:
        self.account.unreadable += 1
        if self.account.unreadable <= TOLD:
            self._tell(f"line {number}: {why}")
        if at is None:
            self._early.append((line, why))
            if len(self._early) > MAX_HELD:
                self._begin(0)
        else:
            self.application.reject(line, why, at)

    def _insert(self, rows: list[dict[str, Any]], at: int | None) -> None:
        if rows and at is not None:
            self._begin(at)
            self.application.feed(rows, at)

    def _begin(self, rowtime: int) -> None:
        """Time has begun: what could not be read before has a ROWTIME now."""
        early, self._early = self._early, []
        for line, why in early:
            self.application.reject(line, why, rowtime)

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
