"""One analytics application: what is configured, as the API describes it and as the journal keeps it."""

from __future__ import annotations

import hashlib
import json
import threading
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from helpers.local_aws.clock import moment
from helpers.local_aws.protocol import AwsError

if TYPE_CHECKING:
    from helpers.local_aws.kinesisanalytics.runner import Runner

Params = dict[str, Any]
_CONFIGURED = (
    "role", "code", "inputs", "outputs", "references", "logging", "ids", "version", "api",
)  # fmt: skip
_KEPT = ("name", "arn", "created", "description", "tags", "status", "updated", *_CONFIGURED)


@dataclass
class SqlApplication:
    """An application; inputs, outputs, references and logging are kept in the form in which they are described."""

    name: str
    arn: str
    role: str | None  # None: made by version 1 of the API, with a role for each resource
    created: float
    description: str | None = None
    code: str = ""
    inputs: list[Params] = field(default_factory=list)
    outputs: list[Params] = field(default_factory=list)
    references: list[Params] = field(default_factory=list)
    logging: list[Params] = field(default_factory=list)
    tags: dict[str, str] = field(default_factory=dict)
    status: str = "READY"
    version: int = 1
    updated: float | None = None
    ids: int = 0
    api: int = 2  # the version of the API it is managed by
    runner: Runner | None = None  # the last run, also when it has ended
    lock: threading.RLock = field(default_factory=threading.RLock)

    @property
    def token(self) -> str:
        """The ConditionalToken of this version."""
        return hashlib.sha256(f"{self.arn} {self.version}".encode()).hexdigest()

    def next_id(self) -> str:
        """An id for an input or output, ``<version>.<number>``."""
        self.ids += 1
        return f"{self.version}.{self.ids}"

    def copy(self) -> SqlApplication:
        """A copy whose configuration can be changed and checked before it is taken over."""
        return replace(self, version=self.version + 1, ids=0)

    def take(self, new: SqlApplication, now: float) -> None:
        """Take over a changed configuration, as the next version."""
        for name in _CONFIGURED:
            setattr(self, name, getattr(new, name))
        self.updated = now

    def check_version(self, version: int | None, token: str | None = None) -> None:
        """ConcurrentModificationException unless the caller knows the current version."""
        if version is None and token is None:
            raise AwsError(
                "InvalidArgumentException",
                "one of CurrentApplicationVersionId and ConditionalToken is needed",
            )
        if version not in (None, self.version) or token not in (None, self.token):
            raise AwsError(
                "ConcurrentModificationException",
                f"application {self.name} is at version {self.version}, not {version or token}: "
                "describe it and try again",
            )

    def document(self) -> bytes:
        """All of it, for the journal."""
        return json.dumps({name: getattr(self, name) for name in _KEPT}).encode()

    @classmethod
    def from_document(cls, document: bytes) -> SqlApplication:
        """The application of a document of the journal."""
        return cls(**json.loads(document))

    def describe(self) -> Params:
        """The ApplicationDetail."""
        return {
            "ApplicationARN": self.arn,
            "ApplicationDescription": self.description,
            "ApplicationName": self.name,
            "RuntimeEnvironment": "SQL-1_0",
            "ServiceExecutionRole": self.role,
            "ApplicationStatus": self.status,
            "ApplicationVersionId": self.version,
            "CreateTimestamp": moment(self.created),
            "LastUpdateTimestamp": moment(self.created if self.updated is None else self.updated),
            "ApplicationConfigurationDescription": {
                "SqlApplicationConfigurationDescription": {
                    "InputDescriptions": self.inputs,
                    "OutputDescriptions": self.outputs,
                    "ReferenceDataSourceDescriptions": self.references,
                },
                "ApplicationCodeConfigurationDescription": {
                    "CodeContentType": "PLAINTEXT",
                    "CodeContentDescription": {"TextContent": self.code},
                },
            },
            "CloudWatchLoggingOptionDescriptions": self.logging,
            "ConditionalToken": self.token,
            "ApplicationMode": "STREAMING",
        }

    def summary(self) -> Params:
        """The ApplicationSummary."""
        return {
            "ApplicationName": self.name,
            "ApplicationARN": self.arn,
            "ApplicationStatus": self.status,
            "ApplicationVersionId": self.version,
            "RuntimeEnvironment": "SQL-1_0",
            "ApplicationMode": "STREAMING",
        }
