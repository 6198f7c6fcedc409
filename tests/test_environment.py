"""The lock feeds every environment: the virtual environment, environment.yml and pyproject.toml agree."""

import re
import tomllib
from importlib.metadata import version
from pathlib import Path

import yaml
from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parent.parent


def locked(name: str) -> dict[str, str]:
    lines = (ROOT / name).read_text(encoding="utf-8").splitlines()
    pins = (re.match(r"([A-Za-z0-9._-]+)==([^ ;]+)", line) for line in lines)
    return {pin[1].lower().replace("_", "-"): pin[2] for pin in pins if pin}


def test_the_lock_pins_every_dependency_of_the_project() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    core, dev = locked("requirements.lock"), locked("requirements-dev.lock")
    for text in project["dependencies"]:
        wanted = Requirement(text)
        assert wanted.specifier.contains(core[wanted.name]), text
    for text in project["optional-dependencies"]["dev"]:
        wanted = Requirement(text)
        assert wanted.specifier.contains(dev[wanted.name.lower().replace("_", "-")]), text


def test_the_two_locks_agree() -> None:
    core, dev = locked("requirements.lock"), locked("requirements-dev.lock")
    assert {name: dev.get(name) for name in core} == core


def test_environment_yml_is_fed_from_the_lock() -> None:
    environment = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))
    pip = next(entry["pip"] for entry in environment["dependencies"] if isinstance(entry, dict))
    assert pip[-2:] == ["-r requirements.lock", "-e ."]
    pins = dict(entry.split("==") for entry in pip[:-2])
    assert set(pins) == {"jupyterlab", "boto3", "pandas", "matplotlib", "ipywidgets", "awswrangler", "nbval"}
    dev = locked("requirements-dev.lock")
    assert pins == {name: dev[name] for name in pins}


def test_this_environment_is_the_locked_one() -> None:
    for name in ("ministack", "boto3", "duckdb", "sqlglot", "pandas", "numba"):
        assert version(name) == locked("requirements.lock")[name]


def test_no_file_names_a_registry_host() -> None:
    address = re.compile(r"https?://|--(extra-)?index-url|--find-links")
    for name in ("requirements.lock", "requirements-dev.lock", "environment.yml", "pyproject.toml"):
        assert not address.search((ROOT / name).read_text(encoding="utf-8"))
