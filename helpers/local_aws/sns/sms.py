"""SMS: what an account allows itself to spend on them (SetSMSAttributes), and their way into the inbox.

AWS starts an account with a limit of one dollar a month. Here there is none until one is set, so that a workshop
of many virtual days does not fall silent. Above it a message is accepted and not delivered, as on AWS, and
/_workshop/errors says so in the words of AWS's delivery log.
"""

from __future__ import annotations

import json
import logging
import threading
import time
from collections.abc import Mapping
from xml.sax.saxutils import escape

from helpers.local_aws.clock import Clock
from helpers.local_aws.journal import Journal
from helpers.local_aws.sns import render
from helpers.local_aws.sns.inbox import Inbox

KIND = "sms"
LIMIT = "MonthlySpendLimit"
ATTRIBUTES = frozenset({
    LIMIT, "DeliveryStatusIAMRole", "DeliveryStatusSuccessSamplingRate", "DefaultSenderID", "DefaultSMSType",
    "UsageReportS3Bucket",
})  # fmt: skip
PRICE = 0.00645  # USD for a part, in the United States; other countries cost the same here
SENDER = "NOTICE"  # what a phone shows where no sender ID is set
log = logging.getLogger(__name__)


class SmsError(Exception):
    """An attribute that SNS refuses, in SNS's words."""


class Texts:
    """The account's SMS attributes, kept in the journal, and delivery within them."""

    def __init__(self, clock: Clock, inbox: Inbox, journal: Journal) -> None:
        self._clock = clock
        self._inbox = inbox
        self._journal = journal
        self._guard = threading.Lock()
        self.attributes: dict[str, str] = json.loads(journal.load(KIND).get("attributes", b"{}"))

    def set(self, given: Mapping[str, str]) -> None:
        """Change attributes; SmsError if one is unknown or wrong, and nothing is changed then."""
        for name, value in given.items():
            if name not in ATTRIBUTES:
                raise SmsError(f"Invalid parameter: {name} is not a valid attribute")
            if name == LIMIT and not value.isdecimal():
                raise SmsError(f"Invalid parameter: {LIMIT} Reason: {value} is not a whole number")
        with self._guard:
            changed = self.attributes | dict(given)
            self._journal.save(KIND, "attributes", json.dumps(changed).encode())
            self.attributes = changed

    def deliver(self, number: str, text: str) -> None:
        """Into the inbox, unless it would cost more this month than the limit."""
        parts = render.sms_parts(text)
        with self._guard:
            limit = self.attributes.get(LIMIT)
            if limit is not None and (self._sent() + parts) * PRICE > float(limit):
                log.error("SMS to %s was not delivered: No quota left for account (%s: %s USD)", number, LIMIT, limit)
                return
            sender = self.attributes.get("DefaultSenderID", SENDER)
            self._inbox.add("sms", number, text, sender=sender, parts=parts)

    def _sent(self) -> int:
        """The parts sent this month, by the workshop's clock."""
        month = time.strftime("%Y-%m", time.gmtime(self._clock.now()))
        sent = (item for item in self._inbox.messages() if item["protocol"] == "sms")
        return sum(item["parts"] for item in sent if item["received_at"].startswith(month))


def attributes_xml(attributes: Mapping[str, str]) -> str:
    """GetSMSAttributes' result."""
    entries = "".join(
        f"<entry><key>{escape(name)}</key><value>{escape(value)}</value></entry>"
        for name, value in sorted(attributes.items())
    )
    return f"<attributes>{entries}</attributes>"
