"""The Lambda destination's contract: every recordId answered; nothing lost, nothing doubled by a retry."""

import base64
import json
from types import ModuleType

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

DATE = "Sun, 22 Nov 2026 10:00:00 GMT"


class FakeSns:
    def __init__(self, refuse: int = -1, date: str | None = DATE) -> None:
        self.published: list[dict] = []
        self._refuse = refuse
        self._date = date
        self._calls = 0

    def publish(self, **request):
        self._calls += 1
        if self._calls - 1 == self._refuse:
            raise ClientError({"Error": {"Code": "Throttled", "Message": "slow down"}}, "Publish")
        self.published.append(request)
        headers = {"date": self._date} if self._date else {}
        return {"MessageId": "m", "ResponseMetadata": {"HTTPHeaders": headers}}


class FakeS3:
    def __init__(self, refuse: bool = False) -> None:
        self.objects: dict[str, bytes] = {}
        self.refuse = refuse

    def put_object(self, Bucket, Key, Body, ContentType):
        if self.refuse:
            raise EndpointConnectionError(endpoint_url="https://s3")
        assert Bucket == "processed"
        self.objects[Key] = Body

    def lines(self, prefix: str) -> list[dict]:
        bodies = [body for key, body in self.objects.items() if key.startswith(prefix)]
        assert all(body.endswith(b"\n") for body in bodies)
        return [json.loads(line) for body in bodies for line in body.decode().splitlines()]


def event(*rows, ids=None, invocation="first") -> dict:
    payloads = [row if isinstance(row, bytes) else json.dumps(row).encode() for row in rows]
    ids = ids or [f"id-{number}" for number in range(len(payloads))]
    records = [
        {
            "recordId": record_id,
            "lambdaDeliveryRecordMetadata": {"retryHint": 0},
            "data": base64.b64encode(payload).decode(),
        }
        for record_id, payload in zip(ids, payloads, strict=True)
    ]
    return {"invocationId": invocation, "applicationArn": "arn:app", "records": records}


@pytest.fixture(scope="module")
def function(load) -> ModuleType:
    return load("anomaly_response")


def results(answer: dict) -> dict[str, str]:
    assert all(set(record) == {"recordId", "result"} for record in answer["records"])
    return {record["recordId"]: record["result"] for record in answer["records"]}


ONE = {"CTRPERCENT": 400.0, "ANOMALY_SCORE": 2.8431}
TWO = {"CTRPERCENT": 350.0, "ANOMALY_SCORE": 2.1}
ANOMALIES, REFUSED = "weblogs/anomalies/", "errors/anomaly-response/"


def test_an_anomaly_is_notified_and_stored(function):
    sns, s3 = FakeSns(), FakeS3()
    assert results(function.respond(event(ONE), sns, s3, "topic", "processed")) == {"id-0": "Ok"}
    (message,) = sns.published
    assert message["TopicArn"] == "topic"
    assert message["Subject"] == "Clickstream anomaly: CTR 400.0 percent, score 2.84"
    assert "CTR 400.0 percent" in message["Message"] and "score 2.84" in message["Message"]
    assert s3.lines(ANOMALIES) == [
        {"detected_at": "2026-11-22T10:00:00.000Z", "ctr_percent": 400.0, "anomaly_score": 2.8431}
    ]


@pytest.mark.parametrize("row", [ONE, {"CTRPERCENT": 1e15, "ANOMALY_SCORE": 1e6}])
def test_the_message_fits_one_sms_and_the_subject_fits_an_e_mail(function, row):
    sns = FakeSns()
    function.respond(event(row), sns, FakeS3(), "topic", "processed")
    (message,) = sns.published
    assert len(message["Message"]) <= 160 and message["Message"].isascii()
    assert len(message["Subject"]) < 100 and message["Subject"].isascii() and message["Subject"].isprintable()


def test_one_message_a_record_and_one_object_an_invocation(function):
    sns, s3 = FakeSns(), FakeS3()
    function.respond(event(ONE, TWO), sns, s3, "topic", "processed")
    assert len(sns.published) == 2
    assert len(s3.objects) == 1
    assert [line["anomaly_score"] for line in s3.lines(ANOMALIES)] == [2.8431, 2.1]


def test_a_record_that_could_not_be_notified_fails_alone_and_is_stored_once_it_was(function):
    s3 = FakeS3()
    first = function.respond(event(ONE, TWO), FakeSns(refuse=0), s3, "topic", "processed")
    assert results(first) == {"id-0": "DeliveryFailed", "id-1": "Ok"}
    assert [line["anomaly_score"] for line in s3.lines(ANOMALIES)] == [2.1]
    retry = event(ONE, ids=["id-0"], invocation="second")
    assert results(function.respond(retry, FakeSns(), s3, "topic", "processed")) == {"id-0": "Ok"}
    assert sorted(line["anomaly_score"] for line in s3.lines(ANOMALIES)) == [2.1, 2.8431]


def test_what_could_not_be_stored_is_in_the_log_and_nobody_is_told_twice(function, capsys):
    answer = function.respond(event(ONE, TWO), FakeSns(), FakeS3(refuse=True), "topic", "processed")
    assert set(results(answer).values()) == {"Ok"}
    logged = [json.loads(line) for line in capsys.readouterr().out.splitlines() if line.startswith("{")]
    assert [line["anomaly_score"] for line in logged] == [2.8431, 2.1]


def test_a_record_nested_too_deeply_is_set_aside(function):
    s3 = FakeS3()
    answer = function.respond(event(b"[" * 100_000, ONE), FakeSns(), s3, "topic", "processed")
    assert set(results(answer).values()) == {"Ok"}
    assert len(s3.lines(ANOMALIES)) == len(s3.lines(REFUSED)) == 1


def test_the_same_records_again_overwrite_and_others_do_not(function):
    s3 = FakeS3()
    for invocation in ("first", "second"):  # the answer to the first was lost
        function.respond(event(ONE, invocation=invocation), FakeSns(), s3, "topic", "processed")
    assert len(s3.lines(ANOMALIES)) == 1
    function.respond(event(ONE, ids=["other"]), FakeSns(), s3, "topic", "processed")
    assert len(s3.lines(ANOMALIES)) == 2
    function.respond(event(TWO, ids=["other"]), FakeSns(), s3, "topic", "processed")  # an id used again
    assert len(s3.lines(ANOMALIES)) == 3


@pytest.mark.parametrize(
    "payload",
    [
        b"not json",
        b"42",
        b"[]",
        b"\xff",
        {"CTRPERCENT": 1.0},
        {"CTRPERCENT": "much", "ANOMALY_SCORE": 2.0},
        {"CTRPERCENT": None, "ANOMALY_SCORE": 2.0},
        b'{"CTRPERCENT": NaN, "ANOMALY_SCORE": 2.0}',
    ],
)
def test_what_is_no_anomaly_is_set_aside_so_that_it_is_not_sent_for_ever(function, payload):
    sns, s3 = FakeSns(), FakeS3()
    sent = event(payload, ONE)
    assert results(function.respond(sent, sns, s3, "topic", "processed")) == {"id-0": "Ok", "id-1": "Ok"}
    assert len(sns.published) == 1
    (refused,) = s3.lines(REFUSED)
    assert refused["data"] == sent["records"][0]["data"]
    assert refused["error"]
    assert len(s3.lines(ANOMALIES)) == 1


def test_what_is_no_anomaly_is_not_ok_before_it_is_set_aside(function):
    answer = function.respond(event(b"not json"), FakeSns(), FakeS3(refuse=True), "topic", "processed")
    assert results(answer) == {"id-0": "DeliveryFailed"}


def test_an_empty_invocation_writes_nothing(function):
    s3 = FakeS3()
    assert function.respond(event(), FakeSns(), s3, "topic", "processed") == {"records": []}
    assert s3.objects == {}


def test_an_answer_without_a_date_still_counts(function):
    s3 = FakeS3()
    answer = function.respond(event(ONE), FakeSns(date=None), s3, "topic", "processed")
    assert results(answer) == {"id-0": "Ok"}
    assert s3.lines(ANOMALIES)[0]["detected_at"].endswith("Z")


# --- called with a data stream's records


def stream_event(*rows) -> dict:
    records = [
        {"kinesis": {"sequenceNumber": str(number), "data": record["data"]}, "eventSourceARN": "arn:stream"}
        for number, record in enumerate(event(*rows)["records"], 11)
    ]
    return {"Records": records}


def test_rows_of_a_data_stream_are_notified_and_stored(function):
    sns, s3 = FakeSns(), FakeS3()
    answer = function.follow(stream_event(ONE, b"not json", TWO), sns, s3, "topic", "processed")
    assert answer == {"batchItemFailures": []}
    assert len(sns.published) == 2
    assert sorted(line["anomaly_score"] for line in s3.lines(ANOMALIES)) == [2.1, 2.8431]
    assert len(s3.lines(REFUSED)) == 1


def test_the_first_that_failed_is_named_and_nobody_behind_it_is_told_yet(function):
    sns, s3 = FakeSns(refuse=1), FakeS3()
    answer = function.follow(stream_event(ONE, TWO, ONE), sns, s3, "topic", "processed")
    assert answer == {"batchItemFailures": [{"itemIdentifier": "12"}]}
    assert len(sns.published) == 1


def test_a_row_that_cannot_be_set_aside_comes_again(function):
    answer = function.follow(stream_event(b"not json", ONE), FakeSns(), FakeS3(refuse=True), "topic", "processed")
    assert answer == {"batchItemFailures": [{"itemIdentifier": "11"}]}


@pytest.mark.parametrize(("sent", "answered"), [(event(), "records"), (stream_event(), "batchItemFailures")])
def test_the_handler_answers_in_its_caller_s_contract(function, monkeypatch, sent, answered):
    monkeypatch.setenv("TOPIC_ARN", "topic")
    monkeypatch.setenv("PROCESSED_BUCKET", "processed")
    monkeypatch.setattr(function.boto3, "client", lambda name, config: None)
    assert function.handler(sent, None) == {answered: []}
