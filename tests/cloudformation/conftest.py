"""The functions are no package: CloudFormation gets each as one file, and so do these tests."""

import importlib.util
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

FUNCTIONS = Path(__file__).parents[2] / "cloudformation" / "functions"


@pytest.fixture(scope="session")
def load() -> Callable[[str], ModuleType]:
    """Return a function that imports a Lambda's source afresh, by its file name."""

    def load(name: str) -> ModuleType:
        spec = importlib.util.spec_from_file_location(f"function_{name}", FUNCTIONS / f"{name}.py")
        assert spec and spec.loader
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return module

    return load
