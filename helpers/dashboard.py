"""The toll road's dashboard: its charts, from Athena; and on aws the way to Amazon QuickSight.

Locally the dashboard is a notebook, notebooks/toll/dashboard.ipynb, which Voila serves as a page. What QuickSight
needs to draw the same is made by `connect_quicksight`: a data source over the work group, a data set over the table.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from helpers import athena
from helpers.toll import QUERIES

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from helpers.workshop import Workshop

TABLE = "lab_toll_data_stream"
COLUMNS = ("date", "toll", "user")


def figures(ws: Workshop) -> list[Figure]:
    """Vehicles by station, by licence plate, and by station and minute; asks Athena."""
    from helpers.panels import charts, toll_charts

    stations, plates, minutes = (
        athena.query(ws, athena.load_query(name, QUERIES)) for name in ("stations", "plates", "minutes")
    )
    return [charts.counts_chart(stations), charts.counts_chart(plates), toll_charts.minutes_chart(minutes)]


def connect_quicksight(ws: Workshop) -> str:
    """Make the data source and the data set that QuickSight wants, unless they are there; the console's address.

    On aws QuickSight must have been subscribed to, and allowed to read the buckets; its own error says so if not.
    """
    quicksight, account = ws.client("quicksight"), _account(ws)
    listed = quicksight.list_data_sources(AwsAccountId=account)["DataSources"]
    source = next((each for each in listed if each["DataSourceId"] == ws.stack_name), None)
    source = source or quicksight.create_data_source(
        AwsAccountId=account,
        DataSourceId=ws.stack_name,
        Name="toll",
        Type="ATHENA",
        DataSourceParameters={"AthenaParameters": {"WorkGroup": ws.outputs["AthenaWorkGroupName"]}},
    )
    table = {
        "DataSourceArn": source["Arn"],
        "Catalog": "AwsDataCatalog",
        "Schema": ws.track.databases[0],
        "Name": TABLE,
        "InputColumns": [{"Name": name, "Type": "STRING"} for name in COLUMNS],
    }
    if "data set" not in left_in_quicksight(ws):
        quicksight.create_data_set(
            AwsAccountId=account,
            DataSetId=ws.stack_name,
            Name=TABLE,
            PhysicalTableMap={"table": {"RelationalTable": table}},
            ImportMode="DIRECT_QUERY",
        )
    return f"https://{ws.region}.quicksight.aws.amazon.com/sn/data-sets/{ws.stack_name}/view"


def disconnect_quicksight(ws: Workshop) -> list[str]:
    """Delete the data set and the data source; the kinds of those that were there."""
    quicksight, account = ws.client("quicksight"), _account(ws)
    there = left_in_quicksight(ws)
    if "data set" in there:
        quicksight.delete_data_set(AwsAccountId=account, DataSetId=ws.stack_name)
    if "data source" in there:
        quicksight.delete_data_source(AwsAccountId=account, DataSourceId=ws.stack_name)
    return there


def left_in_quicksight(ws: Workshop) -> list[str]:
    """The kinds of what `connect_quicksight` made and is still there."""
    quicksight, account = ws.client("quicksight"), _account(ws)
    sources = quicksight.list_data_sources(AwsAccountId=account)["DataSources"]
    sets = quicksight.list_data_sets(AwsAccountId=account)["DataSetSummaries"]
    found = [("data source", each["DataSourceId"]) for each in sources]
    found += [("data set", each["DataSetId"]) for each in sets]
    return [kind for kind, name in found if name == ws.stack_name]


def _account(ws: Workshop) -> str:
    return str(ws.client("sts").get_caller_identity()["Account"])
