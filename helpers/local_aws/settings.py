"""What one run of the local AWS is told (environment variables) and what it tells (the state file)."""

from __future__ import annotations

import json
import os
import secrets
import string
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import cast

from helpers.local_aws.clock import Mode

ACCOUNT_ID = "123456789012"
INTERNAL = "local-aws-service"  # in the User-Agent of our services' own requests, which faults of connections spare
STATE_FILE = "local-aws.json"
OBJECTS = "s3"  # in the state directory: S3's objects
FILES = "ministack"  # in the state directory: the code of functions, Cognito's keys
TEMPORARY = "tmp"  # in the state directory: what running functions need
# Stepped time starts at the same moment in every run, so that a run can be repeated to the last window.
STEPPED_START = datetime(2026, 11, 22, 10, tzinfo=UTC).timestamp()
REPOSITORY = Path(__file__).resolve().parents[2]
# Two, since one would be longer than AWS takes: an attendee has both.
ATTENDEE_POLICIES = tuple(
    REPOSITORY / "cloudformation" / name for name in ("attendee-policy.json", "attendee-policy-flink.json")
)
BOUNDARY_POLICY = REPOSITORY / "cloudformation" / "permissions-boundary.json"
# What a Lambda function may see of the machine: enough to run Python, none of the user's secrets.
KEPT_VARIABLES = (
    "PATH", "HOME", "USER", "LANG", "LC_ALL", "SYSTEMROOT", "USERPROFILE", "PATHEXT",
    "VIRTUAL_ENV", "CONDA_PREFIX", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "PYTHONPATH", "PYTHONHOME",
    "PYTHONDONTWRITEBYTECODE", "SSL_CERT_FILE", "LOG_LEVEL", "JAVA_HOME", "WORKSHOP_FLINK",
)  # fmt: skip


class SettingsError(Exception):
    """An environment variable cannot be used."""


@dataclass(frozen=True)
class Settings:
    """Port (0: any free), clock mode (None: as it was, real at first), seed, state directory, region, mail
    server (host and port; None: no mail leaves the machine), the attendee's policy and the keys of one run."""

    port: int
    clock: Mode | None
    seed: int
    home: Path
    region: str
    policy: str  # of the attendee, as JSON
    smtp: tuple[str, int] | None = None
    access_key_id: str = field(default_factory=lambda: "AKIA" + _letters(16))
    key: str = field(default_factory=lambda: secrets.token_urlsafe(30), repr=False)
    root_key: str = field(default_factory=lambda: secrets.token_urlsafe(30), repr=False)  # nobody is ever told

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Settings:
        """Read WORKSHOP_PORT, _CLOCK, _SEED, _HOME, _SMTP, _POLICY, AWS_DEFAULT_REGION; SettingsError
        names what is wrong."""
        clock = environment.get("WORKSHOP_CLOCK") or None
        if clock not in (None, "real", "stepped"):
            raise SettingsError(f"WORKSHOP_CLOCK is {clock!r}: use real or stepped")
        port = _whole_number(environment, "WORKSHOP_PORT", 4566)
        if not 0 <= port <= 65535:
            raise SettingsError(f"WORKSHOP_PORT is {port}: use 1 to 65535, or 0 for any free port")
        return cls(
            port=port,
            clock=cast("Mode | None", clock),
            seed=_whole_number(environment, "WORKSHOP_SEED", 7),
            home=Path(environment.get("WORKSHOP_HOME") or REPOSITORY / ".workshop"),
            region=environment.get("AWS_DEFAULT_REGION") or environment.get("AWS_REGION") or "us-east-1",
            smtp=_mail_server(environment.get("WORKSHOP_SMTP", "")),
            policy=_policy(Path(own)) if (own := environment.get("WORKSHOP_POLICY")) else _attendee_policy(),
        )


def _mail_server(text: str) -> tuple[str, int] | None:
    """host:port, both given by the user; None where nothing is: no mail leaves the machine by default."""
    if not text:
        return None
    host, _, port = text.rpartition(":")
    if not host or not port.isdecimal() or not 0 < int(port) < 65536:
        raise SettingsError(f"WORKSHOP_SMTP is {text!r}: use host:port, as in 127.0.0.1:1025")
    return host.strip("[]"), int(port)


def _policy(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise SettingsError(f"WORKSHOP_POLICY: {path} cannot be read ({error.strerror})") from error


def _attendee_policy() -> str:
    policies = [json.loads(_policy(path)) for path in ATTENDEE_POLICIES]
    return json.dumps(policies[0] | {"Statement": [each for policy in policies for each in policy["Statement"]]})


def _letters(count: int) -> str:
    return "".join(secrets.choice(string.ascii_uppercase + "234567") for _ in range(count))


def _whole_number(environment: Mapping[str, str], name: str, default: int) -> int:
    text = environment.get(name) or str(default)
    try:
        return int(text)
    except ValueError as error:
        raise SettingsError(f"{name} is {text!r}: use a whole number") from error


def own_variables(environment: Mapping[str, str]) -> dict[str, str]:
    """What of an environment is meant for the local AWS, or needed to run Python."""
    names = (*KEPT_VARIABLES, "PYTHONUNBUFFERED", "AWS_DEFAULT_REGION", "AWS_REGION")
    return {
        name: value for name, value in environment.items() if name in names or name.startswith(("WORKSHOP_", "LC_"))
    }


def isolated_environment(environment: Mapping[str, str], settings: Settings, port: int) -> dict[str, str]:
    """The environment of the process and of the Lambda functions it starts.

    ministack reads its configuration from it when imported. No AWS_ENDPOINT_URL: ministack gives each
    function its own address. DOCKER_HOST names nothing, so that nobody's containers are looked at.
    """
    kept = {name: environment[name] for name in KEPT_VARIABLES if name in environment}
    nowhere = settings.home / "nowhere"
    return kept | {
        "AWS_ACCESS_KEY_ID": ACCOUNT_ID,
        "AWS_SECRET_ACCESS_KEY": settings.root_key,
        "AWS_SESSION_TOKEN": "",
        "AWS_DEFAULT_REGION": settings.region,
        "AWS_REGION": settings.region,
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
        "AUTH": "true",
        "BIND_HOST": "127.0.0.1",
        "DOCKER_HOST": f"unix://{nowhere}",
        "GATEWAY_PORT": str(port),
        "IOT_MTLS_ENABLED": "0",
        "LAMBDA_EXECUTOR": "local",
        "LOG_LEVEL": environment.get("LOG_LEVEL", "WARNING"),
        "MINISTACK_ACCOUNT_ID": ACCOUNT_ID,
        "MINISTACK_HOST": "127.0.0.1",
        "MINISTACK_REGION": settings.region,
        "NO_PROXY": "*",
        "PERSIST_STATE": "0",  # on a clean exit only; controlplane.py does it at every change
        "S3_DATA_DIR": str(settings.home / OBJECTS),
        "S3_PERSIST": "1",
        "STATE_DIR": str(settings.home / FILES),
        "SFTP_ENABLED": "0",
        "TMPDIR": str(settings.home / TEMPORARY),
        "TZ": "UTC",
    }


def write_state(settings: Settings, port: int, clock: Mode) -> Path:
    """Write the state file (0600, in one piece) that clients read; returns its path."""
    state = {
        "pid": os.getpid(),
        "port": port,
        "url": f"http://127.0.0.1:{port}",
        "access_key_id": settings.access_key_id,
        "key": settings.key,
        "account_id": ACCOUNT_ID,
        "region": settings.region,
        "seed": settings.seed,
        "clock": clock,  # the mode it was started with
    }
    path = settings.home / STATE_FILE
    with tempfile.NamedTemporaryFile("w", dir=settings.home, prefix=".state-", delete=False, encoding="utf-8") as file:
        json.dump(state, file, indent=2)  # NamedTemporaryFile makes it 0600
    Path(file.name).replace(path)
    return path


def remove_state(path: Path) -> None:
    """Remove the state file if it is still this process's own."""
    try:
        owner = json.loads(path.read_text(encoding="utf-8"))["pid"]
    except FileNotFoundError:
        return
    if owner == os.getpid():
        path.unlink()
