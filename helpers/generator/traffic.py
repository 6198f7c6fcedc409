"""Producers sending to the workshop's delivery stream, each record entered in the ledger."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

from helpers.generator.producer import Producer, Schedule
from helpers.generator.sender import Account, Sender

LEDGER = "ledger"


class Traffic:
    """Sends what producers have due; `origin` (epoch seconds) is where their time line starts.

    `records` counts by producer what was handed over. Safe to use from several threads: records leave in the
    order of their time.
    """

    def __init__(
        self,
        ws: Any,
        producers: Iterable[Producer],
        origin: float,
        sleep: Callable[[float], object] = time.sleep,
    ) -> None:
        self.origin = origin
        self.schedule = Schedule(producers)
        self.records: Counter[str] = Counter(dict.fromkeys(self.schedule.producers, 0))
        self.stream = ws.outputs["DeliveryStreamName"]
        self._notes = ws.notes
        self._sender = Sender(ws.client("firehose"), self.stream, sleep)
        self._lock = threading.Lock()  # the schedule: held for moments only, so that a slider never waits
        self._sending = threading.Lock()

    @property
    def account(self) -> Account:
        """What became of the records so far."""
        return replace(self._sender.account)

    @property
    def rates(self) -> dict[str, float]:
        """Each producer's rate now, records a second."""
        with self._lock:
            return {name: producer.rate for name, producer in self.schedule.producers.items()}

    def set_rate(self, producer: str, rate: float) -> None:
        """Change a producer's rate at once. GeneratorError for an unknown producer or an impossible rate."""
        with self._lock:
            self.schedule.producer(producer).set_rate(rate)

    def advance(self, until: float) -> int:
        """Send all records due before `until` (seconds after the origin); returns how many.

        Raises DeliveryError when records could not be delivered; they are in the account and in the ledger.
        """
        with self._sending:
            with self._lock:
                arrivals = self.schedule.due(max(until, self.schedule.time))
                producers = self.schedule.producers
                records = [producers[name].template.render(self.origin + at) for at, name in arrivals]
            self.records.update(name for _, name in arrivals)
            before = self.account
            try:
                return self._sender.send(records)
            finally:
                self._enter(before)

    def burst(self, begin: float, end: float, rates: dict[str, float]) -> tuple[float, float]:
        """Give producers other rates from `begin` to `end` (seconds), then their present ones again."""
        with self._lock:
            begin = max(begin, self.schedule.time)
            former = {name: self.schedule.producer(name).rate for name in rates}
            self.schedule.at(begin, rates)
            self.schedule.at(end, former)
        return begin, end

    def _enter(self, before: Account) -> None:
        """Add what has changed since `before` to the ledger that all chapters share."""
        sent = self.account.sent - before.sent
        if sent:
            enter(self._notes, sent, self.account.acknowledged - before.acknowledged)


def enter(notes: Any, sent: int, acknowledged: int) -> None:
    """Add to the ledger in the workshop's notes: {"sent": n, "acknowledged": n} over all sends."""

    def add(ledger: dict[str, int]) -> dict[str, int]:
        return {"sent": ledger["sent"] + sent, "acknowledged": ledger["acknowledged"] + acknowledged}

    notes.change(LEDGER, add, {"sent": 0, "acknowledged": 0})
