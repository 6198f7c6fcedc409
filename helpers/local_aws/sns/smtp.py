"""E-mails of the inbox, delivered for real as well: to an SMTP server that the user names, and to no other.

Off unless WORKSHOP_SMTP says host:port. What is not delivered yet is in the journal, so a restart goes on
with it; after the last of a few attempts it is given up, which /_workshop/errors and the log then say. The
pauses between attempts are real seconds: a mail server knows nothing of the workshop's clock.

What it does not do: encryption and login. Name a relay on your own machine or network.
"""

from __future__ import annotations

import json
import logging
import smtplib
import threading
from collections.abc import Sequence
from email.message import EmailMessage
from email.policy import SMTP

from helpers.local_aws.journal import Journal
from helpers.local_aws.sns.inbox import Message

KIND = "smtp"
SENDER = "no-reply@workshop.invalid"  # never in AWS's name
TIMEOUT = 10  # seconds
PAUSES = (1.0, 5.0, 30.0)  # seconds before the second, third and fourth attempt
log = logging.getLogger(__name__)


class Outbox:
    """Mails waiting for `host:port`; one thread delivers them in order. Set its `take` as the inbox's `on_arrival`."""

    def __init__(self, host: str, port: int, journal: Journal, pauses: Sequence[float] = PAUSES) -> None:
        self._address = (host, port)
        self._journal = journal
        self._pauses = pauses
        self._waiting = threading.Event()
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._run, name="local-aws-smtp", daemon=True)

    def start(self) -> None:
        """Begin to deliver, with what an earlier run left."""
        self._waiting.set()
        self._thread.start()

    def take(self, message: Message) -> None:
        """Deliver an e-mail later; an SMS is none."""
        if message["protocol"] == "email":
            self._journal.save(KIND, f"{message['id']:09d}", json.dumps(message).encode())
            self._waiting.set()

    def close(self) -> None:
        """End the thread; what is left is delivered by the next run."""
        self._ending.set()
        self._waiting.set()
        if self._thread.is_alive():
            self._thread.join(timeout=TIMEOUT + 1)

    def _run(self) -> None:
        while not self._ending.is_set():
            self._waiting.wait()
            self._waiting.clear()
            for name, data in self._journal.load(KIND).items():
                if self._ending.is_set():
                    return
                if self._deliver(json.loads(data)):
                    self._journal.remove(KIND, name)

    def _deliver(self, message: Message) -> bool:
        """Whether the matter is closed: delivered, or given up and said so; False when ended meanwhile."""
        for pause in (*self._pauses, None):
            try:
                with smtplib.SMTP(*self._address, timeout=TIMEOUT) as server:
                    server.send_message(mail(message))
                return True
            except (OSError, smtplib.SMTPException) as error:
                refused = isinstance(error, smtplib.SMTPResponseException) and error.smtp_code >= 500
                refused = refused or isinstance(error, smtplib.SMTPRecipientsRefused)
                if pause is None or refused:
                    log.error("message %d to %s was not mailed by %s:%d: %s", message["id"], message["to"],
                              *self._address, error)  # fmt: skip
                    return True
                log.warning("message %d was not mailed yet, again in %.0f s: %s", message["id"], pause, error)
                if self._ending.wait(pause):
                    return False
        raise AssertionError


def mail(message: Message) -> EmailMessage:
    """A message of the inbox as a mail."""
    made = EmailMessage(policy=SMTP)
    made["From"] = SENDER
    made["To"] = message["to"]
    made["Subject"] = message["subject"]
    made["Message-ID"] = f"<{message['id']}.{message['received_at']}@workshop.invalid>"
    made["X-Workshop-Time"] = message["received_at"]
    made.set_content(message["body"])
    return made
