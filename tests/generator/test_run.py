"""A run's pace on a clock of the test's own: no drift, exact ends, every record in the account."""

from typing import Any

import pytest

from helpers.generator.errors import DeliveryError
from helpers.generator.meter import Meter
from helpers.generator.producer import Producer
from helpers.generator.profile import Profile
from helpers.generator.run import TICK, Reading, Run
from helpers.generator.sender import Sender
from helpers.generator.template import Template
from helpers.generator.traffic import Feed

START = 1_792_324_800.0


class World:
    """A clock that waiting and requests move on, and a delivery stream on it; `slow` seconds a request."""

    def __init__(self, slow: float = 0.0) -> None:
        self.time = 50.0
        self.slow = slow
        self.took: list[tuple[float, bytes]] = []
        self.requests = 0
        self.failure: Exception | None = None

    def monotonic(self) -> float:
        return self.time

    def wait(self, seconds: float) -> None:
        assert seconds >= 0
        self.time += seconds + 1e-6  # time never stands still

    def put_record_batch(self, DeliveryStreamName: str, Records: list[dict[str, bytes]]) -> dict[str, Any]:
        self.requests += 1
        self.time += self.slow
        if self.failure:
            raise self.failure
        self.took += [(self.time - 50, record["Data"]) for record in Records]
        return {"FailedPutCount": 0, "RequestResponses": [{"RecordId": "x"}] * len(Records)}


def feed(world: World, rate: float | Profile, jitter: float = 0.0, count: int | None = None, **more: Any) -> Feed:
    template = Template.parse('{{date.simTime("x")}}')
    return Feed(Sender(world, "stream"), [Producer("records", template, rate, jitter)], START, count, **more)


def run(world: World, traffic: Feed, seconds: float | None = None, speed: float = 1.0, **more: Any) -> Run:
    return Run(traffic, seconds, speed, monotonic=world.monotonic, wait=world.wait, **more)


def lateness(world: World) -> list[float]:
    return [at - (int(data) / 1000 - START) for at, data in world.took]


@pytest.mark.parametrize("rate", [0.1, 1, 7, 100, 2000, 20_000])
def test_the_rate_is_kept_and_no_record_leaves_early_or_late(rate: float) -> None:
    world = World()
    seconds = {0.1: 100, 20_000: 1}.get(rate, 10)
    last = run(world, feed(world, rate), seconds).go()
    assert last.account.acknowledged == len(world.took) == rate * seconds
    assert last.seconds == pytest.approx(seconds, abs=0.01)
    late = lateness(world)
    assert min(late) > -0.001
    assert max(late) < TICK + 0.005


def test_slow_requests_cost_no_records_and_no_drift() -> None:
    world = World(slow=0.7)
    last = run(world, feed(world, 100), 60).go()
    assert last.account.acknowledged == 6000
    assert last.seconds == pytest.approx(60, abs=1.5)
    assert max(lateness(world)[:100] + lateness(world)[-100:]) < 1.5  # late by its requests, not later and later


def test_it_stops_after_exactly_so_many_records() -> None:
    world = World()
    last = run(world, feed(world, 30, jitter=1.0, count=100)).go()
    assert len(world.took) == last.account.sent == 100
    assert last.seconds == pytest.approx(100 / 30, rel=0.1)


def test_traffic_may_pass_faster() -> None:
    world = World()
    last = run(world, feed(world, 2), 3600, speed=60).go()
    assert len(world.took) == 7200
    assert last.seconds == pytest.approx(60, abs=0.1)


def test_as_fast_as_it_goes_it_never_waits() -> None:
    world = World()
    traffic = feed(world, 1, wall=lambda: START + 10**6)
    last = run(world, traffic, 86_400, speed=0).go()
    assert len(world.took) == 86_400
    assert last.seconds == 0
    assert world.requests < 300  # filled batches, not one a second
    times = [int(data) for _, data in world.took]
    assert times == sorted(times)
    assert times[0] == START * 1000
    assert times[-1] == (START + 86_399) * 1000


def test_stepping_sends_each_second_before_it_passes() -> None:
    world = World()
    steps: list[int] = []
    last = run(world, feed(world, 5), 60, step=lambda seconds: steps.append(len(world.took))).go()
    assert steps == [5 * second for second in range(1, 61)]
    assert last.line == 60


def test_a_profile_has_its_own_rate_each_second() -> None:
    world = World()
    run(world, feed(world, Profile.constant(20, 5)), 200).go()
    counts = [0] * 200
    for _, data in world.took:
        counts[int(int(data) / 1000 - START)] += 1
    assert 19 < sum(counts) / 200 < 21
    assert 12 > max(counts) - 20 > 5
    assert len(set(counts)) > 10


def test_it_stops_when_told_to() -> None:
    world = World()
    traffic = feed(world, 10)
    moving = run(world, traffic)
    last = moving.go(lambda reading: moving.stop() if reading.line > 3 else None)
    assert last.account.acknowledged == len(world.took) == pytest.approx(30, abs=2)


def test_it_ends_when_nothing_will_ever_come() -> None:
    world = World()
    traffic = feed(world, 1)
    traffic.schedule.at(10, {"records": 0})
    assert run(world, traffic).go().account.sent == 10
    assert run(world, feed(World(), 0), speed=0).go().account.sent == 0


def test_what_cannot_be_delivered_ends_it_and_is_accounted_for() -> None:
    world = World()
    traffic = feed(world, 10)
    world.failure = RuntimeError("broken")
    with pytest.raises(RuntimeError):
        run(world, traffic, 10).go()
    assert (traffic.account.sent, traffic.account.failed) == (1, 1)
    large = Feed(Sender(World(), "stream"), [Producer("large", Template.parse("x" * 1_024_000), 10)], START)
    with pytest.raises(DeliveryError, match="shorten its template"):
        run(world, large, 10).go()


def test_the_delivered_rate_counts_acknowledgements() -> None:
    world = World()
    readings: list[Reading] = []
    run(world, feed(world, 40), 20).go(readings.append)
    assert readings[-1].delivered_rate == pytest.approx(40, rel=0.02)
    meter = Meter(span=10)
    for second in range(1, 31):
        meter.note(second, second * 5 if second <= 20 else 100)
    assert meter.rate() == 0
    assert Meter().rate() == 0
