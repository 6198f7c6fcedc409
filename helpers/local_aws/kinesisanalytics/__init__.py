"""Amazon Kinesis Data Analytics for SQL of the local AWS."""

from helpers.local_aws.kinesisanalytics.service import KinesisAnalyticsService

__all__ = ["KinesisAnalyticsService"]
