"""What `workshop flink compare` says and how it ends, without a Flink. With one: tests/flink_service."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest
from click.testing import CliRunner, Result

from helpers import sql_comparison
from helpers.cli import main
from helpers.errors import WorkshopError
from helpers.sql_comparison import Comparison, Given, on_engine, on_flink
from helpers.streaming_sql.flink import environment
from tests.waiting import until

ROOT = Path(__file__).resolve().parent.parent
SCRIPT = """CREATE STREAM "S" ("page" VARCHAR(8), "mean" DOUBLE);
CREATE PUMP "P" AS INSERT INTO "S" SELECT STREAM "page", AVG("n") FROM "SOURCE_SQL_STREAM_001"
GROUP BY "page", STEP("SOURCE_SQL_STREAM_001".ROWTIME BY INTERVAL '10' SECOND);
"""
SCHEMA = {"page": "VARCHAR(8)", "n": "DOUBLE", "at": "BIGINT"}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A script, its schema and records; a Flink that is a program of ours."""
    (tmp_path / "mine.sql").write_text(SCRIPT)
    (tmp_path / "schema.json").write_text(json.dumps(SCHEMA))
    records = [{"page": "/", "n": number / 3, "at": 1_795_341_600 + number} for number in range(40)]
    (tmp_path / "recorded.jsonl").write_text("".join(json.dumps(record) + "\n" for record in records) + "no JSON\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(environment, "venv", lambda: tmp_path / "venv")
    monkeypatch.setattr(environment, "java", lambda: "java")
    return tmp_path


def compare(*more: str) -> Result:
    options = ["--records", "recorded.jsonl", "--schema", "schema.json", "--rowtime", "at"]
    return CliRunner().invoke(main, ["flink", "compare", "mine.sql", *options, *more])


def _flink(change: Callable[[dict[str, Counter[str]]], None]) -> Callable[..., dict[str, Counter[str]]]:
    """A Flink that gives what the engine here gives, changed."""

    def run(given: Given, *_: Path) -> dict[str, Counter[str]]:
        rows = on_engine(given, lambda _: None)
        change(rows)
        return rows

    return run


def test_equal_rows_end_well(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sql_comparison, "on_flink", _flink(lambda rows: None))
    result = compare()
    assert result.exit_code == 0, result.output
    assert result.stdout == "S: 4 rows here, 4 on Flink, equal\nerror_stream: 1 rows here, 1 on Flink, equal\n"
    assert "line 41: expected a JSON object" in result.stderr


def test_a_row_that_one_engine_alone_has_is_shown(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def change(rows: dict[str, Counter[str]]) -> None:
        row = next(iter(rows["S"]))
        rows["S"] -= Counter([row])
        rows["S"]['{"page": "/", "mean": 77.0}'] += 5

    monkeypatch.setattr(sql_comparison, "on_flink", _flink(change))
    result = compare()
    assert result.exit_code == 1
    assert "S: 4 rows here, 8 on Flink\n" in result.stdout
    assert '  only here: {"page": "/", "mean": 1.5}\n' in result.stdout
    assert result.stdout.count('  only on Flink: {"page": "/", "mean": 77.0}\n') == 3
    assert "  only on Flink: 2 more\n" in result.stdout
    assert "The engines differ." in result.stderr


@pytest.mark.parametrize(
    ("script", "records"), [(SCRIPT, "\n"), (SCRIPT, "no JSON\n"), ("", '{"page": "/", "at": 1}\n')]
)
def test_nothing_to_compare_is_no_success(
    folder: Path, monkeypatch: pytest.MonkeyPatch, script: str, records: str
) -> None:
    (folder / "mine.sql").write_text(script)
    (folder / "recorded.jsonl").write_text(records)
    monkeypatch.setattr(sql_comparison, "on_flink", _flink(lambda rows: None))
    result = compare()
    assert result.exit_code == 1
    assert "this shows nothing" in result.stderr


def test_without_flink_it_is_said_how_to_get_it(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(environment, "venv", lambda: None)
    monkeypatch.delenv("WORKSHOP_FLINK", raising=False)
    assert "Flink is not set up here: make flink" in compare().stderr
    monkeypatch.setenv("WORKSHOP_FLINK", "/elsewhere")
    assert "not set up in /elsewhere, as WORKSHOP_FLINK says" in compare().stderr


def test_a_column_that_is_not_there_is_refused_before_anything_runs(folder: Path) -> None:
    result = compare("--rowtime", "when")
    assert result.exit_code == 1
    assert "there is no column when" in result.stderr


def test_sums_in_another_order_are_equal_and_other_values_are_not() -> None:
    def row(value: object) -> Counter[str]:
        return Counter([sql_comparison._row({"n": value}, "S")])

    assert Comparison("S", row(0.1 + 0.2), row(0.3)).equal
    assert not Comparison("S", row(0.3), row(0.3000001)).equal
    assert not Comparison("S", row(3), row(None)).equal
    at = {"ERROR_TIME": "2026-11-22 10:00:00.000", "MESSAGE": "bad"}
    assert sql_comparison._row({**at}, "error_stream") == '{"MESSAGE": "bad"}'


def _program(folder: Path, text: str) -> None:
    python = folder / "venv/bin/python"
    python.parent.mkdir(parents=True)
    python.write_text(f"#!/bin/sh\n{text}\n")
    python.chmod(0o755)


def test_what_ends_flink_is_told(folder: Path) -> None:
    traceback = "Traceback (most recent call last):\n  File x\nValueError: bad luck"
    _program(folder, f"echo '{traceback}' >&2\nexit 1")
    work = folder / "work"
    work.mkdir()
    given = Given(SCRIPT, {}, folder / "recorded.jsonl", "at", ["S"], 7, "SOURCE_SQL_STREAM_001", {})
    with pytest.raises(WorkshopError, match=r"The application ended on Flink: ValueError: bad luck"):
        on_flink(given, folder / "venv", work)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_whatever_ends_it_ends_flink_and_leaves_no_file(folder: Path, number: signal.Signals) -> None:
    (folder / "venv").mkdir()
    (folder / "venv/.done").touch()
    _program(folder, f"echo $$ > {folder}/part.pid\nsleep 100 & echo $! > {folder}/java.pid\nwait")
    (folder / "bin").mkdir()
    (folder / "bin/java").write_text("#!/bin/sh\necho 'openjdk version \"17.0.1\"' >&2\n")
    (folder / "bin/java").chmod(0o755)
    (folder / "tmp").mkdir()
    own = {"WORKSHOP_FLINK": str(folder / "venv"), "TMPDIR": str(folder / "tmp"), "JAVA_HOME": str(folder)}
    options = ["--records", "recorded.jsonl", "--schema", "schema.json", "--rowtime", "at"]
    command = [sys.executable, "-m", "helpers.cli", "flink", "compare", "mine.sql", *options]
    variables = {**os.environ, **own, "PYTHONPATH": str(ROOT)}

    def hear() -> None:
        signal.signal(signal.SIGINT, signal.SIG_DFL)  # who runs tests in the background ignores it, and so would this

    with subprocess.Popen(command, cwd=folder, env=variables, stderr=subprocess.PIPE, preexec_fn=hear) as process:
        java = folder / "java.pid"
        until("Flink to run", lambda: process.poll() is not None or (java.exists() and java.read_text().strip()))
        assert process.poll() is None, process.stderr.read() if process.stderr else ""
        assert list((folder / "tmp").iterdir())
        process.send_signal(number)
        assert process.wait(30) != 0
    assert list((folder / "tmp").iterdir()) == []
    for name in ("part.pid", "java.pid"):
        pid = int((folder / name).read_text())
        until(f"{name} to end", lambda pid=pid: _has_ended(pid))  # type: ignore[misc]


def _has_ended(pid: int) -> bool:
    """Gone, or an orphan that nobody has asked for."""
    return not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
