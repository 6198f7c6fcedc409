"""Records on their way: buffering, S3 objects, backup, retries, deletion."""

from __future__ import annotations

import io
import json
import zipfile
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from helpers.local_aws.protocol import AwsError


def test_interval_counts_from_the_first_record(world: Any, aws: Any) -> None:
    world.create(**aws.hints(5, 60))
    world.clock.step(100)
    world.put(b"a\n")
    world.clock.step(30)
    world.put(b"b\n")
    world.clock.step(29.9)
    assert world.objects == []
    world.clock.step(0.1)
    assert world.bodies() == [b"a\nb\n"]
    assert world.put_times == [160]
    world.put(b"c\n")
    world.clock.step(60)
    assert world.bodies() == [b"a\nb\n", b"c\n"]
    stats = world.firehose.stats("s")
    assert (stats["records_in"], stats["delivered"], stats["buffered"]) == (3, 3, 0)


def test_defaults_are_five_mebibytes_or_five_minutes(world: Any) -> None:
    world.create()
    for _ in range(5):
        world.put(b"x" * 1_000_000)
    world.clock.drain()
    assert world.objects == []
    world.put(b"x" * 300_000)
    world.clock.drain()
    assert [len(body) for body in world.bodies()] == [5_000_000]
    world.put(b"y")
    world.clock.step(299)
    assert len(world.objects) == 1
    world.clock.step(1)
    assert world.bodies()[1] == b"x" * 300_000 + b"y"


def test_size_cuts_inside_a_batch(world: Any, aws: Any) -> None:
    world.create(**aws.hints(1, 60))
    world.put(*[b"x" * 300_000] * 9)
    world.clock.drain()
    assert [len(body) for body in world.bodies()] == [900_000, 900_000]
    assert world.firehose.stats("s")["buffered"] == 3
    world.clock.step(60)
    assert len(world.bodies()[2]) == 900_000


def test_a_full_buffer_starts_a_new_interval(world: Any, aws: Any) -> None:
    world.create(**aws.hints(1, 60))
    world.put(b"x")
    world.clock.step(30)
    world.put(b"y" * 1_000_000, b"z" * 48_575)
    world.clock.step(1)
    world.put(b"later")
    world.clock.step(59)
    assert world.put_times == [30]
    world.clock.step(1)
    assert world.put_times == [30, 91]


def test_interval_zero_delivers_each_put(world: Any, aws: Any) -> None:
    world.create(**aws.hints(1, 0))
    world.put(b"a", b"b")
    world.put(b"c")
    world.clock.drain()
    assert world.bodies() == [b"ab", b"c"]


def test_gzip_prefix_and_key(world: Any, aws: Any) -> None:
    world.create(Prefix="weblogs/raw/", CompressionFormat="GZIP", **aws.hints(1, 60))
    world.put(b"hello")
    world.clock.step(60)
    [key] = world.names()
    assert key.startswith("weblogs/raw/2026/09/21/14/s-1-2026-09-21-14-13-20-")
    assert key.endswith(".gz")
    assert world.bodies() == [b"hello"]
    written = int.from_bytes(world.objects[0]["Body"][4:8], "little")  # gzip's MTIME
    assert written == aws.start


def test_zip_and_file_extension(world: Any, aws: Any) -> None:
    world.create(CompressionFormat="ZIP", FileExtension=".packed", **aws.hints(1, 60))
    world.put(b"hello")
    world.clock.step(60)
    assert world.names()[0].endswith(".packed")
    with zipfile.ZipFile(io.BytesIO(world.objects[0]["Body"])) as archive:
        assert [archive.read(name) for name in archive.namelist()] == [b"hello"]


def test_kms_key_is_handed_to_s3(world: Any, aws: Any) -> None:
    key = "arn:aws:kms:us-east-1:123456789012:key/1"
    world.create(
        EncryptionConfiguration={"KMSEncryptionConfig": {"AWSKMSKeyARN": key}}, **aws.hints(1, 0)
    )  # fmt: skip
    world.put(b"x")
    world.clock.drain()
    assert world.objects[0]["SSEKMSKeyId"] == key


@pytest.mark.parametrize(("given", "expected"), [(None, b"a\nb\n"), (r"\n", b"a\nb\n"), ("|", b"a|b|")])
def test_delimiter_processor(world: Any, aws: Any, given: str | None, expected: bytes) -> None:
    processor: dict[str, Any] = {"Type": "AppendDelimiterToRecord"}
    if given:
        processor["Parameters"] = [{"ParameterName": "Delimiter", "ParameterValue": given}]
    world.create(
        ProcessingConfiguration={"Enabled": True, "Processors": [processor]}, **aws.hints(1, 60)
    )  # fmt: skip
    world.put(b"a", b"b")
    world.clock.step(60)
    assert world.bodies() == [expected]


def test_backup_keeps_the_source_untouched(world: Any, aws: Any) -> None:
    backup = {
        "RoleARN": aws.role,
        "BucketARN": "arn:aws:s3:::raw",
        "Prefix": "raw/",
        "CompressionFormat": "GZIP",
        **aws.hints(1, 120),
    }
    world.create(S3BackupMode="Enabled", S3BackupConfiguration=backup, **aws.transforming(), **aws.hints(1, 0))
    world.put(b"a\n", b"b\n")
    world.clock.step(60)
    assert world.bodies() == [b"A\nB\n"]
    assert world.bodies("raw") == []
    world.clock.step(60)
    assert world.bodies("raw") == [b"a\nb\n"]
    assert world.firehose.stats("s")["backed_up"] == 2


def test_failed_delivery_is_retried_with_the_same_object(world: Any, aws: Any) -> None:
    world.create(**aws.hints(1, 60))
    world.s3_failures = [aws.client_error("SlowDown")] * 8
    world.put(b"precious")
    world.clock.step(60)
    assert world.firehose.stats("s")["buffered"] == 1
    assert "S3.SlowDown" in world.firehose.stats("s")["last_error"]
    world.clock.step(1000)
    assert world.bodies() == [b"precious"]
    assert world.put_times == [60, 61, 63, 67, 75, 91, 123, 183, 243]
    assert world.firehose.stats("s")["buffered"] == 0


def test_error_log(world: Any, aws: Any) -> None:
    options = {"Enabled": True, "LogGroupName": "/g", "LogStreamName": "delivery"}
    world.create(CloudWatchLoggingOptions=options, **aws.hints(1, 60))
    world.s3_failures = [aws.client_error("AccessDenied", 403)]
    world.put(b"x")
    world.clock.step(60)
    [entry] = world.logged
    assert (entry["logGroupName"], entry["logStreamName"]) == ("/g", "delivery")
    message = json.loads(entry["logEvents"][0]["message"])
    assert message["errorCode"] == "S3.AccessDenied"
    assert entry["logEvents"][0]["timestamp"] == int((aws.start + 60) * 1000)


def test_failing_error_log_loses_nothing(world: Any, aws: Any) -> None:
    options = {"Enabled": True, "LogGroupName": "/g", "LogStreamName": "delivery"}
    world.create(CloudWatchLoggingOptions=options, **aws.hints(1, 60))
    world.logs_failure = aws.client_error("ResourceNotFoundException")
    world.s3_failures = [aws.client_error("SlowDown")]
    world.put(b"x")
    world.clock.step(61)
    assert world.bodies() == [b"x"]


def test_delete_delivers_first(world: Any, aws: Any) -> None:
    backup = {"RoleARN": aws.role, "BucketARN": "arn:aws:s3:::raw"}
    world.create(S3BackupMode="Enabled", S3BackupConfiguration=backup, **aws.transforming())
    world.put(b"a")
    world.firehose.handle("DeleteDeliveryStream", {"DeliveryStreamName": "s"})
    assert world.bodies() == [b"A"]
    assert world.bodies("raw") == [b"a"]
    with pytest.raises(AwsError, match="not found"):
        world.describe()


def test_delete_gives_up_at_last_and_says_so(
    world: Any, aws: Any, caplog: pytest.LogCaptureFixture
) -> None:  # fmt: skip
    world.create()
    world.put(b"a", b"b")
    world.s3_failures = [aws.client_error("NoSuchBucket", 404)] * 100
    world.firehose.handle("DeleteDeliveryStream", {"DeliveryStreamName": "s"})
    assert world.describe()["DeliveryStreamStatus"] == "DELETING"
    with pytest.raises(AwsError, match="not found"):
        world.put(b"too late")
    world.clock.step(60)
    assert "2 records lost" in caplog.text
    with pytest.raises(AwsError, match="not found"):
        world.describe()
    assert len(world.put_times) == 5


def test_forced_delete_tries_once(world: Any, aws: Any) -> None:
    world.create()
    world.put(b"a")
    world.s3_failures = [aws.client_error("NoSuchBucket", 404)] * 100
    world.firehose.handle("DeleteDeliveryStream", {"DeliveryStreamName": "s", "AllowForceDelete": True})
    with pytest.raises(AwsError, match="not found"):
        world.describe()


def test_update_delivers_by_the_old_settings_first(world: Any, aws: Any) -> None:
    world.create(Prefix="old/", **aws.transforming())
    world.put(b"a")
    update = {
        "DeliveryStreamName": "s",
        "CurrentDeliveryStreamVersionId": "1",
        "DestinationId": "destinationId-000000000001",
        "ExtendedS3DestinationUpdate": {
            "Prefix": "new/", "ProcessingConfiguration": {"Enabled": False}, **aws.hints(1, 60)
        },
    }  # fmt: skip
    world.firehose.handle("UpdateDestination", update)
    world.put(b"b")
    world.clock.step(60)
    assert world.bodies(within="old/") == [b"A"]
    assert world.bodies(within="new/") == [b"b"]
    assert "s-2-" in world.names()[1]


def test_many_producers_on_real_time_lose_nothing(world: Any, aws: Any) -> None:
    world.clock.set_mode("real")
    world.create(**aws.transforming(BufferSizeInMBs="0.2"), **aws.hints(1, 60))
    world.s3_failures = [aws.client_error("SlowDown")]
    seen: list[bytes] = []
    world.firehose.subscribe("s", lambda records: seen.extend(record.data for record in records))

    def produce(name: int) -> None:
        for number in range(60):
            world.put(*[f"{name}.{number}.{n}".ljust(200, ".").encode() + b"\n" for n in range(50)])

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(produce, range(4)))
    world.clock.step(200)
    delivered = b"".join(world.bodies()).splitlines()
    assert len(delivered) == 12_000
    assert sorted(delivered) == sorted(each.upper().rstrip() for each in seen)
    stats = world.firehose.stats("s")
    assert (stats["records_in"], stats["delivered"], stats["buffered"]) == (12_000, 12_000, 0)


def test_same_puts_and_steps_give_the_same_objects(world: Any, aws: Any) -> None:
    def run(name: str) -> list[tuple[float, bytes]]:
        begin, count = world.clock.now(), len(world.objects)
        del world.put_times[:]
        world.create(name, CompressionFormat="GZIP", **aws.transforming(), **aws.hints(1, 60))
        for number in range(200):
            world.put(*[bytes([65 + number % 26]) * 4000] * 7, name=name)
            world.clock.step(1.5)
        world.clock.step(300)
        offset = begin - aws.start
        return list(zip([t - offset for t in world.put_times], world.bodies()[count:], strict=True))

    first = run("one")
    assert len(first) > 5
    assert first == run("two")


@pytest.mark.parametrize("delimiter", ["|", "-" * 100])
def test_no_object_exceeds_the_size_of_its_buffer(world: Any, aws: Any, delimiter: str) -> None:
    parameters = [{"ParameterName": "Delimiter", "ParameterValue": delimiter}]
    processor = {"Type": "AppendDelimiterToRecord", "Parameters": parameters}
    world.create(ProcessingConfiguration={"Enabled": True, "Processors": [processor]}, **aws.hints(1, 60))
    for _ in range(5):
        world.put(*[b"x" * 1000] * 500)
    world.clock.step(60)
    sizes = [len(body) for body in world.bodies()]
    assert 1024 * 1024 - 1100 < max(sizes) <= 1024 * 1024
    assert sum(sizes) == 2500 * (1000 + len(delimiter))


def test_a_mistake_of_ours_is_tried_again_and_costs_no_record(world: Any, aws: Any) -> None:
    world.create(**aws.hints(1, 60))
    world.s3_failures = [RuntimeError("a mistake")]
    world.put(b"a", b"b")
    world.clock.step(60)
    assert world.firehose.stats("s")["buffered"] == 2
    world.clock.step(60)
    assert (world.bodies(), world.put_times) == ([b"ab"], [60, 120])
    assert [text.strip().rpartition("\n")[2] for _, _, text in world.clock.errors] == ["RuntimeError: a mistake"]
    world.clock.errors.clear()


def test_a_mistake_of_ours_during_deletion_is_counted_and_logged(
    world: Any, aws: Any, caplog: pytest.LogCaptureFixture
) -> None:
    backup = {"RoleARN": aws.role, "BucketARN": "arn:aws:s3:::raw"}
    world.create(S3BackupMode="Enabled", S3BackupConfiguration=backup)
    stream = world.firehose._streams["s"]
    world.put(b"a", b"b")
    world.s3_failures = [RuntimeError("a mistake")] * 2
    world.firehose.handle("DeleteDeliveryStream", {"DeliveryStreamName": "s"})
    with pytest.raises(AwsError, match="not found"):
        world.describe()
    stats = stream.stats.answer()
    assert [stats[name] for name in ("lost", "backups_lost", "buffered")] == [2, 2, 0]
    assert stream.held == 0
    assert caplog.text.count("2 records lost (RuntimeError('a mistake'))") == 2
    world.clock.errors.clear()
