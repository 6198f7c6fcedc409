# ruff: noqa: E501 - lines of records read better unbroken
"""What `workshop sql run` writes does not depend on whether lines go in one by one or in columns."""

from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helpers import sql_runner
from helpers.sql_inputs import blocks
from helpers.sql_runner import Runner

SCRIPT = """CREATE STREAM COUNTS ("page" VARCHAR(4), n BIGINT, total DOUBLE, latest VARCHAR(8));
CREATE PUMP COUNTING AS INSERT INTO COUNTS
SELECT STREAM "page", COUNT(*), SUM("x"), MAX("note") FROM "SOURCE_SQL_STREAM_001" AS S WHERE "n" > 0 OR "n" IS NULL
GROUP BY "page", STEP(S.ROWTIME BY INTERVAL '10' SECOND);
CREATE STREAM RARE ("n" INTEGER);
CREATE PUMP SEEKING AS INSERT INTO RARE
SELECT STREAM 6 / "n" FROM "SOURCE_SQL_STREAM_001" WHERE "page" = 'b';"""
SCHEMA: dict[str, Any] = {
    "RecordColumns": [
        {"Name": name, "SqlType": sqltype}
        for name, sqltype in (
            ("page", "VARCHAR(4)"), ("n", "INTEGER"), ("x", "DOUBLE"), ("note", "VARCHAR(8)"), ("at", "BIGINT")
        )
    ]
}  # fmt: skip
plain = st.builds(
    '{{"page": "{}", "n": {}, "x": {}, "at": {{at}}}}'.format,
    st.sampled_from("aabé"), st.integers(-1, 2), st.sampled_from(["0.1", "2", "1e300", "-7.25", "null"]),
)  # fmt: skip
odd = st.sampled_from(
    [
        "oops", "", "[1]", "{}", '{"at": {at}}', '{"at": null}', '{"at": "soon"}', '{"at": "{at}"}', '{"at": {at}.0}', '{"at": 5}',
        '{"page": "a", "at": {at}}{"page": "b", "at": {at}}', '{"page": "a",\n"at": {at}}', ' {"page": "a", "at": {at}}',
        '{"page": "a", "at": {at}}\r', '\ufeff{"page": "a", "at": {at}}', '{"page": "a", "at": {at}},', '{"page": "\ud800", "at": {at}}',
        '{"page": "\\ud800", "at": {at}}', '{"page": "\\u0061", "at": {at}}', '{"page": {"a": [1]}, "at": {at}}', '{"page": 5, "at": {at}}',
        '{"page": "toolong", "note": "and this, too", "at": {at}}', '{"n": 1.0, "at": {at}}', '{"n": 1.5, "at": {at}}', '{"n": "2", "at": {at}}',
        '{"n": 3000000000, "at": {at}}', '{"n": -0, "at": {at}}', '{"x": -0, "page": "a", "at": {at}}', '{"x": -0.0, "page": "c", "at": {at}}',
        '{"x": NaN, "at": {at}}', '{"x": 1e999, "at": {at}}', '{"x": true, "at": {at}}', '{"n": 1, "n": 2, "at": {at}}', '{"more": [{"n": 1}], "at": {at}}',
        '{"page": "a", "at": {at}, "page": "b"}', '{"page": "tab\there", "at": {at}}',
    ]
)  # fmt: skip
files = st.lists(st.tuples(st.one_of(plain, plain, plain, odd), st.sampled_from([0, 0, 1, 7, -2])), max_size=40)


def content(lines: list[tuple[str, int]]) -> bytes:
    at, text = 1_795_341_600, []
    for line, step in lines:
        at += step
        text.append(line.replace("{at}", str(at)))
    return "\n".join(text).encode("utf-8", "surrogatepass")


def ran(data: bytes, size: int, rowtime: str | None, columns: bool) -> tuple[list[str], list[str], int]:
    """What was written, what was told, and how many rows went in as columns."""
    out: list[str] = []
    told: list[str] = []
    streams = ("SOURCE_SQL_STREAM_001", "COUNTS", "RARE", "error_stream")
    runner = Runner(SCRIPT, SCHEMA, rowtime=rowtime, streams=streams, write=out.append, tell=told.append)
    feed_columns, rows = runner._feed_columns, 0

    def counted(table: pa.Table, moment: int) -> bool:
        nonlocal rows
        taken = columns and feed_columns(table, moment)
        rows += table.num_rows if taken else 0
        return taken

    runner._feed_columns = counted  # type: ignore[method-assign]
    pieces = [data[i : i + size] for i in range(0, len(data), size)]
    for moment, block in enumerate(blocks(pieces, size=size)):
        runner.feed(block, 0 if rowtime else moment // 3 * 9_000, runner.read(block))
    runner.finish()
    return out, told, rows


@given(lines=files, size=st.sampled_from([1, 60, 300, 5_000]))
@settings(max_examples=50, deadline=None)
def test_lines_and_columns_give_the_same(lines: list[tuple[str, int]], size: int) -> None:
    data = content(lines)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sql_runner, "SMALL", 1)
        for rowtime in ("at", None):
            expected = ran(data, size, rowtime, columns=False)
            assert ran(data, size, rowtime, columns=True)[:2] == expected[:2]


def test_plain_lines_go_in_as_columns_and_the_others_of_a_block_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sql_runner, "SMALL", 100)
    lines = [('{"page": "a", "n": 1, "x": 0.5, "at": {at}}', 1)] * 1_000
    lines[400] = ("oops", 1)
    out, told, rows = ran(content(lines) + b"\n", 10_000, "at", columns=True)
    assert 950 < rows < 1_000
    assert told == [
        "line 401: expected a JSON object",
        "999 records read, 1,101 rows written; in error_stream: 1 unreadable.",
    ]
    assert sum('"COUNTS"' in line for line in out) == 101
    assert (out, told) == ran(content(lines) + b"\n", 10_000, "at", columns=False)[:2]
