"""kill -9 at twenty moments while a producer puts and time passes: every acknowledged record is accounted for.

The moments differ from run to run (they depend on the machine), what must hold does not: an acknowledged record is
in S3 and in the application's counts; a record in S3 was put; a record is there twice only if it was put twice (its
first put was not answered) or if a kill came between writing its object and noting that.
"""

import io
import json
import os
import random
import signal
import threading
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, EndpointConnectionError

from helpers import local_process
from helpers.errors import WorkshopError
from tests.roles import make_role

KILLS = 20
BATCH = 20  # records of a put
SEED = 7
ROLE = "arn:aws:iam::123456789012:role/r"
BUCKET, STREAM, APPLICATION, FUNCTION = "kept", "clicks", "counting", "collect"
FUNCTION_ARN = f"arn:aws:lambda:us-east-1:123456789012:function:{FUNCTION}"
STREAM_ARN = f"arn:aws:firehose:us-east-1:123456789012:deliverystream/{STREAM}"
SQL = """
CREATE OR REPLACE STREAM "COUNTS" ("ends" TIMESTAMP, "records" INTEGER);
CREATE OR REPLACE PUMP "P" AS INSERT INTO "COUNTS"
SELECT STREAM STEP("SOURCE_SQL_STREAM_001".ROWTIME BY INTERVAL '10' SECOND), COUNT(*)
FROM "SOURCE_SQL_STREAM_001"
GROUP BY STEP("SOURCE_SQL_STREAM_001".ROWTIME BY INTERVAL '10' SECOND);
"""
# Keeps what it is given in one object a call, as a function of an attendee's might.
COLLECT = f"""
import base64, boto3, uuid
def handler(event, context):
    rows = b"".join(base64.b64decode(record["data"]) + b"\\n" for record in event["records"])
    boto3.client("s3").put_object(Bucket="{BUCKET}", Key=f"counts/{{uuid.uuid4()}}", Body=rows)
    return {{"records": [{{"recordId": record["recordId"], "result": "Ok"}} for record in event["records"]]}}
"""
TRANSIENT = (BotoCoreError, ClientError, WorkshopError, OSError)


class Victim:
    """A local AWS that is killed and started again; clients of the one that runs."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.state, _ = local_process.start(home)
        self.kills = 0
        self.up = threading.Event()
        self.up.set()

    def client(self, name: str) -> Any:
        config = Config(
            retries={"total_max_attempts": 1}, connect_timeout=5, read_timeout=60, s3={"addressing_style": "path"}
        )
        return boto3.session.Session(
            aws_access_key_id=self.state.access_key_id, aws_secret_access_key=self.state.key, region_name="us-east-1"
        ).client(name, endpoint_url=self.state.url, config=config)

    def kill(self) -> None:
        self.up.clear()
        os.kill(self.state.pid, signal.SIGKILL)
        assert local_process._gone(self.state.pid, 10)
        self.kills += 1
        self.state, started = local_process.start(self.home)
        assert started
        self.up.set()

    def step(self, seconds: float) -> None:
        local_process.request(self.state, "POST", "/_workshop/clock/step", {"seconds": seconds})

    def now(self) -> float:
        return float(local_process.request(self.state, "GET", "/_workshop/clock")["now"])


class Producer(threading.Thread):
    """Puts batches until told to stop, each again and again until it is acknowledged."""

    def __init__(self, victim: Victim) -> None:
        super().__init__(daemon=True)
        self.victim = victim
        self.puts: Counter[str] = Counter()  # record → how often it was put, acknowledged or not
        self.acknowledged: set[str] = set()
        self.batches = 0
        self.changed = threading.Condition()
        self.ending = threading.Event()

    def run(self) -> None:
        state, client = self.victim.state, self.victim.client("firehose")
        while not self.ending.is_set():
            todo = [f"{self.batches}-{n}" for n in range(BATCH)]
            while todo:
                try:
                    if state is not self.victim.state:
                        state = self.victim.state
                        client = self.victim.client("firehose")
                    self.puts.update(todo)
                    records = [{"Data": json.dumps({"id": name}).encode() + b"\n"} for name in todo]
                    answer = client.put_record_batch(DeliveryStreamName=STREAM, Records=records)["RequestResponses"]
                except EndpointConnectionError:
                    self.puts.subtract(todo)  # nobody was there to take it
                    self.victim.up.wait()
                    continue
                except TRANSIENT:
                    self.victim.up.wait()
                    continue
                self.acknowledged.update(
                    name for name, each in zip(todo, answer, strict=True) if "ErrorCode" not in each
                )
                todo = [name for name, each in zip(todo, answer, strict=True) if "ErrorCode" in each]
            with self.changed:
                self.batches += 1
                self.changed.notify_all()

    def wait_for(self, batches: int) -> None:
        """Until so many more batches are acknowledged."""
        with self.changed:
            target = self.batches + batches
            assert self.changed.wait_for(lambda: self.batches >= target, timeout=60)


@pytest.fixture
def victim(tmp_path: Path) -> Iterator[Victim]:
    home = tmp_path / "home"
    home.mkdir(mode=0o700)
    made = Victim(home)
    yield made
    local_process.stop(home)


def build(victim: Victim) -> None:
    """Bucket, delivery stream, function, and an application that counts into the function."""
    make_role(victim.client("iam"), ROLE)
    victim.client("s3").create_bucket(Bucket=BUCKET)
    destination = {
        "RoleARN": ROLE,
        "BucketARN": f"arn:aws:s3:::{BUCKET}",
        "Prefix": "records/",
        "BufferingHints": {"SizeInMBs": 1, "IntervalInSeconds": 60},
    }
    victim.client("firehose").create_delivery_stream(
        DeliveryStreamName=STREAM, DeliveryStreamType="DirectPut", ExtendedS3DestinationConfiguration=destination
    )
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("index.py", COLLECT)
    victim.client("lambda").create_function(
        FunctionName=FUNCTION, Runtime="python3.12", Handler="index.handler", Role=ROLE, Timeout=60,
        Code={"ZipFile": archive.getvalue()},
    )  # fmt: skip
    source = {
        "NamePrefix": "SOURCE_SQL_STREAM",
        "KinesisFirehoseInput": {"ResourceARN": STREAM_ARN},
        "InputSchema": {
            "RecordFormat": {
                "RecordFormatType": "JSON",
                "MappingParameters": {"JSONMappingParameters": {"RecordRowPath": "$"}},
            },
            "RecordEncoding": "UTF-8",
            "RecordColumns": [{"Name": "id", "SqlType": "VARCHAR(32)", "Mapping": "$.id"}],
        },
    }
    output = {
        "Name": "COUNTS",
        "LambdaOutput": {"ResourceARN": FUNCTION_ARN},
        "DestinationSchema": {"RecordFormatType": "JSON"},
    }
    analytics = victim.client("kinesisanalyticsv2")
    detail = analytics.create_application(
        ApplicationName=APPLICATION,
        RuntimeEnvironment="SQL-1_0",
        ServiceExecutionRole=ROLE,
        ApplicationConfiguration={
            "SqlApplicationConfiguration": {"Inputs": [source], "Outputs": [output]},
            "ApplicationCodeConfiguration": {"CodeContent": {"TextContent": SQL}, "CodeContentType": "PLAINTEXT"},
        },
    )["ApplicationDetail"]
    input_id = detail["ApplicationConfigurationDescription"]["SqlApplicationConfigurationDescription"][
        "InputDescriptions"
    ][0]["InputId"]
    start = {"InputId": input_id, "InputStartingPositionConfiguration": {"InputStartingPosition": "NOW"}}
    analytics.start_application(ApplicationName=APPLICATION, RunConfiguration={"SqlRunConfigurations": [start]})
    while (
        analytics.describe_application(ApplicationName=APPLICATION)["ApplicationDetail"]["ApplicationStatus"]
        != "RUNNING"
    ):
        victim.step(1)


def kill_while(victim: Victim, work: Callable[[], None], delay: float) -> None:
    """Kill `delay` seconds after `work` began, in a thread; its failure is expected, its success too."""

    def quietly() -> None:
        try:
            work()
        except TRANSIENT:
            return

    thread = threading.Thread(target=quietly)
    thread.start()
    thread.join(delay)
    victim.kill()
    thread.join()


def objects(victim: Victim, prefix: str) -> list[list[dict[str, Any]]]:
    """The JSON lines of each object."""
    s3 = victim.client("s3")
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=BUCKET, Prefix=prefix)
    keys = [item["Key"] for page in pages for item in page.get("Contents", ())]
    bodies = [s3.get_object(Bucket=BUCKET, Key=key)["Body"].read() for key in keys]
    return [[json.loads(line) for line in body.splitlines() if line] for body in bodies]


@pytest.mark.timeout(900)
def test_twenty_kills_lose_no_acknowledged_record(victim: Victim) -> None:
    moments = random.Random(SEED)  # noqa: S311 - the same moments, as far as the machine lets them be
    build(victim)
    producer = Producer(victim)
    producer.start()
    latest = 0.0
    for number in range(KILLS):
        producer.wait_for(moments.randint(1, 10))
        seconds, delay = moments.choice((5, 30, 70)), moments.random() * 0.1
        if number % 3 == 0:
            victim.kill()
        else:
            kill_while(victim, lambda seconds=seconds: victim.step(seconds), delay)  # type: ignore[misc]
        now = victim.now()
        assert now >= latest, "a stepped clock never goes back"
        latest = now
    producer.wait_for(1)
    producer.ending.set()
    producer.join()
    victim.step(200)  # the buffers' time, and the last window's
    assert victim.kills == KILLS

    delivered = objects(victim, "records/")
    times: Counter[str] = Counter(record["id"] for each in delivered for record in each)
    assert producer.acknowledged <= times.keys(), "an acknowledged record is missing"
    assert times.keys() <= producer.puts.keys()
    again = {name for name, count in times.items() if count > producer.puts[name]}
    repeated = [each for each in delivered if any(record["id"] in again for record in each)]
    assert len(repeated) <= 2 * KILLS, "more objects came twice than there were kills"
    assert all(times[name] <= producer.puts[name] + KILLS for name in again)

    status = victim.client("kinesisanalyticsv2").describe_application(ApplicationName=APPLICATION)
    assert status["ApplicationDetail"]["ApplicationStatus"] == "RUNNING"
    rows = [row for each in objects(victim, "counts/") for row in each]
    counts: dict[str, int] = {}
    for row in rows:
        assert counts.setdefault(row["ends"], row["records"]) == row["records"], "a window came twice and differed"
    counted = sum(counts.values())
    assert len(producer.acknowledged) <= counted <= producer.puts.total()
