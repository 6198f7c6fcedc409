"""A rate measured over the last seconds."""

from __future__ import annotations

from collections import deque

SPAN = 10.0  # seconds over which a rate is measured


class Meter:
    """How fast a count grows: note it from time to time (seconds from the start), ask for the rate."""

    def __init__(self, span: float = SPAN) -> None:
        self._span = span
        self._notes: deque[tuple[float, int]] = deque([(0.0, 0)])

    def note(self, at: float, count: int) -> None:
        """What the count is at a time."""
        self._notes.append((at, count))
        while len(self._notes) > 2 and self._notes[1][0] <= at - self._span:
            self._notes.popleft()

    def rate(self) -> float:
        """Growth a second, over the last ten seconds or as long as there is."""
        (first, before), (last, after) = self._notes[0], self._notes[-1]
        return (after - before) / (last - first) if last > first else 0.0
