"""`make bench-flink`: the lab's script over one file, by the embedded engine and by Flink, counts exact in each.

Flink runs in one Java process with its own Python workers; its figures are of the whole application, from the
start of the process to the last row in a file. Start-up is the same with 2,000 records. Memory is the most that
the process and all those it started held together. Needs Linux's /proc.
"""

import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from pathlib import Path

from tests.benchmarks.measuring import ROOT
from tests.benchmarks.traffic import SCRIPT, lines

RECORDS, FEW = 5_000_000, 2_000
STREAMS = {"Click": "CLICKSTREAM", "Impression": "IMPRESSIONSTREAM"}
OTHERS = ("CTRSTREAM", "DESTINATION_SQL_STREAM", "error_stream")
SCHEMA = {
    "RecordFormat": {"RecordFormatType": "JSON"},
    "RecordColumns": [
        {"Name": "browseraction", "SqlType": "VARCHAR(16)", "Mapping": "$.browseraction"},
        {"Name": "at", "SqlType": "BIGINT", "Mapping": "$.at"},
    ],
}


def prepare(folder: Path, count: int, files: int = 1) -> None:
    """Records, by turns in so many files, and the application's files beside them."""
    (folder / "in").mkdir(parents=True)
    targets = [(folder / f"in/{number}.jsonl").open("wb") for number in range(files)]
    for chunk in lines(count):
        rows = chunk.splitlines(keepends=True)
        for number, target in enumerate(targets):
            target.writelines(rows[number::files])
    for target in targets:
        target.close()
    groups = {
        "application": {"script": str(ROOT / SCRIPT), "schema": "schema.json"},
        "source": {"connector": "files", "path": "in", "rowtime": "at"},
    }
    for number, stream in enumerate((*STREAMS.values(), *OTHERS)):
        groups[f"sink.{number}"] = {"stream": stream, "connector": "files", "path": f"out/{stream}"}
    document = [{"PropertyGroupId": name, "PropertyMap": group} for name, group in groups.items()]
    (folder / "application_properties.json").write_text(json.dumps(document))
    (folder / "schema.json").write_text(json.dumps(SCHEMA))


def apply(folder: Path, mode: str, parallelism: str) -> None:
    """Run the application of a folder on a Flink in this process's own Java."""
    from pyflink.common import Configuration
    from pyflink.datastream import StreamExecutionEnvironment

    from helpers.streaming_sql.flink.runner_main import build, read_properties

    configuration = Configuration()
    settings = {"execution.runtime-mode": mode, "parallelism.default": parallelism}
    for name, value in {**settings, "python.executable": sys.executable}.items():
        configuration.set_string(name, value)
    environment = StreamExecutionEnvironment.get_execution_environment(configuration)
    properties = json.loads((folder / "application_properties.json").read_text())
    build(environment, folder, read_properties(properties))
    environment.execute("bench")


def measured(command: list[str]) -> tuple[float, float]:
    """Seconds of a command, and the most memory (MB) it and its descendants held at once."""
    # Python workers as on a cluster, each a process; in the client's own process all would share its lock. Left to
    # itself, Java takes a quarter of the machine's memory before it tidies up.
    ours = {"PYTHONPATH": str(ROOT), "_python_worker_execution_mode": "process", "JDK_JAVA_OPTIONS": "-Xmx2g"}
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"} | ours
    begin, most = time.perf_counter(), 0
    process = subprocess.Popen(
        command,
        cwd=ROOT,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
    told: list[bytes] = []
    reading = threading.Thread(target=lambda: told.append(process.stderr.read() if process.stderr else b""))
    reading.start()
    while process.poll() is None:
        most = max(most, held(process.pid))
        time.sleep(0.2)  # between two looks
    reading.join()
    if process.returncode:
        raise RuntimeError(f"{' '.join(command)[:200]} ended with {process.returncode}: {told[0][-2000:].decode()}")
    return time.perf_counter() - begin, most / 1e6


def held(root: int) -> int:
    """Bytes of memory that a process and its descendants hold now."""
    parents, memory = {}, {}
    for path in Path("/proc").glob("[0-9]*"):
        try:
            stat = (path / "stat").read_text().rpartition(")")[2].split()
        except OSError:  # gone in between
            continue
        parents[int(path.name)], memory[int(path.name)] = int(stat[1]), int(stat[21]) * os.sysconf("SC_PAGE_SIZE")
    family = {root}
    while grown := {pid for pid, parent in parents.items() if parent in family} - family:
        family |= grown
    return sum(memory.get(pid, 0) for pid in family)


def wanted(folder: Path) -> Counter[tuple[str, float]]:
    """How many windows have how many clicks and impressions, counted by hand."""
    windows: Counter[tuple[str, int]] = Counter()
    for path in (folder / "in").iterdir():
        for line in path.open():
            record = json.loads(line)
            windows[record["browseraction"], record["at"] // 10_000] += 1
    return Counter((action, float(count)) for (action, _), count in windows.items())


def check(folder: Path) -> None:
    """RuntimeError unless every window has its count, one rate each, and nothing was refused."""
    found: Counter[tuple[str, float]] = Counter()
    rows = {name: written(folder / "out" / name) for name in (*STREAMS.values(), *OTHERS)}
    for action, stream in STREAMS.items():
        found.update((action, float(next(iter(row.values())))) for row in rows[stream])
    expected = wanted(folder)
    if found != expected or rows["error_stream"] or len(rows["CTRSTREAM"]) != len(rows["CLICKSTREAM"]):
        raise RuntimeError(
            f"{(expected - found).most_common(3)} are missing, {(found - expected).most_common(3)} are too many"
        )


def written(folder: Path) -> list[dict[str, float]]:
    parts = [path for path in folder.rglob("part-*") if path.is_file()]
    return [json.loads(line) for path in parts for line in path.open()]


def flink(base: Path, mode: str, parallelism: int, count: int) -> None:
    program = [sys.executable, "-m", "tests.benchmarks.flink", "apply"]
    seconds = []
    for number in (FEW, count):
        folder = base / f"{mode}-{parallelism}-{number}"
        prepare(folder, number, files=parallelism)
        took, memory = measured([*program, str(folder), mode, str(parallelism)])
        check(folder)
        seconds.append(took)
    show(f"Flink {mode.lower()}, parallelism {parallelism}", count, seconds, memory)


def embedded(base: Path, python: str, count: int) -> None:
    seconds = []
    for number in (FEW, count):
        folder = base / f"embedded-{number}"
        prepare(folder, number)
        chosen = [part for stream in (*STREAMS.values(), *OTHERS) for part in ("--stream", stream)]
        output = folder / "rows.jsonl"
        run = f"import sys; sys.stdout = open({str(output)!r}, 'w'); from helpers.cli import main; main(sys.argv[1:])"
        records = str(folder / "in/0.jsonl")
        took, memory = measured(
            [python, "-c", run, "sql", "run", SCRIPT, "--records", records, "--rowtime", "at", *chosen]
        )
        for line in output.open():
            row = json.loads(line)
            target = folder / "out" / row.pop("stream") / "part-0"
            target.parent.mkdir(parents=True, exist_ok=True)
            row.pop("ROWTIME", None)
            with target.open("a") as file:
                file.write(json.dumps(row) + "\n")
        check(folder)
        seconds.append(took)
    show("embedded engine", count, seconds, memory)


def show(name: str, count: int, seconds: list[float], memory: float) -> None:
    start, whole = seconds
    print(f"{name:30} {count / whole:9,.0f} records/s   start-up {start:5.1f} s   {memory:5.0f} MB   exact", flush=True)


def main(python: str, count: int = RECORDS) -> None:
    print(f"anomaly_detection.sql over {count:,} records, {os.cpu_count()} cores", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        embedded(Path(folder), python, count)
        for mode, parallelism in (("BATCH", 1), ("STREAMING", 1), ("STREAMING", 2)):
            flink(Path(folder), mode, parallelism, count)


if __name__ == "__main__":
    if sys.argv[1] == "apply":
        apply(Path(sys.argv[2]), sys.argv[3], sys.argv[4])
    else:
        main(sys.argv[1], *map(int, sys.argv[2:]))
