"""What every panel over live traffic does alike: start and stop it, look at it, keep what goes wrong in sight."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import ipywidgets as widgets

from helpers.generator.beat import Beat
from helpers.panels.errors import ErrorLine

INTERVAL = 1.0  # seconds between two looks while traffic runs


class LivePanel(widgets.VBox):  # type: ignore[misc]  # ipywidgets has no types
    """A subclass has a `simulation` and an `error_line`, and shows how things stand (`refresh`)."""

    simulation: Any
    error_line: ErrorLine
    _beat: Beat | None = None

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

    def refresh(self) -> None:
        """Show how things stand."""
        raise NotImplementedError

    def _look(self) -> bool:
        running: bool = self.simulation.running
        self.refresh()
        return running  # one look after the traffic has ended, so that the last error shows

    def _on_click(self, action: Callable[[], None]) -> Callable[[Any], None]:
        def clicked(button: Any) -> None:
            if self.error_line.attempt(action):
                self.refresh()

        return clicked
