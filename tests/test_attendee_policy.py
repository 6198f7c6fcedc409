"""cloudformation/attendee-policy.json is enough for the workshop, and no statement of it is for nothing."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from helpers import alerts, application, athena, cleanup, dashboard, local_process, schema, stack, template, toll
from helpers.errors import WorkshopError
from helpers.generator.simulation import Simulation
from helpers.local_aws.access import BOUNDARY, UNBOUND
from helpers.local_aws.settings import ACCOUNT_ID
from helpers.local_aws.stack_permissions import KINDS
from helpers.tracks import CLICKSTREAM, TOLL, Track
from helpers.workshop import STACK_NAME, Workshop
from tests.roles import ADMINISTRATOR

POLICY = json.loads((local_process.ROOT / "cloudformation" / "attendee-policy.json").read_text(encoding="utf-8"))
WITHIN = json.loads((local_process.ROOT / "cloudformation" / "permissions-boundary.json").read_text(encoding="utf-8"))
# Actions and the types of resources they know, of AWS's Service Authorization Reference.
KNOWN = json.loads((Path(__file__).parent / "service-authorization.json").read_text(encoding="utf-8"))
TEMPLATES = sorted((local_process.ROOT / "cloudformation").glob("*.yaml"))
LONGEST = 6_144  # characters of a managed policy, white space not counted
PARAMETERS = {"Username": "kplsetup", "Password": "Very-secret-1", "Email": "you@example.com", "SMS": "+15555550123"}

pytestmark = pytest.mark.filterwarnings("ignore:The copy keyword is deprecated:DeprecationWarning")


def without(sid: str | None) -> dict[str, Any]:
    return POLICY | {"Statement": [each for each in POLICY["Statement"] if each["Sid"] != sid]}


def attendee(
    workshop: Workshop, policy: dict[str, Any], monkeypatch: pytest.MonkeyPatch, track: Track = CLICKSTREAM
) -> Workshop:
    """A workshop on the shared local AWS, in the name of a user with this policy alone."""
    iam = workshop.client("iam")
    name = "some-attendee"
    try:
        iam.create_user(UserName=name)
    except iam.exceptions.EntityAlreadyExistsException:
        for key in iam.list_access_keys(UserName=name)["AccessKeyMetadata"]:
            iam.delete_access_key(UserName=name, AccessKeyId=key["AccessKeyId"])
    iam.put_user_policy(UserName=name, PolicyName="workshop", PolicyDocument=json.dumps(policy))
    key = iam.create_access_key(UserName=name)["AccessKey"]
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", key["AccessKeyId"])  # for awswrangler
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", key["SecretAccessKey"])
    boto3.setup_default_session(region_name=workshop.region)  # which kept the key of an attendee before
    session = boto3.session.Session(key["AccessKeyId"], key["SecretAccessKey"], region_name=workshop.region)
    return Workshop("local", workshop.region, workshop.home, workshop._state, session, track)


def walk(ws: Workshop) -> None:
    """The chapters' calls, in their order, with little traffic."""
    ws.client("cloudformation").validate_template(TemplateBody="Resources: {Topic: {Type: AWS::SNS::Topic}}")
    stack.deploy(ws, PARAMETERS)
    alerts.confirm_subscriptions(ws)
    Simulation(ws).send("schema_discovery", rate=1, seconds=20)
    schema.remember(
        ws, ws.client("kinesisanalyticsv2").discover_input_schema(**schema.sample_request(ws))["InputSchema"]
    )
    application.create(ws)
    ws.clock.step(125)
    assert athena.reconcile(ws)["agree"].all()
    cleanup.inventory(ws)
    cleanup.delete_application(ws)
    cleanup.empty_buckets(ws)
    cleanup.delete_stack(ws)
    assert not cleanup.leftovers(ws)


def walk_toll(ws: Workshop) -> None:
    """The toll road's calls, in their order, with little traffic."""
    stack.deploy(ws, {})
    toll.send(ws, seconds=5)
    assert toll.delivery(ws)["delivered"].sum() >= 500  # this account may have seen other walks
    toll.make_table(ws)
    assert athena.reconcile(ws)["agree"].all()
    dashboard.connect_quicksight(ws)
    stack.deploy(ws.of_stack(toll.LIVE), toll.parameters(ws))
    toll.save_and_run(ws, application.script(ws))
    toll.set_threshold(ws, 3.5)
    assert toll.threshold(ws) == 3.5
    cleanup.inventory(ws)
    tidy(ws)


def tidy(ws: Workshop) -> None:
    """A track's last chapter, whatever is there, and the proof that nothing is left."""
    dashboard.disconnect_quicksight(ws)
    cleanup.drop_databases(ws)
    cleanup.delete_application(ws)
    cleanup.empty_buckets(ws)
    cleanup.delete_stack(ws)
    assert not cleanup.leftovers(ws)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A local AWS of this module's own: in the shared one, mails of other tests wait to be confirmed."""
    path = tmp_path_factory.mktemp("attendees")
    local_process.start(path, {"WORKSHOP_PORT": "0", "WORKSHOP_CLOCK": "stepped", **ADMINISTRATOR})
    yield path
    local_process.stop(path)


@pytest.fixture
def workshop(home: Path, own_state_directory: None, monkeypatch: pytest.MonkeyPatch) -> Workshop:
    monkeypatch.setenv("WORKSHOP_HOME", str(home))
    return Workshop.connect()


@pytest.fixture
def tidied(workshop: Workshop) -> Iterator[Workshop]:
    """The account's administrator, who removes what an attendee could not."""
    assert workshop.stack_name == STACK_NAME
    yield workshop
    for ws in (workshop, Workshop.connect(TOLL)):
        tidy(ws)


def test_the_policy_fits_into_a_managed_policy() -> None:
    assert len("".join(json.dumps(POLICY).split())) <= LONGEST
    assert not [each["Sid"] for each in POLICY["Statement"] if "*" in json.dumps(each["Action"])]


@pytest.mark.parametrize("policy", [POLICY, WITHIN], ids=["attendees", "boundary"])
def test_actions_that_know_no_resources_are_allowed_on_a_star(policy: dict[str, Any]) -> None:
    for statement in policy["Statement"]:
        for action in statement["Action"]:
            if "*" not in action:
                assert KNOWN[action] or statement["Resource"] == "*", action


def test_the_local_aws_knows_which_actions_know_no_resources() -> None:
    assert {action for action, resources in KNOWN.items() if not resources} == UNBOUND
    asked = {each.partition(" ")[0] for kind in KINDS.values() for each in (*kind.create, *kind.delete)}
    assert asked <= KNOWN.keys()


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.stem)
def test_every_role_of_a_stack_is_within_the_boundary(path: Path) -> None:
    roles = [each for each in template.section("Resources", path).values() if each["Type"] == "AWS::IAM::Role"]
    arn = {"Sub": "arn:${AWS::Partition}:iam::${AWS::AccountId}:policy/" + BOUNDARY}
    assert roles and all(role["Properties"]["PermissionsBoundary"] == arn for role in roles)
    assert len("".join(json.dumps(WITHIN).split())) <= LONGEST


def test_the_policy_leads_to_no_more_than_itself(tidied: Workshop, monkeypatch: pytest.MonkeyPatch) -> None:
    ws = attendee(tidied, POLICY, monkeypatch)
    iam = ws.client("iam")
    trust = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    new = {
        "RoleName": "clickstream-workshop-mine",
        "AssumeRolePolicyDocument": json.dumps({"Version": "2012-10-17", "Statement": [trust]}),
    }
    with pytest.raises(ClientError, match="iam:CreateRole"):
        iam.create_role(**new)
    boundary = f"arn:aws:iam::{ACCOUNT_ID}:policy/{BOUNDARY}"
    role = iam.create_role(**new, PermissionsBoundary=boundary)["Role"]["Arn"]
    powers = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
    iam.put_role_policy(RoleName=new["RoleName"], PolicyName="p", PolicyDocument=json.dumps(powers))
    code = "import boto3\ndef h(event, context):\n    return len(boto3.client('iam').list_users()['Users'])\n"
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("f.py", code)
    function = {"FunctionName": new["RoleName"]}
    ws.client("lambda").create_function(
        **function, Runtime="python3.12", Handler="f.h", Timeout=30, Role=role, Code={"ZipFile": packed.getvalue()}
    )
    said = ws.client("lambda").invoke(**function)["Payload"].read().decode()
    assert "is not authorized to perform: iam:ListUsers" in said
    ws.client("lambda").delete_function(**function)
    for action in ("put_role_permissions_boundary", "delete_role_permissions_boundary"):
        other = {"PermissionsBoundary": "arn:aws:iam::aws:policy/AdministratorAccess"} if "put" in action else {}
        with pytest.raises(ClientError, match="RolePermissionsBoundary on resource"):
            getattr(iam, action)(RoleName=new["RoleName"], **other)
    iam.delete_role_policy(RoleName=new["RoleName"], PolicyName="p")
    iam.delete_role(RoleName=new["RoleName"])


def test_the_policy_is_enough(tidied: Workshop, monkeypatch: pytest.MonkeyPatch) -> None:
    walk(attendee(tidied, POLICY, monkeypatch))
    walk_toll(attendee(tidied, POLICY, monkeypatch, TOLL))


@pytest.mark.parametrize("sid", [each["Sid"] for each in POLICY["Statement"]])
def test_no_statement_is_for_nothing(sid: str, tidied: Workshop, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises((ClientError, WorkshopError)) as refused:
        walk(attendee(tidied, without(sid), monkeypatch))
        walk_toll(attendee(tidied, without(sid), monkeypatch, TOLL))
    assert "not authorized to perform" in str(refused.value)


def test_a_person_the_local_aws_does_not_know_is_refused(workshop: Workshop, tmp_path: Path) -> None:
    session = boto3.session.Session("AKIAAAAAAAAAAAAAAAAA", "x" * 40, region_name=workshop.region)
    stranger = Workshop("local", workshop.region, tmp_path, workshop._state, session)
    for service, call in (("firehose", "list_delivery_streams"), ("s3", "list_buckets"), ("iam", "list_users")):
        with pytest.raises(ClientError) as refused:
            getattr(stranger.client(service), call)()
        assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 403
