"""The zip for the service: what is in it, where, and that it is the same each time. No Flink is needed here."""

from __future__ import annotations

import json
import os
import zipfile
from pathlib import Path

import pytest

from helpers.streaming_sql.flink import package
from helpers.streaming_sql.flink.environment import FlinkSetupError

SCRIPT = 'CREATE STREAM "S" ("n" INTEGER);'
SCHEMA = {"RecordColumns": [{"Name": "n", "SqlType": "INTEGER"}]}


@pytest.fixture
def parts(tmp_path: Path) -> tuple[Path, Path]:
    """A jar and a folder of unpacked wheels."""
    jar, wheels = tmp_path / "connector-1.jar", tmp_path / "wheels"
    jar.write_bytes(b"jar")
    for name in ("regex/_regex.so", "regex-1.dist-info/RECORD", "regex-1.dist-info/LICENSE", "bin/numba"):
        (wheels / name).parent.mkdir(parents=True, exist_ok=True)
        (wheels / name).write_bytes(name.encode())
    return jar, wheels


def test_the_zip_is_laid_out_as_the_service_wants_it(tmp_path: Path, parts: tuple[Path, Path]) -> None:
    out = tmp_path / "app.zip"
    package.build(out, SCRIPT, SCHEMA, *parts, {"TABLE": (SCHEMA, b'{"n": 1}')})
    with zipfile.ZipFile(out) as archive:
        names = archive.namelist()
        assert archive.read("application/script.sql").decode() == SCRIPT
        assert json.loads(archive.read("application/reference1.json")) == SCHEMA
        assert archive.read("application/reference1") == b'{"n": 1}'
        compile(archive.read("main.py"), "main.py", "exec")
    options = package.run_options("connector-1.jar")
    assert {options["python"], options["jarfile"]} <= set(names)
    assert [name for name in names if name.endswith(".jar")] == ["lib/connector-1.jar"]
    assert {"packages/helpers/streaming_sql/flink/runner_main.py", "packages/regex/_regex.so"} <= set(names)
    assert "packages/regex-1.dist-info/LICENSE" in names
    assert not [name for name in names if "__pycache__" in name or name.endswith(("RECORD", "bin/numba"))]


def test_the_same_content_gives_the_same_bytes(tmp_path: Path, parts: tuple[Path, Path]) -> None:
    first = package.build(tmp_path / "1.zip", SCRIPT, SCHEMA, *parts)
    for path in parts[1].rglob("*"):
        os.utime(path, (1_000_000_000, 1_000_000_000))
    assert package.build(tmp_path / "2.zip", SCRIPT, SCHEMA, *parts) == first
    assert (tmp_path / "1.zip").read_bytes() == (tmp_path / "2.zip").read_bytes()
    assert package.build(tmp_path / "3.zip", f"{SCRIPT} ", SCHEMA, *parts) != first


def test_a_zip_that_the_service_would_refuse_is_refused(
    tmp_path: Path, parts: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(package, "LIMIT", 1000)
    with pytest.raises(FlinkSetupError, match="the service takes 1000"):
        package.build(tmp_path / "app.zip", SCRIPT, SCHEMA, *parts)
