import threading
from pathlib import Path

import pytest

from helpers.errors import WorkshopError
from helpers.notes import Notes


def test_notes_outlive_the_object(tmp_path: Path) -> None:
    path = tmp_path / "state" / "notes.json"
    Notes(path)["input_schema"] = {"RecordColumns": [1, 2]}
    again = Notes(path)
    assert again["input_schema"] == {"RecordColumns": [1, 2]}
    assert list(again) == ["input_schema"]
    assert len(again) == 1
    assert path.stat().st_mode & 0o777 == 0o600


def test_notes_behave_like_a_dictionary(tmp_path: Path) -> None:
    notes = Notes(tmp_path / "notes.json")
    assert notes.get("run") is None
    notes.update(a=1, b=2)
    del notes["a"]
    assert dict(notes) == {"b": 2}
    with pytest.raises(KeyError):
        notes["a"]
    notes.clear()
    assert "b" not in notes


def test_a_value_that_json_has_not_changes_nothing(tmp_path: Path) -> None:
    notes = Notes(tmp_path / "notes.json")
    notes["a"] = 1
    with pytest.raises(TypeError):
        notes["b"] = object()
    assert dict(notes) == {"a": 1}
    assert sorted(path.name for path in tmp_path.iterdir()) == ["notes.json", "notes.lock"]


@pytest.mark.parametrize("text", ["{", "[1]"])
def test_a_damaged_file_is_named(tmp_path: Path, text: str) -> None:
    path = tmp_path / "notes.json"
    path.write_text(text)
    with pytest.raises(WorkshopError, match=r"notes\.json are damaged .* delete that file"):
        Notes(path)["a"]


def test_changes_from_many_sides_all_count(tmp_path: Path) -> None:
    path = tmp_path / "notes.json"

    def count(name: str) -> None:
        for number in range(60):
            Notes(path).change("ledger", lambda sent: sent + 1, 0)
            Notes(path)[name] = number

    threads = [threading.Thread(target=count, args=(name,)) for name in "abc"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert dict(Notes(path)) == {"ledger": 180, "a": 59, "b": 59, "c": 59}


def test_the_text_of_notes_shows_no_values(tmp_path: Path) -> None:
    notes = Notes(tmp_path / "notes.json")
    notes["password"] = "hunter2"
    assert repr(notes) == "Notes(password)"
