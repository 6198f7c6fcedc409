"""CloudWatch metrics of the delivery streams, in AWS/Firehose; those of other services are gathered the same way.

Source: "Monitor Amazon Data Firehose with CloudWatch metrics" in the developer guide. Values are gathered as one
statistic set for each stream, metric and minute of the one clock, and published when the minute is over; what was
not published when the process ends is lost, as metrics are no records.
Not offered: latencies and durations (time may stand still), KMS, partitioning, format conversion.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from helpers.local_aws.clock import ClockError, moment
from helpers.local_aws.runtime import Runtime

NAMESPACE = "AWS/Firehose"
PERIOD = 60  # seconds
MOST = 1000  # metrics a PutMetricData request
UNITS = {
    "Bytes": "Bytes",
    "DataFreshness": "Seconds",
    "MillisBehindLatest": "Milliseconds",
}  # by the last part of the name; all others count
Dimensions = tuple[tuple[str, str], ...]
log = logging.getLogger(__name__)


class Metrics:
    """Gathers and publishes; usable from any thread, and cheap: no network but once a minute on the clock."""

    def __init__(self, runtime: Runtime, namespace: str = NAMESPACE) -> None:
        self._runtime = runtime
        self._namespace = namespace
        self._guard = threading.Lock()
        self._minute = 0.0
        self._values: dict[tuple[Dimensions, str], list[float]] = {}  # count, sum, smallest, largest

    def add(self, of: str | Dimensions, values: Mapping[str, float]) -> None:
        """Add one sample to each metric of a stream, or of what these dimensions name."""
        dimensions = (("DeliveryStreamName", of),) if isinstance(of, str) else of
        with self._guard:
            if not self._values:
                self._minute = self._runtime.clock.now() // PERIOD * PERIOD
                with suppress(ClockError):  # the process is ending
                    self._runtime.clock.call_at(self._minute + PERIOD, self._publish, f"{self._namespace} metrics")
            for name, value in values.items():
                found = self._values.setdefault((dimensions, name), [0, 0, value, value])
                found[0] += 1
                found[1] += value
                found[2], found[3] = min(found[2], value), max(found[3], value)

    def _publish(self) -> None:
        with self._guard:
            values, self._values = self._values, {}
            when = moment(self._minute)
        data = [self._datum(dimensions, name, found, when) for (dimensions, name), found in values.items()]
        try:
            for start in range(0, len(data), MOST):
                part = data[start : start + MOST]
                self._runtime.client("cloudwatch").put_metric_data(Namespace=self._namespace, MetricData=part)
        except (ClientError, BotoCoreError) as error:
            log.warning("%d metrics of %s could not be published: %s", len(data), when, error)

    def _datum(self, dimensions: Dimensions, name: str, found: list[float], when: Any) -> dict[str, Any]:
        count, total, smallest, largest = found
        kind = "Bytes" if name.endswith("Bytes") else name.rpartition(".")[2]
        return {
            "MetricName": name,
            "Dimensions": [{"Name": each, "Value": value} for each, value in dimensions],
            "Timestamp": when,
            "Unit": UNITS.get(kind, "Count"),
            "StatisticValues": {"SampleCount": count, "Sum": total, "Minimum": smallest, "Maximum": largest},
        }
