"""Chapter 05's control panel: the lab's five browser tabs, the chart and the inbox in one place.

Thin: each control calls one method of the simulation; whatever goes wrong is shown in the panel's error line.
"""

from __future__ import annotations

import html
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Protocol

import ipywidgets as widgets

from helpers import alerts
from helpers.generator.beat import Beat
from helpers.generator.observe import THRESHOLD, Observation, Row, clock_face
from helpers.generator.simulation import EXTRA, Status

INTERVAL = 1.0  # seconds between two looks while traffic runs
BURST = 25  # seconds; the lab says 20 to 30, and that more floods the inbox
SHOWN = 15 * 60  # seconds of traffic in the chart
MESSAGES = 8  # newest ones shown
FASTEST = 20.0  # records a second at the right end of a slider


class Controls(Protocol):
    """What the panel needs of a simulation."""

    running: bool

    def start(self) -> None: ...
    def stop(self) -> None: ...
    def set_rate(self, producer: str, rate: float) -> None: ...
    def burst(self, seconds: float = ...) -> None: ...
    def fast_forward(self, seconds: int = ...) -> None: ...
    def status(self) -> Status: ...
    def observe(self) -> Observation: ...


class SimulationPanel(widgets.VBox):  # type: ignore[misc]  # ipywidgets has no types
    """Sliders, start, stop, burst, fast-forward, live chart and inbox for a simulation; shows itself.

    While traffic runs, `refresh` is called about once a second on a thread of its own.
    """

    def __init__(self, simulation: Controls) -> None:
        self.simulation = simulation
        self._beat: Beat | None = None
        self._drawn: Any = None
        rates = simulation.status().rates
        self.impression_rate = _slider("Impressions", rates["impressions"], "advertisements seen")
        self.click_rate = _slider("Clicks", rates["clicks"], "advertisements clicked")
        self.extra_rates = tuple(
            _slider(
                name.capitalize(),
                rates[name],
                "clicks that are not usual: three of them at 1 make the anomaly",
            )
            for name in EXTRA
        )
        self.start_button = _button("Start", "play", "Send in real time at the rates above")
        self.stop_button = _button("Stop", "stop", "Stop sending")
        self.burst_button = _button("Burst", "bolt", f"Three more clicks a second for {BURST} seconds, then as before")
        self.forward_button = _button("Fast-forward 1 min", "forward", "Let a minute pass at once")
        self.status_line = widgets.HTML()
        self.error_line = widgets.HTML()
        self.chart = widgets.Image(format="png", layout=widgets.Layout(max_width="100%"))
        self.caption = widgets.HTML()
        self.inbox = widgets.HTML()
        self._connect()
        chart = widgets.VBox([self.chart, self.caption], layout=widgets.Layout(flex="3 1 420px", min_width="0"))
        inbox = widgets.VBox([self.inbox], layout=widgets.Layout(flex="1 1 220px", min_width="0"))
        buttons = [self.start_button, self.stop_button, self.burst_button, self.forward_button]
        super().__init__(
            [
                widgets.VBox([self.impression_rate, self.click_rate, *self.extra_rates]),
                widgets.HBox(buttons, layout=widgets.Layout(flex_flow="row wrap")),
                self.error_line,
                self.status_line,
                widgets.HBox([chart, inbox], layout=widgets.Layout(flex_flow="row wrap", align_items="flex-start")),
            ]
        )
        self.refresh()

    def start(self) -> None:
        """Start live traffic and the looking at it."""
        self.simulation.start()
        if self._beat is None or not self._beat.alive:
            self._beat = Beat(self._look, INTERVAL, "panel")

    def stop(self) -> None:
        """Stop live traffic and the looking at it."""
        beat, self._beat = self._beat, None
        if beat is not None:
            beat.stop()
        self.simulation.stop()

    def burst(self) -> None:
        """Start the burst; it ends by itself."""
        self.simulation.burst(BURST)

    def fast_forward(self) -> None:
        """Let a minute pass."""
        self.forward_button.disabled = True
        try:
            self.simulation.fast_forward(60)
        finally:
            self.forward_button.disabled = False

    def refresh(self) -> None:
        """Show how things stand; an exception goes to the error line, like any other."""
        status = self.simulation.status()
        self._show_error(status.error)
        self.start_button.disabled = status.running
        self.stop_button.disabled = not status.running
        self.burst_button.disabled = not status.running or status.burst_left > 0
        self.status_line.value = _text(describe(status, Observation()))
        try:
            seen = self.simulation.observe()
            self.status_line.value = _text(describe(status, seen))
            self.inbox.value = inbox_html(seen.messages)
            self._draw(seen)
        except Exception as error:  # shown, not swallowed: there is nobody else to see it
            self._show_error(str(error) or type(error).__name__)

    def _look(self) -> bool:
        running = self.simulation.running
        self.refresh()
        return running  # one look after the traffic has ended, so that the last error shows

    def _draw(self, seen: Observation) -> None:
        windows, anomalies = newest(seen.windows), newest(seen.anomalies, seen.windows)
        if (windows, anomalies, seen.burst) == self._drawn:
            return
        if windows:
            from helpers.panels import charts  # matplotlib and pandas: not before they are needed

            self.chart.value = charts.png(charts.ctr_chart(windows, anomalies, THRESHOLD, seen.burst))
        self.caption.value = _text(caption(windows, anomalies))
        self._drawn = (windows, anomalies, seen.burst)

    def _connect(self) -> None:
        names = ("impressions", "clicks", *EXTRA)
        for name, slider in zip(names, (self.impression_rate, self.click_rate, *self.extra_rates), strict=True):
            slider.observe(self._on_rate(name), "value")
        for button, action in (
            (self.start_button, self.start),
            (self.stop_button, self.stop),
            (self.burst_button, self.burst),
            (self.forward_button, self.fast_forward),
        ):
            button.on_click(self._on_click(action))

    def _on_rate(self, name: str) -> Callable[[Any], None]:
        def moved(change: Any) -> None:
            self._try(lambda: self.simulation.set_rate(name, change["new"]))

        return moved

    def _on_click(self, action: Callable[[], None]) -> Callable[[Any], None]:
        def clicked(button: Any) -> None:
            if self._try(action):
                self.refresh()

        return clicked

    def _try(self, action: Callable[[], None]) -> bool:
        """Do it; an exception, which ipywidgets would lose, goes to the error line."""
        try:
            action()
        except Exception as error:
            self._show_error(str(error) or type(error).__name__)
            return False
        self._show_error("")
        return True

    def _show_error(self, message: str) -> None:
        text = f"<b>Error:</b> {html.escape(message)}"
        style = "color:var(--jp-error-color1,#b71c1c)"
        self.error_line.value = f'<span role="alert" style="{style}">{text}</span>' if message else ""


def describe(status: Status, seen: Observation) -> str:
    """How things stand, in one line."""
    account = status.account
    parts = [f"running for {clock_face(status.elapsed)}" if status.running else "stopped"]
    if status.running:
        parts.append(f"{status.delivered_rate:.1f} records/s delivered")
    parts.append(f"{account.sent:,} sent, {account.acknowledged:,} acknowledged")
    if account.retried:
        parts.append(f"{account.retried:,} retried")
    if account.failed:
        parts.append(f"{account.failed:,} failed")
    if status.burst_left:
        parts.append(f"burst ends in {status.burst_left:.0f} s")
    if seen.application and seen.application != "RUNNING":
        parts.append(f"application: {seen.application}")
    if seen.watermark is not None:
        parts.append(f"counted up to {datetime.fromtimestamp(seen.watermark, UTC):%H:%M:%S} UTC")
    if seen.learning is not None:
        parts.append(f"the forest still learns: {seen.learning[0]} of {seen.learning[1]} windows")
    return " · ".join(parts)


def caption(windows: list[Row], anomalies: list[Row]) -> str:
    """The chart in words, for those who cannot see it."""
    if not windows:
        return "The chart appears when the first window of ten seconds has ended."
    ctr = windows[-1]["ctr"]
    now = "has no CTR" if ctr is None else f"has a CTR of {ctr:.0f} %"
    text = f"The newest window, {windows[-1]['minute']}, {now}."
    if anomalies:
        last = anomalies[-1]
        text += f" {len(anomalies)} above {THRESHOLD:g}, the newest {last['score']:.2f} at {last['minute']}."
    return text


def inbox_html(messages: list[dict[str, Any]]) -> str:
    """The newest messages first, as HTML; whatever they contain is text, never markup."""
    if not messages:
        return "<b>Inbox</b><br>No messages yet."
    items = "".join(
        f"<li><b>{'SMS' if message['protocol'] == 'sms' else 'E-mail'}</b> "
        f"{html.escape(message.get('subject') or '')}<br>{html.escape(alerts.text(message))}</li>"
        for message in reversed(messages[-MESSAGES:])
    )
    return (
        f"<b>Inbox</b>, {len(messages)} messages"
        f'<ul style="margin:0;padding-left:1.2em;line-height:1.35;overflow-wrap:anywhere">{items}</ul>'
    )


def newest(rows: list[Row], windows: list[Row] | None = None) -> list[Row]:
    """The rows of the last fifteen minutes before the newest window."""
    latest = max((row["offset"] for row in windows or rows), default=0)
    return [row for row in rows if row["offset"] > latest - SHOWN]


def _text(text: str) -> str:
    return f"<span>{html.escape(text)}</span>"


def _slider(name: str, rate: float, what: str) -> Any:
    return widgets.FloatSlider(
        value=rate,
        min=0,
        max=FASTEST,
        step=0.5,
        description=name,
        tooltip=f"{what}, records per second",
        readout_format=".1f",
        continuous_update=False,
        style={"description_width": "8em"},
        layout=widgets.Layout(width="min(32em, 100%)"),
    )


def _button(name: str, icon: str, tooltip: str) -> Any:
    return widgets.Button(description=name, icon=icon, tooltip=tooltip, layout=widgets.Layout(width="auto"))
