"""Weights as sliders: shares of a whole that are normalised as they move, with presets.

Reusable: names and presets come from the caller, who is told of every change. Works with the keyboard alone (tab to a
slider, arrow keys); whatever goes wrong is shown in an error line, the panel's own or the one it is given.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import ipywidgets as widgets

from helpers.generator.stations import normalised
from helpers.panels.errors import ErrorLine

Weights = Mapping[str, float]


class WeightsPanel(widgets.VBox):  # type: ignore[misc]  # ipywidgets has no types
    """A slider a name, from 0 to 1, with its share beside it; `on_change` is given all weights.

    `presets` maps a preset's name to weights; the first one is set at the start, without `on_change` being called.
    `error_line` is that of a panel which this one is part of.
    """

    def __init__(
        self,
        presets: Mapping[str, Weights],
        on_change: Callable[[dict[str, float]], object],
        error_line: ErrorLine | None = None,
    ) -> None:
        self._presets = {name: dict(weights) for name, weights in presets.items()}
        self._on_change = on_change
        self._moving = False  # a preset moves many sliders: they are one change
        first = next(iter(self._presets.values()))
        self.preset = widgets.Dropdown(
            options=list(self._presets), description="Preset", style={"description_width": "8em"}
        )
        self.sliders = {name: _slider(name, weight) for name, weight in first.items()}
        self.shares = {name: widgets.Label() for name in first}
        self.error_line = error_line or ErrorLine()
        rows = [widgets.HBox([self.sliders[name], self.shares[name]]) for name in first]
        super().__init__([self.preset, *rows, *([] if error_line else [self.error_line])])
        self.preset.observe(self._on_preset, "value")
        for slider in self.sliders.values():
            slider.observe(self._on_slider, "value")
        self._show()

    @property
    def weights(self) -> dict[str, float]:
        """The sliders' values by name, as they stand: not normalised."""
        return {name: slider.value for name, slider in self.sliders.items()}

    def set(self, weights: Weights) -> None:
        """Move the sliders, as one change."""
        self._moving = True
        try:
            for name, weight in weights.items():
                self.sliders[name].value = weight
        finally:
            self._moving = False
        self._changed()

    def _on_preset(self, change: Any) -> None:
        self.set(self._presets[change["new"]])

    def _on_slider(self, change: Any) -> None:
        if not self._moving:
            self._changed()

    def _changed(self) -> None:
        def tell() -> None:
            self._show()
            self._on_change(self.weights)

        self.error_line.attempt(tell)

    def _show(self) -> None:
        for label in self.shares.values():
            label.value = ""
        for name, share in normalised(self.weights).items():
            self.shares[name].value = f"{share:.1%}"


def _slider(name: str, weight: float) -> Any:
    return widgets.FloatSlider(
        value=weight,
        min=0,
        max=1,
        step=0.01,
        description=name,
        tooltip=f"weight of {name}: how often it is chosen, compared with the others",
        readout_format=".2f",
        continuous_update=False,
        style={"description_width": "8em"},
        layout=widgets.Layout(width="min(28em, 80%)"),
    )
