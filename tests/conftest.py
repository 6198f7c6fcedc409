"""One real local AWS for all contract tests: stepped time, any free port, a state directory of its own."""

from collections.abc import Iterator
from functools import cache
from pathlib import Path

import botocore.session
import pytest
from hypothesis import settings

from helpers import environment, local_process
from helpers.workshop import Workshop
from tests.roles import ADMINISTRATOR

# The same examples on every run: a failure that comes and goes teaches nobody anything.
settings.register_profile("steady", derandomize=True, deadline=None)
settings.load_profile("steady")
# Each test has a session of its own; they share the service models, whose reading is most of a client's cost.
botocore.session.create_loader = cache(botocore.session.create_loader)
SETTINGS = {
    "WORKSHOP_PORT": "0",
    "WORKSHOP_CLOCK": "stepped",
    "WORKSHOP_SEED": "7",
    "WORKSHOP_TARGET": "local",
    **ADMINISTRATOR,
}


@pytest.fixture(autouse=True)
def own_state_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """No test touches a workshop in progress, nor the variables of the next test."""
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION", "WORKSHOP_ENGINE"):
        monkeypatch.delenv(name, raising=False)
    for name, value in SETTINGS.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("WORKSHOP_HOME", str(tmp_path / "workshop"))
    yield
    environment.give_back()


@pytest.fixture(scope="session")
def local_aws_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The state directory of a running local AWS that the whole session shares."""
    home = tmp_path_factory.mktemp("local-aws")
    state, started = local_process.start(home, SETTINGS)
    assert started
    yield home
    log = (home / "local-aws.log").read_text(encoding="utf-8")
    assert local_process.stop(home)
    assert state.key not in log


@pytest.fixture
def local_aws(local_aws_home: Path) -> local_process.State:
    """Address and key of the shared local AWS: use names of your own in it."""
    state = local_process.running(local_aws_home)
    assert state is not None, (local_aws_home / "local-aws.log").read_text(encoding="utf-8")
    return state


@pytest.fixture
def workshop(local_aws: local_process.State, local_aws_home: Path, monkeypatch: pytest.MonkeyPatch) -> Workshop:
    """A workshop connected to the shared local AWS; boto3's default session points at it too."""
    monkeypatch.setenv("WORKSHOP_HOME", str(local_aws_home))
    return Workshop.connect()
