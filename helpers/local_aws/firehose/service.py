"""Amazon Data Firehose: the API.

Direct PUT or a Kinesis data stream into S3, with buffering, Lambda transformation, source backup, compression and
prefix expressions. Streams are ACTIVE at once. What is acknowledged is in the journal, and is delivered after a
restart too. Beyond AWS's promise, DeleteDeliveryStream first delivers what is buffered, and a failed S3 delivery
is retried for as long as the stream exists. Server-side encryption is described and answered as on AWS, but what
waits for delivery lies in the journal as it came: a file that only its owner may read.
Not offered: MSK and database sources, other destinations than S3.
"""

from __future__ import annotations

import json
import threading
from binascii import a2b_base64
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from helpers.local_aws.firehose import config, request
from helpers.local_aws.firehose.metrics import Metrics
from helpers.local_aws.firehose.models import PRINCIPAL, KinesisSource, SourceRecord
from helpers.local_aws.firehose.source import Positions, latest
from helpers.local_aws.firehose.stream import DESTINATION_ID, STREAMS, DeliveryStream, Document, not_found
from helpers.local_aws.protocol import AwsError, JsonService, invalid, operation
from helpers.local_aws.runtime import Runtime

Params = dict[str, Any]
Subscriber = Callable[[list[SourceRecord]], None]
BATCH_BYTES = 4 * 1024 * 1024
MOST_RECORDS, RECORD_BYTES = 500, 1000 * 1024
MAX_TAGS = 50
PLACES = [f"{place:016d}" for place in range(MOST_RECORDS)]  # the ends of a request's record ids
# A PutRecordBatch's RequestResponses as JSON where all is well: # stands for what the record ids begin with.
RESPONSES = "".join(f'{{"RecordId": "#{place}"}}, ' for place in PLACES)
RESPONSE_LENGTH = len(RESPONSES) // MOST_RECORDS
SLOW_DOWN = {"ErrorCode": "ServiceUnavailableException", "ErrorMessage": "Slow down."}


class FirehoseService(JsonService):
    """The delivery streams of the account.

    For the analytics service: ``subscribe`` to what is put, and the ``recent`` records.
    """

    name = "firehose"
    principal = PRINCIPAL
    prompt = frozenset({"PutRecord", "PutRecordBatch"})
    unassumable = "Firehose is unable to assume role {role}. Please check the role provided."

    def resource(self, operation: str, params: Mapping[str, Any]) -> str:
        """The delivery stream that a request is about."""
        name = params.get("DeliveryStreamName")
        return self.runtime.arn("firehose", f"deliverystream/{name}") if name else "*"

    def __init__(self, runtime: Runtime) -> None:
        super().__init__(runtime)
        self._lock = threading.RLock()
        self._streams: dict[str, DeliveryStream] = {}
        self._subscribers: dict[str, list[Subscriber]] = {}
        self._metrics = Metrics(runtime)

    def restore(self) -> None:
        """Take up the streams of an earlier process and what they had not delivered."""
        for name, data in self.runtime.journal.load(STREAMS).items():
            stream = DeliveryStream(self.runtime, name, Document.from_bytes(data), self._metrics, self._remove)
            self._streams[name] = stream
            stream.restore(self._notifier(name))

    def answer(self, operation: str, params: Mapping[str, Any]) -> bytes:
        """Answer one request; PutRecordBatch without a detour, as everything else happens a few times a day."""
        if operation != "PutRecordBatch" or (data := self._plain_batch(params)) is None:
            return super().answer(operation, params)
        self.runtime.allow("firehose:PutRecordBatch", self.resource(operation, params))
        stream = self._open(params)
        entry, admitted = self._put_batch(stream, data)
        if not all(admitted):
            return json.dumps(_batch_answer(stream, entry, admitted)).encode()
        responses = RESPONSES[: len(data) * RESPONSE_LENGTH - len(", ")].replace("#", entry)
        encrypted = json.dumps(stream.encrypted)
        return f'{{"FailedPutCount": 0, "Encrypted": {encrypted}, "RequestResponses": [{responses}]}}'.encode()

    # Streams

    @operation
    def create_delivery_stream(self, params: Params) -> Params:
        name = params["DeliveryStreamName"]
        extended, given = request.one_destination(params, "Configuration")
        settings = config.complete(given, extended)
        config.destination(settings)  # refuses what is wrong before anything is made
        source = request.kinesis_source(params)
        encryption = request.encryption(self.runtime, params, source is not None)
        tags = request.tags({}, params.get("Tags", []))
        self._check_unused(name)
        positions: Positions = {}
        if source is not None:
            positions = latest(self.runtime, KinesisSource(source["KinesisStreamARN"], source["RoleARN"]))
        document = Document(
            extended=extended,
            versions={1: settings},
            created=self.runtime.clock.now(),
            source=source,
            throughput=params.get("DirectPutSourceConfiguration"),
            encryption=encryption,
            tags=tags,
        )
        with self.runtime.journal.transaction(), self._lock:
            self._check_unused(name)
            stream = DeliveryStream(self.runtime, name, document, self._metrics, self._remove)
            stream.save()
            stream.keep_positions(positions)
            self._streams[name] = stream
            if source is not None:
                stream.read(positions, self._notifier(name))
        return {"DeliveryStreamARN": stream.arn}

    @operation
    def describe_delivery_stream(self, params: Params) -> Params:
        return {"DeliveryStreamDescription": self._stream(params).describe()}

    @operation
    def list_delivery_streams(self, params: Params) -> Params:
        after, limit = params.get("ExclusiveStartDeliveryStreamName", ""), params.get("Limit", 10)
        only = params.get("DeliveryStreamType")
        with self._lock:
            found = sorted(self._streams.items())
        names = [name for name, stream in found if name > after and only in (None, stream.kind)]
        return {"DeliveryStreamNames": names[:limit], "HasMoreDeliveryStreams": len(names) > limit}

    @operation
    def update_destination(self, params: Params) -> Params:
        extended, given = request.one_destination(params, "Update")
        stream = self._stream(params)
        with self.runtime.journal.transaction(), stream.lock:
            document = self._active(stream)
            if params["DestinationId"] != DESTINATION_ID:
                raise invalid(f"Destination {params['DestinationId']} is not found")
            if params["CurrentDeliveryStreamVersionId"] != str(document.version):
                raise AwsError(
                    "ConcurrentModificationException",
                    f"Cannot update firehose: {stream.name} since the current version id: {document.version} "
                    f"and specified version id: {params['CurrentDeliveryStreamVersionId']} do not match",
                )
            if extended and not document.extended:
                raise invalid(f"{stream.name} has an S3 destination: use S3DestinationUpdate")
            settings = config.complete(given, extended, document.settings)
            if document.settings.get("S3BackupMode") == "Enabled" != settings.get("S3BackupMode"):
                raise invalid("S3BackupMode is Enabled and cannot be set to Disabled any more")
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
        stream, data = self._open(params), [params["Record"]["Data"]]
        self._metrics.add(stream.name, {"PutRecord.Requests": 1, "PutRecord.Bytes": len(data[0])})
        if stream.admit([len(data[0])]) not in (None, [True]):
            self._metrics.add(stream.name, {"ThrottledRecords": 1})
            raise AwsError("ServiceUnavailableException", "Slow down.", 500)
        return {"RecordId": self._put(stream, data) + PLACES[0], "Encrypted": stream.encrypted}

    @operation
    def put_record_batch(self, params: Params) -> Params:
        stream = self._open(params)
        return _batch_answer(stream, *self._put_batch(stream, [record["Data"] for record in params["Records"]]))

    # Encryption

    @operation
    def start_delivery_stream_encryption(self, params: Params) -> Params:
        stream = self._stream(params)
        encryption = request.encryption(
            self.runtime,
            {"DeliveryStreamEncryptionConfigurationInput": {"KeyType": "AWS_OWNED_CMK"}} | params,
            stream.source is not None,
        )
        self._change(stream, encryption=encryption)
        return {}

    @operation
    def stop_delivery_stream_encryption(self, params: Params) -> Params:
        stream = self._stream(params)
        if stream.source is not None:
            raise invalid(request.ENCRYPTED_BY_SOURCE)
        self._change(stream, encryption={"Status": "DISABLED"})
        return {}

    # Tags

    @operation
    def tag_delivery_stream(self, params: Params) -> Params:
        stream = self._stream(params)
        self._change(stream, tags=request.tags(stream.document.tags, params["Tags"]))
        return {}

    @operation
    def untag_delivery_stream(self, params: Params) -> Params:
        stream = self._stream(params)
        kept = {key: value for key, value in stream.document.tags.items() if key not in params["TagKeys"]}
        self._change(stream, tags=kept)
        return {}

    @operation
    def list_tags_for_delivery_stream(self, params: Params) -> Params:
        stream = self._stream(params)
        after, limit = params.get("ExclusiveStartTagKey", ""), params.get("Limit", MAX_TAGS)
        found = sorted(stream.document.tags.items())
        tags = [{"Key": key, "Value": value} for key, value in found if key > after]
        return {"Tags": tags[:limit], "HasMoreTags": len(tags) > limit}

    # For the other services of the local AWS

    def subscribe(self, stream_name: str, fn: Subscriber) -> None:
        """Call ``fn`` with the records of each put, in order of arrival.

        The stream is locked and a transaction of the journal begun meanwhile: what ``fn`` writes to the journal is
        kept together with the records. It must be quick, and must not call back. A subscription outlives the
        stream, as it is to the stream's name. ResourceNotFoundException if there is none.
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
        with stream.lock:
            return stream.recent.since(self.runtime.clock.now() - seconds)

    def stats(self, stream_name: str) -> Params:
        """Counters since the stream was created: records_in, delivered, buffered, dropped, failed …"""
        return self._stream({"DeliveryStreamName": stream_name}).stats.answer()

    # The rest

    def _put_batch(self, stream: DeliveryStream, data: list[bytes]) -> tuple[str, list[bool]]:
        """What the record ids begin with, and which records were admitted."""
        sizes = list(map(len, data))
        if (size := sum(sizes)) > BATCH_BYTES:
            raise invalid(f"Records size of {size} bytes exceeds 4 MB limit")
        requested = {"PutRecordBatch.Requests": 1, "PutRecordBatch.Records": len(data), "PutRecordBatch.Bytes": size}
        self._metrics.add(stream.name, requested)
        admitted = stream.admit(sizes)
        if admitted is None:
            return self._put(stream, data), [True] * len(data)
        taken = [each for each, admit in zip(data, admitted, strict=True) if admit]
        self._metrics.add(stream.name, {"ThrottledRecords": len(data) - len(taken)})
        return self._put(stream, taken) if taken else "", admitted

    def _put(self, stream: DeliveryStream, data: list[bytes]) -> str:
        """What the ids of the records begin with; a place follows."""
        records = stream.put(data, self._notifier(stream.name))
        size = sum(map(len, data))
        incoming = {"IncomingRecords": len(data), "IncomingBytes": size, "IncomingPutRequests": 1}
        self._metrics.add(stream.name, incoming)
        return records[0].id[: -len(PLACES[0])]

    def _notifier(self, stream_name: str) -> Subscriber:
        def notify(records: list[SourceRecord]) -> None:
            for fn in self._subscribers.get(stream_name, ()):
                fn(records)

        return notify

    def _open(self, params: Mapping[str, Any]) -> DeliveryStream:
        stream = self._stream(params)
        if stream.status != "ACTIVE":
            raise not_found(self.runtime, stream.name)
        if stream.source is not None:
            raise invalid("This operation is not permitted on KinesisStreamAsSource delivery stream type.")
        return stream

    def _stream(self, params: Mapping[str, Any]) -> DeliveryStream:
        name = params["DeliveryStreamName"]
        with self._lock:
            if name not in self._streams:
                raise not_found(self.runtime, name)
            return self._streams[name]

    def _check_unused(self, name: str) -> None:
        if name in self._streams:
            message = f"Firehose {name} under accountId {self.runtime.account_id} already exists."
            raise AwsError("ResourceInUseException", message)

    def _active(self, stream: DeliveryStream) -> Document:
        if stream.status != "ACTIVE":
            raise AwsError("ResourceInUseException", f"Firehose {stream.name} is {stream.status}")
        return stream.document

    def _change(self, stream: DeliveryStream, **members: Any) -> None:
        with self.runtime.journal.transaction(), stream.lock:
            document = self._active(stream)
            for name, value in members.items():
                setattr(document, name, value)
            stream.save()

    def _remove(self, stream: DeliveryStream) -> None:
        with self._lock:
            if self._streams.get(stream.name) is stream:
                del self._streams[stream.name]

    def _plain_batch(self, params: Mapping[str, Any]) -> list[bytes] | None:
        """The data of a PutRecordBatch that has nothing wrong; None lets the general way say what is."""
        try:
            records = params["Records"]
            known = params["DeliveryStreamName"] in self._streams
            if not known or type(records) is not list or not 1 <= len(records) <= MOST_RECORDS:
                return None
            data = [a2b_base64(record["Data"], strict_mode=True) for record in records]
        except (KeyError, TypeError, ValueError):
            return None
        return data if max(map(len, data)) <= RECORD_BYTES else None


def _batch_answer(stream: DeliveryStream, entry: str, admitted: Sequence[bool]) -> Params:
    places = iter(PLACES)
    answers = [{"RecordId": entry + next(places)} if admit else SLOW_DOWN for admit in admitted]
    refused = sum(not admit for admit in admitted)
    return {"FailedPutCount": refused, "Encrypted": stream.encrypted, "RequestResponses": answers}
