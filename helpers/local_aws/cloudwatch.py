"""CloudWatch's metrics by the one clock: ministack drops those older than two weeks, but by the wall clock.

On stepped time, where a month passes in an hour, none would ever grow old: each is looked through at every request
and written to the journal, and they would be most of what a long run holds. Here they age by the one clock, alarms
look back along it, and a day of metrics is kept (AWS: fifteen days of one-minute values). The old ones are dropped
from the front, where ministack copies all there are at every request: values come in order of time, near enough.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from importlib import import_module
from typing import Any

from helpers.local_aws.clock import Clock

Handler = Callable[[str, str, Mapping[str, str], bytes, Any], Awaitable[Any]]
KEPT_SECONDS = 24 * 3600
MODULE = "ministack.services.cloudwatch"


class ClockTime:
    """The part of the `time` module that ministack's CloudWatch uses."""

    def __init__(self, clock: Clock) -> None:
        self.time = clock.now


def by_the_clock(clock: Clock, theirs: Handler) -> Handler:
    """CloudWatch's handler, with time from the clock; its module is loaded by its first request, not before."""

    async def handle(method: str, path: str, headers: Mapping[str, str], body: bytes, query: Any) -> Any:
        module: Any = import_module(MODULE)
        if not isinstance(module.time, ClockTime):
            module.time = ClockTime(clock)
            module._evict_old_metrics = lambda: _drop_old(module._metrics, clock.now() - KEPT_SECONDS)
        return await theirs(method, path, headers, body, query)

    return handle


def _drop_old(metrics: MutableMapping[Any, list[dict[str, Any]]], before: float) -> None:
    for key, points in list(metrics.items()):
        old = next((place for place, point in enumerate(points) if point["Timestamp"] >= before), len(points))
        if old == len(points):
            del metrics[key]
        elif old:
            del points[:old]
