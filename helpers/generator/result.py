"""What a run of a scenario sent, and what came out of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from statistics import mean
from typing import TYPE_CHECKING, Any

from helpers.generator.observe import THRESHOLD, WINDOW, Row, clock_face
from helpers.generator.sender import Account

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What every lab's run has. `start` is epoch seconds, always a full minute; offsets are seconds after it.

    `messages` are the mails and SMS that came. `note` says what could not be observed, and why.
    """

    scenario: str
    seed: int
    start: float
    seconds: int
    records: dict[str, int]
    account: Account
    messages: list[dict[str, Any]] = field(default_factory=list)
    note: str = ""

    @property
    def sms(self) -> list[dict[str, Any]]:
        """The text messages that came during the run."""
        return [message for message in self.messages if message["protocol"] == "sms"]


@dataclass(frozen=True, kw_only=True)
class RunResult(Outcome):
    """A run of the clickstream; `windows` and `anomalies` are rows for a DataFrame (see `observe`)."""

    windows: list[Row]
    anomalies: list[Row]
    burst: tuple[int, int] | None

    @property
    def mails(self) -> list[dict[str, Any]]:
        """The e-mails that came during the run."""
        return [message for message in self.messages if message["protocol"] == "email"]

    @property
    def burst_anomalies(self) -> list[Row]:
        """Anomalies of the burst's windows and of the one behind: a score may come one window late."""
        if self.burst is None:
            return []
        begin, end = self.burst
        return [row for row in self.anomalies if begin < row["offset"] <= end + WINDOW]

    @property
    def false_alarms(self) -> list[Row]:
        """Anomalies outside the burst."""
        inside = self.burst_anomalies
        return [row for row in self.anomalies if row not in inside]

    def figure(self) -> Figure:
        """The click-through rate over time with the scores above the threshold and the burst marked."""
        from helpers.panels import charts

        return charts.ctr_chart(self.windows, self.anomalies, THRESHOLD, self.burst)

    def summary(self) -> str:
        """The run in words: the same for the same seed, whatever the hour."""
        sent = ", ".join(f"{name} {count}" for name, count in self.records.items())
        lines = [
            ("scenario", f"{self.scenario}, {clock_face(self.seconds)} minutes of traffic, seed {self.seed}"),
            ("records", f"{self.account.sent} sent, {self.account.acknowledged} acknowledged ({sent})"),
            ("windows", f"{len(self.windows)} of {WINDOW} seconds"),
        ]
        if self.burst is not None:
            begin, end = self.burst
            inside = _ctr(row for row in self.windows if begin < row["offset"] <= end)
            before = _ctr(row for row in self.windows if row["offset"] <= begin)
            when = f"{clock_face(begin)} to {clock_face(end)}"
            lines.append(("CTR", f"{before} before the burst, {inside} in it ({when})"))
        lines.append(("anomalies", self._anomalies()))
        lines.append(("messages", f"{_count(self.mails, 'mail')}, {len(self.sms)} SMS"))
        if self.note:
            lines.append(("note", self.note))
        return "\n".join(f"{name:<10} {text}" for name, text in lines)

    def _anomalies(self) -> str:
        if not self.anomalies:
            return f"no score above {THRESHOLD:g}"
        found = (f"{row['minute']} (score {row['score']:.2f}, CTR {row['ctr']:.0f} %)" for row in self.anomalies)
        inside = "" if self.burst is None else f", {len(self.burst_anomalies)} in the burst"
        return f"{_count(self.anomalies, 'score')} above {THRESHOLD:g}{inside}: {', '.join(found)}"


def _count(things: Sequence[object], name: str) -> str:
    return f"{len(things)} {name}{'' if len(things) == 1 else 's'}"


def _ctr(windows: Iterable[Row]) -> str:
    rates = [row["ctr"] for row in windows if row["ctr"] is not None]
    return f"{mean(rates):.0f} %" if rates else "no CTR"
