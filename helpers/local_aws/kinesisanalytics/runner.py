"""A run of an application: from the input log through the SQL to the destinations.

All engine work happens under the lock, on the clock's thread but for start, stop and changes. Once a (virtual)
second the rowtime bound is advanced, so that windows close without further records.

What must outlive the process is one document, the state: a snapshot of the engine, the last input entry that is
in it, and the rows that wait for destinations. With the entries that came after it everything can be done again,
to the same rows with the same numbers, whatever the ticks were; destinations know by number what they have sent.
A new state is written, and the entries before it are forgotten, when these have become many.
"""

from __future__ import annotations

import json
import logging
import math
import threading
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from helpers.local_aws.clock import Timer, iso
from helpers.local_aws.kinesisanalytics import config
from helpers.local_aws.kinesisanalytics.application import SqlApplication
from helpers.local_aws.kinesisanalytics.destination import Destination, Row
from helpers.local_aws.kinesisanalytics.entries import Record, unpack
from helpers.local_aws.kinesisanalytics.intake import Intake
from helpers.local_aws.kinesisanalytics.monitoring import Monitor
from helpers.local_aws.runtime import Runtime

if TYPE_CHECKING:
    from helpers.local_aws.kinesisanalytics.engine import Engine

TICK = 1.0  # seconds between two advances of the rowtime bound
KEPT_ERRORS = 100
STATE = "analytics-state"  # kind of documents
# Of input since the last state; then a new one is due, unless it would be large beside what it saves reading.
MOST_RECORDS, MOST_BYTES = 10_000, 8 * 1024 * 1024
BACKLOG = 64 * 1024 * 1024  # bytes waiting for one destination; beyond it the application falls behind its input
log = logging.getLogger(__name__)


class Runner:
    """One run, from start to stop, or what is left of it after a restart of the process."""

    def __init__(self, runtime: Runtime, application: SqlApplication, engine: Engine, monitor: Monitor) -> None:
        self.runtime = runtime
        self.monitor = monitor
        self.engine = engine
        self.arn = application.arn
        self.name = application.name
        self.intake: Intake | None = None
        self.records = 0
        self.unreadable = 0
        self.errors: deque[str] = deque(maxlen=KEPT_ERRORS)
        self.watermark: int | None = None
        self.ended = False
        self.begins = 0.0  # epoch seconds; what comes before waits
        self.last_entry = 0
        self._lock = threading.RLock()
        self._due = threading.Lock()  # guards the flag below
        self._work_due = False
        self._tick_timer: Timer | None = None
        self._outputs: list[Destination] = []
        self._closing: list[Destination] = []  # taken off, and still delivering what they have
        self._since = (0, 0)  # records and bytes of input since the last state
        self._state_size = 0

    def prepare(self, intake: Intake, outputs: Iterable[dict[str, Any]], role: str | None, begins: float) -> None:
        """All but the beginning, at ``begins`` (epoch seconds); what came in before has its place in the log."""
        for warning in self.engine.warnings:
            log.warning("application %s: %s", self.name, warning)
        self.intake, self.begins = intake, begins
        self.set_outputs(outputs, role)

    def start(self) -> None:
        """Begin with what the intake has and gets."""
        assert self.intake is not None
        self.intake.wake = self.wake
        self.wake()
        self._schedule_tick()

    def stop(self) -> None:
        """Finish what has arrived, then end; the destinations still deliver what they have."""
        with self._lock:
            self._work(at_the_end=True)
            self.ended = True
            if self._tick_timer is not None:
                self._tick_timer.cancel()
            for destination in self._outputs:
                destination.close()

    def discard(self) -> None:
        """Do nothing any more, as far as that can be told: the application is deleted."""
        with self._lock:
            self.ended = True
            for destination in (*self._outputs, *self._closing):
                destination.forget()

    def follow(self, old: Runner, at_once: bool) -> None:
        """Take over the last rows of an earlier run's destinations; ``at_once``: and go on where it was."""
        self._closing = [each for each in (*old._closing, *old._outputs) if each.pending]
        if at_once:
            self.records, self.unreadable, self.errors = old.records, old.unreadable, old.errors
            self.last_entry, self.watermark = old.last_entry, old.watermark

    def set_outputs(self, outputs: Iterable[dict[str, Any]], role: str | None) -> None:
        """Deliver to these destinations from now on, under the application's role; unchanged ones go on as they are."""
        with self._lock:
            self._collect()
            old, self._outputs = self._outputs, []
            for output in outputs:
                kind, arn = config.target(output)
                same = [each for each in old if (each.stream, each.kind, each.arn) == (output["Name"], kind, arn)]
                form = output["DestinationSchema"]["RecordFormatType"]
                acting = config.role(output, role)
                destination = same[0] if same else self._destination(output["Name"], kind, arn, form, acting)
                destination.form, destination.role, destination.id = form, acting, output["OutputId"]
                self._outputs.append(destination)
                if not same:
                    self.engine.drain(destination.stream)  # what the stream had before is not for this destination
            for destination in old:
                if destination not in self._outputs:
                    destination.close()
                    self._closing.append(destination)

    def replace_reference(self, table: str, file: bytes) -> None:
        """Give a reference table other rows from here on; the engine's RecordError if the file cannot be read."""
        with self._lock:
            self._work()
            self.engine.replace_reference(table, file)

    def status(self) -> dict[str, Any]:
        """The part of the control API's answer that belongs to this run."""
        with self._lock:
            messages = list(self.errors)
            if self.intake is not None and self.intake.last_error:
                messages.append(self.intake.last_error)
            return {
                "streams": self.engine.summary(),
                "pumps": self.engine.pumps,
                "watermark": None if self.watermark is None else iso(self.watermark / 1000),
                "input": {"records": self.records, "errors": self.unreadable, "messages": messages},
                "outputs": [destination.status() for destination in self._outputs],
                "learning": self.engine.learning,
                "warnings": self.engine.warnings,
            }

    def page(self, stream: str, after: int, limit: int) -> dict[str, Any] | None:
        """Rows of a stream, as the control API answers; None if there is no such stream."""
        with self._lock:
            return self.engine.page(stream, after, limit) if stream in self.engine.streams else None

    # The journal

    def save(self, also: Callable[[], None] = lambda: None) -> None:
        """Write the state and what else belongs to it, and forget the input that is part of it."""
        with self._lock:
            self._collect()
            for destination in self._closing:
                if not destination.pending:
                    destination.forget()
            self._closing = [each for each in self._closing if each.pending]
            head = {
                "seed": self.engine.seed,
                "earlier": self.engine.earlier,
                "last_entry": self.last_entry,
                "records": self.records,
                "unreadable": self.unreadable,
                "errors": list(self.errors),
                "watermark": self.watermark,
                "ended": self.ended,
                "outputs": [each.state() for each in self._outputs],
                "closing": [each.state() for each in self._closing],
            }
            state = json.dumps(head).encode() + b"\n" + self.engine.snapshot()
            with self.runtime.journal.transaction():
                also()
                self.runtime.journal.save(STATE, self.name, state)
                if self.intake is not None:
                    self.intake.forget_until(self.last_entry)
            self._since, self._state_size = (0, 0), len(state)

    def restore(self, head: dict[str, Any], snapshot: bytes, intake: Intake | None) -> None:
        """Go on from a state; SnapshotError if the engine is not the one it was taken with."""
        self.engine.restore(snapshot)
        self.records, self.unreadable, self.watermark = head["records"], head["unreadable"], head["watermark"]
        self.errors.extend(head["errors"])
        self.last_entry, self.ended = head["last_entry"], head["ended"]
        self._outputs, bounds = self._restored(head["outputs"])
        self._closing, _ = self._restored(head["closing"])
        for destination in (*self._closing, *self._outputs):  # the older rows first
            destination.go_on()
        self.intake = intake
        if intake is not None:
            intake.wake = self.wake
            intake.bound(max([*bounds, self.watermark or 0]))
            intake.resume()
            self._work()
            self._advance(intake.bound(0))
            self.wake()
            self._schedule_tick()

    def _restored(self, states: Sequence[dict[str, Any]]) -> tuple[list[Destination], list[int]]:
        made = [
            self._destination(each["stream"], each["kind"], each["arn"], each["form"], each["role"], each["identity"])
            for each in states
        ]
        return made, [each.restore(state) for each, state in zip(made, states, strict=True)]

    def _destination(self, stream: str, kind: str, arn: str, form: str, role: str, identity: str = "") -> Destination:
        def bound() -> int:
            return self.watermark or 0

        def measure(values: Mapping[str, float], output: str) -> None:
            self.monitor.measure(self.name, values, "Output", output)

        return Destination(
            self.runtime, (self.name, self.arn), stream, kind, arn, form, role, bound, self.wake, identity, measure
        )  # fmt: skip

    # Work

    def wake(self) -> None:
        """There is something to do; called from anywhere."""
        with self._due:
            later = not self._work_due
            self._work_due = True
        if later:
            wait = max(0.0, self.begins - self.runtime.clock.now())
            self.runtime.clock.call_in(wait, self._woken, f"application {self.name}")

    def _woken(self) -> None:
        with self._due:
            self._work_due = False
        with self._lock:
            if not self.ended:
                self._work()

    def _schedule_tick(self) -> None:
        due = math.floor(self.runtime.clock.now() / TICK) * TICK + TICK
        self._tick_timer = self.runtime.clock.call_at(due, self._tick, f"application {self.name} tick")

    def _tick(self) -> None:
        with self._lock:
            if self.ended or self.intake is None:
                return
            self._schedule_tick()  # first, so that a failing row does not stop the application
            now = self.runtime.clock.now()
            if now < self.begins:
                return
            bound = self.intake.bound(int(now * 1000))  # entries that come after this are not before it
            if self._work():
                self._advance(bound)
            records, size = self._since
            if (records >= MOST_RECORDS or size >= MOST_BYTES) and size * 4 >= self._state_size:
                self.save()

    def _work(self, at_the_end: bool = False) -> bool:
        """Feed everything that has arrived; False if a destination is too far behind to go on."""
        if self.intake is None or self.ended:
            return False
        if self.runtime.clock.now() < self.begins and not at_the_end:
            return False
        for number, entry in self.intake.entries(self.last_entry):
            rowtime, records = unpack(entry)
            behind = max(0.0, self.runtime.clock.now() * 1000 - rowtime)
            self.monitor.measure(self.name, {"MillisBehindLatest": behind})
            if not at_the_end and any(each.bytes > BACKLOG for each in self._outputs):
                return False
            self._feed(rowtime, records)
            self.last_entry = number
            self._since = (self._since[0] + len(records), self._since[1] + len(entry))
        return True

    def _feed(self, rowtime: int, records: Sequence[Record]) -> None:
        self.watermark = max(rowtime, self.watermark or 0)
        streams = self._streams
        rows: list[list[dict[str, Any]]] = [[] for _ in range(streams)]
        bad: list[tuple[Record, Exception]] = []
        for record in records:
            try:
                rows[self._place(record)] += self.engine.read(record)
            except Exception as error:
                bad.append((record, error))
            self.records += 1
        try:
            for place in range(streams):
                if rows[place]:
                    self.engine.feed(rows[place], self.watermark, place)
            for record, reason in bad:
                self._refuse(reason, 1)
                self.engine.reject(record, reason, self.watermark)
        except Exception as error:  # the engine refuses single rows itself; the records behind these still count
            log.exception("application %s: %d records could not be fed", self.name, len(records))
            self._refuse(error, len(records))
        self._collect()

    @property
    def _streams(self) -> int:
        assert self.intake is not None
        count: int = self.intake.described["InputParallelism"]["Count"]
        return count

    def _place(self, record: Record) -> int:
        """Which of the source's in-application streams a record belongs to: shards are split evenly among them."""
        if self._streams == 1:
            return 0
        shard = record.shard.rpartition("-")[2]
        return (int(shard) if shard.isdigit() else self.records) % self._streams

    def _refuse(self, error: Exception, records: int) -> None:
        from helpers.local_aws.kinesisanalytics.engine import RecordError

        self.unreadable += records
        self.errors.append(str(error) if isinstance(error, RecordError) else repr(error))

    def _advance(self, rowtime: int) -> None:
        self.watermark = max(rowtime, self.watermark or 0)
        self.engine.advance(self.watermark)
        self._collect()

    def _collect(self) -> None:
        """Hand the streams' new rows to the destinations."""
        for destination in self._outputs:
            first, rows = self.engine.drain(destination.stream)
            written: list[Row] = []
            for number, row in enumerate(rows, first):
                try:
                    written.append((number, self.engine.encode(destination.stream, row, destination.form)))
                except Exception as error:
                    destination.lose(f"a row cannot be written as {destination.form}: {error!r}")
            if written:
                destination.send(written)
