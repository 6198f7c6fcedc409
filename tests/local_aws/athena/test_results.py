"""Values and lines as Athena writes them."""

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpers.local_aws.athena.errors import QueryError
from helpers.local_aws.athena.results import csv_line, java_double, plain, read_csv, writer
from helpers.local_aws.athena.types import duckdb_type, result_column

TEXT = st.text(st.characters(codec="utf-8"))


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (0.0, "0.0"), (-0.0, "-0.0"), (0.5, "0.5"), (100.0, "100.0"), (1234567.0, "1234567.0"),
        (1e7, "1.0E7"), (1.5e10, "1.5E10"), (0.001, "0.001"), (0.0001, "1.0E-4"), (-2.5e-9, "-2.5E-9"),
        (1 / 3, "0.3333333333333333"),
        (float("inf"), "Infinity"), (float("-inf"), "-Infinity"), (float("nan"), "NaN"),
    ],
)  # fmt: skip
def test_doubles_are_written_as_java_does(value: float, written: str) -> None:
    assert java_double(value) == written


def test_reals_have_their_own_digits() -> None:
    assert java_double(0.10000000149011612, single=True) == "0.1"


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_written_double_reads_back(value: float) -> None:
    assert float(java_double(value)) == value


@given(st.lists(st.lists(st.none() | TEXT, min_size=2, max_size=2)))
def test_a_written_line_reads_back(rows: list[list[str | None]]) -> None:
    assert list(read_csv("".join(csv_line(row) for row in rows))) == rows


def test_null_and_the_empty_string_differ() -> None:
    assert csv_line(["", None, 'a"b']) == '"",,"a""b"\n'


def test_a_bigint_has_64_bits() -> None:
    assert plain(2**63 - 1) == "9223372036854775807"
    with pytest.raises(QueryError, match="NUMERIC_VALUE_OUT_OF_RANGE"):
        plain(2**63)


@pytest.mark.parametrize(
    ("expression", "kind", "written"),
    [
        ("[{'a': 1, 'b': [NULL, 2]}]", "array", "[{a=1, b=[null, 2]}]"),
        ("MAP {'k': 1.5::DOUBLE}", "map", "{k=1.5}"),
        (
            "TIMESTAMPTZ '2026-11-22 10:00:00.1239+00'",
            "timestamp with time zone",
            "2026-11-22 10:00:00.123 UTC",
        ),
        ("TIME '10:00:00'", "time", "10:00:00.000"),
        ("INTERVAL '-90 seconds'", "interval day to second", "-0 00:01:30.000"),
        ("1.50::DECIMAL(5,2)", "decimal", "1.50"),
        ("JSON '{\"a\":1}'", "json", '{"a":1}'),
    ],
)  # fmt: skip
def test_types_and_their_text(expression: str, kind: str, written: str) -> None:
    connection = duckdb.connect()
    connection.execute("SET TimeZone = 'UTC'")
    cursor = connection.execute(f"SELECT {expression}")
    found = cursor.description[0][1]
    assert result_column("x", found).type == kind
    assert writer(found)(cursor.fetchone()[0]) == written


def test_a_decimal_says_its_digits() -> None:
    column = result_column("x", duckdb.connect().execute("SELECT 1.5::DECIMAL(7,2)").description[0][1])
    assert (column.precision, column.scale) == (7, 2)


@pytest.mark.parametrize(
    ("hive", "duck"),
    [
        ("array<struct<a:int,b:decimal(5,2)>>", 'STRUCT("a" INTEGER, "b" DECIMAL(5,2))[]'),
        ("map<string,array<double>>", "MAP(VARCHAR, DOUBLE[])"),
        ("DECIMAL(5)", "DECIMAL(5,0)"),
        ("char(3)", "VARCHAR"),
    ],
)
def test_hive_types(hive: str, duck: str) -> None:
    assert duckdb_type(hive) == duck
