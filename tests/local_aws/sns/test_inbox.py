from helpers.local_aws.clock import Clock
from helpers.local_aws.sns.inbox import Inbox


def test_messages_are_numbered_and_dated_by_the_clock() -> None:
    clock = Clock("stepped", 1_700_000_000.25)
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
    clock.close()
