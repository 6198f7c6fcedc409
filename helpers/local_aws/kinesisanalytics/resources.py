"""Analytics applications in CloudFormation: AWS::KinesisAnalyticsV2::* and, of version 1, AWS::KinesisAnalytics::*.

Application, ApplicationOutput, ApplicationReferenceDataSource, and of version 2 the logging option. An application
is created, not started, as on AWS. Ref of an application is its name; Ref of the others, whose form AWS does not
document, is ``<application>/<id>``. Applications for Flink are left to whoever handled them before.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from helpers.local_aws.kinesisanalytics import config
from helpers.local_aws.kinesisanalytics.service import KinesisAnalyticsService
from helpers.local_aws.kinesisanalytics.v1 import KinesisAnalyticsV1
from helpers.local_aws.making import Making, Thing
from helpers.local_aws.protocol import AwsError

Props = dict[str, Any]
Created = tuple[str, dict[str, Any]]
Name = Callable[[str, str], str]  # stack, logical id → a name for what has none
Handlers = Mapping[str, Any]
V2, V1 = "AWS::KinesisAnalyticsV2::", "AWS::KinesisAnalytics::"
ATTEMPTS = 10  # with the version an application has, when others change it too


class ResourceError(Exception):
    """A resource cannot be made, changed or deleted; the text becomes the stack event's reason."""


@dataclass(frozen=True)
class Part:
    """A resource that is part of an application: its property, and where and how the application describes it."""

    prop: str
    descriptions: str
    identity: str  # the member of its description
    name: str  # the member it is found by
    update: Callable[[Props], Props]


def _output_update(output: Props) -> Props:
    update = {"NameUpdate": output["Name"], "DestinationSchemaUpdate": output["DestinationSchema"]}
    return update | _resource_updates(output, config.TARGETS)


def _reference_update(reference: Props) -> Props:
    return {
        "TableNameUpdate": reference["TableName"],
        "ReferenceSchemaUpdate": reference["ReferenceSchema"],
        "S3ReferenceDataSourceUpdate": _members(reference["S3ReferenceDataSource"]),
    }


def _logging_update(option: Props) -> Props:
    return _members(option)


PARTS = {
    "ApplicationOutput": Part("Output", "OutputDescriptions", "OutputId", "Name", _output_update),
    "ApplicationReferenceDataSource": Part(
        "ReferenceDataSource", "ReferenceDataSourceDescriptions", "ReferenceId", "TableName", _reference_update
    ),
    "ApplicationCloudWatchLoggingOption": Part(
        "CloudWatchLoggingOption",
        "CloudWatchLoggingOptionDescriptions",
        "CloudWatchLoggingOptionId",
        "LogStreamARN",
        _logging_update,
    ),
}  # fmt: skip


def handlers(
    v2: KinesisAnalyticsService, v1: KinesisAnalyticsV1, theirs: Mapping[str, Handlers], name: Name, making: Making
) -> dict[str, Handlers]:
    """Our entries of ministack's table, by type; ``theirs`` are its own, for Flink."""
    made: dict[str, Handlers] = {}
    for prefix, service, parts in (
        (V2, v2, tuple(PARTS)),
        (V1, v1, ("ApplicationOutput", "ApplicationReferenceDataSource")),
    ):
        flink = theirs if prefix == V2 else {}
        kind = f"{prefix}Application"
        made[kind] = ApplicationResource(service, v2, flink.get(kind), kind, name, making).table()
        for part in parts:
            kind = f"{prefix}{part}"
            made[kind] = PartResource(service, v2, flink.get(kind), PARTS[part]).table()
    return made


class _Resource:
    """What both kinds of resources need of the service they are of."""

    def __init__(
        self, service: KinesisAnalyticsService | KinesisAnalyticsV1, v2: KinesisAnalyticsService, flink: Handlers | None
    ) -> None:
        self._service = service
        self._v2 = v2
        self._flink = flink

    def table(self) -> Handlers:
        """The entry of ministack's table."""
        return {
            "create": self.create,
            "update": self.update,
            "update_with_logical_id": True,
            "delete": self.delete,
        }

    def create(self, logical_id: str, props: Props, stack_name: str) -> Created:
        raise NotImplementedError

    def update(
        self, physical_id: str, old: Props, new: Props, stack_name: str, logical_id: str | None = None
    ) -> Created:
        raise NotImplementedError

    def delete(self, physical_id: str, props: Props) -> None:
        raise NotImplementedError

    def _ours(self, name: str) -> bool:
        """Whether it is an SQL application; without a handler for Flink all are."""
        return self._flink is None or self._there(name)

    def _there(self, name: str) -> bool:
        return any(each.name == name for each in self._v2.applications.all())

    def _call(self, operation: str, params: Props) -> Props:
        try:
            return self._service.handle(operation, params)
        except AwsError as error:
            raise ResourceError(f"{error.message} (Service: KinesisAnalytics, Code: {error.code})") from error

    def _change(self, operation: str, name: str, params: Props) -> None:
        """A change of the application as it is now, whoever else changes it meanwhile."""
        for attempt in range(ATTEMPTS):
            version = self._detail(name)["ApplicationVersionId"]
            try:
                self._service.handle(
                    operation, {"ApplicationName": name, "CurrentApplicationVersionId": version, **params}
                )
            except AwsError as error:
                if error.code != "ConcurrentModificationException" or attempt == ATTEMPTS - 1:
                    raise ResourceError(f"{error.message} (Service: KinesisAnalytics, Code: {error.code})") from error
            else:
                return

    def _update_application(self, name: str, sql: Props) -> None:
        if isinstance(self._service, KinesisAnalyticsV1):
            self._change("UpdateApplication", name, {"ApplicationUpdate": sql})
            return
        update: Props = {}
        if "ApplicationCodeUpdate" in sql:
            code = {"CodeContentUpdate": {"TextContentUpdate": sql.pop("ApplicationCodeUpdate")}}
            update["ApplicationConfigurationUpdate"] = {"ApplicationCodeConfigurationUpdate": code}
        for key in ("CloudWatchLoggingOptionUpdates", "ServiceExecutionRoleUpdate"):
            if key in sql:
                update[key] = sql.pop(key)
        if sql:
            update.setdefault("ApplicationConfigurationUpdate", {})["SqlApplicationConfigurationUpdate"] = sql
        self._change("UpdateApplication", name, update)

    def _detail(self, name: str) -> Props:
        """The ApplicationDetail, in version 1's flat form."""
        detail: Props = self._call("DescribeApplication", {"ApplicationName": name})["ApplicationDetail"]
        sql = detail.get("ApplicationConfigurationDescription", {}).get("SqlApplicationConfigurationDescription", {})
        flat: Props = detail | sql
        return flat


class ApplicationResource(_Resource):
    """An application with its input and code; outputs and reference data are resources of their own."""

    def __init__(
        self,
        service: KinesisAnalyticsService | KinesisAnalyticsV1,
        v2: KinesisAnalyticsService,
        flink: Handlers | None,
        kind: str,
        name: Name,
        making: Making,
    ) -> None:
        super().__init__(service, v2, flink)
        self._kind = kind
        self._name = name
        self._making = making

    def create(self, logical_id: str, props: Props, stack_name: str) -> Created:
        """Create it; its properties are CreateApplication's parameters."""
        if self._flink is not None and str(props.get("RuntimeEnvironment", "")) != "SQL-1_0":
            created: Created = self._flink["create"](logical_id, props, stack_name)
            return created
        name = props.get("ApplicationName") or self._name(stack_name, logical_id)
        given = {key: value for key, value in _numbers(props).items() if key != "RunConfiguration"}
        if not self._there(name):
            self._making.begin(Thing(stack_name, logical_id, self._kind, name))
        self._call("CreateApplication", given | {"ApplicationName": name})
        return name, {}

    def update(
        self, physical_id: str, old: Props, new: Props, stack_name: str, logical_id: str | None = None
    ) -> Created:
        """Change input, code, role, description and tags in place; another name makes another application."""
        if self._flink is not None and not self._ours(physical_id):
            updated: Created = self._flink["update"](physical_id, old, new, stack_name, logical_id)
            return updated
        if old.get("ApplicationName") != new.get("ApplicationName"):
            return self.create(logical_id or physical_id, new, stack_name)  # CloudFormation deletes the old one
        old, new = _numbers(old), _numbers(new)
        sql: Props = {}
        if (role := new.get("ServiceExecutionRole")) != old.get("ServiceExecutionRole"):
            sql["ServiceExecutionRoleUpdate"] = role
        if _code(new) != _code(old):
            sql["ApplicationCodeUpdate"] = _code(new)
        if _inputs(new) != _inputs(old):
            self._change_input(physical_id, _inputs(new), sql)
        if sql:
            self._update_application(physical_id, sql)
        self._describe_anew(physical_id, old, new)
        return physical_id, {}

    def delete(self, physical_id: str, props: Props) -> None:
        """Delete it; one that is gone already is no error."""
        if not self._ours(physical_id):
            if self._flink is not None:
                self._flink["delete"](physical_id, props)
            return
        if self._there(physical_id):
            created = self._detail(physical_id)["CreateTimestamp"]
            self._call("DeleteApplication", {"ApplicationName": physical_id, "CreateTimestamp": created})

    def _change_input(self, name: str, inputs: list[Props], sql: Props) -> None:
        there = self._detail(name).get("InputDescriptions", [])
        if not inputs:
            raise ResourceError("an application keeps its input: it can be changed, not taken away")
        if not there:
            self._change("AddApplicationInput", name, {"Input": inputs[0]})
            return
        identity, given = there[0]["InputId"], inputs[0]
        if "InputProcessingConfigurationDescription" in there[0] and "InputProcessingConfiguration" not in given:
            self._change("DeleteApplicationInputProcessingConfiguration", name, {"InputId": identity})
        update = {"InputId": identity, "NamePrefixUpdate": given["NamePrefix"]}
        update |= _resource_updates(given, config.SOURCES)
        if "InputProcessingConfiguration" in given:
            processor = _members(given["InputProcessingConfiguration"]["InputLambdaProcessor"])
            update["InputProcessingConfigurationUpdate"] = {"InputLambdaProcessorUpdate": processor}
        update["InputParallelismUpdate"] = {"CountUpdate": given.get("InputParallelism", {}).get("Count", 1)}
        schema = given["InputSchema"]
        update["InputSchemaUpdate"] = {
            "RecordFormatUpdate": schema["RecordFormat"],
            "RecordColumnUpdates": schema["RecordColumns"],
        }
        sql["InputUpdates"] = [update]

    def _describe_anew(self, name: str, old: Props, new: Props) -> None:
        """What there is no update operation for, or another one."""
        application = self._v2.applications.named(name)
        with application.lock:
            application.description = new.get("ApplicationDescription")
            if "Tags" in old or "Tags" in new:
                application.tags = {tag["Key"]: tag.get("Value", "") for tag in new.get("Tags", [])}
            self._v2.applications.keep(application)


class PartResource(_Resource):
    """An output, reference data source or logging option of an application."""

    def __init__(
        self,
        service: KinesisAnalyticsService | KinesisAnalyticsV1,
        v2: KinesisAnalyticsService,
        flink: Handlers | None,
        part: Part,
    ) -> None:
        super().__init__(service, v2, flink)
        self._part = part

    def create(self, logical_id: str, props: Props, stack_name: str) -> Created:
        """Add it to its application."""
        name, part = props["ApplicationName"], self._part
        if not self._ours(name):
            assert self._flink is not None
            created: Created = self._flink["create"](logical_id, props, stack_name)
            return created
        given = _numbers(props)[part.prop]
        self._change(f"AddApplication{part.prop}", name, {part.prop: given})
        [described] = [each for each in self._detail(name)[part.descriptions] if each[part.name] == given[part.name]]
        return f"{name}/{described[part.identity]}", {}

    def update(
        self, physical_id: str, old: Props, new: Props, stack_name: str, logical_id: str | None = None
    ) -> Created:
        """Change it in place; of another application it is another one."""
        name, part = new["ApplicationName"], self._part
        if not self._ours(name):
            assert self._flink is not None
            updated: Created = self._flink["update"](physical_id, old, new, stack_name, logical_id)
            return updated
        if old["ApplicationName"] != name:
            return self.create(logical_id or physical_id, new, stack_name)  # CloudFormation deletes the old one
        update = {part.identity: physical_id.rpartition("/")[2]} | part.update(_numbers(new)[part.prop])
        self._update_application(name, {f"{part.prop}Updates": [update]})
        return physical_id, {}

    def delete(self, physical_id: str, props: Props) -> None:
        """Take it off its application; one that is gone already is no error."""
        name, part = props["ApplicationName"], self._part
        identity = physical_id.rpartition("/")[2]
        if not self._there(name):
            if self._flink is not None:
                self._flink["delete"](physical_id, props)
            return
        if any(each[part.identity] == identity for each in self._detail(name).get(part.descriptions, [])):
            self._change(f"DeleteApplication{part.prop}", name, {part.identity: identity})


def _code(props: Props) -> str:
    """The script, in either version's place."""
    there = props.get("ApplicationConfiguration", {}).get("ApplicationCodeConfiguration", {})
    code: str = there.get("CodeContent", {}).get("TextContent", props.get("ApplicationCode", ""))
    return code


def _inputs(props: Props) -> list[Props]:
    sql = props.get("ApplicationConfiguration", {}).get("SqlApplicationConfiguration", {})
    inputs: list[Props] = sql.get("Inputs", props.get("Inputs", []))
    return inputs


def _members(given: Props) -> Props:
    """The members of a resource as its Update shape names them."""
    return {f"{name}Update": value for name, value in given.items()}


def _resource_updates(given: Props, kinds: tuple[str, ...]) -> Props:
    return {f"{kind}Update": _members(given[kind]) for kind in kinds if kind in given}


def _numbers(value: Any) -> Any:
    """Template values as the API wants them: CloudFormation hands on "2" for 2."""
    if isinstance(value, dict):
        return {
            name: int(item) if name == "Count" and isinstance(item, str) and item.isdigit() else _numbers(item)
            for name, item in value.items()
        }
    return [_numbers(item) for item in value] if isinstance(value, list) else value
