"""Reads a Kinesis data stream with boto3: all its shards as one, in the order of arrival, with the time reached.

A record can be handed on only when no earlier one can come from another shard, so the reader keeps for each shard up
to when all of it has been seen: the arrival of the last record read, or, at its newest end, the moment the service
answered. The least of these is the time reached. Where to go on is plain data, for a checkpoint. Importing this needs
no Flink.

Records that the Kinesis Producer Library has put together into one are handed on as they are. A shard may be asked
five times a second and gives 2 MB a second.

Source: Kinesis Data Streams developer guide, "Develop consumers using the Kinesis Data Streams API"; API reference,
GetShardIterator and GetRecords.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from email.utils import parsedate_to_datetime
from typing import Any, Final, NamedTuple

PAGE: Final = 10_000  # records a GetRecords answer, the most it can have
WAITING: Final = 20_000  # records of a shard that wait for the other shards' time: then it is not read on
SLACK: Final = 1_000  # ms: by so much a record's arrival may be before an answer that did not have it yet
LOOK_FOR_SHARDS: Final = 30.0  # seconds
BEGINNING: Final = 0

LATEST: Final = "LATEST"
POSITIONS: Final = (LATEST, "TRIM_HORIZON")


class Arrival(NamedTuple):
    """A record, its shard, and when it came in (epoch milliseconds)."""

    shard: str
    at: int
    data: bytes


@dataclass(slots=True)
class Progress:
    """Where to go on: the time reached and, for each shard, the last record handed on ("" for none yet).

    `start` is where shards begin that were there at the start (epoch milliseconds; BEGINNING: their oldest record),
    `old` are those shards, `done` those that were read to their end. All others are read from their oldest record.
    """

    start: int
    reached: int
    old: list[str] = field(default_factory=list)
    after: dict[str, str] = field(default_factory=dict)
    done: list[str] = field(default_factory=list)

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(slots=True)
class _Shard:
    seen: int  # all records up to this moment have been read
    iterator: str | None = None
    waiting: deque[tuple[int, str, bytes]] = field(default_factory=deque)  # arrival, sequence number, data
    last: str = ""  # sequence number of the newest record read
    closed: bool = False  # read to its end, though records may wait


def begin(client: Any, arn: str, position: str) -> Progress:
    """Where a consumer begins that has read nothing: now (LATEST), or at the oldest record. `client` is boto3's."""
    listed, now = _list(client, arn)
    start = now if position == LATEST else BEGINNING
    return Progress(start, start, old=[shard["ShardId"] for shard in listed])


class Reader:
    """A stream as it is read by one consumer. `client` is boto3's, `progress` what was come to before."""

    def __init__(self, client: Any, arn: str, progress: Progress) -> None:
        self._client, self._arn, self.progress = client, arn, progress
        self._shards: dict[str, _Shard] = {}
        self._looked = -LOOK_FOR_SHARDS

    def poll(self, clock: float) -> list[Arrival]:
        """Ask each shard once, and give what can be handed on; `progress` is behind it then.

        `clock` is any clock in seconds that goes on steadily.
        """
        if clock - self._looked >= LOOK_FOR_SHARDS:
            self._look()
            self._looked = clock
        for name, shard in list(self._shards.items()):
            if not shard.closed and len(shard.waiting) < WAITING:
                self._read(name, shard)
        return self._hand_on()

    def _look(self) -> None:
        """Begin with the shards whose parents have been read to their end, as the records' order wants it."""
        listed, _ = _list(self._client, self._arn)
        names = {shard["ShardId"] for shard in listed}
        self.progress.done = [name for name in self.progress.done if name in names]
        for shard in listed:
            name = shard["ShardId"]
            parents = [shard[key] for key in ("ParentShardId", "AdjacentParentShardId") if key in shard]
            unread = [parent for parent in parents if parent in names and parent not in self.progress.done]
            if name not in self._shards and name not in self.progress.done and not unread:
                self._shards[name] = _Shard(self.progress.reached, last=self.progress.after.get(name, ""))

    def _read(self, name: str, shard: _Shard) -> None:
        try:
            shard.iterator = shard.iterator or self._iterator(name, shard)
            answer = self._client.get_records(ShardIterator=shard.iterator, Limit=PAGE, StreamARN=self._arn)
        except self._client.exceptions.ExpiredIteratorException:
            shard.iterator = None  # the next poll begins behind the last record read
            return
        except self._client.exceptions.ProvisionedThroughputExceededException:
            return  # another consumer has had its share: the next poll asks again
        for record in answer["Records"]:
            arrived = round(record["ApproximateArrivalTimestamp"].timestamp() * 1000)
            # Approximate: one that is before its predecessor, or before what was handed on, came when that did.
            arrived = max(arrived, shard.waiting[-1][0] if shard.waiting else self.progress.reached)
            shard.waiting.append((arrived, record["SequenceNumber"], record["Data"]))
            shard.last, shard.seen = record["SequenceNumber"], max(shard.seen, arrived)
        shard.iterator = answer.get("NextShardIterator")
        if shard.iterator is None:
            shard.closed = True
            self._looked = -LOOK_FOR_SHARDS  # its children are next
        elif not answer.get("MillisBehindLatest"):
            shard.seen = max(shard.seen, _answered(answer) - SLACK)

    def _iterator(self, name: str, shard: _Shard) -> str:
        where: dict[str, Any] = {"ShardIteratorType": "TRIM_HORIZON"}
        if shard.last:
            where = {"ShardIteratorType": "AFTER_SEQUENCE_NUMBER", "StartingSequenceNumber": shard.last}
        elif self.progress.start != BEGINNING and name in self.progress.old:
            where = {"ShardIteratorType": "AT_TIMESTAMP", "Timestamp": self.progress.start / 1000}
        answer = self._client.get_shard_iterator(StreamARN=self._arn, ShardId=name, **where)
        iterator: str = answer["ShardIterator"]
        return iterator

    def _hand_on(self) -> list[Arrival]:
        progress = self.progress
        # One that is closed counts until its last record is handed on: its children are read from the next poll on.
        until = min((shard.seen for shard in self._shards.values()), default=progress.reached)
        ready: list[tuple[int, str, str, bytes]] = []
        for name, shard in list(self._shards.items()):
            while shard.waiting and shard.waiting[0][0] <= until:
                at, number, data = shard.waiting.popleft()
                ready.append((at, name, number, data))
                progress.after[name] = number
            if shard.closed and not shard.waiting:
                del self._shards[name]
                progress.after.pop(name, None)
                progress.done.append(name)
        ready.sort(key=lambda record: record[:2])  # stable: a shard's own order stays
        progress.reached = max(progress.reached, until)
        return [Arrival(name, at, data) for at, name, _, data in ready]


def _list(client: Any, arn: str) -> tuple[list[dict[str, Any]], int]:
    """The shards of a stream, and when that was."""
    shards: list[dict[str, Any]] = []
    asked: dict[str, str] = {"StreamARN": arn}
    while True:
        answer = client.list_shards(**asked)
        shards += answer["Shards"]
        if "NextToken" not in answer:
            return shards, _answered(answer)
        asked = {"NextToken": answer["NextToken"], "StreamARN": arn}


def _answered(answer: Mapping[str, Any]) -> int:
    """When the service answered, by its own clock, in epoch milliseconds; whole seconds is what HTTP has."""
    return int(parsedate_to_datetime(answer["ResponseMetadata"]["HTTPHeaders"]["date"]).timestamp() * 1000)
