"""Version 1 of the API (kinesisanalytics, 2015-08-14): a translation in front of version 2.

Requests are flat (ApplicationCode, Inputs, Outputs), each resource names its own role, answers are mostly empty.
As on AWS an application that version 2 made or changed cannot be managed with version 1 any more.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from helpers.local_aws.kinesisanalytics import config
from helpers.local_aws.kinesisanalytics.application import SqlApplication
from helpers.local_aws.kinesisanalytics.service import KinesisAnalyticsService, position
from helpers.local_aws.protocol import AwsError, JsonService, operation
from helpers.local_aws.runtime import Runtime

Params = dict[str, Any]
_SUMMARY = ("ApplicationName", "ApplicationARN", "ApplicationStatus")
_DETAIL = (
    *_SUMMARY, "ApplicationDescription", "CreateTimestamp", "LastUpdateTimestamp", "ApplicationVersionId",
    "CloudWatchLoggingOptionDescriptions",
)  # fmt: skip


class KinesisAnalyticsV1(JsonService):
    """The same applications as version 2's."""

    name = "kinesisanalytics"
    principal = config.PRINCIPAL
    unassumable = config.UNASSUMABLE

    def __init__(self, runtime: Runtime, v2: KinesisAnalyticsService) -> None:
        super().__init__(runtime)
        self.v2 = v2

    def resource(self, operation: str, params: Mapping[str, Any]) -> str:
        """The application that a request is about."""
        return self.v2.resource(operation, params)

    # Applications

    @operation
    def create_application(self, params: Params) -> Params:
        application = self.v2.create(
            params["ApplicationName"], None, params.get("ApplicationCode", ""), params, api=1
        )  # fmt: skip
        return {"ApplicationSummary": _of(application.summary(), _SUMMARY)}

    @operation
    def describe_application(self, params: Params) -> Params:
        application = self._managed(params)
        with application.lock:
            detail = application.describe()
        sql = detail["ApplicationConfigurationDescription"]["SqlApplicationConfigurationDescription"]
        return {"ApplicationDetail": _of(detail, _DETAIL) | sql | {"ApplicationCode": application.code}}

    @operation
    def list_applications(self, params: Params) -> Params:
        limit, after = params.get("Limit", 50), params.get("ExclusiveStartApplicationName", "")
        found = [each for each in self.v2.applications.all() if each.name > after]
        return {
            "ApplicationSummaries": [_of(each.summary(), _SUMMARY) for each in found[:limit]],
            "HasMoreApplications": len(found) > limit,
        }

    @operation
    def delete_application(self, params: Params) -> Params:
        self.v2.applications.delete(self._managed(params), params["CreateTimestamp"].timestamp())
        return {}

    # Configuration

    @operation
    def add_application_input(self, params: Params) -> Params:
        return self._change(params, self.v2.add_application_input)

    @operation
    def add_application_input_processing_configuration(self, params: Params) -> Params:
        return self._change(params, self.v2.add_application_input_processing_configuration)

    @operation
    def delete_application_input_processing_configuration(self, params: Params) -> Params:
        return self._change(params, self.v2.delete_application_input_processing_configuration)

    @operation
    def add_application_output(self, params: Params) -> Params:
        return self._change(params, self.v2.add_application_output)

    @operation
    def delete_application_output(self, params: Params) -> Params:
        return self._change(params, self.v2.delete_application_output)

    @operation
    def add_application_reference_data_source(self, params: Params) -> Params:
        return self._change(params, self.v2.add_application_reference_data_source)

    @operation
    def delete_application_reference_data_source(self, params: Params) -> Params:
        return self._change(params, self.v2.delete_application_reference_data_source)

    @operation
    def add_application_cloud_watch_logging_option(self, params: Params) -> Params:
        return self._change(params, self.v2.add_application_cloud_watch_logging_option)

    @operation
    def delete_application_cloud_watch_logging_option(self, params: Params) -> Params:
        return self._change(params, self.v2.delete_application_cloud_watch_logging_option)

    @operation
    def update_application(self, params: Params) -> Params:
        self._managed(params)
        self.v2.update(params, params["ApplicationUpdate"], api=1)
        return {}

    @operation
    def discover_input_schema(self, params: Params) -> Params:
        return self.v2.discover_input_schema(params)

    # Running

    @operation
    def start_application(self, params: Params) -> Params:
        application = self._managed(params)
        self.v2.applications.start(application, position(application, params["InputConfigurations"], "Id"))
        return {}

    @operation
    def stop_application(self, params: Params) -> Params:
        self.v2.applications.stop(self._managed(params))
        return {}

    # Tags

    @operation
    def tag_resource(self, params: Params) -> Params:
        return self.v2.tag_resource(params)

    @operation
    def untag_resource(self, params: Params) -> Params:
        return self.v2.untag_resource(params)

    @operation
    def list_tags_for_resource(self, params: Params) -> Params:
        return self.v2.list_tags_for_resource(params)

    # The rest

    def _managed(self, params: Params) -> SqlApplication:
        application = self.v2.applications.named(params["ApplicationName"])
        if application.api != 1:
            raise AwsError(
                "UnsupportedOperationException",
                f"application {application.name} was made or changed with kinesisanalyticsv2: use that",
            )
        return application

    def _change(self, params: Params, change: Callable[..., Params]) -> Params:
        """A change as version 2 makes it; the application stays one of version 1."""
        self._managed(params)
        change(params, api=1)
        return {}


def _of(detail: Params, names: tuple[str, ...]) -> Params:
    return {name: detail[name] for name in names if name in detail}
