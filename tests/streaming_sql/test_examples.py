# ruff: noqa: S311 - repeatable dice
"""The documentation's examples where a table of expected rows cannot say what must come out.

The programs are those of cases/examples; HOTSPOTS has its test in test_table_functions.py.
"""

from __future__ import annotations

import json
import random
from itertools import groupby
from pathlib import Path

import pytest

from helpers.streaming_sql import infer_schema

from .test_cases import ARRIVAL, Case, read_case

EXAMPLES = Path(__file__).parent / "cases/examples"
LEARNING = 256  # records


def example(name):
    return read_case((EXAMPLES / f"{name}.sql").read_text(encoding="utf-8"))


def ran(case: Case, rows):
    """The application after these rows, ten a second."""
    app = case.application()
    for number, row in enumerate(rows):
        app.feed([row], number * 100)
    app.finish()
    return app


def heart_rates(dice, count):
    """As the page's generator makes them, but with a high one in every 100, and the first after the learning."""
    for number in range(count):
        if number >= LEARNING and number % 100 == 0:
            yield {"heartRate": dice.randint(150, 200), "rateType": "HIGH"}
        else:
            yield {"heartRate": dice.randint(60, 100), "rateType": "NORMAL"}


def test_high_heart_rates_score_higher_than_any_normal_one():
    app = ran(example("anomaly_scores"), heart_rates(random.Random(1), 1000))
    rows = app.stream("TEMP_STREAM")
    assert all(row["ANOMALY_SCORE"] == 0 for row in rows[:LEARNING])
    scores = {
        kind: [row["ANOMALY_SCORE"] for row in rows[LEARNING:] if row["rateType"] == kind]
        for kind in ("NORMAL", "HIGH")
    }
    assert len(scores["HIGH"]) == 7
    assert min(scores["HIGH"]) > max(scores["NORMAL"]) > min(scores["NORMAL"]) > 0


def test_rows_of_a_second_leave_sorted_by_score():
    app = ran(example("anomaly_scores"), heart_rates(random.Random(1), 400))
    rows = app.stream("DESTINATION_SQL_STREAM")
    assert len(rows) == 400
    seconds = [
        [row["ANOMALY_SCORE"] for row in group] for _, group in groupby(rows, lambda row: int(row["ROWTIME"]) // 1000)
    ]
    assert len(seconds) == 40
    assert all(scores == sorted(scores, reverse=True) for scores in seconds)
    assert any(scores != sorted(scores) for scores in seconds)


def test_an_explanation_accounts_for_the_whole_score_column_by_column():
    dice = random.Random(1)
    normal = [
        {"Systolic": dice.randint(90, 120), "Diastolic": dice.randint(60, 80), "BloodPressureLevel": "NORMAL"}
        for _ in range(300)
    ]
    high = {"Systolic": 144, "Diastolic": 123, "BloodPressureLevel": "HIGH"}  # the row the page explains
    low = {"Systolic": 60, "Diastolic": 40, "BloodPressureLevel": "LOW"}
    rows = ran(example("anomaly_explanation"), [*normal, high, low]).stream("TEMP_STREAM")
    told = []
    for row in rows:
        explanation = json.loads(row["ANOMALY_EXPLANATION"])
        assert list(explanation) == ["Systolic", "Diastolic"]  # the text column has no part in it
        for entry in explanation.values():
            assert list(entry) == ["DIRECTION", "STRENGTH", "ATTRIBUTION_SCORE"]
            assert all(isinstance(value, str) for value in entry.values())
        shares = {column: float(entry["ATTRIBUTION_SCORE"]) for column, entry in explanation.items()}
        assert sum(shares.values()) == pytest.approx(row["ANOMALY_SCORE"], abs=1.01e-4)  # two roundings to four places
        told.append((row["ANOMALY_SCORE"], {entry["DIRECTION"] for entry in explanation.values()}, shares))
    assert all(score == 0 for score, *_ in told[:LEARNING])
    (high_score, high_directions, shares), (low_score, low_directions, _) = told[-2:]
    assert min(high_score, low_score) > max(score for score, *_ in told[:-2]) > 0
    assert (high_directions, low_directions) == ({"HIGH"}, {"LOW"})
    assert shares["Diastolic"] > shares["Systolic"] > 0.25 * high_score  # the page: 2.1111 and 1.7447


def raw_records(path: Path):
    """The records of a case as bytes."""
    _, _, rest = path.read_text(encoding="utf-8").partition("---- records\n")
    lines = rest.partition("\n---- ")[0].splitlines()
    return [record.encode() for line in lines if (record := line.partition("|")[2].strip())]


@pytest.mark.parametrize(
    "path", [path for path in sorted(EXAMPLES.glob("*.sql")) if raw_records(path)], ids=lambda path: path.stem
)
def test_discovery_finds_the_columns_the_example_has(path):
    found = infer_schema(raw_records(path))["RecordColumns"]
    declared = [name for name, _ in example(path.stem).columns if name != ARRIVAL]
    assert sorted(column["Name"] for column in found) == sorted(declared)


def test_discovery_thinks_too_small_of_heart_rates():
    # the page: TINYINT from the normal ones, so that high ones would be errors; it has INTEGER written in its place
    [rate, _] = infer_schema([b'{"heartRate": 60, "rateType":"NORMAL"}', b'{"heartRate": 100, "rateType":"NORMAL"}'])[
        "RecordColumns"
    ]
    assert (rate["Name"], rate["SqlType"]) == ("heartRate", "TINYINT")
    case = example("anomaly_scores")
    case.columns[0] = ("heartRate", rate["SqlType"])
    app = ran(case, [{"heartRate": 100, "rateType": "NORMAL"}, {"heartRate": 180, "rateType": "HIGH"}])
    assert [row["heartRate"] for row in app.stream("TEMP_STREAM")] == [100]
    assert [row["ERROR_NAME"] for row in app.stream("error_stream")] == ["Numeric overflow"]
