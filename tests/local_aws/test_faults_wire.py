"""Faults on demand, over the wire: set and ended by the control API, felt by plain boto3."""

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError, ConnectionClosedError

from helpers.errors import WorkshopError
from helpers.workshop import Workshop


@pytest.fixture
def ws(workshop: Workshop) -> Iterator[Workshop]:
    yield workshop
    workshop.mend()


def once(service: str) -> Any:
    """A client that tries once."""
    return boto3.client(service, config=Config(retries={"total_max_attempts": 1}))


def test_faults_are_listed_and_ended(ws: Workshop) -> None:
    assert ws.break_things("throttle", share=0.5, count=3)[0]["share"] == 0.5
    shown = ws.control("GET", "faults")
    assert [fault["kind"] for fault in shown["faults"]] == ["throttle"]
    assert {"throttle", "lambda-error", "lambda-slow", "s3-error", "drop", "skew"} == set(shown["kinds"])
    ws.break_things("drop", seconds=5)
    ws.clock.step(5)  # ends by the one clock
    assert [fault["kind"] for fault in ws.control("GET", "faults")["faults"]] == ["throttle"]
    ws.mend("throttle")
    assert ws.control("GET", "faults")["faults"] == []


@pytest.mark.parametrize(
    ("ask", "message"),
    [
        (lambda ws: ws.break_things("flood"), "kind is 'flood': use one of throttle"),
        (lambda ws: ws.break_things("skew"), "needs a delay"),
        (lambda ws: ws.break_things("drop", often=1), "has no often"),
        (lambda ws: ws.mend("flood"), "there is no fault 'flood'"),
    ],
)
def test_what_makes_no_sense_is_refused(ws: Workshop, ask: Any, message: str) -> None:
    with pytest.raises(WorkshopError, match=message):
        ask(ws)


def test_a_dropped_connection_hides_that_the_request_was_carried_out(ws: Workshop) -> None:
    before = ws.control("GET", "errors")["errors"]
    sqs, impatient = boto3.client("sqs"), once("sqs")
    url = sqs.create_queue(QueueName="dropped")["QueueUrl"]
    ws.break_things("drop", count=1)
    with pytest.raises(ConnectionClosedError):
        impatient.send_message(QueueUrl=url, MessageBody="one")
    ws.break_things("drop", count=1)
    sqs.send_message(QueueUrl=url, MessageBody="two")  # retried by the client: it arrives twice, as on AWS
    attributes = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["ApproximateNumberOfMessages"])
    assert attributes["Attributes"]["ApproximateNumberOfMessages"] == "3"
    assert ws.control("GET", "errors")["errors"] == before


@pytest.mark.parametrize(("delay", "message"), [(3600, "Signature expired"), (-3600, "Signature not yet current")])
def test_a_skewed_clock_refuses_the_client_s_requests(ws: Workshop, delay: float, message: str) -> None:
    ws.break_things("skew", delay=delay)
    with pytest.raises(ClientError, match=rf"RequestTimeTooSkewed.*{message}"):
        once("sns").list_topics()
    ws.mend("skew")
    once("sns").list_topics()
    ws.break_things("skew", delay=60)  # within what AWS allows
    once("sns").list_topics()
