"""CloudWatch Logs by the one clock: events are kept as long as their group says, and no more than can be held.

ministack keeps every event for ever, looks through all of them at each request, writes them to the journal at each
change, and gives each invocation of a function a stream of its own, at the wall clock's time. Here, every hour of
the one clock, events older than the group's retention go, and those of a group beyond its newest MOST, whatever its
retention (AWS: no such bound); so do a function's streams that have become empty.
"""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from importlib import import_module
from typing import Any

from helpers.local_aws.clock import Clock, ClockError
from helpers.local_aws.cloudwatch import ClockTime

Handler = Callable[[str, str, Mapping[str, str], bytes, Any], Awaitable[Any]]
MODULE = "ministack.services.cloudwatch_logs"
HOUR = 3600
MOST = 5000  # events of a group
OF_AN_INVOCATION = re.compile(r"\d{4}/\d\d/\d\d/\[.+\][0-9a-f]{32}")
log = logging.getLogger(__name__)


class Logs:
    """Trims the log groups; `keep` writes them to the journal."""

    def __init__(self, clock: Clock, keep: Callable[[], None]) -> None:
        self._clock = clock
        self._keep = keep
        clock.call_in(HOUR, self._every_hour, "log retention")

    def handler(self, theirs: Handler) -> Handler:
        """The handler of a service that writes logs; ministack's module is loaded by the first request, not before."""

        async def handle(method: str, path: str, headers: Mapping[str, str], body: bytes, query: Any) -> Any:
            self.arrange()
            return await theirs(method, path, headers, body, query)

        return handle

    def arrange(self) -> None:
        """Give ministack's module the one clock, once."""
        module: Any = import_module(MODULE)
        if isinstance(module.time, ClockTime):
            return
        module.time = ClockTime(self._clock)
        theirs = module._append_log_events

        def append(stream: dict[str, Any], events: list[dict[str, Any]]) -> None:
            for event in events:
                if "eventId" not in event:  # a function's, with the wall clock's time
                    event["timestamp"] = event["ingestionTime"] = int(self._clock.now() * 1000)
            theirs(stream, events)

        module._append_log_events = append

    def trim(self) -> int:
        """Drop what is too old or too much; how many events that were."""
        module: Any = sys.modules.get(MODULE)
        if module is None:
            return 0
        now = int(self._clock.now() * 1000)
        return sum(_trim(module, scope, group, now) for (*scope, _), group in module._log_groups.all_items())

    def _every_hour(self) -> None:
        with suppress(ClockError):  # the process is ending
            self._clock.call_in(HOUR, self._every_hour, "log retention")
        if MODULE in sys.modules:
            self.arrange()
        if self.trim():
            self._keep()


def _trim(module: Any, scope: list[str], group: dict[str, Any], now: int) -> int:
    days, streams = group.get("retentionInDays"), group["streams"]
    oldest = now - days * 24 * HOUR * 1000 if days else 0
    gone: list[dict[str, Any]] = []
    with module._log_events_lock:
        times = sorted((event["timestamp"] for stream in streams.values() for event in stream["events"]), reverse=True)
        if len(times) > MOST:
            oldest = max(oldest, times[MOST - 1])
        for name, stream in list(streams.items()):
            kept = [event for event in stream["events"] if event["timestamp"] >= oldest]
            if len(kept) < len(stream["events"]):
                gone += [event for event in stream["events"] if event["timestamp"] < oldest]
                stream["events"] = kept
                stream["firstEventTimestamp"] = kept[0]["timestamp"] if kept else None
            if not kept and stream["lastEventTimestamp"] and OF_AN_INVOCATION.fullmatch(name):
                del streams[name]
    for event in gone:
        module._log_records.pop_scoped(*scope, event.get("eventId"), None)
    return len(gone)
