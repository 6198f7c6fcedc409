# ruff: noqa: S608 - streaming scripts, not database queries
"""A running application: records in, windows on the clock, rows to the function."""

from __future__ import annotations

import base64
import json
import logging
from pathlib import Path
from typing import Any

import pytest

from helpers.local_aws.firehose import SourceRecord
from helpers.local_aws.protocol import AwsError

REPOSITORY = Path(__file__).parents[3]


def test_windows_close_on_the_clock(world: Any) -> None:
    world.run()
    world.act("Click", 3)
    world.clock.step(4)
    world.act("Click", 2)
    world.clock.step(5.999)
    assert world.rows() == []
    world.clock.step(0.001)
    assert world.rows() == [{"ROWTIME": "2026-09-21T14:13:30.000Z", "CLICKS": 5, "KIND": "Click"}]
    assert world.received() == [{"CLICKS": 5, "KIND": "Click"}]
    assert world.times == [10]


def test_records_before_start_and_after_stop_do_not_count(world: Any) -> None:
    world.create()
    world.act("Click", 7)
    world.call("StartApplication", ApplicationName="app")
    world.act("Click", 1)
    world.clock.step(10)
    world.call("StopApplication", ApplicationName="app")
    world.act("Click", 5)
    world.clock.step(30)
    assert [row["CLICKS"] for row in world.rows()] == [1]
    assert world.analytics.status("app")["input"]["records"] == 1
    assert world.firehose._subscribers == {"clicks": []}


def test_event_of_the_function(world: Any) -> None:
    world.run()
    world.act("Click")
    world.act("Impression")
    world.clock.step(10)
    [event] = world.events
    assert event["applicationArn"] == "arn:aws:kinesisanalytics:us-east-1:123456789012:application/app"
    assert event["invocationId"]
    assert len({each["recordId"] for each in event["records"]}) == 2
    assert [each["lambdaDeliveryRecordMetadata"] for each in event["records"]] == [{"retryHint": 0}] * 2


def test_csv_rows(world: Any) -> None:
    world.run(Outputs=[world.output(form="CSV")])
    world.act("Cl,ick")
    world.clock.step(10)
    [record] = world.events[0]["records"]
    assert base64.b64decode(record["data"]) == b'1,"Cl,ick"'


def test_refused_records_are_sent_again_until_ok(world: Any) -> None:
    refused = {"left": 3}

    def function(event: dict[str, Any]) -> Any:
        results = []
        for number, each in enumerate(event["records"]):
            bad = number == 0 and refused["left"] > 0
            results.append({"recordId": each["recordId"], "result": "DeliveryFailed" if bad else "Ok"})
        refused["left"] -= 1
        return {"records": results}

    world.function = function
    world.run()
    world.act("Click")
    world.act("Impression")
    world.clock.step(30)
    assert world.times == [10, 11, 13, 17]
    first = world.events[0]["records"][0]
    for number, event in enumerate(world.events[1:], 1):
        [again] = event["records"]
        assert (again["recordId"], again["data"]) == (first["recordId"], first["data"])
        assert again["lambdaDeliveryRecordMetadata"]["retryHint"] == number
    [output] = world.analytics.status("app")["outputs"]
    assert (output["delivered"], output["failed"]) == (2, 3)


@pytest.mark.parametrize("answer", [b"", b'"done"', b"{}", b'{"records": []}', ValueError("broken")])
def test_an_answer_that_says_nothing_is_a_failure(world: Any, answer: Any) -> None:
    answers = [answer, answer]

    def function(event: dict[str, Any]) -> Any:
        good = {"records": [{"recordId": each["recordId"], "result": "Ok"} for each in event["records"]]}
        return answers.pop() if answers else good

    world.function = function
    world.run()
    world.act("Click")
    world.clock.step(60)
    assert world.times == [10, 11, 13]
    [output] = world.analytics.status("app")["outputs"]
    assert output["delivered"] == 1
    assert world.function_arn in output["last_error"]


def test_rows_still_undelivered_at_stop_are_delivered(world: Any) -> None:
    answers: list[Any] = [ValueError("cold"), ValueError("cold")]
    good = world.function
    world.function = lambda event: answers.pop() if answers else good(event)
    world.run()
    world.act("Click")
    world.clock.step(10)
    world.call("StopApplication", ApplicationName="app")
    world.clock.step(10)
    assert world.times == [10, 11, 13]


def test_a_closed_output_gives_up_at_last_and_says_so(world: Any, caplog: pytest.LogCaptureFixture) -> None:
    world.function = lambda event: ValueError("never")
    world.run()
    world.act("Click")
    world.clock.step(10)
    world.call("StopApplication", ApplicationName="app")
    world.clock.step(500)
    assert len(world.events) == 5
    assert "1 rows lost" in caplog.text
    [output] = world.analytics.status("app")["outputs"]
    assert (output["delivered"], output["lost"], output["pending"]) == (0, 1, 0)
    assert "1 rows lost" in output["last_error"]


def values(world: Any, sqltype: str, expression: str, form: str = "JSON") -> None:
    """Run an application that computes one expression of the column "v"."""
    source = world.input()
    column = {"Name": "v", "SqlType": sqltype, "Mapping": "$.v"}
    source["InputSchema"] = world.schema | {"RecordColumns": [column]}
    world.run(
        f"""CREATE STREAM "COUNTS" ("R" {sqltype});
        CREATE PUMP "P" AS INSERT INTO "COUNTS" SELECT STREAM {expression} FROM "SOURCE_SQL_STREAM_001";""",
        Inputs=[source],
        Outputs=[world.output(form=form)],
    )


def put_values(world: Any, *given: Any) -> None:
    world.put(*[json.dumps({"v": each}).encode() for each in given])


@pytest.mark.parametrize(
    ("sqltype", "expression", "bad", "good"),
    [
        ("DOUBLE", '10.0e0 / "v"', 0, 3),
        ("TIMESTAMP", 'CEIL("v" TO YEAR)', 10**18, 1_790_000_000_000),
        ("TIMESTAMP", '"v"', 1_790_000_000_000_000, 1_790_000_000_000),
    ],
)
def test_a_bad_row_takes_no_other_with_it(world: Any, sqltype: str, expression: str, bad: int, good: int) -> None:
    values(world, sqltype, expression)
    put_values(world, good, good, bad, good)
    put_values(world, good, good)
    world.clock.step(5)
    assert len(world.rows()) == len(world.received()) == 5
    assert len(world.rows("error_stream")) == 1


def test_records_behind_a_group_that_cannot_be_fed_are_fed(world: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    world.run()
    runner = world.runner()
    feed = runner.engine.feed

    def fails_once(rows: list[Any], rowtime: int, place: int) -> None:
        monkeypatch.setattr(runner.engine, "feed", feed)
        raise KeyError("a fault of the engine")

    monkeypatch.setattr(runner.engine, "feed", fails_once)
    with runner._lock:  # so that both groups are waiting when the work begins
        runner.intake.put([SourceRecord(b'{"browseraction": "Click"}', world.start)] * 2)
        runner.intake.put([SourceRecord(b'{"browseraction": "Click"}', world.start + 0.5)] * 3)
    world.clock.step(10)
    assert [row["CLICKS"] for row in world.rows()] == [3]
    read = world.analytics.status("app")["input"]
    assert (read["records"], read["errors"]) == (5, 2)
    assert "a fault of the engine" in read["messages"][0]


def test_a_row_that_cannot_be_written_is_counted_and_the_others_go_on(
    world: Any, caplog: pytest.LogCaptureFixture
) -> None:
    values(world, "VARCHAR(8)", '"v"', form="CSV")
    put_values(world, "a", "\ud800", "b")  # half a character: JSON can escape it, UTF-8 cannot write it
    world.clock.step(5)
    assert [base64.b64decode(each["data"]) for event in world.events for each in event["records"]] == [b"a", b"b"]
    [output] = world.analytics.status("app")["outputs"]
    assert (output["delivered"], output["lost"]) == (2, 1)
    assert "cannot be written as CSV" in output["last_error"]
    assert "cannot be written as CSV" in caplog.text
    assert len(world.rows()) == 3


@pytest.mark.parametrize("record_id", [["x"], {"x": 1}, None, 7])
def test_an_answer_with_odd_ids_is_a_refusal(world: Any, record_id: Any) -> None:
    good = world.function
    answers = [{"records": [{"recordId": record_id, "result": "Ok"}]}]
    world.function = lambda event: answers.pop() if answers else good(event)
    world.run()
    world.act("Click")
    world.clock.step(20)
    assert world.times == [10, 11]
    [output] = world.analytics.status("app")["outputs"]
    assert (output["delivered"], output["failed"]) == (1, 1)


def test_a_batch_outlives_any_failure_of_the_call(world: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    world.run()
    invoke, failures = world.invoke, [RuntimeError("no thread left")]

    def unreliable(**arguments: Any) -> Any:
        if failures:
            raise failures.pop()
        return invoke(**arguments)

    monkeypatch.setattr(world, "invoke", unreliable)
    world.act("Click")
    world.clock.step(20)
    assert world.received() == [{"CLICKS": 1, "KIND": "Click"}]
    [output] = world.analytics.status("app")["outputs"]
    assert "no thread left" in output["last_error"]


def test_a_failing_output_sends_its_first_batch_only_and_then_the_rest_in_order(world: Any) -> None:
    good = world.function
    world.function = lambda event: ValueError("down")
    values(world, "INTEGER", '"v"')
    for number in range(60):
        put_values(world, number)
        world.clock.step(1)
    assert world.times == [0, 1, 3, 7, 15, 31]
    assert {json.dumps(event["records"][0]["recordId"]) for event in world.events} == {
        json.dumps(world.events[0]["records"][0]["recordId"])
    }
    [output] = world.analytics.status("app")["outputs"]
    assert (output["pending"], output["delivered"], output["lost"]) == (60, 0, 0)
    world.events.clear()
    world.times.clear()
    world.function = good
    world.clock.step(5)
    assert set(world.times) == {63}
    assert [row["R"] for row in world.received()] == list(range(60))
    [output] = world.analytics.status("app")["outputs"]
    assert (output["pending"], output["delivered"]) == (0, 60)


def test_ids_differ_between_outputs_and_between_runs(world: Any) -> None:
    world.run(Outputs=[world.output(), world.output("SOURCE_SQL_STREAM_001")])
    world.act("Click")
    world.clock.step(10)
    world.call("StopApplication", ApplicationName="app")
    world.call("StartApplication", ApplicationName="app")
    world.act("Click")
    world.clock.step(10)
    ids = [each["recordId"] for event in world.events for each in event["records"]]
    assert len(ids) == len(set(ids)) == 4


def test_a_scripts_warnings_are_logged_and_shown(world: Any, caplog: pytest.LogCaptureFixture) -> None:
    script = """CREATE STREAM "COUNTS" ("n" BIGINT, "score" DOUBLE); CREATE STREAM "NUMBERS" ("n" BIGINT);
        CREATE PUMP "P1" AS INSERT INTO "NUMBERS" SELECT STREAM CHAR_LENGTH("site") FROM "SOURCE_SQL_STREAM_001";
        CREATE PUMP "P2" AS INSERT INTO "COUNTS" SELECT STREAM * FROM TABLE(RANDOM_CUT_FOREST(
            CURSOR(SELECT STREAM "n" FROM "NUMBERS"), 10, 100, 10));"""
    with caplog.at_level(logging.WARNING):
        world.run(script)
    [warning] = world.analytics.status("app")["warnings"]
    assert "subSampleSize" in warning
    assert warning in caplog.text
    world.call("StopApplication", ApplicationName="app")


def test_a_record_that_comes_late_counts_at_the_watermark(world: Any) -> None:
    world.run()
    world.clock.step(5)  # the watermark is there
    world.runner().intake.put([SourceRecord(b'{"browseraction": "Click"}', world.start + 4.999)])
    world.clock.step(5)
    assert [row["CLICKS"] for row in world.rows()] == [1]
    assert world.rows("SOURCE_SQL_STREAM_001")[0]["ROWTIME"] == "2026-09-21T14:13:25.000Z"


def test_what_has_arrived_at_stop_is_still_fed(world: Any) -> None:
    world.run()
    with world.runner()._lock:  # the clock's thread must not come first
        world.act("Click", 3)
        world.call("StopApplication", ApplicationName="app")
    status = world.analytics.status("app")
    assert status["input"]["records"] == 3
    assert status["streams"]["SOURCE_SQL_STREAM_001"]["rows"] == 3


def test_unreadable_records_are_counted_and_named(world: Any) -> None:
    world.run()
    world.put(b"not json")
    world.act("Click")
    world.clock.step(10)
    read = world.analytics.status("app")["input"]
    assert (read["records"], read["errors"]) == (2, 1)
    assert "JSON" in read["messages"][0]
    assert [row["CLICKS"] for row in world.rows()] == [1]


def test_several_rows_in_one_record(world: Any) -> None:
    world.run()
    world.put(b'{"browseraction": "Click"}\n{"browseraction": "Click"}\n')
    world.clock.step(10)
    assert [row["CLICKS"] for row in world.rows()] == [2]


def test_status(world: Any) -> None:
    world.create()
    assert world.analytics.status("app") == {
        "name": "app",
        "status": "READY",
        "streams": {},
        "pumps": [],
        "watermark": None,
        "input": {"records": 0, "errors": 0, "messages": []},
        "outputs": [],
        "learning": None,
        "warnings": [],
    }
    world.call("StartApplication", ApplicationName="app")
    world.act("Click", 2)
    world.clock.step(10)
    status = world.analytics.status("app")
    assert status["status"] == "RUNNING"
    assert status["watermark"] == "2026-09-21T14:13:30.000Z"
    assert status["streams"]["COUNTS"] == {"rows": 1, "columns": ["ROWTIME", "CLICKS", "KIND"]}
    assert status["streams"]["SOURCE_SQL_STREAM_001"]["rows"] == 2
    assert status["learning"] is None
    with pytest.raises(AwsError, match="none of account"):
        world.analytics.status("none")


def test_status_tells_which_windows_are_open_and_until_when(world: Any) -> None:
    world.run()
    pump = {"name": "P", "reads": ["SOURCE_SQL_STREAM_001"], "writes": "COUNTS"}
    assert world.analytics.status("app")["pumps"] == [pump | {"open_until": None}]
    world.act("Click")
    world.clock.step(1)
    assert world.analytics.status("app")["pumps"] == [pump | {"open_until": "2026-09-21T14:13:30.000Z"}]
    world.clock.step(9)
    assert world.analytics.status("app")["pumps"] == [pump | {"open_until": None}]


def test_pages_of_rows_and_numbers_through_a_restart(world: Any) -> None:
    world.run()
    for _ in range(5):
        world.act("Click")
        world.clock.step(10)
    first = world.analytics.stream_rows("app", "COUNTS", 0, 2)
    assert first["columns"] == ["ROWTIME", "CLICKS", "KIND"]
    assert (len(first["rows"]), first["next"]) == (2, 2)
    rest = world.analytics.stream_rows("app", "COUNTS", 2, 100)
    assert (len(rest["rows"]), rest["next"]) == (3, 5)
    assert world.analytics.stream_rows("app", "COUNTS", 5, 100) == {**rest, "rows": [], "next": 5}
    world.call("StopApplication", ApplicationName="app")
    world.call("StartApplication", ApplicationName="app")
    assert world.analytics.stream_rows("app", "COUNTS", 5, 100)["next"] == 5
    world.act("Impression", 4)
    world.clock.step(10)
    after = world.analytics.stream_rows("app", "COUNTS", 5, 100)
    assert ([row["CLICKS"] for row in after["rows"]], after["next"]) == ([4], 6)
    assert world.analytics.status("app")["streams"]["COUNTS"]["rows"] == 6


def test_unknown_streams_are_refused(world: Any) -> None:
    world.create()
    with pytest.raises(AwsError, match="start the application first"):
        world.analytics.stream_rows("app", "COUNTS")
    world.call("StartApplication", ApplicationName="app")
    with pytest.raises(AwsError, match=r"there are .*COUNTS"):
        world.analytics.stream_rows("app", "NONE")


def test_an_output_added_while_running_gets_what_comes_after(world: Any) -> None:
    world.run(Outputs=[])
    world.act("Click")
    world.clock.step(10)
    world.call(
        "AddApplicationOutput", ApplicationName="app", CurrentApplicationVersionId=1, Output=world.output()
    )  # fmt: skip
    world.act("Click", 2)
    world.clock.step(10)
    assert world.received() == [{"CLICKS": 2, "KIND": "Click"}]
    [output] = world.describe()["ApplicationConfigurationDescription"]["SqlApplicationConfigurationDescription"][
        "OutputDescriptions"
    ]
    world.call(
        "DeleteApplicationOutput",
        ApplicationName="app",
        CurrentApplicationVersionId=2,
        OutputId=output["OutputId"],
    )
    world.act("Click", 3)
    world.clock.step(10)
    assert len(world.received()) == 1
    assert [row["CLICKS"] for row in world.rows()] == [1, 2, 3]


def test_changed_code_takes_over_while_running(world: Any) -> None:
    world.run()
    world.act("Click")
    world.clock.step(10)
    code = world.counting.replace("COUNT(*)", "COUNT(*) * 100")
    update = {"ApplicationCodeConfigurationUpdate": {"CodeContentUpdate": {"TextContentUpdate": code}}}
    world.call(
        "UpdateApplication",
        ApplicationName="app",
        CurrentApplicationVersionId=1,
        ApplicationConfigurationUpdate=update,
    )
    world.act("Click", 2)
    world.clock.step(10)
    assert world.received() == [{"CLICKS": 1, "KIND": "Click"}, {"CLICKS": 200, "KIND": "Click"}]


def test_deleting_ends_it(world: Any) -> None:
    world.run()
    world.call("DeleteApplication", ApplicationName="app", CreateTimestamp=world.start)
    world.act("Click")
    world.clock.step(30)
    assert world.events == []
    with pytest.raises(AwsError, match="not found"):
        world.describe()


def lab(world: Any) -> list[Any]:
    """Ten minutes of the lab with a burst of clicks, cut into steps of a second."""
    for second in range(600):
        world.act("Impression", 10 + second % 3)
        world.act("Click", 2 + (second * 7) % 2 + (4 if 400 <= second < 430 else 0))
        world.clock.step(1)
    return world.received()  # type: ignore[no-any-return]


def test_the_labs_script_finds_the_burst_and_repeats_itself(world: Any) -> None:
    code = (REPOSITORY / "sql" / "clickstream" / "anomaly_detection.sql").read_text(encoding="utf-8")
    output = world.output("DESTINATION_SQL_STREAM")
    world.run(code, Outputs=[output])
    assert world.analytics.status("app")["learning"] == {"needed": 12, "seen": 0}
    first = lab(world)
    assert world.analytics.status("app")["learning"]["seen"] == 60
    assert any(row["ANOMALY_SCORE"] > 2 and row["CTRPERCENT"] > 40 for row in first)
    assert len(world.rows("CTRSTREAM")) == 60
    world.call("StopApplication", ApplicationName="app")
    world.events.clear()
    world.call("StartApplication", ApplicationName="app")
    assert lab(world) == first
