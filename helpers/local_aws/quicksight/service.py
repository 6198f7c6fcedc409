"""Amazon QuickSight: data sources and data sets, kept and described.

What the workshop asks of QuickSight, so that its calls can be tried: a data source over Athena, a data set that
queries it directly. Both are there at once (CREATION_SUCCESSFUL) and outlive the process. A data set's data source
must exist; nothing is read through it.
Not offered: everything one looks at (analyses, dashboards, folders, themes), SPICE, users, subscriptions. The
workshop's own dashboard is a notebook.
"""

from __future__ import annotations

import json
import threading
import uuid
from typing import Any

from helpers.local_aws.protocol import AwsError, JsonService, operation
from helpers.local_aws.runtime import Runtime

KIND = "quicksight"
SOURCE, SET = "datasource", "dataset"
Item = dict[str, Any]


class QuickSightService(JsonService):
    """Data sources and data sets of one account, in the journal."""

    name = "quicksight"

    def __init__(self, runtime: Runtime) -> None:
        super().__init__(runtime)
        self._lock = threading.Lock()
        self._items: dict[str, Item] = {}  # datasource/ID, dataset/ID → its description

    def restore(self) -> None:
        """Read everything back."""
        self._items = {name: json.loads(data) for name, data in self.runtime.journal.load(KIND).items()}

    def resource(self, operation: str, params: Any) -> str:
        """The ARN of the data source or data set; lists are of all of them."""
        for member, kind in (("DataSourceId", SOURCE), ("DataSetId", SET)):
            if member in params:
                return self.runtime.arn("quicksight", f"{kind}/{params[member]}")
        return "*"

    @operation
    def create_data_source(self, params: Item) -> Item:
        """Source: https://docs.aws.amazon.com/quicksight/latest/APIReference/API_CreateDataSource.html"""
        if "AthenaParameters" not in params.get("DataSourceParameters", {}):
            raise AwsError(
                "InvalidParameterValueException", "the local AWS offers data sources over Athena: AthenaParameters"
            )
        described = self._create(SOURCE, params["DataSourceId"], params)
        return _answer(201, {**described, "CreationStatus": "CREATION_SUCCESSFUL"}, "DataSourceId")

    @operation
    def describe_data_source(self, params: Item) -> Item:
        """Source: https://docs.aws.amazon.com/quicksight/latest/APIReference/API_DescribeDataSource.html"""
        return {"DataSource": {**self._get(SOURCE, params["DataSourceId"]), "Status": "CREATION_SUCCESSFUL"}, **_id()}

    @operation
    def list_data_sources(self, params: Item) -> Item:
        """Source: https://docs.aws.amazon.com/quicksight/latest/APIReference/API_ListDataSources.html"""
        return {"DataSources": [{**each, "Status": "CREATION_SUCCESSFUL"} for each in self._all(SOURCE)], **_id()}

    @operation
    def delete_data_source(self, params: Item) -> Item:
        """Source: https://docs.aws.amazon.com/quicksight/latest/APIReference/API_DeleteDataSource.html"""
        return _answer(200, self._delete(SOURCE, params["DataSourceId"]), "DataSourceId")

    @operation
    def create_data_set(self, params: Item) -> Item:
        """Source: https://docs.aws.amazon.com/quicksight/latest/APIReference/API_CreateDataSet.html"""
        for table in params["PhysicalTableMap"].values():
            arns = [part["DataSourceArn"] for part in table.values() if "DataSourceArn" in part]
            known = {each["Arn"] for each in self._all(SOURCE)}
            if missing := [arn for arn in arns if arn not in known]:
                raise AwsError("ResourceNotFoundException", f"there is no data source {missing[0]}", 404)
        return _answer(201, self._create(SET, params["DataSetId"], params), "DataSetId")

    @operation
    def describe_data_set(self, params: Item) -> Item:
        """Source: https://docs.aws.amazon.com/quicksight/latest/APIReference/API_DescribeDataSet.html"""
        return {"DataSet": self._get(SET, params["DataSetId"]), **_id()}

    @operation
    def list_data_sets(self, params: Item) -> Item:
        """Source: https://docs.aws.amazon.com/quicksight/latest/APIReference/API_ListDataSets.html"""
        members = ("Arn", "DataSetId", "Name", "CreatedTime", "LastUpdatedTime", "ImportMode")
        return {"DataSetSummaries": [{key: each[key] for key in members} for each in self._all(SET)], **_id()}

    @operation
    def delete_data_set(self, params: Item) -> Item:
        """Source: https://docs.aws.amazon.com/quicksight/latest/APIReference/API_DeleteDataSet.html"""
        return _answer(200, self._delete(SET, params["DataSetId"]), "DataSetId")

    def _create(self, kind: str, name: str, params: Item) -> Item:
        now = self.runtime.clock.now()
        given = {key: value for key, value in params.items() if key not in ("AwsAccountId", "Tags", "Permissions")}
        arn = self.runtime.arn("quicksight", f"{kind}/{name}")
        described = {**given, "Arn": arn, "CreatedTime": now, "LastUpdatedTime": now}
        with self._lock:
            if f"{kind}/{name}" in self._items:
                raise AwsError("ResourceExistsException", f"there is a {kind} {name} already", 409)
            self.runtime.journal.save(KIND, f"{kind}/{name}", json.dumps(described).encode())
            self._items[f"{kind}/{name}"] = described
        return described

    def _get(self, kind: str, name: str) -> Item:
        if (found := self._items.get(f"{kind}/{name}")) is None:
            raise AwsError("ResourceNotFoundException", f"there is no {kind} {name}", 404)
        return found

    def _all(self, kind: str) -> list[Item]:
        return [item for name, item in sorted(self._items.items()) if name.startswith(f"{kind}/")]

    def _delete(self, kind: str, name: str) -> Item:
        with self._lock:
            found = self._get(kind, name)
            self.runtime.journal.remove(KIND, f"{kind}/{name}")
            del self._items[f"{kind}/{name}"]
        return found


def _id() -> Item:
    return {"RequestId": str(uuid.uuid4()), "Status": 200}


def _answer(status: int, described: Item, identity: str) -> Item:
    members = ("Arn", identity, "CreationStatus")
    return {**_id(), **{key: described[key] for key in members if key in described}, "Status": status}
