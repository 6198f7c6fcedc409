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
from helpers.streaming_sql.flink.operators import BLOCK, ERRORS, NEVER, Intake, Unread
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

    def given(self, rowtimes: list[int], records: list[Any]) -> tuple[list[Any], list[Any]]:
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
    rows, errors = worker.given([1400, 2000], [PLAIN[0], PLAIN[2]])
    assert rows == [(2000, "/b", 3)]
    assert [error[0] for error in errors] == [2000]
    assert worker.kept == 2000


def test_what_has_no_time_is_told_at_the_time_reached_or_else_at_the_first_to_come() -> None:
    unread = Unread(b"{}", "n is None, which is no time")
    rowtimes, records = [NEVER, 1500, NEVER, 2000], [unread, {"page": "/a", "n": 1}, unread, {"page": "/b", "n": 2}]
    for kept, times in ((None, [1500, 1500]), (1200, [1200, 1500])):
        worker = Worker(kept)
        rows, errors = worker.given(rowtimes, records)
        assert rows == [(1500, "/a", 1), (2000, "/b", 2)]
        assert [(error[0], error[4], error[6]) for error in errors] == [(t, unread.why, b"{}".hex()) for t in times]
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
        packed = tmp_path / "packed.jsonl"
        packed.write_bytes(gzip.compress(path.read_bytes()))
        assert [line for chunk in chunks(packed, 0, size) for line in chunk.split(b"\n") if line] == lines


def test_a_file_s_lines_have_the_times_that_stand_in_them(tmp_path: Path) -> None:
    lines = [json.dumps({"page": "/a", "n": number}) for number in range(BLOCK + 1)]
    times = [number * 1000 for number in range(BLOCK + 1)]
    for odd, extra in ((None, []), ("no JSON", [NEVER]), ('{"n": 7}{"n": 8}', [7000, 8000]), ('{"n": "x"}', [NEVER])):
        _, (_, rowtimes, records) = found = _read(tmp_path / "in.jsonl", lines + [odd] * (odd is not None))
        assert [time for _, some, _ in found for time in some] == times + extra
        assert len(records) == len(rowtimes)
        if extra == [NEVER]:
            assert records[1].record == str(odd).encode()


def test_lines_without_any_row_give_no_block(tmp_path: Path) -> None:
    nested = {
        "RecordFormatType": "JSON",
        "MappingParameters": {"JSONMappingParameters": {"RecordRowPath": "$.rows[*]"}},
    }
    schema = {**SCHEMA, "RecordFormat": nested}
    assert _read(tmp_path / "in.jsonl", ['{"rows": []}'], schema) == []
    assert _read(tmp_path / "in.jsonl", ['{"rows": [{"n": 1}]}'], schema)[0][1] == [1000]


def _read(path: Path, lines: list[str | None], schema: dict[str, Any] = SCHEMA) -> list[Any]:
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    reading = FromFile(path, "n", schema)
    reading.open(None)
    return list(reading.process_element((0,), None))


def test_arrivals_come_by_shard_and_no_block_begins_before_the_one_ahead_of_it() -> None:
    dice = random.Random(4)  # noqa: S311
    arrivals = [Arrival(dice.choice("ab"), number // 3, str(number).encode()) for number in range(3 * BLOCK)]
    found = list(blocks(arrivals))
    firsts = [rowtimes[0] for _, rowtimes, _ in found]
    assert firsts == sorted(firsts) and max(len(records) for _, _, records in found) == BLOCK
    for shard in "ab":
        own = [data for name, _, records in found if name == shard for data in records]
        assert own == [data for name, _, data in arrivals if name == shard]
