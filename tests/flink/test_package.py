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
def wheels(tmp_path: Path) -> Path:
    """A folder of unpacked wheels."""
    wheels = tmp_path / "wheels"
    for name in (
        "regex/_regex.so", "regex-1.dist-info/RECORD", "regex-1.dist-info/LICENSE", "bin/numba", "numba/tests/a.py",
        "botocore/data/endpoints.json", "botocore/data/kinesis/service.json.gz", "botocore/data/s3/service.json.gz",
    ):  # fmt: skip
        (wheels / name).parent.mkdir(parents=True, exist_ok=True)
        (wheels / name).write_bytes(name.encode())
    return wheels


def test_the_zip_is_laid_out_as_the_service_wants_it(tmp_path: Path, wheels: Path) -> None:
    out = tmp_path / "app.zip"
    package.build(out, SCRIPT, SCHEMA, wheels, {"TABLE": (SCHEMA, b'{"n": 1}')})
    with zipfile.ZipFile(out) as archive:
        names = archive.namelist()
        assert archive.read("application/script.sql").decode() == SCRIPT
        assert json.loads(archive.read("application/reference1.json")) == SCHEMA
        assert archive.read("application/reference1") == b'{"n": 1}'
        compile(archive.read("main.py"), "main.py", "exec")
    (options,) = package.RUN_OPTIONS.values()
    assert options["python"] in names
    assert any(name.startswith(options["pyFiles"]) for name in names)
    assert {"packages/helpers/streaming_sql/flink/runner_main.py", "packages/regex/_regex.so"} <= set(names)
    assert "packages/regex-1.dist-info/LICENSE" in names
    assert not [name for name in names if "__pycache__" in name or name.endswith(("RECORD", "bin/numba"))]
    assert [name for name in names if "/botocore/data/" in name] == [
        "packages/botocore/data/endpoints.json", "packages/botocore/data/kinesis/service.json.gz",
    ]  # fmt: skip
    assert not [name for name in names if "/tests/" in name]


def test_the_same_content_gives_the_same_bytes(tmp_path: Path, wheels: Path) -> None:
    first = package.build(tmp_path / "1.zip", SCRIPT, SCHEMA, wheels)
    for path in wheels.rglob("*"):
        os.utime(path, (1_000_000_000, 1_000_000_000))
    assert package.build(tmp_path / "2.zip", SCRIPT, SCHEMA, wheels) == first
    assert (tmp_path / "1.zip").read_bytes() == (tmp_path / "2.zip").read_bytes()
    assert package.build(tmp_path / "3.zip", f"{SCRIPT} ", SCHEMA, wheels) != first


def test_a_zip_that_the_service_would_refuse_is_refused(
    tmp_path: Path, wheels: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(package, "LIMIT", 1000)
    with pytest.raises(FlinkSetupError, match="the service takes 1000"):
        package.build(tmp_path / "app.zip", SCRIPT, SCHEMA, wheels)
