"""What the README promises holds: its commands, its SQL example, its files, its settings."""

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_every_make_target_named_exists() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    named = set(re.findall(r"make ([a-z-]+)", README)) - {"is"}
    assert {"workshop", "demo", "test", "help"} <= named
    for target in named:
        assert re.search(rf"^{target}:", makefile, re.M), target


def test_every_linked_file_exists() -> None:
    pages = [ROOT / "README.md", *(ROOT / "docs").rglob("*.md")]
    found = [
        (page, link) for page in pages for link in re.findall(r"\]\(([^)#\s]+)\)", page.read_text(encoding="utf-8"))
    ]
    links = [(page, link) for page, link in found if "://" not in link]
    assert len(links) > 30
    for page, link in links:
        assert (page.parent / link).exists(), f"{page.name}: {link}"


def test_the_python_example_prints_the_rate() -> None:
    example = re.search(r"```python\n(.*?)```", README, re.S)
    assert example is not None
    command = [sys.executable, "-c", example[1]]
    shown = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert "'CTR': 100.0" in shown


def test_every_setting_is_read_somewhere() -> None:
    code = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "helpers").rglob("*.py"))
    settings = set(re.findall(r"`(WORKSHOP_[A-Z]+)`", README))
    assert settings == set(re.findall(r"WORKSHOP_[A-Z]+", code))


def test_every_figure_is_one_that_the_benchmarks_print() -> None:
    figures = re.search(r"```text\n(.*?)```", README, re.S)
    assert figures is not None
    program = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "tests/benchmarks").glob("*.py"))
    for line in figures[1].splitlines()[1:]:
        assert line[:24].rstrip() in program, line
