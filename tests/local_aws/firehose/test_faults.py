"""Faults on demand, as the delivery stream meets them."""

from __future__ import annotations

from typing import Any

from helpers.local_aws.protocol import AwsError


def fault(world: Any, kind: str, **members: Any) -> None:
    world.runtime.faults.set({"kind": kind, **members}, world.clock.now())


def test_throttled_puts(world: Any, aws: Any) -> None:
    world.create(**aws.hints(1, 0))
    fault(world, "throttle", share=0.5)
    answer = world.put(*[b"%d\n" % n for n in range(100)])
    refused = [n for n, each in enumerate(answer["RequestResponses"]) if each.get("ErrorCode")]
    assert 30 < len(refused) == answer["FailedPutCount"] < 70
    world.clock.drain()
    assert sorted(refused + [int(line) for line in b"".join(world.bodies()).split()]) == list(range(100))


def test_throttled_single_puts(world: Any) -> None:
    world.create()
    fault(world, "throttle", count=1)
    put = {"DeliveryStreamName": "s", "Record": {"Data": "eA=="}}
    try:
        world.firehose.handle("PutRecord", put)
        raise AssertionError("not throttled")
    except AwsError as error:
        assert (error.code, error.status) == ("ServiceUnavailableException", 500)
    assert world.firehose.handle("PutRecord", put)["RecordId"]


def test_s3_errors_delay_and_lose_nothing(world: Any, aws: Any) -> None:
    world.create(**aws.hints(1, 60))
    fault(world, "s3-error", seconds=100, code="SlowDown")
    world.put(b"a")
    world.clock.step(99)
    assert world.objects == []
    assert "S3.SlowDown" in world.firehose.stats("s")["last_error"]
    world.clock.step(100)
    assert world.bodies() == [b"a"]
    assert world.put_times == [60 + 1 + 2 + 4 + 8 + 16 + 32]


def test_failing_functions(world: Any, aws: Any) -> None:
    world.create(**aws.transforming(), **aws.hints(1, 0))
    fault(world, "lambda-error", count=3)
    world.put(b"a")
    world.clock.step(100)
    assert world.event_times == [67]
    assert world.bodies() == [b"A"]
    fault(world, "lambda-error", count=4, code="ServiceException")
    world.put(b"b")
    world.clock.step(100)
    assert b"Lambda.ServiceException" in world.bodies(within="processing-failed")[0]


def test_slow_functions(world: Any, aws: Any) -> None:
    world.create(**aws.transforming(), **aws.hints(1, 0))
    fault(world, "lambda-slow", count=1, delay=30)
    world.put(b"a")
    world.clock.step(60)
    world.put(b"b")
    world.clock.step(29)
    assert world.bodies() == []
    world.clock.step(1)
    assert world.bodies() == [b"A"]
    world.clock.step(30)
    assert world.bodies() == [b"A", b"B"]
