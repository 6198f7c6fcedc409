"""`workshop flink compare`: recorded data through both engines, by the command that the migration guide gives."""

from __future__ import annotations

import gzip
import json
import random
import re
import shlex
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from helpers.cli import main
from helpers.streaming_sql.flink.environment import venv

ROOT = Path(__file__).resolve().parents[2]
GUIDE = ROOT / "docs/migrating-kinesis-analytics-sql.md"
FIRST = 1_795_341_600_000
LOOKED_UP = """
CREATE STREAM "OUT" ("site" VARCHAR(16), "team" VARCHAR(16));
CREATE PUMP "P" AS INSERT INTO "OUT" SELECT STREAM s."site", t."team"
FROM "SOURCE_SQL_STREAM_001" AS s LEFT JOIN "Teams" AS t ON s."site" = t."site";
"""

pytestmark = [
    pytest.mark.skipif(venv() is None, reason="Apache Flink is not set up here: make flink"),
    pytest.mark.timeout(300),
]


def _records() -> list[str]:
    """Seventeen minutes of clicks with a burst; some lines are no row, have no time, come late, or are two."""
    dice = random.Random(5)  # noqa: S311 - traffic, no secret
    lines, at = ["no JSON, before there is any time"], FIRST
    for number in range(20_000):
        at += dice.choice((40, 50, 60))
        clicks = 0.4 if 14_000 < number < 16_000 else 0.02
        record = {"browseraction": "Click" if dice.random() < clicks else "Impression", "site": "a.example", "at": at}
        lines.append(json.dumps(record))
        match number % 4000:
            case 7:
                lines += ["no JSON", json.dumps({**record, "at": None}), json.dumps([record])]
            case 1000:
                lines.append(json.dumps({**record, "at": at - 9000}))
            case 1500:
                lines.append(json.dumps(record) + json.dumps({**record, "at": at + 1}))
    return lines


def _compare(folder: Path, monkeypatch: pytest.MonkeyPatch, *more: str) -> Result:
    (command,) = re.findall(r"^\.venv/bin/workshop (flink compare .*)$", GUIDE.read_text(encoding="utf-8"), re.M)
    monkeypatch.chdir(folder)
    return CliRunner().invoke(main, [*shlex.split(command), *more])


def test_the_lab_gives_the_same_rows_on_both(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copy(ROOT / "sql/clickstream/anomaly_detection.sql", tmp_path / "mine.sql")
    schema = {"browseraction": "VARCHAR(16)", "site": "VARCHAR(32)", "at": "BIGINT"}
    (tmp_path / "schema.json").write_text(json.dumps(schema))
    (tmp_path / "recorded.jsonl").write_text("\n".join(_records()))
    result = _compare(tmp_path, monkeypatch, "--seed", "3")
    assert result.exit_code == 0, result.output
    (example,) = re.findall(r"```text\n(.*?)```", GUIDE.read_text(encoding="utf-8"), re.S)
    assert result.stdout == example
    # five times three lines and one before them are no rows, five are late
    assert "error_stream: 21 rows here, 21 on Flink, equal\n" in example
    assert re.search(r"^DESTINATION_SQL_STREAM: (\d\d) rows here, \1 on Flink, equal$", example, re.M)


def test_reference_tables_and_packed_records_are_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "mine.sql").write_text(LOOKED_UP)
    (tmp_path / "schema.json").write_text('{"site": "VARCHAR(16)", "at": "BIGINT"}')
    (tmp_path / "teams.csv").write_text("site,team\na,red\nb,blue\n")
    lines = "".join(json.dumps({"site": "abc"[number % 3], "at": FIRST + number}) + "\n" for number in range(300))
    (tmp_path / "recorded.jsonl").write_bytes(gzip.compress(lines.encode()))
    result = _compare(tmp_path, monkeypatch, "--reference", "Teams=teams.csv")
    assert result.exit_code == 0, result.output
    assert "OUT: 300 rows here, 300 on Flink, equal\n" in result.stdout
