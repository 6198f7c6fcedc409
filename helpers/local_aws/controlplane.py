"""ministack's state in the journal: what a request changed is written before the request is answered.

ministack itself would save on a clean exit only. Here the handler of each service in KEPT is wrapped: after it
has answered a request that may have changed something, the service's state is written, if it differs from what
was written last. CloudFormation works on after it has answered, and in many services: everything is written
whenever one of its events says that something was made, deleted or failed. What changes by itself (log events,
metrics, queues, a function's logs) is written within seconds, by a thread.

S3's objects are files of their own, written by ministack before it answers (S3_PERSIST); objects.py keeps
whole those that are overwritten. Kinesis's records are in kinesis.py. Not kept, as they end with the process:
temporary credentials, shard iterators, uploads in parts that were not completed, query executions, and every
service that is not in KEPT.
"""

from __future__ import annotations

import hashlib
import importlib
import json
import logging
import re
import sqlite3
import sys
import threading
import time
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import ministack.app
from ministack.core import persistence

from helpers.local_aws import objects
from helpers.local_aws.home import HomeError
from helpers.local_aws.journal import Journal
from helpers.local_aws.kinesis import KinesisRecords
from helpers.local_aws.making import Making

HandlerAnswer = tuple[int, dict[str, str], Any]
Handler = Callable[[str, str, Mapping[str, str], bytes, Any], Awaitable[HandlerAnswer]]

# Services by the names ministack routes by: what the workshop's stacks use, and what one meets beside them.
KEPT = (
    "athena", "cloudformation", "cognito-identity", "cognito-idp", "dynamodb", "events", "glue", "iam", "kinesis",
    "kinesisanalyticsv2", "kms", "lambda", "logs", "monitoring", "s3", "secretsmanager", "sns", "sqs", "ssm", "states",
)  # fmt: skip
KIND = "ministack"
LATE = ("cloudformation",)  # takes seconds to import: restored by restore_late()
READS = re.compile(r"(Get|List|Describe|Head|BatchGet|Lookup|Search|Filter|Test|Validate|Simulate|Query|Scan)")
# Too many to write the whole service for each: the thread writes them.
SOON = {"PutLogEvents", "PutMetricData", "Invoke"}
TRIES = 20
PAUSE = 1.0  # seconds between two rounds of the thread …
SHARE = 20  # … and at least so many times what the last round took
log = logging.getLogger(__name__)


class ControlPlane:
    """Keeps ministack's services in the journal; safe from any thread."""

    def __init__(self, journal: Journal, home: Path) -> None:
        self._journal = journal
        self._overwritten = home / objects.DIRECTORY
        self.making = Making(journal)
        self._guard = threading.RLock()
        self._written: dict[str, bytes] = {}  # module → digest of what is written
        self._unread = set(LATE)  # loaded perhaps, but still empty: not to be written over what is kept
        self._kinesis: KinesisRecords | None = None
        self._stirred = threading.Event()
        self._ending = threading.Event()
        self._new = not journal.load(KIND)
        self._thread = threading.Thread(target=self._run, name="local-aws-control-plane", daemon=True)

    def restore(self) -> None:
        """Read everything back, but for what `restore_late` reads; HomeError when something cannot be read."""
        refuse_lost_objects()
        objects.settle(self._journal, self._overwritten)
        _service("s3")  # reads its objects when imported
        objects.keep_whole(_service("s3"), self._journal, self._overwritten)
        for name, data in self._journal.load(KIND).items():
            if name not in LATE:
                self._restore(name, data)
        if "kinesis" in self._written:
            self._records().read()
        self._thread.start()

    def wants_cloudformation(self) -> bool:
        """Whether CloudFormation will probably be asked for: where nothing is yet, or where there are stacks."""
        return self._new or bool(set(LATE) & set(self._journal.load(KIND)))

    def restore_late(self) -> None:
        """Read CloudFormation back and settle the stacks it was at work on; then write at its every event."""
        from helpers.local_aws import interrupted
        from helpers.local_aws.stack_progress import INITIATED, STACK

        documents = self._journal.load(KIND)
        with self._guard:
            for name in LATE:
                if name in documents:
                    self._restore(name, documents[name])
            self._unread.clear()
        if interrupted.settle(self.making):
            self.save(*LATE)
        from ministack.services.cloudformation import stacks

        theirs = stacks._add_event

        def add_event(
            stack_id: str, stack_name: str, logical_id: str, resource_type: str, status: str, *more: Any, **named: Any
        ) -> None:
            theirs(stack_id, stack_name, logical_id, resource_type, status, *more, **named)
            made = INITIATED in more
            if made or not (
                status.endswith("_IN_PROGRESS") or (status == "CREATE_COMPLETE" and resource_type != STACK)
            ):
                try:
                    self.save_all()
                    self.making.end(stack_name, logical_id)
                except sqlite3.Error:  # raised here it would leave the stack in progress for ever
                    log.exception("the event %s %s was not written; it is tried again", logical_id, status)
                    self._stirred.set()

        stacks._add_event = add_event

    def keeping(self, service: str, theirs: Handler) -> Handler:
        """A service's handler that answers once what it changed is written."""
        modules = _modules(service)

        async def handle(method: str, path: str, headers: Mapping[str, str], body: bytes, query: Any) -> HandlerAnswer:
            answer = await theirs(method, path, headers, body, query)
            operation = operation_of(path, headers, body, query)
            if service == "kinesis" and operation in ("PutRecord", "PutRecords"):
                self._records().write()
            elif operation in SOON:
                self._stirred.set()
            elif changes(service, method, path, operation):
                self.save(*modules)
                self._stirred.set()  # it may have changed others, as an event rule does its targets
            return answer

        return handle

    def save(self, *modules: str) -> None:
        """Write the state of these modules where it has changed; sqlite3.Error when it cannot be written."""
        with self._guard:
            changed: dict[str, tuple[bytes, bytes]] = {}
            for name in modules:
                if name not in self._unread and (data := self._encoded(name)) is not None:
                    digest = _digest(data)
                    if digest != self._written.get(name):
                        changed[name] = digest, data
            with self._journal.transaction():  # begun late: others wait for it
                for name, (_, data) in changed.items():
                    self._journal.save(KIND, name, data)
                if "kinesis" in modules and _loaded("kinesis"):
                    self._records().write()
            self._written.update({name: digest for name, (digest, _) in changed.items()})

    def save_all(self) -> None:
        """Write every service that has changed; CloudFormation last: its lists name what the others hold."""
        self.save(
            *sorted({module for service in KEPT for module in _modules(service)}, key=lambda each: (each in LATE, each))
        )

    def close(self) -> None:
        """Write what is left, and end the thread."""
        self._ending.set()
        self._stirred.set()
        if self._thread.is_alive():
            self._thread.join(timeout=10)
        self.save_all()

    def _run(self) -> None:
        while not self._ending.is_set():
            self._stirred.wait()
            self._stirred.clear()
            began = time.monotonic()
            try:
                self.save_all()
            except Exception:  # the next round tries again; meanwhile /_workshop/errors shows it
                log.exception("ministack's state was not written")
            self._ending.wait(max(PAUSE, SHARE * (time.monotonic() - began)))

    def _records(self) -> KinesisRecords:
        if self._kinesis is None:
            self._kinesis = KinesisRecords(self._journal, _service("kinesis"))
        return self._kinesis

    def _encoded(self, name: str) -> bytes | None:
        """A module's state, or None if it has not been used."""
        module = _loaded(name)
        if module is None:
            return None
        get_state = self._records().state if name == "kinesis" else module.get_state
        for attempt in range(TRIES):
            try:
                return json.dumps(get_state(), default=persistence._json_default).encode()
            except RuntimeError:  # "dictionary changed size": one of ministack's threads is at work on it
                if attempt == TRIES - 1:
                    raise
                time.sleep(0.001)
        raise AssertionError

    def _restore(self, name: str, data: bytes) -> None:
        try:
            _service(name).load_persisted_state(json.loads(data, object_hook=persistence._json_object_hook))
        except Exception as error:
            raise HomeError(f"The state of {name} cannot be read back: {error!r}") from error
        self._written[name] = _digest(data)


def changes(service: str, method: str, path: str, operation: str) -> bool:
    """Whether a request may have changed the service's state (S3's objects are not part of it)."""
    if service == "s3":
        return method not in ("GET", "HEAD", "OPTIONS") and (
            "/" not in path.strip("/") or path.startswith("/v20180820/")
        )
    if operation:
        return not READS.match(operation)
    return method not in ("GET", "HEAD", "OPTIONS")


def operation_of(path: str, headers: Mapping[str, str], body: bytes, query: Any) -> str:
    """The operation a request names (in a header, a form or its path), '' for REST services."""
    if target := headers.get("x-amz-target"):
        return target.rpartition(".")[2]
    if "/operation/" in path:  # Smithy's RPC
        return path.rpartition("/")[2]
    if path.endswith("/invocations"):
        return "Invoke"
    if headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
        return parse_qs(body.decode("latin-1")).get("Action", [""])[0]
    action = (query or {}).get("Action", "")
    return str(action[0] if isinstance(action, list) else action)


def refuse_lost_objects() -> None:
    """Let a failed write or read of an object fail the request: ministack's S3 would log it and go on.

    It says so in a warning, from within the handler's own `except`; raised there, it becomes an InternalError.
    """

    def refuse(record: logging.LogRecord) -> bool:
        text = record.getMessage()
        if text.startswith(("Failed to persist", "Failed to read persisted", "Failed to load persisted")):
            raise OSError(text)
        return True

    logger = logging.getLogger("s3")
    logger.addFilter(refuse)
    logger.setLevel(logging.WARNING)  # whatever LOG_LEVEL says: a filter hears only what is logged


def _digest(data: bytes) -> bytes:
    return hashlib.blake2b(data, digest_size=16).digest()


def _modules(service: str) -> tuple[str, ...]:
    entry = ministack.app.SERVICE_REGISTRY[service]
    return (entry["module"], *entry.get("sub_modules", ()))


def _loaded(name: str) -> Any:
    module = sys.modules.get(f"ministack.services.{name}")
    return module if hasattr(module, "get_state") else None


def _service(name: str) -> Any:
    """The module of a service, imported."""
    # Through ministack's own table, so that it is the same module object everywhere.
    importlib.import_module(f"ministack.services.{name}")
    return ministack.app._get_module(name)
