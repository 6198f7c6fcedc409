"""Every SQL case on both engines: the same rows in every stream, as multisets."""

from __future__ import annotations

import random
from collections.abc import Mapping
from typing import Any

import pytest

pytest.importorskip("pyflink", reason="Apache Flink is not installed here: make test-flink")

from helpers.streaming_sql import Application
from helpers.streaming_sql.flink.translation import translate
from tests.flink.cluster import ROOT, environment
from tests.flink.parity import Streams, embedded, on_flink
from tests.streaming_sql.test_cases import CASES, Case, read_case

BATCH = 24  # cases in one job: each job starts a Python worker, each case is some ten tasks


def _records(case: Case, shards: int = 1) -> list[Any]:
    rows = [(rowtime, row) for rowtime, row in case.steps if row is not None]
    return [(f"shard {number % shards}", rowtime, row) for number, (rowtime, row) in enumerate(rows)]


def _read() -> dict[str, Case]:
    cases = {path.stem: read_case(path.read_text(encoding="utf-8")) for path in CASES}
    return {name: case for name, case in cases.items() if not case.error}


READ = _read()


@pytest.fixture(scope="session")
def flink_streams(cluster: Any) -> dict[str, Streams | Exception]:
    """What Flink makes of all cases: in a few jobs, one after the other."""
    found: dict[str, Streams | Exception] = {}
    names = list(READ)
    for start in range(0, len(names), BATCH):
        batch = names[start : start + BATCH]
        found |= _run(cluster, batch)
    return found


def _inputs(name: str) -> Any:
    case = READ[name]
    return case.script, case.application(), {case.source: _records(case)}


def _run(cluster: Any, batch: list[str]) -> Mapping[str, Streams | Exception]:
    """One job for all of them; where it fails, one for each, to see whose fault it is."""
    try:
        return on_flink(environment(cluster), {name: _inputs(name) for name in batch})
    except Exception as error:
        if len(batch) == 1:
            return {batch[0]: error}
        middle = len(batch) // 2
        return {**_run(cluster, batch[:middle]), **_run(cluster, batch[middle:])}


@pytest.mark.parametrize("name", READ)
@pytest.mark.timeout(0)  # the first one waits for all
def test_flink_gives_the_rows_that_the_embedded_engine_gives(name: str, flink_streams: dict[str, Any]) -> None:
    case, got = READ[name], flink_streams[name]
    if isinstance(got, Exception):
        raise got
    wanted = embedded(case.application(), {case.source: _records(case)})
    assert {stream: rows for stream, rows in wanted.items() if rows} == {s: rows for s, rows in got.items() if rows}


def test_every_case_can_be_translated() -> None:
    for name, case in READ.items():
        assert translate(case.script, case.application().plan).job.steps, name


def test_the_toll_road_s_script_gives_the_same_rows(cluster: Any) -> None:
    script = (ROOT / "sql/toll/find_anomalies.sql").read_text(encoding="utf-8")
    dice = random.Random(11)  # noqa: S311 - traffic, no secret
    stations = ("183A", "SH130", "Exit79", "35South")
    records = [
        (f"shard {number % 2}", number * 50, {"station_id": dice.choices(stations, (4, 3, 2, 1))[0]})
        for number in range(12_000)
    ]

    def application() -> Application:
        return Application(script, [("station_id", "VARCHAR(10)")], seed=7)

    inputs = {"SOURCE_SQL_STREAM_001": records}
    got = on_flink(environment(cluster, 2), {"toll": (script, application(), inputs)})["toll"]
    if isinstance(got, Exception):
        raise got
    wanted = embedded(application(), inputs)
    assert sum(wanted["ANOMALY_SCORE_SQL_STREAM"].values()) > 200  # four stations, sixty windows
    assert got == wanted
