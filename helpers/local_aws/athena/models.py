"""A query execution: what was asked, how far it is, what came of it."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from helpers.local_aws.athena.types import ResultColumn
from helpers.local_aws.clock import moment

if TYPE_CHECKING:
    from helpers.local_aws.athena.statements import Statement

State = Literal["QUEUED", "RUNNING", "SUCCEEDED", "FAILED", "CANCELLED"]
FINAL = ("SUCCEEDED", "FAILED", "CANCELLED")
ENGINE_VERSION = {
    "SelectedEngineVersion": "AUTO",
    "EffectiveEngineVersion": "Athena engine version 3",
}
USER, SYSTEM = 2, 1  # AthenaError's categories
GENERIC = {USER: 1, SYSTEM: 1}  # and types


@dataclass(frozen=True)
class Limits:
    """What a work group sets for its queries: whether it insists on its place, and the bytes one may scan."""

    enforced: bool
    bytes_scanned: int | None


@dataclass
class Execution:
    """One query execution; the service guards it with its lock, ``done`` is set once it is final."""

    id: str
    sql: str
    work_group: str
    output: str  # s3://…/<id>.csv, or .txt for DDL, SHOW and DESCRIBE, or without a suffix for what writes tables
    context: dict[str, str]
    parameters: list[str]
    statement: Statement
    encryption: dict[str, Any] | None
    submitted: float
    state: State = "QUEUED"
    started: float | None = None
    completed: float | None = None
    reason: str | None = None
    category: int | None = None
    scanned: int = 0
    rows: int = 0
    updated: int = 0  # rows written
    manifest: str | None = None  # the object that lists the objects written
    columns: list[ResultColumn] = field(default_factory=list)
    done: threading.Event = field(default_factory=threading.Event)

    def finish(self, state: State, now: float, reason: str | None = None, category: int | None = None) -> None:
        """Put the execution into its final state."""
        self.state, self.completed, self.reason, self.category = state, now, reason, category
        self.done.set()

    def describe(self, now: float) -> dict[str, Any]:
        """The QueryExecution structure of the API."""
        result: dict[str, Any] = {"OutputLocation": self.output}
        if self.encryption:
            result["EncryptionConfiguration"] = self.encryption
        return {
            "QueryExecutionId": self.id,
            "Query": self.sql,
            "StatementType": self.statement.kind,
            "SubstatementType": self.statement.sub,
            "ResultConfiguration": result,
            "ResultReuseConfiguration": {"ResultReuseByAgeConfiguration": {"Enabled": False}},
            "QueryExecutionContext": self.context,
            "ExecutionParameters": self.parameters or None,
            "Status": self._status(),
            "Statistics": self.statistics(now),
            "WorkGroup": self.work_group,
            "EngineVersion": ENGINE_VERSION,
        }

    def _status(self) -> dict[str, Any]:
        status: dict[str, Any] = {
            "State": self.state,
            "StateChangeReason": self.reason,
            "SubmissionDateTime": moment(self.submitted),
            "CompletionDateTime": None if self.completed is None else moment(self.completed),
        }
        if self.category is not None:
            status["AthenaError"] = {
                "ErrorCategory": self.category,
                "ErrorType": GENERIC[self.category],
                "Retryable": False,
                "ErrorMessage": self.reason,
            }
        return status

    def statistics(self, now: float) -> dict[str, Any]:
        """Times in milliseconds of the local AWS's clock, bytes read from S3."""
        end = now if self.completed is None else self.completed
        start = end if self.started is None else self.started
        return {
            "EngineExecutionTimeInMillis": _milliseconds(end - start),
            "DataScannedInBytes": self.scanned,
            "TotalExecutionTimeInMillis": _milliseconds(end - self.submitted),
            "QueryQueueTimeInMillis": _milliseconds(start - self.submitted),
            "ServiceProcessingTimeInMillis": 0,
            "DataManifestLocation": self.manifest,
            "ResultReuseInformation": {"ReusedPreviousResult": False},
        }


def _milliseconds(seconds: float) -> int:
    return round(max(seconds, 0.0) * 1000)
