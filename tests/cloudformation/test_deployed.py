"""The stack at work on the local AWS: records through the delivery stream, anomalies through the function."""

import base64
import gzip
import json
import uuid
from collections.abc import Iterator

import pytest

from helpers import cleanup, stack, template
from helpers.workshop import Workshop

PARAMETERS = {
    "Username": "kplsetup",
    "Password": "Very-secret-1",
    "Email": "someone@example.com",
    "SMS": "+15555550177",
}


@pytest.fixture
def on_flink(workshop: Workshop) -> Iterator[Workshop]:
    """The same with a data stream before the delivery stream and one behind the application."""
    workshop.stack_name = f"clickstream-workshop-{uuid.uuid4().hex[:4]}"
    deployment = stack.deploy(workshop, {**PARAMETERS, "Engine": "flink"})
    assert deployment.resources == len(template.resources({"Engine": "flink"}))
    yield workshop
    cleanup.empty_buckets(workshop)
    cleanup.delete_stack(workshop)


@pytest.fixture
def deployed(workshop: Workshop) -> Iterator[Workshop]:
    """A stack of its own on the shared local AWS, gone afterwards."""
    workshop.stack_name = f"clickstream-workshop-{uuid.uuid4().hex[:4]}"  # within the boundary of its roles
    stack.deploy(workshop, PARAMETERS)
    yield workshop
    cleanup.empty_buckets(workshop)
    cleanup.delete_stack(workshop)


def objects(ws: Workshop, bucket: str, prefix: str) -> dict[str, bytes]:
    s3, name = ws.client("s3"), stack.outputs(ws)[bucket]
    listed = s3.list_objects_v2(Bucket=name, Prefix=prefix).get("Contents", [])
    return {item["Key"]: s3.get_object(Bucket=name, Key=item["Key"])["Body"].read() for item in listed}


def lines(ws: Workshop, bucket: str, prefix: str) -> list[bytes]:
    found = objects(ws, bucket, prefix)
    return [line for body in found.values() for line in gzip.decompress(body).splitlines()]


def test_records_reach_both_buckets_and_bad_ones_the_errors(deployed):
    good = b'{"browseraction":"Click", "site": "yourwebsiteurl.domain.com"}'
    answer = deployed.client("firehose").put_record_batch(
        DeliveryStreamName=stack.outputs(deployed)["DeliveryStreamName"],
        Records=[{"Data": line + b"\n"} for line in (good, good, b"no click", b"")],
    )
    assert answer["FailedPutCount"] == 0
    deployed.clock.step(121)  # a minute of the transformation's buffer, a minute of the destination's
    assert lines(deployed, "RawBucketName", "weblogs/raw/") == [good, good, b"no click", b""]
    processed = [json.loads(line) for line in lines(deployed, "ProcessedBucketName", "weblogs/processed/")]
    assert [row["browseraction"] for row in processed] == ["Click", "Click"]
    (refused,) = objects(deployed, "ProcessedBucketName", "errors/processing-failed/").values()
    refused = gzip.decompress(refused) if refused[:2] == b"\x1f\x8b" else refused
    assert base64.b64decode(json.loads(refused)["rawData"]) == b"no click\n"


def test_an_anomaly_becomes_a_mail_an_sms_and_a_row(deployed):
    deployed.inbox.confirm_all()
    before = max((message["id"] for message in deployed.inbox.messages()), default=0)
    row = json.dumps({"CTRPERCENT": 400.0, "ANOMALY_SCORE": 2.84}).encode()
    event = {
        "invocationId": "i",
        "applicationArn": "arn:app",
        "records": [
            {
                "recordId": "1",
                "lambdaDeliveryRecordMetadata": {"retryHint": 0},
                "data": base64.b64encode(row).decode(),
            }
        ],
    }
    for _ in range(2):  # once more, as after an answer that was lost
        reply = deployed.client("lambda").invoke(
            FunctionName=stack.outputs(deployed)["AnomalyFunctionName"], Payload=json.dumps(event)
        )
        assert "FunctionError" not in reply
        assert json.load(reply["Payload"]) == {"records": [{"recordId": "1", "result": "Ok"}]}
    (body,) = objects(deployed, "ProcessedBucketName", "weblogs/anomalies/").values()
    (stored,) = [json.loads(line) for line in body.splitlines()]
    assert (stored["ctr_percent"], stored["anomaly_score"]) == (400.0, 2.84)
    messages = [m for m in deployed.inbox.messages(after=before) if "CTR 400.0 percent" in m["body"]]
    assert {(m["protocol"], m["to"]) for m in messages} == {
        ("email", "someone@example.com"),
        ("sms", "+15555550177"),
    }
    assert all("score 2.84" in m["body"] for m in messages)


def test_with_flink_records_of_the_data_stream_reach_both_buckets(on_flink):
    line = b'{"browseraction":"Click", "site": "yourwebsiteurl.domain.com"}\n'
    answer = on_flink.client("kinesis").put_records(
        StreamName=stack.outputs(on_flink)["EventStreamName"],
        Records=[{"Data": line, "PartitionKey": str(number)} for number in range(3)],
    )
    assert answer["FailedRecordCount"] == 0
    on_flink.clock.step(130)  # both buffers, and the seconds between two looks at the source
    assert len(lines(on_flink, "RawBucketName", "weblogs/raw/")) == 3
    processed = [json.loads(line) for line in lines(on_flink, "ProcessedBucketName", "weblogs/processed/")]
    assert [row["browseraction"] for row in processed] == ["Click"] * 3


def test_with_flink_a_row_of_the_anomaly_stream_becomes_one_mail_one_sms_and_a_row(on_flink):
    on_flink.inbox.confirm_all()
    before = max((message["id"] for message in on_flink.inbox.messages()), default=0)
    row = json.dumps({"CTRPERCENT": 412.0, "ANOMALY_SCORE": 2.84}).encode()
    arn = stack.outputs(on_flink)["AnomalyStreamArn"]
    for data in (b"no anomaly", row):
        on_flink.client("kinesis").put_record(StreamARN=arn, Data=data, PartitionKey="0")
    on_flink.clock.step(60)
    (body,) = objects(on_flink, "ProcessedBucketName", "weblogs/anomalies/").values()
    assert [json.loads(line)["ctr_percent"] for line in body.splitlines()] == [412.0]
    (refused,) = objects(on_flink, "ProcessedBucketName", "errors/anomaly-response/").values()
    assert base64.b64decode(json.loads(refused)["data"]) == b"no anomaly"
    messages = [m for m in on_flink.inbox.messages(after=before) if "CTR 412.0 percent" in m["body"]]
    assert sorted(m["protocol"] for m in messages) == ["email", "sms"]


def test_with_flink_nothing_is_left_after_deletion(on_flink):
    kinds = {row["kind"] for row in cleanup.inventory(on_flink)}
    assert {"data stream", "event source mapping", "log group", "bucket"} <= kinds
    on_flink.client("s3").put_object(
        Bucket=stack.outputs(on_flink)["CodeBucketName"], Key="flink/package.zip", Body=b"zip"
    )
    emptied = cleanup.empty_buckets(on_flink)
    assert sorted(name.split("-")[-2] for name in emptied) == ["codebucket", "processedbucket", "rawbucket"]
    cleanup.delete_stack(on_flink)
    assert cleanup.leftovers(on_flink) == []
