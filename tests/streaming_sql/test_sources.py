# ruff: noqa: S608 - streaming scripts, not database queries
"""Several source streams in one application: a source read in parallel, and two different ones."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helpers.streaming_sql import Application, SchemaError, SqlError

ORDERS, TRADES = [("id", "VARCHAR(4)"), ("n", "INTEGER")], [("id", "VARCHAR(4)"), ("price", "DOUBLE")]
JOINED = """
CREATE STREAM O (id VARCHAR(4), n INTEGER, price DOUBLE);
CREATE PUMP P AS INSERT INTO O SELECT STREAM o."id", o."n", t."price"
FROM "ORDERS" OVER (RANGE INTERVAL '1' MINUTE PRECEDING) AS o LEFT JOIN "TRADES" AS t ON o."id" = t."id";
"""


def joined() -> Application:
    return Application(JOINED, ORDERS, source="ORDERS", sources={"TRADES": TRADES})


def test_two_sources_with_schemas_of_their_own_are_joined_by_rowtime() -> None:
    app = joined()
    app.feed([{"id": "a", "n": 1}, {"id": "b", "n": 2}], 0)
    app.feed([{"id": "a", "price": 1.5}], 30_000, stream="TRADES")
    app.feed([{"id": "c", "price": 2.5}], 30_000, stream="TRADES")
    app.advance(120_000)
    assert [tuple(row.values()) for row in app.stream("O")] == [(30_000, "a", 1, 1.5), (60_000, "b", 2, None)]
    assert [stream.name for stream in app.plan.sources] == ["ORDERS", "TRADES"]
    assert app.counts() == {"ORDERS": 2, "TRADES": 2, "O": 2, "error_stream": 0}


def test_parallel_streams_of_one_source_are_merged() -> None:
    names = [f"SOURCE_SQL_STREAM_00{number}" for number in (1, 2, 3)]
    pumps = "".join(f'CREATE PUMP P{name[-1]} AS INSERT INTO M SELECT STREAM "n" FROM "{name}";' for name in names)
    script = f"""CREATE STREAM M (n INTEGER); CREATE STREAM C (n INTEGER); {pumps}
        CREATE PUMP PC AS INSERT INTO C SELECT STREAM SUM(n) FROM M GROUP BY FLOOR(ROWTIME TO SECOND);"""
    schema = [("n", "INTEGER")]
    app = Application(script, schema, sources=dict.fromkeys(names[1:], schema))
    for number, name in enumerate(names):
        app.feed([{"n": 10**number}], 100 * number, stream=name)
    app.feed([{"n": 1000}], 200)  # the first one, unless named
    app.advance(1000)
    assert app.stream("C") == [{"ROWTIME": 1000, "N": 1111}]


def test_sources_share_one_time() -> None:
    app = joined()
    app.feed([{"id": "a"}], 1000, stream="TRADES")
    app.feed([{"id": "a"}], 999)
    (error,) = app.stream("error_stream")
    assert (error["ERROR_NAME"], error["DATA_ROWTIME"]) == ("Row out of order", 999)


def test_wrong_names_are_refused() -> None:
    with pytest.raises(KeyError, match="no source stream 'O'; there are ORDERS, TRADES"):
        joined().feed([], 0, stream="O")
    with pytest.raises(SchemaError, match="X is the name of two"):
        Application("", ORDERS, source="X", sources={"X": TRADES})
    with pytest.raises(SchemaError, match="error_stream is the name of two"):
        Application("", ORDERS, sources={"error_stream": TRADES})
    for statement in (
        'CREATE STREAM "TRADES" (n INTEGER)',
        'CREATE PUMP P AS INSERT INTO "TRADES" SELECT STREAM * FROM "ORDERS"',
    ):
        with pytest.raises(SqlError, match=r"exists already|filled by the application's input only"):
            Application(statement, ORDERS, source="ORDERS", sources={"TRADES": TRADES})


FEED = st.lists(
    st.tuples(st.integers(0, 40), st.sampled_from(["ORDERS", "TRADES"]), st.sampled_from(["a", "b", None])), max_size=25
)


@settings(max_examples=60, deadline=None)
@given(FEED, st.data())
def test_cuts_change_nothing(feed: list[tuple[int, str, Any]], data: st.DataObject) -> None:
    whole, cut, now = joined(), joined(), 0
    for seconds, stream, key in feed:
        for moment in sorted(data.draw(st.lists(st.integers(now, now + seconds * 1000), max_size=2))):
            cut.advance(moment)
            cut.feed([], moment, stream="TRADES")
        now += seconds * 1000
        for app in (whole, cut):
            app.feed([{"id": key, "n": now, "price": 1.0}], now, stream=stream)
    whole.finish()
    cut.finish()
    assert whole.stream("O") == cut.stream("O")
