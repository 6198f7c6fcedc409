"""Reading a data stream from outside: all shards, over pages and gaps, and a schema from what is in it."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from helpers import data_stream, schema
from helpers.errors import WorkshopError
from tests.aws import OUTPUTS, StubbedWorkshop

ARN = OUTPUTS["EventStreamArn"]


@pytest.fixture
def ws(tmp_path: Path) -> StubbedWorkshop:
    return StubbedWorkshop(tmp_path)


def shards(ws: StubbedWorkshop, *names: str) -> None:
    listed = [
        {
            "ShardId": name,
            "HashKeyRange": {"StartingHashKey": "0", "EndingHashKey": "1"},
            "SequenceNumberRange": {"StartingSequenceNumber": "0"},
        }
        for name in names
    ]
    ws.answer("kinesis", "list_shards", {"Shards": listed}, {"StreamARN": ARN})


def begin(ws: StubbedWorkshop, shard: str) -> None:
    asked = {"StreamARN": ARN, "ShardId": shard, "ShardIteratorType": "TRIM_HORIZON"}
    ws.answer("kinesis", "get_shard_iterator", {"ShardIterator": "0"}, asked)


def page(ws: StubbedWorkshop, *data: bytes, behind: int = 0, following: str | None = "1") -> None:
    at = datetime(2026, 11, 22, tzinfo=UTC)
    records = [
        {"SequenceNumber": "1", "ApproximateArrivalTimestamp": at, "Data": each, "PartitionKey": "k"} for each in data
    ]
    answer = {"Records": records, "MillisBehindLatest": behind}
    ws.answer("kinesis", "get_records", answer | ({"NextShardIterator": following} if following else {}))


def test_all_shards_are_read_over_pages_and_gaps_to_their_newest_end(ws):
    shards(ws, "a", "b")
    begin(ws, "a")
    page(ws, b"1", behind=9)
    page(ws, behind=9)  # a gap
    page(ws, b"2", b"3")
    page(ws)
    begin(ws, "b")
    page(ws, b"4", following=None)  # closed
    assert data_stream.records(ws, ARN) == [b"1", b"2", b"3", b"4"]
    ws.all_asked()


def test_the_newest_are_kept_where_only_some_are_wanted(ws):
    shards(ws, "a")
    begin(ws, "a")
    page(ws, b"1", b"2", b"3")
    page(ws)
    assert data_stream.records(ws, ARN, most=2) == [b"2", b"3"]


def test_a_shard_of_nothing_but_gaps_is_given_up(ws):
    shards(ws, "a")
    begin(ws, "a")
    for _ in range(data_stream.EMPTY):
        page(ws, behind=9)
    assert data_stream.records(ws, ARN) == []
    ws.all_asked()


def test_without_records_there_is_no_schema_and_that_is_told(ws):
    shards(ws, "a")
    begin(ws, "a")
    page(ws)
    with pytest.raises(
        WorkshopError, match=r"No schema can be inferred .* clickstream-workshop-EventStream: .*send some"
    ):
        schema.infer(ws)
