"""Firehose as boto3 sees it, over the front: what AWS's documentation promises, and what a real account answers.

What AWS lets time do, the tests' clock does.
"""

from __future__ import annotations

import gzip
import io
import json
import uuid
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from helpers.workshop import Workshop
from tests.roles import make_role

ROLE = "arn:aws:iam::123456789012:role/firehose"
ECHO = """
import base64
def handler(event, context):
    records = []
    for record in event["records"]:
        data = base64.b64decode(record["data"])
        result = {b"drop": "Dropped", b"fail": "ProcessingFailed"}.get(data.strip(), "Ok")
        changed = base64.b64encode(data.upper()).decode()
        records.append({"recordId": record["recordId"], "result": result, "data": changed})
    return {"records": records}
"""
Create = Callable[..., str]


@pytest.fixture
def name() -> str:
    return f"contract-{uuid.uuid4().hex[:12]}"


@pytest.fixture
def firehose(workshop: Workshop) -> Any:
    return boto3.client("firehose")


@pytest.fixture
def create(workshop: Workshop, firehose: Any, name: str) -> Any:
    """Makes the bucket and the delivery stream of this test."""
    boto3.client("s3").create_bucket(Bucket=name)
    make_role(boto3.client("iam"), ROLE)

    def create(stream: dict[str, Any] | None = None, **settings: Any) -> str:
        destination = {
            "RoleARN": ROLE,
            "BucketARN": f"arn:aws:s3:::{name}",
            "BufferingHints": {"SizeInMBs": 1, "IntervalInSeconds": 60},
            **settings,
        }
        firehose.create_delivery_stream(
            DeliveryStreamName=name, ExtendedS3DestinationConfiguration=destination, **(stream or {})
        )
        return name

    yield create
    if name in firehose.list_delivery_streams(Limit=100)["DeliveryStreamNames"]:
        firehose.delete_delivery_stream(DeliveryStreamName=name, AllowForceDelete=True)


def objects(bucket: str, prefix: str = "") -> dict[str, bytes]:
    s3 = boto3.client("s3")
    listed = s3.list_objects_v2(Bucket=bucket, Prefix=prefix).get("Contents", [])
    return {each["Key"]: s3.get_object(Bucket=bucket, Key=each["Key"])["Body"].read() for each in listed}


def function(name: str, source: str = ECHO) -> str:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("index.py", source)
    made = boto3.client("lambda").create_function(
        FunctionName=name, Runtime="python3.12", Handler="index.handler", Role=ROLE, Code={"ZipFile": packed.getvalue()}
    )
    return str(made["FunctionArn"])


def processors(arn: str, **parameters: str) -> dict[str, Any]:
    given = [
        {"ParameterName": key, "ParameterValue": value} for key, value in ({"LambdaArn": arn} | parameters).items()
    ]
    return {"ProcessingConfiguration": {"Enabled": True, "Processors": [{"Type": "Lambda", "Parameters": given}]}}


def error_of(call: Callable[[], Any]) -> str:
    with pytest.raises(ClientError) as caught:
        call()
    return str(caught.value.response["Error"]["Code"])


def test_direct_put_is_delivered_by_interval(workshop: Workshop, firehose: Any, create: Create) -> None:
    name = create(Prefix="raw/", CompressionFormat="GZIP")
    answer = firehose.put_record_batch(DeliveryStreamName=name, Records=[{"Data": b"a\n"}, {"Data": b"b\n"}])
    assert answer["FailedPutCount"] == 0
    assert len({each["RecordId"] for each in answer["RequestResponses"]}) == 2
    assert firehose.put_record(DeliveryStreamName=name, Record={"Data": b"c\n"})["RecordId"]
    workshop.clock.step(61)
    [(key, body)] = objects(name).items()
    assert gzip.decompress(body) == b"a\nb\nc\n"
    prefix, stamp = key.split(f"{name}-1-")
    assert datetime.strptime(prefix, "raw/%Y/%m/%d/%H/")
    assert datetime.strptime(stamp[:19], "%Y-%m-%d-%H-%M-%S")
    assert stamp.endswith(".gz")


def test_transformation_backup_and_processing_failed(workshop: Workshop, firehose: Any, create: Create) -> None:
    name = f"{uuid.uuid4().hex[:8]}-echo"
    arn = function(name)
    stream = create(
        S3BackupMode="Enabled",
        S3BackupConfiguration={"RoleARN": ROLE, "BucketARN": "arn:aws:s3:::" + (bucket := create_bucket())},
        Prefix="good/!{timestamp:yyyy}/",
        ErrorOutputPrefix="bad/!{firehose:error-output-type}/!{timestamp:yyyy}/",
        **processors(arn),
    )
    data = [b"ok\n", b"drop\n", b"fail\n"]
    firehose.put_record_batch(DeliveryStreamName=stream, Records=[{"Data": each} for each in data])
    workshop.clock.step(400)
    assert list(objects(stream, "good/").values()) == [b"OK\n"]
    [(key, body)] = objects(stream, "bad/").items()
    assert key.startswith("bad/processing-failed/2")
    failure = json.loads(body)
    assert set(failure) == {
        "attemptsMade", "arrivalTimestamp", "errorCode", "errorMessage",
        "attemptEndingTimestamp", "rawData", "lambdaArn",
    }  # fmt: skip
    assert (failure["rawData"], failure["lambdaArn"]) == ("ZmFpbAo=", arn)
    assert list(objects(bucket).values()) == [b"".join(data)]


def create_bucket() -> str:
    bucket = f"backup-{uuid.uuid4().hex[:12]}"
    boto3.client("s3").create_bucket(Bucket=bucket)
    return bucket


def test_a_kinesis_data_stream_as_source(workshop: Workshop, firehose: Any, name: str) -> None:
    kinesis, s3 = boto3.client("kinesis"), boto3.client("s3")
    s3.create_bucket(Bucket=name)
    kinesis.create_stream(StreamName=name, ShardCount=2)
    kinesis.put_record(StreamName=name, Data=b"before\n", PartitionKey="k")
    arn = kinesis.describe_stream_summary(StreamName=name)["StreamDescriptionSummary"]["StreamARN"]
    firehose.create_delivery_stream(
        DeliveryStreamName=name,
        DeliveryStreamType="KinesisStreamAsSource",
        KinesisStreamSourceConfiguration={"KinesisStreamARN": arn, "RoleARN": ROLE},
        ExtendedS3DestinationConfiguration={
            "RoleARN": ROLE,
            "BucketARN": f"arn:aws:s3:::{name}",
            "BufferingHints": {"SizeInMBs": 1, "IntervalInSeconds": 60},
        },
    )
    records = [{"Data": b"%d\n" % n, "PartitionKey": str(n)} for n in range(50)]
    kinesis.put_records(StreamName=name, Records=records)
    workshop.clock.step(90)
    lines = b"".join(objects(name).values()).split()
    assert sorted(map(int, lines)) == list(range(50))
    assert (
        error_of(lambda: firehose.put_record(DeliveryStreamName=name, Record={"Data": b"x"}))
        == "InvalidArgumentException"
    )
    described = firehose.describe_delivery_stream(DeliveryStreamName=name)["DeliveryStreamDescription"]
    assert described["DeliveryStreamType"] == "KinesisStreamAsSource"
    assert described["Source"]["KinesisStreamSourceDescription"]["KinesisStreamARN"] == arn
    firehose.delete_delivery_stream(DeliveryStreamName=name)
    kinesis.delete_stream(StreamName=name)


def test_update_destination_wants_the_current_version(firehose: Any, create: Create) -> None:
    name = create()
    described = firehose.describe_delivery_stream(DeliveryStreamName=name)["DeliveryStreamDescription"]
    update = {
        "DeliveryStreamName": name,
        "CurrentDeliveryStreamVersionId": described["VersionId"],
        "DestinationId": described["Destinations"][0]["DestinationId"],
        "ExtendedS3DestinationUpdate": {"Prefix": "new/"},
    }
    firehose.update_destination(**update)
    assert error_of(lambda: firehose.update_destination(**update)) == "ConcurrentModificationException"
    described = firehose.describe_delivery_stream(DeliveryStreamName=name)["DeliveryStreamDescription"]
    assert described["Destinations"][0]["ExtendedS3DestinationDescription"]["Prefix"] == "new/"
    assert described["LastUpdateTimestamp"] >= described["CreateTimestamp"]


def test_limits_of_a_request(firehose: Any, create: Create) -> None:
    name = create()

    def put(*data: bytes) -> Any:
        return firehose.put_record_batch(DeliveryStreamName=name, Records=[{"Data": each} for each in data])

    assert put(*[b"x"] * 500)["FailedPutCount"] == 0
    assert error_of(lambda: put(*[b"x"] * 501)) in ("ValidationException", "InvalidArgumentException")
    assert error_of(lambda: put(b"x" * 1_024_001)) in ("ValidationException", "InvalidArgumentException")
    assert error_of(lambda: put(*[b"x" * 1_000_000] * 5)) == "InvalidArgumentException"
    assert put(b"x" * 1_024_000)["FailedPutCount"] == 0


def test_errors_of_the_streams_life(firehose: Any, create: Create) -> None:
    name = create()
    assert error_of(create) in ("ResourceInUseException",)
    missing = {"DeliveryStreamName": f"{name}-none"}
    for operation, more in (
        ("describe_delivery_stream", {}),
        ("delete_delivery_stream", {}),
        ("put_record", {"Record": {"Data": b"x"}}),
        ("put_record_batch", {"Records": [{"Data": b"x"}]}),
        ("tag_delivery_stream", {"Tags": [{"Key": "a"}]}),
        ("start_delivery_stream_encryption", {}),
    ):
        call = getattr(firehose, operation)
        assert error_of(lambda call=call, more=more: call(**missing, **more)) == "ResourceNotFoundException"


def test_tags(firehose: Any, create: Create) -> None:
    name = create({"Tags": [{"Key": "made", "Value": "here"}]})
    firehose.tag_delivery_stream(DeliveryStreamName=name, Tags=[{"Key": "b", "Value": "2"}, {"Key": "a", "Value": "1"}])
    firehose.untag_delivery_stream(DeliveryStreamName=name, TagKeys=["b"])
    tags = firehose.list_tags_for_delivery_stream(DeliveryStreamName=name)["Tags"]
    assert tags == [{"Key": "a", "Value": "1"}, {"Key": "made", "Value": "here"}]


def test_server_side_encryption(firehose: Any, create: Create) -> None:
    name = create()
    key = boto3.client("kms").create_key()["KeyMetadata"]["Arn"]
    wanted = {"KeyType": "CUSTOMER_MANAGED_CMK", "KeyARN": key}
    firehose.start_delivery_stream_encryption(
        DeliveryStreamName=name, DeliveryStreamEncryptionConfigurationInput=wanted
    )
    described = firehose.describe_delivery_stream(DeliveryStreamName=name)["DeliveryStreamDescription"]
    encryption = described["DeliveryStreamEncryptionConfiguration"]
    assert (encryption["KeyType"], encryption["KeyARN"]) == ("CUSTOMER_MANAGED_CMK", key)
    assert encryption["Status"] in ("ENABLING", "ENABLED")
    assert firehose.put_record(DeliveryStreamName=name, Record={"Data": b"x"})["Encrypted"] is True
    unknown = key[:-12] + "000000000000"
    wanted = {"KeyType": "CUSTOMER_MANAGED_CMK", "KeyARN": unknown}
    assert (
        error_of(
            lambda: firehose.start_delivery_stream_encryption(
                DeliveryStreamName=name, DeliveryStreamEncryptionConfigurationInput=wanted
            )
        )
        == "InvalidKMSResourceException"
    )


def test_metrics_in_cloudwatch(workshop: Workshop, firehose: Any, create: Create) -> None:
    name = create()
    begin = workshop.clock.now()
    for _ in range(3):
        firehose.put_record_batch(DeliveryStreamName=name, Records=[{"Data": b"12345\n"}] * 4)
    workshop.clock.step(300)
    span = {
        "StartTime": datetime.fromtimestamp(begin - 60, UTC),
        "EndTime": datetime.fromtimestamp(begin + 300, UTC) + timedelta(minutes=1),
    }
    cloudwatch = boto3.client("cloudwatch")
    dimensions = [{"Name": "DeliveryStreamName", "Value": name}]

    def total(metric: str, statistic: str = "Sum") -> float:
        points = cloudwatch.get_metric_statistics(
            Namespace="AWS/Firehose",
            MetricName=metric,
            Dimensions=dimensions,
            Period=60,
            Statistics=[statistic],
            **span,
        )["Datapoints"]
        return float(sum(point[statistic] for point in points))

    assert total("IncomingRecords") == 12
    assert total("IncomingBytes") == 72
    assert total("DeliveryToS3.Records") == 12
    assert total("DeliveryToS3.Success", "Average") == 1
    assert total("DeliveryToS3.DataFreshness", "Maximum") == pytest.approx(60, abs=1)
    metric = {"Namespace": "AWS/Firehose", "MetricName": "IncomingRecords", "Dimensions": dimensions}
    query = {"Id": "m", "MetricStat": {"Metric": metric, "Period": 60, "Stat": "Sum"}}
    [result] = cloudwatch.get_metric_data(MetricDataQueries=[query], **span)["MetricDataResults"]
    assert sum(result["Values"]) == 12


def test_delivery_errors_in_cloudwatch_logs(workshop: Workshop, firehose: Any, create: Create) -> None:
    logs = boto3.client("logs")
    group = f"/aws/kinesisfirehose/{uuid.uuid4().hex[:8]}"
    logs.create_log_group(logGroupName=group)
    logs.create_log_stream(logGroupName=group, logStreamName="DestinationDelivery")
    options = {"Enabled": True, "LogGroupName": group, "LogStreamName": "DestinationDelivery"}
    name = create(CloudWatchLoggingOptions=options)
    boto3.client("s3").delete_bucket(Bucket=name)
    firehose.put_record(DeliveryStreamName=name, Record={"Data": b"x"})
    workshop.clock.step(61)
    events = logs.get_log_events(logGroupName=group, logStreamName="DestinationDelivery")["events"]
    assert {json.loads(event["message"])["errorCode"] for event in events} == {"S3.NoSuchBucket"}
    boto3.client("s3").create_bucket(Bucket=name)
    workshop.clock.step(61)
    assert list(objects(name).values()) == [b"x"]


@pytest.mark.parametrize("how", ["Snappy", "HADOOP_SNAPPY", "ZIP"])
def test_other_compressions(workshop: Workshop, firehose: Any, create: Create, how: str) -> None:
    name = create(CompressionFormat=how)
    firehose.put_record(DeliveryStreamName=name, Record={"Data": b"click\n" * 1000})
    workshop.clock.step(61)
    [(key, body)] = objects(name).items()
    assert key.endswith({"Snappy": ".snappy", "HADOOP_SNAPPY": ".hsnappy", "ZIP": ".zip"}[how])
    assert 0 < len(body) < 2000
