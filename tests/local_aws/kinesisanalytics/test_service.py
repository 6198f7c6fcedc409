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
        ({"KinesisStreamsInput": {"ResourceARN": "arn:aws:kinesis:x"}}, "NotImplementedException"),
        (
            {"KinesisFirehoseInput": {"ResourceARN": "arn:aws:s3:::b"}},
            "InvalidApplicationConfigurationException",
        ),
        ({"InputParallelism": {"Count": 2}}, "NotImplementedException"),
    ],
)
def test_inputs_that_are_refused(world: Any, change: Any, code: str) -> None:
    given = world.input() | change
    if "KinesisStreamsInput" in change:
        del given["KinesisFirehoseInput"]
    with pytest.raises(AwsError) as caught:
        world.create(Inputs=[given])
        world.analytics.handle("StartApplication", {"ApplicationName": "app"})
    assert caught.value.code in (code, "InvalidArgumentException")


def test_outputs_that_are_refused(world: Any) -> None:
    stream = {"KinesisStreamsOutput": {"ResourceARN": "arn:aws:kinesis:x"}}
    other = {key: value for key, value in world.output().items() if key != "LambdaOutput"} | stream
    with pytest.raises(AwsError, match="use LambdaOutput"):
        world.create(Outputs=[other])
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
    find = world.analytics._application

    def overtaken(params: dict[str, Any]) -> Any:
        application = find(params)
        monkeypatch.setattr(world.analytics, "_application", find)
        world.call("DeleteApplication", **gone)
        return application

    monkeypatch.setattr(world.analytics, "_application", overtaken)
    assert refused(world, "DeleteApplication", **gone).code == "ResourceNotFoundException"


def test_tags(world: Any) -> None:
    arn = world.create()["ApplicationARN"]
    world.call("TagResource", ResourceARN=arn, Tags=[{"Key": "a", "Value": "1"}, {"Key": "b"}])
    world.call("UntagResource", ResourceARN=arn, TagKeys=["b"])
    assert world.call("ListTagsForResource", ResourceARN=arn)["Tags"] == [{"Key": "a", "Value": "1"}]
