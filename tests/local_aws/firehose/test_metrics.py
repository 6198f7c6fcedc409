"""CloudWatch metrics: one request a minute of the clock, with what that minute saw."""

from __future__ import annotations

import logging
from typing import Any

import pytest


def published(world: Any) -> dict[tuple[str, float], tuple[float, float, str]]:
    """(metric, minute since the start) → samples, sum, unit."""
    return {
        (datum["MetricName"], (datum["Timestamp"].timestamp() - 1_790_000_000) // 60): (
            datum["StatisticValues"]["SampleCount"],
            datum["StatisticValues"]["Sum"],
            datum["Unit"],
        )
        for request in world.metrics
        for datum in request["MetricData"]
    }


def test_what_came_in_and_what_was_delivered(world: Any, aws: Any) -> None:
    world.create(**aws.hints(1, 60))
    world.put(b"ab", b"c")
    world.put(b"d")
    world.clock.step(200)
    seen = published(world)
    minute = next(minute for name, minute in seen if name == "IncomingRecords")
    assert seen["IncomingRecords", minute] == (2, 3, "Count")
    assert seen["IncomingBytes", minute] == (2, 4, "Bytes")
    assert seen["PutRecordBatch.Requests", minute] == (2, 2, "Count")
    assert seen["DeliveryToS3.Records", minute + 1] == (1, 3, "Count")
    assert seen["DeliveryToS3.Success", minute + 1] == (1, 1, "Count")
    assert seen["DeliveryToS3.DataFreshness", minute + 1] == (1, 60, "Seconds")
    assert {request["Namespace"] for request in world.metrics} == {"AWS/Firehose"}
    assert len(world.metrics) == 2


def test_nothing_is_published_while_nothing_happens(world: Any) -> None:
    world.create()
    world.clock.step(86_400)
    assert world.metrics == []


def test_failures_backup_and_transformation(world: Any, aws: Any) -> None:
    backup = {"RoleARN": aws.role, "BucketARN": "arn:aws:s3:::raw", **aws.hints(1, 60)}
    world.create(S3BackupMode="Enabled", S3BackupConfiguration=backup, **aws.transforming(), **aws.hints(1, 0))
    world.s3_failures = [aws.client_error("SlowDown")]
    world.put(b"a")
    world.clock.step(240)
    totals: dict[str, tuple[float, float]] = {}
    for (name, _), (samples, total, _) in published(world).items():
        before = totals.get(name, (0, 0))
        totals[name] = (before[0] + samples, before[1] + total)
    assert totals["BackupToS3.Success"] == (2, 1)
    assert totals["BackupToS3.Records"] == (1, 1)
    assert totals["ExecuteProcessing.Success"] == (1, 1)
    assert totals["SucceedProcessing.Bytes"] == (1, 1)
    assert "ThrottledRecords" not in totals


def test_metrics_that_cannot_be_published_are_reported(
    world: Any, aws: Any, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(**arguments: Any) -> None:
        raise aws.client_error("InternalFailure")

    monkeypatch.setattr(world, "put_metric_data", fail, raising=False)
    world.create(**aws.hints(1, 0))
    with caplog.at_level(logging.WARNING):
        world.put(b"a")
        world.clock.step(60)
    assert "could not be published" in caplog.text
    assert world.bodies() == [b"a"]
