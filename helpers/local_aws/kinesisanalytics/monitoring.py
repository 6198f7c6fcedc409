"""What CloudWatch hears of the applications: metrics in AWS/KinesisAnalytics, and configuration errors in their log
streams.

Sources: "Kinesis Data Analytics Metrics and Dimensions" and "Working with Amazon CloudWatch Logs" in the developer
guide for SQL applications. Not offered: KPUs (there are none here) and durations (time may stand still).
MillisBehindLatest is measured while records come in, or wait.
"""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Callable, Mapping

from botocore.exceptions import BotoCoreError, ClientError

from helpers.local_aws.firehose.metrics import Dimensions, Metrics
from helpers.local_aws.kinesisanalytics import config
from helpers.local_aws.kinesisanalytics.application import SqlApplication
from helpers.local_aws.runtime import Runtime

NAMESPACE = "AWS/KinesisAnalytics"
PAUSE = 60.0  # seconds of the one clock between two reports of the same error
LOG_STREAM = ":log-stream:"
# Error code → the member that names what is wrong, and the message, as the guide gives them.
ERRORS = {
    "InputError": (
        "inputId",
        "There is a problem related to the configuration of your input. Please check that the resource exists, the "
        "role has the correct permissions to access the resource and that Kinesis Analytics can assume the role "
        "provided.",
    ),
    "ReferenceDataError": (
        "referenceId",
        "There is a problem related to the configuration of your reference data. Please check that the bucket and "
        "the file exist, the role has the correct permissions to access these resources and that Kinesis Analytics "
        "can assume the role provided.",
    ),
}
log = logging.getLogger(__name__)


class Monitor:
    """Of all applications; `find` gives the one of a name, None if it is gone."""

    def __init__(self, runtime: Runtime, find: Callable[[str], SqlApplication | None]) -> None:
        self._runtime = runtime
        self._find = find
        self._metrics = Metrics(runtime, NAMESPACE)
        self._guard = threading.Lock()
        self._reported: dict[tuple[str, str, str], float] = {}

    def measure(self, application: str, values: Mapping[str, float], flow: str = "", identity: str = "") -> None:
        """Add one sample to each metric of an application, or of one of its inputs or outputs."""
        dimensions: Dimensions = (("Application", application),)
        if flow:
            dimensions += (("Flow", flow), ("Id", identity))
        self._metrics.add(dimensions, values)

    def report(self, application: SqlApplication | str, code: str, identity: str) -> None:
        """Write an error to the log streams of the application's logging options; a network call."""
        found = self._find(application) if isinstance(application, str) else application
        if found is None or not found.logging or not self._due(found.name, code, identity):
            return
        member, text = ERRORS[code]
        entry = {
            "applicationARN": found.arn,
            "applicationVersionId": found.version,
            "messageType": "ERROR",
            "message": text,
            member: identity,
            "errorCode": code,
            "messageSchemaVersion": "1",
        }
        event = {"timestamp": int(self._runtime.clock.now() * 1000), "message": json.dumps(entry)}
        for option in found.logging:
            group, _, stream = option["LogStreamARN"].partition(":log-group:")[2].partition(LOG_STREAM)
            try:
                client = self._runtime.acting("logs", option.get("RoleARN") or found.role or "", config.PRINCIPAL)
                client.put_log_events(logGroupName=group, logStreamName=stream, logEvents=[event])
            except (ClientError, BotoCoreError) as error:
                log.warning(
                    "application %s: could not write %s to %s: %s", found.name, code, option["LogStreamARN"], error
                )

    def _due(self, *key: str) -> bool:
        """Whether it was not reported a moment ago: what fails is tried again every second."""
        now = self._runtime.clock.now()
        with self._guard:
            last = self._reported.get((key[0], key[1], key[2]))
            if last is not None and now < last + PAUSE:
                return False
            self._reported[key[0], key[1], key[2]] = now
            return True
