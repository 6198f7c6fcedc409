"""Producers sending through a sender, each record counted; the workshop's own traffic is entered in its ledger."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from helpers.generator.destination import Firehose, Kinesis
from helpers.generator.producer import Arrival, Producer, Schedule
from helpers.generator.profile import Rate
from helpers.generator.sender import Account, Sender
from helpers.generator.template import Template

LEDGER = "ledger"


class Feed:
    """Sends what producers have due; `origin` (epoch seconds) is where their time line starts.

    `records` counts by producer what was handed over. After `count` records, if given, nothing more is due.
    With `wall`, templates see its time as `date.now` and the time line's as `date.simTime`; without, both are
    the time line's. `ledger` is told how many were sent and acknowledged.
    Safe to use from several threads: records leave in the order of their time.
    """

    def __init__(
        self,
        sender: Sender,
        producers: Iterable[Producer],
        origin: float,
        count: int | None = None,
        wall: Callable[[], float] | None = None,
        ledger: Callable[[int, int], object] | None = None,
    ) -> None:
        self.origin = origin
        self.schedule = Schedule(producers, origin)
        self.records: Counter[str] = Counter(dict.fromkeys(self.schedule.producers, 0))
        self.count = count
        self.sender = sender
        self._wall = wall
        self._ledger = ledger
        self._lock = threading.Lock()  # the schedule: held for moments only, so that a slider never waits
        self._sending = threading.Lock()

    @property
    def account(self) -> Account:
        """What became of the records so far."""
        return replace(self.sender.account)

    @property
    def done(self) -> bool:
        """Whether as many records as wanted were handed over."""
        return self.count is not None and self.records.total() >= self.count

    @property
    def rates(self) -> dict[str, float]:
        """Each producer's rate now, records a second."""
        with self._lock:
            return {name: producer.rate for name, producer in self.schedule.producers.items()}

    def set_rate(self, producer: str, rate: Rate) -> None:
        """Change a producer's rate at once. GeneratorError for an unknown producer or an impossible rate."""
        with self._lock:
            self.schedule.producer(producer).set_rate(rate)

    def add(self, make: Callable[[float], Producer]) -> None:
        """One more producer, made for where the time line stands (seconds)."""
        with self._lock:
            producer = make(self.schedule.time)
            self.schedule.add(producer)
            self.records[producer.name] += 0

    def set_template(self, producer: str, template: Template) -> None:
        """Let a producer send records of another template, at once."""
        with self._lock:
            self.schedule.producer(producer).template = template

    def remove(self, producer: str) -> None:
        """One producer less; what it has sent stays counted. GeneratorError when there is none of that name."""
        with self._lock:
            self.schedule.remove(producer)

    def next_due(self) -> float:
        """When anything is due next (seconds after the origin); infinity when nothing is."""
        with self._lock:
            return self.schedule.next_due()

    def advance(self, until: float) -> int:
        """Send all records due before `until` (seconds after the origin); returns how many.

        Raises DeliveryError when records could not be delivered; they are in the account.
        """
        with self._sending:
            with self._lock:
                records = self._rendered(self.schedule.due(max(until, self.schedule.time)))
            return self._send(records)

    def burst(self, begin: float, end: float, rates: Mapping[str, float]) -> tuple[float, float]:
        """Give producers other rates from `begin` to `end` (seconds), then their present ones again."""
        with self._lock:
            begin = max(begin, self.schedule.time)
            present = {name: self.schedule.producer(name) for name in rates}
            former = {name: producer.profile or producer.rate for name, producer in present.items()}
            self.schedule.at(begin, rates)
            self.schedule.at(end, former)
        return begin, end

    def _rendered(self, arrivals: list[Arrival]) -> list[str]:
        if self.count is not None:
            arrivals = arrivals[: self.count - self.records.total()]
        producers, origin, wall = self.schedule.producers, self.origin, self._wall
        self.records.update([name for _, name in arrivals])
        if wall is None:
            return [producers[name].template.render(origin + at) for at, name in arrivals]
        now = wall()
        return [producers[name].template.render(now, origin + at) for at, name in arrivals]

    def _send(self, records: list[str]) -> int:
        before = self.account
        try:
            return self.sender.send(records)
        finally:
            after = self.account
            if self._ledger and after.sent > before.sent:
                self._ledger(after.sent - before.sent, after.acknowledged - before.acknowledged)


class Traffic(Feed):
    """A feed to where the workshop's stack takes records, in the ledger that all chapters share.

    That is the delivery stream, or the data stream before it where the stack has one (the SQL then runs on Flink).
    """

    def __init__(
        self,
        ws: Any,
        producers: Iterable[Producer],
        origin: float,
        sleep: Callable[[float], object] = time.sleep,
    ) -> None:
        outputs = ws.outputs
        first: type[Firehose] | type[Kinesis] = Kinesis if "EventStreamName" in outputs else Firehose
        stream = outputs["EventStreamName" if first is Kinesis else "DeliveryStreamName"]
        sender = Sender(ws.client(first.service.lower()), stream, sleep, service=first)
        super().__init__(sender, producers, origin, ledger=partial(enter, ws.notes))


def enter(notes: Any, sent: int, acknowledged: int) -> None:
    """Add to the ledger in the workshop's notes: {"sent": n, "acknowledged": n} over all sends."""

    def add(ledger: dict[str, int]) -> dict[str, int]:
        return {"sent": ledger["sent"] + sent, "acknowledged": ledger["acknowledged"] + acknowledged}

    notes.change(LEDGER, add, {"sent": 0, "acknowledged": 0})
