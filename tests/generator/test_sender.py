"""Sending: a batch's limits, resending only what was refused, an account in which nothing goes missing."""

import random
from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError, NoCredentialsError

from helpers.generator.destination import Firehose as Limits
from helpers.generator.destination import Record, batches
from helpers.generator.errors import DeliveryError
from helpers.generator.sender import TRIES, Account, Sender


class Firehose:
    """Answers with what the script says: refused positions, or an exception; afterwards takes all."""

    def __init__(self, *script: list[int] | Exception) -> None:
        self.script = list(script)
        self.calls: list[list[bytes]] = []

    def put_record_batch(self, DeliveryStreamName: str, Records: list[dict[str, bytes]]) -> dict[str, Any]:
        assert DeliveryStreamName == "stream"
        self.calls.append([record["Data"] for record in Records])
        step = self.script.pop(0) if self.script else []
        if isinstance(step, Exception):
            raise step
        return {
            "FailedPutCount": len(step),
            "RequestResponses": [
                {"ErrorCode": "ServiceUnavailableException", "ErrorMessage": "Slow down."}
                if position in step
                else {"RecordId": str(position)}
                for position in range(len(Records))
            ],
        }


def client_error(code: str, status: int = 400) -> ClientError:
    metadata = {"HTTPStatusCode": status}
    response: Any = {"Error": {"Code": code, "Message": "said so"}, "ResponseMetadata": metadata}
    return ClientError(response, "PutRecordBatch")


def sender(firehose: Firehose) -> tuple[Sender, list[float]]:
    pauses: list[float] = []
    return Sender(firehose, "stream", sleep=pauses.append, rng=random.Random(1)), pauses  # noqa: S311 - spreads retries, no secret


def test_each_record_ends_with_a_newline() -> None:
    firehose = Firehose()
    assert sender(firehose)[0].send(["a", b"b"]) == 2
    assert firehose.calls == [[b"a\n", b"b\n"]]


def test_no_records_no_request() -> None:
    firehose = Firehose()
    assert sender(firehose)[0].send([]) == 0
    assert firehose.calls == []


def test_batches_hold_500_records() -> None:
    assert [len(batch) for batch in batches([Record(b"x")] * 1201, Limits)] == [500, 500, 201]


def test_batches_hold_4_mebibytes() -> None:
    sizes = [sum(len(data) for data, _ in batch) for batch in batches([Record(b"x" * 1_000_000)] * 9, Limits)]
    assert sizes == [4_000_000, 4_000_000, 1_000_000]
    assert max(sizes) <= Limits.largest_batch


def test_a_record_over_the_limit_is_refused_before_anything_is_sent() -> None:
    firehose = Firehose()
    put = sender(firehose)[0]
    assert put.send(["x" * (Limits.largest - 1)]) == 1
    with pytest.raises(DeliveryError, match="1,024,001 bytes is over"):
        put.send(["fine", "x" * Limits.largest])
    assert len(firehose.calls) == 1
    assert (put.account.sent, put.account.acknowledged, put.account.failed) == (3, 1, 2)
    assert put.account.last_error.startswith("a record of 1,024,001 bytes")


def test_only_refused_records_are_sent_again() -> None:
    firehose = Firehose([1, 3], [0])
    put, pauses = sender(firehose)
    put.send("abcde")
    assert firehose.calls == [[b"a\n", b"b\n", b"c\n", b"d\n", b"e\n"], [b"b\n", b"d\n"], [b"b\n"]]
    assert put.account == Account(
        sent=5, acknowledged=5, retried=3, failed=0, last_error="ServiceUnavailableException: Slow down."
    )
    assert len(pauses) == 2


def test_pauses_grow_and_are_spread() -> None:
    put, pauses = sender(Firehose(*([[0]] * (TRIES - 1))))
    put.send("a")
    assert all(0 <= pause <= 0.2 * 2**n for n, pause in enumerate(pauses))
    assert len(set(pauses)) == len(pauses) == TRIES - 1


def test_records_refused_again_and_again_are_accounted_for_and_raised() -> None:
    firehose = Firehose(*([[0]] * 20))
    put, _ = sender(firehose)
    with pytest.raises(DeliveryError, match=r"1 of 2 records for stream .* Slow down"):
        put.send("ab")
    assert len(firehose.calls) == TRIES
    assert put.account == Account(2, 1, TRIES - 1, 1, "ServiceUnavailableException: Slow down.")


def test_batches_behind_a_failed_one_count_as_failed() -> None:
    put, _ = sender(Firehose(client_error("ResourceNotFoundException")))
    with pytest.raises(DeliveryError):
        put.send("x" for _ in range(1200))
    assert (put.account.sent, put.account.acknowledged, put.account.failed) == (1200, 0, 1200)


@pytest.mark.parametrize(
    "error",
    [
        client_error("ServiceUnavailableException", 503),
        client_error("InternalFailure", 500),
        client_error("Unheard", 502),
        EndpointConnectionError(endpoint_url="http://127.0.0.1:1"),
    ],
)
def test_passing_faults_are_tried_again(error: Exception) -> None:
    put, _ = sender(Firehose(error))
    put.send("ab")
    assert (put.account.acknowledged, put.account.retried, put.account.failed) == (2, 2, 0)


@pytest.mark.parametrize("error", [client_error("AccessDeniedException"), NoCredentialsError()])
def test_what_repeating_cannot_help_is_raised_at_once(error: Exception) -> None:
    firehose = Firehose(error)
    put, pauses = sender(firehose)
    with pytest.raises(DeliveryError, match="stream"):
        put.send("ab")
    assert (len(firehose.calls), pauses) == (1, [])
    assert (put.account.failed, put.account.last_error) == (2, str(error))


def test_an_interruption_leaves_no_record_unaccounted() -> None:
    def interrupt(seconds: float) -> None:
        raise KeyboardInterrupt

    put = Sender(Firehose([0]), "stream", sleep=interrupt)
    with pytest.raises(KeyboardInterrupt):
        put.send("abc")
    assert (put.account.sent, put.account.acknowledged, put.account.failed) == (3, 2, 1)


def test_an_account_reads_like_a_sentence() -> None:
    text = "1,200 sent, 1,199 acknowledged, 3 retried, 1 failed; last error: x"
    assert str(Account(1200, 1199, 3, 1, "x")) == text
