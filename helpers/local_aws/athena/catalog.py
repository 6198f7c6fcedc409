"""Tables as the Glue catalog describes them, reduced to what reading them takes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import ClientError

from helpers.local_aws.athena.errors import QueryError
from helpers.local_aws.athena.query import TableName

NO_VALUE = "__HIVE_DEFAULT_PARTITION__"  # Hive's name for NULL in a partition column


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
    values: tuple[str | None, ...] = ()


@dataclass(frozen=True)
class Table:
    """A table: its columns, partition columns, where its objects are and how they are written."""

    name: TableName
    columns: tuple[Column, ...]
    partitions: tuple[Column, ...]
    location: str
    serde: str
    parameters: dict[str, str] = field(default_factory=dict)  # of the table, then of the SerDe
    view: str = ""  # its ViewOriginalText if it is one

    @property
    def all_columns(self) -> tuple[Column, ...]:
        """Columns and partition columns, as ``SELECT *`` shows them."""
        return self.columns + self.partitions


class Catalog:
    """The Glue catalog behind a boto3 client."""

    def __init__(self, glue: Any) -> None:
        self.glue = glue

    def databases(self) -> list[str]:
        """The names of all databases, sorted."""
        return sorted(item["Name"] for item in self._all("get_databases", "DatabaseList"))

    def tables(self, database: str) -> list[str]:
        """The names of a database's tables, sorted."""
        self.check_database(database, "line 1:1")
        return sorted(t["Name"] for t in self._all("get_tables", "TableList", DatabaseName=database))

    def views(self, database: str) -> list[str]:
        """The names of a database's views, sorted."""
        found = self._all("get_tables", "TableList", DatabaseName=database)
        return sorted(t["Name"] for t in found if t.get("TableType") == "VIRTUAL_VIEW")

    def check_database(self, database: str, where: str) -> None:
        """QueryError if there is no such database."""
        try:
            self.glue.get_database(Name=database)
        except ClientError as error:
            if error.response["Error"]["Code"] != "EntityNotFoundException":
                raise
            raise QueryError("SCHEMA_NOT_FOUND", f"{where}: Schema '{database}' does not exist") from error

    def table(self, name: TableName, where: str) -> Table:
        """One table; QueryError naming ``where`` in the query it was asked for if it is not there."""
        return _table(name, self.described(name, where))

    def described(self, name: TableName, where: str) -> dict[str, Any]:
        """One table as Glue describes it; QueryError naming ``where`` if it is not there."""
        try:
            found: dict[str, Any] = self.glue.get_table(DatabaseName=name.database, Name=name.table)["Table"]
        except ClientError as error:
            if error.response["Error"]["Code"] != "EntityNotFoundException":
                raise
            self.check_database(name.database, where)
            raise QueryError("TABLE_NOT_FOUND", f"{where}: Table '{name}' does not exist") from error
        return found

    def splits(self, table: Table) -> list[Split]:
        """The folders that hold a table's objects: its own, or those of its partitions in the catalog."""
        if not table.partitions:
            return [Split(table.location)]
        found = self._all("get_partitions", "Partitions", DatabaseName=table.name.database, TableName=table.name.table)
        return [
            Split(p["StorageDescriptor"]["Location"], tuple(None if v == NO_VALUE else v for v in p["Values"]))
            for p in found
        ]

    def _all(self, operation: str, member: str, **arguments: Any) -> Iterator[dict[str, Any]]:
        for page in self.glue.get_paginator(operation).paginate(**arguments):
            yield from page[member]


def _table(name: TableName, found: dict[str, Any]) -> Table:
    storage = found.get("StorageDescriptor", {})
    if found.get("TableType") == "VIRTUAL_VIEW":
        view = found.get("ViewOriginalText") or "nothing"
        return Table(name, _columns(storage.get("Columns", [])), (), "", "", view=view)
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
