"""Kinesis records in the journal: ministack keeps them in memory, and its state holds every record there is.

Here a stream's records are entries of a log, written when they came in, so that a put costs what it brings
and not what the stream holds. Sequence numbers rise within a shard, so "new" is what lies above the last one
written. Time is the one clock's, by which ministack's Kinesis is made to work.
"""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Iterator
from typing import Any

from helpers.local_aws.clock import Clock
from helpers.local_aws.cloudwatch import ClockTime
from helpers.local_aws.journal import Journal

LOG = "kinesis"
HOUR = 3600
Stream = dict[str, Any]
Scope = tuple[str, str, str]  # account, region, stream


def by_the_clock(clock: Clock) -> None:
    """Let arrivals, retention and iterators go by the one clock."""
    from ministack.services import kinesis

    kinesis.time = ClockTime(clock)


class KinesisRecords:
    """The records of ministack's Kinesis streams, in and out of the journal; `module` is its service module."""

    def __init__(self, journal: Journal, module: Any) -> None:
        self._journal = journal
        self._module = module
        self._last: dict[tuple[Scope, str, str], str] = {}  # (stream, its creation, shard) → sequence number
        self._kept: deque[tuple[float, int]] = deque()  # time, number of an entry

    def state(self) -> dict[str, Any]:
        """ministack's state of Kinesis without the records."""
        from ministack.core.responses import AccountRegionScopedDict

        streams = AccountRegionScopedDict()
        for scope, stream in list(self._module._streams._data.items()):
            shards = {name: {**shard, "records": []} for name, shard in list(stream["shards"].items())}
            streams._data[scope] = {**stream, "shards": shards}
        return {
            "streams": streams,
            "consumers": self._module._consumers,
            "resource_policies": self._module._resource_policies,
        }

    def write(self) -> None:
        """Write the records that have come in since, and forget those older than any stream keeps them."""
        now = self._module.time.time()
        with self._journal.transaction():
            for scope, stream in list(self._module._streams._data.items()):
                if new := dict(self._new(scope, stream)):
                    entry = {"scope": scope, "created": stream["CreationTimestamp"], "at": now, "records": new}
                    self._kept.append((now, self._journal.append(LOG, json.dumps(entry).encode())))
            hours = max((item["RetentionPeriodHours"] for item in self._module._streams._data.values()), default=0)
            old = []
            while self._kept and self._kept[0][0] < now - hours * HOUR:
                old.append(self._kept.popleft()[1])
            self._journal.forget(LOG, old)

    def _new(self, scope: Scope, stream: Stream) -> Iterator[tuple[str, list[dict[str, Any]]]]:
        for name, shard in list(stream["shards"].items()):
            key = (scope, str(stream["CreationTimestamp"]), name)
            last = self._last.get(key, "")
            new = []
            for record in reversed(shard["records"]):
                if record["SequenceNumber"] <= last:
                    break
                new.append(record)
            if new:
                self._last[key] = new[0]["SequenceNumber"]
                yield name, new[::-1]

    def read(self) -> None:
        """Give the restored streams their records back; those of a stream that was deleted are forgotten."""
        gone = []
        for number, data in self._journal.entries(LOG):
            entry = json.loads(data)
            scope: Scope = tuple(entry["scope"])
            stream = self._module._streams._data.get(scope)
            if stream is None or stream["CreationTimestamp"] != entry["created"]:
                gone.append(number)
                continue
            self._kept.append((entry["at"], number))
            for name, records in entry["records"].items():
                stream["shards"][name]["records"].extend(records)
                self._last[scope, str(entry["created"]), name] = records[-1]["SequenceNumber"]
        self._journal.forget(LOG, gone)


def anything_new(account: str, region: str, stream: str, shard: str, position: str) -> bool:
    """Whether a shard holds records behind a sequence number ("": any); True also where there is no such shard."""
    from ministack.services import kinesis

    found = (kinesis._streams.get_scoped(account, region, stream) or {"shards": {}})["shards"].get(shard)
    return found is None or (bool(found["records"]) and found["records"][-1]["SequenceNumber"] > position)
