"""What the toll road's templates promise: lint, limits, least privilege, checked parameters."""

import subprocess
import sys
from pathlib import Path

import pytest

from helpers import template
from helpers.errors import WorkshopError
from helpers.tracks import TOLL

TEMPLATES = [stack.template for stack in TOLL.stacks]
LIVE = TEMPLATES[1]
ARN = "arn:aws:firehose:us-east-1:123456789012:deliverystream/s"


@pytest.fixture(params=TEMPLATES, ids=lambda path: path.stem)
def path(request: pytest.FixtureRequest) -> Path:
    return request.param


def test_it_and_its_rendering_pass_cfn_lint(path, tmp_path):
    rendered = tmp_path / "rendered.yaml"
    rendered.write_text(template.render(path))
    cfn_lint = Path(sys.executable).with_name("cfn-lint")
    done = subprocess.run([str(cfn_lint), str(path), str(rendered)], capture_output=True, text=True, timeout=120)
    assert (done.returncode, done.stdout + done.stderr) == (0, "")
    assert not template.ZIP_FILE.search(rendered.read_text())


def test_no_role_may_do_everything(path):
    for resource in template.section("Resources", path).values():
        for policy in resource.get("Properties", {}).get("Policies", []):
            for statement in policy["PolicyDocument"]["Statement"]:
                actions = statement["Action"] if isinstance(statement["Action"], list) else [statement["Action"]]
                assert "*" not in actions
                if statement.get("Resource") == "*":
                    assert actions == ["kinesis:ListStreams"]


def test_it_delivers_as_the_lab_configures_it():
    stream = template.section("Resources", TEMPLATES[0])["TollDataStream"]["Properties"]
    assert stream["DeliveryStreamType"] == "DirectPut"
    destination = stream["ExtendedS3DestinationConfiguration"]
    assert destination["BufferingHints"] == {"SizeInMBs": 1, "IntervalInSeconds": 60}
    assert not {"Prefix", "ErrorOutputPrefix", "ProcessingConfiguration"} & destination.keys()


def test_the_source_s_columns_are_called_as_the_script_wants():
    application = template.section("Resources", LIVE)["FindAnomaliesApplication"]["Properties"]
    [source] = application["ApplicationConfiguration"]["SqlApplicationConfiguration"]["Inputs"]
    assert [column["Name"] for column in source["InputSchema"]["RecordColumns"]] == ["date", "station_id", "user"]
    assert source["NamePrefix"] == "SOURCE_SQL_STREAM"


def test_threshold_and_phone_have_defaults_and_are_checked():
    assert template.check({"DeliveryStreamArn": ARN}, LIVE) == {
        "DeliveryStreamArn": ARN,
        "AnomalyThreshold": "2.5",
        "PhoneNumber": "",
    }
    wrong = [("AnomalyThreshold", "2,5"), ("AnomalyThreshold", "-1"), ("PhoneNumber", "512-000"), ("PhoneNumber", "0")]
    for name, value in wrong:
        with pytest.raises(WorkshopError, match=name):
            template.check({"DeliveryStreamArn": ARN, name: value}, LIVE)
    for name, value in [("AnomalyThreshold", "3"), ("AnomalyThreshold", "3.55"), ("PhoneNumber", "+15120000000")]:
        assert template.check({"DeliveryStreamArn": ARN, name: value}, LIVE)[name] == value
