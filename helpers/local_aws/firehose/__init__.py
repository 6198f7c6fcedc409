"""Amazon Data Firehose of the local AWS."""

from helpers.local_aws.firehose.models import SourceRecord
from helpers.local_aws.firehose.service import FirehoseService

__all__ = ["FirehoseService", "SourceRecord"]
