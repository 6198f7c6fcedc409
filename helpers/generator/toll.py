"""The toll road's traffic: the lab's template at its rate, with other weights when asked, and what comes of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from helpers import toll
from helpers.generator import observe
from helpers.generator.observe import WINDOW, Row, clock_face
from helpers.generator.result import Outcome
from helpers.generator.scenario import Scenario
from helpers.generator.simulation import Simulation
from helpers.generator.stations import PRESETS, RATE, template_text
from helpers.generator.tabs import Cast
from helpers.generator.traffic import Traffic

if TYPE_CHECKING:
    from matplotlib.figure import Figure

STREAM = "ANOMALY_SCORE_SQL_STREAM"
LIVE = "vehicles"  # the producer whose weights can be moved


def scores(ws: Any, start: float, seconds: float) -> list[Row]:
    """One row a station and window that ended in the `seconds` after `start` (epoch seconds), for a DataFrame.

    `minute` ("4:10") and `offset` (seconds) say when the window ended; `station`, `vehicles`, `score`.
    """
    return [
        {
            "minute": clock_face(offset),
            "offset": offset,
            "station": str(row["station_id"]),
            "vehicles": int(row["vehicle_count"]),
            "score": float(row["anomaly_score"]),
        }
        for offset, row in observe.within(ws.stream_rows(STREAM), start, seconds)
    ]


@dataclass(frozen=True, kw_only=True)
class TollRun(Outcome):
    """A run of the toll road; `diverted` (begin, end) are seconds after its start.

    `scores` are rows for a DataFrame (see `scores`), `threshold` what the function compared them with.
    """

    scores: list[Row]
    threshold: float
    diverted: tuple[int, int] | None

    @property
    def above(self) -> list[Row]:
        """The scores above the threshold."""
        return [row for row in self.scores if row["score"] > self.threshold]

    @property
    def alarms(self) -> list[Row]:
        """Those of the windows that ended while traffic was diverted."""
        if self.diverted is None:
            return []
        begin, end = self.diverted
        return [row for row in self.above if begin < row["offset"] <= end]

    @property
    def false_alarms(self) -> list[Row]:
        """Those of usual traffic before any was diverted: coming back is a change too."""
        begin = self.seconds if self.diverted is None else self.diverted[0]
        return [row for row in self.above if row["offset"] <= begin]

    def calm(self, seconds: int = 300) -> list[Row]:
        """The false alarms of the last `seconds` before traffic was diverted."""
        begin = self.seconds if self.diverted is None else self.diverted[0]
        return [row for row in self.false_alarms if row["offset"] > begin - seconds]

    def figure(self) -> Figure:
        """Vehicles of each station above, scores with the threshold below."""
        from helpers.panels import toll_charts

        return toll_charts.scores_chart(self.scores, self.threshold, self.diverted)

    def summary(self) -> str:
        """The run in words: the same for the same seed, whatever the hour."""
        sent = ", ".join(f"{name} {count:,}" for name, count in self.records.items())
        lines = [
            ("scenario", f"{self.scenario}, {clock_face(self.seconds)} minutes of traffic, seed {self.seed}"),
            ("records", f"{self.account.sent:,} sent, {self.account.acknowledged:,} acknowledged ({sent})"),
            ("scores", f"{len(self.scores)}, of stations in windows of {WINDOW} seconds"),
            ("usual", f"{len(self.false_alarms)} above {self.threshold:g} in usual traffic, all false alarms"),
        ]
        if self.diverted is not None:
            when = " to ".join(map(clock_face, self.diverted))
            lines.append(("diverted", f"{len(self.alarms)} above {self.threshold:g} while diverted ({when})"))
        lines.append(("messages", f"{len(self.sms)} SMS"))
        if self.note:
            lines.append(("note", self.note))
        return "\n".join(f"{name:<9} {text}" for name, text in lines)


class TollSimulation(Simulation):
    """Traffic of the toll road for the workshop `ws`; weights of its stations can be moved while it is live."""

    cast: ClassVar[Cast] = (
        (LIVE, "toll", RATE),
        ("vehicles, the lab's change", "toll_changed", 0.0),
        ("vehicles, one exit", "toll_one_exit", 0.0),
    )

    def __init__(self, ws: Any, seed: int | None = None, **more: Any) -> None:
        super().__init__(ws, seed, **more)
        self.weights: dict[str, float] = PRESETS["usual"]

    def set_weights(self, weights: Mapping[str, float]) -> None:
        """Spread live traffic by these weights, at once or from the next start on; GeneratorError if they won't do."""
        self.set_template(LIVE, template_text(weights))
        self.weights = dict(weights)

    def threshold(self) -> float:
        """The threshold that the function compares scores with."""
        return toll.threshold(self.ws)

    def set_threshold(self, value: float) -> None:
        """Give the function another threshold."""
        toll.set_threshold(self.ws, value)

    def messages(self) -> list[dict[str, Any]]:
        """The texts in the inbox; on aws they are on your phone."""
        return self.ws.inbox.messages() if self.ws.target == "local" else []

    def scores(self) -> list[Row]:
        """What the application has made of the live traffic so far."""
        live = self._live
        return [] if live is None else scores(self.ws, live.traffic.origin, live.elapsed() + WINDOW)

    def _result(self, plan: Scenario, traffic: Traffic, start: float, seen: int) -> TollRun:
        local = self.ws.target == "local"
        return TollRun(
            **self._outcome(plan, traffic, start, seen),
            scores=scores(self.ws, start, plan.seconds + WINDOW) if local else [],
            threshold=toll.threshold(self.ws),
            diverted=plan.burst,
        )

    def _note(self, result: TollRun) -> dict[str, Any]:
        """What the account of a whole series wants to know of a run, as JSON; times in epoch milliseconds."""
        return {
            "scenario": result.scenario,
            "start": round(result.start * 1000),
            "records": result.account.acknowledged,
            "scores": len(result.scores),
            "alarms": len(result.alarms),
            "calm": len(result.calm()),
            "sms": len(result.sms),
        }
