"""One delivery stream: its configuration, its source, its pipelines, its newest records; and its document."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from helpers.local_aws.clock import moment
from helpers.local_aws.firehose import config
from helpers.local_aws.firehose.books import Books
from helpers.local_aws.firehose.metrics import Metrics
from helpers.local_aws.firehose.models import KinesisSource, Origin, SourceRecord, Stats
from helpers.local_aws.firehose.pipeline import Pipeline
from helpers.local_aws.firehose.quota import Limits, Quota
from helpers.local_aws.firehose.recent import Recent
from helpers.local_aws.firehose.request import DIRECT, FROM_KINESIS
from helpers.local_aws.firehose.source import KinesisReader, Positions
from helpers.local_aws.protocol import AwsError
from helpers.local_aws.runtime import Runtime

DESTINATION_ID = "destinationId-000000000001"
LAST_ATTEMPTS = 5  # deliveries tried, once the stream is being deleted
STREAMS, POSITIONS = "firehose", "firehose-positions"  # kinds of documents
HELD_BYTES = 256 * 1024 * 1024  # of one stream, in memory and not yet in S3; beyond it puts are refused, not lost
Notify = Callable[[list[SourceRecord]], None]


@dataclass
class Document:
    """What is kept of a delivery stream besides its records, and changes by requests only.

    ``versions`` are the destination's settings by version: the current one, and those still delivering.
    """

    extended: bool
    versions: dict[int, dict[str, Any]]
    created: float
    version: int = 1
    updated: float | None = None
    status: str = "ACTIVE"
    source: dict[str, Any] | None = None  # a KinesisStreamSourceConfiguration
    throughput: dict[str, Any] | None = None  # a DirectPutSourceConfiguration
    encryption: dict[str, Any] = field(default_factory=lambda: {"Status": "DISABLED"})
    tags: dict[str, str] = field(default_factory=dict)

    @property
    def settings(self) -> dict[str, Any]:
        """The destination's current settings."""
        return self.versions[self.version]

    def to_bytes(self) -> bytes:
        """As the journal keeps it."""
        return json.dumps(vars(self)).encode()

    @classmethod
    def from_bytes(cls, data: bytes) -> Document:
        """As it was kept."""
        values = json.loads(data)
        values["versions"] = {int(version): settings for version, settings in values["versions"].items()}
        return cls(**values)


class DeliveryStream:
    """A delivery stream; ``lock`` guards it and is shared with its pipelines.

    An update gives a new pipeline; the one before delivers what it has and ends. Where the journal is written,
    its transaction is begun before the lock is taken.
    """

    def __init__(
        self,
        runtime: Runtime,
        name: str,
        document: Document,
        metrics: Metrics,
        gone: Callable[[DeliveryStream], None],
    ) -> None:
        self.runtime = runtime
        self.name = name
        self.arn = runtime.arn("firehose", f"deliverystream/{name}")
        self.document = document
        self.gone = gone
        self.lock = threading.RLock()
        self.metrics = metrics
        self.books = Books(runtime, name, metrics)
        self.recent = Recent()
        self.quota = Quota(runtime.clock, Limits.of(runtime.region))
        source = document.source
        self.source = KinesisSource(source["KinesisStreamARN"], source["RoleARN"]) if source else None
        self.reader: KinesisReader | None = None
        self.pipelines = [self._pipeline(document.version)]

    @property
    def status(self) -> str:
        """``ACTIVE`` or ``DELETING``."""
        return self.document.status

    @property
    def kind(self) -> str:
        """The DeliveryStreamType."""
        return FROM_KINESIS if self.source else DIRECT

    @property
    def encrypted(self) -> bool:
        """Whether server-side encryption is on."""
        return bool(self.document.encryption["Status"] == "ENABLED")

    @property
    def stats(self) -> Stats:
        """The counters."""
        return self.books.stats

    @property
    def held(self) -> int:
        """Bytes taken in and not yet in S3."""
        with self.lock:
            return sum(pipeline.held for pipeline in self.pipelines)

    # Records

    def put(
        self,
        data: Sequence[bytes],
        notify: Notify,
        origins: Sequence[Origin] = (),
        keep: Callable[[], None] = lambda: None,
    ) -> list[SourceRecord]:
        """Take records in, in one go: they, what ``keep`` and ``notify`` write, or nothing is in the journal."""
        with self.runtime.journal.transaction(), self.lock:
            if self.status != "ACTIVE":
                raise not_found(self.runtime, self.name)
            pipeline, arrival = self.pipelines[-1], self.runtime.clock.now()
            ways = pipeline.destination.ways
            records = self.books.take_in(data, arrival, self.document.version, ways, origins)
            try:
                keep()
                notify(records)
            except BaseException:
                self.books.undo(records)
                raise
            self.recent.add(records, sum(map(len, data)))
            pipeline.put(records)
        return records

    def admit(self, sizes: Sequence[int]) -> list[bool] | None:
        """Which records of a request may come in, None for all: throttled are those beyond quota or memory."""
        hits = self.runtime.faults.hits("throttle", self.runtime.clock.now(), len(sizes))
        with self.lock:
            count = self.quota.take(sizes)
            room = HELD_BYTES - self.held
        if hits is None and count == len(sizes) and sum(sizes) <= room:
            return None
        admitted = []
        for number, size in enumerate(sizes):
            room -= size
            admitted.append(number < count and room >= 0 and not (hits and hits[number]))
        return admitted

    # Changes

    def save(self) -> None:
        """Keep the document."""
        self.runtime.journal.save(STREAMS, self.name, self.document.to_bytes())

    def update(self, settings: Mapping[str, Any]) -> None:
        """Go on with other settings; what is buffered is delivered by the old ones."""
        with self.runtime.journal.transaction(), self.lock:
            document = self.document
            document.version += 1
            document.versions[document.version] = dict(settings)
            document.updated = self.runtime.clock.now()
            self.save()
            old = self.pipelines[-1]
            self.pipelines.append(self._pipeline(document.version))
            old.end()

    def delete(self, force: bool) -> None:
        """Deliver what is buffered, then be gone; ``force`` tries once only."""
        with self.runtime.journal.transaction(), self.lock:
            self.document.status = "DELETING"
            self.save()
            if self.reader is not None:
                self.reader.stop()
            for pipeline in list(self.pipelines):
                pipeline.end(1 if force else LAST_ATTEMPTS)

    def read(self, positions: Positions, notify: Notify) -> None:
        """Read the source from these positions on."""
        assert self.source is not None

        def take(data: Sequence[bytes], origins: Sequence[Origin], behind: Positions) -> None:
            try:
                self.put(data, notify, origins, lambda: self.keep_positions(behind))
            except AwsError:
                if self.status == "ACTIVE":
                    raise
                return  # deleted meanwhile: the records stay in the data stream
            size = sum(map(len, data))
            self.metrics.add(
                self.name,
                {"DataReadFromKinesisStream.Records": len(data), "DataReadFromKinesisStream.Bytes": size},
            )

        self.reader = KinesisReader(self.runtime, self.source, positions, take, lambda: self.held < HELD_BYTES)
        self.reader.start()

    def keep_positions(self, positions: Positions) -> None:
        """Keep how far the source has been read."""
        self.runtime.journal.save(POSITIONS, self.name, json.dumps(positions).encode())

    def restore(self, notify: Notify) -> None:
        """Take up what an earlier process left: records, older versions' deliveries, the source, a deletion."""
        with self.runtime.journal.transaction(), self.lock:
            older = {v: self._pipeline(v) for v in self.document.versions if v != self.document.version}
            self.pipelines = [*older.values(), *self.pipelines]
            by_version = older | {self.document.version: self.pipelines[-1]}
            for version, way, records in self.books.restore():
                by_version[version].go(way, records, since=records[0].arrival)
                if way == "main":
                    self.recent.add(records, sum(len(record.data) for record in records))
            for pipeline in older.values():
                pipeline.end()
            if self.status == "DELETING":
                self.delete(force=False)
        if self.source is not None and self.status == "ACTIVE":
            kept = self.runtime.journal.load(POSITIONS).get(self.name)
            self.read(json.loads(kept or b"{}"), notify)

    def describe(self) -> dict[str, Any]:
        """The DeliveryStreamDescription."""
        with self.lock:
            document = self.document
            return {
                "DeliveryStreamName": self.name,
                "DeliveryStreamARN": self.arn,
                "DeliveryStreamStatus": self.status,
                "DeliveryStreamEncryptionConfiguration": document.encryption,
                "DeliveryStreamType": self.kind,
                "VersionId": str(document.version),
                "CreateTimestamp": moment(document.created),
                "LastUpdateTimestamp": document.updated and moment(document.updated),
                "Source": self._describe_source(),
                "Destinations": [config.describe(document.settings, document.extended, DESTINATION_ID)],
                "HasMoreDestinations": False,
            }

    def _describe_source(self) -> dict[str, Any] | None:
        if self.source is not None:
            started = {"DeliveryStartTimestamp": moment(self.document.created)}
            return {"KinesisStreamSourceDescription": (self.document.source or {}) | started}
        return self.document.throughput and {"DirectPutSourceDescription": self.document.throughput}

    def _pipeline(self, version: int) -> Pipeline:
        return Pipeline(
            self.runtime,
            self.name,
            self.arn,
            version,
            config.destination(self.document.versions[version]),
            self.books,
            self.lock,
            self._settled,
            self.source.arn if self.source else None,
        )

    def _settled(self) -> None:
        with self.lock:
            if self.status == "ACTIVE" and len(self.pipelines) == 1:
                return  # the usual case, without a transaction
        with self.runtime.journal.transaction(), self.lock:
            current = self.pipelines[-1:]
            self.pipelines = [each for each in self.pipelines if each in current or not each.settled]
            in_use = {each.version for each in self.pipelines}
            if self.document.versions.keys() - in_use:
                self.document.versions = {v: s for v, s in self.document.versions.items() if v in in_use}
                self.save()
            gone = self.status == "DELETING" and all(each.settled for each in self.pipelines)
            if gone:
                self._forget()
        if gone:
            self.gone(self)

    def _forget(self) -> None:
        self.books.remove()
        self.runtime.journal.remove(STREAMS, self.name)
        self.runtime.journal.remove(POSITIONS, self.name)


def not_found(runtime: Runtime, name: str) -> AwsError:
    """The answer for a delivery stream that is not there, or not any more."""
    return AwsError("ResourceNotFoundException", f"Firehose {name} under account {runtime.account_id} not found.")
