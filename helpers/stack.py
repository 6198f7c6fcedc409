"""A track's stacks, the first of which chapter 01 deploys: deploy, watch, read the outputs.

Plain CloudFormation calls, the same for the local and the real AWS. `render` and `parameters` are those of
`template`, here because chapter 01 has one module.
"""

import html
import secrets
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from helpers.errors import WorkshopError
from helpers.template import TEMPLATE, check
from helpers.template import parameters as parameters
from helpers.template import render as render
from helpers.template import resources as expected

if TYPE_CHECKING:
    from helpers.workshop import Workshop

TIMEOUT = 1800.0  # seconds; a deployment on AWS takes about three minutes
# States a stack does not come back from: it has to be deleted before it can be made.
DEAD = frozenset({"ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "CREATE_FAILED", "REVIEW_IN_PROGRESS"})
STUCK = frozenset({"DELETE_FAILED", "UPDATE_ROLLBACK_FAILED"})
NO_BOUNDARY = (
    " The roles' permissions boundary has to be there first: an administrator of the account makes it once, by the "
    'command in the README under "The two targets"'
)


def password(ws: "Workshop") -> str:
    """Return the password of the data generator's user: made up once, kept in the state directory."""
    if "password" not in ws.notes:
        # Upper case, lower case, digit and symbol, as the user pool's policy asks for.
        ws.notes["password"] = f"Aa1-{secrets.token_urlsafe(12)}"
    kept: str = ws.notes["password"]
    return kept


# --- events


@dataclass(frozen=True)
class StackEvent:
    """One line of the stack's history, as describe_stack_events gives it."""

    time: datetime | None
    resource: str
    type: str
    status: str
    reason: str = ""

    @property
    def of_the_stack(self) -> bool:
        """True for an event of the stack itself rather than of one of its resources."""
        return self.type == "AWS::CloudFormation::Stack"

    def __str__(self) -> str:
        return f"{self.status} {self.resource}" + (f" - {self.reason}" if self.reason else "")


OnEvent = Callable[[StackEvent], None]


class Follower:
    """Reports a stack's events as they happen, each once, oldest first, until its operation ends."""

    def __init__(self, ws: "Workshop", stack_id: str, on_event: OnEvent | None, poll: float | None):
        self._cloudformation = ws.client("cloudformation")
        self._stack_id = stack_id
        self._on_event = on_event
        self._poll = poll if poll is not None else (0.1 if ws.target == "local" else 3.0)
        self._seen: set[str] = set()
        self.events: list[StackEvent] = []

    def skip(self) -> "Follower":
        """Leave out what has happened up to now."""
        self._seen.update([event["EventId"] for event in self._new()])
        return self

    def wait(self, timeout: float) -> str:
        """Follow until the stack's status is final and return it; WorkshopError after `timeout` seconds."""
        deadline = time.monotonic() + timeout
        while True:
            status = self._status()
            self._report()
            if not status.endswith("_IN_PROGRESS"):
                return status
            if time.monotonic() >= deadline:
                last = f", last event: {self.events[-1]}" if self.events else ""
                raise WorkshopError(
                    f"The stack is still {status} after {timeout:.0f} seconds{last}. "
                    "CloudFormation goes on by itself: run this again to go on watching."
                )
            time.sleep(self._poll)

    def cause(self, status: str) -> str:
        """Say which resource failed first and why; the others were cancelled for its sake."""
        failed = [event for event in self.events if event.status.endswith("_FAILED")]
        for event in failed:
            if event.reason and "cancelled" not in event.reason:
                advice = NO_BOUNDARY if "is not attachable" in event.reason else ""
                return f"{event.resource} ({event.type}): {event.reason}{advice}"
        return f"{failed[0]}" if failed else f"it ended as {status}"

    def _status(self) -> str:
        stack = find(self._cloudformation, self._stack_id)
        return str(stack["StackStatus"]) if stack else "DELETE_COMPLETE"

    def _report(self) -> None:
        for event in reversed(list(self._new())):
            self._seen.add(event["EventId"])
            self.events.append(
                StackEvent(
                    event.get("Timestamp"),
                    event["LogicalResourceId"],
                    event["ResourceType"],
                    event["ResourceStatus"],
                    event.get("ResourceStatusReason", ""),
                )
            )
            if self._on_event:
                self._on_event(self.events[-1])

    def _new(self) -> Iterator[dict[str, Any]]:
        pages = self._cloudformation.get_paginator("describe_stack_events").paginate(StackName=self._stack_id)
        for page in pages:  # newest first
            for event in page["StackEvents"]:
                if event["EventId"] in self._seen:
                    return
                yield event


# --- deploying


@dataclass(frozen=True)
class Deployment:
    """What became of a deployment; its text is the same every time."""

    stack: str
    status: str
    resources: int
    changed: bool

    def __str__(self) -> str:
        remark = "" if self.changed else ", nothing to change"
        return f"{self.stack}: {self.status} ({self.resources} resources){remark}"

    __repr__ = __str__


def deploy(
    ws: "Workshop",
    parameters: Mapping[str, str],
    on_event: OnEvent | None = None,
    *,
    template: Path | str | None = None,
    poll: float | None = None,
    timeout: float = TIMEOUT,
) -> Deployment:
    """Create the stack that `ws` stands for, or bring it up to date, and return when it is done.

    A second run changes nothing. The template is the stack's own unless another is given.

    `on_event` is called with every StackEvent as it happens (StackProgress shows them). `poll` is the time
    between two looks in seconds (0.1 local, 3 on AWS), `timeout` the longest wait in seconds.
    Raises WorkshopError before any call if a parameter is wrong, and with the first resource that failed and
    its reason if the deployment fails: a stack that could not be created is deleted again, one that could not
    be updated is left as it was.
    """
    template = template or ws.template
    checked = check(parameters, template)
    body = render(template)
    cloudformation = ws.client("cloudformation")
    deadline = time.monotonic() + timeout
    current = _usable(ws, on_event, poll, deadline)
    request = {
        "StackName": ws.stack_name,
        "TemplateBody": body,
        "Parameters": [{"ParameterKey": k, "ParameterValue": v} for k, v in checked.items()],
        "Capabilities": ["CAPABILITY_IAM"],
        "Tags": [{"Key": "workshop", "Value": ws.stack_name}],
    }
    follower = Follower(ws, current["StackId"], on_event, poll).skip() if current else None
    try:
        if follower is None:
            follower = Follower(ws, cloudformation.create_stack(**request)["StackId"], on_event, poll)
        else:
            cloudformation.update_stack(**request)
    except ClientError as error:
        message = error.response["Error"].get("Message", str(error))
        if current is None or "No updates are to be performed" not in message:
            raise WorkshopError(f"CloudFormation refused the stack {ws.stack_name}: {message}") from error
        deployment = _deployment(ws, current["StackStatus"], changed=False)
        if on_event:
            kind = "AWS::CloudFormation::Stack"
            on_event(StackEvent(None, ws.stack_name, kind, deployment.status, "nothing to change"))
        return deployment
    status = follower.wait(deadline - time.monotonic())
    if status not in {"CREATE_COMPLETE", "UPDATE_COMPLETE"}:
        raise _failed(ws, follower, status, poll)
    return _deployment(ws, status, changed=True)


def find(cloudformation: Any, name: str) -> dict[str, Any] | None:
    """Return the description of the stack with this name or id, or None if there is none."""
    try:
        stack: dict[str, Any] = cloudformation.describe_stacks(StackName=name)["Stacks"][0]
    except ClientError as error:
        if error.response["Error"]["Code"] == "ValidationError" and "does not exist" in str(error):
            return None
        raise
    return None if stack["StackStatus"] == "DELETE_COMPLETE" else stack


def outputs(ws: "Workshop") -> dict[str, str]:
    """Return the stack's outputs by name; WorkshopError if it is not deployed, or not wholly."""
    stack = find(ws.client("cloudformation"), ws.stack_name)
    if stack is None:
        raise WorkshopError(f"The stack {ws.stack_name} is not deployed: run {ws.chapter}, which deploys it.")
    if not stack.get("Outputs"):
        raise WorkshopError(
            f"The stack {ws.stack_name} is {stack['StackStatus']} and has no outputs: "
            f"run {ws.chapter}, which finishes it."
        )
    return {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}


def resources(ws: "Workshop") -> list[dict[str, Any]]:
    """Return the summaries of the stack's resources that exist; an empty list if there is no stack."""
    cloudformation = ws.client("cloudformation")
    if find(cloudformation, ws.stack_name) is None:
        return []
    pages = cloudformation.get_paginator("list_stack_resources").paginate(StackName=ws.stack_name)
    found = (resource for page in pages for resource in page["StackResourceSummaries"])
    return [resource for resource in found if resource["ResourceStatus"] != "DELETE_COMPLETE"]


def remove(ws: "Workshop", on_event: OnEvent | None, poll: float | None, timeout: float) -> None:
    """Delete the stack and wait until it is gone; WorkshopError naming what could not be deleted."""
    cloudformation = ws.client("cloudformation")
    stack = find(cloudformation, ws.stack_name)
    if stack is None:
        return
    follower = Follower(ws, stack["StackId"], on_event, poll).skip()
    cloudformation.delete_stack(StackName=ws.stack_name)
    status = follower.wait(timeout)
    if status != "DELETE_COMPLETE":
        raise WorkshopError(
            f"The stack {ws.stack_name} could not be deleted: {follower.cause(status)}. "
            f"Put that right and run the deletion again (chapter {ws.track.last_chapter:02d}): "
            "it goes on where it stopped."
        )


def _usable(ws: "Workshop", on_event: OnEvent | None, poll: float | None, deadline: float) -> Any:
    """Return the stack if it can be updated, None if it can be created; wait or delete until one is true."""
    cloudformation = ws.client("cloudformation")
    stack = find(cloudformation, ws.stack_name)
    if stack and stack["StackStatus"].endswith("_IN_PROGRESS") and stack["StackStatus"] not in DEAD:
        Follower(ws, stack["StackId"], on_event, poll).skip().wait(deadline - time.monotonic())
        stack = find(cloudformation, ws.stack_name)
    if stack and stack["StackStatus"] in STUCK:
        raise WorkshopError(
            f"The stack {ws.stack_name} is {stack['StackStatus']}: "
            f"{stack.get('StackStatusReason') or 'an earlier change of it did not go through'}. "
            f"Delete it with chapter {ws.track.last_chapter:02d}, then run {ws.chapter} again."
        )
    if stack and stack["StackStatus"] in DEAD:
        remove(ws, None, poll, deadline - time.monotonic())
        return None
    return stack


def _failed(ws: "Workshop", follower: Follower, status: str, poll: float | None) -> WorkshopError:
    cause, name = follower.cause(status), ws.stack_name
    if status in STUCK:
        return WorkshopError(
            f"The stack {name} failed and is stuck at {status}: {cause}. Run chapter {ws.track.last_chapter:02d}."
        )
    if status.startswith("UPDATE_"):
        return WorkshopError(f"The stack {name} could not be updated: {cause}. It is as it was before.")
    try:
        remove(ws, None, poll, TIMEOUT)
    except WorkshopError as error:
        return WorkshopError(f"The stack {name} could not be created: {cause}. Nor could it be removed. {error}")
    return WorkshopError(
        f"The stack {name} could not be created: {cause}. Nothing is left of it: put that right, then deploy again."
    )


def _deployment(ws: "Workshop", status: str, changed: bool) -> Deployment:
    return Deployment(ws.stack_name, status, len(resources(ws)), changed)


# --- the view


class StackProgress:
    """A progress bar and the newest events, for `on_event`; outside a notebook it only counts.

    `total` is the number of resources that the template has with these parameters. The view is made with the first
    event.
    """

    def __init__(
        self, template: Path | str = TEMPLATE, lines: int = 5, parameters: Mapping[str, str] | None = None
    ) -> None:
        self.total = len(expected(parameters, template))
        self.done = 0
        self.newest: list[str] = []
        self._lines = lines
        self._latest: dict[str, str] = {}
        self._view: tuple[Any, Any] | None = None

    def __call__(self, event: StackEvent) -> None:
        """Take one event in and show it."""
        self.newest = [*self.newest, str(event)][-self._lines :]
        finished = event.status.endswith(("_COMPLETE", "_FAILED"))
        if event.of_the_stack:
            if finished:
                self.done = self.total
        else:
            self._latest[event.resource] = event.status
            self.done = sum(status.endswith("_COMPLETE") for status in self._latest.values())
        if self._view is None and in_notebook():
            self._view = self._show()
        if self._view is not None:
            bar, text = self._view
            bar.value, bar.description = self.done, f"{self.done}/{self.total}"
            if event.of_the_stack and finished:
                good = "ROLLBACK" not in event.status and not event.status.endswith("_FAILED")
                bar.bar_style = "success" if good else "danger"
            text.value = "<br>".join(html.escape(line) for line in self.newest)

    def _show(self) -> tuple[Any, Any]:
        import ipywidgets
        from IPython.display import display

        bar = ipywidgets.IntProgress(min=0, max=self.total, description=f"0/{self.total}")
        text = ipywidgets.HTML()
        display(ipywidgets.VBox([bar, text]))  # type: ignore[no-untyped-call]
        return bar, text


def in_notebook() -> bool:
    """Return True inside a Jupyter kernel, where widgets can be shown."""
    if "IPython" not in sys.modules:  # it would take a third of a second to ask
        return False
    from IPython import get_ipython

    shell = get_ipython()
    return shell is not None and getattr(shell, "kernel", None) is not None
