"""Amazon Data Firehose: the API.

Direct PUT into S3 with buffering, Lambda transformation, source backup, compression and prefix
expressions. Streams are ACTIVE at once. Beyond AWS's promise, DeleteDeliveryStream first delivers
what is buffered, and a failed S3 delivery is retried for as long as the stream exists.
Not offered: Kinesis, MSK and database sources, other destinations than S3, server-side encryption.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from helpers.local_aws.firehose import config
from helpers.local_aws.firehose.models import SourceRecord
from helpers.local_aws.firehose.stream import DESTINATION_ID, DeliveryStream
from helpers.local_aws.protocol import AwsError, JsonService, invalid, operation
from helpers.local_aws.runtime import Runtime

Params = dict[str, Any]
Subscriber = Callable[[list[SourceRecord]], None]
KINDS = {"ExtendedS3Destination": True, "S3Destination": False}
BATCH_BYTES = 4 * 1024 * 1024
HELD_BYTES = 256 * 1024 * 1024  # of one stream, not yet in S3; beyond it puts are refused, not lost
MAX_TAGS = 50


class FirehoseService(JsonService):
    """The delivery streams of the account.

    For the analytics service: ``subscribe`` to what is put, and the ``recent`` records.
    """

    name = "firehose"

    def __init__(self, runtime: Runtime) -> None:
        super().__init__(runtime)
        self._lock = threading.RLock()
        self._streams: dict[str, DeliveryStream] = {}
        self._subscribers: dict[str, list[Subscriber]] = {}

    # Streams

    @operation
    def create_delivery_stream(self, params: Params) -> Params:
        name = params["DeliveryStreamName"]
        if params.get("DeliveryStreamType", "DirectPut") != "DirectPut":
            raise config.unsupported(f"the source {params['DeliveryStreamType']}", "use DirectPut")
        encryption = params.get("DeliveryStreamEncryptionConfigurationInput")
        if encryption is not None:
            raise config.unsupported("DeliveryStreamEncryptionConfigurationInput", "leave it out")
        extended, given = _one_destination(params, "Configuration")
        settings = config.complete(given, extended)
        with self._lock:
            if name in self._streams:
                account = self.runtime.account_id
                message = f"Firehose {name} under accountId {account} already exists."
                raise AwsError("ResourceInUseException", message)
            stream = DeliveryStream(self.runtime, name, settings, extended, self._remove)
            self._tag(stream, params.get("Tags", []))
            self._streams[name] = stream
        return {"DeliveryStreamARN": stream.arn}

    @operation
    def describe_delivery_stream(self, params: Params) -> Params:
        return {"DeliveryStreamDescription": self._stream(params).describe()}

    @operation
    def list_delivery_streams(self, params: Params) -> Params:
        after, limit = params.get("ExclusiveStartDeliveryStreamName", ""), params.get("Limit", 10)
        only = params.get("DeliveryStreamType", "DirectPut")
        with self._lock:
            names = sorted(name for name in self._streams if name > after and only == "DirectPut")
        return {"DeliveryStreamNames": names[:limit], "HasMoreDeliveryStreams": len(names) > limit}

    @operation
    def update_destination(self, params: Params) -> Params:
        extended, given = _one_destination(params, "Update")
        stream = self._stream(params)
        with stream.lock:
            if stream.status != "ACTIVE":
                raise AwsError("ResourceInUseException", f"Firehose {stream.name} is {stream.status}")
            if params["DestinationId"] != DESTINATION_ID:
                raise invalid(f"Destination {params['DestinationId']} is not found")
            if params["CurrentDeliveryStreamVersionId"] != str(stream.version):
                raise AwsError(
                    "ConcurrentModificationException",
                    f"Cannot update firehose: {stream.name} since the current version id: {stream.version} "
                    f"and specified version id: {params['CurrentDeliveryStreamVersionId']} do not match",
                )
            if extended and not stream.extended:
                raise invalid(f"{stream.name} has an S3 destination: use S3DestinationUpdate")
            settings = config.complete(given, extended, stream.settings)
            config.destination(settings)  # refuses what is wrong before anything is changed
            stream.update(settings)
        return {}

    @operation
    def delete_delivery_stream(self, params: Params) -> Params:
        stream = self._stream(params)
        stream.delete(params.get("AllowForceDelete", False))
        self.runtime.clock.drain()
        return {}

    # Records

    @operation
    def put_record(self, params: Params) -> Params:
        stream = self._open(params)
        if stream.held > HELD_BYTES:
            raise AwsError("ServiceUnavailableException", "Slow down.", 503)
        [identity] = self._put(stream, [params["Record"]["Data"]])
        return {"RecordId": identity, "Encrypted": False}

    @operation
    def put_record_batch(self, params: Params) -> Params:
        stream = self._open(params)
        data = [record["Data"] for record in params["Records"]]
        if (size := sum(map(len, data))) > BATCH_BYTES:
            raise invalid(f"Records size of {size} bytes exceeds 4 MB limit")
        room = HELD_BYTES - stream.held
        taken = data if size <= room else _fitting(data, room)
        answers: list[Params] = [{"RecordId": identity} for identity in self._put(stream, taken)]
        refused = len(data) - len(taken)
        slow = {"ErrorCode": "ServiceUnavailableException", "ErrorMessage": "Slow down."}
        return {
            "FailedPutCount": refused,
            "Encrypted": False,
            "RequestResponses": answers + [slow] * refused,
        }

    # Tags

    @operation
    def tag_delivery_stream(self, params: Params) -> Params:
        self._tag(self._stream(params), params["Tags"])
        return {}

    @operation
    def untag_delivery_stream(self, params: Params) -> Params:
        stream = self._stream(params)
        with stream.lock:
            for key in params["TagKeys"]:
                stream.tags.pop(key, None)
        return {}

    @operation
    def list_tags_for_delivery_stream(self, params: Params) -> Params:
        stream = self._stream(params)
        after, limit = params.get("ExclusiveStartTagKey", ""), params.get("Limit", MAX_TAGS)
        with stream.lock:
            tags = [{"Key": key, "Value": value} for key, value in sorted(stream.tags.items()) if key > after]
        return {"Tags": tags[:limit], "HasMoreTags": len(tags) > limit}

    # For the other services of the local AWS

    def subscribe(self, stream_name: str, fn: Subscriber) -> None:
        """Call ``fn`` with the records of each put, in order of arrival.

        The stream is locked meanwhile: ``fn`` must be quick and must not call back. A subscription
        outlives the stream, as it is to the stream's name. ResourceNotFoundException if there is none.
        """
        self._stream({"DeliveryStreamName": stream_name})
        with self._lock:
            self._subscribers.setdefault(stream_name, []).append(fn)

    def unsubscribe(self, stream_name: str, fn: Subscriber) -> None:
        """End a subscription; nothing happens if there is none."""
        with self._lock:
            rest = [each for each in self._subscribers.get(stream_name, []) if each != fn]
            self._subscribers[stream_name] = rest

    def recent(self, stream_name: str, seconds: float = 600) -> list[SourceRecord]:
        """The newest records (at most 1,000) of the last ``seconds``."""
        stream = self._stream({"DeliveryStreamName": stream_name})
        since = self.runtime.clock.now() - seconds
        with stream.lock:
            return [record for record in stream.recent if record.arrival >= since]

    def stats(self, stream_name: str) -> Params:
        """Counters since the stream was created: records_in, delivered, buffered, dropped, failed …"""
        return self._stream({"DeliveryStreamName": stream_name}).stats.answer()

    def _put(self, stream: DeliveryStream, data: list[bytes]) -> list[str]:
        with self._lock:
            subscribers = list(self._subscribers.get(stream.name, ()))

        def notify(records: list[SourceRecord]) -> None:
            for fn in subscribers:
                fn(records)

        with stream.lock:
            if stream.status != "ACTIVE":
                raise self._not_found(stream.name)
            return stream.put(data, notify)

    def _open(self, params: Params) -> DeliveryStream:
        stream = self._stream(params)
        if stream.status != "ACTIVE":
            raise self._not_found(stream.name)
        return stream

    def _stream(self, params: Params) -> DeliveryStream:
        name = params["DeliveryStreamName"]
        with self._lock:
            if name not in self._streams:
                raise self._not_found(name)
            return self._streams[name]

    def _not_found(self, name: str) -> AwsError:
        message = f"Firehose {name} under account {self.runtime.account_id} not found."
        return AwsError("ResourceNotFoundException", message)

    def _remove(self, stream: DeliveryStream) -> None:
        with self._lock:
            if self._streams.get(stream.name) is stream:
                del self._streams[stream.name]

    def _tag(self, stream: DeliveryStream, tags: list[Params]) -> None:
        with stream.lock:
            merged = stream.tags | {tag["Key"]: tag.get("Value", "") for tag in tags}
            if len(merged) > MAX_TAGS:
                raise AwsError("LimitExceededException", f"a delivery stream has at most {MAX_TAGS} tags")
            stream.tags = merged


def _one_destination(params: Params, suffix: str) -> tuple[bool, Params]:
    """Whether the destination is extended, and its parameters."""
    given = [key for key in params if key.endswith(f"Destination{suffix}")]
    if len(given) != 1:
        raise invalid(f"exactly one destination is needed, given: {', '.join(given) or 'none'}")
    kind = given[0].removesuffix(suffix)
    if kind not in KINDS:
        raise config.unsupported(kind, "use ExtendedS3Destination")
    return KINDS[kind], params[given[0]]


def _fitting(data: list[bytes], room: int) -> list[bytes]:
    """The first records that fit into ``room`` bytes."""
    taken: list[bytes] = []
    for each in data:
        room -= len(each)
        if room < 0:
            break
        taken.append(each)
    return taken
