"""SNS's delivery rate, with a clock that the test moves."""

import logging
from collections.abc import Iterator
from typing import Any

import pytest
from ministack.core.responses import request_scope
from ministack.services import sns as theirs

from helpers.local_aws.journal import Journal
from helpers.local_aws.sns.inbox import Inbox
from helpers.local_aws.sns.service import Sns
from helpers.local_aws.sns.sms import Texts

TOPIC = "arn:aws:sns:us-east-1:123456789012:flood"


class Wall:
    """A real clock whose time the test sets."""

    def __init__(self, mode: str) -> None:
        self.mode = mode
        self.time = 1_700_000_000.0

    def now(self) -> float:
        return self.time


@pytest.fixture
def item() -> Iterator[dict[str, Any]]:
    made: dict[str, Any] = {"arn": f"{TOPIC}:1", "topic_arn": TOPIC, "protocol": "email", "endpoint": "a@example.com",
                            "owner": "123456789012", "confirmed": True, "attributes": {}}  # fmt: skip
    with request_scope("123456789012", "us-east-1"):
        theirs._topics[TOPIC] = {"arn": TOPIC, "attributes": {}, "subscriptions": [made]}
        yield made
        del theirs._topics[TOPIC]


def publish(clock: Any, item: dict[str, Any], pauses: list[float]) -> int:
    inbox = Inbox(clock)
    sns = Sns(clock, inbox, Texts(clock, inbox, Journal()), "http://127.0.0.1:1", keep=lambda: None)
    for pause in pauses:
        clock.time += pause
        if item["confirmed"]:
            sns._deliver(theirs._topics[TOPIC], item, "text", "", "1", {})
    return len(inbox.messages())


def test_more_than_ten_mails_a_second_end_the_subscription(
    item: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.ERROR):
        assert publish(Wall("real"), item, [0.09] * 15) == 10
    assert (item["confirmed"], item["attributes"]["PendingConfirmation"]) == (False, "true")
    assert "more than 10 e-mails a second to a@example.com" in caplog.text


def test_ten_a_second_and_any_number_on_a_clock_that_stands_still_are_fine(item: dict[str, Any]) -> None:
    assert publish(Wall("real"), item, [0.125] * 30) == 30
    assert publish(Wall("stepped"), item, [0.0] * 30) == 30
