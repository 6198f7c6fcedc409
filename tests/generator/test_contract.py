"""The generator against the real local AWS: what it says was acknowledged lies in the bucket."""

import gzip
import uuid
from collections import Counter
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from helpers.generator.errors import DeliveryError
from helpers.generator.simulation import Simulation
from helpers.notes import Notes
from tests.roles import make_role

ROLE = "arn:aws:iam::123456789012:role/firehose"
CALM = "name: calm\nphases:\n  - {name: calm, seconds: 20, rates: {impressions: 2, clicks: 1}}\n"


@pytest.fixture
def own(workshop: Any, tmp_path: Path) -> Any:
    """The workshop with a delivery stream and a bucket of its own; nothing analyses the traffic."""
    name = f"generator-{uuid.uuid4().hex[:12]}"
    make_role(workshop.client("iam"), ROLE)
    workshop.client("s3").create_bucket(Bucket=name)
    workshop.client("firehose").create_delivery_stream(
        DeliveryStreamName=name,
        ExtendedS3DestinationConfiguration={
            "RoleARN": ROLE,
            "BucketARN": f"arn:aws:s3:::{name}",
            "BufferingHints": {"SizeInMBs": 1, "IntervalInSeconds": 60},
            "CompressionFormat": "GZIP",
        },
    )
    workshop.clock.step(5)
    yield SimpleNamespace(
        target="local",
        engine="sql",
        seed=7,
        notes=Notes(tmp_path / "notes.json"),
        outputs={"DeliveryStreamName": name},
        application_name="none",
        client=workshop.client,
        clock=workshop.clock,
        control=workshop.control,
        inbox=workshop.inbox,
        application_status=lambda: {"status": "RUNNING"},
        stream_rows=lambda stream: [],
    )
    workshop.client("firehose").delete_delivery_stream(DeliveryStreamName=name)


def delivered(ws: Any) -> Counter[bytes]:
    s3, bucket = ws.client("s3"), ws.outputs["DeliveryStreamName"]
    lines: Counter[bytes] = Counter()
    for item in s3.list_objects_v2(Bucket=bucket).get("Contents", []):
        body = gzip.decompress(s3.get_object(Bucket=bucket, Key=item["Key"])["Body"].read())
        lines.update(body.splitlines())
    return lines


def test_all_that_was_acknowledged_is_delivered_when_a_run_ends(own: Any, tmp_path: Path) -> None:
    scenario = tmp_path / "calm.yaml"
    scenario.write_text(CALM)
    simulation = Simulation(own)
    sent = simulation.send("schema_discovery", rate=2, seconds=5)
    result = simulation.run(scenario)
    lines = delivered(own)
    assert (sent.acknowledged, result.account.acknowledged) == (10, result.account.sent)
    assert lines.total() == 10 + result.account.acknowledged == own.notes["ledger"]["acknowledged"]
    assert {line.split(b'"')[3]: count for line, count in lines.items()} == {
        b"DiscoveryKinesisTest": 10,
        b"Impression": result.records["impressions"],
        b"Click": result.records["clicks"],
    }
    assert own.clock.mode == "stepped"


def test_a_stream_that_is_gone_is_told(own: Any) -> None:
    own.outputs = {"DeliveryStreamName": "generator-gone"}
    with pytest.raises(DeliveryError, match="generator-gone"):
        Simulation(own).send("click")
    assert own.notes["ledger"] == {"sent": 1, "acknowledged": 0}
