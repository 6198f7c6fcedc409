"""`workshop generate`: against the shared local AWS, against none, and as a process that is interrupted."""

import gzip
import json
import os
import signal
import subprocess
import sys
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from helpers import environment
from helpers.cli import main
from helpers.local_process import State
from helpers.workshop import Workshop
from tests.roles import make_role

ROOT = Path(__file__).resolve().parent.parent
ROLE = "arn:aws:iam::123456789012:role/firehose"


def generate(*arguments: str, text: str | None = None) -> Result:
    return CliRunner().invoke(main, ["generate", *arguments], input=text)


@pytest.fixture
def firehose(workshop: Workshop) -> Iterator[str]:
    """A delivery stream and a bucket of its own, of the same name."""
    name = f"generate-{uuid.uuid4().hex[:12]}"
    make_role(workshop.client("iam"), ROLE)
    workshop.client("s3").create_bucket(Bucket=name)
    workshop.client("firehose").create_delivery_stream(
        DeliveryStreamName=name,
        ExtendedS3DestinationConfiguration={"RoleARN": ROLE, "BucketARN": f"arn:aws:s3:::{name}"},
    )
    workshop.clock.step(5)
    yield name
    workshop.client("firehose").delete_delivery_stream(DeliveryStreamName=name)


@pytest.fixture
def kinesis(workshop: Workshop) -> Iterator[str]:
    name = f"generate-{uuid.uuid4().hex[:12]}"
    client = workshop.client("kinesis")
    client.create_stream(StreamName=name, ShardCount=1)
    workshop.clock.step(15)
    yield name
    client.delete_stream(StreamName=name)


def delivered(ws: Workshop, name: str) -> bytes:
    """What lies in the bucket of a delivery stream once its buffers are empty."""
    ws.clock.step(400)
    s3 = ws.client("s3")
    keys = [item["Key"] for item in s3.list_objects_v2(Bucket=name).get("Contents", [])]
    return b"".join(s3.get_object(Bucket=name, Key=key)["Body"].read() for key in sorted(keys))


def read(ws: Workshop, name: str) -> list[dict[str, Any]]:
    """All records of a data stream of one shard."""
    client = ws.client("kinesis")
    (shard,) = client.list_shards(StreamName=name)["Shards"]
    iterator = client.get_shard_iterator(StreamName=name, ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON")[
        "ShardIterator"
    ]
    records: list[dict[str, Any]] = []
    while page := client.get_records(ShardIterator=iterator):
        if not page["Records"]:
            return records
        records += page["Records"]
        iterator = page["NextShardIterator"]
    return records


def test_so_many_records_of_a_template_arrive_and_are_accounted_for(workshop: Workshop, firehose: str) -> None:
    text = '{"n": {{random.number(99)}},\n "name": "{{name.firstName}}"}'
    result = generate("-", "--to", firehose, "--rate", "500", "--count", "1200", "--speed", "0", text=text)
    assert result.exit_code == 0, result.output
    assert result.output.startswith("1,200 sent, 1,200 acknowledged, 0 retried, 0 failed; in ")
    lines = delivered(workshop, firehose).splitlines()
    assert len(lines) == 1200
    assert all(0 <= json.loads(line)["n"] <= 99 for line in lines)


def test_the_same_seed_sends_the_same_to_a_data_stream(workshop: Workshop, kinesis: str) -> None:
    options = ("--to", kinesis, "--kinesis", "--rate", "100", "--count", "50", "--speed", "0")
    for seed in ("3", "3", "4"):
        result = generate("-", *options, "--seed", seed, text="{{random.uuid}}")
        assert result.exit_code == 0, result.output
    records = [record["Data"] for record in read(workshop, kinesis)]
    assert len(records) == 150
    assert records[:50] == records[50:100] != records[100:]
    assert all(record.endswith(b"\n") for record in records)


def test_a_duration_ends_it_in_real_time(workshop: Workshop, kinesis: str) -> None:
    result = generate("click", "--to", kinesis, "--kinesis", "--rate", "200", "--jitter", "0", "--duration", "0.5")
    assert result.exit_code == 0, result.output
    assert result.output.startswith("100 sent, 100 acknowledged")
    assert len(read(workshop, kinesis)) == 100


def test_back_dated_traffic_goes_at_once_and_shows_its_own_time(workshop: Workshop, kinesis: str) -> None:
    text = '{{date.simTime("YYYY-MM-DD HH:mm:ss")}}|{{date.utc("YYYY")}}'
    options = ("--rate", "0.1", "--jitter", "0", "--start", "2001-01-01T06:00", "--duration", "7200")
    result = generate("-", "--to", kinesis, "--kinesis", *options, text=text)
    assert result.exit_code == 0, result.output
    times = [record["Data"].decode().split("|") for record in read(workshop, kinesis)]
    assert len(times) == 720
    assert [time for time, _ in times[:2]] == ["2001-01-01 06:00:00", "2001-01-01 06:00:10"]
    assert times[-1][0] == "2001-01-01 07:59:50"
    assert {year.strip() for _, year in times} <= {str(datetime.now(UTC).year), str(datetime.now(UTC).year - 1)}


def test_time_passes_with_the_traffic(workshop: Workshop, firehose: str) -> None:
    before = workshop.clock.now()
    result = generate("click", "--to", firehose, "--rate", "2", "--jitter", "0", "--duration", "120", "--step")
    assert result.exit_code == 0, result.output
    assert workshop.clock.now() == pytest.approx(before + 120)
    assert len(delivered(workshop, firehose).splitlines()) == 240


def test_a_scenario_with_a_profile_and_a_packed_record(workshop: Workshop, kinesis: str, tmp_path: Path) -> None:
    (tmp_path / "nights.yaml").write_text("periods: [{hours: 22-6, mean: 1}]\n")
    file = tmp_path / "two.yaml"
    file.write_text(
        "name: two\ntemplates: {clicks: click}\nphases:\n"
        "  - {name: a, seconds: 3600, rates: {clicks: {profile: nights.yaml}, visits: 0.5}}\n"
        "  - {name: b, seconds: 100, rates: {visits: 2}}\n"
    )
    options = ("--scenario", str(file), "--start", "2026-11-22T21:30", "--jitter", "0", "--gzip")
    result = generate("-", "--to", kinesis, "--kinesis", *options, text="visit")
    assert result.exit_code == 0, result.output
    records = [gzip.decompress(record["Data"]) for record in read(workshop, kinesis)]
    assert records.count(b"visit") == 1800 + 200
    assert sum(b'"Click"' in record for record in records) == 1800
    assert generate("--to", kinesis, "--scenario", str(file)).output.count("names none for visits") == 1


def test_the_labs_scenario_needs_no_template(workshop: Workshop, firehose: str) -> None:
    result = generate("--to", firehose, "--scenario", "burst", "--speed", "0", "--jitter", "0")
    assert result.exit_code == 0, result.output
    assert result.output.startswith("750 sent, 750 acknowledged")  # 330 of each, and thrice 30


def test_refused_records_are_sent_again_until_they_are_taken(workshop: Workshop, firehose: str) -> None:
    workshop.break_things("throttle", count=70)
    try:
        result = generate("click", "--to", firehose, "--rate", "1000", "--count", "300", "--speed", "0")
    finally:
        workshop.mend("throttle")
    assert result.exit_code == 0, result.output
    assert result.output.startswith("300 sent, 300 acknowledged, 70 retried, 0 failed; last error: ServiceUnavail")
    assert len(delivered(workshop, firehose).splitlines()) == 300


def test_a_stream_that_is_not_there_ends_it_at_once_with_the_account(workshop: Workshop) -> None:
    result = generate("click", "--to", "nowhere", "--rate", "100", "--count", "10", "--speed", "0")
    assert result.exit_code == 1
    assert "were not taken by nowhere" in result.output
    assert "10 sent, 0 acknowledged, 0 retried, 10 failed; last error: " in result.output


def test_the_chapters_stream_is_entered_in_their_ledger(
    workshop: Workshop, firehose: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = workshop.notes.get("ledger", {"sent": 0, "acknowledged": 0})
    options = ("--to", firehose, "--rate", "10", "--count", "7", "--speed", "0")
    assert generate("click", *options).exit_code == 0  # not theirs
    assert workshop.notes.get("ledger", {"sent": 0, "acknowledged": 0}) == before
    monkeypatch.setattr(Workshop, "outputs", {"DeliveryStreamName": firehose})
    assert generate("click", *options).exit_code == 0
    after = {"sent": before["sent"] + 7, "acknowledged": before["acknowledged"] + 7}
    assert workshop.notes["ledger"] == after


def test_any_endpoint_with_any_credentials_and_no_cognito(
    local_aws: State, kinesis: str, workshop: Workshop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    environment.give_back()  # connecting has set what is set by hand here
    monkeypatch.setenv("WORKSHOP_HOME", str(tmp_path))  # where no local AWS runs: boto3 finds this one by itself
    monkeypatch.setenv("AWS_ENDPOINT_URL", local_aws.url)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", local_aws.access_key_id)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", local_aws.key)
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    result = generate("click", "--to", kinesis, "--kinesis", "--rate", "10", "--count", "5", "--speed", "0")
    assert result.exit_code == 0, result.output
    assert len(read(workshop, kinesis)) == 5
    step = generate("click", "--to", kinesis, "--kinesis", "--rate", "10", "--count", "5", "--step")
    assert "--step moves the clock of a local AWS" in step.output


def test_ctrl_c_ends_it_with_every_record_accounted_for(workshop: Workshop, kinesis: str, local_aws_home: Path) -> None:
    command = [sys.executable, "-m", "helpers.cli", "generate", "click", "--to", kinesis, "--kinesis", "--rate", "50"]
    environment = os.environ | {"WORKSHOP_HOME": str(local_aws_home), "PYTHONPATH": str(ROOT)}
    process = subprocess.Popen(command, cwd=ROOT, env=environment, text=True, stdout=subprocess.PIPE)
    try:
        while not read(workshop, kinesis):
            assert process.poll() is None
        process.send_signal(signal.SIGINT)
        said, _ = process.communicate(timeout=120)
    finally:
        process.kill()
    assert process.returncode == 130
    sent = len(read(workshop, kinesis))
    assert said.startswith(f"{sent:,} sent, {sent:,} acknowledged, 0 retried, 0 failed; in ")


def test_records_can_be_looked_at_before_any_is_sent() -> None:
    result = generate("-", "--show", "3", text="{{random.number(9)}} {{lorem.word}}")
    assert result.exit_code == 0
    assert len(result.output.splitlines()) == 3


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("click", "--rate", "1"), "Say where to: --to STREAM"),
        (("--to", "s", "--rate", "1"), "Which TEMPLATE?"),
        (("click", "--to", "s"), "one of --rate, --profile and --scenario"),
        (("click", "--to", "s", "--rate", "1", "--scenario", "burst"), "one of --rate, --profile and --scenario"),
        (("click", "--to", "s", "--rate", "1", "--speed", "0"), "say --count or --duration"),
        (("click", "--to", "s", "--rate", "1", "--start", "noon"), "--start takes a time"),
        (("click", "--to", "s", "--rate", "1e6"), "must be 0 to 100,000"),
        (("clack", "--to", "s", "--rate", "1"), "there is no template 'clack'"),
        (("click", "--to", "s", "--rate", "1"), "The local AWS is not running"),
    ],
)
def test_what_is_wrong_is_said_before_anything_is_sent(arguments: tuple[str, ...], message: str) -> None:
    result = generate(*arguments)
    assert result.exit_code in (1, 2)
    assert message in result.output


def test_a_malformed_template_is_refused_with_its_place() -> None:
    result = generate("-", "--to", "s", "--rate", "1", text='{\n  "a": {{random.nunber(3)}}\n}')
    assert result.exit_code == 1
    assert "template, line 2, column 10: unknown function random.nunber: did you mean random.number?" in result.output
