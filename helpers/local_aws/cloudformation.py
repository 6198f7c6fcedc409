"""Our resource handlers in ministack's CloudFormation, at named places.

- AWS::KinesisFirehose::DeliveryStream is our Firehose. It runs on a worker thread, since deleting a stream
  delivers what it holds, over the network to ourselves.
- AWS::KinesisAnalytics(V2)::* are our SQL applications (kinesisanalytics/resources.py), on a worker thread too.
- AWS::SNS::Topic and AWS::SNS::Subscription refuse wrong addresses and ask e-mail subscribers to confirm.
- Everything else asks first whether the caller may, as AWS does (stack_permissions.py).
- AWS::S3::Bucket is not deleted while it holds objects, as on AWS: the stack ends in DELETE_FAILED.
- AWS::Lambda::Function takes its warm processes with it; its role is looked at, and so is the boundary of an
  AWS::IAM::Role (stack_roles.py).
- AWS::Cognito::UserPoolUser, AWS::Cognito::UserPoolUserToGroupAttachment and AWS::Athena::NamedQuery, which
  ministack lacks (stack_resources.py).

What is refused before anything is made is in stack_requests.py, pace and events are in stack_progress.py.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from typing import Any

from ministack.core import lambda_runtime
from ministack.services import s3
from ministack.services.cloudformation import custom_resource, provisioners

from helpers.local_aws import stack_permissions, stack_progress, stack_requests, stack_resources, stack_roles
from helpers.local_aws.access import CALLER, Access
from helpers.local_aws.clock import Clock
from helpers.local_aws.kinesisanalytics import resources
from helpers.local_aws.kinesisanalytics.resources import ResourceError
from helpers.local_aws.kinesisanalytics.service import KinesisAnalyticsService
from helpers.local_aws.kinesisanalytics.v1 import KinesisAnalyticsV1
from helpers.local_aws.making import Making, Thing
from helpers.local_aws.protocol import AwsError, JsonService
from helpers.local_aws.sns.refusals import SnsError
from helpers.local_aws.sns.service import Sns

Props = dict[str, Any]
Created = tuple[str, dict[str, Any]]
STREAM = "AWS::KinesisFirehose::DeliveryStream"
# A change to one of these makes a new stream; anything else is an update in place.
STREAM_IDENTITY = ("DeliveryStreamName", "DeliveryStreamType", "KinesisStreamSourceConfiguration")
DESTINATION = "ExtendedS3DestinationConfiguration"


def install(
    firehose: JsonService,
    sns: Sns,
    analytics: KinesisAnalyticsService,
    analytics_v1: KinesisAnalyticsV1,
    access: Access,
    account: str,
    region: str,
    clock: Clock,
    making: Making,
) -> None:
    """Put our handlers in place of ministack's, once a process."""
    handlers = provisioners._RESOURCE_HANDLERS
    handlers[STREAM] = Streams(firehose, making).handlers()

    def asking(kind: str) -> dict[str, Any]:
        return _in_callers_name(stack_permissions.asking(kind, handlers[kind], access, account, region))

    flink = {kind: asking(kind) for kind in handlers if kind.startswith(resources.V2)}
    applications = resources.handlers(analytics, analytics_v1, flink, provisioners._physical_name, making)
    handlers.update(applications)
    handlers.update(stack_resources.handlers() | stack_roles.handlers(handlers, access))
    for kind in ("AWS::SNS::Topic", "AWS::SNS::Subscription"):
        theirs = handlers[kind]
        handlers[kind] = theirs | {
            "create": _asking(sns, theirs["create"], props_at=1),
            "update": _asking(sns, theirs["update"], props_at=2),
        }
    bucket = handlers["AWS::S3::Bucket"]
    handlers["AWS::S3::Bucket"] = bucket | {"delete": _unless_full(bucket["delete"])}
    function = handlers["AWS::Lambda::Function"]
    handlers["AWS::Lambda::Function"] = function | {"delete": _with_its_processes(function["delete"])}
    for kind in handlers.keys() - {STREAM, *applications}:
        handlers[kind] = asking(kind)
    custom_resource.invoke_custom_resource = _in_callers_name(
        {"call": stack_permissions.calling(custom_resource.invoke_custom_resource, access)}
    )["call"]
    stack_requests.install()
    stack_progress.install(clock, {STREAM, *applications})


class Streams:
    """AWS::KinesisFirehose::DeliveryStream on our Firehose; Ref is the name, GetAtt Arn the ARN."""

    def __init__(self, firehose: JsonService, making: Making) -> None:
        self._firehose = firehose
        self._making = making

    def handlers(self) -> dict[str, Any]:
        """The entry of ministack's table."""
        return {
            "create": self.create,
            "update": self.update,
            "update_with_logical_id": True,
            "delete": self.delete,
        }

    def create(self, logical_id: str, props: Props, stack_name: str) -> Created:
        """Create the stream; its properties are CreateDeliveryStream's parameters."""
        name = props.get("DeliveryStreamName") or provisioners._physical_name(stack_name, logical_id, max_len=64)
        if not self._there(name):
            self._making.begin(Thing(stack_name, logical_id, STREAM, name))
        answer = self._call("CreateDeliveryStream", _numbers({**props, "DeliveryStreamName": name}))
        return name, {"Arn": answer["DeliveryStreamARN"]}

    def update(
        self, physical_id: str, old: Props, new: Props, stack_name: str, logical_id: str | None = None
    ) -> Created:
        """Change the destination in place, or make a new stream where AWS does."""
        if any(old.get(name) != new.get(name) for name in STREAM_IDENTITY):
            provisioners._NAME_SEED.set(secrets.token_hex(4))  # for a name that CloudFormation gives
            return self.create(logical_id or physical_id, new, stack_name)  # CloudFormation deletes the old one
        detail = self._call("DescribeDeliveryStream", {"DeliveryStreamName": physical_id})["DeliveryStreamDescription"]
        if old.get(DESTINATION) != new.get(DESTINATION):
            update = _numbers(dict(new[DESTINATION]))
            update["S3BackupUpdate"] = update.pop("S3BackupConfiguration", None)
            change = {
                "DeliveryStreamName": physical_id,
                "CurrentDeliveryStreamVersionId": detail["VersionId"],
                "DestinationId": detail["Destinations"][0]["DestinationId"],
                "ExtendedS3DestinationUpdate": {name: value for name, value in update.items() if value is not None},
            }
            self._call("UpdateDestination", change)
        return physical_id, {"Arn": detail["DeliveryStreamARN"]}

    def delete(self, physical_id: str, props: Props) -> None:
        """Delete the stream; one that is gone already is no error."""
        try:
            self._firehose.handle("DeleteDeliveryStream", {"DeliveryStreamName": physical_id})
        except AwsError as error:
            if error.code != "ResourceNotFoundException":
                raise ResourceError(f"{error.message} (Service: Firehose, Code: {error.code})") from error

    def _there(self, name: str) -> bool:
        """Whether there is one already, whoever asks."""
        token = CALLER.set("")
        try:
            self._firehose.handle("DescribeDeliveryStream", {"DeliveryStreamName": name})
        except AwsError:
            return False
        finally:
            CALLER.reset(token)
        return True

    def _call(self, operation: str, params: Mapping[str, Any]) -> dict[str, Any]:
        try:
            return self._firehose.handle(operation, params)
        except AwsError as error:
            raise ResourceError(f"{error.message} (Service: Firehose, Code: {error.code})") from error


def _numbers(value: Any) -> Any:
    """Template values as the API wants them: CloudFormation hands on "60" and "true" for 60 and true."""
    if isinstance(value, dict):
        return {name: _number(name, _numbers(item)) for name, item in value.items()}
    if isinstance(value, list):
        return [_numbers(item) for item in value]
    return value


def _number(name: str, value: Any) -> Any:
    if name in ("IntervalInSeconds", "SizeInMBs", "DurationInSeconds") and isinstance(value, str) and value.isdigit():
        return int(value)
    if name == "Enabled" and isinstance(value, str):
        return value.lower() == "true"
    return value


def _asking(sns: Sns, original: Callable[..., Created], props_at: int) -> Callable[..., Created]:
    """Refuse wrong addresses before, ask for confirmations after."""

    def handler(*args: Any) -> Created:
        props = args[props_at]
        for item in (props, *(props.get("Subscription") or ())):
            try:
                if item.get("Protocol"):
                    sns.check(item["Protocol"], item.get("Endpoint", ""), item.get("SubscriptionRoleArn", ""))
            except SnsError as error:
                raise ResourceError(f"{error} (Service: Sns, Code: InvalidParameter)") from error
        created = original(*args)
        sns.adopt(props.get("TopicArn") or created[0])
        return created

    return handler


def _in_callers_name(handlers: dict[str, Any]) -> dict[str, Any]:
    """A refusal for want of permission becomes the stack event's reason."""

    def worded(original: Callable[..., Any]) -> Callable[..., Any]:
        def handler(*args: Any, **more: Any) -> Any:
            try:
                return original(*args, **more)
            except AwsError as error:
                raise ResourceError(f"{error.message} (Code: {error.code})") from error

        return handler

    return {name: worded(value) if callable(value) else value for name, value in handlers.items()}


def _unless_full(original: Callable[[str, Props], None]) -> Callable[[str, Props], None]:
    def delete(physical_id: str, props: Props) -> None:
        bucket = s3._buckets.get(physical_id)
        if bucket and (bucket["objects"] or s3._bucket_has_versions(physical_id)):
            raise ResourceError(
                f"The bucket you tried to delete is not empty: {physical_id} "
                "(Service: S3, Status Code: 409, Code: BucketNotEmpty)"
            )
        original(physical_id, props)

    return delete


def _with_its_processes(original: Callable[[str, Props], None]) -> Callable[[str, Props], None]:
    def delete(physical_id: str, props: Props) -> None:
        original(physical_id, props)
        lambda_runtime.invalidate_worker(physical_id)

    return delete
