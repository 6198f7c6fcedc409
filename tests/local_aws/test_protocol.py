"""The JSON protocol: dispatch, decoding by botocore's models, refusals in AWS's words."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from helpers.local_aws.clock import Clock
from helpers.local_aws.protocol import AwsError, JsonService, _pattern, operation, service_model
from helpers.local_aws.runtime import Runtime


class Echo(JsonService):
    name = "firehose"

    @operation
    def put_record(self, params: dict[str, Any]) -> dict[str, Any]:
        self.got = params
        return {"RecordId": "1", "Encrypted": None, "Extra": [b"x", datetime.fromtimestamp(5.5, UTC)]}

    @operation
    def put_record_batch(self, params: dict[str, Any]) -> dict[str, Any]:
        raise AwsError("ServiceUnavailableException", "slow down", 503)

    @operation
    def tag_delivery_stream(self, params: dict[str, Any]) -> dict[str, Any]:
        return {}

    @operation
    def create_delivery_stream(self, params: dict[str, Any]) -> dict[str, Any]:
        self.got = params
        return {}


@pytest.fixture
def echo() -> Iterator[Echo]:
    clock = Clock("stepped", 0)
    yield Echo(Runtime(clock, "123456789012", "us-east-1", 7, lambda name: None, Path()))
    clock.close()


def refusal(service: JsonService, name: str, params: Any) -> AwsError:
    with pytest.raises(AwsError) as caught:
        service.handle(name, params)
    return caught.value


def record(data: str) -> dict[str, Any]:
    return {"DeliveryStreamName": "s", "Record": {"Data": data}}


def test_blobs_in_bytes_and_times_out(echo: Echo) -> None:
    answer = echo.handle("PutRecord", record(base64.b64encode(b"\x00hello").decode()) | {"Unknown": 1})
    assert echo.got == {"DeliveryStreamName": "s", "Record": {"Data": b"\x00hello"}}
    assert answer == {"RecordId": "1", "Extra": ["eA==", 5.5]}


def test_unknown_and_unoffered_operations(echo: Echo) -> None:
    assert refusal(echo, "PutRecrd", {}).code == "UnknownOperationException"
    error = refusal(echo, "StartDeliveryStreamEncryption", {})
    assert error.code == "NotImplementedException"
    assert error.status == 501
    assert "firehose:StartDeliveryStreamEncryption" in error.message


def test_missing_members_are_all_named(echo: Echo) -> None:
    error = refusal(echo, "PutRecord", {})
    assert error.code == "ValidationException"
    assert error.message == (
        "2 validation errors detected: "
        "Value null at 'deliveryStreamName' failed to satisfy constraint: Member must not be null; "
        "Value null at 'record' failed to satisfy constraint: Member must not be null"
    )


@pytest.mark.parametrize(
    ("name", "params", "words"),
    [
        ("PutRecord", record("") | {"DeliveryStreamName": ""}, "greater than or equal to 1"),
        ("PutRecord", record("") | {"DeliveryStreamName": "x" * 65}, "less than or equal to 64"),
        ("PutRecord", record("") | {"DeliveryStreamName": "a b"}, r"pattern: \[a-zA-Z0-9_.-\]\+"),
        ("PutRecordBatch", {"DeliveryStreamName": "s", "Records": []}, "at 'records' failed"),
        ("PutRecordBatch", {"DeliveryStreamName": "s", "Records": [{}]}, r"'records\.1\.member\.data'"),
        ("CreateDeliveryStream", {"DeliveryStreamName": "s", "DeliveryStreamType": "X"}, "enum value set"),
        ("TagDeliveryStream", {"DeliveryStreamName": "s", "Tags": [{"Key": "aws:x"}]}, "pattern"),
    ],
)
def test_constraints_of_the_model(echo: Echo, name: str, params: dict[str, Any], words: str) -> None:
    error = refusal(echo, name, params)
    assert error.code == "ValidationException"
    assert re.search(words, error.message), error.message


@pytest.mark.parametrize(
    "params",
    [record("not base64!"), record(5), {"DeliveryStreamName": True}, [], {"Record": []}],
)
def test_wrong_types(echo: Echo, params: Any) -> None:
    assert refusal(echo, "PutRecord", params).code == "SerializationException"


def test_number_bounds(echo: Echo) -> None:
    hints = {"BufferingHints": {"SizeInMBs": 0, "IntervalInSeconds": 901}}
    s3 = {"RoleARN": "arn:aws:iam::123456789012:role/r", "BucketARN": "arn:aws:s3:::b", **hints}
    params = {"DeliveryStreamName": "s", "ExtendedS3DestinationConfiguration": s3}
    message = refusal(echo, "CreateDeliveryStream", params).message
    assert message.startswith("2 validation errors")
    assert "Value '901' at 'extendedS3DestinationConfiguration.bufferingHints.intervalInSeconds'" in message


def test_errors_carry_status_and_body(echo: Echo) -> None:
    error = refusal(echo, "PutRecordBatch", {"DeliveryStreamName": "s", "Records": [{"Data": ""}]})
    assert error.status == 503
    assert error.body() == {"__type": "ServiceUnavailableException", "message": "slow down"}


def test_a_method_the_api_does_not_know_is_a_mistake() -> None:
    class Wrong(JsonService):
        name = "firehose"

        @operation
        def put_recrod(self, params: dict[str, Any]) -> dict[str, Any]:
            return params

    clock = Clock("stepped", 0)
    try:
        with pytest.raises(TypeError, match="put_recrod"):
            Wrong(Runtime(clock, "1", "r", 7, lambda name: None, Path()))
    finally:
        clock.close()


@pytest.mark.parametrize("service", ["firehose", "kinesisanalyticsv2"])
def test_every_pattern_of_the_models_compiles(service: str) -> None:
    model = service_model(service)
    patterns = [model.shape_for(name).metadata.get("pattern") for name in model.shape_names]
    assert [_pattern(pattern) for pattern in patterns if pattern]
