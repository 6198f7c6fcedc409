# ruff: noqa: S608, E501 - streaming scripts, not database queries; SQL reads better unbroken
"""ORDER BY within a tick and SELECT DISTINCT, over pushed time."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helpers.streaming_sql import Application, SqlError

from .windowing import SOURCE, cut, into, out, run

SCHEMA = [("k", "VARCHAR(4)"), ("n", "INTEGER")]
COLUMNS = "k VARCHAR(4), n INTEGER"


def rows(*given: tuple) -> list[tuple[int, dict]]:
    return [(round(second * 1000), {"k": k, "n": n}) for second, k, n in given]


FED = rows((0.1, "a", 1), (0.2, "b", 3), (0.2, "c", None), (0.3, "d", 3), (1.0, "e", 9), (1.5, "f", 10))


def test_rows_of_a_second_by_score():
    """Developer guide, "Example: Detecting Data Anomalies on a Stream": ORDER BY FLOOR(…), ANOMALY_SCORE DESC."""
    query = f'SELECT STREAM * FROM {SOURCE} ORDER BY FLOOR({SOURCE}.ROWTIME TO SECOND), "n" DESC'
    app = run(into(COLUMNS, query), SCHEMA, FED[:4], 999)
    assert out(app) == []
    first = [(1, "c", None), (1, "b", 3), (1, "d", 3), (1, "a", 1)]
    assert out(run(into(COLUMNS, query), SCHEMA, FED[:4], 1000)) == first
    assert out(run(into(COLUMNS, query), SCHEMA, FED, 2000)) == [*first, (2, "f", 10), (2, "e", 9)]


def test_several_terms_ordinals_and_aliases():
    query = f'SELECT STREAM "k", -"n" AS m FROM {SOURCE} ORDER BY FLOOR(ROWTIME TO MINUTE), m, 1 DESC'
    got = out(run(into(COLUMNS, query), SCHEMA, FED, 60_000))
    assert [row[1] for row in got] == ["f", "e", "d", "b", "a", "c"]  # NULL is highest


def test_groups_of_a_window_in_order():
    """SQL Reference, "ORDER BY clause": sort the results of a streaming GROUP BY."""
    query = f"""SELECT STREAM "k", SUM("n") FROM {SOURCE} GROUP BY FLOOR(ROWTIME TO MINUTE), "k"
        ORDER BY FLOOR(ROWTIME TO MINUTE), SUM("n") DESC"""
    fed = rows((0, "a", 1), (1, "b", 5), (2, "a", 3), (61, "c", 1), (62, "d", 2))
    app = run(into(COLUMNS, query), SCHEMA, fed[:3], 60_000)
    assert out(app) == [(60, "b", 5), (60, "a", 4)]
    assert out(run(into(COLUMNS, query), SCHEMA, fed, 120_000)) == [
        (60, "b", 5),
        (60, "a", 4),
        (120, "d", 2),
        (120, "c", 1),
    ]


def test_order_over_a_sliding_window_and_an_error_in_a_term():
    query = f"""SELECT STREAM "k", COUNT(*) OVER (ROWS 9 PRECEDING) FROM {SOURCE}
        ORDER BY FLOOR(ROWTIME TO SECOND), 6 / "n" DESC"""
    app = run(into(COLUMNS, query), SCHEMA, rows((0, "a", 3), (0.1, "b", 0), (0.2, "c", 1)), 1000)
    assert out(app) == [(1, "c", 3), (1, "a", 1)]
    assert [row["ERROR_NAME"] for row in app.stream("error_stream")] == ["Division by zero"]


def test_distinct_rows_of_a_window_come_at_once():
    """SQL Reference, "SELECT clause": rows are given as soon as they are ready; ROWTIME is left aside."""
    query = f'SELECT STREAM DISTINCT ROWTIME, FLOOR(ROWTIME TO MINUTE), "k" FROM {SOURCE}'
    fed = rows((1, "a", 1), (2, "a", 2), (3, "b", 3), (59.999, None, 4), (60, "a", 5), (60, None, 6), (61, None, 7))
    app = run(into("t TIMESTAMP, m TIMESTAMP, k VARCHAR(4)", query), SCHEMA, fed)
    assert out(app) == [
        (1, 1000, 0, "a"),
        (3, 3000, 0, "b"),
        (59.999, 59_999, 0, None),
        (60, 60_000, 60_000, "a"),
        (60, 60_000, 60_000, None),
    ]


def test_distinct_by_rowtime_alone():
    """SQL Reference, "ORDER BY clause": SELECT STREAM DISTINCT rowtime, ticker … ORDER BY ROWTIME, ticker."""
    query = f'SELECT STREAM DISTINCT rowtime, "k" FROM {SOURCE} ORDER BY ROWTIME, "k"'
    app = run(
        into("t TIMESTAMP, k VARCHAR(4)", query), SCHEMA, rows((1, "b", 1), (1, "a", 2), (1, "b", 3), (2, "b", 4)), 9000
    )
    assert out(app) == [(1, 1000, "a"), (1, 1000, "b"), (2, 2000, "b")]


def test_a_selected_rowtime_is_that_of_the_row_before_it_was_sorted():
    query = f'SELECT STREAM ROWTIME, FLOOR(ROWTIME TO SECOND), "k" FROM {SOURCE} ORDER BY FLOOR(ROWTIME TO SECOND), "k"'
    app = run(into("t TIMESTAMP, s TIMESTAMP, k VARCHAR(4)", query), SCHEMA, rows((1.2, "b", 1), (1.3, "a", 2)), 9000)
    assert out(app) == [(2, 1300, 1000, "a"), (2, 1200, 1000, "b")]


@pytest.mark.parametrize(
    ("query", "text", "message"),
    [
        (f'SELECT STREAM * FROM {SOURCE} ORDER BY "k"', '"k"', "the leading term of ORDER BY must be monotonic"),
        (f"SELECT STREAM * FROM {SOURCE} ORDER BY ROWTIME DESC", "ROWTIME", "the leading term of ORDER BY"),
        (f"SELECT STREAM * FROM {SOURCE} ORDER BY ROWTIME, 3", "3", "there is no column 3"),
        (f'SELECT STREAM * FROM {SOURCE} ORDER BY ROWTIME, "n" > 1', '"n" > 1', "BOOLEAN has no order"),
        (f"SELECT STREAM * FROM {SOURCE} ORDER BY ROWTIME, COUNT(*)", None, "a group on a stream needs a monotonic term"),
        (f'SELECT STREAM "k", SUM("n") OVER (ROWS 1 PRECEDING) FROM {SOURCE} ORDER BY ROWTIME, 2', "2",
         "ORDER BY a sliding aggregate"),
        (f'SELECT STREAM DISTINCT "k", "n" FROM {SOURCE}', None, "SELECT DISTINCT on a stream needs a monotonic column"),
        (f'SELECT STREAM DISTINCT "k", COUNT(*) FROM {SOURCE} GROUP BY "k", ROWTIME', None, "SELECT DISTINCT with GROUP BY"),
        (f'SELECT STREAM "k", "n" FROM {SOURCE} GROUP BY ROWTIME, "k", "n" ORDER BY FLOOR(ROWTIME TO DAY)', "FLOOR(ROWTIME TO DAY)",
         "ORDER BY and GROUP BY go by different windows"),
        (f"""SELECT STREAM "k" FROM {SOURCE} WINDOWED BY STAGGER (PARTITION BY "k", ROWTIME RANGE INTERVAL '1' SECOND)
         ORDER BY ROWTIME""", "ROWTIME", "ORDER BY and GROUP BY go by different windows"),
    ],
)  # fmt: skip
def test_refused(query: str, text: str | None, message: str):
    with pytest.raises(SqlError, match=message) as caught:
        Application(into(COLUMNS, query), SCHEMA)
    assert text is None or caught.value.text == text


FEED = st.lists(st.tuples(st.integers(0, 900), st.sampled_from(["a", "b", None]), st.integers(0, 5)), max_size=40)


@settings(max_examples=60, deadline=None)
@given(FEED, st.integers(0, 2**16))
def test_batches_change_nothing(feed, seed):
    moment, fed = 0, []
    for step, key, number in feed:
        moment += step
        fed.append((moment, {"k": key, "n": number}))
    sort = into(COLUMNS, f'SELECT STREAM * FROM {SOURCE} ORDER BY FLOOR(ROWTIME TO SECOND), "n" DESC, "k"')
    unique = into("t TIMESTAMP, k VARCHAR(4)", f'SELECT STREAM DISTINCT FLOOR(ROWTIME TO SECOND), "k" FROM {SOURCE}')
    for text in (sort, unique):
        assert cut(text, SCHEMA, fed, 10**6, seed) == cut(text, SCHEMA, fed, 10**6, seed + 1)
    wanted = sorted(fed, key=lambda pair: (pair[0] // 1000, -pair[1]["n"], pair[1]["k"] is None, pair[1]["k"] or ""))
    assert out(run(sort, SCHEMA, fed, 10**6)) == [(t // 1000 + 1, row["k"], row["n"]) for t, row in wanted]
    seen = dict.fromkeys((t // 1000 * 1000, row["k"]) for t, row in fed)
    assert [row[1:] for row in out(run(unique, SCHEMA, fed, 10**6))] == list(seen)
