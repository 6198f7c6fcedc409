"""The control API: what AWS has no API for (clock, inbox, in-application streams, errors, faults), as JSON.

Every request but GET /_workshop/health and the inbox's page carries the run's key in the header X-Workshop-Key.
"""

from __future__ import annotations

import asyncio
import hmac
import os
import re
from collections.abc import Callable, Mapping
from importlib.metadata import version
from typing import Any, Protocol, cast

from helpers.local_aws.answers import Answer, json_error, json_object, plain_json
from helpers.local_aws.clock import Clock, ClockError, Mode
from helpers.local_aws.errors import ErrorLog, ErrorRecord
from helpers.local_aws.faults import KINDS, FaultError, Faults
from helpers.local_aws.protocol import AwsError
from helpers.local_aws.sns.inbox import Inbox
from helpers.local_aws.sns.page import PATH, InboxPage

Query = Mapping[str, list[str]]
LONGEST_STEP = 366 * 24 * 3600  # seconds; dates end at the year 9999
MOST_ROWS = 10_000


class Applications(Protocol):
    """What the control API asks the analytics service."""

    def status(self, name: str) -> dict[str, Any]:
        """Status, streams, counters of an application."""

    def stream_rows(self, name: str, stream: str, after: int = 0, limit: int = 1000) -> dict[str, Any]:
        """Rows of an in-application stream."""


class Control:
    """Answers /_workshop/…"""

    def __init__(
        self,
        key: str,
        clock: Clock,
        inbox: Inbox,
        page: InboxPage,
        applications: Applications,
        errors: ErrorLog,
        faults: Faults,
    ) -> None:
        self._key = key.encode()
        self._clock = clock
        self._inbox = inbox
        self._page = page
        self._faults = faults
        self._applications = applications
        self._errors = errors
        self._routes: tuple[tuple[str, str, Callable[..., dict[str, Any]]], ...] = (
            ("GET", r"clock", self._get_clock),
            ("POST", r"clock", self._set_clock),
            ("POST", r"clock/step", self._step),
            ("GET", r"inbox", self._messages),
            ("POST", r"inbox/link", self._link),
            ("GET", r"faults", self._list_faults),
            ("POST", r"faults", self._set_fault),
            ("DELETE", r"faults(?:/([a-z0-9-]+))?", self._clear_faults),
            ("GET", r"applications/([^/]+)", self._application),
            ("GET", r"applications/([^/]+)/streams/([^/]+)", self._rows),
            ("GET", r"errors", self._list_errors),
        )

    async def answer(self, method: str, path: str, query: Query, headers: Mapping[str, str], body: bytes) -> Answer:
        """Answer one request; stepping the clock may take long, so the work is done in a worker thread."""
        if (method, path) == ("GET", "/_workshop/health"):
            return plain_json({"status": "ok", "pid": os.getpid(), "version": version("clickstream-workshop")})
        try:
            if (method, path) == ("GET", PATH):
                return self._page.answer(query, headers)
            if not hmac.compare_digest(headers.get("x-workshop-key", "").encode(), self._key):
                raise AwsError("AccessDenied", "X-Workshop-Key is missing or of another run.", 403)
            fn, names = self._route(method, path.removeprefix("/_workshop/"))
            return plain_json(
                await asyncio.to_thread(fn, *names, query=query, body=json_object(body, "ValidationException"))
            )
        except AwsError as error:
            return json_error(error)

    def _route(self, method: str, path: str) -> tuple[Callable[..., dict[str, Any]], tuple[str, ...]]:
        for verb, pattern, fn in self._routes:
            if verb == method and (match := re.fullmatch(pattern, path)):
                return fn, match.groups()
        raise AwsError("NotFound", f"The control API has no {method} /_workshop/{path}", 404)

    def _get_clock(self, *, query: Query, body: Any) -> dict[str, Any]:
        return {"mode": self._clock.mode, "now": self._clock.now()}

    def _set_clock(self, *, query: Query, body: Any) -> dict[str, Any]:
        try:
            self._clock.set_mode(cast(Mode, body.get("mode")))
        except ClockError as error:
            raise AwsError("ValidationException", str(error)) from error
        return self._get_clock(query=query, body=body)

    def _step(self, *, query: Query, body: Any) -> dict[str, Any]:
        seconds = body.get("seconds")
        if not isinstance(seconds, (int, float)) or isinstance(seconds, bool):
            raise AwsError("ValidationException", f"seconds is {seconds!r}: a number is needed")
        if seconds > LONGEST_STEP:
            raise AwsError("ValidationException", f"seconds is {seconds!r}: a year ({LONGEST_STEP}) at most at once")
        before = list(self._clock.errors)
        seen = {id(error) for error in before}
        try:
            self._clock.step(seconds)
        except ClockError as error:
            raise AwsError("ValidationException", str(error)) from error
        new = [error for error in self._clock.errors if id(error) not in seen]
        return self._get_clock(query=query, body=body) | {"errors": [_timer_error(error) for error in new]}

    def _messages(self, *, query: Query, body: Any) -> dict[str, Any]:
        return {"messages": self._inbox.messages(_number(query, "after", 0))}

    def _link(self, *, query: Query, body: Any) -> dict[str, Any]:
        return {"url": self._page.link()}

    def _list_faults(self, *, query: Query, body: Any) -> dict[str, Any]:
        return {"faults": self._faults.list(self._clock.now()), "kinds": KINDS}

    def _set_fault(self, *, query: Query, body: Any) -> dict[str, Any]:
        try:
            self._faults.set(body, self._clock.now())
        except FaultError as error:
            raise AwsError("ValidationException", str(error)) from error
        return self._list_faults(query=query, body=body)

    def _clear_faults(self, kind: str | None, *, query: Query, body: Any) -> dict[str, Any]:
        if kind is not None and kind not in KINDS:
            raise AwsError("ValidationException", f"there is no fault {kind!r}: there are {', '.join(KINDS)}")
        self._faults.clear(kind)
        return self._list_faults(query=query, body=body)

    def _application(self, name: str, *, query: Query, body: Any) -> dict[str, Any]:
        return self._applications.status(name)

    def _rows(self, name: str, stream: str, *, query: Query, body: Any) -> dict[str, Any]:
        after, limit = _number(query, "after", 0), _number(query, "limit", MOST_ROWS)
        return self._applications.stream_rows(name, stream, after, min(limit, MOST_ROWS))

    def _list_errors(self, *, query: Query, body: Any) -> dict[str, Any]:
        return {"errors": self._errors.list()}  # failed timers are among them: the clock logs them


def _timer_error(error: tuple[float, str, str]) -> ErrorRecord:
    time, name, text = error
    return {"time": time, "where": name, "error": text.strip().rpartition("\n")[2], "traceback": text}


def _number(query: Query, name: str, default: int) -> int:
    text = query.get(name, [str(default)])[0]
    if not text.isdecimal():
        raise AwsError("ValidationException", f"{name} is {text!r}: a whole number from 0 is needed")
    return int(text)
