"""The way of records through one delivery stream: buffers, transformation, S3, retries.

    put ─┬─▶ backup buffer ───────────────────────────────▶ S3
         └─▶ processor buffer ─▶ Lambda ─▶ delivery buffer ─▶ S3     (failed ones ─▶ S3, error prefix)

Records are in exactly one place at a time, a buffer or a job of the clock, until S3 has them, and in the
journal all the while. Network calls are made on the clock's thread and never under the lock.
"""

from __future__ import annotations

import logging
import threading
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from botocore.exceptions import BotoCoreError, ClientError

from helpers.local_aws.clock import ClockError
from helpers.local_aws.firehose import transform
from helpers.local_aws.firehose.books import Books, Load, held
from helpers.local_aws.firehose.buffer import Buffer, Chunk
from helpers.local_aws.firehose.errorlog import ErrorLog
from helpers.local_aws.firehose.models import (
    PRINCIPAL,
    Counter,
    Destination,
    FailedRecord,
    LambdaProcessor,
    SourceRecord,
    Target,
    Way,
    size_of,
)
from helpers.local_aws.firehose.objects import S3Object, make_object
from helpers.local_aws.functions import LONGEST_BACK_OFF, FunctionError, back_off, demanded, invoke
from helpers.local_aws.runtime import Runtime

METRIC = {"main": "DeliveryToS3", "backup": "BackupToS3"}
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Write:
    """An object on its way to S3, what it carries, and when the oldest of that arrived."""

    made: S3Object
    load: Load
    arrival: float


class Pipeline:
    """One delivery stream at one version of its configuration.

    ``on_settled`` is called, without the lock, whenever nothing is left to do.
    """

    def __init__(
        self,
        runtime: Runtime,
        stream: str,
        arn: str,
        version: int,
        destination: Destination,
        books: Books,
        lock: threading.RLock,
        on_settled: Callable[[], None],
        source_arn: str | None = None,
    ) -> None:
        self.runtime = runtime
        self.stream = stream
        self.arn = arn
        self.version = version
        self.destination = destination
        self.books = books
        self.on_settled = on_settled
        self.source_arn = source_arn
        self.attempts_left: int | None = None  # None: retry for ever
        self.ending = False  # nothing waits for size or interval any more
        self.held = 0  # bytes not yet in S3
        self.jobs = 0
        self.lock = lock
        self.errors = ErrorLog(runtime, arn, str(version), destination.target)
        target, processor, backup = destination.target, destination.processor, destination.backup
        self._deliveries = self._buffer(target.size, target.interval, self._deliver, len(destination.delimiter))
        self._sources = self._buffer(processor.size, processor.interval, self._transform) if processor else None
        self._backups = self._buffer(backup.size, backup.interval, self._back_up) if backup else None

    def put(self, records: Sequence[SourceRecord]) -> None:
        """Take records in; from here on they are delivered or reported."""
        for way in self.destination.ways:
            self.go(way, records)

    def go(self, way: Way, records: Sequence[SourceRecord], since: float | None = None) -> None:
        """Take records in on one way; their interval begins at ``since`` if they have waited before."""
        with self.lock:
            if way == "backup":
                if self._backups is not None:
                    self._add(self._backups, records, self._back_up, since)
            elif self._sources is not None:
                self._add(self._sources, records, self._transform, since)
            else:
                self._add(self._deliveries, records, self._deliver, since)

    def end(self, attempts: int | None = None) -> None:
        """Deliver everything without waiting; ``attempts`` limits how often each S3 delivery is tried."""
        self.ending = True
        self.attempts_left = attempts
        with self.lock:
            if self._backups is not None:
                self._back_up(self._backups.take())
            if self._sources is not None:
                self._transform(self._sources.take())
            self._deliver(self._deliveries.take())
        self._check_settled()

    @property
    def settled(self) -> bool:
        """Whether nothing is buffered or on its way."""
        with self.lock:
            buffers = (self._deliveries, self._sources, self._backups)
            return not self.jobs and not any(buffer.records for buffer in buffers if buffer)

    # Buffers

    def _buffer(self, size: int, interval: float, send: Callable[[Chunk], None], delimiter: int = 0) -> Buffer:
        def due() -> None:
            with self.lock:
                send(buffer.take())

        name = f"firehose {self.stream} {send.__name__[1:]}"
        buffer = Buffer(self.runtime.clock, size, interval, due, name, delimiter)
        return buffer

    def _add(
        self,
        buffer: Buffer,
        records: Sequence[SourceRecord],
        send: Callable[[Chunk], None],
        since: float | None = None,
    ) -> None:
        self.held += held(records)
        for chunk in buffer.add(records, since):
            send(chunk)

    # Jobs: each runs on the clock, at once or after a pause

    def _job(self, work: Callable[[], None], load: Load, seconds: float = 0) -> None:
        with self.lock:
            self.jobs += 1

        def run() -> None:
            try:
                work()
            except Exception as error:  # a mistake of ours must not cost records: keep them, try again, say so
                if self.attempts_left is None:
                    self._job(work, load, LONGEST_BACK_OFF)
                else:
                    self._lose(load, repr(error))
                raise
            finally:
                with self.lock:
                    self.jobs -= 1
                self._check_settled()

        try:
            self.runtime.clock.call_in(seconds, run, f"firehose {self.stream}")
        except ClockError:  # the process is ending
            log.info("%d records of %s stay in the journal for the next start", load.records, self.stream)

    def _lose(self, load: Load, reason: str) -> None:
        text = "delivery stream %s is being deleted and cannot be delivered: %d records lost (%s)"
        log.error(text, self.stream, load.records, reason)
        self._account(load, "backups_lost" if load.counter == "backed_up" else "lost")

    def _account(self, load: Load, counter: Counter, objects: int = 0) -> None:
        with self.runtime.journal.transaction(), self.lock:
            self.books.settle(load, counter, objects)
            self.held -= load.size

    def _check_settled(self) -> None:
        if self.settled:
            self.on_settled()

    # Transformation

    def _transform(self, chunk: Chunk) -> None:
        processor = self.destination.processor
        assert processor is not None
        for batch in transform.batches(chunk):
            self._invoke_later(processor, batch, 1, 0)

    def _invoke_later(
        self, processor: LambdaProcessor, batch: Chunk, attempt: int, seconds: float, slow: bool = False
    ) -> None:
        load = Load.of(batch, "main", "delivered")
        self._job(lambda: self._invoke(processor, batch, attempt, slow), load, seconds)

    def _invoke(self, processor: LambdaProcessor, batch: Chunk, attempt: int, slow: bool) -> None:
        fault = None if slow else self.runtime.faults.hit("lambda-slow", self.runtime.clock.now())
        if fault is not None:
            self._invoke_later(processor, batch, attempt, fault.delay, slow=True)
            return
        try:
            answer = self._call(processor, batch)
        except (ClientError, BotoCoreError, FunctionError) as error:
            code, message = _lambda_error(error)
            self.books.metrics.add(self.stream, {"ExecuteProcessing.Success": 0})
            self._report(f"invocation {attempt} of {processor.arn}: {message}", code)
            if attempt <= processor.retries:
                self._invoke_later(processor, batch, attempt + 1, back_off(attempt))
                return
            outcome = transform.all_failed(batch, code, message)
        else:
            self.books.metrics.add(self.stream, {"ExecuteProcessing.Success": 1})
            outcome = transform.outcome(batch, answer)
        self._settle(processor, batch, outcome, attempt)

    def _call(self, processor: LambdaProcessor, batch: Chunk) -> bytes:
        payload = transform.event(str(uuid.uuid4()), self.arn, self.runtime.region, batch, self.source_arn)
        return invoke(self.runtime, processor.arn, payload, processor.role, PRINCIPAL)

    def _settle(self, processor: LambdaProcessor, batch: Chunk, outcome: transform.Outcome, attempts: int) -> None:
        if outcome.foreign:
            self._report(f"{processor.arn} answered {outcome.foreign} unknown record ids", "Lambda.ForeignRecordId")
        # All that can go wrong comes first: a job that fails has not yet handed over or counted anything.
        failures = self._failures(processor, outcome.failed, attempts) if outcome.failed else None
        dropped = Load.of(outcome.dropped, "main", "dropped")
        with self.runtime.journal.transaction(), self.lock:
            self.books.settle(dropped, "dropped")
            self.held -= held(batch)
            self._add(self._deliveries, outcome.delivered, self._deliver)
            if self.ending:
                self._deliver(self._deliveries.take())
            if failures is not None:
                self.held += failures.load.size
                self._job(lambda: self._write(failures, 1), failures.load)
        done = {
            "SucceedProcessing.Records": len(outcome.delivered),
            "SucceedProcessing.Bytes": size_of(outcome.delivered),
        }
        self.books.metrics.add(self.stream, done)

    def _failures(self, processor: LambdaProcessor, failed: Sequence[FailedRecord], attempts: int) -> Write:
        self._report(f"{len(failed)} records failed, first: {failed[0].message}", failed[0].code)
        lines = transform.failed_lines(failed, attempts, self.runtime.clock.now(), processor.arn)
        oldest = failed[0].record.arrival
        made = self._make(self.destination.target, [lines], oldest, transform.PROCESSING_FAILED)
        load = Load.of([each.record for each in failed], "main", "failed", len(lines))
        return Write(made, load, oldest)

    # S3

    def _deliver(self, chunk: Chunk) -> None:
        self._send(self.destination.target, chunk, self.destination.delimiter, "main", "delivered")

    def _back_up(self, chunk: Chunk) -> None:
        assert self.destination.backup is not None
        self._send(self.destination.backup, chunk, b"", "backup", "backed_up")

    def _send(self, target: Target, chunk: Chunk, delimiter: bytes, way: Way, counter: Counter) -> None:
        if not chunk:
            return
        load = Load.of(chunk, way, counter)

        def first() -> None:
            data = [record.data + delimiter for record in chunk] if delimiter else [record.data for record in chunk]
            oldest = chunk[0].arrival
            self._write(Write(self._make(target, data, oldest), load, oldest), 1)

        self._job(first, load)

    def _make(self, target: Target, data: Sequence[bytes], arrival: float, error_type: str = "") -> S3Object:
        return make_object(target, self.stream, str(self.version), data, arrival, error_type)

    def _write(self, write: Write, attempt: int) -> None:
        made, load = write.made, write.load
        try:
            self._put_object(made)
        except (ClientError, BotoCoreError) as error:
            self.books.metrics.add(self.stream, {f"{METRIC[load.way]}.Success": 0})
            self._report(f"s3://{made.target.bucket}/{made.key}, attempt {attempt}: {error}", f"S3.{_code(error)}")
            if self.attempts_left is None or attempt < self.attempts_left:
                self._job(lambda: self._write(write, attempt + 1), load, back_off(attempt))
                return
            self._lose(load, made.key)
        else:
            self._account(load, load.counter, objects=1)
            if load.counter != "failed":  # no delivery: AWS counts those under the transformation
                self._measure(write)

    def _put_object(self, made: S3Object) -> None:
        if fault := self.runtime.faults.hit("s3-error", self.runtime.clock.now()):
            raise demanded(fault.code, "PutObject", 503 if fault.code == "SlowDown" else 500)
        self.runtime.acting("s3", made.target.role, PRINCIPAL).put_object(**made.arguments())

    def _measure(self, write: Write) -> None:
        values = {
            "Records": write.load.records,
            "Bytes": len(write.made.body),
            "Success": 1,
            "DataFreshness": max(0.0, self.runtime.clock.now() - write.arrival),
        }
        self.books.metrics.add(
            self.stream, {f"{METRIC[write.load.way]}.{name}": value for name, value in values.items()}
        )

    def _report(self, message: str, code: str) -> None:
        self.books.stats.last_error = f"{code}: {message}"
        self.errors.report(message, code)


def _lambda_error(error: Exception) -> tuple[str, str]:
    if isinstance(error, FunctionError):
        text = f"The Lambda function was successfully invoked but it returned an error result: {error}"
        return "Lambda.FunctionError", text
    code = _code(error)
    named = {
        "ResourceNotFoundException": "Lambda.ResourceNotFound",
        "AccessDeniedException": "Lambda.InvokeAccessDenied",
        "TooManyRequestsException": "Lambda.InvokeLimitExceeded",
        "ReadTimeoutError": "Lambda.FunctionRequestTimedOut",
    }
    return named.get(code, f"Lambda.{code}"), str(error)


def _code(error: Exception) -> str:
    return str(error.response["Error"]["Code"]) if isinstance(error, ClientError) else type(error).__name__
