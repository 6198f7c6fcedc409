"""A buffer that is due when its size or its age is reached."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from helpers.local_aws.clock import Clock, Timer
from helpers.local_aws.firehose.models import SourceRecord, size_of

Chunk = list[SourceRecord]


class Buffer:
    """Collects records and hands them on, oldest first, in chunks of at most ``size`` bytes or ``interval`` seconds.

    ``delimiter`` is the number of bytes that each record grows by when it is written. A record larger than
    ``size`` is a chunk of its own.

    Not thread-safe: the owner holds its lock around every call, and ``due`` (called by the clock)
    takes that lock itself before calling ``take``.
    """

    def __init__(
        self, clock: Clock, size: int, interval: float, due: Callable[[], None], name: str, delimiter: int = 0
    ) -> None:
        self.clock = clock
        self.size = size
        self.interval = interval
        self.due = due
        self.name = name
        self.delimiter = delimiter
        self.records: Chunk = []
        self.bytes = 0
        self._timer: Timer | None = None

    def add(self, records: Sequence[SourceRecord], since: float | None = None) -> list[Chunk]:
        """Add records; returns the chunks that are full by that (all of it when the interval is 0).

        The interval begins now, or at ``since`` (epoch seconds) for records that waited before.
        """
        full: list[Chunk] = []
        total = size_of(records) + self.delimiter * len(records)
        if self.bytes + total < self.size:  # as nearly always
            self.records += records
            self.bytes += total
            records = ()
        for record in records:
            size = len(record.data) + self.delimiter
            if self.records and self.bytes + size > self.size:
                full.append(self.take())
            self.records.append(record)
            self.bytes += size
            if self.bytes >= self.size:
                full.append(self.take())
        if self.records and self.interval == 0:
            full.append(self.take())
        elif self.records and self._timer is None:
            begin = self.clock.now() if since is None else since
            self._timer = self.clock.call_at(begin + self.interval, self.due, self.name)
        return full

    def take(self) -> Chunk:
        """All that is buffered; the buffer is empty afterwards and its timer off."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        chunk, self.records, self.bytes = self.records, [], 0
        return chunk
