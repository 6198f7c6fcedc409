"""The series, headless: `make demo` runs both tracks and accounts for them, `make notebooks` stores the outputs.

Both run the notebooks themselves, in order, each in a kernel of its own, against a local AWS of their own
(a free port, a temporary state directory, stepped time), so that neither touches a workshop in progress. The next
notebook's kernel starts while one runs: most of that is waiting on one core, for the local AWS or on the kernel.
"""

import contextlib
import itertools
import os
import tempfile
import time
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import click

from helpers import local_process
from helpers.tracks import TRACKS

ROOT = local_process.ROOT
CELL_TIMEOUT = 600  # seconds; the longest cell, the diverted traffic, takes ten on an idle machine
# What nearly every chapter loads first, so that a kernel has it when its turn comes. No name is bound: a notebook
# that forgets an import fails here as it does in a class.
AHEAD = ("boto3", "ipywidgets", "pandas")


def notebooks(tracks: Iterable[str] = TRACKS) -> list[Path]:
    """The chapters in teaching order, those of one track behind those of the other."""
    return [
        ROOT / "notebooks" / "00_start_here.ipynb",
        *(path for name in tracks for path in TRACKS[name].notebooks),
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


def in_turn(paths: Sequence[Path]) -> Generator[tuple[Path, Any], None, None]:
    """Each notebook with its kernel, as jupyter_client's manager, while the next one's kernel starts.

    Kernels that still run are ended: a notebook's when the next one is asked for, all on `close()`.
    """
    following = _start(paths[0], ())
    try:
        for path, after in zip(paths, [*paths[1:], None], strict=True):
            current, following = following, None
            try:
                following = _start(after, AHEAD) if after else None
                yield path, current
            finally:
                _end(current)
    finally:
        if following is not None:
            _end(following)


def _start(path: Path, modules: Iterable[str]) -> Any:
    """A notebook's kernel, which loads these modules before it looks for anything to do."""
    from jupyter_client.manager import AsyncKernelManager
    from jupyter_core.utils import run_sync
    from traitlets.config import Config

    # Sockets in a private directory rather than TCP ports: nobody else on the machine can talk to the kernel.
    config = Config()
    if os.name == "posix":
        config.ConnectionFileMixin.transport = "ipc"
        config.ConnectionFileMixin.ip = str(local_process.home_directory() / f"{path.parent.name[:1]}{path.stem[:2]}")
    manager = AsyncKernelManager(kernel_name="python3", config=config)
    lines = [f"__import__({name!r})" for name in modules]
    # Where it is set and packages were installed without byte code, each kernel would compile pandas and all.
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    run_sync(manager.start_kernel)(
        cwd=str(path.parent), env=environment, extra_arguments=[f"--IPKernelApp.exec_lines={lines}"]
    )
    return manager


def _end(manager: Any) -> None:
    from jupyter_core.utils import run_sync

    if manager.has_kernel:
        run_sync(manager.shutdown_kernel)(now=True)


def execute(path: Path, manager: Any, on_cell: Callable[[int, int], None]) -> Any:
    """Run one notebook top to bottom in its kernel, end that, and return the notebook with its outputs.

    Raises nbclient's CellExecutionError, which shows the failing cell and its traceback.
    """
    import nbformat
    from nbclient import NotebookClient

    notebook = nbformat.read(path, as_version=4)  # type: ignore[no-untyped-call]  # nbformat has no types
    total = sum(cell.cell_type == "code" for cell in notebook.cells)
    done = itertools.count(1)
    client = NotebookClient(
        notebook,
        km=manager,
        timeout=CELL_TIMEOUT,
        # A kernel that is asked to end takes a second or two, and these have nothing to put in order.
        shutdown_kernel="immediate",
        on_cell_executed=lambda **_: on_cell(next(done), total),
    )
    client.execute(cleanup_kc=True)
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

    with scratch_workshop(), contextlib.closing(in_turn(notebooks())) as each:
        for path, manager in each:
            click.echo(f"{path.relative_to(ROOT)} ...", nl=False)
            notebook = clean(execute(path, manager, lambda done, total: None))
            nbformat.write(notebook, path)  # type: ignore[no-untyped-call]  # nbformat has no types
            click.echo(" stored")


@main.command()
@click.argument("tracks", nargs=-1, type=click.Choice(list(TRACKS)))
def demo(tracks: tuple[str, ...]) -> None:
    """Run the series, or the tracks named; end with what became of every record, and how long each track took."""
    from nbclient.exceptions import CellExecutionError
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    from helpers import account

    console = Console()
    chosen = tracks or tuple(TRACKS)
    reports = {name: account.REPORTS[name]() for name in chosen}
    columns = (
        TextColumn("{task.description:<36}"),
        BarColumn(),
        TextColumn("{task.fields[note]}"),
        TimeElapsedColumn(),
    )
    began = time.monotonic()
    ends: dict[str, float] = {}  # part → when it was done
    with (
        scratch_workshop(),
        contextlib.closing(in_turn(notebooks(chosen))) as each,
        Progress(*columns, console=console) as progress,
    ):
        for path, manager in each:
            report = reports.get(path.parent.name)
            last = report is not None and path == report.track.notebooks[-1]
            task = progress.add_task(f"{path.parent.name}/{path.stem}", total=None, note="")

            def on_cell(done: int, total: int, task: Any = task) -> None:
                progress.update(task, completed=done, total=total, note=f"{done}/{total} cells")

            if report is not None and last:
                report.before_cleanup()
            try:
                execute(path, manager, on_cell)
            except CellExecutionError as error:
                raise click.ClickException(f"{path.stem} stopped:\n{error}") from error
            if report is not None and last:
                report.after_cleanup()
            progress.stop_task(task)
            ends[path.parent.name if report else "start"] = time.monotonic()
    for report in reports.values():
        console.print(report.table())
    console.print(times(began, ends), soft_wrap=True)
    problems = [problem for report in reports.values() for problem in report.problems()]
    for problem in problems:
        console.print(f"[bold red]✗[/] {problem}")
    if problems:
        raise SystemExit(1)
    console.print("[bold green]✓[/] every record accounted for, every anomaly simulated was caught, nothing is left")


def times(began: float, ends: Mapping[str, float]) -> str:
    """What each part took, in words, from when each was done; all in seconds.

    >>> times(10.0, {"start": 14.0, "toll": 40.25})
    'time: start 4.0 s, toll 26.2 s, in all 30.2 s'
    """
    parts, before = [], began
    for name, end in ends.items():
        parts.append(f"{name} {end - before:.1f} s")
        before = end
    return f"time: {', '.join([*parts, f'in all {before - began:.1f} s'])}"


if __name__ == "__main__":
    main()
