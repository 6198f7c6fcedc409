"""The series, headless: `make demo` runs both tracks and accounts for them, `make notebooks` stores the outputs.

Both run the notebooks themselves, in order, each in a kernel of its own, against a local AWS of their own
(a free port, a temporary state directory, stepped time), so that neither touches a workshop in progress.
"""

import contextlib
import itertools
import os
import tempfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import click

from helpers import local_process
from helpers.tracks import TRACKS

ROOT = local_process.ROOT
CELL_TIMEOUT = 600  # seconds; the longest cell, the diverted traffic, takes ten on an idle machine


def notebooks() -> list[Path]:
    """The chapters in teaching order, those of one track behind those of the other."""
    return [
        ROOT / "notebooks" / "00_start_here.ipynb",
        *(path for track in TRACKS.values() for path in track.notebooks),
    ]


@contextlib.contextmanager
def scratch_workshop() -> Iterator[Mapping[str, str]]:
    """The environment of a local AWS of one's own, on stepped time; stopped and wiped on leaving."""
    with tempfile.TemporaryDirectory(prefix="workshop-") as home:
        settings = {
            "WORKSHOP_HOME": home,
            "WORKSHOP_PORT": "0",
            "WORKSHOP_CLOCK": "stepped",
            "WORKSHOP_TARGET": "local",
            "WORKSHOP_ENGINE": "sql",
            "WORKSHOP_SEED": "7",
        }
        before = dict(os.environ)
        os.environ.update(settings)
        local_process.start(Path(home))
        try:
            yield settings
        finally:
            local_process.stop(Path(home))
            os.environ.clear()
            os.environ.update(before)


def execute(path: Path, on_cell: Callable[[int, int], None]) -> Any:
    """Run one notebook top to bottom and return it with its outputs.

    Raises nbclient's CellExecutionError, which shows the failing cell and its traceback.
    """
    import nbformat
    from nbclient import NotebookClient
    from traitlets.config import Config

    # Sockets in a private directory rather than TCP ports: nobody else on the machine can talk to the kernel.
    config = Config()
    if os.name == "posix":
        config.ConnectionFileMixin.transport = "ipc"
        config.ConnectionFileMixin.ip = str(local_process.home_directory() / f"{path.parent.name[:1]}{path.stem[:2]}")
    notebook = nbformat.read(path, as_version=4)  # type: ignore[no-untyped-call]  # nbformat has no types
    total = sum(cell.cell_type == "code" for cell in notebook.cells)
    done = itertools.count(1)
    client = NotebookClient(
        notebook,
        timeout=CELL_TIMEOUT,
        kernel_name="python3",
        resources={"metadata": {"path": str(path.parent)}},
        config=config,
        on_cell_executed=lambda **_: on_cell(next(done), total),
    )
    client.execute()
    return notebook


def clean(notebook: Any) -> Any:
    """Drop what differs from run to run (timings, widget state), keep source and outputs.

    Execution counts become 1, 2, 3 …: nbval takes a cell without one for a cell that was never run.
    """
    notebook.metadata = {
        "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
    }
    count = 0
    for index, cell in enumerate(notebook.cells):
        cell.metadata = {key: value for key, value in cell.metadata.items() if key in ("tags", "jupyter")}
        cell["id"] = f"cell-{index:02d}"
        if cell.cell_type == "code":
            count += 1
            cell.execution_count = count
            for output in cell.outputs:
                if "execution_count" in output:
                    output["execution_count"] = count
                # A widget's view is nothing without its kernel, and its id differs from run to run.
                output.get("data", {}).pop("application/vnd.jupyter.widget-view+json", None)
    return notebook


@click.group()
def main() -> None:
    """The notebook series, headless."""


@main.command()
def store() -> None:
    """Run every notebook and write its outputs back into it."""
    import nbformat

    with scratch_workshop():
        for path in notebooks():
            click.echo(f"{path.relative_to(ROOT)} ...", nl=False)
            notebook = clean(execute(path, lambda done, total: None))
            nbformat.write(notebook, path)  # type: ignore[no-untyped-call]  # nbformat has no types
            click.echo(" stored")


@main.command()
def demo() -> None:
    """Run the series and end with what became of every record."""
    from nbclient.exceptions import CellExecutionError
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    from helpers import account

    console = Console()
    reports = {name: report() for name, report in account.REPORTS.items() if report.track.notebooks}
    columns = (
        TextColumn("{task.description:<36}"),
        BarColumn(),
        TextColumn("{task.fields[note]}"),
        TimeElapsedColumn(),
    )
    with scratch_workshop(), Progress(*columns, console=console) as progress:
        for path in notebooks():
            report = reports.get(path.parent.name)
            last = report is not None and path == report.track.notebooks[-1]
            task = progress.add_task(f"{path.parent.name}/{path.stem}", total=None, note="")

            def on_cell(done: int, total: int, task: Any = task) -> None:
                progress.update(task, completed=done, total=total, note=f"{done}/{total} cells")

            if report is not None and last:
                report.before_cleanup()
            try:
                execute(path, on_cell)
            except CellExecutionError as error:
                raise click.ClickException(f"{path.stem} stopped:\n{error}") from error
            if report is not None and last:
                report.after_cleanup()
            progress.stop_task(task)
    for report in reports.values():
        console.print(report.table())
    problems = [problem for report in reports.values() for problem in report.problems()]
    for problem in problems:
        console.print(f"[bold red]✗[/] {problem}")
    if problems:
        raise SystemExit(1)
    console.print("[bold green]✓[/] every record accounted for, burst and diversion were caught, nothing is left")


if __name__ == "__main__":
    main()
