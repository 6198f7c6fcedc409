"""The panel as a page of its own: on loopback, its token and its template not left to chance."""

import os
from pathlib import Path

import nbformat

from helpers import page
from helpers.local_process import ROOT


def test_the_command_listens_on_loopback_and_keeps_the_token_to_itself(tmp_path: Path) -> None:
    words = page.command(tmp_path, "notebooks/panel.ipynb", 8866)
    assert str(tmp_path / "notebooks" / "panel.ipynb") in words
    assert "--Voila.ip=127.0.0.1" in words
    assert "--token" in words  # without it Voila lets everybody in
    assert not any("token=" in word.lower() for word in words)
    assert page.environment("secret")["JUPYTER_TOKEN"] == "secret"


def test_the_template_is_found_by_its_name(tmp_path: Path) -> None:
    (name,) = [word.split("=")[1] for word in page.command(tmp_path, "x.ipynb", 1) if word.startswith("--template=")]
    first = Path(page.environment("secret")["JUPYTER_PATH"].split(os.pathsep)[0])
    assert (first / "voila" / "templates" / name / "index.html.j2").is_file()


def test_the_page_is_the_panel_of_chapter_05_and_stores_nothing() -> None:
    notebook = nbformat.read(ROOT / page.PANEL, as_version=4)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert "SimulationPanel(Simulation(ws))" in code[-1].source
    assert not any(cell.outputs or cell.execution_count for cell in code)
