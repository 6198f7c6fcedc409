"""Producers: who sends which record when. Pure: time comes in, in seconds on the simulation's time line."""

from __future__ import annotations

import heapq
import itertools
import math
import random
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from helpers.generator.errors import GeneratorError
from helpers.generator.profile import MAX_RATE, Profile, Rate, checked_rate
from helpers.generator.template import Template

__all__ = ["MAX_RATE", "Arrival", "Producer", "Schedule", "checked_rate"]


class Arrival(NamedTuple):
    """One record due: seconds since the time line's start, and the producer it comes from."""

    time: float
    producer: str


class Producer:
    """Sends records of one template at a rate (records a second), unevenly by `jitter`.

    The gap between two records is stretched or shortened at random, evenly by up to the share `jitter` of
    its length (0 is a metronome, 1 anything between no gap and a double one); the mean rate is kept. A change
    of rate takes effect at once, and the arrival times do not depend on how often `due` is called.
    A rate may be a Profile: each second then has a rate of its own, by the hour at `origin` (epoch seconds of the
    time line's start). `start` is where on the time line the producer begins.
    """

    def __init__(
        self,
        name: str,
        template: Template,
        rate: Rate = 0.0,
        jitter: float = 0.0,
        seed: int | str = 7,
        start: float = 0.0,
    ) -> None:
        if not 0 <= jitter <= 1:
            raise GeneratorError(f"producer {name}: jitter must lie between 0 and 1, not {jitter}")
        self.name = name
        self.template = template
        self.jitter = jitter
        self.origin = 0.0
        # random() alone is promised to give the same numbers in every Python release, so only it is used.
        self._rng = random.Random(f"{seed}:{name}")  # noqa: S311 - test data, reproducible on purpose
        self._rates = random.Random(f"{seed}:{name}:rates")  # noqa: S311
        self._time = start
        # Where the present rate began: time, and records due by then with the fraction under way. All is reckoned
        # from there, so that no error adds up however long it lasts.
        self._since, self._before = start, 0.0
        self._next = self._rng.random() * jitter  # at which count the next record leaves
        self.rate = 0.0
        self.set_rate(rate)

    def set_rate(self, rate: Rate) -> None:
        """Send `rate` records a second from where the producer stands. GeneratorError when out of range."""
        self.profile = rate if isinstance(rate, Profile) else None
        self._second: int | None = None  # whose rate the profile has drawn
        self._turn(0.0 if isinstance(rate, Profile) else checked_rate(self.name, rate))

    def due(self, until: float) -> list[float]:
        """Arrival times from here up to, not including, `until` (seconds), where the producer stands then."""
        if until < self._time:
            raise GeneratorError(f"producer {self.name} stands at {self._time} s, cannot go back to {until} s")
        if self.profile is None:
            return self._steady(until)
        times: list[float] = []
        while self._time < until:
            second = math.floor(self._time)
            if second != self._second:
                self._second = second
                self._turn(self.profile.draw(self.origin + second, self._rates.random))
            times += self._steady(min(until, second + 1.0))
        return times

    def next_due(self) -> float:
        """When its next record leaves if the rate stays (seconds on the time line); a profile's next second at most."""
        due = self._since + (self._next - self._before) / self.rate if self.rate else math.inf
        return due if self.profile is None else min(due, math.floor(self._time) + 1.0)

    def _turn(self, rate: float) -> None:
        self._since, self._before = self._time, self._count(self._time)
        self.rate = rate

    def _count(self, until: float) -> float:
        return self._before + self.rate * (until - self._since)

    def _steady(self, until: float) -> list[float]:
        target = self._count(until)
        times = []
        while self._next < target:
            times.append(self._since + (self._next - self._before) / self.rate)
            self._next += 1 + self.jitter * (2 * self._rng.random() - 1)
        self._time = until
        return times


class Schedule:
    """Several producers on one time line, with changes of rate that come later."""

    def __init__(self, producers: Iterable[Producer], origin: float = 0.0) -> None:
        self.producers: dict[str, Producer] = {}
        self.time = 0.0
        self.origin = origin
        self._changes: list[tuple[float, int, str, Rate]] = []
        self._numbers = itertools.count()
        for producer in producers:
            self.add(producer)

    def add(self, producer: Producer) -> None:
        """One more producer; GeneratorError when there is one of that name."""
        if producer.name in self.producers:
            raise GeneratorError(f"there is a producer {producer.name!r} already: choose another name")
        producer.origin = self.origin
        self.producers[producer.name] = producer

    def remove(self, name: str) -> None:
        """One producer less; changes of its rate that were to come are forgotten."""
        self.producer(name)
        del self.producers[name]
        self._changes = [change for change in self._changes if change[2] != name]
        heapq.heapify(self._changes)

    def at(self, time: float, rates: Mapping[str, Rate]) -> None:
        """Set the rates (records a second) of some producers at `time` (seconds), which must not be past."""
        if time < self.time:
            raise GeneratorError(f"a change at {time} s comes too late: it is {self.time} s already")
        for name, rate in rates.items():
            self.producer(name)
            checked = rate if isinstance(rate, Profile) else checked_rate(name, rate)
            heapq.heappush(self._changes, (time, next(self._numbers), name, checked))

    def producer(self, name: str) -> Producer:
        """The producer of that name; GeneratorError when there is none."""
        if name not in self.producers:
            raise GeneratorError(f"there is no producer {name!r}: there are {', '.join(self.producers)}")
        return self.producers[name]

    def due(self, until: float) -> list[Arrival]:
        """All arrivals up to, not including, `until` (seconds), in order; the time line moves there."""
        arrivals: list[Arrival] = []
        while self._changes and self._changes[0][0] <= until:
            time, _, name, rate = heapq.heappop(self._changes)
            producer = self.producers[name]
            arrivals += [Arrival(t, name) for t in producer.due(time)]
            producer.set_rate(rate)
        for producer in self.producers.values():
            arrivals += [Arrival(t, producer.name) for t in producer.due(until)]
        self.time = until
        return sorted(arrivals)

    def next_due(self) -> float:
        """When anything happens next (seconds on the time line); infinity when nothing will."""
        times = [producer.next_due() for producer in self.producers.values()]
        return min([*times, *[change[0] for change in self._changes[:1]]], default=math.inf)
