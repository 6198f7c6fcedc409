"""Why is there no output yet: each reason there is, and the sentence for it."""

from dataclasses import replace
from typing import Any

import pytest

from helpers.generator.observe import ON_AWS, Observation, window
from helpers.generator.sender import Account
from helpers.generator.simulation import PRODUCERS, Status
from helpers.panels.waiting import Step, answer, explain, records

NOON = 1_792_324_800.0  # 2026-10-18T12:00:00Z
RATES = {name: rate for name, _, rate in PRODUCERS}
RUNNING = Status(True, 60.0, RATES, 0.0, 2.0, Account(1200, 1190), "")
OUTPUT = {"stream": "DESTINATION_SQL_STREAM", "delivered": 1, "failed": 0, "lost": 0, "pending": 0, "last_error": None}
STATE: dict[str, Any] = {"input": {"records": 1234, "errors": 0, "messages": []}, "outputs": [OUTPUT]}
MAIL = {"id": 2, "protocol": "email", "confirm_url": None}
CONFIRMATION = {"id": 1, "protocol": "email", "confirm_url": "http://127.0.0.1/"}
ANOMALY = {"minute": "0:20", "offset": 20, "ctr": 400.0, "score": 3.25}
SEEN = Observation(
    "RUNNING",
    NOON + 23.0,
    None,
    [window(10, 9, 10, 90.0), window(20, 40, 10, 400.0)],
    [ANOMALY],
    None,
    [CONFIRMATION, MAIL],
    STATE,
    NOON + 30.0,
    {"Click": 1, "Impression": 5},
)


def reason(status: Status = RUNNING, **changes: Any) -> str:
    return answer(explain(status, replace(SEEN, **changes)))


def test_with_a_mail_there_is_nothing_left_to_explain() -> None:
    steps = explain(RUNNING, SEEN)
    assert [step.state for step in steps] == ["done"] * 8
    assert [step.text for step in steps] == [
        "The application runs.",
        "1,190 records of 1,200 sent were taken by Firehose.",
        "The application has read 1,234 records, and counted up to 12:00:23 UTC.",
        "The window until 12:00:30 UTC is open for another 7 s; it holds 1 click and 5 impressions, which are counted "
        "when it ends.",
        "The last window (0:20) had 40 clicks and 10 impressions: a CTR of 400 %.",
        "The forest has learnt what is usual.",
        "An anomaly at 0:20: CTR 400 %, score 3.25.",
        "The function got 1 row, the inbox 1 alarm.",
    ]
    assert answer(steps) == steps[-1].text


@pytest.mark.parametrize(
    ("application", "told"),
    [
        ("READY", "The application is READY: start it as chapter 04 does."),
        ("", "The application is not there: start it as chapter 04 does."),
        ("There is no application: run chapter 04.", "There is no application: run chapter 04."),
        (ON_AWS, ON_AWS),
    ],
)
def test_an_application_that_does_not_run_ends_the_list(application: str, told: str) -> None:
    steps = explain(RUNNING, replace(SEEN, application=application))
    assert steps == [Step("stuck", told)]


def test_an_application_that_starts_is_waited_for() -> None:
    assert reason(application="STARTING") == "The application is STARTING: it reads records in a moment."


def test_traffic_that_is_off_or_at_zero_or_refused() -> None:
    assert reason(replace(RUNNING, running=False)).startswith("No records are being sent: press Start. 1,200 were sent")
    assert reason(replace(RUNNING, running=False, account=Account())) == "No records are being sent: press Start."
    assert "move a slider" in reason(replace(RUNNING, rates=dict.fromkeys(RATES, 0.0)))
    assert reason(replace(RUNNING, account=Account(5, 4, 0, 1, "no such stream"))) == (
        "1 record could not be delivered: no such stream."
    )
    assert "on their way to Firehose" in reason(replace(RUNNING, account=Account(1, 0)))


def test_records_that_are_not_read_or_do_not_fit() -> None:
    unread = STATE | {"input": {"records": 0, "errors": 0, "messages": []}}
    assert reason(state=unread, windows=[]) == "The application has read no record yet."
    odd = STATE | {"input": {"records": 9, "errors": 2, "messages": ["row 1", "not JSON"]}}
    assert (
        "2 do not fit the schema and are in error_stream: not JSON."
        in explain(RUNNING, replace(SEEN, state=odd))[2].text
    )


def test_the_first_window_is_waited_for() -> None:
    assert reason(windows=[]) == (
        "The window until 12:00:30 UTC is open for another 7 s; it holds 1 click and 5 impressions, which are counted "
        "when it ends."
    )
    assert reason(windows=[], open_until=None, held={}) == "No window is open: the next record opens one."


def test_a_window_without_clicks_has_no_rate() -> None:
    assert reason(windows=[window(20, 0, 10, None)], anomalies=[]) == (
        "The last window (0:20) had 0 clicks and 10 impressions: without both there is no click-through rate, "
        "and so no score."
    )


def test_a_forest_that_learns() -> None:
    assert reason(learning=(5, 12), anomalies=[]) == (
        "The forest still learns, and scores nothing until then: 5 of 12 windows seen, 7 to come "
        "(1:10 minutes; Fast-forward saves them)."
    )


def test_usual_traffic_scores_too_low() -> None:
    assert reason(anomalies=[]).startswith("The last windows scored no more than 2")
    long_ago = [window(10 * n, 9, 10, 90.0) for n in range(1, 9)]
    assert reason(windows=long_ago).startswith("The last windows scored no more than 2")


def test_rows_that_do_not_reach_the_function_or_the_inbox() -> None:
    def output(**changes: Any) -> dict[str, Any]:
        return STATE | {"outputs": [OUTPUT | changes]}

    assert "connect the function" in reason(state=STATE | {"outputs": []})
    assert reason(state=output(pending=2, last_error="it failed")) == "2 rows wait for the function: it failed."
    assert reason(state=output(pending=1)) == "1 row waits for the function."
    assert reason(state=output(lost=1, last_error="gone")) == "1 row could not be delivered to the function: gone."
    assert reason(state=output(delivered=0)) == "The function gets a row as soon as there is one."
    assert "nobody confirmed a subscription" in reason(messages=[CONFIRMATION])


def test_what_is_stuck_goes_before_what_is_waited_for() -> None:
    assert answer([Step("waiting", "a"), Step("stuck", "b")]) == "b"
    assert answer([Step("done", "a"), Step("waiting", "b"), Step("waiting", "c")]) == "b"
    assert answer([]) == ""


def test_records_in_words() -> None:
    assert records({"Impression": 1, "Click": 2, "other": 3}) == "2 clicks, 1 impression and 3 other records"
    assert records({}) == "no records"
