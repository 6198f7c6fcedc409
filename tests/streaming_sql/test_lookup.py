# ruff: noqa: S608 - streaming scripts, not database queries
"""Reference tables: joined with streams, replaced at run time, refused where a stream must stand."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helpers.streaming_sql import Application, RecordError, SchemaError, SqlError

SCHEMA = [("TICKER_SYMBOL", "VARCHAR(4)"), ("SECTOR", "VARCHAR(12)"), ("CHANGE", "DOUBLE"), ("PRICE", "DOUBLE")]
CSV = {
    "RecordFormat": {"RecordFormatType": "CSV"},
    "RecordColumns": [{"Name": "Ticker", "SqlType": "VARCHAR(8)"}, {"Name": "Company", "SqlType": "VARCHAR(20)"}],
}
# the developer guide's file and script ("Example: Adding Reference Data")
FILE = b"Ticker, Company\nAMZN,Amazon\nASD, SomeCompanyA\nMMB, SomeCompanyB\nWAS,  SomeCompanyC\n"
GUIDE = """
CREATE OR REPLACE STREAM "DESTINATION_SQL_STREAM" (ticker_symbol VARCHAR(4), "Company" varchar(20), sector VARCHAR(12), change DOUBLE, price DOUBLE);

CREATE OR REPLACE PUMP "STREAM_PUMP" AS INSERT INTO "DESTINATION_SQL_STREAM"
   SELECT STREAM ticker_symbol, "c"."Company", sector, change, price
   FROM "SOURCE_SQL_STREAM_001" {join} JOIN "CompanyName" as "c"
   ON "SOURCE_SQL_STREAM_001".ticker_symbol = "c"."Ticker";
"""  # noqa: E501 - as it is written there


def guide(join: str = "LEFT", rows: Any = FILE, schema: Any = CSV) -> Application:
    return Application(GUIDE.format(join=join), SCHEMA, references={"CompanyName": (schema, rows)})


def companies(app: Application) -> list[tuple[Any, Any]]:
    return [(row["TICKER_SYMBOL"], row["Company"]) for row in app.stream("DESTINATION_SQL_STREAM")]


def ticks(*symbols: str | None) -> list[dict[str, Any]]:
    return [{"TICKER_SYMBOL": symbol, "PRICE": 1.0} for symbol in symbols]


def test_the_developer_guides_example() -> None:
    app = guide()
    app.feed(ticks("AMZN", "WAS", "QXZ", None), 1000)
    assert companies(app) == [("AMZN", "Amazon"), ("WAS", "SomeCompanyC"), ("QXZ", None), (None, None)]
    assert {row["ROWTIME"] for row in app.stream("DESTINATION_SQL_STREAM")} == {1000}
    inner = guide("INNER")
    inner.feed(ticks("AMZN", "WAS", "QXZ", None), 1000)
    assert companies(inner) == [("AMZN", "Amazon"), ("WAS", "SomeCompanyC")]


def test_a_json_file_and_plain_rows() -> None:
    json_schema = {**CSV, "RecordFormat": {"RecordFormatType": "JSON"}}
    for schema, rows in (
        (json_schema, b'{"Ticker": "AMZN", "Company": "Amazon"}'),
        ([("Ticker", "VARCHAR(8)"), ("Company", "VARCHAR(20)")], [{"Ticker": "AMZN", "Company": "Amazon"}]),
    ):
        app = guide(rows=rows, schema=schema)
        app.feed(ticks("AMZN"), 0)
        assert companies(app) == [("AMZN", "Amazon")]


def test_a_table_changes_when_it_is_replaced_and_a_row_may_meet_several() -> None:
    app = guide()
    app.feed(ticks("AMZN"), 0)
    app.replace_reference("CompanyName", [{"Ticker": "AMZN", "Company": "A"}, {"Ticker": "AMZN", "Company": "B"}])
    app.feed(ticks("AMZN", "WAS"), 0)
    app.replace_reference("CompanyName", b"")
    app.feed(ticks("AMZN"), 0)
    assert [company for _, company in companies(app)] == ["Amazon", "A", "B", None, None]
    with pytest.raises(RecordError, match="expected 2 columns, found 1"):
        app.replace_reference("CompanyName", b"AMZN")
    with pytest.raises(KeyError, match="no reference table 'X'; there are CompanyName"):
        app.replace_reference("X", [])


def test_rows_of_a_table_that_cannot_be_converted_go_to_the_error_stream() -> None:
    schema = [("Ticker", "VARCHAR(8)"), ("Company", "VARCHAR(20)"), ("n", "TINYINT")]
    app = guide(rows=[{"Ticker": "AMZN", "n": 500}, {"Ticker": "WAS", "Company": "C"}], schema=schema)
    assert app.counts()["error_stream"] == 0  # there is no time yet at which to tell it
    app.feed(ticks("AMZN", "WAS"), 5000)
    app.replace_reference("CompanyName", [{"n": "x"}])
    assert companies(app) == [("AMZN", None), ("WAS", "C")]
    first, second = app.stream("error_stream")
    assert (first["ROWTIME"], first["MESSAGE"]) == (5000, "column n: 500 does not fit into TINYINT")
    assert (second["ROWTIME"], second["ERROR_NAME"]) == (5000, "Coercion error")


QUERIES = [
    # FROM …, the rows of a stream holding a, b, NULL over a table holding (a 1), (a 2), (c 3)
    ('T JOIN R ON T."k" = R."k"', [("a", "a", 1), ("a", "a", 2)]),
    ('T LEFT OUTER JOIN R ON T."k" = R."k" AND R."n" > 1', [("a", "a", 2), ("b", None, None), (None, None, None)]),
    ('R RIGHT JOIN T ON T."k" = R."k"', [("a", "a", 1), ("a", "a", 2), ("b", None, None), (None, None, None)]),
    ('R, T', [(key, *row) for key in ("a", "b", None) for row in (("a", 1), ("a", 2), ("c", 3))]),
    ('T JOIN R ON R."n" = 3', [("a", "c", 3), ("b", "c", 3), (None, "c", 3)]),
    ('T JOIN R ON T."k" = R."k" JOIN R AS Q ON Q."k" = R."k" AND Q."n" < R."n"', [("a", "a", 2)]),
    ('(SELECT STREAM "k" FROM T WHERE "k" = \'a\') AS U LEFT JOIN R ON U."k" = R."k"', [("a", "a", 1), ("a", "a", 2)]),
]  # fmt: skip


def lookups(clause: str, rows: Any = None) -> Application:
    first = "U" if " AS U" in clause else "T"
    script = f"""CREATE STREAM O (a VARCHAR(4), b VARCHAR(4), n INTEGER);
        CREATE PUMP P AS INSERT INTO O SELECT STREAM {first}."k", R."k", R."n" FROM {clause};"""
    table = [{"k": "a", "n": 1}, {"k": "a", "n": 2}, {"k": "c", "n": 3}] if rows is None else rows
    return Application(
        script, [("k", "VARCHAR(4)")], source="T", references={"R": ([("k", "VARCHAR(4)"), ("n", "INTEGER")], table)}
    )


@pytest.mark.parametrize(("clause", "expected"), QUERIES)
def test_kinds_of_joins(clause: str, expected: list[tuple[Any, ...]]) -> None:
    app = lookups(clause)
    app.feed([{"k": "a"}, {"k": "b"}, {"k": None}], 0)
    assert [tuple(row.values())[1:] for row in app.stream("O")] == expected


def test_the_star_of_a_join_has_the_tables_columns_where_from_has_them() -> None:
    script = """CREATE STREAM O (a INTEGER, b VARCHAR(4)); CREATE PUMP P AS INSERT INTO O SELECT STREAM * FROM R, T;
        CREATE STREAM Q (a VARCHAR(4), b INTEGER); CREATE PUMP PQ AS INSERT INTO Q SELECT STREAM * FROM T, R;"""
    app = Application(script, [("k", "VARCHAR(4)")], source="T", references={"R": ([("n", "INTEGER")], [{"n": 7}])})
    app.feed([{"k": "a"}], 0)
    assert app.stream("O") == [{"ROWTIME": 0, "A": 7, "B": "a"}]
    assert app.stream("Q") == [{"ROWTIME": 0, "A": "a", "B": 7}]


def test_looked_up_rows_are_grouped_like_others() -> None:
    script = """CREATE STREAM O (n INTEGER, total INTEGER); CREATE PUMP P AS INSERT INTO O
        SELECT STREAM R."n", COUNT(*) FROM T JOIN R ON T."k" = R."k" GROUP BY R."n", FLOOR(T.ROWTIME TO MINUTE);"""
    table = ([("k", "VARCHAR(4)"), ("n", "INTEGER")], [{"k": "a", "n": 1}, {"k": "b", "n": 1}])
    app = Application(script, [("k", "VARCHAR(4)")], source="T", references={"R": table})
    app.feed([{"k": "a"}, {"k": "b"}, {"k": "c"}], 0)
    app.advance(60_000)
    assert app.stream("O") == [{"ROWTIME": 60_000, "N": 1, "TOTAL": 2}]


def test_an_error_in_the_condition_costs_its_pair_only() -> None:
    app = lookups('T LEFT JOIN R ON 6 / (R."n" - 2) > 0')
    app.feed([{"k": "a"}], 0)
    assert [row["N"] for row in app.stream("O")] == [3]
    assert [row["ERROR_NAME"] for row in app.stream("error_stream")] == ["Division by zero"]


REFUSED = [
    ("R", "R", "R is a reference table, not a stream", "Join it with a stream"),
    ("R JOIN R AS Q ON R.\"k\" = Q.\"k\"", "R", "two reference tables cannot be joined", ""),
    ("T RIGHT JOIN R ON TRUE", "R", "the rows of a reference table cannot be kept", "stream LEFT JOIN table"),
    ("T FULL JOIN R ON TRUE", "R", "the rows of a reference table cannot be kept", ""),
    ("R LEFT JOIN T ON TRUE", "R", "the rows of a reference table cannot be kept", ""),
    ("T OVER (ROWS 2 PRECEDING) JOIN R ON TRUE", "T", "no window is allowed in a join with a reference", ""),
    ("T JOIN R OVER (ROWS 2 PRECEDING) ON TRUE", "R", "no window is allowed in a join with a reference", ""),
    ("T JOIN R ON R.ROWTIME = T.ROWTIME", "R.ROWTIME", "unknown column ROWTIME", ""),
    ("T JOIN R ON R.\"x\" = 1", 'R."x"', "unknown column x", ""),
    ("T JOIN R ON R.\"k\" = 1", 'R."k" = 1', "cannot compare VARCHAR(4) with INTEGER", ""),
    ("T JOIN R USING (\"k\")", "USING", "USING is not supported", "JOIN … ON"),
    ("T JOIN R", "", "expected ON", ""),
    ("T JOIN \"r\" ON TRUE", '"r"', "unknown stream r", 'write "R"'),
]  # fmt: skip


@pytest.mark.parametrize(("clause", "text", "message", "hint"), REFUSED)
def test_refused_with_place_and_advice(clause: str, text: str, message: str, hint: str) -> None:
    with pytest.raises(SqlError) as caught:
        lookups(clause)
    error = caught.value
    assert (error.line, message in error.message, hint in error.hint) == (2, True, True), str(error)
    assert error.text == text.replace("T JOIN R\n", "").strip() or text == ""


def test_a_table_is_no_stream_to_write_and_its_name_is_taken() -> None:
    table = {"R": ([("k", "VARCHAR(4)")], [])}
    for statement in ("CREATE PUMP P AS INSERT INTO R SELECT STREAM * FROM T", "CREATE STREAM R (k VARCHAR(4))"):
        with pytest.raises(SqlError, match=r"R is a reference table|R exists already"):
            Application(statement, [("k", "VARCHAR(4)")], source="T", references=table)
    with pytest.raises(SchemaError, match="T is the name of two"):
        Application("", [("k", "VARCHAR(4)")], source="T", references={"T": table["R"]})
    with pytest.raises(SchemaError, match="is not a data type"):
        Application("", [("k", "VARCHAR(4)")], references={"R": ([("k", "TEXT")], [])})


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.sampled_from(["a", "b", "c", None]), max_size=12),
    st.lists(st.tuples(st.sampled_from(["a", "b", None]), st.integers(0, 3)), max_size=6),
    st.data(),
)
def test_any_cut_gives_what_the_definition_says(keys: list[Any], table: list[tuple[Any, int]], data: Any) -> None:
    app = lookups('T LEFT JOIN R ON T."k" = R."k"', [{"k": key, "n": number} for key, number in table])
    waiting = list(keys)
    while waiting:
        size = data.draw(st.integers(1, len(waiting)))
        app.feed([{"k": key} for key in waiting[:size]], 0)
        waiting = waiting[size:]
    wanted: list[tuple[Any, ...]] = []
    for key in keys:
        met = [(key, key, number) for other, number in table if key is not None and other == key]
        wanted += met or [(key, None, None)]
    assert [tuple(row.values())[1:] for row in app.stream("O")] == wanted
