"""`make soak`: days of the lab's traffic on stepped time, against a real local AWS with its stack and SQL application.

Impressions and clicks at the lab's rates (data/scenarios/steady.yaml), put once in each of the application's windows
of ten seconds; every virtual day ends with three quiet minutes, in which Firehose's buffers empty, and a line of its
own. Fails where a window's count is not what was put into it, where the records sent, the raw and the processed lines
in S3 differ, where anything failed inside, and where memory or the journal grows beyond its bound once it has
settled. What has to grow is allowed for: S3 lists its objects in memory, an inbox keeps its mails.

    python -m tests.benchmarks.soak [days]
"""

import gzip
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import psutil

from helpers import application, athena, local_process, prepare
from helpers.generator import scenario
from helpers.generator.simulation import producers
from helpers.generator.traffic import LEDGER, Traffic
from helpers.local_aws.settings import ACCOUNT_ID
from helpers.series import scratch_workshop
from helpers.workshop import Workshop

DAYS = 30
DAY, HOUR, WINDOW = 86_400, 3_600, 10  # seconds
QUIET = 190  # seconds, whole windows: both of Firehose's buffers, one after the other
MB_AN_OBJECT = 0.002  # of memory, for an object that S3 lists: 1.1 kB in Python's own count
MB_A_MESSAGE = 0.01  # of memory, for a mail or SMS that the inbox keeps
SPARE_MB = 60.0  # of memory, in all: what the allocator does not give back at once
SETTLED = 2  # days: by then the metrics of a day are there, and all the rows that are kept
JOURNAL_MB = 25.0  # of the files, whatever the day, beside what messages take in it
GZIP = b"\x1f\x8b"
STREAMS = {"clicks": ("CLICKSTREAM", "CLICKCOUNT"), "impressions": ("IMPRESSIONSTREAM", "IMPRESSIONCOUNT")}


class SoakError(Exception):
    """What the soak has found."""


class Windows:
    """What was put into each window, and what the application counted in it."""

    def __init__(self, ws: Workshop) -> None:
        self._ws = ws
        self._put: dict[str, Counter[int]] = {kind: Counter() for kind in STREAMS}
        self._read = dict.fromkeys(STREAMS, 0)  # rows looked at, by stream
        self.checked = 0

    def put(self, kind: str, second: float, count: int) -> None:
        """Enter records put at a time (epoch seconds)."""
        if count:
            self._put[kind][(int(second) // WINDOW * WINDOW + WINDOW) * 1000] += count

    def check(self, until: float) -> None:
        """Compare all windows that have ended by a time (epoch seconds); SoakError naming the first wrong one."""
        for kind, (stream, column) in STREAMS.items():
            rows = self._ws.stream_rows(stream, self._read[kind])
            self._read[kind] += len(rows)
            counted = {row["ROWTIME"]: int(row[column]) for row in rows}
            ended = {end: count for end, count in self._put[kind].items() if end <= until * 1000}
            if counted != ended or len(counted) != len(rows):
                wrong = min(end for end in counted.keys() | ended.keys() if counted.get(end) != ended.get(end))
                raise SoakError(f"{kind}, window to {wrong}: {ended.get(wrong)} put, {counted.get(wrong)} counted")
            for end in ended:
                del self._put[kind][end]
            self.checked += len(ended)


class House:
    """Memory and files of the local AWS, in MB, and what it has to keep."""

    def __init__(self, ws: Workshop) -> None:
        state = local_process.running(ws.home)
        assert state is not None
        self._process = psutil.Process(state.pid)
        self._home = ws.home
        self._ws = ws
        self._messages = 0

    def look(self) -> dict[str, float]:
        new = self._ws.inbox.messages(after=self._messages)
        self._messages = max([self._messages, *(message["id"] for message in new)])
        workers = self._process.children(recursive=True)
        return {
            "memory": self._process.memory_info().rss / 1e6,
            "functions": sum(worker.memory_info().rss for worker in workers) / 1e6,
            "journal": sum(file.stat().st_size for file in self._home.glob("journal.sqlite*")) / 1e6,
            "objects": sum(1 for _ in objects(self._home / "s3")),
            "messages": self._messages,
        }


class Stored:
    """Lines in the lab's S3 objects, looked at where they lie: each object once."""

    def __init__(self, ws: Workshop) -> None:
        self._buckets = {
            "raw": ws.home / "s3" / ACCOUNT_ID / ws.outputs["RawBucketName"] / "weblogs" / "raw",
            "processed": ws.home / "s3" / ACCOUNT_ID / ws.outputs["ProcessedBucketName"] / "weblogs" / "processed",
        }
        self._seen: set[Path] = set()
        self.lines: Counter[str] = Counter()

    def check(self, sent: int) -> None:
        """SoakError unless each stage holds as many lines as records were sent."""
        for stage, directory in self._buckets.items():
            for path in objects(directory):
                if path not in self._seen:
                    self._seen.add(path)
                    data = path.read_bytes()
                    self.lines[stage] += (gzip.decompress(data) if data.startswith(GZIP) else data).count(b"\n")
        if any(self.lines[stage] != sent for stage in self._buckets):
            raise SoakError(f"{sent:,} records sent, lines in S3: {dict(self.lines)}")


def objects(directory: Path) -> Iterator[Path]:
    """The files of S3's objects, without those that lie beside each and describe it."""
    return (path for path in directory.rglob("*") if path.is_file() and not path.name.endswith(".meta.json"))


def check_growth(before: dict[str, float], after: dict[str, float]) -> None:
    """SoakError where memory has grown by more than what was kept since, or the journal takes more than it may."""
    objects, messages = (after[name] - before[name] for name in ("objects", "messages"))
    allowed = SPARE_MB + objects * MB_AN_OBJECT + messages * MB_A_MESSAGE
    if (grown := after["memory"] - before["memory"]) > allowed:
        raise SoakError(f"memory grew by {grown:.0f} MB since day {SETTLED}; {allowed:.0f} MB are accounted for")
    if after["journal"] > (room := JOURNAL_MB + after["messages"] * MB_A_MESSAGE):
        raise SoakError(f"the journal takes {after['journal']:.0f} MB; {room:.0f} MB are accounted for")


def one_day(ws: Workshop, traffic: Traffic, windows: Windows, day: int) -> None:
    for second in range((day - 1) * DAY, day * DAY, WINDOW):
        before = traffic.records.copy()
        traffic.advance(second + WINDOW)
        for kind in STREAMS:
            windows.put(kind, traffic.origin + second, traffic.records[kind] - before[kind])
        ws.clock.step(WINDOW)
        if (second + WINDOW) % HOUR == 0:
            windows.check(traffic.origin + second + WINDOW)
    ws.clock.step(QUIET)
    traffic.origin += QUIET


def soak(ws: Workshop, days: int) -> None:
    for step in prepare.STEPS[ws.track.name]:
        if step.chapter < 4:
            step.make(ws)
    application.create(ws)
    now = ws.clock.now()
    ws.clock.step(60 - now % 60 + 0.001)  # a millisecond beyond the minute: no rounding into the window before
    rates = scenario.load("steady").phases[0].rates
    senders = producers({**rates, **IDLE}, ws.seed, "soak")
    traffic = Traffic(ws, senders, float(round(ws.clock.now())))
    windows, house, stored = Windows(ws), House(ws), Stored(ws)
    for day in range(1, days + 1):
        begin = time.perf_counter()
        one_day(ws, traffic, windows, day)
        stored.check(sent := int(ws.notes[LEDGER]["acknowledged"]))
        taken, seen = time.perf_counter() - begin, house.look()
        print(
            f"day {day:3}  {sent:10,} records sent = raw = processed, {windows.checked:8,} windows exact, "
            f"{seen['objects']:7,.0f} objects, {seen['messages']:6,.0f} messages; memory {seen['memory']:5.0f} MB, "
            f"functions {seen['functions']:4.0f} MB, journal {seen['journal']:5.1f} MB; {taken:5.0f} s",
            flush=True,
        )
        if day <= SETTLED:
            settled = seen
        check_growth(settled, seen)
    if errors := ws.control("GET", "errors")["errors"]:
        raise SoakError(f"{len(errors)} errors inside, the first in {errors[0]['where']}: {errors[0]['error']}")
    begin = time.perf_counter()
    counts = {row["stage"]: int(row["records"]) for row in athena.reconcile(ws).to_dict("records")}
    if len(set(counts.values())) != 1:
        raise SoakError(f"the counts differ: {counts}")
    print(f"sent = raw = processed = {counts['sent']:,} rows, counted in {time.perf_counter() - begin:.0f} s")


IDLE = {f"extra clicks {number}": 0.0 for number in (1, 2, 3)}


def main(days: int = DAYS) -> None:
    with scratch_workshop():
        soak(Workshop.connect(), days)


if __name__ == "__main__":
    try:
        main(*map(int, sys.argv[1:]))
    except SoakError as error:
        raise SystemExit(f"✗ {error}") from error
