from __future__ import annotations

import pytest

from helpers.streaming_sql import RecordError, RecordReader, SchemaError
from helpers.streaming_sql.records import parse_path


def json_schema(*columns, row_path="$"):
    return {
        "RecordFormat": {
            "RecordFormatType": "JSON",
            "MappingParameters": {"JSONMappingParameters": {"RecordRowPath": row_path}},
        },
        "RecordEncoding": "UTF-8",
        "RecordColumns": [{"Name": name, "SqlType": "VARCHAR(64)", "Mapping": path} for name, path in columns],
    }


def csv_schema(*names, row="\n", column=","):
    mapping = {"RecordRowDelimiter": row, "RecordColumnDelimiter": column}
    return {
        "RecordFormat": {
            "RecordFormatType": "CSV",
            "MappingParameters": {"CSVMappingParameters": mapping},
        },
        "RecordColumns": [{"Name": name, "SqlType": "VARCHAR(64)"} for name in names],
    }


@pytest.mark.parametrize(
    ("data", "rows"),
    [
        (b'{"a": 1}', [1]),
        (b'{"a": 1}\n', [1]),
        (b'{"a": 1}\n{"a": "x"}\r\n\n{"a": null}', [1, "x", None]),
        (b'{"a": 1}{"a": [2]}, {"b": 3}', [1, [2], None]),
        (b'\xef\xbb\xbf{"a": true}', [True]),
        ('{"a": "é"}'.encode(), ["é"]),
    ],
)
def test_json_documents(data, rows):
    assert RecordReader(json_schema(("A", "$.a"))).read(data) == [{"A": value} for value in rows]


def test_json_paths():
    reader = RecordReader(
        json_schema(("deep", "$.a.b.c"), ("odd", "$['odd name']"), ("second", "$.list[1]"), ("none", "$.a.x.y"))
    )
    data = b'{"a": {"b": {"c": 5}}, "odd name": 6, "list": [7, 8]}'
    assert reader.read(data) == [{"deep": 5, "odd": 6, "second": 8, "none": None}]


@pytest.mark.parametrize("path", ["$.records[0:]", "$.records[*]"])
def test_json_row_path(path):
    reader = RecordReader(json_schema(("a", "$.a"), row_path=path))
    assert reader.read(b'{"records": [{"a": 1}, {"a": 2}]}') == [{"a": 1}, {"a": 2}]
    assert reader.read(b'{"other": 1}') == []


ORDERS = b"""{"name": "John Doe", "tags": ["x", "y"], "orders": [
    {"id": "23284", "item": "Widget"}, {"id": "63122"}, {"id": "77284", "item": null}], "none": []}"""


@pytest.mark.parametrize(
    ("paths", "rows"),
    [
        (["$.name", "$.orders[0:].id"], [["John Doe", "23284"], ["John Doe", "63122"], ["John Doe", "77284"]]),
        (["$.orders[*].id", "$.orders[*].item"], [["23284", "Widget"], ["63122", None], ["77284", None]]),
        (["$.orders[1:].id"], [["63122"], ["77284"]]),
        (["$.tags[0:]", "$.orders[0:].item"], [[["x", "y"], "Widget"], [["x", "y"], None], [["x", "y"], None]]),
        (["$.tags[0:]", "$.name"], [[["x", "y"], "John Doe"]]),
        (["$.orders[0:].missing"], [[None], [None], [None]]),
        (["$.name", "$.none[0:].id"], [["John Doe", None]]),
        (["$.name", "$.absent[0:].id", "$.name[0:]", "$.name[0]"], [["John Doe", None, None, None]]),
    ],
)
def test_arrays(paths, rows):
    reader = RecordReader(json_schema(*[(f"c{place}", path) for place, path in enumerate(paths)]))
    assert [list(row.values()) for row in reader.read(ORDERS)] == rows


@pytest.mark.parametrize(
    ("paths", "why"), [(["$.a[0:].b[0:].c"], "arrays within"), (["$.a[0:].b", "$.c[0:].d"], "one array; two do of two")]
)
def test_two_arrays_are_not_laid_out_in_rows(paths, why):
    with pytest.raises(SchemaError, match=why):
        RecordReader(json_schema(*[(f"c{place}", path) for place, path in enumerate(paths)]))


def test_a_row_path_to_null_is_no_row():
    with pytest.raises(RecordError, match="expected a JSON object, found None"):
        RecordReader(json_schema(("a", "$.a"), row_path="$.inner")).read(b'{"inner": null}')


@pytest.mark.parametrize(
    "data", [b"", b" \n", b"{", b'{"a": 1} x', b"Click", b"5", b'"a"', b"\xff\xfe", b"[" * 100_000]
)
def test_unreadable_json(data):
    with pytest.raises(RecordError):
        RecordReader(json_schema(("a", "$.a"))).read(data)


def test_csv_rows():
    reader = RecordReader(csv_schema("date", "toll", "user"))
    data = b'Sun Nov 22 2026, 183A, "a, ""b"""\r\n\nSun,,x\n'
    assert reader.read(data) == [
        {"date": "Sun Nov 22 2026", "toll": "183A", "user": 'a, "b"'},
        {"date": "Sun", "toll": None, "user": "x"},
    ]


def test_csv_delimiters():
    assert RecordReader(csv_schema("a", "b", row="#", column="||")).read(b"1||2#3||4") == [
        {"a": "1", "b": "2"},
        {"a": "3", "b": "4"},
    ]


@pytest.mark.parametrize("data", [b"a,b,c", b"a", b"", b"\xff,b", b"a," + b"x" * 200_000])
def test_unreadable_csv(data):
    with pytest.raises(RecordError):
        RecordReader(csv_schema("a", "b")).read(data)


@pytest.mark.parametrize("path", ["a", "$a", "$.", "$.a[", "$..a", "$['a", "$[x]"])
def test_wrong_paths(path):
    with pytest.raises(SchemaError, match="is not a JSON path"):
        parse_path(path)


@pytest.mark.parametrize(
    "schema",
    [
        {"RecordColumns": []},
        {"RecordFormat": {"RecordFormatType": "XML"}, "RecordColumns": [{"Name": "a"}]},
        {"RecordEncoding": "UTF-16", "RecordColumns": [{"Name": "a"}]},
    ],
)
def test_wrong_schemas(schema):
    with pytest.raises(SchemaError):
        RecordReader(schema)
