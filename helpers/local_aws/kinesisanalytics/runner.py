"""A running application: from the delivery stream through the SQL to the destinations.

All engine work happens on the clock's thread, under the lock; records that arrive meanwhile queue up.
Once a (virtual) second the rowtime bound is advanced, so that windows close without further records.
"""

from __future__ import annotations

import logging
import math
import threading
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from helpers.local_aws.clock import Timer, iso
from helpers.local_aws.firehose import FirehoseService, SourceRecord
from helpers.local_aws.kinesisanalytics.application import SqlApplication
from helpers.local_aws.kinesisanalytics.config import stream_name
from helpers.local_aws.kinesisanalytics.destination import LambdaDestination
from helpers.local_aws.kinesisanalytics.engine import Engine, RecordError, Row
from helpers.local_aws.runtime import Runtime

TICK = 1.0  # seconds between two advances of the rowtime bound
KEPT_ERRORS = 100
log = logging.getLogger(__name__)


class Runner:
    """One run of an application, from start to stop."""

    def __init__(
        self, runtime: Runtime, firehose: FirehoseService, application: SqlApplication, engine: Engine
    ) -> None:
        self.runtime = runtime
        self.firehose = firehose
        self.engine = engine
        self.arn = application.arn
        self.name = application.name
        self.source = stream_name(application.inputs[0]["KinesisFirehoseInputDescription"]["ResourceARN"])
        self.records = 0
        self.unreadable = 0
        self.errors: deque[str] = deque(maxlen=KEPT_ERRORS)
        self.watermark: int | None = None
        self._lock = threading.RLock()
        self._queue: deque[SourceRecord] = deque()
        self._work_due = False
        self._tick_timer: Timer | None = None
        self._stopped = False
        self._outputs: list[LambdaDestination] = []
        self.set_outputs(application.outputs)

    def start(self) -> None:
        """Begin with the records put from now on."""
        for warning in self.engine.warnings:
            log.warning("application %s: %s", self.name, warning)
        self.firehose.subscribe(self.source, self._arrived)
        self._schedule_tick()

    def stop(self) -> None:
        """Finish what has arrived, then end; the destinations still deliver what they have."""
        self.firehose.unsubscribe(self.source, self._arrived)
        with self._lock:
            self._work()
            self._stopped = True
            if self._tick_timer is not None:
                self._tick_timer.cancel()
            for destination in self._outputs:
                destination.close()

    def set_outputs(self, outputs: Iterable[Mapping[str, Any]]) -> None:
        """Deliver to these destinations from now on; unchanged ones go on as they are."""
        with self._lock:
            self._collect()
            old, self._outputs = self._outputs, []
            for output in outputs:
                name, function = output["Name"], output["LambdaOutputDescription"]["ResourceARN"]
                same = [each for each in old if (each.stream, each.function_arn) == (name, function)]
                destination = same[0] if same else LambdaDestination(self.runtime, self.arn, name, function)
                destination.form = output["DestinationSchema"]["RecordFormatType"]
                self._outputs.append(destination)
                if not same:
                    self.engine.drain(name)  # what the stream had before is not for this destination
            for destination in old:
                if destination not in self._outputs:
                    destination.close()

    def status(self) -> dict[str, Any]:
        """The part of the control API's answer that belongs to this run."""
        with self._lock:
            return {
                "streams": self.engine.summary(),
                "watermark": None if self.watermark is None else iso(self.watermark / 1000),
                "input": {"records": self.records, "errors": self.unreadable, "messages": list(self.errors)},
                "outputs": [destination.status() for destination in self._outputs],
                "learning": self.engine.learning,
                "warnings": self.engine.warnings,
            }

    def page(self, stream: str, after: int, limit: int) -> dict[str, Any] | None:
        """Rows of a stream, as the control API answers; None if there is no such stream."""
        with self._lock:
            return self.engine.page(stream, after, limit) if stream in self.engine.streams else None

    def _arrived(self, records: list[SourceRecord]) -> None:
        """Called by the delivery stream, in order of arrival: only queue."""
        self._queue.extend(records)
        if not self._work_due:
            self._work_due = True
            self.runtime.clock.call_in(0, self._work, f"application {self.name}")

    def _schedule_tick(self) -> None:
        due = math.floor(self.runtime.clock.now() / TICK) * TICK + TICK
        self._tick_timer = self.runtime.clock.call_at(due, self._tick, f"application {self.name} tick")

    def _tick(self) -> None:
        with self._lock:
            if self._stopped:
                return
            self._schedule_tick()  # first, so that a failing row does not stop the application
            now = int(self.runtime.clock.now() * 1000)
            self._work()
            self._advance(now)

    def _work(self) -> None:
        """Feed everything that has arrived, one rowtime after the other."""
        with self._lock:
            self._work_due = False
            while self._queue and not self._stopped:
                self._feed(self._next())

    def _next(self) -> list[SourceRecord]:
        """The records at the head of the queue that arrived together."""
        records = [self._queue.popleft()]
        while self._queue and self._queue[0].arrival == records[0].arrival:
            records.append(self._queue.popleft())
        return records

    def _feed(self, records: list[SourceRecord]) -> None:
        rows = [row for record in records for row in self._read(record)]
        self.watermark = max(int(records[0].arrival * 1000), self.watermark or 0)
        try:
            self.engine.feed(rows, self.watermark)
        except Exception as error:  # the engine refuses single rows itself; the records behind these still count
            log.exception("application %s: %d records could not be fed", self.name, len(records))
            self._refuse(error, len(records))
        self._collect()

    def _read(self, record: SourceRecord) -> list[dict[str, Any]]:
        self.records += 1
        try:
            return self.engine.read(record.data)
        except Exception as error:
            self._refuse(error, 1)
            return []

    def _refuse(self, error: Exception, records: int) -> None:
        self.unreadable += records
        self.errors.append(str(error) if isinstance(error, RecordError) else repr(error))

    def _advance(self, rowtime: int) -> None:
        self.watermark = max(rowtime, self.watermark or 0)
        self.engine.advance(self.watermark)
        self._collect()

    def _collect(self) -> None:
        """Hand the streams' new rows to the destinations."""
        for destination in self._outputs:
            rows = self.engine.drain(destination.stream)
            destination.send(list(self._encoded(destination, rows)))

    def _encoded(self, destination: LambdaDestination, rows: Iterable[Row]) -> Iterator[bytes]:
        for row in rows:
            try:
                yield self.engine.encode(destination.stream, row, destination.form)
            except Exception as error:
                destination.lose(1, f"a row cannot be written as {destination.form}: {error!r}")
