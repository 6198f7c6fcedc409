"""The stack's template: rendered as CloudFormation takes it, its sections as data, its parameters checked.

A template is a file of cloudformation/, clickstream.yaml unless another is named; the functions it names are put into
it as text before it is sent. Nothing here calls AWS.
"""

import re
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from helpers.errors import WorkshopError

TEMPLATE = Path(__file__).resolve().parent.parent / "cloudformation" / "clickstream.yaml"
BODY_LIMIT = 51_200  # bytes of a template sent with the request
EXAMPLES = {
    "Username": "kplsetup",
    "Password": "clickstream-2026",
    "Email": "you@example.com",
    "SMS": "+15555550123",
    "PhoneNumber": "+15555550123",
    "AnomalyThreshold": "2.5",
    "Engine": "flink",
}
ZIP_FILE = re.compile(r"^(?P<indent> *)ZipFile: (?P<source>functions/[\w.]+\.py)$", re.MULTILINE)


def render(path: Path | str = TEMPLATE) -> str:
    """Return the template at `path` with the source of every function it names put in its place.

    `ZipFile: functions/NAME.py` is looked for beside the template and becomes a block of text.
    Raises WorkshopError if a source is missing or the result is longer than CloudFormation takes.
    https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html
    """
    path = Path(path)

    def inline(match: re.Match[str]) -> str:
        source = path.parent / match["source"]
        if not source.is_file():
            raise WorkshopError(f"{path.name} names {source}, which is not there: restore the file.")
        text = source.read_text(encoding="utf-8")
        margin = match["indent"] + "  "
        lines = (f"{margin}{line}" if line else "" for line in text.rstrip().splitlines())
        return f"{match['indent']}ZipFile: |\n" + "\n".join(lines)

    body = ZIP_FILE.sub(inline, path.read_text(encoding="utf-8"))
    if len(body.encode()) > BODY_LIMIT:
        raise WorkshopError(
            f"{path.name} with its functions has {len(body.encode())} bytes, CloudFormation takes "
            f"{BODY_LIMIT}: shorten a function or a comment."
        )
    return body


def section(name: str, path: Path | str = TEMPLATE) -> dict[str, Any]:
    """Return a section of the template, such as "Parameters"; short forms like !Ref come as plain data."""
    return dict(_parse(Path(path).read_text(encoding="utf-8")).get(name, {}))


def resources(parameters: Mapping[str, str] | None = None, path: Path | str = TEMPLATE) -> dict[str, Any]:
    """The resources of a stack with these parameters: those whose condition holds, or that have none."""
    defaults = {name: rule.get("Default") for name, rule in section("Parameters", path).items()}
    values, conditions = defaults | dict(parameters or {}), section("Conditions", path)

    def holds(expression: Any) -> bool:
        match expression:
            case {"Equals": [{"Ref": name}, wanted]}:
                return bool(values[name] == wanted)
            case {"Not": [inner]}:
                return not holds(inner)
            case {"Condition": name}:
                return holds(conditions[name])
        raise WorkshopError(f"{Path(path).name} has a condition that is not understood: {expression}.")

    found = section("Resources", path)
    return {
        name: each for name, each in found.items() if "Condition" not in each or holds({"Condition": each["Condition"]})
    }


@lru_cache(maxsize=4)
def _parse(text: str) -> dict[str, Any]:
    document: dict[str, Any] = yaml.load(text, Loader=_TemplateLoader)  # noqa: S506 - a SafeLoader
    return document


class _TemplateLoader(yaml.SafeLoader):
    """YAML with CloudFormation's short forms, whose meaning is of no interest here."""


def _short_form(loader: yaml.SafeLoader, tag: str, node: yaml.Node) -> Any:
    if isinstance(node, yaml.ScalarNode):
        return {tag: loader.construct_scalar(node)}
    if isinstance(node, yaml.SequenceNode):
        return {tag: loader.construct_sequence(node, deep=True)}
    assert isinstance(node, yaml.MappingNode)
    return {tag: loader.construct_mapping(node, deep=True)}


_TemplateLoader.add_multi_constructor("!", _short_form)


# --- the parameters


def parameters(template: Path | str = TEMPLATE, /, **values: str) -> dict[str, str]:
    """Return the stack's parameters (the first track's: Username, Password, Email and SMS), checked.

    Raises WorkshopError naming every wrong parameter, what it must be, and an example. Nothing is sent.
    """
    return check(values, template)


def check(values: Mapping[str, str], template: Path | str = TEMPLATE) -> dict[str, str]:
    """Return `values` with the template's defaults filled in; WorkshopError if they break its rules.

    The rules are the template's own: AllowedPattern (of the whole value), MinLength, MaxLength.
    """
    rules = section("Parameters", template)
    unknown = [name for name in values if name not in rules]
    wrong = [f"{name}: the stack has no such parameter, only {', '.join(rules)}" for name in unknown]
    checked: dict[str, str] = {}
    for name, rule in rules.items():
        value = values.get(name, rule.get("Default"))
        if value is None:
            wrong.append(f"{name} is missing: it {_expected(name, rule)}")
        elif not isinstance(value, str) or not _matches(value, rule):
            # A wrong password is still somebody's password: it is not repeated.
            shown = "the value given" if rule.get("NoEcho") else repr(value)
            wrong.append(f"{name}: {shown} does not do, it {_expected(name, rule)}")
        else:
            checked[name] = value
    if wrong:
        raise WorkshopError("\n  ".join(["The stack's parameters are wrong, nothing was deployed:", *wrong]))
    return checked


def _expected(name: str, rule: Mapping[str, Any]) -> str:
    wanted = rule.get("ConstraintDescription", rule.get("Description", "a value"))
    return f"{wanted} (for example {EXAMPLES[name]})" if name in EXAMPLES else str(wanted)


def _matches(value: str, rule: Mapping[str, Any]) -> bool:
    return re.fullmatch(rule.get("AllowedPattern", "(?s:.*)"), value) is not None and int(
        rule.get("MinLength", 0)
    ) <= len(value) <= int(rule.get("MaxLength", 4096))
