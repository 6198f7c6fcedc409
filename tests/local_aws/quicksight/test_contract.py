"""QuickSight over the wire: data sources over Athena and data sets upon them."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from helpers.workshop import Workshop

ACCOUNT = "123456789012"
COLUMNS = [{"Name": "toll", "Type": "STRING"}]


def source(name: str) -> dict[str, Any]:
    parameters = {"AthenaParameters": {"WorkGroup": "primary"}}
    return {
        "AwsAccountId": ACCOUNT,
        "DataSourceId": name,
        "Name": name,
        "Type": "ATHENA",
        "DataSourceParameters": parameters,
    }


def data_set(name: str, arn: str) -> dict[str, Any]:
    table = {"RelationalTable": {"DataSourceArn": arn, "Schema": "toll", "Name": "t", "InputColumns": COLUMNS}}
    return {
        "AwsAccountId": ACCOUNT,
        "DataSetId": name,
        "Name": name,
        "PhysicalTableMap": {"t": table},
        "ImportMode": "DIRECT_QUERY",
    }


@pytest.fixture
def quicksight(workshop: Workshop) -> Any:
    client = workshop.client("quicksight")
    yield client
    for item in client.list_data_sets(AwsAccountId=ACCOUNT)["DataSetSummaries"]:
        client.delete_data_set(AwsAccountId=ACCOUNT, DataSetId=item["DataSetId"])
    for item in client.list_data_sources(AwsAccountId=ACCOUNT)["DataSources"]:
        client.delete_data_source(AwsAccountId=ACCOUNT, DataSourceId=item["DataSourceId"])


def refusal(call: Any, **params: Any) -> str:
    with pytest.raises(ClientError) as refused:
        call(**params)
    return str(refused.value.response["Error"]["Code"])


def test_a_data_source_and_a_data_set_are_made_described_and_deleted(quicksight: Any) -> None:
    made = quicksight.create_data_source(**source("s"))
    assert (made["Status"], made["CreationStatus"]) == (201, "CREATION_SUCCESSFUL")
    assert made["Arn"] == f"arn:aws:quicksight:us-east-1:{ACCOUNT}:datasource/s"
    described = quicksight.describe_data_source(AwsAccountId=ACCOUNT, DataSourceId="s")["DataSource"]
    assert described["DataSourceParameters"] == {"AthenaParameters": {"WorkGroup": "primary"}}
    assert described["Status"] == "CREATION_SUCCESSFUL"
    assert quicksight.create_data_set(**data_set("d", made["Arn"]))["DataSetId"] == "d"
    described = quicksight.describe_data_set(AwsAccountId=ACCOUNT, DataSetId="d")["DataSet"]
    assert described["PhysicalTableMap"]["t"]["RelationalTable"]["InputColumns"] == COLUMNS
    [listed] = quicksight.list_data_sets(AwsAccountId=ACCOUNT)["DataSetSummaries"]
    assert (listed["DataSetId"], listed["ImportMode"]) == ("d", "DIRECT_QUERY")
    quicksight.delete_data_set(AwsAccountId=ACCOUNT, DataSetId="d")
    quicksight.delete_data_source(AwsAccountId=ACCOUNT, DataSourceId="s")
    assert quicksight.list_data_sources(AwsAccountId=ACCOUNT)["DataSources"] == []


def test_what_cannot_be_is_refused(quicksight: Any) -> None:
    quicksight.create_data_source(**source("s"))
    assert refusal(quicksight.create_data_source, **source("s")) == "ResourceExistsException"
    manifest = {"ManifestFileLocation": {"Bucket": "bbb", "Key": "k"}}
    other = source("o") | {"DataSourceParameters": {"S3Parameters": manifest}}
    assert refusal(quicksight.create_data_source, **other) == "InvalidParameterValueException"
    missing = data_set("d", f"arn:aws:quicksight:us-east-1:{ACCOUNT}:datasource/none")
    assert refusal(quicksight.create_data_set, **missing) == "ResourceNotFoundException"
    gone = {"AwsAccountId": ACCOUNT, "DataSetId": "none"}
    assert refusal(quicksight.describe_data_set, **gone) == "ResourceNotFoundException"
    assert refusal(quicksight.delete_data_set, **gone) == "ResourceNotFoundException"
    assert refusal(quicksight.list_dashboards, AwsAccountId=ACCOUNT) == "NotImplementedException"
