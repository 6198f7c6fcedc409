"""The examples in the docstrings are true."""

from __future__ import annotations

import doctest
import importlib
import pkgutil

import pytest

import helpers.streaming_sql

MODULES = [module.name for module in pkgutil.walk_packages(helpers.streaming_sql.__path__, "helpers.streaming_sql.")]


@pytest.mark.parametrize("name", ["helpers.streaming_sql", *MODULES])
def test_docstring_examples(name):
    try:
        module = importlib.import_module(name)
    except ModuleNotFoundError as missing:
        if missing.name != "pyflink":
            raise
        pytest.skip("Apache Flink is not installed here: make test-flink")
    assert doctest.testmod(module).failed == 0


def test_the_public_names_exist():
    for name in helpers.streaming_sql.__all__:
        assert getattr(helpers.streaming_sql, name).__doc__
