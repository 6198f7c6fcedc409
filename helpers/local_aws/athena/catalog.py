"""Tables as the Glue catalog describes them, reduced to what reading them takes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import ClientError

from helpers.local_aws.athena.errors import QueryError
from helpers.local_aws.athena.query import TableName


@dataclass(frozen=True)
class Column:
    """A column in Hive's terms."""

    name: str
    type: str
    comment: str = ""


@dataclass(frozen=True)
class Split:
    """A folder of objects (``s3://bucket/prefix/``) and the values of the partition columns in it."""

    location: str
    values: tuple[str, ...] = ()


@dataclass(frozen=True)
class Table:
    """A table: its columns, partition columns, where its objects are and how they are written."""

    name: TableName
    columns: tuple[Column, ...]
    partitions: tuple[Column, ...]
    location: str
    serde: str
    parameters: dict[str, str] = field(default_factory=dict)  # of the SerDe, then of the table

    @property
    def all_columns(self) -> tuple[Column, ...]:
        """Columns and partition columns, as ``SELECT *`` shows them."""
        return self.columns + self.partitions


class Catalog:
    """The Glue catalog behind a boto3 client."""

    def __init__(self, glue: Any) -> None:
        self._glue = glue

    def databases(self) -> list[str]:
        """The names of all databases, sorted."""
        return sorted(item["Name"] for item in self._all("get_databases", "DatabaseList"))

    def tables(self, database: str) -> list[str]:
        """The names of a database's tables, sorted."""
        self.check_database(database, "line 1:1")
        return sorted(t["Name"] for t in self._all("get_tables", "TableList", DatabaseName=database))

    def check_database(self, database: str, where: str) -> None:
        """QueryError if there is no such database."""
        try:
            self._glue.get_database(Name=database)
        except ClientError as error:
            if error.response["Error"]["Code"] != "EntityNotFoundException":
                raise
            raise QueryError("SCHEMA_NOT_FOUND", f"{where}: Schema '{database}' does not exist") from error

    def table(self, name: TableName, where: str) -> Table:
        """One table; QueryError naming ``where`` in the query it was asked for if it is not there."""
        try:
            found = self._glue.get_table(DatabaseName=name.database, Name=name.table)["Table"]
        except ClientError as error:
            if error.response["Error"]["Code"] != "EntityNotFoundException":
                raise
            self.check_database(name.database, where)
            raise QueryError("TABLE_NOT_FOUND", f"{where}: Table '{name}' does not exist") from error
        return _table(name, found)

    def splits(self, table: Table) -> list[Split]:
        """The folders that hold a table's objects: its own, or those of its partitions."""
        if not table.partitions:
            return [Split(table.location)]
        if table.parameters.get("projection.enabled", "").lower() == "true":
            raise QueryError(
                "NOT_SUPPORTED",
                f"the local Athena does not do partition projection (table {table.name}): register the "
                "partitions with glue.create_partition, or declare the table without partitions",
            )
        found = self._all("get_partitions", "Partitions", DatabaseName=table.name.database, TableName=table.name.table)
        return [Split(p["StorageDescriptor"]["Location"], tuple(p["Values"])) for p in found]

    def _all(self, operation: str, member: str, **arguments: Any) -> Iterator[dict[str, Any]]:
        for page in self._glue.get_paginator(operation).paginate(**arguments):
            yield from page[member]


def _table(name: TableName, found: dict[str, Any]) -> Table:
    storage = found.get("StorageDescriptor", {})
    if found.get("TableType") == "VIRTUAL_VIEW":
        raise QueryError("NOT_SUPPORTED", f"the local Athena does not read views ({name})")
    if not storage.get("Location"):
        raise QueryError("HIVE_METASTORE_ERROR", f"Table storage descriptor of {name} has no location")
    serde = storage.get("SerdeInfo", {})
    return Table(
        name=name,
        columns=_columns(storage.get("Columns", [])),
        partitions=_columns(found.get("PartitionKeys", [])),
        location=storage["Location"],
        serde=serde.get("SerializationLibrary", ""),
        parameters={**(found.get("Parameters") or {}), **(serde.get("Parameters") or {})},
    )


def _columns(found: list[dict[str, Any]]) -> tuple[Column, ...]:
    return tuple(Column(c["Name"].lower(), c.get("Type", "string"), c.get("Comment", "")) for c in found)
