"""What the analytics application made of the traffic, read from its in-application streams.

Offsets are seconds since the start of the traffic. A window's row carries the time at which the window ended.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from helpers.errors import WorkshopError

WINDOW = 10  # seconds, as the lab's SQL counts
THRESHOLD = 2.0  # the SQL lets scores above it through
SOURCE = "SOURCE_SQL_STREAM_001"
NEWEST = 2_000  # rows of the source that are looked through for those of the open window
ON_AWS = "AWS does not show in-application streams or your mailbox: read your mail."
ON_FLINK = "Flink does not show the streams inside an application: see the mails, and chapter 06."

Row = dict[str, Any]


def clock_face(seconds: float) -> str:
    """An offset as minutes and seconds.

    >>> clock_face(250)
    '4:10'
    """
    return f"{int(seconds) // 60}:{int(seconds) % 60:02d}"


def within(rows: Iterable[Mapping[str, Any]], start: float, seconds: float) -> list[tuple[int, Mapping[str, Any]]]:
    """(offset, row) of the rows in the `seconds` after `start` (epoch seconds)."""
    origin = round(start * 1000)
    offsets = ((round((row["ROWTIME"] - origin) / 1000), row) for row in rows)
    return [(offset, row) for offset, row in offsets if 0 < offset <= seconds]


def windows(ws: Any, start: float, seconds: float) -> list[Row]:
    """One row a window that ended in the `seconds` after `start` (epoch seconds), ready for a DataFrame.

    `minute` ("4:10") and `offset` (seconds) say when the window ended; `clicks` and `impressions` count its
    records; `ctr` is in per cent, None where a window lacks clicks or impressions. Source: CLICKSTREAM,
    IMPRESSIONSTREAM and CTRSTREAM of the lab's SQL.
    """
    columns = (("CLICKSTREAM", "CLICKCOUNT"), ("IMPRESSIONSTREAM", "IMPRESSIONCOUNT"), ("CTRSTREAM", "CTR"))
    clicks, impressions, ctr = (
        {offset: row[column] for offset, row in within(ws.stream_rows(stream), start, seconds)}
        for stream, column in columns
    )
    return [
        window(offset, int(clicks.get(offset, 0)), int(impressions.get(offset, 0)), ctr.get(offset))
        for offset in sorted(clicks.keys() | impressions.keys())
    ]


def window(offset: int, clicks: int, impressions: int, ctr: float | None) -> Row:
    """One row of `windows`."""
    return {
        "minute": clock_face(offset),
        "offset": offset,
        "clicks": clicks,
        "impressions": impressions,
        "ctr": None if ctr is None else float(ctr),
    }


def anomalies(ws: Any, start: float, seconds: float) -> list[Row]:
    """One row an anomaly in the `seconds` after `start`: `minute`, `offset`, `ctr` (per cent), `score`."""
    return [
        {
            "minute": clock_face(offset),
            "offset": offset,
            "ctr": float(row["CTRPERCENT"]),
            "score": float(row["ANOMALY_SCORE"]),
        }
        for offset, row in within(ws.stream_rows("DESTINATION_SQL_STREAM"), start, seconds)
    ]


@dataclass(frozen=True)
class Observation:
    """What can be seen of the application and the inbox at one moment.

    `application` is its status ("RUNNING") or what keeps it from being seen; `watermark` (epoch seconds) is
    the time up to which it has counted; `learning` is (windows seen, needed) while the forest still learns;
    `burst` is (begin, end) of the latest burst, on the offsets of `windows`; `state` is the control API's whole
    answer; `open_until` (epoch seconds) is when the open window ends, and `held` counts its records by
    `browseraction`.
    """

    application: str = ""
    watermark: float | None = None
    learning: tuple[int, int] | None = None
    windows: list[Row] = field(default_factory=list)
    anomalies: list[Row] = field(default_factory=list)
    burst: tuple[float, float] | None = None
    messages: list[dict[str, Any]] = field(default_factory=list)
    state: dict[str, Any] = field(default_factory=dict)
    open_until: float | None = None
    held: dict[str, int] = field(default_factory=dict)


def note(ws: Any) -> str:
    """What of a run cannot be seen here, and what to look at; "" where all of it can be."""
    if ws.target != "local":
        return ON_AWS
    return ON_FLINK if ws.engine == "flink" else ""


def status(ws: Any) -> str:
    """The status of the analytics application; WorkshopError where there is none."""
    if ws.engine == "sql":
        return str(ws.application_status()["status"])
    client = ws.client("kinesisanalyticsv2")
    try:
        detail = client.describe_application(ApplicationName=ws.application_name)["ApplicationDetail"]
    except client.exceptions.ResourceNotFoundException as error:
        raise WorkshopError(f"There is no application {ws.application_name}: run chapter 04 first.") from error
    return str(detail["ApplicationStatus"])


def observe(ws: Any, origin: float | None, bursts: Sequence[tuple[float, float]] = ()) -> Observation:
    """Look at the application and the inbox; traffic started at `origin` (epoch seconds), None: not yet.

    Offsets count from the start of the window in which it began. An application that is missing is no error
    here but told in `application`; on aws there is nothing to look at, and that is told too.
    """
    if ws.target != "local":
        return Observation(ON_AWS)
    messages = ws.inbox.messages()
    if ws.engine == "flink":
        return Observation(ON_FLINK, messages=messages)
    try:
        state = ws.application_status()
    except WorkshopError as error:
        return Observation(str(error), messages=messages)
    until = open_until(state)
    seen = Observation(
        state["status"],
        seconds(state.get("watermark")),
        learning(state),
        messages=messages,
        state=state,
        open_until=until,
        held=held(ws, state, until),
    )
    if origin is None or state["status"] != "RUNNING":
        return seen
    shift = origin % WINDOW
    base = origin - shift
    return replace(
        seen,
        windows=windows(ws, base, math.inf),
        anomalies=anomalies(ws, base, math.inf),
        burst=(bursts[-1][0] + shift, bursts[-1][1] + shift) if bursts else None,
    )


def open_until(state: Mapping[str, Any]) -> float | None:
    """When the first window that is open ends (epoch seconds), by an application's status; None without one."""
    ends = (seconds(pump["open_until"]) for pump in state.get("pumps", ()))
    return min((end for end in ends if end is not None), default=None)


def held(ws: Any, state: Mapping[str, Any], until: float | None) -> dict[str, int]:
    """The source's records in the window that ends at `until` (epoch seconds), counted by `browseraction`."""
    if until is None or SOURCE not in state["streams"]:
        return {}
    rows = ws.stream_rows(SOURCE, max(0, state["streams"][SOURCE]["rows"] - NEWEST))
    began = (until - WINDOW) * 1000
    return dict(Counter(row.get("browseraction") or "other" for row in rows if row["ROWTIME"] >= began))


def learning(state: Mapping[str, Any]) -> tuple[int, int] | None:
    """(windows seen, windows needed) of an application's status; None when the forest has learned."""
    progress = state.get("learning")
    if not progress or progress["seen"] >= progress["needed"]:
        return None
    return progress["seen"], progress["needed"]


def seconds(time: str | float | None) -> float | None:
    """A time of the control API (ISO text or epoch milliseconds) as epoch seconds."""
    if time is None:
        return None
    return datetime.fromisoformat(time).timestamp() if isinstance(time, str) else time / 1000
