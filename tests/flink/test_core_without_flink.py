"""The workshop never imports Flink: only the modules that run in it do."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

HELPERS = Path(__file__).resolve().parents[2] / "helpers"
INSIDE = re.compile(r"streaming_sql/flink/(kinesis|operators|runner|runner_\w+|ticks|timestamps)\.py")


def test_only_the_runner_imports_flink() -> None:
    found = {
        path.relative_to(HELPERS).as_posix()
        for path in HELPERS.rglob("*.py")
        if re.search(r"^\s*(from|import) pyflink\b", path.read_text(encoding="utf-8"), re.M)
    }
    assert found
    assert not [name for name in found if not INSIDE.fullmatch(name)]


def test_what_the_workshop_imports_loads_where_there_is_no_flink() -> None:
    names = [
        f"helpers.streaming_sql.flink.{name}"
        for name in ("environment", "job", "kinesis_reader", "package", "translation")
    ]
    program = f"import sys; sys.modules['pyflink'] = None; import helpers.streaming_sql, {', '.join(names)}"
    subprocess.run([sys.executable, "-c", program], cwd=HELPERS.parent, check=True)
