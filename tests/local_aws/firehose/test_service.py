"""The Firehose API: shapes, limits, refusals."""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from typing import Any

import pytest
from botocore.validate import ParamValidator

from helpers.local_aws.firehose import SourceRecord, books
from helpers.local_aws.firehose import stream as stream_module
from helpers.local_aws.firehose.quota import Limits
from helpers.local_aws.protocol import AwsError, operation_model


def call(world: Any, name: str, **params: Any) -> dict[str, Any]:
    """Call an operation; the answer must have every member AWS promises, and no others."""
    answer: dict[str, Any] = json.loads(world.firehose.answer(name, params))
    report = ParamValidator().validate(answer, operation_model("firehose", name).output_shape)
    assert not report.has_errors(), report.generate_report()
    return answer


def refused(world: Any, name: str, **params: Any) -> AwsError:
    with pytest.raises(AwsError) as caught:
        world.firehose.answer(name, params)
    return caught.value


def extended(aws: Any, **settings: Any) -> dict[str, Any]:
    return {
        "DeliveryStreamName": "s",
        "ExtendedS3DestinationConfiguration": {
            "RoleARN": aws.role, "BucketARN": "arn:aws:s3:::bucket", **settings
        },
    }  # fmt: skip


def test_create_and_describe(world: Any, aws: Any) -> None:
    hints = {"SizeInMBs": 1, "IntervalInSeconds": 300}
    answer = call(world, "CreateDeliveryStream", **extended(aws, Prefix="p/", BufferingHints=hints))
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
        ({"DynamicPartitioningConfiguration": {"Enabled": True}}, "NotImplementedException"),
        ({"DataFormatConversionConfiguration": {"Enabled": True}}, "NotImplementedException"),
        ({"S3BackupMode": "Enabled"}, "InvalidArgumentException"),
        ({"CloudWatchLoggingOptions": {"Enabled": True}}, "InvalidArgumentException"),
        ({"Prefix": "!{timestamp:yyyy}/"}, "InvalidArgumentException"),
        ({"BufferingHints": {"SizeInMBs": 5}}, "InvalidArgumentException"),
        ({"BufferingHints": {"IntervalInSeconds": 60}}, "InvalidArgumentException"),
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
    params = extended(aws) | {"DeliveryStreamType": "MSKAsSource"}
    assert refused(world, "CreateDeliveryStream", **params).code == "NotImplementedException"
    bucket = {"RoleARN": aws.role, "BucketARN": "arn:aws:s3:::b"}
    endpoint = {"EndpointConfiguration": {"Url": "https://example.com"}, "S3Configuration": bucket}
    http = {"DeliveryStreamName": "s", "HttpEndpointDestinationConfiguration": endpoint}
    assert refused(world, "CreateDeliveryStream", **http).code == "NotImplementedException"
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
    monkeypatch.setattr(stream_module, "HELD_BYTES", 25)
    monkeypatch.setattr(books, "OVERHEAD", 0)
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
    assert stream.held == 2 * (3 + 3 * books.OVERHEAD)
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


def throttling(world: Any, count: int) -> list[bool]:
    answer = call(
        world,
        "PutRecordBatch",
        DeliveryStreamName="s",
        Records=[{"Data": base64.b64encode(b"x" * 100_000).decode()}] * count,
    )
    refusals = [each.get("ErrorCode") == "ServiceUnavailableException" for each in answer["RequestResponses"]]
    assert answer["FailedPutCount"] == sum(refusals)
    assert all(
        ("RecordId" in each) != refusal for each, refusal in zip(answer["RequestResponses"], refusals, strict=True)
    )
    return refusals


def test_more_than_the_quota_of_a_second_is_throttled_on_real_time_only(world: Any, aws: Any) -> None:
    world.create(**aws.hints(128, 900))
    assert not any(refusal for _ in range(10) for refusal in throttling(world, 40))
    world.clock.set_mode("real")
    world.firehose._streams["s"].quota.limits = Limits(500_000, 2_000, 1_000_000)
    world.firehose._streams["s"].quota._left = Limits(500_000, 2_000, 1_000_000)
    world.firehose._streams["s"].quota._at = world.clock.now() + 60  # nothing is refilled meanwhile
    assert throttling(world, 14) == [False] * 10 + [True] * 4
    with pytest.raises(AwsError, match="ServiceUnavailableException: Slow down"):
        call(world, "PutRecord", DeliveryStreamName="s", Record={"Data": base64.b64encode(b"x" * 100).decode()})
    assert world.firehose.stats("s")["records_in"] == 410


def test_memory_is_bounded_while_s3_is_down_and_nothing_acknowledged_is_lost(
    world: Any, aws: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stream_module, "HELD_BYTES", 5_000_000)
    world.create(**aws.hints(1, 60))
    world.s3_failures = [aws.client_error("SlowDown")] * 10_000
    acknowledged = 0
    for _ in range(100):
        acknowledged += 500 - world.put(*[b"x" * 99 + b"\n"] * 500)["FailedPutCount"]
        world.clock.step(1)
    stream = world.firehose._streams["s"]
    assert 4_900_000 < stream.held <= 5_000_000 + 500 * books.OVERHEAD
    assert 10_000 < acknowledged < 20_000
    world.s3_failures = []
    world.clock.step(1000)
    assert len(b"".join(world.bodies()).splitlines()) == acknowledged
    assert stream.held == 0
    assert world.put(b"again")["FailedPutCount"] == 0


def test_the_newest_records_for_discovery_take_little_memory(world: Any) -> None:
    world.create()
    for _ in range(12):
        world.put(*[b"x" * 1_000_000] * 4)
    kept = world.firehose.recent("s")
    assert 0 < sum(len(record.data) for record in kept) <= 5_000_000


def test_encryption_is_described_and_answered(world: Any, aws: Any) -> None:
    world.create()
    assert world.put(b"a")["Encrypted"] is False
    call(world, "StartDeliveryStreamEncryption", DeliveryStreamName="s")
    assert world.describe()["DeliveryStreamEncryptionConfiguration"] == {
        "KeyType": "AWS_OWNED_CMK", "Status": "ENABLED"
    }  # fmt: skip
    assert world.put(b"a")["Encrypted"] is True
    world.restart()
    assert world.put(b"a")["Encrypted"] is True
    call(world, "StopDeliveryStreamEncryption", DeliveryStreamName="s")
    assert world.describe()["DeliveryStreamEncryptionConfiguration"] == {"Status": "DISABLED"}
    for wrong in (
        {"KeyType": "CUSTOMER_MANAGED_CMK"},
        {"KeyType": "AWS_OWNED_CMK", "KeyARN": "arn:aws:kms:us-east-1:123456789012:key/1"},
    ):
        params = {"DeliveryStreamName": "s", "DeliveryStreamEncryptionConfigurationInput": wrong}
        assert refused(world, "StartDeliveryStreamEncryption", **params).code == "InvalidArgumentException"


def test_direct_put_source_is_described(world: Any, aws: Any) -> None:
    call(world, "CreateDeliveryStream", **extended(aws), DirectPutSourceConfiguration={"ThroughputHintInMBs": 3})
    assert world.describe()["Source"] == {"DirectPutSourceDescription": {"ThroughputHintInMBs": 3}}


def test_a_backup_cannot_be_switched_off(world: Any, aws: Any) -> None:
    world.create(S3BackupMode="Enabled", S3BackupConfiguration={"RoleARN": aws.role, "BucketARN": "arn:aws:s3:::raw"})
    update = {
        "DeliveryStreamName": "s",
        "CurrentDeliveryStreamVersionId": "1",
        "DestinationId": "destinationId-000000000001",
        "ExtendedS3DestinationUpdate": {"S3BackupMode": "Disabled"},
    }
    assert refused(world, "UpdateDestination", **update).code == "InvalidArgumentException"


@pytest.mark.parametrize(
    "kind", ["RecordDeAggregation", "Decompression", "CloudWatchLogProcessing", "MetadataExtraction"]
)
def test_processors_that_are_refused_by_name(world: Any, aws: Any, kind: str) -> None:
    processing = {"Enabled": True, "Processors": [{"Type": kind}]}
    error = refused(world, "CreateDeliveryStream", **extended(aws, ProcessingConfiguration=processing))
    assert error.code == "NotImplementedException"
    assert kind in error.message


@pytest.mark.parametrize(
    "records",
    [[{"Data": "not base64!"}], [{"Data": 3}], [{"Dato": "eA=="}], ["eA=="], "eA==", [], None, [None]],
)
def test_a_batch_that_cannot_be_read_is_refused_as_the_model_says(world: Any, records: Any) -> None:
    world.create()
    error = refused(world, "PutRecordBatch", DeliveryStreamName="s", Records=records)
    assert error.code in ("SerializationException", "ValidationException")
    assert world.firehose.stats("s")["records_in"] == 0
    assert refused(world, "PutRecordBatch", DeliveryStreamName=["s"], Records=[{"Data": "eA=="}]).code == (
        "SerializationException"
    )


@pytest.mark.parametrize("way", ["answer", "handle"])
def test_a_batch_comes_in_only_where_iam_allows_it(world: Any, way: str) -> None:
    world.create()
    asked = []

    def allow(action: str, resource: str, **context: str) -> None:
        asked.append((action, resource))
        raise AwsError("AccessDeniedException", "no")

    world.firehose.runtime = replace(world.runtime, allow=allow)
    with pytest.raises(AwsError, match="AccessDeniedException"):
        getattr(world.firehose, way)("PutRecordBatch", {"DeliveryStreamName": "s", "Records": [{"Data": "eA=="}]})
    assert asked == [("firehose:PutRecordBatch", "arn:aws:firehose:us-east-1:123456789012:deliverystream/s")]
    assert world.firehose.stats("s")["records_in"] == 0


@pytest.mark.parametrize("count", [1, 2, 500])
def test_a_batch_is_answered_alike_with_and_without_detour(world: Any, count: int) -> None:
    world.create()
    params = {"DeliveryStreamName": "s", "Records": [{"Data": "eA=="}] * count}
    quick = call(world, "PutRecordBatch", **params)
    general = world.firehose.handle("PutRecordBatch", params)

    def first(answer: dict[str, Any]) -> int:
        return int(answer["RequestResponses"][0]["RecordId"][:40])

    assert first(general) == first(quick) + 1
    assert str(general).replace(f"{first(general):040d}", f"{first(quick):040d}") == str(quick)
