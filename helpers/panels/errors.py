"""The line in which every panel says what went wrong, which screen readers announce."""

from __future__ import annotations

from collections.abc import Callable

import ipywidgets as widgets

from helpers.panels import words


class ErrorLine(widgets.HTML):  # type: ignore[misc]  # ipywidgets has no types
    """What the user's last action met stays until the next action; what a look met is shown while it lasts."""

    value: str
    _kept = ""  # what the last action met, "" if it succeeded

    def attempt(self, action: Callable[[], object]) -> bool:
        """Do what the user asked for; an exception, which ipywidgets would lose, is shown. Whether it succeeded."""
        try:
            action()
        except Exception as error:
            self._kept = said(error)
        else:
            self._kept = ""
        self.show("")
        return not self._kept

    def show(self, trouble: str) -> None:
        """Show what a look has found wrong; nothing ("") leaves what the last action met."""
        page = words.error(trouble or self._kept)
        if self.value != page:  # else it would be read out again
            self.value = page


def said(error: Exception) -> str:
    """An exception's message, or its name if it has none."""
    return str(error) or type(error).__name__
