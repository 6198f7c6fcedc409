"""Analytics applications on a stepped clock: a real Firehose and SQL engine, S3 and Lambda in memory."""

from __future__ import annotations

import base64
import io
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
from botocore.validate import ParamValidator

from helpers.local_aws.clock import Clock
from helpers.local_aws.firehose import FirehoseService
from helpers.local_aws.kinesisanalytics import KinesisAnalyticsService
from helpers.local_aws.protocol import operation_model
from helpers.local_aws.runtime import Runtime

START = 1_790_000_000.0  # 2026-09-21 14:13:20 UTC, the beginning of a 10 s window
ROLE = "arn:aws:iam::123456789012:role/analytics"
SOURCE = "arn:aws:firehose:us-east-1:123456789012:deliverystream/clicks"
FUNCTION = "arn:aws:lambda:us-east-1:123456789012:function:notify"
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


class World:
    """The APIs of both services, the function's calls, and the clock."""

    start, function_arn, counting, schema, source, role = START, FUNCTION, COUNTING, SCHEMA, SOURCE, ROLE

    def __init__(self) -> None:
        self.clock = Clock("stepped", START)
        self.events: list[dict[str, Any]] = []
        self.times: list[float] = []
        self.function: Callable[[dict[str, Any]], Any] = all_ok
        self.runtime = Runtime(self.clock, "123456789012", "us-east-1", 7, lambda name: self, Path())
        self.firehose = FirehoseService(self.runtime)
        self.analytics = KinesisAnalyticsService(self.runtime, self.firehose)
        self.firehose.handle(
            "CreateDeliveryStream",
            {
                "DeliveryStreamName": "clicks",
                "S3DestinationConfiguration": {"RoleARN": ROLE, "BucketARN": "arn:aws:s3:::b"},
            },
        )

    def put_object(self, **arguments: Any) -> None:
        assert arguments["Bucket"] == "b"

    def invoke(self, FunctionName: str, Payload: bytes) -> dict[str, Any]:
        assert FunctionName == FUNCTION
        event = json.loads(Payload)
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

    def output(self, stream: str = "COUNTS", form: str = "JSON") -> dict[str, Any]:
        return {
            "Name": stream,
            "LambdaOutput": {"ResourceARN": FUNCTION},
            "DestinationSchema": {"RecordFormatType": form},
        }

    def run(self, code: str = COUNTING, **more: Any) -> None:
        self.create(code, **more)
        self.call("StartApplication", ApplicationName="app")

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


def all_ok(event: dict[str, Any]) -> dict[str, Any]:
    return {"records": [{"recordId": each["recordId"], "result": "Ok"} for each in event["records"]]}


@pytest.fixture
def world() -> Iterator[World]:
    world = World()
    yield world
    errors = [text for _, _, text in world.clock.errors]
    world.clock.close()
    assert errors == []
