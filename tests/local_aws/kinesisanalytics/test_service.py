"""The API of analytics applications: shapes, versions, states, refusals."""

from __future__ import annotations

from typing import Any

import pytest

from helpers.local_aws.protocol import AwsError


def refused(world: Any, operation: str, **params: Any) -> AwsError:
    with pytest.raises(AwsError) as caught:
        world.analytics.handle(operation, params)
    return caught.value


def sql(detail: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = detail["ApplicationConfigurationDescription"]["SqlApplicationConfigurationDescription"]
    return found


def code_update(code: str) -> dict[str, Any]:
    return {"ApplicationCodeConfigurationUpdate": {"CodeContentUpdate": {"TextContentUpdate": code}}}


def test_create_describe_list(world: Any) -> None:
    detail = world.create()
    assert detail == world.describe()
    assert detail["ApplicationARN"] == "arn:aws:kinesisanalytics:us-east-1:123456789012:application/app"
    assert (detail["ApplicationStatus"], detail["ApplicationVersionId"]) == ("READY", 1)
    assert detail["CreateTimestamp"] == world.start
    [given] = sql(detail)["InputDescriptions"]
    assert given["InputId"] == "1.1"
    assert given["InAppStreamNames"] == ["SOURCE_SQL_STREAM_001"]
    assert given["InputSchema"] == world.schema
    [output] = sql(detail)["OutputDescriptions"]
    assert output["LambdaOutputDescription"]["ResourceARN"] == world.function_arn
    content = detail["ApplicationConfigurationDescription"]["ApplicationCodeConfigurationDescription"]
    assert content["CodeContentDescription"]["TextContent"] == world.counting
    world.create(name="another")
    names = [each["ApplicationName"] for each in world.call("ListApplications")["ApplicationSummaries"]]
    assert names == ["another", "app"]
    page = world.call("ListApplications", Limit=1)
    assert page["NextToken"] == "another"
    assert len(world.call("ListApplications", NextToken="another")["ApplicationSummaries"]) == 1


def test_names_in_use_and_unknown(world: Any) -> None:
    world.create()
    with pytest.raises(AwsError) as caught:
        world.create()
    assert caught.value.code == "ResourceInUseException"
    for operation in ("DescribeApplication", "StartApplication", "StopApplication"):
        assert refused(world, operation, ApplicationName="none").code == "ResourceNotFoundException"


def test_built_step_by_step(world: Any) -> None:
    """As the lab does it: an empty application, then input, code and output."""
    world.call(
        "CreateApplication",
        ApplicationName="app",
        RuntimeEnvironment="SQL-1_0",
        ServiceExecutionRole=world.role,
    )
    problem = refused(world, "StartApplication", ApplicationName="app")
    assert (problem.code, "AddApplicationInput" in problem.message) == (
        "InvalidApplicationConfigurationException", True
    )  # fmt: skip
    answer = world.call(
        "AddApplicationInput", ApplicationName="app", CurrentApplicationVersionId=1, Input=world.input()
    )  # fmt: skip
    assert answer["ApplicationVersionId"] == 2
    [given] = answer["InputDescriptions"]
    assert given["InputId"] == "2.1"
    assert "no code" in refused(world, "StartApplication", ApplicationName="app").message
    world.call(
        "UpdateApplication",
        ApplicationName="app",
        CurrentApplicationVersionId=2,
        ApplicationConfigurationUpdate=code_update(world.counting),
    )
    answer = world.call(
        "AddApplicationOutput", ApplicationName="app", CurrentApplicationVersionId=3, Output=world.output()
    )  # fmt: skip
    assert [each["Name"] for each in answer["OutputDescriptions"]] == ["COUNTS"]
    run = {
        "SqlRunConfigurations": [
            {"InputId": "2.1", "InputStartingPositionConfiguration": {"InputStartingPosition": "NOW"}}
        ]
    }
    world.call("StartApplication", ApplicationName="app", RunConfiguration=run)
    assert world.describe()["ApplicationStatus"] == "RUNNING"
    world.act("Click")
    world.clock.step(10)
    assert len(world.received()) == 1


def test_versions_guard_changes(world: Any) -> None:
    detail = world.create()
    params: dict[str, Any] = {
        "ApplicationName": "app",
        "ApplicationConfigurationUpdate": code_update(world.counting),
    }  # fmt: skip
    stale = refused(world, "UpdateApplication", CurrentApplicationVersionId=9, **params)
    assert stale.code == "ConcurrentModificationException"
    assert refused(world, "UpdateApplication", **params).code == "InvalidArgumentException"
    world.call("UpdateApplication", ConditionalToken=detail["ConditionalToken"], **params)
    stale = refused(world, "UpdateApplication", ConditionalToken=detail["ConditionalToken"], **params)
    assert stale.code == "ConcurrentModificationException"
    assert world.describe()["ApplicationVersionId"] == 2


def test_states_guard_start_and_stop(world: Any) -> None:
    world.create()
    assert refused(world, "StopApplication", ApplicationName="app").code == "ResourceInUseException"
    world.call("StartApplication", ApplicationName="app")
    assert refused(world, "StartApplication", ApplicationName="app").code == "ResourceInUseException"
    world.call("StopApplication", ApplicationName="app")
    assert world.describe()["ApplicationStatus"] == "READY"


def test_sql_errors_have_a_place(world: Any) -> None:
    with pytest.raises(AwsError) as caught:
        world.create('CREATE STREAM "S" ("n" INTEGER);\nCREATE STREEM "T" ("n" INTEGER);')
    assert caught.value.code == "CodeValidationException"
    assert "line 2, column" in caught.value.message
    world.create()
    update = code_update('CREATE STREAM "S" ("n" NUMBER);')
    error = refused(
        world,
        "UpdateApplication",
        ApplicationName="app",
        CurrentApplicationVersionId=1,
        ApplicationConfigurationUpdate=update,
    )
    assert error.code == "CodeValidationException"
    assert "line 1, column" in error.message
    assert world.describe()["ApplicationVersionId"] == 1


def test_syntax_is_checked_before_there_is_an_input(world: Any) -> None:
    code = {"ApplicationCodeConfiguration": {"CodeContentType": "PLAINTEXT", "CodeContent": {"TextContent": "SELEC 1"}}}
    error = refused(
        world,
        "CreateApplication",
        ApplicationName="early",
        RuntimeEnvironment="SQL-1_0",
        ServiceExecutionRole="arn:aws:iam::123456789012:role/analytics",
        ApplicationConfiguration=code,
    )
    assert error.code == "CodeValidationException"
    assert "line 1, column 1" in error.message


def test_wrong_schema(world: Any) -> None:
    columns = [{"Name": "a", "SqlType": "NUMBER", "Mapping": "$.a"}]
    wrong = world.input() | {"InputSchema": world.schema | {"RecordColumns": columns}}
    with pytest.raises(AwsError, match="NUMBER") as caught:
        world.create(Inputs=[wrong])
    assert caught.value.code == "InvalidArgumentException"


def test_an_output_must_name_a_stream(world: Any) -> None:
    world.create(Outputs=[world.output("NOWHERE")])
    error = refused(world, "StartApplication", ApplicationName="app")
    assert error.code == "InvalidApplicationConfigurationException"
    assert "NOWHERE" in error.message
    assert "COUNTS" in error.message


def test_a_source_must_exist_at_start(world: Any) -> None:
    arn = "arn:aws:firehose:us-east-1:123456789012:deliverystream/none"
    world.create(Inputs=[world.input() | {"KinesisFirehoseInput": {"ResourceARN": arn}}])
    error = refused(world, "StartApplication", ApplicationName="app")
    assert error.code == "InvalidApplicationConfigurationException"
    assert world.describe()["ApplicationStatus"] == "READY"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"KinesisStreamsInput": {"ResourceARN": "arn:aws:kinesis:x"}}, "InvalidArgumentException"),
        ({"KinesisFirehoseInput": {"ResourceARN": "arn:aws:s3:::b"}}, "InvalidArgumentException"),
        ({"InputParallelism": {"Count": 65}}, "ValidationException"),
    ],
)
def test_inputs_that_are_refused(world: Any, change: Any, code: str) -> None:
    given = world.input() | change
    if "KinesisStreamsInput" in change:
        del given["KinesisFirehoseInput"]
    with pytest.raises(AwsError) as caught:
        world.create(Inputs=[given])
    assert caught.value.code == code


def test_outputs_that_are_refused(world: Any) -> None:
    stream = {"KinesisStreamsOutput": {"ResourceARN": "arn:aws:kinesis:x"}}
    other = {key: value for key, value in world.output().items() if key != "LambdaOutput"} | stream
    with pytest.raises(AwsError, match="not the ARN of a Kinesis data stream"):
        world.create(Outputs=[other])
    with pytest.raises(AwsError, match="exactly one output destination"):
        world.create(Outputs=[world.output() | stream])
    with pytest.raises(AwsError, match="at most 3"):
        world.create(Outputs=[world.output(f"S{n}") for n in range(4)])
    with pytest.raises(AwsError, match="more than one output named COUNTS"):
        world.create(Outputs=[world.output(), world.output()])
    world.create()
    error = refused(
        world, "DeleteApplicationOutput", ApplicationName="app", CurrentApplicationVersionId=1, OutputId="9.9"
    )
    assert error.code == "ResourceNotFoundException"


def test_a_second_input_is_refused(world: Any) -> None:
    world.create()
    error = refused(
        world,
        "AddApplicationInput",
        ApplicationName="app",
        CurrentApplicationVersionId=1,
        Input=world.input(),
    )
    assert "an input already" in error.message


def test_input_and_output_updates(world: Any) -> None:
    world.create()
    columns = [{"Name": "browseraction", "SqlType": "VARCHAR(4)", "Mapping": "$.browseraction"}]
    update = {
        "SqlApplicationConfigurationUpdate": {
            "InputUpdates": [{"InputId": "1.1", "InputSchemaUpdate": {"RecordColumnUpdates": columns}}],
            "OutputUpdates": [{"OutputId": "1.2", "DestinationSchemaUpdate": {"RecordFormatType": "CSV"}}],
        }
    }
    detail = world.call(
        "UpdateApplication",
        ApplicationName="app",
        CurrentApplicationVersionId=1,
        ApplicationConfigurationUpdate=update,
    )["ApplicationDetail"]
    assert sql(detail)["InputDescriptions"][0]["InputSchema"] == world.schema | {"RecordColumns": columns}
    assert sql(detail)["OutputDescriptions"][0]["DestinationSchema"] == {"RecordFormatType": "CSV"}
    world.call("StartApplication", ApplicationName="app")
    world.act("Impression")
    world.clock.step(10)
    assert [row["KIND"] for row in world.rows()] == ["Impr"]


def test_starting_positions(world: Any) -> None:
    world.create()
    for position in ("TRIM_HORIZON", "LAST_STOPPED_POINT"):
        each = {"InputId": "1.1", "InputStartingPositionConfiguration": {"InputStartingPosition": position}}
        run = {"SqlRunConfigurations": [each]}
        error = refused(world, "StartApplication", ApplicationName="app", RunConfiguration=run)
        assert error.code == "InvalidArgumentException"
    now = {"InputStartingPosition": "NOW"}
    run = {"SqlRunConfigurations": [{"InputId": "7.7", "InputStartingPositionConfiguration": now}]}
    assert "7.7" in refused(world, "StartApplication", ApplicationName="app", RunConfiguration=run).message


def test_other_runtimes_are_refused(world: Any) -> None:
    params = {"ApplicationName": "a", "ServiceExecutionRole": world.role}
    error = refused(world, "CreateApplication", RuntimeEnvironment="FLINK-1_20", **params)
    assert error.code == "UnsupportedOperationException"
    assert "FLINK-1_20" in error.message
    assert refused(world, "CreateApplication", RuntimeEnvironment="SQL", **params).code == "ValidationException"


def test_delete_wants_the_creation_time(world: Any) -> None:
    detail = world.create()
    error = refused(world, "DeleteApplication", ApplicationName="app", CreateTimestamp=1.0)
    assert error.code == "InvalidArgumentException"
    world.call("DeleteApplication", ApplicationName="app", CreateTimestamp=int(detail["CreateTimestamp"]))
    assert world.call("ListApplications")["ApplicationSummaries"] == []


def test_the_second_of_two_deletions_finds_nothing(world: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    detail = world.create()
    gone = {"ApplicationName": "app", "CreateTimestamp": int(detail["CreateTimestamp"])}
    applications = world.analytics.applications
    find = applications.named

    def overtaken(name: str) -> Any:
        application = find(name)
        monkeypatch.setattr(applications, "named", find)
        world.call("DeleteApplication", **gone)
        return application

    monkeypatch.setattr(applications, "named", overtaken)
    assert refused(world, "DeleteApplication", **gone).code == "ResourceNotFoundException"


def test_tags(world: Any) -> None:
    arn = world.create()["ApplicationARN"]
    world.call("TagResource", ResourceARN=arn, Tags=[{"Key": "a", "Value": "1"}, {"Key": "b"}])
    world.call("UntagResource", ResourceARN=arn, TagKeys=["b"])
    assert world.call("ListTagsForResource", ResourceARN=arn)["Tags"] == [{"Key": "a", "Value": "1"}]


@pytest.mark.parametrize(
    ("operation", "params", "code"),
    [
        ("ListApplicationVersions", {}, "UnsupportedOperationException"),
        ("DescribeApplicationVersion", {"ApplicationVersionId": 1}, "UnsupportedOperationException"),
        ("RollbackApplication", {"CurrentApplicationVersionId": 1}, "UnsupportedOperationException"),
        ("CreateApplicationSnapshot", {"SnapshotName": "s"}, "UnsupportedOperationException"),
        ("ListApplicationSnapshots", {}, "UnsupportedOperationException"),
        ("ListApplicationOperations", {}, "UnsupportedOperationException"),
        ("CreateApplicationPresignedUrl", {"UrlType": "FLINK_DASHBOARD_URL"}, "InvalidArgumentException"),
    ],
)
def test_what_there_is_for_flink_only(world: Any, operation: str, params: dict[str, Any], code: str) -> None:
    world.create()
    assert refused(world, operation, ApplicationName="app", **params).code == code
    assert refused(world, operation, ApplicationName="none", **params).code == "ResourceNotFoundException"


def test_logging_options(world: Any) -> None:
    world.create()
    arn = "arn:aws:logs:us-east-1:123456789012:log-group:g:log-stream:s"
    added = world.call(
        "AddApplicationCloudWatchLoggingOption",
        ApplicationName="app",
        CurrentApplicationVersionId=1,
        CloudWatchLoggingOption={"LogStreamARN": arn},
    )
    described = {"CloudWatchLoggingOptionId": "2.1", "LogStreamARN": arn}
    assert added["CloudWatchLoggingOptionDescriptions"] == [described]
    update = {"CloudWatchLoggingOptionId": "2.1", "LogStreamARNUpdate": arn + "2"}
    detail = world.call(
        "UpdateApplication",
        ApplicationName="app",
        CurrentApplicationVersionId=2,
        CloudWatchLoggingOptionUpdates=[update],
    )["ApplicationDetail"]
    assert detail["CloudWatchLoggingOptionDescriptions"][0]["LogStreamARN"] == arn + "2"
    params = {"ApplicationName": "app", "CurrentApplicationVersionId": 3, "CloudWatchLoggingOptionId": "2.1"}
    answer = world.call("DeleteApplicationCloudWatchLoggingOption", **params)
    assert (answer["ApplicationVersionId"], answer["CloudWatchLoggingOptionDescriptions"]) == (4, [])
    gone = refused(world, "DeleteApplicationCloudWatchLoggingOption", **params | {"CurrentApplicationVersionId": 4})
    assert gone.code == "ResourceNotFoundException"


def test_limits(world: Any) -> None:
    """ "Limits": 100 KB of code, 50 applications; at most 50 tags."""
    long = world.counting + " " * 102_400
    assert refused_code(world, long) == "ValidationException"
    arn = world.create()["ApplicationARN"]
    tags = [{"Key": f"k{n}", "Value": "v"} for n in range(51)]
    assert refused(world, "TagResource", ResourceARN=arn, Tags=tags).code == "TooManyTagsException"
    world.call("TagResource", ResourceARN=arn, Tags=tags[:50])
    for number in range(49):
        world.call(
            "CreateApplication",
            ApplicationName=f"a{number}",
            RuntimeEnvironment="SQL-1_0",
            ServiceExecutionRole=world.role,
        )
    assert refused_code(world, world.counting) == "LimitExceededException"


def refused_code(world: Any, code: str) -> str:
    with pytest.raises(AwsError) as caught:
        world.create(code, name="another")
    return caught.value.code


def test_stop_cannot_be_forced(world: Any) -> None:
    world.create()
    world.call("StartApplication", ApplicationName="app")
    assert refused(world, "StopApplication", ApplicationName="app", Force=True).code == "InvalidArgumentException"
    assert world.describe()["ApplicationStatus"] == "RUNNING"


def test_states_take_a_while_on_real_time(world: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only the mode is real here: the clock stays stepped, so that nothing depends on how fast the test runs."""
    monkeypatch.setattr(type(world.clock), "mode", property(lambda _: "real"))
    created = world.create()["CreateTimestamp"]

    def status() -> str:
        return str(world.describe()["ApplicationStatus"])

    world.call("StartApplication", ApplicationName="app")
    world.act("Click", 3)
    assert status() == "STARTING"
    busy = refused(world, "UpdateApplication", ApplicationName="app", CurrentApplicationVersionId=1)
    assert busy.code == "ResourceInUseException"
    assert refused(world, "StopApplication", ApplicationName="app").code == "ResourceInUseException"
    assert refused(world, "DeleteApplication", ApplicationName="app", CreateTimestamp=created).code == busy.code
    world.clock.step(3)
    assert status() == "RUNNING"
    first = world.rows("SOURCE_SQL_STREAM_001")[0]
    assert first["ROWTIME"] == "2026-09-21T14:13:23.000Z"  # inserted once it runs, though it came before
    update = code_update(world.counting.replace("COUNT(*)", "COUNT(*) + 100"))
    world.call(
        "UpdateApplication",
        ApplicationName="app",
        CurrentApplicationVersionId=1,
        ApplicationConfigurationUpdate=update,
    )
    world.act("Click")
    assert (status(), world.describe()["ApplicationVersionId"]) == ("UPDATING", 2)
    world.clock.step(2)
    assert status() == "RUNNING"
    world.clock.step(10)
    assert [row["CLICKS"] for row in world.rows()] == [101]
    world.call("StopApplication", ApplicationName="app")
    assert status() == "STOPPING"
    world.clock.step(2)
    assert status() == "READY"
    world.call("DeleteApplication", ApplicationName="app", CreateTimestamp=created)
    assert status() == "DELETING"
    with pytest.raises(AwsError, match="already exists"):
        world.create()
    world.clock.step(1)
    assert refused(world, "DescribeApplication", ApplicationName="app").code == "ResourceNotFoundException"


def test_a_restart_in_the_middle_of_a_transition_ends_it(world: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(type(world.clock), "mode", property(lambda _: "real"))
    created = world.create()["CreateTimestamp"]
    for operation, params, after in (
        ("StartApplication", {}, "RUNNING"),
        ("StopApplication", {}, "READY"),
    ):
        world.call(operation, ApplicationName="app", **params)
        world.kill()
        assert world.describe()["ApplicationStatus"] == after
    world.call("DeleteApplication", ApplicationName="app", CreateTimestamp=created)
    world.kill()
    assert refused(world, "DescribeApplication", ApplicationName="app").code == "ResourceNotFoundException"
