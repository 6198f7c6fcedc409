"""What is read from the in-application streams, and from when on."""

from typing import Any

import pytest

from helpers.errors import WorkshopError
from helpers.generator.observe import anomalies, clock_face, learning, observe, seconds, windows

START = 1_792_324_800.0  # 2026-10-18T12:00:00Z
MS = int(START) * 1000


class Streams:
    """A workshop of which only the streams are looked at."""

    target = "local"
    engine = "sql"

    def __init__(self, **rows: list[dict[str, Any]]) -> None:
        self.rows = rows
        self.inbox = self
        self.state: dict[str, Any] = {"status": "RUNNING", "watermark": None, "learning": None}

    def stream_rows(self, stream: str, after: int = 0) -> list[dict[str, Any]]:
        return self.rows.get(stream, [])[after:]

    def messages(self) -> list[dict[str, Any]]:
        return [{"id": 1}]

    def application_status(self) -> dict[str, Any]:
        if "error" in self.state:
            raise WorkshopError(self.state["error"])
        return self.state


def test_windows_join_the_three_streams_by_the_time_they_ended() -> None:
    ws = Streams(
        CLICKSTREAM=[
            {"ROWTIME": MS + 10_000, "CLICKCOUNT": 9.0},
            {"ROWTIME": MS + 20_000, "CLICKCOUNT": 3.0},
        ],
        IMPRESSIONSTREAM=[{"ROWTIME": MS + 10_000, "IMPRESSIONCOUNT": 10.0}],
        CTRSTREAM=[{"ROWTIME": MS + 10_000, "CTR": 90.0}],
    )
    assert windows(ws, START, 60) == [
        {"minute": "0:10", "offset": 10, "clicks": 9, "impressions": 10, "ctr": 90.0},
        {"minute": "0:20", "offset": 20, "clicks": 3, "impressions": 0, "ctr": None},
    ]


def test_the_window_that_ended_at_the_start_belongs_to_what_was_before() -> None:
    rows = [
        {"ROWTIME": MS + offset, "CTRPERCENT": 400.0, "ANOMALY_SCORE": 3.0} for offset in (0, 10_000, 20_000, 30_000)
    ]
    assert [row["offset"] for row in anomalies(Streams(DESTINATION_SQL_STREAM=rows), START, 20)] == [10, 20]


def test_minutes_and_seconds() -> None:
    assert [clock_face(offset) for offset in (0, 9.9, 60, 3599)] == ["0:00", "0:09", "1:00", "59:59"]


def test_the_forest_learns_until_it_has_seen_enough() -> None:
    assert learning({"learning": {"needed": 12, "seen": 11}}) == (11, 12)
    assert learning({"learning": {"needed": 12, "seen": 12}}) is None
    assert learning({"learning": None}) is None


def test_times_of_the_control_api() -> None:
    assert seconds("2026-10-18T12:00:00.500Z") == START + 0.5
    assert seconds(MS) == START
    assert seconds(None) is None


def test_offsets_of_live_traffic_count_from_the_window_in_which_it_began() -> None:
    ws = Streams(CLICKSTREAM=[{"ROWTIME": MS + 10_000, "CLICKCOUNT": 9.0}])
    ws.state |= {"watermark": "2026-10-18T12:00:11Z", "learning": {"needed": 12, "seen": 1}}
    seen = observe(ws, START + 4, [(1.0, 2.0), (20.0, 45.0)])
    assert [row["offset"] for row in seen.windows] == [10]
    assert seen.burst == (24, 49)
    assert (seen.application, seen.watermark, seen.learning) == ("RUNNING", START + 11, (1, 12))


def test_the_open_window_its_end_and_what_is_in_it() -> None:
    def row(offset: float, action: str | None) -> dict[str, Any]:
        return {"ROWTIME": MS + int(offset * 1000), "browseraction": action}

    ws = Streams(SOURCE_SQL_STREAM_001=[row(9.9, "Click"), row(10, "Click"), row(11, "Impression"), row(12, None)])
    ws.state |= {
        "streams": {"SOURCE_SQL_STREAM_001": {"rows": 4}},
        "pumps": [{"open_until": None}, {"open_until": "2026-10-18T12:00:20Z"}],
    }
    seen = observe(ws, None)
    assert (seen.open_until, seen.held) == (START + 20, {"Click": 1, "Impression": 1, "other": 1})
    assert seen.state is ws.state
    ws.state["pumps"] = [{"open_until": None}]
    assert (observe(ws, START).open_until, observe(ws, START).held) == (None, {})


@pytest.mark.parametrize("origin", [None, START])
def test_an_application_that_is_missing_is_told_and_the_inbox_still_shown(origin: float | None) -> None:
    ws = Streams()
    ws.state = {"error": "There is no application: run chapter 04."}
    seen = observe(ws, origin)
    assert (seen.application, seen.windows, seen.messages) == (ws.state["error"], [], [{"id": 1}])


def test_an_application_that_does_not_run_has_no_windows() -> None:
    ws = Streams(CLICKSTREAM=[{"ROWTIME": MS + 10_000, "CLICKCOUNT": 9.0}])
    ws.state["status"] = "READY"
    assert observe(ws, START).windows == []


def test_with_flink_there_is_the_inbox_only() -> None:
    ws = Streams()
    ws.engine = "flink"
    seen = observe(ws, START)
    assert "inside an application" in seen.application
    assert (seen.windows, seen.messages) == ([], [{"id": 1}])


def test_on_aws_there_is_nothing_to_look_at() -> None:
    ws = Streams()
    ws.target = "aws"
    assert "read your mail" in observe(ws, START).application
