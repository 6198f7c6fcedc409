"""A Kinesis data stream as the source of a delivery stream.

As on AWS reading begins with what is put after the delivery stream was created (LATEST), every shard is asked once
a second while there is something to read, and shards that come later are read from their beginning. While there is
nothing, the pauses grow to five seconds of the one clock, so that an hour can be stepped over quickly; and no request
is made where ministack's Kinesis, in this process, has nothing new.
Not offered: taking apart what the Kinesis Producer Library aggregated; such a record is delivered as it is.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from helpers.local_aws.clock import Timer
from helpers.local_aws.firehose.models import KinesisSource, Origin
from helpers.local_aws.kinesis import anything_new
from helpers.local_aws.protocol import invalid
from helpers.local_aws.runtime import Runtime

Positions = dict[str, str | None]  # shard → last sequence number read, "" for none yet, None when it is closed and read
Take = Callable[[Sequence[bytes], Sequence[Origin], Positions], None]
POLL, LONGEST_POLL, AFTER_ERROR = 1.0, 5.0, 10.0  # seconds
LOOK_FOR_SHARDS = 60.0  # seconds
PAGE = 1000  # records a GetRecords request
log = logging.getLogger(__name__)


class NotTaken(Exception):
    """What was read could not be handed on, for the reason in the text: it is read again, from ``reached`` on."""

    def __init__(self, reason: str, reached: Positions | None = None) -> None:
        super().__init__(reason)
        self.reached = reached


def latest(runtime: Runtime, source: KinesisSource) -> Positions:
    """The end of every shard as it is now; InvalidArgumentException if the data stream cannot be read."""
    reader = KinesisReader(runtime, source, {}, lambda *_: None, lambda: True)
    try:
        positions: Positions = dict.fromkeys(reader.shards(), "")
        for shard in positions:
            positions[shard] = reader.end_of(shard)
    except (ClientError, BotoCoreError) as error:
        raise invalid(f"the Kinesis data stream {source.name} cannot be read: {error}") from error
    return positions


class KinesisReader:
    """Reads all shards on the clock's thread and hands on what it finds, with the positions behind it.

    ``take`` keeps both, whole or not at all (NotTaken); ``room`` says whether more can be taken, ``page`` how many
    records at once.
    """

    def __init__(
        self,
        runtime: Runtime,
        source: KinesisSource,
        positions: Positions,
        take: Take,
        room: Callable[[], bool],
        page: int = PAGE,
    ) -> None:
        self._runtime = runtime
        self._source = source
        self._positions = dict(positions)
        self._take = take
        self._room = room
        self._limit = page
        self._iterators: dict[str, str] = {}
        self._pause = POLL
        self._looked = runtime.clock.now()
        self._timer: Timer | None = None
        self._stopped = False

    def start(self) -> None:
        """Read from now on."""
        self._later(POLL)

    def stop(self) -> None:
        """Read no more."""
        self._stopped = True
        if self._timer is not None:
            self._timer.cancel()

    def shards(self) -> list[str]:
        """All shards of the data stream."""
        pages = self._client.get_paginator("list_shards").paginate(StreamName=self._source.name)
        return [shard["ShardId"] for page in pages for shard in page["Shards"]]

    def end_of(self, shard: str) -> str:
        """The newest sequence number of a shard, "" if it is empty."""
        found = ""
        iterator: str | None = self._iterator(shard, "")
        while iterator:
            answer = self._client.get_records(ShardIterator=iterator, StreamARN=self._source.arn)
            if not answer["Records"]:
                break
            found = answer["Records"][-1]["SequenceNumber"]
            iterator = answer.get("NextShardIterator")
        return found

    @property
    def _client(self) -> Any:
        return self._runtime.acting("kinesis", self._source.role, self._source.principal)

    def _later(self, seconds: float) -> None:
        if not self._stopped:
            self._timer = self._runtime.clock.call_in(seconds, self._poll, f"source {self._source.name}")

    def _poll(self) -> None:
        pause = AFTER_ERROR  # also after a mistake of ours, which the clock records
        try:
            self._look_for_shards()
            found = sum(self._read(shard) for shard, position in list(self._positions.items()) if position is not None)
            self._pause = POLL if found else min(LONGEST_POLL, self._pause * 2)
            pause = self._pause
        except (ClientError, BotoCoreError) as error:
            self._iterators.clear()
            log.warning("the Kinesis data stream %s cannot be read: %s", self._source.name, error)
        except NotTaken as error:
            self._iterators.clear()
            log.warning("records of the Kinesis data stream %s come again: %s", self._source.name, error)
        finally:
            self._later(pause)

    def _look_for_shards(self, at_once: bool = False) -> None:
        now = self._runtime.clock.now()
        if at_once or now >= self._looked + LOOK_FOR_SHARDS:
            self._looked = now
            for shard in self.shards():
                self._positions.setdefault(shard, "")

    def _read(self, shard: str) -> int:
        """Read a shard to its end, or until there is no room; how many records that were."""
        total = 0
        while self._room() and not self._stopped and self._anything_new(shard):
            answer = self._page(shard)
            records = answer["Records"]
            if records:
                self._hand_on(shard, records)
            following = answer.get("NextShardIterator")
            if following is None:
                self._close(shard)
                break
            self._iterators[shard] = following
            total += len(records)
            if not records:
                break
        return total

    def _anything_new(self, shard: str) -> bool:
        """Whether it is worth a request; one that finds nothing costs as much as one that does."""
        region, account = self._source.arn.split(":")[3:5]
        return anything_new(account, region, self._source.name, shard, self._positions[shard] or "")

    def _page(self, shard: str) -> Any:
        for again in (True, False):
            iterator = self._iterators.get(shard) or self._iterator(shard, self._positions[shard] or "")
            try:
                return self._client.get_records(ShardIterator=iterator, Limit=self._limit, StreamARN=self._source.arn)
            except ClientError as error:
                self._iterators.pop(shard, None)
                if not again or error.response["Error"]["Code"] != "ExpiredIteratorException":
                    raise
        raise AssertionError("unreachable")

    def _iterator(self, shard: str, position: str) -> str:
        start: dict[str, str] = {"ShardIteratorType": "TRIM_HORIZON"}
        if position:
            start = {"ShardIteratorType": "AFTER_SEQUENCE_NUMBER", "StartingSequenceNumber": position}
        answer = self._client.get_shard_iterator(StreamName=self._source.name, ShardId=shard, **start)
        iterator: str = answer["ShardIterator"]
        return iterator

    def _hand_on(self, shard: str, records: Sequence[Any]) -> None:
        positions = self._positions | {shard: records[-1]["SequenceNumber"]}
        origins = [
            Origin(
                shard,
                record["PartitionKey"],
                record["SequenceNumber"],
                int(record["ApproximateArrivalTimestamp"].timestamp() * 1000),
            )
            for record in records
        ]
        try:
            self._take([record["Data"] for record in records], origins, positions)
        except NotTaken as error:
            self._positions = error.reached or self._positions
            raise
        self._positions = positions

    def _close(self, shard: str) -> None:
        """A shard that was split or merged is read to its end: its children are next."""
        self._positions[shard] = None
        self._iterators.pop(shard, None)
        self._look_for_shards(at_once=True)
