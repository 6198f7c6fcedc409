"""FLINK-2_3 through boto3: the zip that goes to AWS runs on a Flink cluster, against the local AWS's Kinesis.

What comes out is compared with what the embedded engine makes of the same records at their times of arrival. All of
it needs Flink's environment (`make flink`), and the tests are skipped without.
"""

from __future__ import annotations

import json
import os
import random
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from helpers import local_process
from helpers.streaming_sql import Application
from helpers.streaming_sql.application import render
from helpers.streaming_sql.flink import package
from helpers.streaming_sql.flink.environment import venv
from helpers.workshop import Workshop
from tests.roles import make_role
from tests.waiting import until

pytestmark = [
    pytest.mark.skipif(venv() is None, reason="Apache Flink is not set up here: make flink"),
    pytest.mark.timeout(900),
]
STEPS, STEP = 24, 5  # times that records are put, seconds between
SCHEMA = {
    "RecordFormat": {"RecordFormatType": "JSON"},
    "RecordColumns": [{"Name": "page", "SqlType": "VARCHAR(16)", "Mapping": "$.page"}],
}
SCRIPT = """
CREATE OR REPLACE STREAM "COUNTS" ("W" TIMESTAMP, "N" INTEGER);
CREATE OR REPLACE PUMP "COUNTING" AS INSERT INTO "COUNTS"
SELECT STREAM STEP("SOURCE_SQL_STREAM_001".ROWTIME BY INTERVAL '10' SECOND), COUNT(*)
FROM "SOURCE_SQL_STREAM_001"
GROUP BY STEP("SOURCE_SQL_STREAM_001".ROWTIME BY INTERVAL '10' SECOND);
CREATE OR REPLACE STREAM "SCORES" ("W" TIMESTAMP, "N" INTEGER, "SCORE" DOUBLE);
CREATE OR REPLACE PUMP "SCORING" AS INSERT INTO "SCORES"
SELECT STREAM "W", "N", "ANOMALY_SCORE"
FROM TABLE(RANDOM_CUT_FOREST(CURSOR(SELECT STREAM "W", "N" FROM "COUNTS"), 10, 10));
"""
STARTED = ("RUNNING", "READY")


@pytest.fixture(scope="module")
def zipped(tmp_path_factory: pytest.TempPathFactory, wheels: Path) -> bytes:
    path = tmp_path_factory.mktemp("zip") / "application.zip"
    package.build(path, SCRIPT, SCHEMA, wheels)
    return path.read_bytes()


class Running:
    """An application on Flink between two data streams."""

    def __init__(self, ws: Workshop, name: str) -> None:
        self.ws, self.name = ws, name
        self.analytics, self.kinesis = ws.client("kinesisanalyticsv2"), ws.client("kinesis")
        self.dice = random.Random(name)  # noqa: S311 - traffic, no secret

    @property
    def status(self) -> str:
        detail = self.analytics.describe_application(ApplicationName=self.name)["ApplicationDetail"]
        return str(detail["ApplicationStatus"])

    def create(self, zipped: bytes, **options: str) -> None:
        account = self.ws.client("sts").get_caller_identity()["Account"]
        role = f"arn:aws:iam::{account}:role/{self.name}"
        make_role(self.ws.client("iam"), role)
        for stream, shards in (("in", 2), ("out", 1)):
            self.kinesis.create_stream(StreamName=f"{self.name}-{stream}", ShardCount=shards)
        self.ws.client("s3").create_bucket(Bucket=self.name)
        self.ws.client("s3").put_object(Bucket=self.name, Key="application.zip", Body=zipped)
        logs = self.ws.client("logs")
        logs.create_log_group(logGroupName=self.name)
        logs.create_log_stream(logGroupName=self.name, logStreamName="flink")
        log_stream = f"arn:aws:logs:{self.ws.region}:{account}:log-group:{self.name}:log-stream:flink"
        groups = {
            "application": {"script": "application/script.sql", "schema": "application/schema.json"},
            "source.1": {"connector": "kinesis", "stream.arn": self.arn("in"), "position": "TRIM_HORIZON"},
            "sink.1": {"connector": "kinesis", "stream": "SCORES", "stream.arn": self.arn("out")},
            "sink.2": {"connector": "log", "stream": "error_stream"},
            **package.RUN_OPTIONS,
        }
        groups["application"] |= options
        self.analytics.create_application(
            ApplicationName=self.name,
            RuntimeEnvironment="FLINK-2_3",
            ServiceExecutionRole=role,
            CloudWatchLoggingOptions=[{"LogStreamARN": log_stream}],
            ApplicationConfiguration={
                "ApplicationCodeConfiguration": {
                    "CodeContentType": "ZIPFILE",
                    "CodeContent": {
                        "S3ContentLocation": {"BucketARN": f"arn:aws:s3:::{self.name}", "FileKey": "application.zip"}
                    },
                },
                "EnvironmentProperties": {
                    "PropertyGroups": [{"PropertyGroupId": key, "PropertyMap": value} for key, value in groups.items()]
                },
                "FlinkApplicationConfiguration": {
                    "CheckpointConfiguration": {
                        "ConfigurationType": "CUSTOM",
                        "CheckpointingEnabled": True,
                        "CheckpointInterval": 1000,
                        "MinPauseBetweenCheckpoints": 500,
                    },
                    "ParallelismConfiguration": {
                        "ConfigurationType": "CUSTOM",
                        "Parallelism": 1,
                        "ParallelismPerKPU": 1,
                        "AutoScalingEnabled": False,
                    },
                },
                "ApplicationSnapshotConfiguration": {"SnapshotsEnabled": True},
            },
        )

    def arn(self, stream: str) -> str:
        answer = self.kinesis.describe_stream_summary(StreamName=f"{self.name}-{stream}")
        return str(answer["StreamDescriptionSummary"]["StreamARN"])

    def start(self) -> None:
        self.analytics.start_application(ApplicationName=self.name, RunConfiguration={})
        until("started", lambda: self.status in STARTED)
        assert self.status == "RUNNING", self.logged()

    def stop(self) -> None:
        self.analytics.stop_application(ApplicationName=self.name)
        until("stopped", lambda: self.status == "READY")

    def put(self, steps: int = STEPS) -> None:
        for _ in range(steps):
            records = [
                {"Data": json.dumps({"page": f"/{number}"}).encode(), "PartitionKey": str(self.dice.random())}
                for number in range(self.dice.randrange(1, 9))
            ]
            self.kinesis.put_records(StreamName=f"{self.name}-in", Records=records)
            self.ws.clock.step(STEP)

    def read(self, stream: str) -> list[tuple[int, str, bytes]]:
        """All records of a data stream: arrival in milliseconds, shard, data."""
        found = []
        for shard in self.kinesis.list_shards(StreamName=f"{self.name}-{stream}")["Shards"]:
            name = shard["ShardId"]
            where = {"StreamName": f"{self.name}-{stream}", "ShardId": name, "ShardIteratorType": "TRIM_HORIZON"}
            iterator = self.kinesis.get_shard_iterator(**where)["ShardIterator"]
            for record in self.kinesis.get_records(ShardIterator=iterator)["Records"]:
                at = round(record["ApproximateArrivalTimestamp"].timestamp() * 1000)
                found.append((at, name, record["Data"]))
        return found

    def rows(self) -> list[dict[str, Any]]:
        return [json.loads(data) for _, _, data in self.read("out")]

    def expected(self) -> list[dict[str, Any]]:
        """What the embedded engine makes of the records, at the times at which they arrived, up to now."""
        embedded = Application(SCRIPT, SCHEMA)
        for at, _, data in sorted(self.read("in"), key=lambda record: record[:2]):
            if data != b"no JSON":
                embedded.feed([json.loads(data)], at)
        embedded.advance(int(self.ws.clock.now() * 1000) - 2000)
        types = {field.name: field.type for stream in embedded.streams for field in stream.columns}
        rows = [{key: row[key] for key in ("W", "N", "SCORE")} for row in embedded.stream("SCORES")]
        return [{key: render(value, types[key]) for key, value in row.items()} for row in rows]

    def settle(self) -> None:
        """Let the windows end, and wait until all of their rows have come."""
        self.ws.clock.step(30)
        wanted = len(self.expected())
        until(f"{wanted} rows", lambda: len({row["W"] for row in self.rows()}) >= wanted)

    def logged(self) -> str:
        events = self.ws.client("logs").get_log_events(logGroupName=self.name, logStreamName="flink")["events"]
        return "\n".join(event["message"] for event in events)

    def clear(self) -> None:
        there = [each["ApplicationName"] for each in self.analytics.list_applications()["ApplicationSummaries"]]
        if self.name not in there:
            return
        detail = self.analytics.describe_application(ApplicationName=self.name)["ApplicationDetail"]
        if detail["ApplicationStatus"] == "RUNNING":
            self.analytics.stop_application(ApplicationName=self.name, Force=True)
            until("stopped", lambda: self.status == "READY")
        self.analytics.delete_application(ApplicationName=self.name, CreateTimestamp=detail["CreateTimestamp"])


@pytest.fixture
def running(workshop: Workshop, request: pytest.FixtureRequest, zipped: bytes) -> Iterator[Running]:
    made = Running(workshop, request.node.name.removeprefix("test_").replace("_", "-")[:60])
    made.create(zipped)
    yield made
    made.clear()


def processes(home: Path, program: str) -> list[psutil.Process]:
    """The processes of a local AWS's clusters that run a program of Flink's."""
    found = []
    for process in psutil.process_iter():
        try:
            if str(home) in " ".join(line := process.cmdline()) and any(part.endswith(program) for part in line):
                found.append(process)
        except psutil.Error:
            continue
    return found


def _group(process: psutil.Process) -> int:
    try:
        return os.getpgid(process.pid)
    except ProcessLookupError:
        return 0


def same(rows: list[dict[str, Any]], expected: list[dict[str, Any]]) -> None:
    """Each window once in what it says, though a row may come twice: a sink delivers at least once."""
    by_window: dict[str, set[str]] = {}
    for row in rows:
        by_window.setdefault(row["W"], set()).add(json.dumps(row))
    assert by_window == {row["W"]: {json.dumps(row)} for row in expected}


def test_flink_snapshots(running: Running, local_aws_home: Path) -> None:
    """A run, a snapshot, a stop, a run from there: the rows of one undisturbed engine, forest included."""
    running.start()
    running.kinesis.put_record(StreamName=f"{running.name}-in", Data=b"no JSON", PartitionKey="1")
    running.put()
    running.settle()
    assert len(running.expected()) >= STEPS * STEP // 10
    same(running.rows(), running.expected())
    until("the unreadable record in the log", lambda: "Unreadable record" in running.logged())

    running.analytics.create_application_snapshot(ApplicationName=running.name, SnapshotName="by-hand")

    def snapshot() -> bool:
        asked = {"ApplicationName": running.name, "SnapshotName": "by-hand"}
        detail = running.analytics.describe_application_snapshot(**asked)["SnapshotDetails"]
        assert detail["SnapshotStatus"] != "FAILED"
        return bool(detail["SnapshotStatus"] == "READY")

    until("the snapshot", snapshot)
    running.stop()
    assert not processes(local_aws_home, "TaskManagerRunner")
    running.put(STEPS // 2)  # nobody reads them yet
    running.start()
    running.put()
    running.settle()
    same(running.rows(), running.expected())
    names = running.analytics.list_application_snapshots(ApplicationName=running.name)["SnapshotSummaries"]
    assert len(names) == 2
    kept = local_aws_home / "flink"
    assert any(kept.rglob("_metadata"))
    running.stop()
    detail = running.analytics.describe_application(ApplicationName=running.name)["ApplicationDetail"]
    running.analytics.delete_application(ApplicationName=running.name, CreateTimestamp=detail["CreateTimestamp"])
    assert not any(kept.rglob("_metadata")), "what was kept of an application goes with it"


def test_flink_killed(running: Running, local_aws_home: Path) -> None:
    """kill -9 of the TaskManager in the middle of the traffic: the rows of an undisturbed run."""
    running.start()
    running.put()
    running.settle()
    (victim,) = processes(local_aws_home, "TaskManagerRunner")
    running.put(STEPS // 2)
    os.kill(victim.pid, signal.SIGKILL)
    running.put()
    running.settle()
    same(running.rows(), running.expected())
    (successor,) = processes(local_aws_home, "TaskManagerRunner")
    assert successor.pid != victim.pid
    workers = [process for process in psutil.process_iter(["pid"]) if _group(process) == victim.pid]
    assert not workers, "the Python workers of a TaskManager end with it"

    (manager,) = processes(local_aws_home, "StandaloneSessionClusterEntrypoint")
    os.kill(manager.pid, signal.SIGKILL)
    until("READY without its JobManager", lambda: running.status == "READY")
    assert "the JobManager is gone" in running.logged()
    assert not processes(local_aws_home, "TaskManagerRunner")


def test_flink_refusals(workshop: Workshop, zipped: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    """What cannot run says so, in the log where only the run shows it, and leaves no process."""
    made = Running(workshop, "flink-refusals")
    made.create(zipped, script="application/another.sql")
    made.analytics.start_application(ApplicationName=made.name, RunConfiguration={})
    until("failed", lambda: made.status == "READY")
    assert "another.sql" in made.logged()
    state = local_process.running(workshop.home)
    assert state is not None
    assert not processes(workshop.home, "TaskManagerRunner")
    made.clear()
