# ruff: noqa: S608, E501 - streaming scripts, not database queries; SQL reads better unbroken
"""Joins of windows, over pushed time."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helpers.streaming_sql import Application, SqlError
from helpers.streaming_sql.operators.window_join import JoinSide, WindowJoinOperator

from .windowing import SOURCE, cut, out, run

SCHEMA = [("side", "VARCHAR(1)"), ("k", "VARCHAR(4)"), ("n", "INTEGER")]
MINUTE = "OVER (RANGE INTERVAL '1' MINUTE PRECEDING)"


def script(join: str, more: str = "") -> str:
    """Source rows of side l go to ORDERS, of side r to TRADES, which are joined."""
    return f"""
        CREATE STREAM ORDERS (id VARCHAR(4), n INTEGER); CREATE STREAM TRADES (id VARCHAR(4), n INTEGER);
        CREATE STREAM O (l VARCHAR(4), ln INTEGER, r VARCHAR(4), rn INTEGER);
        CREATE PUMP PL AS INSERT INTO ORDERS SELECT STREAM "k", "n" FROM {SOURCE} WHERE "side" = 'l';
        CREATE PUMP PR AS INSERT INTO TRADES SELECT STREAM "k", "n" FROM {SOURCE} WHERE "side" = 'r';
        CREATE PUMP PJ AS INSERT INTO O SELECT STREAM o.id, o.n, t.id, t.n FROM {join}; {more}"""


def rows(text: str) -> list[tuple[int, dict]]:
    """`20 l a 1`: at second 20 a row of the left side with key a and number 1; - is NULL."""
    found = []
    for line in text.strip().split(","):
        second, side, key, *number = line.split()
        row = {"side": side, "k": None if key == "-" else key, "n": int(number[0]) if number else None}
        found.append((round(float(second) * 1000), row))
    return found


def joined(join: str, text: str, until: float = 600) -> list[tuple]:
    """ROWTIME in seconds and the two keys of each pair."""
    app = run(script(join), SCHEMA, rows(text), round(until * 1000))
    assert app.stream("error_stream") == []
    return [(row[0], row[1], row[3]) for row in out(app)]


def test_a_side_without_over_contributes_its_current_row_only():
    """SQL Reference, "JOIN clause"; developer guide, "Stream Joins", example 1."""
    join = f"ORDERS AS o JOIN TRADES {MINUTE} AS t ON o.id = t.id"
    # a trade that comes after its order meets nothing; one exactly a minute before still does
    text = "0 r a, 10 l b, 20 r b, 60 l a, 60.001 l a, 70 l c, 70 r c, 75 r d, 76 l d, 77 l d"
    assert joined(join, text) == [(60, "a", "a"), (70, "c", "c"), (76, "d", "d"), (77, "d", "d")]


def test_windows_on_both_sides_meet_whoever_comes_first():
    join = f"ORDERS {MINUTE} AS o JOIN TRADES {MINUTE} AS t ON o.id = t.id"
    assert joined(join, "0 l a, 60 r a, 61 r a, 61 r b, 100 l b, 110 l b") == [
        (60, "a", "a"),
        (100, "b", "b"),
        (110, "b", "b"),
    ]


def test_windows_of_different_length():
    join = f"ORDERS OVER (RANGE INTERVAL '10' SECOND PRECEDING) AS o JOIN TRADES {MINUTE} AS t ON o.id = t.id"
    assert joined(join, "0 l a, 10 r a, 11 r a, 20 r b, 80 l b, 81 l b") == [(10, "a", "a"), (80, "b", "b")]


def test_a_left_join_waits_for_the_windows_end():
    """SQL Reference, "JOIN clause"; SQLstream, "Creating Streaming JOINs": ROWTIME of what found no match."""
    join = f"ORDERS {MINUTE} AS o LEFT OUTER JOIN TRADES AS t ON o.id = t.id"
    app = run(script(join), SCHEMA, rows("0 l a, 10 l b, 20 r b"), 60_000)
    assert out(app) == [(20, "b", None, "b", None)]
    app.advance(60_001)  # until then a trade of 60.000 could have met the order
    assert out(app)[1:] == [(60, "a", None, None, None)]
    assert joined(join, "0 l a, 60 r a") == [(60, "a", "a")]
    assert joined(join, "0 l a, 60.001 r a") == [(60, "a", None)]


def test_right_and_full_joins():
    windows = f"ORDERS {MINUTE} AS o {{}} JOIN TRADES {MINUTE} AS t ON o.id = t.id"
    text = "0 l a, 1 r b, 2 l c, 3 r c"
    assert joined(windows.format("RIGHT"), text) == [(3, "c", "c"), (61, None, "b")]
    assert joined(windows.format("FULL OUTER"), text) == [(3, "c", "c"), (60, "a", None), (61, None, "b")]


def test_what_waits_comes_in_order_of_its_windows_ends():
    join = f"ORDERS {MINUTE} AS o FULL JOIN TRADES OVER (RANGE INTERVAL '5' SECOND PRECEDING) AS t ON o.id = t.id"
    assert joined(join, "0 l a, 50 r b, 57 r c") == [(55, None, "b"), (60, "a", None), (62, None, "c")]


def test_an_outer_side_without_over_waits_for_its_own_rowtime_only():
    join = f"ORDERS AS o LEFT JOIN TRADES {MINUTE} AS t ON o.id = t.id"
    assert joined(join, "0 r a, 10 l a, 10 l b, 10 r b, 11 l c, 12 r c") == [
        (10, "a", "a"),
        (10, "b", "b"),
        (11, "c", None),
    ]


def test_null_is_equal_to_nothing():
    join = f"ORDERS {MINUTE} AS o FULL JOIN TRADES {MINUTE} AS t ON o.id = t.id"
    assert joined(join, "0 l -, 1 r -") == [(60, None, None), (61, None, None)]


def test_the_newest_rows():
    """SQL Reference, "JOIN clause": ROWS 10 PRECEDING are the newest ten rows."""
    join = "ORDERS AS o JOIN TRADES OVER (ROWS 2 PRECEDING) AS t ON o.id >= t.id"
    assert joined(join, "0 r a, 1 r b, 2 r c, 500 l z") == [(500, "z", "b"), (500, "z", "c")]
    join = "ORDERS OVER (ROWS 1 PRECEDING) AS o LEFT JOIN TRADES OVER (ROWS CURRENT ROW) AS t ON o.id = t.id"
    # a row without match goes when a newer one takes its place
    assert joined(join, "0 l a, 5 l b, 6 r b, 9 l c") == [(5, "a", None), (6, "b", "b")]


def test_conditions_beyond_equality_and_cross_joins():
    join = f"ORDERS {MINUTE} AS o LEFT JOIN TRADES {MINUTE} AS t ON o.id = t.id AND o.n < t.n"
    app = run(script(join), SCHEMA, rows("0 l a 5, 1 r a 4, 2 r a 6"), 100_000)
    assert out(app) == [(2, "a", 5, "a", 6)]
    app = run(script(join), SCHEMA, rows("0 l a 5, 1 r a 4"), 100_000)
    assert out(app) == [(60, "a", 5, None, None)]
    cross = f"ORDERS {MINUTE} AS o CROSS JOIN TRADES AS t"
    assert joined(cross, "0 l a, 1 l b, 2 r c") == [(2, "a", "c"), (2, "b", "c")]
    comma = f"ORDERS {MINUTE} AS o, TRADES AS t WHERE o.id <> t.id"
    assert joined(comma, "0 l a, 1 l b, 2 r b") == [(2, "a", "b")]


def test_an_error_in_a_condition_is_told_and_is_no_match():
    join = f"ORDERS {MINUTE} AS o LEFT JOIN TRADES {MINUTE} AS t ON o.id = t.id AND 6 / t.n = o.n"
    app = run(script(join), SCHEMA, rows("0 l a 5, 1 r a 0"), 100_000)
    assert out(app) == [(60, "a", 5, None, None)]
    assert [row["ERROR_NAME"] for row in app.stream("error_stream")] == ["Division by zero"]


def test_rowtimes_of_both_sides_and_of_the_pair():
    """SQL Reference, "ROWTIME": unqualified, it is the ROWTIME of the row about to be made."""
    text = f"""{script(f"ORDERS {MINUTE} AS o JOIN TRADES AS t ON o.id = t.id")}
        CREATE STREAM T (l TIMESTAMP, r TIMESTAMP, j TIMESTAMP);
        CREATE PUMP PT AS INSERT INTO T SELECT STREAM x.ROWTIME, y.ROWTIME, ROWTIME
        FROM ORDERS AS x JOIN TRADES {MINUTE} AS y ON x.id = y.id;"""
    app = run(text, SCHEMA, rows("10 r a, 15 l a"))
    assert app.stream("T") == [{"ROWTIME": 15_000, "L": 15_000, "R": 10_000, "J": 15_000}]


def test_a_window_by_name_is_a_name_of_its_side():
    """Developer guide, "Stream Joins": JOIN TradeStream OVER t ON o.orderId = t.orderId WINDOW t AS (…)."""
    join = """ORDERS AS o JOIN TRADES OVER t ON o.id = t.id AND TRADES.id = t.id
        WINDOW t AS (RANGE INTERVAL '1' MINUTE PRECEDING)"""
    assert joined(join, "0 r a, 60 l a, 61 l a") == [(60, "a", "a")]


def test_a_stream_joined_with_its_own_past():
    text = f"""CREATE STREAM O (a INTEGER, b INTEGER);
        CREATE PUMP P AS INSERT INTO O SELECT STREAM x."n", y."n"
        FROM {SOURCE} AS x JOIN {SOURCE} OVER (RANGE INTERVAL '2' SECOND PRECEDING) AS y ON x."n" > y."n";"""
    app = run(text, [("n", "INTEGER")], [(i * 1000, {"n": i}) for i in range(4)])
    assert out(app) == [(1, 1, 0), (2, 2, 0), (2, 2, 1), (3, 3, 1), (3, 3, 2)]


@pytest.mark.parametrize("order", ["PG, PJ", "PJ, PG"])
def test_late_rows_of_a_join_still_count_in_the_window_they_belong_to(order):
    """An order of 0:59.999 that met nothing goes on at 1:59.999, before the minute of 1:59 ends."""
    text = script(f"ORDERS {MINUTE} AS o LEFT JOIN TRADES AS t ON o.id = t.id")
    group = """CREATE STREAM C (n INTEGER);
        CREATE PUMP PG AS INSERT INTO C SELECT STREAM COUNT(*) FROM O GROUP BY FLOOR(O.ROWTIME TO MINUTE);"""
    start = text.index("CREATE PUMP PL")
    text = text[:start] + group + text[start:] if order == "PG, PJ" else text + group
    app = run(text, SCHEMA, rows("59.999 l a, 100 l b, 100 r b"), 120_000)
    assert app.stream("C") == [{"ROWTIME": 120_000, "N": 2}]


def test_groups_and_sliding_windows_over_a_join_in_one_query():
    text = f"""{script(f"ORDERS {MINUTE} AS o JOIN TRADES AS t ON o.id = t.id")}
        CREATE STREAM C (a INTEGER); CREATE PUMP PC AS INSERT INTO C
        SELECT STREAM COUNT(*) FROM ORDERS {MINUTE} AS o LEFT JOIN TRADES AS t ON o.id = t.id GROUP BY FLOOR(ROWTIME TO MINUTE);
        CREATE STREAM S (a INTEGER); CREATE PUMP PS AS INSERT INTO S
        SELECT STREAM COUNT(*) OVER (RANGE INTERVAL '5' SECOND PRECEDING) FROM ORDERS {MINUTE} AS o JOIN TRADES AS t ON o.id = t.id;"""
    app = run(text, SCHEMA, rows("1 l a, 2 l a, 3 l b, 4 r a"), 180_000)
    assert out(app, "C") == [(60, 2), (120, 1)]
    assert out(app, "S") == [(4, 1), (4, 2)]


def test_memory_is_bounded_by_the_windows():
    left, right = JoinSide("RANGE", 10, True, 2, [1]), JoinSide("RANGE", 5, False, 2, [1])
    found: list[tuple] = []
    join = WindowJoinOperator(left, right, None, found.append, lambda *_: None)
    for rowtime in range(1000):
        join.on_left((rowtime, f"l{rowtime}"))
        join.on_right((rowtime, f"r{rowtime}"))
    assert [len(join.left.rows), len(join.left.by_key), len(join.right.rows), len(join.right.by_key)] == [11, 11, 6, 6]
    assert len(found) == 989


@pytest.mark.parametrize(
    ("join", "text", "message"),
    [
        ("ORDERS AS o JOIN TRADES OVER w AS t ON o.id = t.id", "w", "unknown window W"),
        ("ORDERS AS o JOIN TRADES OVER (PARTITION BY id ROWS 1 PRECEDING) AS t ON o.id = t.id", None,
         "PARTITION BY is not allowed in the window of a join"),
        ("ORDERS AS o JOIN TRADES OVER (RANGE 1 PRECEDING) AS t ON o.id = t.id", "(RANGE 1 PRECEDING)",
         "RANGE takes a constant interval"),
        ("ORDERS AS o LEFT JOIN TRADES AS t ON o.n", "o.n", "ON needs a condition"),
        ("ORDERS AS o LEFT JOIN TRADES AS t ON o.id = u.id", "u.id", "U is not in this query's FROM clause"),
        ("ORDERS OVER (ROWS 1 PRECEDING) AS o", "ORDERS", "a window over a stream that is not joined"),
        (", ".join(f"ORDERS AS o{i}" for i in range(17)), "ORDERS", "more than 16 streams and tables in FROM"),
    ],
)  # fmt: skip
def test_refused(join: str, text: str | None, message: str):
    with pytest.raises(SqlError, match=message) as caught:
        Application(script(join), SCHEMA)
    assert text is None or caught.value.text == text


JOINS = [
    f"ORDERS {MINUTE} AS o FULL JOIN TRADES OVER (RANGE INTERVAL '20' SECOND PRECEDING) AS t ON o.id = t.id AND o.n <= t.n",
    f"ORDERS AS o LEFT JOIN TRADES {MINUTE} AS t ON o.id = t.id",
    "ORDERS OVER (ROWS 3 PRECEDING) AS o FULL JOIN TRADES AS t ON o.id = t.id",
]
FEED = st.lists(
    st.tuples(st.integers(0, 30), st.sampled_from("lr"), st.sampled_from(["a", "b", None]), st.integers(0, 5)),
    max_size=30,
)


def spread(feed: list[tuple]) -> list[tuple[int, dict]]:
    moment, found = 0, []
    for step, side, key, number in feed:
        moment += step * 1000
        found.append((moment, {"side": side, "k": key, "n": number}))
    return found


@settings(max_examples=60, deadline=None)
@given(FEED, st.sampled_from(JOINS), st.integers(0, 2**16))
def test_batches_change_nothing_and_rowtime_never_falls(feed, join, seed):
    counts = "CREATE STREAM C (n INTEGER); CREATE PUMP PC AS INSERT INTO C SELECT STREAM COUNT(*) FROM O GROUP BY FLOOR(O.ROWTIME TO SECOND);"
    text, fed = script(join, counts), spread(feed)
    assert cut(text, SCHEMA, fed, 10**7, seed) == cut(text, SCHEMA, fed, 10**7, seed + 1)
    app = run(text, SCHEMA, fed, 10**7)
    times = [row[0] for row in out(app)]
    assert times == sorted(times)
    assert sum(row[1] for row in out(app, "C")) == len(times)


@settings(max_examples=60, deadline=None)
@given(FEED)
def test_a_full_join_is_what_its_definition_says(feed):
    fed = spread(feed)
    lefts = [(t, r) for t, r in fed if r["side"] == "l"]
    rights = [(t, r) for t, r in fed if r["side"] == "r"]

    def met(left: tuple, right: tuple) -> bool:
        (lt, lrow), (rt, rrow) = left, right
        equal = lrow["k"] is not None and lrow["k"] == rrow["k"] and lrow["n"] <= rrow["n"]
        return equal and -20_000 <= rt - lt <= 60_000

    wanted = [(max(x[0], y[0]), x[1]["k"], x[1]["n"], y[1]["k"], y[1]["n"]) for x in lefts for y in rights if met(x, y)]
    wanted += [(t + 60_000, r["k"], r["n"], None, None) for t, r in lefts if not any(met((t, r), y) for y in rights)]
    wanted += [(t + 20_000, None, None, r["k"], r["n"]) for t, r in rights if not any(met(x, (t, r)) for x in lefts)]
    got = [(round(row[0] * 1000), *row[1:]) for row in out(run(script(JOINS[0]), SCHEMA, fed, 10**7))]
    assert sorted(got, key=repr) == sorted(wanted, key=repr)


def test_told_of_time_late_it_still_lets_rows_go_in_order():
    found: list[tuple] = []
    sides = JoinSide("RANGE", 60, True, 2), JoinSide("RANGE", 5, True, 2)
    join = WindowJoinOperator(*sides, lambda pair: False, found.append, lambda *_: None)
    join.on_left((0, "l"))
    join.on_right((1, "r"))
    join.on_bound(1000)
    assert found == [(6, None, None, 1, "r"), (60, 0, "l", None, None)]
