"""`workshop generate`: send records made from a template, at a rate, to a Firehose or a Kinesis stream.

This module is what `workshop --help` loads, so the generator and boto3 are imported only within the command.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from helpers.errors import WorkshopError

if TYPE_CHECKING:
    from helpers.generator.producer import Producer
    from helpers.generator.run import Reading, Run
    from helpers.generator.scenario import Scenario
    from helpers.workshop import Workshop

SHOWN, TOLD = 0.25, 10.0  # seconds between two looks at the progress: on a terminal, in a log
FAST = 5_000.0  # records a second from which on several requests are under way at once
LANES = 4
ENDPOINTS = ("AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_FIREHOSE", "AWS_ENDPOINT_URL_KINESIS")


@click.command("generate")
@click.argument("template", required=False)
@click.option("--to", "stream", metavar="STREAM", help="The delivery stream, or with --kinesis the data stream.")
@click.option("--rate", type=click.FloatRange(0, min_open=True), help="Records a second, 0.1 to 100,000.")
@click.option("--profile", type=click.Path(exists=True, dir_okay=False), help="Rates by hour and weekday, as YAML.")
@click.option("--scenario", metavar="NAME|FILE", help="Phases with a rate for each producer, as YAML.")
@click.option("--count", type=click.IntRange(1), help="Stop after so many records.")
@click.option("--duration", type=click.FloatRange(0, min_open=True), help="Stop after so many seconds.")
@click.option("--jitter", type=click.FloatRange(0, 1), default=0.5, show_default=True, help="0 is a metronome.")
@click.option("--seed", type=int, default=7, show_default=True, help="Seed of records and jitter.")
@click.option("--kinesis", is_flag=True, help="STREAM is a Kinesis data stream.")
@click.option("--start", metavar="TIME", help="Begin at this time (ISO 8601), as fast as it goes; see date.simTime.")
@click.option("--speed", type=click.FloatRange(0), help="Seconds of traffic a second; 0: as fast as it goes.")
@click.option("--step", is_flag=True, help="Let the local AWS's clock pass with the traffic, second by second.")
@click.option("--gzip", "zipped", is_flag=True, help="Pack each record, without a newline.")
@click.option("--aws", is_flag=True, help="Your own account or endpoint, as boto3 finds it, not the local AWS.")
@click.option("--show", type=click.IntRange(1), metavar="N", help="Only print N records; nothing is sent.")
def generate(
    template: str | None,
    stream: str | None,
    rate: float | None,
    profile: str | None,
    scenario: str | None,
    count: int | None,
    duration: float | None,
    jitter: float,
    seed: int,
    kinesis: bool,
    start: str | None,
    speed: float | None,
    step: bool,
    zipped: bool,
    aws: bool,
    show: int | None,
) -> None:
    """Send records of TEMPLATE to a stream, at a rate.

    TEMPLATE is a file in the language of the Kinesis Data Generator, a name in data/templates, or - for standard
    input. It is checked before anything is sent. With --scenario, it is for the producers whose template the
    scenario does not name.

    Records go to the local AWS that runs; with --aws, WORKSHOP_TARGET=aws or AWS_ENDPOINT_URL to where boto3 finds
    its credentials and endpoint. What AWS refuses is sent again; what it keeps refusing ends the run with exit
    code 1. Ctrl-C ends it after the request under way (exit code 130). The last line accounts for every record.
    """
    from helpers.generator.run import Run

    if show:
        _show(_text(template), show, seed)
        return
    plan = _plan(scenario)
    if stream is None:
        raise click.UsageError("Say where to: --to STREAM. To look at records only: --show 5.")
    producers = _producers(template, rate, profile, plan, jitter, seed)
    begin = _moment(start)
    pace = speed if speed is not None else 0.0 if begin is not None else 1.0
    seconds = duration if plan is None or duration is not None else float(plan.seconds)
    if not pace and count is None and seconds is None:
        raise click.UsageError("As fast as it goes, traffic never ends: say --count or --duration.")
    target = _Target(aws, kinesis, stream, step)
    origin = begin if begin is not None else target.now()
    feed = target.feed(producers, origin, count, zipped, LANES if (rate or 0) >= FAST else 1, begin is not None)
    if plan is not None:
        _schedule(feed, plan)
    run = Run(feed, seconds, pace, target.step)
    _go(run, feed, origin, seconds)


def _go(run: Run, feed: Any, origin: float, seconds: float | None) -> None:
    feed.sender.sleep = run.stopping.wait  # a pause between two tries ends with the run
    try:
        with _interruptible(run):
            last = run.go(_progress(origin, seconds))
    except WorkshopError as error:
        _clear()
        raise WorkshopError(f"{error}\n{feed.account}") from error
    _clear()
    took = f"in {last.seconds:.1f} s, {last.account.acknowledged / max(last.seconds, 0.001):,.1f} records/s delivered"
    click.echo(f"{last.account}; {took}")
    if run.stopping.is_set():
        raise SystemExit(130)


class _Target:
    """Where records go, and whose time it is there."""

    def __init__(self, aws: bool, kinesis: bool, stream: str, step: bool) -> None:
        self._kinesis = kinesis
        self._stream = stream
        self._ws: Workshop | None = None
        self.step: Callable[[float], object] | None = None
        if not (aws or os.environ.get("WORKSHOP_TARGET") == "aws" or _elsewhere()):
            self._ws = _local()
        if step:
            if self._ws is None or self._ws.clock.mode != "stepped":
                raise WorkshopError(
                    "--step moves the clock of a local AWS that runs on stepped time: start it with "
                    "`workshop local-aws start --clock stepped`."
                )
            self.step = self._ws.clock.step

    def now(self) -> float:
        """Epoch seconds, by the clock of the local AWS or the machine's."""
        return self._ws.clock.now() if self._ws else time.time()

    def feed(
        self, producers: list[Producer], origin: float, count: int | None, zipped: bool, lanes: int, dated: bool
    ) -> Any:
        """A feed to the stream; `dated`: the time line is not the present."""
        from helpers.generator.destination import Firehose, Kinesis
        from helpers.generator.sender import Sender
        from helpers.generator.traffic import Feed

        service = Kinesis if self._kinesis else Firehose
        sender = Sender(self._client(), self._stream, service=service, zipped=zipped, lanes=lanes)
        return Feed(sender, producers, origin, count, time.time if dated else None, self._ledger())

    def _client(self) -> Any:
        name = "kinesis" if self._kinesis else "firehose"
        if self._ws:
            return self._ws.client(name)
        import boto3
        from botocore.exceptions import BotoCoreError

        try:
            return boto3.session.Session().client(name)
        except BotoCoreError as error:
            raise WorkshopError(f"Your AWS set-up cannot be used: {error}. Put it right, then try again.") from error

    def _ledger(self) -> Callable[[int, int], None] | None:
        """The chapters compare what was sent with what arrived: their stream's records are entered."""
        from helpers.generator.traffic import enter

        if self._ws is None or self._kinesis:
            return None
        try:
            theirs = self._ws.outputs.get("DeliveryStreamName")
        except WorkshopError:  # no stack, so no chapter's stream
            return None
        return partial(enter, self._ws.notes) if theirs == self._stream else None


def _elsewhere() -> bool:
    """Whether AWS_ENDPOINT_URL names something else than the local AWS, as notebooks' kernels set it."""
    from helpers import local_process

    named = {os.environ[name] for name in ENDPOINTS if os.environ.get(name)}
    state = local_process.running(local_process.home_directory()) if named else None
    return bool(named) and (state is None or named != {state.url})


def _local() -> Workshop:
    from helpers import local_process
    from helpers.workshop import Workshop

    if local_process.running(local_process.home_directory()) is None:
        raise WorkshopError(
            "The local AWS is not running. Start it with `workshop local-aws start`, "
            "or say --aws to send to your own account."
        )
    return Workshop.connect()


def _text(template: str | None) -> str:
    from helpers.generator.scenario import template_text

    if template is None:
        raise click.UsageError("Which TEMPLATE? Name a file, a template in data/templates, or - for standard input.")
    return sys.stdin.read() if template == "-" else template_text(template)


def _show(text: str, number: int, seed: int) -> None:
    from helpers.generator.template import Template

    template = Template.parse(text, seed)
    now = time.time()
    for _ in range(number):
        click.echo(template.render(now))


def _plan(scenario: str | None) -> Scenario | None:
    from helpers.generator.scenario import load

    return None if scenario is None else load(scenario)


def _producers(
    template: str | None, rate: float | None, profile: str | None, plan: Scenario | None, jitter: float, seed: int
) -> list[Producer]:
    """The producers, silent yet when a scenario drives them."""
    from helpers.generator import profile as profiles
    from helpers.generator.producer import Producer
    from helpers.generator.tabs import Tabs
    from helpers.generator.template import Template

    if [rate, profile, plan].count(None) != 2:
        raise click.UsageError("Say how fast: one of --rate, --profile and --scenario.")
    if plan is None:
        text = _text(template)
        how = profiles.load(Path(profile)) if profile else rate or 0.0
        return [Producer("records", Template.parse(text, seed), how, jitter, seed)]
    given = {} if template is None else dict.fromkeys(plan.producers, _text(template))
    tabs = Tabs(given | dict(plan.templates))
    for name in plan.producers:
        if name not in tabs.templates:
            raise click.UsageError(f"Which TEMPLATE? The scenario {plan.name} names none for {name}.")
    return tabs.producers(dict.fromkeys(plan.producers, 0.0), seed, plan.name, jitter)


def _schedule(feed: Any, plan: Scenario) -> None:
    begin = 0
    for phase in plan.phases:
        feed.schedule.at(begin, dict.fromkeys(plan.producers, 0.0) | dict(phase.rates))
        begin += phase.seconds
    feed.schedule.at(begin, dict.fromkeys(plan.producers, 0.0))


def _moment(text: str | None) -> float | None:
    if text is None:
        return None
    try:
        when = datetime.fromisoformat(text)
    except ValueError as error:
        raise click.UsageError(f"--start takes a time such as 2026-01-31T08:00, not {text!r}.") from error
    return (when if when.tzinfo else when.replace(tzinfo=UTC)).timestamp()


@contextmanager
def _interruptible(run: Run) -> Iterator[None]:
    """Ctrl-C and SIGTERM end the run after the request under way; a second one ends it at once."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def hear(number: int, frame: Any) -> None:
        if run.stopping.is_set():
            raise KeyboardInterrupt
        run.stop()

    usual = {number: signal.signal(number, hear) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in usual.items():
            signal.signal(number, handler)


def _progress(origin: float, seconds: float | None) -> Callable[[Reading], None]:
    """Account, delivered rate and time on standard error: a terminal's last line, or a line every ten seconds."""
    terminal = sys.stderr.isatty()
    every = SHOWN if terminal else TOLD
    shown = 0.0

    def tell(reading: Reading) -> None:
        nonlocal shown
        if reading.seconds - shown < every:
            return
        shown = reading.seconds
        end = "" if seconds is None else f" of {seconds:,.0f}"
        at = f"{reading.line:,.0f}{end} s, {datetime.fromtimestamp(origin + reading.line, UTC):%Y-%m-%d %H:%M:%S} UTC"
        text = f"{reading.account}, {reading.delivered_rate:,.1f} records/s delivered, at {at}"
        click.echo(f"\r\033[K{text}" if terminal else text, err=True, nl=not terminal)

    return tell


def _clear() -> None:
    if sys.stderr.isatty():
        click.echo("\r\033[K", err=True, nl=False)
