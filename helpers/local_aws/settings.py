"""What one run of the local AWS is told (environment variables) and what it tells (the state file)."""

from __future__ import annotations

import json
import os
import secrets
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from helpers.local_aws.clock import Mode

ACCOUNT_ID = "123456789012"
STATE_FILE = "local-aws.json"
# Stepped time starts at the same moment in every run, so that a run can be repeated to the last window.
STEPPED_START = datetime(2026, 11, 22, 10, tzinfo=UTC).timestamp()
REPOSITORY = Path(__file__).resolve().parents[2]
# What a Lambda function may see of the machine: enough to run Python, none of the user's secrets.
KEPT_VARIABLES = (
    "PATH", "HOME", "USER", "LANG", "LC_ALL", "TMPDIR", "TEMP", "TMP", "SYSTEMROOT", "USERPROFILE", "PATHEXT",
    "VIRTUAL_ENV", "CONDA_PREFIX", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "PYTHONPATH", "PYTHONHOME",
    "PYTHONDONTWRITEBYTECODE", "SSL_CERT_FILE", "LOG_LEVEL",
)  # fmt: skip


class SettingsError(Exception):
    """An environment variable cannot be used."""


@dataclass(frozen=True)
class Settings:
    """Port (0: any free), clock mode, seed, state directory, region and key of one run."""

    port: int
    clock: Mode
    seed: int
    home: Path
    region: str
    key: str = field(default_factory=lambda: secrets.token_urlsafe(30), repr=False)

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Settings:
        """Read WORKSHOP_PORT, _CLOCK, _SEED, _HOME, AWS_DEFAULT_REGION; SettingsError names what is wrong."""
        clock = environment.get("WORKSHOP_CLOCK", "real")
        if clock not in ("real", "stepped"):
            raise SettingsError(f"WORKSHOP_CLOCK is {clock!r}: use real or stepped")
        port = _whole_number(environment, "WORKSHOP_PORT", 4566)
        if not 0 <= port <= 65535:
            raise SettingsError(f"WORKSHOP_PORT is {port}: use 1 to 65535, or 0 for any free port")
        return cls(
            port=port,
            clock="stepped" if clock == "stepped" else "real",
            seed=_whole_number(environment, "WORKSHOP_SEED", 7),
            home=Path(environment.get("WORKSHOP_HOME") or REPOSITORY / ".workshop"),
            region=environment.get("AWS_DEFAULT_REGION") or environment.get("AWS_REGION") or "us-east-1",
        )


def _whole_number(environment: Mapping[str, str], name: str, default: int) -> int:
    text = environment.get(name) or str(default)
    try:
        return int(text)
    except ValueError as error:
        raise SettingsError(f"{name} is {text!r}: use a whole number") from error


def isolated_environment(environment: Mapping[str, str], settings: Settings, port: int) -> dict[str, str]:
    """The environment of the process and of the Lambda functions it starts.

    ministack reads its configuration from it when imported. No AWS_ENDPOINT_URL: ministack gives each
    function its own address. DOCKER_HOST names nothing, so that nobody's containers are looked at.
    """
    kept = {name: environment[name] for name in KEPT_VARIABLES if name in environment}
    nowhere = settings.home / "nowhere"
    return kept | {
        "AWS_ACCESS_KEY_ID": ACCOUNT_ID,
        "AWS_SECRET_ACCESS_KEY": settings.key,
        "AWS_SESSION_TOKEN": "",
        "AWS_DEFAULT_REGION": settings.region,
        "AWS_REGION": settings.region,
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
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
        "PERSIST_STATE": "0",
        "SFTP_ENABLED": "0",
        "TZ": "UTC",
    }


def write_state(settings: Settings, port: int) -> Path:
    """Write the state file (0600, in one piece) that clients read; returns its path."""
    state = {
        "pid": os.getpid(),
        "port": port,
        "url": f"http://127.0.0.1:{port}",
        "key": settings.key,
        "account_id": ACCOUNT_ID,
        "region": settings.region,
        "seed": settings.seed,
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
