"""Delivery errors in CloudWatch Logs, where the destination asks for it.

A log that cannot be written never stops a delivery: it is reported in the process's own log.
"""

from __future__ import annotations

import json
import logging

from botocore.exceptions import BotoCoreError, ClientError

from helpers.local_aws.firehose.models import PRINCIPAL, Target
from helpers.local_aws.runtime import Runtime

log = logging.getLogger(__name__)


class ErrorLog:
    """The error log of one delivery stream."""

    def __init__(self, runtime: Runtime, arn: str, version: str, target: Target) -> None:
        self.runtime = runtime
        self.arn = arn
        self.version = version
        self.target = target

    def report(self, message: str, code: str) -> None:
        """Log one error here and in CloudWatch Logs; a network call, so never under a lock."""
        log.warning("%s: %s: %s", self.arn, code, message)
        if self.target.log is None:
            return
        entry = {
            "deliveryStreamARN": self.arn,
            "destination": f"arn:aws:s3:::{self.target.bucket}",
            "deliveryStreamVersionId": int(self.version),
            "message": message,
            "errorCode": code,
        }
        event = {"timestamp": int(self.runtime.clock.now() * 1000), "message": json.dumps(entry)}
        try:
            self.runtime.acting("logs", self.target.role, PRINCIPAL).put_log_events(
                logGroupName=self.target.log.group, logStreamName=self.target.log.stream, logEvents=[event]
            )
        except (ClientError, BotoCoreError) as error:
            log.warning("%s: could not write the error to %s: %s", self.arn, self.target.log, error)
