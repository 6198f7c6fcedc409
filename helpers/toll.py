"""The toll road's own: parameters of its second stack, the script put into the application, the threshold, metrics."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from helpers import application, athena
from helpers.detection import Setting
from helpers.errors import WorkshopError
from helpers.generator.stations import RATE
from helpers.workshop import ROOT, Workshop

if TYPE_CHECKING:
    import pandas as pd

QUERIES = ROOT / "sql" / "toll" / "queries"
SETTLING = 130  # seconds: Firehose's interval, the minute that its metrics are of, and a little more
LIVE = 1  # the second of the track's stacks
PHONE = "+15555550123"
ARGUMENTS = "1,\n10,\n10,\n2\n"


def send(ws: Workshop, seconds: int = 180, progress: Any = None) -> Any:
    """The first records of the toll road, 100 a second from the next full minute on; what became of them.

    All of them are delivered when this returns, and the metrics tell.
    """
    from helpers.generator.toll import TollSimulation

    if ws.target == "local":
        ws.clock.step(-ws.clock.now() % 60)
    account = TollSimulation(ws).send("toll", RATE, seconds, progress)
    ws.clock.step(SETTLING)
    return account


def make_table(ws: Workshop) -> None:
    """The lab's database and table, with the lab's SQL; what is there already stays."""
    folder = QUERIES.parent
    bucket = ws.outputs["DataBucketName"]
    for name, database in (("create_database", None), ("create_table", ws.track.databases[0])):
        sql = (folder / f"{name}.sql").read_text(encoding="utf-8")
        athena.execute(ws, sql.replace("<YOUR S3 BUCKET HERE>", bucket), database)


def parameters(ws: Workshop, threshold: float = 2.5, phone: str = PHONE) -> dict[str, str]:
    """The second stack's parameters, checked; WorkshopError naming what is wrong."""
    from helpers import stack

    return stack.parameters(
        ws.of_stack(LIVE).template,
        DeliveryStreamArn=ws.outputs["DeliveryStreamArn"],
        AnomalyThreshold=f"{threshold:g}",
        PhoneNumber=phone,
    )


def script(ws: Workshop, setting: Setting) -> str:
    """The lab's script with other arguments for its forest and another window; all else stays as it is."""
    lab = application.script(ws)
    if lab.count(ARGUMENTS) != 1:
        raise WorkshopError(f"{ws.track.script} was changed: restore the file.")
    arguments = f"{setting.trees},\n{setting.samples},\n{setting.decay},\n{setting.shingle}\n"
    return lab.replace(ARGUMENTS, arguments).replace("INTERVAL '10' SECOND", f"INTERVAL '{setting.window}' SECOND")


def save_and_run(ws: Workshop, sql: str) -> None:
    """Put a script into the application and start it if it does not run: "Save and run SQL" in the console.

    Another script begins windows and forest anew. WorkshopError when there is no application.
    """
    client = ws.client("kinesisanalyticsv2")
    detail = application.describe(ws)
    if detail is None:
        raise WorkshopError(f"There is no application {ws.application_name}: run {ws.of_stack(LIVE).chapter} first.")
    client.update_application(
        ApplicationName=ws.application_name,
        CurrentApplicationVersionId=detail["ApplicationVersionId"],
        ApplicationConfigurationUpdate=application.code_update(ws, sql),
    )
    if detail["ApplicationStatus"] == "READY":
        application.start(ws, detail)
    application.wait(ws, "RUNNING")


def threshold(ws: Workshop) -> float:
    """The threshold that the function compares scores with."""
    return float(_environment(ws)["ANOMALY_THRESHOLD"])


def set_threshold(ws: Workshop, value: float) -> None:
    """Give the function another threshold, as one would in the Lambda console; the stack is not told."""
    name = ws.of_stack(LIVE).outputs["NotificationFunctionName"]
    variables = _environment(ws) | {"ANOMALY_THRESHOLD": f"{value:g}"}
    ws.client("lambda").update_function_configuration(FunctionName=name, Environment={"Variables": variables})


def delivery(ws: Workshop, minutes: int = 60) -> pd.DataFrame:
    """What CloudWatch knows of the delivery stream in the last `minutes`: records that came in and went out.

    One row a minute (`minute`, from the first on), columns `incoming` and `delivered`.
    """
    import pandas as pd

    cloudwatch, now = ws.client("cloudwatch"), ws.clock.now()
    columns: dict[str, pd.Series[float]] = {}
    for column, metric in (("incoming", "IncomingRecords"), ("delivered", "DeliveryToS3.Records")):
        points = cloudwatch.get_metric_statistics(
            Namespace="AWS/Firehose",
            MetricName=metric,
            Dimensions=[{"Name": "DeliveryStreamName", "Value": ws.outputs["DeliveryStreamName"]}],
            StartTime=datetime.fromtimestamp(now - 60 * minutes, UTC),
            EndTime=datetime.fromtimestamp(now + 60, UTC),
            Period=60,
            Statistics=["Sum"],
        )["Datapoints"]
        columns[column] = pd.Series({point["Timestamp"]: point["Sum"] for point in points}, dtype=float)
    frame = pd.DataFrame(columns).sort_index().fillna(0).astype(int)
    frame.index = pd.Index(range(len(frame)), name="minute")
    return frame


def settling(rows: list[dict[str, Any]]) -> pd.DataFrame:
    """How scores settle: by minute their median, the share of them below 1, and the highest.

    `rows` as `helpers.generator.toll.scores` gives them.
    """
    import pandas as pd

    frame = pd.DataFrame(rows)
    minute = ((frame["offset"] - 1) // 60 + 1).rename("minute")
    scores = frame["score"].groupby(minute)
    return pd.DataFrame(
        {"median": scores.median(), "below 1": scores.agg(lambda part: (part < 1).mean()), "highest": scores.max()}
    ).round(2)


def _environment(ws: Workshop) -> dict[str, str]:
    name = ws.of_stack(LIVE).outputs["NotificationFunctionName"]
    configuration: dict[str, Any] = ws.client("lambda").get_function_configuration(FunctionName=name)
    variables: dict[str, str] = configuration["Environment"]["Variables"]
    return variables
