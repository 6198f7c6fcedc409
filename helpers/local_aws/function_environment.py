"""The environment of Lambda functions: what the machine needs to run Python, a session of the function's role, and
the function's own variables; none of ministack's settings, none of the user's.

ministack gives a function everything in os.environ; settings.py has left the user's secrets out of that already.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from typing import Any

from ministack.core import lambda_runtime

# ministack's configuration, which a function of the same process tree has no business with.
HIDDEN = frozenset({
    "AUTH", "BIND_HOST", "DOCKER_HOST", "GATEWAY_PORT", "IOT_MTLS_ENABLED", "LAMBDA_EXECUTOR", "LOG_LEVEL",
    "MINISTACK_ACCOUNT_ID", "MINISTACK_HOST", "MINISTACK_REGION", "PERSIST_STATE", "S3_DATA_DIR", "S3_PERSIST",
    "SFTP_ENABLED", "STATE_DIR",
})  # fmt: skip


def install() -> None:
    """Let ministack start functions with no more than this, once a process."""
    lambda_runtime.os = _Os()


class _Visible(Mapping[str, str]):
    """os.environ: asked by name it gives everything, listed or copied it leaves out what is hidden."""

    def __getitem__(self, name: str) -> str:
        return os.environ[name]

    def __iter__(self) -> Iterator[str]:
        return (name for name in os.environ if name not in HIDDEN)

    def __len__(self) -> int:
        return sum(1 for _ in self)


class _Os:
    """The os module with that environment."""

    environ = _Visible()

    def __getattr__(self, name: str) -> Any:
        return getattr(os, name)
