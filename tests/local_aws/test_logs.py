"""CloudWatch Logs: how long events are kept, on the one clock."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from ministack.core.responses import request_scope
from ministack.services import cloudwatch_logs, lambda_svc

from helpers.local_aws.clock import Clock
from helpers.local_aws.logs import HOUR, MOST, Logs
from helpers.workshop import Workshop

DAY = 24 * HOUR
SCOPE = ("123456789012", "us-east-1")


def put(client: Any, group: str, seconds: float, *messages: str) -> None:
    events = [{"timestamp": int(seconds * 1000), "message": each} for each in messages]
    client.put_log_events(logGroupName=group, logStreamName="s", logEvents=events)


def messages(client: Any, group: str) -> list[str]:
    return [event["message"] for event in client.filter_log_events(logGroupName=group)["events"]]


def test_events_are_kept_as_long_as_their_group_says(workshop: Workshop) -> None:
    client, name = boto3.client("logs"), f"kept-{uuid.uuid4().hex[:8]}"
    for group, days in ((f"{name}-1", 1), (f"{name}-3", 3), (f"{name}-ever", None)):
        client.create_log_group(logGroupName=group)
        client.create_log_stream(logGroupName=group, logStreamName="s")
        if days:
            client.put_retention_policy(logGroupName=group, retentionInDays=days)
        put(client, group, workshop.clock.now(), "old")
    [described] = client.describe_log_groups(logGroupNamePrefix=f"{name}-1")["logGroups"]
    assert abs(described["creationTime"] / 1000 - workshop.clock.now()) < 1
    workshop.clock.step(DAY - 2 * HOUR)
    for group in ("1", "3", "ever"):
        put(client, f"{name}-{group}", workshop.clock.now(), "new")
    assert [messages(client, f"{name}-{group}") for group in ("1", "3", "ever")] == [["old", "new"]] * 3
    workshop.clock.step(4 * HOUR)
    assert [messages(client, f"{name}-{group}") for group in ("1", "3", "ever")] == [
        ["new"],
        ["old", "new"],
        ["old", "new"],
    ]
    [stream] = client.describe_log_streams(logGroupName=f"{name}-1")["logStreams"]
    assert stream["firstEventTimestamp"] == stream["lastEventTimestamp"]
    client.delete_retention_policy(logGroupName=f"{name}-3")
    workshop.clock.step(3 * DAY)
    assert [messages(client, f"{name}-{group}") for group in ("1", "3", "ever")] == [[], ["old", "new"], ["old", "new"]]
    assert client.describe_log_streams(logGroupName=f"{name}-1")["logStreams"][0]["logStreamName"] == "s"


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Iterator[Clock]:
    """A clock of its own, and ministack's module as it was afterwards."""
    monkeypatch.setattr(cloudwatch_logs, "time", cloudwatch_logs.time)
    monkeypatch.setattr(cloudwatch_logs, "_append_log_events", cloudwatch_logs._append_log_events)
    cloudwatch_logs.reset()
    clock = Clock("stepped", 1_800_000_000)
    yield clock
    clock.close()
    cloudwatch_logs.reset()


def test_a_month_of_invocations_is_held_within_bounds(clock: Clock) -> None:
    writes = []
    logs = Logs(clock, keep=lambda: writes.append(clock.now()))
    logs.arrange()
    function = {"config": {"FunctionName": "f"}}
    most_events = most_streams = 0
    with request_scope(*SCOPE):
        for _ in range(30):
            for number in range(MOST // 10):
                lambda_svc._emit_lambda_logs(function, str(number), "said", error=False, duration_ms=1)
            group = cloudwatch_logs._log_groups["/aws/lambda/f"]
            group["retentionInDays"] = 7
            clock.step(DAY)
            most_events = max(most_events, sum(len(stream["events"]) for stream in group["streams"].values()))
            most_streams = max(most_streams, len(group["streams"]))
        newest = max(stream["lastEventTimestamp"] for stream in group["streams"].values())
    assert newest == (clock.now() - DAY) * 1000, "of the one clock"
    # Four lines an invocation: all of one day are of one moment, and such are not cut in two.
    day = MOST // 10 * 4
    assert MOST - day < most_events <= MOST + day
    assert most_streams <= most_events
    assert writes


def test_records_of_dropped_events_go_with_them(clock: Clock) -> None:
    logs = Logs(clock, keep=lambda: None)
    logs.arrange()
    with request_scope(*SCOPE):
        cloudwatch_logs._create_log_group({"logGroupName": "g"})
        cloudwatch_logs._create_log_stream({"logGroupName": "g", "logStreamName": "s"})
        cloudwatch_logs._put_retention_policy({"logGroupName": "g", "retentionInDays": 1})
        events = [{"timestamp": int(clock.now() * 1000), "message": "m"}]
        cloudwatch_logs._put_log_events({"logGroupName": "g", "logStreamName": "s", "logEvents": events})
        assert len(cloudwatch_logs._log_records) == 1
        clock.step(DAY + HOUR)
        assert len(cloudwatch_logs._log_records) == 0
    assert logs.trim() == 0
