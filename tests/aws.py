"""A workshop on aws without an account: boto3's own clients, whose requests botocore validates, and set answers."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import boto3
from botocore.stub import Stubber

from helpers import local_process
from helpers.errors import WorkshopError
from helpers.tracks import CLICKSTREAM

ACCOUNT = "111122223333"
NAME = "clickstream-workshop"
LOG_STREAM = f"arn:aws:logs:us-east-1:{ACCOUNT}:log-group:/aws/kinesis-analytics/{NAME}:log-stream:application"
OUTPUTS = {
    "DeliveryStreamName": f"{NAME}-FirehoseDeliveryStream-1",
    "EventStreamName": f"{NAME}-EventStream",
    "EventStreamArn": f"arn:aws:kinesis:us-east-1:{ACCOUNT}:stream/{NAME}-EventStream",
    "AnomalyStreamArn": f"arn:aws:kinesis:us-east-1:{ACCOUNT}:stream/{NAME}-AnomalyStream",
    "AnalyticsRoleArn": f"arn:aws:iam::{ACCOUNT}:role/{NAME}-FlinkRole-1",
    "CodeBucketName": f"{NAME}-codebucket-1",
    "FlinkLogStreamArn": LOG_STREAM,
}


class StubbedWorkshop:
    """Enough of Workshop on the aws target. Every call has to be answered first, in its order: `answer`, `refuse`."""

    def __init__(self, home: Path, region: str = "us-east-1") -> None:
        self.target, self.engine, self.track, self.region = "aws", "flink", CLICKSTREAM, region
        self.stack_name, self.application_name = NAME, CLICKSTREAM.application_name
        self.seed, self.home, self.root = 7, home, local_process.ROOT
        self.outputs = dict(OUTPUTS)
        self.notes: dict[str, Any] = {}
        self.clock = self
        self.slept = 0.0
        self._session = boto3.session.Session("AKIAEXAMPLE", "secret", region_name=region)
        self._stubs: dict[str, tuple[Any, Stubber]] = {}

    def client(self, name: str) -> Any:
        if name not in self._stubs:
            client = self._session.client(name)
            stub = Stubber(client)
            stub.activate()
            self._stubs[name] = client, stub
        return self._stubs[name][0]

    def answer(self, service: str, operation: str, response: dict[str, Any], request: Any = None) -> None:
        self.client(service)
        self._stubs[service][1].add_response(operation, response, request)

    def refuse(self, service: str, operation: str, code: str, message: str = "") -> None:
        self.client(service)
        self._stubs[service][1].add_client_error(operation, code, message)

    def all_asked(self) -> None:
        """Fail unless every answer was asked for."""
        for _, stub in self._stubs.values():
            stub.assert_no_pending_responses()

    def sleep(self, seconds: float) -> None:
        self.slept += seconds

    def step(self, seconds: float) -> None:
        raise AssertionError("time on AWS cannot be stepped")

    def control(self, *asked: Any) -> None:
        raise WorkshopError("AWS has no way to ask for that.")


def detail(status: str, **more: Any) -> dict[str, Any]:
    """What describe_application, create_application and others answer."""
    named: Mapping[str, Any] = {
        "ApplicationARN": f"arn:aws:kinesisanalytics:us-east-1:{ACCOUNT}:application/{CLICKSTREAM.application_name}",
        "ApplicationName": CLICKSTREAM.application_name,
        "RuntimeEnvironment": "FLINK-2_3",
        "ApplicationStatus": status,
        "ApplicationVersionId": 1,
    }
    return {"ApplicationDetail": {**named, **more}}
