"""Analytics applications on a stepped clock: a real Firehose and SQL engine, S3 and Lambda in memory."""

from __future__ import annotations

import base64
import io
import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
from botocore.validate import ParamValidator

from helpers.local_aws.clock import Clock
from helpers.local_aws.firehose import FirehoseService
from helpers.local_aws.journal import Journal
from helpers.local_aws.kinesisanalytics import KinesisAnalyticsService
from helpers.local_aws.kinesisanalytics.v1 import KinesisAnalyticsV1
from helpers.local_aws.protocol import operation_model
from helpers.local_aws.runtime import Runtime

START = 1_790_000_000.0  # 2026-09-21 14:13:20 UTC, the beginning of a 10 s window
ROLE, DELIVERY = "arn:aws:iam::123456789012:role/analytics", "arn:aws:iam::123456789012:role/delivery"
SOURCE = "arn:aws:firehose:us-east-1:123456789012:deliverystream/clicks"
FUNCTION = "arn:aws:lambda:us-east-1:123456789012:function:notify"
PREPARE = "arn:aws:lambda:us-east-1:123456789012:function:prepare"
COUNTING = """
CREATE OR REPLACE STREAM "COUNTS" ("CLICKS" INTEGER, "KIND" VARCHAR(16));
CREATE OR REPLACE PUMP "P" AS INSERT INTO "COUNTS"
SELECT STREAM COUNT(*), "browseraction" FROM "SOURCE_SQL_STREAM_001"
GROUP BY "browseraction", STEP("SOURCE_SQL_STREAM_001".ROWTIME BY INTERVAL '10' SECOND);
"""
SCHEMA = {
    "RecordFormat": {
        "RecordFormatType": "JSON",
        "MappingParameters": {"JSONMappingParameters": {"RecordRowPath": "$"}},
    },
    "RecordEncoding": "UTF-8",
    "RecordColumns": [
        {"Name": "browseraction", "SqlType": "VARCHAR(16)", "Mapping": "$.browseraction"},
        {"Name": "site", "SqlType": "VARCHAR(64)", "Mapping": "$.site"},
    ],
}


class Kinesis:
    """The part of boto3's client of Kinesis that sources and outputs use, over lists."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self.clock = clock
        self.shards: dict[str, list[dict[str, Any]]] = {"shardId-000000000000": [], "shardId-000000000001": []}
        self.refused: list[str] = []  # error codes for records to come
        self.failures: list[Exception] = []
        self.number = 0

    def add(self, shard: int, data: bytes, key: str = "key") -> None:
        self.number += 1
        record = {"SequenceNumber": f"{self.number:020d}", "Data": data, "PartitionKey": key}
        arrival = datetime.fromtimestamp(self.clock(), UTC)
        self.shards[f"shardId-{shard:012d}"].append(record | {"ApproximateArrivalTimestamp": arrival})

    def data(self) -> list[bytes]:
        return [record["Data"] for records in self.shards.values() for record in records]

    def get_paginator(self, name: str) -> Any:
        assert name == "list_shards"
        return self

    def paginate(self, StreamName: str) -> Any:
        if StreamName != "events":
            raise client_error("ResourceNotFoundException")
        return [{"Shards": [{"ShardId": shard}]} for shard in self.shards]

    def get_shard_iterator(self, StreamName: str, ShardId: str, **start: str) -> dict[str, Any]:
        after = start.get("StartingSequenceNumber", "")
        assert start["ShardIteratorType"] == ("AFTER_SEQUENCE_NUMBER" if after else "TRIM_HORIZON")
        place = sum(record["SequenceNumber"] <= after for record in self.shards[ShardId])
        return {"ShardIterator": f"{ShardId}/{place}"}

    def get_records(self, ShardIterator: str, StreamARN: str, Limit: int = 10_000) -> dict[str, Any]:
        assert StreamARN.endswith(":stream/events")
        shard, _, place = ShardIterator.partition("/")
        records = self.shards[shard][int(place) : int(place) + Limit]
        return {"Records": records, "NextShardIterator": f"{shard}/{int(place) + len(records)}"}

    def put_records(self, StreamName: str, Records: list[dict[str, Any]]) -> dict[str, Any]:
        assert StreamName == "events"
        assert len(Records) <= 500
        if self.failures:
            raise self.failures.pop(0)
        answers: list[dict[str, Any]] = []
        for number, record in enumerate(Records):
            if self.refused:
                answers.append({"ErrorCode": self.refused.pop(0), "ErrorMessage": "slow down"})
            else:
                self.add(number % 2, record["Data"], record["PartitionKey"])
                answers.append({"SequenceNumber": str(self.number), "ShardId": "s"})
        return {"Records": answers, "FailedRecordCount": 0}


class World:
    """The APIs of the services, the functions' calls, and the clock."""

    prepare_arn, delivery_role = PREPARE, DELIVERY
    start, function_arn, counting, schema, source, role = START, FUNCTION, COUNTING, SCHEMA, SOURCE, ROLE

    stream_arn, table = "arn:aws:kinesis:us-east-1:123456789012:stream/events", "arn:aws:s3:::tables"

    def __init__(self) -> None:
        self.journal = Journal()
        self.events: list[dict[str, Any]] = []
        self.times: list[float] = []
        self.function: Callable[[dict[str, Any]], Any] = all_ok
        self.prepared: list[dict[str, Any]] = []
        self.prepare: Callable[[dict[str, Any]], Any] = as_it_is
        self.acted: list[tuple[str, str]] = []  # clients asked for, and the role they acted under
        self.refused: set[str] = set()  # roles that may not be taken
        self.objects: dict[tuple[str, str], bytes] = {}
        self.kinesis = Kinesis(lambda: self.clock.now())
        self._begin(START, 7)
        self.firehose.handle(
            "CreateDeliveryStream",
            {
                "DeliveryStreamName": "clicks",
                "S3DestinationConfiguration": {"RoleARN": DELIVERY, "BucketARN": "arn:aws:s3:::b"},
            },
        )

    def _begin(self, when: float, seed: int) -> None:
        self.clock = Clock("stepped", when, held=True)
        self.runtime = Runtime(
            self.clock, "123456789012", "us-east-1", seed, self.client, Path(), self.journal, assume=self.assume
        )
        self.firehose = FirehoseService(self.runtime)
        self.analytics = KinesisAnalyticsService(self.runtime, self.firehose)
        self.v1 = KinesisAnalyticsV1(self.runtime, self.analytics)
        self.firehose.restore()
        self.analytics.restore()
        self.clock.release()

    def kill(self, seed: int = 7) -> None:
        """As kill -9 and a new start: what was in memory is gone, the journal and the others' state are there."""
        now = self.clock.now()
        self.clock.close()
        # What ran at that moment could go on a bit: a process that is killed cannot.
        errors = [each for each in self.clock.errors if "the clock is closed" not in each[2]]
        self._begin(now, seed)
        self.clock.errors[:0] = errors

    def client(self, name: str, key: str = "") -> Any:
        self.acted.append((name, key))
        return self.kinesis if name == "kinesis" else self

    def assume(self, role: str, principal: str) -> str:
        assert principal == ("firehose.amazonaws.com" if role == DELIVERY else "kinesisanalytics.amazonaws.com")
        if role in self.refused:
            raise client_error("AccessDenied")
        return role

    def put_object(self, **arguments: Any) -> None:
        assert arguments["Bucket"] == "b"

    def put_metric_data(self, **arguments: Any) -> None:
        assert arguments["Namespace"]

    def get_object(self, Bucket: str, Key: str) -> dict[str, Any]:
        if (Bucket, Key) not in self.objects:
            raise client_error("NoSuchKey")
        return {"Body": io.BytesIO(self.objects[Bucket, Key])}

    def put_record_batch(self, DeliveryStreamName: str, Records: list[dict[str, Any]]) -> dict[str, Any]:
        records = [{"Data": base64.b64encode(each["Data"]).decode()} for each in Records]
        params = {"DeliveryStreamName": DeliveryStreamName, "Records": records}
        return self.firehose.handle("PutRecordBatch", params)

    def invoke(self, FunctionName: str, Payload: bytes) -> dict[str, Any]:
        event = json.loads(Payload)
        if FunctionName == PREPARE:
            self.prepared.append(event)
            answer = self.prepare(event)
        else:
            assert FunctionName == FUNCTION
            self.events.append(event)
            self.times.append(self.clock.now() - START)
            answer = self.function(event)
        if isinstance(answer, ClientError):
            raise answer
        if isinstance(answer, Exception):
            return {"FunctionError": "Unhandled", "Payload": io.BytesIO(str(answer).encode())}
        return {"Payload": io.BytesIO(answer if isinstance(answer, bytes) else json.dumps(answer).encode())}

    def call(self, operation: str, **params: Any) -> dict[str, Any]:
        """Call an operation; the answer must fit botocore's model."""
        answer = self.analytics.handle(operation, params)
        report = ParamValidator().validate(answer, operation_model(self.analytics.name, operation).output_shape)
        assert not report.has_errors(), report.generate_report()
        return answer

    def call_v1(self, operation: str, **params: Any) -> dict[str, Any]:
        """Call an operation of version 1; the answer must fit botocore's model."""
        answer = self.v1.handle(operation, params)
        shape = operation_model(self.v1.name, operation).output_shape
        report = ParamValidator().validate(answer, shape)
        assert not report.has_errors(), report.generate_report()
        return answer

    def create(self, code: str = COUNTING, name: str = "app", **more: Any) -> dict[str, Any]:
        sql = {"Inputs": [self.input()], "Outputs": [self.output()]} | more
        configuration: dict[str, Any] = {
            "SqlApplicationConfiguration": {key: value for key, value in sql.items() if value},
            "ApplicationCodeConfiguration": {
                "CodeContent": {"TextContent": code},
                "CodeContentType": "PLAINTEXT",
            },
        }
        return self.call(
            "CreateApplication",
            ApplicationName=name,
            RuntimeEnvironment="SQL-1_0",
            ServiceExecutionRole=ROLE,
            ApplicationConfiguration=configuration,
        )["ApplicationDetail"]  # type: ignore[no-any-return]

    def input(self) -> dict[str, Any]:
        return {
            "NamePrefix": "SOURCE_SQL_STREAM",
            "KinesisFirehoseInput": {"ResourceARN": SOURCE},
            "InputSchema": SCHEMA,
        }

    def input_of_kinesis(self, **more: Any) -> dict[str, Any]:
        given = {key: value for key, value in self.input().items() if key != "KinesisFirehoseInput"}
        return given | {"KinesisStreamsInput": {"ResourceARN": self.stream_arn}} | more

    def processed(self) -> dict[str, Any]:
        """A member of an input: the pre-processing function."""
        return {"InputProcessingConfiguration": {"InputLambdaProcessor": {"ResourceARN": PREPARE}}}

    def output(self, stream: str = "COUNTS", form: str = "JSON") -> dict[str, Any]:
        return {
            "Name": stream,
            "LambdaOutput": {"ResourceARN": FUNCTION},
            "DestinationSchema": {"RecordFormatType": form},
        }

    def run(self, code: str = COUNTING, **more: Any) -> None:
        self.create(code, **more)
        self.call("StartApplication", ApplicationName="app")

    def runner(self, name: str = "app") -> Any:
        return self.analytics.applications.named(name).runner

    def describe(self, name: str = "app") -> dict[str, Any]:
        return self.call("DescribeApplication", ApplicationName=name)["ApplicationDetail"]  # type: ignore[no-any-return]

    def put(self, *data: bytes) -> None:
        records = [{"Data": base64.b64encode(each).decode()} for each in data]
        self.firehose.handle("PutRecordBatch", {"DeliveryStreamName": "clicks", "Records": records})

    def act(self, action: str, times: int = 1) -> None:
        self.put(*[json.dumps({"browseraction": action, "site": "x"}).encode() + b"\n"] * times)

    def rows(self, stream: str = "COUNTS") -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = self.analytics.stream_rows("app", stream)["rows"]
        return rows

    def received(self) -> list[Any]:
        return [decoded(each) for event in self.events for each in event["records"]]


def decoded(record: dict[str, Any]) -> Any:
    return json.loads(base64.b64decode(record["data"]))


def as_it_is(event: dict[str, Any]) -> dict[str, Any]:
    records = event["records"]
    return {"records": [{"recordId": each["recordId"], "result": "Ok", "data": each["data"]} for each in records]}


def client_error(code: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": code}}, "Operation")


def all_ok(event: dict[str, Any]) -> dict[str, Any]:
    return {"records": [{"recordId": each["recordId"], "result": "Ok"} for each in event["records"]]}


@pytest.fixture
def world() -> Iterator[World]:
    world = World()
    yield world
    errors = [text for _, _, text in world.clock.errors]
    world.clock.close()
    assert errors == []
