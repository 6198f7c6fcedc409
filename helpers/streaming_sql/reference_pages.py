# ruff: noqa: S608, E501 - scripts that are planned, not queries of a database; a table reads better unbroken
"""The pages of the SQL Reference, each with what a script would write by it: `coverage` plans them all.

Source: the table of contents of the Amazon Kinesis Data Analytics SQL Reference, as of 2025; the
function names in it are AWS's, the queries are ours.
"""

from __future__ import annotations

from typing import Final

_OVER: Final = " OVER (ROWS 1 PRECEDING)"
_MINUTE: Final = "INTERVAL '1' MINUTE"


def _parsed(call: str) -> str:
    return f'SELECT STREAM CHAR_LENGTH(t.r.COLUMN{2 if "SYS_" in call else 1}) FROM (SELECT STREAM {call} AS r FROM "SRC") AS t'


def _table(call: str) -> str:
    return f"SELECT STREAM 1 FROM TABLE({call})"


def _joined(kind: str, condition: str = 'ON a."n" = b."n"') -> str:
    window = f"OVER (RANGE {_MINUTE} PRECEDING)"
    return f'SELECT STREAM a."n" FROM "SRC" {window} AS a {kind} JOIN "SRC" {window} AS b {condition}'


_CURSOR: Final = 'CURSOR(SELECT STREAM "n", "x" FROM "SRC")'
_SELECT: Final = 'SELECT STREAM "n" FROM "SRC"'

# chapter -> (page, what of it, an expression or a whole query)
PAGES: Final[dict[str, tuple[tuple[str, str, str], ...]]] = {
    "Language elements": (
        ("Streaming SQL Operators", "+ - * /, unary + and -", '+"n" + 1 - -2 * 3 / 4'),
        ("Streaming SQL Operators", "IN a list", "\"page\" IN ('/', '/shop')"),
        ("Streaming SQL Operators", "IN a query", '"n" IN (SELECT STREAM "n" FROM "SRC")'),
        ("Streaming SQL Operators", "EXISTS", 'EXISTS (SELECT STREAM "n" FROM "SRC")'),
        ("String Operators", "||", "\"page\" || '!'"),
        ("String Operators", "LIKE", "\"page\" LIKE 'a!_%' ESCAPE '!'"),
        ("String Operators", "SIMILAR TO", "\"page\" SIMILAR TO '(/|/shop)%'"),
        ("Logical Operators", "NOT, AND, OR, comparisons, BETWEEN", 'NOT ("n" <> 1 AND "n" != 2 OR "n" BETWEEN 3 AND 4)'),
        ("Logical Operators", "IS [NOT] NULL, TRUE, FALSE, UNKNOWN", '("n" = 1) IS NOT UNKNOWN'),
        ("Logical Operators", "IS [NOT] DISTINCT FROM", '"n" IS DISTINCT FROM 1'),
        ("Expressions and Literals", "u&'…' [UESCAPE 'c']", "u&'\\0009' || \"page\""),
        ("Expressions and Literals", "DATE, TIME, TIMESTAMP and INTERVAL literals",
         "TIMESTAMP '2026-01-02 03:04:05' + INTERVAL '1 2' DAY TO HOUR"),
        ("Expressions and Literals", "CURRENT_PATH, SYSTEM_USER", "SYSTEM_USER"),
        ("Date, Timestamp, and Interval Operators", "moment + interval, interval * number",
         "\"t\" + INTERVAL '1' HOUR * 2.5"),
        ("Date, Timestamp, and Interval Operators", "(moment - moment) unit", '("t" - ROWTIME) MINUTE TO SECOND'),
        ("Date, Timestamp, and Interval Operators", "year-month intervals", "\"t\" + INTERVAL '1-2' YEAR TO MONTH"),
        ("Temporal Predicates", "OVERLAPS, EQUALS, CONTAINS, [IMMEDIATELY] PRECEDES, SUCCEEDS",
         '("t", "t") OVERLAPS PERIOD (ROWTIME, ROWTIME)'),
        ("Temporal Predicates", "LEADS, LAGS, STRICTLY …", '("t", "t") LEADS (ROWTIME, ROWTIME)'),
        ("Temporal Predicates", "chains without AND", '("t", "t") PRECEDES ("t", "t") PRECEDES ("t", "t")'),
    ),
    "Statements and queries": (
        ("CREATE STREAM", "", 'CREATE OR REPLACE STREAM "S" ("a" INTEGER NOT NULL) DESCRIPTION \'a\''),
        ("CREATE PUMP", "", _SELECT),
        ("CREATE FUNCTION", "", "CREATE FUNCTION F (d DOUBLE) RETURNS DOUBLE CONTAINS SQL RETURN d - FLOOR(d)"),
        ("INSERT", "outside a pump", 'CREATE STREAM "S" ("a" INTEGER); INSERT INTO "S" SELECT STREAM "n" FROM "SRC"'),
        ("Query", "UNION ALL", f"{_SELECT} UNION ALL {_SELECT}"),
        ("Query", "UNION, EXCEPT, INTERSECT (not of streams)", f"{_SELECT} EXCEPT {_SELECT}"),
        ("Query", "VALUES", "VALUES (1)"),
        ("SELECT clause", "CASE", "CASE \"n\" WHEN 1 THEN 'a' ELSE 'b' END"),
        ("SELECT clause", "*, alias.*", 'SELECT STREAM s."n", s.* FROM (SELECT STREAM "n" FROM "SRC") AS s'),
        ("SELECT ALL and SELECT DISTINCT", "",
         'SELECT STREAM DISTINCT FLOOR("SRC".ROWTIME TO DAY), "n" FROM "SRC"'),
        ("FROM clause", "aliases with columns", 'SELECT STREAM b FROM (SELECT STREAM "n" FROM "SRC") AS t (b)'),
        ("JOIN clause", "INNER", _joined("INNER")),
        ("JOIN clause", "LEFT, RIGHT, FULL", _joined("FULL OUTER")),
        ("JOIN clause", "CROSS", _joined("CROSS", "")),
        ("JOIN clause", "USING, NATURAL", _joined("INNER", 'USING ("n")')),
        ("WHERE clause", "", f'{_SELECT} WHERE "n" > 1'),
        ("GROUP BY clause", "", 'SELECT STREAM "page", COUNT(*) FROM "SRC" GROUP BY FLOOR("SRC".ROWTIME TO HOUR), "page"'),
        ("HAVING clause", "", 'SELECT STREAM COUNT(*) FROM "SRC" GROUP BY FLOOR("SRC".ROWTIME TO HOUR) HAVING COUNT(*) > 1'),
        ("WINDOW Clause (Sliding Windows)", "", 'SELECT STREAM SUM("n") OVER w FROM "SRC" WINDOW w AS (ROWS 3 PRECEDING)'),
        ("Allowed and Disallowed Window Specifications", "… FOLLOWING",
         'SELECT STREAM SUM("n") OVER (ROWS 3 FOLLOWING) FROM "SRC"'),
        ("ORDER BY clause", "", f'{_SELECT} ORDER BY FLOOR("SRC".ROWTIME TO SECOND), "n" DESC'),
        ("T-sorting Stream Input", "ORDER BY … WITHIN", f'{_SELECT} ORDER BY "t" WITHIN INTERVAL \'2\' MINUTE'),
        ("ROWTIME", "as an operator and a column", 'SELECT STREAM ROWTIME, "SRC".ROWTIME FROM "SRC"'),
    ),
    "Aggregates and analytic functions": (
        *((name, "in a group or OVER a window", f'{name}("x"){_OVER}') for name in ("AVG", "COUNT", "MAX", "MIN", "SUM")),
        ("AVG", "DISTINCT … OVER", f'AVG(DISTINCT "n"){_OVER}'),
        ("EXP_AVG", "OVER a window", f"EXP_AVG(\"x\", INTERVAL '10' SECOND) OVER (RANGE {_MINUTE} PRECEDING)"),
        ("FIRST_VALUE", "IGNORE or RESPECT NULLS", f'FIRST_VALUE("n") IGNORE NULLS{_OVER}'),
        ("LAST_VALUE", "IGNORE or RESPECT NULLS", f'LAST_VALUE("n") RESPECT NULLS{_OVER}'),
        ("LAG", "OVER a window; IGNORE or RESPECT NULLS", f'LAG("n", 2, 0) IGNORE NULLS{_OVER}'),
        ("NTH_VALUE", "OVER a window; FROM FIRST or LAST", f'NTH_VALUE("n", 2) FROM LAST IGNORE NULLS{_OVER}'),
        ("ANY", "in a group or OVER a window", f'ANY("n" < 1){_OVER}'),
        ("EVERY", "in a group or OVER a window", f'EVERY("n" < 1){_OVER}'),
        *((name, "in a group or OVER a window", f'{name}("x"){_OVER}')
          for name in ("STDDEV_POP", "STDDEV_SAMP", "VAR_POP", "VAR_SAMP")),
        ("Monotonic Function", "", 'SELECT STREAM COUNT(*) FROM "SRC" GROUP BY MONOTONIC("n")'),
        ("COUNT_DISTINCT_ITEMS_TUMBLING Function", "", _table(f"COUNT_DISTINCT_ITEMS_TUMBLING({_CURSOR}, 'n', 60)")),
        ("TOP_K_ITEMS_TUMBLING Function", "", _table(f"TOP_K_ITEMS_TUMBLING({_CURSOR}, 'n', 10, 60)")),
        ("Group Rank", "", _table(f"GROUP_RANK({_CURSOR}, 'n', 'groupRank', 'desc', 'asc', 5, 0)")),
        ("HOTSPOTS", "", _table(f"HOTSPOTS({_CURSOR}, 1000, 0.2, 17)")),
        ("RANDOM_CUT_FOREST", "", _table(f"RANDOM_CUT_FOREST({_CURSOR}, 100, 256, 100000, 1)")),
        ("RANDOM_CUT_FOREST_WITH_EXPLANATION", "",
         _table(f"RANDOM_CUT_FOREST_WITH_EXPLANATION({_CURSOR}, 100, 256, 100000, 1, true)")),
    ),
    "Conversion, dates and times": (
        ("CAST", "to every type of its table", "CAST(CAST(\"n\" AS VARCHAR(9)) AS INTERVAL DAY TO SECOND)"),
        ("Char To Timestamp(Sys)", "", "CHAR_TO_TIMESTAMP('yyyy-MM-dd', \"page\")"),
        ("CHAR_TO_DATE", "", "CHAR_TO_DATE('yyyy-MM-dd', \"page\")"),
        ("CHAR_TO_TIME", "", "CHAR_TO_TIME('HH:mm', \"page\")"),
        ("DATE_TO_CHAR", "", "DATE_TO_CHAR('yyyy-MM', CAST(\"t\" AS DATE))"),
        ("TIME_TO_CHAR", "", "TIME_TO_CHAR('HH:mm', CAST(\"t\" AS TIME))"),
        ("TIMESTAMP_TO_CHAR", "", "TIMESTAMP_TO_CHAR('yyyy', \"t\")"),
        ("TO_TIMESTAMP", "", "TO_TIMESTAMP(1412121600000)"),
        ("UNIX_TIMESTAMP", "", 'UNIX_TIMESTAMP("t")'),
        *((name, "the row's time" if name != "CURRENT_ROW_TIMESTAMP" else "", name)
          for name in ("CURRENT_DATE", "CURRENT_ROW_TIMESTAMP", "CURRENT_TIME", "CURRENT_TIMESTAMP", "LOCALTIME",
                       "LOCALTIMESTAMP")),
        ("EXTRACT", "", 'EXTRACT(SECOND FROM "t")'),
        ("TSDIFF", "the second time less the first", 'TSDIFF("t", ROWTIME)'),
    ),
    "Numbers and NULLs": (
        ("ABS", "", 'ABS("n")'),
        ("CEIL / CEILING", "", 'CEIL("x")'),
        ("EXP", "", 'EXP("x")'),
        ("FLOOR", "", 'FLOOR("t" TO DAY)'),
        ("LN", "", 'LN("x")'),
        ("LOG10", "", 'LOG10("x")'),
        ("MOD", "", 'MOD("n", 2)'),
        ("POWER", "", 'POWER("x", 2)'),
        ("STEP", "of a time, a date or a whole number", 'STEP("n" BY 5)'),
        ("COALESCE", "", 'COALESCE("n", 0)'),
        ("NULLIF", "", 'NULLIF("n", 0)'),
    ),
    "Texts": (
        ("CHAR_LENGTH / CHARACTER_LENGTH", "", 'CHAR_LENGTH("page")'),
        ("INITCAP", "", 'INITCAP("page")'),
        ("LOWER", "", 'LOWER("page")'),
        ("OVERLAY", "", "OVERLAY(\"page\" PLACING 'a' FROM 1)"),
        ("POSITION", "", "POSITION('a' IN \"page\")"),
        ("REGEX_REPLACE", "", "REGEX_REPLACE(\"page\", 'a+', 'b', 1, 0)"),
        ("SUBSTRING", "", 'SUBSTRING("page" FROM 2 FOR 3)'),
        ("TRIM", "", "TRIM(BOTH '/' FROM \"page\")"),
        ("UPPER", "", 'UPPER("page")'),
        ("FAST_REGEX_LOG_PARSER", "Java's regular expressions, taken lazily",
         _parsed("FAST_REGEX_LOG_PARSE(\"page\", '(.*)_(.*)')")),
        ("FIXED_COLUMN_LOG_PARSE", "", _parsed("FIXED_COLUMN_LOG_PARSE(\"page\", 'COLUMN1 TYPE VARCHAR(3) START 0 FOR 3')")),
        ("REGEX_LOG_PARSE", "", _parsed("REGEX_LOG_PARSE(\"page\", '(.*)')")),
        ("SYS_LOG_PARSE", "", _parsed('SYS_LOG_PARSE("page")')),
        ("VARIABLE_COLUMN_LOG_PARSE", "", _parsed("VARIABLE_COLUMN_LOG_PARSE(\"page\", 3, ',')")),
        ("W3C_LOG_PARSE", "", _parsed("W3C_LOG_PARSE(\"page\", 'COMMON')")),
    ),
}  # fmt: skip
