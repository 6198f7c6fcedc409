"""Shared by the tests of the streaming SQL: the workshop's scripts and the seeds, where present."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[2]
SHARED = Path(os.environ.get("WORKSHOP_SHARED", REPOSITORY.parent / "shared"))


@pytest.fixture(scope="session")
def shared() -> Path:
    if not SHARED.is_dir():
        pytest.skip(f"needs the seeds and oracles in {SHARED} (set WORKSHOP_SHARED)")
    return SHARED


@pytest.fixture(scope="session")
def clickstream_script() -> str:
    return (REPOSITORY / "sql/clickstream/anomaly_detection.sql").read_text()
