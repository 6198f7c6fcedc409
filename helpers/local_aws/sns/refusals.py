"""What SNS refuses, in its words: endpoints, topic names, subjects, structured messages.

One refusal is ours: an http(s) endpoint that is not on this machine, since SNS posts to it at once, unconfirmed.

Source: https://docs.aws.amazon.com/sns/latest/api/API_Subscribe.html, API_Publish.html and API_CreateTopic.html
"""

from __future__ import annotations

import ipaddress
import json
import re
import unicodedata
from collections.abc import Mapping
from urllib.parse import urlsplit

from helpers.local_aws.sns import render

MAIL = ("email", "email-json")
PROTOCOLS = frozenset({*MAIL, "application", "firehose", "http", "https", "lambda", "sms", "sqs"})
TOPIC_NAME = re.compile(r"[A-Za-z0-9_-]{1,256}|[A-Za-z0-9_-]{1,251}\.fifo")
LONGEST_SUBJECT = 100
# Control characters, and what ends a line without being one.
NOT_IN_SUBJECTS = frozenset({"Cc", "Zl", "Zp"})


class SnsError(Exception):
    """A request that SNS refuses, in SNS's words."""


def check_endpoint(protocol: str, endpoint: str) -> None:
    """SnsError when a subscription's protocol is none, or its endpoint is not of that protocol or not reached."""
    if protocol not in PROTOCOLS:
        raise SnsError(f"Invalid parameter: Amazon SNS does not support this protocol string: {protocol}")
    if protocol in MAIL and not render.is_email(endpoint):
        raise SnsError(f"Invalid parameter: Email address: {endpoint!r}")
    if protocol == "sms" and not render.is_phone_number(endpoint):
        raise SnsError(f"Invalid parameter: Invalid SMS endpoint: {endpoint!r}, E.164 is needed: +15555550123")
    if protocol in ("http", "https"):
        if not endpoint.startswith(f"{protocol}://"):
            raise SnsError("Invalid parameter: Endpoint must match the specified protocol")
        if not is_here(endpoint):
            raise SnsError(
                f"Invalid parameter: Endpoint {endpoint!r} is not on this machine, and nothing leaves it: "
                f"the local AWS posts to {protocol}://127.0.0.1 and {protocol}://localhost only"
            )


def check_role(protocol: str, role: str) -> None:
    """SnsError when a delivery stream is subscribed without the role that may put to it."""
    if protocol == "firehose" and not role:
        raise SnsError("Invalid parameter: SubscriptionRoleArn is required for subscriptions of the protocol firehose")


def is_here(endpoint: str) -> bool:
    """Whether an address is of this machine's loopback; names other than localhost are not looked up."""
    try:
        host = urlsplit(endpoint).hostname or ""
    except ValueError:
        return False
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def check_topic(name: str, asked: Mapping[str, str], there: Mapping[str, str] | None) -> None:
    """SnsError when a topic cannot have the name, or is there with other attributes than those asked for."""
    if not TOPIC_NAME.fullmatch(name):
        raise SnsError("Invalid parameter: Topic Name")
    if there is not None and any(there.get(key, "") != value for key, value in asked.items()):
        raise SnsError("Invalid parameter: Attributes Reason: Topic already exists with different attributes")


def check_message(message: str, subject: str, structure: str) -> None:
    """SnsError when SNS would not publish it."""
    if not message:
        raise SnsError("Invalid parameter: Empty message")
    if len(subject) > LONGEST_SUBJECT or any(unicodedata.category(char) in NOT_IN_SUBJECTS for char in subject):
        raise SnsError("Invalid parameter: Subject")
    if structure == "json":
        try:
            texts = json.loads(message)
        except (ValueError, RecursionError):
            texts = None
        if not isinstance(texts, dict):
            raise SnsError("Invalid parameter: Message Structure - JSON message body failed to parse")
        if not isinstance(texts.get("default"), str):
            raise SnsError("Invalid parameter: Message Structure - No default entry in JSON message body")
    elif structure:
        raise SnsError("Invalid parameter: MessageStructure")
