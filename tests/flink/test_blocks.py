"""Records that go together give what they give one by one; files are read whole, wherever their parts begin."""

from __future__ import annotations

import gzip
import json
import random
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("pyflink", reason="Apache Flink is not installed here: make test-flink")

from helpers.streaming_sql.flink.kinesis import blocks
from helpers.streaming_sql.flink.kinesis_reader import Arrival
from helpers.streaming_sql.flink.operators import BLOCK, ERRORS, NEVER, Intake
from helpers.streaming_sql.flink.runner_io import FromFile, chunks

COLUMNS = [("page", "VARCHAR(4)"), ("n", "INTEGER")]
SCHEMA = {
    "RecordFormat": {"RecordFormatType": "JSON"},
    "RecordColumns": [
        {"Name": "page", "SqlType": "VARCHAR(4)", "Mapping": "$.page"},
        {"Name": "n", "SqlType": "INTEGER", "Mapping": "$.n"},
    ],
}
PLAIN = [b'{"page": "/a", "n": 1}', b'{"n": null, "page": "longer than four"}', b'{"page": "/b", "n": 3}\n']
ODD = [b"no JSON", b'{"page": "/a", "n": "two"}', b'{"page": 7, "n": 1}', b'{"page": "/c", "n": 1}{"page": "/d"}', b""]


class Worker:
    """What an Intake has around it: its state, and the watermark."""

    watermark = NEVER

    def __init__(self, kept: int | None = None) -> None:
        self.kept = kept
        self.intake = Intake("S", COLUMNS, SCHEMA)
        self.intake.open(self)

    def get_state(self, _: Any) -> Worker:
        return self

    def value(self) -> int | None:
        return self.kept

    def update(self, value: int) -> None:
        self.kept = value

    def timer_service(self) -> Worker:
        return self

    def current_watermark(self) -> int:
        return self.watermark

    def given(self, rowtimes: list[int], records: list[bytes]) -> tuple[list[Any], list[Any]]:
        rows, errors = [], []
        for found in self.intake.process_element(("a", rowtimes, records), self):
            if found[0] is ERRORS:
                errors += found[1]
            else:
                rows += found
        return rows, errors


@pytest.mark.parametrize("odd", [0.0, 0.1])
@pytest.mark.parametrize("late", [0.0, 0.1])
def test_a_block_gives_what_its_records_give_one_by_one(odd: float, late: float) -> None:
    dice = random.Random(8)  # noqa: S311
    records = [dice.choice(ODD if dice.random() < odd else PLAIN) for _ in range(200)]
    rowtimes = [1000 + number - (50 if dice.random() < late else 0) for number in range(200)]
    together, singly = Worker(), Worker()
    one_by_one = [singly.given([rowtime], [record]) for rowtime, record in zip(rowtimes, records, strict=True)]
    rows, errors = together.given(rowtimes, records)
    assert rows == [row for some, _ in one_by_one for row in some]
    assert errors == [error for _, some in one_by_one for error in some]
    assert (together.kept, bool(errors)) == (singly.kept, bool(odd or late))


def test_what_the_watermark_or_the_shard_has_passed_is_late() -> None:
    worker = Worker(kept=1500)
    worker.watermark = 1999
    rows, errors = worker.given([1400, 2000, NEVER], [PLAIN[0], PLAIN[2], b"no time"])
    assert rows == [(2000, "/b", 3)]
    assert [error[0] for error in errors] == [2000, 2000]
    assert worker.kept == 2000


@pytest.mark.parametrize("size", [1, 7, 50, 64, 10_000])
def test_every_line_is_in_one_part_of_its_file(tmp_path: Path, size: int) -> None:
    dice = random.Random(size)  # noqa: S311
    lines = [b"x" * dice.randrange(30) + str(number).encode() for number in range(100)]
    for end in (b"", b"\n"):
        path = tmp_path / "lines.jsonl"
        path.write_bytes(b"\n".join(lines) + end)
        parts = -(-path.stat().st_size // size)
        found = [chunk for part in range(parts) for chunk in chunks(path, part, size)]
        assert [line for chunk in found for line in chunk.split(b"\n") if line] == lines
        packed = tmp_path / "lines.jsonl.gz"
        packed.write_bytes(gzip.compress(path.read_bytes()))
        assert [line for chunk in chunks(packed, 0, size) for line in chunk.split(b"\n") if line] == lines


def test_a_file_s_lines_have_the_times_that_stand_in_them(tmp_path: Path) -> None:
    path = tmp_path / "in.jsonl"
    for odd in ([], ["no JSON"]):
        lines = [json.dumps({"page": "/a", "n": number}) for number in range(BLOCK + 1)] + odd
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        reading = FromFile(path, "n", SCHEMA)
        reading.open(None)
        found = list(reading.process_element((0,), None))
        assert [len(records) for _, _, records in found] == [BLOCK, 1 + len(odd)]
        times = [time for _, rowtimes, _ in found for time in rowtimes]
        assert times == [number * 1000 for number in range(BLOCK + 1)] + [NEVER] * len(odd)


def test_arrivals_come_by_shard_and_no_block_begins_before_the_one_ahead_of_it() -> None:
    dice = random.Random(4)  # noqa: S311
    arrivals = [Arrival(dice.choice("ab"), number // 3, str(number).encode()) for number in range(3 * BLOCK)]
    found = list(blocks(arrivals))
    firsts = [rowtimes[0] for _, rowtimes, _ in found]
    assert firsts == sorted(firsts) and max(len(records) for _, _, records in found) == BLOCK
    for shard in "ab":
        own = [data for name, _, records in found if name == shard for data in records]
        assert own == [data for name, _, data in arrivals if name == shard]
