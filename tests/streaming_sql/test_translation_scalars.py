"""Expressions in Flink SQL: what is written, and for which rows it is the engine's answer."""

from __future__ import annotations

import pytest

from helpers.streaming_sql import Application
from helpers.streaming_sql.expressions import Expression
from helpers.streaming_sql.flink.translation.scalars import Scalars
from helpers.streaming_sql.flink.translation.types import NotSql
from helpers.streaming_sql.plan import Filter, Project

SCHEMA = [
    ("n", "INTEGER"), ("b", "BIGINT"), ("s", "SMALLINT"), ("x", "DOUBLE"), ("t", "VARCHAR(16)"), ("c", "CHAR(4)"),
    ("d", "DECIMAL(8, 2)"), ("at", "TIMESTAMP"), ("f", "BOOLEAN"),
]  # fmt: skip
COLUMNS = ["ROWTIME", *(name for name, _ in SCHEMA)]
BIG = "1.7976931348623157E308"


def bound(condition: str) -> Expression:
    script = f'CREATE STREAM O (a BIGINT); CREATE PUMP P AS INSERT INTO O SELECT STREAM "b" FROM "SOURCE_SQL_STREAM_001" WHERE {condition};'  # noqa: S608, E501
    query = Application(script, SCHEMA).plan.pumps[0].query
    while isinstance(query, Project):
        query = query.input
    assert isinstance(query, Filter)
    return query.condition


def written(condition: str) -> tuple[str, list[str]]:
    scalars = Scalars(COLUMNS)
    return scalars.write(bound(condition)), [guard.removesuffix(" IS NOT FALSE")[1:-1] for guard in scalars.guards]


@pytest.mark.parametrize(
    ("condition", "sql", "guards"),
    [
        ("\"t\" = 'it''s'", "t = 'it''s'", []),
        ('"n" > 2.5', "n > 2.5", []),
        ('"x" > 2.5', "x > 2.5E0", []),
        ('"x" > 0.1', "x > 0.1E0", ["x <> 0.1E0"]),  # the engine compares with 0.1 itself, no DOUBLE is
        ('"x" = "b"', "x = CAST(b AS DOUBLE)", ["b BETWEEN -9007199254740992 AND 9007199254740992"]),
        ('"x" = "n"', "x = CAST(n AS DOUBLE)", []),
        ('"n" + 1 > 0', "CAST(n + 1 AS INT) > 0", ["n BETWEEN -1073741823 AND 1073741823"]),
        ('"n" * "n" > 0', "CAST(n * n AS INT) > 0", ["n BETWEEN -46339 AND 46339"]),
        ('"s" - "b" > 0', "CAST(CAST(s AS BIGINT) - b AS BIGINT) > 0", [
            "CAST(s AS BIGINT) BETWEEN -4611686018427387903 AND 4611686018427387903",
            "b BETWEEN -4611686018427387903 AND 4611686018427387903",
        ]),
        ('"n" / "n" > 0', "CAST((n / NULLIF(n, 0)) AS INT) > 0", ["n > 0"]),
        ('MOD("n", 7) > 0', "CAST(MOD(n, 7) AS INT) > 0", []),
        ('"x" / "n" > 1', "(x / CAST(n AS DOUBLE)) > 1.0E0", [f"ABS(x / CAST(n AS DOUBLE)) <= {BIG}"]),
        ('-"n" > 1', "(-n) > 1", ["n > -2147483647"]),
        ('CAST("b" AS INTEGER) = 1', "CAST(b AS INT) = 1", ["b BETWEEN -2147483648 AND 2147483647"]),
        ('CAST("t" AS INTEGER) = 1', "TRY_CAST(t AS INT) = 1", [r"REGEXP(t, '\A-?[0-9]{1,9}\z')"]),
        ("UPPER(\"t\") = 'A'", "UPPER(t) = 'A'", [r"REGEXP(t, '\A\p{ASCII}*\z')"]),
        ("CAST(\"t\" AS VARCHAR(4)) LIKE 'a%'", "CAST(t AS VARCHAR(4)) LIKE 'a%'", []),
        ("\"t\" || 'x' = 'ax'", "(t || CAST('x' AS VARCHAR(1))) = 'ax'", []),
        ("SUBSTRING(\"t\", 2, 3) = 'a'", "CASE WHEN CHAR_LENGTH(t) >= 2 THEN SUBSTRING(t FROM 2 FOR 3) END = 'a'", []),
        ("SUBSTRING(\"t\" FROM 2) = 'a'", "SUBSTRING(t FROM 2) = 'a'", []),
        ("POSITION('a' IN \"t\") = 1", "POSITION('a' IN t) = 1", []),
        ('"n" IS NULL OR "f" IS NOT TRUE', "(n IS NULL OR NOT (f IS TRUE))", []),
        ('NOT "n" IN (1, NULL)', "NOT ((n = 1 OR n = CAST(NULL AS INT)))", []),
        ('CASE WHEN "n" = 1 THEN "f" END', "CASE WHEN n = 1 THEN f END", []),
        ('("n" = 1) = "f"', "(n = 1) = f", []),
        ('COALESCE("n", 0) = NULLIF("n", 3)', "COALESCE(n, 0) = CASE WHEN n = 3 THEN NULL ELSE n END", []),
        ('FLOOR("at" TO HOUR) = "at"', "FLOOR(at TO HOUR) = at", []),
        ('FLOOR("at" TO YEAR) = "at"', "FLOOR(at TO YEAR) = at", ["at >= TIMESTAMP '1970-01-01 00:00:00'"]),
        ("\"at\" > TIMESTAMP '2026-01-05 10:00:00'", "at > TIMESTAMP '2026-01-05 10:00:00.000'", []),
        ('"d" > 1', "d > 1", []),
    ],
)  # fmt: skip
def test_written(condition: str, sql: str, guards: list[str]) -> None:
    assert written(condition) == (sql, guards)


@pytest.mark.parametrize(
    "condition",
    [
        "\"c\" = 'a'",  # without the blanks it is filled up with
        '"d" > "x"',
        '"d" + 1 > 2',
        "CAST(\"x\" AS VARCHAR(20)) = '1.0'",
        "CAST(\"n\" AS VARCHAR(4)) = '1'",
        'CAST("n" AS DECIMAL(4, 1)) = 1',
        '"n" / 0 > 1',
        "\"t\" LIKE 'a_'",
        "\"t\" LIKE 'a!%' ESCAPE '!'",
        "\"t\" SIMILAR TO 'a+'",
        "SUBSTRING(\"t\" FROM 0 FOR 2) = 'a'",
        'POSITION("t" IN "t") = 1',
        'EXP("x") > 1',
        'STEP("at" BY INTERVAL \'5\' SECOND) = "at"',
        '"at" - INTERVAL \'1\' SECOND > "at"',
        "\"t\" = '\t'",
    ],
)
def test_not_written(condition: str) -> None:
    with pytest.raises(NotSql):
        written(condition)
