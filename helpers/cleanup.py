"""A track's last chapter: what there is, deleting it, and the proof that nothing is left.

Everything is found by its name through the service it belongs to, not by asking the stack: one that is gone,
or half gone, says nothing about what it left behind. Every step may be run twice, or after a broken run.
"""

import re
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import cache
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from helpers import application, flink_application, stack, template
from helpers.errors import WorkshopError
from helpers.tracks import TRACKS

if TYPE_CHECKING:
    from helpers.workshop import Workshop

BATCH = 1000  # what DeleteObjects takes at once
TIMEOUT = 300.0  # seconds to wait for the application
ROUNDS = 3  # attempts at deleting a stack into whose buckets the delivery stream still delivers

Row = dict[str, Any]


# --- finding


def inventory(ws: "Workshop") -> list[Row]:
    """Return what exists of the workshop, one row for each thing: kind, name, state, holds, bytes.

    `holds` counts what is in it: object versions of a bucket, users of a pool, tables of a database, streams
    of a log group. `bytes` is the size of a bucket's current objects, or of a log group's events.
    Ready for a DataFrame.
    """
    return [row for kind, find in FINDERS if _makes(ws, kind) for row in find(ws)]


def leftovers(ws: "Workshop") -> list[Row]:
    """Return what is left, in the form of `inventory`; an empty list is the proof that nothing is."""
    return inventory(ws)


def _row(kind: str, name: str, state: str = "", holds: int = 0, size: int = 0) -> Row:
    return {"kind": kind, "name": name, "state": state, "holds": holds, "bytes": size}


@cache
def _logical_ids(path: Path, resource_type: str) -> tuple[str, ...]:
    resources = template.section("Resources", path)
    return tuple(name for name, resource in resources.items() if resource["Type"] == resource_type)


def _makes(ws: "Workshop", kind: str) -> bool:
    """Whether a stack of the track makes such a resource: services that it does not use are not asked."""
    return not kind or any(_logical_ids(each.template, kind) for each in ws.stacks)


def _named(ws: "Workshop", resource_type: str, name: str) -> bool:
    """True if `name` is what a stack calls, or CloudFormation generates for, one of its resources.

    Exact on purpose: clickstream-workshop-2 is somebody else's stack.
    """
    return any(
        re.fullmatch(rf"{re.escape(each.stack_name)}-({ids})(-[a-z0-9]+)?", name, re.IGNORECASE)
        for each in ws.stacks
        if (ids := "|".join(_logical_ids(each.template, resource_type)))
    )


def _applications(ws: "Workshop") -> Iterator[Row]:
    """On the local AWS every application is the workshop's, whatever its name, unless it is another track's; on a
    real account one is."""
    others = {track.application_name for track in TRACKS.values()} - {ws.application_name}
    for item in _pages(ws, "kinesisanalyticsv2", "list_applications", "ApplicationSummaries"):
        name = item["ApplicationName"]
        if name == ws.application_name or (ws.target == "local" and name not in others):
            yield _row("analytics application", name, item["ApplicationStatus"])


def _stacks(ws: "Workshop") -> Iterator[Row]:
    for each in ws.stacks:
        found = stack.find(ws.client("cloudformation"), each.stack_name)
        if found:
            yield _row("stack", each.stack_name, found["StackStatus"], len(stack.resources(each)))


def _bucket_rows(ws: "Workshop") -> Iterator[Row]:
    s3 = ws.client("s3")
    for name in buckets(ws):
        pages = s3.get_paginator("list_objects_v2").paginate(Bucket=name)
        size = sum(item["Size"] for page in pages for item in page.get("Contents", ()))
        yield _row("bucket", name, holds=sum(1 for _ in _versions(s3, name)), size=size)


def _delivery_streams(ws: "Workshop") -> Iterator[Row]:
    firehose = ws.client("firehose")
    request: dict[str, str] = {}
    while True:
        page = firehose.list_delivery_streams(**request)
        for name in page["DeliveryStreamNames"]:
            if _named(ws, "AWS::KinesisFirehose::DeliveryStream", name):
                detail = firehose.describe_delivery_stream(DeliveryStreamName=name)["DeliveryStreamDescription"]
                yield _row("delivery stream", name, detail["DeliveryStreamStatus"])
        if not page["HasMoreDeliveryStreams"] or not page["DeliveryStreamNames"]:
            return
        request["ExclusiveStartDeliveryStreamName"] = page["DeliveryStreamNames"][-1]


def _functions(ws: "Workshop") -> Iterator[Row]:
    for function in _pages(ws, "lambda", "list_functions", "Functions"):
        if _named(ws, "AWS::Lambda::Function", function["FunctionName"]):
            yield _row("function", function["FunctionName"], function.get("State", ""))


def _topics(ws: "Workshop") -> Iterator[Row]:
    sns = ws.client("sns")
    for topic in _pages(ws, "sns", "list_topics", "Topics"):
        name = topic["TopicArn"].rsplit(":", 1)[-1]
        if _named(ws, "AWS::SNS::Topic", name):
            subscriptions = sns.list_subscriptions_by_topic(TopicArn=topic["TopicArn"])["Subscriptions"]
            yield _row("topic", name, holds=len(subscriptions))


def _user_pools(ws: "Workshop") -> Iterator[Row]:
    cognito = ws.client("cognito-idp")
    for pool in _pages(ws, "cognito-idp", "list_user_pools", "UserPools", MaxResults=60):
        if pool["Name"] == f"{ws.stack_name}-data-generator":
            users = cognito.list_users(UserPoolId=pool["Id"])["Users"]
            yield _row("user pool", pool["Name"], holds=len(users))


def _identity_pools(ws: "Workshop") -> Iterator[Row]:
    for pool in _pages(ws, "cognito-identity", "list_identity_pools", "IdentityPools", MaxResults=60):
        if pool["IdentityPoolName"] == f"{ws.stack_name}-data-generator":
            yield _row("identity pool", pool["IdentityPoolName"])


def _roles(ws: "Workshop") -> Iterator[Row]:
    for role in _pages(ws, "iam", "list_roles", "Roles"):
        if _named(ws, "AWS::IAM::Role", role["RoleName"]):
            yield _row("role", role["RoleName"])


def _data_streams(ws: "Workshop") -> Iterator[Row]:
    for page in ws.client("kinesis").get_paginator("list_streams").paginate():
        for name in page["StreamNames"]:
            if _named(ws, "AWS::Kinesis::Stream", name):
                yield _row("data stream", name)


def _mappings(ws: "Workshop") -> Iterator[Row]:
    for mapping in _pages(ws, "lambda", "list_event_source_mappings", "EventSourceMappings"):
        name = mapping["FunctionArn"].split(":")[6]
        if _named(ws, "AWS::Lambda::Function", name):
            yield _row("event source mapping", name, mapping["State"])


def _databases(ws: "Workshop") -> Iterator[Row]:
    names = {ws.stack_name.replace("-", "_").lower(), *ws.track.databases}
    for database in _pages(ws, "glue", "get_databases", "DatabaseList"):
        if database["Name"] in names:
            tables = list(_pages(ws, "glue", "get_tables", "TableList", DatabaseName=database["Name"]))
            yield _row("database", database["Name"], holds=len(tables))


def _work_groups(ws: "Workshop") -> Iterator[Row]:
    athena = ws.client("athena")
    request: dict[str, str] = {}
    while True:
        page = athena.list_work_groups(**request)
        for group in page["WorkGroups"]:
            if group["Name"] == ws.stack_name:
                yield _row("work group", group["Name"], group.get("State", ""))
        if not page.get("NextToken"):
            return
        request["NextToken"] = page["NextToken"]


def _log_groups(ws: "Workshop") -> Iterator[Row]:
    names = {each.stack_name for each in ws.stacks}
    for prefix in (
        "/aws/lambda/",
        "/aws/kinesisfirehose/",
        "/aws/kinesis-analytics/",
    ):  # the other stacks' names begin with the first one's
        groups = _pages(ws, "logs", "describe_log_groups", "logGroups", logGroupNamePrefix=prefix + ws.stack_name)
        for group in groups:
            name = group["logGroupName"]
            short = name.rsplit("/", 1)[-1]
            if short in names or _named(ws, "AWS::Lambda::Function", short):
                streams = _pages(ws, "logs", "describe_log_streams", "logStreams", logGroupName=name)
                yield _row("log group", name, holds=sum(1 for _ in streams), size=group.get("storedBytes", 0))


def _quicksight(ws: "Workshop") -> Iterator[Row]:
    from helpers import dashboard

    for kind in dashboard.left_in_quicksight(ws) if ws.track.quicksight else ():
        yield _row(f"QuickSight {kind}", ws.stack_name)


# A finder, and the type of resource without which there is nothing for it to find ("" where it is always asked).
FINDERS: tuple[tuple[str, Callable[["Workshop"], Iterator[Row]]], ...] = (
    ("", _applications),
    ("", _stacks),
    ("", _bucket_rows),
    ("", _delivery_streams),
    ("AWS::Kinesis::Stream", _data_streams),
    ("AWS::Lambda::EventSourceMapping", _mappings),
    ("", _functions),
    ("AWS::SNS::Topic", _topics),
    ("AWS::Cognito::UserPool", _user_pools),
    ("AWS::Cognito::IdentityPool", _identity_pools),
    ("", _databases),
    ("", _work_groups),
    ("", _quicksight),
    ("", _log_groups),
    ("", _roles),
)


def _pages(ws: "Workshop", service: str, operation: str, key: str, **request: Any) -> Iterator[Row]:
    for page in ws.client(service).get_paginator(operation).paginate(**request):
        yield from page[key]


# --- the application


def delete_application(ws: "Workshop", timeout: float = TIMEOUT) -> bool:
    """Stop and delete the analytics application and wait until it is gone; False if there was none.

    Raises WorkshopError if it is not gone after `timeout` seconds.
    """
    client = ws.client("kinesisanalyticsv2")
    deadline = time.monotonic() + timeout
    existed = False
    while detail := application.describe(ws):
        existed, status, name = True, detail["ApplicationStatus"], ws.application_name
        if time.monotonic() > deadline:
            raise WorkshopError(
                f"The application {name} is still {status} after {timeout:.0f} s: run this again to go on."
            )
        # Refused because its state has just changed: the next look shows it.
        with suppress(client.exceptions.ResourceInUseException, client.exceptions.ResourceNotFoundException):
            flink = detail.get("RuntimeEnvironment", "").startswith("FLINK")
            if status == "RUNNING":  # no snapshot: what it knows is not wanted any more
                client.stop_application(
                    **(flink_application.stopping(ws, force=True) if flink else {"ApplicationName": name})
                )
            elif status == "READY" and not (flink and flink_application.delete_snapshots(ws)):
                client.delete_application(ApplicationName=name, CreateTimestamp=detail["CreateTimestamp"])
        application.let_pass(ws)
    return existed


# --- the buckets


def buckets(ws: "Workshop") -> list[str]:
    """Return the names of the stacks' buckets that exist."""
    names = (bucket["Name"] for bucket in ws.client("s3").list_buckets()["Buckets"])
    return [name for name in names if _named(ws, "AWS::S3::Bucket", name)]


def empty_buckets(ws: "Workshop") -> dict[str, int]:
    """Delete every version of every object in the stacks' buckets; the number deleted by bucket.

    Raises WorkshopError naming objects that S3 would not delete, and why.
    """
    return {name: _empty(ws.client("s3"), name) for name in buckets(ws)}


def _empty(s3: Any, bucket: str) -> int:
    versions = _versions(s3, bucket)
    deleted = 0
    while batch := list(islice(versions, BATCH)):
        answer = s3.delete_objects(Bucket=bucket, Delete={"Objects": batch, "Quiet": True})
        errors = answer.get("Errors", [])
        if errors:
            first = "; ".join(f"{error['Key']}: {error['Message']}" for error in errors[:3])
            raise WorkshopError(
                f"S3 did not delete {len(errors)} objects of {bucket} "
                f"(it deleted {deleted + len(batch) - len(errors)}): {first}. "
                "Put that right (permissions, object lock) and run this again."
            )
        deleted += len(batch)
    return deleted


def _versions(s3: Any, bucket: str) -> Iterator[dict[str, str]]:
    for page in s3.get_paginator("list_object_versions").paginate(Bucket=bucket):
        for version in (*page.get("Versions", ()), *page.get("DeleteMarkers", ())):
            yield {"Key": version["Key"], "VersionId": version["VersionId"]}


def _full(ws: "Workshop") -> list[str]:
    s3 = ws.client("s3")
    return [name for name in buckets(ws) if next(_versions(s3, name), None)]


# --- what was made with SQL


def drop_databases(ws: "Workshop") -> list[str]:
    """Drop the databases that the chapters made with SQL, tables included; the names of those that were there.

    The data stay: a table is only a description of them.
    """
    glue = ws.client("glue")
    found = [row["name"] for row in _databases(ws) if row["name"] in ws.track.databases]
    for name in found:
        for table in list(_pages(ws, "glue", "get_tables", "TableList", DatabaseName=name)):
            glue.delete_table(DatabaseName=name, Name=table["Name"])
        glue.delete_database(Name=name)
    return found


# --- the stack


def delete_stack(
    ws: "Workshop",
    on_event: stack.OnEvent | None = None,
    *,
    poll: float | None = None,
    timeout: float = stack.TIMEOUT,
) -> bool:
    """Delete the track's stacks and wait until they are gone; False if there was none. The buckets must be empty.

    The one deployed last goes first. What the delivery stream still delivers while it is being deleted goes with it.
    Log groups of functions that outlived their stack are deleted too.
    Raises WorkshopError before anything is deleted if a bucket holds objects, and if a resource resists.
    """
    full = _full(ws)
    if full:
        raise WorkshopError(
            f"Not empty: {', '.join(full)}. A stack with data in its buckets cannot be deleted, "
            "so nothing was: run cleanup.empty_buckets(ws) first."
        )
    existed = [_remove(each, on_event, poll, timeout) for each in reversed(ws.stacks)]
    _delete_log_groups(ws)
    ws.notes.clear()  # what the chapters remembered was about what is gone now
    return any(existed)


def _remove(ws: "Workshop", on_event: stack.OnEvent | None, poll: float | None, timeout: float) -> bool:
    """Delete one stack; False if there was none."""
    existed = stack.find(ws.client("cloudformation"), ws.stack_name) is not None
    for attempt in range(1, ROUNDS + 1):
        try:
            stack.remove(ws, on_event, poll, timeout)
            break
        except WorkshopError:
            if attempt == ROUNDS or not _full(ws):
                raise
            empty_buckets(ws)  # the delivery stream's last buffers, delivered on its own deletion
    return existed


def _delete_log_groups(ws: "Workshop") -> None:
    logs = ws.client("logs")
    for group in list(_log_groups(ws)):
        try:
            logs.delete_log_group(logGroupName=group["name"])
        except ClientError as error:
            if error.response["Error"]["Code"] != "ResourceNotFoundException":
                raise
