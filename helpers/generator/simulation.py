"""The lab's five KDG browser tabs as one object: run a scenario at once, or send live and turn the rates."""

from __future__ import annotations

import contextlib
import threading
import time
import weakref
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

from helpers.generator import observe
from helpers.generator.beat import Beat
from helpers.generator.errors import GeneratorError
from helpers.generator.live import Live
from helpers.generator.producer import Producer, checked_rate
from helpers.generator.result import RunResult
from helpers.generator.scenario import Scenario, load
from helpers.generator.sender import Account
from helpers.generator.tabs import EXTRA, JITTER, PRODUCERS, Cast, Tabs, producers, read_template
from helpers.generator.template import Template
from helpers.generator.traffic import Traffic

TICK = 0.1  # seconds between two looks at what is due
MARGIN = 5  # seconds beyond Firehose's buffering intervals
STRIDE = 5  # seconds a step while nothing is sent
LOOKS = 10  # seconds: Firehose's looks at a data stream before it, and Lambda's at one behind the application

__all__ = ["EXTRA", "JITTER", "PRODUCERS", "Simulation", "Status", "producers", "read_template"]
_LIVE: weakref.WeakSet[Simulation] = weakref.WeakSet()  # all of this process with live traffic
Progress = Callable[[int, int], object]


@dataclass(frozen=True)
class Status:
    """The live traffic at a glance: seconds, records a second, and what the last error said.

    `records` counts by producer what was handed over, of those removed since too.
    """

    running: bool
    elapsed: float
    rates: dict[str, float]
    burst_left: float
    delivered_rate: float
    account: Account
    error: str
    records: dict[str, int] = field(default_factory=dict)


class Simulation:
    """Traffic for the workshop `ws`; the same seed (else the workshop's) gives the same traffic.

    `run` plays a scenario at once on local; `start`, `set_rate`, `burst`, `stop` send in real time.
    Another track's simulation names its own producers (`cast`) and what comes of a run (`_result`).
    """

    cast: ClassVar[Cast] = PRODUCERS

    def __init__(self, ws: Any, seed: int | None = None, monotonic: Callable[[], float] = time.monotonic) -> None:
        self.ws = ws
        self.seed: int = ws.seed if seed is None else seed
        self.errors: list[Exception] = []
        self._tabs = Tabs(cast=self.cast)
        self._monotonic = monotonic
        self._live: Live | None = None
        self._beat: Beat | None = None
        self._former_mode: str | None = None

    # -- at once ---------------------------------------------------------------------------------------------

    def run(self, scenario: str | Path = "burst", progress: Progress | None = None) -> Any:
        """Play a scenario (a name in data/scenarios, or a file) and wait until all of it is delivered.

        Local: the clock is stepped for the run, from the next full minute on, and gets its mode back whatever
        happens; minutes take seconds. aws, and anywhere with Flink: it takes as long as it says.
        `progress(done, total)` gets seconds.
        Notes "run" for the chapters behind: start and burst in epoch milliseconds.
        Raises GeneratorError while live traffic is on or the application does not run, DeliveryError when
        records could not be delivered, ScenarioError for a malformed scenario.
        """
        plan = load(scenario)
        self._require_idle()
        self._require_application()
        seen = self._last_message()
        with self._paced():
            now = self.ws.clock.now()
            # A millisecond beyond the minute, so that rounding never puts a record into the window before.
            start = now + 60 - now % 60
            self._let_pass(start - now + 0.001)
            start = float(round(start))
            tabs = Tabs(plan.templates, self.cast)
            silent = dict.fromkeys(tabs.rates, 0.0)
            traffic = Traffic(self.ws, tabs.producers(silent, self.seed, plan.name), start)
            begin = 0
            for phase in plan.phases:
                traffic.schedule.at(begin, silent | dict(phase.rates))
                begin += phase.seconds
            settle = self._settling()
            total = plan.seconds + settle
            self._play(traffic, plan.seconds, total, progress)
            self._wait(settle, lambda done: progress(plan.seconds + done, total) if progress else None)
            result = self._result(plan, traffic, start, seen)
        self.ws.notes["run"] = self._note(result)
        return result

    def send(self, template: str, rate: float = 1.0, seconds: int = 10, progress: Progress | None = None) -> Account:
        """Send one template (a name in data/templates) at `rate` records a second for `seconds`.

        Takes the same path as `run`, and as much time. Answers what became of them.
        """
        self._require_idle()
        producer = Producer(template, read_template(template, self.seed), checked_rate(template, rate))
        with self._paced():
            traffic = Traffic(self.ws, [producer], self.ws.clock.now())
            self._play(traffic, seconds, seconds, progress)
        return traffic.account

    # -- live ------------------------------------------------------------------------------------------------

    @property
    def running(self) -> bool:
        """Whether live traffic is on."""
        return self._beat is not None and self._beat.alive

    def start(self) -> None:
        """Send in real time from now on, on a thread of its own; GeneratorError when that is on already.

        A stepped clock runs in real time until `stop`. Live traffic of another simulation in this process is
        stopped: there is one delivery stream, and a cell that is run again leaves its old panel behind.
        """
        self._require_idle()
        self.stop()  # what an error has ended is put in order first
        self.errors.clear()
        self._former_mode = self._set_mode("real")
        try:
            stopping = threading.Event()  # also ends a pause between two tries
            tabs = self._tabs.producers(self._tabs.rates, self.seed, "live")
            traffic = Traffic(self.ws, tabs, self.ws.clock.now(), stopping.wait)
            self._live = Live(traffic, self._monotonic)
            self._beat = Beat(self._tick, TICK, "live traffic", stopping)
            _LIVE.add(self)
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """End live traffic, wait for its thread, give the clock its former mode; harmless when it is off."""
        _LIVE.discard(self)
        beat, self._beat = self._beat, None
        if beat is not None:
            beat.stop()
        former, self._former_mode = self._former_mode, None
        if former is not None:
            self._set_mode(former)

    def set_rate(self, producer: str, rate: float) -> None:
        """Let a producer send `rate` records a second, at once or from the next start on."""
        self._tabs.require(producer)
        self._tabs.rates[producer] = checked_rate(producer, rate)
        if self.running and self._live is not None:
            self._live.traffic.set_rate(producer, rate)

    def add_producer(self, name: str, text: str, rate: float = 0.0) -> None:
        """One more tab: `text` is its template, `rate` records a second; at once when live traffic is on.

        Raises GeneratorError when the name is in use, TemplateError when the template is malformed.
        """
        self._tabs.add(name, text, rate)
        self._join(name)

    def remove_producer(self, name: str) -> None:
        """One tab less. GeneratorError when there is none of that name, or it is the last."""
        self._tabs.remove(name)
        if self.running and self._live is not None:
            self._live.traffic.remove(name)

    def template(self, producer: str) -> str:
        """The text of a producer's template."""
        self._tabs.require(producer)
        return self._tabs.templates[producer]

    def set_template(self, producer: str, text: str) -> None:
        """Let a producer send records of another template, at once; TemplateError when it is malformed."""
        self._tabs.require(producer)
        # The time goes into the seed, so that a text taken back does not bring the same records once more.
        template = Template.parse(text, f"{self.seed}:live:{producer}:{self.status().elapsed}")
        self._tabs.templates[producer] = text
        if self.running and self._live is not None:
            self._live.traffic.set_template(producer, template)

    def burst(self, seconds: float = 25, rate: float = 1.0, producers: Iterable[str] = EXTRA) -> None:
        """The lab's anomaly: the extra click producers send `rate` records a second, and stop by themselves.

        Raises GeneratorError when live traffic is off, or a burst lasts already.
        """
        if not self.running or self._live is None:
            raise GeneratorError("there is no live traffic for a burst to stand out from: start it first")
        self._live.burst(producers, seconds, rate)

    def fast_forward(self, seconds: int = 60) -> None:
        """Let `seconds` pass at once, with live traffic if it is on. Local target only (GeneratorError)."""
        if self.ws.target != "local":
            raise GeneratorError("time on AWS cannot be fast-forwarded: wait, or use the local target")
        if self._in_real_time:
            raise GeneratorError("Flink runs in real time and cannot be fast-forwarded: wait, or unset WORKSHOP_ENGINE")
        if self.running and self._live is not None:
            self._live.fast_forward(seconds, self.ws.clock.step)
        else:
            self._wait(seconds)

    def status(self) -> Status:
        """The live traffic at a glance; asks nobody, so it answers at once."""
        live = self._live
        return Status(
            running=self.running,
            elapsed=live.elapsed() if live and self.running else 0.0,
            rates=live.traffic.rates if live and self.running else dict(self._tabs.rates),
            burst_left=live.burst_left() if live and self.running else 0.0,
            delivered_rate=live.delivered_rate() if live and self.running else 0.0,
            account=live.traffic.account if live else Account(),
            error=str(self.errors[-1]) if self.errors else "",
            records=dict(live.traffic.records) if live else {},
        )

    def observe(self) -> observe.Observation:
        """What the application has made of the live traffic, and the inbox; asks the local AWS."""
        live = self._live
        return observe.observe(self.ws, live.traffic.origin if live else None, live.bursts if live else ())

    def _tick(self) -> bool:
        if self._live is None:
            return False
        try:
            self._live.tick()
        except Exception as error:  # on a thread: kept for `status` and the panel, and the traffic ends
            self.errors.append(error)
            return False
        return True

    # -- parts -----------------------------------------------------------------------------------------------

    def _join(self, name: str) -> None:
        """Let a new tab take part in live traffic, if that is on."""
        if self.running and self._live is not None:
            rate = self._tabs.rates[name]
            self._live.traffic.add(lambda now: self._tabs.producer(name, rate, self.seed, "live", start=now))

    def _play(self, traffic: Traffic, seconds: int, total: int, progress: Progress | None) -> None:
        """Second by second: send what is due in it, then let it pass."""
        for second in range(1, seconds + 1):
            traffic.advance(second)
            # In real time sending itself takes time: wait for the rest of the second only, so that nothing drifts.
            spent = self.ws.clock.now() - traffic.origin - (second - 1) if self._in_real_time else 0.0
            self._let_pass(max(0.0, 1.0 - spent))
            if progress:
                progress(second, total)

    def _wait(self, seconds: int, progress: Callable[[int], object] = lambda done: None) -> None:
        for done in range(0, seconds, STRIDE):
            stride = min(STRIDE, seconds - done)
            self._let_pass(stride)
            progress(done + stride)

    @property
    def _in_real_time(self) -> bool:
        return bool(self.ws.target == "aws" or self.ws.engine == "flink")

    def _let_pass(self, seconds: float) -> None:
        (self.ws.clock.sleep if self._in_real_time else self.ws.clock.step)(seconds)

    def _settling(self) -> int:
        """How long Firehose may keep records in its buffers, seconds: transformation first, then delivery."""
        stream = self.ws.outputs["DeliveryStreamName"]
        description = self.ws.client("firehose").describe_delivery_stream(DeliveryStreamName=stream)
        (destination,) = description["DeliveryStreamDescription"]["Destinations"]
        s3 = destination["ExtendedS3DestinationDescription"]
        processing = s3.get("ProcessingConfiguration", {})
        transformation = 0
        for processor in processing.get("Processors", []) if processing.get("Enabled") else []:
            if processor["Type"] == "Lambda":
                values = {item["ParameterName"]: item["ParameterValue"] for item in processor.get("Parameters", [])}
                transformation = int(values.get("BufferIntervalInSeconds", 60))
        looks = LOOKS if self.ws.engine == "flink" else 0
        return transformation + int(s3["BufferingHints"]["IntervalInSeconds"]) + looks + MARGIN

    def _result(self, plan: Scenario, traffic: Traffic, start: float, seen: int) -> Any:
        late = plan.seconds + observe.WINDOW
        seen_inside = self.ws.engine == "sql"  # in-application streams are the SQL service's
        return RunResult(
            **self._outcome(plan, traffic, start, seen),
            windows=observe.windows(self.ws, start, late) if seen_inside else [],
            anomalies=observe.anomalies(self.ws, start, late) if seen_inside else [],
            burst=plan.burst,
        )

    def _outcome(self, plan: Scenario, traffic: Traffic, start: float, seen: int) -> dict[str, Any]:
        """What every lab's result has; messages are those after the one `seen`."""
        local = self.ws.target == "local"
        return {
            "scenario": plan.name,
            "seed": self.seed,
            "start": start,
            "seconds": plan.seconds,
            "records": {name: count for name, count in traffic.records.items() if count},
            "account": traffic.account,
            "messages": self.ws.inbox.messages(after=seen) if local else [],
            "note": observe.note(self.ws),
        }

    def _note(self, result: Any) -> dict[str, Any]:
        return _note_of(result)

    def _last_message(self) -> int:
        return max((m["id"] for m in self.ws.inbox.messages()), default=0) if self.ws.target == "local" else 0

    def _require_idle(self) -> None:
        if self.running:
            raise GeneratorError("live traffic is on: stop it first")
        for other in list(_LIVE):  # of a cell that was run again, say: nobody could stop it any more
            if other is not self:
                other.stop()

    def _require_application(self) -> None:
        if self.ws.target == "local" and (status := observe.status(self.ws)) != "RUNNING":
            raise GeneratorError(
                f"the application {self.ws.application_name} is {status}, so nobody would see the traffic:"
                f" start it as chapter {self.ws.track.application_chapter:02d} does"
            )

    def _set_mode(self, mode: str) -> str | None:
        """Set the local clock's mode; the mode before, None where there is nothing to give back."""
        if self.ws.target != "local":
            return None
        former = str(self.ws.clock.mode)
        self.ws.control("POST", "clock", {"mode": mode})
        return former

    @contextlib.contextmanager
    def _paced(self) -> Iterator[None]:
        former = self._set_mode("real" if self._in_real_time else "stepped")
        try:
            yield
        finally:
            if former is not None:
                self._set_mode(former)


def _note_of(result: RunResult) -> dict[str, Any]:
    """What other chapters want to know of a run, as JSON; times in epoch milliseconds."""

    def at(offset: float) -> int:
        return round((result.start + offset) * 1000)

    return {
        "scenario": result.scenario,
        "start": at(0),
        "end": at(result.seconds),
        "burst": [at(offset) for offset in result.burst] if result.burst else None,
        "records": result.records,
        "windows": len(result.windows),
        "anomalies": len(result.anomalies),
        "mails": len(result.mails),
        "sms": len(result.sms),
    }
