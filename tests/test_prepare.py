"""Every chapter starts cold, in any order, twice: on a local AWS of this module's own."""

import json
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from helpers import account, application, athena, cleanup, local_process, schema
from helpers.errors import WorkshopError
from helpers.generator.simulation import Simulation
from helpers.prepare import prepare
from helpers.tracks import CLICKSTREAM
from helpers.workshop import Clock, Workshop
from tests.aws import StubbedWorkshop, detail

# awswrangler's, on pandas 3
pytestmark = pytest.mark.filterwarnings("ignore:The copy keyword is deprecated:DeprecationWarning")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    path = tmp_path_factory.mktemp("chapters")
    local_process.start(path, {"WORKSHOP_PORT": "0", "WORKSHOP_CLOCK": "stepped", "WORKSHOP_SEED": "7"})
    yield path
    local_process.stop(path)


@pytest.fixture(autouse=True)
def connected(home: Path, own_state_directory: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORKSHOP_HOME", str(home))


def test_a_chapter_out_of_order_gets_what_it_needs_and_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    ws = prepare(4)
    said = capsys.readouterr().out
    assert "the stack made, as chapter 01 does; the input schema made, as chapter 03 does" in said
    assert schema.recall(ws)["RecordColumns"][0]["SqlType"] == "VARCHAR(64)"
    assert application.describe(ws) is None
    prepare(4)
    assert capsys.readouterr().out == "Chapter 04 on the local target: nothing had to be prepared.\n"


def test_chapter_05_gets_a_running_application(capsys: pytest.CaptureFixture[str]) -> None:
    ws = prepare(5)
    assert "the application made, as chapter 04 does" in capsys.readouterr().out
    assert [row["stream"] for row in application.streams(ws)][:4] == [
        "SOURCE_SQL_STREAM_001",
        "CLICKSTREAM",
        "IMPRESSIONSTREAM",
        "CTRSTREAM",
    ]


def test_whoever_skips_chapters_sees_the_numbers_of_those_who_did_not() -> None:
    """The burst's scores are those stored in chapter 05, which ran after 01 to 04."""
    stored = (Workshop.connect().root / "notebooks/clickstream/05_anomaly_simulation.ipynb").read_text(encoding="utf-8")
    for line in Simulation(prepare(5)).run("burst").summary().splitlines():
        assert line in stored


def test_a_stopped_application_is_started_again(capsys: pytest.CaptureFixture[str]) -> None:
    ws = prepare(5)
    ws.client("kinesisanalyticsv2").stop_application(ApplicationName=ws.application_name)
    application.wait(ws, "READY")
    capsys.readouterr()
    prepare(5)
    assert "the application made" in capsys.readouterr().out
    assert application.wait(ws, "RUNNING") == "RUNNING"


def test_chapter_04_again_starts_without_an_application(capsys: pytest.CaptureFixture[str]) -> None:
    ws = prepare(5)
    capsys.readouterr()
    prepare(4)
    assert "the application of an earlier run deleted" in capsys.readouterr().out
    assert application.describe(ws) is None


def test_chapter_06_gets_traffic_that_adds_up_and_the_account_finds_no_problem() -> None:
    ws = prepare(6)
    assert athena.reconcile(ws)["agree"].all()
    report = account.Report()
    report.before_cleanup()
    prepare(7)
    cleanup.delete_application(ws)
    cleanup.empty_buckets(ws)
    cleanup.delete_stack(ws)
    report.after_cleanup()
    assert report.problems() == []
    # The inbox also keeps the mails of the burst before, whose application is gone.
    assert report.figures["mails"] == report.figures["SMS"] >= report.figures["anomalies"] > 0
    assert len(ws.notes) == 0


def test_chapter_07_makes_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    ws = prepare(7)
    assert "nothing had to be prepared" in capsys.readouterr().out
    assert cleanup.leftovers(ws) == []


def test_waiting_for_an_application_that_is_not_there_says_so() -> None:
    with pytest.raises(WorkshopError, match="run chapter 04"):
        application.wait(Workshop.connect(), "RUNNING")


def test_no_schema_yet_names_the_chapter() -> None:
    with pytest.raises(WorkshopError, match="run chapter 03"):
        schema.recall(Workshop.connect())


def test_a_killed_local_aws_is_started_again_with_everything_that_was_in_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("WORKSHOP_HOME", str(tmp_path))
    ws = Workshop.connect()
    ws.notes["input_schema"] = {}
    state = local_process.running(tmp_path)
    assert state is not None
    os.kill(state.pid, signal.SIGKILL)
    with pytest.raises(WorkshopError, match="is not running"):
        schema.sample_request(ws)
    capsys.readouterr()
    again = Workshop.connect()
    assert "started again, with everything that was in it" in capsys.readouterr().out
    assert "input_schema" in again.notes
    local_process.stop(tmp_path)


@pytest.mark.parametrize("chapter", [3, 4])
def test_aws_is_told_honestly_what_it_cannot_do(chapter: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORKSHOP_TARGET", "aws")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "nobody")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "nothing")
    with pytest.raises(WorkshopError, match="switched off in January 2026"):
        prepare(chapter, "toll")
    assert CLICKSTREAM.local_only == range(0)  # its SQL runs on Flink there


def test_on_aws_nothing_that_costs_by_the_hour_is_made_unasked(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ws = StubbedWorkshop(tmp_path)
    monkeypatch.setattr(Workshop, "connect", lambda track: ws)
    ws.notes["input_schema"] = {}
    ws.refuse("kinesisanalyticsv2", "describe_application", "ResourceNotFoundException")
    with pytest.raises(WorkshopError, match="run chapter 04, which starts it and says what it costs"):
        prepare(5)
    ws.answer("kinesisanalyticsv2", "describe_application", detail("RUNNING"))
    with pytest.raises(WorkshopError, match="run chapter 05"):
        prepare(6)
    ws.answer("kinesisanalyticsv2", "describe_application", detail("RUNNING"))
    assert prepare(5) is ws
    assert capsys.readouterr().out == "Chapter 05 on the aws target: nothing had to be prepared.\n"


def test_a_stack_of_the_other_engine_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    prepare(2)
    monkeypatch.setenv("WORKSHOP_ENGINE", "flink")
    with pytest.raises(WorkshopError, match=r"made for the engine sql, and you run flink: run chapter 07.*ENGINE=sql"):
        prepare(3)


def test_with_flink_the_schema_is_inferred_from_the_data_stream(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with_flink = {"WORKSHOP_PORT": "0", "WORKSHOP_CLOCK": "stepped"}
    local_process.start(tmp_path, with_flink)
    monkeypatch.setenv("WORKSHOP_HOME", str(tmp_path))
    monkeypatch.setenv("WORKSHOP_ENGINE", "flink")
    monkeypatch.delenv("WORKSHOP_POLICY")  # what an attendee may
    monkeypatch.setattr(Clock, "sleep", lambda self, seconds: None)
    try:
        ws = prepare(4)
        said = capsys.readouterr().out
        assert "the stack made, as chapter 01 does; the input schema made, as chapter 03 does" in said
        assert [row["SqlType"] for row in schema.columns(schema.recall(ws))] == ["VARCHAR(64)", "VARCHAR(64)"]
        answer = schema.infer(ws)
        assert answer["ParsedInputRecords"][0] == ["DiscoveryKinesisTest", "yourwebsiteurl.domain.com"]
        assert json.loads(answer["RawInputRecords"][0])["browseraction"] == "DiscoveryKinesisTest"
        assert application.streams(ws) == [
            {"stream": "EventStream", "columns": "records", "rows": 20},
            {"stream": "AnomalyStream", "columns": "records", "rows": 0},
        ]
        assert {"data stream", "event source mapping"} <= {row["kind"] for row in cleanup.inventory(ws)}
        cleanup.empty_buckets(ws)
        cleanup.delete_stack(ws)
        assert cleanup.leftovers(ws) == []
    finally:
        local_process.stop(tmp_path)


def test_the_account_names_every_problem() -> None:
    report = account.Report()
    report.figures = {"records sent": 3, "raw rows": 3, "processed rows": 2, "resources left": 1}
    report.naming = {"email": 1, "sms": 0}
    assert report.problems() == [
        "records sent, raw rows and processed rows differ",
        "no anomaly inside the burst",
        "no sms naming CTR and score arrived",
        "1 resources are left after cleanup",
    ]


def test_what_firehose_still_holds_is_delivered_before_chapter_06(capsys: pytest.CaptureFixture[str]) -> None:
    ws = prepare(6)
    capsys.readouterr()
    Simulation(ws).send("click", rate=2, seconds=5)
    assert not athena.reconcile(ws)["agree"].all()
    prepare(6)
    assert "what Firehose still held delivered" in capsys.readouterr().out
    assert athena.reconcile(ws)["agree"].all()


def test_an_application_without_a_source_is_not_started() -> None:
    ws = prepare(4)
    created = ws.client("kinesisanalyticsv2").create_application(
        ApplicationName=ws.application_name,
        RuntimeEnvironment="SQL-1_0",
        ServiceExecutionRole=ws.outputs["AnalyticsRoleArn"],
    )
    with pytest.raises(WorkshopError, match="has no source"):
        application.start(ws, created["ApplicationDetail"])


def test_a_notebook_shows_the_message_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    error = WorkshopError("the stack is not deployed")
    assert error._render_traceback_() == ["WorkshopError: the stack is not deployed"]
    monkeypatch.setenv("WORKSHOP_TRACEBACK", "1")
    assert len(error._render_traceback_()) >= 1
