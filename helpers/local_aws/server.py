"""The local AWS as a process: settings, surroundings, services, ministack behind our front, uvicorn.

The order matters. The port is bound first, on 127.0.0.1 only (so that a taken port is said at once), then the
environment is set, which ministack reads when imported, then everything else is imported.
Exit codes: 0 stopped by SIGTERM, 3 port taken, 2 settings wrong.
"""

from __future__ import annotations

import errno
import logging
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from helpers.local_aws import settings as settings_module
from helpers.local_aws.clock import Clock
from helpers.local_aws.settings import ACCOUNT_ID, STEPPED_START, Settings, SettingsError

if TYPE_CHECKING:
    from helpers.local_aws.front import Front
    from helpers.local_aws.protocol import JsonService
    from helpers.local_aws.sns.service import Sns

WRONG_SETTINGS, PORT_TAKEN = 2, 3
READ_TIMEOUT = 60  # seconds; whoever waits may be the clock's one thread
READ_TIMEOUTS = {"lambda": 910}  # a function may take 15 minutes
log = logging.getLogger(__name__)


def main() -> int:
    """Run until SIGTERM; returns the exit code."""
    try:
        settings = Settings.from_environment(os.environ)
        settings.home.mkdir(mode=0o700, parents=True, exist_ok=True)
        listening = bind(settings.port)
    except SettingsError as error:
        print(error, file=sys.stderr)  # noqa: T201 - the log does not exist yet; stderr is it
        return WRONG_SETTINGS
    except OSError as error:
        if error.errno != errno.EADDRINUSE:
            raise
        print(f"port {settings.port} is taken", file=sys.stderr)  # noqa: T201
        return PORT_TAKEN
    port = listening.getsockname()[1]
    environment = settings_module.isolated_environment(os.environ, settings, port)
    os.environ.clear()
    os.environ.update(environment)
    if hasattr(time, "tzset"):
        time.tzset()
    serve(settings, port, listening)
    return 0


def bind(port: int) -> socket.socket:
    """A socket bound to 127.0.0.1, not yet listening: connections are refused until we can answer."""
    # The protocol is named so that asyncio sees TCP and turns Nagle's algorithm off: 40 ms less a call.
    bound = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    exclusive = getattr(socket, "SO_EXCLUSIVEADDRUSE", None)  # Windows, where SO_REUSEADDR would share the port
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR if exclusive is None else exclusive, 1)
    try:
        bound.bind(("127.0.0.1", port))
    except OSError:
        bound.close()
        raise
    return bound


def serve(settings: Settings, port: int, listening: socket.socket) -> None:
    """Build everything, serve, and leave nothing behind: workers ended, clock stopped, state file gone."""
    import uvicorn

    clock = Clock(settings.clock, STEPPED_START if settings.clock == "stepped" else None)
    front = build(settings, port, clock)

    class Server(uvicorn.Server):
        """uvicorn that announces itself once it answers."""

        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets)
            if self.started:
                settings_module.write_state(settings, port)
                threading.Thread(target=front.prepare, name="local-aws-prepare", daemon=True).start()

    config = uvicorn.Config(
        front,
        log_config=None,
        access_log=False,
        lifespan="on",
        ws="none",
        server_header=False,
        date_header=False,
        timeout_keep_alive=120,
        timeout_graceful_shutdown=3,
    )
    # uvicorn ends on these signals and raises them once more afterwards; by then they are to do nothing.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: None)
    try:
        Server(config).run(sockets=[listening])
    finally:
        settings_module.remove_state(settings.home / settings_module.STATE_FILE)
        from ministack.core import lambda_runtime

        lambda_runtime.reset()
        clock.close()


def build(settings: Settings, port: int, clock: Clock) -> Front:
    """The front with all services; the environment must have been set, for ministack reads it now."""
    from helpers.local_aws.errors import ErrorLog, Redacting

    errors = ErrorLog(clock)
    stream = logging.StreamHandler()
    stream.setFormatter(Redacting(settings.key))
    logging.basicConfig(level=os.environ["LOG_LEVEL"].upper(), handlers=[stream, errors])
    return _assemble(settings, port, clock, errors)


def _assemble(settings: Settings, port: int, clock: Clock, errors: Any) -> Front:
    import ministack.app

    from helpers.local_aws.athena.service import AthenaService
    from helpers.local_aws.control import Control
    from helpers.local_aws.firehose.service import FirehoseService
    from helpers.local_aws.front import Front
    from helpers.local_aws.kinesisanalytics.service import KinesisAnalyticsService
    from helpers.local_aws.runtime import Runtime
    from helpers.local_aws.signing import Signatures
    from helpers.local_aws.sns.inbox import Inbox
    from helpers.local_aws.sns.pages import Pages
    from helpers.local_aws.sns.service import Sns

    url = f"http://127.0.0.1:{port}"
    runtime = Runtime(
        clock=clock,
        account_id=ACCOUNT_ID,
        region=settings.region,
        seed=settings.seed,
        client=clients(url, settings),
        home=settings.home,
    )
    firehose = FirehoseService(runtime)
    analytics = KinesisAnalyticsService(runtime, firehose)
    services = {service.name: service for service in (firehose, analytics, AthenaService(runtime))}
    inbox = Inbox(clock)
    sns = Sns(clock, inbox, url)
    sns.install()
    front = Front(
        backend=ministack.app.app,
        port=port,
        signatures=Signatures(ACCOUNT_ID, settings.key),
        services=services,
        control=Control(settings.key, clock, inbox, analytics, errors),
        pages=Pages(sns),
        prepare=cloudformation_installer(firehose, sns),
        is_flink=flink_applications(settings.region),
        now=clock.now,
    )
    handlers = ministack.app.SERVICE_HANDLERS
    for name in services:
        handlers[name] = front.handler(handlers[name])
    handlers["cloudformation"] = front.when_prepared(handlers["cloudformation"])
    return front


def cloudformation_installer(firehose: JsonService, sns: Sns) -> Callable[[], None]:
    """Puts our resource handlers into ministack's CloudFormation, which takes two seconds to import: called
    in the background once we answer, and waited for by CloudFormation's own first request."""
    guard = threading.Lock()
    done = False

    def prepare() -> None:
        nonlocal done
        with guard:
            if not done:
                from helpers.local_aws import cloudformation

                cloudformation.install(firehose, sns)
                done = True

    return prepare


def flink_applications(region: str) -> Callable[[str], bool]:
    """Tells whether ministack keeps an application of that name (it keeps those for Flink)."""
    from ministack.core.responses import request_scope

    def known(name: str) -> bool:
        module: Any = sys.modules.get("ministack.services.kinesisanalyticsv2")
        if module is None:
            return False
        with request_scope(ACCOUNT_ID, region):
            return name in module._applications

    return known


def clients(url: str, settings: Settings) -> Callable[[str], Any]:
    """boto3 clients of our own services over loopback: made on first use, shared by threads."""
    made: dict[str, Any] = {}
    guard = threading.Lock()

    def client(name: str) -> Any:
        with guard:  # making a client is not thread-safe, using one is
            if name not in made:
                import boto3
                from botocore.config import Config

                config = Config(
                    connect_timeout=5,
                    read_timeout=READ_TIMEOUTS.get(name, READ_TIMEOUT),
                    retries={"mode": "standard", "max_attempts": 3},
                    max_pool_connections=32,
                    s3={"addressing_style": "path"},
                )
                session = boto3.session.Session(
                    aws_access_key_id=ACCOUNT_ID,
                    aws_secret_access_key=settings.key,
                    region_name=settings.region,
                )
                made[name] = session.client(name, endpoint_url=url, config=config)
            return made[name]

    return client
