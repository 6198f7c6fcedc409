from collections.abc import Iterator
from pathlib import Path

import pytest

from helpers.local_aws.clock import Clock
from helpers.local_aws.journal import Journal
from helpers.local_aws.sns.inbox import Inbox


@pytest.fixture
def clock() -> Iterator[Clock]:
    made = Clock("stepped", 1_700_000_000.25)
    yield made
    made.close()


def test_messages_are_numbered_and_dated_by_the_clock(clock: Clock) -> None:
    inbox = Inbox(clock)
    assert inbox.add("email", "a@example.com", "text", "subject", "http://127.0.0.1/") == 1
    clock.step(60)
    assert inbox.add("sms", "+15555550123", "text") == 2
    first, second = inbox.messages()
    assert first["received_at"] == "2023-11-14T22:13:20.250Z"
    assert second["received_at"] == "2023-11-14T22:14:20.250Z"
    assert (first["confirm_url"], second["confirm_url"]) == ("http://127.0.0.1/", None)
    assert inbox.messages(after=1) == [second]
    assert inbox.messages(after=2) == []


def test_messages_outlive_the_process_and_their_links_lead_to_the_next_one(clock: Clock, tmp_path: Path) -> None:
    path = tmp_path / "journal"
    inbox = Inbox(clock, Journal(path), "http://127.0.0.1:4566")
    link = "http://127.0.0.1:4566/?Action=ConfirmSubscription&Token=t"
    for number in range(11):  # more than nine: in order of number, not of text
        inbox.add("email", "a@example.com", f"{number} {link}", "subject", link)
    again = Inbox(clock, Journal(path), "http://127.0.0.1:5000")
    assert [message["id"] for message in again.messages()] == list(range(1, 12))
    moved = "http://127.0.0.1:5000/?Action=ConfirmSubscription&Token=t"
    assert again.messages()[10] == inbox.messages()[10] | {"body": f"10 {moved}", "confirm_url": moved}
    assert again.add("sms", "+15555550123", "text") == 12


def test_a_message_that_cannot_be_mailed_on_is_not_taken(clock: Clock) -> None:
    journal = Journal()
    inbox = Inbox(clock, journal)

    def full(_: object) -> None:
        raise OSError("disk full")

    inbox.on_arrival = full
    with pytest.raises(OSError, match="disk full"):
        inbox.add("email", "a@example.com", "text")
    assert inbox.messages() == [] and not journal.load("inbox")
