"""Rows of one in-application stream on their way to a destination, and how far they have come.

At least once and in order: what a destination refuses is sent again, the same records, until it is taken, and
the rows behind wait; it is not asked more often the longer it refuses. What was taken is in the journal before
the next batch goes, so that after a restart a row is sent again only if its answer was not there yet.
"""

from __future__ import annotations

import base64
import json
import logging
import threading
import uuid
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from helpers.local_aws.functions import back_off
from helpers.local_aws.kinesisanalytics.writers import Delivery, DeliveryError, Writer, writer
from helpers.local_aws.runtime import Runtime

LAST_ATTEMPTS = 5  # once the destination is closed
PROGRESS = "analytics-progress"  # kind of documents
Row = tuple[int, bytes]  # number in the stream, as it is written
log = logging.getLogger(__name__)


class Destination:
    """Sends rows; the calls are made on the clock's thread, one after the other.

    ``bound`` gives the rowtime bound that was reached, which is kept with each progress; ``room`` is called
    when a batch is through; ``measure`` takes CloudWatch's metrics, with the output's ``id``.
    """

    def __init__(
        self, runtime: Runtime, application: tuple[str, str], stream: str, kind: str, arn: str, form: str, role: str,
        bound: Callable[[], int] = lambda: 0, room: Callable[[], None] = lambda: None, identity: str = "",
        measure: Callable[[Mapping[str, float], str], None] = lambda values, id: None,
    ) -> None:  # fmt: skip
        self.runtime = runtime
        self.application, self.application_arn = application
        self.stream, self.kind, self.arn, self.form, self.role = stream, kind, arn, form, role
        self.bound, self.room, self.measure = bound, room, measure
        self.id = ""  # the application's OutputId
        # Ids differ from destination to destination, so that a function may know a record by its id.
        self.identity = identity or uuid.uuid4().hex
        self.delivered = 0
        self.failed = 0  # answers other than Ok, each of which is followed by another attempt
        self.given_up = 0
        self.unwritable = 0
        self.last_error: str | None = None
        self.bytes = 0  # waiting
        self.closed = False
        self._rows: deque[Row] = deque()
        self._first: list[Row] = []  # the batch that is being sent, or is sent again
        self._settled = 0  # rows with smaller numbers are, but for the rest
        self._rest: frozenset[int] = frozenset()
        self._attempts = 0
        self._busy = False
        self._forgotten = False
        self._lock = threading.Lock()

    def send(self, rows: Sequence[Row]) -> None:
        """Take rows over; they are sent as soon as the clock comes to it. Those settled before a restart are not."""
        self._add(rows)
        self.go_on()

    def _add(self, rows: Sequence[Row]) -> None:
        with self._lock:
            for number, data in rows:
                if number >= self._settled or number in self._rest:
                    self._rows.append((number, data))
                    self.bytes += len(data)

    def go_on(self) -> None:
        """Send what waits, unless that is going on already."""
        with self._lock:
            start = not self._busy and bool(self._rows or self._first)
            self._busy = self._busy or start
        if start:
            self._later(0)

    def close(self) -> None:
        """From here on what cannot be delivered is given up after some more attempts, and logged."""
        self.closed = True

    def lose(self, reason: str) -> None:
        """A row that cannot be written: counted, kept as the last error, logged."""
        with self._lock:
            self.unwritable += 1
        self._report(1, reason)

    @property
    def pending(self) -> int:
        """Rows taken over and not yet delivered."""
        with self._lock:
            return len(self._rows) + len(self._first)

    def status(self) -> dict[str, Any]:
        """Counters for the control API."""
        pending = self.pending
        return {
            "stream": self.stream, "delivered": self.delivered, "failed": self.failed,
            "lost": self.given_up + self.unwritable, "pending": pending, "last_error": self.last_error,
        }  # fmt: skip

    # The journal

    def state(self) -> dict[str, Any]:
        """All that a snapshot of the application needs, as JSON."""
        with self._lock:
            waiting = [(number, base64.b64encode(data).decode("ascii")) for number, data in (*self._first, *self._rows)]
            return {
                "identity": self.identity, "stream": self.stream, "kind": self.kind, "arn": self.arn,
                "form": self.form, "role": self.role, "id": self.id, "closed": self.closed,
                "unwritable": self.unwritable, "rows": waiting,
            }  # fmt: skip

    def restore(self, state: dict[str, Any]) -> int:
        """Take up again what a snapshot held, but for what was delivered since; the bound reached by then."""
        progress = json.loads(self.runtime.journal.load(PROGRESS).get(self._document, b"{}"))
        self.unwritable, self.closed, self.id = state["unwritable"], state["closed"], state.get("id", "")
        self.delivered, self.failed, self.given_up = progress.get("counts", (0, 0, 0))
        self._settled, self._rest = progress.get("settled", 0), frozenset(progress.get("rest", ()))
        self._add([(number, base64.b64decode(data)) for number, data in state["rows"]])
        return int(progress.get("bound", 0))

    def forget(self) -> None:
        """Drop what the journal keeps of it, and keep no more."""
        self._forgotten = True
        self.runtime.journal.remove(PROGRESS, self._document)

    @property
    def _document(self) -> str:
        return f"{self.application} {self.identity}"

    # Sending

    @property
    def _writer(self) -> Writer:
        return writer(self.runtime, self.application_arn, self.kind, self.arn, self.role)

    def _later(self, seconds: float) -> None:
        self.runtime.clock.call_in(seconds, self._attempt, f"output {self.stream}")

    def _attempt(self) -> None:
        """Send the first batch; go on with the next, or come back for what was refused."""
        batch, attempt = self._batch(), self._attempts + 1
        try:
            refused, reason = self._writer.write(batch, attempt)
            if refused:
                self.last_error = reason
        except Exception as error:  # whatever it was, the batch stays
            known = isinstance(error, ClientError | BotoCoreError | DeliveryError)
            self.last_error = str(error) if known else repr(error)
            log.warning("%s, output %s, attempt %d: %s", self.application_arn, self.stream, attempt, self.last_error)
            refused = batch
        lost = len(refused) if refused and self.closed and attempt >= LAST_ATTEMPTS else 0
        if lost:
            self._report(lost, f"the output is closed, and the last attempt said: {self.last_error}")
        self._measure(batch, refused)
        again = self._settle(batch, refused, lost)
        self._attempts = attempt if again else 0
        with self._lock:
            self._busy = bool(self._rows or self._first)
        if self._busy:
            self._later(back_off(attempt) if again else 0)
        self.room()

    def _measure(self, batch: Sequence[Delivery], refused: Sequence[Delivery]) -> None:
        taken = len(batch) - len(refused)
        size = sum(len(each.data) for each in batch) - sum(len(each.data) for each in refused)
        values: dict[str, float] = {"Success": 0 if refused else 1, "Records": taken, "Bytes": size}
        if self.kind == "Lambda":
            values |= {"LambdaDelivery.OkRecords": taken, "LambdaDelivery.DeliveryFailedRecords": len(refused)}
        self.measure(values, self.id)

    def _batch(self) -> list[Delivery]:
        with self._lock:
            if not self._first:
                size, limits = 0, self._writer
                while self._rows and len(self._first) < limits.BATCH:
                    size += len(self._rows[0][1])
                    if self._first and size > limits.BATCH_BYTES:
                        break
                    self._first.append(self._rows.popleft())
            return [Delivery(number, f"{self.identity}{number:024d}", data) for number, data in self._first]

    def _settle(self, batch: Sequence[Delivery], refused: Sequence[Delivery], lost: int) -> bool:
        """Write down what became of a batch, then act upon it; whether some of it must be sent again."""
        kept = [] if lost else refused
        with self._lock:
            self.delivered += len(batch) - len(refused)
            self.failed += len(refused)
            self.given_up += lost
            settled = max(self._settled, batch[-1].number + 1)
            rest = frozenset(each.number for each in kept)
            progress = {
                "settled": settled,
                "rest": sorted(rest),
                "bound": self.bound(),
                "counts": (self.delivered, self.failed, self.given_up),
            }
        if not self._forgotten:
            self.runtime.journal.save(PROGRESS, self._document, json.dumps(progress).encode())
        with self._lock:
            self._settled, self._rest = settled, rest
            self._first = [(each.number, each.data) for each in kept]
            self.bytes -= sum(len(each.data) for each in batch) - sum(len(each.data) for each in kept)
        return bool(kept)

    def _report(self, rows: int, reason: str) -> None:
        self.last_error = f"{rows} rows lost: {reason}"
        log.error("%s, output %s, %s", self.application_arn, self.stream, self.last_error)
