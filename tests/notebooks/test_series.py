"""The notebooks as files: style, cleanliness, and a replay that notices an altered output."""

import contextlib
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import nbformat
import pytest

from helpers.series import ROOT, clean, execute, in_turn, notebooks, times
from helpers.tracks import TRACKS

MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
CHAPTERS = notebooks()


@pytest.fixture(params=CHAPTERS, ids=lambda path: f"{path.parent.name}-{path.stem}")
def notebook(request: pytest.FixtureRequest) -> nbformat.NotebookNode:
    return nbformat.read(request.param, as_version=4)


def code(notebook: nbformat.NotebookNode) -> list[nbformat.NotebookNode]:
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def test_the_series_is_complete() -> None:
    assert [f"{path.parent.name}/{path.stem}" for path in CHAPTERS] == [
        "notebooks/00_start_here",
        "clickstream/01_prerequisites_stack",
        "clickstream/02_template_setup",
        "clickstream/03_schema_discovery",
        "clickstream/04_sql_deployment",
        "clickstream/05_anomaly_simulation",
        "clickstream/06_athena_queries",
        "clickstream/07_cleanup",
        "toll/01_data_foundations",
        "toll/02_explore",
        "toll/03_real_time",
        "toll/04_simulating_anomalies",
        "toll/05_cleanup",
    ]
    [line] = [line for line in MAKEFILE.splitlines() if line.startswith("SERIES := ")]
    assert all(f"notebooks/{track}/[0-9]*.ipynb" in line for track in TRACKS)


def test_it_opens_and_closes_as_every_chapter_does(notebook: nbformat.NotebookNode) -> None:
    opening, closing = notebook.cells[0].source, notebook.cells[-1].source
    assert opening.startswith("# ")
    assert all(word in opening for word in ("You will learn", "You need", "Takes", "Cost"))
    assert "You should now see" in closing


def test_its_cells_are_short(notebook: nbformat.NotebookNode) -> None:
    lines = [len(cell.source.splitlines()) for cell in code(notebook)]
    assert max(lines) <= 10


def test_nothing_of_the_run_is_stored_but_outputs(notebook: nbformat.NotebookNode) -> None:
    assert nbformat.writes(clean(nbformat.from_dict(notebook))) == nbformat.writes(notebook)
    stored = nbformat.writes(notebook)
    assert not re.search(r"/home/|/Users/|/tmp/|127\.0\.0\.1:\d|Traceback", stored)
    assert not any(output.get("name") == "stderr" for cell in code(notebook) for output in cell.outputs)


def test_most_cells_show_something(notebook: nbformat.NotebookNode) -> None:
    shown = sum(bool(cell.outputs) for cell in code(notebook))
    assert shown >= len(code(notebook)) / 2


@pytest.fixture
def home(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A state directory with a short name: a socket's is limited to some hundred characters."""
    with tempfile.TemporaryDirectory() as directory:
        monkeypatch.setenv("WORKSHOP_HOME", directory)
        yield


@pytest.mark.usefixtures("home")
def test_kernels_start_ahead_bind_no_names_and_end(tmp_path: Path) -> None:
    look = "import os, sys\nprint('pandas' in sys.modules, 'pandas' in globals(), os.path.basename(os.getcwd()))"
    paths = [tmp_path / name / "same.ipynb" for name in ("a", "b", "c")]
    for path in paths:
        path.parent.mkdir()
        nbformat.write(nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(look)]), path)
    seen = []
    with contextlib.closing(in_turn(paths)) as each:
        for path, manager in each:
            seen.append(manager)
            [cell] = execute(path, manager, lambda done, total: None).cells
            assert cell.outputs[0].text == f"{path != paths[0]} False {path.parent.name}\n"
            assert not manager.has_kernel
            if path == paths[1]:
                break
    assert len(seen) == 2


@pytest.mark.usefixtures("home")
def test_kernels_may_keep_byte_code(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    cell = nbformat.v4.new_code_cell("import os, sys\nprint(sys.dont_write_bytecode, os.environ['WORKSHOP_HOME'])")
    nbformat.write(nbformat.v4.new_notebook(cells=[cell]), tmp_path / "one.ipynb")
    with contextlib.closing(in_turn([tmp_path / "one.ipynb"])) as each:
        path, manager = next(each)
        [cell] = execute(path, manager, lambda done, total: None).cells
    assert cell.outputs[0].text == f"False {os.environ['WORKSHOP_HOME']}\n"


@pytest.mark.usefixtures("home")
def test_a_kernel_that_was_not_used_ends_too(tmp_path: Path) -> None:
    each = in_turn([tmp_path / "first.ipynb", tmp_path / "second.ipynb"])
    _, first = next(each)
    _, second = next(each)
    assert not first.has_kernel
    assert second.has_kernel
    each.close()
    assert not second.has_kernel


def test_the_time_of_each_part_is_told() -> None:
    ends = {"start": 14.0, "clickstream": 54.5, "toll": 84.0}
    assert times(10.0, ends) == "time: start 4.0 s, clickstream 40.5 s, toll 29.5 s, in all 74.0 s"


def test_an_altered_output_fails_the_replay(tmp_path: Path) -> None:
    notebook = nbformat.read(ROOT / "notebooks" / "00_start_here.ipynb", as_version=4)
    cell = next(cell for cell in code(notebook) if "target, region" in str(cell.outputs))
    cell.outputs[0].text = cell.outputs[0].text.replace("local", "lokal")
    nbformat.write(notebook, tmp_path / "altered.ipynb")
    replay = [sys.executable, str(Path(__file__).with_name("series.py")), str(tmp_path / "altered.ipynb")]
    done = subprocess.run(replay, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 1, done.stdout
    assert "1 failed" in done.stdout
    assert "lokal" in done.stdout
