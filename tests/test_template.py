"""The stack's template as it is sent, and the rules of its parameters."""

from pathlib import Path

import pytest
import yaml

from helpers import template
from helpers.errors import WorkshopError

PARAMETERS = {"Username": "kplsetup", "Password": "Very-secret-1", "Email": "you@example.com", "SMS": "+15555550123"}
DEFAULTS = {"Engine": "sql"}


def written(folder: Path, text: str, **functions: str) -> Path:
    (folder / "functions").mkdir()
    for name, source in functions.items():
        (folder / "functions" / f"{name}.py").write_text(source)
    (folder / "t.yaml").write_text(text)
    return folder / "t.yaml"


def test_render_puts_each_source_in_its_place(tmp_path):
    text = "a:\n  Code:\n    ZipFile: functions/one.py\nb:\n      ZipFile: functions/two.py\n"
    one = 'import os\n\n\ndef handler(event, context):\n    return "${x}: #"\n'
    rendered = template.render(written(tmp_path, text, one=one, two="x = 1\n"))
    assert yaml.safe_load(rendered) == {"a": {"Code": {"ZipFile": one}}, "b": {"ZipFile": "x = 1\n"}}


def test_render_leaves_everything_else_alone(tmp_path):
    text = "# ZipFile: functions/one.py is explained here\na: ZipFile\n"
    assert template.render(written(tmp_path, text)) == text


def test_render_names_a_missing_source(tmp_path):
    with pytest.raises(WorkshopError, match=r"t\.yaml names .*one\.py, which is not there"):
        template.render(written(tmp_path, "ZipFile: functions/one.py\n"))


def test_render_says_when_it_is_too_long_for_cloudformation(tmp_path):
    with pytest.raises(WorkshopError, match="51200"):
        template.render(written(tmp_path, "ZipFile: functions/one.py\n", one="#" * 51_200))


# --- the parameters


def test_parameters_are_checked_all_at_once_and_the_password_is_not_repeated():
    with pytest.raises(WorkshopError) as caught:
        template.parameters(Username="1", Password="sec ret", Email="nobody", SMS="0151", Phone="x", Engine="spark")
    message = str(caught.value)
    for part in (
        "Phone: the stack has no such parameter",
        "Username: '1'",
        "Email: 'nobody'",
        "SMS: '0151'",
        "'spark'",
    ):
        assert part in message
    for name in template.section("Parameters"):
        assert f"for example {template.EXAMPLES[name]}" in message, name
    assert "Password: the value given does not do" in message
    assert "sec ret" not in message


def test_parameters_that_are_missing_are_named_and_defaults_filled_in():
    with pytest.raises(WorkshopError, match="Password is missing"):
        template.parameters(Email="you@example.com", SMS="+15555550123")
    given = {name: value for name, value in PARAMETERS.items() if name != "Username"}
    assert template.parameters(**given) == PARAMETERS | DEFAULTS


def test_resources_are_those_whose_condition_holds(tmp_path):
    text = """
Parameters: {Engine: {Type: String, Default: sql}}
Conditions: {Flink: !Equals [!Ref Engine, flink], Sql: !Not [!Condition Flink]}
Resources: {Always: {Type: a}, Old: {Type: a, Condition: Sql}, New: {Type: a, Condition: Flink}}
"""
    path = written(tmp_path, text)
    assert list(template.resources(path=path)) == ["Always", "Old"]
    assert list(template.resources({"Engine": "flink"}, path)) == ["Always", "New"]
    odd = text.replace("!Equals [!Ref Engine, flink]", "!Or [!Condition Sql]")
    path.write_text(odd)
    with pytest.raises(WorkshopError, match=r"t\.yaml has a condition that is not understood: \{'Or'"):
        template.resources(path=path)


@pytest.mark.parametrize("value", [12345678, None, ["+15555550123"]])
def test_values_that_are_no_text_are_refused(value):
    with pytest.raises(WorkshopError, match="SMS"):
        template.check(PARAMETERS | {"SMS": value})
