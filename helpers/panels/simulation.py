"""Chapter 05's control panel: the lab's browser tabs, chart, inbox and pipeline in one place.

Thin: each control calls one method of the simulation; what is shown comes from plain functions (`words`,
`waiting`, `pipeline`, `charts`); whatever goes wrong is shown in the panel's error line.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Protocol

import ipywidgets as widgets

from helpers.generator.errors import GeneratorError
from helpers.generator.observe import THRESHOLD, Observation, Row
from helpers.generator.simulation import EXTRA, Status
from helpers.panels import words
from helpers.panels.errors import ErrorLine, said
from helpers.panels.live import LivePanel
from helpers.panels.pipeline import drawing, pipeline
from helpers.panels.tabs import Tabs
from helpers.panels.waiting import explain

BURST = 25  # seconds; the lab says 20 to 30, and that more floods the inbox
SHOWN = 15 * 60  # seconds of traffic in the chart
SHARP = 150  # dots per inch of the chart: enough for a projector
LEAPS = (("10 s", 10), ("1 min", 60), ("5 min", 300))  # what fast-forward offers


class Controls(Protocol):
    """What the panel needs of a simulation."""

    @property
    def running(self) -> bool: ...
    def start(self) -> None: ...
    def stop(self) -> None: ...
    def add_producer(self, name: str, text: str, rate: float = ...) -> None: ...
    def remove_producer(self, name: str) -> None: ...
    def set_rate(self, producer: str, rate: float) -> None: ...
    def burst(self, seconds: float = ..., rate: float = ..., producers: Iterable[str] = ...) -> None: ...
    def fast_forward(self, seconds: int = ...) -> None: ...
    def status(self) -> Status: ...
    def observe(self) -> Observation: ...


class SimulationPanel(LivePanel):
    """Producers, start, stop, burst, fast-forward, readouts, live chart, inbox and pipeline; shows itself.

    `editor` is a widget to show beside the producers, such as an editor of what they send. While traffic
    runs, `refresh` is called about once a second on a thread of its own.
    """

    def __init__(self, simulation: Controls, editor: widgets.Widget | None = None) -> None:
        self.simulation = simulation
        self._drawn: Any = None
        self._counts: dict[tuple[str, str], int] | None = None
        self.error_line = ErrorLine()
        self.tabs = Tabs(simulation, self.error_line.attempt)
        self.start_button = _button("Start", "play", "Send in real time at the rates below", "success")
        self.stop_button = _button("Stop", "stop", "Stop sending")
        self.burst_button = _button("Burst", "bolt", "Three more clicks a second, then as before", "warning")
        self.burst_seconds = widgets.BoundedIntText(
            BURST, min=5, max=300, tooltip="How long a burst lasts, seconds", layout=widgets.Layout(width="5em")
        )
        self.forward_button = _button("Fast-forward", "forward", "Let time pass at once, with the traffic in it")
        self.forward_seconds = widgets.Dropdown(
            options=LEAPS, value=60, tooltip="How much time passes", layout=widgets.Layout(width="6em")
        )
        self.readouts = widgets.HTML()
        self.why = widgets.HTML()
        self.chart = widgets.Image(format="png", layout=widgets.Layout(width="100%", max_width="800px", display="none"))
        self.chart.add_class(words.CHART)
        self.caption = widgets.HTML()
        self.inbox = widgets.HTML(layout=widgets.Layout(max_height="30em", overflow="auto"))
        self.pipeline = widgets.HTML(layout=widgets.Layout(overflow="auto", flex="0 0 auto"))
        for button, action in (
            (self.start_button, self.start),
            (self.stop_button, self.stop),
            (self.burst_button, self.burst),
            (self.forward_button, self.fast_forward),
        ):
            button.on_click(self._on_click(action))
        super().__init__(
            [
                _side_by_side(
                    self.start_button,
                    self.stop_button,
                    widgets.HBox([self.burst_button, self.burst_seconds, widgets.HTML("s")]),
                    widgets.HBox([self.forward_button, self.forward_seconds]),
                ),
                self.error_line,
                self.readouts,
                _side_by_side(self.tabs, *([editor] if editor is not None else []), _stack("3 1 26em", self.why)),
                _side_by_side(_stack("3 1 420px", self.chart, self.caption), _stack("2 1 220px", self.inbox)),
                self.pipeline,
                widgets.HTML(words.STYLE, layout=widgets.Layout(height="0")),
            ],
            layout=widgets.Layout(padding="0 12px 0 0"),
        )
        self.refresh()

    def burst(self) -> None:
        """Start the burst; it ends by itself. GeneratorError when all tabs for it are closed."""
        extra = [name for name in EXTRA if name in self.tabs.rows]
        if not extra:
            raise GeneratorError(f"{', '.join(EXTRA)} are closed: without one of them there is no burst")
        self.simulation.burst(self.burst_seconds.value, producers=extra)

    def fast_forward(self) -> None:
        """Let time pass, as much as is chosen."""
        self.forward_button.disabled = True
        try:
            self.simulation.fast_forward(self.forward_seconds.value)
        finally:
            self.forward_button.disabled = False

    def refresh(self) -> None:
        """Show how things stand; an exception goes to the error line, like any other."""
        status = self.simulation.status()
        trouble = status.error
        self._show_controls(status)
        try:
            self._show(status, self.simulation.observe())
        except Exception as error:  # shown, not swallowed: there is nobody else to see it
            self._show(status, Observation(application="cannot be seen now: the error above says why"), chart=False)
            trouble = said(error)
        self.error_line.show(trouble)

    def _show_controls(self, status: Status) -> None:
        left = f"Burst: {status.burst_left:.0f} s left" if status.burst_left else "Burst"
        self.start_button.disabled = status.running
        self.stop_button.disabled = not status.running
        self.burst_button.disabled = not status.running or status.burst_left > 0
        self.burst_button.description = left
        self.tabs.show(status)

    def _show(self, status: Status, seen: Observation, chart: bool = True) -> None:
        _say(self.readouts, words.tiles(words.readouts(status, seen)))
        _say(self.why, words.why(explain(status, seen)))
        if not chart:
            return
        _say(self.inbox, words.inbox(seen.messages))
        graph = pipeline(status, seen)
        _say(self.pipeline, drawing(graph, self._counts))
        self._counts = graph.counts
        self._draw(seen)

    def _draw(self, seen: Observation) -> None:
        windows, anomalies = newest(seen.windows), newest(seen.anomalies, seen.windows)
        if (windows, anomalies, seen.burst) == self._drawn:
            return
        if windows:
            from helpers.panels import charts  # matplotlib and pandas: not before they are needed

            figure = charts.ctr_chart(windows, anomalies, THRESHOLD, seen.burst)
            figure.set_dpi(SHARP)
            self.chart.value, self.chart.layout.display = charts.png(figure), None
        _say(self.caption, words.text(words.caption(windows, anomalies)))
        self._drawn = (windows, anomalies, seen.burst)


def newest(rows: list[Row], windows: list[Row] | None = None) -> list[Row]:
    """The rows of the last fifteen minutes before the newest window."""
    latest = max((row["offset"] for row in windows or rows), default=0)
    return [row for row in rows if row["offset"] > latest - SHOWN]


def _say(widget: Any, page: str) -> None:
    """Change a text only where it differs, so that nothing is sent, or read out, twice."""
    if widget.value != page:
        widget.value = page


def _side_by_side(*parts: Any) -> Any:
    layout = widgets.Layout(flex_flow="row wrap", align_items="flex-start", grid_gap="4px 16px")
    return widgets.HBox(parts, layout=layout)


def _stack(flex: str, *parts: Any) -> Any:
    return widgets.VBox(parts, layout=widgets.Layout(flex=flex, min_width="0"))


def _button(name: str, icon: str, tooltip: str, style: str = "") -> Any:
    layout = widgets.Layout(width="auto")
    return widgets.Button(description=name, icon=icon, tooltip=tooltip, button_style=style, layout=layout)
