"""A script on both engines over the same records: what `workshop flink compare` does.

Rows are compared as destinations get them, JSON by column name without ROWTIME, and as multisets: parts of a job that
run side by side keep no order between them. Floats count to 12 digits (a sum depends on its order), rows of
error_stream without the moment they were written.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from helpers.errors import WorkshopError
from helpers.sql_inputs import ahead, blocks, opened, pieces
from helpers.sql_runner import Runner
from helpers.streaming_sql.flink import environment, package

SHOWN: Final = 3  # rows of a stream that only one engine has
DIGITS: Final = 12

References = Mapping[str, tuple[Mapping[str, Any], bytes]]
Rows = Counter[str]


@dataclass(frozen=True)
class Comparison:
    """What became of one stream."""

    stream: str
    here: Rows
    flink: Rows

    @property
    def equal(self) -> bool:
        return self.here == self.flink

    def lines(self) -> list[str]:
        """The stream and its rows, counted; where they differ, some that only one of the engines has."""
        told = [f"{self.stream}: {self.here.total():,} rows here, {self.flink.total():,} on Flink"]
        if self.equal:
            return [f"{told[0]}, equal"]
        for where, only in (("here", self.here - self.flink), ("on Flink", self.flink - self.here)):
            told += [f"  only {where}: {row}" for row in list(only.elements())[:SHOWN]]
            if only.total() > SHOWN:
                told.append(f"  only {where}: {only.total() - SHOWN:,} more")
        return told


@dataclass(frozen=True)
class Given:
    """A script, what it reads and how."""

    script: str
    schema: Mapping[str, Any]
    records: Path
    rowtime: str  # a column's name
    streams: Sequence[str]  # those to compare: every one that is for a destination
    seed: int
    source: str
    references: References


def compare(given: Given, venv: Path, folder: Path, tell: Callable[[str], None]) -> list[Comparison]:
    """Run both engines; `folder` is an empty one for Flink's files, `tell` hears how it goes."""
    here = on_engine(given, tell)
    tell("Now the same on Flink, which takes half a minute to start …")
    flink = on_flink(given, venv, folder)
    return [Comparison(stream, here[stream], flink[stream]) for stream in given.streams]


def on_engine(given: Given, tell: Callable[[str], None]) -> dict[str, Rows]:
    """The rows of each stream, by the embedded engine."""
    found: dict[str, Rows] = {stream: Counter() for stream in given.streams}

    def count(line: str) -> None:
        (_, stream), _, *values = json.loads(line).items()  # the stream's name and ROWTIME come first
        found[stream][_row(dict(values), stream)] += 1

    runner = Runner(
        given.script,
        given.schema,
        rowtime=given.rowtime,
        streams=given.streams,
        seed=given.seed,
        source=given.source,
        references=given.references,
        write=count,
        tell=tell,
    )
    with opened(str(given.records)) as file:
        for block, columns in ahead((block, runner.read(block)) for block in blocks(pieces(file, pipe=False))):
            runner.feed(block, 0, columns)
    runner.finish()
    return found


def on_flink(given: Given, venv: Path, folder: Path) -> dict[str, Rows]:
    """The rows of each stream, by the application that `workshop flink package` packs, on a Flink of its own.

    Raises WorkshopError with what Flink said where the application ends before its records do.
    """
    files, groups = package.application(given.script, given.schema, given.references)
    groups["application"] |= {"seed": str(given.seed), "source": given.source}
    groups["source.1"] = {"connector": "files", "path": str(given.records.resolve()), "rowtime": given.rowtime}
    for number, stream in enumerate(given.streams, 1):
        groups[f"sink.{number}"] = {"connector": "files", "stream": stream, "path": str(folder / f"sink{number}")}
    document = [{"PropertyGroupId": name, "PropertyMap": group} for name, group in groups.items()]
    properties = folder / "application_properties.json"
    for name, content in (files | {properties.name: json.dumps(document).encode()}).items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    library = folder / package.HERE
    library.parent.mkdir(parents=True, exist_ok=True)
    library.symlink_to(package.LIBRARY)
    (folder / "log").mkdir()
    variables = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    variables |= {"APPLICATION_PROPERTIES": str(properties), "FLINK_LOG_DIR": str(folder / "log")}
    _run([str(venv / "bin" / "python"), str(folder / "main.py")], folder, variables)
    return {stream: _written(folder / f"sink{number}", stream) for number, stream in enumerate(given.streams, 1)}


def _run(command: Sequence[str], folder: Path, variables: Mapping[str, str]) -> None:
    """Run Flink to its end, and end it with its Java whatever ends this first."""
    with (folder / "output").open("w+b") as output:
        process = subprocess.Popen(  # noqa: S603
            command, cwd=folder, env=variables, stdin=subprocess.DEVNULL, stdout=output, stderr=output,
            start_new_session=True,
        )  # fmt: skip
        try:
            code = process.wait()
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        output.seek(0)
        if code:
            said = environment.last_words(output.read().decode("utf-8", "replace"))
            raise WorkshopError(f"The application ended on Flink: {said}")


def _written(folder: Path, stream: str) -> Rows:
    found: Rows = Counter()
    for path in folder.rglob("part-*"):
        with path.open(encoding="utf-8") as lines:
            found.update(_row(json.loads(line), stream) for line in lines)
    return found


def _row(values: dict[str, Any], stream: str) -> str:
    if stream == "error_stream":
        del values["ERROR_TIME"]
    same = {name: float(f"{v:.{DIGITS}g}") if isinstance(v, float) else v for name, v in values.items()}
    return json.dumps(same, ensure_ascii=False)
