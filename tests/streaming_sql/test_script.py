from __future__ import annotations

import re
import subprocess
import sys

import pytest

from helpers.streaming_sql import SqlError
from helpers.streaming_sql.script import parse
from helpers.streaming_sql.syntax import CreatePump, CreateStream


def test_the_clickstream_script_is_the_labs(shared, clickstream_script):
    lab = (shared / "seeds/kinesis-main-lab.txt").read_text()
    original = lab.split("#### anomaly_detection.sql :")[1].split("```")[1]
    assert clickstream_script.strip() == original.strip()


def test_statements_in_order(clickstream_script):
    statements = parse(clickstream_script)
    assert [statement.name.text for statement in statements] == [
        "CLICKSTREAM", "CLICKPUMP", "IMPRESSIONSTREAM", "IMPRESSIONPUMP", "CTRSTREAM", "CTRPUMP",
        "DESTINATION_SQL_STREAM", "OUTPUT_PUMP",
    ]  # fmt: skip


def test_names_unquoted_are_upper_cased_and_quoted_kept():
    (stream,) = parse('create or replace stream clicks ("page" varchar(4) not null, Count_ int);')
    assert isinstance(stream, CreateStream)
    assert stream.name.text == "CLICKS"
    assert [(name.text, str(sqltype)) for name, sqltype in stream.columns] == [
        ("page", "VARCHAR(4)"),
        ("COUNT_", "INTEGER"),
    ]


def test_descriptions_states_comments_and_empty_statements():
    script = """-- first; not the end
        CREATE STREAM s (a DOUBLE PRECISION) DESCRIPTION 'it''s; fine';;
        /* between; */ CREATE PUMP p STOPPED DESCRIPTION 'x' AS INSERT INTO s (a) SELECT STREAM 1.5 FROM t AS u;
    """
    stream, pump = parse(script)
    assert isinstance(pump, CreatePump)
    assert str(stream.columns[0][1]) == "DOUBLE"
    assert [name.text for name in pump.target_columns] == ["A"]
    assert pump.query.relations[0].alias.text == "U"


def test_nothing_is_a_script_too():
    assert parse("") == () == parse(" ; -- nothing\n")


SYNTAX_ERRORS = [
    # script, line, column, message
    ("CREATE STREAM s (a INTEGER", 1, 27, "expected )"),
    ("CREATE STREAM s\n(a INTEGER b)", 2, 12, "expected )"),
    ("CREATE STREAM s (a COUNTER)", 1, 20, "'COUNTER' is not a data type"),
    ("CREATE STREAM s (a VARCHAR(0))", 1, 20, "the length must be"),
    ("CREATE STREAM s (a DECIMAL(30, 2))", 1, 20, "at most 19 digits"),
    ("CREATE STREAM s (select INTEGER)", 1, 18, "expected a column name"),
    ("CREATE STREAM 's' (a INTEGER)", 1, 15, "expected a stream name"),
    ("CREATE STREAM s (a INTEGER) CREATE", 1, 29, "the statement should end here"),
    ("CREATE TABLE s (a INTEGER)", 1, 1, "unsupported statement"),
    ("SELECT 1", 1, 1, "unsupported statement"),
    ("DROP PUMP p", 1, 1, "unsupported statement"),
    ("CREATE STREAM s (a INTEGER) DESCRIPTION x", 1, 41, "expected a text in single quotes"),
    ('\n  CREATE STREAM "s (a INTEGER)', 2, 17, "opened here but not closed"),
    ("/* 'x' */ CREATE STREAM 's", 1, 25, "opened here but not closed"),
    ("CREATE STREAM s (a INTEGER) /* and", 1, 29, "opened here but not closed"),
]
QUERY_ERRORS = [
    # what follows INSERT INTO s, the offending text, message
    ("SELECT STREAM a + FROM t", "FROM", "expected an expression"),
    ("SELECT STREAM a, FROM t", "FROM", "expected an expression"),
    ("SELECT STREAM a FROM t WHERE", "WHERE", "expected an expression after WHERE"),
    ("SELECT STREAM COUNT(DISTINCT a) FROM t", "DISTINCT", "DISTINCT inside a function"),
    ("SELECT STREAM a FROM t ORDER BY a WITHIN INTERVAL '1' MINUTE", "WITHIN", "sorting by event time"),
    ("SELECT STREAM a FROM t LIMIT 5", "LIMIT", "LIMIT is not supported"),
    ("SELECT STREAM a FROM t UNION SELECT STREAM a FROM u", "UNION", "UNION is not supported"),
    ("SELECT STREAM a FROM t EXCEPT SELECT STREAM a FROM u", "EXCEPT", "EXCEPT is not supported"),
    ("SELECT STREAM a FROM t WHERE EXISTS (SELECT STREAM 1 FROM u)", "EXISTS", "a query is not allowed"),
    ("SELECT STREAM a FROM t JOIN u USING (a)", "USING", "USING is not supported"),
    ("SELECT STREAM a FROM t WINDOWED BY STAGGER (x)", "x", "expected PARTITION BY"),
    ("SELECT STREAM a FROM t WINDOWED BY STAGGER (PARTITION BY x RANGE 5)", "5", "expected INTERVAL"),
    ("SELECT STREAM SUM(a) OVER (5 PRECEDING) FROM t", "5", "expected RANGE or ROWS"),
    ("SELECT STREAM SUM(a) OVER (ROWS 5) FROM t", ")", "expected PRECEDING"),
    ("SELECT STREAM SUM(a) OVER (ROWS 5 FOLLOWING) FROM t", "FOLLOWING", "a window into the future"),
    ("SELECT STREAM SUM(a) OVER (ROWS UNBOUNDED PRECEDING) FROM t", "UNBOUNDED", "an unbounded window"),
    ("SELECT STREAM SUM(a) OVER (ROWS BETWEEN 4 PRECEDING AND 1 PRECEDING) FROM t", "1", "must end with CURRENT ROW"),
    ("SELECT STREAM SUM(a) OVER (ORDER BY b ROWS 5 PRECEDING) FROM t", "ORDER BY", "not allowed inside a window"),
    ("SELECT STREAM SUM(a) OVER 5 FROM t", "5", "expected a window name or ("),
    ("SELECT STREAM a FROM t WINDOW w (ROWS 5 PRECEDING)", "(", "expected AS"),
    ("SELECT STREAM a FROM t NATURAL JOIN u", "NATURAL", "NATURAL JOIN is not supported"),
    ("SELECT STREAM a FROM t LEFT u ON x = y", "u", "expected JOIN"),
    ("SELECT STREAM a FROM t JOIN u", "", "expected ON"),
    ("SELECT STREAM a.b.c.d FROM t", "d", "a name with more than three parts"),
    ("SELECT STREAM CASE a END FROM t", "END", "expected WHEN"),
    ("SELECT STREAM CASE WHEN a THEN 1 FROM t", "FROM", "expected END"),
    ("SELECT STREAM a FROM t WHERE a BETWEEN 1 OR 2", "OR", "expected AND"),
    ("SELECT STREAM a FROM t WHERE a IS 5", "5", "expected NULL, TRUE, FALSE, UNKNOWN"),
    ("SELECT STREAM FLOOR(a TO WEEK) FROM t", "WEEK", "expected a unit of time"),
    ("SELECT STREAM STEP(a) FROM t", ")", "expected BY"),
    ("SELECT STREAM INTERVAL 10 SECOND FROM t", "10", "expected a text in single quotes"),
    ('SELECT STREAM "COUNT"(*) FROM t', '"COUNT"', "a function name must not be quoted"),
]


@pytest.mark.parametrize(("script", "line", "column", "message"), SYNTAX_ERRORS)
def test_syntax_errors_name_line_and_column(script, line, column, message):
    with pytest.raises(SqlError, match=re.escape(message)) as caught:
        parse(script)
    assert (caught.value.line, caught.value.column) == (line, column)


@pytest.mark.parametrize(("query", "text", "message"), QUERY_ERRORS)
def test_query_errors_name_the_offending_text(query, text, message):
    script = f"CREATE PUMP p AS INSERT INTO s\n{query}"
    with pytest.raises(SqlError, match=re.escape(message)) as caught:
        parse(script)
    assert caught.value.line == 2
    assert caught.value.text == text
    assert query[caught.value.column - 1 :].startswith(text)


def test_a_script_has_at_most_100_kb():
    parse("--" + "x" * 102_398)
    for script, line, column in (
        ("--" + "x" * 102_399, 1, 102_401),
        ("--" + "é" * 60_000, 1, 51_202),
        ("--\n" * 40_000, 34_134, 2),
    ):
        with pytest.raises(SqlError, match="larger than 100 KB") as caught:
            parse(script)
        assert (caught.value.line, caught.value.column) == (line, column)


def test_deep_nesting_is_refused():
    script = "CREATE PUMP p AS INSERT INTO s SELECT STREAM " + "(" * 5000 + "1" + ")" * 5000 + " FROM t"
    with pytest.raises(SqlError, match="more than 50 brackets are open here") as caught:
        parse(script)
    assert (caught.value.line, caught.value.column) == (1, 96)


def test_the_compiled_sqlglot_is_refused_with_advice():
    code = "import sqlglot.tokens as t; t.SQLGLOTC_INSTALLED = True; import helpers.streaming_sql"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert run.returncode == 1
    assert "pip uninstall sqlglotc" in run.stderr.splitlines()[-1]


@pytest.mark.parametrize("word", ["BEGIN", "else", "END"])
def test_blocks_are_refused_and_nothing_behind_them_is_passed_over(word: str) -> None:
    script = f"CREATE STREAM A (x INTEGER); {word}; CREATE STREAM B (x INTEGER)"
    with pytest.raises(SqlError) as caught:
        parse(script)
    assert (caught.value.line, caught.value.column) == (1, 30)
    assert f"no statement begins with {word.upper()}" in str(caught.value)
