"""The inbox as a page: who may see it, and that it shows what was sent as text."""

import urllib.error
import urllib.request
from http.cookiejar import CookieJar

import boto3
import pytest

from helpers.local_aws.clock import Clock
from helpers.local_aws.protocol import AwsError
from helpers.local_aws.sns import page
from helpers.local_aws.sns.inbox import Inbox
from helpers.workshop import Workshop


def test_a_link_shows_it_to_one_visitor_once(workshop: Workshop) -> None:
    boto3.client("sns").publish(PhoneNumber="+15555550177", Message="<script>alert(1)</script> & co")
    url = workshop.inbox.page()
    browser, other = (urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar())) for _ in range(2))
    for address in (url, url.partition("?")[0]):  # the link, then the same page once more
        with browser.open(address, timeout=10) as answer:
            shown = answer.read().decode()
            assert "token" not in answer.url
            assert answer.headers["content-security-policy"].startswith("default-src 'none'")
            assert answer.headers["cache-control"] == "no-store"
        assert "SMS to +15555550177" in shown
        assert "&lt;script&gt;alert(1)&lt;/script&gt; &amp; co" in shown
        assert "<script" not in shown
    for address in (url, url.partition("?")[0]):  # another visitor, with and without the used link
        with pytest.raises(urllib.error.HTTPError) as refused:
            other.open(address, timeout=10)
        with refused.value:
            assert refused.value.code == 403


def test_a_link_ends_and_a_cookie_is_not_guessed(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock("stepped", 0)
    made = page.InboxPage(Inbox(clock), "http://127.0.0.1:1")
    clock.close()
    token = made.link().partition("token=")[2]
    later = page.time.monotonic() + page.VALID + 1
    with monkeypatch.context() as patched:
        patched.setattr(page.time, "monotonic", lambda: later)
        with pytest.raises(AwsError, match="too old"):
            made.answer({"token": [token]}, {})
    for cookie in ("", "workshop_inbox=", "workshop_inbox=x", "\x00=;", "other=1"):
        with pytest.raises(AwsError, match="workshop inbox --page"):
            made.answer({}, {"cookie": cookie})


def test_addresses_and_links_cannot_break_out() -> None:
    clock = Clock("stepped", 0)
    inbox = Inbox(clock)
    inbox.add("email", 'a"<b>@example.com', "</pre><b>", "<i>", 'http://127.0.0.1/?"><script>', sender="<s>")
    clock.close()
    shown = page.page(inbox.messages())
    for wrong in ("<b>", "<i>", "<s>", "<script>", "</pre><"):
        assert wrong not in shown.replace("</pre><p>", "")
    assert "No messages yet" in page.page([])
