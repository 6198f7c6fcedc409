"""Version 1 of the API, as scripts of 2016 to 2019 call it (API_*.md of the SQL developer guide)."""

from __future__ import annotations

from typing import Any

import pytest

from helpers.local_aws.protocol import AwsError


def source(world: Any) -> dict[str, Any]:
    given: dict[str, Any] = world.input()
    return given | {"KinesisFirehoseInput": {"ResourceARN": world.source, "RoleARN": world.role}}


def output(world: Any) -> dict[str, Any]:
    given: dict[str, Any] = world.output()
    return given | {"LambdaOutput": {"ResourceARN": world.function_arn, "RoleARN": world.role}}


def create(world: Any, **more: Any) -> Any:
    given = {"ApplicationCode": world.counting, "Inputs": [source(world)], "Outputs": [output(world)]} | more
    return world.call_v1("CreateApplication", ApplicationName="old", **given)


def detail(world: Any) -> Any:
    return world.call_v1("DescribeApplication", ApplicationName="old")["ApplicationDetail"]


def start(world: Any) -> None:
    now = {"InputStartingPosition": "NOW"}
    [given] = detail(world)["InputDescriptions"]
    world.call_v1(
        "StartApplication",
        ApplicationName="old",
        InputConfigurations=[{"Id": given["InputId"], "InputStartingPositionConfiguration": now}],
    )


def test_an_application_from_creation_to_deletion(world: Any) -> None:
    summary = create(world, ApplicationDescription="counts")["ApplicationSummary"]
    assert summary == {
        "ApplicationName": "old",
        "ApplicationARN": "arn:aws:kinesisanalytics:us-east-1:123456789012:application/old",
        "ApplicationStatus": "READY",
    }
    described = detail(world)
    assert described["ApplicationCode"] == world.counting
    assert described["ApplicationDescription"] == "counts"
    assert described["InputDescriptions"][0]["KinesisFirehoseInputDescription"]["RoleARN"] == world.role
    assert described["OutputDescriptions"][0]["LambdaOutputDescription"]["RoleARN"] == world.role
    start(world)
    assert detail(world)["ApplicationStatus"] == "RUNNING"
    world.act("Click", 2)
    world.clock.step(10)
    assert world.received() == [{"CLICKS": 2, "KIND": "Click"}]
    world.call_v1("StopApplication", ApplicationName="old")
    world.call_v1("DeleteApplication", ApplicationName="old", CreateTimestamp=described["CreateTimestamp"])
    assert world.call_v1("ListApplications") == {"ApplicationSummaries": [], "HasMoreApplications": False}


def test_start_needs_to_be_told_where(world: Any) -> None:
    create(world)
    with pytest.raises(AwsError) as caught:
        world.call_v1("StartApplication", ApplicationName="old")
    assert caught.value.code in ("ValidationException", "InvalidArgumentException")
    with pytest.raises(AwsError, match=r"9\.9") as caught:
        world.call_v1("StartApplication", ApplicationName="old", InputConfigurations=[{"Id": "9.9"} | POSITION])
    assert caught.value.code == "InvalidArgumentException"


POSITION = {"InputStartingPositionConfiguration": {"InputStartingPosition": "NOW"}}


def test_changes_answer_nothing_and_count_versions(world: Any) -> None:
    world.call_v1("CreateApplication", ApplicationName="old")
    add = {"ApplicationName": "old", "CurrentApplicationVersionId": 1}
    assert world.call_v1("AddApplicationInput", **add, Input=source(world)) == {}
    with pytest.raises(AwsError) as caught:
        world.call_v1("AddApplicationOutput", **add, Output=output(world))
    assert caught.value.code == "ConcurrentModificationException"
    add["CurrentApplicationVersionId"] = 2
    assert world.call_v1("AddApplicationOutput", **add, Output=output(world)) == {}
    option = {"LogStreamARN": "arn:aws:logs:us-east-1:123456789012:log-group:g:log-stream:s", "RoleARN": world.role}
    add["CurrentApplicationVersionId"] = 3
    world.call_v1("AddApplicationCloudWatchLoggingOption", **add, CloudWatchLoggingOption=option)
    update = {
        "ApplicationCodeUpdate": world.counting,
        "OutputUpdates": [{"OutputId": "3.1", "DestinationSchemaUpdate": {"RecordFormatType": "CSV"}}],
        "CloudWatchLoggingOptionUpdates": [{"CloudWatchLoggingOptionId": "4.1", "RoleARNUpdate": world.role + "2"}],
    }
    params = {"ApplicationName": "old", "CurrentApplicationVersionId": 4, "ApplicationUpdate": update}
    assert world.call_v1("UpdateApplication", **params) == {}
    described = detail(world)
    assert described["ApplicationVersionId"] == 5
    assert described["OutputDescriptions"][0]["DestinationSchema"] == {"RecordFormatType": "CSV"}
    assert described["CloudWatchLoggingOptionDescriptions"][0]["RoleARN"] == world.role + "2"
    start(world)


def test_lists_in_pages(world: Any) -> None:
    for name in ("a", "b", "c"):
        world.call_v1("CreateApplication", ApplicationName=name)
    page = world.call_v1("ListApplications", Limit=2)
    assert ([each["ApplicationName"] for each in page["ApplicationSummaries"]], page["HasMoreApplications"]) == (
        ["a", "b"], True
    )  # fmt: skip
    page = world.call_v1("ListApplications", ExclusiveStartApplicationName="b")
    assert [each["ApplicationName"] for each in page["ApplicationSummaries"]] == ["c"]


def test_what_version_2_made_or_changed_is_left_to_it(world: Any) -> None:
    world.create(name="new")
    with pytest.raises(AwsError, match="kinesisanalyticsv2") as caught:
        world.call_v1("DescribeApplication", ApplicationName="new")
    assert caught.value.code == "UnsupportedOperationException"
    create(world)
    assert world.describe("old")["ApplicationVersionId"] == 1
    world.call("DeleteApplicationOutput", ApplicationName="old", CurrentApplicationVersionId=1, OutputId="1.2")
    with pytest.raises(AwsError) as caught:
        detail(world)
    assert caught.value.code == "UnsupportedOperationException"


def test_both_versions_share_one_set_of_names(world: Any) -> None:
    create(world)
    with pytest.raises(AwsError) as caught:
        world.create(name="old")
    assert caught.value.code == "ResourceInUseException"


def test_tags_and_discovery(world: Any) -> None:
    arn = create(world, Tags=[{"Key": "a", "Value": "1"}])["ApplicationSummary"]["ApplicationARN"]
    world.call_v1("TagResource", ResourceARN=arn, Tags=[{"Key": "b", "Value": "2"}])
    world.call_v1("UntagResource", ResourceARN=arn, TagKeys=["a"])
    assert world.call_v1("ListTagsForResource", ResourceARN=arn)["Tags"] == [{"Key": "b", "Value": "2"}]
    world.act("Click")
    found = world.call_v1("DiscoverInputSchema", ResourceARN=world.source, RoleARN=world.role)
    assert [each["Name"] for each in found["InputSchema"]["RecordColumns"]] == ["browseraction", "site"]


def test_it_is_there_after_a_kill(world: Any) -> None:
    create(world)
    start(world)
    before = detail(world)
    world.kill()
    assert detail(world) == before
