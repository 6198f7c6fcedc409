"""What the local AWS offers, service by service and operation by operation, as a page written from the code itself.

Operations are botocore's; which of them are offered is read from the services, what is refused within one is
tried (PROBES), and the error on the page is the one that was answered. Where something differs without being
refused, a sentence in PARTIAL says so. The workshop's use of ministack's services is read from its sources.

    python -m helpers.local_aws.coverage > docs/local-aws.md
"""

from __future__ import annotations

import asyncio
import importlib
import inspect
import json
import pkgutil
import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

from botocore import xform_name

from helpers.local_aws import athena, firehose, kinesisanalytics, quicksight
from helpers.local_aws.athena.functions import KNOWN
from helpers.local_aws.clock import Clock
from helpers.local_aws.front import REST, TARGETS
from helpers.local_aws.kinesisanalytics.flink import FLINK_ONLY, FLINK_SNAPSHOTS
from helpers.local_aws.protocol import AwsError, JsonService, service_model
from helpers.local_aws.runtime import Runtime
from helpers.local_aws.settings import ACCOUNT_ID, REPOSITORY

_ANALYTICS: Final = {
    "AddApplicationCloudWatchLoggingOption": "An application that cannot start is refused, and that is logged too",
    "StartApplication": "Takes seconds, none on stepped time; a delivery stream is read from NOW only",
    "StopApplication": "Takes seconds, none on stepped time",
    "UpdateApplication": "Another script, input or reference table begins windows and forests anew",
}
# Operations that are offered with a difference to AWS: what it is.
PARTIAL: Final[dict[str, dict[str, str]]] = {
    "firehose": {
        "CreateDeliveryStream": "Active at once",
        "DeleteDeliveryStream": "First delivers what is buffered",
        "StartDeliveryStreamEncryption": "Described and answered as on AWS; records wait in a file of the owner's",
        "StopDeliveryStreamEncryption": "Done at once",
    },
    "kinesisanalyticsv2": {
        "CreateApplication": "SQL-1_0 runs here, FLINK-2_3 on a Flink of this machine (`make flink`); other runtimes "
        "are refused when started",
        **_ANALYTICS,
    },
    "kinesisanalytics": _ANALYTICS,
    "athena": {
        "StartQueryExecution": f"On DuckDB. Its functions: {', '.join(sorted(KNOWN))}; not another: `NOT_SUPPORTED`. "
        "Types that do not fit are refused as in Athena, but for fields of rows, UNION, IF, NULLIF and IN (SELECT …)",
        "GetQueryRuntimeStatistics": "Times and bytes, no stages",
    },
}
_ROLE: Final = {"RoleARN": "arn:aws:iam::123456789012:role/r", "BucketARN": "arn:aws:s3:::b"}


@dataclass(frozen=True)
class Probe:
    """Something an operation of AWS takes and ours may not: in words, and as a request."""

    service: str
    operation: str
    what: str
    params: Mapping[str, Any]


def _stream(**members: Any) -> dict[str, Any]:
    return {"DeliveryStreamName": "probe", **members}


def _to_s3(**settings: Any) -> dict[str, Any]:
    return _stream(ExtendedS3DestinationConfiguration={**_ROLE, **settings})


PROBES: Final = (
    Probe(
        "firehose",
        "CreateDeliveryStream",
        "a destination other than S3",
        _stream(HttpEndpointDestinationConfiguration={
            "EndpointConfiguration": {"Url": "https://example.com"},
            "S3Configuration": _ROLE,
        }),
    ),
    Probe(
        "firehose",
        "CreateDeliveryStream",
        "a source other than Direct PUT and a Kinesis data stream",
        _to_s3() | {"DeliveryStreamType": "MSKAsSource"},
    ),
    Probe(
        "firehose",
        "CreateDeliveryStream",
        "conversion to Parquet or ORC",
        _to_s3(DataFormatConversionConfiguration={"Enabled": True}),
    ),
    Probe(
        "firehose",
        "CreateDeliveryStream",
        "dynamic partitioning",
        _to_s3(DynamicPartitioningConfiguration={"Enabled": True}),
    ),
    Probe(
        "firehose",
        "CreateDeliveryStream",
        "processors other than Lambda and AppendDelimiterToRecord",
        _to_s3(ProcessingConfiguration={"Enabled": True, "Processors": [{"Type": "Decompression"}]}),
    ),
)  # fmt: skip

_INTRODUCTION: Final = """\
# The local AWS: what is offered, what is refused, and with which error

Written by `python -m helpers.local_aws.coverage` from the code; a test says whether it is current. *Faithful* means:
requests are checked against botocore's model of the service, and tests written from AWS's documentation call the
operation; *untested*: none does. Whatever is refused is refused at once, with the error named here; nothing is accepted
and then ignored.
"""
_THEIRS: Final = """\
## The control plane: ministack

Everything else is [ministack](decisions/0001-ministack-for-the-control-plane.md)'s own, and as faithful as that.
These of its services the workshop reaches; *kept* says whether they outlive the process
([durability](durability.md)). Times that it gives by itself (LastModified of objects, dates of creation) are the wall
clock's, whatever the one clock says.
"""
MANY = 60  # operations refused alike: more are counted, not named
_OURS_WITHIN: Final = {
    "cloudformation": "helpers.local_aws.cloudformation",
    "sns": "helpers.local_aws.sns.service",
    "kinesis": "helpers.local_aws.kinesis",
    "logs": "helpers.local_aws.logs",
    "lambda": "helpers.local_aws.event_sources",
    "lambda's errors": "helpers.local_aws.function_errors",
}


def page() -> str:
    """The page as Markdown."""
    parts = [_INTRODUCTION]
    for name, service in services().items():
        parts += [f"## {_title(service)}\n", _about(service.__module__), _table(name)]
    parts += [_THEIRS, _reached()]
    parts += [f"### {name}: ours within it\n\n{_about(module)}" for name, module in _OURS_WITHIN.items()]
    return "\n".join(parts)


@cache
def services() -> dict[str, type[JsonService]]:
    """Our services by their names, as the front knows them."""
    for package in (firehose, kinesisanalytics, athena, quicksight):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            importlib.import_module(module.name)
    found = {each.name: each for each in _subclasses(JsonService)}
    return {name: found[name] for name in dict.fromkeys((*TARGETS.values(), *REST))}


def _subclasses(kind: type[JsonService]) -> Iterator[type[JsonService]]:
    """Those of this package: tests have services of their own."""
    for each in kind.__subclasses__():
        yield from _subclasses(each)
        if "name" in vars(each) and each.__module__.startswith("helpers."):
            yield each


def offered(name: str) -> set[str]:
    """The operations of a service that ours answers."""
    methods = {xform_name(operation): operation for operation in service_model(name).operation_names}
    service = services()[name]
    return {methods[key] for key in dir(service) if getattr(getattr(service, key), "is_operation", False)}


def refusal(probe: Probe) -> AwsError | None:
    """How a probe is refused; None where it is not."""
    clock = Clock("stepped", 0)
    try:
        runtime = Runtime(clock, ACCOUNT_ID, "us-east-1", 7, _no_client, Path())
        services()[probe.service](runtime).handle(probe.operation, probe.params)
    except AwsError as error:
        return error
    finally:
        clock.close()
    return None


def _no_client(name: str) -> Any:
    raise LookupError(f"a probe is refused before {name} is asked")


def _table(name: str) -> str:
    lines = ["| operation | | where it differs, and the error |", "|---|---|---|"]
    refused: dict[str, list[str]] = {}
    theirs = ministack_athena() if name == "athena" else set()
    for operation in sorted(service_model(name).operation_names):
        if operation in offered(name):
            notes = list(_notes(name, operation))
            how = "untested" if not tested(operation) else "partial" if notes else "faithful"
            lines.append(f"| {operation} | {how} | {'; '.join(notes)} |")
        elif operation in theirs:
            refused.setdefault("ministack's own", []).append(operation)
        elif name == "kinesisanalyticsv2" and operation in FLINK_ONLY:
            offered_to = "FLINK-2_3 only; with SQL-1_0" if operation in FLINK_SNAPSHOTS else "for Flink only,"
            refused.setdefault(f"{offered_to} refused: `{FLINK_ONLY[operation]}` (400)", []).append(operation)
        else:
            refused.setdefault(f"refused: `{_error(name)}`", []).append(operation)
    for how, operations in sorted(refused.items()):
        all_others = len(operations) > MANY
        lines.append(f"| {f'the other {len(operations)}' if all_others else ', '.join(operations)} | {how} | |")
    return "\n".join([*lines, ""])


def tested(operation: str) -> bool:
    """Whether any test calls the operation, by its name in boto3 or in the service's model."""
    return bool(re.search(rf"\b({xform_name(operation)}|{operation})\b", _tests()))


@cache
def _tests() -> str:
    return "\n".join(path.read_text(encoding="utf-8") for path in (REPOSITORY / "tests").rglob("test_*.py"))


def _notes(name: str, operation: str) -> Iterator[str]:
    if sentence := PARTIAL.get(name, {}).get(operation):
        yield sentence
    for probe in PROBES:
        if (probe.service, probe.operation) == (name, operation) and (error := refusal(probe)):
            yield f"not {probe.what}: `{error.code}` ({error.status})"


def _error(name: str) -> str:
    """What is answered to an operation that is not offered."""
    if name == "athena":
        return _athena_answer("NoSuchOperation")
    service = object.__new__(services()[name])  # its state is not asked for
    service.model, service.operations = service_model(name), {}
    try:
        service.handle(service.model.operation_names[0], {})
    except AwsError as error:
        return f"{error.code} ({error.status})"
    raise AssertionError(f"{name} answers what it does not offer")


@cache
def ministack_athena() -> set[str]:
    """The operations of Athena that ministack answers."""
    unknown = _athena_answer("NoSuchOperation")
    rest = set(service_model("athena").operation_names) - offered("athena")
    return {operation for operation in rest if _athena_answer(operation) != unknown}


def _athena_answer(operation: str) -> str:
    """How ministack's Athena answers an empty request: error and status, or what goes wrong inside."""
    from ministack.services import athena as theirs

    headers = {"x-amz-target": f"AmazonAthena.{operation}"}
    try:
        status, _, body = asyncio.run(theirs.handle_request("POST", "/", headers, b"{}", {}))
    except Exception as error:  # known to it, and at a loss for parameters
        return repr(error)
    return f"{json.loads(body).get('__type', '').rpartition('#')[2]} ({status})"


def _title(service: type[JsonService]) -> str:
    first = str(inspect.getdoc(sys.modules[service.__module__])).partition("\n")[0]
    return first.partition(":")[0]


def _about(module: str) -> str:
    """What a module says of itself, behind its first line."""
    text = str(inspect.getdoc(importlib.import_module(module)))
    return text.partition("\n\n")[2].replace("``", "`").strip() + "\n"


def reached() -> dict[str, list[str]]:
    """ministack's services that the stack's template, the helpers and the chapters use: name → by what."""
    found: dict[str, set[str]] = {}
    templates = [path.read_text(encoding="utf-8") for path in sorted((REPOSITORY / "cloudformation").glob("*.yaml"))]
    for service in re.findall(r"Type: AWS::(\w+)::", "\n".join(templates)):
        found.setdefault(_BOTO.get(service, service.lower()), set()).add("the stack")
    chapters = sorted((REPOSITORY / "notebooks").rglob("*.ipynb"))
    # The preflight asks real accounts only.
    helpers = [path for path in (REPOSITORY / "helpers").glob("*.py") if path.name != "preflight.py"]
    for path in [*helpers, *chapters]:
        for service in re.findall(r"""client\(\\?["']([a-z0-9-]+)\\?["']""", path.read_text(encoding="utf-8")):
            found.setdefault(service, set()).add("the chapters")
    ours = {*TARGETS.values(), *REST}
    return {service: sorted(by, reverse=True) for service, by in sorted(found.items()) if service not in ours}


# CloudFormation's names of services, where boto3's are not the same in lower case.
_BOTO: Final = {
    "KinesisFirehose": "firehose",
    "Cognito": "cognito-idp",
    "KinesisAnalyticsV2": "kinesisanalyticsv2",
    "KinesisAnalytics": "kinesisanalytics",
}


def _reached() -> str:
    from helpers.local_aws.controlplane import KEPT

    lines = ["| service | reached by | kept |", "|---|---|---|"]
    lines += [f"| {name} | {', '.join(by)} | {'yes' if name in KEPT else 'no'} |" for name, by in reached().items()]
    return "\n".join([*lines, ""])


if __name__ == "__main__":
    sys.stdout.write(page())
