"""Views as Athena keeps them in the Glue catalog: a query in base64 JSON, after Presto's manner."""

from __future__ import annotations

import base64
import binascii
import json
from typing import Any

from helpers.local_aws.athena.errors import QueryError
from helpers.local_aws.athena.query import CATALOG, TableName
from helpers.local_aws.athena.types import ResultColumn, hive_type

BEGIN, END = "/* Presto View: ", " */"


def table_input(name: TableName, sql: str, columns: list[tuple[ResultColumn, Any]]) -> dict[str, Any]:
    """The TableInput of a view; ``columns`` are the query's, with their DuckDB types."""
    document = {
        "originalSql": sql,
        "catalog": CATALOG,
        "schema": name.database,
        "columns": [{"name": column.name, "type": column.type} for column, _ in columns],
    }
    encoded = base64.b64encode(json.dumps(document).encode()).decode()
    return {
        "Name": name.table,
        "TableType": "VIRTUAL_VIEW",
        "Parameters": {"comment": "Presto View", "presto_view": "true"},
        "ViewOriginalText": f"{BEGIN}{encoded}{END}",
        "ViewExpandedText": "/* Presto View */",
        "PartitionKeys": [],
        "StorageDescriptor": {
            "Columns": [{"Name": column.name, "Type": hive_type(kind)} for column, kind in columns],
            "Location": "",
            "SerdeInfo": {},
        },
    }


def decode(name: TableName, text: str) -> tuple[str, str]:
    """The query of a view's ViewOriginalText, and the database its tables are in; QueryError if it is none."""
    try:
        document = json.loads(base64.b64decode(text.removeprefix(BEGIN).removesuffix(END), validate=True))
        return str(document["originalSql"]), str(document.get("schema") or name.database)
    except (binascii.Error, ValueError, KeyError, TypeError) as error:
        raise QueryError("INVALID_VIEW", f"Invalid view JSON of '{name}': {text[:80]!r}") from error
