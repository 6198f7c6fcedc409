"""Amazon Kinesis Data Analytics for SQL (kinesisanalyticsv2, SQL-1_0): the API.

Other runtimes than SQL-1_0 are not offered here (the front leaves FLINK-* to ministack, and flink_runs.py runs them),
nor is what AWS offers for Flink only: snapshots, versions, roll back, operations, maintenance, VPCs. Applications
made with version 1 of the API are managed with either until version 2 changes them. CloudWatch gets metrics and
configuration errors.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from operator import itemgetter
from typing import Any

from helpers.local_aws.firehose import FirehoseService
from helpers.local_aws.kinesisanalytics import config
from helpers.local_aws.kinesisanalytics.application import SqlApplication
from helpers.local_aws.kinesisanalytics.flink import FLINK_ONLY
from helpers.local_aws.kinesisanalytics.lifecycle import Applications
from helpers.local_aws.protocol import AwsError, JsonService, decode, invalid, operation
from helpers.local_aws.runtime import Runtime

Params = dict[str, Any]
MAX_TAGS = 50


class KinesisAnalyticsService(JsonService):
    """The SQL applications of the account; ``status`` and ``stream_rows`` serve the control API."""

    name = "kinesisanalyticsv2"
    action_prefix = "kinesisanalytics"
    principal = config.PRINCIPAL
    unassumable = config.UNASSUMABLE

    def resource(self, operation: str, params: Mapping[str, Any]) -> str:
        """The application that a request is about; schema discovery is about none."""
        if operation == "DiscoverInputSchema":
            return "*"
        name = params.get("ApplicationName") or params.get("ResourceARN", "").rpartition("/")[2]
        return self.runtime.arn("kinesisanalytics", f"application/{name}") if name else "*"

    def __init__(self, runtime: Runtime, firehose: FirehoseService, flink: Callable[[], list[Params]] = list) -> None:
        """`flink` gives the summaries of the applications for Flink, to be listed beside these."""
        super().__init__(runtime)
        self._flink = flink
        self.firehose = firehose
        self.applications = Applications(runtime, firehose)

    def restore(self) -> None:
        """Applications and their runs as they were; after the Firehose's own restore."""
        self.applications.restore()

    # Applications

    @operation
    def create_application(self, params: Params) -> Params:
        name, role = params["ApplicationName"], params["ServiceExecutionRole"]
        if params["RuntimeEnvironment"] != "SQL-1_0":
            raise AwsError(
                "UnsupportedOperationException",
                f"the RuntimeEnvironment {params['RuntimeEnvironment']} is not offered here: use SQL-1_0",
            )
        if params.get("ApplicationMode", "STREAMING") != "STREAMING":
            raise invalid("an SQL application has the ApplicationMode STREAMING")
        configuration = params.get("ApplicationConfiguration", {})
        for key in configuration.keys() - {"SqlApplicationConfiguration", "ApplicationCodeConfiguration"}:
            raise invalid(f"{key} does not go with SQL-1_0")
        code = ""
        if "ApplicationCodeConfiguration" in configuration:
            code = config.code(configuration["ApplicationCodeConfiguration"])
        sql = configuration.get("SqlApplicationConfiguration", {})
        application = self.create(name, role, code, params | sql)
        return {"ApplicationDetail": application.describe()}

    def create(self, name: str, role: str | None, code: str, given: Params, api: int = 2) -> SqlApplication:
        """A new application of Inputs, Outputs, ReferenceDataSources, CloudWatchLoggingOptions and Tags."""
        arn = self.runtime.arn("kinesisanalytics", f"application/{name}")
        application = SqlApplication(
            name, arn, role, self.runtime.clock.now(), given.get("ApplicationDescription"), code=code, api=api
        )
        for what, kept, described in (
            ("Inputs", application.inputs, config.described_input),
            ("Outputs", application.outputs, config.described_output),
            ("ReferenceDataSources", application.references, config.described_reference),
            ("CloudWatchLoggingOptions", application.logging, config.described_logging),
        ):
            kept += [described(each, application.next_id()) for each in given.get(what, [])]
        application.tags = _tagged({}, given.get("Tags", []))
        self.applications.add(application)
        return application

    @operation
    def describe_application(self, params: Params) -> Params:
        application = self.applications.named(params["ApplicationName"])
        with application.lock:
            return {"ApplicationDetail": application.describe()}

    @operation
    def list_applications(self, params: Params) -> Params:
        limit, after = params.get("Limit", 50), params.get("NextToken", "")
        known = [each.summary() for each in self.applications.all()] + self._flink()
        by_name = itemgetter("ApplicationName")
        found = sorted((each for each in known if by_name(each) > after), key=by_name)
        return {
            "ApplicationSummaries": found[:limit],
            "NextToken": by_name(found[limit - 1]) if len(found) > limit else None,
        }

    @operation
    def delete_application(self, params: Params) -> Params:
        application = self.applications.named(params["ApplicationName"])
        self.applications.delete(application, params["CreateTimestamp"].timestamp())
        return {}

    # Configuration

    @operation
    def add_application_input(self, params: Params, api: int = 2) -> Params:
        def add(new: SqlApplication) -> None:
            if new.inputs:
                raise invalid(f"application {new.name} has an input already: update it")
            new.inputs = [config.described_input(params["Input"], new.next_id())]

        application = self._change(params, add, api)
        return _changed(application) | {"InputDescriptions": application.inputs}

    @operation
    def add_application_input_processing_configuration(self, params: Params, api: int = 2) -> Params:
        added = config.processing(params["InputProcessingConfiguration"])
        application = self._change_input(params, lambda old: old | added, api)
        return _changed(application) | {"InputId": params["InputId"]} | added

    @operation
    def delete_application_input_processing_configuration(self, params: Params, api: int = 2) -> Params:
        key = "InputProcessingConfigurationDescription"

        def delete(old: Params) -> Params:
            if key not in old:
                raise AwsError(
                    "ResourceNotFoundException", f"input {params['InputId']} has no InputProcessingConfiguration"
                )
            return {name: value for name, value in old.items() if name != key}

        return _changed(self._change_input(params, delete, api))

    @operation
    def add_application_output(self, params: Params, api: int = 2) -> Params:
        def add(new: SqlApplication) -> None:
            new.outputs = [*new.outputs, config.described_output(params["Output"], new.next_id())]

        application = self._change(params, add, api)
        return _changed(application) | {"OutputDescriptions": application.outputs}

    @operation
    def delete_application_output(self, params: Params, api: int = 2) -> Params:
        def delete(new: SqlApplication) -> None:
            new.outputs = config.without(new.outputs, "OutputId", params["OutputId"])

        return _changed(self._change(params, delete, api))

    @operation
    def add_application_reference_data_source(self, params: Params, api: int = 2) -> Params:
        def add(new: SqlApplication) -> None:
            added = config.described_reference(params["ReferenceDataSource"], new.next_id())
            new.references = [*new.references, added]

        application = self._change(params, add, api)
        return _changed(application) | {"ReferenceDataSourceDescriptions": application.references}

    @operation
    def delete_application_reference_data_source(self, params: Params, api: int = 2) -> Params:
        def delete(new: SqlApplication) -> None:
            new.references = config.without(new.references, "ReferenceId", params["ReferenceId"])

        return _changed(self._change(params, delete, api))

    @operation
    def add_application_cloud_watch_logging_option(self, params: Params, api: int = 2) -> Params:
        def add(new: SqlApplication) -> None:
            new.logging = [*new.logging, config.described_logging(params["CloudWatchLoggingOption"], new.next_id())]

        application = self._change(params, add, api)
        return _changed(application) | {"CloudWatchLoggingOptionDescriptions": application.logging}

    @operation
    def delete_application_cloud_watch_logging_option(self, params: Params, api: int = 2) -> Params:
        def delete(new: SqlApplication) -> None:
            identity = params["CloudWatchLoggingOptionId"]
            new.logging = config.without(new.logging, "CloudWatchLoggingOptionId", identity)

        application = self._change(params, delete, api)
        return _changed(application) | {"CloudWatchLoggingOptionDescriptions": application.logging}

    @operation
    def update_application(self, params: Params) -> Params:
        for key in ("RunConfigurationUpdate", "RuntimeEnvironmentUpdate"):
            if key in params:
                raise invalid(f"{key} does not go with SQL-1_0")
        update = params.get("ApplicationConfigurationUpdate", {})
        for key in update.keys() - {"SqlApplicationConfigurationUpdate", "ApplicationCodeConfigurationUpdate"}:
            raise invalid(f"{key} does not go with SQL-1_0")
        sql = dict(update.get("SqlApplicationConfigurationUpdate", {}))
        for key, value in (
            ("ServiceExecutionRoleUpdate", params.get("ServiceExecutionRoleUpdate")),
            ("CloudWatchLoggingOptionUpdates", params.get("CloudWatchLoggingOptionUpdates")),
            ("ApplicationCodeUpdate", _code(update.get("ApplicationCodeConfigurationUpdate", {}))),
        ):
            if value is not None:
                sql[key] = value
        application = self.update(params, sql)
        return {"ApplicationDetail": application.describe()}

    def update(self, params: Params, update: Params, api: int = 2) -> SqlApplication:
        """Carry out the updates of inputs, outputs, references, logging options, code and role."""

        def change(new: SqlApplication) -> None:
            new.role = update.get("ServiceExecutionRoleUpdate", new.role)
            new.code = update.get("ApplicationCodeUpdate", new.code)
            for attribute, what, key, apply in (
                ("inputs", "InputUpdates", "InputId", config.updated_input),
                ("outputs", "OutputUpdates", "OutputId", config.updated_output),
                ("references", "ReferenceDataSourceUpdates", "ReferenceId", config.updated_reference),
                ("logging", "CloudWatchLoggingOptionUpdates", "CloudWatchLoggingOptionId", config.updated_logging),
            ):
                for each in update.get(what, []):
                    setattr(new, attribute, config.replaced(getattr(new, attribute), key, each, apply))

        return self._change(params, change, api, refreshed=bool(update.get("ReferenceDataSourceUpdates")))

    @operation
    def discover_input_schema(self, params: Params) -> Params:
        from helpers.local_aws.kinesisanalytics.discovery import discover

        return discover(self.runtime, self.firehose, params)

    # Running

    @operation
    def start_application(self, params: Params) -> Params:
        application = self.applications.named(params["ApplicationName"])
        run = params.get("RunConfiguration", {})
        for key in run.keys() - {"SqlRunConfigurations"}:
            raise invalid(f"RunConfiguration.{key} does not go with SQL-1_0")
        self.applications.start(application, position(application, run.get("SqlRunConfigurations", []), "InputId"))
        return {}

    @operation
    def stop_application(self, params: Params) -> Params:
        application = self.applications.named(params["ApplicationName"])
        if params.get("Force"):
            raise invalid("an SQL application cannot be stopped by Force")
        self.applications.stop(application)
        return {}

    # Tags

    @operation
    def tag_resource(self, params: Params) -> Params:
        application = self.applications.with_arn(params["ResourceARN"])
        with application.lock:
            application.tags = _tagged(application.tags, params["Tags"])
            self.applications.keep(application)
        return {}

    @operation
    def untag_resource(self, params: Params) -> Params:
        application = self.applications.with_arn(params["ResourceARN"])
        with application.lock:
            for key in params["TagKeys"]:
                application.tags.pop(key, None)
            self.applications.keep(application)
        return {}

    @operation
    def list_tags_for_resource(self, params: Params) -> Params:
        tags = self.applications.with_arn(params["ResourceARN"]).tags
        return {"Tags": [{"Key": key, "Value": value} for key, value in sorted(tags.items())]}

    # For the control API

    def status(self, name: str) -> Params:
        """Streams, pumps, input, outputs and watermark of an application; ResourceNotFoundException."""
        application = self.applications.named(name)
        none = {"records": 0, "errors": 0, "messages": []}
        empty: Params = {"streams": {}, "pumps": [], "watermark": None, "input": none}
        with application.lock:
            run = application.runner.status() if application.runner else None
            status = {"name": name, "status": application.status}
        return status | (run or empty | {"outputs": [], "learning": None, "warnings": []})

    def stream_rows(self, name: str, stream: str, after: int = 0, limit: int = 1000) -> Params:
        """Rows of an in-application stream from number ``after`` on; ResourceNotFoundException."""
        application = self.applications.named(name)
        with application.lock:
            page = application.runner.page(stream, after, limit) if application.runner else None
            known = application.runner.engine.streams if application.runner else []
        if page is None:
            there = f"there are {', '.join(known)}" if known else "start the application first"
            raise AwsError(
                "ResourceNotFoundException", f"no in-application stream {stream} in {name}: {there}", 404
            )  # fmt: skip
        return page

    # What there is for Flink only

    def handle(self, operation: str, params: Mapping[str, Any]) -> Params:
        """Answer one request; of an application that is there, what AWS has for Flink only is refused as AWS does."""
        if operation in FLINK_ONLY and operation not in self.operations:
            shape = self.model.operation_model(operation).input_shape
            request = decode(params, shape)
            self.runtime.allow(f"{self.action_prefix}:{operation}", self.resource(operation, request))
            self.applications.named(request["ApplicationName"])
            raise AwsError(FLINK_ONLY[operation], f"{operation} is not supported for SQL applications")
        return super().handle(operation, params)

    # The rest

    def _change(self, params: Params, change: Any, api: int = 2, refreshed: bool = False) -> SqlApplication:
        application = self.applications.named(params["ApplicationName"])

        def managed(new: SqlApplication) -> None:
            change(new)
            new.api = api

        self.applications.change(
            application,
            params.get("CurrentApplicationVersionId"),
            params.get("ConditionalToken"),
            managed,
            refreshed,
        )
        return application

    def _change_input(self, params: Params, change: Any, api: int) -> SqlApplication:
        def changed(new: SqlApplication) -> None:
            update = {"InputId": params["InputId"]}
            new.inputs = config.replaced(new.inputs, "InputId", update, lambda old, _: change(old))

        return self._change(params, changed, api)


def position(application: SqlApplication, inputs: list[Params], key: str) -> str:
    """Where to begin, of a list of input configurations."""
    known = [each["InputId"] for each in application.inputs]
    for each in inputs:
        if each[key] not in known:
            raise invalid(f"no {key} {each[key]}; there is {', '.join(known) or 'none'}")
    if not inputs:
        return "NOW"
    position: str = inputs[0].get("InputStartingPositionConfiguration", {}).get("InputStartingPosition", "NOW")
    return position


def _code(update: Params) -> str | None:
    """The script of an ApplicationCodeConfigurationUpdate; None if there is none."""
    if not update:
        return None
    content = update.get("CodeContentUpdate", {})
    return config.code(
        {
            "CodeContentType": update.get("CodeContentTypeUpdate", "PLAINTEXT"),
            "CodeContent": {key.removesuffix("Update"): value for key, value in content.items()},
        }
    )


def _changed(application: SqlApplication) -> Params:
    return {"ApplicationARN": application.arn, "ApplicationVersionId": application.version}


def _tagged(old: dict[str, str], tags: list[Params]) -> dict[str, str]:
    new = old | {tag["Key"]: tag.get("Value", "") for tag in tags}
    if len(new) > MAX_TAGS:
        raise AwsError("TooManyTagsException", f"an application has at most {MAX_TAGS} tags, this would be {len(new)}")
    return new
