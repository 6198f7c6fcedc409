"""What is being made for a stack outside ministack, by name, until the stack's own list names it.

Our services write what they create at once; the stack's list is written a moment later. Where the process ends in
between, the next one finds the name here, and deletes what nobody would know of.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import NamedTuple

from helpers.local_aws.journal import Journal

KIND = "cloudformation-making"


class Thing(NamedTuple):
    """A resource: its stack, its logical id, its type and its name."""

    stack: str
    logical_id: str
    kind: str
    name: str


class Making:
    """The names, in the journal."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal

    def begin(self, thing: Thing) -> None:
        """Call before it is made."""
        self._journal.save(KIND, f"{thing.stack}/{thing.logical_id}", json.dumps(thing).encode())

    def end(self, stack: str, logical_id: str) -> None:
        """Call when the stack's list is written, or when it could not be made."""
        self._journal.remove(KIND, f"{stack}/{logical_id}")

    def left(self) -> Iterator[Thing]:
        """What was begun and not ended."""
        for data in self._journal.load(KIND).values():
            yield Thing(*json.loads(data))
