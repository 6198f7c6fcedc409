"""Kinesis Data Analytics SQL as a library: scripts in, rows in, rows out; no AWS, no wall clock.

>>> from helpers.streaming_sql import Application
>>> script = '''
...   CREATE OR REPLACE STREAM "CLICKS" ("n" INTEGER);
...   CREATE OR REPLACE PUMP "COUNTING" AS INSERT INTO "CLICKS"
...     SELECT STREAM COUNT(*) FROM "SOURCE_SQL_STREAM_001" WHERE "action" = 'Click'
...     GROUP BY STEP(ROWTIME BY INTERVAL '10' SECOND);
... '''
>>> application = Application(script, [("action", "VARCHAR(16)")])
>>> application.feed([{"action": "Click"}, {"action": "Impression"}], rowtime=0)
>>> application.feed([{"action": "Click"}], rowtime=4_000)
>>> application.advance(10_000)
>>> application.stream("CLICKS")
[{'ROWTIME': 10000, 'n': 2}]

A script that cannot run is refused before any row, with the place:

>>> Application('CREATE STREAM "S" ("n" COUNTER)', [("action", "VARCHAR(16)")])  # doctest: +ELLIPSIS
Traceback (most recent call last):
helpers.streaming_sql.errors.SqlError: line 1, column 24: 'COUNTER' is not a data type...(near: COUNTER)
"""

from __future__ import annotations

from .application import Application, Page, render
from .datatypes import Field
from .errors import ForestError, RecordError, SchemaError, SchemaInferenceError, SnapshotError, SqlError
from .forest import RandomCutForest, prepare_forest
from .inference import infer_schema, parsed
from .plan import Stream
from .records import RecordReader
from .schema import parse_schema
from .script import check_syntax

__all__ = [
    "Application",
    "Field",
    "ForestError",
    "Page",
    "RandomCutForest",
    "RecordError",
    "RecordReader",
    "SchemaError",
    "SchemaInferenceError",
    "SnapshotError",
    "SqlError",
    "Stream",
    "check_syntax",
    "infer_schema",
    "parse_schema",
    "parsed",
    "prepare_forest",
    "render",
]
