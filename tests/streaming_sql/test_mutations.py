# ruff: noqa: S311, S608, E501 - streaming scripts, not database queries; repeatable dice; SQL reads better unbroken
"""Scripts broken at random: each either runs or is refused with a SqlError, nothing else."""

from __future__ import annotations

import gc
import random
import re
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helpers.streaming_sql import Application, SqlError

from .test_cases import CASES, read_case
from .test_snapshots import EVERYTHING

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


def survives(script: str, schema: list[tuple[str, str]] = SCHEMA, source: str = "SOURCE_SQL_STREAM_001") -> None:
    try:
        app = Application(script, schema, source=source)
    except SqlError as error:
        lines = script.split("\n")
        assert 1 <= error.line <= len(lines)
        assert 1 <= error.column <= len(lines[error.line - 1]) + 2  # the last line's end, and the one behind
        assert error.message
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
        action = dice.randrange(7)
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
        elif action == 4:
            tokens = tokens[:where] if where > 3 else tokens
        elif action == 5:
            tokens[where] += chr(dice.choice([0, 9, 0x2019, 0xD800, 0x1F600, 39, 34, 92, *range(32, 127)]))
        else:
            deep = dice.choice([2, 50, 300, 3000])
            tokens[where] = "(" * deep + tokens[where] + ")" * dice.choice([deep, deep - 1, 0])
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


def corpus(shared: Path) -> list[tuple[str, list[tuple[str, str]], str]]:
    """Every script there is: the cases, the seeds' own, and one of all operators."""
    found = [(EVERYTHING, [("k", "VARCHAR(4)"), ("n", "INTEGER"), ("x", "DOUBLE")], "IN")]
    for path in CASES:
        case = read_case(path.read_text(encoding="utf-8"))
        found.append((case.script, case.columns, case.source))
    for path in sorted((shared / "seeds").glob("*.txt")):
        for block in re.findall(r"```(?:SQL|sql)?\n(.*?)```", path.read_text(encoding="utf-8"), re.DOTALL):
            if "PUMP" in block:
                found.append((block, SCHEMA, "SOURCE_SQL_STREAM_001"))
    return found


@pytest.mark.parametrize("seed", range(4))
def test_every_script_there_is_mutated_runs_or_raises_sql_error(seed: int, shared: Path) -> None:
    dice = random.Random(seed)
    for script, schema, source in corpus(shared):
        tokens = TOKEN.findall(re.sub(r"\b(100|1000)\b(?=, --|\))", "1", script))
        for _ in range(4):
            survives(mutated(tokens, dice), schema, source)


S = '"SOURCE_SQL_STREAM_001"'


def pump(select: str, columns: str = "x INTEGER") -> str:
    return f"CREATE STREAM O ({columns}); CREATE PUMP P AS INSERT INTO O {select};"


LONG: dict[str, Callable[[int], str]] = {
    "columns": lambda n: (
        f"CREATE STREAM A ({', '.join(f'c{i} INTEGER' for i in range(n))});"
        f"CREATE STREAM B ({', '.join(f'c{i} INTEGER' for i in range(n))});"
        f"CREATE PUMP P AS INSERT INTO B SELECT STREAM {', '.join(f'c{i}' for i in range(n))} FROM A;"
    ),
    "pumps": lambda n: "CREATE STREAM s (a INTEGER);" + "".join(
        f'CREATE PUMP p{i} AS INSERT INTO s SELECT STREAM "n" FROM {S};' for i in range(n)
    ),
    "chain": lambda n: "CREATE STREAM s0 (a INTEGER);" + "".join(
        f"CREATE STREAM s{i + 1} (a INTEGER); CREATE PUMP p{i} AS INSERT INTO s{i + 1} SELECT STREAM a FROM s{i};"
        for i in range(n)
    ),
    "parentheses": lambda n: pump(f"SELECT STREAM {'(' * n}1{')' * n} FROM {S}"),
    "signs": lambda n: pump(f"SELECT STREAM {'- ' * n}1 FROM {S}"),
    "sum": lambda n: pump(f"SELECT STREAM {' + '.join(['1'] * n)} FROM {S}"),
    "list": lambda n: pump(f'SELECT STREAM 1 FROM {S} WHERE "n" IN ({", ".join(map(str, range(n)))})'),
    "case": lambda n: pump(
        f'SELECT STREAM CASE {" ".join(f"""WHEN "n" = {i} THEN {i}""" for i in range(n))} END FROM {S}'
    ),
    "subqueries": lambda n: pump(f"SELECT STREAM * FROM {'(SELECT STREAM * FROM ' * n}{S}{') AS t' * n}"),
    "joins": lambda n: pump(f"SELECT STREAM 1 FROM {', '.join(f'{S} AS t{i}' for i in range(n))}"),
    "union": lambda n: pump(" UNION ALL ".join([f'SELECT STREAM "n" FROM {S}'] * n)),
    "aggregates": lambda n: pump(
        f"SELECT STREAM {', '.join(f'SUM({i})' for i in range(n))} FROM {S} GROUP BY FLOOR(ROWTIME TO MINUTE)",
        ", ".join(f"c{i} BIGINT" for i in range(n)),
    ),
    "keys": lambda n: pump(
        f'SELECT STREAM COUNT(*) FROM {S} GROUP BY FLOOR(ROWTIME TO DAY), {", ".join(f"""{i} + "n" """ for i in range(n))}'
    ),
    "windows": lambda n: pump(
        f"SELECT STREAM {', '.join(f'COUNT(*) OVER (ROWS {i + 1} PRECEDING)' for i in range(n))} FROM {S}",
        ", ".join(f"c{i} BIGINT" for i in range(n)),
    ),
    "pattern": lambda n: pump(f"SELECT STREAM 1 FROM {S} WHERE \"browseraction\" SIMILAR TO '{'(a|[b-z])' * n}'"),
    "quotes": lambda n: "'" * (2 * n + 1),
    "semicolons": lambda n: ";" * n,
}  # fmt: skip


def work(script: str) -> int:
    """How many calls it takes to read and plan a script: what takes long, without a clock."""
    calls = 0

    def count(frame: object, event: str, argument: object) -> None:
        nonlocal calls
        calls += event in ("call", "c_call")

    gc.collect()
    gc.disable()  # whoever listens to it would be counted
    sys.setprofile(count)
    try:
        Application(script, SCHEMA)
    except SqlError:
        pass
    finally:
        sys.setprofile(None)
        gc.enable()
    return calls


@pytest.mark.parametrize("kind", LONG)
def test_work_grows_no_faster_than_the_script(kind: str) -> None:
    once, twice = (work(LONG[kind](n)) for n in (200, 400))
    assert twice < 2.5 * once + 1000, (once, twice)


@pytest.mark.parametrize("kind", LONG)
def test_the_longest_scripts_end(kind: str) -> None:
    size = len(LONG[kind](200)) / 200
    survives(LONG[kind](int(40_000 / size)))
