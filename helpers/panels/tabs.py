"""The producers of a panel, a row each: the lab's browser tabs, with a slider for the rate, to open and to close."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import ipywidgets as widgets

from helpers.generator.scenario import template_text
from helpers.generator.simulation import EXTRA, PRODUCERS, Status
from helpers.panels import words

FASTEST = 20.0  # records a second at the right end of a slider
ADVICE = dict.fromkeys(EXTRA, "clicks that are not usual: three of them at 1 make the anomaly") | {
    "impressions": "advertisements seen",
    "clicks": "advertisements clicked",
}
Attempt = Callable[[Callable[[], object]], bool]  # does it, and shows what goes wrong


class Row:
    """One producer: its slider, what it has sent, a button that closes it."""

    def __init__(self, name: str, rate: float) -> None:
        self.slider = widgets.FloatSlider(
            value=rate,
            min=0,
            max=max(FASTEST, rate),
            step=0.5,
            description=name.capitalize(),
            tooltip=f"{ADVICE.get(name, name)}, records per second",
            readout_format=".1f",
            continuous_update=False,
            style={"description_width": "9em"},
            layout=widgets.Layout(flex="1 1 18em", max_width="34em", min_width="12em"),
        )
        self.sent = widgets.HTML(layout=widgets.Layout(width="12em"))
        self.close_button = widgets.Button(
            icon="times", tooltip=f"Close {name}: it sends no more", layout=widgets.Layout(width="2.6em")
        )
        self.box = widgets.HBox(
            [self.slider, self.close_button, self.sent], layout=widgets.Layout(align_items="center")
        )


class Tabs(widgets.VBox):  # type: ignore[misc]  # ipywidgets has no types
    """All producers of a simulation, and the means to open another.

    `rows` are by producer; `show` brings them in line with a status. `attempt` carries out what a control asks
    for, and is where errors are shown.
    """

    def __init__(self, simulation: Any, attempt: Attempt) -> None:
        self._simulation, self._attempt = simulation, attempt
        self.rows: dict[str, Row] = {}
        self._numbers = itertools.count(len(PRODUCERS) + 1)  # never one twice: what a closed tab has sent still counts
        self.template = widgets.Dropdown(
            options=["click", "impression"],
            description="One more tab",
            tooltip="what the new producer sends, one record a second at first",
            style={"description_width": "9em"},
            layout=widgets.Layout(width="18em"),
        )
        self.open_button = widgets.Button(
            description="Open", icon="plus", tooltip="Open one more producer", layout=widgets.Layout(width="auto")
        )
        self.open_button.on_click(lambda _: self._change(self._open))
        self._opening = widgets.HBox([self.template, self.open_button])
        super().__init__(layout=widgets.Layout(flex="2 1 32em", min_width="0"))
        self.show(simulation.status())

    def show(self, status: Status) -> None:
        """Rows for the producers there are; each with what it has sent and, if its slider says otherwise, its rate."""
        if list(self.rows) != list(status.rates):
            self.rows = {name: self.rows.get(name) or self._row(name, rate) for name, rate in status.rates.items()}
            self.children = [*(row.box for row in self.rows.values()), self._opening]
        for name, row in self.rows.items():
            sent = f"{status.records.get(name, 0):,} sent"
            rate = status.rates[name]
            said = words.text(sent if rate == row.slider.value else f"{sent}, now {rate:g}/s")
            if row.sent.value != said:
                row.sent.value = said

    def _row(self, name: str, rate: float) -> Row:
        row = Row(name, rate)
        row.slider.observe(
            lambda change: self._attempt(lambda: self._simulation.set_rate(name, change["new"])), "value"
        )
        row.close_button.on_click(lambda _: self._change(lambda: self._simulation.remove_producer(name)))
        return row

    def _open(self) -> None:
        template = self.template.value
        name = f"{template} (tab {next(self._numbers)})"
        self._simulation.add_producer(name, template_text(template), 1.0)

    def _change(self, action: Callable[[], object]) -> None:
        if self._attempt(action):
            self.show(self._simulation.status())
