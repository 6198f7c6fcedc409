"""What Flink needs beside Python: a Java, and one jar, the connector to Kinesis. Importing this needs no Flink.

`python -m helpers.streaming_sql.flink.environment` (a part of `make flink`) looks for both and says what is
missing. The jar is named in connectors.toml, fetched by Maven, checked, and kept in the folder given by
FLINK_CACHE, or .flink.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Final

PINS: Final = Path(__file__).with_name("connectors.toml")
JAVA: Final = 17
MAVEN: Final = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1"


class FlinkSetupError(Exception):
    """Something that Flink needs is not there; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Connector:
    """A jar by its Maven coordinates (group:artifact:version) and, where it is known, its SHA-256."""

    coordinates: str
    sha256: str

    @property
    def file(self) -> str:
        _, artifact, version = self.coordinates.split(":")
        return f"{artifact}-{version}.jar"


def kinesis_connector() -> Connector:
    """The connector that connectors.toml pins."""
    return Connector(**tomllib.loads(PINS.read_text(encoding="utf-8"))["kinesis"])


def cache() -> Path:
    return Path(os.environ.get("FLINK_CACHE") or ".flink").resolve()


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


def fetch(connector: Connector, folder: Path) -> Path:
    """The jar, from the folder or else by Maven into it; FlinkSetupError if it is not to be had, or is another."""
    jar = folder / connector.file
    if not jar.exists():
        folder.mkdir(parents=True, exist_ok=True)
        _maven(f"{MAVEN}:get", f"-Dartifact={connector.coordinates}", "-Dtransitive=false")
        _maven(f"{MAVEN}:copy", f"-Dartifact={connector.coordinates}", f"-DoutputDirectory={folder}")
    check(jar, connector)
    return jar


def check(jar: Path, connector: Connector) -> None:
    """FlinkSetupError unless the jar is the pinned one."""
    found = hashlib.sha256(jar.read_bytes()).hexdigest()
    if connector.sha256 and found != connector.sha256:
        raise FlinkSetupError(
            f"{jar} has the SHA-256 {found}, not {connector.sha256} as {PINS.name} says: remove it and run this again"
        )


def _maven(*arguments: str) -> None:
    mvn = shutil.which("mvn")
    if mvn is None:
        raise FlinkSetupError("Maven fetches the connector, and there is no mvn here (Debian, Ubuntu: install maven)")
    # strict: what does not match the repository's own checksum is refused
    # -U: what was not there a while ago may be there now
    command = [mvn, "--batch-mode", "--quiet", "-U", "--strict-checksums", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode:
        lines = [line.partition("[ERROR] ")[2] for line in done.stdout.splitlines() if "[ERROR] " in line]
        raise FlinkSetupError(f"Maven could not get it: {lines[0] if lines else done.stderr.strip()}")


def main() -> int:
    """Look for java, then for the connector; 1 where Flink cannot run at all."""
    try:
        print(f"java       {java()}")  # noqa: T201 - a command's output
    except FlinkSetupError as missing:
        print(missing, file=sys.stderr)  # noqa: T201
        return 1
    connector = kinesis_connector()
    try:
        print(f"connector  {fetch(connector, cache())}")  # noqa: T201
    except FlinkSetupError as missing:
        print(f"connector  not there: {missing}", file=sys.stderr)  # noqa: T201
        print("           Scripts run on files without it; Kinesis streams and packages need it.", file=sys.stderr)  # noqa: T201
    return 0


if __name__ == "__main__":
    sys.exit(main())
