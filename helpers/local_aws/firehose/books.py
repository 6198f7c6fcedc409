"""What one delivery stream has taken in and what became of it: journal, counters and metrics, changed together.

The journal's transaction comes first and the stream's lock second wherever both are held, here and in the stream.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from helpers.local_aws.firehose.ledger import Ledger, Marks, Unfinished, marks
from helpers.local_aws.firehose.metrics import Metrics
from helpers.local_aws.firehose.models import Counter, Origin, SourceRecord, Stats, Way, size_of
from helpers.local_aws.runtime import Runtime

COUNTERS = "firehose-counters"
OVERHEAD = 250  # bytes of memory a record takes besides its data, about


@dataclass(frozen=True)
class Load:
    """What a job carries: which records, on which way, bytes held for them, and how to count them in the end."""

    marks: Marks
    records: int
    size: int
    way: Way
    counter: Counter

    @classmethod
    def of(cls, records: Sequence[SourceRecord], way: Way, counter: Counter, size: int | None = None) -> Load:
        """The load of records; ``size`` where something else than the records themselves is held for them."""
        return cls(marks(records), len(records), held(records) if size is None else size, way, counter)


def held(records: Sequence[SourceRecord]) -> int:
    """Bytes of memory the records take, about."""
    return size_of(records) + OVERHEAD * len(records)


class Books:
    """The books of one delivery stream. The stream's lock is held around every call."""

    def __init__(self, runtime: Runtime, stream: str, metrics: Metrics) -> None:
        self.stream = stream
        self.journal = runtime.journal
        self.metrics = metrics
        self.ledger = Ledger(runtime.journal, stream)
        self.stats = Stats()

    def take_in(
        self, data: Sequence[bytes], arrival: float, version: int, ways: Sequence[Way], origins: Sequence[Origin]
    ) -> list[SourceRecord]:
        """Keep a request's records; within a transaction, after which they may be acknowledged."""
        records = self.ledger.take_in(data, arrival, version, ways, origins)
        self.stats.count("records_in", len(records))
        self._save()
        return records

    def undo(self, records: Sequence[SourceRecord]) -> None:
        """The transaction they were taken in by has failed."""
        self.ledger.undo(records)
        self.stats.count("records_in", -len(records))

    def settle(self, load: Load, counter: Counter, objects: int = 0) -> None:
        """Records have reached the end of their way, and are counted so."""
        with self.journal.transaction():
            self.ledger.settle(load.way, load.marks)
            self.stats.count(counter, load.records)
            self.stats.count("objects", objects)
            self._save()

    def restore(self) -> list[Unfinished]:
        """Counters and unfinished records of an earlier process, oldest first."""
        kept = self.journal.load(COUNTERS).get(self.stream)
        self.stats = Stats(json.loads(kept) if kept else None)
        return list(self.ledger.restore())

    def remove(self) -> None:
        """Forget everything: the stream is gone."""
        self.ledger.remove()
        self.journal.remove(COUNTERS, self.stream)

    def _save(self) -> None:
        self.journal.save(COUNTERS, self.stream, json.dumps(self.stats.counts()).encode())
