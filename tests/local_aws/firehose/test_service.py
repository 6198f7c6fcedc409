"""The Firehose API: shapes, limits, refusals."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from botocore.validate import ParamValidator

from helpers.local_aws.firehose import SourceRecord, service
from helpers.local_aws.protocol import AwsError, operation_model


def call(world: Any, name: str, **params: Any) -> dict[str, Any]:
    """Call an operation; the answer must have every member AWS promises, and no others."""
    answer: dict[str, Any] = world.firehose.handle(name, params)
    report = ParamValidator().validate(answer, operation_model("firehose", name).output_shape)
    assert not report.has_errors(), report.generate_report()
    return answer


def refused(world: Any, name: str, **params: Any) -> AwsError:
    with pytest.raises(AwsError) as caught:
        world.firehose.handle(name, params)
    return caught.value


def extended(aws: Any, **settings: Any) -> dict[str, Any]:
    return {
        "DeliveryStreamName": "s",
        "ExtendedS3DestinationConfiguration": {
            "RoleARN": aws.role, "BucketARN": "arn:aws:s3:::bucket", **settings
        },
    }  # fmt: skip


def test_create_and_describe(world: Any, aws: Any) -> None:
    answer = call(world, "CreateDeliveryStream", **extended(aws, Prefix="p/", BufferingHints={"SizeInMBs": 1}))
    assert answer == {"DeliveryStreamARN": "arn:aws:firehose:us-east-1:123456789012:deliverystream/s"}
    [destination] = call(world, "DescribeDeliveryStream", DeliveryStreamName="s")["DeliveryStreamDescription"][
        "Destinations"
    ]
    description = destination["ExtendedS3DestinationDescription"]
    assert description["BufferingHints"] == {"SizeInMBs": 1, "IntervalInSeconds": 300}
    assert description["S3BackupMode"] == "Disabled"
    assert destination["S3DestinationDescription"]["Prefix"] == "p/"
    described = world.describe()
    assert described["DeliveryStreamStatus"] == "ACTIVE"
    assert described["CreateTimestamp"] == aws.start
    assert described["VersionId"] == "1"


def test_plain_s3_destination(world: Any, aws: Any) -> None:
    settings = extended(aws)["ExtendedS3DestinationConfiguration"]
    call(world, "CreateDeliveryStream", DeliveryStreamName="s", S3DestinationConfiguration=settings)
    [destination] = world.describe()["Destinations"]
    assert "ExtendedS3DestinationDescription" not in destination
    call(world, "PutRecord", DeliveryStreamName="s", Record={"Data": base64.b64encode(b"x").decode()})
    world.clock.step(300)
    assert world.bodies() == [b"x"]


def test_name_in_use_and_unknown(world: Any, aws: Any) -> None:
    world.create()
    assert refused(world, "CreateDeliveryStream", **extended(aws)).code == "ResourceInUseException"
    for name in ("DescribeDeliveryStream", "DeleteDeliveryStream", "ListTagsForDeliveryStream"):
        assert refused(world, name, DeliveryStreamName="none").code == "ResourceNotFoundException"
    with pytest.raises(AwsError, match="none"):
        world.firehose.subscribe("none", lambda records: None)


@pytest.mark.parametrize(
    ("settings", "code"),
    [
        ({"CompressionFormat": "Snappy"}, "NotImplementedException"),
        ({"DynamicPartitioningConfiguration": {"Enabled": True}}, "NotImplementedException"),
        ({"DataFormatConversionConfiguration": {"Enabled": True}}, "NotImplementedException"),
        ({"S3BackupMode": "Enabled"}, "InvalidArgumentException"),
        ({"CloudWatchLoggingOptions": {"Enabled": True}}, "InvalidArgumentException"),
        ({"Prefix": "!{timestamp:yyyy}/"}, "InvalidArgumentException"),
        ({"BufferingHints": {"SizeInMBs": 129}}, "ValidationException"),
        ({"BufferingHints": {"IntervalInSeconds": 901}}, "ValidationException"),
    ],
)
def test_settings_that_are_refused(world: Any, aws: Any, settings: Any, code: str) -> None:
    assert refused(world, "CreateDeliveryStream", **extended(aws, **settings)).code == code
    assert call(world, "ListDeliveryStreams")["DeliveryStreamNames"] == []


@pytest.mark.parametrize(
    "parameters",
    [
        {"BufferSizeInMBs": "3.1"},
        {"BufferSizeInMBs": "0.1"},
        {"BufferIntervalInSeconds": "901"},
        {"NumberOfRetries": "301"},
        {"NumberOfRetries": "some"},
    ],
)
def test_processor_parameters_that_are_refused(world: Any, aws: Any, parameters: Any) -> None:
    error = refused(world, "CreateDeliveryStream", **extended(aws, **aws.transforming(**parameters)))
    assert error.code == "InvalidArgumentException"
    assert next(iter(parameters)) in error.message


def test_sources_and_destinations_that_are_refused(world: Any, aws: Any) -> None:
    params = extended(aws) | {"DeliveryStreamType": "KinesisStreamAsSource"}
    assert refused(world, "CreateDeliveryStream", **params).code == "NotImplementedException"
    assert "exactly one" in refused(world, "CreateDeliveryStream", DeliveryStreamName="s").message


def test_list_pages(world: Any) -> None:
    for number in range(12):
        world.create(f"s{number:02}")
    first = call(world, "ListDeliveryStreams")
    assert len(first["DeliveryStreamNames"]) == 10
    assert first["HasMoreDeliveryStreams"]
    rest = call(world, "ListDeliveryStreams", ExclusiveStartDeliveryStreamName="s09")
    assert rest == {"DeliveryStreamNames": ["s10", "s11"], "HasMoreDeliveryStreams": False}


def test_tags(world: Any) -> None:
    world.create()
    tags = [{"Key": "b", "Value": "2"}, {"Key": "a"}]
    call(world, "TagDeliveryStream", DeliveryStreamName="s", Tags=tags)
    call(world, "UntagDeliveryStream", DeliveryStreamName="s", TagKeys=["b"])
    answer = call(world, "ListTagsForDeliveryStream", DeliveryStreamName="s")
    assert answer == {"Tags": [{"Key": "a", "Value": ""}], "HasMoreTags": False}


def test_put_limits(world: Any) -> None:
    world.create()
    with pytest.raises(AwsError, match="less than or equal to 500"):
        world.put(*[b"x"] * 501)
    with pytest.raises(AwsError, match="less than or equal to 1024000"):
        world.put(b"x" * 1_024_001)
    with pytest.raises(AwsError, match="4 MB"):
        world.put(*[b"x" * 1_000_000] * 5)
    assert world.firehose.stats("s")["records_in"] == 0
    answer = world.put(*[b"x"] * 500)
    assert answer["FailedPutCount"] == 0
    assert len({each["RecordId"] for each in answer["RequestResponses"]}) == 500


def test_too_much_undelivered_is_refused_not_lost(
    world: Any, aws: Any, monkeypatch: pytest.MonkeyPatch
) -> None:  # fmt: skip
    monkeypatch.setattr(service, "HELD_BYTES", 25)
    world.create(**aws.hints(1, 60))
    answer = world.put(b"x" * 10, b"y" * 10, b"z" * 10)
    assert answer["FailedPutCount"] == 1
    assert [each.get("ErrorCode") for each in answer["RequestResponses"]] == [
        None, None, "ServiceUnavailableException"
    ]  # fmt: skip
    world.put(b"w" * 5)
    world.clock.step(60)
    assert world.bodies() == [b"x" * 10 + b"y" * 10 + b"w" * 5]
    assert world.put(b"v" * 10)["FailedPutCount"] == 0


def test_held_bytes_return_to_zero(world: Any, aws: Any) -> None:
    backup = {"RoleARN": aws.role, "BucketARN": "arn:aws:s3:::raw"}
    world.create(S3BackupMode="Enabled", S3BackupConfiguration=backup, **aws.transforming())
    world.function = lambda sent: {
        "records": [
            aws.ok(sent["records"][0], data=b"much longer than before"),
            *map(aws.ok, sent["records"][2:]),
        ]
    }
    world.put(b"a", b"b", b"c")
    stream = world.firehose._streams["s"]
    assert stream.held == 6
    world.clock.step(400)
    assert stream.held == 0
    assert world.bodies() and world.firehose.stats("s")["buffered"] == 0


def test_update_checks_version_and_destination(world: Any) -> None:
    world.create()
    params: dict[str, Any] = {
        "DeliveryStreamName": "s",
        "CurrentDeliveryStreamVersionId": "2",
        "DestinationId": "destinationId-000000000001",
        "ExtendedS3DestinationUpdate": {"Prefix": "q/"},
    }
    assert refused(world, "UpdateDestination", **params).code == "ConcurrentModificationException"
    params["CurrentDeliveryStreamVersionId"] = "1"
    assert refused(world, "UpdateDestination", **params | {"DestinationId": "d"}).code == "InvalidArgumentException"
    wrong = params | {"ExtendedS3DestinationUpdate": {"Prefix": "!{timestamp:Q}/"}}
    assert refused(world, "UpdateDestination", **wrong).code == "InvalidArgumentException"
    assert world.describe()["VersionId"] == "1"
    call(world, "UpdateDestination", **params)
    described = world.describe()
    assert described["VersionId"] == "2"
    description = described["Destinations"][0]["ExtendedS3DestinationDescription"]
    assert description["Prefix"] == "q/"
    assert description["BufferingHints"] == {"SizeInMBs": 5, "IntervalInSeconds": 300}


def test_subscribers_see_records_as_they_are_put(world: Any, aws: Any) -> None:
    world.create()
    seen: list[SourceRecord] = []
    world.firehose.subscribe("s", seen.extend)
    world.put(b"a", b"b")
    world.clock.step(1)
    world.put(b"c")
    assert [(record.data, record.arrival) for record in seen] == [
        (b"a", aws.start), (b"b", aws.start), (b"c", aws.start + 1)
    ]  # fmt: skip
    world.firehose.unsubscribe("s", seen.extend)
    world.put(b"d")
    assert len(seen) == 3


def test_recent_records(world: Any) -> None:
    world.create()
    world.put(b"old")
    world.clock.step(601)
    for _ in range(3):
        world.put(*[b"x"] * 400)
    assert len(world.firehose.recent("s")) == 1000
    world.clock.step(10)
    world.put(b"new")
    assert [record.data for record in world.firehose.recent("s", 5)] == [b"new"]
