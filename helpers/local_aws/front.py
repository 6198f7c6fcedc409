"""The front of the local AWS (ASGI): who may come in, and who answers.

In order: the Host must be ours, a foreign Origin is refused (a web page may not reach us, DNS rebinding
neither), then the control API, the links of SNS mails, CloudFormation's callback addresses (their random
token is the secret), then SigV4 with the key of this run. Our services answer themselves; the rest is
ministack's.

What it does not do: TLS, S3's virtual-host addressing (clients of an IP address use paths), WebSockets.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from email.utils import formatdate
from functools import lru_cache
from typing import Any
from urllib.parse import parse_qs

from helpers.local_aws import rest
from helpers.local_aws.access import CALLER
from helpers.local_aws.answers import Answer, call, error_for, internal_failure
from helpers.local_aws.control import Control
from helpers.local_aws.faults import Fault, Faults
from helpers.local_aws.protocol import AwsError, JsonService
from helpers.local_aws.settings import INTERNAL
from helpers.local_aws.signing import Signatures
from helpers.local_aws.sns.pages import Pages

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]
Headers = Mapping[str, str]
HandlerAnswer = tuple[int, dict[str, str], bytes]
Handler = Callable[[str, str, Headers, bytes, Any], Awaitable[HandlerAnswer]]

NAMES = ("127.0.0.1", "localhost")
HTTP_PORT = 80
# Bytes: Firehose's largest object, 128 MiB, and room for what packing adds; larger ones go up in parts.
LARGEST_BODY = 160 * 1024 * 1024
CALLBACKS = ("/_ministack/cfn-response/", "/_ministack/cfn-signal/")
PRIVATE = frozenset({"_ministack", "_localstack", "_aws", "health"})  # first segments of ministack's own paths
# X-Amz-Target prefix → service, for those we answer without going through ministack.
TARGETS = {
    "Firehose_20150804": "firehose",
    "KinesisAnalytics_20180523": "kinesisanalyticsv2",
    "KinesisAnalytics_20150814": "kinesisanalytics",
    "AmazonAthena": "athena",
}
REST = ("quicksight",)  # those of our services that speak REST-JSON
log = logging.getLogger(__name__)


class Disconnected(Exception):
    """The client went away before its request was complete."""


class Front:
    """The ASGI application in front of `backend` (ministack's)."""

    def __init__(
        self,
        backend: App,
        port: int,
        signatures: Signatures,
        services: Mapping[str, JsonService],
        control: Control,
        pages: Pages,
        prepare: Callable[[], None],
        is_flink: Callable[[str], bool],
        now: Callable[[], float],
        faults: Faults,
    ) -> None:
        self._backend = backend
        # Clients leave the port out of Host where it is HTTP's own.
        self._hosts = {f"{name}:{port}" for name in NAMES} | (set(NAMES) if port == HTTP_PORT else set())
        self._origins = {f"http://{host}" for host in self._hosts}
        self._signatures = signatures
        self._services = services
        self._control = control
        self._pages = pages
        self.prepare = prepare
        self._is_flink = is_flink
        self._now = now
        self._faults = faults

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one ASGI connection."""
        if scope["type"] == "lifespan":
            await self._backend(scope, receive, send)
        elif scope["type"] == "websocket":
            await receive()
            await send({"type": "websocket.close", "code": 1008})
        else:
            await self._http(scope, receive, send)

    async def _http(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = _headers(scope)
        if self._fault("drop", scope, headers):
            await self._serve(scope, headers, receive, _nowhere)
            await _cut(receive, send)
        else:
            await self._serve(scope, headers, receive, send)

    def _fault(self, kind: str, scope: Scope, headers: Headers) -> Fault | None:
        """A fault of connections, if it hits; the control API and our services' own requests are spared."""
        if scope["path"].startswith("/_workshop/") or INTERNAL in headers.get("user-agent", ""):
            return None
        return self._faults.hit(kind, self._now())

    async def _serve(self, scope: Scope, headers: Headers, receive: Receive, send: Send) -> None:
        body, close = b"", {"connection": "close"}  # a body not read would be taken for the next request
        try:
            self._check_caller(headers)
            body = await _body(headers, receive)
            close = {}
            answer = await self._answer(scope, headers, body)
        except Disconnected:
            return
        except AwsError as error:
            answer = error_for(headers, error)
        except Exception:
            log.exception("%s %s failed", scope["method"], scope["path"])
            answer = error_for(headers, internal_failure(f"{scope['method']} {scope['path']}"))
        if answer is None:
            await self._backend(scope, _replay(body, receive), self._in_our_name(send))
        else:
            answer = answer._replace(headers=answer.headers | close)
            await _send(answer, self._in_our_name(send), head=scope["method"] == "HEAD")

    def _in_our_name(self, send: Send) -> Send:
        """Pass everything on but permissions for web pages, and with the date of the one clock."""

        async def filtered(message: Message) -> None:
            if message["type"] == "http.response.start":
                dropped = (b"access-control-", b"date")
                kept = [item for item in message["headers"] if not item[0].lower().startswith(dropped)]
                kept.append((b"date", _date(int(self._now()))))
                message = {**message, "headers": kept}
            await send(message)

        return filtered

    def _check_caller(self, headers: Headers) -> None:
        host, origin = headers.get("host", ""), headers.get("origin")
        if host not in self._hosts:
            raise AwsError("AccessDenied", f"The local AWS does not answer to the host name {host!r}.", 403)
        if origin is not None and origin not in self._origins:
            raise AwsError("AccessDenied", f"The local AWS does not answer pages of {origin}.", 403)

    async def _answer(self, scope: Scope, headers: Headers, body: bytes) -> Answer | None:
        """Our answer, or None when ministack is to answer."""
        method, path = scope["method"], scope["path"]
        query = scope["query_string"].decode("latin-1")
        if path.startswith("/_workshop/"):
            return await self._control.answer(method, path, parse_qs(query), headers, body)
        if method == "GET" and path == "/" and (page := self._pages.answer(parse_qs(query))):
            return page
        if method == "PUT" and path.startswith(CALLBACKS):
            return None
        if path.removeprefix("/").partition("/")[0] in PRIVATE:
            raise AwsError("AccessDenied", f"{path} is not part of the local AWS.", 403)
        skew = fault.delay if (fault := self._fault("skew", scope, headers)) else 0
        raw_path = scope["raw_path"].decode("latin-1")
        CALLER.set(self._signatures.check(method, raw_path, query, headers, body, skew))
        if (name := rest.service_of(headers)) in REST:
            return await rest.answer(self._services[name], method, raw_path, parse_qs(query), body)
        return await self.ours(headers.get("x-amz-target", ""), body)

    async def ours(self, target: str, body: bytes) -> Answer | None:
        """The answer of one of our services to a signed JSON request; None where ministack's is wanted."""
        prefix, _, operation = target.partition(".")
        service = self._services.get(TARGETS.get(prefix, ""))
        if service is None:
            return None
        if operation not in service.operations and service.name == "athena":
            return None  # workgroups, catalogs, named queries: plain control plane
        if service.name == "kinesisanalyticsv2" and self._for_flink(operation, body):
            return None
        return await call(service, operation, body)

    def _for_flink(self, operation: str, body: bytes) -> bool:
        """Whether an analytics request is about an application for Flink, which ministack keeps."""
        try:
            params = json.loads(body)
            name = params.get("ApplicationName") or params.get("ResourceARN", "").rpartition("/")[2]
            if operation == "CreateApplication":
                return str(params.get("RuntimeEnvironment")).startswith("FLINK-")
        except (ValueError, AttributeError, RecursionError):
            return False  # malformed: our service says so
        return self._is_flink(name)

    def handler(self, theirs: Handler) -> Handler:
        """Our services as ministack's own callers (Step Functions, EventBridge) reach them."""

        async def handle(method: str, path: str, headers: Headers, body: bytes, query: Any) -> HandlerAnswer:
            answer = await self.ours(headers.get("x-amz-target", ""), body)
            return answer or await theirs(method, path, headers, body, query)

        return handle

    def when_prepared(self, theirs: Handler) -> Handler:
        """A handler of ministack's that must not run before `prepare` has."""

        async def handle(method: str, path: str, headers: Headers, body: bytes, query: Any) -> HandlerAnswer:
            await asyncio.to_thread(self.prepare)
            return await theirs(method, path, headers, body, query)

        return handle


@lru_cache(maxsize=1)
def _date(now: int) -> bytes:
    return formatdate(now, usegmt=True).encode("ascii")


def _headers(scope: Scope) -> dict[str, str]:
    headers: dict[str, str] = {}
    for raw_name, raw_value in scope["headers"]:
        name, value = raw_name.decode("latin-1").lower(), raw_value.decode("latin-1")
        headers[name] = f"{headers[name]}, {value}" if name in headers else value
    return headers


async def _body(headers: Headers, receive: Receive) -> bytes:
    announced = headers.get("content-length", "0")
    chunks, size, more = [], 0, True
    while more:
        if size > LARGEST_BODY or (announced.isdigit() and int(announced) > LARGEST_BODY):
            raise AwsError("EntityTooLarge", f"The local AWS takes at most {LARGEST_BODY:,} bytes a request.", 413)
        message = await receive()
        if message["type"] == "http.disconnect":
            raise Disconnected
        chunks.append(message.get("body", b""))
        size += len(chunks[-1])
        more = message.get("more_body", False)
    return b"".join(chunks)


def _replay(body: bytes, receive: Receive) -> Receive:
    """Give the body, already read, once more; then whatever the connection says."""
    pending = [body]

    async def again() -> Message:
        if pending:
            return {"type": "http.request", "body": pending.pop(), "more_body": False}
        return await receive()

    return again


async def _nowhere(message: Message) -> None:
    """Send to a caller who will not hear of it."""


async def _cut(receive: Receive, send: Send) -> None:
    """Close the connection without a byte of an answer. ASGI has no word for it, so it is done to uvicorn."""
    send.__self__.transport.abort()  # type: ignore[attr-defined]  # uvicorn's RequestResponseCycle.send
    while (await receive())["type"] != "http.disconnect":
        pass


async def _send(answer: Answer, send: Send, head: bool) -> None:
    headers = answer.headers | {"content-length": str(len(answer.body))}
    raw = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": answer.status, "headers": raw})
    await send({"type": "http.response.body", "body": b"" if head else answer.body})
