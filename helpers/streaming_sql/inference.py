"""Schema discovery: the InputSchema that fits some sample records.

What it does: JSON (one level of nesting flattened) and delimited text, the narrowest type that
holds every sample, VARCHAR lengths that are powers of four. What it does not do: header lines,
timestamps (they stay texts), arrays (they stay JSON texts).

Source: kinesisanalyticsv2 DiscoverInputSchema and Developer Guide, "Using the Schema Discovery
Feature on Streaming Data"; the lengths were inferred from schemas the service discovered.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from itertools import islice
from typing import Any, Final

from .conversion import as_text
from .datatypes import INTEGER_RANGES, MAX_LENGTH
from .errors import RecordError, SchemaInferenceError
from .records import RecordReader, decoded, documents, split_rows

DELIMITERS: Final = (",", "\t", "|", ";")
_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")
# Words of the service's SQL that cannot name a column without quotes: those seen in data.
_WORDS: Final = """
ABS ALL AND ANY AS ASC AVG BETWEEN BIGINT BINARY BOOLEAN BY CALL CASE CAST CHAR CHARACTER CHECK
CLOSE COLUMN COMMIT CONDITION CONNECT CONSTRAINT CONVERT COUNT CREATE CROSS CUBE CURRENT CURSOR
CYCLE DATE DAY DECIMAL DECLARE DEFAULT DELETE DESC DESCRIBE DISTINCT DOUBLE DROP ELEMENT ELSE END
ESCAPE EVERY EXCEPT EXEC EXISTS EXTERNAL FALSE FILTER FLOAT FLOOR FOR FOREIGN FREE FROM FULL
FUNCTION GET GLOBAL GRANT GROUP HAVING HOLD HOUR IDENTITY IMPORT IN INDICATOR INNER INOUT INSERT INT
INTEGER INTERSECT INTERVAL INTO IS JOIN LANGUAGE LEADING LEFT LIKE LIMIT LN LOCAL LOWER MATCH MAX
MEMBER MERGE METHOD MIN MINUTE MOD MODULE MONTH NATIONAL NATURAL NEW NO NONE NOT NULL NUMERIC OF OLD
ON ONLY OPEN OR ORDER OUT OUTER OVER OVERLAPS OVERLAY PARAMETER PARTITION POSITION POWER PRECISION
PREPARE PRIMARY PROCEDURE RANGE RANK READS REAL REF REFERENCES RELEASE RESULT RETURN RETURNS REVOKE
RIGHT ROLLBACK ROLLUP ROW ROWS ROWTIME SAVEPOINT SCOPE SCROLL SEARCH SECOND SELECT SENSITIVE SET
SIMILAR SMALLINT SOME SPECIFIC SQL START STATIC STDDEV_POP STEP STREAM SUBSTRING SUM SYMMETRIC
SYSTEM SYSTEM_USER TABLE THEN TIME TIMESTAMP TINYINT TO TRAILING TRIGGER TRIM TRUE UNION UNIQUE
UNKNOWN UPDATE UPPER USER USING VALUE VALUES VAR_POP VARBINARY VARCHAR VARYING WHEN WHENEVER WHERE
WINDOW WITH WITHIN WITHOUT YEAR
"""
RESERVED: Final = frozenset(_WORDS.split())

Samples = dict[tuple[str, ...], list[Any]]


def infer_schema(records: Sequence[bytes]) -> dict[str, Any]:
    """The InputSchema of some raw records, as DiscoverInputSchema answers it.

    Raises SchemaInferenceError where there is nothing to learn from.

    >>> infer_schema([b'{"browseraction": "Click"}'])["RecordColumns"]
    [{'Name': 'browseraction', 'SqlType': 'VARCHAR(16)', 'Mapping': '$.browseraction'}]
    """
    if not records:
        raise SchemaInferenceError("there are no records to detect a schema in: send some, then try again")
    texts = [text for record in records if (text := _text(record))]
    objects = [found for text in texts if (found := _objects(text))]
    if objects and len(objects) * 2 >= len(texts):
        return _json_schema([document for found in objects for document in found])
    return _csv_schema(texts)


def parsed(schema: dict[str, Any], records: Sequence[bytes], most: int = 20) -> list[list[str]]:
    """Records as rows of texts, in the order of the schema's columns, at most `most` of each; unreadable ones left out.

    >>> parsed(infer_schema([b'{"n": 1}']), [b'{"n": 7}', b'no JSON'])
    [['7']]
    """
    reader = RecordReader(schema)
    names = [column["Name"] for column in schema["RecordColumns"]]
    found: list[list[str]] = []
    for data in records:
        try:
            rows = list(islice(reader.read(data), most))
        except RecordError:
            continue
        found += [["" if row.get(name) is None else str(row[name]) for name in names] for row in rows]
    return found


def _text(record: bytes) -> str | None:
    try:
        return decoded(record)
    except RecordError:
        return None  # not UTF-8 or empty: nothing to learn from it, the others may tell


def _objects(text: str) -> list[dict[str, Any]]:
    try:
        return [found for found in documents(text) if isinstance(found, dict) and found]
    except RecordError:
        return []  # no JSON: it may be delimited text


def _json_schema(found: list[dict[str, Any]]) -> dict[str, Any]:
    samples: Samples = {}
    for document in found:
        for key, value in document.items():
            if isinstance(value, dict) and value:
                for inner, part in value.items():
                    samples.setdefault((key, inner), []).append(part)
            else:
                samples.setdefault((key,), []).append(value)
    _forget_empty(samples)
    columns = [
        {"Name": name, "SqlType": _sql_type(samples[path]), "Mapping": _mapping(path)}
        for path, name in zip(samples, _names(list(samples)), strict=True)
    ]
    parameters = {"JSONMappingParameters": {"RecordRowPath": "$"}}
    return _schema("JSON", parameters, columns)


def _forget_empty(samples: Samples) -> None:
    """An object that is sometimes empty or NULL is known by its parts alone."""
    objects = {path[0] for path in samples if len(path) == 2}
    for key in objects:
        if (key,) in samples and all(value is None or value == {} for value in samples[key,]):
            del samples[key,]


def _csv_schema(texts: list[str]) -> dict[str, Any]:
    for delimiter in DELIMITERS:
        rows = _rows(texts, delimiter)
        width, count = Counter(map(len, rows)).most_common(1)[0] if rows else (0, 0)
        if width > 1 and count * 2 >= len(rows):
            samples = [[_value(row[i]) for row in rows if len(row) == width] for i in range(width)]
            columns = [{"Name": f"COL_{i}", "SqlType": _sql_type(values)} for i, values in enumerate(samples)]
            mappings = {"RecordRowDelimiter": "\n", "RecordColumnDelimiter": delimiter}
            return _schema("CSV", {"CSVMappingParameters": mappings}, columns)
    raise SchemaInferenceError(
        f"the {len(texts)} readable records are neither JSON objects nor delimited text: look at what is sent"
    )


def _schema(kind: str, parameters: dict[str, Any], columns: list[dict[str, str]]) -> dict[str, Any]:
    return {
        "RecordFormat": {"RecordFormatType": kind, "MappingParameters": parameters},
        "RecordEncoding": "UTF-8",
        "RecordColumns": columns,
    }


def _rows(texts: list[str], delimiter: str) -> list[list[str]]:
    rows: list[list[str]] = []
    for text in texts:
        try:
            rows.extend(split_rows(text, "\n", delimiter))
        except RecordError:
            continue  # not to be read with this delimiter; it counts against none of the others
    return rows


def _value(text: str) -> Any:
    """A delimited value as the JSON value it would be."""
    if not text:
        return None
    if re.fullmatch(r"[+-]?\d{1,18}", text) and not re.match(r"[+-]?0\d", text):
        return int(text)
    if re.fullmatch(r"[+-]?(\d+\.\d*|\.\d+)([eE][+-]?\d+)?", text):
        return float(text)
    return {"true": True, "false": False}.get(text.lower(), text)


def _sql_type(values: list[Any]) -> str:
    known = [value for value in values if value is not None]
    if known and all(isinstance(value, bool) for value in known):
        return "BOOLEAN"
    if known and all(isinstance(value, int | float) and not isinstance(value, bool) for value in known):
        return _number_type(known)
    longest = max((len(as_text(value)) for value in known), default=1)
    length = 4
    while length < longest:
        length *= 4
    return f"VARCHAR({min(length, MAX_LENGTH)})"


def _number_type(values: list[int | float]) -> str:
    if all(isinstance(value, int) for value in values):
        for name, (least, most) in INTEGER_RANGES.items():
            if all(least <= value <= most for value in values):
                return name
    return "DOUBLE"


def _names(paths: list[tuple[str, ...]]) -> list[str]:
    """Column names: the last part of each path, the whole path where that is taken."""
    last = Counter(_safe(path[-1]) for path in paths)
    names: list[str] = []
    for path in paths:
        name = _safe(path[-1]) if last[_safe(path[-1])] == 1 else _safe("_".join(path))
        number = 2
        unique = name
        while unique in names:
            unique, number = f"{name}_{number}", number + 1
        names.append(unique)
    return names


def _safe(name: str) -> str:
    if _NAME.match(name) and name.upper() not in RESERVED:
        return name
    return "COL_" + re.sub(r"[^A-Za-z0-9_]", "_", name)


def _mapping(path: tuple[str, ...]) -> str:
    """A JSON path; a name with a quote in it is given in the other kind of quotes."""
    steps = []
    for part in path:
        if _NAME.match(part):
            steps.append(f".{part}")
        else:
            steps.append(f'["{part}"]' if "'" in part else f"['{part}']")
    return "$" + "".join(steps)
