"""What goes into an application, as the journal keeps it: entries of records that came together."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, NamedTuple


class Record(NamedTuple):
    """A record of the source: data, arrival there (epoch milliseconds), where it stood in a Kinesis stream.

    ``failed`` says why the pre-processing function gave it up; such a record is no row.
    """

    data: bytes
    arrival: int
    key: str = ""
    shard: str = ""
    sequence: str = ""
    failed: str = ""


def pack(rowtime: int, records: Sequence[Record]) -> bytes:
    """An entry: the records, and the ROWTIME (milliseconds) of their rows."""
    head: dict[str, Any] = {
        "rowtime": rowtime,
        "lengths": [len(record.data) for record in records],
        "arrivals": sorted({record.arrival for record in records}),
    }
    if len(head["arrivals"]) > 1 or any(record[2:] != ("", "", "", "") for record in records):
        head["about"] = [record[1:] for record in records]
    return b"".join([json.dumps(head).encode(), b"\n", *(record.data for record in records)])


def unpack(entry: bytes) -> tuple[int, list[Record]]:
    """ROWTIME and records of an entry."""
    end = entry.index(b"\n")
    head = json.loads(entry[:end])
    about = head.get("about") or [head["arrivals"]] * len(head["lengths"])
    records, position = [], end + 1
    for length, rest in zip(head["lengths"], about, strict=True):
        records.append(Record(entry[position : position + length], *rest))
        position += length
    return head["rowtime"], records


def batches(records: Sequence[Record], most: int, most_bytes: int) -> list[list[Record]]:
    """The records in order, cut so that no batch has more records or bytes (unless a single one has)."""
    cut: list[list[Record]] = []
    size = 0
    for record in records:
        if not cut or len(cut[-1]) == most or size + len(record.data) > most_bytes:
            cut.append([])
            size = 0
        cut[-1].append(record)
        size += len(record.data)
    return cut
