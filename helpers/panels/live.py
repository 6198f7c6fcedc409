"""What every panel over live traffic does alike: start and stop it, look at it, keep what goes wrong in sight."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import ipywidgets as widgets

from helpers.generator.beat import Beat

INTERVAL = 1.0  # seconds between two looks while traffic runs


class LivePanel(widgets.VBox):  # type: ignore[misc]  # ipywidgets has no types
    """A subclass has a `simulation` and shows how things stand (`refresh`) and what went wrong (`_show_error`)."""

    simulation: Any
    _beat: Beat | None = None
    _trouble = ""  # what the last control met; "" once another succeeded

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

    def _show_error(self, message: str) -> None:
        raise NotImplementedError

    def _look(self) -> bool:
        running: bool = self.simulation.running
        self.refresh()
        return running  # one look after the traffic has ended, so that the last error shows

    def _on_click(self, action: Callable[[], None]) -> Callable[[Any], None]:
        def clicked(button: Any) -> None:
            if self._try(action):
                self.refresh()

        return clicked

    def _try(self, action: Callable[[], object]) -> bool:
        """Do it; an exception, which ipywidgets would lose, goes to the error line."""
        try:
            action()
        except Exception as error:
            self._trouble = str(error) or type(error).__name__
            self._show_error(self._trouble)
            return False
        self._trouble = ""
        self._show_error("")
        return True
