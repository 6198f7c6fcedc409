"""SNS e-mail and SMS, put into ministack's SNS at named places.

ministack keeps topics and subscriptions and delivers to SQS, Lambda and HTTP, the last on this machine only. Ours:
the confirmation step (an e-mail subscriber gets nothing until confirmed), what is refused (refusals.py), delivery of
e-mail and SMS into the inbox, and time from the workshop's clock. ministack changes topics on its event loop and in
CloudFormation's threads; whatever is wrapped here takes one lock, held for moments, never over the network.

Everything of it that must last is in ministack's own subscription records (which the control plane keeps) and
in the inbox. Throttles: ten e-mails a second to a subscription, above which SNS ends it (on the real clock: no
second passes on one that stands still), and the spending limit for SMS (sms.py).

What it does not do: delete subscriptions that were never confirmed, the SMS sandbox, opt-outs.
"""

from __future__ import annotations

import logging
import threading
import time
import uuid
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractContextManager
from typing import Any
from urllib.parse import parse_qs

from ministack.core.responses import get_account_id, get_region, request_scope
from ministack.services import sns

from helpers.local_aws.clock import Clock
from helpers.local_aws.sns import refusals, render
from helpers.local_aws.sns.inbox import Inbox
from helpers.local_aws.sns.refusals import MAIL, SnsError
from helpers.local_aws.sns.sms import SmsError, Texts, attributes_xml

Params = dict[str, Any]
Answer = tuple[int, dict[str, str], bytes]
Handler = Callable[[str, str, Mapping[str, str], bytes, Any], Awaitable[Answer]]
Subscription = dict[str, Any]
TOKEN_VALID = 2 * 24 * 3600  # seconds
MAILS_A_SECOND = 10  # to one subscription
log = logging.getLogger(__name__)


class Sns:
    """E-mail and SMS of the local AWS; `install()` puts them into ministack, once a process."""

    def __init__(self, clock: Clock, inbox: Inbox, texts: Texts, url: str, keep: Callable[[], None]) -> None:
        self._clock = clock
        self._inbox = inbox
        self._texts = texts
        self._url = url
        self._lock = threading.RLock()
        self._keep = keep  # writes ministack's records: a link that is followed is no request that does it
        self._mailed: dict[str, deque[float]] = {}  # subscription → when, the last ten times

    def install(self) -> None:
        """Take the named places over; everything else of ministack's SNS stays."""
        sns.time = _ClockTime(self._clock)
        sns._http_post_sync = _staying_here(sns._http_post_sync)
        for name, wrapper in (
            ("_validate_subscription_endpoint", self._validate),
            ("_create_topic", self._create_topic),
            ("_subscribe", self._subscribe),
            ("_confirm_subscription", self._confirm),
            ("_unsubscribe", self._unsubscribe),
            ("_list_subscriptions", self._list),
            ("_list_subscriptions_by_topic", self._list),
            ("_publish", self._publish),
            ("_fanout", self._fanout),
        ):
            setattr(sns, name, _wrap(getattr(sns, name), wrapper, self._lock))

    def adopt(self, topic_arn: str) -> None:
        """Ask the new e-mail subscribers of a topic for their confirmation, however they were subscribed."""
        with self._lock:
            topic = sns._topics.get(topic_arn)
            for subscription in topic["subscriptions"] if topic else ():
                if subscription["protocol"] in MAIL and "asked" not in subscription:
                    self._ask(subscription)
            if topic:
                sns._refresh_subscription_counts(topic)

    def check(self, protocol: str, endpoint: str, role: str = "") -> None:
        """SnsError when SNS would refuse the subscription; `role` is that of a delivery stream's."""
        refusals.check_endpoint(protocol, endpoint)
        refusals.check_role(protocol, role)

    def confirm(self, topic_arn: str, token: str, authenticated: bool = False) -> str | None:
        """Confirm by token, in a signed request or by the link of the mail; the subscription's ARN, or None when the
        token is not of this topic."""
        with self._lock, _scope(topic_arn):
            topic = sns._topic_by_arn_any_scope(topic_arn)
            for subscription in topic["subscriptions"] if topic else ():
                if subscription.get("token") != token:
                    continue
                asked = subscription.get("asked", self._clock.now())  # ministack, which asks http endpoints, notes none
                if self._clock.now() > asked + TOKEN_VALID:
                    return None
                if not subscription["confirmed"]:  # a second click is no error
                    subscription["confirmed"] = True
                    shown = _attributes(subscription) | {"ConfirmationWasAuthenticated": str(authenticated).lower()}
                    subscription["attributes"].update(shown)
                    sns._refresh_subscription_counts(topic)
                    self._keep()
                arn: str = subscription["arn"]
                return arn
            return None

    def unsubscribe(self, subscription_arn: str) -> bool:
        """End a subscription; False when there is none of that ARN."""
        with self._lock, _scope(subscription_arn):
            known = subscription_arn in sns._sub_arn_to_topic
            sns._unsubscribe({"SubscriptionArn": subscription_arn})
            self._keep()
            return known

    def _ask(self, subscription: Subscription) -> None:
        token = uuid.uuid4().hex + uuid.uuid4().hex
        subscription.update(asked=self._clock.now(), confirmed=False, token=token)
        subscription["attributes"] = _attributes(subscription) | subscription["attributes"]
        subscription["attributes"]["PendingConfirmation"] = "true"
        subscription["attributes"]["ConfirmationWasAuthenticated"] = "false"
        self._mail_confirmation(subscription)

    def _mail_confirmation(self, subscription: Subscription) -> None:
        url = render.confirm_url(self._url, subscription["topic_arn"], subscription["token"])
        text = render.confirmation(subscription["topic_arn"], url)
        if subscription["protocol"] == "email-json":
            text = render.confirmation_json(
                subscription["topic_arn"], subscription["token"], url, str(uuid.uuid4()), self._clock.now()
            )
        sender = render.sender(sns._topics[subscription["topic_arn"]]["attributes"].get("DisplayName", ""))
        self._inbox.add("email", subscription["endpoint"], text, render.CONFIRMATION_SUBJECT, url, sender=sender)

    def handler(self, theirs: Handler) -> Handler:
        """ministack's SNS and the two operations for SMS attributes, which it lacks."""

        async def handle(method: str, path: str, headers: Mapping[str, str], body: bytes, query: Any) -> Answer:
            params = parse_qs(body.decode("utf-8", errors="replace"), keep_blank_values=True)
            action = sns._p(params, "Action")
            if action == "GetSMSAttributes":
                wanted = set(_members(params, "attributes.member.{}"))
                found = self._texts.attributes
                shown = {name: value for name, value in found.items() if not wanted or name in wanted}
                return _xml("GetSMSAttributes", attributes_xml(shown))
            if action == "SetSMSAttributes":
                names = _members(params, "attributes.entry.{}.key")
                try:
                    self._texts.set(dict(zip(names, _members(params, "attributes.entry.{}.value"), strict=True)))
                except SmsError as error:
                    return _invalid(str(error))
                return _xml("SetSMSAttributes", "")
            return await theirs(method, path, headers, body, query)

        return handle

    def _validate(self, original: Callable[..., Answer | None], protocol: str, endpoint: str) -> Answer | None:
        try:
            refusals.check_endpoint(protocol, endpoint)
        except SnsError as error:
            return _invalid(str(error))
        if original(protocol, endpoint):
            return _invalid(f"Invalid parameter: {protocol.upper()} endpoint ARN")
        return None

    def _create_topic(self, original: Callable[[Params], Answer], params: Params) -> Answer:
        name = sns._p(params, "Name")
        there = sns._topics.get(f"arn:aws:sns:{get_region()}:{get_account_id()}:{name}")
        names = _members(params, "Attributes.entry.{}.key")
        asked = dict(zip(names, _members(params, "Attributes.entry.{}.value"), strict=False))
        try:
            refusals.check_topic(name, asked, there["attributes"] if there else None)
        except SnsError as error:
            return _invalid(str(error))
        return original(params)

    def _subscribe(self, original: Callable[[Params], Answer], params: Params) -> Answer:
        protocol, endpoint = sns._p(params, "Protocol"), sns._p(params, "Endpoint")
        names = _members(params, "Attributes.entry.{}.key")
        asked = dict(zip(names, _members(params, "Attributes.entry.{}.value"), strict=False))
        try:
            refusals.check_role(protocol, asked.get("SubscriptionRoleArn", ""))
        except SnsError as error:
            return _invalid(str(error))
        answer = original(params)
        if answer[0] >= 300 or protocol not in MAIL:
            return answer
        topic_arn = sns._normalize_arn(sns._p(params, "TopicArn"))
        mine = next(
            item
            for item in sns._topics[topic_arn]["subscriptions"]
            if (item["protocol"], item["endpoint"]) == (protocol, endpoint)
        )
        if "asked" in mine and not mine["confirmed"]:
            mine["asked"] = self._clock.now()
            self._mail_confirmation(mine)  # subscribing again sends the mail again
        self.adopt(topic_arn)
        shown = mine["arn"]
        if not mine["confirmed"] and sns._p(params, "ReturnSubscriptionArn").lower() != "true":
            shown = "pending confirmation"
        return _xml("Subscribe", f"<SubscriptionArn>{shown}</SubscriptionArn>")

    def _confirm(self, original: Callable[[Params], Answer], params: Params) -> Answer:
        topic_arn = sns._normalize_arn(sns._p(params, "TopicArn"))
        if sns._topic_by_arn_any_scope(topic_arn) is None:
            return original(params)
        arn = self.confirm(topic_arn, sns._p(params, "Token"), authenticated=True)
        if arn is None:
            return _invalid("Invalid parameter: Token")
        return _xml("ConfirmSubscription", f"<SubscriptionArn>{arn}</SubscriptionArn>")

    def _unsubscribe(self, original: Callable[[Params], Answer], params: Params) -> Answer:
        arn = sns._p(params, "SubscriptionArn")
        if not arn.startswith("arn:"):
            return _invalid(f"Invalid parameter: SubscriptionArn Reason: {arn} is not an ARN")
        return original(params)

    def _list(self, original: Callable[[Params], Answer], params: Params) -> Answer:
        """Subscriptions not yet confirmed show the word PendingConfirmation for an ARN."""
        status, headers, body = original(params)
        for topic in sns._topics.values():
            for item in topic["subscriptions"]:
                if not item.get("confirmed"):
                    body = body.replace(f">{item['arn']}<".encode(), b">PendingConfirmation<")
        return status, headers, body

    def _publish(self, original: Callable[[Params], Answer], params: Params) -> Answer:
        phone_number = sns._p(params, "PhoneNumber")
        try:
            refusals.check_message(
                sns._p(params, "Message"), sns._p(params, "Subject"), sns._p(params, "MessageStructure")
            )
        except SnsError as error:
            return _invalid(str(error))
        if phone_number and not render.is_phone_number(phone_number):
            return _invalid(f"Invalid parameter: PhoneNumber Reason: {phone_number} is not valid to publish to")
        if phone_number and len(sns._p(params, "Message")) > render.LONGEST_SMS:
            return _invalid("Invalid parameter: Message too long")
        answer = original(params)
        if phone_number and answer[0] < 300:
            self._texts.deliver(phone_number, sns._p(params, "Message"))
        return answer

    def _fanout(
        self,
        original: Callable[..., None],
        topic_arn: str,
        msg_id: str,
        message: str,
        subject: str,
        message_structure: str = "",
        message_attributes: dict[str, Any] | None = None,
        **more: Any,
    ) -> None:
        topic = sns._topic_by_arn_any_scope(topic_arn)
        for item in topic["subscriptions"] if topic else ():
            text = sns._resolve_message_for_protocol(message, message_structure, item["protocol"])
            if item.get("confirmed") and sns._matches_filter_policy(item, message_attributes or {}, text):
                self._deliver(topic, item, text, subject, msg_id, message_attributes or {})
        original(topic_arn, msg_id, message, subject, message_structure, message_attributes, **more)

    def _deliver(
        self,
        topic: dict[str, Any],
        item: Subscription,
        text: str,
        subject: str,
        msg_id: str,
        attributes: Params,
    ) -> None:
        if item["protocol"] == "sms":
            shown = render.sms(text, topic["attributes"].get("DisplayName", ""))
            self._texts.deliver(item["endpoint"], shown)
        if item["protocol"] not in MAIL:
            return
        if self._too_many(item["arn"]):
            self._disable(topic, item)
            return
        body = render.notification(text, render.unsubscribe_url(self._url, item["arn"]))
        if item["protocol"] == "email-json":
            body = sns._build_envelope(topic["arn"], msg_id, text, subject, attributes, False)
        sender = render.sender(topic["attributes"].get("DisplayName", ""))
        self._inbox.add("email", item["endpoint"], body, subject or render.DEFAULT_SUBJECT, sender=sender)

    def _too_many(self, subscription_arn: str) -> bool:
        now = self._clock.now()
        times = self._mailed.setdefault(subscription_arn, deque(maxlen=MAILS_A_SECOND))
        full = len(times) == MAILS_A_SECOND and now - times[0] < 1
        times.append(now)
        return full and self._clock.mode == "real"

    def _disable(self, topic: dict[str, Any], item: Subscription) -> None:
        """As SNS does above the delivery rate: nothing is sent until the subscriber confirms again."""
        item["confirmed"] = False
        item["attributes"]["PendingConfirmation"] = "true"
        sns._refresh_subscription_counts(topic)
        log.error(
            "more than %d e-mails a second to %s: SNS has disabled the subscription, subscribe it again",
            MAILS_A_SECOND,
            item["endpoint"],
        )


class _ClockTime:
    """The part of the `time` module that ministack's SNS uses, by the workshop's clock."""

    def __init__(self, clock: Clock) -> None:
        self.time = clock.now

    def gmtime(self) -> time.struct_time:
        return time.gmtime(self.time())

    def strftime(self, pattern: str, moment: time.struct_time) -> str:
        return time.strftime(pattern, moment)


def _wrap(original: Callable[..., Any], wrapper: Callable[..., Any], lock: threading.RLock) -> Callable[..., Any]:
    def wrapped(*args: Any, **kwargs: Any) -> Any:
        with lock:
            return wrapper(original, *args, **kwargs)

    return wrapped


def _staying_here(original: Callable[..., int]) -> Callable[..., int]:
    def post(endpoint: str, *more: Any) -> int:
        if not refusals.is_here(endpoint):  # of an earlier release's subscription
            raise OSError(f"{endpoint} is not on this machine: nothing is posted to it")
        return original(endpoint, *more)

    return post


def _scope(arn: str) -> AbstractContextManager[None]:
    """ministack keeps topics by account and region of the request; a followed link is of the ARN's own."""
    parts = [*arn.split(":"), "", "", "", "", ""]
    scope: AbstractContextManager[None] = request_scope(parts[4], parts[3])
    return scope


def _attributes(subscription: Subscription) -> dict[str, str]:
    return {
        "SubscriptionArn": subscription["arn"],
        "TopicArn": subscription["topic_arn"],
        "Protocol": subscription["protocol"],
        "Endpoint": subscription["endpoint"],
        "Owner": subscription["owner"],
        "ConfirmationWasAuthenticated": "true",
        "PendingConfirmation": "false",
        "RawMessageDelivery": "false",
    }


def _members(params: Mapping[str, list[str]], name: str) -> list[str]:
    """The members of a list in a form, numbered from 1."""
    found: list[str] = []
    while (key := name.format(len(found) + 1)) in params:
        found.append(params[key][0])
    return found


def _invalid(message: str) -> Answer:
    answer: Answer = sns._error("InvalidParameter", message, 400)
    return answer


def _xml(operation: str, inner: str) -> Answer:
    answer: Answer = sns._xml(200, f"{operation}Response", f"<{operation}Result>{inner}</{operation}Result>")
    return answer
