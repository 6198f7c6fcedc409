"""Chapter 04's control panel: the stations' weights, the threshold, the chart and the inbox in one place."""

from __future__ import annotations

from typing import Any, Protocol

import ipywidgets as widgets

from helpers.generator.observe import Observation, Row
from helpers.generator.simulation import Status
from helpers.generator.stations import PRESETS
from helpers.panels import words
from helpers.panels.errors import ErrorLine, said
from helpers.panels.live import LivePanel
from helpers.panels.simulation import newest
from helpers.panels.weights import WeightsPanel

HIGHEST = 8.0  # of a threshold: log2 of 256 samples


class Controls(Protocol):
    """What the panel needs of a simulation."""

    running: bool

    def start(self) -> None: ...
    def stop(self) -> None: ...
    def set_weights(self, weights: dict[str, float]) -> None: ...
    def fast_forward(self, seconds: int = ...) -> None: ...
    def status(self) -> Status: ...
    def scores(self) -> list[Row]: ...
    def messages(self) -> list[dict[str, Any]]: ...
    def threshold(self) -> float: ...
    def set_threshold(self, value: float) -> None: ...


class TollPanel(LivePanel):
    """Sliders for weights and threshold, start, stop, fast-forward, chart and inbox; shows itself."""

    def __init__(self, simulation: Controls) -> None:
        self.simulation = simulation
        self._drawn: Any = None
        self.error_line = ErrorLine()
        self.weights = WeightsPanel(PRESETS, simulation.set_weights, self.error_line)
        self.threshold = widgets.FloatSlider(
            value=simulation.threshold(),
            min=0,
            max=HIGHEST,
            step=0.1,
            description="Threshold",
            tooltip="scores above it are texted",
            continuous_update=False,
            style={"description_width": "8em"},
            layout=widgets.Layout(width="min(28em, 80%)"),
        )
        self.start_button = widgets.Button(description="Start", icon="play", tooltip="Send 100 records a second")
        self.stop_button = widgets.Button(description="Stop", icon="stop", tooltip="Stop sending")
        self.forward_button = widgets.Button(
            description="Fast-forward 1 min", icon="forward", tooltip="Let a minute pass at once"
        )
        self.status_line = widgets.HTML()
        self.chart = widgets.Image(format="png", layout=widgets.Layout(max_width="100%"))
        self.caption = widgets.HTML()
        self.inbox = widgets.HTML()
        for button, action in (
            (self.start_button, self.start),
            (self.stop_button, self.stop),
            (self.forward_button, self.fast_forward),
        ):
            button.on_click(self._on_click(action))
        self.threshold.observe(self._on_threshold, "value")
        wrap = widgets.Layout(flex_flow="row wrap")
        super().__init__(
            [
                self.weights,
                self.threshold,
                widgets.HBox([self.start_button, self.stop_button, self.forward_button], layout=wrap),
                self.error_line,
                self.status_line,
                widgets.HBox([widgets.VBox([self.chart, self.caption]), self.inbox], layout=wrap),
            ]
        )
        self.refresh()

    def fast_forward(self) -> None:
        """Let a minute pass."""
        self.simulation.fast_forward(60)

    def refresh(self) -> None:
        """Show how things stand; an exception goes to the error line, like any other."""
        status = self.simulation.status()
        trouble = status.error
        self.start_button.disabled = status.running
        self.stop_button.disabled = not status.running
        self.status_line.value = words.tiles(words.readouts(status, Observation()))
        try:
            self.inbox.value = words.inbox(self.simulation.messages())
            self._draw(newest(self.simulation.scores()))
        except Exception as error:  # shown, not swallowed: there is nobody else to see it
            trouble = said(error)
        self.error_line.show(trouble)

    def _draw(self, rows: list[Row]) -> None:
        now = (len(rows), rows[-1]["offset"] if rows else 0, self.threshold.value)
        if now == self._drawn:
            return
        self._drawn = now
        if not rows:
            self.caption.value = "The chart appears when the first window of ten seconds has ended."
            return
        from helpers.panels import charts, toll_charts  # matplotlib and pandas: not before they are needed

        figure = toll_charts.scores_chart(rows, self.threshold.value)
        self.chart.value = charts.png(figure)
        self.caption.value = charts.alt_text(figure)

    def _on_threshold(self, change: Any) -> None:
        self.error_line.attempt(lambda: self.simulation.set_threshold(change["new"]))
