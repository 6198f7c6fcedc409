# ruff: noqa: S311, E501 - streaming scripts, not database queries; repeatable dice; SQL reads better unbroken
from __future__ import annotations

import random
from datetime import UTC, datetime

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helpers.streaming_sql import Application, RecordError, RecordReader, SchemaError, render
from helpers.streaming_sql.datatypes import TIMESTAMP

SCHEMA = {"RecordColumns": [{"Name": "browseraction", "SqlType": "VARCHAR(16)", "Mapping": "$.browseraction"}]}
CLICK, IMPRESSION = {"browseraction": "Click"}, {"browseraction": "Impression"}
START = 1_700_000_000_000  # a multiple of ten seconds


def test_clickstream_counts_ctr_and_row_times(clickstream_script):
    app = Application(clickstream_script, SCHEMA)
    app.feed([IMPRESSION, IMPRESSION, CLICK, {"browseraction": "Other"}], START)
    app.feed([IMPRESSION, IMPRESSION], START + 9_999)
    app.feed([CLICK], START + 10_000)  # a window without an impression
    app.feed([IMPRESSION], START + 20_000)  # a window without a click
    app.feed([CLICK, CLICK, IMPRESSION], START + 55_000)
    app.advance(START + 60_000)
    assert app.stream("CLICKSTREAM") == [
        {"ROWTIME": START + 10_000, "CLICKCOUNT": 1.0},
        {"ROWTIME": START + 20_000, "CLICKCOUNT": 1.0},
        {"ROWTIME": START + 60_000, "CLICKCOUNT": 2.0},
    ]
    assert [row["IMPRESSIONCOUNT"] for row in app.stream("IMPRESSIONSTREAM")] == [4.0, 1.0, 1.0]
    assert app.stream("CTRSTREAM") == [
        {"ROWTIME": START + 10_000, "CTR": 25.0},
        {"ROWTIME": START + 60_000, "CTR": 200.0},
    ]
    assert app.stream("error_stream") == []


def test_pumps_tell_until_when_their_windows_are_open(clickstream_script):
    app = Application(clickstream_script, SCHEMA)
    none = dict.fromkeys(("CLICKPUMP", "IMPRESSIONPUMP", "CTRPUMP", "OUTPUT_PUMP"))
    assert app.open_until() == none
    app.feed([CLICK], START + 3_000)
    assert app.open_until() == none | {"CLICKPUMP": START + 10_000}
    app.feed([IMPRESSION], START + 12_000)
    assert app.open_until() == none | {"IMPRESSIONPUMP": START + 20_000}
    app.advance(START + 20_000)
    assert app.open_until() == none


def test_clickstream_burst_is_found(clickstream_script):
    app = Application(clickstream_script, SCHEMA, seed=7)
    dice = random.Random(7)
    for second in range(600):
        clicks = 4 if 500 <= second < 525 else dice.randint(0, 2)
        app.feed([CLICK] * clicks + [IMPRESSION] * dice.randint(1, 3), START + second * 1000)
    app.advance(START + 600_000)
    found = app.stream("DESTINATION_SQL_STREAM")
    assert any(START + 500_000 < row["ROWTIME"] <= START + 540_000 for row in found)
    assert all(row["ANOMALY_SCORE"] > 2 for row in found)
    assert app.forests[0].seen == 60


def test_analyticon_script_runs_with_a_warning(shared):
    text = (shared / "seeds/analyticon-toll-pipeline.txt").read_text()
    script = text.split("```SQL")[-1].split("```")[0]
    app = Application(script, [("date", "VARCHAR(64)"), ("station_id", "VARCHAR(16)"), ("user", "VARCHAR(16)")])
    assert "subSampleSize" in app.warnings[0]
    stations = ["183A", "SH130", "Exit79"]
    for second in range(0, 120, 2):
        app.feed([{"station_id": station} for station in stations], START + second * 1000)
    app.advance(START + 120_000)
    rows = app.stream("ANOMALY_SCORE_SQL_STREAM")
    assert len(rows) == 36
    assert [row["station_id"] for row in rows[:3]] == stations
    assert {row["vehicle_count"] for row in rows} == {5}
    scores = [row["anomaly_score"] for row in rows]
    assert scores[:11] == [0.0] * 11  # one row to fill the shingle, ten to fill the sample
    assert all(score > 0 for score in scores[11:])


QUERIES = """
CREATE STREAM TENS (k VARCHAR(4), n INTEGER, total BIGINT);
CREATE STREAM MERGED (what VARCHAR(8), n INTEGER);
CREATE STREAM PAIRS (n INTEGER, m INTEGER);
CREATE STREAM SCORES (n INTEGER, score DOUBLE);
CREATE PUMP P4 AS INSERT INTO MERGED SELECT STREAM 'minute', COUNT(*) FROM TENS GROUP BY FLOOR(ROWTIME TO MINUTE);
CREATE PUMP P1 AS INSERT INTO TENS SELECT STREAM "k", COUNT(*), SUM("n") FROM "IN"
    GROUP BY STEP(ROWTIME BY INTERVAL '10' SECOND), "k" HAVING COUNT(*) > 1;
CREATE PUMP P2 AS INSERT INTO MERGED SELECT STREAM 'seven', COUNT(*) FROM "IN" GROUP BY STEP(ROWTIME BY INTERVAL '7' SECOND);
CREATE PUMP P3 AS INSERT INTO MERGED SELECT STREAM 'row', 10 / "n" FROM "IN" WHERE "k" = 'a';
CREATE PUMP P5 AS INSERT INTO PAIRS SELECT STREAM l."n", r.n FROM "IN" AS l JOIN MERGED AS r ON l."n" < r.n;
CREATE PUMP P6 AS INSERT INTO SCORES SELECT STREAM * FROM TABLE(RANDOM_CUT_FOREST(
    CURSOR(SELECT STREAM n FROM MERGED), 3, 10));
"""
ROWS = st.lists(
    st.tuples(
        st.sampled_from([0, 1, 3_000, 9_000, 70_000]),
        st.fixed_dictionaries({"k": st.sampled_from(["a", "b", None]), "n": st.integers(0, 3)}),
    ),
    max_size=25,
)


def _streams(app: Application) -> dict[str, list[dict[str, object]]]:
    rows = {stream.name: app.stream(stream.name) for stream in app.streams}
    for row in rows["error_stream"]:
        del row["ERROR_TIME"]  # when it was noticed may depend on who told the time
    return rows


@settings(max_examples=60, deadline=None)
@given(gaps=ROWS, data=st.data())
def test_results_do_not_depend_on_how_the_input_is_cut(gaps, data):
    schema = [("k", "VARCHAR(4)"), ("n", "INTEGER")]
    one, cut = (Application(QUERIES, schema, source="IN") for _ in range(2))
    now, batches = 0, {}
    for gap, row in gaps:
        now += gap
        batches.setdefault(now, []).append(row)
    for rowtime, rows in batches.items():
        one.feed(rows, rowtime)
    before = 0
    for rowtime, rows in batches.items():
        for moment in sorted(data.draw(st.lists(st.integers(before, rowtime), max_size=3))):
            cut.advance(moment)
        while rows:
            size = data.draw(st.integers(1, len(rows)))
            cut.feed(rows[:size], rowtime)
            rows = rows[size:]
        before = rowtime
    one.advance(now + 120_000)
    for moment in range(now, now + 120_001, 500):
        cut.advance(moment)
    assert _streams(one) == _streams(cut)


def test_windows_end_in_order_of_time_within_one_jump():
    script = """CREATE STREAM MERGED (what VARCHAR(8));
        CREATE PUMP LONG_ AS INSERT INTO MERGED SELECT STREAM 'minute' FROM "IN" GROUP BY FLOOR(ROWTIME TO MINUTE);
        CREATE PUMP SHORT_ AS INSERT INTO MERGED SELECT STREAM 'second' FROM "IN" GROUP BY FLOOR(ROWTIME TO SECOND);"""
    app = Application(script, [("n", "INTEGER")], source="IN")
    app.feed([{}], 0)
    app.advance(600_000)
    assert [(row["ROWTIME"], row["WHAT"]) for row in app.stream("MERGED")] == [
        (1_000, "second"),
        (60_000, "minute"),
    ]


def test_source_values_are_converted_cut_or_refused():
    app = Application("", [("s", "VARCHAR(4)"), ("n", "TINYINT"), ("t", "TIMESTAMP"), ("x", "DOUBLE")])
    app.feed(
        [
            {"s": "longer", "n": "12", "t": "2026-11-22 10:00:00.250", "x": 1, "unknown": 5},
            {"s": 3.5, "n": 7.0},
            {"s": "a", "n": 128},
            {"s": "b", "n": "many"},
            {"s": "c", "n": 1.5},
            {"s": "d", "x": float("nan")},
        ],
        5,
    )
    assert app.stream("SOURCE_SQL_STREAM_001") == [
        {"ROWTIME": 5, "s": "long", "n": 12, "t": 1795341600250, "x": 1.0},
        {"ROWTIME": 5, "s": "3.5", "n": 7, "t": None, "x": None},
    ]
    errors = app.stream("error_stream")
    assert [(row["ERROR_NAME"], row["MESSAGE"]) for row in errors] == [
        ("Numeric overflow", "column n: 128 does not fit into TINYINT"),
        ("Coercion error", "column n: 'many' cannot be converted to TINYINT"),
        ("Coercion error", "column n: 1.5 cannot be converted to TINYINT"),
        ("Coercion error", "column x: nan cannot be converted to DOUBLE"),
    ]
    assert bytes.fromhex(errors[0]["DATA_ROW"]).decode() == '{"s": "a", "n": 128}'
    assert {row["PUMP_NAME"] for row in errors} == {""}
    assert list(errors[0]) == [
        "ROWTIME", "ERROR_TIME", "ERROR_LEVEL", "ERROR_NAME", "MESSAGE", "DATA_ROWTIME", "DATA_ROW", "PUMP_NAME",
    ]  # fmt: skip


def test_a_row_that_cannot_be_computed_goes_to_the_error_stream_and_the_others_go_on():
    script = """CREATE STREAM OUT_ (x TINYINT);
        CREATE PUMP "halves" AS INSERT INTO OUT_ SELECT STREAM 100 / "n" FROM "SOURCE_SQL_STREAM_001";"""
    app = Application(script, [("n", "INTEGER")])
    app.feed([{"n": 0}, {"n": 50}, {"n": None}], 3)
    assert [row["X"] for row in app.stream("OUT_")] == [2, None]
    (error,) = app.stream("error_stream")
    assert (error["ERROR_NAME"], error["PUMP_NAME"]) == ("Division by zero", "halves")
    assert bytes.fromhex(error["DATA_ROW"]).decode() == '{"ROWTIME": 3, "values": [0]}'


def test_an_unexpected_failure_costs_its_row_only():
    script = """CREATE STREAM OUT_ (s VARCHAR(8));
        CREATE PUMP p AS INSERT INTO OUT_ SELECT STREAM "s" FROM "SOURCE_SQL_STREAM_001";"""
    app = Application(script, [("s", "VARCHAR(8)")])
    app.feed([{"s": "a"}, {"s": 10**5000}, {"s": "b"}], 0)  # Python writes no number of more than 4300 digits
    assert [row["S"] for row in app.stream("OUT_")] == ["a", "b"]
    (error,) = app.stream("error_stream")
    assert error["ERROR_NAME"] == "Unexpected error"
    assert error["MESSAGE"].startswith("ValueError: Exceeds the limit")
    assert "the row cannot be shown" in bytes.fromhex(error["DATA_ROW"]).decode()


def test_an_unexpected_failure_in_one_pump_leaves_the_others():
    script = """CREATE STREAM YEARS (y BIGINT); CREATE STREAM LATE (n INTEGER); CREATE STREAM ALL_ (n INTEGER);
        CREATE PUMP P1 AS INSERT INTO YEARS SELECT STREAM EXTRACT(YEAR FROM ROWTIME) FROM "SOURCE_SQL_STREAM_001";
        CREATE PUMP P2 AS INSERT INTO LATE SELECT STREAM "n" FROM "SOURCE_SQL_STREAM_001"
            WHERE EXTRACT(YEAR FROM ROWTIME) > 2000;
        CREATE PUMP P3 AS INSERT INTO ALL_ SELECT STREAM "n" FROM "SOURCE_SQL_STREAM_001";"""
    app = Application(script, [("n", "INTEGER")])
    app.feed([{"n": 1}, {"n": 2}], 10**18)  # a ROWTIME the calendar does not know
    assert [row["N"] for row in app.stream("ALL_")] == [1, 2]
    assert [(row["ERROR_NAME"], row["PUMP_NAME"]) for row in app.stream("error_stream")] == [
        ("Unexpected error", "P1"),
        ("Unexpected error", "P2"),
    ] * 2


def test_timestamps_lie_in_the_calendar():
    script = """CREATE STREAM OUT_ (t VARCHAR(30));
        CREATE PUMP p AS INSERT INTO OUT_ SELECT STREAM CAST("t" AS VARCHAR(30)) FROM "SOURCE_SQL_STREAM_001";"""
    app = Application(script, [("t", "TIMESTAMP")])
    last = 253_402_300_799_999
    app.feed([{"t": last}, {"t": last + 1}, {"t": -(10**18)}, {"t": datetime(2026, 1, 2, tzinfo=UTC)}], 0)
    assert [row["T"] for row in app.stream("OUT_")] == ["9999-12-31 23:59:59.999", "2026-01-02 00:00:00"]
    assert [row["MESSAGE"] for row in app.stream("error_stream")] == [
        "column t: 253402300800000 does not fit into TIMESTAMP",
        "column t: -1000000000000000000 does not fit into TIMESTAMP",
    ]


def test_any_timestamp_is_rendered():
    assert render(0, TIMESTAMP) == "1970-01-01 00:00:00.000"
    assert render(10**18, TIMESTAMP) == 10**18


def test_null_for_the_forest_goes_to_the_error_stream():
    script = """CREATE STREAM OUT_ (s VARCHAR(4), n INTEGER, score DOUBLE);
        CREATE PUMP p AS INSERT INTO OUT_ SELECT STREAM * FROM TABLE(RANDOM_CUT_FOREST(
            CURSOR(SELECT STREAM "s", "n" FROM "SOURCE_SQL_STREAM_001")));"""
    app = Application(script, [("s", "VARCHAR(4)"), ("n", "INTEGER")])
    app.feed([{"s": "a", "n": None}, {"s": None, "n": 1}], 0)
    assert app.stream("OUT_") == [{"ROWTIME": 0, "S": None, "N": 1, "SCORE": 0.0}]
    assert app.stream("error_stream")[0]["ERROR_NAME"] == "Forest input error"


def test_time_does_not_go_back():
    app = Application("", SCHEMA)
    app.advance(1000)
    with pytest.raises(ValueError, match="time cannot go back from 1000 to 999"):
        app.advance(999)


COUNTS = """CREATE STREAM O (n INTEGER);
    CREATE PUMP P AS INSERT INTO O SELECT STREAM COUNT(*) FROM "SOURCE_SQL_STREAM_001" GROUP BY FLOOR(ROWTIME TO MINUTE);"""


def test_rows_out_of_order_go_to_the_error_stream_and_the_rest_goes_on():
    app = Application(COUNTS, SCHEMA)
    app.feed([CLICK], START)
    app.feed([IMPRESSION, {"browseraction": object}], START - 1)
    app.feed([CLICK], START)
    app.advance(START + 60_000)
    app.feed([CLICK] * 3, START + 59_999)
    app.feed([CLICK], START + 60_000)
    app.advance(START + 120_000)
    assert [row["N"] for row in app.stream("O")] == [2, 1]
    assert app.counts()["SOURCE_SQL_STREAM_001"] == 3
    first, second, *others = app.stream("error_stream")
    assert first == {
        "ROWTIME": START,
        "ERROR_TIME": START,
        "ERROR_LEVEL": "ERROR",
        "ERROR_NAME": "Row out of order",
        "MESSAGE": "its ROWTIME, 2023-11-14 22:13:19.999, is before 2023-11-14 22:13:20.000, already reached",
        "DATA_ROWTIME": START - 1,
        "DATA_ROW": b'{"browseraction": "Impression"}'.hex(),
        "PUMP_NAME": "",
    }
    assert second["ERROR_NAME"] == "Row out of order"  # and not what else may be wrong with it
    assert [(row["ROWTIME"], row["DATA_ROWTIME"]) for row in others] == [(START + 60_000, START + 59_999)] * 3
    times = [row["ROWTIME"] for row in app.stream("error_stream")]
    assert times == sorted(times)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 300_000), st.integers(0, 3)), max_size=20))
def test_every_row_is_counted_once_or_told_as_out_of_order(batches):
    app = Application(COUNTS, SCHEMA)
    for rowtime, size in batches:
        app.feed([CLICK] * size, rowtime)
    app.finish()
    counts = app.counts()
    assert counts["SOURCE_SQL_STREAM_001"] + counts["error_stream"] == sum(size for _, size in batches)
    assert sum(row["N"] for row in app.stream("O")) == counts["SOURCE_SQL_STREAM_001"]


@pytest.mark.parametrize(
    ("record_format", "record", "message"),
    [
        ({"RecordFormatType": "JSON"}, b'{"browseraction": "Cl', "the record is not JSON"),
        ({"RecordFormatType": "JSON"}, b'{"a": "\xff"}', "the record is not UTF-8"),
        ({"RecordFormatType": "JSON"}, b"", "the record is empty"),
        ({"RecordFormatType": "CSV"}, b"a,b", "expected 1 columns, found 2"),
    ],
)
def test_a_record_that_cannot_be_read_goes_to_the_error_stream(record_format, record, message):
    schema = {**SCHEMA, "RecordFormat": record_format}
    app, reader = Application(COUNTS, schema), RecordReader(schema)
    app.feed([CLICK], 1000)
    with pytest.raises(RecordError) as caught:
        reader.read(record)
    app.reject(record, caught.value, 61_000)
    app.reject(record, caught.value, 500)  # late, too: told at the time reached
    assert [row["N"] for row in app.stream("O")] == [1]  # its time counts, as that of any record
    rows = app.stream("error_stream")
    assert message in rows[0]["MESSAGE"]
    assert [(row["ROWTIME"], row["DATA_ROWTIME"]) for row in rows] == [(61_000, 61_000), (61_000, 500)]
    assert {row["ERROR_NAME"] for row in rows} == {"Unreadable record"}
    assert {bytes.fromhex(row["DATA_ROW"]) for row in rows} == {record}


def test_a_huge_record_is_told_by_its_beginning():
    app = Application("", SCHEMA)
    app.reject(b"x" * 100_000, RecordError("too long"), 0)
    assert app.stream("error_stream")[0]["DATA_ROW"] == b"x".hex() * (49152 // 2)


def test_draining_and_retaining():
    app = Application("", SCHEMA)
    name = "SOURCE_SQL_STREAM_001"
    app.feed([CLICK] * 3, 0)
    assert len(app.drain(name)) == 3
    assert app.drain(name) == []
    app.retain(2)
    app.feed([CLICK] * 5, 1)
    assert len(app.stream(name)) == 2
    assert [row["ROWTIME"] for row in app.drain(name)] == [1] * 5
    assert app.counts()[name] == 8
    page = app.page(name, after=7, limit=10)
    assert (len(page.rows), page.next) == (1, 8)
    page = app.page(name, after=0, limit=1)
    assert (len(page.rows), page.next) == (1, 7)  # numbers 0 to 5 are gone
    with pytest.raises(KeyError, match="no stream 'X'"):
        app.stream("X")


def test_a_wrong_schema_is_refused():
    with pytest.raises(SchemaError, match="no columns"):
        Application("", {"RecordColumns": []})
    with pytest.raises(SchemaError, match="source column a: 'TEXT' is not a data type"):
        Application("", [("a", "TEXT")])
    with pytest.raises(SchemaError, match="needs RecordColumns"):
        Application("", {"RecordColumns": [{"Name": "a"}]})
    with pytest.raises(SchemaError, match="the name is taken"):
        Application("", [("a", "INTEGER"), ("a", "INTEGER")])


ARRIVALS = """CREATE STREAM S (n INTEGER, t TIMESTAMP);
CREATE PUMP P AS INSERT INTO S SELECT STREAM "n", APPROXIMATE_ARRIVAL_TIME FROM "SOURCE_SQL_STREAM_001" WHERE "n" > 0;"""
NAMED = "SOURCE_SQL_STREAM_001 has no column APPROXIMATE_ARRIVAL_TIME: it is each row's ROWTIME"


def test_the_arrival_time_is_the_rowtime_where_nobody_tells_it():
    app = Application(ARRIVALS, [("n", "INTEGER")])
    app.feed([{"n": 1}, {"n": 2, "APPROXIMATE_ARRIVAL_TIME": "1970-01-01 00:00:03"}], 5_000)
    assert app.warnings == (NAMED,)
    assert app.feed_batch(pa.table({"n": pa.array([3, 4], pa.int32())}), np.array([6_001, 7_000]))
    assert [row["T"] for row in app.stream("S")] == [5_000, 3_000, 6_001, 7_000]
    assert list(app.stream("SOURCE_SQL_STREAM_001")[0]) == ["ROWTIME", "n", "APPROXIMATE_ARRIVAL_TIME"]


def test_a_schema_with_an_arrival_time_has_its_own():
    app = Application(ARRIVALS, [("APPROXIMATE_ARRIVAL_TIME", "TIMESTAMP"), ("n", "INTEGER")])
    app.feed([{"n": 1}], 5_000)
    assert app.warnings == ()
    assert [row["T"] for row in app.stream("S")] == [None]


def test_a_script_that_does_not_read_the_arrival_time_has_none():
    script = """CREATE STREAM APPROXIMATE_ARRIVAL_TIME (n INTEGER); -- APPROXIMATE_ARRIVAL_TIME
        CREATE PUMP P AS INSERT INTO APPROXIMATE_ARRIVAL_TIME SELECT STREAM * FROM "SOURCE_SQL_STREAM_001";"""
    app = Application(script, [("n", "INTEGER")])
    assert (app.warnings, len(app.plan.source.columns)) == ((), 1)
