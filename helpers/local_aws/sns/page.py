"""The inbox as a page for a browser on this machine: no script, nothing loaded from anywhere.

The run's key never stands in an address. Whoever has it asks for a link, good for one visit within a minute;
the visit sets a cookie (HttpOnly, SameSite=Strict, for this path only) that shows the page until the run ends.
"""

from __future__ import annotations

import hmac
import secrets
import threading
import time
from collections.abc import Mapping
from http.cookies import CookieError, SimpleCookie
from xml.sax.saxutils import escape, quoteattr

from helpers.local_aws.answers import Answer
from helpers.local_aws.protocol import AwsError
from helpers.local_aws.sns.inbox import Inbox, Message

PATH = "/_workshop/inbox/page"
COOKIE = "workshop_inbox"
VALID = 60  # seconds for which a link can be followed
HEADERS = {
    "content-type": "text/html; charset=utf-8",
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cache-control": "no-store",
}


class InboxPage:
    """GET /_workshop/inbox/page, and the links to it."""

    def __init__(self, inbox: Inbox, url: str) -> None:
        self._inbox = inbox
        self._url = url
        self._cookie = secrets.token_urlsafe(24)
        self._links: dict[str, float] = {}  # token → when it ends, by the machine's own monotonic clock
        self._guard = threading.Lock()

    def link(self) -> str:
        """An address that shows the inbox to the first who follows it."""
        token = secrets.token_urlsafe(24)
        with self._guard:
            self._links[token] = time.monotonic() + VALID
        return f"{self._url}{PATH}?token={token}"

    def answer(self, query: Mapping[str, list[str]], headers: Mapping[str, str]) -> Answer:
        """The page, the cookie and the way to it, or AccessDenied."""
        if token := query.get("token", [""])[0]:
            with self._guard:
                ends = self._links.pop(token, 0.0)
            if ends < time.monotonic():
                raise AwsError(
                    "AccessDenied", "This link was used already or is too old: `workshop inbox --page`.", 403
                )
            cookie = f"{COOKIE}={self._cookie}; Path={PATH}; HttpOnly; SameSite=Strict"
            return Answer(303, HEADERS | {"location": PATH, "set-cookie": cookie}, b"")
        if not hmac.compare_digest(_cookie(headers).encode(), self._cookie.encode()):
            raise AwsError("AccessDenied", "Open this page with `workshop inbox --page`.", 403)
        return Answer(200, HEADERS, page(self._inbox.messages()).encode())


def page(messages: list[Message]) -> str:
    """The inbox in HTML, the newest message first."""
    found = "".join(_article(message) for message in reversed(messages)) or "<p>No messages yet.</p>"
    return (
        "<!doctype html><html lang=en><meta charset=utf-8><title>Inbox of the local AWS</title>"
        f"<h1>Inbox of the local AWS</h1>{found}</html>"
    )


def _article(message: Message) -> str:
    kind = "E-mail" if message["protocol"] == "email" else "SMS"
    subject = f"<h3>{escape(message['subject'])}</h3>" if message["subject"] else ""
    link = message["confirm_url"]
    confirm = f"<p><a href={quoteattr(link)}>Confirm subscription</a></p>" if link else ""
    return (
        f"<article><h2>{message['id']}. {kind} to {escape(message['to'])}</h2>"
        f"<p>{escape(message['received_at'])} from {escape(message['sender'])}</p>{subject}"
        f"<pre>{escape(message['body'])}</pre>{confirm}</article><hr>"
    )


def _cookie(headers: Mapping[str, str]) -> str:
    try:
        found = SimpleCookie(headers.get("cookie", "")).get(COOKIE)
    except CookieError:
        return ""
    return found.value if found else ""
