# ruff: noqa: S608 - queries about a file of our own
"""The lab's script over a file of five million records: records a second, exact counts, memory that does not grow.

Beside DuckDB, which only counts the windows, the engine row by row, and a loop of json.loads.
"""

import json
import statistics
import tempfile
from collections import Counter
from pathlib import Path
from typing import IO

import duckdb

from tests.benchmarks.measuring import Usage, used
from tests.benchmarks.traffic import SCRIPT, lines

RECORDS, MORE, FEWER = 5_000_000, 20_000_000, 250_000
STREAMS = ("CLICKSTREAM", "IMPRESSIONSTREAM", "CTRSTREAM", "DESTINATION_SQL_STREAM", "error_stream")
CHOSEN = [part for stream in STREAMS for part in ("--stream", stream)]
WINDOWS = """SELECT browseraction, "at" // 10000 * 10000 + 10000, count(*)
FROM read_json('{}', format = 'newline_delimited', columns = {{browseraction: 'VARCHAR', "at": 'BIGINT'}})
GROUP BY 1, 2"""
ROW_BY_ROW = """import sys; from helpers.streaming_sql.bulk import ColumnReader; from helpers.cli import main
ColumnReader.read = lambda self, block: None; main(sys.argv[1:])"""
LOADS = """import json, sys
for line in open(sys.argv[1], "rb"): json.loads(line)"""
COUNTING = "import duckdb, sys; duckdb.sql(sys.argv[1]).fetchall()"


def write(path: Path, count: int) -> None:
    with path.open("wb") as file:
        file.writelines(lines(count))


def sql_run(records: str) -> list[str]:
    return ["sql", "run", SCRIPT, "--records", records, "--rowtime", "at", *CHOSEN]


def check(output: Path, records: Path) -> int:
    """The number of windows, each stream's rows being those that DuckDB counts; raises where they are not."""
    found: Counter[tuple[str, str, float]] = Counter()
    streams: Counter[str] = Counter()
    for row in map(json.loads, output.read_text().splitlines()):
        streams[row["stream"]] += 1
        for action, column in (("Click", "CLICKCOUNT"), ("Impression", "IMPRESSIONCOUNT")):
            if column in row:
                found[action, row["ROWTIME"], row[column]] += 1
    counted = duckdb.sql(
        f"SELECT a, strftime(make_timestamp_ms(t), '%Y-%m-%d %H:%M:%S.%g'), n "
        f"FROM ({WINDOWS.format(records)}) AS windows(a, t, n)"
    ).fetchall()
    if found != Counter((action, time, float(count)) for action, time, count in counted):
        raise RuntimeError("the counts of clicks and impressions are not those of DuckDB")
    both = Counter(time for _, time, _ in counted)
    if streams["CTRSTREAM"] != sum(count == 2 for count in both.values()) or streams["error_stream"]:
        raise RuntimeError(f"not one click-through rate a window: {dict(streams)}")
    return len(both)


def feed(target: IO[bytes]) -> None:
    target.writelines(lines(MORE))


def rate(usages: list[Usage], count: int) -> float:
    return count / statistics.median(usage.wall for usage in usages)


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        records, few, output = (Path(folder) / name for name in ("records.jsonl", "few.jsonl", "rows.jsonl"))
        write(records, RECORDS)
        write(few, FEWER)
        cli = ("-m", "helpers.cli", *sql_run(str(records)))
        used("-m", "helpers.cli", *sql_run(str(few)))  # warm-up: byte code, compiled forest
        ours: list[Usage] = []
        duck: list[Usage] = []
        for _ in range(3):  # in turn, so that a busy moment meets both
            with output.open("wb") as file:
                ours.append(used(*cli, output=file))
            duck.append(used("-c", COUNTING, WINDOWS.format(records)))
        windows = check(output, records)
        rows = used("-c", ROW_BY_ROW, *sql_run(str(few)))
        loads = used("-c", LOADS, str(few))
        records.unlink()
        more = used("-m", "helpers.cli", *sql_run("-"), feed=feed)
    speed = rate(ours, RECORDS)
    print(f"anomaly_detection.sql     {speed:9,.0f} records/s of {RECORDS:,}, counts of {windows} windows exact")
    for peer, name in (
        (rate(duck, RECORDS), "DuckDB counting the windows only"),
        (rate([loads], FEWER), "a loop of json.loads"),
        (rate([rows], FEWER), "our engine row by row"),
    ):
        print(f"                          {speed / peer:9.2f} x {name} ({peer:,.0f} records/s)")
    memory = max(usage.memory for usage in ours)
    grown = more.memory / memory
    print(f"its memory                {memory:6.0f} MB   at {MORE:,} records {more.memory:.0f} MB, {grown:.2f} x")
