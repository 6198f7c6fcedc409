"""Chapter 07: everything is found, data is deleted in the open, and nothing is left."""

import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from types import SimpleNamespace

import pytest
from botocore.exceptions import ClientError

from helpers import cleanup, stack, template
from helpers.errors import WorkshopError
from helpers.workshop import Workshop
from tests.aws import StubbedWorkshop, detail

PARAMETERS = {
    "Username": "kplsetup",
    "Password": "Very-secret-1",
    "Email": "you@example.com",
    "SMS": "+15555550123",
}


@pytest.fixture
def ws(workshop: Workshop) -> Iterator[Workshop]:
    """The shared local AWS, with a stack name and an application name of its own, all gone afterwards."""
    workshop.stack_name = f"clickstream-workshop-{uuid.uuid4().hex[:4]}"  # within its roles' boundary
    workshop.application_name = f"application-{workshop.stack_name}"
    yield workshop
    cleanup.empty_buckets(workshop)
    cleanup.delete_stack(workshop)


@pytest.fixture
def deployed(ws: Workshop) -> Workshop:
    stack.deploy(ws, PARAMETERS)
    return ws


# --- on the local AWS


def test_the_inventory_finds_whatever_the_stack_made(deployed):
    rows = cleanup.inventory(deployed)
    assert all(set(row) == {"kind", "name", "state", "holds", "bytes"} for row in rows)
    names = {row["name"] for row in rows}
    # Found through what they belong to: not things of their own.
    parts = {
        "AWS::S3::BucketPolicy",
        "AWS::SNS::Subscription",
        "AWS::Logs::LogStream",
        "AWS::Glue::Table",
        "AWS::Cognito::UserPoolClient",
        "AWS::Cognito::IdentityPoolRoleAttachment",
        "Custom::DataGeneratorUser",
    }
    called_otherwise = {
        "AWS::Cognito::UserPool": f"{deployed.stack_name}-data-generator",
        "AWS::Cognito::IdentityPool": f"{deployed.stack_name}-data-generator",
        "AWS::SNS::Topic": f"{deployed.stack_name}-ClickStreamingTopic",
    }
    things = [r for r in stack.resources(deployed) if r["ResourceType"] not in parts]
    for resource in things:
        name = called_otherwise.get(resource["ResourceType"], resource["PhysicalResourceId"])
        assert name in names, resource
    assert len(rows) == len(things) + 1  # and the stack itself
    holds = {row["kind"]: row["holds"] for row in rows}
    assert (holds["user pool"], holds["database"], holds["topic"]) == (1, 3, 2)


def test_the_inventory_counts_versions_and_bytes(deployed):
    s3, bucket = deployed.client("s3"), stack.outputs(deployed)["RawBucketName"]
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    for body in (b"first", b"second"):
        s3.put_object(Bucket=bucket, Key="weblogs/raw/a", Body=body)
    s3.put_object(Bucket=bucket, Key="weblogs/raw/b", Body=b"x")
    s3.delete_object(Bucket=bucket, Key="weblogs/raw/b")
    (row,) = [row for row in cleanup.inventory(deployed) if row["name"] == bucket]
    assert (row["holds"], row["bytes"]) == (4, 6)
    assert cleanup.empty_buckets(deployed)[bucket] == 4
    assert cleanup.empty_buckets(deployed)[bucket] == 0


def test_a_stack_with_data_is_not_deleted_until_the_buckets_are_empty(deployed):
    outputs = stack.outputs(deployed)
    deployed.client("s3").put_object(Bucket=outputs["ProcessedBucketName"], Key="weblogs/anomalies/a", Body=b"{}\n")
    with pytest.raises(WorkshopError, match=rf"Not empty: {outputs['ProcessedBucketName']}\. .*empty_buckets"):
        cleanup.delete_stack(deployed)
    assert stack.outputs(deployed) == outputs

    assert set(cleanup.empty_buckets(deployed).values()) == {0, 1}
    events: list[stack.StackEvent] = []
    assert cleanup.delete_stack(deployed, events.append) is True
    assert events[-1].of_the_stack and events[-1].status == "DELETE_COMPLETE"
    assert cleanup.leftovers(deployed) == []


def test_everything_may_be_run_twice_and_without_anything_there(ws):
    for _ in range(2):
        assert cleanup.inventory(ws) == []
        assert cleanup.delete_application(ws) is False
        assert cleanup.empty_buckets(ws) == {}
        assert cleanup.delete_stack(ws) is False
    assert cleanup.leftovers(ws) == []


def test_what_the_delivery_stream_still_holds_does_not_block_the_deletion(deployed):
    deployed.client("firehose").put_record_batch(
        DeliveryStreamName=stack.outputs(deployed)["DeliveryStreamName"],
        Records=[{"Data": b'{"browseraction":"Click","site":"s"}\n'}] * 3,
    )
    cleanup.empty_buckets(deployed)
    assert cleanup.delete_stack(deployed) is True
    assert cleanup.leftovers(deployed) == []


def test_log_groups_made_outside_the_stack_are_found_and_deleted(ws):
    logs = ws.client("logs")
    name = f"/aws/lambda/{ws.stack_name}-ClickStreamingLambda"
    logs.create_log_group(logGroupName=name)
    assert [row["name"] for row in cleanup.leftovers(ws)] == [name]
    assert cleanup.delete_stack(ws) is False
    assert cleanup.leftovers(ws) == []


def test_other_people_s_things_are_left_alone(ws):
    s3, logs = ws.client("s3"), ws.client("logs")
    bucket = f"{ws.stack_name}-2-rawbucket-abc"
    group = f"/aws/lambda/{ws.stack_name}-2-ClickStreamingLambda"
    s3.create_bucket(Bucket=bucket)
    s3.put_object(Bucket=bucket, Key="k", Body=b"theirs")
    logs.create_log_group(logGroupName=group)
    assert cleanup.inventory(ws) == []
    cleanup.empty_buckets(ws)
    cleanup.delete_stack(ws)
    assert s3.get_object(Bucket=bucket, Key="k")["Body"].read() == b"theirs"
    assert logs.describe_log_groups(logGroupNamePrefix=group)["logGroups"]
    s3.delete_object(Bucket=bucket, Key="k")
    s3.delete_bucket(Bucket=bucket)
    logs.delete_log_group(logGroupName=group)


# --- emptying, with a bucket that pages and refuses


class FakeS3:
    def __init__(self, versions: int, markers: int = 0, refuse: str = "") -> None:
        self.items = [{"Key": f"k{number}", "VersionId": f"v{number}"} for number in range(versions + markers)]
        self._versions = versions
        self._refuse = refuse
        self.batches: list[int] = []

    def list_buckets(self):
        return {
            "Buckets": [
                {"Name": "s-rawbucket-1a2b"},
                {"Name": "s-rawbucket-of-others"},
                {"Name": "s-2-rawbucket-1"},
            ]
        }

    def get_paginator(self, operation):
        assert operation == "list_object_versions"
        return self

    def paginate(self, Bucket):
        assert Bucket == "s-rawbucket-1a2b"
        marker, items = self._versions, list(self.items)
        for start in range(0, len(items), 700):
            page = items[start : start + 700]
            yield {
                "Versions": [item for item in page if int(item["Key"][1:]) < marker],
                "DeleteMarkers": [item for item in page if int(item["Key"][1:]) >= marker],
            }

    def delete_objects(self, Bucket, Delete):
        self.batches.append(len(Delete["Objects"]))
        gone = [item for item in Delete["Objects"] if item["Key"] != self._refuse]
        self.items = [item for item in self.items if item not in gone]
        refused = [item for item in Delete["Objects"] if item["Key"] == self._refuse]
        return {"Errors": [{"Key": item["Key"], "Message": "Access Denied"} for item in refused]} if refused else {}


def fake(s3: FakeS3) -> SimpleNamespace:
    ws = SimpleNamespace(client=lambda name: s3, stack_name="s", target="local", template=template.TEMPLATE)
    ws.stacks = [ws]
    return ws


def test_all_versions_and_markers_go_in_batches_of_a_thousand():
    s3 = FakeS3(versions=1500, markers=800)
    assert cleanup.empty_buckets(fake(s3)) == {"s-rawbucket-1a2b": 2300}
    assert s3.batches == [1000, 1000, 300]
    assert s3.items == []


def test_objects_that_s3_keeps_are_named():
    with pytest.raises(WorkshopError, match=r"1 objects of s-rawbucket-1a2b \(it deleted 2\): k1: Access Denied"):
        cleanup.empty_buckets(fake(FakeS3(versions=3, refuse="k1")))


# --- the application, step by step


class Gone(ClientError):
    pass


class Busy(ClientError):
    pass


class FakeAnalytics:
    """An application whose state changes with time: stopping and deleting each take two seconds."""

    exceptions = SimpleNamespace(ResourceNotFoundException=Gone, ResourceInUseException=Busy)

    def __init__(self, status: str, busy: int = 0) -> None:
        self.status: str | None = status
        self.calls: list[str] = []
        self._next: list[str | None] = []
        self._busy = busy

    def describe_application(self, ApplicationName):
        if self.status is None:
            raise Gone({"Error": {"Code": "ResourceNotFoundException"}}, "DescribeApplication")
        return {"ApplicationDetail": {"ApplicationStatus": self.status, "CreateTimestamp": 7}}

    def stop_application(self, ApplicationName):
        if self._busy:
            self._busy -= 1
            raise Busy({"Error": {"Code": "ResourceInUseException"}}, "StopApplication")
        self.calls.append("stop")
        self.status, self._next = "STOPPING", ["STOPPING", "READY"]

    def delete_application(self, ApplicationName, CreateTimestamp):
        assert CreateTimestamp == 7
        self.calls.append("delete")
        self.status, self._next = "DELETING", ["DELETING", None]

    def step(self, seconds):
        if self._next:
            self.status = self._next.pop(0)


def with_application(analytics: FakeAnalytics) -> SimpleNamespace:
    return SimpleNamespace(client=lambda name: analytics, application_name="app", clock=analytics, engine="sql")


@pytest.mark.parametrize(
    ("status", "busy", "calls"),
    [
        ("RUNNING", 0, ["stop", "delete"]),
        ("RUNNING", 2, ["stop", "delete"]),
        ("READY", 0, ["delete"]),
    ],
)
def test_the_application_is_stopped_and_deleted_from_any_state(status, busy, calls):
    analytics = FakeAnalytics(status, busy)
    assert cleanup.delete_application(with_application(analytics)) is True
    assert analytics.calls == calls
    assert analytics.status is None


def test_an_application_on_its_way_is_waited_for():
    analytics = FakeAnalytics("STOPPING")
    analytics._next = ["STOPPING", "READY"]
    assert cleanup.delete_application(with_application(analytics)) is True
    assert analytics.calls == ["delete"]


def test_an_application_that_stays_is_reported():
    with pytest.raises(WorkshopError, match=r"app is still UPDATING after 0 s"):
        cleanup.delete_application(with_application(FakeAnalytics("UPDATING")), timeout=0)


def test_a_flink_application_goes_by_force_and_its_snapshots_before_it(tmp_path):
    ws, analytics, made = StubbedWorkshop(tmp_path), "kinesisanalyticsv2", datetime(2026, 11, 22, tzinfo=UTC)
    snapshot = {
        "SnapshotName": "s",
        "SnapshotStatus": "READY",
        "ApplicationVersionId": 1,
        "SnapshotCreationTimestamp": made,
    }

    def describe(status: str) -> None:
        ws.answer(analytics, "describe_application", detail(status, CreateTimestamp=made))

    describe("RUNNING")
    ws.answer(analytics, "stop_application", {}, {"ApplicationName": ws.application_name, "Force": True})
    describe("FORCE_STOPPING")
    describe("READY")
    ws.answer(analytics, "list_application_snapshots", {"SnapshotSummaries": [snapshot]})
    ws.answer(analytics, "delete_application_snapshot", {})
    describe("READY")
    ws.answer(analytics, "list_application_snapshots", {"SnapshotSummaries": []})
    ws.answer(analytics, "delete_application", {}, {"ApplicationName": ws.application_name, "CreateTimestamp": made})
    describe("DELETING")
    ws.refuse(analytics, "describe_application", "ResourceNotFoundException")
    assert cleanup.delete_application(ws) is True
    ws.all_asked()
