"""Producers: who sends which record when. Pure: time comes in, in seconds on the simulation's time line."""

from __future__ import annotations

import heapq
import random
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from helpers.generator.errors import GeneratorError
from helpers.generator.template import Template

MAX_RATE = 100_000.0  # records a second; beyond it a slip of the keyboard is likelier than a wish


class Arrival(NamedTuple):
    """One record due: seconds since the time line's start, and the producer it comes from."""

    time: float
    producer: str


class Producer:
    """Sends records of one template at a rate (records a second), unevenly by `jitter`.

    The gap between two records is stretched or shortened at random, evenly by up to the share `jitter` of
    its length (0 is a metronome, 1 anything between no gap and a double one); the mean rate is kept. A change
    of rate takes effect at once, and the arrival times do not depend on how often `due` is called.
    """

    def __init__(
        self, name: str, template: Template, rate: float = 0.0, jitter: float = 0.0, seed: int | str = 7
    ) -> None:
        if not 0 <= jitter <= 1:
            raise GeneratorError(f"producer {name}: jitter must lie between 0 and 1, not {jitter}")
        self.name = name
        self.template = template
        self.jitter = jitter
        # random() alone is promised to give the same numbers in every Python release, so only it is used.
        self._rng = random.Random(f"{seed}:{name}")  # noqa: S311 - test data, reproducible on purpose
        self._time = 0.0
        self._done = 0.0  # records due so far, with the fraction under way
        self._next = self._rng.random() * jitter  # at which count the next record leaves
        self.rate = checked_rate(name, rate)

    def set_rate(self, rate: float) -> None:
        """Send `rate` records a second from where the producer stands. GeneratorError when out of range."""
        self.rate = checked_rate(self.name, rate)

    def due(self, until: float) -> list[float]:
        """Arrival times from here up to, not including, `until` (seconds), where the producer stands then."""
        if until < self._time:
            raise GeneratorError(f"producer {self.name} stands at {self._time} s, cannot go back to {until} s")
        target = self._done + self.rate * (until - self._time)
        times = []
        while self._next < target:
            times.append(self._time + (self._next - self._done) / self.rate)
            self._next += 1 + self.jitter * (2 * self._rng.random() - 1)
        self._time, self._done = until, target
        return times


def checked_rate(name: str, rate: float) -> float:
    """`rate` when a producer can have it; GeneratorError otherwise."""
    if not 0 <= rate <= MAX_RATE:
        raise GeneratorError(f"producer {name}: the rate must be 0 to {MAX_RATE:,.0f} a second, not {rate}")
    return rate


class Schedule:
    """Several producers on one time line, with changes of rate that come later."""

    def __init__(self, producers: Iterable[Producer]) -> None:
        self.producers = {producer.name: producer for producer in producers}
        self.time = 0.0
        self._changes: list[tuple[float, int, str, float]] = []
        self._numbers = 0

    def at(self, time: float, rates: Mapping[str, float]) -> None:
        """Set the rates (records a second) of some producers at `time` (seconds), which must not be past."""
        if time < self.time:
            raise GeneratorError(f"a change at {time} s comes too late: it is {self.time} s already")
        for name, rate in rates.items():
            self.producer(name)
            heapq.heappush(self._changes, (time, self._numbers, name, checked_rate(name, rate)))
            self._numbers += 1

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
