"""Event source mappings from Kinesis data streams to Lambda functions, on the one clock.

ministack keeps the mappings and would read their streams on a thread of its own, by the wall clock: on stepped time a
function would be called whenever that thread came round. Here each mapping is a reader on the clock, as a delivery
stream's source is: every shard is asked once a second while there is something to read, under the function's own role.
LATEST begins at the moment the mapping is made. A batch whose function fails comes again ten seconds later, until it
succeeds or MaximumRetryAttempts are used up; what is given up then is logged. With ReportBatchItemFailures a function
names the first record that failed, and the batch comes again from there.

What it does not do: batching windows, several batches of a shard at once, splitting a batch on an error, destinations
of failed batches. Mappings from other sources stay with ministack, by the wall clock.
"""

from __future__ import annotations

import base64
import json
import logging
from collections.abc import Sequence
from typing import Any, NamedTuple

from botocore.exceptions import BotoCoreError, ClientError
from ministack.core.responses import request_scope
from ministack.services import kinesis, lambda_svc

from helpers.local_aws.firehose.models import KinesisSource, Origin
from helpers.local_aws.firehose.source import KinesisReader, NotTaken, Positions
from helpers.local_aws.functions import FunctionError, invoke
from helpers.local_aws.runtime import Runtime

KIND = "event-source"  # in the journal: a mapping's positions
PRINCIPAL = "lambda.amazonaws.com"
FOR_EVER = -1
ANSWERS, PARTLY = "FunctionResponseTypes", "ReportBatchItemFailures"
LOOK = 5.0  # seconds between two looks at mappings that do not run
log = logging.getLogger(__name__)


class Mapping(NamedTuple):
    """What a reader must know of a mapping; another one needs another reader."""

    id: str
    stream: str
    function: str
    role: str
    batch: int
    attempts: int


class EventSources:
    """Readers of all enabled mappings from Kinesis; `install()` takes them over from ministack, once a process."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._readers: dict[str, tuple[Mapping, KinesisReader]] = {}
        self._failed: dict[str, tuple[str, int]] = {}  # mapping → the record that failed, how often

    def install(self) -> None:
        """Leave ministack's thread the other sources, and hear of every mapping that is made."""
        lambda_svc._poll_kinesis = lambda: False
        theirs = lambda_svc._ensure_poller

        def ensure() -> None:
            theirs()
            for account, region, mapping in list(lambda_svc._iter_all_esms()):
                self._begin(account, region, mapping)
            self._later()

        lambda_svc._ensure_poller = ensure
        if lambda_svc._esms.has_any():  # restored
            self._later()

    def _later(self, seconds: float = 0) -> None:
        """Look again, on the clock's thread, where requests to ourselves may wait."""
        self._runtime.clock.call_in(seconds, self._look, "event source mappings")

    def _look(self) -> None:
        """Start and stop readers until each enabled mapping has the one it needs."""
        wanted = {mapping.id: mapping for mapping in self._mappings()}
        for name, (mapping, reader) in list(self._readers.items()):
            if wanted.get(name) != mapping:
                reader.stop()
                del self._readers[name]
        there = {
            str(item["UUID"]) for _, _, item in lambda_svc._iter_all_esms() if ":kinesis:" in item["EventSourceArn"]
        }
        for name in self._runtime.journal.load(KIND).keys() - there:
            self._runtime.journal.remove(KIND, name)
        for name, mapping in wanted.items():
            if name not in self._readers:
                self._readers[name] = mapping, self._reader(mapping)
                self._readers[name][1].start()
        if there - wanted.keys():  # switched off, or without a function: that may change
            self._later(LOOK)

    def _mappings(self) -> list[Mapping]:
        found = []
        for account, region, item in list(lambda_svc._iter_all_esms()):
            with request_scope(account, region):
                function, config = lambda_svc._get_func_record_for_qualifier(
                    item["FunctionName"], item.get("Qualifier")
                )
            if function is not None and _enabled(item) and ":kinesis:" in item["EventSourceArn"]:
                attempts = int(item.get("MaximumRetryAttempts", FOR_EVER))
                found.append(
                    Mapping(
                        item["UUID"],
                        item["EventSourceArn"],
                        item["FunctionArn"],
                        config.get("Role", ""),
                        int(item.get("BatchSize", 100)),
                        attempts,
                    )
                )
        return found

    def _begin(self, account: str, region: str, item: dict[str, Any]) -> None:
        """Note where a new mapping begins; later is too late for LATEST."""
        if ":kinesis:" not in item["EventSourceArn"] or item["UUID"] in self._runtime.journal.load(KIND):
            return
        stream = kinesis._streams.get_scoped(account, region, item["EventSourceArn"].rpartition("/")[2])
        positions: Positions = {}
        for name, shard in (stream or {"shards": {}})["shards"].items():
            last = shard["records"][-1]["SequenceNumber"] if shard["records"] else ""
            positions[name] = last if item.get("StartingPosition", "LATEST") == "LATEST" else ""
        self._keep(item["UUID"], positions)

    def _reader(self, mapping: Mapping) -> KinesisReader:
        positions = json.loads(self._runtime.journal.load(KIND).get(mapping.id, b"{}"))

        def take(data: Sequence[bytes], origins: Sequence[Origin], reached: Positions) -> None:
            done = self._call(mapping, data, origins)
            if done == len(data):
                self._keep(mapping.id, reached)
                return
            partly = {**reached, origins[0].shard: origins[done - 1].sequence} if done else None
            if partly:
                self._keep(mapping.id, partly)
            raise NotTaken(f"{mapping.function} failed", partly)

        def unchanged() -> bool:
            if mapping in self._mappings():
                return True
            self._later()
            return False

        source = KinesisSource(mapping.stream, mapping.role, PRINCIPAL)
        return KinesisReader(self._runtime, source, positions, take, unchanged, page=mapping.batch)

    def _keep(self, name: str, positions: Positions) -> None:
        self._runtime.journal.save(KIND, name, json.dumps(positions).encode())

    def _call(self, mapping: Mapping, data: Sequence[bytes], origins: Sequence[Origin]) -> int:
        """Call the function with a batch; how many of its records are done with, from the first on."""
        records = [self._record(mapping, body, origin) for body, origin in zip(data, origins, strict=True)]
        item = self._item(mapping)
        records = lambda_svc._apply_filter_criteria(records, item)
        if not records:
            return len(data)
        try:
            answer = invoke(self._runtime, mapping.function, json.dumps({"Records": records}).encode())
            reason, sequence = "its answer", _failed_first(answer) if PARTLY in item.get(ANSWERS, []) else None
        except (FunctionError, ClientError, BotoCoreError) as error:
            reason, sequence = str(error), origins[0].sequence
        if sequence is None:
            item["LastProcessingResult"] = "OK"
            self._failed.pop(mapping.id, None)
            return len(data)
        item["LastProcessingResult"] = "PROBLEM: Function call failed"
        done = next((n for n, origin in enumerate(origins) if origin.sequence == sequence), 0)
        first, attempts = self._failed.get(mapping.id, ("", 0))
        attempts = attempts + 1 if first == sequence else 1
        if mapping.attempts == FOR_EVER or attempts <= mapping.attempts:
            self._failed[mapping.id] = sequence, attempts
            log.warning("%s failed: %s", mapping.function, reason)
            return done
        log.error("%d records were given up: %s failed: %s", len(data) - done, mapping.function, reason)
        self._failed.pop(mapping.id, None)
        return len(data)

    def _item(self, mapping: Mapping) -> dict[str, Any]:
        for _, _, item in lambda_svc._iter_all_esms():
            if item["UUID"] == mapping.id:
                found: dict[str, Any] = item
                return found
        return {}  # deleted meanwhile

    def _record(self, mapping: Mapping, data: bytes, origin: Origin) -> dict[str, Any]:
        """Source: https://docs.aws.amazon.com/lambda/latest/dg/with-kinesis.html"""
        return {
            "kinesis": {
                "kinesisSchemaVersion": "1.0",
                "partitionKey": origin.key,
                "sequenceNumber": origin.sequence,
                "data": base64.b64encode(data).decode("ascii"),
                "approximateArrivalTimestamp": origin.arrival / 1000,
            },
            "eventSource": "aws:kinesis",
            "eventVersion": "1.0",
            "eventID": f"{origin.shard}:{origin.sequence}",
            "eventName": "aws:kinesis:record",
            "invokeIdentityArn": mapping.role,
            "awsRegion": self._runtime.region,
            "eventSourceARN": mapping.stream,
        }


def _enabled(item: dict[str, Any]) -> bool:
    return str(item.get("Enabled", True)).lower() == "true"


def _failed_first(answer: bytes) -> str | None:
    """The sequence number of the first record that a function says failed; None if none did."""
    said = json.loads(answer or b"null")
    failures = said.get("batchItemFailures") if isinstance(said, dict) else None
    return min((str(each["itemIdentifier"]) for each in failures or ()), default=None)
