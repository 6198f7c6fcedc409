"""Why is there no output yet? The way from a record to a mail, step by step, with what each step waits for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from helpers.generator.observe import ON_AWS, THRESHOLD, WINDOW, Observation, clock_face
from helpers.generator.simulation import Status

RECENT = 6 * WINDOW  # seconds for which an anomaly counts as output of now


@dataclass(frozen=True)
class Step:
    """One step of the way: `done`, `waiting` (it will go on by itself) or `stuck` (somebody has to do something)."""

    state: Literal["done", "waiting", "stuck"]
    text: str


def answer(steps: list[Step]) -> str:
    """What there is to wait for or to do, in one sentence: the first step that is stuck, else the first not done."""
    for state in ("stuck", "waiting"):
        for step in steps:
            if step.state == state:
                return step.text
    return steps[-1].text if steps else ""


def explain(status: Status, seen: Observation) -> list[Step]:
    """The steps from a record to a mail, as far as there is something to tell.

    The first that cannot go on ends the list: what lies behind it cannot be known.
    """
    steps: list[Step] = []
    for step in _steps(status, seen):
        steps.append(step)
        if step.state == "stuck":
            break
    return steps


def _steps(status: Status, seen: Observation) -> Iterator[Step]:
    yield _application(seen)
    yield _traffic(status)
    yield _reading(status, seen)
    yield _window(seen)
    if seen.windows:
        yield _rate(seen)
        yield _forest(seen)
        yield _score(seen)
        yield _delivery(seen)


def _application(seen: Observation) -> Step:
    if seen.application == "RUNNING":
        return Step("done", "The application runs.")
    if seen.application in ("STARTING", "UPDATING"):
        return Step("waiting", f"The application is {seen.application}: it reads records in a moment.")
    if seen.application == ON_AWS or " " in seen.application:
        return Step("stuck", seen.application)  # a sentence already: what is missing, and what to do
    return Step("stuck", f"The application is {seen.application or 'not there'}: start it as chapter 04 does.")


def _traffic(status: Status) -> Step:
    account = status.account
    if account.failed:
        reason = account.last_error or "no reason was given"
        return Step("stuck", f"{_count(account.failed, 'record')} could not be delivered: {reason}.")
    if not status.running:
        sent = f" {account.sent:,} were sent until it was stopped." if account.sent else ""
        return Step("stuck", f"No records are being sent: press Start.{sent}")
    if not any(status.rates.values()):
        return Step("stuck", "All producers stand at 0 records a second: move a slider to the right.")
    if not account.acknowledged:
        return Step("waiting", "The first records are on their way to Firehose.")
    return Step("done", f"{_count(account.acknowledged, 'record')} of {account.sent:,} sent were taken by Firehose.")


def _reading(status: Status, seen: Observation) -> Step:
    read = seen.state.get("input", {})
    if not read.get("records"):
        return Step("waiting", "The application has read no record yet.")
    if read.get("errors"):
        why = f": {read['messages'][-1]}" if read.get("messages") else ""
        odd = f"; {read['errors']:,} do not fit the schema and are in error_stream{why}"
    else:
        odd = ""
    upto = f", and counted up to {clock(seen.watermark)}" if seen.watermark is not None else ""
    return Step("done", f"The application has read {_count(read['records'], 'record')}{upto}{odd}.")


def _window(seen: Observation) -> Step:
    state: Literal["done", "waiting"] = "done" if seen.windows else "waiting"
    if seen.open_until is None:
        return Step(state, "No window is open: the next record opens one.")
    held = f"it holds {records(seen.held)}"
    left = seen.open_until - (seen.watermark or seen.open_until)
    return Step(
        state,
        f"The window until {clock(seen.open_until)} is open for another {left:.0f} s; {held}, "
        "which are counted when it ends.",
    )


def _rate(seen: Observation) -> Step:
    last = seen.windows[-1]
    counted = f"{_count(last['clicks'], 'click')} and {_count(last['impressions'], 'impression')}"
    if last["ctr"] is None:
        return Step(
            "waiting",
            f"The last window ({last['minute']}) had {counted}: without both there is no click-through rate, "
            "and so no score.",
        )
    return Step("done", f"The last window ({last['minute']}) had {counted}: a CTR of {last['ctr']:.0f} %.")


def _forest(seen: Observation) -> Step:
    if seen.learning is None:
        return Step("done", "The forest has learnt what is usual.")
    known, needed = seen.learning
    missing = needed - known
    return Step(
        "waiting",
        f"The forest still learns, and scores nothing until then: {known} of {needed} windows seen, {missing} to come "
        f"({clock_face(missing * WINDOW)} minutes; Fast-forward saves them).",
    )


def _score(seen: Observation) -> Step:
    latest = seen.windows[-1]["offset"]
    if seen.anomalies and seen.anomalies[-1]["offset"] > latest - RECENT:
        last = seen.anomalies[-1]
        return Step("done", f"An anomaly at {last['minute']}: CTR {last['ctr']:.0f} %, score {last['score']:.2f}.")
    return Step(
        "waiting",
        f"The last windows scored no more than {THRESHOLD:g}, so the SQL let nothing through: their CTR is as usual. "
        "Press Burst for one that is not.",
    )


def _delivery(seen: Observation) -> Step:
    outputs = seen.state.get("outputs", [])
    if not outputs:
        return Step("stuck", "The application has no destination: connect the function as chapter 04 does.")
    delivered, lost, pending = (sum(output[key] for output in outputs) for key in ("delivered", "lost", "pending"))
    reason = next((f": {output['last_error']}" for output in outputs if output["last_error"]), "")
    if lost:
        return Step("stuck", f"{_count(lost, 'row')} could not be delivered to the function{reason}.")
    if pending:
        waits = "waits" if pending == 1 else "wait"
        return Step("waiting", f"{_count(pending, 'row')} {waits} for the function{reason}.")
    if not delivered:
        return Step("waiting", "The function gets a row as soon as there is one.")
    alarms = [message for message in seen.messages if not message.get("confirm_url")]
    if not alarms:
        return Step(
            "stuck",
            f"The function got {_count(delivered, 'row')}, but nobody confirmed a subscription: "
            "run ws.inbox.confirm_all(), as chapter 01 does.",
        )
    return Step("done", f"The function got {_count(delivered, 'row')}, the inbox {_count(len(alarms), 'alarm')}.")


def records(held: dict[str, int]) -> str:
    """Records by browseraction in words.

    >>> records({"Impression": 5, "Click": 1})
    '1 click and 5 impressions'
    >>> records({})
    'no records'
    """
    parts = [
        _count(number, "other record" if action == "other" else action.lower())
        for action, number in sorted(held.items())
    ]
    return " and ".join(filter(None, [", ".join(parts[:-1]), *parts[-1:]])) or "no records"


def clock(moment: float) -> str:
    """A moment (epoch seconds) as people read it.

    >>> clock(1_792_324_880)
    '12:01:20 UTC'
    """
    return f"{datetime.fromtimestamp(moment, UTC):%H:%M:%S} UTC"


def _count(number: int, thing: str) -> str:
    return f"{number:,} {thing}{'' if number == 1 else 's'}"
