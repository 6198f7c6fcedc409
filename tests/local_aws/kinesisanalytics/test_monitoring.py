"""What CloudWatch hears of an application: metrics by input and output, and configuration errors."""

from __future__ import annotations

import json
from typing import Any

import pytest

from helpers.local_aws.protocol import AwsError

COPY = """
CREATE OR REPLACE STREAM "COPY" ("n" INTEGER);
CREATE OR REPLACE PUMP "P" AS INSERT INTO "COPY" SELECT STREAM "n" FROM "SOURCE_SQL_STREAM_001";
"""
COLUMNS = [{"Name": "n", "SqlType": "INTEGER", "Mapping": "$.n"}]
STREAM = "arn:aws:logs:us-east-1:123456789012:log-group:errors/of:log-stream:one"


@pytest.fixture
def told(world: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """What CloudWatch was told: metrics, and log events with the stream they went to."""
    metrics: dict[tuple[str, ...], tuple[float, float]] = {}
    events: list[tuple[str, str, dict[str, Any]]] = []

    def put_metric_data(Namespace: str, MetricData: list[dict[str, Any]]) -> None:
        for datum in MetricData if Namespace == "AWS/KinesisAnalytics" else []:
            key = (datum["MetricName"], *(each["Value"] for each in datum["Dimensions"]))
            samples, total = metrics.get(key, (0, 0))
            values = datum["StatisticValues"]
            metrics[key] = samples + values["SampleCount"], total + values["Sum"]

    def put_log_events(logGroupName: str, logStreamName: str, logEvents: list[dict[str, Any]]) -> None:
        for event in logEvents:
            assert event["timestamp"] == int(world.clock.now() * 1000)
            events.append((logGroupName, logStreamName, json.loads(event["message"])))

    monkeypatch.setattr(world, "put_metric_data", put_metric_data)
    monkeypatch.setattr(world, "put_log_events", put_log_events, raising=False)
    return metrics, events


def source(world: Any, **more: Any) -> dict[str, Any]:
    return {**world.input(), "InputSchema": world.schema | {"RecordColumns": COLUMNS}, **more}


def option(world: Any, **role: str) -> dict[str, Any]:
    version = world.describe()["ApplicationVersionId"]
    option = {"LogStreamARN": STREAM, **role}
    return world.call(  # type: ignore[no-any-return]
        "AddApplicationCloudWatchLoggingOption",
        ApplicationName="app",
        CurrentApplicationVersionId=version,
        CloudWatchLoggingOption=option,
    )


def test_what_was_read_prepared_and_delivered(world: Any, told: Any) -> None:
    metrics, _ = told

    def prepare(event: dict[str, Any]) -> dict[str, Any]:
        given = event["records"]
        results = ["Dropped", "ProcessingFailed", *["Ok"] * len(given)]
        pairs = zip(given, results, strict=False)
        return {"records": [{"recordId": e["recordId"], "result": r, "data": e["data"]} for e, r in pairs]}

    world.prepare = prepare
    world.run(COPY, Inputs=[source(world, **world.processed())], Outputs=[world.output("COPY")])
    detail = world.describe()["ApplicationConfigurationDescription"]["SqlApplicationConfigurationDescription"]
    into = ("app", "Input", detail["InputDescriptions"][0]["InputId"])
    out = ("app", "Output", detail["OutputDescriptions"][0]["OutputId"])
    refusals = [True]

    def deliver(event: dict[str, Any]) -> dict[str, Any]:
        result = "DeliveryFailed" if refusals and refusals.pop() else "Ok"
        return {"records": [{"recordId": each["recordId"], "result": result} for each in event["records"]]}

    world.function = deliver
    world.put(*[b'{"n": %d}' % n for n in range(5)])
    world.clock.step(120)
    assert metrics["Records", *into] == (1, 5)
    assert metrics["Bytes", *into] == (1, 5 * len(b'{"n": 1}'))
    assert metrics["InputProcessing.Success", *into] == (1, 1)
    assert metrics["InputProcessing.OkRecords", *into] == (1, 3)
    assert metrics["InputProcessing.DroppedRecords", *into] == (1, 1)
    assert metrics["InputProcessing.ProcessingFailedRecords", *into] == (1, 1)
    assert metrics["InputProcessing.OkBytes", *into] == (1, 3 * len(b'{"n": 1}'))
    assert metrics["Success", *out] == (2, 1)
    assert metrics["Records", *out] == (2, 3)
    assert metrics["LambdaDelivery.OkRecords", *out] == (2, 3)
    assert metrics["LambdaDelivery.DeliveryFailedRecords", *out] == (2, 3)
    assert metrics["MillisBehindLatest", "app"] == (1, 0)


def test_an_output_keeps_its_name_for_metrics_after_kill_9(world: Any, told: Any) -> None:
    metrics, _ = told
    world.run(COPY, Inputs=[source(world)], Outputs=[world.output("COPY")])
    detail = world.describe()["ApplicationConfigurationDescription"]["SqlApplicationConfigurationDescription"]
    world.kill()
    world.put(b'{"n": 1}')
    world.clock.step(120)
    assert metrics["Records", "app", "Output", detail["OutputDescriptions"][0]["OutputId"]] == (1, 1)


def test_a_source_that_goes_away_is_an_error_in_the_log(world: Any, told: Any) -> None:
    _, events = told
    kinesis = source(world)
    del kinesis["KinesisFirehoseInput"]
    world.create(COPY, Inputs=[kinesis | {"KinesisStreamsInput": {"ResourceARN": world.stream_arn}}], Outputs=[])
    option(world)
    world.call("StartApplication", ApplicationName="app")
    world.clock.step(30)
    assert events == []
    world.refused = {world.role}  # also for writing the log, as it is the same
    world.clock.step(30)
    assert events == []
    world.refused = set()
    world.clock.step(60)
    stream, world.kinesis.paginate = world.kinesis.paginate, lambda StreamName: missing()
    world.clock.step(70)
    assert events
    group, name, event = events[0]
    assert (group, name) == ("errors/of", "one")
    [given] = world.describe()["ApplicationConfigurationDescription"]["SqlApplicationConfigurationDescription"][
        "InputDescriptions"
    ]
    assert event == {
        "applicationARN": "arn:aws:kinesisanalytics:us-east-1:123456789012:application/app",
        "applicationVersionId": 2,
        "messageType": "ERROR",
        "message": event["message"],
        "inputId": given["InputId"],
        "errorCode": "InputError",
        "messageSchemaVersion": "1",
    }
    assert "problem related to the configuration of your input" in event["message"]
    before = len(events)
    world.clock.step(600)
    assert 5 <= len(events) - before <= 11, "once a minute"
    world.kinesis.paginate = stream
    world.clock.step(120)
    before = len(events)
    world.clock.step(600)
    assert len(events) == before


def missing() -> Any:
    from tests.local_aws.kinesisanalytics.conftest import client_error

    raise client_error("ResourceNotFoundException")


def test_what_a_start_is_refused_for_is_in_the_log_as_well(world: Any, told: Any) -> None:
    _, events = told
    reference = {
        "TableName": "names",
        "S3ReferenceDataSource": {"BucketARN": world.table, "FileKey": "absent"},
        "ReferenceSchema": {"RecordFormat": {"RecordFormatType": "JSON"}, "RecordColumns": COLUMNS},
    }
    world.create(COPY, Inputs=[source(world)], Outputs=[], ReferenceDataSources=[reference])
    option(world)
    with pytest.raises(AwsError, match="cannot be read"):
        world.call("StartApplication", ApplicationName="app")
    [(_, _, event)] = events
    sql = world.describe()["ApplicationConfigurationDescription"]["SqlApplicationConfigurationDescription"]
    assert event["errorCode"] == "ReferenceDataError"
    assert event["referenceId"] == sql["ReferenceDataSourceDescriptions"][0]["ReferenceId"]
    assert "inputId" not in event
    assert ("logs", world.role) in world.acted

    world.objects["tables", "absent"] = b'{"n": 1}'
    world.firehose.handle("DeleteDeliveryStream", {"DeliveryStreamName": "clicks"})
    with pytest.raises(AwsError):
        world.call("StartApplication", ApplicationName="app")
    assert [event["errorCode"] for _, _, event in events] == ["ReferenceDataError", "InputError"]
