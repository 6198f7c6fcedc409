"""Kinesis data streams, packed records, several requests at once: what the sender does besides Firehose."""

import gzip
import random
import threading
from collections.abc import Callable
from typing import Any

import pytest

from helpers.generator.destination import Kinesis, Record, batches, encoded
from helpers.generator.errors import DeliveryError
from helpers.generator.sender import TRIES, Sender


class Stream:
    """A data stream that refuses the positions its script says, request by request; afterwards it takes all."""

    def __init__(self, *script: list[int]) -> None:
        self.script = list(script)
        self.calls: list[list[tuple[bytes, str]]] = []
        self.lock = threading.Lock()
        self.meeting: Callable[[], object] = lambda: None

    def put_records(self, StreamName: str, Records: list[dict[str, Any]]) -> dict[str, Any]:
        assert StreamName == "stream"
        self.meeting()
        with self.lock:
            self.calls.append([(record["Data"], record["PartitionKey"]) for record in Records])
            refused = self.script.pop(0) if self.script else []
        error = {"ErrorCode": "ProvisionedThroughputExceededException", "ErrorMessage": "Rate exceeded."}
        return {
            "FailedRecordCount": len(refused),
            "Records": [error if n in refused else {"SequenceNumber": "1"} for n in range(len(Records))],
        }


def sender(stream: Stream, **more: Any) -> Sender:
    return Sender(stream, "stream", sleep=lambda seconds: None, service=Kinesis, **more)


def test_records_have_keys_that_spread_and_are_the_same_for_the_next_run() -> None:
    first, second = Stream(), Stream()
    sender(first).send(["a", "b"] * 300)
    sender(second).send(["a", "b"] * 300)
    assert [len(call) for call in first.calls] == [500, 100]
    assert first.calls == second.calls
    keys = [key for call in first.calls for _, key in call]
    assert len(set(keys)) == 600
    assert all(key.isdigit() for key in keys)
    assert first.calls[0][0][0] == b"a\n"


def test_refused_records_are_sent_again_under_the_same_key() -> None:
    stream = Stream([0, 2])
    put = sender(stream)
    put.send("abc")
    first, again = stream.calls
    assert again == [first[0], first[2]]
    account = put.account
    assert (account.sent, account.acknowledged, account.retried, account.failed) == (3, 3, 2, 0)
    assert account.last_error == "ProvisionedThroughputExceededException: Rate exceeded."


def test_what_is_refused_for_good_is_said_with_the_service() -> None:
    put = sender(Stream(*[[0]] * TRIES))
    with pytest.raises(DeliveryError, match=r"1 of 2 records .* Kinesis stream's limits"):
        put.send("ab")
    assert (put.account.acknowledged, put.account.failed) == (1, 1)


def test_limits_count_the_key() -> None:
    whole = [Record(b"x" * (1024 * 1024 - 10), "0123456789")] * 6
    assert [len(batch) for batch in batches(whole, Kinesis)] == [5, 1]
    with pytest.raises(DeliveryError, match="over Kinesis's limit of 1,048,576"):
        list(batches([Record(b"x" * 1024 * 1024, "1")], Kinesis))


def test_packed_records_have_no_newline() -> None:
    stream = Stream()
    sender(stream, zipped=True).send(["one", "two"])
    assert [gzip.decompress(data) for data, _ in stream.calls[0]] == [b"one", b"two"]
    assert encoded("one", zipped=True) == encoded("one", zipped=True)  # no time of day in it


def test_several_requests_are_under_way_at_once_and_all_is_counted() -> None:
    stream = Stream()
    stream.meeting = threading.Barrier(4, timeout=60).wait  # passes only when four requests meet
    put = sender(stream, lanes=4)
    assert put.send(str(number) for number in range(4 * 500 * 2)) == 4000
    assert put.account.acknowledged == 4000
    assert sorted(int(data) for call in stream.calls for data, _ in call) == list(range(4000))
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("sender")]


def test_a_failure_in_one_lane_leaves_no_record_and_no_thread_behind() -> None:
    class Gone(Stream):
        def put_records(self, StreamName: str, Records: list[dict[str, Any]]) -> dict[str, Any]:
            raise RuntimeError("gone")

    put = sender(Gone(), lanes=3, rng=random.Random(1))  # noqa: S311 - spreads retries
    with pytest.raises(RuntimeError, match="gone"):
        put.send(["x"] * 5000)
    assert (put.account.sent, put.account.acknowledged, put.account.failed) == (5000, 0, 5000)
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("sender")]
