"""What Flink's environment needs is looked for, and what is missing is said. No Flink is needed here."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from helpers.streaming_sql.flink.environment import FlinkSetupError, java

ROOT = Path(__file__).resolve().parents[2]


def _java_that_says(folder: Path, version: str) -> None:
    program = folder / "bin/java"
    program.parent.mkdir(parents=True)
    program.write_text(f"#!/bin/sh\necho 'openjdk version \"{version}\" 2025-04-15' >&2\n", encoding="utf-8")
    program.chmod(0o755)


def test_a_java_that_is_new_enough_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _java_that_says(tmp_path, "17.0.15")
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    assert java() == str(tmp_path / "bin/java")


def test_an_old_java_and_none_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _java_that_says(tmp_path / "old", "11.0.2")
    monkeypatch.setenv("JAVA_HOME", str(tmp_path / "old"))
    with pytest.raises(FlinkSetupError, match=r"not new enough.*Java 17"):
        java()
    monkeypatch.setenv("JAVA_HOME", str(tmp_path / "none"))
    with pytest.raises(FlinkSetupError, match=r"there is no java in JAVA_HOME.*Java 17"):
        java()


def test_both_environments_run_the_same_versions_of_what_the_engine_needs() -> None:
    def locked(name: str) -> dict[str, str]:
        lines = (ROOT / name).read_text(encoding="utf-8")
        return dict(
            re.findall(r"^(boto3|botocore|llvmlite|numba|regex|sqlglot|pytest|pytest-timeout)==(\S+)", lines, re.M)
        )

    flink = locked("requirements-flink.lock")
    assert len(flink) == 8
    assert flink == locked("requirements-dev.lock")
