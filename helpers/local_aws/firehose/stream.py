"""One delivery stream: its configuration, its pipelines, its newest records."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from helpers.local_aws.clock import moment
from helpers.local_aws.firehose import config
from helpers.local_aws.firehose.models import SourceRecord, Stats
from helpers.local_aws.firehose.pipeline import Pipeline
from helpers.local_aws.runtime import Runtime

RECENT = 1000  # records kept for schema discovery
DESTINATION_ID = "destinationId-000000000001"
LAST_ATTEMPTS = 5  # deliveries tried, once the stream is being deleted


class DeliveryStream:
    """A delivery stream; ``lock`` guards it and is shared with its pipelines.

    An update gives a new pipeline; the one before delivers what it has and ends.
    """

    def __init__(
        self,
        runtime: Runtime,
        name: str,
        settings: Mapping[str, Any],
        extended: bool,
        gone: Callable[[DeliveryStream], None],
    ) -> None:
        self.runtime = runtime
        self.name = name
        self.arn = runtime.arn("firehose", f"deliverystream/{name}")
        self.settings = dict(settings)
        self.extended = extended
        self.gone = gone
        self.lock = threading.RLock()
        self.status = "ACTIVE"
        self.version = 1
        self.tags: dict[str, str] = {}
        self.created = runtime.clock.now()
        self.updated: float | None = None
        self.stats = Stats()
        self.recent: deque[SourceRecord] = deque(maxlen=RECENT)
        self.record_number = 0
        self.pipelines = [self._pipeline()]

    def put(self, data: Sequence[bytes], notify: Callable[[list[SourceRecord]], None]) -> list[str]:
        """Take records in, in one go; returns their ids."""
        with self.lock:
            arrival = self.runtime.clock.now()
            first = self.record_number
            self.record_number += len(data)
            records = [SourceRecord(each, arrival, f"{first + n:056d}") for n, each in enumerate(data)]
            self.recent.extend(records)
            self.stats.count("records_in", len(records))
            self.pipelines[-1].put(records)
            notify(records)
        return [record.id for record in records]

    @property
    def held(self) -> int:
        """Bytes taken in and not yet in S3."""
        with self.lock:
            return sum(pipeline.held for pipeline in self.pipelines)

    def update(self, settings: Mapping[str, Any]) -> None:
        """Go on with other settings; what is buffered is delivered by the old ones."""
        with self.lock:
            self.settings = dict(settings)
            self.version += 1
            self.updated = self.runtime.clock.now()
            old = self.pipelines[-1]
            self.pipelines.append(self._pipeline())
            old.end()

    def delete(self, force: bool) -> None:
        """Deliver what is buffered, then be gone; ``force`` tries once only."""
        with self.lock:
            self.status = "DELETING"
            for pipeline in list(self.pipelines):
                pipeline.end(1 if force else LAST_ATTEMPTS)

    def describe(self) -> dict[str, Any]:
        """The DeliveryStreamDescription."""
        with self.lock:
            return {
                "DeliveryStreamName": self.name,
                "DeliveryStreamARN": self.arn,
                "DeliveryStreamStatus": self.status,
                "DeliveryStreamEncryptionConfiguration": {"Status": "DISABLED"},
                "DeliveryStreamType": "DirectPut",
                "VersionId": str(self.version),
                "CreateTimestamp": moment(self.created),
                "LastUpdateTimestamp": self.updated and moment(self.updated),
                "Destinations": [config.describe(self.settings, self.extended, DESTINATION_ID)],
                "HasMoreDestinations": False,
            }

    def _pipeline(self) -> Pipeline:
        destination = config.destination(self.settings)
        version = str(self.version)
        return Pipeline(self.runtime, self.name, self.arn, version, destination, self.stats, self.lock, self._settled)

    def _settled(self) -> None:
        with self.lock:
            current = self.pipelines[-1:]
            self.pipelines = [each for each in self.pipelines if each in current or not each.settled]
            gone = self.status == "DELETING" and all(each.settled for each in self.pipelines)
        if gone:
            self.gone(self)
