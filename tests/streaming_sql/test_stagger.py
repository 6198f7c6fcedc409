# ruff: noqa: S608, E501 - streaming scripts, not database queries; SQL reads better unbroken
"""Stagger windows and event-time tumbling windows, over pushed time."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helpers.streaming_sql import Application, SqlError
from helpers.streaming_sql.operators.stagger import StaggerOperator

from .windowing import SOURCE, clock, cut, into, out, run

TICKERS = [("EVENT_TIME", "TIMESTAMP"), ("TICKER_SYMBOL", "VARCHAR(4)")]
COLUMNS = "ticker_symbol VARCHAR(4), event_time TIMESTAMP, ticker_count DOUBLE"
# developer guide, "Stagger Windows": ROWTIME, EVENT_TIME
TRADES = [
    (clock(arrived), {"EVENT_TIME": clock(happened), "TICKER_SYMBOL": "AMZN"})
    for arrived, happened in [
        ("11:00:20", "11:00:10"), ("11:00:30", "11:00:20"), ("11:01:05", "11:00:55"), ("11:01:15", "11:01:05"),
    ]
]  # fmt: skip


def times(app: Application) -> list[tuple[int, int, float]]:
    return [(row["ROWTIME"], row["EVENT_TIME"], row["TICKER_COUNT"]) for row in app.stream("O")]


def test_tumbling_by_event_time_gives_partial_results():
    """Developer guide, "Stagger Windows": Partial Results with Tumbling Windows."""
    query = f"""SELECT STREAM TICKER_SYMBOL, FLOOR(EVENT_TIME TO MINUTE), COUNT(TICKER_SYMBOL) AS TICKER_COUNT
        FROM {SOURCE}
        GROUP BY ticker_symbol, FLOOR(EVENT_TIME TO MINUTE), STEP({SOURCE}.ROWTIME BY INTERVAL '1' MINUTE)"""
    assert times(run(into(COLUMNS, query), TICKERS, TRADES, clock("11:02:00"))) == [
        (clock("11:01:00"), clock("11:00:00"), 2),
        (clock("11:02:00"), clock("11:00:00"), 1),
        (clock("11:02:00"), clock("11:01:00"), 1),
    ]


def test_tumbling_by_event_time_example():
    """Developer guide, "Example: Tumbling Window Using an Event Timestamp"."""
    script = """
        CREATE OR REPLACE STREAM "DESTINATION_SQL_STREAM" (EVENT_TIME timestamp, TICKER VARCHAR(4), min_price REAL, max_price REAL);
        CREATE OR REPLACE PUMP "STREAM_PUMP" AS INSERT INTO "DESTINATION_SQL_STREAM"
          SELECT STREAM STEP("SOURCE_SQL_STREAM_001".EVENT_TIME BY INTERVAL '60' SECOND),
              TICKER, MIN(PRICE) AS MIN_PRICE, MAX(PRICE) AS MAX_PRICE
          FROM    "SOURCE_SQL_STREAM_001"
          GROUP BY TICKER, STEP("SOURCE_SQL_STREAM_001".ROWTIME BY INTERVAL '60' SECOND),
                   STEP("SOURCE_SQL_STREAM_001".EVENT_TIME BY INTERVAL '60' SECOND);"""
    rows = [
        (clock(arrived), {"EVENT_TIME": clock(happened), "TICKER": "AAPL", "PRICE": price})
        for arrived, happened, price in [("1:05", "0:58", 3.5), ("1:06", "1:01", 2.5), ("1:59", "1:59", 9.5)]
    ]
    schema = [("EVENT_TIME", "TIMESTAMP"), ("TICKER", "VARCHAR(4)"), ("PRICE", "REAL")]
    assert out(run(script, schema, rows, clock("2:00")), "DESTINATION_SQL_STREAM") == [
        (120, 0, "AAPL", 3.5, 3.5),
        (120, 60_000, "AAPL", 2.5, 9.5),
    ]


def test_stagger_windows_give_complete_results():
    """Developer guide, "Stagger Windows": Complete Results with Stagger Windows."""
    query = f"""SELECT STREAM TICKER_SYMBOL, FLOOR(EVENT_TIME TO MINUTE), COUNT(TICKER_SYMBOL) AS ticker_count
        FROM {SOURCE}
        WINDOWED BY STAGGER (
            PARTITION BY FLOOR(EVENT_TIME TO MINUTE), TICKER_SYMBOL RANGE INTERVAL '1' MINUTE)"""
    app = run(into(COLUMNS, query), TICKERS, TRADES, clock("11:02:14.999"))
    assert times(app) == [(clock("11:01:20"), clock("11:00:00"), 3)]
    app.advance(clock("11:02:15"))
    assert times(app)[1:] == [(clock("11:02:15"), clock("11:01:00"), 1)]


def test_stagger_example():
    """Developer guide, "Example: Stagger Window": six records of one event time make one row."""
    script = """
        CREATE OR REPLACE STREAM "DESTINATION_SQL_STREAM" (event_time TIMESTAMP, ticker_symbol VARCHAR(4), ticker_count INTEGER);
        CREATE OR REPLACE PUMP "STREAM_PUMP" AS INSERT INTO "DESTINATION_SQL_STREAM"
          SELECT STREAM EVENT_TIME, TICKER, COUNT(TICKER) AS ticker_count
          FROM "SOURCE_SQL_STREAM_001"
          WINDOWED BY STAGGER (PARTITION BY TICKER, EVENT_TIME RANGE INTERVAL '1' MINUTE);"""
    arrivals = ["20:17:30", "20:17:40", "20:17:50", "20:18:00", "20:18:10", "20:18:21"]
    arrivals += ["20:18:31", "20:18:41", "20:18:51", "20:19:01", "20:19:11", "20:19:21"]
    amazon, intel = clock("20:17:20.797"), clock("20:18:21.043")
    rows = [
        (clock(arrived), {"EVENT_TIME": amazon if i < 6 else intel, "TICKER": "AMZN" if i < 6 else "INTC"})
        for i, arrived in enumerate(arrivals)
    ]
    app = run(script, [("EVENT_TIME", "TIMESTAMP"), ("TICKER", "VARCHAR(4)")], rows, clock("20:20:00"))
    assert out(app, "DESTINATION_SQL_STREAM") == [
        (clock("20:18:30") / 1000, amazon, "AMZN", 6),
        (clock("20:19:31") / 1000, intel, "INTC", 6),
    ]


SCHEMA = [("k", "VARCHAR(4)"), ("n", "INTEGER")]
STAGGER = """WINDOWED BY STAGGER (PARTITION BY "k" RANGE INTERVAL '10' SECOND)"""


def test_a_row_exactly_at_the_end_opens_the_next_window():
    query = f'SELECT STREAM "k", SUM("n") FROM {SOURCE} WHERE "n" > 0 {STAGGER} HAVING COUNT(*) > 0'
    rows = [
        (s * 1000, {"k": k, "n": n})
        for s, k, n in [(3, "a", 1), (5, None, 2), (12, "a", 4), (13, "a", 8), (15, None, 0)]
    ]
    app = run(into("k VARCHAR(4), n INTEGER", query), SCHEMA, rows, 60_000)
    assert out(app) == [(13, "a", 5), (15, None, 2), (23, "a", 8)]


def test_sessions_with_their_first_and_last_value():
    query = f"""SELECT STREAM "k", FIRST_VALUE("n"), LAST_VALUE("n"), FIRST_VALUE("n") IGNORE NULLS,
        LAST_VALUE("n") IGNORE NULLS FROM {SOURCE} {STAGGER}"""
    rows = [(i, {"k": "a", "n": n}) for i, n in enumerate([None, 4, 7, None])]
    app = run(into("k VARCHAR(4), a INTEGER, b INTEGER, c INTEGER, d INTEGER", query), SCHEMA, rows, 60_000)
    assert out(app) == [(10, "a", None, None, 4, 7)]


def test_an_overflow_loses_its_window_only_and_memory_is_given_back():
    query = f'SELECT STREAM "k", SUM("n") FROM {SOURCE} {STAGGER}'
    rows = [(0, {"k": "a", "n": 200}), (1, {"k": "b", "n": 2})]
    app = run(into("k VARCHAR(4), n TINYINT", query), SCHEMA, rows, 60_000)
    assert out(app) == [(10.001, "b", 2)]
    assert [row["ERROR_NAME"] for row in app.stream("error_stream")] == ["Numeric overflow"]
    operator = StaggerOperator(lambda row: row[:2], [], 10, lambda row: None, lambda *_: None)
    for rowtime in range(100):
        operator.on_row((rowtime, rowtime))
    assert len(operator.windows) == 10
    operator.on_bound(1000)
    assert (operator.windows, operator.deadline) == ({}, None)


@pytest.mark.parametrize(
    ("query", "message"),
    [
        (f'SELECT STREAM "n" FROM {SOURCE} {STAGGER}', "n is neither grouped nor aggregated"),
        (f'SELECT STREAM "k" FROM {SOURCE} {STAGGER} GROUP BY "k"', "WINDOWED BY and GROUP BY exclude each other"),
        (f"""SELECT STREAM "k" FROM {SOURCE} WINDOWED BY STAGGER (PARTITION BY "k" RANGE INTERVAL '0' SECOND)""",
         "must not be negative or empty"),
        (f"""SELECT STREAM "k", SUM("n") OVER (ROWS 1 PRECEDING) FROM {SOURCE} {STAGGER}""",
         "a sliding window in a grouped query"),
    ],
)  # fmt: skip
def test_refused(query: str, message: str):
    with pytest.raises(SqlError, match=message):
        Application(into("k VARCHAR(4)", query), SCHEMA)


FEED = st.lists(st.tuples(st.integers(0, 6), st.sampled_from(["a", "b", None]), st.integers(0, 9)), max_size=40)


@settings(max_examples=60, deadline=None)
@given(FEED, st.integers(0, 2**16))
def test_batches_change_nothing_and_every_row_is_in_one_window(feed, seed):
    moment, fed = 0, []
    for step, key, number in feed:
        moment += step * 1000
        fed.append((moment, {"k": key, "n": number}))
    text = into("k VARCHAR(4), n INTEGER, c INTEGER", f'SELECT STREAM "k", SUM("n"), COUNT(*) FROM {SOURCE} {STAGGER}')
    assert cut(text, SCHEMA, fed, 10**7, seed) == cut(text, SCHEMA, fed, 10**7, seed + 1)
    wanted, opened = [], {}
    for rowtime, row in fed:
        at = opened.get(row["k"])
        if at is None or rowtime >= wanted[at][0] + 10_000:
            at = opened[row["k"]] = len(wanted)
            wanted.append([rowtime, row["k"], 0, 0])
        wanted[at][2] += row["n"]
        wanted[at][3] += 1
    got = out(run(text, SCHEMA, fed, 10**7))
    assert got == [(t / 1000 + 10, *rest) for t, *rest in wanted]
