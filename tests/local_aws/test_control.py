"""The control API over the wire."""

import asyncio
import http.client
import json
import logging
import re
from typing import Any, cast

import pytest

from helpers import local_process
from helpers.errors import WorkshopError
from helpers.local_aws.clock import Clock
from helpers.local_aws.control import Control
from helpers.local_aws.errors import ErrorLog
from helpers.local_process import State


def ask(state: State, method: str, path: str, body: Any = None) -> Any:
    return local_process.request(state, method, f"/_workshop/{path}", body)


def test_a_step_of_more_than_a_year_is_refused(local_aws: State) -> None:
    with pytest.raises(WorkshopError, match="a year"):
        ask(local_aws, "POST", "clock/step", {"seconds": 1e15})
    assert ask(local_aws, "GET", "clock")["now"] < 1e11


def test_health_needs_no_key(local_aws: State) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", local_aws.port, timeout=10)
    connection.request("GET", "/_workshop/health")
    health = json.loads(connection.getresponse().read())
    connection.close()
    assert (health["status"], health["pid"]) == ("ok", local_aws.pid)
    assert re.fullmatch(r"\d+\.\d+\.\d+", health["version"])


@pytest.mark.parametrize("headers", [{}, {"X-Workshop-Key": "guess"}, {"X-Workshop-Key": "é"}])
def test_everything_else_needs_the_key(local_aws: State, headers: dict[str, str]) -> None:
    for path in ("clock", "inbox", "errors", "nothing"):
        connection = http.client.HTTPConnection("127.0.0.1", local_aws.port, timeout=10)
        connection.request("GET", f"/_workshop/{path}", headers=headers)
        assert connection.getresponse().status == 403
        connection.close()


def test_time_stands_still_until_stepped(local_aws: State) -> None:
    before = ask(local_aws, "GET", "clock")
    assert before == ask(local_aws, "GET", "clock")
    assert before["mode"] == "stepped"
    after = ask(local_aws, "POST", "clock/step", {"seconds": 1.5})
    assert after == {"mode": "stepped", "now": before["now"] + 1.5, "errors": []}


def test_the_clock_can_run_for_a_while(local_aws: State) -> None:
    before = ask(local_aws, "GET", "clock")["now"]
    assert ask(local_aws, "POST", "clock", {"mode": "real"})["mode"] == "real"
    stopped = ask(local_aws, "POST", "clock", {"mode": "stepped"})
    assert stopped["mode"] == "stepped"
    assert before < stopped["now"] < before + 60


@pytest.mark.parametrize(
    ("method", "path", "body", "message"),
    [
        ("POST", "clock", {"mode": "fast"}, "unknown clock mode 'fast'"),
        ("POST", "clock/step", {"seconds": "1"}, "seconds is '1': a number is needed"),
        ("POST", "clock/step", {"seconds": -1}, "time moves ahead"),
        ("POST", "clock/step", [1], "not a JSON object"),
        ("GET", "inbox?after=x", None, "after is 'x': a whole number"),
        ("GET", "nothing", None, "has no GET /_workshop/nothing"),
        ("DELETE", "clock", None, "has no DELETE /_workshop/clock"),
        ("GET", "applications/unknown-application", None, "unknown-application"),
    ],
)
def test_wrong_requests_are_explained(local_aws: State, method: str, path: str, body: Any, message: str) -> None:
    with pytest.raises(WorkshopError, match=re.escape(message)):
        ask(local_aws, method, path, body)


def test_errors_are_a_list(local_aws: State) -> None:
    assert isinstance(ask(local_aws, "GET", "errors")["errors"], list)


def test_a_failed_timer_is_listed_once_and_a_logged_error_too() -> None:
    clock = Clock("stepped", 5)
    errors, nothing = ErrorLog(clock), cast(Any, None)
    logger = logging.getLogger("helpers.local_aws")
    logger.addHandler(errors)
    try:
        clock.call_in(1, lambda: [].pop() and None, "delivery")
        clock.step(1)
        logger.error("7 records lost")
        control = Control("key", clock, nothing, nothing, nothing, errors, nothing)
        answer = asyncio.run(control.answer("GET", "/_workshop/errors", {}, {"x-workshop-key": "key"}, b""))
    finally:
        logger.removeHandler(errors)
        clock.close()
    timer, lost = json.loads(answer.body)["errors"]
    assert (timer["time"], timer["error"]) == (6, "timer delivery failed: IndexError('pop from empty list')")
    assert "test_control.py" in timer["traceback"]
    assert (lost["where"], lost["error"], lost["traceback"]) == ("helpers.local_aws", "7 records lost", "")
