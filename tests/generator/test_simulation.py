"""A simulation at once: records, windows, ledger, clock; nothing depends on the hour."""

import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from helpers.errors import WorkshopError
from helpers.generator.errors import DeliveryError, GeneratorError
from helpers.generator.simulation import PRODUCERS, Simulation, read_template

CALM = "name: calm\nphases:\n  - {name: calm, seconds: 30, rates: {impressions: 2, clicks: 1}}\n"


@pytest.fixture
def calm(tmp_path: Path) -> Path:
    file = tmp_path / "calm.yaml"
    file.write_text(CALM)
    return file


def test_the_labs_five_tabs() -> None:
    assert [(template, rate) for _, template, rate in PRODUCERS] == [
        ("impression", 1.0), ("click", 1.0), ("click", 0.0), ("click", 0.0), ("click", 0.0),
    ]  # fmt: skip


def test_a_run_of_the_burst(ws: Any) -> None:
    result = Simulation(ws).run("burst")
    actions = Counter(data.split(b'"')[3].decode() for _, data in ws.records)
    assert result.account.sent == result.account.acknowledged == len(ws.records) == sum(actions.values())
    assert sum(result.records.values()) == len(ws.records)
    assert result.records["impressions"] == actions["Impression"]
    assert 325 <= result.records["impressions"] <= 335
    assert all(28 <= result.records[f"extra clicks {n}"] <= 32 for n in (1, 2, 3))
    assert all(data.endswith(b"}\n") for _, data in ws.records)
    assert len(result.windows) == 33
    assert sum(row["clicks"] for row in result.windows) == actions["Click"]
    assert sum(row["impressions"] for row in result.windows) == actions["Impression"]
    assert result.windows[0].keys() == {"minute", "offset", "clicks", "impressions", "ctr"}
    assert [row["minute"] for row in result.windows[:7]] == [
        "0:10",
        "0:20",
        "0:30",
        "0:40",
        "0:50",
        "1:00",
        "1:10",
    ]
    assert result.burst == (240, 270)
    assert [row["offset"] for row in result.anomalies] == [250, 260, 270]
    assert result.burst_anomalies == result.anomalies
    assert not result.false_alarms
    assert (len(result.mails), len(result.sms)) == (3, 3)  # the older message is not counted


def test_a_run_starts_on_a_full_minute_and_leaves_the_clock_in_its_mode(ws: Any) -> None:
    result = Simulation(ws).run()
    assert result.start % 60 == 0
    assert ws.modes == ["stepped", "real"]
    assert ws.time >= result.start + 330 + 60 + 30  # Firehose's buffers have been delivered


def test_windows_do_not_depend_on_the_hour(workshops: Any) -> None:
    runs = [Simulation(workshops(now)).run() for now in (1_792_324_800.0, 1_811_111_179.999999, 86_399.5)]
    assert runs[0].windows == runs[1].windows == runs[2].windows
    assert runs[0].anomalies == runs[1].anomalies == runs[2].anomalies
    assert runs[0].summary() == runs[1].summary() == runs[2].summary()


def test_seeds_give_traffic_of_their_own(workshops: Any) -> None:
    assert Simulation(workshops()).run().windows == Simulation(workshops(), seed=7).run().windows
    assert Simulation(workshops(), seed=8).run().windows != Simulation(workshops()).run().windows


def test_the_summary_tells_the_run_without_the_hour(ws: Any) -> None:
    lines = Simulation(ws).run().summary().splitlines()
    assert lines[0] == "scenario   burst, 5:30 minutes of traffic, seed 7"
    assert lines[1].startswith("records ")
    assert lines[2] == "windows    33 of 10 seconds"
    assert re.fullmatch(r"CTR        \d+ % before the burst, [34]\d\d % in it \(4:00 to 4:30\)", lines[3])
    assert lines[4].startswith("anomalies  3 scores above 2, 3 in the burst: 4:10 (score 3.25, CTR ")
    assert lines[5] == "messages   3 mails, 3 SMS"


def test_a_run_leaves_notes_for_the_chapters_behind(ws: Any) -> None:
    result = Simulation(ws).run()
    run = ws.notes["run"]
    assert run["burst"] == [(result.start + 240) * 1000, (result.start + 270) * 1000]
    assert (run["start"], run["end"]) == (result.start * 1000, (result.start + 330) * 1000)
    assert (run["windows"], run["anomalies"], run["mails"], run["sms"]) == (33, 3, 3, 3)
    assert run["records"] == result.records


def test_the_ledger_adds_up_over_all_sends(ws: Any, calm: Path) -> None:
    simulation = Simulation(ws)
    assert simulation.send("schema_discovery", rate=1, seconds=10).sent == 10
    assert ws.notes["ledger"] == {"sent": 10, "acknowledged": 10}
    result = simulation.run(calm)
    assert ws.notes["ledger"]["sent"] == 10 + result.account.sent == len(ws.records)


def test_a_scenario_of_ones_own_without_a_burst(ws: Any, calm: Path) -> None:
    result = Simulation(ws).run(calm)
    assert 58 <= result.records["impressions"] <= 62
    assert set(result.records) == {"impressions", "clicks"}
    assert result.burst is None
    assert result.burst_anomalies == []
    assert ws.notes["run"]["burst"] is None
    assert "no score above 2" in result.summary()


def test_progress_counts_seconds_up_to_the_end(ws: Any, calm: Path) -> None:
    seen: list[tuple[int, int]] = []
    Simulation(ws).run(calm, progress=lambda done, total: seen.append((done, total)))
    assert {total for _, total in seen} == {30 + 30 + 60 + 5}
    assert [done for done, _ in seen[:30]] == list(range(1, 31))
    assert seen[-1][0] == seen[-1][1]


def test_chapter_03_sends_one_discovery_payload_a_second(ws: Any) -> None:
    account = Simulation(ws).send("schema_discovery", rate=1, seconds=10)
    assert (account.sent, account.acknowledged) == (10, 10)
    assert [round(at - ws.records[0][0]) for at, _ in ws.records] == list(range(10))
    assert {data for _, data in ws.records} == {
        b'{"browseraction":"DiscoveryKinesisTest", "site": "yourwebsiteurl.domain.com"}\n'
    }
    assert ws.modes == ["stepped", "real"]


@pytest.mark.parametrize("failure", [KeyboardInterrupt(), WorkshopError("The local AWS does not run.")])
def test_the_clock_gets_its_mode_back_whatever_happens(ws: Any, failure: BaseException) -> None:
    ws.failure = failure
    with pytest.raises(type(failure)):
        Simulation(ws).run()
    assert ws.mode == "real"
    assert "run" not in ws.notes
    assert ws.notes["ledger"]["sent"] > ws.notes["ledger"]["acknowledged"] == 0


def test_a_stepped_clock_stays_stepped(ws: Any, calm: Path) -> None:
    ws.mode = "stepped"
    Simulation(ws).run(calm)
    assert ws.mode == "stepped"


@pytest.mark.parametrize("status", ["READY", "STARTING"])
def test_a_run_needs_an_application_that_runs(ws: Any, status: str) -> None:
    ws.status = status
    with pytest.raises(GeneratorError, match=f"is {status}.*chapter 04"):
        Simulation(ws).run()
    ws.status = "missing"
    with pytest.raises(WorkshopError, match="chapter 04"):
        Simulation(ws).run()
    assert ws.records == []


def test_undeliverable_records_end_the_run(ws: Any) -> None:
    from botocore.exceptions import ClientError

    ws.failure = ClientError({"Error": {"Code": "ResourceNotFoundException", "Message": "no stream"}}, "Put")
    with pytest.raises(DeliveryError, match="no stream"):
        Simulation(ws).run()


def test_unknown_names_are_refused(ws: Any) -> None:
    with pytest.raises(GeneratorError, match="there are click, impression, schema_discovery"):
        read_template("klick")
    with pytest.raises(GeneratorError, match="no scenario 'storm'"):
        Simulation(ws).run("storm")
    with pytest.raises(GeneratorError, match="no producer 'klicks'"):
        Simulation(ws).set_rate("klicks", 1)


def test_unknown_producers_of_a_scenario_are_refused(ws: Any, tmp_path: Path) -> None:
    file = tmp_path / "odd.yaml"
    file.write_text("name: odd\nphases:\n  - {name: p, seconds: 5, rates: {taps: 1}}\n")
    with pytest.raises(GeneratorError, match="no producer 'taps'"):
        Simulation(ws).run(file)
    assert ws.mode == "real"


@pytest.fixture
def on_flink(ws: Any) -> Any:
    """The local target, the stack of chapter 01 with a data stream before the delivery stream."""
    ws.local_engine = "flink"
    ws.outputs = {"DeliveryStreamName": "stream", "EventStreamName": "events"}
    return ws


def test_with_flink_records_go_to_the_data_stream_and_refused_ones_go_again(on_flink: Any, calm: Path) -> None:
    on_flink.refused = 1
    account = Simulation(on_flink).run(calm).account
    assert account.sent == account.acknowledged == len(on_flink.records) > 80
    assert account.retried == 1
    assert on_flink.notes["ledger"] == {"sent": account.sent, "acknowledged": account.sent}


def test_with_flink_it_takes_real_time_and_says_what_cannot_be_seen(on_flink: Any, calm: Path) -> None:
    result = Simulation(on_flink).run(calm)
    assert (on_flink.modes, on_flink.steps) == (["real", "real"], [])
    assert sum(on_flink.slept) > 30 + 60 + 30
    assert (result.windows, result.anomalies) == ([], [])
    assert "note       Flink does not show the streams inside an application" in result.summary()
    with pytest.raises(GeneratorError, match="real time"):
        Simulation(on_flink).fast_forward(60)


@pytest.mark.parametrize("status", ["READY", "missing"])
def test_with_flink_a_run_needs_an_application_that_runs_too(on_flink: Any, status: str) -> None:
    on_flink.status = status
    with pytest.raises(WorkshopError, match="chapter 04"):
        Simulation(on_flink).run()
    assert on_flink.records == []


def test_on_aws_it_takes_real_time_and_says_what_cannot_be_seen(ws: Any, calm: Path) -> None:
    ws.target = "aws"
    result = Simulation(ws).run(calm)
    assert ws.modes == []
    assert result.windows == result.messages == []
    assert "read your mail" in result.summary()


def test_a_scenario_may_bring_producers_and_templates_of_its_own(ws: Any, tmp_path: Path) -> None:
    (tmp_path / "odd.json").write_text('{"browseraction":"Odd"}')
    file = tmp_path / "own.yaml"
    file.write_text(
        "name: own\ntemplates: {odd: odd.json}\n"
        "phases:\n  - {name: all, seconds: 20, rates: {odd: {mean: 4, deviation: 1}, clicks: 1}}\n"
    )
    result = Simulation(ws).run(file)
    odd = sum(b"Odd" in data for _, data in ws.records)
    assert result.records["odd"] == odd
    assert 60 < odd < 100
    file.write_text("name: own\nphases:\n  - {name: all, seconds: 20, rates: {odd: 1}}\n")
    with pytest.raises(GeneratorError, match="no producer 'odd'"):
        Simulation(ws).run(file)
