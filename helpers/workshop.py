"""The workshop as notebooks see it: one object that knows whether the target is local or a real account.

Nothing else knows: everything else uses plain boto3, which `connect()` points at the right target.
"""

from __future__ import annotations

import copy
import os
import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from helpers import local_process
from helpers.environment import borrow_for_local, give_back
from helpers.errors import WorkshopError
from helpers.notes import Notes
from helpers.tracks import CLICKSTREAM, Track

if TYPE_CHECKING:
    import boto3

ROOT = local_process.ROOT
DEFAULT_REGION = "us-east-1"
STACK_NAME = CLICKSTREAM.stacks[0].name
S3 = {"signature_version": "s3v4", "addressing_style": "path"}  # as the local AWS wants it
CONNECT_TIMEOUT, READ_TIMEOUT, ATTEMPTS = 5, 120, 5  # seconds, seconds, tries of a request


class Workshop:
    """A connection to the workshop's target; make one with `Workshop.connect()`."""

    def __init__(
        self,
        target: Literal["local", "aws"],
        region: str,
        home: Path,
        state: local_process.State | None,
        session: boto3.Session,
        track: Track = CLICKSTREAM,
    ):
        self.target = target
        self.region = region
        self.home = home
        self.root = ROOT
        self.seed = state.seed if state else _seed()
        self.track = track
        self.stack_name = track.stacks[0].name
        self.template = track.stacks[0].template
        self.chapter = f"chapter {track.stacks[0].chapter:02d}"  # that deploys the stack
        self.application_name = track.application_name
        self.engine = _engine(target, track)
        # A real account and the local AWS must never mix up what they remember.
        self.notes = Notes(home / f"{track.notes}{'' if state else '-aws'}.json")
        self.clock = Clock(self)
        self.inbox = Inbox(self)
        self._state = state
        # Of its own, not the process's: whoever connects to another target later does not take this one along.
        self._session = session
        self._clients: dict[str, Any] = {}

    @classmethod
    def connect(cls, track: Track = CLICKSTREAM, target: str | None = None) -> Workshop:
        """Connect to `target`, else the one that WORKSHOP_TARGET names, else local, for one of the tracks.

        Local: starts the local AWS if it does not run (and says so in one line), and points boto3's default
        session and the AWS_* variables of this process at it. aws: your own credentials, untouched.
        Raises WorkshopError when the start fails or there are no credentials.
        """
        target = target or os.environ.get("WORKSHOP_TARGET") or "local"
        if target == "local":
            return cls._connect_local(track)
        if target == "aws":
            return cls._connect_aws(track)
        raise WorkshopError(f"WORKSHOP_TARGET is {target!r}: use local or aws.")

    @classmethod
    def _connect_local(cls, track: Track) -> Workshop:
        import boto3

        home = local_process.home_directory()
        kept = local_process.keeps(home)
        state, started = local_process.start(home)
        if started:
            again = "started again, with everything that was in it" if kept else "started"
            print(f"The local AWS was {again}. It answers at {state.url}.")  # noqa: T201 - notebooks read it
        elif ignored := local_process.ignored_settings(state):
            print(f"{ignored} `workshop local-aws stop`, then connect again, to change that.")  # noqa: T201
        borrow_for_local(home, state.url, state.access_key_id, state.key, state.region)
        own = boto3.session.Session(
            aws_access_key_id=state.access_key_id, aws_secret_access_key=state.key, region_name=state.region
        )
        for session in (own, _default_session(state.region)):
            session.events.register_first("needs-retry", _explain_refused_connection)
        return cls("local", state.region, home, state, own, track)

    @classmethod
    def _connect_aws(cls, track: Track) -> Workshop:
        import boto3
        from botocore.exceptions import BotoCoreError

        give_back()
        try:
            found = boto3.session.Session()
            credentials = found.get_credentials()
        except BotoCoreError as error:
            raise WorkshopError(
                f"Your AWS set-up cannot be used: {error}. Put it right, then connect again."
            ) from error
        region = found.region_name or os.environ.get("AWS_REGION") or DEFAULT_REGION
        if credentials is None:
            raise WorkshopError(
                "There are no AWS credentials: run `aws configure` (or set AWS_PROFILE), then connect again. "
                "Without an AWS account, unset WORKSHOP_TARGET: the workshop runs on your machine."
            )
        _default_session(region)
        return cls("aws", region, local_process.home_directory(), None, found, track)

    def __repr__(self) -> str:
        where = self._state.url if self._state else self.region
        return f"<Workshop on the {self.target} target, {where}>"

    def client(self, name: str) -> Any:
        """A boto3 client of the target with timeouts and retries, one a service."""
        if name not in self._clients:
            from botocore.config import Config

            config = Config(
                connect_timeout=CONNECT_TIMEOUT,
                read_timeout=READ_TIMEOUT,
                retries={"mode": "standard", "total_max_attempts": ATTEMPTS},
                proxies={} if self._state else None,
                s3=S3 if self._state else None,
            )
            url = self._state.url if self._state else None
            self._clients[name] = self._session.client(name, endpoint_url=url, config=config)
        return self._clients[name]

    def of_stack(self, number: int) -> Workshop:
        """The same connection for one of the track's stacks: `stack_name`, `template` and `outputs` are that one's."""
        if not number:
            return self
        other = copy.copy(self)
        stack = self.track.stacks[number]
        other.stack_name, other.template, other.chapter = stack.name, stack.template, f"chapter {stack.chapter:02d}"
        return other

    @property
    def stacks(self) -> list[Workshop]:
        """`of_stack` of each of the track's stacks, in the order of deployment."""
        return [self.of_stack(number) for number in range(len(self.track.stacks))]

    @property
    def outputs(self) -> dict[str, str]:
        """The outputs of the workshop's stack as it is now; WorkshopError when it is not deployed."""
        client = self.client("cloudformation")
        try:
            stack = client.describe_stacks(StackName=self.stack_name)["Stacks"][0]
        except client.exceptions.ClientError as error:
            if "does not exist" not in str(error):
                raise
            raise WorkshopError(f"The stack {self.stack_name} is not deployed: run {self.chapter} first.") from error
        if not stack["StackStatus"].endswith("_COMPLETE") or "Outputs" not in stack:
            raise WorkshopError(
                f"The stack {self.stack_name} is {stack['StackStatus']}, no outputs: run {self.chapter} again."
            )
        return {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}

    def application_status(self) -> dict[str, Any]:
        """Status, in-application streams, counters and learning progress of the analytics application."""
        status: dict[str, Any] = self.control("GET", f"applications/{self.application_name}")
        return status

    def stream_rows(self, stream: str, after: int = 0) -> list[dict[str, Any]]:
        """The rows of an in-application stream after row `after`; ROWTIME in epoch milliseconds."""
        return list(self._rows(stream, after))

    def _rows(self, stream: str, after: int) -> Iterator[dict[str, Any]]:
        while True:
            page = self.control("GET", f"applications/{self.application_name}/streams/{stream}?after={after}")
            for row in page["rows"]:
                yield row | {"ROWTIME": _milliseconds(row["ROWTIME"])}
            if not page["rows"] or page["next"] <= after:
                return
            after = page["next"]

    def break_things(self, kind: str, **more: Any) -> list[dict[str, Any]]:
        """Let the local AWS fail on purpose, to see what a program does then; the faults in force.

        `kind`: throttle, lambda-error, lambda-slow, s3-error, drop or skew; `more`: share (0 to 1), count, seconds,
        delay (seconds), code. `mend()` ends it. Raises WorkshopError on aws, and for a fault that makes no sense.
        """
        faults: list[dict[str, Any]] = self.control("POST", "faults", {"kind": kind, **more})["faults"]
        return faults

    def mend(self, kind: str | None = None) -> None:
        """End a fault, or all of them."""
        self.control("DELETE", "faults" if kind is None else f"faults/{kind}")

    def control(self, method: str, path: str, body: Any = None) -> Any:
        """What AWS has no API for, asked of the local AWS; WorkshopError on aws and when it does not run."""
        if self._state is None:
            raise WorkshopError(
                f"AWS has no way to ask for {path.split('?')[0]}: that exists on the local target only."
            )
        return local_process.request(self._state, method, f"/_workshop/{path}", body)


class Clock:
    """The target's time: the local AWS's own clock, or the real one."""

    def __init__(self, workshop: Workshop) -> None:
        self._workshop = workshop

    def __repr__(self) -> str:
        return f"<Clock of the {self._workshop.target} target>"

    @property
    def mode(self) -> str:
        """`stepped` (time stands still until stepped) or `real`."""
        return str(self._ask()["mode"]) if self._workshop.target == "local" else "real"

    def now(self) -> float:
        """The time, epoch seconds."""
        return float(self._ask()["now"]) if self._workshop.target == "local" else time.time()

    def step(self, seconds: float) -> float:
        """Let `seconds` pass: at once on local, by waiting on aws; the new time, epoch seconds.

        Returns when everything that fell due is done. Raises WorkshopError when some of it failed.
        """
        if self._workshop.target == "aws":
            time.sleep(seconds)
            return time.time()
        answer = self._workshop.control("POST", "clock/step", {"seconds": seconds})
        if answer["errors"]:
            first = answer["errors"][0]
            log = self._workshop.home / "local-aws.log"
            raise WorkshopError(f"{first['where']} failed while time passed: {first['error']} (more in {log})")
        return float(answer["now"])

    def sleep(self, seconds: float) -> None:
        """Let `seconds` pass in real time on either target: Flink runs beside the clock and cannot be stepped."""
        time.sleep(seconds)

    def _ask(self) -> dict[str, Any]:
        answer: dict[str, Any] = self._workshop.control("GET", "clock")
        return answer


class Inbox:
    """The e-mail and SMS that the local AWS would have sent; on aws they are in your own mailbox."""

    def __init__(self, workshop: Workshop) -> None:
        self._workshop = workshop

    def __repr__(self) -> str:
        return f"<Inbox of the {self._workshop.target} target>"

    def messages(self, after: int = 0) -> list[dict[str, Any]]:
        """Messages above id `after`: id, protocol, sender, to, subject, body, received_at, confirm_url, parts."""
        if self._workshop.target == "aws":
            raise WorkshopError("On aws the messages are sent for real: read your mailbox and your phone.")
        found: list[dict[str, Any]] = self._workshop.control("GET", f"inbox?after={after}")["messages"]
        return found

    def latest(self) -> dict[str, Any] | None:
        """The newest message, None while the inbox is empty."""
        found = self.messages()
        return found[-1] if found else None

    def page(self) -> str:
        """The address of the inbox as a page: good for one visit, within a minute, on this machine."""
        if self._workshop.target == "aws":
            raise WorkshopError("On aws the messages are sent for real: read your mailbox and your phone.")
        return str(self._workshop.control("POST", "inbox/link")["url"])

    def confirm_all(self) -> list[dict[str, str]]:
        """Confirm every pending e-mail subscription; one row each: topic, endpoint."""
        from helpers import alerts

        return alerts.confirm_subscriptions(self._workshop)


def _default_session(region: str) -> boto3.Session:
    import boto3

    boto3.setup_default_session(region_name=region)
    session: boto3.Session = boto3._get_default_session()
    return session


def _explain_refused_connection(caught_exception: Exception | None = None, **_: Any) -> None:
    """Runs when a request failed: nobody listening means that the local AWS is gone, so say that."""
    from botocore.exceptions import EndpointConnectionError

    if isinstance(caught_exception, EndpointConnectionError):
        raise WorkshopError(local_process.NOT_RUNNING) from caught_exception


def _engine(target: str, track: Track) -> Literal["sql", "flink"]:
    """What the track's SQL runs on: WORKSHOP_ENGINE, where the track knows both.

    AWS has switched the SQL service off, so there it is Flink.
    """
    wanted = os.environ.get("WORKSHOP_ENGINE") or "sql"
    if wanted not in ("sql", "flink"):
        raise WorkshopError(f"WORKSHOP_ENGINE is {wanted!r}: use sql or flink.")
    return "flink" if track.flink and (target == "aws" or wanted == "flink") else "sql"


def _milliseconds(rowtime: str | int) -> int:
    if isinstance(rowtime, int):
        return rowtime
    return round(datetime.fromisoformat(rowtime).timestamp() * 1000)


def _seed() -> int:
    text = os.environ.get("WORKSHOP_SEED") or "7"
    if not text.lstrip("-").isdecimal():
        raise WorkshopError(f"WORKSHOP_SEED is {text!r}: use a whole number.")
    return int(text)
