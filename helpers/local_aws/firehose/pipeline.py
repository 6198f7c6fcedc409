"""The way of records through one delivery stream: buffers, transformation, S3, retries.

    put ─┬─▶ backup buffer ───────────────────────────────▶ S3
         └─▶ processor buffer ─▶ Lambda ─▶ delivery buffer ─▶ S3     (failed ones ─▶ S3, error prefix)

Records are in exactly one place at a time, a buffer or a job of the clock, until S3 has them. Network
calls are made on the clock's thread and never under the lock.
"""

from __future__ import annotations

import logging
import threading
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from botocore.exceptions import BotoCoreError, ClientError

from helpers.local_aws.firehose import transform
from helpers.local_aws.firehose.buffer import Buffer, Chunk
from helpers.local_aws.firehose.errorlog import ErrorLog
from helpers.local_aws.firehose.models import (
    Counter,
    Destination,
    LambdaProcessor,
    SourceRecord,
    Stats,
    Target,
)
from helpers.local_aws.firehose.objects import S3Object, make_object
from helpers.local_aws.runtime import Runtime

LONGEST_BACK_OFF = 60.0  # seconds
log = logging.getLogger(__name__)


class FunctionError(Exception):
    """The transforming function was invoked and failed."""


@dataclass(frozen=True)
class Write:
    """An object on its way to S3, what it carries (records, bytes held for it) and how to count it."""

    made: S3Object
    records: int
    size: int
    counter: Counter


class Pipeline:
    """One delivery stream at one version of its configuration.

    ``on_settled`` is called, without the lock, whenever nothing is left to do.
    """

    def __init__(
        self,
        runtime: Runtime,
        stream: str,
        arn: str,
        version: str,
        destination: Destination,
        stats: Stats,
        lock: threading.RLock,
        on_settled: Callable[[], None],
    ) -> None:
        self.runtime = runtime
        self.stream = stream
        self.arn = arn
        self.version = version
        self.destination = destination
        self.stats = stats
        self.on_settled = on_settled
        self.attempts_left: int | None = None  # None: retry for ever
        self.ending = False  # nothing waits for size or interval any more
        self.held = 0  # bytes not yet in S3
        self.jobs = 0
        self.lock = lock
        self.errors = ErrorLog(runtime, arn, version, destination.target)
        self._deliveries = self._buffer(destination.target.size, destination.target.interval, self._deliver)
        processor, backup = destination.processor, destination.backup
        self._sources = self._buffer(processor.size, processor.interval, self._transform) if processor else None
        self._backups = self._buffer(backup.size, backup.interval, self._back_up) if backup else None

    def put(self, records: Sequence[SourceRecord]) -> None:
        """Take records in; from here on they are delivered or reported."""
        with self.lock:
            if self._backups is not None:
                self._add(self._backups, records, self._back_up)
            if self._sources is not None:
                self._add(self._sources, records, self._transform)
            else:
                self._add(self._deliveries, records, self._deliver)

    def end(self, attempts: int | None = None) -> None:
        """Deliver everything without waiting; ``attempts`` limits how often each S3 delivery is tried."""
        self.ending = True
        self.attempts_left = attempts
        self.flush()

    def flush(self) -> None:
        """Send on what is buffered without waiting for size or interval."""
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

    def _buffer(self, size: int, interval: float, send: Callable[[Chunk], None]) -> Buffer:
        def due() -> None:
            with self.lock:
                send(buffer.take())

        buffer = Buffer(self.runtime.clock, size, interval, due, f"firehose {self.stream} {send.__name__[1:]}")
        return buffer

    def _add(self, buffer: Buffer, records: Sequence[SourceRecord], send: Callable[[Chunk], None]) -> None:
        self.held += sum(len(record.data) for record in records)
        for chunk in buffer.add(records):
            send(chunk)

    # Jobs: each runs on the clock, at once or after a pause

    def _job(self, work: Callable[[], None], seconds: float = 0) -> None:
        with self.lock:
            self.jobs += 1

        def run() -> None:
            try:
                work()
            except Exception:  # a mistake of ours must not cost records: keep them, try again, say so
                if self.attempts_left is None:
                    self._job(work, LONGEST_BACK_OFF)
                raise
            finally:
                with self.lock:
                    self.jobs -= 1
                self._check_settled()

        self.runtime.clock.call_in(seconds, run, f"firehose {self.stream}")

    def _check_settled(self) -> None:
        if self.settled:
            self.on_settled()

    # Transformation

    def _transform(self, chunk: Chunk) -> None:
        processor = self.destination.processor
        assert processor is not None
        for batch in transform.batches(chunk):
            self._invoke_later(processor, batch, 1, 0)

    def _invoke_later(self, processor: LambdaProcessor, batch: Chunk, attempt: int, seconds: float) -> None:
        self._job(lambda: self._invoke(processor, batch, attempt), seconds)

    def _invoke(self, processor: LambdaProcessor, batch: Chunk, attempt: int) -> None:
        try:
            answer = self._call(processor, batch)
        except (ClientError, BotoCoreError, FunctionError) as error:
            code, message = _lambda_error(error)
            self._report(f"invocation {attempt} of {processor.arn}: {message}", code)
            if attempt <= processor.retries:
                self._invoke_later(processor, batch, attempt + 1, _back_off(attempt))
                return
            outcome = transform.all_failed(batch, code, message)
        else:
            outcome = transform.outcome(batch, answer)
        self._settle(processor, batch, outcome, attempt)

    def _call(self, processor: LambdaProcessor, batch: Chunk) -> bytes:
        payload = transform.event(str(uuid.uuid4()), self.arn, self.runtime.region, batch)
        response = self.runtime.client("lambda").invoke(FunctionName=processor.arn, Payload=payload)
        answer: bytes = response["Payload"].read()
        if response.get("FunctionError"):
            raise FunctionError(answer.decode(errors="replace"))
        return answer

    def _settle(self, processor: LambdaProcessor, batch: Chunk, outcome: transform.Outcome, attempts: int) -> None:
        if outcome.foreign:
            self._report(f"{processor.arn} answered {outcome.foreign} unknown record ids", "Lambda.ForeignRecordId")
        with self.lock:
            self.held -= sum(len(record.data) for record in batch)
            self.stats.count("dropped", len(outcome.dropped))
            self._add(self._deliveries, outcome.delivered, self._deliver)
            if self.ending:
                self._deliver(self._deliveries.take())
        if outcome.failed:
            first = outcome.failed[0]
            self._report(f"{len(outcome.failed)} records failed, first: {first.message}", first.code)
            lines = transform.failed_lines(outcome.failed, attempts, self.runtime.clock.now(), processor.arn)
            oldest = outcome.failed[0].record.arrival
            made = self._make(self.destination.target, [lines], oldest, transform.PROCESSING_FAILED)
            with self.lock:
                self.held += len(lines)
            write = Write(made, len(outcome.failed), len(lines), "failed")
            self._job(lambda: self._write(write, 1))

    # S3

    def _deliver(self, chunk: Chunk) -> None:
        self._send(self.destination.target, chunk, self.destination.delimiter, "delivered")

    def _back_up(self, chunk: Chunk) -> None:
        assert self.destination.backup is not None
        self._send(self.destination.backup, chunk, b"", "backed_up")

    def _send(self, target: Target, chunk: Chunk, delimiter: bytes, counter: Counter) -> None:
        if not chunk:
            return
        size = sum(len(record.data) for record in chunk)

        def first() -> None:
            data = [record.data + delimiter for record in chunk]
            self._write(Write(self._make(target, data, chunk[0].arrival), len(chunk), size, counter), 1)

        self._job(first)

    def _make(self, target: Target, data: Sequence[bytes], arrival: float, error_type: str = "") -> S3Object:
        return make_object(target, self.stream, self.version, data, arrival, error_type)

    def _write(self, write: Write, attempt: int) -> None:
        made, counter = write.made, write.counter
        try:
            self.runtime.client("s3").put_object(**made.arguments())
        except (ClientError, BotoCoreError) as error:
            self._report(f"s3://{made.target.bucket}/{made.key}, attempt {attempt}: {error}", _s3_code(error))
            if self.attempts_left is None or attempt < self.attempts_left:
                self._job(lambda: self._write(write, attempt + 1), _back_off(attempt))
                return
            counter = "backups_lost" if counter == "backed_up" else "lost"
            text = "delivery stream %s is being deleted and cannot be delivered: %d records lost (%s)"
            log.error(text, self.stream, write.records, made.key)
        else:
            self.stats.count("objects", 1)
        with self.lock:
            self.held -= write.size
            self.stats.count(counter, write.records)

    def _report(self, message: str, code: str) -> None:
        self.stats.last_error = f"{code}: {message}"
        self.errors.report(message, code)


def _back_off(attempt: int) -> float:
    """Seconds before the next attempt: 1, 2, 4 … 60."""
    return float(min(2 ** min(attempt - 1, 16), LONGEST_BACK_OFF))


def _lambda_error(error: Exception) -> tuple[str, str]:
    if isinstance(error, FunctionError):
        text = f"The Lambda function was successfully invoked but it returned an error result: {error}"
        return "Lambda.FunctionError", text
    code = error.response["Error"]["Code"] if isinstance(error, ClientError) else type(error).__name__
    named = {
        "ResourceNotFoundException": "Lambda.ResourceNotFound",
        "AccessDeniedException": "Lambda.InvokeAccessDenied",
        "TooManyRequestsException": "Lambda.InvokeLimitExceeded",
        "ReadTimeoutError": "Lambda.FunctionRequestTimedOut",
    }
    return named.get(code, f"Lambda.{code}"), str(error)


def _s3_code(error: Exception) -> str:
    code = error.response["Error"]["Code"] if isinstance(error, ClientError) else type(error).__name__
    return f"S3.{code}"
