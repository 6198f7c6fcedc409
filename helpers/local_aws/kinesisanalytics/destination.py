"""A Lambda function as the destination of an in-application stream.

Source: "Using a Lambda Function as Output" in the Kinesis Data Analytics for SQL guide: the function
gets the rows in base64 and answers Ok or DeliveryFailed for each; what is not Ok is sent again, the
same records, until it is. At least once. Meanwhile the rows behind them wait: the order is kept, and
a function that fails is not called more often the longer it fails.
"""

from __future__ import annotations

import base64
import json
import logging
import threading
import uuid
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from helpers.local_aws.functions import FunctionError, back_off, invoke
from helpers.local_aws.runtime import Runtime

BATCH = 500  # rows of one invocation
BATCH_BYTES = 4_000_000
LAST_ATTEMPTS = 5  # once the destination is closed
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Delivery:
    """One record on its way to the function."""

    id: str
    data: bytes


class DeliveryError(Exception):
    """The function could not be invoked, failed, or gave no usable answer."""


class LambdaDestination:
    """Sends rows to a function; the calls are made on the clock's thread, one after the other."""

    def __init__(self, runtime: Runtime, application_arn: str, stream: str, function_arn: str) -> None:
        self.runtime = runtime
        self.application_arn = application_arn
        self.stream = stream
        self.function_arn = function_arn
        self.form = "JSON"
        self.delivered = 0
        self.failed = 0  # answers other than Ok, each of which is followed by another attempt
        self.lost = 0
        self.last_error: str | None = None
        self._batches: deque[list[Delivery]] = deque()  # the first is being sent, or is sent again
        self._attempts = 0  # of the first
        self._closed = False
        # Ids differ from destination to destination, so that a function may know a record by its id.
        self._name = uuid.uuid4().hex
        self._numbers = 0
        self._lock = threading.Lock()

    def send(self, rows: Sequence[bytes]) -> None:
        """Take rows over; they are sent as soon as the clock comes to it."""
        batches = self._cut(rows)
        with self._lock:
            idle = not self._batches
            self._batches.extend(batches)
        if idle and batches:
            self._later(0)

    def close(self) -> None:
        """From here on what cannot be delivered is given up after some more attempts, and logged."""
        self._closed = True

    def lose(self, rows: int, reason: str) -> None:
        """Give rows up: counted, kept as the last error, logged."""
        with self._lock:
            self.lost += rows
            self.last_error = f"{rows} rows lost: {reason}"
        log.error("%s, output %s, %s", self.application_arn, self.stream, self.last_error)

    def status(self) -> dict[str, Any]:
        """Counters for the control API."""
        with self._lock:
            return {
                "stream": self.stream, "delivered": self.delivered, "failed": self.failed, "lost": self.lost,
                "pending": sum(map(len, self._batches)), "last_error": self.last_error,
            }  # fmt: skip

    def _cut(self, rows: Sequence[bytes]) -> list[list[Delivery]]:
        batches: list[list[Delivery]] = []
        size = 0
        for data in rows:
            if not batches or len(batches[-1]) == BATCH or size + len(data) > BATCH_BYTES:
                batches.append([])
                size = 0
            with self._lock:
                self._numbers += 1
                batches[-1].append(Delivery(f"{self._name}{self._numbers:024d}", data))
            size += len(data)
        return batches

    def _later(self, seconds: float) -> None:
        self.runtime.clock.call_in(seconds, self._attempt, f"output {self.stream}")

    def _attempt(self) -> None:
        """Send the first batch; go on with the next, or come back for what was refused."""
        batch, attempt = self._batches[0], self._attempts + 1
        try:
            rest = self._refused(batch, self._invoke(batch, attempt))
        except Exception as error:  # whatever it was, the batch stays
            known = isinstance(error, ClientError | BotoCoreError | DeliveryError)
            self.last_error = str(error) if known else repr(error)
            log.warning("%s, output %s, attempt %d: %s", self.application_arn, self.stream, attempt, self.last_error)
            rest = batch
        kept = rest
        if rest and self._closed and attempt >= LAST_ATTEMPTS:
            self.lose(len(rest), f"the output is closed, and the last attempt said: {self.last_error}")
            kept = []
        with self._lock:
            self.delivered += len(batch) - len(rest)
            self.failed += len(rest)
            self._attempts = attempt if kept else 0
            if kept:
                self._batches[0] = kept
            else:
                self._batches.popleft()
            more = bool(self._batches)
        if more:
            self._later(back_off(attempt) if kept else 0)

    def _invoke(self, batch: list[Delivery], attempt: int) -> Any:
        event = {
            "invocationId": str(uuid.uuid4()),
            "applicationArn": self.application_arn,
            "records": [
                {
                    "recordId": each.id,
                    "lambdaDeliveryRecordMetadata": {"retryHint": attempt - 1},
                    "data": base64.b64encode(each.data).decode("ascii"),
                }
                for each in batch
            ],
        }
        try:
            return json.loads(invoke(self.runtime, self.function_arn, json.dumps(event).encode()) or b"null")
        except FunctionError as error:
            raise DeliveryError(f"{self.function_arn} failed: {error}") from error
        except ValueError as error:
            raise DeliveryError(f"{self.function_arn} did not answer JSON: {error}") from error

    def _refused(self, batch: list[Delivery], answer: Any) -> list[Delivery]:
        """The records the function did not answer Ok."""
        records = answer.get("records") if isinstance(answer, dict) else None
        if not isinstance(records, list):
            raise DeliveryError(
                f'{self.function_arn} must answer {{"records": [{{"recordId", "result"}}]}} '
                f"with Ok or DeliveryFailed for every record, but answered {json.dumps(answer)[:200]}"
            )
        results = {
            each["recordId"]: each.get("result")
            for each in records
            if isinstance(each, dict) and isinstance(each.get("recordId"), str)
        }
        rest = [each for each in batch if results.get(each.id) != "Ok"]
        if rest:
            first = results.get(rest[0].id, "no answer")
            self.last_error = f"{self.function_arn}: {first} for {len(rest)} of {len(batch)} records"
        return rest
