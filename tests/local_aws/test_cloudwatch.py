"""CloudWatch's metrics grow old by the one clock."""

from __future__ import annotations

import uuid
from datetime import timedelta

from helpers.local_aws.clock import moment
from helpers.local_aws.cloudwatch import KEPT_SECONDS
from helpers.workshop import Workshop


def values(workshop: Workshop, namespace: str, since: timedelta = timedelta(days=365)) -> list[float]:
    now = moment(workshop.clock.now())
    found = workshop.client("cloudwatch").get_metric_statistics(
        Namespace=namespace,
        MetricName="m",
        StartTime=now - since,
        EndTime=now + timedelta(minutes=1),
        Period=60,
        Statistics=["Sum"],
    )
    return [point["Sum"] for point in sorted(found["Datapoints"], key=lambda point: point["Timestamp"])]


def put(workshop: Workshop, namespace: str, value: float) -> None:
    data = [{"MetricName": "m", "Timestamp": moment(workshop.clock.now()), "Value": value}]
    workshop.client("cloudwatch").put_metric_data(Namespace=namespace, MetricData=data)


def test_a_metric_is_kept_for_a_day_of_the_one_clock(workshop: Workshop) -> None:
    namespace = f"test-{uuid.uuid4().hex[:8]}"
    put(workshop, namespace, 1)
    workshop.clock.step(KEPT_SECONDS - 60)
    put(workshop, namespace, 2)
    assert values(workshop, namespace) == [1, 2]
    workshop.clock.step(120)
    assert values(workshop, namespace) == [2]


def test_a_metric_without_a_time_is_of_the_one_clock(workshop: Workshop) -> None:
    namespace = f"test-{uuid.uuid4().hex[:8]}"
    workshop.client("cloudwatch").put_metric_data(Namespace=namespace, MetricData=[{"MetricName": "m", "Value": 3}])
    assert values(workshop, namespace, since=timedelta(minutes=1)) == [3]
