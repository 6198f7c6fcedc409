"""An account in memory: just enough S3, Glue and Athena control plane to run queries without a server."""

import io
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import ClientError

from helpers.local_aws.athena.service import AthenaService
from helpers.local_aws.clock import Clock
from helpers.local_aws.runtime import Runtime

START = 1795341600.0  # 2026-11-22 10:00:00 UTC
OPENX = "org.openx.data.jsonserde.JsonSerDe"


def refused(code: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": code}}, "operation")


@dataclass
class Account:
    """Buckets, tables and work groups as dictionaries, with the methods of the boto3 clients."""

    objects: dict[tuple[str, str], bytes] = field(default_factory=dict)
    buckets: set[str] = field(default_factory=lambda: {"data", "results"})
    tables: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)
    partitions: list[dict[str, Any]] = field(default_factory=list)
    groups: dict[str, dict[str, Any]] = field(default_factory=dict)

    def client(self, name: str) -> "Account":
        return self

    def get_paginator(self, operation: str) -> Any:
        return SimpleNamespace(paginate=lambda **arguments: self._pages(getattr(self, operation), arguments))

    def _pages(self, operation: Callable[..., dict[str, Any]], arguments: dict[str, Any]) -> Iterator[dict[str, Any]]:
        page = operation(**arguments)
        yield page
        if page.get("IsTruncated"):
            yield from self._pages(operation, arguments | {"ContinuationToken": page["NextContinuationToken"]})

    # set-up
    def table(self, name: str, columns: dict[str, str], serde: str = OPENX, **more: Any) -> None:
        storage = {
            "Columns": [{"Name": n, "Type": t} for n, t in columns.items()],
            "Location": f"s3://data/{name}",
            "SerdeInfo": {"SerializationLibrary": serde, "Parameters": more.pop("serde_parameters", {})},
        }
        self.tables["db", name] = {"Name": name, "StorageDescriptor": storage, **more}

    def put(self, key: str, body: bytes | str | list[dict[str, Any]]) -> None:
        if isinstance(body, list):
            body = "".join(json.dumps(row) + "\n" for row in body)
        self.objects["data", key] = body.encode() if isinstance(body, str) else body

    # s3
    def list_objects_v2(self, Bucket: str, Prefix: str, ContinuationToken: str = "0") -> dict[str, Any]:
        if Bucket not in self.buckets:
            raise refused("NoSuchBucket")
        keys = sorted(key for bucket, key in self.objects if bucket == Bucket and key.startswith(Prefix))
        at = int(ContinuationToken)  # pages of two, so that paging is always needed
        page = [{"Key": key, "Size": len(self.objects[Bucket, key])} for key in keys[at : at + 2]]
        more = at + 2 < len(keys)
        return {"Contents": page, "IsTruncated": more, "NextContinuationToken": str(at + 2)}

    def get_object(self, Bucket: str, Key: str) -> dict[str, Any]:
        if (Bucket, Key) not in self.objects:
            raise refused("NoSuchKey")
        return {"Body": io.BytesIO(self.objects[Bucket, Key])}

    def put_object(self, Bucket: str, Key: str, Body: Any) -> None:
        if Bucket not in self.buckets:
            raise refused("NoSuchBucket")
        self.objects[Bucket, Key] = Body if isinstance(Body, bytes) else Body.read()

    # glue
    def get_database(self, Name: str) -> dict[str, Any]:
        if Name not in {database for database, _ in self.tables} | {"db"}:
            raise refused("EntityNotFoundException")
        return {}

    def get_databases(self) -> dict[str, Any]:
        return {"DatabaseList": [{"Name": "other"}, {"Name": "db"}]}

    def get_table(self, DatabaseName: str, Name: str) -> dict[str, Any]:
        if (DatabaseName, Name) not in self.tables:
            raise refused("EntityNotFoundException")
        return {"Table": self.tables[DatabaseName, Name]}

    def get_tables(self, DatabaseName: str) -> dict[str, Any]:
        return {"TableList": [t for (database, _), t in self.tables.items() if database == DatabaseName]}

    def get_partitions(self, DatabaseName: str, TableName: str) -> dict[str, Any]:
        return {"Partitions": self.partitions}

    # athena's control plane
    def get_work_group(self, WorkGroup: str) -> dict[str, Any]:
        if WorkGroup not in self.groups:
            raise refused("InvalidRequestException")
        return {"WorkGroup": self.groups[WorkGroup]}


@dataclass
class Bench:
    """The service over an account, and short ways to ask it."""

    account: Account
    service: AthenaService
    clock: Clock

    def start(self, sql: str, **more: Any) -> str:
        request = {"QueryString": sql, "QueryExecutionContext": {"Database": "db"}, **more}
        answer: str = self.service.handle("StartQueryExecution", request)["QueryExecutionId"]
        return answer

    def describe(self, query_id: str) -> dict[str, Any]:
        answer = self.service.handle("GetQueryExecution", {"QueryExecutionId": query_id})
        execution: dict[str, Any] = answer["QueryExecution"]
        return execution

    def reason(self, sql: str, **more: Any) -> str:
        """Why a query failed."""
        status = self.describe(self.start(sql, **more))["Status"]
        assert status["State"] == "FAILED", status
        reason: str = status["StateChangeReason"]
        return reason

    def rows(self, sql: str, **more: Any) -> list[list[str | None]]:
        """The rows of a query that must succeed, without the header."""
        query_id = self.start(sql, **more)
        status = self.describe(query_id)["Status"]
        assert status["State"] == "SUCCEEDED", status
        found = self.service.handle("GetQueryResults", {"QueryExecutionId": query_id})["ResultSet"]["Rows"]
        return [[datum.get("VarCharValue") for datum in row["Data"]] for row in found[1:]]

    def value(self, expression: str) -> str | None:
        """What Athena writes for one expression."""
        [[value]] = self.rows(f"SELECT {expression}")
        return value


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bench]:
    monkeypatch.setattr("helpers.local_aws.athena.service.PATIENCE", 60.0)  # queries are done when started
    account = Account()
    account.groups["primary"] = {
        "State": "ENABLED",
        "Configuration": {"ResultConfiguration": {"OutputLocation": "s3://results/here/"}},
    }
    clock = Clock("stepped", START)
    runtime = Runtime(clock, "123456789012", "us-east-1", 7, account.client, tmp_path)
    yield Bench(account, AthenaService(runtime), clock)
    clock.close()
