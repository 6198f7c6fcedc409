"""Databases, tables, partitions and views, written into the Glue catalog as Athena writes them.

Failures are worded as Hive words them where Athena's DDL is Hive's (``FAILED: …``), and as Trino does for views.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

from botocore.exceptions import ClientError

from helpers.local_aws.athena import statements as st
from helpers.local_aws.athena import storage, views
from helpers.local_aws.athena.catalog import NO_VALUE, Catalog, Column
from helpers.local_aws.athena.engine import Engine, Session
from helpers.local_aws.athena.errors import QueryError
from helpers.local_aws.athena.formats import JSON, LAZY, PARQUET
from helpers.local_aws.athena.query import TableName

TASK = "Execution Error, return code 1 from org.apache.hadoop.hive.ql.exec.DDLTask. "
HADOOP = "org.apache.hadoop"
TEXT_FORMATS = (f"{HADOOP}.mapred.TextInputFormat", f"{HADOOP}.hive.ql.io.HiveIgnoreKeyTextOutputFormat")
# STORED AS: input format, output format, SerDe
STORED = {
    "TEXTFILE": (*TEXT_FORMATS, LAZY),
    "JSON": (*TEXT_FORMATS, JSON[1]),
    "PARQUET": (
        f"{HADOOP}.hive.ql.io.parquet.MapredParquetInputFormat",
        f"{HADOOP}.hive.ql.io.parquet.MapredParquetOutputFormat",
        PARQUET,
    ),
}
TABLE_INPUT = (
    "Name", "Description", "Owner", "Retention", "StorageDescriptor", "PartitionKeys", "ViewOriginalText",
    "ViewExpandedText", "TableType", "Parameters",
)  # fmt: skip
AT_ONCE = 100  # partitions a request of BatchCreatePartition takes


@dataclass(frozen=True)
class Ddl:
    """Carries statements out; ``glue`` and ``s3`` are boto3 clients, ``engine`` tells a view's columns."""

    glue: Any
    s3: Any
    catalog: Catalog
    engine: Engine

    def run(self, statement: st.Statement, folder: Path, session: Session) -> list[str]:
        """Do what a statement says; the lines it answers, of which most have none. QueryError if it fails."""
        match statement:
            case st.CreateDatabase():
                return self._create_database(statement)
            case st.DropDatabase():
                return self._drop_database(statement)
            case st.CreateTable():
                return self._create_table(statement)
            case st.Drop():
                return self._drop(statement)
            case st.AddPartitions():
                return self._add_partitions(statement)
            case st.DropPartitions():
                return self._drop_partitions(statement)
            case st.AlterTable():
                return self._alter(statement)
            case st.Repair():
                return self._repair(statement.name)
            case st.CreateView():
                return self._create_view(statement, folder, session)
        raise AssertionError(statement)

    # --- databases ---

    def _create_database(self, statement: st.CreateDatabase) -> list[str]:
        found = {"Name": statement.name, "Parameters": statement.properties}
        if statement.comment:
            found["Description"] = statement.comment
        if statement.location:
            found["LocationUri"] = statement.location
        try:
            self.glue.create_database(DatabaseInput=found)
        except ClientError as error:
            if code_of(error) != "AlreadyExistsException":
                raise
            if not statement.if_not_exists:
                raise _failed(
                    f"{TASK}AlreadyExistsException(message:Database {statement.name} already exists)"
                ) from error
        return []

    def _drop_database(self, statement: st.DropDatabase) -> list[str]:
        try:
            tables = self.catalog.tables(statement.name)
        except QueryError as error:
            if statement.if_exists:
                return []
            raise _failed(f"SemanticException [Error 10072]: Database does not exist: {statement.name}") from error
        if tables and not statement.cascade:
            raise _failed(
                f"{TASK}InvalidOperationException(message:Database {statement.name} is not empty. "
                "One or more tables exist.)"
            )
        self.glue.delete_database(Name=statement.name)
        return []

    # --- tables ---

    def _create_table(self, statement: st.CreateTable) -> list[str]:
        name = statement.name
        self.catalog.check_database(name.database, "line 1:1")
        if not statement.location.startswith("s3://"):
            raise _failed(f"{TASK}MetaException(message:Table {name.table} needs LOCATION 's3://…')")
        source, target, serde = _formats(statement)
        table = table_input(
            name,
            statement.columns,
            statement.partitions,
            statement.location,
            (source, target, serde),
            {"serialization.format": "1", **statement.serde_properties},
            statement.properties | ({"comment": statement.comment} if statement.comment else {}),
        )
        try:
            self.glue.create_table(DatabaseName=name.database, TableInput=table)
        except ClientError as error:
            if code_of(error) != "AlreadyExistsException":
                raise
            if not statement.if_not_exists:
                raise _failed(f"{TASK}AlreadyExistsException(message:Table {name.table} already exists)") from error
        return []

    def _drop(self, statement: st.Drop) -> list[str]:
        name, kind = statement.name, "View" if statement.view else "Table"
        try:
            found = self.catalog.described(name, "line 1:1")
        except QueryError as error:
            if statement.if_exists:
                return []
            if statement.view:
                raise QueryError("TABLE_NOT_FOUND", f"line 1:1: View '{name}' does not exist") from error
            raise _failed(f"SemanticException [Error 10001]: Table not found {name.database}.{name.table}") from error
        is_view = found.get("TableType") == "VIRTUAL_VIEW"
        if is_view != statement.view:
            other = "VIEW" if is_view else "TABLE"
            raise QueryError(
                "TABLE_NOT_FOUND",
                f"line 1:1: {kind} '{name}' does not exist, but a {other.lower()} with that name exists. "
                f"Did you mean DROP {other} {name}?",
            )
        self.glue.delete_table(DatabaseName=name.database, Name=name.table)
        return []

    def _alter(self, statement: st.AlterTable) -> list[str]:
        found = self.catalog.described(statement.name, "line 1:1")
        table = {key: found[key] for key in TABLE_INPUT if found.get(key)}
        stored = table["StorageDescriptor"]
        present = {column["Name"].lower() for column in (*stored.get("Columns", []), *table.get("PartitionKeys", []))}
        for column in statement.columns:
            if column.name in present:
                raise _failed(f"{TASK}Duplicate column name: {column.name}")
        stored["Columns"] = [*stored.get("Columns", []), *_described(statement.columns)]
        if statement.location:
            stored["Location"] = statement.location
        table["Parameters"] = {**table.get("Parameters", {}), **statement.properties}
        self.glue.update_table(DatabaseName=statement.name.database, TableInput=table)
        return []

    # --- partitions ---

    def _add_partitions(self, statement: st.AddPartitions) -> list[str]:
        table = self.catalog.table(statement.name, "line 1:1")
        names = [column.name for column in table.partitions]
        for partition in statement.partitions:
            if sorted(partition.values) != sorted(names):
                raise _failed(
                    f"SemanticException partition spec {partition.values} doesn't contain all ({len(names)}) "
                    "partition columns"
                )
            values = [partition.values[name] for name in names]
            location = partition.location or f"{table.location.rstrip('/')}/{folder_of(names, values)}"
            added = register(self.glue, self.catalog.described(statement.name, "line 1:1"), [(values, location)])
            if not added and not statement.if_not_exists:
                raise _failed(
                    f"{TASK}AlreadyExistsException(message:Partition already exists: {folder_of(names, values)})"
                )
        return []

    def _drop_partitions(self, statement: st.DropPartitions) -> list[str]:
        table = self.catalog.table(statement.name, "line 1:1")
        names = [column.name for column in table.partitions]
        present = [dict(zip(names, split.values, strict=True)) for split in self.catalog.splits(table)]
        for partition in statement.partitions:
            wanted = partition.values.items()
            chosen = [values for values in present if all(values.get(name) == value for name, value in wanted)]
            if not chosen and not statement.if_exists:
                raise _failed(f"SemanticException [Error 10006]: Partition not found {partition.values}")
            for values in chosen:
                self.glue.delete_partition(
                    DatabaseName=statement.name.database,
                    TableName=statement.name.table,
                    PartitionValues=[NO_VALUE if value is None else value for value in values.values()],
                )
        return []

    def _repair(self, name: TableName) -> list[str]:
        """Add the folders ``a=x/b=y/`` below the table's location that are no partitions yet."""
        table = self.catalog.table(name, "line 1:1")
        if not table.partitions:
            raise _failed(f"{TASK}Table {name.table} is not a partitioned table")
        pattern = re.compile("/".join(rf"{re.escape(column.name)}=([^/]+)" for column in table.partitions) + "/")
        known = {split.values for split in self.catalog.splits(table)}
        bucket, prefix = storage.parse_uri(table.location.rstrip("/") + "/")
        missing: dict[str, list[str]] = {}
        for key in storage.keys(self.s3, bucket, prefix):
            if match := pattern.match(key[len(prefix) :]):
                values = [unquote(value) for value in match.groups()]
                if tuple(None if value == NO_VALUE else value for value in values) not in known:
                    missing[match[0].rstrip("/")] = values
        location = f"s3://{bucket}/{prefix}"
        found = [(values, f"{location}{folder}") for folder, values in sorted(missing.items())]
        register(self.glue, self.catalog.described(name, "line 1:1"), found)
        if not missing:
            return []
        listed = "\t".join(f"{name.table}:{folder}" for folder in sorted(missing))
        return [
            f"Partitions not in metastore:\t{listed}",
            *(f"Repair: Added partition to metastore {name.table}:{folder}" for folder in sorted(missing)),
        ]

    # --- views ---

    def _create_view(self, statement: st.CreateView, folder: Path, session: Session) -> list[str]:
        name = statement.name
        self.catalog.check_database(name.database, "line 1:1")
        columns = self.engine.columns(statement.query, folder, session)
        table = views.table_input(name, statement.text, columns)
        try:
            self.glue.create_table(DatabaseName=name.database, TableInput=table)
        except ClientError as error:
            if code_of(error) != "AlreadyExistsException":
                raise
            if self.catalog.described(name, "line 1:1").get("TableType") != "VIRTUAL_VIEW":
                raise QueryError("TABLE_ALREADY_EXISTS", f"line 1:1: Table '{name}' already exists") from error
            if not statement.replace:
                raise QueryError("ALREADY_EXISTS", f"line 1:1: View already exists: '{name}'") from error
            self.glue.update_table(DatabaseName=name.database, TableInput=table)
        return []


def table_input(
    name: TableName,
    columns: list[Column],
    partitions: list[Column],
    location: str,
    formats: tuple[str, str, str],
    serde_parameters: dict[str, str],
    properties: dict[str, str],
) -> dict[str, Any]:
    """Glue's TableInput for an external table; ``formats``: input format, output format, SerDe."""
    source, target, serde = formats
    return {
        "Name": name.table,
        "TableType": "EXTERNAL_TABLE",
        "Parameters": {"EXTERNAL": "TRUE", **properties},
        "PartitionKeys": _described(partitions),
        "StorageDescriptor": {
            "Columns": _described(columns),
            "Location": location,
            "InputFormat": source,
            "OutputFormat": target,
            "Compressed": False,
            "NumberOfBuckets": -1,
            "SerdeInfo": {"SerializationLibrary": serde, "Parameters": serde_parameters},
        },
    }


def register(glue: Any, described: dict[str, Any], partitions: list[tuple[list[str], str]]) -> int:
    """Put partitions (values, location) into the catalog where they are not yet; how many were not."""
    stored = described["StorageDescriptor"]
    added = 0
    for start in range(0, len(partitions), AT_ONCE):
        batch = partitions[start : start + AT_ONCE]
        answer = glue.batch_create_partition(
            DatabaseName=described["DatabaseName"],
            TableName=described["Name"],
            PartitionInputList=[
                {"Values": values, "StorageDescriptor": {**stored, "Location": location}} for values, location in batch
            ],
        )
        errors = answer.get("Errors", [])
        for error in errors:
            if error["ErrorDetail"]["ErrorCode"] != "AlreadyExistsException":
                raise QueryError("HIVE_METASTORE_ERROR", error["ErrorDetail"]["ErrorMessage"])
        added += len(batch) - len(errors)
    return added


def folder_of(names: list[str], values: list[str]) -> str:
    """``a=x/b=y``, with what S3 keys and Hive have another meaning for as %XX."""
    pairs = zip(names, values, strict=True)
    return "/".join("=".join(quote(text, safe=" +,-._@()!&;") for text in pair) for pair in pairs)


def code_of(error: ClientError) -> str:
    """AWS's code of an error."""
    return str(error.response["Error"]["Code"])


def _formats(statement: st.CreateTable) -> tuple[str, str, str]:
    if len(statement.stored) == 2:
        source, target = statement.stored
        return source, target, statement.serde or LAZY
    if (stored := STORED.get(statement.stored[0])) is None:
        raise QueryError(
            "NOT_SUPPORTED", f"the local Athena does not read STORED AS {statement.stored[0]}: use {', '.join(STORED)}"
        )
    return stored[0], stored[1], statement.serde or stored[2]


def _described(columns: list[Column]) -> list[dict[str, str]]:
    return [{"Name": c.name, "Type": c.type} | ({"Comment": c.comment} if c.comment else {}) for c in columns]


def _failed(message: str) -> QueryError:
    return QueryError("FAILED", message)
