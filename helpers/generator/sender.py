"""Sending records to a stream, with an account of what became of each one.

At least once: after a timeout AWS may have taken a batch whose answer was lost; it is sent again.
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError, ConnectionError, HTTPClientError

from helpers.errors import WorkshopError
from helpers.generator import destination
from helpers.generator.destination import Firehose, Kinesis, Record
from helpers.generator.errors import DeliveryError

TRIES = 6
FIRST_PAUSE = 0.2  # seconds; doubled each time, and drawn at random between nothing and that
LONGEST_PAUSE = 5.0
KEYS = 10_000_000_000  # partition keys are drawn from so many, as in the KDG
# Worth another try; anything else (no such stream, no permission) will not get better by repeating.
TRANSIENT = frozenset(
    {
        "ServiceUnavailableException",
        "ProvisionedThroughputExceededException",
        "KMSThrottlingException",
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
    """Puts records on one stream; `account` grows with each call.

    `sleep` (seconds) and `rng` serve the pauses between tries, so that tests need not wait. `service` is Firehose
    or Kinesis; `zipped` packs each record; `lanes` requests may be under way
    at once, and batches may then arrive in any order.
    """

    client: Any
    stream: str
    sleep: Callable[[float], object] = time.sleep
    rng: random.Random = field(default_factory=lambda: random.Random(7))  # noqa: S311 - spreads retries, no secret
    account: Account = field(default_factory=Account)
    service: type[Firehose] | type[Kinesis] = Firehose
    zipped: bool = False
    lanes: int = 1

    def __post_init__(self) -> None:
        self._to = self.service(self.client, self.stream)
        self._keys = random.Random(7).random  # noqa: S311 - spreads records over shards
        self._lock = threading.Lock()

    def send(self, records: Iterable[str | bytes]) -> int:
        """Send records, each ended by a newline, in batches within AWS's limits; returns their number.

        Raises DeliveryError when records are still refused after six tries, or at once when trying again
        cannot help, or before anything is sent when one is over the limit. What is not tried counts as failed.
        """
        handed_over = [self._record(record) for record in records]
        total = len(handed_over)
        self.account.sent += total
        settled = self.account.acknowledged + self.account.failed
        try:
            self._send_all(self._batches(handed_over))
        finally:  # also when interrupted: nothing goes missing silently
            self.account.failed += total - (self.account.acknowledged + self.account.failed - settled)
        return total

    def _record(self, record: str | bytes) -> Record:
        key = str(int(self._keys() * KEYS)) if self._to.keyed else ""
        return Record(destination.encoded(record, self.zipped), key)

    def _batches(self, records: list[Record]) -> list[list[Record]]:
        try:
            return list(destination.batches(records, self.service))
        except DeliveryError as error:  # one is too large: none is sent, and the account says so
            self.account.last_error = str(error)
            raise

    def _send_all(self, batches: list[list[Record]]) -> None:
        if self.lanes < 2 or len(batches) < 2:
            for batch in batches:
                self._deliver(batch)
            return
        with ThreadPoolExecutor(self.lanes, "sender") as pool:  # its threads end with this block
            try:
                for future in [pool.submit(self._deliver, batch) for batch in batches]:
                    future.result()
            finally:
                pool.shutdown(cancel_futures=True)

    def _deliver(self, batch: list[Record]) -> None:
        waiting = batch
        for attempt in range(TRIES):
            if attempt:
                pause = min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** (attempt - 1))
                with self._lock:
                    self.account.retried += len(waiting)
                    pause *= self.rng.random()
                self.sleep(pause)
            refused = self._put(waiting)
            with self._lock:
                self.account.acknowledged += len(waiting) - len(refused)
            waiting = refused
            if not waiting:
                return
        raise DeliveryError(
            f"{len(waiting)} of {len(batch)} records for {self.stream} were refused {TRIES} times, last with "
            f"{self.account.last_error}. Send at a lower rate, or look at the {self._to.service} stream's limits."
        )

    def _put(self, records: list[Record]) -> list[Record]:
        """One request; the records that were refused and are worth another try."""
        try:
            refusals = self._to.put(records)
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
        for refusal in refusals:
            self.account.last_error = refusal or self.account.last_error
        return [record for record, refusal in zip(records, refusals, strict=True) if refusal]
