"""Amazon Kinesis Data Analytics for SQL (kinesisanalyticsv2, SQL-1_0): the API.

Applications are RUNNING as soon as StartApplication answers and READY as soon as StopApplication
does. A changed script or input of a running application restarts it: windows and forests begin
anew. Other runtimes than SQL-1_0 are refused here (the front leaves FLINK-* to ministack).
CloudWatchLoggingOptions are stored and described only.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from helpers.local_aws.firehose import FirehoseService
from helpers.local_aws.kinesisanalytics import config
from helpers.local_aws.kinesisanalytics.application import SqlApplication
from helpers.local_aws.kinesisanalytics.discovery import discover
from helpers.local_aws.kinesisanalytics.engine import Engine, SchemaError, SqlError, check_syntax, prepare_forest
from helpers.local_aws.kinesisanalytics.runner import Runner
from helpers.local_aws.protocol import AwsError, JsonService, invalid, operation
from helpers.local_aws.runtime import Runtime

Params = dict[str, Any]


class KinesisAnalyticsService(JsonService):
    """The SQL applications of the account; ``status`` and ``stream_rows`` serve the control API."""

    name = "kinesisanalyticsv2"

    def __init__(self, runtime: Runtime, firehose: FirehoseService) -> None:
        super().__init__(runtime)
        self.firehose = firehose
        self._lock = threading.RLock()
        self._applications: dict[str, SqlApplication] = {}

    # Applications

    @operation
    def create_application(self, params: Params) -> Params:
        name, role = params["ApplicationName"], params["ServiceExecutionRole"]
        if params["RuntimeEnvironment"] != "SQL-1_0":
            raise AwsError(
                "UnsupportedOperationException",
                f"the RuntimeEnvironment {params['RuntimeEnvironment']} is not offered here: use SQL-1_0",
            )
        arn = self.runtime.arn("kinesisanalytics", f"application/{name}")
        application = SqlApplication(
            name, arn, role, self.runtime.clock.now(), params.get("ApplicationDescription")
        )  # fmt: skip
        configuration = params.get("ApplicationConfiguration", {})
        for key in configuration.keys() - {"SqlApplicationConfiguration", "ApplicationCodeConfiguration"}:
            raise invalid(f"{key} does not go with SQL-1_0")
        _configure(application, configuration)
        application.logging = [
            {"CloudWatchLoggingOptionId": application.next_id(), "LogStreamARN": option["LogStreamARN"]}
            for option in params.get("CloudWatchLoggingOptions", [])
        ]
        application.tags = _tags(params.get("Tags", []))
        self._check(application)
        with self._lock:
            if name in self._applications:
                raise AwsError("ResourceInUseException", f"application {name} already exists")
            self._applications[name] = application
        return {"ApplicationDetail": application.describe()}

    @operation
    def describe_application(self, params: Params) -> Params:
        application = self._application(params)
        with application.lock:
            return {"ApplicationDetail": application.describe()}

    @operation
    def list_applications(self, params: Params) -> Params:
        limit, after = params.get("Limit", 50), params.get("NextToken", "")
        with self._lock:
            names = sorted(name for name in self._applications if name > after)
            summaries = [self._applications[name].summary() for name in names[:limit]]
        return {
            "ApplicationSummaries": summaries,
            "NextToken": names[limit - 1] if len(names) > limit else None,
        }

    @operation
    def delete_application(self, params: Params) -> Params:
        application = self._application(params)
        with application.lock:
            if application.status == "DELETING":  # by another caller, while this one waited
                raise self._missing(application.name)
            if int(params["CreateTimestamp"].timestamp()) != int(application.created):
                raise invalid(f"CreateTimestamp is not that of application {application.name}: describe it first")
            self._end(application)
            application.status = "DELETING"
        with self._lock:
            del self._applications[application.name]
        return {}

    # Configuration

    @operation
    def add_application_input(self, params: Params) -> Params:
        def add(new: SqlApplication) -> None:
            if new.inputs:
                raise invalid(f"application {new.name} has an input already: update it")
            new.inputs = [config.described_input(params["Input"], new.next_id(), new.role)]

        application = self._change(params, add)
        return _changed(application) | {"InputDescriptions": application.inputs}

    @operation
    def add_application_output(self, params: Params) -> Params:
        def add(new: SqlApplication) -> None:
            new.outputs = [
                *new.outputs, config.described_output(params["Output"], new.next_id(), new.role)
            ]  # fmt: skip

        application = self._change(params, add)
        return _changed(application) | {"OutputDescriptions": application.outputs}

    @operation
    def delete_application_output(self, params: Params) -> Params:
        def delete(new: SqlApplication) -> None:
            rest = [each for each in new.outputs if each["OutputId"] != params["OutputId"]]
            if len(rest) == len(new.outputs):
                raise AwsError("ResourceNotFoundException", f"no output {params['OutputId']} in {new.name}")
            new.outputs = rest

        return _changed(self._change(params, delete))

    @operation
    def update_application(self, params: Params) -> Params:
        for key in ("RunConfigurationUpdate", "RuntimeEnvironmentUpdate", "CloudWatchLoggingOptionUpdates"):
            if key in params:
                raise config.unsupported(key, "leave it out")
        update = params.get("ApplicationConfigurationUpdate", {})
        application = self._change(params, lambda new: _update(new, update, params))
        return {"ApplicationDetail": application.describe()}

    @operation
    def discover_input_schema(self, params: Params) -> Params:
        return discover(self.firehose, params)

    # Running

    @operation
    def start_application(self, params: Params) -> Params:
        application = self._application(params)
        with application.lock:
            if application.status != "READY":
                message = f"application {application.name} is {application.status}, not READY"
                raise AwsError("ResourceInUseException", message)
            _check_start(application, params.get("RunConfiguration", {}))
            self._run(application)
        return {}

    @operation
    def stop_application(self, params: Params) -> Params:
        application = self._application(params)
        with application.lock:
            if application.status != "RUNNING":
                message = f"application {application.name} is {application.status}, not RUNNING"
                raise AwsError("ResourceInUseException", message)
            self._end(application)
            application.status = "READY"
        return {}

    # Tags

    @operation
    def tag_resource(self, params: Params) -> Params:
        application = self._by_arn(params["ResourceARN"])
        with application.lock:
            application.tags |= _tags(params["Tags"])
        return {}

    @operation
    def untag_resource(self, params: Params) -> Params:
        application = self._by_arn(params["ResourceARN"])
        with application.lock:
            for key in params["TagKeys"]:
                application.tags.pop(key, None)
        return {}

    @operation
    def list_tags_for_resource(self, params: Params) -> Params:
        tags = self._by_arn(params["ResourceARN"]).tags
        return {"Tags": [{"Key": key, "Value": value} for key, value in sorted(tags.items())]}

    # For the control API

    def status(self, name: str) -> Params:
        """Streams, input, outputs and watermark of an application; ResourceNotFoundException."""
        application = self._application({"ApplicationName": name})
        empty = {"streams": {}, "watermark": None, "input": {"records": 0, "errors": 0, "messages": []}}
        with application.lock:
            run = application.runner.status() if application.runner else None
            status = {"name": name, "status": application.status}
        return status | (run or empty | {"outputs": [], "learning": None, "warnings": []})

    def stream_rows(self, name: str, stream: str, after: int = 0, limit: int = 1000) -> Params:
        """Rows of an in-application stream from number ``after`` on; ResourceNotFoundException."""
        application = self._application({"ApplicationName": name})
        with application.lock:
            page = application.runner.page(stream, after, limit) if application.runner else None
            known = application.runner.engine.streams if application.runner else []
        if page is None:
            there = f"there are {', '.join(known)}" if known else "start the application first"
            raise AwsError(
                "ResourceNotFoundException", f"no in-application stream {stream} in {name}: {there}", 404
            )  # fmt: skip
        return page

    # The rest

    def _application(self, params: Params) -> SqlApplication:
        with self._lock:
            application = self._applications.get(params["ApplicationName"])
        if application is None:
            raise self._missing(params["ApplicationName"])
        return application

    def _missing(self, name: str) -> AwsError:
        message = f"application {name} of account {self.runtime.account_id} not found"
        return AwsError("ResourceNotFoundException", message)

    def _by_arn(self, arn: str) -> SqlApplication:
        return self._application({"ApplicationName": arn.rpartition("application/")[2] or arn})

    def _change(self, params: Params, change: Callable[[SqlApplication], None]) -> SqlApplication:
        """Make a checked change to an application, and carry it into the running one."""
        application = self._application(params)
        with application.lock:
            application.check_version(params.get("CurrentApplicationVersionId"), params.get("ConditionalToken"))
            if application.status not in ("READY", "RUNNING"):
                message = f"application {application.name} is {application.status}"
                raise AwsError("ResourceInUseException", message)
            new = application.copy()
            change(new)
            config.check_outputs(new.outputs)
            engine = self._check(new)
            restart = (new.code, new.inputs) != (application.code, application.inputs)
            if application.status == "RUNNING":
                _check_runnable(new, engine)
            application.take(new, self.runtime.clock.now())
            if application.status == "RUNNING" and application.runner is not None:
                if restart:
                    self._end(application)
                    self._run(application)
                else:
                    application.runner.set_outputs(application.outputs)
        return application

    def _check(self, application: SqlApplication) -> Engine | None:
        """CodeValidationException if the script cannot run; None if script or input is not given yet."""
        if not application.code:
            return None
        offsets = application.runner.engine.offsets if application.runner else None
        try:
            if not application.inputs:
                check_syntax(application.code)  # names and types wait for the input's columns
                return None
            source = application.inputs[0]
            return Engine(
                application.code,
                source["InputSchema"],
                source["InAppStreamNames"][0],
                self.runtime.seed,
                offsets,
            )
        except SqlError as error:
            raise AwsError("CodeValidationException", f"the SQL code cannot run: {error}") from error
        except SchemaError as error:
            raise invalid(f"InputSchema: {error}") from error

    def _run(self, application: SqlApplication) -> None:
        engine = self._check(application)
        _check_runnable(application, engine)
        assert engine is not None
        if engine.learning:
            # Loading the forest takes seconds; meanwhile records may come, and the clock must not wait.
            threading.Thread(target=prepare_forest, name="prepare-forest", daemon=True).start()
        application.runner = Runner(self.runtime, self.firehose, application, engine)
        try:
            application.runner.start()
        except AwsError as error:
            raise AwsError("InvalidApplicationConfigurationException", error.message) from error
        application.status = "RUNNING"

    def _end(self, application: SqlApplication) -> None:
        if application.status == "RUNNING" and application.runner is not None:
            application.runner.stop()


def _configure(application: SqlApplication, configuration: Params) -> None:
    sql = configuration.get("SqlApplicationConfiguration", {})
    if "ReferenceDataSources" in sql:
        raise config.unsupported("ReferenceDataSources", "leave them out")
    if len(sql.get("Inputs", [])) > 1:
        raise invalid("an application has one input")
    if "ApplicationCodeConfiguration" in configuration:
        application.code = config.code(configuration["ApplicationCodeConfiguration"])
    role = application.role
    application.inputs = [config.described_input(each, application.next_id(), role) for each in sql.get("Inputs", [])]
    application.outputs = [
        config.described_output(each, application.next_id(), role) for each in sql.get("Outputs", [])
    ]
    config.check_outputs(application.outputs)


def _update(new: SqlApplication, update: Params, params: Params) -> None:
    new.role = params.get("ServiceExecutionRoleUpdate", new.role)
    for key in update.keys() - {"SqlApplicationConfigurationUpdate", "ApplicationCodeConfigurationUpdate"}:
        raise invalid(f"{key} does not go with SQL-1_0")
    code = update.get("ApplicationCodeConfigurationUpdate", {})
    if code:
        content = code.get("CodeContentUpdate", {})
        new.code = config.code(
            {
                "CodeContentType": code.get("CodeContentTypeUpdate", "PLAINTEXT"),
                "CodeContent": {key.removesuffix("Update"): value for key, value in content.items()},
            }
        )
    sql = update.get("SqlApplicationConfigurationUpdate", {})
    if "ReferenceDataSourceUpdates" in sql:
        raise config.unsupported("ReferenceDataSourceUpdates", "leave them out")
    for each in sql.get("InputUpdates", []):
        new.inputs = _replaced(new, new.inputs, "InputId", each, config.updated_input)
    for each in sql.get("OutputUpdates", []):
        new.outputs = _replaced(new, new.outputs, "OutputId", each, config.updated_output)


def _replaced(
    new: SqlApplication,
    old: list[Params],
    key: str,
    update: Params,
    apply: Callable[[Params, Params, str], Params],
) -> list[Params]:
    if not any(each[key] == update[key] for each in old):
        raise invalid(f"no {key} {update[key]} in application {new.name}")
    return [apply(each, update, new.role) if each[key] == update[key] else each for each in old]


def _check_start(application: SqlApplication, run: Params) -> None:
    for key in run.keys() - {"SqlRunConfigurations"}:
        raise invalid(f"RunConfiguration.{key} does not go with SQL-1_0")
    known = [each["InputId"] for each in application.inputs]
    for each in run.get("SqlRunConfigurations", []):
        if each["InputId"] not in known:
            raise invalid(f"no InputId {each['InputId']}; there is {', '.join(known) or 'none'}")
        position = each.get("InputStartingPositionConfiguration", {}).get("InputStartingPosition", "NOW")
        if position != "NOW":
            raise invalid(f"InputStartingPosition {position}: a delivery stream keeps nothing to go back to, use NOW")


def _check_runnable(application: SqlApplication, engine: Engine | None) -> None:
    problem = None
    if not application.inputs:
        problem = "has no input: AddApplicationInput first"
    elif not application.code.strip():
        problem = "has no code: give ApplicationCodeConfiguration"
    elif engine is not None:
        missing = [each["Name"] for each in application.outputs if each["Name"] not in engine.streams]
        if missing:
            problem = f"has an output of {', '.join(missing)}, but its streams are {', '.join(engine.streams)}"
    if problem:
        message = f"application {application.name} {problem}"
        raise AwsError("InvalidApplicationConfigurationException", message)


def _changed(application: SqlApplication) -> Params:
    return {"ApplicationARN": application.arn, "ApplicationVersionId": application.version}


def _tags(tags: list[Params]) -> dict[str, str]:
    return {tag["Key"]: tag.get("Value", "") for tag in tags}
