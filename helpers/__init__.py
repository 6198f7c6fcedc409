"""The workshop's helpers. A notebook needs `from helpers import Workshop`; all else loads when used."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from helpers.errors import WorkshopError
    from helpers.workshop import Workshop

__all__ = ["Workshop", "WorkshopError"]
_HOMES = {"Workshop": "helpers.workshop", "WorkshopError": "helpers.errors"}


def __getattr__(name: str) -> Any:
    """Load a public name when it is first asked for, so that `import helpers` stays quick."""
    if name not in _HOMES:
        raise AttributeError(f"module 'helpers' has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_HOMES[name]), name)
