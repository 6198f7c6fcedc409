"""A simulation for panels that only remembers what it was told."""

from dataclasses import replace
from typing import Any

from helpers.generator.simulation import Status


class Remembering:
    """`calls` are what the panel asked for; `refuse` is raised instead, if set."""

    def __init__(self, status: Status) -> None:
        self.calls: list[tuple[Any, ...]] = []
        self.current = status
        self.refuse: Exception | None = None

    @property
    def running(self) -> bool:
        return self.current.running

    def note(self, *call: Any) -> None:
        if self.refuse is not None:
            raise self.refuse
        self.calls.append(call)

    def start(self) -> None:
        self.note("start")
        self.current = replace(self.current, running=True)

    def stop(self) -> None:
        self.note("stop")
        self.current = replace(self.current, running=False)

    def status(self) -> Status:
        return self.current
