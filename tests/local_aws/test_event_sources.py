"""Event source mappings on the one clock: what is put on a Kinesis data stream reaches its function as time passes.

Source: "Using AWS Lambda with Amazon Kinesis" in the Lambda developer guide.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator
from typing import Any

import pytest

from helpers.workshop import Workshop
from tests.roles import make_role

ROLE = "arn:aws:iam::123456789012:role/mapped"
# Writes what it got into a bucket, under the first sequence number; fails while there is an object "fail".
CODE = """
import base64, json, boto3
def handler(event, context):
    s3 = boto3.client("s3")
    bucket = context.function_name
    first = event["Records"][0]
    name = first["kinesis"]["sequenceNumber"]
    s3.put_object(Bucket=bucket, Key="tried/" + name + context.aws_request_id)
    if "fail" in [item["Key"] for item in s3.list_objects_v2(Bucket=bucket).get("Contents", [])]:
        raise RuntimeError("as told")
    texts = [base64.b64decode(each["kinesis"]["data"]).decode() for each in event["Records"]]
    s3.put_object(Bucket=bucket, Key="got/" + name, Body=json.dumps([texts, first]))
    if texts[-1] == "bad":
        return {"batchItemFailures": [{"itemIdentifier": event["Records"][-1]["kinesis"]["sequenceNumber"]}]}
"""


class Pipe:
    """A data stream, a function, and what has come through."""

    def __init__(self, ws: Workshop, name: str) -> None:
        self.ws, self.name = ws, name
        make_role(ws.client("iam"), ROLE)
        ws.client("s3").create_bucket(Bucket=name)
        kinesis = ws.client("kinesis")
        kinesis.create_stream(StreamName=name, ShardCount=1)
        kinesis.get_waiter("stream_exists").wait(StreamName=name, WaiterConfig={"Delay": 1})
        self.arn = kinesis.describe_stream(StreamName=name)["StreamDescription"]["StreamARN"]
        archive = io.BytesIO()
        with zipfile.ZipFile(archive, "w") as packed:
            packed.writestr("index.py", CODE)
        self.functions = ws.client("lambda")
        self.functions.create_function(
            FunctionName=name,
            Runtime="python3.12",
            Handler="index.handler",
            Role=ROLE,
            Timeout=60,
            Code={"ZipFile": archive.getvalue()},
        )
        self.functions.get_waiter("function_active_v2").wait(FunctionName=name, WaiterConfig={"Delay": 1})
        self.mappings: list[str] = []

    def map(self, **more: Any) -> str:
        made = self.functions.create_event_source_mapping(
            FunctionName=self.name, EventSourceArn=self.arn, **{"StartingPosition": "LATEST", **more}
        )
        self.mappings.append(made["UUID"])
        return str(made["UUID"])

    def put(self, *texts: str) -> None:
        for text in texts:
            self.ws.client("kinesis").put_record(StreamName=self.name, Data=text.encode(), PartitionKey="p")

    def keys(self, prefix: str) -> list[str]:
        found = self.ws.client("s3").list_objects_v2(Bucket=self.name, Prefix=prefix).get("Contents", [])
        return sorted(item["Key"] for item in found)

    def got(self) -> list[list[Any]]:
        s3 = self.ws.client("s3")
        return [json.loads(s3.get_object(Bucket=self.name, Key=key)["Body"].read()) for key in self.keys("got/")]

    def close(self) -> None:
        for mapping in self.mappings:
            self.functions.delete_event_source_mapping(UUID=mapping)
        self.functions.delete_function(FunctionName=self.name)
        self.ws.client("kinesis").delete_stream(StreamName=self.name)


@pytest.fixture
def pipe(workshop: Workshop, request: pytest.FixtureRequest) -> Iterator[Pipe]:
    made = Pipe(workshop, request.node.name.replace("_", "-")[:50].strip("-"))
    yield made
    made.close()


def test_records_reach_the_function_when_time_passes_and_not_before(pipe: Pipe) -> None:
    pipe.put("before")
    pipe.map()
    pipe.put("a", "b")
    assert pipe.keys("tried/") == []
    pipe.ws.clock.step(5)
    [[texts, first]] = pipe.got()
    assert texts == ["a", "b"]
    assert first["eventSource"] == "aws:kinesis"
    assert first["eventSourceARN"] == pipe.arn
    assert first["invokeIdentityArn"] == ROLE
    assert first["kinesis"]["partitionKey"] == "p"
    assert first["eventID"] == f"shardId-000000000000:{first['kinesis']['sequenceNumber']}"


def test_trim_horizon_and_the_batch_size_are_kept_to(pipe: Pipe) -> None:
    pipe.put("a", "b", "c")
    pipe.map(StartingPosition="TRIM_HORIZON", BatchSize=2)
    pipe.ws.clock.step(5)
    assert [texts for texts, _ in pipe.got()] == [["a", "b"], ["c"]]


def test_a_batch_whose_function_fails_comes_again_until_it_succeeds(pipe: Pipe) -> None:
    s3 = pipe.ws.client("s3")
    s3.put_object(Bucket=pipe.name, Key="fail")
    mapping = pipe.map()
    pipe.put("a")
    pipe.ws.clock.step(25)
    assert len(pipe.keys("tried/")) >= 2
    assert pipe.got() == []
    described = pipe.functions.get_event_source_mapping(UUID=mapping)
    assert described["LastProcessingResult"] == "PROBLEM: Function call failed"
    s3.delete_object(Bucket=pipe.name, Key="fail")
    pipe.ws.clock.step(15)
    assert [texts for texts, _ in pipe.got()] == [["a"]]


def test_a_batch_is_given_up_after_its_last_attempt(pipe: Pipe) -> None:
    pipe.ws.client("s3").put_object(Bucket=pipe.name, Key="fail")
    pipe.map(MaximumRetryAttempts=1)
    pipe.put("a")
    pipe.ws.clock.step(60)
    assert len(pipe.keys("tried/")) == 2


def test_a_function_that_names_a_failed_record_gets_the_batch_again_from_there(pipe: Pipe) -> None:
    pipe.map(FunctionResponseTypes=["ReportBatchItemFailures"], MaximumRetryAttempts=1)
    pipe.put("good", "bad")
    pipe.ws.clock.step(15)
    assert [texts for texts, _ in pipe.got()] == [["good", "bad"], ["bad"]]


def test_a_mapping_switched_off_waits_and_goes_on_where_it_was(pipe: Pipe) -> None:
    mapping = pipe.map(Enabled=False)
    pipe.put("a")
    pipe.ws.clock.step(20)
    assert pipe.keys("tried/") == []
    pipe.functions.update_event_source_mapping(UUID=mapping, Enabled=True)
    pipe.ws.clock.step(20)
    assert [texts for texts, _ in pipe.got()] == [["a"]]


def test_a_role_that_may_not_read_gets_nothing(pipe: Pipe) -> None:
    iam = pipe.ws.client("iam")
    iam.put_role_policy(
        RoleName="mapped",
        PolicyName="no-reading",
        PolicyDocument=json.dumps(
            {
                "Version": "2012-10-17",
                "Statement": [{"Effect": "Deny", "Action": "kinesis:GetRecords", "Resource": "*"}],
            }
        ),
    )
    try:
        pipe.map()
        pipe.put("a")
        pipe.ws.clock.step(20)
        assert pipe.keys("tried/") == []
    finally:
        iam.delete_role_policy(RoleName="mapped", PolicyName="no-reading")
