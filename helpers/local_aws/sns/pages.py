"""The links of SNS mails, followed in a browser. The secret in the link is its permission."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from helpers.local_aws.answers import Answer, html


class Subscriptions(Protocol):
    """What the pages ask SNS."""

    def confirm(self, topic_arn: str, token: str) -> str | None:
        """Confirm; the subscription's ARN."""

    def unsubscribe(self, subscription_arn: str) -> bool:
        """Unsubscribe; whether there was such a subscription."""


class Pages:
    """GET /?Action=ConfirmSubscription… and GET /?Action=Unsubscribe…"""

    def __init__(self, subscriptions: Subscriptions) -> None:
        self._subscriptions = subscriptions

    def answer(self, query: Mapping[str, list[str]]) -> Answer | None:
        """The page, or None when the request is not for one."""
        action = _first(query, "Action")
        if action == "ConfirmSubscription" and "Token" in query:
            return self._confirm(_first(query, "TopicArn"), _first(query, "Token"))
        if action == "Unsubscribe" and "SubscriptionArn" in query and "X-Amz-Signature" not in query:
            return self._unsubscribe(_first(query, "SubscriptionArn"))
        return None

    def _confirm(self, topic_arn: str, token: str) -> Answer:
        arn = self._subscriptions.confirm(topic_arn, token)
        if arn is None:
            return html("Not confirmed", "This link is of a topic or a run of the local AWS that is gone.", 404)
        return html("Subscription confirmed!", f"You have successfully subscribed. Your subscription's id is: {arn}")

    def _unsubscribe(self, arn: str) -> Answer:
        if not self._subscriptions.unsubscribe(arn):
            return html("Nothing to end", "There is no such subscription (any more).", 404)
        return html("Subscription removed!", "You will not receive any more messages from this topic.")


def _first(query: Mapping[str, list[str]], name: str) -> str:
    return query.get(name, [""])[0]
