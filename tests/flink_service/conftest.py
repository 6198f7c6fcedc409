"""What the zips of these tests have in common."""

from __future__ import annotations

from pathlib import Path

import pytest

from helpers.streaming_sql.flink import package
from helpers.streaming_sql.flink.environment import python, venv


@pytest.fixture(scope="session")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheels for the Python of the Flink that is here; the service's own has 3.12."""
    there = venv()
    assert there is not None
    folder = tmp_path_factory.mktemp("wheels")
    package.install_wheels(folder, python(there))
    return folder
