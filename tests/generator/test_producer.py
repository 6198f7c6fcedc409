"""Arrival times: rates kept, jitter within bounds, nothing depending on how often one asks."""

import itertools
import statistics

import pytest

from helpers.generator.errors import GeneratorError
from helpers.generator.producer import Arrival, Producer, Schedule
from helpers.generator.template import Template

TEMPLATE = Template.parse("x")


def producer(rate: float = 1.0, jitter: float = 0.0, seed: int = 7, name: str = "clicks") -> Producer:
    return Producer(name, TEMPLATE, rate, jitter, seed)


def test_without_jitter_a_producer_is_a_metronome() -> None:
    assert producer(rate=2).due(2) == [0.0, 0.5, 1.0, 1.5]


def test_the_end_of_an_interval_belongs_to_the_next() -> None:
    metronome = producer()
    assert metronome.due(3) == [0.0, 1.0, 2.0]
    assert metronome.due(4) == [3.0]


@pytest.mark.parametrize("jitter", [0.1, 0.5, 1.0])
def test_jitter_stretches_gaps_within_bounds_and_keeps_the_rate(jitter: float) -> None:
    times = producer(rate=5, jitter=jitter).due(2000)
    gaps = [(b - a) * 5 for a, b in itertools.pairwise(times)]
    assert min(gaps) >= 1 - jitter - 1e-6
    assert max(gaps) <= 1 + jitter + 1e-6
    assert max(gaps) - min(gaps) > 1.9 * jitter
    assert statistics.mean(gaps) == pytest.approx(1, abs=0.02)


def test_arrivals_do_not_depend_on_how_often_one_asks() -> None:
    at_once = producer(rate=3, jitter=0.5).due(60)
    often = producer(rate=3, jitter=0.5)
    bit_by_bit = [t for step in range(1, 601) for t in often.due(step / 10)]
    assert bit_by_bit == pytest.approx(at_once)


def test_seeds_and_names_give_traffic_of_their_own() -> None:
    first = producer(jitter=0.5).due(60)
    assert first == producer(jitter=0.5).due(60)
    assert first != producer(jitter=0.5, seed=8).due(60)
    assert first != producer(jitter=0.5, name="impressions").due(60)


def test_a_new_rate_counts_from_where_the_producer_stands() -> None:
    changing = producer(rate=1)
    assert changing.due(10)[-1] == 9.0
    changing.set_rate(0)
    assert changing.due(100) == []
    changing.set_rate(10)
    assert changing.due(101) == pytest.approx([100 + n / 10 for n in range(10)])


def test_long_runs_do_not_drift() -> None:
    metronome = producer(rate=1000)
    assert sum(len(metronome.due(hour * 100.0)) for hour in range(1, 11)) == 1_000_000


@pytest.mark.parametrize(("rate", "jitter"), [(-1, 0), (1e9, 0), (float("nan"), 0), (1, 1.5), (1, -0.1)])
def test_impossible_rates_and_jitters_are_refused(rate: float, jitter: float) -> None:
    with pytest.raises(GeneratorError, match="clicks"):
        producer(rate, jitter)


def test_time_does_not_run_backwards() -> None:
    metronome = producer()
    metronome.due(5)
    with pytest.raises(GeneratorError, match="cannot go back"):
        metronome.due(4)


def test_a_schedule_merges_producers_in_order_of_time() -> None:
    schedule = Schedule([producer(name="b"), producer(rate=2, name="a")])
    assert schedule.due(1) == [Arrival(0.0, "a"), Arrival(0.0, "b"), Arrival(0.5, "a")]


def test_changes_of_rate_happen_at_their_time_within_one_call() -> None:
    schedule = Schedule([producer(rate=1), producer(rate=0, name="extra")])
    schedule.at(10, {"extra": 2})
    schedule.at(12, {"extra": 0})
    extra = [arrival.time for arrival in schedule.due(30) if arrival.producer == "extra"]
    assert extra == [10.0, 10.5, 11.0, 11.5]


def test_changes_that_cannot_happen_are_refused() -> None:
    schedule = Schedule([producer()])
    schedule.due(10)
    with pytest.raises(GeneratorError, match="too late"):
        schedule.at(9, {"clicks": 1})
    with pytest.raises(GeneratorError, match=r"no producer 'klicks': there are clicks"):
        schedule.at(11, {"klicks": 1})
