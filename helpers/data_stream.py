"""What lies in a Kinesis data stream, read from outside: where the SQL runs on Flink, that is all there is to see."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator

from helpers.workshop import Workshop

PAGE = 1000  # records a request
EMPTY = 5  # answers without a record, one behind the other, after which a shard is taken for read


def records(ws: Workshop, arn: str, most: int | None = None) -> list[bytes]:
    """The records of a data stream that it still holds, oldest first within a shard; the newest `most` of them."""
    return list(deque(_all(ws, arn), most))


def _all(ws: Workshop, arn: str) -> Iterator[bytes]:
    client = ws.client("kinesis")
    for page in client.get_paginator("list_shards").paginate(StreamARN=arn):
        for shard in page["Shards"]:
            yield from _shard(ws, arn, shard["ShardId"])


def _shard(ws: Workshop, arn: str, shard: str) -> Iterator[bytes]:
    client = ws.client("kinesis")
    asked = {"StreamARN": arn, "ShardId": shard, "ShardIteratorType": "TRIM_HORIZON"}
    iterator, empty = client.get_shard_iterator(**asked)["ShardIterator"], 0
    while iterator and empty < EMPTY:
        answer = client.get_records(ShardIterator=iterator, Limit=PAGE, StreamARN=arn)
        yield from (record["Data"] for record in answer["Records"])
        if not answer["Records"]:
            if not answer.get("MillisBehindLatest"):
                return
            empty += 1  # there are gaps in a shard that was written long ago
        else:
            empty = 0
        iterator = answer.get("NextShardIterator")
