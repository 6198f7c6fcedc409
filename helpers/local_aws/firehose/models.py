"""The plain values the Firehose works with."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Any, Literal, NamedTuple, get_args

from helpers.local_aws.firehose.prefix import Prefixes

MIB = 1024 * 1024
PRINCIPAL = "firehose.amazonaws.com"  # what roles must trust
Way = Literal["main", "backup"]  # the two ways of a record: to the destination, and untouched to the backup


class Origin(NamedTuple):
    """Where a record stood in its Kinesis data stream; arrival there in epoch milliseconds."""

    shard: str
    key: str
    sequence: str
    arrival: int


class SourceRecord(NamedTuple):
    """One record as it was put: data, arrival (epoch seconds), the request's number in the journal, place in it."""

    data: bytes
    arrival: float
    entry: int = 0
    place: int = 0
    origin: Origin | None = None

    @property
    def id(self) -> str:
        """The record id: the same after a restart, unlike that of any other record."""
        return f"{self.entry:040d}{self.place:016d}"


def size_of(records: Sequence[SourceRecord]) -> int:
    """Bytes of the records' data."""
    return sum(map(len, map(itemgetter(0), records)))


class FailedRecord(NamedTuple):
    """A record the transformation could not handle, and why."""

    record: SourceRecord
    code: str
    message: str


@dataclass(frozen=True)
class LogOptions:
    """Where a destination reports delivery errors."""

    group: str
    stream: str


@dataclass(frozen=True)
class Target:
    """Where and how objects are written: bucket, prefixes, buffering (bytes, seconds), compression."""

    bucket: str
    prefixes: Prefixes
    role: str
    size: int = 5 * MIB
    interval: float = 300
    compression: str = "UNCOMPRESSED"
    extension: str | None = None
    kms_key: str | None = None
    log: LogOptions | None = None


@dataclass(frozen=True)
class LambdaProcessor:
    """The transforming function with its own buffering (bytes, seconds) and number of retries."""

    arn: str
    role: str
    size: int = MIB
    interval: float = 60
    retries: int = 3


@dataclass(frozen=True)
class Destination:
    """A delivery stream's whole destination."""

    target: Target
    processor: LambdaProcessor | None = None
    delimiter: bytes = b""
    backup: Target | None = None

    @property
    def ways(self) -> tuple[Way, ...]:
        """The ways each record goes."""
        return ("main", "backup") if self.backup else ("main",)


@dataclass(frozen=True)
class KinesisSource:
    """The Kinesis data stream a delivery stream reads, and the role it does so under."""

    arn: str
    role: str
    principal: str = PRINCIPAL  # whom the role must trust

    @property
    def name(self) -> str:
        """The data stream's name."""
        return self.arn.rpartition("/")[2]


Counter = Literal[
    "records_in", "delivered", "dropped", "failed", "lost", "backed_up", "backups_lost", "objects"
]  # fmt: skip


class Stats:
    """Counters of one delivery stream, in records (``objects``: S3 objects of every kind); thread-safe."""

    def __init__(self, counts: Mapping[str, int] | None = None) -> None:
        self.last_error: str | None = None
        self._lock = threading.Lock()
        self._counts: dict[str, int] = dict.fromkeys(get_args(Counter), 0) | dict(counts or {})

    def count(self, name: Counter, number: int) -> None:
        """Add to a counter."""
        with self._lock:
            self._counts[name] += number

    def counts(self) -> dict[str, int]:
        """The bare counters."""
        with self._lock:
            return dict(self._counts)

    def answer(self) -> dict[str, Any]:
        """All counters; ``buffered`` are the records acknowledged and not yet accounted for otherwise."""
        counts = self.counts()
        done = sum(counts[name] for name in ("delivered", "dropped", "failed", "lost"))
        return counts | {"buffered": counts["records_in"] - done, "last_error": self.last_error}
