"""The alerts' way to people: subscriptions to confirm, messages that arrived."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs, urlsplit

from helpers.errors import WorkshopError
from helpers.workshop import Workshop

PENDING = "PendingConfirmation"
ON_AWS = "On aws Amazon SNS sends the confirmation mail for real: open it in your mailbox and follow its link."


def subscriptions(ws: Workshop) -> list[dict[str, str]]:
    """The subscriptions of the workshop's topics, one row each: topic, protocol, endpoint, state."""
    pages = ws.client("sns").get_paginator("list_subscriptions").paginate()
    return [
        {
            "topic": item["TopicArn"].rsplit(":", 1)[-1],
            "protocol": item["Protocol"],
            "endpoint": item["Endpoint"],
            "state": "pending" if item["SubscriptionArn"] == PENDING else "confirmed",
        }
        for page in pages
        for item in page["Subscriptions"]
    ]


def confirm_subscriptions(ws: Workshop) -> list[dict[str, str]]:
    """Follow the link of each pending confirmation mail; one row for each confirmed now: topic, endpoint.

    Running it again confirms nothing more. Raises WorkshopError on aws, where only you can read your mail.
    """
    if ws.target == "aws":
        raise WorkshopError(ON_AWS)
    pending = {(row["topic"], row["endpoint"]) for row in subscriptions(ws) if row["state"] == "pending"}
    confirmed = []
    for message in reversed(ws.inbox.messages()):  # the newest mail's token is the one that counts
        if not message["confirm_url"]:
            continue
        link = parse_qs(urlsplit(message["confirm_url"]).query)
        topic_arn, token = link["TopicArn"][0], link["Token"][0]
        row = (topic_arn.rsplit(":", 1)[-1], message["to"])
        if row in pending:
            ws.client("sns").confirm_subscription(TopicArn=topic_arn, Token=token)
            pending.remove(row)
            confirmed.append({"topic": row[0], "endpoint": row[1]})
    return confirmed[::-1]


def messages(ws: Workshop, after: int = 0) -> list[dict[str, Any]]:
    """The messages in the inbox with an id above `after`, one row each, ready for a DataFrame.

    Columns: id, received_at (ISO 8601, UTC), protocol, to, subject, body (of e-mails without the footer).
    Raises WorkshopError on aws.
    """
    return [
        {
            "id": message["id"],
            "received_at": message["received_at"],
            "protocol": message["protocol"],
            "to": message["to"],
            "subject": message["subject"],
            "body": text(message),
        }
        for message in ws.inbox.messages(after)
    ]


def text(message: Mapping[str, Any]) -> str:
    """What a message says, without the footer that Amazon SNS puts under e-mails."""
    body: str = message["body"]
    return body.split("\n\n--\n")[0]
