"""What comes in to an application: from a delivery stream or Kinesis, through the pre-processing function, into a log.

    source ─▶ [raw log ─▶ function ─▶] input log ─▶ the runner

The logs are the journal's: a record is in one before its source is answered or its position moved on, and the
runner reads from there, in a first run as after a restart. An entry's ROWTIME is decided when it is written:
the time, but never before that of an entry written earlier or a bound that was given out.
"""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from helpers.local_aws.firehose import FirehoseService, SourceRecord
from helpers.local_aws.firehose.models import KinesisSource, Origin
from helpers.local_aws.firehose.source import KinesisReader, Positions, latest
from helpers.local_aws.functions import back_off
from helpers.local_aws.kinesisanalytics import config
from helpers.local_aws.kinesisanalytics.entries import Record, batches, pack, unpack
from helpers.local_aws.kinesisanalytics.monitoring import Monitor
from helpers.local_aws.kinesisanalytics.preprocessing import BATCH, BATCH_BYTES, ProcessingError, process
from helpers.local_aws.protocol import invalid
from helpers.local_aws.runtime import Runtime

POSITIONS = "analytics-positions"  # kind of documents
KEPT_RAW_BYTES = 64 * 1024 * 1024  # read from Kinesis and not yet pre-processed; beyond it reading pauses
Params = dict[str, Any]
log = logging.getLogger(__name__)


class Intake:
    """The input of one application (name, ARN) by its InputDescription, under its role; ``monitor`` hears of it.

    ``wake`` is called when there is something to read.
    """

    def __init__(
        self,
        runtime: Runtime,
        firehose: FirehoseService,
        application: tuple[str, str],
        described: Params,
        role: str | None,
        monitor: Monitor,
        wake: Callable[[], None] = lambda: None,
    ) -> None:
        self.runtime = runtime
        self.firehose = firehose
        self.name, self.arn = application
        self.described = described
        self.monitor = monitor
        self.wake = wake
        self.horizon = 0  # no ROWTIME before it (milliseconds)
        self.last_error: str | None = None
        self.kind, self.source_arn = config.target(described)
        self._role = config.role(described, role)
        self._function = config.processor(described)
        processing = described.get("InputProcessingConfigurationDescription", {})
        self._function_role = config.role(processing, role)
        self._log, self._raw = f"analytics {self.name}", f"analytics-raw {self.name}"
        self._reader: KinesisReader | None = None
        self._time = threading.Lock()  # innermost: nothing is waited for while it is held
        self._processing = threading.Lock()
        self._attempts = 0
        self._waits = False  # for its time to try again
        self._raw_bytes = sum(len(entry) for _, entry in runtime.journal.entries(self._raw))
        self._closed = False
        self._heir: Intake | None = None  # has taken over

    # From the source

    def places(self, position: str) -> Positions:
        """Where to begin in each shard: NOW, TRIM_HORIZON or LAST_STOPPED_POINT; a delivery stream has none.

        InvalidArgumentException for a position this source does not offer, or a source that is not there.
        """
        if self.kind == "KinesisFirehose":
            if position != "NOW":
                raise invalid(
                    f"InputStartingPosition {position}: a delivery stream keeps nothing to go back to, use NOW"
                )
            self.firehose.recent(config.resource_name(self.source_arn, self.kind))
            return {}
        if position == "NOW":
            return latest(self.runtime, self._source)
        if position == "TRIM_HORIZON":
            return dict.fromkeys(latest(self.runtime, self._source), "")
        kept = self._positions()
        if kept is None:
            raise invalid("InputStartingPosition LAST_STOPPED_POINT: the application has not read this stream before")
        return kept

    def start(self, places: Positions, since: int) -> None:
        """Begin to read there; no ROWTIME is before ``since`` (milliseconds)."""
        self.horizon = max(self.horizon, since)
        with self.runtime.journal.transaction():
            if self.kind == "KinesisFirehose":
                self.runtime.journal.remove(POSITIONS, self.name)
            else:
                self._save(places)
        self.resume()

    def resume(self) -> None:
        """Go on reading, where the journal says."""
        if self._function:
            self._process_later()
        else:
            self._pass_on()
        if self.kind == "KinesisFirehose":
            self.firehose.subscribe(config.resource_name(self.source_arn, self.kind), self.put)
        else:
            positions = self._positions() or {}
            self._reader = _Reader(
                self.runtime, self._source, positions, self._read, lambda: self._raw_bytes < KEPT_RAW_BYTES
            )
            self._reader.failed = self._report
            self._reader.start()

    def stop(self) -> None:
        """Read no more; what has been read goes through the function once more, if it is not yet through."""
        self._detach()
        if self._function:
            with self._processing:
                self._process()
            if left := sum(len(unpack(entry)[1]) for _, entry in self.runtime.journal.entries(self._raw)):
                text = "application %s stopped with %d records not pre-processed: %s"
                log.error(text, self.name, left, self.last_error)

    def hand_over(self, other: Intake) -> None:
        """Let another intake of the same source go on, so that each record comes in once."""
        with self.runtime.journal.transaction():  # no record can come while it is held
            self._detach()
            other.bound(self.bound(0))
            self._heir = other
            other.resume()

    def _detach(self) -> None:
        self._closed = True
        if self.kind == "KinesisFirehose":
            self.firehose.unsubscribe(config.resource_name(self.source_arn, self.kind), self.put)
        elif self._reader is not None:
            self._reader.stop()

    def put(self, records: list[SourceRecord]) -> None:
        """Called by the delivery stream within its transaction, in order of arrival: only write them down."""
        taken = [_from_firehose(record) for record in records]
        self._take(taken, int(records[0].arrival * 1000))

    def _read(self, data: Sequence[bytes], origins: Sequence[Origin], positions: Positions) -> None:
        records = [
            Record(each, origin.arrival, origin.key, origin.shard, origin.sequence)
            for each, origin in zip(data, origins, strict=True)
        ]
        with self.runtime.journal.transaction():
            if self._heir is not None:  # since this was asked for: it will read the same
                return
            self._save(positions)
            for batch in batches(records, BATCH, BATCH_BYTES):
                self._take(batch, int(self.runtime.clock.now() * 1000))

    def _report(self) -> None:
        self.monitor.report(self.name, "InputError", self.described["InputId"])

    def _measure(self, values: Mapping[str, float]) -> None:
        self.monitor.measure(self.name, values, "Input", self.described["InputId"])

    def _take(self, records: Sequence[Record], now: int) -> None:
        self._measure({"Records": len(records), "Bytes": sum(len(each.data) for each in records)})
        with self.runtime.journal.transaction():
            if self._function:
                entry = pack(0, records)
                self.runtime.journal.append(self._raw, entry)
                self._raw_bytes += len(entry)
            else:
                self.runtime.journal.append(self._log, pack(self.bound(now), records))
        if self._function:
            self._process_later()
        else:
            self.wake()

    @property
    def _source(self) -> KinesisSource:
        return KinesisSource(self.source_arn, self._role, config.PRINCIPAL)

    def _positions(self) -> Positions | None:
        """Where reading this very stream has come to."""
        document: dict[str, Positions] = json.loads(self.runtime.journal.load(POSITIONS).get(self.name, b"{}"))
        return document.get(self.source_arn)

    def _save(self, positions: Positions) -> None:
        self.runtime.journal.save(POSITIONS, self.name, json.dumps({self.source_arn: positions}).encode())

    def forget(self) -> None:
        """What an earlier run left is not for this one."""
        with self.runtime.journal.transaction():
            for entries in (self._log, self._raw):
                self.runtime.journal.forget(entries, [number for number, _ in self.runtime.journal.entries(entries)])
        self._raw_bytes = 0

    # Through the function

    def _process_later(self) -> None:
        self.runtime.clock.call_in(0, self._process_now, f"application {self.name} pre-processing")

    def _process_now(self) -> None:
        with self._processing:
            if self._closed or self._waits or not self._process():
                return
            self._waits = True
        self.runtime.clock.call_in(back_off(self._attempts), self._try_again, f"application {self.name} pre-processing")

    def _try_again(self) -> None:
        self._waits = False
        self._process_now()

    def _process(self) -> bool:
        """Send what waits through the function; whether it must be tried again."""
        while waiting := self._waiting():
            records = [record for _, entry in waiting for record in unpack(entry)[1]]
            try:
                assert self._function is not None
                done = process(self.runtime, self.arn, self.source_arn, self._function, self._function_role, records)
            except ProcessingError as error:
                self._attempts += 1
                self._measure({"InputProcessing.Success": 0})
                self.last_error = str(error)
                log.warning("application %s, pre-processing, attempt %d: %s", self.name, self._attempts, error)
                return True
            self._attempts = 0
            self._measure(_processed(records, done))
            with self.runtime.journal.transaction():
                if done:
                    rowtime = self.bound(int(self.runtime.clock.now() * 1000))
                    self.runtime.journal.append(self._log, pack(rowtime, done))
                self.runtime.journal.forget(self._raw, [number for number, _ in waiting])
                self._raw_bytes -= sum(len(entry) for _, entry in waiting)
            if done:
                self.wake()
        return False

    def _pass_on(self) -> None:
        """What waits for a function that is no longer configured goes on as it is."""
        with self.runtime.journal.transaction():
            for number, entry in list(self.runtime.journal.entries(self._raw)):
                rowtime = self.bound(int(self.runtime.clock.now() * 1000))
                self.runtime.journal.append(self._log, pack(rowtime, unpack(entry)[1]))
                self.runtime.journal.forget(self._raw, [number])

    def _waiting(self) -> list[tuple[int, bytes]]:
        """The oldest raw entries that make up one batch."""
        found: list[tuple[int, bytes]] = []
        records = size = 0
        for number, entry in self.runtime.journal.entries(self._raw):
            count = len(unpack(entry)[1])
            if found and (records + count > BATCH or size + len(entry) > BATCH_BYTES):
                break
            found.append((number, entry))
            records, size = records + count, size + len(entry)
        return found

    # To the runner

    def bound(self, now: int) -> int:
        """A ROWTIME (milliseconds) which no entry written later is before."""
        if self._heir is not None:
            return self._heir.bound(now)
        with self._time:
            self.horizon = max(self.horizon, now)
            return self.horizon

    def entries(self, after: int) -> Iterator[tuple[int, bytes]]:
        """The entries of the input log with a higher number; what is being written is waited for."""
        return self.runtime.journal.entries(self._log, after)

    def forget_until(self, number: int) -> None:
        """Drop entries that are part of a snapshot."""
        self.runtime.journal.forget_until(self._log, number)


def remove(runtime: Runtime, name: str) -> None:
    """Drop what an application's input has left in the journal."""
    for entries in (f"analytics {name}", f"analytics-raw {name}"):
        runtime.journal.forget(entries, [number for number, _ in runtime.journal.entries(entries)])
    runtime.journal.remove(POSITIONS, name)


class _Reader(KinesisReader):
    """Says when the stream cannot be read; what to do about it stays as it is."""

    failed: Callable[[], None]

    def _look_for_shards(self, at_once: bool = False) -> None:
        try:
            super()._look_for_shards(at_once)
        except (ClientError, BotoCoreError):
            self.failed()
            raise

    def _read(self, shard: str) -> int:
        try:
            return super()._read(shard)
        except (ClientError, BotoCoreError):
            self.failed()
            raise


def _processed(records: Sequence[Record], done: Sequence[Record]) -> dict[str, float]:
    """The metrics of a successful invocation of the pre-processing function."""
    failed = sum(bool(each.failed) for each in done)
    return {
        "InputProcessing.Success": 1,
        "InputProcessing.OkRecords": len(done) - failed,
        "InputProcessing.OkBytes": sum(len(each.data) for each in done if not each.failed),
        "InputProcessing.DroppedRecords": len(records) - len(done),
        "InputProcessing.ProcessingFailedRecords": failed,
    }


def _from_firehose(record: SourceRecord) -> Record:
    return Record(record.data, int(record.arrival * 1000))
