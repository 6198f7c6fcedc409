"""Delivery to a real SMTP server: aiosmtpd on loopback."""

import logging
import socket
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from aiosmtpd.controller import Controller

from helpers.local_aws.clock import Clock
from helpers.local_aws.journal import Journal
from helpers.local_aws.sns import smtp
from helpers.local_aws.sns.inbox import Inbox
from helpers.local_aws.sns.smtp import Outbox


class Mailbox:
    """What arrived; refuses what `refusals` says, in order."""

    def __init__(self, *refusals: str) -> None:
        self.refusals = list(refusals)
        self.mails: list[Any] = []
        self.arrived = threading.Semaphore(0)

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        if self.refusals:
            return self.refusals.pop(0)
        self.mails.append(envelope)
        self.arrived.release()
        return "250 OK"


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def serve(mailbox: Mailbox, port: int) -> Controller:
    controller = Controller(mailbox, hostname="127.0.0.1", port=port)
    controller.start()
    return controller


@pytest.fixture
def inbox() -> Iterator[Inbox]:
    clock = Clock("stepped", 1_700_000_000)
    yield Inbox(clock)
    clock.close()


def test_mails_are_delivered_in_order_and_sms_are_not(inbox: Inbox) -> None:
    mailbox, port, journal = Mailbox("451 later"), free_port(), Journal()
    controller = serve(mailbox, port)
    outbox = Outbox("127.0.0.1", port, journal, pauses=(0.0, 0.0))
    inbox.on_arrival = outbox.take
    outbox.start()
    try:
        inbox.add("email", "a@example.com", "CTR 61 % – ü\n.\nend", "Anomaly")
        inbox.add("sms", "+15555550123", "CTR")
        inbox.add("email", "b@example.com", "two", "Second")
        for _ in range(2):
            assert mailbox.arrived.acquire(timeout=10)
    finally:
        outbox.close()
        controller.stop()
    assert [mail.rcpt_tos for mail in mailbox.mails] == [["a@example.com"], ["b@example.com"]]
    text = mailbox.mails[0].content.decode()
    assert "Subject: Anomaly" in text
    assert "From: no-reply@workshop.invalid" in text
    assert not journal.load(smtp.KIND)


def test_what_was_not_delivered_is_by_the_next_run(inbox: Inbox, caplog: pytest.LogCaptureFixture) -> None:
    mailbox, port, journal = Mailbox(), free_port(), Journal()
    first = Outbox("127.0.0.1", port, journal, pauses=(3600.0,))  # nobody listens there yet
    inbox.on_arrival = first.take
    first.start()
    inbox.add("email", "a@example.com", "text", "one")
    first.close()
    assert len(journal.load(smtp.KIND)) == 1
    controller = serve(mailbox, port)
    second = Outbox("127.0.0.1", port, journal)
    second.start()
    try:
        assert mailbox.arrived.acquire(timeout=10)
    finally:
        second.close()
        controller.stop()
    assert not journal.load(smtp.KIND)


@pytest.mark.parametrize("refusals", [("550 no such user",), ("451 later", "451 later")])
def test_what_cannot_be_delivered_is_said(
    inbox: Inbox, refusals: tuple[str, ...], caplog: pytest.LogCaptureFixture
) -> None:
    mailbox, port, journal = Mailbox(*refusals), free_port(), Journal()
    controller = serve(mailbox, port)
    outbox = Outbox("127.0.0.1", port, journal, pauses=(0.0,))
    inbox.on_arrival = outbox.take
    with caplog.at_level(logging.ERROR):
        outbox.start()
        try:
            inbox.add("email", "gone@example.com", "text", "one")
            inbox.add("email", "b@example.com", "text", "two")
            assert mailbox.arrived.acquire(timeout=10)
        finally:
            outbox.close()
            controller.stop()
    assert [mail.rcpt_tos for mail in mailbox.mails] == [["b@example.com"]]
    assert "message 1 to gone@example.com was not mailed" in caplog.text
    assert len(inbox.messages()) == 2  # the inbox has it anyway
