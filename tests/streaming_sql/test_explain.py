# ruff: noqa: E501, S608 - SQL reads better unbroken; streaming scripts, not database queries
"""A plan in words: every kind of step has some, and they name what the script named."""

from __future__ import annotations

from typing import get_args

import pytest

from helpers.streaming_sql import Application, plan
from helpers.streaming_sql.explain import _STEPS, duration, explain, mermaid

SCHEMA = [("page", "VARCHAR(16)"), ("n", "INTEGER"), ("x", "DOUBLE")]
MINUTE = "RANGE INTERVAL '1' MINUTE PRECEDING"


def told(select: str, columns: str = "a BIGINT") -> str:
    script = (
        f"CREATE STREAM S ({columns}); CREATE PUMP P AS INSERT INTO S {select.replace('SRC', 'SOURCE_SQL_STREAM_001')};"
    )
    return explain(Application(script, SCHEMA).plan)


def test_every_kind_of_step_has_words() -> None:
    assert set(_STEPS) == set(get_args(plan.Node))


@pytest.mark.parametrize(
    ("select", "expected"),
    [
        ('SELECT STREAM "n" FROM SRC WHERE "page" IN (\'/\', \'/shop\')', "keep it if page IN ('/', '/shop')"),
        ('SELECT STREAM COUNT(*) FROM SRC GROUP BY "page", FLOOR(ROWTIME TO MINUTE)', "in windows of 1 min, for each page:"),
        ("SELECT STREAM COUNT(*) FROM SRC GROUP BY FLOOR(ROWTIME TO MONTH)", "in windows of a calendar MONTH: COUNT(*)"),
        (f'SELECT STREAM SUM("n") OVER (PARTITION BY "page" {MINUTE}) FROM SRC', "SUM(n) OVER (for each page, the last 1 min)"),
        ('SELECT STREAM MAX("n") OVER (ROWS 4 PRECEDING) FROM SRC', "MAX(n) OVER (the last 5 rows)"),
        ('SELECT STREAM LAG("n", 2, 0) OVER (ROWS 4 PRECEDING) FROM SRC', "LAG(n, 2, 0) OVER (the last 5 rows)"),
        ('SELECT STREAM NTH_VALUE("n", 2) FROM LAST IGNORE NULLS OVER (ROWS 4 PRECEDING) FROM SRC', "NTH_VALUE IGNORE NULLS(n, 2 from the last) OVER"),
        ("SELECT STREAM EXP_AVG(\"n\", INTERVAL '10' SECOND) OVER (ROWS 4 PRECEDING) FROM SRC", "EXP_AVG(n, 10 s) OVER"),
        (
            "SELECT STREAM \"n\" FROM TABLE(GROUP_RANK(CURSOR(SELECT STREAM \"n\" FROM SRC), 'n', 'r', 'desc', 'asc', 0, 3))",
            "rank the rows of one ROWTIME by n, the highest first, as r; rank 1 comes first, 3 rows at most",
        ),
        (
            "SELECT STREAM COUNT(*) FROM SRC WINDOWED BY STAGGER (PARTITION BY \"page\" RANGE INTERVAL '90' SECOND)",
            "for each page, in windows of 90 s from the key's first row on: COUNT(*)",
        ),
        (
            f'SELECT STREAM a."n" FROM SRC OVER ({MINUTE}) AS a LEFT JOIN SRC AS b ON a."n" = b."n"',
            "pair the rows of SOURCE_SQL_STREAM_001 (the last 1 min) and SOURCE_SQL_STREAM_001 (rows of the same ROWTIME) if",
        ),
        ('SELECT STREAM "n" FROM SRC ORDER BY FLOOR(SRC.ROWTIME TO SECOND), "n" DESC', "n DESC"),
        ('SELECT STREAM CASE WHEN "n" > 1 THEN 2 ELSE -"n" END FROM SRC', "CASE WHEN (n > 1) THEN 2 ELSE -n END"),
        (
            "SELECT STREAM ITEM_COUNT FROM TABLE(TOP_K_ITEMS_TUMBLING(CURSOR(SELECT STREAM * FROM SRC), 'page', 3, 60))",
            "in windows of 60 s: the 3 most frequent values of page as ITEM",
        ),
    ],
)  # fmt: skip
def test_words(select: str, expected: str) -> None:
    assert expected in told(select)


def test_warnings_are_told() -> None:
    text = told(
        'SELECT STREAM * FROM TABLE(RANDOM_CUT_FOREST(CURSOR(SELECT STREAM "n" FROM SRC), 1, 10, 10))',
        "n INTEGER, s DOUBLE",
    )
    assert "Warnings\n  line 1: subSampleSize 10" in text


def test_names_cannot_break_the_flowchart() -> None:
    graph = mermaid(Application('CREATE STREAM "a ""b"" <c>" (n INTEGER)', SCHEMA).plan)
    assert 's1[("a #quot;b#quot; #lt;c#gt;<br/>N INTEGER")]' in graph


def test_a_length_of_time_is_told_in_its_largest_whole_unit() -> None:
    assert [duration(length) for length in (500, 10_000, 60_000, 5_400_000, 86_400_000)] == [
        "500 ms",
        "10 s",
        "1 min",
        "90 min",
        "1 d",
    ]
