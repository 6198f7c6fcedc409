"""Reference tables from S3 ("Example: Adding Reference Data"): loaded at start, and again when asked."""

from __future__ import annotations

import json
from typing import Any

import pytest

from helpers.local_aws.protocol import AwsError

JOIN = """
CREATE OR REPLACE STREAM "OUT" ("ticker" VARCHAR(4), "company" VARCHAR(20));
CREATE OR REPLACE PUMP "P" AS INSERT INTO "OUT"
SELECT STREAM "SOURCE_SQL_STREAM_001"."ticker", "c"."Company"
FROM "SOURCE_SQL_STREAM_001" LEFT JOIN "CompanyName" AS "c"
ON "SOURCE_SQL_STREAM_001"."ticker" = "c"."Ticker";
"""
KEY = "TickerReference.csv"
CSV = b"AMZN,Amazon\nASD, SomeCompanyA\nMMB, SomeCompanyB\n"


def reference(world: Any, kind: str = "CSV", key: str = KEY) -> dict[str, Any]:
    parameters = {"CSVMappingParameters": {"RecordRowDelimiter": "\n", "RecordColumnDelimiter": ","}}
    if kind == "JSON":
        parameters = {"JSONMappingParameters": {"RecordRowPath": "$"}}
    columns = [
        {"Name": "Ticker", "SqlType": "VARCHAR(4)", "Mapping": "$.Ticker"},
        {"Name": "Company", "SqlType": "VARCHAR(20)", "Mapping": "$.Company"},
    ]
    return {
        "TableName": "CompanyName",
        "S3ReferenceDataSource": {"BucketARN": world.table, "FileKey": key},
        "ReferenceSchema": {
            "RecordFormat": {"RecordFormatType": kind, "MappingParameters": parameters},
            "RecordEncoding": "UTF-8",
            "RecordColumns": columns,
        },
    }


def create(world: Any, *references: dict[str, Any], code: str = JOIN) -> Any:
    columns = [{"Name": "ticker", "SqlType": "VARCHAR(4)", "Mapping": "$.ticker"}]
    source = world.input() | {"InputSchema": world.schema | {"RecordColumns": columns}}
    return world.create(code, Inputs=[source], Outputs=[], ReferenceDataSources=list(references))


def companies(world: Any, *tickers: str) -> list[Any]:
    before = len(world.rows("OUT"))
    world.put(*[json.dumps({"ticker": ticker}).encode() for ticker in tickers])
    world.clock.step(1)
    return [row["company"] for row in world.rows("OUT")[before:]]


@pytest.mark.parametrize(
    ("kind", "file"),
    [("CSV", CSV), ("JSON", b'{"Ticker": "AMZN", "Company": "Amazon"}\n{"Ticker": "ASD", "Company": "SomeCompanyA"}')],
)
def test_a_table_is_loaded_at_start(world: Any, kind: str, file: bytes) -> None:
    create(world, reference(world, kind))
    world.objects["tables", KEY] = file
    world.call("StartApplication", ApplicationName="app")
    assert companies(world, "AMZN", "ASD", "XYZ") == ["Amazon", "SomeCompanyA", None]


def test_a_missing_object_is_refused_at_start(world: Any) -> None:
    create(world, reference(world))
    with pytest.raises(AwsError, match=r"s3://tables/TickerReference\.csv") as caught:
        world.call("StartApplication", ApplicationName="app")
    assert caught.value.code == "InvalidApplicationConfigurationException"
    assert world.describe()["ApplicationStatus"] == "READY"


def test_a_table_is_refreshed_by_an_update_only_and_without_a_restart(world: Any) -> None:
    create(world, reference(world))
    world.objects["tables", KEY] = CSV
    world.call("StartApplication", ApplicationName="app")
    runner = world.runner()
    world.objects["tables", KEY] = b"AMZN,Another\n"
    assert companies(world, "AMZN") == ["Amazon"]
    update = {"ReferenceDataSourceUpdates": [{"ReferenceId": "1.2"}]}
    detail = world.call(
        "UpdateApplication",
        ApplicationName="app",
        CurrentApplicationVersionId=1,
        ApplicationConfigurationUpdate={"SqlApplicationConfigurationUpdate": update},
    )["ApplicationDetail"]
    assert detail["ApplicationVersionId"] == 2
    assert companies(world, "AMZN") == ["Another"]
    assert world.runner() is runner
    world.kill()
    assert companies(world, "AMZN", "ASD") == ["Another", None]


def test_a_refresh_that_cannot_be_read_changes_nothing(world: Any) -> None:
    create(world, reference(world))
    world.objects["tables", KEY] = CSV
    world.call("StartApplication", ApplicationName="app")
    world.objects["tables", KEY] = b"a,b,c\n"
    update = {"ReferenceDataSourceUpdates": [{"ReferenceId": "1.2"}]}
    with pytest.raises(AwsError) as caught:
        world.call(
            "UpdateApplication",
            ApplicationName="app",
            CurrentApplicationVersionId=1,
            ApplicationConfigurationUpdate={"SqlApplicationConfigurationUpdate": update},
        )
    assert caught.value.code == "InvalidApplicationConfigurationException"
    assert world.describe()["ApplicationVersionId"] == 1
    assert companies(world, "AMZN") == ["Amazon"]


def test_added_and_deleted_while_running(world: Any) -> None:
    """If the application is running, the table is created and loaded at once."""
    plain = """CREATE OR REPLACE STREAM "OUT" ("ticker" VARCHAR(4), "company" VARCHAR(20));
    CREATE OR REPLACE PUMP "P" AS INSERT INTO "OUT" SELECT STREAM "ticker", 'none' FROM "SOURCE_SQL_STREAM_001";"""
    create(world, code=plain)
    world.objects["tables", KEY] = CSV
    world.call("StartApplication", ApplicationName="app")
    added = world.call(
        "AddApplicationReferenceDataSource",
        ApplicationName="app",
        CurrentApplicationVersionId=1,
        ReferenceDataSource=reference(world),
    )
    [described] = added["ReferenceDataSourceDescriptions"]
    assert (described["TableName"], described["ReferenceId"]) == ("CompanyName", "2.1")
    assert described["S3ReferenceDataSourceDescription"] == {"BucketARN": world.table, "FileKey": KEY}
    code = {"ApplicationCodeConfigurationUpdate": {"CodeContentUpdate": {"TextContentUpdate": JOIN}}}
    world.call(
        "UpdateApplication",
        ApplicationName="app",
        CurrentApplicationVersionId=2,
        ApplicationConfigurationUpdate=code,
    )
    assert companies(world, "MMB") == ["SomeCompanyB"]
    delete = {"ApplicationName": "app", "CurrentApplicationVersionId": 3, "ReferenceId": "2.1"}
    with pytest.raises(AwsError) as caught:  # the script still reads it
        world.call("DeleteApplicationReferenceDataSource", **delete)
    assert caught.value.code == "CodeValidationException"
    code["ApplicationCodeConfigurationUpdate"]["CodeContentUpdate"]["TextContentUpdate"] = plain
    world.call(
        "UpdateApplication",
        ApplicationName="app",
        CurrentApplicationVersionId=3,
        ApplicationConfigurationUpdate=code,
    )
    world.call("DeleteApplicationReferenceDataSource", **delete | {"CurrentApplicationVersionId": 4})
    sql = world.describe()["ApplicationConfigurationDescription"]["SqlApplicationConfigurationDescription"]
    assert sql["ReferenceDataSourceDescriptions"] == []


def test_at_most_one_and_in_a_bucket(world: Any) -> None:
    with pytest.raises(AwsError, match="at most 1 reference data source") as caught:
        create(world, reference(world), reference(world) | {"TableName": "other"})
    assert caught.value.code == "InvalidArgumentException"
    elsewhere = reference(world) | {"S3ReferenceDataSource": {"BucketARN": "arn:aws:sns:::x", "FileKey": "k"}}
    with pytest.raises(AwsError, match="not the ARN of a bucket"):
        create(world, elsewhere)
