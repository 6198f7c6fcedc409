"""A Firehose on a stepped clock, with S3, Lambda and Logs in memory."""

from __future__ import annotations

import base64
import gzip
import io
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from helpers.local_aws.clock import Clock
from helpers.local_aws.firehose import FirehoseService
from helpers.local_aws.journal import Journal
from helpers.local_aws.runtime import Runtime

START = 1_790_000_000.0  # 2026-09-21 14:13:20 UTC
ROLE = "arn:aws:iam::123456789012:role/delivery"
FUNCTION = "arn:aws:lambda:us-east-1:123456789012:function:transform"

Answers = Callable[[dict[str, Any]], Any]


def client_error(code: str, status: int = 500) -> ClientError:
    response: Any = {"Error": {"Code": code, "Message": code}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return ClientError(response, "Operation")


class World:
    """What the Firehose sees of AWS: objects put, functions invoked, lines logged; and its own API."""

    def __init__(self, journal: Journal | None = None) -> None:
        self.journal = journal or Journal()
        self.objects: list[dict[str, Any]] = []
        self.put_times: list[float] = []
        self.events: list[dict[str, Any]] = []
        self.metrics: list[dict[str, Any]] = []
        self.event_times: list[float] = []
        self.logged: list[dict[str, Any]] = []
        self.s3_failures: list[Exception] = []
        self.logs_failure: Exception | None = None
        self.function: Answers = lambda event: {"records": [ok(each) for each in event["records"]]}
        self.kinesis: Any = None
        self.start(START)

    def start(self, when: float) -> None:
        self.clock = Clock("stepped", when)
        self.runtime = Runtime(self.clock, "123456789012", "us-east-1", 7, self.client, Path(), self.journal)
        self.firehose = FirehoseService(self.runtime)
        self.firehose.restore()

    def restart(self) -> None:
        """As after kill -9: what was in memory is gone, the journal and S3 are there."""
        now = self.clock.now()
        self.clock.close()
        self.start(now)

    def journal_is_empty(self, name: str = "s") -> bool:
        """Whether no record waits, on any way."""
        return not list(self.journal.entries(f"firehose {name}")) and not self.journal.load(f"firehose-done {name}")

    def client(self, name: str) -> Any:
        return self.kinesis if name == "kinesis" else self

    def put_object(self, **arguments: Any) -> None:
        self.put_times.append(self.clock.now() - START)
        if self.s3_failures:
            raise self.s3_failures.pop(0)
        self.objects.append(arguments)

    def put_metric_data(self, **arguments: Any) -> None:
        self.metrics.append(arguments)

    def invoke(self, FunctionName: str, Payload: bytes) -> dict[str, Any]:
        assert FunctionName == FUNCTION
        event = json.loads(Payload)
        self.events.append(event)
        self.event_times.append(self.clock.now() - START)
        answer = self.function(event)
        if isinstance(answer, Exception):
            if isinstance(answer, ClientError):
                raise answer
            body = json.dumps({"errorMessage": str(answer)}).encode()
            return {"FunctionError": "Unhandled", "Payload": io.BytesIO(body)}
        return {"Payload": io.BytesIO(answer if isinstance(answer, bytes) else json.dumps(answer).encode())}

    def put_log_events(self, **arguments: Any) -> None:
        if self.logs_failure:
            raise self.logs_failure
        self.logged.append(arguments)

    def create(self, name: str = "s", **settings: Any) -> None:
        destination = {"RoleARN": ROLE, "BucketARN": "arn:aws:s3:::bucket"} | settings
        params = {"DeliveryStreamName": name, "ExtendedS3DestinationConfiguration": destination}
        self.firehose.handle("CreateDeliveryStream", params)

    def put(self, *data: bytes, name: str = "s") -> dict[str, Any]:
        records = [{"Data": base64.b64encode(each).decode()} for each in data]
        params = {"DeliveryStreamName": name, "Records": records}
        answer: dict[str, Any] = json.loads(self.firehose.answer("PutRecordBatch", params))
        return answer

    def describe(self, name: str = "s") -> dict[str, Any]:
        answer = self.firehose.handle("DescribeDeliveryStream", {"DeliveryStreamName": name})
        description: dict[str, Any] = answer["DeliveryStreamDescription"]
        return description

    def bodies(self, bucket: str = "bucket", within: str = "") -> list[bytes]:
        found = [each for each in self.objects if each["Bucket"] == bucket and within in each["Key"]]
        return [gzip.decompress(each["Body"]) if each["Key"].endswith(".gz") else each["Body"] for each in found]

    def names(self) -> list[str]:
        return [each["Key"] for each in self.objects]


def ok(record: dict[str, Any], data: bytes | None = None, result: str = "Ok") -> dict[str, Any]:
    original = base64.b64decode(record["data"])
    changed = original.upper() if data is None else data
    return {"recordId": record["recordId"], "result": result, "data": base64.b64encode(changed).decode()}


def transforming(**parameters: str) -> dict[str, Any]:
    values = {"LambdaArn": FUNCTION} | parameters
    given = [{"ParameterName": name, "ParameterValue": value} for name, value in values.items()]
    return {"ProcessingConfiguration": {"Enabled": True, "Processors": [{"Type": "Lambda", "Parameters": given}]}}


def hints(megabytes: int, seconds: int) -> dict[str, Any]:
    return {"BufferingHints": {"SizeInMBs": megabytes, "IntervalInSeconds": seconds}}


@pytest.fixture
def world() -> Iterator[World]:
    world = World()
    yield world
    errors = [text for _, _, text in world.clock.errors]
    world.clock.close()
    assert errors == []


@pytest.fixture
def make_world() -> type[World]:
    """For a test that brings a journal of its own, and closes the clock itself."""
    return World


@pytest.fixture
def aws() -> Any:
    """The helpers of this file, for tests that build settings and answers."""

    class Helpers:
        pass

    helpers: Any = Helpers()
    helpers.start, helpers.function, helpers.role = START, FUNCTION, ROLE
    helpers.ok, helpers.transforming, helpers.hints = ok, transforming, hints
    helpers.client_error = client_error
    return helpers
