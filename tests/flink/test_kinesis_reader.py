"""Shards read as one: in the order of arrival, each record once, whenever it is broken off. No Flink is needed here."""

from __future__ import annotations

import itertools
import json
import random
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import formatdate
from typing import Any

import pytest

from helpers.streaming_sql.flink.kinesis_reader import LATEST, LOOK_FOR_SHARDS, SLACK, Arrival, Progress, Reader, begin

ARN = "arn:aws:kinesis:us-east-1:123456789012:stream/in"
FIRST = 1_795_341_600_000
SPLIT = FIRST + 5000


@dataclass
class Shard:
    """Records by arrival (ms), in order; read to its end where it is closed."""

    records: list[tuple[int, bytes]] = field(default_factory=list)
    parents: tuple[str, ...] = ()
    closed: bool = False
    opened: int = 0


class ExpiredIteratorException(Exception):
    pass


class ProvisionedThroughputExceededException(Exception):
    pass


class Kinesis:
    """A stream whose service says what time it is; `page` records an answer."""

    class exceptions:
        ExpiredIteratorException = ExpiredIteratorException
        ProvisionedThroughputExceededException = ProvisionedThroughputExceededException

    def __init__(self, page: int = 3, **shards: Shard) -> None:
        self.shards, self.page, self.now = shards, page, FIRST
        self.failing: list[type[Exception]] = []
        self.clock = itertools.count(0, LOOK_FOR_SHARDS)

    def _answer(self, **more: Any) -> dict[str, Any]:
        return {**more, "ResponseMetadata": {"HTTPHeaders": {"date": formatdate(self.now // 1000, usegmt=True)}}}

    def list_shards(self, StreamARN: str, NextToken: str = "") -> dict[str, Any]:
        assert StreamARN == ARN
        names = [name for name, shard in self.shards.items() if shard.opened <= self.now]
        page, rest = names[int(NextToken or 0) :][:2], names[int(NextToken or 0) + 2 :]
        keys = ("ParentShardId", "AdjacentParentShardId")
        listed = [{"ShardId": name} | dict(zip(keys, self.shards[name].parents, strict=False)) for name in page]
        token = {"NextToken": str(int(NextToken or 0) + 2)} if rest else {}
        return self._answer(Shards=listed, **token)

    def get_shard_iterator(self, StreamARN: str, ShardId: str, ShardIteratorType: str, **more: Any) -> dict[str, Any]:
        records = self.shards[ShardId].records
        place = 0
        if ShardIteratorType == "AFTER_SEQUENCE_NUMBER":
            place = int(more["StartingSequenceNumber"]) + 1
        elif ShardIteratorType == "AT_TIMESTAMP":
            place = sum(at < more["Timestamp"] * 1000 for at, _ in records)
        return {"ShardIterator": f"{ShardId}:{place}"}

    def get_records(self, ShardIterator: str, Limit: int, StreamARN: str) -> dict[str, Any]:
        if self.failing:
            raise self.failing.pop()
        name, _, place = ShardIterator.partition(":")
        shard = self.shards[name]
        there = [(number, *record) for number, record in enumerate(shard.records) if record[0] <= self.now]
        given = there[int(place) :][: min(self.page, Limit)]
        end = int(place) + len(given)
        read = shard.closed and end == len(shard.records) and self.now >= SPLIT
        return self._answer(
            Records=[
                {
                    "SequenceNumber": str(number),
                    "ApproximateArrivalTimestamp": datetime.fromtimestamp(at / 1000, UTC),
                    "Data": data,
                }
                for number, at, data in given
            ],
            MillisBehindLatest=0 if end == len(there) else 1000,
            **({} if read else {"NextShardIterator": f"{name}:{end}"}),
        )


def drained(kinesis: Kinesis, reader: Reader, rounds: int = 40) -> list[Arrival]:
    """What comes in so many polls, far enough apart to look for shards at each."""
    return [arrival for _ in range(rounds) for arrival in reader.poll(next(kinesis.clock))]


def filled(seed: int) -> tuple[Kinesis, list[tuple[int, bytes]]]:
    """A stream with a shard that was split and two that were merged, and all of its records by arrival."""
    dice = random.Random(seed)  # noqa: S311
    shards = {
        "a": Shard(closed=True), "b": Shard(closed=True), "c": Shard(closed=True),
        "a1": Shard(parents=("a",), opened=SPLIT), "a2": Shard(parents=("a",), opened=SPLIT),
        "bc": Shard(parents=("b", "c"), opened=SPLIT),
    }  # fmt: skip
    every = []
    for number in range(120):
        at = FIRST + number * 80 + dice.randrange(80)
        name = dice.choice(["a", "b", "c"] if at < SPLIT else ["a1", "a2", "bc"])
        shards[name].records.append((at, str(number).encode()))
        every.append((at, str(number).encode()))
    return Kinesis(page=dice.randrange(1, 9), **shards), every


@pytest.mark.parametrize("seed", range(20))
def test_shards_come_as_one_stream_in_order_of_arrival_through_splits_and_merges(seed: int) -> None:
    kinesis, every = filled(seed)
    reader = Reader(kinesis, ARN, begin(kinesis, ARN, "TRIM_HORIZON"))
    found = []
    for second in range(16):
        kinesis.now = FIRST + second * 1000
        some = drained(kinesis, reader, 10)
        found += some
        assert all(arrival.at <= reader.progress.reached for arrival in some)
    found += drained(kinesis, reader)
    assert [(at, data) for _, at, data in found] == every


@pytest.mark.parametrize("seed", range(20))
def test_broken_off_anywhere_it_goes_on_behind_the_last_record_handed_on(seed: int) -> None:
    kinesis, every = filled(seed)
    dice = random.Random(seed)  # noqa: S311
    reader, kept = Reader(kinesis, ARN, begin(kinesis, ARN, "TRIM_HORIZON")), None
    found: list[tuple[int, bytes]] = []
    for step in range(300):
        kinesis.now = min(FIRST + step * 100, FIRST + 20_000)
        found += [(at, data) for _, at, data in reader.poll(next(kinesis.clock))]
        kept = json.loads(json.dumps(reader.progress.to_json()))
        if dice.random() < 0.2:
            reader = Reader(kinesis, ARN, Progress(**kept))
    assert found == every


def test_no_record_overtakes_one_of_a_shard_that_is_behind() -> None:
    early = [(FIRST + number, b"early") for number in range(4)]
    kinesis = Kinesis(page=1, slow=Shard(early), quick=Shard([(FIRST + 10, b"late")]))
    kinesis.now = FIRST + 60_000
    reader = Reader(kinesis, ARN, begin(kinesis, ARN, "TRIM_HORIZON"))
    assert [data for _, _, data in drained(kinesis, reader)] == [b"early"] * 4 + [b"late"]


def test_time_goes_on_where_nothing_arrives() -> None:
    kinesis = Kinesis(a=Shard(), b=Shard())
    kinesis.now = FIRST + 60_000
    reader = Reader(kinesis, ARN, begin(kinesis, ARN, LATEST))
    assert drained(kinesis, reader, 1) == []
    kinesis.now = FIRST + 90_000
    assert drained(kinesis, reader, 1) == []
    assert reader.progress.reached == FIRST + 90_000 - SLACK


def test_latest_begins_with_what_comes_then_also_where_it_is_broken_off_before_the_first_record() -> None:
    kinesis = Kinesis(a=Shard([(FIRST, b"old")]))
    kinesis.now = FIRST + 60_000
    kept = begin(kinesis, ARN, LATEST).to_json()
    kinesis.shards["a"].records.append((FIRST + 61_000, b"new"))
    kinesis.now = FIRST + 120_000
    assert [data for _, _, data in drained(kinesis, Reader(kinesis, ARN, Progress(**kept)))] == [b"new"]


def test_a_record_that_arrived_before_its_predecessor_comes_when_that_did() -> None:
    kinesis = Kinesis(a=Shard([(FIRST + 500, b"1"), (FIRST + 400, b"2")]))
    kinesis.now = FIRST + 60_000
    found = drained(kinesis, Reader(kinesis, ARN, begin(kinesis, ARN, "TRIM_HORIZON")))
    assert found == [("a", FIRST + 500, b"1"), ("a", FIRST + 500, b"2")]


@pytest.mark.parametrize("error", [ExpiredIteratorException, ProvisionedThroughputExceededException])
def test_what_is_refused_once_is_asked_again(error: type[Exception]) -> None:
    kinesis = Kinesis(a=Shard([(FIRST + number, str(number).encode()) for number in range(9)]))
    kinesis.now = FIRST + 60_000
    reader = Reader(kinesis, ARN, begin(kinesis, ARN, "TRIM_HORIZON"))
    found = reader.poll(next(kinesis.clock))
    kinesis.failing.append(error)
    found += drained(kinesis, reader)
    assert [data for _, _, data in found] == [str(number).encode() for number in range(9)]
