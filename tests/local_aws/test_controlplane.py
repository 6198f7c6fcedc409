"""What ministack holds is in the journal when a request is answered: a real process, killed and started again."""

import asyncio
import io
import json
import logging
import os
import signal
import time
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import boto3
import pytest
from ministack.core.responses import AccountRegionScopedDict, request_scope
from ministack.services import ssm

from helpers import local_process
from helpers.local_aws.controlplane import KEPT, ControlPlane, changes, operation_of, refuse_lost_objects
from helpers.local_aws.journal import Journal
from helpers.local_aws.kinesis import LOG, KinesisRecords
from helpers.workshop import Workshop
from tests.roles import make_role

ROLE = "arn:aws:iam::123456789012:role/f"
TEMPLATE = json.dumps(
    {
        "Resources": {
            "Bucket": {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": "by-stack"}},
            "Group": {"Type": "AWS::Logs::LogGroup", "Properties": {"LogGroupName": "by-stack"}},
        },
        "Outputs": {"Name": {"Value": {"Ref": "Bucket"}}},
    }
)


def code() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("index.py", "def handler(event, context):\n    return {'got': event}\n")
    return buffer.getvalue()


def client(name: str) -> Any:
    return boto3.client(name)


def make_cloudformation() -> None:
    client("cloudformation").create_stack(StackName="kept", TemplateBody=TEMPLATE)
    client("cloudformation").get_waiter("stack_create_complete").wait(
        StackName="kept", WaiterConfig={"Delay": 1, "MaxAttempts": 60}
    )


def see_cloudformation() -> Any:
    [stack] = client("cloudformation").describe_stacks(StackName="kept")["Stacks"]
    resources = client("cloudformation").list_stack_resources(StackName="kept")["StackResourceSummaries"]
    return stack["StackStatus"], stack["Outputs"], [item["PhysicalResourceId"] for item in resources]


def make_lambda() -> None:
    make_role(client("iam"), ROLE)
    client("lambda").create_function(
        FunctionName="kept", Runtime="python3.12", Handler="index.handler", Role=ROLE, Code={"ZipFile": code()}
    )
    client("lambda").get_waiter("function_active_v2").wait(FunctionName="kept", WaiterConfig={"Delay": 1})


def see_lambda() -> Any:
    answer = client("lambda").invoke(FunctionName="kept", Payload=b'{"n": 1}')
    detail = client("lambda").get_function_configuration(FunctionName="kept")
    return answer["Payload"].read(), detail["CodeSha256"], detail["State"]


def make_kinesis() -> None:
    kinesis = client("kinesis")
    kinesis.create_stream(StreamName="kept", ShardCount=2)
    kinesis.put_record(StreamName="kept", PartitionKey="a", Data=b"one")
    kinesis.put_records(StreamName="kept", Records=[{"PartitionKey": str(n), "Data": b"%d" % n} for n in range(20)])


def see_kinesis() -> Any:
    kinesis, found = client("kinesis"), []
    for shard in kinesis.list_shards(StreamName="kept")["Shards"]:
        start = kinesis.get_shard_iterator(
            StreamName="kept", ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON"
        )
        records = kinesis.get_records(ShardIterator=start["ShardIterator"])["Records"]
        found.append([(item["SequenceNumber"], item["PartitionKey"], item["Data"]) for item in records])
    assert sum(map(len, found)) == 21
    return found


def make_s3() -> None:
    s3 = client("s3")
    s3.create_bucket(Bucket="kept")
    s3.put_bucket_versioning(Bucket="kept", VersioningConfiguration={"Status": "Enabled"})
    for text in (b"one", b"two"):
        s3.put_object(Bucket="kept", Key="a/ b+ü", Body=text, Metadata={"m": "1"}, Tagging="t=1")
    s3.put_object(Bucket="kept", Key="deleted", Body=b"x")
    s3.delete_object(Bucket="kept", Key="deleted")
    upload = s3.create_multipart_upload(Bucket="kept", Key="parts")
    part = s3.upload_part(Bucket="kept", Key="parts", UploadId=upload["UploadId"], PartNumber=1, Body=b"part")
    s3.complete_multipart_upload(
        Bucket="kept",
        Key="parts",
        UploadId=upload["UploadId"],
        MultipartUpload={"Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]},
    )


def see_s3() -> Any:
    s3 = client("s3")
    versions = s3.list_object_versions(Bucket="kept")
    listed = [(item["Key"], item["VersionId"], item["ETag"], item["Size"]) for item in versions["Versions"]]
    bodies = [s3.get_object(Bucket="kept", Key=key, VersionId=version)["Body"].read() for key, version, *_ in listed]
    head = s3.head_object(Bucket="kept", Key="a/ b+ü")
    tags = s3.get_object_tagging(Bucket="kept", Key="a/ b+ü")["TagSet"]
    assert sorted(bodies) == [b"one", b"part", b"two", b"x"]
    return listed, bodies, head["Metadata"], head["LastModified"], tags, len(versions["DeleteMarkers"])


def make_cognito() -> None:
    pool = client("cognito-idp").create_user_pool(PoolName="kept")["UserPool"]["Id"]
    client("cognito-idp").admin_create_user(UserPoolId=pool, Username="kplsetup")


def see_cognito() -> Any:
    cognito = client("cognito-idp")
    pools = cognito.list_user_pools(MaxResults=10)["UserPools"]
    return [(pool["Id"], cognito.list_users(UserPoolId=pool["Id"])["Users"]) for pool in pools]


def make_monitoring() -> None:
    client("cloudwatch").put_metric_alarm(
        AlarmName="kept", MetricName="m", Namespace="n", Statistic="Sum", Period=60, EvaluationPeriods=1,
        Threshold=1, ComparisonOperator="GreaterThanThreshold",
    )  # fmt: skip


def make_states() -> None:
    definition = json.dumps({"StartAt": "A", "States": {"A": {"Type": "Pass", "End": True}}})
    client("stepfunctions").create_state_machine(name="kept", roleArn=ROLE, definition=definition)


def make_flink() -> None:
    client("kinesisanalyticsv2").create_application(
        ApplicationName="kept", RuntimeEnvironment="FLINK-1_20", ServiceExecutionRole=ROLE
    )


def make_table() -> None:
    client("dynamodb").create_table(
        TableName="kept",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    client("dynamodb").put_item(TableName="kept", Item={"id": {"S": "a"}, "n": {"N": "1"}})


# Service → how something is made in it, and how it is seen.
THINGS: dict[str, tuple[Callable[[], Any], Callable[[], Any]]] = {
    "athena": (
        lambda: client("athena").create_work_group(Name="kept", Configuration={"EnforceWorkGroupConfiguration": False}),
        lambda: client("athena").get_work_group(WorkGroup="kept")["WorkGroup"],
    ),
    "cloudformation": (make_cloudformation, see_cloudformation),
    "cognito-identity": (
        lambda: client("cognito-identity").create_identity_pool(
            IdentityPoolName="kept", AllowUnauthenticatedIdentities=False
        ),
        lambda: client("cognito-identity").list_identity_pools(MaxResults=10)["IdentityPools"],
    ),
    "cognito-idp": (make_cognito, see_cognito),
    "dynamodb": (make_table, lambda: client("dynamodb").scan(TableName="kept")["Items"]),
    "events": (
        lambda: client("events").put_rule(Name="kept", ScheduleExpression="rate(1 day)"),
        lambda: client("events").describe_rule(Name="kept")["Arn"],
    ),
    "glue": (
        lambda: client("glue").create_database(DatabaseInput={"Name": "kept"}),
        lambda: client("glue").get_database(Name="kept")["Database"],
    ),
    "iam": (
        lambda: client("iam").create_role(RoleName="kept", AssumeRolePolicyDocument="{}"),
        lambda: client("iam").get_role(RoleName="kept")["Role"],
    ),
    "kinesis": (make_kinesis, see_kinesis),
    "kinesisanalyticsv2": (
        make_flink,
        lambda: client("kinesisanalyticsv2").describe_application(ApplicationName="kept")["ApplicationDetail"][
            "ApplicationARN"
        ],
    ),
    "kms": (
        lambda: client("kms").create_key(Description="kept"),
        lambda: [key["KeyId"] for key in client("kms").list_keys()["Keys"]],
    ),
    "lambda": (make_lambda, see_lambda),
    "logs": (
        lambda: client("logs").create_log_group(logGroupName="kept"),
        lambda: client("logs").describe_log_groups(logGroupNamePrefix="kept")["logGroups"],
    ),
    "monitoring": (
        make_monitoring,
        lambda: [alarm["AlarmArn"] for alarm in client("cloudwatch").describe_alarms()["MetricAlarms"]],
    ),
    "s3": (make_s3, see_s3),
    "secretsmanager": (
        lambda: client("secretsmanager").create_secret(Name="kept", SecretString="s"),
        lambda: client("secretsmanager").get_secret_value(SecretId="kept")["SecretString"],
    ),
    "sns": (
        lambda: client("sns").create_topic(Name="kept", Attributes={"DisplayName": "Kept"}),
        lambda: client("sns").get_topic_attributes(TopicArn="arn:aws:sns:us-east-1:123456789012:kept")["Attributes"],
    ),
    "sqs": (
        lambda: client("sqs").send_message(
            QueueUrl=client("sqs").create_queue(QueueName="kept")["QueueUrl"], MessageBody="text"
        ),
        lambda: client("sqs").get_queue_attributes(
            QueueUrl=client("sqs").get_queue_url(QueueName="kept")["QueueUrl"],
            AttributeNames=["QueueArn", "ApproximateNumberOfMessages"],
        )["Attributes"],
    ),
    "ssm": (
        lambda: client("ssm").put_parameter(Name="kept", Value="v", Type="String"),
        lambda: client("ssm").get_parameter(Name="kept")["Parameter"],
    ),
    "states": (make_states, lambda: client("stepfunctions").list_state_machines()["stateMachines"]),
}


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    path = tmp_path / "kept"
    path.mkdir(mode=0o700)
    monkeypatch.setenv("WORKSHOP_HOME", str(path))
    yield path
    local_process.stop(path)


def kill(home: Path) -> None:
    state = local_process.running(home)
    assert state is not None
    os.kill(state.pid, signal.SIGKILL)
    assert local_process._gone(state.pid, 10)


def test_every_service_that_is_kept_has_its_example() -> None:
    assert set(THINGS) == set(KEPT)


@pytest.mark.timeout(600)
def test_everything_acknowledged_is_there_after_kill_9_and_after_a_stop(home: Path) -> None:
    Workshop.connect()
    before = {}
    for name, (make, see) in THINGS.items():
        make()
        before[name] = see()
    kill(home)
    Workshop.connect()
    for name, (_, see) in THINGS.items():
        assert see() == before[name], f"{name}, after kill -9"
    # What is deleted stays deleted, what is changed stays changed.
    client("glue").delete_database(Name="kept")
    client("ssm").put_parameter(Name="kept", Value="w", Type="String", Overwrite=True)
    client("cloudformation").delete_stack(StackName="kept")
    client("cloudformation").get_waiter("stack_delete_complete").wait(
        StackName="kept", WaiterConfig={"Delay": 1, "MaxAttempts": 60}
    )
    kill(home)
    Workshop.connect()
    assert client("glue").get_databases()["DatabaseList"] == []
    assert client("ssm").get_parameter(Name="kept")["Parameter"]["Value"] == "w"
    names = [bucket["Name"] for bucket in client("s3").list_buckets()["Buckets"]]
    assert names == ["kept"]
    local_process.stop(home)
    Workshop.connect()
    for name in ("s3", "lambda", "kinesis", "iam", "cognito-idp"):
        assert THINGS[name][1]() == before[name], f"{name}, after stop"


def test_a_stack_caught_in_progress_fails_with_the_reason_and_can_be_made_again(home: Path) -> None:
    slow = {
        "Resources": {
            "Bucket": {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": "by-stack"}},
            "Handle": {"Type": "AWS::CloudFormation::WaitConditionHandle", "DependsOn": "Bucket"},
            "Wait": {
                "Type": "AWS::CloudFormation::WaitCondition",
                "Properties": {"Handle": {"Ref": "Handle"}, "Timeout": "3600"},
            },
        }
    }
    Workshop.connect()
    client("cloudformation").create_stack(StackName="slow", TemplateBody=json.dumps(slow))
    waiting = {("Wait", "CREATE_IN_PROGRESS")}
    while not waiting <= {
        (event["LogicalResourceId"], event["ResourceStatus"])
        for event in client("cloudformation").describe_stack_events(StackName="slow")["StackEvents"]
    }:
        pass
    kill(home)
    Workshop.connect()
    [stack] = client("cloudformation").describe_stacks(StackName="slow")["Stacks"]
    assert stack["StackStatus"] == "CREATE_FAILED"
    assert "was started again. Delete the stack" in stack["StackStatusReason"]
    newest = client("cloudformation").describe_stack_events(StackName="slow")["StackEvents"][0]
    assert (newest["LogicalResourceId"], newest["ResourceStatus"]) == ("slow", "CREATE_FAILED")
    client("s3").head_bucket(Bucket="by-stack")
    client("cloudformation").delete_stack(StackName="slow")
    client("cloudformation").get_waiter("stack_delete_complete").wait(
        StackName="slow", WaiterConfig={"Delay": 1, "MaxAttempts": 60}
    )
    client("cloudformation").create_stack(StackName="slow", TemplateBody=TEMPLATE)
    client("cloudformation").get_waiter("stack_create_complete").wait(
        StackName="slow", WaiterConfig={"Delay": 1, "MaxAttempts": 60}
    )


def test_mail_and_its_links_outlive_the_process(home: Path) -> None:
    ws = Workshop.connect()
    topic = client("sns").create_topic(Name="alerts")["TopicArn"]
    client("sns").subscribe(TopicArn=topic, Protocol="email", Endpoint="a@example.com")
    kill(home)
    ws = Workshop.connect()
    assert ws.inbox.confirm_all() == [{"topic": "alerts", "endpoint": "a@example.com"}]
    client("sns").publish(TopicArn=topic, Message="before")
    kill(home)
    ws = Workshop.connect()
    client("sns").publish(TopicArn=topic, Message="after")
    texts = [message["body"].split("\n")[0] for message in ws.inbox.messages()]
    assert texts == ["You have chosen to subscribe to the topic:", "before", "after"]


def test_state_that_cannot_be_read_back_stops_the_start(home: Path) -> None:
    journal = Journal(home / "journal.sqlite")
    journal.save("ministack", "glue", b"{")
    journal.close()
    with pytest.raises(local_process.WorkshopError, match="The state of glue cannot be read back"):
        local_process.start(home)


@pytest.mark.parametrize(
    ("service", "method", "path", "operation", "expected"),
    [
        ("glue", "POST", "/", "GetTables", False),
        ("glue", "POST", "/", "CreateTable", True),
        ("sqs", "POST", "/", "ReceiveMessage", True),
        ("lambda", "POST", "/2015-03-31/functions", "", True),
        ("lambda", "GET", "/2015-03-31/functions", "", False),
        ("s3", "PUT", "/bucket", "", True),
        ("s3", "PUT", "/bucket/", "", True),
        ("s3", "PUT", "/bucket/key", "", False),
        ("s3", "GET", "/bucket", "", False),
        ("s3", "DELETE", "/bucket", "", True),
    ],
)
def test_what_may_have_changed_something(service: str, method: str, path: str, operation: str, expected: bool) -> None:
    assert changes(service, method, path, operation) is expected


def test_operations_are_found_wherever_a_protocol_puts_them() -> None:
    form = {"content-type": "application/x-www-form-urlencoded; charset=utf-8"}
    assert operation_of("/", {"x-amz-target": "AWSGlue.CreateTable"}, b"", {}) == "CreateTable"
    assert operation_of("/", form, b"Action=CreateTopic&Name=a", {}) == "CreateTopic"
    assert operation_of("/service/GraniteService/operation/PutMetricData", {}, b"", {}) == "PutMetricData"
    assert operation_of("/2015-03-31/functions/f/invocations", {}, b"{}", {}) == "Invoke"
    assert operation_of("/", {}, b"", {"Action": ["ListUsers"]}) == "ListUsers"
    assert operation_of("/2015-03-31/functions", {}, b"{}", {}) == ""


def test_a_change_is_written_before_it_is_answered_and_a_look_writes_nothing(tmp_path: Path) -> None:
    journal = Journal()
    plane = ControlPlane(journal, tmp_path)  # without its thread, which would write later anyway

    async def theirs(method: str, path: str, headers: Any, body: bytes, query: Any) -> Any:
        with request_scope("123456789012", "us-east-1"):
            ssm._parameters["by-test"] = {"Name": "by-test"}
        return 200, {}, b"{}"

    def ask(operation: str) -> dict[str, bytes]:
        target = {"x-amz-target": f"AmazonSSM.{operation}"}
        asyncio.run(plane.keeping("ssm", theirs)("POST", "/", target, b"{}", {}))
        return journal.load("ministack")

    try:
        assert ask("GetParameter") == {}
        assert b"by-test" in ask("PutParameter")["ssm"]
    finally:
        with request_scope("123456789012", "us-east-1"):
            del ssm._parameters["by-test"]


def test_an_object_that_is_not_written_is_a_failed_request() -> None:
    logger = logging.getLogger("s3")
    before = logger.level
    refuse_lost_objects()
    try:
        with pytest.raises(OSError, match="Failed to persist S3 object b/k: disk full"):
            logger.warning("Failed to persist S3 object %s/%s: %s", "b", "k", "disk full")
        logger.warning("something else")
    finally:
        logger.removeFilter(logger.filters[-1])
        logger.setLevel(before)


def test_kinesis_records_are_written_once_and_forgotten_with_their_time() -> None:
    journal, streams = Journal(), AccountRegionScopedDict()
    scope = ("123456789012", "us-east-1", "clicks")
    shard: dict[str, Any] = {"records": []}
    streams._data[scope] = {"CreationTimestamp": 1, "RetentionPeriodHours": 24, "shards": {"shard-0": shard}}
    module = SimpleNamespace(
        _streams=streams, _consumers={}, _resource_policies={}, time=SimpleNamespace(time=time.time)
    )
    records = KinesisRecords(journal, module)
    written = time.time()
    for number in range(3):
        shard["records"].append({"SequenceNumber": f"{number:020d}", "Data": str(number)})
        records.write()
    records.write()
    assert [len(json.loads(data)["records"]["shard-0"]) for _, data in journal.entries(LOG)] == [1, 1, 1]
    assert records.state()["streams"]._data[scope]["shards"]["shard-0"]["records"] == []

    kept, shard["records"] = list(shard["records"]), []
    again = KinesisRecords(journal, module)
    again.read()
    assert shard["records"] == kept
    again.write()
    assert len(list(journal.entries(LOG))) == 3
    module.time.time = lambda: written + 25 * 3600
    again.write()
    assert list(journal.entries(LOG)) == []


def test_records_of_a_stream_that_was_deleted_do_not_come_back_in_its_successor() -> None:
    journal, streams = Journal(), AccountRegionScopedDict()
    scope = ("123456789012", "us-east-1", "clicks")
    module = SimpleNamespace(
        _streams=streams, _consumers={}, _resource_policies={}, time=SimpleNamespace(time=time.time)
    )
    for created in (1, 2):
        shard: dict[str, Any] = {"records": [{"SequenceNumber": "1", "Data": str(created)}] if created == 1 else []}
        streams._data[scope] = {"CreationTimestamp": created, "RetentionPeriodHours": 24, "shards": {"s": shard}}
        if created == 1:
            KinesisRecords(journal, module).write()
    KinesisRecords(journal, module).read()
    assert streams._data[scope]["shards"]["s"]["records"] == []
    assert list(journal.entries(LOG)) == []
