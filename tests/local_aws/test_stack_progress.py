"""The pace of stack operations, and what is left when the process ends in the middle of one."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import time
from pathlib import Path

import boto3
import pytest
from ministack.services import cloudformation
from ministack.services.cloudformation import stacks

from helpers import local_process
from helpers.local_aws import stack_progress
from helpers.local_aws.clock import Clock, Mode
from helpers.local_aws.controlplane import KIND, ControlPlane
from helpers.local_aws.journal import Journal
from helpers.workshop import Workshop
from tests.roles import make_role

ROLE = "arn:aws:iam::123456789012:role/firehose"
TEMPLATE = json.dumps(
    {
        "Resources": {
            "Bucket": {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": "beside"}},
            "Stream": {
                "Type": "AWS::KinesisFirehose::DeliveryStream",
                "Properties": {
                    "ExtendedS3DestinationConfiguration": {
                        "BucketARN": {"Fn::GetAtt": ["Bucket", "Arn"]},
                        "RoleARN": ROLE,
                    }
                },
            },
        }
    }
)
# A local AWS that is killed when the stream is made, before CloudFormation has written it down.
KILLED = """
import os, signal, sys
from helpers.local_aws import server
from helpers.local_aws.firehose.service import FirehoseService
theirs = FirehoseService.create_delivery_stream
def create(self, params):
    answer = theirs(self, params)
    os.kill(os.getpid(), signal.SIGKILL)
FirehoseService.create_delivery_stream = create
create.is_operation = True
sys.exit(server.main())
"""


@pytest.mark.parametrize(("mode", "pauses"), [("real", [stack_progress.PAUSE] * 2), ("stepped", [0, 0])])
def test_a_stack_can_be_watched_on_real_time_and_waits_for_nothing_on_stepped(
    mode: Mode, pauses: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)

    monkeypatch.setattr(stack_progress.asyncio, "sleep", sleep)
    clock = Clock(mode, 0)
    progress = stack_progress._Progress(clock, ())
    monkeypatch.setitem(cloudformation._stacks, "s", {"StackId": "id", "_resources": {}})
    monkeypatch.setitem(cloudformation._stack_events, "id", [{"LogicalResourceId": "s", "ResourceStatus": ""}])
    monkeypatch.setattr(stacks, "_provision_keeping_seed", lambda *args: (("physical", {}), ""))
    try:
        asyncio.run(progress.run(stacks._provision_keeping_seed, "AWS::SNS::Topic", "T", {}, "s"))
    finally:
        clock.close()
    assert slept == pauses
    assert cloudformation._stacks["s"]["_resources"]["T"]["PhysicalResourceId"] == "physical"


def test_what_is_kept_of_cloudformation_is_not_written_over_before_it_is_read(tmp_path: Path) -> None:
    journal = Journal()
    journal.save(KIND, "cloudformation", b"kept")
    plane = ControlPlane(journal, tmp_path)
    assert hasattr(cloudformation, "get_state")  # imported, and empty
    plane.save_all()
    assert journal.load(KIND)["cloudformation"] == b"kept"


@pytest.mark.timeout(300)
def test_kill_9_between_making_a_stream_and_writing_it_down_leaves_no_orphan(tmp_path: Path) -> None:
    home = tmp_path / "workshop"
    home.mkdir(mode=0o700)
    log = home / "killed.log"
    with log.open("w") as out:
        doomed = subprocess.Popen([sys.executable, "-c", KILLED], env=os.environ, stdout=out, stderr=out)
    deadline = time.monotonic() + 120
    while local_process.running(home) is None:
        assert doomed.poll() is None, log.read_text()
        assert time.monotonic() < deadline, log.read_text()
        time.sleep(0.05)
    Workshop.connect()
    make_role(boto3.client("iam"), ROLE)
    boto3.client("cloudformation").create_stack(StackName="cut", TemplateBody=TEMPLATE)
    assert doomed.wait(timeout=120) == -9

    Workshop.connect()
    try:
        formation, firehose = boto3.client("cloudformation"), boto3.client("firehose")
        assert formation.describe_stacks(StackName="cut")["Stacks"][0]["StackStatus"] == "CREATE_FAILED"
        made = formation.list_stack_resources(StackName="cut")["StackResourceSummaries"]
        assert [each["LogicalResourceId"] for each in made] == ["Bucket"]
        assert firehose.list_delivery_streams()["DeliveryStreamNames"] == []
        formation.delete_stack(StackName="cut")
        formation.get_waiter("stack_delete_complete").wait(StackName="cut", WaiterConfig={"Delay": 1})
        assert boto3.client("s3").list_buckets()["Buckets"] == []
        formation.create_stack(StackName="cut", TemplateBody=TEMPLATE)
        formation.get_waiter("stack_create_complete").wait(StackName="cut", WaiterConfig={"Delay": 1})
        assert len(firehose.list_delivery_streams()["DeliveryStreamNames"]) == 1
    finally:
        local_process.stop(home)
