"""The whole application on a cluster, from its properties: files in, files out, nothing dropped."""

from __future__ import annotations

import json
import random
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("pyflink", reason="Apache Flink is not installed here: make test-flink")

from helpers.streaming_sql import Application
from helpers.streaming_sql.flink.runner_main import Groups, PropertiesError, build, read_properties
from tests.flink.cluster import environment

ROOT = Path(__file__).resolve().parents[2]
SCHEMA = {
    "RecordFormat": {"RecordFormatType": "JSON"},
    "RecordColumns": [
        {"Name": "browseraction", "SqlType": "VARCHAR(16)", "Mapping": "$.browseraction"},
        {"Name": "at", "SqlType": "BIGINT", "Mapping": "$.at"},
    ],
}
SINKS = ("CLICKSTREAM", "IMPRESSIONSTREAM", "CTRSTREAM", "DESTINATION_SQL_STREAM", "error_stream")
FIRST = 1_795_341_600_000


def _records() -> list[dict[str, Any]]:
    dice = random.Random(3)  # noqa: S311 - traffic, no secret
    rates = [0.8 if 45 <= second // 10 < 48 else 0.3 for second in range(600)]
    return [
        {"browseraction": "Click" if dice.random() < rate else "Impression", "at": FIRST + second * 1000 + part * 100}
        for second, rate in enumerate(rates)
        for part in range(4)
    ]


def _groups(**source: str) -> Groups:
    groups = {
        "application": {"script": "script.sql", "schema": "schema.json"},
        "source.1": {"connector": "files", "path": "in", "rowtime": "at", **source},
    }
    for number, stream in enumerate(SINKS):
        groups[f"sink.{number}"] = {"stream": stream, "connector": "files", "path": f"out/{number}"}
    return read_properties([{"PropertyGroupId": name, "PropertyMap": group} for name, group in groups.items()])


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A folder with the lab's script, and its records shuffled over two files that overlap in time."""
    script = (ROOT / "sql/clickstream/anomaly_detection.sql").read_text(encoding="utf-8")
    (tmp_path / "script.sql").write_text(script, encoding="utf-8")
    (tmp_path / "schema.json").write_text(json.dumps(SCHEMA), encoding="utf-8")
    dice = random.Random(5)  # noqa: S311
    files: tuple[list[str], list[str]] = ([], [])
    for record in _records():
        files[dice.randrange(2)].append(json.dumps(record))
    files[0].insert(100, "no JSON at all")
    files[1].append(json.dumps({"browseraction": "Click", "at": FIRST}))  # long over in this file
    (tmp_path / "in").mkdir()
    for number, lines in enumerate(files):
        (tmp_path / f"in/{number}.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return tmp_path


def _written(folder: Path) -> list[dict[str, Any]]:
    parts = [path for path in folder.rglob("part-*") if path.is_file()]
    return [json.loads(line) for path in parts for line in path.read_text(encoding="utf-8").splitlines()]


@pytest.mark.parametrize("parallelism", [1, 2])
def test_two_files_that_overlap_give_the_rows_of_one_in_order(cluster: Any, root: Path, parallelism: int) -> None:
    where = environment(cluster, parallelism)
    build(where, root, _groups())
    where.execute("files")

    embedded = Application((root / "script.sql").read_text(encoding="utf-8"), SCHEMA)
    for record in _records():
        embedded.feed([record], record["at"])
    embedded.finish()
    for number, stream in enumerate(SINKS[:-1]):
        wanted = Counter(
            json.dumps({k: v for k, v in row.items() if k != "ROWTIME"}) for row in embedded.stream(stream)
        )
        assert Counter(map(json.dumps, _written(root / f"out/{number}"))) == wanted
        assert wanted, f"{stream} holds nothing: this would show nothing"
    errors = sorted(row["ERROR_NAME"] for row in _written(root / "out/4"))
    assert errors == ["Row out of order", "Unreadable record"]


def test_a_stream_without_a_sink_is_refused(cluster: Any, root: Path) -> None:
    groups = _groups()
    del groups["sink.4"]
    with pytest.raises(PropertiesError, match="error_stream has no sink"):
        build(environment(cluster), root, groups)


def test_what_nobody_knows_is_refused() -> None:
    with pytest.raises(PropertiesError, match="speed is none of"):
        _groups(speed="fast")
    with pytest.raises(PropertiesError, match="there are application"):
        read_properties([{"PropertyGroupId": "sauce", "PropertyMap": {}}])
