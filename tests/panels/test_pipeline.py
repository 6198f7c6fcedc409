"""The pipeline as a graph: stations in order, counts on the edges, an SVG that is well-formed and described."""

from typing import Any
from xml.etree import ElementTree

import pytest

from helpers.generator.observe import Observation
from helpers.generator.sender import Account
from helpers.generator.simulation import Status
from helpers.panels.pipeline import Edge, drawing, pipeline

NOON = 1_792_324_800.0  # 2026-10-18T12:00:00Z
STATUS = Status(True, 60.0, {"impressions": 1.0, "clicks": 1.5}, 0.0, 2.0, Account(250, 248), "")


def parsed(picture: str) -> ElementTree.Element:
    return ElementTree.fromstring(picture)  # noqa: S314 - our own drawing


def pump(name: str, reads: list[str], writes: str, until: str | None = None) -> dict[str, Any]:
    return {"name": name, "reads": reads, "writes": writes, "open_until": until}


STATE: dict[str, Any] = {
    "streams": {
        name: {"rows": rows}
        for name, rows in (
            ("SOURCE_SQL_STREAM_001", 240),
            ("CLICKSTREAM", 12),
            ("IMPRESSIONSTREAM", 11),
            ("CTRSTREAM", 10),
            ("DESTINATION_SQL_STREAM", 2),
            ("error_stream", 0),
        )
    },
    "pumps": [
        pump("CLICKPUMP", ["SOURCE_SQL_STREAM_001"], "CLICKSTREAM", "2026-10-18T12:00:30.000Z"),
        pump("IMPRESSIONPUMP", ["SOURCE_SQL_STREAM_001"], "IMPRESSIONSTREAM"),
        pump("CTRPUMP", ["IMPRESSIONSTREAM", "CLICKSTREAM"], "CTRSTREAM"),
        pump("OUTPUT_PUMP", ["CTRSTREAM"], "DESTINATION_SQL_STREAM"),
    ],
    "input": {"records": 241},
    "outputs": [{"stream": "DESTINATION_SQL_STREAM", "delivered": 2}],
}
MESSAGES = [{"confirm_url": "http://127.0.0.1/"}, {"confirm_url": None}, {"confirm_url": None}]
SEEN = Observation("RUNNING", NOON + 23, messages=MESSAGES, state=STATE)


def test_stations_stand_in_the_order_of_the_way() -> None:
    graph = pipeline(STATUS, SEEN)
    assert [[node.name for node in column] for column in graph.columns] == [
        ["Producers"],
        ["Firehose"],
        ["SOURCE_SQL_STREAM_001"],
        ["CLICKSTREAM", "IMPRESSIONSTREAM"],
        ["CTRSTREAM"],
        ["DESTINATION_SQL_STREAM"],
        ["Lambda function"],
        ["Inbox"],
    ]
    assert graph.title == "analytics application: RUNNING, counted up to 12:00:23 UTC"


def test_each_edge_counts_what_has_passed() -> None:
    assert pipeline(STATUS, SEEN).counts == {
        ("Producers", "Firehose"): 248,
        ("Firehose", "SOURCE_SQL_STREAM_001"): 241,
        ("SOURCE_SQL_STREAM_001", "CLICKSTREAM"): 12,
        ("SOURCE_SQL_STREAM_001", "IMPRESSIONSTREAM"): 11,
        ("IMPRESSIONSTREAM", "CTRSTREAM"): 10,
        ("CLICKSTREAM", "CTRSTREAM"): 10,
        ("CTRSTREAM", "DESTINATION_SQL_STREAM"): 2,
        ("DESTINATION_SQL_STREAM", "Lambda function"): 2,
        ("Lambda function", "Inbox"): 2,
    }


def test_notes_tell_the_rate_and_the_windows_that_are_open() -> None:
    notes = {node.name: node.note for column in pipeline(STATUS, SEEN).columns for node in column if node.note}
    assert notes == {"Producers": "2.5 a second", "CLICKSTREAM": "open until 12:00:30"}


def test_errors_have_a_stream_of_their_own() -> None:
    streams = STATE["streams"] | {"error_stream": {"rows": 3}}
    graph = pipeline(STATUS, Observation("RUNNING", state=STATE | {"streams": streams}))
    assert Edge("SOURCE_SQL_STREAM_001", "error_stream", 3) in graph.edges
    assert [node.name for node in graph.columns[3]] == ["CLICKSTREAM", "IMPRESSIONSTREAM", "error_stream"]


def test_without_an_application_there_is_firehose_and_no_more() -> None:
    graph = pipeline(STATUS, Observation("There is no application."))
    assert [edge.end for edge in graph.edges] == ["Firehose"]
    assert graph.title == ""
    parsed(drawing(graph))


def test_a_circle_of_pumps_is_drawn_too() -> None:
    circle = [pump("A", ["CLICKSTREAM"], "CTRSTREAM"), pump("B", ["CTRSTREAM"], "CLICKSTREAM")]
    graph = pipeline(STATUS, Observation("RUNNING", state=STATE | {"pumps": circle, "outputs": []}))
    assert sum(map(len, graph.columns)) == 5
    parsed(drawing(graph))


def test_the_drawing_shows_and_describes_every_station_and_count() -> None:
    picture = parsed(drawing(pipeline(STATUS, SEEN)))
    texts = [text.text or "" for text in picture.iter("text")]
    assert "DESTINATION_" in texts
    assert "SQL_STREAM" in texts
    assert texts.count("248") == 1
    assert "open until 12:00:30" in texts
    assert "CLICKSTREAM to CTRSTREAM 10" in picture.attrib["aria-label"]
    assert "counted up to 12:00:23 UTC." in picture.attrib["aria-label"]


def test_what_has_grown_is_drawn_strong() -> None:
    graph = pipeline(STATUS, SEEN)
    before = graph.counts | {("Producers", "Firehose"): 247}
    texts = parsed(drawing(graph, before)).iter("text")
    assert [text.text for text in texts if text.get("font-weight") == "bold"] == ["248"]
    assert 'font-weight="bold"' not in drawing(graph, graph.counts)
    assert 'font-weight="bold"' not in drawing(graph)  # nothing is new at the first look


def test_nothing_in_it_is_taken_for_markup() -> None:
    odd = STATE | {"pumps": [pump("A", ["SOURCE_SQL_STREAM_001"], "<script>")], "outputs": []}
    page = drawing(pipeline(STATUS, Observation("RUNNING", state=odd)))
    assert "<script>" not in page
    parsed(page)


@pytest.mark.parametrize(("count", "shown"), [(99_999, "99,999"), (123_456, "123k"), (12_345_678, "12.3M")])
def test_large_counts_are_shortened(count: int, shown: str) -> None:
    status = Status(True, 1.0, {}, 0.0, 0.0, Account(count, count), "")
    assert f">{shown}</text>" in drawing(pipeline(status, Observation()))
