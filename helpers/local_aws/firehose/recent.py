"""The newest records of a delivery stream, for schema discovery."""

from __future__ import annotations

from collections import deque

from helpers.local_aws.firehose.models import MIB, SourceRecord

MOST = 1000
MOST_BYTES = 4 * MIB


class Recent:
    """The last requests that make up 1,000 records, or 4 MiB; not thread-safe."""

    def __init__(self) -> None:
        self._requests: deque[tuple[int, list[SourceRecord]]] = deque()
        self._records = 0
        self._bytes = 0

    def add(self, records: list[SourceRecord], size: int) -> None:
        """Add a request's records, ``size`` bytes in all."""
        self._requests.append((size, records))
        self._records += len(records)
        self._bytes += size
        while len(self._requests) > 1:
            size, records = self._requests[0]
            if self._bytes <= MOST_BYTES and self._records - len(records) < MOST:
                return
            self._requests.popleft()
            self._records -= len(records)
            self._bytes -= size

    def since(self, when: float) -> list[SourceRecord]:
        """The newest 1,000 at most that arrived at or after ``when`` (epoch seconds)."""
        found = [record for _, records in self._requests for record in records if record.arrival >= when]
        return found[-MOST:]
