"""SendNotification: what is above the threshold is texted once, and a bad row holds nobody up."""

import base64
import json

import pytest
from botocore.exceptions import ClientError

PHONE = "+15555550123"


class FakeSns:
    """Remembers texts; refuses those to numbers of messages in `refuse`."""

    def __init__(self, refuse: int | None = None) -> None:
        self.texts: list[tuple[str, str]] = []
        self._refuse = refuse

    def publish(self, PhoneNumber: str, Message: str) -> None:
        if len(self.texts) == self._refuse:
            raise ClientError({"Error": {"Code": "Throttling", "Message": "slow down"}}, "Publish")
        self.texts.append((PhoneNumber, Message))


def record(number: int, row: object) -> dict:
    data = row if isinstance(row, bytes) else json.dumps(row).encode()
    return {"kinesis": {"sequenceNumber": str(number), "data": base64.b64encode(data).decode()}}


def score(station: str, vehicles: int, value: float) -> dict:
    return {"station_id": station, "vehicle_count": vehicles, "anomaly_score": value}


@pytest.fixture
def function(load):
    return load("send_notification")


def test_only_scores_above_the_threshold_are_texted(function):
    sns = FakeSns()
    event = {"Records": [record(n, score(f"S{n}", n, value)) for n, value in enumerate((2.4, 2.5, 2.51, 3.3))]}
    assert function.respond(event, sns, 2.5, PHONE) == {"batchItemFailures": []}
    assert [number for number, _ in sns.texts] == [PHONE, PHONE]
    text = sns.texts[1][1]
    assert "station S3" in text and "vehicles detected was 3" in text
    assert "score was 3.30" in text and "threshold of 2.5" in text
    assert len(text) <= 160


def test_the_longest_text_fits_into_one_sms(function):
    assert len(function.Score("35South123", 1_000_000, 12.345).text(99.999)) <= 160


def test_without_a_phone_nobody_is_texted_but_the_log_tells(function, capsys):
    sns = FakeSns()
    function.respond({"Records": [record(1, score("183A", 983, 6.19))]}, sns, 2.5, "")
    assert sns.texts == []
    assert "station 183A" in capsys.readouterr().out


def test_the_first_that_could_not_be_texted_is_named_and_those_behind_it_wait(function):
    sns = FakeSns(refuse=1)
    event = {"Records": [record(n, score("s", n, 9.0)) for n in (11, 12, 13)]}
    assert function.respond(event, sns, 2.5, PHONE) == {"batchItemFailures": [{"itemIdentifier": "12"}]}
    assert len(sns.texts) == 1


@pytest.mark.parametrize(
    "row", [b"\xff", b"[" * 10_000, [], {}, score("s", 1, float("nan")), {**score("s", 1, 9.0), "vehicle_count": None}]
)
def test_a_row_that_cannot_be_read_is_logged_and_passed_over(function, capsys, row):
    sns = FakeSns()
    event = {"Records": [record(1, row), record(2, score("s", 1, 9.0))]}
    assert function.respond(event, sns, 2.5, PHONE) == {"batchItemFailures": []}
    assert len(sns.texts) == 1
    assert "1: passed over" in capsys.readouterr().out


def test_the_handler_takes_threshold_and_phone_from_its_environment(function, monkeypatch):
    sns = FakeSns()
    monkeypatch.setenv("ANOMALY_THRESHOLD", "3.5")
    monkeypatch.setenv("PHONE_NUMBER", PHONE)
    monkeypatch.setattr(function.boto3, "client", lambda name, config: sns)
    function.handler({"Records": [record(1, score("s", 1, 3.4)), record(2, score("s", 1, 3.6))]}, None)
    assert len(sns.texts) == 1
