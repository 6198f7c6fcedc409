"""The zip where the managed service unpacks it: nothing can be written but temporary files and what sinks write."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import zipfile
from pathlib import Path

import pytest

from helpers.streaming_sql import Application
from helpers.streaming_sql.flink import package
from helpers.streaming_sql.flink.environment import venv

SCHEMA = {
    "RecordFormat": {"RecordFormatType": "JSON"},
    "RecordColumns": [
        {"Name": "page", "SqlType": "VARCHAR(8)", "Mapping": "$.page"},
        {"Name": "at", "SqlType": "BIGINT", "Mapping": "$.at"},
    ],
}
SCRIPT = """
CREATE STREAM "SCORES" ("n" INTEGER, "score" DOUBLE);
CREATE PUMP "P" AS INSERT INTO "SCORES" SELECT STREAM "n", ANOMALY_SCORE FROM TABLE(RANDOM_CUT_FOREST(
  CURSOR(SELECT STREAM COUNT(*) AS "n" FROM "SOURCE_SQL_STREAM_001"
         GROUP BY STEP("SOURCE_SQL_STREAM_001".ROWTIME BY INTERVAL '10' SECOND)), 10, 12, 1000, 1));
"""
FIRST = 1_795_341_600_000
# Everything is read-only in a namespace of its own, but for one folder. What may lie on other file systems than / is
# bound first, as a mount of its own.
PROBE = """
set -e
mount --bind "$WRITABLE" "$WRITABLE"
mount -o remount,ro,bind /
"""
READ_ONLY = """
set -e
for place in "$WRITABLE" "$CODE" "$FLINK"; do mount --bind "$place" "$place"; done
for place in "$CODE" "$FLINK" /; do mount -o remount,ro,bind "$place"; done
for place in "$CODE" "$FLINK" / "$HOME"; do
  if touch "$place/written" 2>/dev/null; then echo "$place can be written to" >&2; exit 9; fi
done
cd "$CODE"
exec "$PYTHON" main.py
"""
UNSHARE = ["unshare", "--map-root-user", "--mount"]


def _can_unshare(folder: Path) -> bool:
    if shutil.which("unshare") is None:
        return False
    environment = {**os.environ, "WRITABLE": str(folder)}
    return (
        subprocess.run([*UNSHARE, "sh", "-c", PROBE], env=environment, capture_output=True, check=False).returncode == 0
    )


@pytest.mark.skipif(venv() is None, reason="Apache Flink is not set up here: make flink")
@pytest.mark.timeout(600)
def test_it_runs_on_a_read_only_file_system(wheels: Path, tmp_path: Path) -> None:
    if not _can_unshare(tmp_path):
        pytest.skip("no file system of one's own can be had here: unshare --map-root-user --mount")
    there = venv()
    assert there is not None
    code, writable = tmp_path / "code", tmp_path / "writable"
    for folder in (code, writable / "tmp", writable / "log"):
        folder.mkdir(parents=True)
    package.build(tmp_path / "application.zip", SCRIPT, SCHEMA, wheels)
    with zipfile.ZipFile(tmp_path / "application.zip") as archive:
        archive.extractall(code)
    records = [{"page": "/", "at": FIRST + number * (500 if number % 90 < 60 else 50)} for number in range(1200)]
    records.sort(key=lambda record: int(str(record["at"])))
    (tmp_path / "in.jsonl").write_text("".join(json.dumps(record) + "\n" for record in records), encoding="utf-8")
    groups = {
        "application": {"script": "application/script.sql", "schema": "application/schema.json"},
        "source.1": {"connector": "files", "path": str(tmp_path / "in.jsonl"), "rowtime": "at"},
        "sink.1": {"connector": "files", "stream": "SCORES", "path": str(writable / "out")},
        "sink.2": {"connector": "files", "stream": "error_stream", "path": str(writable / "errors")},
    }
    properties = tmp_path / "application_properties.json"
    document = [{"PropertyGroupId": name, "PropertyMap": group} for name, group in groups.items()]
    properties.write_text(json.dumps(document), encoding="utf-8")

    variables = {
        "APPLICATION_PROPERTIES": properties,
        "CODE": code,
        "FLINK": there,
        "FLINK_LOG_DIR": writable / "log",
        "JDK_JAVA_OPTIONS": f"-Djava.io.tmpdir={writable / 'tmp'} -XX:TieredStopAtLevel=1",
        "PYTHON": there / "bin/python",
        "PYTHONPATH": code / "packages",  # what the service makes of pyFiles
        "TMPDIR": writable / "tmp",
        "WRITABLE": writable,
        "_python_worker_execution_mode": "process",
    }
    environment = {name: os.environ[name] for name in ("PATH", "HOME", "JAVA_HOME") if name in os.environ}
    environment |= {name: str(value) for name, value in variables.items()}
    ended = subprocess.run(
        [*UNSHARE, "sh", "-c", READ_ONLY], env=environment, capture_output=True, text=True, timeout=300, check=False
    )
    assert ended.returncode == 0, ended.stderr[-3000:]

    embedded = Application(SCRIPT, SCHEMA)
    for record in records:
        embedded.feed([record], int(str(record["at"])))
    embedded.finish()
    expected = [{"n": row["n"], "score": row["score"]} for row in embedded.stream("SCORES")]
    assert any(row["score"] > 0 for row in expected), "the forest has scored nothing: this would show nothing"
    assert _written(writable / "out") == expected
    assert _written(writable / "errors") == []


def _written(folder: Path) -> list[dict[str, float]]:
    parts = sorted(path for path in folder.rglob("part-*") if path.is_file())
    return [json.loads(line) for path in parts for line in path.read_text(encoding="utf-8").splitlines()]
