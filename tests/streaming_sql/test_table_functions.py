# ruff: noqa: E501, S311, S608 - streaming scripts, not database queries; repeatable dice; SQL reads better unbroken
"""TOP_K_ITEMS_TUMBLING, COUNT_DISTINCT_ITEMS_TUMBLING and HOTSPOTS, over pushed time."""

from __future__ import annotations

import json
import random
import re

import pytest

from helpers.streaming_sql import Application, SqlError
from helpers.streaming_sql.operators.hotspots import Hotspots, HotspotsOperator
from helpers.streaming_sql.operators.tumbling import TumblingOperator, distinct, top
from helpers.streaming_sql.windows import Steps

SOURCE = '"SOURCE_SQL_STREAM_001"'

# Developer Guide, "Example: Retrieving the Most Frequently Occurring Values", its step 2, with 2 for 5
TOP_K = """
CREATE OR REPLACE STREAM DESTINATION_SQL_STREAM (
  "TICKER" VARCHAR(4),
  "MOST_FREQUENT_VALUES" BIGINT
);
CREATE OR REPLACE PUMP "STREAM_PUMP" AS
    INSERT INTO "DESTINATION_SQL_STREAM"
    SELECT STREAM *
        FROM TABLE (TOP_K_ITEMS_TUMBLING(
            CURSOR(SELECT STREAM * FROM "SOURCE_SQL_STREAM_001"),
            'TICKER',         -- name of column in single quotes
            2,                       -- number of the most frequently occurring values
            60                       -- tumbling window size in seconds
            )
        );
"""
# SQL Reference, "COUNT_DISTINCT_ITEMS_TUMBLING Function"
COUNT_DISTINCT = """
CREATE OR REPLACE STREAM DESTINATION_SQL_STREAM (NUMBER_OF_DISTINCT_ITEMS BIGINT);
CREATE OR REPLACE PUMP "STREAM_PUMP" AS
   INSERT INTO "DESTINATION_SQL_STREAM"
      SELECT STREAM NUMBER_OF_DISTINCT_ITEMS FROM TABLE(COUNT_DISTINCT_ITEMS_TUMBLING(
      CURSOR(SELECT STREAM * FROM "SOURCE_SQL_STREAM_001"), 'TICKER', 60));
"""
TICKS = [(0, "TBV"), (1, "INTC"), (1, "INTC"), (30_000, "MSFT"), (59_999, "TBV"), (60_000, "AMZN"), (61_000, None)]


def output(script: str, ticks) -> list[tuple]:
    app = Application(script, [("TICKER", "VARCHAR(8)")])
    for rowtime, ticker in ticks:
        app.feed([{"TICKER": ticker}], rowtime)
    app.advance(300_000)
    assert app.stream("error_stream") == []
    return [tuple(row.values()) for row in app.stream("DESTINATION_SQL_STREAM")]


def test_the_most_frequent_values_of_each_minute():
    assert output(TOP_K, TICKS) == [(60_000, "TBV", 2), (60_000, "INTC", 2), (120_000, "AMZN", 1)]


def test_the_number_of_different_values_of_each_minute():
    assert output(COUNT_DISTINCT, TICKS) == [(60_000, 3), (120_000, 1)]
    assert output(COUNT_DISTINCT, [(0, None)]) == [(60_000, 0)]


def test_numbers_are_items_too():
    script = TOP_K.replace(
        'SELECT STREAM * FROM "SOURCE_SQL_STREAM_001"', f"SELECT STREAM CHAR_LENGTH(TICKER) AS TICKER FROM {SOURCE}"
    )
    assert output(script, TICKS) == [(60_000, "4", 3), (60_000, "3", 2), (120_000, "4", 1)]


def test_the_operator_is_told_by_rows_or_by_time():
    rows = []
    operator = TumblingOperator(1, Steps(10), top(1, str), rows.append)
    assert operator.deadline is None
    for row in [(3, 1), (4, 2), (9, 2), (10, 4), (25, 3)]:
        operator.on_row(row)
    assert (rows, operator.deadline) == ([(10, "2", 2), (20, "4", 1)], 30)
    operator.on_bound(29)
    operator.on_bound(30)
    assert (rows[2:], operator.deadline) == ([(30, "3", 1)], None)
    assert distinct({"a": 3, "b": 1}) == [(2,)]


# Developer Guide, "Example: Detecting Hotspots on a Stream", its step 2 (without STREAM, as it stands there)
HOTSPOTS = """
CREATE OR REPLACE STREAM "DESTINATION_SQL_STREAM" (
    "x" DOUBLE,
    "y" DOUBLE,
    "is_hot" VARCHAR(4),
    HOTSPOTS_RESULT VARCHAR(10000)
);
CREATE OR REPLACE PUMP "STREAM_PUMP" AS
    INSERT INTO "DESTINATION_SQL_STREAM"
    SELECT "x", "y", "is_hot", "HOTSPOTS_RESULT"
    FROM TABLE (
        HOTSPOTS(
            CURSOR(SELECT STREAM "x", "y", "is_hot" FROM "SOURCE_SQL_STREAM_001"),
            1000,
            0.2,
            17)
    );
"""
COORDINATES = [("x", "DOUBLE"), ("y", "DOUBLE"), ("is_hot", "VARCHAR(4)")]


def test_the_example_finds_the_hotspot_its_generator_made():
    # as the guide's script does: one point in five in a square of side 1, the others in one of side 10
    dice, app = random.Random(11), Application(HOTSPOTS, COORDINATES)
    for number in range(1000):
        hot = dice.random() < 0.2
        x, y, side = (3.0, 6.0, 1.0) if hot else (0.0, 0.0, 10.0)
        row = {"x": x + dice.random() * side, "y": y + dice.random() * side, "is_hot": "Y" if hot else "N"}
        app.feed([row], number)
    last = app.stream("DESTINATION_SQL_STREAM")[-1]
    dense = [spot for spot in json.loads(last["HOTSPOTS_RESULT"])["hotspots"] if spot["density"] >= 40]  # its filter
    assert len(dense) == 1
    assert dense[0]["minValues"] == pytest.approx([3.0, 6.0], abs=0.25)
    assert dense[0]["maxValues"] == pytest.approx([4.0, 7.0], abs=0.25)
    assert dense[0]["density"] == pytest.approx(200, rel=0.4)


def test_hotspots_by_hand():
    spots = Hotspots(window_size=100, radius=1.0, minimum=3)
    for point in [(0.0,), (1.0,), (9.0,), (2.0,), (20.0,), (20.5,), (3.0,), (20.5,)]:
        spots.add(point)
    # 0 and 3 are no cores (two points within 1), but near one; 9 is alone
    assert spots.found() == [
        {"density": 4 / 3, "minValues": [0.0], "maxValues": [3.0]},
        {"density": 3 / 0.5, "minValues": [20.0], "maxValues": [20.5]},
    ]


def test_a_side_without_length_counts_as_the_radius():
    spots = Hotspots(window_size=100, radius=0.5, minimum=2)
    for _ in range(4):
        spots.add((1.0, 2.0))
    assert spots.found() == [{"density": 4 / 0.25, "minValues": [1.0, 2.0], "maxValues": [1.0, 2.0]}]


def test_points_leave_the_window_and_their_hotspot_with_them():
    spots = Hotspots(window_size=100, radius=1.0, minimum=3)
    for number in range(3):
        spots.add((float(number),))
    for number in range(97):
        spots.add((1000.0 + 10 * number,))
    assert len(spots.found()) == 1
    spots.add((-500.0,))  # 0.0 leaves; 1.0 and 2.0 are two only
    assert spots.found() == []


def test_the_kept_neighbourhoods_are_those_computed_anew():
    dice = random.Random(3)
    points = [(dice.random() * 4, dice.random() * 4) for _ in range(350)]
    kept = Hotspots(window_size=100, radius=0.3, minimum=4)
    for point in points:
        kept.add(point)
    anew = Hotspots(window_size=100, radius=0.3, minimum=4)
    for point in points[-100:]:
        anew.add(point)
    assert kept.found() == anew.found() != []


def test_what_is_no_point_goes_to_the_error_stream():
    rows, errors = [], []
    operator = HotspotsOperator(Hotspots(100, 1.0, 2), [1], rows.append, lambda error, row: errors.append(error.name))
    for value in (1.0, None, float("nan"), 1.5):
        operator.on_row((0, value))
    assert errors == ["Hotspots input error"] * 2
    assert [len(json.loads(row[2])["hotspots"]) for row in rows] == [0, 1]


def cursor(name: str, arguments: str, columns: str = "*") -> str:
    return f"SELECT STREAM 1 FROM TABLE({name}(CURSOR(SELECT STREAM {columns} FROM {SOURCE}){arguments}))"


REFUSED = [
    (cursor("TOP_K_ITEMS_TUMBLING", ", 'TICKER', 5"), "TOP_K_ITEMS_TUMBLING", "takes 3 arguments behind the cursor, not 2"),
    (cursor("TOP_K_ITEMS_TUMBLING", ", 'TICKER', 5, 60, 7"), "7", "takes 3 arguments behind the cursor, not 4"),
    (cursor("TOP_K_ITEMS_TUMBLING", ", TICKER, 5, 60"), "TICKER", "columnName must be a text in single quotes"),
    (cursor("TOP_K_ITEMS_TUMBLING", ", 'ticker', 5, 60"), "'ticker'", "the cursor has no column ticker"),
    (cursor("TOP_K_ITEMS_TUMBLING", ", 'TICKER', 0, 60"), "0", "K must be from 1 to 100000"),
    (cursor("TOP_K_ITEMS_TUMBLING", ", 'TICKER', 100001, 60"), "100001", "K must be from 1 to 100000"),
    (cursor("TOP_K_ITEMS_TUMBLING", ", 'TICKER', 5, 3601"), "3601", "windowSize must be from 1 to 3600"),
    (cursor("TOP_K_ITEMS_TUMBLING", ", 'TICKER', 5, 0.5"), "0.5", "windowSize must be a whole number"),
    (cursor("COUNT_DISTINCT_ITEMS_TUMBLING", ", 'TICKER', 0"), "0", "windowSize must be from 1 to 3600"),
    (cursor("COUNT_DISTINCT_ITEMS_TUMBLING", ""), "COUNT_DISTINCT_ITEMS_TUMBLING", "not 0"),
    (cursor("HOTSPOTS", ", 99, 0.2, 17"), "99", "windowSize must be from 100 to 1000"),
    (cursor("HOTSPOTS", ", 1001, 0.2, 17"), "1001", "windowSize must be from 100 to 1000"),
    (cursor("HOTSPOTS", ", 100, 0, 17"), "0", "scanRadius must be a number above zero"),
    (cursor("HOTSPOTS", ", 100, 'x', 17"), "'x'", "scanRadius must be a number above zero"),
    (cursor("HOTSPOTS", ", 100, 1e400, 17"), "1e400", "scanRadius must be a number above zero"),
    (cursor("HOTSPOTS", ", 100, 0.2, 1"), "1", "minimumNumberOfPointsInAHotspot must be from 2 to 100"),
    (cursor("HOTSPOTS", ", 100, 0.2, 2", "TICKER"), None, "HOTSPOTS needs from 1 to 30 numeric columns, not 0"),
    (cursor("HOTSPOTS", ", 100, 0.2, 2", "d"), None, "D is DECIMAL, which HOTSPOTS does not take"),
    (cursor("HOTSPOTS", ", 100, 0.2, 2", "n AS HOTSPOTS_RESULT"), None, "has a column HOTSPOTS_RESULT already"),
    (cursor("RANDOM_CUT_FOREST_WITH_EXPLANATION", ", 100, 256, 100000, 1, 1", "n"), "1", "withDirectionality must be TRUE or FALSE"),
    (cursor("RANDOM_CUT_FOREST_WITH_EXPLANATION", ", 100, 256, 100000, 1, TRUE, 2", "n"), "2", "takes at most 5 arguments, not 6"),
    (cursor("RANDOM_CUT_FOREST_WITH_EXPLANATION", ", 0", "n"), "0", "numberOfTrees must be from 1 to 1000"),
    (cursor("RANDOM_CUT_FOREST_WITH_EXPLANATION", "", "n, n AS ANOMALY_EXPLANATION"), None, "has a column ANOMALY_EXPLANATION already"),
]  # fmt: skip


@pytest.mark.parametrize(("select", "text", "message"), REFUSED)
def test_arguments_are_checked_before_any_row(select, text, message):
    script = f"CREATE STREAM O (v INTEGER); CREATE PUMP P AS INSERT INTO O\n{select}"
    with pytest.raises(SqlError, match=re.escape(message)) as caught:
        Application(script, [("TICKER", "VARCHAR(4)"), ("N", "INTEGER"), ("D", "DECIMAL(5,2)")])
    assert caught.value.line == 2
    if text is not None:
        assert caught.value.text == text
