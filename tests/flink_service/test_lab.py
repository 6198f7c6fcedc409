"""The lab on Flink, from its stack to its inbox: the same SQL, the chapters' own helpers, under the attendees' rights.

What arrives is compared with what the embedded engine makes of the records in the data stream.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from helpers import application, athena, cleanup, local_process, prepare, schema
from helpers.generator import scenario
from helpers.generator.simulation import producers
from helpers.generator.traffic import Traffic
from helpers.streaming_sql import Application
from helpers.streaming_sql.flink.environment import venv
from helpers.workshop import Workshop
from tests.waiting import until

pytestmark = [
    pytest.mark.skipif(venv() is None, reason="Apache Flink is not set up here: make flink"),
    pytest.mark.timeout(900),
    pytest.mark.filterwarnings("ignore:The copy keyword is deprecated:DeprecationWarning"),  # within awswrangler
]
BUFFERED = 200  # seconds: both of Firehose's buffers, one after the other, and the looks of its reader


@pytest.fixture
def flink(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Workshop]:
    """A local AWS of its own on stepped time, its attendee with what the policies give."""
    for name, value in {"WORKSHOP_HOME": str(tmp_path / "home"), "WORKSHOP_ENGINE": "flink"}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("WORKSHOP_POLICY")
    yield Workshop.connect()
    local_process.stop(tmp_path / "home")


def embedded(ws: Workshop) -> list[dict[str, object]]:
    """The anomalies of the records in the data stream, at the times at which they arrived."""
    script = (ws.root / ws.track.script).read_text(encoding="utf-8")
    engine = Application(script, schema.recall(ws), seed=ws.seed)
    for at, data in sorted(_arrivals(ws)):
        engine.feed([json.loads(data)], at)
    engine.finish()
    return engine.stream(application.DESTINATION)


def _arrivals(ws: Workshop) -> list[tuple[int, bytes]]:
    kinesis, arn = ws.client("kinesis"), ws.outputs["EventStreamArn"]
    (shard,) = kinesis.list_shards(StreamARN=arn)["Shards"]
    where = {"StreamARN": arn, "ShardId": shard["ShardId"], "ShardIteratorType": "TRIM_HORIZON"}
    iterator = kinesis.get_shard_iterator(**where)["ShardIterator"]
    found = kinesis.get_records(ShardIterator=iterator, StreamARN=arn)["Records"]
    records = [(round(each["ApproximateArrivalTimestamp"].timestamp() * 1000), each["Data"]) for each in found]
    # The application began at the newest record, so it has not seen those that the schema was made of.
    return [(at, data) for at, data in records if b"DiscoveryKinesisTest" not in data]


def test_lab_on_flink(flink: Workshop) -> None:
    ws = flink
    for step in prepare.STEPS[ws.track.name]:
        if step.chapter < 4:
            step.make(ws)
    application.create(ws)
    assert application.describe(ws)["ApplicationStatus"] == "RUNNING"  # type: ignore[index]
    before = len(ws.inbox.messages())

    plan = scenario.load("burst")
    ws.clock.step(60 - ws.clock.now() % 60 + 0.001)  # a millisecond beyond the minute: no rounding into another window
    names = {name: 0.0 for phase in plan.phases for name in phase.rates}
    traffic = Traffic(ws, producers(names, ws.seed, "burst"), ws.clock.now())
    done = 0
    for phase in plan.phases:
        for name in names:
            traffic.set_rate(name, phase.rates.get(name, 0.0))
        for _ in range(phase.seconds):
            done += 1
            traffic.advance(done)
            ws.clock.step(1)
    ws.clock.step(BUFFERED)

    expected = sorted(float(str(row["ANOMALY_SCORE"])) for row in embedded(ws))
    assert expected, "no anomaly in the burst: this would show nothing"

    def mails() -> list[dict[str, object]]:
        ws.clock.step(1)  # the function's trigger goes by the clock
        return [each for each in ws.inbox.messages(after=before) if each["protocol"] == "email"]

    until(f"{len(expected)} mails", lambda: len(mails()) >= len(expected))
    ws.clock.step(BUFFERED)
    table = athena.query(ws, "SELECT anomaly_score FROM anomalies")
    # At least once: where a row came twice, its score stands there twice.
    assert sorted(set(table["anomaly_score"])) == pytest.approx(sorted(set(expected)))
    counts = {row["stage"]: int(row["records"]) for row in athena.reconcile(ws).to_dict("records")}
    assert len(set(counts.values())) == 1, counts

    assert cleanup.delete_application(ws)
    cleanup.empty_buckets(ws)
    cleanup.delete_stack(ws)
    assert cleanup.leftovers(ws) == []
