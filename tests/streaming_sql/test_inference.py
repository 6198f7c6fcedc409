from __future__ import annotations

import json

import pytest

from helpers.streaming_sql import (
    Application,
    RecordReader,
    SchemaInferenceError,
    infer_schema,
    parse_schema,
)


def columns(*records):
    schema = infer_schema([r if isinstance(r, bytes) else json.dumps(r).encode() for r in records])
    return {column["Name"]: column["SqlType"] for column in schema["RecordColumns"]}


def test_the_labs_discovery_payload():
    payload = b'{"browseraction":"DiscoveryKinesisTest", "site": "yourwebsiteurl.domain.com"}\n'
    assert infer_schema([payload] * 3) == {
        "RecordFormat": {
            "RecordFormatType": "JSON",
            "MappingParameters": {"JSONMappingParameters": {"RecordRowPath": "$"}},
        },
        "RecordEncoding": "UTF-8",
        "RecordColumns": [
            {"Name": "browseraction", "SqlType": "VARCHAR(64)", "Mapping": "$.browseraction"},
            {"Name": "site", "SqlType": "VARCHAR(64)", "Mapping": "$.site"},
        ],
    }


@pytest.mark.parametrize(
    ("values", "sqltype"),
    [
        ([1, -128], "TINYINT"),
        ([1, 128], "SMALLINT"),
        ([-32_769], "INTEGER"),
        ([2**31], "BIGINT"),
        ([2**63], "DOUBLE"),
        ([1, 1.5], "DOUBLE"),
        ([True, None, False], "BOOLEAN"),
        ([True, 1], "VARCHAR(4)"),
        ([1, "x"], "VARCHAR(4)"),
        ([None], "VARCHAR(4)"),
        (["abcd"], "VARCHAR(4)"),
        (["abcde"], "VARCHAR(16)"),
        (["x" * 17, "x"], "VARCHAR(64)"),
        (["x" * 65], "VARCHAR(256)"),
        (["x" * 20_000], "VARCHAR(65535)"),
        ([[1, 2]], "VARCHAR(16)"),
    ],
)
def test_types(values, sqltype):
    assert columns(*({"v": value} for value in values)) == {"v": sqltype}


def test_names_are_made_usable():
    record = {"2nd": 1, "timestamp": 1, "event-time": 1, "Value": 1, "été": 1, "ok_1": 1, "it's": 1}
    names = ["COL_2nd", "COL_timestamp", "COL_event_time", "COL_Value", "COL__t_", "ok_1", "COL_it_s"]
    assert list(columns(record)) == names
    schema = infer_schema([json.dumps(record).encode()])
    assert RecordReader(schema).read(json.dumps(record).encode()) == [dict.fromkeys(names, 1)]


def test_one_level_is_flattened_and_deeper_ones_are_text():
    record = {"user": {"id": 300, "name": "a"}, "id": 1, "page": {"view": {"x": 1}}}
    schema = infer_schema([json.dumps(record).encode(), b'{"user": null}'])
    found = {c["Name"]: (c["SqlType"], c["Mapping"]) for c in schema["RecordColumns"]}
    assert found == {
        "user_id": ("SMALLINT", "$.user.id"),
        "name": ("VARCHAR(4)", "$.user.name"),
        "id": ("TINYINT", "$.id"),
        "view": ("VARCHAR(16)", "$.page.view"),
    }


def test_columns_of_all_records_in_order_of_appearance():
    assert list(columns({"a": 1}, {"b": 1, "a": 1}, b'{"c": 1}\n{"d": 1}')) == ["a", "b", "c", "d"]


def test_csv():
    schema = infer_schema([b"2026-11-22, 183A, 7, 1.5\n", b"2026-11-22, 35North, 300,\n2026-11-23,X,1,2.5"])
    assert schema["RecordFormat"] == {
        "RecordFormatType": "CSV",
        "MappingParameters": {"CSVMappingParameters": {"RecordRowDelimiter": "\n", "RecordColumnDelimiter": ","}},
    }
    types = [(column["Name"], column["SqlType"]) for column in schema["RecordColumns"]]
    assert types == [
        ("COL_0", "VARCHAR(16)"),
        ("COL_1", "VARCHAR(16)"),
        ("COL_2", "SMALLINT"),
        ("COL_3", "DOUBLE"),
    ]


def test_csv_keeps_leading_zeros_as_text_and_finds_the_delimiter():
    assert columns(b"01|true", b"02|false") == {"COL_0": "VARCHAR(4)", "COL_1": "BOOLEAN"}


@pytest.mark.parametrize("records", [[], [b""], [b"\xff"], [b"Click", b"Impression"], [b"{}"], [b"5"]])
def test_nothing_to_learn_from(records):
    with pytest.raises(SchemaInferenceError):
        infer_schema(records)


def test_some_bad_records_do_not_matter():
    assert columns(b"\xff", b"{", {"a": 1}, {"a": 2}) == {"a": "TINYINT"}


def test_what_is_inferred_can_be_read_and_fed():
    record = json.dumps({"page": "/", "n": 3, "user": {"vip": True}}).encode()
    schema = infer_schema([record])
    assert [field.name for field in parse_schema(schema)] == ["page", "n", "vip"]
    app = Application("", schema)
    app.feed(RecordReader(schema).read(record), 0)
    assert app.stream("SOURCE_SQL_STREAM_001") == [{"ROWTIME": 0, "page": "/", "n": 3, "vip": True}]
