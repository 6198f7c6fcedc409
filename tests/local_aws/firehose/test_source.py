"""A Kinesis data stream as the source: where reading begins, how often, what a restart and new shards change."""

from __future__ import annotations

import base64
from datetime import UTC, datetime
from typing import Any

import pytest

from helpers.local_aws.firehose import stream as stream_module
from helpers.local_aws.protocol import AwsError

SOURCE = "arn:aws:kinesis:us-east-1:123456789012:stream/clicks"


class Kinesis:
    """The part of boto3's client that the source uses, over lists."""

    def __init__(self, world: Any) -> None:
        self.world = world
        self.data: dict[str, list[dict[str, Any]]] = {"shard-0": [], "shard-1": []}
        self.closed: set[str] = set()
        self.reads: list[float] = []
        self.failures: list[Exception] = []
        self.number = 0

    def add(self, shard: str, *data: bytes) -> None:
        for each in data:
            self.number += 1
            arrival = datetime.fromtimestamp(self.world.clock.now(), UTC)
            record = {"SequenceNumber": f"{self.number:020d}", "Data": each, "PartitionKey": "key"}
            self.data[shard].append(record | {"ApproximateArrivalTimestamp": arrival})

    def get_paginator(self, name: str) -> Any:
        assert name == "list_shards"
        return self

    def paginate(self, StreamName: str) -> Any:
        if StreamName != "clicks":
            raise self.world.error("ResourceNotFoundException")
        return [{"Shards": [{"ShardId": shard}]} for shard in self.data]

    def get_shard_iterator(self, StreamName: str, ShardId: str, **start: str) -> dict[str, Any]:
        after = start.get("StartingSequenceNumber", "")
        assert start["ShardIteratorType"] == ("AFTER_SEQUENCE_NUMBER" if after else "TRIM_HORIZON")
        place = sum(record["SequenceNumber"] <= after for record in self.data[ShardId])
        return {"ShardIterator": f"{ShardId}/{place}"}

    def get_records(self, ShardIterator: str, StreamARN: str, Limit: int = 10_000) -> dict[str, Any]:
        assert StreamARN.endswith(":stream/clicks")
        if self.failures:
            raise self.failures.pop(0)
        self.reads.append(self.world.clock.now())
        shard, _, place = ShardIterator.partition("/")
        records = self.data[shard][int(place) : int(place) + Limit]
        answer: dict[str, Any] = {"Records": records, "MillisBehindLatest": 0}
        if records or shard not in self.closed:
            answer["NextShardIterator"] = f"{shard}/{int(place) + len(records)}"
        return answer


@pytest.fixture
def kinesis(world: Any, aws: Any) -> Kinesis:
    world.error = aws.client_error
    world.kinesis = Kinesis(world)
    return world.kinesis  # type: ignore[no-any-return]


def create(world: Any, aws: Any, arn: str = SOURCE, **settings: Any) -> None:
    destination = {"RoleARN": aws.role, "BucketARN": "arn:aws:s3:::bucket", **aws.hints(1, 60), **settings}
    params = {
        "DeliveryStreamName": "s",
        "DeliveryStreamType": "KinesisStreamAsSource",
        "KinesisStreamSourceConfiguration": {"KinesisStreamARN": arn, "RoleARN": aws.role},
        "ExtendedS3DestinationConfiguration": destination,
    }
    world.firehose.handle("CreateDeliveryStream", params)


def test_reading_begins_with_what_comes_after_the_creation(world: Any, aws: Any, kinesis: Kinesis) -> None:
    kinesis.add("shard-0", b"before")
    create(world, aws)
    kinesis.add("shard-0", b"a")
    kinesis.add("shard-1", b"b")
    world.clock.step(100)
    assert world.bodies() == [b"ab"]
    described = world.describe()
    assert described["DeliveryStreamType"] == "KinesisStreamAsSource"
    source = described["Source"]["KinesisStreamSourceDescription"]
    assert (source["KinesisStreamARN"], source["RoleARN"]) == (SOURCE, aws.role)
    assert source["DeliveryStartTimestamp"] == aws.start
    listed = world.firehose.handle("ListDeliveryStreams", {"DeliveryStreamType": "KinesisStreamAsSource"})
    assert listed["DeliveryStreamNames"] == ["s"]
    assert (
        world.firehose.handle("ListDeliveryStreams", {"DeliveryStreamType": "DirectPut"})["DeliveryStreamNames"] == []
    )


def test_every_shard_is_asked_once_a_second_while_there_is_something(world: Any, aws: Any, kinesis: Kinesis) -> None:
    create(world, aws)
    del kinesis.reads[:]
    for _ in range(5):
        kinesis.add("shard-0", b"x")
        world.clock.step(1)
    assert kinesis.reads == [aws.start + n for n in (1, 2, 3, 4, 5) for _ in range(3)]  # to the end of shard-0
    del kinesis.reads[:]
    world.clock.step(3600)
    assert len(kinesis.reads) < 2 * 3600 / 5 + 10


def test_puts_are_refused(world: Any, aws: Any, kinesis: Kinesis) -> None:
    create(world, aws)
    with pytest.raises(AwsError, match="InvalidArgumentException: This operation is not permitted on KinesisStream"):
        world.put(b"x")
    with pytest.raises(AwsError, match="InvalidArgumentException: This operation"):
        world.firehose.handle("PutRecord", {"DeliveryStreamName": "s", "Record": {"Data": "eA=="}})
    with pytest.raises(AwsError, match="InvalidArgumentException: Server-side"):
        world.firehose.handle("StartDeliveryStreamEncryption", {"DeliveryStreamName": "s"})


def test_the_function_is_told_where_records_come_from(world: Any, aws: Any, kinesis: Kinesis) -> None:
    create(world, aws, **aws.transforming())
    kinesis.add("shard-1", b"a")
    world.clock.step(100)
    [event] = world.events
    assert event["sourceKinesisStreamArn"] == SOURCE
    [record] = event["records"]
    assert record["kinesisRecordMetadata"] == {
        "shardId": "shard-1",
        "partitionKey": "key",
        "approximateArrivalTimestamp": int(aws.start * 1000),
        "sequenceNumber": f"{1:020d}",
        "subsequenceNumber": "",
    }
    assert base64.b64decode(record["data"]) == b"a"


def test_a_restart_reads_on_and_delivers_what_was_read(world: Any, aws: Any, kinesis: Kinesis) -> None:
    create(world, aws, **aws.transforming())
    kinesis.add("shard-0", b"a")
    world.clock.step(10)
    kinesis.add("shard-0", b"b")
    world.restart()
    kinesis.add("shard-0", b"c")
    world.clock.step(200)
    assert b"".join(world.bodies()) == b"ABC"
    assert {record["kinesisRecordMetadata"]["partitionKey"] for e in world.events for record in e["records"]} == {"key"}
    assert world.firehose.stats("s")["records_in"] == 3


def test_a_stream_created_and_restarted_before_it_read_misses_nothing(world: Any, aws: Any, kinesis: Kinesis) -> None:
    kinesis.add("shard-0", b"before")
    create(world, aws)
    kinesis.add("shard-0", b"a")
    world.restart()
    world.clock.step(100)
    assert world.bodies() == [b"a"]


def test_new_shards_are_read_from_their_beginning(world: Any, aws: Any, kinesis: Kinesis) -> None:
    create(world, aws)
    kinesis.add("shard-0", b"a")
    kinesis.closed = {"shard-0"}
    kinesis.data["shard-2"] = []
    kinesis.add("shard-2", b"b")
    world.clock.step(100)
    assert world.bodies() == [b"ab"]
    kinesis.data["shard-3"] = []
    kinesis.add("shard-3", b"c")
    world.clock.step(150)
    assert world.bodies() == [b"ab", b"c"]


def test_more_than_a_page_is_read_at_once(world: Any, aws: Any, kinesis: Kinesis) -> None:
    create(world, aws, **aws.hints(1, 0))
    kinesis.add("shard-0", *[b"%d\n" % n for n in range(2500)])
    world.clock.step(1)
    assert b"".join(world.bodies()) == b"".join(b"%d\n" % n for n in range(2500))


def test_errors_of_kinesis_delay_and_lose_nothing(
    world: Any, aws: Any, kinesis: Kinesis, caplog: pytest.LogCaptureFixture
) -> None:
    create(world, aws)
    kinesis.add("shard-0", b"a")
    kinesis.failures = [aws.client_error("ExpiredIteratorException", 400), aws.client_error("InternalFailure")]
    world.clock.step(100)
    assert world.bodies() == [b"a"]
    assert "cannot be read" in caplog.text


def test_reading_waits_while_memory_is_full(
    world: Any, aws: Any, kinesis: Kinesis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stream_module, "HELD_BYTES", 3_000_000)
    create(world, aws, **aws.hints(1, 60))
    world.s3_failures = [aws.client_error("SlowDown")] * 1000
    kinesis.add("shard-0", *[b"x" * 999 + b"\n"] * 9000)
    world.clock.step(100)
    assert world.firehose._streams["s"].held < 5_000_000
    world.s3_failures = []
    world.clock.step(500)
    assert len(b"".join(world.bodies()).splitlines()) == 9000


def test_a_deleted_stream_reads_no_more(world: Any, aws: Any, kinesis: Kinesis) -> None:
    create(world, aws)
    kinesis.add("shard-0", b"a")
    world.clock.step(10)
    world.firehose.handle("DeleteDeliveryStream", {"DeliveryStreamName": "s"})
    assert world.bodies() == [b"a"]
    del kinesis.reads[:]
    world.clock.step(100)
    assert kinesis.reads == []


def test_what_is_refused(world: Any, aws: Any, kinesis: Kinesis) -> None:
    with pytest.raises(AwsError, match="InvalidArgumentException: the Kinesis data stream none cannot be read"):
        create(world, aws, arn=SOURCE.replace("clicks", "none"))
    assert world.firehose.handle("ListDeliveryStreams", {})["DeliveryStreamNames"] == []
    destination = {"RoleARN": aws.role, "BucketARN": "arn:aws:s3:::bucket"}
    params: dict[str, Any] = {"DeliveryStreamName": "s", "ExtendedS3DestinationConfiguration": destination}
    source = {"KinesisStreamARN": SOURCE, "RoleARN": aws.role}
    for wrong in (
        {"DeliveryStreamType": "KinesisStreamAsSource"},
        {"KinesisStreamSourceConfiguration": source},
        {
            "DeliveryStreamType": "KinesisStreamAsSource",
            "KinesisStreamSourceConfiguration": source,
            "DirectPutSourceConfiguration": {"ThroughputHintInMBs": 1},
        },
    ):
        with pytest.raises(AwsError, match="InvalidArgumentException"):
            world.firehose.handle("CreateDeliveryStream", params | wrong)
