import json
import os
from pathlib import Path

import pytest

from helpers.local_aws import settings as module
from helpers.local_aws.settings import Settings, SettingsError


def test_defaults_are_those_of_the_workshop() -> None:
    settings = Settings.from_environment({})
    assert (settings.port, settings.clock, settings.seed, settings.region) == (4566, None, 7, "us-east-1")
    assert settings.smtp is None
    assert settings.home.name == ".workshop"
    assert (settings.home.parent / "pyproject.toml").exists()
    assert len(settings.key) >= 40
    assert settings.key != Settings.from_environment({}).key
    assert settings.key not in repr(settings) and settings.root_key not in repr(settings)
    sids = {each["Sid"] for each in json.loads(settings.policy)["Statement"]}
    assert {"Stack", "Buckets", "DataStreams", "Package"} < sids  # of both files


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("WORKSHOP_PORT", "many", "WORKSHOP_PORT is 'many'"),
        ("WORKSHOP_PORT", "70000", "1 to 65535"),
        ("WORKSHOP_SEED", "x", "WORKSHOP_SEED is 'x'"),
        ("WORKSHOP_CLOCK", "fast", "use real or stepped"),
        ("WORKSHOP_SMTP", "mail.example.com", "WORKSHOP_SMTP is 'mail.example.com': use host:port"),
        ("WORKSHOP_SMTP", ":25", "use host:port"),
        ("WORKSHOP_POLICY", "nowhere.json", "WORKSHOP_POLICY: nowhere.json cannot be read"),
    ],
)
def test_wrong_values_are_named(name: str, value: str, message: str) -> None:
    with pytest.raises(SettingsError, match=message):
        Settings.from_environment({name: value})


def test_the_process_keeps_none_of_the_user_s_secrets(tmp_path: Path) -> None:
    settings = Settings.from_environment({"WORKSHOP_HOME": str(tmp_path), "AWS_REGION": "eu-west-1"})
    own = {"PATH": "/bin", "GITHUB_TOKEN": "secret", "AWS_PROFILE": "work", "AWS_ENDPOINT_URL": "http://x"}
    environment = module.isolated_environment(own, settings, 1234)
    assert environment["PATH"] == "/bin"
    assert environment["S3_DATA_DIR"] == str(tmp_path / "s3")
    assert environment["STATE_DIR"].startswith(str(tmp_path))  # where ministack writes: nowhere else
    assert not {"GITHUB_TOKEN", "AWS_PROFILE", "AWS_ENDPOINT_URL"} & set(environment)
    assert environment["AWS_SECRET_ACCESS_KEY"] == settings.root_key
    assert (environment["GATEWAY_PORT"], environment["MINISTACK_REGION"]) == ("1234", "eu-west-1")
    assert not Path(environment["DOCKER_HOST"].removeprefix("unix://")).exists()


def test_the_state_file_is_the_owner_s_and_goes_with_its_process(tmp_path: Path) -> None:
    settings = Settings.from_environment({"WORKSHOP_HOME": str(tmp_path)})
    path = module.write_state(settings, 1234, "real")
    assert path.stat().st_mode & 0o777 == 0o600
    state = json.loads(path.read_text())
    assert (state["pid"], state["url"], state["key"]) == (os.getpid(), "http://127.0.0.1:1234", settings.key)
    assert settings.root_key not in path.read_text()
    path.write_text(json.dumps(state | {"pid": 1}))
    module.remove_state(path)
    assert path.exists()  # another process's
    path.write_text(json.dumps(state))
    module.remove_state(path)
    module.remove_state(path)
    assert list(tmp_path.iterdir()) == []
