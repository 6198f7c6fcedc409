"""AWS's JSON 1.1 protocol for services written here: errors, decoding, validation, dispatch.

Requests are checked against botocore's own service models, so that a wrong request is refused the
way AWS words it: types by SerializationException, constraints by ValidationException.
Members the model does not know are ignored, as AWS does.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, ClassVar, TypeVar

from botocore import xform_name
from botocore.exceptions import ClientError
from botocore.loaders import Loader
from botocore.model import OperationModel, ServiceModel, Shape

from helpers.local_aws.runtime import Runtime

Method = TypeVar("Method", bound=Callable[..., dict[str, Any]])
NUMBERS: dict[str, type | tuple[type, ...]] = {
    "integer": int, "long": int, "float": (int, float), "double": (int, float),
}  # fmt: skip
# Unicode classes the models use and Python's re has not; near enough inside a character class.
JAVA_CLASSES = {r"\p{L}": r"\w", r"\p{N}": r"\d", r"\p{Z}": r"\s"}


# Members of requests that hand a role to a service; so do their Update forms.
ROLES = frozenset({"RoleARN", "ReferenceRoleARN", "ServiceExecutionRole"})


class AwsError(Exception):
    """An error as AWS answers it: code, message, HTTP status, and further members of the error's shape."""

    def __init__(self, code: str, message: str, status: int = 400, **members: Any) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.status = status
        self.members = members

    def body(self) -> dict[str, Any]:
        """The JSON body of the answer."""
        return {"__type": self.code, "message": self.message, **wire(self.members)}


def invalid(message: str) -> AwsError:
    """An InvalidArgumentException, as Firehose and Kinesis Data Analytics word it."""
    return AwsError("InvalidArgumentException", message)


def operation(method: Method) -> Method:
    """Mark a method of a JsonService as the AWS operation of that name (``put_record`` → PutRecord)."""
    method.__dict__["is_operation"] = True
    return method


class JsonService:
    """A service that speaks JSON 1.1.

    A subclass sets ``name`` (the service's name in botocore and in the front) and marks its methods
    with ``@operation``; each takes the decoded parameters and returns the response with datetimes
    and bytes. ``handle`` may be called from any thread. What ``prompt`` operations wait for is a lock at most,
    never the network: they are answered where they come in, which is sooner than a worker thread would wake up.
    """

    name: ClassVar[str]
    action_prefix: ClassVar[str] = ""  # of its actions in IAM policies, where that is not its name
    principal: ClassVar[str] = ""  # what it is called in a role's trust policy, where it takes roles
    prompt: ClassVar[frozenset[str]] = frozenset()
    unassumable: ClassVar[str] = ""  # what it says of a {role} it cannot take, to operations that make or change

    def __init__(self, runtime: Runtime) -> None:
        self.runtime = runtime
        self.model = service_model(self.name)
        known = {xform_name(name): name for name in self.model.operation_names}
        own = type(self)
        marked = [name for name in dir(own) if getattr(getattr(own, name), "is_operation", False)]
        if unknown := [name for name in marked if name not in known]:
            raise TypeError(f"{own.__name__}: {self.name} has no operation for {', '.join(unknown)}")
        self.operations = {known[name]: name for name in marked}

    def restore(self) -> None:
        """Take up again what the journal keeps of an earlier process; called once, before anything is answered.

        The network is not there yet: what needs it is a timer of the clock, which is held until it is.
        """

    def answer(self, operation: str, params: Mapping[str, Any]) -> bytes:
        """Answer one request, as JSON text; AwsError when refused."""
        return json.dumps(self.handle(operation, params)).encode()

    def handle(self, operation: str, params: Mapping[str, Any]) -> dict[str, Any]:
        """Answer one request: JSON parameters in, JSON response out; AwsError when refused."""
        if operation not in self.model.operation_names:
            raise AwsError("UnknownOperationException", f"{self.name} has no operation {operation!r}")
        if operation not in self.operations:
            raise AwsError(
                "NotImplementedException",
                f"the local AWS does not offer {self.name}:{operation}; it offers "
                + ", ".join(sorted(self.operations)),
                501,
            )
        request = decode(params, self.model.operation_model(operation).input_shape)
        self.runtime.allow(f"{self.action_prefix or self.name}:{operation}", self.resource(operation, request))
        for role in _roles(request):
            self.runtime.allow("iam:PassRole", role, iam_PassedToService=self.principal)
            if self.unassumable and operation.startswith(("Create", "Update", "Add")):
                self._try(role)
        answer = getattr(self, self.operations[operation])(request)
        response: dict[str, Any] = wire(answer)
        return response

    def _try(self, role: str) -> None:
        try:
            self.runtime.assume(role, self.principal)
        except ClientError as error:
            raise invalid(self.unassumable.format(role=role)) from error

    def resource(self, operation: str, params: Mapping[str, Any]) -> str:
        """The ARN of what a request is about, as IAM policies name it; * where it is about none in particular."""
        return "*"


def _roles(params: Any) -> set[str]:
    """The roles a request hands to the service."""
    if isinstance(params, Mapping):
        own = {value for name, value in params.items() if name.removesuffix("Update") in ROLES}
        return own.union(*(_roles(value) for value in params.values()))
    if isinstance(params, list):
        return set().union(*map(_roles, params))
    return set()


@lru_cache
def service_model(name: str) -> ServiceModel:
    """botocore's model of a service."""
    return ServiceModel(Loader().load_service_model(name, "service-2"), name)


def operation_model(service: str, name: str) -> OperationModel:
    """botocore's model of one operation."""
    return service_model(service).operation_model(name)


def wire(value: Any) -> Any:
    """A response as JSON can carry it: bytes in base64, datetimes as epoch seconds, no None members."""
    if isinstance(value, Mapping):
        return {key: wire(item) for key, item in value.items() if item is not None}
    if isinstance(value, (list, tuple)):
        return [wire(item) for item in value]
    if isinstance(value, (bytes, bytearray)):
        return base64.b64encode(value).decode("ascii")
    if isinstance(value, datetime):
        return value.timestamp()
    return value


def decode(params: Any, shape: Shape | None) -> dict[str, Any]:
    """Decode and check JSON parameters by a botocore shape; AwsError naming everything that is wrong."""
    if shape is None:
        return {}
    problems: list[str] = []
    decoded = _decode(params, shape, "", problems)
    if problems:
        count = f"{len(problems)} validation error{'s' * (len(problems) > 1)} detected"
        raise AwsError("ValidationException", f"{count}: {'; '.join(problems)}")
    assert isinstance(decoded, dict)
    return decoded


def _decode(value: Any, shape: Any, path: str, problems: list[str]) -> Any:
    kind: str = shape.type_name
    if kind == "structure":
        return _structure(_typed(value, Mapping, shape, path), shape, path, problems)
    if kind == "list":
        items = _typed(value, list, shape, path)
        _length(items, shape, path, problems)
        where = f"{path}.{{}}.member"
        return [_decode(item, shape.member, where.format(n), problems) for n, item in enumerate(items, 1)]
    if kind == "map":
        entries = _typed(value, Mapping, shape, path)
        _length(entries, shape, path, problems)
        return {key: _decode(item, shape.value, f"{path}.{key}", problems) for key, item in entries.items()}
    if kind == "blob":
        return _blob(_typed(value, str, shape, path), shape, path, problems)
    if kind == "string":
        return _string(_typed(value, str, shape, path), shape, path, problems)
    if kind == "boolean":
        return _typed(value, bool, shape, path)
    if kind == "timestamp":
        return datetime.fromtimestamp(_typed(value, (int, float), shape, path), UTC)
    return _number(_typed(value, NUMBERS[kind], shape, path), shape, path, problems)


def _typed(value: Any, kind: Any, shape: Any, path: str) -> Any:
    if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
        where = path or "the request"
        raise AwsError("SerializationException", f"{where}: {type(value).__name__} cannot be read as {shape.type_name}")
    return value


def _structure(value: Mapping[str, Any], shape: Any, path: str, problems: list[str]) -> dict[str, Any]:
    decoded: dict[str, Any] = {}
    for name, member in shape.members.items():
        where = _join(path, name)
        if (item := value.get(member.serialization.get("name", name))) is not None:
            decoded[name] = _decode(item, member, where, problems)
        elif name in shape.required_members:
            problems.append(f"Value null at '{where}' failed to satisfy constraint: Member must not be null")
    return decoded


def _blob(value: str, shape: Any, path: str, problems: list[str]) -> bytes:
    try:
        data = base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError) as error:
        raise AwsError("SerializationException", f"{path}: not base64: {error}") from error
    _length(data, shape, path, problems)
    return data


def _string(value: str, shape: Any, path: str, problems: list[str]) -> str:
    _length(value, shape, path, problems)
    pattern = shape.metadata.get("pattern")
    if pattern and not _pattern(pattern).search(value):
        _add(problems, value, path, f"Member must satisfy regular expression pattern: {pattern}")
    if shape.enum and value not in shape.enum:
        _add(problems, value, path, f"Member must satisfy enum value set: [{', '.join(shape.enum)}]")
    return value


def _number(value: float, shape: Any, path: str, problems: list[str]) -> float:
    low, high = shape.metadata.get("min"), shape.metadata.get("max")
    if low is not None and value < low:
        _add(problems, value, path, f"Member must have value greater than or equal to {low}")
    if high is not None and value > high:
        _add(problems, value, path, f"Member must have value less than or equal to {high}")
    return value


def _length(value: Any, shape: Any, path: str, problems: list[str]) -> None:
    low, high = shape.metadata.get("min"), shape.metadata.get("max")
    if low is not None and len(value) < low:
        _add(problems, value, path, f"Member must have length greater than or equal to {low}")
    if high is not None and len(value) > high:
        _add(problems, value, path, f"Member must have length less than or equal to {high}")


def _add(problems: list[str], value: Any, path: str, constraint: str) -> None:
    shown = f"Value '{value}' at" if isinstance(value, (str, int, float)) else "Value at"
    problems.append(f"{shown} '{path}' failed to satisfy constraint: {constraint}")


def _join(path: str, name: str) -> str:
    lowered = name[:1].lower() + name[1:]
    return f"{path}.{lowered}" if path else lowered


@lru_cache
def _pattern(pattern: str) -> re.Pattern[str]:
    for java, python in JAVA_CLASSES.items():
        pattern = pattern.replace(java, python)
    return re.compile(rf"\A(?:{pattern})\Z")
