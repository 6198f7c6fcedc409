"""Chapter 01: deployments on the local AWS, followed and shown."""

import shutil
import uuid
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from helpers import stack, template
from helpers.errors import WorkshopError
from helpers.workshop import Workshop

PASSWORD = "Very-secret-1"
PARAMETERS = {"Username": "kplsetup", "Password": PASSWORD, "Email": "you@example.com", "SMS": "+15555550123"}


def test_wrong_parameters_are_refused_before_any_call():
    def client(name: str) -> None:
        raise AssertionError(f"asked {name}")

    ws = SimpleNamespace(client=client, stack_name="s", target="local", template=template.TEMPLATE)
    with pytest.raises(WorkshopError, match="nothing was deployed"):
        stack.deploy(ws, PARAMETERS | {"Email": "nobody"})


# --- following


class FakeCloudFormation:
    """A stack whose status and events come from lists, one entry a look."""

    def __init__(self, statuses: list[str], events: list[list[dict]]) -> None:
        self._statuses, self._events = iter(statuses), iter(events)
        self._history: list[dict] = []

    def describe_stacks(self, StackName):
        return {"Stacks": [{"StackId": StackName, "StackStatus": next(self._statuses)}]}

    def get_paginator(self, operation):
        assert operation == "describe_stack_events"
        return self

    def paginate(self, StackName):
        self._history = [*reversed(next(self._events, [])), *self._history]
        return [{"StackEvents": self._history[:2]}, {"StackEvents": self._history[2:]}]


def event(number: int, resource: str, status: str, reason: str = "") -> dict:
    return {
        "EventId": str(number),
        "LogicalResourceId": resource,
        "ResourceType": "AWS::S3::Bucket",
        "ResourceStatus": status,
        "ResourceStatusReason": reason,
    }


def follower(cloudformation: FakeCloudFormation, seen: list) -> stack.Follower:
    ws = SimpleNamespace(client=lambda name: cloudformation, target="local")
    return stack.Follower(ws, "id", seen.append, poll=0)


def test_events_are_reported_once_oldest_first_over_pages():
    batches = [
        [
            event(1, "A", "CREATE_IN_PROGRESS"),
            event(2, "B", "CREATE_IN_PROGRESS"),
            event(3, "A", "CREATE_COMPLETE"),
        ],
        [],
        [event(4, "B", "CREATE_COMPLETE")],
    ]
    seen: list[stack.StackEvent] = []
    fake = FakeCloudFormation(["CREATE_IN_PROGRESS", "CREATE_IN_PROGRESS", "CREATE_COMPLETE"], batches)
    assert follower(fake, seen).wait(10) == "CREATE_COMPLETE"
    assert [f"{e.resource} {e.status}" for e in seen] == [
        "A CREATE_IN_PROGRESS",
        "B CREATE_IN_PROGRESS",
        "A CREATE_COMPLETE",
        "B CREATE_COMPLETE",
    ]


def test_what_happened_before_is_skipped():
    seen: list[stack.StackEvent] = []
    fake = FakeCloudFormation(
        ["UPDATE_COMPLETE"], [[event(1, "A", "CREATE_COMPLETE")], [event(2, "A", "UPDATE_COMPLETE")]]
    )
    follower(fake, seen).skip().wait(10)
    assert [e.status for e in seen] == ["UPDATE_COMPLETE"]


def test_a_stack_that_does_not_finish_is_said_to_go_on():
    fake = FakeCloudFormation(["CREATE_IN_PROGRESS"] * 3, [[event(1, "Raw", "CREATE_IN_PROGRESS")]])
    with pytest.raises(WorkshopError, match=r"still CREATE_IN_PROGRESS after 0 seconds.*Raw.*run this again"):
        follower(fake, []).wait(0)


def test_the_cause_is_the_first_failure_with_a_reason_of_its_own():
    batch = [
        event(1, "A", "CREATE_FAILED", "Resource creation cancelled"),
        event(2, "B", "CREATE_FAILED", "name taken"),
        event(3, "C", "CREATE_FAILED", "and this"),
    ]
    one = follower(FakeCloudFormation(["ROLLBACK_COMPLETE"], [batch]), [])
    assert one.cause(one.wait(1)) == "B (AWS::S3::Bucket): name taken"


# --- deploying, for real


@pytest.fixture
def ws(workshop: Workshop) -> Iterator[Workshop]:
    """The shared local AWS, with a stack name of its own that is gone afterwards."""
    workshop.stack_name = f"clickstream-workshop-{uuid.uuid4().hex[:4]}"  # within its roles' boundary
    yield workshop
    stack.remove(workshop, None, None, 60)


def broken(folder: Path) -> Path:
    """A template whose last resource fails: it hands Cognito a password against the pool's policy."""
    shutil.copytree(template.TEMPLATE.parent / "functions", folder / "functions")
    text = template.TEMPLATE.read_text().replace("Password: !Ref Password", "Password: short")
    (folder / "clickstream.yaml").write_text(text)
    return folder / "clickstream.yaml"


def test_deploy_then_again(ws, capsys, caplog):
    events: list[stack.StackEvent] = []
    first = stack.deploy(ws, PARAMETERS, events.append)
    count = len(template.resources())
    assert str(first) == f"{ws.stack_name}: CREATE_COMPLETE ({count} resources)"
    assert (first.changed, repr(first)) == (True, str(first))
    assert {e.resource for e in events} == {*template.resources(), ws.stack_name}
    assert events[-1].of_the_stack and events[-1].status == "CREATE_COMPLETE"

    outputs = stack.outputs(ws)
    assert set(outputs) == {name for name, each in template.section("Outputs").items() if "Condition" not in each}
    assert outputs == ws.outputs
    assert f"upid={outputs['UserPoolId']}&ipid={outputs['IdentityPoolId']}&cid=" in outputs["KinesisDataGeneratorUrl"]
    assert outputs["KinesisDataGeneratorUrl"].endswith("&r=us-east-1")
    assert outputs["DeliveryStreamName"].startswith(f"{ws.stack_name}-FirehoseDeliveryStream-")
    assert f":role/{ws.stack_name}-CSEKinesisAnalyticsRole-" in outputs["AnalyticsRoleArn"]

    events.clear()
    second = stack.deploy(ws, PARAMETERS, events.append)
    assert str(second) == f"{first}, nothing to change"
    assert [str(e) for e in events] == [f"CREATE_COMPLETE {ws.stack_name} - nothing to change"]
    assert stack.outputs(ws) == outputs

    described = ws.client("cloudformation").describe_stacks(StackName=ws.stack_name)
    everything = "\n".join([str(described), *map(repr, events), caplog.text, *capsys.readouterr()])
    assert PASSWORD not in everything
    assert {"Key": "workshop", "Value": ws.stack_name} in described["Stacks"][0]["Tags"]


def sign_in(ws: Workshop, user: str, password: str) -> dict:
    cognito = ws.client("cognito-idp")
    pool = stack.outputs(ws)["UserPoolId"]
    made = cognito.create_user_pool_client(
        UserPoolId=pool, ClientName="test", ExplicitAuthFlows=["ALLOW_ADMIN_USER_PASSWORD_AUTH"]
    )
    return cognito.admin_initiate_auth(
        UserPoolId=pool,
        ClientId=made["UserPoolClient"]["ClientId"],
        AuthFlow="ADMIN_USER_PASSWORD_AUTH",
        AuthParameters={"USERNAME": user, "PASSWORD": password},
    )


def test_the_generator_s_user_can_sign_in_and_follows_the_parameters(ws):
    stack.deploy(ws, PARAMETERS)
    assert sign_in(ws, "kplsetup", PASSWORD)["AuthenticationResult"]["IdToken"]
    changed = PARAMETERS | {"Username": "another", "Password": "another-secret-2"}
    assert str(stack.deploy(ws, changed)).startswith(f"{ws.stack_name}: UPDATE_COMPLETE")
    assert sign_in(ws, "another", "another-secret-2")["AuthenticationResult"]
    users = ws.client("cognito-idp").list_users(UserPoolId=stack.outputs(ws)["UserPoolId"])["Users"]
    assert [user["Username"] for user in users] == ["another"]


def test_a_failed_deployment_names_the_resource_and_leaves_nothing(ws, tmp_path):
    with pytest.raises(WorkshopError) as caught:
        stack.deploy(ws, PARAMETERS, template=broken(tmp_path))
    message = str(caught.value)
    assert "DataGeneratorUser (Custom::DataGeneratorUser): " in message
    assert "Password did not conform" in message
    assert "Nothing is left of it" in message
    assert PASSWORD not in message
    assert stack.find(ws.client("cloudformation"), ws.stack_name) is None
    with pytest.raises(WorkshopError, match="not deployed: run chapter 01"):
        stack.outputs(ws)


def test_a_failed_update_leaves_the_stack_as_it_was(ws, tmp_path):
    stack.deploy(ws, PARAMETERS)
    before = stack.outputs(ws)
    with pytest.raises(WorkshopError, match=r"could not be updated: DataGeneratorUser .* as it was before"):
        stack.deploy(ws, PARAMETERS, template=broken(tmp_path))
    assert stack.outputs(ws) == before
    assert sign_in(ws, "kplsetup", PASSWORD)["AuthenticationResult"]
    # And it is no obstacle to the next deployment.
    stack.deploy(ws, PARAMETERS | {"Email": "other@example.com"})


def create_elsewhere(ws: Workshop, template: Path) -> str:
    given = [{"ParameterKey": name, "ParameterValue": value} for name, value in PARAMETERS.items()]
    made = ws.client("cloudformation").create_stack(
        StackName=ws.stack_name,
        TemplateBody=stack.render(template),
        Parameters=given,
        Capabilities=["CAPABILITY_IAM"],
    )
    return str(made["StackId"])


def test_what_a_broken_run_left_is_deleted_first(ws, tmp_path):
    assert stack.Follower(ws, create_elsewhere(ws, broken(tmp_path)), None, None).wait(60) == "ROLLBACK_COMPLETE"
    assert str(stack.deploy(ws, PARAMETERS)).startswith(f"{ws.stack_name}: CREATE_COMPLETE")


def test_a_deployment_under_way_is_waited_for(ws):
    create_elsewhere(ws, template.TEMPLATE)
    assert stack.deploy(ws, PARAMETERS, timeout=60).status in {"CREATE_COMPLETE", "UPDATE_COMPLETE"}
    assert stack.outputs(ws)


def test_an_unreadable_template_is_cloudformation_s_word(ws, tmp_path):
    bad = tmp_path / "bad.yaml"
    bad.write_text("Resources: {Thing: {Type: AWS::No::Such}}\n")
    with pytest.raises(WorkshopError, match=f"{ws.stack_name}"):
        stack.deploy(ws, {}, template=bad)
    assert stack.find(ws.client("cloudformation"), ws.stack_name) is None


# --- the view


def test_progress_counts_resources_and_keeps_the_newest_events():
    progress = stack.StackProgress(lines=2)
    for resource, status in (
        ("A", "CREATE_IN_PROGRESS"),
        ("A", "CREATE_COMPLETE"),
        ("B", "CREATE_IN_PROGRESS"),
    ):
        progress(stack.StackEvent(None, resource, "AWS::S3::Bucket", status))
    assert (progress.done, progress.total) == (1, len(template.resources()))
    assert progress.newest == ["CREATE_COMPLETE A", "CREATE_IN_PROGRESS B"]
    progress(stack.StackEvent(None, "s", "AWS::CloudFormation::Stack", "CREATE_COMPLETE"))
    assert progress.done == progress.total
    flink = {"Engine": "flink"}
    assert stack.StackProgress(parameters=flink).total == len(template.resources(flink)) > progress.total


@pytest.mark.parametrize(
    ("status", "style"),
    [("CREATE_COMPLETE", "success"), ("ROLLBACK_COMPLETE", "danger"), ("DELETE_FAILED", "danger")],
)
def test_progress_shows_a_bar_in_a_notebook(monkeypatch, capsys, status, style):
    monkeypatch.setattr(stack, "in_notebook", lambda: True)
    progress = stack.StackProgress()
    progress(stack.StackEvent(None, "<b>A</b>", "AWS::S3::Bucket", "CREATE_COMPLETE", "why"))
    bar, text = progress._view
    assert (bar.value, bar.max, bar.bar_style) == (1, progress.total, "")
    assert text.value == "CREATE_COMPLETE &lt;b&gt;A&lt;/b&gt; - why"
    progress(stack.StackEvent(None, "s", "AWS::CloudFormation::Stack", status))
    assert (bar.value, bar.bar_style) == (progress.total, style)
    assert bar.description == f"{progress.total}/{progress.total}"


def test_there_is_no_view_outside_a_notebook(capsys):
    assert not stack.in_notebook()
    stack.StackProgress()(stack.StackEvent(None, "A", "AWS::S3::Bucket", "CREATE_COMPLETE"))
    assert capsys.readouterr().out == ""


def test_a_missing_boundary_is_told_with_what_to_do() -> None:
    follower = object.__new__(stack.Follower)
    reason = "Scope ARN: arn:aws:iam::1:policy/clickstream-workshop-boundary does not exist or is not attachable."
    follower.events = [stack.StackEvent(None, "FirehoseRole", "AWS::IAM::Role", "CREATE_FAILED", reason)]
    assert "an administrator of the account makes it once" in follower.cause("ROLLBACK_COMPLETE")
