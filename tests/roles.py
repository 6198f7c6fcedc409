"""A role that services may take and that may do everything: what contract tests and benchmarks hand to services."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

# Contract tests call more than an attendee may; tests/test_attendee_policy.py is about what an attendee may.
ADMINISTRATOR = {"WORKSHOP_POLICY": str(Path(__file__).parent / "administrator-policy.json")}
SERVICES = ("firehose", "kinesisanalytics", "lambda", "states")
TRUST = {
    "Effect": "Allow",
    "Principal": {"Service": [f"{name}.amazonaws.com" for name in SERVICES]},
    "Action": "sts:AssumeRole",
}


def make_role(iam: Any, arn: str) -> None:
    """Make the role of this ARN unless it is there."""
    name = arn.rpartition("/")[2]
    try:
        iam.create_role(
            RoleName=name, AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [TRUST]})
        )
    except iam.exceptions.EntityAlreadyExistsException:
        return
    everything = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
    iam.put_role_policy(RoleName=name, PolicyName="everything", PolicyDocument=json.dumps(everything))
