"""The Lambda transformation: batching, retries, results, processing-failed objects."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from helpers.local_aws.firehose.models import Origin, SourceRecord
from helpers.local_aws.firehose.transform import PAYLOAD_LIMIT, batches, event


def failures(world: Any) -> list[dict[str, Any]]:
    return [json.loads(line) for body in world.bodies(within="processing-failed") for line in body.splitlines()]


def delivered(world: Any) -> list[bytes]:
    return [b for b, k in zip(world.bodies(), world.names(), strict=True) if "processing-failed" not in k]


def test_processor_buffer_then_delivery_buffer(world: Any, aws: Any) -> None:
    world.create(**aws.transforming(BufferIntervalInSeconds="20"), **aws.hints(1, 60))
    world.put(b"a")
    world.clock.step(10)
    world.put(b"b")
    world.clock.step(10)
    assert [len(each["records"]) for each in world.events] == [2]
    assert world.objects == []
    world.clock.step(60)
    assert world.bodies() == [b"AB"]
    assert world.put_times == [80]


def test_event(world: Any, aws: Any) -> None:
    world.create(**aws.transforming())
    answer = world.put(b"a")
    world.clock.step(60)
    [sent] = world.events
    assert sent["deliveryStreamArn"] == "arn:aws:firehose:us-east-1:123456789012:deliverystream/s"
    assert sent["region"] == "us-east-1"
    assert sent["records"] == [
        {
            "recordId": answer["RequestResponses"][0]["RecordId"],
            "approximateArrivalTimestamp": int(aws.start * 1000),
            "data": base64.b64encode(b"a").decode(),
        }
    ]


def test_processor_size(world: Any, aws: Any) -> None:
    world.create(**aws.transforming(BufferSizeInMBs="0.2"))
    world.put(*[b"x" * 50_000] * 9)
    world.clock.drain()
    assert [len(each["records"]) for each in world.events] == [4, 4]


def test_every_result(world: Any, aws: Any) -> None:
    def function(sent: dict[str, Any]) -> Any:
        first, dropped, failed, missing, twice, odd, bare = sent["records"]
        assert missing
        return {
            "records": [
                aws.ok(first),
                aws.ok(dropped, result="Dropped"),
                aws.ok(failed, result="ProcessingFailed"),
                aws.ok(twice),
                aws.ok(twice),
                aws.ok(odd, result="Fine"),
                {"recordId": bare["recordId"], "result": "Ok"},
                {"recordId": "of nobody", "result": "Ok", "data": ""},
            ]
        }

    world.function = function
    world.create(Prefix="p/", **aws.transforming(), **aws.hints(1, 60))
    world.put(b"first", b"dropped", b"failed", b"missing", b"twice", b"odd", b"bare")
    world.clock.step(120)
    assert delivered(world) == [b"FIRST"]
    found = {base64.b64decode(each["rawData"]): each["errorCode"] for each in failures(world)}
    assert found == {
        b"failed": "Lambda.ProcessingFailedStatus",
        b"missing": "Lambda.MissingRecordId",
        b"twice": "Lambda.DuplicatedRecordId",
        b"odd": "Lambda.JsonProcessingException",
        b"bare": "Lambda.JsonProcessingException",
    }
    key = next(key for key in world.names() if "failed" in key)
    assert key.startswith("p/processing-failed/2026/09/21/14/s-1-")
    stats = world.firehose.stats("s")
    assert [stats[name] for name in ("records_in", "delivered", "dropped", "failed", "buffered")] == [
        7,
        1,
        1,
        5,
        0,
    ]


def test_function_error_is_retried_three_times(world: Any, aws: Any) -> None:
    world.function = lambda sent: ValueError("no such key")
    world.create(ErrorOutputPrefix="errors/", **aws.transforming())
    world.put(b"a", b"b")
    world.clock.step(100)
    assert world.event_times == [60, 61, 63, 67]
    assert len({each["invocationId"] for each in world.events}) == 4
    first, second = failures(world)
    assert list(first) == [
        "attemptsMade", "arrivalTimestamp", "errorCode", "errorMessage",
        "attemptEndingTimestamp", "rawData", "lambdaArn",
    ]  # fmt: skip
    assert first["attemptsMade"] == 4
    assert first["arrivalTimestamp"] == int(aws.start * 1000)
    assert first["attemptEndingTimestamp"] == int((aws.start + 67) * 1000)
    assert first["errorCode"] == "Lambda.FunctionError"
    assert "no such key" in first["errorMessage"]
    assert first["lambdaArn"] == aws.function
    assert base64.b64decode(second["rawData"]) == b"b"
    assert world.names()[0].startswith("errors/processing-failed/")


def test_a_retry_that_succeeds(world: Any, aws: Any) -> None:
    answers = [aws.client_error("TooManyRequestsException", 429), ValueError("cold"), None]

    def function(sent: dict[str, Any]) -> Any:
        return answers.pop(0) or {"records": [aws.ok(each) for each in sent["records"]]}

    world.function = function
    world.create(**aws.transforming(), **aws.hints(1, 0))
    world.put(b"a")
    world.clock.step(70)
    assert world.bodies() == [b"A"]


def test_number_of_retries(world: Any, aws: Any) -> None:
    world.function = lambda sent: aws.client_error("ResourceNotFoundException", 404)
    world.create(**aws.transforming(NumberOfRetries="0"))
    world.put(b"a")
    world.clock.step(60)
    [failure] = failures(world)
    assert (failure["attemptsMade"], failure["errorCode"]) == (1, "Lambda.ResourceNotFound")


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"null",
        b"not json",
        b"[]",
        b'{"records": 3}',
        pytest.param(b'{"records":[]' + b" " * PAYLOAD_LIMIT + b"}", id="too long"),
        pytest.param(b"[" * 100_000, id="nested too deeply"),
    ],
)
def test_an_answer_without_records_is_final(world: Any, aws: Any, answer: bytes) -> None:
    world.function = lambda sent: answer
    world.create(**aws.transforming())
    world.put(b"a")
    world.clock.step(100)
    [failure] = failures(world)
    assert failure["attemptsMade"] == 1
    assert failure["errorCode"] == "Lambda.JsonProcessingException"


def test_entries_that_are_no_objects_do_not_match(world: Any, aws: Any) -> None:
    world.function = lambda sent: {"records": [3, None, aws.ok(sent["records"][0])]}
    world.create(**aws.transforming(), **aws.hints(1, 0))
    world.put(b"a", b"b")
    world.clock.step(60)
    assert delivered(world) == [b"A"]
    assert [each["errorCode"] for each in failures(world)] == ["Lambda.MissingRecordId"]


def test_invocations_stay_below_the_payload_limit() -> None:
    records = [SourceRecord(b"x", 0.0, 1, n) for n in range(70_000)]
    cut = list(batches(records))
    assert [record for batch in cut for record in batch] == records
    assert len(cut) > 1
    assert all(len(event("i", "arn", "us-east-1", batch)) <= PAYLOAD_LIMIT for batch in cut)


def test_invocations_with_metadata_of_kinesis_stay_below_the_payload_limit() -> None:
    origin = Origin("shardId-000000000000", "k" * 256, "4" * 56, 1_790_000_000_000)
    records = [SourceRecord(b"x", 0.0, 1, n, origin) for n in range(20_000)]
    cut = list(batches(records))
    assert len(cut) > 1
    assert all(len(event("i", "arn", "us-east-1", batch, "arn:source")) <= PAYLOAD_LIMIT for batch in cut)
