"""The zip that Amazon Managed Service for Apache Flink runs. Importing this needs no Flink.

    main.py            starts the application
    packages/          this library and the wheels it needs, unpacked (compiled code cannot be imported from a zip)
    application/       script.sql, schema.json, and reference tables, each with its schema

The run options it takes are `RUN_OPTIONS`. NumPy, PyArrow and PyFlink are the service's own. There is no jar: Kinesis
is read and written in Python (kinesis.py). The same content gives the same bytes.

Source: Managed Service for Apache Flink developer guide, "Create and run a Managed Service for Apache Flink for
Python application" (run options python and pyFiles).
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator, Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

from .environment import FlinkSetupError

LIBRARY: Final = Path(__file__).resolve().parents[1]  # helpers/streaming_sql
HERE: Final = "packages/helpers/streaming_sql"  # where that is in the zip
WHEELS: Final = (
    "boto3", "botocore", "jmespath", "llvmlite", "numba", "python-dateutil", "regex", "s3transfer", "six", "sqlglot",
    "urllib3",
)  # fmt: skip
RUN_OPTIONS: Final = {"kinesis.analytics.flink.run.options": {"python": "main.py", "pyFiles": "packages/"}}
PYTHON: Final = "3.12"  # of FLINK-2_3
LIMIT: Final = 512 * 1024 * 1024  # bytes of a zip that the service takes
MAIN: Final = """\
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent
sys.path.insert(0, str(ROOT / "packages"))

from helpers.streaming_sql.flink.runner_main import main

main(ROOT)
"""
_MOMENT: Final = (1980, 1, 1, 0, 0, 0)  # the first a zip can name
_LEFT_OUT: Final = {"RECORD", "INSTALLER", "REQUESTED", "direct_url.json"}  # of an installation, not of a package
# Two files in three, none of which is used: a cluster copies every one of them to every worker. Of the services that
# boto3 knows, Kinesis alone is.
_UNUSED: Final = re.compile(r"bin/|numba/(tests|cuda/tests)/|boto3/examples/|botocore/data/(?!kinesis/)[^/]+/")


def build(
    out: Path,
    script: str,
    schema: Mapping[str, Any],
    wheels: Path,
    references: Mapping[str, tuple[Mapping[str, Any], bytes]] | None = None,
) -> str:
    """Write the zip; gives its SHA-256. `wheels` is a folder with what `install_wheels` puts into one."""
    files: dict[str, bytes | Path] = {**application(script, schema, references or {})[0]}
    files |= {f"{HERE}/{name}": path for name, path in _tree(LIBRARY)}
    files |= {f"packages/{name}": path for name, path in _tree(wheels) if not _UNUSED.match(name)}
    out.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
        for name in sorted(files):
            entry = zipfile.ZipInfo(name, _MOMENT)
            entry.external_attr, entry.create_system, entry.compress_type = 0o644 << 16, 3, zipfile.ZIP_DEFLATED
            written = files[name]
            archive.writestr(entry, written.read_bytes() if isinstance(written, Path) else written)
    if out.stat().st_size > LIMIT:
        raise FlinkSetupError(f"{out} has {out.stat().st_size} bytes; the service takes {LIMIT}")
    return hashlib.sha256(out.read_bytes()).hexdigest()


def application(
    script: str, schema: Mapping[str, Any], references: Mapping[str, tuple[Mapping[str, Any], bytes]]
) -> tuple[dict[str, bytes], dict[str, dict[str, str]]]:
    """The files of an application beside the library and the wheels, and the property groups that name them.

    Reference tables are files named by their place: reference1 and reference1.json, and so on.
    """
    files = {
        "main.py": MAIN.encode(),
        "application/script.sql": script.encode(),
        "application/schema.json": _json(schema),
        "packages/helpers/__init__.py": b'"""What the application needs of the workshop: its streaming SQL."""\n',
    }
    groups = {"application": {"script": "application/script.sql", "schema": "application/schema.json"}}
    for number, (name, (table_schema, content)) in enumerate(references.items(), 1):
        path = f"application/reference{number}"
        files |= {path: content, f"{path}.json": _json(table_schema)}
        groups[f"reference.{number}"] = {"name": name, "path": path, "schema": f"{path}.json"}
    return files, groups


def install_wheels(folder: Path, python: str = PYTHON) -> None:
    """Unpack the wheels, in the versions installed here, for Linux x86-64 and this Python; by pip or uv."""
    wanted = [f"{name}=={version(name)}" for name in WHEELS]
    if importlib.util.find_spec("pip"):
        command = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-compile"]
        platforms = ["--platform=manylinux2014_x86_64", "--platform=manylinux_2_28_x86_64"]
    elif uv := shutil.which("uv"):
        command, platforms = [uv, "pip", "install", "--quiet"], ["--python-platform=x86_64-manylinux_2_28"]
    else:
        raise FlinkSetupError("pip or uv fetches the wheels, and neither is here: install uv")
    options = [f"--target={folder}", f"--python-version={python}", "--only-binary=:all:", "--no-deps"]
    done = subprocess.run([*command, *platforms, *options, *wanted], capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode:
        raise FlinkSetupError(f"the wheels for Python {python} cannot be had: {done.stderr.strip()}")


def _tree(root: Path) -> Iterator[tuple[str, Path]]:
    for path in root.rglob("*"):
        inner = path.relative_to(root)
        if path.is_file() and "__pycache__" not in inner.parts and path.name not in _LEFT_OUT:
            yield inner.as_posix(), path


def _json(document: Mapping[str, Any]) -> bytes:
    return (json.dumps(document, indent=1, ensure_ascii=False) + "\n").encode()
