"""Our resources in stacks, over the wire."""

import json
import time
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from helpers.workshop import Workshop
from tests.roles import make_role

ROLE = "arn:aws:iam::123456789012:role/firehose"


def template(**resources: Any) -> str:
    outputs = {name: {"Value": {"Ref": name}} for name in resources}
    return json.dumps({"Resources": resources, "Outputs": outputs})


def stream(interval: Any = 60, **more: Any) -> dict[str, Any]:
    destination = {
        "BucketARN": {"Fn::GetAtt": ["Bucket", "Arn"]},
        "RoleARN": ROLE,
        "Prefix": "raw/",
        "BufferingHints": {"IntervalInSeconds": interval, "SizeInMBs": 1},
        "CloudWatchLoggingOptions": {"Enabled": "true", "LogGroupName": "g", "LogStreamName": "s"},
    }
    properties = {"ExtendedS3DestinationConfiguration": destination, **more}
    return {"Type": "AWS::KinesisFirehose::DeliveryStream", "Properties": properties}


BUCKET = {"Type": "AWS::S3::Bucket"}


def wait_for(name: str, status: str) -> Any:
    """Stacks change within a second, on a machine that has nothing else to do."""
    cloudformation = boto3.client("cloudformation")
    deadline = time.monotonic() + 60
    while (stack := cloudformation.describe_stacks(StackName=name)["Stacks"][0])["StackStatus"] != status:
        assert time.monotonic() < deadline, (stack, cloudformation.describe_stack_events(StackName=name))
        time.sleep(0.05)
    return stack


def events(name: str) -> dict[str, str]:
    """The newest status with its reason, by logical id."""
    found = boto3.client("cloudformation").describe_stack_events(StackName=name)["StackEvents"]
    return {
        event["LogicalResourceId"]: f"{event['ResourceStatus']} {event.get('ResourceStatusReason', '')}"
        for event in reversed(found)
    }


def test_a_delivery_stream_is_ours_and_delivers(workshop: Workshop) -> None:
    make_role(boto3.client("iam"), ROLE)
    cloudformation, firehose, s3 = (boto3.client(name) for name in ("cloudformation", "firehose", "s3"))
    body = json.loads(template(Bucket=BUCKET, Stream=stream("60")))
    body["Outputs"]["Arn"] = {"Value": {"Fn::GetAtt": ["Stream", "Arn"]}}
    cloudformation.create_stack(StackName="fh", TemplateBody=json.dumps(body))
    stack = wait_for("fh", "CREATE_COMPLETE")
    outputs = {item["OutputKey"]: item["OutputValue"] for item in stack["Outputs"]}
    name, bucket = outputs["Stream"], outputs["Bucket"]
    detail = firehose.describe_delivery_stream(DeliveryStreamName=name)["DeliveryStreamDescription"]
    assert (detail["DeliveryStreamStatus"], detail["DeliveryStreamARN"]) == ("ACTIVE", outputs["Arn"])

    firehose.put_record_batch(DeliveryStreamName=name, Records=[{"Data": b"one\n"}, {"Data": b"two\n"}])
    workshop.clock.step(61)
    [delivered] = s3.list_objects_v2(Bucket=bucket, Prefix="raw/")["Contents"]
    assert s3.get_object(Bucket=bucket, Key=delivered["Key"])["Body"].read() == b"one\ntwo\n"

    cloudformation.update_stack(StackName="fh", TemplateBody=template(Bucket=BUCKET, Stream=stream(120)))
    wait_for("fh", "UPDATE_COMPLETE")
    detail = firehose.describe_delivery_stream(DeliveryStreamName=name)["DeliveryStreamDescription"]
    hints = detail["Destinations"][0]["ExtendedS3DestinationDescription"]["BufferingHints"]
    assert hints["IntervalInSeconds"] == 120

    renamed = template(Bucket=BUCKET, Stream=stream(120, DeliveryStreamName="renamed"))
    cloudformation.update_stack(StackName="fh", TemplateBody=renamed)
    wait_for("fh", "UPDATE_COMPLETE")
    names = firehose.list_delivery_streams()["DeliveryStreamNames"]
    assert ("renamed" in names, name in names) == (True, False)

    s3.delete_object(Bucket=bucket, Key=delivered["Key"])
    cloudformation.delete_stack(StackName="fh")
    cloudformation.get_waiter("stack_delete_complete").wait(StackName="fh", WaiterConfig={"Delay": 1})
    assert "renamed" not in firehose.list_delivery_streams()["DeliveryStreamNames"]


def test_deleting_a_stack_delivers_what_its_stream_holds(workshop: Workshop) -> None:
    make_role(boto3.client("iam"), ROLE)
    cloudformation, s3 = boto3.client("cloudformation"), boto3.client("s3")
    s3.create_bucket(Bucket="held-records")
    held = stream(900, DeliveryStreamName="held")
    held["Properties"]["ExtendedS3DestinationConfiguration"]["BucketARN"] = "arn:aws:s3:::held-records"
    cloudformation.create_stack(StackName="fh-held", TemplateBody=template(Stream=held))
    wait_for("fh-held", "CREATE_COMPLETE")
    boto3.client("firehose").put_record(DeliveryStreamName="held", Record={"Data": b"held\n"})
    cloudformation.delete_stack(StackName="fh-held")
    cloudformation.get_waiter("stack_delete_complete").wait(StackName="fh-held", WaiterConfig={"Delay": 1})
    [delivered] = s3.list_objects_v2(Bucket="held-records")["Contents"]
    assert s3.get_object(Bucket="held-records", Key=delivered["Key"])["Body"].read() == b"held\n"


def test_a_wrong_delivery_stream_fails_the_stack_and_says_why(workshop: Workshop) -> None:
    boto3.client("cloudformation").create_stack(
        StackName="fh-bad", TemplateBody=template(Bucket=BUCKET, Stream=stream(901)), OnFailure="DO_NOTHING"
    )
    wait_for("fh-bad", "CREATE_FAILED")
    reason = events("fh-bad")["Stream"]
    assert reason.startswith("CREATE_FAILED")
    assert "less than or equal to 900" in reason


def test_a_bucket_with_objects_survives_its_stack(workshop: Workshop) -> None:
    cloudformation, s3 = boto3.client("cloudformation"), boto3.client("s3")
    cloudformation.create_stack(StackName="full", TemplateBody=template(Bucket=BUCKET))
    bucket = wait_for("full", "CREATE_COMPLETE")["Outputs"][0]["OutputValue"]
    s3.put_object(Bucket=bucket, Key="data", Body=b"kept")
    cloudformation.delete_stack(StackName="full")
    wait_for("full", "DELETE_FAILED")
    assert "is not empty" in events("full")["Bucket"]
    assert s3.get_object(Bucket=bucket, Key="data")["Body"].read() == b"kept"
    s3.delete_object(Bucket=bucket, Key="data")
    cloudformation.delete_stack(StackName="full")
    cloudformation.get_waiter("stack_delete_complete").wait(StackName="full", WaiterConfig={"Delay": 1})
    with pytest.raises(ClientError, match="404"):
        s3.head_bucket(Bucket=bucket)
