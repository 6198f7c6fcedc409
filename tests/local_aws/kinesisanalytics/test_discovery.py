"""DiscoverInputSchema."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from helpers.local_aws.protocol import AwsError


def discover(world: Any, arn: str | None = None) -> Any:
    return world.call("DiscoverInputSchema", ResourceARN=arn or world.source, ServiceExecutionRole=world.role)


def test_schema_of_the_newest_records(world: Any) -> None:
    world.act("Impression", 3)
    answer = discover(world)
    columns = {each["Name"]: each["SqlType"] for each in answer["InputSchema"]["RecordColumns"]}
    assert columns == {"browseraction": "VARCHAR(16)", "site": "VARCHAR(4)"}
    assert answer["ParsedInputRecords"] == [["Impression", "x"]] * 3
    assert answer["RawInputRecords"][0] == '{"browseraction": "Impression", "site": "x"}\n'
    assert answer["ProcessedInputRecords"] == answer["RawInputRecords"]


def test_the_answer_can_be_used_as_it_is(world: Any) -> None:
    world.act("Impression", 3)
    schema = discover(world)["InputSchema"]
    world.run(Inputs=[world.input() | {"InputSchema": schema}])
    world.act("Click")
    world.clock.step(10)
    assert [row["CLICKS"] for row in world.rows()] == [1]


def test_nothing_to_learn_from(world: Any) -> None:
    with pytest.raises(AwsError, match="send some") as caught:
        discover(world)
    assert caught.value.code == "UnableToDetectSchemaException"
    world.act("Click")
    world.clock.step(601)
    with pytest.raises(AwsError, match="last 10 minutes"):
        discover(world)


def test_nothing_readable_shows_what_there_was(world: Any) -> None:
    world.put(b"gibberish")
    with pytest.raises(AwsError) as caught:
        discover(world)
    assert caught.value.body()["__type"] == "UnableToDetectSchemaException"
    assert caught.value.body()["RawInputRecords"] == ["gibberish"]


def test_wrong_resources(world: Any) -> None:
    for arn in ("arn:aws:s3:::b", world.source + "x"):
        with pytest.raises(AwsError) as caught:
            discover(world, arn)
        assert caught.value.code == "InvalidArgumentException"
    with pytest.raises(AwsError, match="one of ResourceARN"):
        world.analytics.handle("DiscoverInputSchema", {"ServiceExecutionRole": world.role})


def test_a_kinesis_stream(world: Any) -> None:
    with pytest.raises(AwsError, match="no records") as caught:
        discover(world, world.stream_arn)
    assert caught.value.code == "UnableToDetectSchemaException"
    world.kinesis.add(0, b'{"n": 1}')
    world.kinesis.add(1, b'{"n": 2}')
    answer = discover(world, world.stream_arn)
    assert [each["Name"] for each in answer["InputSchema"]["RecordColumns"]] == ["n"]
    assert sorted(answer["ParsedInputRecords"]) == [["1"], ["2"]]


def test_an_object_in_s3(world: Any) -> None:
    """ "Using the Schema Discovery Feature on Static Data"."""
    world.objects["tables", "t.csv"] = b"Ticker,Company\nAMZN,Amazon\nASD,SomeCompany\n"
    source = {"RoleARN": world.role, "BucketARN": world.table, "FileKey": "t.csv"}
    answer = world.call("DiscoverInputSchema", S3Configuration=source, ServiceExecutionRole=world.role)
    assert answer["InputSchema"]["RecordFormat"]["RecordFormatType"] == "CSV"
    assert len(answer["InputSchema"]["RecordColumns"]) == 2
    with pytest.raises(AwsError) as caught:
        world.call("DiscoverInputSchema", S3Configuration=source | {"FileKey": "no"}, ServiceExecutionRole=world.role)
    assert caught.value.code == "InvalidArgumentException"


def test_with_pre_processing(world: Any) -> None:
    data = base64.b64encode(b'{"prepared": 1}').decode()
    world.prepare = lambda event: {
        "records": [{"recordId": each["recordId"], "result": "Ok", "data": data} for each in event["records"]]
    }
    world.put(b"any")
    answer = world.call(
        "DiscoverInputSchema", ResourceARN=world.source, ServiceExecutionRole=world.role, **world.processed()
    )
    assert answer["RawInputRecords"] == ["any"]
    assert answer["ProcessedInputRecords"] == ['{"prepared": 1}']
    assert [each["Name"] for each in answer["InputSchema"]["RecordColumns"]] == ["prepared"]
    world.prepare = lambda event: ValueError("down")
    with pytest.raises(AwsError) as caught:
        world.call(
            "DiscoverInputSchema", ResourceARN=world.source, ServiceExecutionRole=world.role, **world.processed()
        )
    assert caught.value.code == "UnableToDetectSchemaException"
