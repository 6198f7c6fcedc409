"""Firehose's transformation contract: every recordId once, in order, Ok, Dropped or ProcessingFailed."""

import base64
import json

import pytest

ARRIVAL = 1_795_341_600_007  # 2026-11-22T10:00:00.007Z


@pytest.fixture(scope="module")
def transform(load):
    handler = load("clickstreaming_lambda").handler

    def transform(*payloads: bytes) -> list[dict]:
        records = [
            {
                "recordId": f"id-{number}",
                "approximateArrivalTimestamp": ARRIVAL + number,
                "data": base64.b64encode(payload).decode(),
            }
            for number, payload in enumerate(payloads)
        ]
        event = {"invocationId": "i", "deliveryStreamArn": "arn", "region": "us-east-1", "records": records}
        answer = handler(event, None)
        assert [record["recordId"] for record in answer["records"]] == [r["recordId"] for r in records]
        assert all(set(record) == {"recordId", "result", "data"} for record in answer["records"])
        json.dumps(answer)  # what Lambda does with it
        return answer["records"]

    return transform


def data(record: dict) -> bytes:
    return base64.b64decode(record["data"])


def test_the_event_gets_its_arrival_time_and_a_newline(transform):
    (record,) = transform(b'{"browseraction":"Click", "site": "yourwebsiteurl.domain.com"}\n')
    assert record["result"] == "Ok"
    assert data(record) == (
        b'{"event_time":"2026-11-22T10:00:00.007Z","browseraction":"Click","site":"yourwebsiteurl.domain.com"}\n'
    )


def test_only_the_two_fields_are_kept_and_text_stays_text(transform):
    (record,) = transform('{"site": "bücher.example", "extra": 1, "browseraction": "Impression"}'.encode())
    assert data(record).endswith('"browseraction":"Impression","site":"bücher.example"}\n'.encode())
    assert b"extra" not in data(record)


@pytest.mark.parametrize("payload", [b"", b"\n", b" \r\n\t"])
def test_blank_records_are_dropped(transform, payload):
    assert [record["result"] for record in transform(payload)] == ["Dropped"]


@pytest.mark.parametrize(
    "payload",
    [
        b"hello",
        b'{"browseraction":"Click"',
        b"\xff\xfe",
        b"42",
        b"[]",
        b'{"site":"s"}',
        b'{"browseraction":"Click"}',
    ],
)
def test_what_is_no_click_event_fails_and_is_handed_back_untouched(transform, payload):
    (record,) = transform(payload)
    assert record["result"] == "ProcessingFailed"
    assert data(record) == payload


def test_what_is_not_base64_fails(load):
    record = {"recordId": "1", "approximateArrivalTimestamp": ARRIVAL, "data": "%%%"}
    answer = load("clickstreaming_lambda").handler({"records": [record]}, None)
    assert answer["records"] == [{"recordId": "1", "result": "ProcessingFailed", "data": "%%%"}]


def test_one_bad_record_does_not_touch_its_neighbours(transform):
    good = b'{"browseraction":"Click","site":"s"}'
    assert [r["result"] for r in transform(good, b"bad", b"", good)] == [
        "Ok",
        "ProcessingFailed",
        "Dropped",
        "Ok",
    ]


def test_an_empty_batch_is_answered(transform):
    assert transform() == []


@pytest.mark.parametrize(
    ("milliseconds", "text"),
    [
        (0, "1970-01-01T00:00:00.000Z"),
        (999, "1970-01-01T00:00:00.999Z"),
        (1_795_341_600_000, "2026-11-22T10:00:00.000Z"),
    ],
)
def test_times_are_exact_to_the_millisecond(load, milliseconds, text):
    assert load("clickstreaming_lambda").iso_time(milliseconds) == text
