"""Sending records to a Firehose delivery stream, with an account of what became of each one.

Source: https://docs.aws.amazon.com/firehose/latest/APIReference/API_PutRecordBatch.html. At least once:
after a timeout AWS may have taken a batch whose answer was lost; it is sent again.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError, ConnectionError, HTTPClientError

from helpers.errors import WorkshopError
from helpers.generator.errors import DeliveryError

MAX_RECORDS = 500
MAX_BATCH = 4 * 1024 * 1024  # bytes a request
MAX_RECORD = 1000 * 1024  # bytes a record
TRIES = 6
FIRST_PAUSE = 0.2  # seconds; doubled each time, and drawn at random between nothing and that
LONGEST_PAUSE = 5.0
# Worth another try; anything else (no such stream, no permission) will not get better by repeating.
TRANSIENT = frozenset(
    {
        "ServiceUnavailableException",
        "ThrottlingException",
        "Throttling",
        "InternalFailure",
        "RequestLimitExceeded",
    }
)


@dataclass
class Account:
    """What became of the records: sent = acknowledged + failed, once none is under way.

    `retried` counts every resending.
    """

    sent: int = 0
    acknowledged: int = 0
    retried: int = 0
    failed: int = 0
    last_error: str = ""

    def __str__(self) -> str:
        text = f"{self.sent:,} sent, {self.acknowledged:,} acknowledged, "
        text += f"{self.retried:,} retried, {self.failed:,} failed"
        return f"{text}; last error: {self.last_error}" if self.last_error else text


@dataclass
class Sender:
    """Puts records on one delivery stream; `account` grows with each call.

    `sleep` (seconds) and `rng` serve the pauses between tries, so that tests need not wait.
    """

    client: Any
    stream: str
    sleep: Callable[[float], object] = time.sleep
    rng: random.Random = field(default_factory=lambda: random.Random(7))  # noqa: S311 - spreads retries, no secret
    account: Account = field(default_factory=Account)

    def send(self, records: Iterable[str | bytes]) -> int:
        """Send records, each ended by a newline, in batches within AWS's limits; returns their number.

        Raises DeliveryError when records are still refused after six tries, or at once when trying again
        cannot help, or before anything is sent when one is over the limit. What is not tried counts as failed.
        """
        handed_over = list(records)
        untried = total = len(handed_over)
        self.account.sent += total
        try:
            for batch in self._batches(handed_over):
                untried -= len(batch)
                self._deliver(batch)
        finally:
            self.account.failed += untried
        return total

    def _batches(self, records: list[str | bytes]) -> list[list[bytes]]:
        try:
            return list(batches(records))
        except DeliveryError as error:  # one is too large: none is sent, and the account says so
            self.account.last_error = str(error)
            raise

    def _deliver(self, batch: list[bytes]) -> None:
        waiting = batch
        try:
            for attempt in range(TRIES):
                if attempt:
                    self.account.retried += len(waiting)
                    pause = min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** (attempt - 1))
                    self.sleep(self.rng.random() * pause)
                refused = self._put(waiting)
                self.account.acknowledged += len(waiting) - len(refused)
                waiting = refused
                if not waiting:
                    return
        finally:
            self.account.failed += len(waiting)  # also when interrupted: nothing goes missing silently
        raise DeliveryError(
            f"{len(waiting)} of {len(batch)} records for {self.stream} were refused {TRIES} times, last with "
            f"{self.account.last_error}. Send at a lower rate, or look at the delivery stream's limits."
        )

    def _put(self, records: list[bytes]) -> list[bytes]:
        """One request; the records that were refused and are worth another try."""
        try:
            answer = self.client.put_record_batch(
                DeliveryStreamName=self.stream, Records=[{"Data": data} for data in records]
            )
        except ClientError as error:
            code = error.response.get("Error", {}).get("Code", "")
            self.account.last_error = str(error)
            status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
            if code in TRANSIENT or status >= 500:
                return records
            raise DeliveryError(f"{len(records)} records were not taken by {self.stream}: {error}") from error
        except (HTTPClientError, ConnectionError) as error:  # no connection, no answer in time
            self.account.last_error = str(error)
            return records
        except WorkshopError as error:  # the workshop explains a connection that is refused
            self.account.last_error = str(error)
            raise
        except BotoCoreError as error:  # no credentials, a bug of ours
            self.account.last_error = str(error)
            raise DeliveryError(f"{len(records)} records did not reach {self.stream}: {error}") from error
        if not answer.get("FailedPutCount"):
            return []
        results: Sequence[dict[str, Any]] = answer["RequestResponses"]
        refused = [pair for pair in zip(records, results, strict=True) if pair[1].get("ErrorCode")]
        for _, result in refused[-1:]:
            self.account.last_error = f"{result['ErrorCode']}: {result.get('ErrorMessage', '')}".rstrip(": ")
        return [data for data, _ in refused]


def batches(records: Iterable[str | bytes]) -> Iterator[list[bytes]]:
    """Records as bytes with a newline each, grouped to at most 500 and 4 MiB.

    Raises DeliveryError for a record over 1,000 KiB, which Firehose never takes.
    """
    batch: list[bytes] = []
    size = 0
    for record in records:
        data = (record.encode() if isinstance(record, str) else record) + b"\n"
        if len(data) > MAX_RECORD:
            size_limit = f"over Firehose's limit of {MAX_RECORD:,}"
            raise DeliveryError(f"a record of {len(data):,} bytes is {size_limit}: shorten its template")
        if batch and (len(batch) == MAX_RECORDS or size + len(data) > MAX_BATCH):
            yield batch
            batch, size = [], 0
        batch.append(data)
        size += len(data)
    if batch:
        yield batch
