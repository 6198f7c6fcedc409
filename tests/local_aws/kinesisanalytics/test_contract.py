"""Both versions of the API with boto3 over the wire, and their resources in stacks.

The first half would pass against an account of the time when the service existed (with roles that are there, and
waiting instead of stepping); names are the tests' own, as the local AWS is shared.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from helpers.workshop import Workshop
from tests.roles import make_role

ROLE = "arn:aws:iam::123456789012:role/analytics"
SCHEMA: dict[str, Any] = {
    "RecordFormat": {
        "RecordFormatType": "JSON",
        "MappingParameters": {"JSONMappingParameters": {"RecordRowPath": "$"}},
    },
    "RecordEncoding": "UTF-8",
    "RecordColumns": [{"Name": "n", "SqlType": "INTEGER", "Mapping": "$.n"}],
}
CODE = """
CREATE OR REPLACE STREAM "OUT" ("n" INTEGER, "name" VARCHAR(16));
CREATE OR REPLACE PUMP "P" AS INSERT INTO "OUT"
SELECT STREAM "SOURCE_SQL_STREAM_001"."n", "names"."name"
FROM "SOURCE_SQL_STREAM_001" LEFT JOIN "names" ON "SOURCE_SQL_STREAM_001"."n" = "names"."n";
"""
PLAIN = """
CREATE OR REPLACE STREAM "OUT" ("n" INTEGER);
CREATE OR REPLACE PUMP "P" AS INSERT INTO "OUT" SELECT STREAM "n" FROM "SOURCE_SQL_STREAM_001";
"""


def names(bucket: str) -> dict[str, Any]:
    parameters = {"CSVMappingParameters": {"RecordRowDelimiter": "\n", "RecordColumnDelimiter": ","}}
    columns = [{"Name": "n", "SqlType": "INTEGER"}, {"Name": "name", "SqlType": "VARCHAR(16)"}]
    return {
        "TableName": "names",
        "S3ReferenceDataSource": {"BucketARN": f"arn:aws:s3:::{bucket}", "FileKey": "names.csv"},
        "ReferenceSchema": {
            "RecordFormat": {"RecordFormatType": "CSV", "MappingParameters": parameters},
            "RecordColumns": columns,
        },
    }


@pytest.fixture
def streams(workshop: Workshop) -> Iterator[tuple[str, str]]:
    """ARNs of a Kinesis data stream to read, and of one to write."""
    make_role(boto3.client("iam"), ROLE)
    kinesis = boto3.client("kinesis")
    for name in ("analytics-in", "analytics-out"):
        kinesis.create_stream(StreamName=name, ShardCount=2)
    yield tuple(  # type: ignore[misc]
        kinesis.describe_stream_summary(StreamName=name)["StreamDescriptionSummary"]["StreamARN"]
        for name in ("analytics-in", "analytics-out")
    )
    for name in ("analytics-in", "analytics-out"):
        kinesis.delete_stream(StreamName=name)


def put(*numbers: int) -> None:
    records = [{"Data": json.dumps({"n": n}).encode(), "PartitionKey": str(n)} for n in numbers]
    boto3.client("kinesis").put_records(StreamName="analytics-in", Records=records)


def written() -> list[Any]:
    kinesis = boto3.client("kinesis")
    found = []
    for shard in kinesis.list_shards(StreamName="analytics-out")["Shards"]:
        iterator = kinesis.get_shard_iterator(
            StreamName="analytics-out", ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON"
        )["ShardIterator"]
        found += [json.loads(record["Data"]) for record in kinesis.get_records(ShardIterator=iterator)["Records"]]
    return sorted(found, key=lambda row: row["n"])  # type: ignore[no-any-return]


def wait(workshop: Workshop, client: Any, name: str, status: str) -> Any:
    for _ in range(60):
        detail = client.describe_application(ApplicationName=name)["ApplicationDetail"]
        if detail["ApplicationStatus"] == status:
            return detail
        workshop.clock.step(1)
    raise AssertionError(detail)


def test_from_kinesis_with_reference_data_to_kinesis(workshop: Workshop, streams: tuple[str, str]) -> None:
    analytics, s3 = boto3.client("kinesisanalyticsv2"), boto3.client("s3")
    s3.create_bucket(Bucket="analytics-names")
    s3.put_object(Bucket="analytics-names", Key="names.csv", Body=b"1,one\n2,two\n")
    detail = analytics.create_application(
        ApplicationName="contract",
        RuntimeEnvironment="SQL-1_0",
        ServiceExecutionRole=ROLE,
        ApplicationConfiguration={
            "SqlApplicationConfiguration": {
                "Inputs": [
                    {
                        "NamePrefix": "SOURCE_SQL_STREAM",
                        "KinesisStreamsInput": {"ResourceARN": streams[0]},
                        "InputSchema": SCHEMA,
                    }
                ],
                "Outputs": [
                    {
                        "Name": "OUT",
                        "KinesisStreamsOutput": {"ResourceARN": streams[1]},
                        "DestinationSchema": {"RecordFormatType": "JSON"},
                    }
                ],
                "ReferenceDataSources": [names("analytics-names")],
            },
            "ApplicationCodeConfiguration": {"CodeContent": {"TextContent": CODE}, "CodeContentType": "PLAINTEXT"},
        },
    )["ApplicationDetail"]
    put(1)
    position = {"InputStartingPosition": "TRIM_HORIZON"}
    run = [{"InputId": "1.1", "InputStartingPositionConfiguration": position}]
    analytics.start_application(ApplicationName="contract", RunConfiguration={"SqlRunConfigurations": run})
    wait(workshop, analytics, "contract", "RUNNING")
    put(2, 3)
    workshop.clock.step(10)
    assert written() == [{"n": 1, "name": "one"}, {"n": 2, "name": "two"}, {"n": 3, "name": None}]
    with pytest.raises(analytics.exceptions.ConcurrentModificationException):
        analytics.delete_application_output(ApplicationName="contract", CurrentApplicationVersionId=7, OutputId="1.2")
    with pytest.raises(analytics.exceptions.ResourceInUseException):
        analytics.start_application(ApplicationName="contract", RunConfiguration={})
    with pytest.raises(analytics.exceptions.UnsupportedOperationException):
        analytics.list_application_versions(ApplicationName="contract")
    analytics.stop_application(ApplicationName="contract")
    wait(workshop, analytics, "contract", "READY")
    analytics.delete_application(ApplicationName="contract", CreateTimestamp=detail["CreateTimestamp"])
    workshop.clock.step(5)
    with pytest.raises(analytics.exceptions.ResourceNotFoundException):
        analytics.describe_application(ApplicationName="contract")


def test_version_1_as_scripts_of_its_time_call_it(workshop: Workshop, streams: tuple[str, str]) -> None:
    analytics = boto3.client("kinesisanalytics")
    analytics.create_application(
        ApplicationName="contract-v1",
        ApplicationCode=PLAIN,
        Inputs=[
            {
                "NamePrefix": "SOURCE_SQL_STREAM",
                "KinesisStreamsInput": {"ResourceARN": streams[0], "RoleARN": ROLE},
                "InputSchema": SCHEMA,
            }
        ],
        Outputs=[
            {
                "Name": "OUT",
                "KinesisStreamsOutput": {"ResourceARN": streams[1], "RoleARN": ROLE},
                "DestinationSchema": {"RecordFormatType": "JSON"},
            }
        ],
    )
    detail = analytics.describe_application(ApplicationName="contract-v1")["ApplicationDetail"]
    [given] = detail["InputDescriptions"]
    position = {"InputStartingPosition": "NOW"}
    analytics.start_application(
        ApplicationName="contract-v1",
        InputConfigurations=[{"Id": given["InputId"], "InputStartingPositionConfiguration": position}],
    )
    wait(workshop, analytics, "contract-v1", "RUNNING")
    put(5)
    workshop.clock.step(10)
    assert written() == [{"n": 5}]
    with pytest.raises(analytics.exceptions.CodeValidationException, match="line 1"):
        analytics.update_application(
            ApplicationName="contract-v1",
            CurrentApplicationVersionId=1,
            ApplicationUpdate={"ApplicationCodeUpdate": "CREATE STREEM"},
        )
    analytics.stop_application(ApplicationName="contract-v1")
    wait(workshop, analytics, "contract-v1", "READY")
    analytics.delete_application(ApplicationName="contract-v1", CreateTimestamp=detail["CreateTimestamp"])


# CloudFormation


def wait_for(stack: str, status: str) -> Any:
    """Stacks change within a second, on a machine that has nothing else to do."""
    cloudformation, deadline = boto3.client("cloudformation"), time.monotonic() + 60
    while (found := cloudformation.describe_stacks(StackName=stack)["Stacks"][0])["StackStatus"] != status:
        assert time.monotonic() < deadline, cloudformation.describe_stack_events(StackName=stack)
        time.sleep(0.05)
    return found


def gone(stack: str) -> None:
    cloudformation, deadline = boto3.client("cloudformation"), time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            cloudformation.describe_stacks(StackName=stack)
        except ClientError:
            return
        time.sleep(0.05)
    raise AssertionError(cloudformation.describe_stack_events(StackName=stack))


def template(v1: bool, streams: tuple[str, str], code: str, form: str, count: Any, more: bool) -> str:
    role = {"RoleARN": ROLE} if v1 else {}
    prefix = "AWS::KinesisAnalytics::" if v1 else "AWS::KinesisAnalyticsV2::"
    source = {
        "NamePrefix": "SOURCE_SQL_STREAM",
        "KinesisStreamsInput": {"ResourceARN": streams[0], **role},
        "InputSchema": SCHEMA,
        "InputParallelism": {"Count": count},
    }
    properties: dict[str, Any] = {"ApplicationCode": code, "Inputs": [source]}
    if not v1:
        content = {"CodeContent": {"TextContent": code}, "CodeContentType": "PLAINTEXT"}
        properties = {
            "RuntimeEnvironment": "SQL-1_0",
            "ServiceExecutionRole": ROLE,
            "ApplicationConfiguration": {
                "SqlApplicationConfiguration": {"Inputs": [source]},
                "ApplicationCodeConfiguration": content,
            },
        }
    output = {
        "Name": "OUT",
        "KinesisStreamsOutput": {"ResourceARN": streams[1], **role},
        "DestinationSchema": {"RecordFormatType": form},
    }
    reference = names("anywhere")
    if v1:
        reference["S3ReferenceDataSource"]["ReferenceRoleARN"] = ROLE
    name = {"ApplicationName": {"Ref": "App"}}
    resources = {
        "App": {"Type": f"{prefix}Application", "Properties": properties},
        "Output": {"Type": f"{prefix}ApplicationOutput", "Properties": name | {"Output": output}},
    }
    if more:
        resources["Names"] = {
            "Type": f"{prefix}ApplicationReferenceDataSource",
            "Properties": name | {"ReferenceDataSource": reference},
        }
    outputs = {each: {"Value": {"Ref": each}} for each in resources}
    return json.dumps({"Resources": resources, "Outputs": outputs})


@pytest.mark.parametrize("v1", [False, True])
def test_resources_in_a_stack(workshop: Workshop, streams: tuple[str, str], v1: bool) -> None:
    cloudformation, stack = boto3.client("cloudformation"), f"analytics-{'v1' if v1 else 'v2'}"
    analytics = boto3.client("kinesisanalytics" if v1 else "kinesisanalyticsv2")

    def detail() -> Any:
        found = analytics.describe_application(ApplicationName=name)["ApplicationDetail"]
        return (
            found
            if v1
            else found | found["ApplicationConfigurationDescription"]["SqlApplicationConfigurationDescription"]
        )

    cloudformation.create_stack(StackName=stack, TemplateBody=template(v1, streams, PLAIN, "JSON", "1", True))
    outputs = {each["OutputKey"]: each["OutputValue"] for each in wait_for(stack, "CREATE_COMPLETE")["Outputs"]}
    name = outputs["App"]
    assert name.startswith(f"{stack}-App-")
    assert outputs["Output"] == f"{name}/{detail()['OutputDescriptions'][0]['OutputId']}"
    assert detail()["ApplicationStatus"] == "READY"  # created, not started
    assert detail()["ReferenceDataSourceDescriptions"][0]["TableName"] == "names"
    change = template(v1, streams, PLAIN.replace('SELECT STREAM "n"', 'SELECT STREAM "n" + 1'), "CSV", "2", False)
    cloudformation.update_stack(StackName=stack, TemplateBody=change)
    wait_for(stack, "UPDATE_COMPLETE")
    assert detail()["OutputDescriptions"][0]["DestinationSchema"] == {"RecordFormatType": "CSV"}
    assert len(detail()["InputDescriptions"][0]["InAppStreamNames"]) == 2
    assert detail()["ReferenceDataSourceDescriptions"] == []
    cloudformation.delete_stack(StackName=stack)
    gone(stack)
    with pytest.raises(ClientError, match="not found"):
        detail()


def test_a_script_that_cannot_run_fails_the_stack_with_its_place(workshop: Workshop, streams: tuple[str, str]) -> None:
    cloudformation = boto3.client("cloudformation")
    body = template(False, streams, "CREATE STREEM", "JSON", 1, False)
    cloudformation.create_stack(StackName="analytics-bad", TemplateBody=body)
    wait_for("analytics-bad", "ROLLBACK_COMPLETE")
    events = cloudformation.describe_stack_events(StackName="analytics-bad")["StackEvents"]
    reasons = [event.get("ResourceStatusReason", "") for event in events]
    assert any("CodeValidationException" in reason and "line 1" in reason for reason in reasons)
    cloudformation.delete_stack(StackName="analytics-bad")
    gone("analytics-bad")


def test_applications_for_flink_stay_ministacks(workshop: Workshop) -> None:
    cloudformation, analytics = boto3.client("cloudformation"), boto3.client("kinesisanalyticsv2")
    make_role(boto3.client("iam"), ROLE)
    properties = {"RuntimeEnvironment": "FLINK-1_20", "ServiceExecutionRole": ROLE}
    body = {"Resources": {"App": {"Type": "AWS::KinesisAnalyticsV2::Application", "Properties": properties}}}
    body["Outputs"] = {"App": {"Value": {"Ref": "App"}}}  # type: ignore[dict-item]
    cloudformation.create_stack(StackName="analytics-flink", TemplateBody=json.dumps(body))
    [output] = wait_for("analytics-flink", "CREATE_COMPLETE")["Outputs"]
    found = analytics.describe_application(ApplicationName=output["OutputValue"])["ApplicationDetail"]
    assert found["RuntimeEnvironment"] == "FLINK-1_20"
    cloudformation.delete_stack(StackName="analytics-flink")
    gone("analytics-flink")
