# ruff: noqa: S608, E501 - streaming scripts, not database queries; SQL reads better unbroken
"""UNION ALL, joins of more than two relations, and subqueries wherever a stream may stand."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helpers.streaming_sql import Application, SqlError

ORDERS = [("id", "VARCHAR(8)"), ("n", "INTEGER")]
# SQL Reference, "Query": orders placed by phone or on the web
UNION = """
CREATE STREAM "ORDERS" (id VARCHAR(8), n BIGINT);
CREATE PUMP P AS INSERT INTO "ORDERS"
SELECT STREAM "id", "n" FROM "PhoneOrders" UNION ALL SELECT STREAM "id", {second} FROM "WebOrders"{behind};
"""


def orders(second: str = '"n"', behind: str = "") -> Application:
    script = UNION.format(second=second, behind=behind)
    return Application(script, ORDERS, source="PhoneOrders", sources={"WebOrders": ORDERS})


def test_the_rows_of_both_keep_their_rowtimes() -> None:
    app = orders()
    app.feed([{"id": "p1", "n": 1}], 1000)
    app.feed([{"id": "w1", "n": 2}], 1500, stream="WebOrders")
    app.feed([{"id": "p2", "n": 3}, {"id": "p1", "n": 1}], 1500)  # equal rows are all kept
    assert [tuple(row.values()) for row in app.stream("ORDERS")] == [
        (1000, "p1", 1),
        (1500, "w1", 2),
        (1500, "p2", 3),
        (1500, "p1", 1),
    ]


@pytest.mark.parametrize(
    ("second", "value"),
    [('"n" / 2.5', 0), ("NULL", None), ('CAST("n" AS DOUBLE) * 2', 2), ("COUNT(*) OVER (ROWS 5 PRECEDING)", 1)],
)
def test_columns_get_the_type_that_both_can_be_read_as(second: str, value: Any) -> None:
    app = orders(second)
    app.feed([{"id": "w", "n": 1}], 0, stream="WebOrders")
    app.feed([{"id": "p", "n": 7}], 0)
    assert [row["N"] for row in app.stream("ORDERS")] == [value, 7]
    assert app.counts()["error_stream"] == 0


def test_the_common_type_is_wide_enough_for_all() -> None:
    script = """CREATE STREAM O (s VARCHAR(16), x DOUBLE); CREATE PUMP P AS INSERT INTO O
        SELECT STREAM 'a', "n" FROM "IN" UNION ALL SELECT STREAM 'longer', 2.25 FROM "IN" UNION ALL SELECT STREAM NULL, 1.5e0 FROM "IN";"""
    app = Application(script, [("n", "INTEGER")], source="IN")
    app.feed([{"n": 1}], 0)
    assert [tuple(row.values())[1:] for row in app.stream("O")] == [("a", 1.0), ("longer", 2.25), (None, 1.5)]


def test_a_union_of_three_below_a_group_and_in_a_cursor() -> None:
    union = " UNION ALL ".join(f'SELECT STREAM "n" AS v FROM "IN" WHERE "n" > {least}' for least in (0, 1, 2))
    script = f"""CREATE STREAM G (v INTEGER, c INTEGER); CREATE STREAM T (item VARCHAR(8), c BIGINT);
        CREATE PUMP PG AS INSERT INTO G SELECT STREAM v, COUNT(*) FROM ({union}) AS u GROUP BY v, FLOOR(ROWTIME TO MINUTE);
        CREATE PUMP PT AS INSERT INTO T SELECT STREAM * FROM TABLE(TOP_K_ITEMS_TUMBLING(CURSOR({union}), 'V', 5, 60));"""
    app = Application(script, [("n", "INTEGER")], source="IN")
    app.feed([{"n": 1}, {"n": 3}, {"n": 2}], 0)
    app.advance(60_000)
    assert [(row["V"], row["C"]) for row in app.stream("G")] == [(1, 1), (3, 3), (2, 2)]
    assert [(row["ITEM"], row["C"]) for row in app.stream("T")] == [("3", 3), ("2", 2), ("1", 1)]


REFUSED = [
    # second column, what follows, offending text, message
    ('"n", 1', "", 'SELECT STREAM "id", "n", 1 FROM "WebOrders"', "the queries of a union have 2 and 3 columns"),
    ('"id"', "", '"id"', "id is VARCHAR(8), but that column of the union is INTEGER"),
    ("ROWTIME", "", "ROWTIME", "ROWTIME is TIMESTAMP, but that column of the union is INTEGER"),
    ('"n"', ' ORDER BY "WebOrders".ROWTIME', '"WebOrders".ROWTIME', "ORDER BY is not allowed in a union"),
    ('"n"', ' UNION SELECT STREAM "id", "n" FROM "WebOrders"', "UNION", "UNION is not supported"),
    ('"n"', ' EXCEPT SELECT STREAM "id", "n" FROM "WebOrders"', "EXCEPT", "EXCEPT is not supported"),
    ('"n"', " INTERSECT ALL", "INTERSECT", "INTERSECT is not supported"),
    ('"n"', " UNION ALL", ";", "expected SELECT"),
    ('"n"', ' ORDER BY ROWTIME UNION ALL SELECT STREAM "id", "n" FROM "WebOrders"', "UNION", "ORDER BY is not allowed"),
    ('"n"', ' UNION ALL SELECT STREAM id, n FROM "ORDERS"', '"ORDERS"', "pump P feeds ORDERS from itself"),
]  # fmt: skip


@pytest.mark.parametrize(("second", "behind", "text", "message"), REFUSED)
def test_refused(second: str, behind: str, text: str, message: str) -> None:
    with pytest.raises(SqlError) as caught:
        orders(second, behind)
    assert message in str(caught.value)
    assert caught.value.text == text


JOINS = """
CREATE STREAM O (a VARCHAR(8), b INTEGER, c INTEGER);
CREATE PUMP P AS INSERT INTO O SELECT STREAM a."id", b."n", c."n" FROM {clause};
"""
MINUTE = "OVER (RANGE INTERVAL '1' MINUTE PRECEDING)"


def joined(clause: str) -> Application:
    return Application(JOINS.format(clause=clause), ORDERS, source="A", sources={"B": ORDERS, "C": ORDERS})


def test_three_streams_are_joined_from_the_left() -> None:
    """The rows of `a JOIN b` are a stream: each meets what C's window holds when it comes."""
    app = joined(
        f'"A" {MINUTE} AS a JOIN "B" {MINUTE} AS b ON a."id" = b."id" JOIN "C" {MINUTE} AS c ON c."id" = a."id"'
    )
    app.feed([{"id": "x", "n": 30}], 0, stream="C")
    app.feed([{"id": "x", "n": 10}], 1000)
    app.feed([{"id": "x", "n": 20}], 2000, stream="B")  # now a and b have met, and c is there
    app.feed([{"id": "x", "n": 31}], 3000, stream="C")  # too late for the pair, which is no longer current
    app.feed([{"id": "x", "n": 21}], 4000, stream="B")
    assert [tuple(row.values()) for row in app.stream("O")] == [
        (2000, "x", 20, 30),
        (4000, "x", 21, 30),
        (4000, "x", 21, 31),
    ]


def test_three_streams_with_the_same_rowtime() -> None:
    app = joined('"A" AS a JOIN "B" AS b ON a."id" = b."id" LEFT JOIN "C" AS c ON c."n" > b."n"')
    for stream, n in (("C", 5), ("A", 1), ("B", 2), ("B", 7), ("C", 3)):
        app.feed([{"id": "x", "n": n}], 1000, stream=stream)
    app.advance(2000)
    assert [tuple(row.values()) for row in app.stream("O")] == [
        (1000, "x", 2, 5),
        (1000, "x", 2, 3),
        (1000, "x", 7, None),
    ]


def test_a_subquery_is_a_side_of_a_join() -> None:
    counts = 'SELECT STREAM "id", COUNT(*) AS "n" FROM "B" GROUP BY "id", FLOOR("B".ROWTIME TO MINUTE)'
    app = joined(f'"A" {MINUTE} AS a JOIN ({counts}) AS b ON a."id" = b."id", "A" {MINUTE} AS c')
    app.feed([{"id": "x", "n": 1}, {"id": "y", "n": 2}], 1000)
    app.feed([{"id": "x"}, {"id": "x"}, {"id": "z"}], 2000, stream="B")
    app.advance(60_000)
    assert [tuple(row.values()) for row in app.stream("O")] == [(60_000, "x", 2, 1), (60_000, "x", 2, 2)]


JOIN_REFUSED = [
    ('"A" AS a JOIN "B" AS b ON c."n" = 1 JOIN "C" AS c ON TRUE', 'c."n"', "C is not in this query's FROM clause"),
    ('"A" AS a JOIN "B" AS a ON TRUE', '"B"', "A stands twice in FROM"),
    ('"A" AS a, "B" AS b, "C" AS c WHERE "n" > 1', '"n"', "column n is in more than one stream"),
    ('"A" AS a WHERE "n" IN (SELECT STREAM "n" FROM "B")', "SELECT", "a query is not allowed in an expression"),
    ('"A" AS a WHERE EXISTS (SELECT STREAM "n" FROM "B")', "EXISTS", "a query is not allowed in an expression"),
    ('"A" AS a WHERE "n" > (SELECT STREAM MAX("n") FROM "B")', "SELECT", "a query is not allowed in an expression"),
    ('(VALUES (1)) AS a', "VALUES", "expected SELECT"),
]  # fmt: skip


@pytest.mark.parametrize(("clause", "text", "message"), JOIN_REFUSED)
def test_joins_refused(clause: str, text: str, message: str) -> None:
    with pytest.raises(SqlError) as caught:
        joined(clause.replace("AS a", "AS A").replace("AS b", "AS B").replace("AS c", "AS C"))
    assert message in str(caught.value)
    assert caught.value.text == text


CLAUSES = [
    f'"A" {MINUTE} AS a JOIN "B" {MINUTE} AS b ON a."id" = b."id" LEFT JOIN "C" {MINUTE} AS c ON c."id" = a."id"',
    f'"A" {MINUTE} AS a LEFT JOIN "B" AS b ON a."id" = b."id" FULL JOIN "C" OVER (ROWS 2 PRECEDING) AS c ON c."id" = b."id"',
    '"A" AS a JOIN (SELECT STREAM "id", "n" FROM "B" UNION ALL SELECT STREAM "id", "n" FROM "C") AS b ON a."id" = b."id", "C" AS c',
]  # fmt: skip
FEED = st.lists(st.tuples(st.integers(0, 40), st.sampled_from("ABC"), st.sampled_from(["x", "y", None])), max_size=25)


@settings(max_examples=60, deadline=None)
@given(FEED, st.sampled_from(CLAUSES), st.data())
def test_cuts_change_nothing_and_rowtime_never_falls(feed: list[Any], clause: str, data: Any) -> None:
    whole, cut, now = joined(clause), joined(clause), 0
    for seconds, stream, key in feed:
        for moment in sorted(data.draw(st.lists(st.integers(now, now + seconds * 1000), max_size=2))):
            cut.advance(moment)
        now += seconds * 1000
        for app in (whole, cut):
            app.feed([{"id": key, "n": now}], now, stream=stream)
    for app in (whole, cut):
        app.finish()
    assert whole.stream("O") == cut.stream("O")
    times = [row["ROWTIME"] for row in whole.stream("O")]
    assert times == sorted(times)
