"""What was acknowledged outlives the process: the stream as it was, and every record that was not in S3."""

from __future__ import annotations

import base64
import json
import os
import random
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from helpers.local_aws.clock import ClockError
from helpers.local_aws.journal import Journal
from helpers.local_aws.protocol import AwsError


def backup(aws: Any, seconds: int = 60) -> dict[str, Any]:
    target = {"RoleARN": aws.role, "BucketARN": "arn:aws:s3:::raw", **aws.hints(1, seconds)}
    return {"S3BackupMode": "Enabled", "S3BackupConfiguration": target}


def test_a_stream_is_described_as_before(world: Any, aws: Any) -> None:
    world.create(Prefix="a/", **aws.transforming(), **backup(aws))
    world.firehose.handle("TagDeliveryStream", {"DeliveryStreamName": "s", "Tags": [{"Key": "k", "Value": "v"}]})
    world.clock.step(5)
    update = {
        "DeliveryStreamName": "s",
        "CurrentDeliveryStreamVersionId": "1",
        "DestinationId": "destinationId-000000000001",
        "ExtendedS3DestinationUpdate": {"Prefix": "b/"},
    }
    world.firehose.handle("UpdateDestination", update)
    before, tags = world.describe(), world.firehose.handle("ListTagsForDeliveryStream", {"DeliveryStreamName": "s"})
    world.clock.step(100)
    world.restart()
    assert world.describe() == before
    assert before["VersionId"] == "2"
    assert world.firehose.handle("ListTagsForDeliveryStream", {"DeliveryStreamName": "s"}) == tags


def test_buffered_records_are_delivered_with_their_arrival_times(world: Any, aws: Any) -> None:
    world.create(**aws.hints(1, 60))
    world.put(b"a", b"b")
    world.clock.step(20)
    world.put(b"c")
    world.restart()
    assert world.firehose.stats("s")["buffered"] == 3
    world.clock.step(39)
    assert world.objects == []
    world.clock.step(1)
    assert world.bodies() == [b"abc"]
    assert "s-1-2026-09-21-14-13-20-" in world.names()[0]
    assert world.journal_is_empty()


def test_delivered_records_are_not_delivered_again(world: Any, aws: Any) -> None:
    world.create(**aws.hints(1, 60))
    world.put(b"a")
    world.clock.step(60)
    world.put(b"b")
    world.restart()
    world.clock.step(60)
    assert world.bodies() == [b"a", b"b"]
    stats = world.firehose.stats("s")
    assert [stats[name] for name in ("records_in", "delivered", "buffered", "objects")] == [2, 2, 0, 2]


def test_a_request_cut_into_two_objects_is_repeated_only_where_it_must(world: Any, aws: Any) -> None:
    world.create(**aws.hints(1, 60))
    world.put(*[bytes([65 + n]) * 300_000 for n in range(4)])  # the first three fill an object
    world.clock.drain()
    assert [len(body) for body in world.bodies()] == [900_000]
    world.restart()
    world.clock.step(60)
    assert world.bodies()[1] == b"D" * 300_000


def test_each_way_is_finished_on_its_own(world: Any, aws: Any) -> None:
    world.create(**aws.transforming(), **backup(aws, seconds=10), **aws.hints(1, 60))
    world.put(b"a\n", b"b\n")
    world.clock.step(10)
    assert world.bodies("raw") == [b"a\nb\n"]
    world.restart()
    world.clock.step(200)
    assert world.bodies("raw") == [b"a\nb\n"]
    assert world.bodies() == [b"A\nB\n"]
    assert world.journal_is_empty()


def test_dropped_and_failed_records_are_finished(world: Any, aws: Any) -> None:
    results = {b"d": "Dropped", b"f": "ProcessingFailed", b"o": "Ok"}

    def function(sent: dict[str, Any]) -> Any:
        return {"records": [aws.ok(each, result=results[base64.b64decode(each["data"])]) for each in sent["records"]]}

    world.function = function
    world.create(**aws.transforming(), **aws.hints(1, 60))
    world.put(b"d", b"f", b"o")
    world.clock.step(60)  # dropped, and the failure written; the good one waits for its object
    world.restart()
    world.clock.step(200)
    assert [len(each["records"]) for each in world.events] == [3, 1]
    assert len(world.bodies(within="processing-failed")) == 1
    assert world.bodies()[-1] == b"O"
    assert world.journal_is_empty()


def test_what_was_on_its_way_is_repeated(world: Any, aws: Any) -> None:
    world.create(**aws.hints(1, 60))
    world.put(b"a", b"b")
    put_object = world.put_object

    def put_and_die(**arguments: Any) -> None:
        put_object(**arguments)
        raise RuntimeError("killed between S3 and the journal")

    world.put_object = put_and_die
    world.clock.step(60)
    world.clock.errors.clear()
    world.put_object = put_object
    world.restart()
    world.clock.step(60)
    assert world.bodies() == [b"ab", b"ab"]
    stats = world.firehose.stats("s")
    assert (stats["records_in"], stats["delivered"], stats["buffered"]) == (2, 2, 0)


def test_an_older_version_delivers_by_its_own_settings(world: Any, aws: Any) -> None:
    world.create(Prefix="old/", **backup(aws))
    world.s3_failures = [aws.client_error("SlowDown")] * 3
    world.put(b"a")
    update = {
        "DeliveryStreamName": "s",
        "CurrentDeliveryStreamVersionId": "1",
        "DestinationId": "destinationId-000000000001",
        "ExtendedS3DestinationUpdate": {"Prefix": "new/", **aws.hints(1, 60)},
    }
    world.firehose.handle("UpdateDestination", update)
    world.clock.drain()
    world.put(b"b")
    world.restart()
    world.clock.step(100)
    assert world.bodies(within="old/") == [b"a"]
    assert world.bodies(within="new/") == [b"b"]
    assert sorted(world.bodies("raw")) == [b"a", b"b"]
    assert list(world.firehose._streams["s"].document.versions) == [2]
    assert world.journal_is_empty()


def test_a_deletion_goes_on(world: Any, aws: Any) -> None:
    world.create()
    world.put(b"a")
    world.s3_failures = [aws.client_error("SlowDown")]
    world.firehose.handle("DeleteDeliveryStream", {"DeliveryStreamName": "s"})
    world.restart()
    world.clock.step(10)
    assert world.bodies() == [b"a"]
    with pytest.raises(AwsError, match="not found"):
        world.describe()


def test_a_deleted_stream_leaves_nothing_in_the_journal(world: Any, aws: Any) -> None:
    world.create(**backup(aws))
    world.put(b"a", b"b")
    world.s3_failures = [aws.client_error("NoSuchBucket", 404)] * 20
    world.firehose.handle("DeleteDeliveryStream", {"DeliveryStreamName": "s", "AllowForceDelete": True})
    assert world.journal_is_empty()
    for kind in ("firehose", "firehose-counters", "firehose-positions", "firehose-done s"):
        assert world.journal.load(kind) == {}
    world.create()
    assert world.firehose.stats("s")["records_in"] == 0


def test_record_ids_stay_the_same_and_are_never_given_twice(world: Any, aws: Any) -> None:
    world.create(**aws.transforming())
    first = [each["RecordId"] for each in world.put(b"a", b"b")["RequestResponses"]]
    world.restart()
    second = [each["RecordId"] for each in world.put(b"c")["RequestResponses"]]
    world.clock.step(60)
    sent = [each["recordId"] for event in world.events for each in event["records"]]
    assert sent == first + second
    assert len(set(sent)) == 3


def test_what_a_subscriber_writes_is_kept_with_the_records_or_neither_is(world: Any) -> None:
    world.create()
    world.firehose.subscribe("s", lambda records: world.journal.append("application", records[0].data))
    world.put(b"a")

    def fail(records: Any) -> None:
        raise RuntimeError("the subscriber failed")

    world.firehose.subscribe("s", fail)
    with pytest.raises(RuntimeError):
        world.put(b"b")
    assert [data for _, data in world.journal.entries("application")] == [b"a"]
    world.restart()
    assert world.firehose.stats("s")["records_in"] == 1
    world.clock.step(300)
    assert world.bodies() == [b"a"]


@pytest.mark.parametrize("seed", range(5))
def test_restarts_at_any_moment_lose_nothing(world: Any, aws: Any, seed: int) -> None:
    """Puts, steps, failures and restarts in random order: every record arrives on both ways."""
    dice = random.Random(seed)  # noqa: S311
    world.create(**aws.transforming(BufferSizeInMBs="0.2"), **backup(aws, seconds=7), **aws.hints(1, 11))
    sent = 0
    for _ in range(120):
        action = dice.random()
        if action < 0.5:
            count = dice.randrange(1, 40)
            answer = world.put(*[b"%d\n" % n for n in range(sent, sent + count)])
            assert answer["FailedPutCount"] == 0
            sent += count
        elif action < 0.8:
            world.clock.step(dice.choice([0.5, 3, 20, 61]))
        elif action < 0.9:
            world.s3_failures = [aws.client_error("SlowDown")] * dice.randrange(3)
        else:
            world.restart()
    world.clock.step(300)
    expected = [b"%d" % n for n in range(sent)]
    for bucket in ("bucket", "raw"):
        assert sorted(b"".join(world.bodies(bucket)).split(), key=int) == expected
    assert world.journal_is_empty()
    assert world.firehose.stats("s")["buffered"] == 0


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="there is no kill -9 on Windows")
def test_what_was_acknowledged_is_there_after_kill_9(tmp_path: Path, aws: Any, make_world: Any) -> None:
    script = """
import base64, os, signal, sys
from pathlib import Path
from helpers.local_aws.clock import Clock
from helpers.local_aws.firehose import FirehoseService
from helpers.local_aws.journal import Journal
from helpers.local_aws.runtime import Runtime
clock = Clock("stepped", 1_790_000_000.0)
firehose = FirehoseService(Runtime(clock, "123456789012", "us-east-1", 7, None, Path(), Journal(Path(sys.argv[1]))))
target = {"RoleARN": "arn:aws:iam::123456789012:role/delivery", "BucketARN": "arn:aws:s3:::bucket"}
firehose.handle("CreateDeliveryStream", {"DeliveryStreamName": "s", "ExtendedS3DestinationConfiguration": target})
for n in range(50):
    data = base64.b64encode(b"%d\\n" % n).decode()
    answer = firehose.handle("PutRecordBatch", {"DeliveryStreamName": "s", "Records": [{"Data": data}] * 10})
    print(len(answer["RequestResponses"]) - answer["FailedPutCount"], flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""
    path = tmp_path / "journal"
    done = subprocess.run(
        [sys.executable, "-c", script, str(path)], env=dict(os.environ), check=False, capture_output=True, text=True
    )
    assert done.returncode == -signal.SIGKILL, done.stderr
    acknowledged = sum(map(int, done.stdout.split()))
    world = make_world(Journal(path))
    world.clock.step(300)
    assert acknowledged == 500
    assert len(b"".join(world.bodies()).split()) == 500
    world.clock.close()


def test_a_delivery_that_fails_while_the_process_ends_is_left_to_the_next_start(world: Any, aws: Any) -> None:
    world.create(**aws.hints(1, 60))
    world.put(b"a")
    ending = world.clock

    def put_object(**arguments: Any) -> None:
        ending.close()
        raise aws.client_error("SlowDown")

    world.put_object = put_object
    with suppress(ClockError):  # whoever waits for a clock that is closed may be told so
        ending.step(60)
    assert ending.errors == []
    del world.put_object
    world.restart()
    world.clock.step(60)
    assert world.bodies() == [b"a"]


def test_the_journal_holds_data_as_it_came(world: Any) -> None:
    """One entry a request, its size that of the data and a few bytes a record."""
    world.create()
    data = [bytes(range(256)) * 4 for _ in range(500)]
    world.put(*data)
    [(_, entry)] = world.journal.entries("firehose s")
    assert entry.endswith(b"".join(data))
    assert len(entry) < 500 * 1024 + 500 * 8 + 100
    assert json.loads(world.journal.load("firehose-counters")["s"])["records_in"] == 500
