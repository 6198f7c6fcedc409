"""docs/generator.md: every line is shown by tests that exist, every function is listed, every example works."""

import ast
import re
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner

from helpers.cli import main
from helpers.generator.functions import everything
from helpers.generator.profile import parse

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs/generator.md").read_text(encoding="utf-8")
SECTIONS = dict(re.findall(r"^## (.+?)\n(.*?)(?=^## |\Z)", PAGE, re.M | re.S))


def rows(section: str) -> list[list[str]]:
    lines = [line for line in SECTIONS[section].splitlines() if line.startswith("|")][2:]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def functions(path: Path) -> set[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}


@pytest.mark.parametrize(
    "row", rows("Feature by feature") + rows("What users complained about"), ids=lambda row: row[0]
)
def test_every_line_is_shown_by_tests_that_exist(row: list[str]) -> None:
    assert re.fullmatch(r"(`tests/[\w/]+\.py::test_\w+` ?)+", row[-1])
    for named in re.findall(r"`([^`]+)`", row[-1]):
        path, name = named.split("::")
        assert name in functions(ROOT / path), named


def test_nothing_is_missing_from_the_tables() -> None:
    assert len(rows("Feature by feature")) >= 15
    assert len(rows("What users complained about")) >= 12


def test_every_function_is_listed_and_no_other() -> None:
    listed = {f"{space.strip('`')}.{name}" for space, names in rows("Functions") for name in names.split(", ")}
    assert listed == set(everything())


def test_the_example_of_a_profile_can_be_read() -> None:
    example = re.search(r"```yaml\n(.*?)```", PAGE, re.S)
    assert example is not None
    assert parse(yaml.safe_load(example[1]), "the page").smooth


def test_every_option_of_the_examples_exists() -> None:
    commands = re.findall(r"^\.venv/bin/workshop generate (.*)$", PAGE, re.M)
    assert len(commands) == 4
    offered = CliRunner().invoke(main, ["generate", "--help"]).output
    for option in set(re.findall(r"--[a-z]+", PAGE)):
        assert option in offered, option
