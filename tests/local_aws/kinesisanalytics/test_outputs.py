"""Destinations beside Lambda: Kinesis data streams and delivery streams, refusals, and a backlog."""

from __future__ import annotations

import json
from typing import Any

import pytest

from helpers.local_aws.kinesisanalytics import runner as runner_module

EACH = """
CREATE OR REPLACE STREAM "EACH" ("n" INTEGER, "text" VARCHAR(16));
CREATE OR REPLACE PUMP "P1" AS INSERT INTO "EACH" SELECT STREAM "n", "text" FROM "SOURCE_SQL_STREAM_001";
CREATE OR REPLACE STREAM "SAME" ("n" INTEGER);
CREATE OR REPLACE PUMP "P2" AS INSERT INTO "SAME" SELECT STREAM "n" FROM "SOURCE_SQL_STREAM_001";
"""
COLUMNS = [
    {"Name": "n", "SqlType": "INTEGER", "Mapping": "$.n"},
    {"Name": "text", "SqlType": "VARCHAR(16)", "Mapping": "$.text"},
]
OUT = "arn:aws:firehose:us-east-1:123456789012:deliverystream/out"


def start(world: Any, *outputs: dict[str, Any]) -> None:
    source = world.input() | {"InputSchema": world.schema | {"RecordColumns": COLUMNS}}
    world.run(EACH, Inputs=[source], Outputs=list(outputs))


def to(kind: str, arn: str, stream: str = "EACH", form: str = "JSON") -> dict[str, Any]:
    return {"Name": stream, kind: {"ResourceARN": arn}, "DestinationSchema": {"RecordFormatType": form}}


def put(world: Any, *numbers: int, text: str = "x") -> None:
    world.put(*[json.dumps({"n": number, "text": text}).encode() for number in numbers])


@pytest.fixture
def out(world: Any) -> Any:
    """A second delivery stream, and what was put into it."""
    settings = {"RoleARN": world.delivery_role, "BucketARN": "arn:aws:s3:::b"}
    world.firehose.handle("CreateDeliveryStream", {"DeliveryStreamName": "out", "S3DestinationConfiguration": settings})
    return lambda: [record.data for record in world.firehose.recent("out")]


def test_rows_as_records_of_a_delivery_stream(world: Any, out: Any) -> None:
    start(world, to("KinesisFirehoseOutput", OUT))
    put(world, 1, 2)
    world.clock.step(1)
    assert out() == [b'{"n": 1, "text": "x"}', b'{"n": 2, "text": "x"}']
    assert world.analytics.status("app")["outputs"][0]["delivered"] == 2


def test_csv_rows_with_what_csv_must_quote(world: Any, out: Any) -> None:
    start(world, to("KinesisFirehoseOutput", OUT, form="CSV"))
    put(world, 1, text='a,"b"')
    world.clock.step(1)
    assert out() == [b'1,"a,""b"""']


def test_rows_as_records_of_a_kinesis_stream(world: Any) -> None:
    start(world, to("KinesisStreamsOutput", world.stream_arn))
    for first in (0, 400, 800):
        put(world, *range(first, first + 400))
    world.clock.step(1)
    rows = [json.loads(data) for data in world.kinesis.data()]
    assert sorted(row["n"] for row in rows) == list(range(1200))
    keys = [record["PartitionKey"] for records in world.kinesis.shards.values() for record in records]
    assert len(set(keys)) == 1200  # spread over the shards


def test_records_kinesis_refuses_are_sent_again_and_only_they(world: Any) -> None:
    start(world, to("KinesisStreamsOutput", world.stream_arn))
    world.kinesis.refused = ["ProvisionedThroughputExceededException"]
    put(world, 1, 2, 3)
    world.clock.step(0.5)
    [output] = world.analytics.status("app")["outputs"]
    assert (output["delivered"], output["failed"], output["pending"]) == (2, 1, 1)
    assert "ProvisionedThroughputExceededException" in output["last_error"]
    world.clock.step(1)
    assert sorted(json.loads(data)["n"] for data in world.kinesis.data()) == [1, 2, 3]


def test_a_missing_stream_is_tried_again_until_it_is_there(world: Any, out: Any) -> None:
    start(world, to("KinesisFirehoseOutput", OUT + "2"))
    put(world, 1)
    world.clock.step(4)
    assert "ResourceNotFoundException" in world.analytics.status("app")["outputs"][0]["last_error"]
    settings = {"RoleARN": world.delivery_role, "BucketARN": "arn:aws:s3:::b"}
    params = {"DeliveryStreamName": "out2", "S3DestinationConfiguration": settings}
    world.firehose.handle("CreateDeliveryStream", params)
    world.clock.step(8)
    assert [record.data for record in world.firehose.recent("out2")] == [b'{"n": 1, "text": "x"}']


def test_one_that_refuses_for_ever_does_not_stop_the_others(world: Any, out: Any) -> None:
    """ "Configuring Application Output": the service continues to try indefinitely."""
    world.function = lambda event: ValueError("never")
    start(world, world.output("EACH"), to("KinesisFirehoseOutput", OUT, "SAME"))
    for number in range(100):
        put(world, number)
        world.clock.step(1)
    assert [json.loads(data)["n"] for data in out()] == list(range(100))
    assert [output["pending"] for output in world.analytics.status("app")["outputs"]] == [100, 0]


def test_a_backlog_holds_the_application_up_and_costs_nothing(
    world: Any, out: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """ "This creates back pressure, causing your application to fall behind"."""
    monkeypatch.setattr(runner_module, "BACKLOG", 500)
    good = world.function
    world.function = lambda event: ValueError("down")
    start(world, world.output("EACH"), to("KinesisFirehoseOutput", OUT, "SAME"))
    for number in range(100):
        put(world, number)
        world.clock.step(0.1)
    assert world.analytics.status("app")["outputs"][0]["pending"] < 30
    assert len(out()) < 30
    world.function = good
    world.clock.step(60)
    assert [row["n"] for row in world.received() if "text" in row][-100:] == list(range(100))
    assert [json.loads(data)["n"] for data in out()] == list(range(100))


def test_the_error_stream_as_an_output(world: Any, out: Any) -> None:
    start(world, to("KinesisFirehoseOutput", OUT, "error_stream"))
    world.put(b"no json")
    world.clock.step(1)
    [row] = [json.loads(data) for data in out()]
    assert bytes.fromhex(row["DATA_ROW"]) == b"no json"
    assert set(row) >= {"ERROR_TIME", "ERROR_LEVEL", "ERROR_NAME", "MESSAGE", "DATA_ROWTIME", "PUMP_NAME"}


def test_an_output_that_is_given_another_kind_of_destination(world: Any, out: Any) -> None:
    start(world, world.output("EACH"))
    identity = world.describe()["ApplicationConfigurationDescription"]["SqlApplicationConfigurationDescription"][
        "OutputDescriptions"
    ][0]["OutputId"]
    update = {"OutputId": identity, "KinesisFirehoseOutputUpdate": {"ResourceARNUpdate": OUT}}
    detail = world.call(
        "UpdateApplication",
        ApplicationName="app",
        CurrentApplicationVersionId=1,
        ApplicationConfigurationUpdate={"SqlApplicationConfigurationUpdate": {"OutputUpdates": [update]}},
    )["ApplicationDetail"]
    [described] = detail["ApplicationConfigurationDescription"]["SqlApplicationConfigurationDescription"][
        "OutputDescriptions"
    ]
    assert described["KinesisFirehoseOutputDescription"] == {"ResourceARN": OUT}
    assert "LambdaOutputDescription" not in described
    put(world, 1)
    world.clock.step(1)
    assert (len(out()), world.events) == (1, [])
