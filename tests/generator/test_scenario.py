"""The burst scenario through the lab's own SQL, in memory: does the class see what the lab promises?"""

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from helpers.generator.producer import Schedule
from helpers.generator.scenario import Scenario, load
from helpers.generator.simulation import EXTRA, JITTER, PRODUCERS, producers
from helpers.streaming_sql import Application

SQL = Path(__file__).resolve().parents[2] / "sql" / "clickstream" / "anomaly_detection.sql"
SCHEMA = [("browseraction", "VARCHAR(16)"), ("site", "VARCHAR(64)")]
ACTION = {name: template.capitalize() for name, template, _ in PRODUCERS}
NONE = dict.fromkeys(ACTION, 0.0)
SEEDS = range(50)


def arrivals(scenario: Scenario, seed: int, jitter: float, shift: float = 0.0) -> Iterator[list[dict[str, str]]]:
    """Each second's records; `shift` (seconds) moves the phases after the first against the windows."""
    schedule = Schedule(producers(NONE, seed, scenario.name, jitter))
    begin = 0.0
    for phase in scenario.phases:
        schedule.at(begin, NONE | dict(phase.rates))
        begin += phase.seconds + (shift if begin == 0 else 0)
    for second in range(scenario.seconds):
        yield [{"browseraction": ACTION[name], "site": "x"} for _, name in schedule.due(second + 1)]


def play(
    seed: int,
    jitter: float = JITTER,
    shift: float = 0.0,
    scenario: Scenario | None = None,
    application: Application | None = None,
    start: int = 0,
) -> Application:
    scenario = scenario or load("burst")
    application = application or Application(SQL.read_text(encoding="utf-8"), SCHEMA, seed=seed)
    for second, records in enumerate(arrivals(scenario, seed, jitter, shift), start):
        application.feed(records, rowtime=second * 1000)
    application.advance((start + scenario.seconds) * 1000)
    return application


def split(application: Application, shift: float = 0.0) -> tuple[list[Any], list[Any], list[Any]]:
    """Anomalies before the burst, in it (at most one window late), and behind it."""
    burst = load("burst").burst
    assert burst is not None
    begin, end = ((offset + shift) * 1000 for offset in burst)
    rows = application.stream("DESTINATION_SQL_STREAM")
    return (
        [row for row in rows if row["ROWTIME"] <= begin],
        [row for row in rows if begin < row["ROWTIME"] <= end + 10_000],
        [row for row in rows if row["ROWTIME"] > end + 10_000],
    )


@cache
def burst(seed: int) -> tuple[list[Any], list[Any], list[Any]]:
    """The burst as the lab has it, split; several tests look at the same runs."""
    return split(play(seed))


def test_the_default_seed_shows_the_class_the_burst_and_nothing_else() -> None:
    before, inside, behind = burst(7)
    assert [row["ROWTIME"] for row in inside] == [250_000, 260_000, 270_000]
    assert before == behind == []
    assert all(row["CTRPERCENT"] > 300 for row in inside)
    assert inside[0]["ANOMALY_SCORE"] > 3


def test_every_seed_finds_the_burst_and_few_raise_a_false_alarm() -> None:
    # Measured: 50 of 50 runs, highest scores 3.22 to 3.43, 15 false alarms in 600 calm windows, none behind.
    runs = [burst(seed) for seed in SEEDS]
    assert all(inside for _, inside, _ in runs)
    assert all(max(row["ANOMALY_SCORE"] for row in inside) > 3 for _, inside, _ in runs)
    assert sum(len(before) for before, _, _ in runs) <= 20
    assert sum(not before for before, _, _ in runs) >= 35
    assert sum(len(behind) for _, _, behind in runs) == 0


def test_the_chapters_one_after_the_other_show_the_burst_and_few_false_alarms() -> None:
    """Chapter 04's minute of steady traffic, a pause while buffers are delivered, then chapter 05's burst."""
    # Measured: 50 of 50 runs, 33 false alarms in 900 calm windows; seed 7 has one, at 1:30.
    false_alarms = 0
    for seed in SEEDS:
        application = Application(SQL.read_text(encoding="utf-8"), SCHEMA, seed=seed)
        play(seed, scenario=load("steady"), application=application)
        before, inside, behind = split(play(seed, application=application, start=240), 240)
        assert inside
        false_alarms += len(before) + len(behind)
    assert false_alarms <= 40


def test_chapters_do_not_repeat_each_others_traffic() -> None:
    first_minute = [list(arrivals(load(name), 7, JITTER))[:60] for name in ("steady", "burst")]
    assert first_minute[0] != first_minute[1]


@pytest.mark.parametrize("shift", [1.0, 3.0, 5.0, 7.0, 9.0])
def test_a_burst_that_starts_within_a_window_is_found_as_well(shift: float) -> None:
    assert all(split(play(seed, shift=shift), shift)[1] for seed in range(10))


def test_too_even_traffic_makes_a_trifle_an_anomaly() -> None:
    """Why producers have jitter: the steadier the rates, the more does any wobble stand out."""
    steady = sum(len(split(play(seed, jitter=0.1))[0]) for seed in SEEDS)
    lively = sum(len(burst(seed)[0]) for seed in SEEDS)
    assert steady > 2 * lively


def test_windows_count_what_was_sent() -> None:
    application = play(seed=7)
    sent = [record for second in arrivals(load("burst"), 7, JITTER) for record in second]
    for stream, column, action in (
        ("CLICKSTREAM", "CLICKCOUNT", "Click"),
        ("IMPRESSIONSTREAM", "IMPRESSIONCOUNT", "Impression"),
    ):
        counted = sum(row[column] for row in application.stream(stream))
        assert counted == sum(record["browseraction"] == action for record in sent)
    assert len(application.stream("CTRSTREAM")) == 33
    assert len(EXTRA) == 3
