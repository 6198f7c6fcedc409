"""Exercises with check, hint and solution; a chapter's exercises are generated from its solutions.

The source is a notebook under `solutions/`, whose cells tagged `solution` hold the answers. `generate` replaces each by
an empty answer; whatever else stands there is the same in both. An answer is a query, and a check says one of four
things: not attempted, an exception (Athena's reason), wrong (with what is missing), right. What is right is computed
from the objects in the bucket, without SQL.

    python -m helpers.exercises    # writes the chapters anew, without outputs: `make notebooks` stores those
"""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from helpers.errors import WorkshopError
from helpers.tracks import ROOT

if TYPE_CHECKING:
    from helpers.workshop import Workshop

SOLUTIONS = ROOT / "notebooks" / "toll" / "solutions"
ASSIGNED = re.compile(r'(\w+) = """\n')
STATION, PLATE = 1, 2  # columns of a record


def _most(counts: Counter[str]) -> str:
    return min(counts, key=lambda name: (-counts[name], name))


def _least(counts: Counter[str]) -> str:
    return min(counts, key=lambda name: (counts[name], name))


@dataclass(frozen=True)
class Question:
    """One of the lab's questions: what it asks, hints from vague to plain, and what is right of the counts."""

    name: str
    asks: str
    hints: tuple[str, ...]
    column: int
    right: Callable[[Counter[str]], str]


ALL = (
    Question(
        "busiest",
        "Which is the busiest toll station?",
        (
            "A station is busy when many records bear its name.",
            "GROUP BY toll, and count(*) for each group.",
            "ORDER BY count(*) DESC puts the busiest first; LIMIT 1 leaves it alone.",
        ),
        STATION,
        _most,
    ),
    Question(
        "most_active",
        "Who is the most active user by licence plate?",
        (
            "The plate is in the column user.",
            'user is a word of SQL: as a column it is written "user".',
            'GROUP BY "user", ORDER BY count(*) DESC, LIMIT 1.',
        ),
        PLATE,
        _most,
    ),
    Question(
        "failing",
        "Which station's sensor fails, that is, which one reports less traffic?",
        (
            "Nine stations report about as much as each other; one does not.",
            "The query of the first question, looked at from its other end.",
            "ORDER BY count(*) without DESC, LIMIT 1.",
        ),
        STATION,
        _least,
    ),
)
QUESTIONS = {question.name: question for question in ALL}


class Exercise:
    """A question put to an attendee; `check` an answer, ask for a `hint`, look at the `solution`."""

    def __init__(self, ws: Workshop, name: str) -> None:
        if name not in QUESTIONS:
            raise WorkshopError(f"There is no question {name!r}: there are {', '.join(QUESTIONS)}.")
        self.question = QUESTIONS[name]
        self._ws = ws
        self._hinted = 0

    def __repr__(self) -> str:
        return self.question.asks

    def check(self, answer: str) -> None:
        """Print what is to be said of a query: not attempted, an exception, wrong, or right."""
        print(self.outcome(answer))  # noqa: T201 - notebooks read it

    def hint(self) -> None:
        """Print the next hint; behind the last one, the last one again."""
        hints = self.question.hints
        self._hinted = min(self._hinted + 1, len(hints))
        print(f"Hint {self._hinted} of {len(hints)}: {hints[self._hinted - 1]}")  # noqa: T201 - notebooks read it

    def solution(self) -> None:
        """Print the query that answers the question."""
        print(solution(self.question.name))  # noqa: T201 - notebooks read it

    def outcome(self, answer: str) -> str:
        """What `check` prints."""
        if not isinstance(answer, str) or not answer.strip():
            return "Not attempted: put a query between the quotes, run its cell, then this one."
        from helpers import athena

        try:
            frame = athena.query(self._ws, answer)
        except WorkshopError as error:
            return f"An exception: {error}"
        if frame.empty:
            return "Wrong: the query gives no row."
        counts = self._counts()
        given, right = str(frame.iloc[0, 0]), self.question.right(counts)
        if given == right:
            return f"Right: {right}."
        if given not in counts:
            known = ", ".join(sorted(counts))
            return f"Wrong: the first column of the first row is {given!r}, which is none of {known}."
        return f"Wrong: {given} has {counts[given]:,} records. Compare with the others."

    def _counts(self) -> Counter[str]:
        """Records by station or plate, from the objects themselves."""
        s3, bucket = self._ws.client("s3"), self._ws.outputs["DataBucketName"]
        counts: Counter[str] = Counter()
        for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket):
            for item in page.get("Contents", ()):
                text = s3.get_object(Bucket=bucket, Key=item["Key"])["Body"].read().decode()
                counts.update(row[self.question.column] for row in csv.reader(io.StringIO(text)))
        return counts


def solution(name: str) -> str:
    """The query of the solutions that answers a question; WorkshopError if there is none."""
    for path in sorted(SOLUTIONS.glob("*.ipynb")):
        for cell in _read(path).cells:
            if "solution" in cell.metadata.get("tags", ()) and cell.source.startswith(f"{name} = "):
                return str(cell.source).split('"""')[1].strip()
    raise WorkshopError(f"There is no solution of {name!r} in {SOLUTIONS}.")


def solved(ws: Workshop, name: str) -> bool:
    """Whether the solution of a question is right for the data there are."""
    return Exercise(ws, name).outcome(solution(name)).startswith("Right")


def generate(path: Path) -> Any:
    """The exercises of a notebook of solutions: each answer emptied, outputs and the tag left out."""
    notebook = _read(path)
    for cell in notebook.cells:
        tags = cell.metadata.pop("tags", [])
        if cell.cell_type != "code":
            continue
        cell.outputs, cell.execution_count = [], None
        if "solution" in tags:
            found = ASSIGNED.match(cell.source)
            if found is None:
                raise WorkshopError(f"{path.name}: a solution is NAME = and a query in triple quotes: {cell.source}")
            cell.source = f'{found[1]} = """\n\n"""'
    return notebook


def _read(path: Path) -> Any:
    import nbformat

    return nbformat.read(path, as_version=4)  # type: ignore[no-untyped-call]  # nbformat has no types


def main() -> None:
    """Write the chapters that have exercises."""
    import nbformat

    for path in sorted(SOLUTIONS.glob("*.ipynb")):
        nbformat.write(generate(path), path.parent.parent / path.name)  # type: ignore[no-untyped-call]


if __name__ == "__main__":
    main()
