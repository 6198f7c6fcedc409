"""Where Flink is, and what it needs beside Python: a Java. Importing this needs no Flink.

`python -m helpers.streaming_sql.flink.environment` (a part of `make flink`) looks for it and says what is missing.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

JAVA: Final = 17
BESIDE: Final = Path(__file__).resolve().parents[3] / ".venv-flink"


class FlinkSetupError(Exception):
    """Something that Flink needs is not there; the message says what to do."""


def venv() -> Path | None:
    """Flink's virtual environment: WORKSHOP_FLINK, or .venv-flink of the repository; None where it is not set up."""
    folder = Path(os.environ.get("WORKSHOP_FLINK") or BESIDE)
    return folder if (folder / "bin" / "python").exists() and (folder / ".done").exists() else None


def python(folder: Path) -> str:
    """The Python of a virtual environment, "3.12"."""
    (library,) = folder.glob("lib/python3*")
    return library.name.removeprefix("python")


def java() -> str:
    """The java that Flink will run on; FlinkSetupError if there is none, or an old one."""
    home = os.environ.get("JAVA_HOME")
    found = shutil.which("java", path=str(Path(home) / "bin")) if home else shutil.which("java")
    needed = f"Flink needs Java {JAVA} or newer: install one (Debian, Ubuntu: openjdk-{JAVA}-jre-headless)"
    if found is None:
        raise FlinkSetupError(
            f"there is no java{f' in JAVA_HOME, {home}' if home else ''}. {needed} and run this again"
        )
    told = subprocess.run([found, "-version"], capture_output=True, text=True, check=False).stderr  # noqa: S603
    version = re.search(r'version "(\d+)', told)
    if version is None or int(version[1]) < JAVA:
        raise FlinkSetupError(f"{found} is not new enough: {told.splitlines()[:1]}. {needed}, or set JAVA_HOME")
    return found


def last_words(output: str) -> str:
    """What a Python program, or else Flink's command, said in the end."""
    _, traceback, behind = output.rpartition("Traceback (most recent call last):\n")
    lines = [line for line in behind.splitlines() if line and not line[0].isspace()]
    return (lines[0] if traceback else lines[-1]) if lines else ""


def main() -> int:
    """Look for java; 1 where Flink cannot run."""
    try:
        print(f"java  {java()}")  # noqa: T201 - a command's output
    except FlinkSetupError as missing:
        print(missing, file=sys.stderr)  # noqa: T201
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
