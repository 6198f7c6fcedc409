"""docs/threat-model.md: each line has a measure, and tests that exist."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
DOCUMENT = (ROOT / "docs/threat-model.md").read_text(encoding="utf-8")
LINES = [[cell.strip() for cell in line.strip("|").split("|")] for line in DOCUMENT.splitlines() if line[:1] == "|"][2:]


def functions(path: Path) -> set[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}


@pytest.mark.parametrize("line", LINES, ids=lambda line: f"{line[0]}: {line[1]}")
def test_every_threat_has_a_measure_and_a_test_that_exists(line: list[str]) -> None:
    source, threat, measure, shown = line
    assert source
    assert threat
    assert measure
    named = re.findall(r"`([^`]+)`", shown)
    assert named
    for each in named:
        path, name = each.split("::")
        assert name in functions(ROOT / path), each


def test_nothing_else_stands_where_the_tests_are_named() -> None:
    assert len(LINES) >= 15
    assert all(re.fullmatch(r"(`tests/[\w/]+\.py::test_\w+` ?)+", line[3]) for line in LINES)
