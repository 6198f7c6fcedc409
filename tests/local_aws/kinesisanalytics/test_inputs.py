"""Inputs beside the plain delivery stream: pre-processing, Kinesis data streams, several in-application streams."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from helpers.local_aws.kinesisanalytics.intake import Intake
from helpers.local_aws.protocol import AwsError

COPY = """
CREATE OR REPLACE STREAM "COPY" ("n" INTEGER);
CREATE OR REPLACE PUMP "P" AS INSERT INTO "COPY" SELECT STREAM "n" FROM "SOURCE_SQL_STREAM_001";
"""
COLUMNS = [{"Name": "n", "SqlType": "INTEGER", "Mapping": "$.n"}]


def schema(world: Any) -> dict[str, Any]:
    return {"InputSchema": world.schema | {"RecordColumns": COLUMNS}}


def numbers(world: Any, stream: str = "COPY") -> list[int]:
    return [row["n"] for row in world.rows(stream)]


def put(world: Any, *given: int) -> None:
    world.put(*[json.dumps({"n": number}).encode() for number in given])


def answer(event: dict[str, Any], *results: dict[str, Any]) -> dict[str, Any]:
    records = event["records"]
    return {"records": [{"recordId": each["recordId"], **more} for each, more in zip(records, results, strict=True)]}


def encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


# Pre-processing ("Preprocessing Data Using a Lambda Function")


def test_the_event_of_a_delivery_stream(world: Any) -> None:
    world.run(COPY, Inputs=[world.input() | schema(world) | world.processed()], Outputs=[])
    put(world, 1, 2)
    world.clock.step(1)
    [event] = world.prepared
    assert event["applicationArn"] == "arn:aws:kinesisanalytics:us-east-1:123456789012:application/app"
    assert event["streamArn"] == world.source
    assert event["invocationId"]
    first, second = event["records"]
    assert first["recordId"] != second["recordId"]
    assert base64.b64decode(first["data"]) == b'{"n": 1}'
    assert first["kinesisFirehoseRecordMetadata"] == {"approximateArrivalTimestamp": int(world.start * 1000)}


def test_ok_dropped_and_failed_records(world: Any) -> None:
    def prepare(event: dict[str, Any]) -> Any:
        return answer(
            event,
            {"result": "Ok", "data": encoded('{"n": 10}{"n": 11}')},
            {"result": "Dropped"},
            {"result": "ProcessingFailed"},
            {"result": "Ok", "data": encoded('{"n": 40}')},
        )

    world.prepare = prepare
    world.run(COPY, Inputs=[world.input() | schema(world) | world.processed()], Outputs=[])
    put(world, 1, 2, 3, 4)
    world.clock.step(1)
    assert numbers(world) == [10, 11, 40]
    [error] = world.rows("error_stream")
    assert bytes.fromhex(error["DATA_ROW"]) == b'{"n": 3}'
    assert "ProcessingFailed" in error["MESSAGE"]
    assert world.analytics.status("app")["input"]["errors"] == 1


@pytest.mark.parametrize(
    "wrong",
    [
        ValueError("broken"),
        b"",
        {"records": []},
        {"records": [{"recordId": "foreign", "result": "Ok", "data": ""}]},
        "no data",
        "no result",
    ],
)
def test_an_answer_that_misses_something_is_asked_for_again(world: Any, wrong: Any) -> None:
    def prepare(event: dict[str, Any]) -> Any:
        if len(world.prepared) > 2:
            return good(event)
        if wrong == "no data":
            return answer(event, {"result": "Ok"})
        return answer(event, {"data": encoded("{}")}) if wrong == "no result" else wrong

    good, world.prepare = world.prepare, prepare
    world.run(COPY, Inputs=[world.input() | schema(world) | world.processed()], Outputs=[])
    put(world, 1)
    world.clock.step(2.9)
    assert numbers(world) == []
    assert world.prepare_arn in world.analytics.status("app")["input"]["messages"][0]
    world.clock.step(0.1)
    assert numbers(world) == [1]
    assert len({record["data"] for event in world.prepared for record in event["records"]}) == 1
    # the ROWTIME is that of the insertion, the arrival that at the delivery stream
    assert world.rows("COPY")[0]["ROWTIME"] == "2026-09-21T14:13:23.000Z"


def test_a_function_that_is_added_and_taken_off_while_running(world: Any) -> None:
    world.run(COPY, Inputs=[world.input() | schema(world)], Outputs=[world.output("COPY")])
    put(world, 1)
    added = world.call(
        "AddApplicationInputProcessingConfiguration",
        ApplicationName="app",
        CurrentApplicationVersionId=1,
        InputId="1.1",
        **world.processed(),
    )
    assert added["ApplicationVersionId"] == 2
    described = {"InputLambdaProcessorDescription": {"ResourceARN": world.prepare_arn}}
    assert added["InputProcessingConfigurationDescription"] == described
    put(world, 2)
    world.clock.step(1)
    assert [len(event["records"]) for event in world.prepared] == [1]
    world.prepare = lambda event: ValueError("down")
    put(world, 3)
    world.clock.step(1)
    params = {"ApplicationName": "app", "CurrentApplicationVersionId": 2, "InputId": "1.1"}
    world.call("DeleteApplicationInputProcessingConfiguration", **params)
    put(world, 4)
    world.clock.step(1)
    assert [row["n"] for row in world.received()] == [1, 2, 3, 4]  # what waited for the function goes on as it is
    with pytest.raises(AwsError) as caught:
        world.call("DeleteApplicationInputProcessingConfiguration", **params | {"CurrentApplicationVersionId": 3})
    assert caught.value.code == "ResourceNotFoundException"


# Kinesis data streams


def test_a_kinesis_stream_from_now_and_from_its_beginning(world: Any) -> None:
    world.create(COPY, Inputs=[world.input_of_kinesis(**schema(world))], Outputs=[])
    world.kinesis.add(0, b'{"n": 1}')
    world.kinesis.add(1, b'{"n": 2}')
    world.call("StartApplication", ApplicationName="app")
    world.kinesis.add(1, b'{"n": 3}')
    world.clock.step(2)
    assert numbers(world) == [3]
    world.call("StopApplication", ApplicationName="app")
    world.kinesis.add(0, b'{"n": 4}')
    start(world, "TRIM_HORIZON")
    world.clock.step(2)
    assert sorted(numbers(world)) == [1, 2, 3, 4]
    [given] = world.describe()["ApplicationConfigurationDescription"]["SqlApplicationConfigurationDescription"][
        "InputDescriptions"
    ]
    assert given["InputStartingPositionConfiguration"] == {"InputStartingPosition": "TRIM_HORIZON"}


def start(world: Any, position: str) -> None:
    each = {"InputId": "1.1", "InputStartingPositionConfiguration": {"InputStartingPosition": position}}
    world.call("StartApplication", ApplicationName="app", RunConfiguration={"SqlRunConfigurations": [each]})


def test_a_kinesis_stream_from_where_the_application_stopped(world: Any) -> None:
    world.create(COPY, Inputs=[world.input_of_kinesis(**schema(world))], Outputs=[])
    with pytest.raises(AwsError, match="has not read this stream") as caught:
        start(world, "LAST_STOPPED_POINT")
    assert caught.value.code == "InvalidArgumentException"
    start(world, "NOW")
    world.kinesis.add(0, b'{"n": 1}')
    world.clock.step(2)
    world.call("StopApplication", ApplicationName="app")
    world.kinesis.add(0, b'{"n": 2}')
    world.clock.step(100)
    start(world, "LAST_STOPPED_POINT")
    world.clock.step(2)
    assert numbers(world) == [2]


def test_the_event_of_a_kinesis_stream(world: Any) -> None:
    source = world.input_of_kinesis(**schema(world)) | world.processed()
    world.run(COPY, Inputs=[source], Outputs=[])
    world.kinesis.add(1, b'{"n": 1}', "some-key")
    world.clock.step(2)
    [record] = world.prepared[0]["records"]
    assert record["kinesisStreamRecordMetadata"] == {
        "sequenceNumber": f"{1:020d}",
        "partitionKey": "some-key",
        "shardId": "shardId-000000000001",
        "approximateArrivalTimestamp": int(world.start * 1000),
    }
    assert world.prepared[0]["streamArn"] == world.stream_arn
    assert numbers(world) == [1]


def test_a_missing_kinesis_stream_is_refused_at_start(world: Any) -> None:
    arn = world.stream_arn + "2"
    world.create(COPY, Inputs=[world.input_of_kinesis(**schema(world)) | {"KinesisStreamsInput": {"ResourceARN": arn}}])
    world.call("DeleteApplicationOutput", ApplicationName="app", CurrentApplicationVersionId=1, OutputId="1.2")
    with pytest.raises(AwsError) as caught:
        world.call("StartApplication", ApplicationName="app")
    assert caught.value.code == "InvalidApplicationConfigurationException"
    assert world.describe()["ApplicationStatus"] == "READY"


def test_columns_of_the_services_own(world: Any) -> None:
    """ "Timestamps and the ROWTIME Column": APPROXIMATE_ARRIVAL_TIME needs no mapping; Kinesis records tell more."""
    code = """
    CREATE OR REPLACE STREAM "COPY" ("n" INTEGER, "came" TIMESTAMP, "shard" VARCHAR(32), "key" VARCHAR(8));
    CREATE OR REPLACE PUMP "P" AS INSERT INTO "COPY"
    SELECT STREAM "n", "APPROXIMATE_ARRIVAL_TIME", "SHARD_ID", "PARTITION_KEY" FROM "SOURCE_SQL_STREAM_001";
    """
    world.run(code, Inputs=[world.input_of_kinesis(**schema(world))], Outputs=[])
    world.clock.step(0.25)
    world.kinesis.add(0, b'{"n": 1}', "k")
    world.clock.step(5)
    [row] = world.rows("COPY")
    assert row["came"] == "2026-09-21 14:13:20.250"
    assert (row["shard"], row["key"]) == ("shardId-000000000000", "k")
    assert row["ROWTIME"] > "2026-09-21T14:13:20.250Z"


# Several in-application streams ("Parallelizing Input Streams")


def test_shards_are_split_among_in_application_streams(world: Any) -> None:
    code = """
    CREATE OR REPLACE STREAM "COPY" ("n" INTEGER, "of" INTEGER);
    CREATE OR REPLACE PUMP "P1" AS INSERT INTO "COPY" SELECT STREAM "n", 1 FROM "SOURCE_SQL_STREAM_001";
    CREATE OR REPLACE PUMP "P2" AS INSERT INTO "COPY" SELECT STREAM "n", 2 FROM "SOURCE_SQL_STREAM_002";
    """
    source = world.input_of_kinesis(**schema(world)) | {"InputParallelism": {"Count": 2}}
    detail = world.create(code, Inputs=[source], Outputs=[])
    [given] = detail["ApplicationConfigurationDescription"]["SqlApplicationConfigurationDescription"][
        "InputDescriptions"
    ]
    assert given["InAppStreamNames"] == ["SOURCE_SQL_STREAM_001", "SOURCE_SQL_STREAM_002"]
    world.call("StartApplication", ApplicationName="app")
    for number in range(10):
        world.kinesis.add(number % 2, json.dumps({"n": number}).encode())
    world.clock.step(2)
    assert {row["n"]: row["of"] for row in world.rows("COPY")} == {n: 1 + n % 2 for n in range(10)}


def test_parallelism_is_changed_while_running(world: Any) -> None:
    world.run(COPY, Inputs=[world.input() | schema(world)], Outputs=[])
    update = {"InputUpdates": [{"InputId": "1.1", "InputParallelismUpdate": {"CountUpdate": 3}}]}
    world.call(
        "UpdateApplication",
        ApplicationName="app",
        CurrentApplicationVersionId=1,
        ApplicationConfigurationUpdate={"SqlApplicationConfigurationUpdate": update},
    )
    put(world, *range(9))
    world.clock.step(1)
    each = [len(world.rows(f"SOURCE_SQL_STREAM_{number:03d}")) for number in (1, 2, 3)]
    assert each == [3, 3, 3]


def test_another_source_while_running(world: Any) -> None:
    world.run(COPY, Inputs=[world.input() | schema(world)], Outputs=[world.output("COPY")])
    update = {"InputId": "1.1", "KinesisStreamsInputUpdate": {"ResourceARNUpdate": world.stream_arn}}
    with world.runner()._lock:  # so that the record has come in and is not worked off yet
        put(world, 1)
        world.call(
            "UpdateApplication",
            ApplicationName="app",
            CurrentApplicationVersionId=1,
            ApplicationConfigurationUpdate={"SqlApplicationConfigurationUpdate": {"InputUpdates": [update]}},
        )
    put(world, 2)
    world.kinesis.add(0, b'{"n": 3}')
    world.clock.step(2)
    assert [row["n"] for row in world.received()] == [1, 3]


# Changes while records are on their way


def parallel(world: Any, version: int = 1) -> None:
    """A change that restarts the application at its input."""
    update = {"InputUpdates": [{"InputId": "1.1", "InputParallelismUpdate": {"CountUpdate": 1 + version}}]}
    world.call(
        "UpdateApplication",
        ApplicationName="app",
        CurrentApplicationVersionId=version,
        ApplicationConfigurationUpdate={"SqlApplicationConfigurationUpdate": update},
    )


def test_a_record_that_comes_during_a_change_comes_in_once(world: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    world.run(COPY, Inputs=[world.input() | schema(world)], Outputs=[world.output("COPY")])
    resume = Intake.resume

    def and_one_more(intake: Intake) -> None:
        resume(intake)
        put(world, 1)

    monkeypatch.setattr(Intake, "resume", and_one_more)
    parallel(world)
    world.clock.step(1)
    assert [row["n"] for row in world.received()] == [1]


def test_a_record_that_is_with_the_function_during_a_change_comes_in_once(world: Any) -> None:
    good = world.prepare

    def prepare(event: dict[str, Any]) -> Any:
        if len(world.prepared) == 1:
            parallel(world)
        return good(event)

    world.prepare = prepare
    world.run(COPY, Inputs=[world.input() | schema(world) | world.processed()], Outputs=[world.output("COPY")])
    put(world, 1)
    world.clock.step(1)
    assert [row["n"] for row in world.received()] == [1]


def test_a_record_that_is_being_read_during_a_change_comes_in_once(world: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    get, changed = world.kinesis.get_records, []

    def get_records(**given: Any) -> Any:
        answer = get(**given)
        if answer["Records"] and not changed:
            changed.append(True)
            parallel(world)
        return answer

    monkeypatch.setattr(world.kinesis, "get_records", get_records)
    world.run(COPY, Inputs=[world.input_of_kinesis(**schema(world))], Outputs=[world.output("COPY")])
    world.kinesis.add(0, b'{"n": 1}')
    world.clock.step(5)
    assert changed
    assert [row["n"] for row in world.received()] == [1]


def test_new_records_do_not_hurry_a_function_that_fails(world: Any) -> None:
    calls: list[float] = []

    def prepare(event: dict[str, Any]) -> Any:
        calls.append(world.clock.now() - world.start)
        return ValueError("down")

    world.prepare = prepare
    world.run(COPY, Inputs=[world.input() | schema(world) | world.processed()], Outputs=[])
    for number in range(40):
        put(world, number)
        world.clock.step(0.25)
    assert calls == [0, 1, 3, 7]
