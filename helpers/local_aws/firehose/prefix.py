"""S3 prefix expressions and object names.

Source: "Custom prefixes for Amazon S3 objects" in the Firehose developer guide. Not offered: the
partitionKeyFromQuery and partitionKeyFromLambda namespaces of dynamic partitioning.
"""

from __future__ import annotations

import re
import uuid
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from helpers.local_aws.clock import moment
from helpers.local_aws.firehose.javatime import PatternError, check, render
from helpers.local_aws.protocol import invalid

EXPRESSION = re.compile(r"!\{([^:{}]*):([^{}]*)\}")
DEFAULT_TIME = "!{timestamp:yyyy/MM/dd/HH/}"
ERROR_TYPE = "!{firehose:error-output-type}"
FIREHOSE_NAMES = ("random-string", "error-output-type")
LONGEST = 512  # characters, evaluated


@dataclass(frozen=True)
class Prefixes:
    """The two prefixes of an S3 destination, in the time zone their timestamps are written in."""

    objects: str = ""
    errors: str | None = None
    zone: str = "UTC"

    def check(self) -> None:
        """InvalidArgumentException if an expression is wrong or the rules between the two are broken."""
        _check_expressions(self.objects, "Prefix")
        if ERROR_TYPE in self.objects:
            raise invalid(f"Prefix cannot contain {ERROR_TYPE}")
        if self.errors is None and EXPRESSION.search(self.objects):
            raise invalid("ErrorOutputPrefix is mandatory when Prefix contains expressions")
        if self.errors is not None:
            _check_expressions(self.errors, "ErrorOutputPrefix")
            if EXPRESSION.search(self.errors) and ERROR_TYPE not in self.errors:
                raise invalid(f"ErrorOutputPrefix has expressions and must then contain {ERROR_TYPE}")
        try:
            ZoneInfo(self.zone or "UTC")
        except (KeyError, ValueError, OSError) as error:
            raise invalid(f"CustomTimeZone {self.zone!r} is not a time zone, e.g. America/New_York") from error

    def object_prefix(self, arrival: float) -> str:
        """The evaluated Prefix for records that arrived at ``arrival`` (epoch seconds)."""
        has_time = any(match.group(1) == "timestamp" for match in EXPRESSION.finditer(self.objects))
        return self._evaluate(self.objects if has_time else self.objects + DEFAULT_TIME, arrival)

    def error_prefix(self, arrival: float, error_type: str) -> str:
        """The evaluated ErrorOutputPrefix; ``error_type`` is e.g. ``processing-failed``."""
        errors = self.objects if self.errors is None else self.errors
        if not EXPRESSION.search(errors):
            errors += f"{ERROR_TYPE}/{DEFAULT_TIME}"
        return self._evaluate(errors, arrival, error_type)

    def local(self, arrival: float) -> datetime:
        """The moment in the destination's time zone."""
        return moment(arrival).astimezone(ZoneInfo(self.zone or "UTC"))

    def _evaluate(self, text: str, arrival: float, error_type: str = "") -> str:
        when = self.local(arrival)

        def value(match: re.Match[str]) -> str:
            if match.group(1) == "timestamp":
                return render(match.group(2), when)
            return error_type if match.group(2) == "error-output-type" else uuid.uuid4().hex[:11]

        return EXPRESSION.sub(value, text)[:LONGEST]


def object_name(stream: str, version: str, when: datetime, extension: str) -> str:
    """``<stream>-<version>-yyyy-MM-dd-HH-mm-ss-<uuid><extension>``."""
    return f"{stream}-{version}-{when:%Y-%m-%d-%H-%M-%S}-{uuid.uuid4()}{extension}"


def _check_expressions(text: str, where: str) -> None:
    for namespace, value in EXPRESSION.findall(text):
        if namespace == "timestamp":
            try:
                check(value)
            except PatternError as error:
                raise invalid(f"{where}: {error}") from error
        elif namespace != "firehose":
            raise invalid(f"{where}: the namespace {namespace!r} is not offered; use timestamp or firehose")
        elif value not in FIREHOSE_NAMES:
            raise invalid(f"{where}: unknown expression firehose:{value}; use {' or '.join(FIREHOSE_NAMES)}")
    if "!{" in EXPRESSION.sub("", text):
        raise invalid(f"{where}: '!{{' may only begin an expression !{{namespace:value}}")
