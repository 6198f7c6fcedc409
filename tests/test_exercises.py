"""Exercises are what their solutions say, but for the answers."""

import hashlib
from pathlib import Path

import nbformat
import pytest

from helpers import exercises
from helpers.errors import WorkshopError
from helpers.tracks import ROOT

SOLUTIONS = sorted(exercises.SOLUTIONS.glob("*.ipynb"))
SQL = ROOT / "sql" / "toll"
# Of the lab's SQL between its fences, white space left out.
DIGESTS = {
    "create_database": "7763042bedd4c125134d26c2cf9b60ab900e2f5e9d470c15281ab692480ec77a",
    "create_table": "bc06691d5ee02306a7cb70349db3bfa5c1a435ba5869047080651f4cbfd3588d",
    "preview": "4c0e2f64859038a2264a7dfeb68ba3176e1e76e84c67913f3895a900f25b400f",
    "find_anomalies": "033380e66e45066863492a396b0c10cdc98b66c2558dc7d544c0a732e4c4293c",
}


@pytest.mark.parametrize("path", SOLUTIONS, ids=lambda path: path.stem)
def test_a_chapter_s_exercises_are_generated_from_its_solutions(path: Path) -> None:
    chapter = nbformat.read(path.parent.parent / path.name, as_version=4)
    generated = exercises.generate(path)
    assert [(cell.cell_type, cell.source) for cell in chapter.cells] == [
        (cell.cell_type, cell.source) for cell in generated.cells
    ]
    assert "ORDER BY records" not in "".join(cell.source for cell in chapter.cells if cell.cell_type == "code")


def test_every_question_is_asked_has_hints_and_a_solution() -> None:
    asked = "".join(cell.source for path in SOLUTIONS for cell in nbformat.read(path, as_version=4).cells)
    for name, question in exercises.QUESTIONS.items():
        assert f'"{name}"' in asked
        assert exercises.solution(name).startswith("SELECT")
        assert len(question.hints) >= 2


def test_hints_come_one_by_one(capsys: pytest.CaptureFixture[str]) -> None:
    exercise = exercises.Exercise(None, "busiest")  # type: ignore[arg-type]  # hints ask no AWS
    for _ in range(4):
        exercise.hint()
    said = capsys.readouterr().out.splitlines()
    assert [line.split(":")[0] for line in said] == ["Hint 1 of 3", "Hint 2 of 3", "Hint 3 of 3", "Hint 3 of 3"]


def test_nothing_attempted_asks_no_aws() -> None:
    exercise = exercises.Exercise(None, "busiest")  # type: ignore[arg-type]
    for answer in ("", "\n\n", None, ...):
        assert exercise.outcome(answer).startswith("Not attempted")  # type: ignore[arg-type]


def test_an_unknown_question_is_refused() -> None:
    with pytest.raises(WorkshopError, match="there are busiest"):
        exercises.Exercise(None, "best")  # type: ignore[arg-type]
    with pytest.raises(WorkshopError, match="no solution"):
        exercises.solution("best")


@pytest.mark.parametrize("name", DIGESTS)
def test_the_lab_s_sql_is_unchanged(name: str) -> None:
    text = "".join((SQL / f"{name}.sql").read_text(encoding="utf-8").split())
    assert hashlib.sha256(text.encode()).hexdigest() == DIGESTS[name]


def test_all_sql_of_the_lab_is_there() -> None:
    assert {path.stem for path in SQL.glob("*.sql")} == set(DIGESTS)
