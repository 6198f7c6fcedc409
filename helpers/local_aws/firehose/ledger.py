"""What a delivery stream has taken in and not yet delivered, kept in the journal.

One entry of the journal is one request: its records, and which ways they go. An entry is forgotten when every
record has reached the end of every way; until then a small document beside it tells which records have, so that
a restart repeats only what was on its way to S3 at that moment. The entry's bytes, little-endian: version of the
stream's configuration (u32), arrival (f64, epoch seconds), ways (u8, 2: with backup), number of records (u32),
length of the origins (u32), the records' lengths (u32 each), the origins as JSON ("" for Direct PUT), the data.

Not thread-safe: the stream's lock is held around every call, and a transaction of the journal around writing ones.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Iterator, Sequence
from functools import partial
from itertools import groupby, repeat
from operator import attrgetter
from typing import NamedTuple

from helpers.local_aws.firehose.models import Origin, SourceRecord, Way
from helpers.local_aws.journal import Journal

Marks = dict[int, int]  # entry → bits of the records meant
HEAD = struct.Struct("<IdBII")
WAYS: tuple[Way, ...] = ("main", "backup")
NEW_RECORD = partial(tuple.__new__, SourceRecord)  # what SourceRecord() calls in the end, in a third of the time


class Unfinished(NamedTuple):
    """Records of one entry that have a way before them."""

    version: int
    way: Way
    records: list[SourceRecord]


def marks(records: Sequence[SourceRecord]) -> Marks:
    """Which records of which entries these are; of each entry they must stand in their order."""
    found: Marks = {}
    for entry, group in groupby(records, key=attrgetter("entry")):
        places = [record.place for record in group]
        first, count = places[0], len(places)
        gapless = places[-1] - first + 1 == count  # as nearly always
        bits = ((1 << count) - 1) << first if gapless else sum(1 << place for place in places)
        found[entry] = found.get(entry, 0) | bits
    return found


class Ledger:
    """The unfinished entries of one delivery stream."""

    def __init__(self, journal: Journal, stream: str) -> None:
        self._journal = journal
        self._log = f"firehose {stream}"
        self._partly = f"firehose-done {stream}"
        self._open: dict[int, list[int]] = {}  # entry → bits to do: main, backup

    def take_in(
        self, data: Sequence[bytes], arrival: float, version: int, ways: Sequence[Way], origins: Sequence[Origin] = ()
    ) -> list[SourceRecord]:
        """Keep a request's records; nothing is acknowledged before."""
        there = json.dumps(origins).encode() if origins else b""
        lengths = struct.pack(f"<{len(data)}I", *map(len, data))
        head = HEAD.pack(version, arrival, len(ways), len(data), len(there))
        entry = self._journal.append(self._log, b"".join((head, lengths, there, *data)))
        self._begin(entry, len(data), len(ways))
        if not origins:
            values = zip(data, repeat(arrival), repeat(entry), range(len(data)), repeat(None))
            return list(map(NEW_RECORD, values))
        pairs = enumerate(zip(data, origins, strict=True))
        return [SourceRecord(each, arrival, entry, index, origin) for index, (each, origin) in pairs]

    def undo(self, records: Sequence[SourceRecord]) -> None:
        """Forget what was taken in by a transaction that failed."""
        for entry in {record.entry for record in records}:
            self._open.pop(entry, None)

    def settle(self, way: Way, done: Marks) -> None:
        """Records have reached the end of a way."""
        column = WAYS.index(way)
        finished = []
        for entry, bits in done.items():
            todo = self._open[entry]
            todo[column] &= ~bits
            if any(todo):
                self._journal.save(self._partly, str(entry), json.dumps([f"{each:x}" for each in todo]).encode())
            else:
                finished.append(entry)
                del self._open[entry]
                self._journal.remove(self._partly, str(entry))
        if finished:
            self._journal.forget(self._log, finished)

    def restore(self) -> Iterator[Unfinished]:
        """Read back what is unfinished, oldest first."""
        partly = self._journal.load(self._partly)
        for entry, data in self._journal.entries(self._log):
            version, ways, records = _records(entry, data)
            self._begin(entry, len(records), ways)
            if str(entry) in partly:
                self._open[entry] = [int(each, 16) for each in json.loads(partly[str(entry)])]
            for way, bits in zip(WAYS, self._open[entry], strict=True):
                if left := [record for record in records if bits >> record.place & 1]:
                    yield Unfinished(version, way, left)

    def remove(self) -> None:
        """Forget everything: the stream is gone."""
        self._journal.forget(self._log, [entry for entry, _ in self._journal.entries(self._log)])
        for entry in self._journal.load(self._partly):
            self._journal.remove(self._partly, entry)
        self._open.clear()

    def _begin(self, entry: int, records: int, ways: int) -> None:
        every = (1 << records) - 1
        self._open[entry] = [every, every if ways == len(WAYS) else 0]


def _records(entry: int, data: bytes) -> tuple[int, int, list[SourceRecord]]:
    version, arrival, ways, count, there = HEAD.unpack_from(data)
    lengths = struct.unpack_from(f"<{count}I", data, HEAD.size)
    position = HEAD.size + 4 * count + there
    origins: list[Origin | None] = [None] * count
    if there:
        origins = [Origin(*each) for each in json.loads(data[position - there : position])]
    records = []
    for index, length in enumerate(lengths):
        records.append(SourceRecord(data[position : position + length], arrival, entry, index, origins[index]))
        position += length
    return version, ways, records
