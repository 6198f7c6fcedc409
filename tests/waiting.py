"""Waiting for a state, never for seconds."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

PATIENCE = 240  # seconds for what a slow machine does in twenty


def until(what: str, ready: Callable[[], Any]) -> Any:
    """Wait for a state, however long the machine takes for it; what `ready` gave then."""
    deadline = time.monotonic() + PATIENCE
    while not (found := ready()):
        assert time.monotonic() < deadline, f"{what}: not within {PATIENCE} s"
        time.sleep(0.5)
    return found
