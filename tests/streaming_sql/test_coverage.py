"""docs/streaming-sql.md says what the engine does today."""

from __future__ import annotations

from pathlib import Path

from helpers.streaming_sql import coverage

DOCUMENT = Path(__file__).parents[2] / "docs/streaming-sql.md"


def test_the_page_is_current() -> None:
    assert DOCUMENT.read_text(encoding="utf-8") == coverage.page(), (
        "run python -m helpers.streaming_sql.coverage > docs/streaming-sql.md"
    )


def test_what_is_refused_names_a_reason() -> None:
    for probes in coverage.PROBES.values():
        for probe in probes:
            error = probe.refusal()
            assert error is None or len(error.message) > 10, probe.what


def test_a_probe_is_refused_for_what_it_is_about() -> None:
    refused = {probe.what: probe.refusal() for probes in coverage.PROBES.values() for probe in probes}
    assert "monotonic term" in str(refused["GROUP BY without a monotonic term"])
    assert "LIMIT" in str(refused["LIMIT"])
    assert refused["Tumbling, STEP"] is None
    assert refused["Any number into any numeric column"] is None
