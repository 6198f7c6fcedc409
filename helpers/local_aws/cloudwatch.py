"""CloudWatch's metrics by the one clock: ministack drops those older than two weeks, but by the wall clock.

On stepped time, where a month passes in an hour, none would ever grow old: each is looked through at every request
and written to the journal, and they would be most of what a long run holds. Here they age by the one clock, alarms
look back along it, and a day of metrics is kept (AWS: fifteen days of one-minute values).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
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
            module.TWO_WEEKS_SECONDS = KEPT_SECONDS
        return await theirs(method, path, headers, body, query)

    return handle
