"""One Flink cluster for all of these tests; without Flink, in the workshop's own environment, they are skipped."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest


@pytest.fixture(scope="session")
def cluster() -> Iterator[Any]:
    """The address of a running mini cluster."""
    from tests.flink.cluster import mini_cluster

    with mini_cluster() as address:
        yield address
