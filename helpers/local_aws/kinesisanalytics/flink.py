"""Applications for Flink, which ministack keeps and flink_runs.py runs: which there are, what is for them only."""

from __future__ import annotations

import sys
from typing import Any

from ministack.core.responses import request_scope

MODULE = "ministack.services.kinesisanalyticsv2"
SUMMARY = (
    "ApplicationName", "ApplicationARN", "ApplicationStatus", "ApplicationVersionId", "RuntimeEnvironment",
    "ApplicationMode",
)  # fmt: skip

UNSUPPORTED, INVALID = "UnsupportedOperationException", "InvalidArgumentException"
# What AWS offers for Flink only, and the error (of those each operation has) that SQL applications get.
FLINK_ONLY = {
    "AddApplicationVpcConfiguration": INVALID,
    "CreateApplicationPresignedUrl": INVALID,
    "CreateApplicationSnapshot": UNSUPPORTED,
    "DeleteApplicationSnapshot": UNSUPPORTED,
    "DeleteApplicationVpcConfiguration": INVALID,
    "DescribeApplicationOperation": UNSUPPORTED,
    "DescribeApplicationSnapshot": UNSUPPORTED,
    "DescribeApplicationVersion": UNSUPPORTED,
    "ListApplicationOperations": UNSUPPORTED,
    "ListApplicationSnapshots": UNSUPPORTED,
    "ListApplicationVersions": UNSUPPORTED,
    "RollbackApplication": UNSUPPORTED,
    "UpdateApplicationMaintenanceConfiguration": UNSUPPORTED,
}
FLINK_SNAPSHOTS = {
    "CreateApplicationSnapshot", "DeleteApplicationSnapshot", "DescribeApplicationSnapshot", "ListApplicationSnapshots",
}  # fmt: skip


class FlinkApplications:
    """ministack's, of one account and region; none while its module is not loaded."""

    def __init__(self, account_id: str, region: str) -> None:
        self._scope = (account_id, region)

    def __contains__(self, name: object) -> bool:
        return name in self._all()

    def summaries(self) -> list[dict[str, Any]]:
        """The ApplicationSummary of each."""
        return [{key: each[key] for key in SUMMARY if key in each} for each in self._all().values()]

    def _all(self) -> dict[str, Any]:
        module: Any = sys.modules.get(MODULE)
        if module is None:
            return {}
        with request_scope(*self._scope):
            return dict(module._applications.items())
