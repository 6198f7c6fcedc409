"""The plain values the Firehose works with."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple, get_args

from helpers.local_aws.firehose.prefix import Prefixes

MIB = 1024 * 1024


class SourceRecord(NamedTuple):
    """One record as it was put: data, arrival (epoch seconds), record id."""

    data: bytes
    arrival: float
    id: str = ""


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


Counter = Literal[
    "records_in", "delivered", "dropped", "failed", "lost", "backed_up", "backups_lost", "objects"
]  # fmt: skip


class Stats:
    """Counters of one delivery stream, in records (``objects``: S3 objects of every kind); thread-safe."""

    def __init__(self) -> None:
        self.last_error: str | None = None
        self._lock = threading.Lock()
        self._counts: dict[str, int] = dict.fromkeys(get_args(Counter), 0)

    def count(self, name: Counter, number: int) -> None:
        """Add to a counter."""
        with self._lock:
            self._counts[name] += number

    def answer(self) -> dict[str, Any]:
        """All counters; ``buffered`` are the records acknowledged and not yet accounted for otherwise."""
        with self._lock:
            counts = dict(self._counts)
        done = sum(counts[name] for name in ("delivered", "dropped", "failed", "lost"))
        return counts | {"buffered": counts["records_in"] - done, "last_error": self.last_error}
