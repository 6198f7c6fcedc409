"""The local AWS as a process: settings, surroundings, services, ministack behind our front, uvicorn.

The order matters. The port is bound first, on 127.0.0.1 only (so that a taken port is said at once), then the
environment is set, which ministack reads when imported, then everything else is imported.
What was there before comes back before anything is answered: journal, clock, ministack's services, our services.
Exit codes: 0 stopped by SIGTERM, 3 port taken, 2 settings wrong, 4 what is kept in the home cannot be used.
"""

from __future__ import annotations

import contextlib
import errno
import gc
import logging
import os
import shutil
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from helpers.local_aws import settings as settings_module
from helpers.local_aws.clock import Clock
from helpers.local_aws.home import HomeError, open_journal, restored_clock
from helpers.local_aws.journal import Journal
from helpers.local_aws.settings import ACCOUNT_ID, INTERNAL, Settings, SettingsError

if TYPE_CHECKING:
    from helpers.local_aws.access import Access
    from helpers.local_aws.controlplane import ControlPlane
    from helpers.local_aws.front import Front
    from helpers.local_aws.kinesisanalytics.flink_runs import FlinkRuns
    from helpers.local_aws.kinesisanalytics.service import KinesisAnalyticsService
    from helpers.local_aws.kinesisanalytics.v1 import KinesisAnalyticsV1
    from helpers.local_aws.protocol import JsonService
    from helpers.local_aws.sns.service import Sns

WRONG_SETTINGS, PORT_TAKEN, WRONG_HOME = 2, 3, 4
SWITCH_INTERVAL = 0.001  # seconds
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
    os.umask(0o077)  # nobody else reads what is written from here on
    environment = settings_module.isolated_environment(os.environ, settings, port)
    os.environ.clear()
    os.environ.update(environment)
    if hasattr(time, "tzset"):
        time.tzset()
    try:
        serve(settings, port, listening)
    except HomeError as error:
        print(error, file=sys.stderr)  # noqa: T201
        return WRONG_HOME
    except SettingsError as error:
        print(error, file=sys.stderr)  # noqa: T201
        return WRONG_SETTINGS
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


def sweep(directory: Path) -> None:
    """An empty directory for the functions; those of a process that was killed end here, whatever they are doing."""
    if directory.exists():
        import psutil

        for process in psutil.process_iter():
            with contextlib.suppress(psutil.Error):
                if process.pid != os.getpid() and directory in Path(process.cwd()).parents:
                    process.kill()
        shutil.rmtree(directory, ignore_errors=True)
    directory.mkdir(mode=0o700, exist_ok=True)


def serve(settings: Settings, port: int, listening: socket.socket) -> None:
    """Build everything, serve, and leave no loose end: workers ended, clock stopped, state file gone."""
    import uvicorn

    # Writing a record down gives the GIL away half a dozen times; each time it would come back only after 5 ms (the
    # default) of whatever else is busy, an object being compressed, say.
    sys.setswitchinterval(SWITCH_INTERVAL)
    journal = open_journal(settings.home)
    sweep(settings.home / settings_module.TEMPORARY)
    clock = restored_clock(settings, journal)
    front, plane, flink_runs = build(settings, port, clock, journal)

    class Server(uvicorn.Server):
        """uvicorn that announces itself once it answers."""

        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets)
            if self.started:
                gc.freeze()  # modules and AWS's models stay: a fifth of a put's time went into looking at them again
                gc.set_threshold(50_000, 20, 50)
                clock.release()
                settings_module.write_state(settings, port, clock.mode)
                if plane.wants_cloudformation():
                    threading.Thread(target=front.prepare, name="local-aws-prepare", daemon=True).start()

    config = uvicorn.Config(
        front,
        log_config=None,
        access_log=False,
        lifespan="on",
        ws="none",
        server_header=False,
        date_header=False,
        proxy_headers=False,  # nobody stands before us, and X-Forwarded-For is nothing to believe
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
        flink_runs.close()
        clock.close()
        plane.close()
        journal.close()


def build(settings: Settings, port: int, clock: Clock, journal: Journal) -> tuple[Front, ControlPlane, FlinkRuns]:
    """The front with all services, as they were; the environment must have been set, for ministack reads it now."""
    from helpers.local_aws.errors import ErrorLog, Redacting

    errors = ErrorLog(clock)
    stream = logging.StreamHandler()
    stream.setFormatter(Redacting(settings.key, settings.root_key))
    logging.basicConfig(level=os.environ["LOG_LEVEL"].upper(), handlers=[stream, errors])
    return _assemble(settings, port, clock, journal, errors)


def _assemble(
    settings: Settings, port: int, clock: Clock, journal: Journal, errors: Any
) -> tuple[Front, ControlPlane, FlinkRuns]:
    import ministack.app
    from ministack.core import lambda_runtime

    from helpers.local_aws import access_requests, function_environment, function_errors
    from helpers.local_aws.access import Access, Credentials
    from helpers.local_aws.athena.service import AthenaService
    from helpers.local_aws.cloudwatch import by_the_clock
    from helpers.local_aws.control import Control
    from helpers.local_aws.controlplane import KEPT, ControlPlane
    from helpers.local_aws.event_sources import EventSources
    from helpers.local_aws.faults import Faults
    from helpers.local_aws.firehose.service import FirehoseService
    from helpers.local_aws.front import Front
    from helpers.local_aws.kinesis import by_the_clock as kinesis_by_the_clock
    from helpers.local_aws.kinesisanalytics.config import PRINCIPAL
    from helpers.local_aws.kinesisanalytics.flink import FlinkApplications
    from helpers.local_aws.kinesisanalytics.flink_runs import FlinkRuns
    from helpers.local_aws.kinesisanalytics.service import KinesisAnalyticsService
    from helpers.local_aws.kinesisanalytics.v1 import KinesisAnalyticsV1
    from helpers.local_aws.logs import Logs
    from helpers.local_aws.quicksight.service import QuickSightService
    from helpers.local_aws.runtime import Runtime
    from helpers.local_aws.signing import Signatures
    from helpers.local_aws.sns.inbox import Inbox
    from helpers.local_aws.sns.page import InboxPage
    from helpers.local_aws.sns.pages import Pages
    from helpers.local_aws.sns.service import Sns
    from helpers.local_aws.sns.sms import Texts
    from helpers.local_aws.sns.smtp import Outbox

    url = f"http://127.0.0.1:{port}"
    access = Access(ACCOUNT_ID, settings.region, settings.root_key)
    pin_origin = ministack.app.pin_request_origin
    # Loopback counts as TLS (aws:SecureTransport): what goes over it never leaves the machine.
    ministack.app.pin_request_origin = lambda address, secure: pin_origin(address, True)
    lambda_runtime.execution_credentials = access.execution_credentials
    access_requests.install()
    function_environment.install()
    function_errors.install()
    runtime = Runtime(
        clock=clock,
        account_id=ACCOUNT_ID,
        region=settings.region,
        seed=settings.seed,
        client=clients(url, settings.region, access),
        home=settings.home,
        journal=journal,
        faults=Faults(settings.seed),
        allow=access.check,
        assume=assuming(access),
    )
    plane = ControlPlane(journal, settings.home)
    plane.restore()
    try:
        access.admit(Credentials(settings.access_key_id, settings.key), settings.policy)
    except ValueError as error:
        raise SettingsError(f"WORKSHOP_POLICY names no IAM policy: {error}") from error
    access.bound(settings_module.BOUNDARY_POLICY.read_text(encoding="utf-8"))
    firehose = FirehoseService(runtime)
    flink = FlinkApplications(ACCOUNT_ID, settings.region)
    flink_runs = FlinkRuns(
        runtime,
        url,
        credentials=lambda role: access.assume(role, PRINCIPAL).variables(),
        keep=lambda: plane.save("kinesisanalyticsv2"),
    )
    analytics = KinesisAnalyticsService(runtime, firehose, flink.summaries)
    analytics_v1 = KinesisAnalyticsV1(runtime, analytics)
    made = (firehose, analytics, analytics_v1, AthenaService(runtime), QuickSightService(runtime))
    services: dict[str, JsonService] = {service.name: service for service in made}
    inbox = Inbox(clock, journal, url)
    if settings.smtp:
        outbox = Outbox(*settings.smtp, journal)
        inbox.on_arrival = outbox.take
        outbox.start()
    sns = Sns(clock, inbox, Texts(clock, inbox, journal), url, keep=lambda: plane.save("sns"))
    sns.install()
    EventSources(runtime).install()
    front = Front(
        backend=ministack.app.app,
        port=port,
        signatures=Signatures(access),
        services=services,
        control=Control(settings.key, clock, inbox, InboxPage(inbox, url), analytics, errors, runtime.faults),
        pages=Pages(sns),
        prepare=cloudformation_installer(firehose, sns, analytics, analytics_v1, plane, access, settings.region, clock),
        is_flink=flink.__contains__,
        now=clock.now,
        faults=runtime.faults,
    )
    handlers = ministack.app.SERVICE_HANDLERS
    handlers["sns"] = sns.handler(handlers["sns"])
    kinesis_by_the_clock(clock)
    handlers["kinesisanalyticsv2"] = flink_runs.handler(handlers["kinesisanalyticsv2"])
    handlers["monitoring"] = by_the_clock(clock, handlers["monitoring"])
    logs = Logs(clock, keep=lambda: plane.save("cloudwatch_logs"))
    for name in ("logs", "lambda", "cloudformation"):
        handlers[name] = logs.handler(handlers[name])
    handlers["lambda"] = function_errors.handler(handlers["lambda"])
    for name in access_requests.HANDED:
        handlers[name] = access_requests.handing(access, name, handlers[name])
    for name in KEPT:
        handlers[name] = plane.keeping(name, handlers[name])
    for name in services.keys() & handlers.keys():  # version 1 of the analytics is ours alone
        handlers[name] = front.handler(handlers[name])
    handlers["cloudformation"] = front.when_prepared(handlers["cloudformation"])
    for service in services.values():
        service.restore()
    return front, plane, flink_runs


def assuming(access: Access) -> Callable[[str, str], str]:
    """Gives the access key of a role's session to a service; refusals are those of STS."""

    def assume(role: str, principal: str) -> str:
        from botocore.exceptions import ClientError

        from helpers.local_aws.protocol import AwsError

        try:
            return access.assume(role, principal).access_key_id
        except AwsError as error:
            metadata: Any = {"HTTPStatusCode": error.status}
            described: Any = {"Error": {"Code": error.code, "Message": error.message}, "ResponseMetadata": metadata}
            raise ClientError(described, "AssumeRole") from error

    return assume


def cloudformation_installer(
    firehose: JsonService,
    sns: Sns,
    analytics: KinesisAnalyticsService,
    analytics_v1: KinesisAnalyticsV1,
    plane: ControlPlane,
    access: Access,
    region: str,
    clock: Clock,
) -> Callable[[], None]:
    """Puts our resource handlers into ministack's CloudFormation, which takes two seconds to import: called
    in the background once we answer, if it is likely to be wanted, and waited for by its own first request."""
    guard = threading.Lock()
    done = False

    def prepare() -> None:
        nonlocal done
        with guard:
            if not done:
                from helpers.local_aws import cloudformation

                cloudformation.install(
                    firehose, sns, analytics, analytics_v1, access, ACCOUNT_ID, region, clock, plane.making
                )
                plane.restore_late()
                done = True

    return prepare


def clients(url: str, region: str, access: Access) -> Callable[..., Any]:
    """boto3 clients of our own services over loopback, as root or with an access key: made on first use, shared."""
    made: dict[tuple[str, str], Any] = {}
    guard = threading.Lock()

    def client(name: str, key: str = ACCOUNT_ID) -> Any:
        with guard:  # making a client is not thread-safe, using one is
            if (name, key) not in made:
                import boto3
                from botocore.config import Config

                config = Config(
                    connect_timeout=5,
                    read_timeout=READ_TIMEOUTS.get(name, READ_TIMEOUT),
                    retries={"mode": "standard", "max_attempts": 3},
                    max_pool_connections=32,
                    s3={"addressing_style": "path"},
                    user_agent_extra=INTERNAL,
                )
                own = access.credentials(key)
                session = boto3.session.Session(own.access_key_id, own.secret, own.token or None, region)
                made[name, key] = session.client(name, endpoint_url=url, config=config)
            return made[name, key]

    return client
