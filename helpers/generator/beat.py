"""A thread that calls a method again and again, and ends with whoever owns the method."""

from __future__ import annotations

import threading
import time
import weakref
from collections.abc import Callable


class Beat:
    """Calls `method` every `interval` seconds, without drift, on a daemon thread until it answers False.

    It holds its owner weakly: when the owner is forgotten, or the interpreter ends, the thread ends too.
    An exception ends the thread and is kept in `error`; a method that wants to go on must handle its own.
    """

    def __init__(
        self, method: Callable[[], bool], interval: float, name: str, stopping: threading.Event | None = None
    ) -> None:
        self.error: Exception | None = None
        self.stopping = stopping or threading.Event()
        self._method = weakref.WeakMethod(method)
        self._interval = interval
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        weakref.finalize(method.__self__, self.stopping.set)  # type: ignore[attr-defined]
        self._thread.start()

    @property
    def alive(self) -> bool:
        """Whether the thread runs."""
        return self._thread.is_alive()

    def stop(self) -> None:
        """End the thread and wait for it, unless called from it."""
        self.stopping.set()
        if threading.current_thread() is not self._thread:
            self._thread.join()

    def _run(self) -> None:
        due = time.monotonic()
        while not self.stopping.wait(max(0.0, due - time.monotonic())):
            method = self._method()
            if method is None:
                return
            try:
                if not method():
                    return
            except Exception as error:
                self.error = error
                return
            del method  # while waiting, nothing here may keep the owner alive
            due = max(due + self._interval, time.monotonic())
