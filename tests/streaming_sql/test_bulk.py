# ruff: noqa: E501, S608 - SQL reads better unbroken; streaming scripts, not database queries
"""Many rows at once give what the same rows give one by one: in all streams, in order, errors included."""

import json
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helpers.streaming_sql import Application
from helpers.streaming_sql.bulk import ColumnReader, read_rowtime, read_rowtimes
from helpers.streaming_sql.bulk.feeders import GroupFeeder, RowFeeder

COLUMNS = [
    ("page", "VARCHAR(4)"),
    ("n", "INTEGER"),
    ("m", "BIGINT"),
    ("x", "DOUBLE"),
    ("ok", "BOOLEAN"),
    ("t", "TIMESTAMP"),
]
SCHEMA = {"RecordColumns": [{"Name": name, "SqlType": sqltype} for name, sqltype in COLUMNS]}
ARROW = pa.schema(
    [("page", pa.string()), ("n", pa.int32()), ("m", pa.int64()), ("x", pa.float64()), ("ok", pa.bool_()), ("t", pa.string())]
)  # fmt: skip
STEP = "STEP(S.ROWTIME BY INTERVAL '10' SECOND)"
ALL = "VARCHAR(4), INTEGER, BIGINT, DOUBLE, BOOLEAN, TIMESTAMP"


def pump(name: str, types: str, select: str) -> str:
    columns = ", ".join(f"c{number} {sqltype}" for number, sqltype in enumerate(types.split(", ")))
    return f"CREATE STREAM {name} ({columns}); CREATE PUMP P_{name} AS INSERT INTO {name} {select};"


SOURCE = 'FROM "SOURCE_SQL_STREAM_001" AS S'
GROUPS = {
    "counts": pump("A", "BIGINT", f"SELECT STREAM COUNT(*) {SOURCE} GROUP BY {STEP}"),
    "keys": pump("A", "VARCHAR(4), BOOLEAN, BIGINT, BIGINT", f'SELECT STREAM "page", "ok", COUNT(*), COUNT("n") {SOURCE} '
                 f'WHERE "page" <> \'a\' OR "n" > 1 GROUP BY "page", {STEP}, "ok"'),
    "aggregates": pump(
        "A",
        "VARCHAR(8), BIGINT, DOUBLE, INTEGER, VARCHAR(4), DOUBLE, TIMESTAMP, BIGINT, DOUBLE, DOUBLE",
        f'SELECT STREAM UPPER("page"), SUM("m"), SUM("x"), AVG("n"), MIN("page"), MAX("x"), MAX("t"), '
        f'SUM(CASE WHEN "ok" THEN 1 ELSE 0 END), AVG("x"), STDDEV_POP("x") {SOURCE} GROUP BY UPPER("page"), {STEP}',
    ),
    "division": pump("A", "BIGINT, BIGINT", f'SELECT STREAM SUM(10 / "n"), COUNT(*) {SOURCE} WHERE 6 / "n" <> 2 '
                     f"GROUP BY {STEP}"),
    "subquery": pump("A", "VARCHAR(4), BIGINT", 'SELECT STREAM k, MAX(v) FROM (SELECT STREAM "page" AS k, "m" + "n" AS v '
                     f'{SOURCE} WHERE "ok") AS S GROUP BY k, FLOOR(S.ROWTIME TO MINUTE)'),
    "two windows": pump("A", "BIGINT", f"SELECT STREAM COUNT(*) {SOURCE} GROUP BY {STEP}, FLOOR(S.ROWTIME TO MINUTE)"),
    "months": pump("A", "BIGINT", f"SELECT STREAM COUNT(*) {SOURCE} GROUP BY FLOOR(S.ROWTIME TO MONTH)"),
    "rowtime selected": pump("A", "TIMESTAMP, BIGINT", f"SELECT STREAM S.ROWTIME, COUNT(*) {SOURCE} GROUP BY {STEP}"),
    "windows of windows": pump("A", "VARCHAR(4), BIGINT", f'SELECT STREAM "page", COUNT(*) {SOURCE} GROUP BY "page", {STEP}')
    + pump("B", "BIGINT", "SELECT STREAM SUM(c1) FROM A AS S GROUP BY FLOOR(S.ROWTIME TO MINUTE)"),
    "joined": pump("A", "BIGINT", f'SELECT STREAM COUNT(*) {SOURCE} WHERE "ok" GROUP BY {STEP}')
    + pump("B", "BIGINT", f'SELECT STREAM COUNT(*) {SOURCE} WHERE NOT "ok" GROUP BY {STEP}')
    + pump("C", "BIGINT, BIGINT", "SELECT STREAM A.c0, B.c0 FROM A, B WHERE A.ROWTIME = B.ROWTIME"),
}  # fmt: skip
ROWS = {
    "all rows": pump("A", ALL, f"SELECT STREAM S.* {SOURCE}"),
    "filtered": pump("A", "TIMESTAMP, BIGINT", f'SELECT STREAM S.ROWTIME, "m" / "n" {SOURCE} WHERE "page" LIKE \'a%\' AND "m" > 2'),
    "failing condition": pump("A", "BIGINT", f'SELECT STREAM "m" {SOURCE} WHERE 6 / "n" <> 2'),
    "rowtime in a condition": pump("A", "BIGINT", f"SELECT STREAM COUNT(*) {SOURCE} WHERE EXTRACT(SECOND FROM S.ROWTIME) < 30 "
                                   f"GROUP BY {STEP}"),
    "rowtime by another name": pump("A", "TIMESTAMP, BIGINT", "SELECT STREAM STEP(w BY INTERVAL '10' SECOND), COUNT(*) "
                                    f"FROM (SELECT STREAM S.ROWTIME AS w {SOURCE}) AS T GROUP BY STEP(w BY INTERVAL '10' SECOND)"),
    "sliding": pump("A", "VARCHAR(4), BIGINT", f'SELECT STREAM "page", COUNT(*) OVER (PARTITION BY "page" RANGE INTERVAL \'20\' '
                    f'SECOND PRECEDING) {SOURCE} WHERE "n" > 0'),
    "stagger": pump("A", "VARCHAR(4), BIGINT", f'SELECT STREAM "page", COUNT(*) {SOURCE} '
                    'WINDOWED BY STAGGER (PARTITION BY "page" RANGE INTERVAL \'15\' SECOND)'),
    "declared": pump("A", "BIGINT, BIGINT", f'SELECT STREAM MONOTONIC("n"), COUNT(*) {SOURCE} GROUP BY MONOTONIC("n"), {STEP}'),
    "top items": pump("A", "VARCHAR(4), BIGINT", "SELECT STREAM * FROM TABLE(TOP_K_ITEMS_TUMBLING("
                      "CURSOR(SELECT STREAM * FROM \"SOURCE_SQL_STREAM_001\"), 'page', 2, 10))"),
    "sorted": pump("A", "BIGINT", f'SELECT STREAM "m" {SOURCE} ORDER BY FLOOR(S.ROWTIME TO SECOND), "m" DESC'),
    "rows and groups": pump("A", "BIGINT", f'SELECT STREAM "m" {SOURCE} WHERE "ok"')
    + pump("A2", "BIGINT", f"SELECT STREAM COUNT(*) {SOURCE} GROUP BY {STEP}")
    + pump("B", "BIGINT, BIGINT", "SELECT STREAM A.c0, A2.c0 FROM A OVER (RANGE INTERVAL '30' SECOND PRECEDING) JOIN A2 ON TRUE"),
}  # fmt: skip

values = st.fixed_dictionaries(
    {},
    optional={
        "page": st.none() | st.sampled_from(["", "a", "A", "abcdef", "ß", "日本語です"]),
        "n": st.none() | st.integers(-2, 3),
        "m": st.none() | st.integers(0, 5) | st.sampled_from([2**63 - 1, -(2**63)]),
        "x": st.none() | st.sampled_from([0.1, 0.2, 1e308, -1e308, 5.0, 1e-320]) | st.floats(-1e6, 1e6),
        "ok": st.none() | st.booleans(),
        "t": st.none() | st.sampled_from(["2026-01-05 10:00:00", "2026-01-05T10:00:00.123456Z", "2026-01-06"]),
    },
)
timed_rows = st.lists(st.tuples(values, st.sampled_from([0, 0, 1, 500, 4_000, 10_000, 61_000])), max_size=30)
cuts = st.lists(st.integers(1, 12), min_size=1, max_size=4)


def everything(application: Application) -> dict[str, Any]:
    return {**{stream.name: application.stream(stream.name) for stream in application.streams},
            "counts": application.counts(), "rowtime": application.rowtime}  # fmt: skip


def timed(rows: list[tuple[dict[str, Any], int]]) -> list[tuple[dict[str, Any], int]]:
    rowtimes = np.cumsum([1_795_341_600_000] + [step for _, step in rows])[1:]
    return [(row, int(rowtime)) for (row, _), rowtime in zip(rows, rowtimes, strict=True)]


def one_by_one(script: str, rows: list[tuple[dict[str, Any], int]]) -> Application:
    application = Application(script, COLUMNS)
    for row, rowtime in rows:
        application.feed([row], rowtime)
    return application


def in_batches(script: str, rows: list[tuple[dict[str, Any], int]], sizes: list[int]) -> tuple[Application, int]:
    """With how many batches were taken as such."""
    application, taken, start = Application(script, COLUMNS), 0, 0
    number = 0
    while start < len(rows):
        part = rows[start : start + sizes[number % len(sizes)]]
        start, number = start + len(part), number + 1
        batch = pa.Table.from_pylist([row for row, _ in part], ARROW)
        if application.feed_batch(batch, np.array([rowtime for _, rowtime in part])):
            taken += 1
            continue
        for row, rowtime in part:
            application.feed([row], rowtime)
    return application, taken


@pytest.mark.parametrize("name", [*GROUPS, *ROWS])
@given(rows=timed_rows, sizes=cuts)
@settings(max_examples=25, deadline=None)
def test_batches_give_what_rows_give(name: str, rows: list[tuple[dict[str, Any], int]], sizes: list[int]) -> None:
    script = {**GROUPS, **ROWS}[name]
    expected = one_by_one(script, timed(rows))
    found, _ = in_batches(script, timed(rows), sizes)
    assert everything(found) == everything(expected)
    assert [repr(row) for row in found.stream("A")] == [repr(row) for row in expected.stream("A")]  # -0.0, 1 and TRUE
    for application in (expected, found):
        application.finish()
    assert everything(found) == everything(expected)


@pytest.mark.parametrize("name", [*GROUPS, *ROWS])
def test_tumbling_windows_take_groups_and_others_rows(name: str) -> None:
    application, taken = in_batches({**GROUPS, **ROWS}[name], [({"page": "a"}, 1), ({"page": "b"}, 2)], [2])
    assert taken == 1
    kinds = [type(feeder) for feeder in application._bulks["SOURCE_SQL_STREAM_001"]._feeders]
    wanted = GroupFeeder if name in GROUPS else RowFeeder
    assert kinds[0] is wanted
    assert RowFeeder not in kinds or name in ROWS


def test_rows_that_nobody_can_look_at_are_counted_only() -> None:
    application = Application(GROUPS["counts"], COLUMNS)
    application.retain(0)
    batch = pa.Table.from_pylist([{"page": "a"}] * 3, ARROW)
    assert application.feed_batch(batch, np.array([1, 2, 3]))
    assert application.counts()["SOURCE_SQL_STREAM_001"] == 3
    assert application.stream("SOURCE_SQL_STREAM_001") == []


@pytest.mark.parametrize("rowtimes", [[5, 4], [3, 9]])
def test_rows_from_before_go_one_by_one(rowtimes: list[int]) -> None:
    application = Application(GROUPS["counts"], COLUMNS)
    application.advance(4)
    before = everything(application)
    assert not application.feed_batch(pa.Table.from_pylist([{}, {}], ARROW), np.array(rowtimes))
    assert everything(application) == before


@pytest.mark.parametrize(
    ("column", "value"), [("x", float("nan")), ("x", float("inf")), ("x", -0.0), ("t", "soon"), ("m", 2**63 - 1)]
)
def test_a_value_that_could_come_out_as_another_one_goes_the_usual_way(column: str, value: Any) -> None:
    application = Application(GROUPS["aggregates" if column == "m" else "counts"], COLUMNS)
    before = everything(application)
    batch = pa.Table.from_pylist([{column: value}, {column: value}], ARROW)
    assert not application.feed_batch(batch, np.array([1, 2]))
    assert everything(application) == before


def test_a_batch_needs_a_rowtime_for_each_row_and_a_source() -> None:
    application = Application(GROUPS["counts"], COLUMNS)
    with pytest.raises(ValueError, match="2 rows with 1 rowtimes"):
        application.feed_batch(pa.Table.from_pylist([{}, {}], ARROW), np.array([1]))
    with pytest.raises(KeyError, match="no source stream 'A'"):
        application.feed_batch(pa.Table.from_pylist([{}], ARROW), np.array([1]), "A")


# reading


@pytest.mark.parametrize(
    "block",
    [
        b'{"n": 1}{"n": 2}\n{"n":\n3}\n',
        b'{"n":\n1}\n',
        b'{"other": {"a": 1}\n, "n": 2}{"n": 3}\n',
        b'{"n": 1}\n\n{"n": 2}\n',
        b' {"n": 1}\n',
        b'{"n": 1},\n',
        b'{"n": 1}',
        b'\xef\xbb\xbf{"n": 1}\n',
        b'{"page": "\xff"}\n',
        b'{"page": "\\ud800"}\n',
        b'{"page": 1}\n',
        b'{"n": "1"}\n',
        b'{"n": 1.0}\n',
        b'{"n": 3000000000}\n',
        b'{"n": 1, "n": 2}\n',
        b'{"x": 1e999}\n',
        b'{"page": {"a": 1}}\n',
        b"[1]\n",
        b"\n",
        b"",
        b'{"other": ' + b"[" * 500 + b"]" * 500 + b"}\n",
        b'{"other": ' + b"1" * 5_000 + b"}\n",
    ],
)
def test_lines_that_are_not_plainly_rows_are_not_read(block: bytes) -> None:
    assert ColumnReader(SCHEMA).read(block) is None


def test_plain_lines_are_read_whatever_else_is_in_them() -> None:
    block = b'{"n": 1, "other": {"a": [1]}}\r\n{"page": "\\u00e9\xc3\xa9", "x": 2}\n{}\n'
    table = ColumnReader(SCHEMA).read(block)
    assert table is not None
    assert table.select(["page", "n", "x"]).to_pylist() == [
        {"page": None, "n": 1, "x": None},
        {"page": "éé", "n": None, "x": 2.0},
        {"page": None, "n": None, "x": None},
    ]


@pytest.mark.parametrize(
    ("schema", "applies"),
    [
        (SCHEMA, True),
        ({"RecordColumns": [{"Name": "COL_time", "SqlType": "BIGINT", "Mapping": "$.time"}]}, True),
        ({"RecordColumns": [{"Name": "a", "SqlType": "BIGINT", "Mapping": "$.b.a"}]}, False),
        ({"RecordColumns": [{"Name": "a", "SqlType": "DECIMAL(5,2)"}]}, False),
        ({"RecordColumns": [{"Name": n, "SqlType": "BIGINT", "Mapping": "$.a"} for n in "ab"]}, False),
        ({"RecordFormat": {"RecordFormatType": "CSV"}, "RecordColumns": [{"Name": "a", "SqlType": "BIGINT"}]}, False),
    ],
)
def test_which_schemas_can_be_read_in_columns(schema: dict[str, Any], applies: bool) -> None:
    reader = ColumnReader(schema)
    assert reader.applies is applies
    found = reader.read(b'{"time": 5, "a": 5}\n')
    assert (found is not None) is applies


texts = st.sampled_from(
    ["2026-11-22T10:00:00Z", "2026-11-22 10:00:00.25", "2026-11-22T10:00:00.1239999Z", "2026-11-22T10:00:00.5+00:00",
     "1969-12-31T23:59:59.9999Z", "2026-11-22T10:00Z", "2026-11-22", "2026-02-30", "3000-01-01", "soon", "1795341600",
     "2026-11-22T10:00:00+01:00", " 2026-11-22"]
)  # fmt: skip
numbers = st.integers(-(10**16), 10**16) | st.integers(1_700_000_000, 1_800_000_000)


@given(
    st.lists(texts, min_size=1, max_size=3)
    | st.lists(numbers, min_size=1)
    | st.lists(st.floats(allow_subnormal=False) | st.floats(1.7e9, 1.8e12), min_size=1)
    | st.lists(st.none() | st.booleans(), min_size=1)
)
def test_a_column_of_rowtimes_is_read_as_its_values_are(column: list[Any]) -> None:
    found = read_rowtimes(pa.chunked_array([column]))
    if found is not None:
        assert found.tolist() == [read_rowtime(value) for value in column]


@pytest.mark.parametrize(
    "column", [["2026-11-22T10:00:00.25Z"] * 2, ["2026-11-22 10:00:00", "2026-11-22"], [1795341600], [1795341600.25]]
)
def test_the_usual_rowtimes_are_read_as_a_column(column: list[Any]) -> None:
    assert read_rowtimes(pa.chunked_array([column])) is not None


def test_records_of_the_lab_are_read_in_columns(clickstream_script: str) -> None:
    schema = {
        "RecordColumns": [{"Name": "browseraction", "SqlType": "VARCHAR(16)"}, {"Name": "at", "SqlType": "BIGINT"}]
    }
    records = [
        {"browseraction": "Click" if n % 5 == 0 else "Impression", "at": 1_795_341_600 + n // 7} for n in range(500)
    ]
    batched, single = (Application(clickstream_script, schema) for _ in range(2))
    table = ColumnReader(schema).read("".join(json.dumps(record) + "\n" for record in records).encode())
    assert table is not None
    rowtimes = read_rowtimes(table.column("at"))
    assert batched.feed_batch(table, rowtimes)
    for record in records:
        single.feed([record], int(record["at"]) * 1_000)  # type: ignore[call-overload]
    assert batched.counts()["CTRSTREAM"] == 7
    assert everything(batched) == everything(single)
