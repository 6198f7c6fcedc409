"""The AWS_* variables of this process: borrowed for the local AWS, given back for a real account.

boto3, awswrangler and whatever a notebook imports read them. While the workshop is local, nothing of the
user's own AWS set-up (profiles, endpoints, tokens, proxies) may lead a request to a real account.
"""

from __future__ import annotations

import os
from pathlib import Path

# Presigned addresses are of the current kind (SigV4) and name the bucket in the path.
AWS_CONFIG = "[default]\ns3 =\n  signature_version = s3v4\n  addressing_style = path\n"
LOCAL_HOSTS = "127.0.0.1,localhost"
# Would send requests elsewhere, or sign them with something else.
MISLEADING = (
    "AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_SESSION_TOKEN", "AWS_SECURITY_TOKEN", "AWS_CREDENTIAL_EXPIRATION",
    "AWS_ROLE_ARN",
    "AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "AWS_USE_FIPS_ENDPOINT",
    "AWS_USE_DUALSTACK_ENDPOINT", "AWS_SIGV4A_SIGNING_REGION_SET", "AWS_MAX_ATTEMPTS",
)  # fmt: skip
_own: dict[str, str | None] = {}  # the user's values of what was borrowed; None: was not set


def borrow_for_local(home: Path, url: str, access_key_id: str, key: str, region: str) -> None:
    """Point this process at the local AWS; boto3's configuration file becomes one in the state directory."""
    # Not given back first: the user's credentials are not to come back even for a moment.
    config = home / "aws-config"
    config.write_text(AWS_CONFIG, encoding="utf-8")
    endpoints = [name for name in os.environ if name.startswith("AWS_ENDPOINT_URL_")]
    for name in (*MISLEADING, *endpoints):
        _set(name, None)
    for name, value in {
        "AWS_ENDPOINT_URL": url,
        "AWS_ACCESS_KEY_ID": access_key_id,
        "AWS_SECRET_ACCESS_KEY": key,
        "AWS_DEFAULT_REGION": region,
        "AWS_REGION": region,
        "AWS_RETRY_MODE": "standard",
        "AWS_CONFIG_FILE": str(config),
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
    }.items():
        _set(name, value)
    for name in ("NO_PROXY", "no_proxy"):
        others = _own.get(name, os.environ.get(name))
        _set(name, f"{others},{LOCAL_HOSTS}" if others else LOCAL_HOSTS)


def give_back() -> None:
    """Restore the variables as the user had them."""
    while _own:
        name, value = _own.popitem()
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value


def _set(name: str, value: str | None) -> None:
    _own.setdefault(name, os.environ.get(name))
    if value is None:
        os.environ.pop(name, None)
    else:
        os.environ[name] = value
