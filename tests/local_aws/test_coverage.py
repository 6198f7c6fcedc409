"""docs/local-aws.md says what the local AWS offers today."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from helpers.local_aws import coverage
from helpers.local_aws.front import REST, TARGETS

TESTS = Path(__file__).parents[1]
DOCUMENT = TESTS.parent / "docs/local-aws.md"


def test_the_page_is_current() -> None:
    assert DOCUMENT.read_text(encoding="utf-8") == coverage.page(), (
        "run python -m helpers.local_aws.coverage > docs/local-aws.md"
    )


def test_every_service_of_the_front_is_on_it() -> None:
    assert set(coverage.services()) == {*TARGETS.values(), *REST}
    assert {"PutRecordBatch", "UpdateDestination"} <= coverage.offered("firehose")
    assert "StartQueryExecution" in coverage.offered("athena")


def test_a_difference_is_one_of_an_operation_that_is_offered() -> None:
    for service, operations in coverage.PARTIAL.items():
        assert operations.keys() <= coverage.offered(service), service


@pytest.mark.parametrize("probe", coverage.PROBES, ids=lambda probe: probe.what)
def test_what_is_said_to_be_refused_is_refused_for_that(probe: coverage.Probe) -> None:
    error = coverage.refusal(probe)
    assert error is not None
    assert error.code == "NotImplementedException"
    assert re.search(r"does not offer .+: .+", error.message)  # what, and what to do


def test_what_no_test_calls_is_not_called_faithful(monkeypatch: pytest.MonkeyPatch) -> None:
    assert coverage.tested("PutRecordBatch")
    monkeypatch.setattr(coverage, "_tests", lambda: "client.put_record_batches()")
    assert not coverage.tested("PutRecordBatch")
    assert "| PutRecordBatch | untested |" in coverage.page()


def test_what_nobody_answers_is_no_operation_of_ministack_s() -> None:
    theirs = coverage.ministack_athena()
    assert "CreateWorkGroup" in theirs
    assert "StartSession" not in theirs
    assert not theirs & coverage.offered("athena")
