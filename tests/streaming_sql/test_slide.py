# ruff: noqa: S608, E501 - streaming scripts, not database queries; SQL reads better unbroken
"""Sliding windows, over pushed time."""

from __future__ import annotations

import math
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helpers.streaming_sql import Application, SqlError
from helpers.streaming_sql.datatypes import DOUBLE
from helpers.streaming_sql.operators.slide import SlideOperator, Sliding
from helpers.streaming_sql.sliding import ApproximateSum, SlidingExtreme

from .windowing import SOURCE, clock, cut, into, out, run

SCHEMA = [("k", "VARCHAR(4)"), ("n", "INTEGER"), ("x", "DOUBLE"), ("d", "DECIMAL(9,2)")]
HOUR = 3_600_000
# SQL Reference, "Windowed Aggregation on Streams": WEATHERSTREAM, days and hours from 2018-11-01
WEATHER = [
    (1, "Denver", 29), (1, "Anchorage", 2), (6, "Miami", 65), (7, "Denver", 32), (9, "Anchorage", 9),
    (13, "Denver", 50), (17, "Anchorage", 10), (18, "Miami", 71), (19, "Denver", 43), (25, "Anchorage", 4),
    (25, "Denver", 39), (31, "Denver", 46), (33, "Anchorage", 3), (37, "Denver", 56), (41, "Anchorage", 2),
    (43, "Denver", 50), (49, "Denver", 36), (49, "Anchorage", 1),
]  # fmt: skip
WEATHER_SCHEMA = [("CITY", "VARCHAR(16)"), ("TEMP", "INTEGER")]


def weather(query: str, columns: str) -> list[tuple]:
    rows = [(hour * HOUR, {"CITY": city, "TEMP": temp}) for hour, city, temp in WEATHER]
    return out(run(into(columns, query), WEATHER_SCHEMA, rows))


def test_extremes_of_a_day_one_row_for_each_row():
    """SQL Reference, "Windowed Aggregation on Streams": rows of one ROWTIME come out one after the other."""
    rows = weather(
        f"""SELECT STREAM MIN(TEMP) OVER W1 AS WMIN_TEMP, MAX(TEMP) OVER W1 AS WMAX_TEMP
        FROM {SOURCE} WINDOW W1 AS (RANGE INTERVAL '1' DAY PRECEDING)""",
        "low INTEGER, high INTEGER",
    )
    assert [row[1:] for row in rows] == [
        (29, 29), (2, 29), (2, 65), (2, 65), (2, 65), (2, 65), (2, 65), (2, 71), (2, 71),
        (2, 71),  # a day later the rows of hour 1 stand exactly on the lower bound, and count
        (2, 71), (4, 71), (3, 71), (3, 71), (2, 71), (2, 56), (2, 56), (1, 56),
    ]  # fmt: skip
    assert [row[0] for row in rows] == [hour * 3600 for hour, *_ in WEATHER]


def test_by_city_and_by_number_of_rows():
    rows = weather(
        f"""SELECT STREAM CITY, AVG(TEMP) OVER (PARTITION BY CITY RANGE INTERVAL '12' HOUR PRECEDING),
        COUNT(*) OVER (PARTITION BY CITY ROWS 2 PRECEDING) FROM {SOURCE}""",
        "city VARCHAR(16), mean INTEGER, n INTEGER",
    )
    denver = [row[2:] for row in rows if row[1] == "Denver"]
    # (29+32)/2 = 30.5 is cut; at 13:00 the row of 1:00 is on the bound: (29+32+50)/3 = 37
    assert denver == [(29, 1), (30, 2), (37, 3), (41, 3), (44, 3), (42, 3), (47, 3), (50, 3), (47, 3)]


def test_rows_3_preceding_are_four_rows():
    """SQL Reference, "Window examples": lastThree holds the three preceding rows and the current one."""
    query = f"""SELECT STREAM COUNT(*) OVER lastThree, SUM("n") OVER lastThree, COUNT(*) OVER lastZeroRows,
        COUNT(*) OVER lastZeroSeconds, SUM("n") OVER lastTwoSame FROM {SOURCE}
        WINDOW lastThree AS (ROWS 3 PRECEDING), lastZeroRows AS (ROWS CURRENT ROW),
        lastZeroSeconds AS (RANGE CURRENT ROW),
        lastTwoSame AS (PARTITION BY "k" ROWS BETWEEN 2 PRECEDING AND CURRENT ROW)"""
    rows = [(i // 2, {"k": "ab"[i % 2], "n": 10**i}) for i in range(6)]
    app = run(into("a INTEGER, b INTEGER, c INTEGER, d INTEGER, e INTEGER", query), SCHEMA, rows)
    assert [row[1:] for row in out(app)] == [
        (1, 1, 1, 1, 1),
        (2, 11, 1, 2, 10),
        (3, 111, 1, 1, 101),
        (4, 1111, 1, 2, 1010),
        (4, 11110, 1, 1, 10101),
        (4, 111100, 1, 2, 101010),
    ]


def test_first_example_of_the_guide():
    """Developer guide, "Sliding Windows", example 1: least, greatest and mean price of a minute."""
    schema = [("TICKER_SYMBOL", "VARCHAR(4)"), ("SECTOR", "VARCHAR(16)"), ("CHANGE", "REAL"), ("PRICE", "REAL")]
    script = """
        CREATE OR REPLACE STREAM "DESTINATION_SQL_STREAM" (
            ticker_symbol VARCHAR(10), Min_Price double, Max_Price double, Avg_Price double);
        CREATE OR REPLACE PUMP "STREAM_PUMP" AS INSERT INTO "DESTINATION_SQL_STREAM"
        SELECT STREAM ticker_symbol, MIN(Price) OVER W1 AS Min_Price, MAX(Price) OVER W1 AS Max_Price,
            AVG(Price) OVER W1 AS Avg_Price
        FROM "SOURCE_SQL_STREAM_001"
        WINDOW W1 AS (PARTITION BY ticker_symbol RANGE INTERVAL '1' MINUTE PRECEDING);"""
    prices = [(0, "AMZN", 1.5), (30, "AMZN", 2.5), (31, "INTC", 8), (60, "AMZN", 3.5), (60.001, "AMZN", 4.5)]
    rows = [(round(second * 1000), {"TICKER_SYMBOL": name, "PRICE": price}) for second, name, price in prices]
    assert out(run(script, schema, rows), "DESTINATION_SQL_STREAM") == [
        (0, "AMZN", 1.5, 1.5, 1.5),
        (30, "AMZN", 1.5, 2.5, 2.0),
        (31, "INTC", 8.0, 8.0, 8.0),
        (60, "AMZN", 1.5, 3.5, 2.5),
        (60.001, "AMZN", 2.5, 4.5, 3.5),
    ]


def test_third_example_of_the_guide_two_windows_in_one_query():
    """Developer guide, "Sliding Windows", example 3: several windows on the same stream."""
    query = f"""SELECT STREAM "k", "x", avg("x") over last2rows, avg("x") over last10rows FROM {SOURCE}
        WINDOW last2rows AS (PARTITION BY "k" ROWS 2 PRECEDING), last10rows AS (PARTITION BY "k" ROWS 10 PRECEDING)"""
    rows = [(i, {"k": "a", "x": 2.0**i}) for i in range(12)]
    app = run(into("k VARCHAR(12), price double, a2 double, a10 double", query), SCHEMA, rows)
    assert out(app)[-1][3:] == ((2**9 + 2**10 + 2**11) / 3, (2**12 - 2) / 11)


def test_partial_results_of_the_guide():
    """Developer guide, "Aggregating Partial Results": the second pump slides over the first one's groups."""
    script = f"""
        CREATE OR REPLACE STREAM "CALC" (TICKER VARCHAR(4), TRADETIME TIMESTAMP, TICKERCOUNT DOUBLE);
        CREATE OR REPLACE STREAM O (TICKER VARCHAR(4), TRADETIME TIMESTAMP, TICKERCOUNT DOUBLE);
        CREATE PUMP "CALC_PUMP" AS INSERT INTO "CALC" ("TICKER", "TRADETIME", "TICKERCOUNT")
        SELECT STREAM "k", STEP({SOURCE}."ROWTIME" BY INTERVAL '1' MINUTE) as "TradeTime", COUNT(*) AS "TickerCount"
        FROM {SOURCE} GROUP BY STEP({SOURCE}.ROWTIME BY INTERVAL '1' MINUTE), STEP("t" BY INTERVAL '1' MINUTE), "k";
        CREATE PUMP "AGGREGATED" AS INSERT INTO O ("TICKER", "TRADETIME", "TICKERCOUNT")
        SELECT STREAM "TICKER", "TRADETIME", SUM("TICKERCOUNT") OVER W1 AS "TICKERCOUNT" FROM "CALC"
        WINDOW W1 AS (PARTITION BY "TRADETIME" RANGE INTERVAL '10' MINUTE PRECEDING);"""
    rows = [(s * 1000, {"k": "A", "t": t * 1000}) for s, t in [(1, 0), (2, 1), (70, 59), (75, 70), (80, 75)]]
    app = run(script, [("k", "VARCHAR(4)"), ("t", "TIMESTAMP")], rows, 120_000)
    assert out(app) == [(60, "A", 0, 2.0), (120, "A", 60_000, 1.0), (120, "A", 60_000, 3.0)]


def test_nulls_ends_and_types():
    query = f"""SELECT STREAM COUNT("n") OVER w, SUM("n") OVER w, AVG("n") OVER w, SUM("d") OVER w,
        FIRST_VALUE("k") OVER w, LAST_VALUE("k") OVER w, FIRST_VALUE("k") IGNORE NULLS OVER w,
        LAST_VALUE("k") IGNORE NULLS OVER w, SUM("n") OVER w * 10 + COUNT(*) OVER (ROWS 1 PRECEDING)
        FROM {SOURCE} WINDOW w AS (RANGE INTERVAL '10' SECOND PRECEDING)"""
    columns = "a INTEGER, b INTEGER, c INTEGER, d DECIMAL(9,2), e VARCHAR(4), f VARCHAR(4), g VARCHAR(4), h VARCHAR(4), i INTEGER"
    rows = [(0, {}), (1000, {"n": -3, "k": "a", "d": "1.25"}), (2000, {"n": -4, "d": "2"}), (11_001, {"k": "b"})]
    app = run(into(columns, query), SCHEMA, rows)
    assert [tuple(map(str, row[1:])) for row in out(app)] == [
        ("0", "None", "None", "None", "None", "None", "None", "None", "None"),
        ("1", "-3", "-3", "1.25", "None", "a", "a", "a", "-28"),
        ("2", "-7", "-3", "3.25", "None", "None", "a", "a", "-68"),
        ("1", "-4", "-4", "2.00", "None", "b", "b", "b", "-38"),
    ]


def test_a_row_with_an_error_is_in_no_window_and_an_overflow_loses_one_row():
    query = (
        f"""SELECT STREAM "n", SUM(12 / "n") OVER (ROWS 5 PRECEDING), COUNT(*) OVER (ROWS 5 PRECEDING) FROM {SOURCE}"""
    )
    app = run(into("n INTEGER, s TINYINT, c INTEGER", query), SCHEMA, [(i, {"n": n}) for i, n in enumerate([4, 0, 3])])
    assert [row[1:] for row in out(app)] == [(4, 3, 1), (3, 7, 2)]
    assert [row["ERROR_NAME"] for row in app.stream("error_stream")] == ["Division by zero"]
    big = [("b", "BIGINT")]
    app = run(into("s BIGINT", f'SELECT STREAM SUM("b") OVER (ROWS 1 PRECEDING) FROM {SOURCE}'), big,
              [(0, {"b": 2**63 - 1}), (1, {"b": 1}), (2, {"b": 2})])  # fmt: skip
    assert out(app) == [(0, 2**63 - 1), (0.002, 3)]
    assert [row["ERROR_NAME"] for row in app.stream("error_stream")] == ["Numeric overflow"]


def test_sums_do_not_remember_what_has_left():
    total = ApproximateSum(DOUBLE)
    for value in (1e16, 0.1, 0.2):
        total.add(value)
    total.leave(1e16)
    assert total.result() == 0.1 + 0.2
    least = SlidingExtreme(lambda x, y: x < y)
    for value in (2, 1, 2):
        least.add(value)
    least.leave(2)
    assert least.result() == 1
    least.leave(1)
    assert least.result() == 2


def test_memory_is_bounded_by_the_window_whatever_the_keys():
    window = Sliding("RANGE", 10, lambda row: row[:2], [], [], [])
    operator = SlideOperator([window], lambda row: None, lambda *_: None)
    for rowtime in range(1000):
        operator.on_row((rowtime, f"key {rowtime}"))
    (state,) = operator.windows
    assert (len(state.queue), len(state.states)) == (11, 11)
    window = Sliding("ROWS", 3, lambda row: row[:1], [], [], [])
    operator = SlideOperator([window], lambda row: None, lambda *_: None)
    for rowtime in range(1000):
        operator.on_row((rowtime,))
    (state,) = operator.windows
    assert [len(queue) for queue, _ in state.states.values()] == [4]


def test_where_comes_before_the_window_and_a_join_can_be_slid_over():
    query = f"""SELECT STREAM COUNT(*) OVER (RANGE INTERVAL '1' SECOND PRECEDING) FROM {SOURCE} WHERE "n" > 0"""
    app = run(into("c INTEGER", query), SCHEMA, [(i * 500, {"n": i % 2}) for i in range(6)])
    assert out(app) == [(0.5, 1), (1.5, 2), (2.5, 2)]


@pytest.mark.parametrize(
    ("query", "text", "message"),
    [
        ('SUM("n") OVER w', "w", "unknown window W"),
        ('ABS("n") OVER (ROWS 1 PRECEDING)', 'ABS("n") OVER (ROWS 1 PRECEDING)', "ABS is no aggregate"),
        ('SUM("n") OVER (ROWS 0 PRECEDING)', "(ROWS 0 PRECEDING)", "a window of 0 PRECEDING is not allowed"),
        ('SUM("n") OVER (ROWS -4 PRECEDING)', "(ROWS -4 PRECEDING)", "ROWS takes a whole number"),
        ('SUM("n") OVER (ROWS "n" PRECEDING)', '(ROWS "n" PRECEDING)', "ROWS takes a whole number"),
        ('SUM("n") OVER (RANGE 5 PRECEDING)', "(RANGE 5 PRECEDING)", "RANGE takes a constant interval"),
        ("SUM(\"n\") OVER (RANGE INTERVAL '-5' SECOND PRECEDING)", None, "must not be negative"),
        ('SUM(SUM("n") OVER (ROWS 1 PRECEDING)) OVER (ROWS 1 PRECEDING)', None, "OVER is not allowed here"),
        ('SUM("n") OVER (PARTITION BY COUNT(*) ROWS 1 PRECEDING)', "COUNT(*)", "COUNT is not allowed here"),
        ('COUNT(*) + SUM("n") OVER (ROWS 1 PRECEDING)', None, "a sliding window in a grouped query"),
    ],
)
def test_refused(query: str, text: str | None, message: str):
    with pytest.raises(SqlError, match=message) as caught:
        Application(into("x INTEGER", f"SELECT STREAM {query} FROM {SOURCE}"), SCHEMA)
    assert caught.value.line == 1
    assert text is None or caught.value.text == text


def test_refused_windows_by_name():
    for tail, message in [
        ("WINDOW w AS (ROWS 1 PRECEDING), w AS (ROWS 2 PRECEDING)", "defined twice"),
        ('WINDOW w AS (PARTITION BY "nothing" ROWS 1 PRECEDING)', "unknown column nothing"),
        ('WHERE SUM("n") OVER w > 1 WINDOW w AS (ROWS 1 PRECEDING)', "OVER is not allowed here"),
    ]:
        with pytest.raises(SqlError, match=message):
            Application(into("x INTEGER", f'SELECT STREAM "n" FROM {SOURCE} {tail}'), SCHEMA)


SLIDING = into(
    "k VARCHAR(4), a INTEGER, b DOUBLE, c INTEGER, d INTEGER, e INTEGER",
    f"""SELECT STREAM "k", SUM("n") OVER m, AVG("x") OVER m, MIN("n") OVER r, MAX("n") OVER m,
    COUNT(*) OVER (RANGE INTERVAL '3' SECOND PRECEDING) FROM {SOURCE}
    WINDOW m AS (PARTITION BY "k" RANGE INTERVAL '5' SECOND PRECEDING), r AS (PARTITION BY "k" ROWS 3 PRECEDING)""",
)
ROWS = st.lists(st.tuples(st.integers(0, 4), st.sampled_from("ab"), st.integers(-9, 9)), max_size=40)


def spread(rows: list[tuple[int, str, int]]) -> list[tuple[int, dict]]:
    moment, found = 0, []
    for step, key, number in rows:
        moment += step * 1000
        found.append((moment, {"k": key, "n": number, "x": number / 7}))
    return found


@settings(max_examples=60, deadline=None)
@given(ROWS, st.integers(0, 2**16))
def test_batches_change_nothing_and_each_value_is_that_of_its_window(rows, seed):
    fed = spread(rows)
    until = clock("1:0:0")
    assert cut(SLIDING, SCHEMA, fed, until, seed) == cut(SLIDING, SCHEMA, fed, until, seed + 1)
    result = out(run(SLIDING, SCHEMA, fed))
    assert len(result) == len(fed)
    for i, (got, (moment, row)) in enumerate(zip(result, fed, strict=True)):
        same = [r for r in fed[: i + 1] if r[1]["k"] == row["k"]]
        near = [r["n"] for t, r in same if t >= moment - 5000]
        last = [r["n"] for _, r in same][-4:]
        count = sum(t >= moment - 3000 for t, _ in fed[: i + 1])
        assert got[1:3] + got[4:] == (row["k"], sum(near), min(last), max(near), count)
        assert got[3] == pytest.approx(sum(near) / 7 / len(near), abs=1e-12)


def test_a_long_run_stays_exact():
    dice = random.Random(1)  # noqa: S311
    values = [dice.uniform(-1e6, 1e6) for _ in range(3000)]
    query = f'SELECT STREAM SUM("x") OVER (ROWS 9 PRECEDING) FROM {SOURCE}'
    app = run(into("x DOUBLE", query), SCHEMA, [(i, {"x": value}) for i, value in enumerate(values)])
    assert out(app)[-1][1] == math.fsum(values[-10:])
