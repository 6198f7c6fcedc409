"""cloudformation/attendee-policy-flink.json, beside attendee-policy.json, is enough for Flink, and nothing more."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from helpers import alerts, cleanup, flink_application, local_process, preflight, schema, stack
from helpers.errors import WorkshopError
from helpers.generator.producer import Producer
from helpers.generator.simulation import read_template
from helpers.generator.traffic import Traffic
from helpers.local_aws.settings import ACCOUNT_ID
from helpers.workshop import Workshop
from tests.roles import ADMINISTRATOR
from tests.test_attendee_policy import KNOWN, LONGEST, PARAMETERS, POLICY, attendee

FLINK = json.loads((local_process.ROOT / "cloudformation" / "attendee-policy-flink.json").read_text(encoding="utf-8"))
# What nothing local shows: CloudFormation's own looks at a trigger, and simulations of one's own permissions, which
# ministack allows on * only.
UNSEEN = {"Triggers", "PreflightPermissions"}


def with_flink(sid: str | None = None) -> dict[str, Any]:
    """Both policies in one, without one statement of the second."""
    return POLICY | {"Statement": [*POLICY["Statement"], *(each for each in FLINK["Statement"] if each["Sid"] != sid)]}


def walk(ws: Workshop) -> None:
    """What the chapters call beyond those of the SQL engine, with little traffic."""
    me = {"Account": ACCOUNT_ID, "Arn": ws.client("sts").get_caller_identity()["Arn"]}
    for finding in preflight._roles(ws, me), preflight._boundary(ws, me):
        assert [each.state for each in finding] == ["ok"]
    stack.deploy(ws, {**PARAMETERS, "Engine": "flink"})
    alerts.confirm_subscriptions(ws)
    traffic = Traffic(ws, [Producer("c", read_template("schema_discovery", 7), 1.0)], ws.clock.now())
    assert traffic.advance(10)
    schema.remember(ws, schema.infer(ws)["InputSchema"])
    package = ws.home / "package.zip"
    package.write_bytes(b"a zip")
    flink_application.upload(ws, package)
    try:
        flink_application.snapshots(ws)
    except ClientError as error:
        if "ResourceNotFound" not in str(error):
            raise
    cleanup.inventory(ws)
    tidy(ws)


def tidy(ws: Workshop) -> None:
    cleanup.delete_application(ws)
    cleanup.empty_buckets(ws)
    cleanup.delete_stack(ws)
    assert not cleanup.leftovers(ws)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A local AWS of this module's own."""
    path = tmp_path_factory.mktemp("flink-attendees")
    local_process.start(path, {"WORKSHOP_PORT": "0", "WORKSHOP_CLOCK": "stepped", **ADMINISTRATOR})
    yield path
    local_process.stop(path)


@pytest.fixture
def tidied(
    home: Path, own_state_directory: None, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[[dict[str, Any]], Workshop]]:
    """Makes a workshop of an attendee; the account's administrator removes what the attendee could not."""
    monkeypatch.setenv("WORKSHOP_HOME", str(home))
    administrator = Workshop.connect()

    def named(policy: dict[str, Any]) -> Workshop:
        monkeypatch.setenv("WORKSHOP_ENGINE", "flink")
        return attendee(administrator, policy, monkeypatch)

    yield named
    tidy(administrator)


def test_it_fits_into_a_managed_policy_and_names_its_actions() -> None:
    assert len("".join(json.dumps(FLINK).split())) <= LONGEST
    assert not [each["Sid"] for each in FLINK["Statement"] if "*" in json.dumps(each["Action"])]
    assert not {each["Sid"] for each in FLINK["Statement"]} & {each["Sid"] for each in POLICY["Statement"]}


def test_actions_that_know_no_resources_are_allowed_on_a_star() -> None:
    for statement in FLINK["Statement"]:
        for action in statement["Action"]:
            assert KNOWN[action] or statement["Resource"] == "*", action


def test_nothing_in_it_makes_a_role_or_changes_a_policy() -> None:
    iam = {action for each in FLINK["Statement"] for action in each["Action"] if action.startswith("iam:")}
    assert all(action.startswith(("iam:Get", "iam:Simulate")) for action in iam)


def test_both_policies_are_enough(tidied: Callable[[dict[str, Any]], Workshop]) -> None:
    walk(tidied(with_flink()))


@pytest.mark.parametrize("sid", [each["Sid"] for each in FLINK["Statement"] if each["Sid"] not in UNSEEN])
def test_no_statement_is_for_nothing(sid: str, tidied: Callable[[dict[str, Any]], Workshop]) -> None:
    with pytest.raises((ClientError, WorkshopError), match="not authorized to perform"):
        walk(tidied(with_flink(sid)))
