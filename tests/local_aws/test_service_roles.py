"""Roles handed to services: one that is not there, or trusts another service, is refused at once, in AWS's words."""

from __future__ import annotations

import json
import uuid

import boto3
import pytest
from botocore.exceptions import ClientError

from helpers.workshop import Workshop

ROLES = "arn:aws:iam::123456789012:role"


def create(service: str, name: str, role: str) -> None:
    """A delivery stream or an application of that role."""
    client = boto3.client(service)
    if service == "firehose":
        destination = {"RoleARN": role, "BucketARN": "arn:aws:s3:::none"}
        client.create_delivery_stream(DeliveryStreamName=name, ExtendedS3DestinationConfiguration=destination)
    else:
        client.create_application(ApplicationName=name, RuntimeEnvironment="SQL-1_0", ServiceExecutionRole=role)


@pytest.mark.parametrize(
    ("service", "refusal"),
    [
        ("firehose", "Firehose is unable to assume role {}. Please check the role provided."),
        ("kinesisanalyticsv2", "Kinesis Analytics service doesn't have sufficient privileges to assume the role {}"),
    ],
)
def test_a_role_that_a_service_cannot_take_is_refused(workshop: Workshop, service: str, refusal: str) -> None:
    name = f"roles-{uuid.uuid4().hex[:8]}"
    trust = {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    workshop.client("iam").create_role(RoleName=name, AssumeRolePolicyDocument=document)
    for role in (f"{ROLES}/{name}", f"{ROLES}/{name}-none"):
        with pytest.raises(ClientError) as refused:
            create(service, name, role)
        assert refused.value.response["Error"]["Code"] == "InvalidArgumentException"
        assert refused.value.response["Error"]["Message"] == refusal.format(role)
    workshop.client("iam").delete_role(RoleName=name)
