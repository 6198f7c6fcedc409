# ruff: noqa: S311, E501 - streaming scripts, not database queries; repeatable dice; SQL reads better unbroken
"""Scripts broken at random: each either runs or is refused with a SqlError, nothing else."""

from __future__ import annotations

import random
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helpers.streaming_sql import Application, SqlError

SCHEMA = [("browseraction", "VARCHAR(16)"), ("n", "INTEGER")]
ROWS = [{"browseraction": "Click", "n": 1}, {"browseraction": "Impression"}]
EXPRESSIONS = """
CREATE STREAM O (a VARCHAR(20), b DOUBLE, c TIMESTAMP);
CREATE PUMP P AS INSERT INTO O SELECT STREAM
  CASE WHEN "n" BETWEEN 1 AND 5 THEN UPPER(TRIM("browseraction")) || 'x' ELSE SUBSTRING("browseraction" FROM 2 FOR 3) END,
  COALESCE(CAST("n" AS DOUBLE) / 2.5, -1e3) * MOD("n", 7) + POSITION('l' IN "browseraction"),
  FLOOR(ROWTIME TO HOUR) + INTERVAL '1:30' MINUTE TO SECOND
FROM "SOURCE_SQL_STREAM_001" AS s
WHERE s."browseraction" LIKE 'C%' ESCAPE '!' AND NOT "n" IN (2, 3) OR s."n" IS NOT NULL;
"""
WINDOWS = """
CREATE STREAM O (a INTEGER, b DOUBLE, c VARCHAR(16)); CREATE STREAM Q (c VARCHAR(16), a INTEGER);
CREATE STREAM U (c VARCHAR(16), t TIMESTAMP);
CREATE PUMP P AS INSERT INTO O SELECT STREAM SUM(x."n") OVER w, AVG(y."n") OVER (ROWS BETWEEN 3 PRECEDING AND CURRENT ROW),
  LAST_VALUE(x."browseraction") IGNORE NULLS OVER (PARTITION BY x."n" RANGE CURRENT ROW)
FROM "SOURCE_SQL_STREAM_001" AS x FULL OUTER JOIN "SOURCE_SQL_STREAM_001" OVER v AS y ON x."n" = y."n" AND x."n" < 5
WINDOW w AS (RANGE INTERVAL '1' MINUTE PRECEDING), v AS (RANGE INTERVAL '5' SECOND PRECEDING)
ORDER BY FLOOR(ROWTIME TO SECOND), x."n" DESC;
CREATE PUMP R AS INSERT INTO Q SELECT STREAM c, COUNT(*) FROM O WHERE b > 0
WINDOWED BY STAGGER (PARTITION BY c, FLOOR(O.ROWTIME TO MINUTE) RANGE INTERVAL '1' MINUTE) HAVING COUNT(a) > 0;
CREATE PUMP D AS INSERT INTO U SELECT STREAM DISTINCT c, FLOOR(ROWTIME TO MINUTE) FROM O ORDER BY ROWTIME, c;
"""
TOKEN = re.compile(r"\w+|\"[^\"]*\"|'[^']*'|\s+|.", re.DOTALL)


def survives(script: str) -> None:
    try:
        app = Application(script, SCHEMA)
    except SqlError as error:
        assert error.line >= 1
        assert error.column >= 1
        return
    app.feed(ROWS, 1_000)
    app.advance(70_000)
    assert "Unexpected error" not in {row["ERROR_NAME"] for row in app.stream("error_stream")}


@pytest.mark.parametrize("script", [EXPRESSIONS, WINDOWS])
def test_the_scripts_run_before_they_are_broken(script):
    app = Application(script, SCHEMA)
    app.feed(ROWS, 1_000)
    app.advance(200_000)
    empty = [name for name, count in app.counts().items() if not count]
    assert empty == ["error_stream"]


def mutated(tokens: list[str], dice: random.Random) -> str:
    tokens = list(tokens)
    for _ in range(dice.randint(1, 3)):
        where, other = dice.randrange(len(tokens)), dice.randrange(len(tokens))
        action = dice.randrange(5)
        if action == 0:
            del tokens[where]
        elif action == 1:
            tokens[where], tokens[other] = tokens[other], tokens[where]
        elif action == 2:
            tokens.insert(where, tokens[other])
        elif action == 3:
            tokens[where] = dice.choice(
                ["(", ")", "'", '"', ";", ",", ".", "*", "NULL", "-", "::", "[", "{", "?", "@", "0", "%"]
            )
        else:
            tokens = tokens[:where] if where > 3 else tokens
    return "".join(tokens)


@pytest.mark.parametrize("seed", range(6))
def test_mutated_scripts_run_or_raise_sql_error(seed, clickstream_script):
    dice = random.Random(seed)
    small = clickstream_script.replace("100, --numberOfTrees", "1, --numberOfTrees")
    for script in (small, EXPRESSIONS, WINDOWS):
        tokens = TOKEN.findall(script)
        for _ in range(100):
            survives(mutated(tokens, dice))


@settings(max_examples=150, deadline=None)
@given(
    st.lists(
        st.one_of(st.sampled_from(TOKEN.findall(EXPRESSIONS + WINDOWS)), st.characters(codec="utf-8")), max_size=40
    )
)
def test_any_text_runs_or_raises_sql_error(parts):
    survives("".join(parts))
    survives("CREATE STREAM O (a DOUBLE); CREATE PUMP P AS INSERT INTO O SELECT STREAM " + " ".join(parts))
