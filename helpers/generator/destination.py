"""Where records go: a Firehose delivery stream or a Kinesis data stream, with its limits and its way to answer.

Sources: https://docs.aws.amazon.com/firehose/latest/APIReference/API_PutRecordBatch.html and
https://docs.aws.amazon.com/kinesis/latest/APIReference/API_PutRecords.html
"""

from __future__ import annotations

import gzip
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple

from helpers.generator.errors import DeliveryError

KIB = 1024
MIB = 1024 * KIB


class Record(NamedTuple):
    """What is sent: the bytes, and the key that chooses a shard ("" for Firehose, which has none)."""

    data: bytes
    key: str = ""


@dataclass(frozen=True)
class Firehose:
    """A delivery stream; `client` is boto3's."""

    client: Any
    stream: str
    service: ClassVar[str] = "Firehose"
    most: ClassVar[int] = 500  # records a request
    largest_batch: ClassVar[int] = 4 * MIB
    largest: ClassVar[int] = 1000 * KIB  # bytes a record
    keyed: ClassVar[bool] = False

    def put(self, records: Sequence[Record]) -> list[str]:
        """One request; for each record why it was refused, "" when it was taken. Raises what boto3 raises."""
        answer = self.client.put_record_batch(
            DeliveryStreamName=self.stream, Records=[{"Data": record.data} for record in records]
        )
        return _refusals(answer.get("FailedPutCount"), answer["RequestResponses"])


@dataclass(frozen=True)
class Kinesis:
    """A Kinesis data stream; `client` is boto3's. A record's size counts its partition key."""

    client: Any
    stream: str
    service: ClassVar[str] = "Kinesis"
    most: ClassVar[int] = 500
    largest_batch: ClassVar[int] = 5 * MIB
    largest: ClassVar[int] = MIB
    keyed: ClassVar[bool] = True

    def put(self, records: Sequence[Record]) -> list[str]:
        """One request; for each record why it was refused, "" when it was taken. Raises what boto3 raises."""
        answer = self.client.put_records(
            StreamName=self.stream, Records=[{"Data": record.data, "PartitionKey": record.key} for record in records]
        )
        return _refusals(answer.get("FailedRecordCount"), answer["Records"])


def _refusals(failed: int | None, results: Sequence[dict[str, Any]]) -> list[str]:
    if not failed:
        return [""] * len(results)
    return [
        f"{result['ErrorCode']}: {result.get('ErrorMessage', '')}".rstrip(": ") if result.get("ErrorCode") else ""
        for result in results
    ]


def encoded(record: str | bytes, zipped: bool = False) -> bytes:
    """A record's bytes: with a newline behind it, or packed with gzip and without one, as the KDG does it."""
    data = record.encode() if isinstance(record, str) else record
    return gzip.compress(data, mtime=0) if zipped else data + b"\n"


def batches(records: Iterable[Record], to: type[Firehose] | type[Kinesis]) -> Iterator[list[Record]]:
    """Records grouped to what one request may hold.

    Raises DeliveryError for a record over the service's limit, which it never takes.
    """
    batch: list[Record] = []
    size = 0
    for record in records:
        length = len(record.data) + len(record.key)
        if length > to.largest:
            size_limit = f"over {to.service}'s limit of {to.largest:,}"
            raise DeliveryError(f"a record of {length:,} bytes is {size_limit}: shorten its template")
        if batch and (len(batch) == to.most or size + length > to.largest_batch):
            yield batch
            batch, size = [], 0
        batch.append(record)
        size += length
    if batch:
        yield batch
