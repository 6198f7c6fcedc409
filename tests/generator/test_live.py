"""Live traffic: pacing on a clock of the test's own, then the thread."""

import gc
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pytest

from helpers.generator.beat import Beat
from helpers.generator.errors import DeliveryError, GeneratorError
from helpers.generator.live import Live
from helpers.generator.producer import Producer
from helpers.generator.simulation import EXTRA, Simulation, producers
from helpers.generator.template import Template
from helpers.generator.traffic import Traffic

ROOT = Path(__file__).resolve().parents[2]


class Hands:
    """A monotonic clock moved by hand."""

    def __init__(self) -> None:
        self.time = 1000.0

    def __call__(self) -> float:
        return self.time


def live(ws: Any, impressions: float = 5, clicks: float = 5) -> tuple[Live, Hands]:
    hands = Hands()
    rates = {"impressions": impressions, "clicks": clicks} | dict.fromkeys(EXTRA, 0.0)
    return Live(Traffic(ws, producers(rates, 7, "live", jitter=0.0), ws.now()), hands), hands


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20  # generous: only a failing test waits so long
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.005)


def test_late_ticks_lose_nothing(ws: Any) -> None:
    traffic, hands = live(ws)
    for pause in (0.1, 3.7, 0.01, 5.0, 1.1):
        hands.time += pause
        traffic.tick()
    assert len(ws.records) == 100
    assert traffic.delivered_rate() == pytest.approx(10, rel=0.05)


def test_the_delivered_rate_follows_a_slider(ws: Any) -> None:
    traffic, hands = live(ws)
    assert traffic.delivered_rate() == 0
    for _ in range(300):
        hands.time += 0.1
        traffic.tick()
    assert traffic.delivered_rate() == pytest.approx(10, rel=0.05)
    traffic.traffic.set_rate("clicks", 35)
    for _ in range(110):
        hands.time += 0.1
        traffic.tick()
    assert traffic.delivered_rate() == pytest.approx(40, rel=0.05)


def test_a_record_too_large_is_entered_in_the_ledger(ws: Any) -> None:
    large = Producer("large", Template.parse("x" * 1_024_000), 10, seed=7)
    traffic = Traffic(ws, [large], ws.now())
    with pytest.raises(DeliveryError, match="shorten its template"):
        traffic.advance(1)
    sent = traffic.records["large"]
    assert sent > 0
    assert (traffic.account.sent, traffic.account.failed) == (sent, sent)
    assert ws.notes["ledger"] == {"sent": sent, "acknowledged": 0}


def test_a_burst_ends_by_itself(ws: Any) -> None:
    traffic, hands = live(ws)
    hands.time += 20
    traffic.tick()
    traffic.burst(EXTRA, seconds=25)
    assert traffic.burst_left() == 25
    with pytest.raises(GeneratorError, match="another 25 s"):
        traffic.burst(EXTRA, seconds=25)
    hands.time += 60
    traffic.tick()
    assert traffic.burst_left() == 0
    assert [traffic.traffic.records[name] for name in EXTRA] == [25, 25, 25]
    assert traffic.bursts == [(20, 45)]
    assert traffic.traffic.rates["extra clicks 1"] == 0


def test_after_a_burst_the_former_rates_hold_again(ws: Any) -> None:
    traffic, hands = live(ws)
    traffic.traffic.set_rate("extra clicks 1", 0.5)
    traffic.burst(EXTRA, seconds=10, rate=2)
    hands.time += 5
    traffic.tick()
    assert traffic.traffic.rates["extra clicks 1"] == 2
    hands.time += 10
    traffic.tick()
    assert traffic.traffic.rates["extra clicks 1"] == 0.5


def test_fast_forward_sends_each_second_before_it_passes(ws: Any) -> None:
    traffic, hands = live(ws)
    hands.time += 2
    traffic.tick()
    traffic.fast_forward(60, ws.step)
    assert ws.steps == [1] * 60
    assert traffic.elapsed() == 62
    assert len(ws.records) == 620
    hands.time += 1
    traffic.tick()
    assert len(ws.records) == 630
    assert traffic.delivered_rate() == pytest.approx(10, rel=0.2)


def test_records_carry_the_time_of_the_time_line(ws: Any) -> None:
    traffic, hands = live(ws)
    hands.time += 1
    traffic.tick()
    assert traffic.traffic.origin == ws.now()


def test_start_and_stop_on_a_thread(ws: Any) -> None:
    ws.mode = "stepped"
    simulation = Simulation(ws)
    simulation.set_rate("clicks", 200)
    simulation.start()
    assert simulation.running
    assert ws.mode == "real"
    with pytest.raises(GeneratorError, match="stop it first"):
        simulation.start()
    with pytest.raises(GeneratorError, match="stop it first"):
        simulation.run()
    until(lambda: len(ws.records) > 20)
    simulation.burst(seconds=25)
    until(lambda: simulation.status().rates["extra clicks 2"] == 1)
    assert 0 < simulation.status().burst_left <= 25
    simulation.set_rate("impressions", 50)
    until(lambda: simulation.status().rates["impressions"] == 50)
    simulation.stop()
    assert not simulation.running
    assert ws.mode == "stepped"
    assert not [thread for thread in threading.enumerate() if thread.name == "live traffic"]
    sent = len(ws.records)
    assert ws.notes["ledger"] == {"sent": sent, "acknowledged": sent}
    assert simulation.status().account.acknowledged == sent
    simulation.stop()  # harmless


def test_it_can_be_started_again(ws: Any) -> None:
    simulation = Simulation(ws)
    counts = [0]
    for _ in range(2):
        simulation.set_rate("clicks", 100)
        simulation.start()
        assert simulation.running
        until(lambda: len(ws.records) > counts[-1])
        simulation.stop()
        assert not simulation.running
        counts.append(len(ws.records))
    assert 0 < counts[1] < counts[2]
    assert ws.notes["ledger"] == {"sent": counts[2], "acknowledged": counts[2]}


def test_an_error_on_the_thread_is_kept_and_shown(ws: Any) -> None:
    ws.failure = RuntimeError("no such luck")
    simulation = Simulation(ws)
    simulation.set_rate("clicks", 100)
    simulation.start()
    until(lambda: not simulation.running)
    status = simulation.status()
    assert (status.running, status.error) == (False, "no such luck")
    assert [str(error) for error in simulation.errors] == ["no such luck"]
    assert status.account.failed > 0
    simulation.start()  # an error does not keep it from being started again
    assert simulation.status().error == ""
    simulation.stop()
    assert ws.mode == "real"


def test_a_simulation_without_stack_does_not_start(ws: Any) -> None:
    ws.mode = "stepped"
    ws.outputs = {}
    simulation = Simulation(ws)
    with pytest.raises(KeyError):
        simulation.start()
    assert not simulation.running
    assert ws.mode == "stepped"


def test_a_forgotten_simulation_leaves_no_thread(ws: Any) -> None:
    simulation = Simulation(ws)
    simulation.start()
    (thread,) = [thread for thread in threading.enumerate() if thread.name == "live traffic"]
    del simulation
    gc.collect()
    thread.join(20)
    assert not thread.is_alive()


def test_a_new_simulation_takes_over_from_one_nobody_can_stop_any_more(ws: Any) -> None:
    forgotten, new = Simulation(ws), Simulation(ws)
    forgotten.start()
    new.start()
    assert (forgotten.running, new.running) == (False, True)
    Simulation(ws).send("click", seconds=1)
    assert not new.running


def test_what_needs_live_traffic_or_local_time_says_so(ws: Any) -> None:
    simulation = Simulation(ws)
    with pytest.raises(GeneratorError, match="start it first"):
        simulation.burst()
    simulation.fast_forward(60)
    assert sum(ws.steps) == 60
    ws.target = "aws"
    with pytest.raises(GeneratorError, match="cannot be fast-forwarded"):
        simulation.fast_forward()


def test_rates_set_before_the_start_count(ws: Any) -> None:
    simulation = Simulation(ws)
    simulation.set_rate("clicks", 3)
    assert simulation.status().rates["clicks"] == 3
    with pytest.raises(GeneratorError, match="producer clicks"):
        simulation.set_rate("clicks", -1)
    assert simulation.status().rates["clicks"] == 3


class Counting:
    def __init__(self, stop_after: int) -> None:
        self.calls = 0
        self.stop_after = stop_after

    def call(self) -> bool:
        self.calls += 1
        if self.stop_after < 0:
            raise ValueError("broken")
        return self.calls < self.stop_after


def test_a_beat_calls_until_it_is_told_false() -> None:
    counting = Counting(5)
    beat = Beat(counting.call, 0.001, "counting")
    until(lambda: not beat.alive)
    assert counting.calls == 5
    assert beat.error is None


def test_a_beat_keeps_the_error_that_ended_it() -> None:
    counting = Counting(-1)
    beat = Beat(counting.call, 0.001, "counting")
    until(lambda: not beat.alive)
    assert isinstance(beat.error, ValueError)


SCRIPT = """
import sys
sys.path.insert(0, {root!r})
from tests.generator.conftest import FakeWorkshop
from helpers.generator.simulation import Simulation
ws = FakeWorkshop()
simulation = Simulation(ws)
simulation.set_rate("clicks", 200)
simulation.start()
while len(ws.records) < 5:
    pass
print("sending", flush=True)
{end}
"""


@pytest.mark.parametrize("end", ["", "raise KeyboardInterrupt", "sys.stdin.read()"])
def test_a_kernel_that_ends_takes_its_traffic_along(end: str) -> None:
    script = SCRIPT.format(root=str(ROOT), end=end)
    kernel = subprocess.Popen(
        [sys.executable, "-c", script],
        cwd=ROOT,
        text=True,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    assert kernel.stdout is not None
    try:
        assert kernel.stdout.readline() == "sending\n"
        if "stdin" in end:  # a kernel is restarted by killing it
            assert psutil.Process(kernel.pid).children() == []
            kernel.kill()
        kernel.communicate(timeout=120)  # traffic still on, the interpreter ends all the same
    finally:
        kernel.kill()


def test_an_interrupted_cell_leaves_live_traffic_that_can_be_stopped(ws: Any) -> None:
    simulation = Simulation(ws)
    simulation.set_rate("clicks", 200)
    simulation.start()
    with pytest.raises(KeyboardInterrupt):
        until(lambda: bool(ws.records))
        raise KeyboardInterrupt  # the stop button of the notebook, in the main thread
    assert simulation.running
    simulation.stop()
    assert not [thread for thread in threading.enumerate() if thread.name == "live traffic"]
    account = simulation.status().account
    assert account.sent == account.acknowledged == len(ws.records)
