# ruff: noqa: S311 - repeatable dice
"""RANDOM_CUT_FOREST_WITH_EXPLANATION: shares of the score by column, with their direction."""

from __future__ import annotations

import copy
import json
import random

import pytest

from helpers.streaming_sql import Application, RandomCutForest
from helpers.streaming_sql.forest import Share
from helpers.streaming_sql.operators.forest_explanation import ForestExplanationOperator, explanation


def total(shares: list[Share]) -> float:
    return sum(share.score for share in shares)


@pytest.mark.parametrize(("columns", "shingle"), [(1, 1), (2, 1), (3, 2)])
def test_the_score_is_that_of_the_plain_forest_and_the_shares_sum_to_it(columns, shingle):
    dice = random.Random(4)
    plain = RandomCutForest(number_of_trees=20, sub_sample_size=32, shingle_size=shingle)
    explaining = copy.deepcopy(plain)
    for number in range(150):
        point = [float(dice.randint(0, 6)) if number % 50 else 40.0 for _ in range(columns)]
        score, shares = explaining.explain(point)
        assert score == pytest.approx(plain.score(point), abs=1e-12)
        assert len(shares) == columns
        assert total(shares) == pytest.approx(score, abs=1e-9)
        assert all(share.score >= 0 for share in shares)
    assert plain.to_bytes() == explaining.to_bytes()


def test_scoring_and_explaining_may_take_turns():
    dice = random.Random(4)
    plain = RandomCutForest(number_of_trees=5, sub_sample_size=16)
    mixed = copy.deepcopy(plain)
    for number in range(60):
        value = dice.gauss(0, 1)
        given = mixed.explain(value)[0] if number % 2 else mixed.score(value)
        assert given == pytest.approx(plain.score(value), abs=1e-12)


def test_two_values_by_hand():
    # S = 4, samples (0, 5) three times and (10, 5): one cut in x, leaves of three and of one
    forest = RandomCutForest(number_of_trees=1, sub_sample_size=4)
    for x in (0, 0, 0, 10):
        forest.explain((x, 5))
    score, (x, y) = copy.deepcopy(forest).explain((30, 5))
    # 2/3 at the root, all of it x being 20 too high; the leaf's 2/2 likewise
    assert (score, x, y) == (pytest.approx(5 / 3), Share(pytest.approx(5 / 3), pytest.approx(20)), Share(0.0, 0.0))
    score, (x, y) = copy.deepcopy(forest).explain((10, -15))
    # y is 20 too low for a box of 10: 2/3 of 2, and 1/3 of the leaf's 1
    assert (score, x, y) == (pytest.approx(5 / 3), Share(0.0, 0.0), Share(pytest.approx(5 / 3), pytest.approx(-20)))
    # (10, 5) is stored, so it lies nowhere off; without its leaf the tree is (0, 5), from which x differs
    score, (x, y) = copy.deepcopy(forest).explain((10, 5))
    assert (score, x, y) == (pytest.approx(2.0), Share(pytest.approx(2.0), 0.0), Share(0.0, 0.0))


def test_two_coordinates_by_hand():
    forest = RandomCutForest(number_of_trees=1, sub_sample_size=4)
    for x in (0, 0, 0, 10):
        forest.explain((x, 5))
    score, (x, y) = forest.explain((4, -15))
    # at the root y alone is outside: 2/3 of 2; the remaining third is the leaf's 1, which is (0, 5) or (10, 5)
    left = Share(pytest.approx(4 / 24 / 3), pytest.approx(4 / 3))
    right = Share(pytest.approx(6 / 26 / 3), pytest.approx(-6 / 3))
    assert score == pytest.approx(5 / 3)
    assert x in (left, right)
    assert y == Share(pytest.approx(5 / 3 - x.score), pytest.approx(-20))


def test_a_flat_line_divides_its_score_evenly():
    forest = RandomCutForest(number_of_trees=3, sub_sample_size=4)
    for _ in range(4):
        assert forest.explain((1, 2)) == (0.0, [Share(0.0, 0.0)] * 2)
    score, shares = forest.explain((1, 2))
    assert (score, shares) == (pytest.approx(0.4), [Share(pytest.approx(0.2), 0.0)] * 2)


def test_outliers_left_right_above_and_below():
    # SQL Reference, "RANDOM_CUT_FOREST_WITH_EXPLANATION": A1 is low in y, A2 high in y, A3 high in x, A4 low in x
    dice = random.Random(8)
    forest = RandomCutForest(sub_sample_size=64, number_of_trees=50)
    for _ in range(300):
        forest.explain((dice.random(), dice.random()))
    for point, column, away in [((0.5, -4), 1, -4), ((0.5, 5), 1, 4), ((5, 0.5), 0, 4), ((-4, 0.5), 0, -4)]:
        score, shares = copy.deepcopy(forest).explain(point)
        assert shares[column].score > 0.75 * score
        assert shares[column].distance == pytest.approx(away, abs=0.5)
        assert abs(shares[1 - column].distance) < 0.2


def test_distances_grow_with_the_unit_and_scores_do_not():
    dice = random.Random(8)
    cloud = [(dice.random(), dice.random()) for _ in range(100)]

    def explained(unit):
        forest = RandomCutForest(sub_sample_size=64, number_of_trees=50)
        forest.score_many([(x * unit, y * unit) for x, y in cloud])
        return forest.explain((0.5 * unit, 2.0 * unit))

    (score, shares), (same, scaled) = explained(1.0), explained(1024.0)
    assert same == score
    assert scaled == [Share(share.score, 1024.0 * share.distance) for share in shares]


def test_blood_pressure_has_the_documented_form_and_size():
    # Developer Guide, "Example: Detecting Data Anomalies and Getting an Explanation", its steps 1 to 3
    script = """
       CREATE OR REPLACE STREAM "TEMP_STREAM" (
                "Systolic"                  INTEGER,
                "Diastolic"                 INTEGER,
                "BloodPressureLevel"        varchar(20),
                "ANOMALY_SCORE"             DOUBLE,
                "ANOMALY_EXPLANATION"       varchar(512));
       CREATE OR REPLACE PUMP "STREAM_PUMP" AS
          INSERT INTO "TEMP_STREAM"
             SELECT STREAM "Systolic", "Diastolic", "BloodPressureLevel", ANOMALY_SCORE, ANOMALY_EXPLANATION
             FROM TABLE(RANDOM_CUT_FOREST_WITH_EXPLANATION(
                     CURSOR(SELECT STREAM * FROM "SOURCE_SQL_STREAM_001"), 100, 256, 100000, 1, true));"""
    app = Application(
        script, [("Systolic", "INTEGER"), ("Diastolic", "INTEGER"), ("BloodPressureLevel", "VARCHAR(20)")]
    )
    dice = random.Random(3)
    rows = [{"Systolic": dice.randint(90, 120), "Diastolic": dice.randint(60, 80)} for _ in range(300)]
    app.feed([*rows, {"Systolic": 144, "Diastolic": 123, "BloodPressureLevel": "HIGH"}], 0)
    first, *_, usual, high = app.stream("TEMP_STREAM")
    learning = '{"DIRECTION":"LOW","STRENGTH":"0.0000","ATTRIBUTION_SCORE":"0.0000"}'
    assert first["ANOMALY_EXPLANATION"] == f'{{"Systolic":{learning},"Diastolic":{learning}}}'
    assert 0.6 < usual["ANOMALY_SCORE"] < 1.2  # documented: 0.71-0.74
    assert 3.5 < high["ANOMALY_SCORE"] < 8  # documented: 3.856, where other high values came before
    columns = json.loads(high["ANOMALY_EXPLANATION"])
    assert [list(column) for column in columns.values()] == [["DIRECTION", "STRENGTH", "ATTRIBUTION_SCORE"]] * 2
    assert [column["DIRECTION"] for column in columns.values()] == ["HIGH", "HIGH"]
    parts = [float(column["ATTRIBUTION_SCORE"]) for column in columns.values()]
    assert sum(parts) == pytest.approx(high["ANOMALY_SCORE"], abs=2e-4)
    assert parts[1] > parts[0]  # documented: 2.1111 and 1.7447
    strengths = [float(column["STRENGTH"]) for column in columns.values()]
    # no high values came before: between 144 - 120 and 144 - 90, between 123 - 80 and 123 - 60
    assert 24 <= strengths[0] <= 54
    assert 43 <= strengths[1] <= 63
    usual_strengths = [float(column["STRENGTH"]) for column in json.loads(usual["ANOMALY_EXPLANATION"]).values()]
    assert max(usual_strengths) < 1  # documented: below 0.1


def test_without_directionality_there_is_the_attribution_only():
    shares = [Share(0.75, 2.5), Share(1.0, -0.5)]
    assert explanation(["a", "b"], shares, directions=False) == (
        '{"a":{"ATTRIBUTION_SCORE":"0.7500"},"b":{"ATTRIBUTION_SCORE":"1.0000"}}'
    )
    assert json.loads(explanation(["a", "b"], shares, directions=True))["b"] == {
        "DIRECTION": "LOW",
        "STRENGTH": "0.5000",
        "ATTRIBUTION_SCORE": "1.0000",
    }


def test_what_cannot_be_scored_goes_to_the_error_stream_and_teaches_nothing():
    forest, rows, errors = RandomCutForest(number_of_trees=1, sub_sample_size=2), [], []
    operator = ForestExplanationOperator(
        forest.explain, [1], ["n"], True, rows.append, lambda error, row: errors.append((error.name, row))
    )
    for value in (1.0, None, float("inf"), 2.0):
        operator.on_row((0, value))
    assert [name for name, _ in errors] == ["Forest input error"] * 2
    assert len(rows) == forest.seen == 2
