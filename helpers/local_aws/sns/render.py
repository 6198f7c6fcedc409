"""What an SNS subscriber reads: the texts of e-mails and SMS, and what counts as an address.

Wording: mails received from Amazon SNS, and https://docs.aws.amazon.com/sns/latest/dg/sms_publish-to-topic.html
"""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from urllib.parse import urlencode

CONFIRMATION_SUBJECT = "AWS Notification - Subscription Confirmation"
DEFAULT_SUBJECT = "AWS Notification Message"
SENDER = "no-reply@sns.amazonaws.com"
DEFAULT_SENDER = "AWS Notifications"
DISPLAYED = 10  # characters of the display name that an SMS shows
LONGEST_SMS = 1600  # characters of one publish, all parts together
# The characters of the GSM 7-bit alphabet; those of its extension count twice.
GSM = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
GSM_EXTENSION = frozenset("\f^{}\\[~]|€")

# One @, a domain with a dot, no blanks, no control characters: what SNS refuses, not RFC 5322 in full.
EMAIL = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@(?:[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?\.)+[A-Za-z]{2,}")
E164 = re.compile(r"\+[1-9][0-9]{6,14}")


def is_email(address: str) -> bool:
    """Whether SNS would take it as an e-mail endpoint."""
    return len(address) <= 320 and EMAIL.fullmatch(address) is not None


def is_phone_number(number: str) -> bool:
    """Whether it is a phone number in E.164 form, as SNS asks for."""
    return E164.fullmatch(number) is not None


def sender(display_name: str) -> str:
    """Who an e-mail is from: the topic's display name, if it has one."""
    return f"{display_name or DEFAULT_SENDER} <{SENDER}>"


def sms_parts(text: str) -> int:
    """Into how many parts a text is split to be sent: 160 characters of GSM in one, 153 each in several; else 70, 67.

    Source: https://docs.aws.amazon.com/sms-voice/latest/userguide/sms-limitations-character.html
    """
    if all(char in GSM or char in GSM_EXTENSION for char in text):
        length, one, each = sum(1 + (char in GSM_EXTENSION) for char in text), 160, 153
    else:
        length, one, each = len(text.encode("utf-16-le")) // 2, 70, 67
    return 1 if length <= one else -(-length // each)


def confirm_url(base: str, topic_arn: str, token: str) -> str:
    """The link of a confirmation mail."""
    query = urlencode({"Action": "ConfirmSubscription", "TopicArn": topic_arn, "Token": token}, safe=":")
    return f"{base}/?{query}"


def unsubscribe_url(base: str, subscription_arn: str) -> str:
    """The link at the foot of every e-mail."""
    return f"{base}/?{urlencode({'Action': 'Unsubscribe', 'SubscriptionArn': subscription_arn}, safe=':')}"


def confirmation(topic_arn: str, url: str) -> str:
    """The mail that asks whether the subscription is wanted."""
    return (
        f"You have chosen to subscribe to the topic:\n{topic_arn}\n\n"
        "To confirm this subscription, click or visit the link below "
        f"(If this was in error no action is necessary):\n{url}\n\n"
        "Please do not reply directly to this email. If you wish to remove yourself from receiving all future "
        "SNS subscription confirmation requests please send an email to sns-opt-out\n"
    )


def confirmation_json(topic_arn: str, token: str, url: str, message_id: str, now: float) -> str:
    """The same mail as subscribers of the protocol email-json get it; nothing signs it here."""
    asked = datetime.fromtimestamp(now, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    text = f"You have chosen to subscribe to the topic {topic_arn}.\nTo confirm the subscription, visit the "
    return json.dumps(
        {
            "Type": "SubscriptionConfirmation",
            "MessageId": message_id,
            "Token": token,
            "TopicArn": topic_arn,
            "Message": f"{text}SubscribeURL included in this message.",
            "SubscribeURL": url,
            "Timestamp": asked,
        },
        indent=2,
    )


def notification(message: str, url: str) -> str:
    """A published message as an e-mail."""
    return (
        f"{message}\n\n--\nIf you wish to stop receiving notifications from this topic, "
        f"please click or visit the link below to unsubscribe:\n{url}\n\n"
        "Please do not reply directly to this email. If you have any questions or comments regarding this email, "
        "please contact us at https://aws.amazon.com/support\n"
    )


def sms(message: str, display_name: str) -> str:
    """A published message as an SMS: the first ten characters of the topic's display name stand before it."""
    return f"{display_name[:DISPLAYED]}> {message}" if display_name else message
