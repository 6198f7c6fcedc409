"""Where e-mail and SMS arrive, and stay: an attendee may read everything at the end, a restart in between or not."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from typing import Literal, TypedDict

from helpers.local_aws.clock import Clock, iso
from helpers.local_aws.journal import Journal

KIND = "inbox"


class Message(TypedDict):
    """One e-mail or SMS; `received_at` is ISO 8601, UTC, by the workshop's clock; `parts` as an SMS is charged."""

    id: int
    protocol: Literal["email", "sms"]
    sender: str
    to: str
    subject: str
    body: str
    received_at: str
    confirm_url: str | None
    parts: int


class Inbox:
    """All messages, ids 1, 2, 3 … in order of arrival; safe from any thread.

    A message is in the journal before `add` returns. `url` is where this run's links lead: those of messages
    of an earlier run, which may have had another port, are made to lead there too.
    """

    def __init__(self, clock: Clock, journal: Journal | None = None, url: str = "") -> None:
        self._clock = clock
        self._journal = Journal() if journal is None else journal
        self._url = url
        self._guard = threading.Lock()
        self.on_arrival: Callable[[Message], None] = lambda message: None
        self._messages: list[Message] = [self._read(data) for data in self._journal.load(KIND).values()]

    def add(
        self,
        protocol: Literal["email", "sms"],
        to: str,
        body: str,
        subject: str = "",
        confirm_url: str | None = None,
        *,
        sender: str = "",
        parts: int = 1,
    ) -> int:
        """Take a message in; returns its id."""
        with self._guard:
            message: Message = {
                "id": len(self._messages) + 1,
                "protocol": protocol,
                "sender": sender,
                "to": to,
                "subject": subject,
                "body": body,
                "received_at": iso(self._clock.now()),
                "confirm_url": confirm_url,
                "parts": parts,
            }
            document = {"url": self._url, "message": message}
            with self._journal.transaction():
                self._journal.save(KIND, f"{message['id']:09d}", json.dumps(document).encode())
                self.on_arrival(message)
            self._messages.append(message)
            return message["id"]

    def messages(self, after: int = 0) -> list[Message]:
        """The messages with an id greater than `after`."""
        with self._guard:
            return self._messages[max(after, 0) :]

    def _read(self, data: bytes) -> Message:
        document = json.loads(data)
        message: Message = document["message"]
        before, now = f"{document['url']}/?", f"{self._url}/?"
        message["body"] = message["body"].replace(before, now)
        if message["confirm_url"]:
            message["confirm_url"] = message["confirm_url"].replace(before, now)
        return message
