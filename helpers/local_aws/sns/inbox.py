"""Where e-mail and SMS arrive. Nothing is thrown away: an attendee may read everything at the end."""

from __future__ import annotations

import threading
from typing import Literal, TypedDict

from helpers.local_aws.clock import Clock, iso


class Message(TypedDict):
    """One e-mail or SMS; `received_at` is ISO 8601, UTC, by the workshop's clock."""

    id: int
    protocol: Literal["email", "sms"]
    to: str
    subject: str
    body: str
    received_at: str
    confirm_url: str | None


class Inbox:
    """All messages, ids 1, 2, 3 … in order of arrival; safe from any thread."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._messages: list[Message] = []
        self._guard = threading.Lock()

    def add(
        self,
        protocol: Literal["email", "sms"],
        to: str,
        body: str,
        subject: str = "",
        confirm_url: str | None = None,
    ) -> int:
        """Take a message in; returns its id."""
        with self._guard:
            message: Message = {
                "id": len(self._messages) + 1,
                "protocol": protocol,
                "to": to,
                "subject": subject,
                "body": body,
                "received_at": iso(self._clock.now()),
                "confirm_url": confirm_url,
            }
            self._messages.append(message)
            return message["id"]

    def messages(self, after: int = 0) -> list[Message]:
        """The messages with an id greater than `after`."""
        with self._guard:
            return self._messages[max(after, 0) :]
