"""The clock: order, times, modes, failing timers."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helpers.local_aws.clock import Clock, ClockError

START = 1_000_000.0


@pytest.fixture
def clock() -> Iterator[Clock]:
    clock = Clock("stepped", START)
    yield clock
    clock.close()


@settings(deadline=None, max_examples=60)
@given(
    delays=st.lists(st.integers(0, 50), max_size=20),
    steps=st.lists(st.integers(0, 20), min_size=1, max_size=6),
    follow=st.integers(0, 7),
)
def test_timers_run_in_order_at_their_time(delays: list[int], steps: list[int], follow: int) -> None:
    """However time is cut into steps: each timer once, in order of time then scheduling, now() = due."""
    clock = Clock("stepped", START)
    ran: list[tuple[float, int, float]] = []

    def schedule(delay: int, number: int) -> None:
        due = START + delay

        def first() -> None:
            ran.append((due, number, clock.now()))
            clock.call_at(due + follow, lambda: ran.append((due + follow, number, clock.now())))

        clock.call_at(due, first)

    try:
        for number, delay in enumerate(delays):
            schedule(delay, number)
        for seconds in steps:
            clock.step(seconds)
        end = START + sum(steps)
        assert clock.now() == end
        assert all(due == now for due, _, now in ran)
        assert [due for due, _, _ in ran] == sorted(due for due, _, _ in ran)
        dues = [START + delay for delay in delays]
        expected = [due for due in dues if due <= end] + [due + follow for due in dues if due + follow <= end]
        assert sorted(due for due, _, _ in ran) == sorted(expected)
        if follow:
            for due in set(dues):
                firsts = [n for d, n, _ in ran if d == due and START + delays[n] == due]
                assert firsts == sorted(firsts)
        assert clock.errors == []
    finally:
        clock.close()


def test_past_timers_run_now(clock: Clock) -> None:
    seen: list[float] = []
    clock.call_at(START - 100, lambda: seen.append(clock.now()))
    clock.drain()
    assert seen == [START]


def test_cancelled_timer_does_not_run(clock: Clock) -> None:
    seen: list[str] = []
    clock.call_in(1, lambda: seen.append("a")).cancel()
    clock.call_in(2, lambda: seen.append("b"))
    clock.step(3)
    assert seen == ["b"]


def test_failing_timer_is_recorded_and_others_run(clock: Clock) -> None:
    seen: list[str] = []

    def fail() -> None:
        raise ValueError("broken on purpose")

    clock.call_in(1, fail, "failing")
    clock.call_in(2, lambda: seen.append("after"))
    clock.step(5)
    assert seen == ["after"]
    [(time, name, text)] = clock.errors
    assert (time, name) == (START + 1, "failing")
    assert "broken on purpose" in text


def test_step_inside_a_timer_is_refused(clock: Clock) -> None:
    clock.call_in(1, lambda: clock.step(1) and None, "nested")
    clock.step(1)
    assert "must not call it" in clock.errors[0][2]


def test_negative_step_and_unknown_mode_are_refused(clock: Clock) -> None:
    with pytest.raises(ClockError, match="ahead"):
        clock.step(-1)
    with pytest.raises(ClockError, match="sundial"):
        clock.set_mode("sundial")  # type: ignore[arg-type]


def test_real_mode_runs_timers_by_itself() -> None:
    clock = Clock("real")
    try:
        ran = threading.Event()
        clock.call_in(0.01, ran.set)
        assert ran.wait(10)
    finally:
        clock.close()


def test_real_mode_steps_ahead_in_order_and_keeps_the_offset() -> None:
    clock = Clock("real", START)
    try:
        start = clock.now()
        seen: list[float] = []
        for delay in (900, 300, 600):
            clock.call_at(start + delay, lambda: seen.append(clock.now()))
        clock.step(1000)
        assert seen == [start + 300, start + 600, start + 900]
        assert clock.now() >= start + 1000
    finally:
        clock.close()


def test_modes_change_without_going_back() -> None:
    clock = Clock("stepped", START)
    try:
        after = clock.step(5000)
        clock.set_mode("real")
        assert clock.now() >= after
        clock.step(100)
        clock.set_mode("stepped")
        frozen = clock.now()
        assert frozen >= after + 100
        assert clock.now() == frozen
    finally:
        clock.close()


def test_closed_clock_refuses_timers() -> None:
    clock = Clock("stepped", START)
    clock.close()
    with pytest.raises(ClockError, match="closed"):
        clock.call_in(1, lambda: None)
    clock.close()


class Wall:
    """A wall clock that can be set, in the place of the module ``time``."""

    def __init__(self) -> None:
        self.seconds = START

    def time(self) -> float:
        return self.seconds


@pytest.fixture
def wall(monkeypatch: pytest.MonkeyPatch) -> Wall:
    wall = Wall()
    monkeypatch.setattr("helpers.local_aws.clock.time", wall)
    return wall


def test_time_goes_on_when_the_wall_clock_is_set_back(wall: Wall) -> None:
    clock = Clock("real", START)
    try:
        seen: list[float] = []
        wall.seconds += 10
        assert clock.now() == START + 10
        wall.seconds -= 3600
        assert clock.now() == START + 10  # never back
        wall.seconds += 5
        assert clock.now() == START + 15  # nor does it stand still for an hour
        clock.call_in(20, lambda: seen.append(clock.now()))
        wall.seconds -= 3600
        assert clock.now() == START + 15
        wall.seconds += 20
        clock.drain()
        assert seen == [START + 35]
    finally:
        clock.close()


def test_time_never_goes_back_by_a_rounding_either(wall: Wall) -> None:
    clock = Clock("real", START + 0.1)
    try:
        latest = clock.now()
        for step in (0.7, -0.3, -1e-7, 0.2, -12.9, 1e-7) * 50:
            wall.seconds += step
            assert clock.now() >= latest
            latest = clock.now()
    finally:
        clock.close()
