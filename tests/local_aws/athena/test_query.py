"""What is no query for Athena, and where in the text that is."""

import pytest

from helpers.local_aws.athena.errors import MalformedQuery, QueryError
from helpers.local_aws.athena.query import parse, place


@pytest.mark.parametrize(
    ("sql", "message"),
    [
        ("SELECT a FROM", "line 1:14: mismatched input '<EOF>'"),
        ("SELECT a,\n  b c d FROM t", "line 2:7: mismatched input 'd'"),
        ("SELECT 'open", "line 1:1: a quote or a comment is not closed"),
        ("SELECT " + "(" * 3000 + "1" + ")" * 3000, "line 1:108: statement is too large (stack overflow"),
        ("", "line 1:1: mismatched input '<EOF>'"),
        ("SELECT * EXCLUDE (a) FROM t", "line 1:8: mismatched input"),
        ("SELECT * FROM glob('/etc/*')", "line 1:15: mismatched input 'glob'"),
        ("SELECT a::int FROM t", "line 1:9: mismatched input '::'"),
        ("SELECT a FROM t WHERE a ILIKE 'x'", "line 1:25: mismatched input 'ILIKE'"),
        ("DROP TABLE t", "line 1:1: mismatched input 'DROP'"),
        ("SELECT 1; DROP TABLE t", "Only one sql statement is allowed"),
    ],
)
def test_what_is_no_query(sql: str, message: str) -> None:
    with pytest.raises(MalformedQuery) as refused:
        parse(sql, "db")
    assert str(refused.value).startswith(message)


@pytest.mark.parametrize("word", ["CURRENT_USER", "current_catalog", "CURRENT_TIME", "localtime"])
def test_words_that_duckdb_would_answer_for_itself(word: str) -> None:
    with pytest.raises(QueryError, match=f"NOT_SUPPORTED: line 2:3: .* does not offer {word.upper()} "):
        parse(f"SELECT 1,\n  {word}", "db")
    parse(f"SELECT \"{word}\", '{word}', current_date, CURRENT_TIMESTAMP, localtimestamp", "db")


def test_a_table_needs_a_database() -> None:
    with pytest.raises(QueryError, match="MISSING_SCHEMA_NAME: line 1:15"):
        parse("SELECT * FROM t", None)


def test_places_count_lines_and_columns_from_one() -> None:
    assert place("ab\ncd", 0) == "line 1:1"
    assert place("ab\ncd", 4) == "line 2:2"
