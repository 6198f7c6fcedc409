"""The `workshop` command. Errors are one clear message and exit code 1, never a traceback."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

from helpers.cli_flink import flink
from helpers.cli_generate import generate
from helpers.cli_sql import sql
from helpers.cli_translate import translate
from helpers.errors import WorkshopError

PORT = click.option("--port", type=click.IntRange(0, 65535), help="Port on 127.0.0.1; 0 takes any free one.")
CLOCK = click.option("--clock", type=click.Choice(["real", "stepped"]), help="stepped: time moves when told to.")
SEED = click.option("--seed", type=int, help="Seed of everything random.")


class Commands(click.Group):
    """A group that shows a WorkshopError as its message."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command."""
        try:
            return super().invoke(ctx)
        except WorkshopError as error:
            raise click.ClickException(str(error)) from error


@click.group(cls=Commands)
@click.version_option(package_name="clickstream-workshop")
def main() -> None:
    """Real-time clickstream anomaly detection: the workshop's command line."""


@main.command("preflight")
def preflight_command() -> None:
    """Check what the workshop needs of your AWS account. Exit code 1 when something is missing."""
    from helpers import preflight
    from helpers.workshop import Workshop

    findings = preflight.check(Workshop.connect(target="aws"))
    for finding in findings:
        click.echo(str(finding))
    if missing := [finding.what for finding in findings if finding.state == "missing"]:
        raise WorkshopError(f"Missing: {', '.join(missing)}.")


main.add_command(sql)
main.add_command(flink)
sql.add_command(translate)
main.add_command(generate)


@main.command("open")
@click.option("--browser/--no-browser", default=True, help="Open the start notebook in a browser.")
def open_command(browser: bool) -> None:
    """Open the series in JupyterLab, on the local AWS."""
    from helpers.lab import open_lab

    raise SystemExit(open_lab(browser=browser))


@main.command("panel")
@click.argument("notebook", type=click.Path(), default="notebooks/panel.ipynb")
@click.option("--browser/--no-browser", default=True, help="Open the page in a browser.")
@click.option("--dark", is_flag=True, help="On a dark theme.")
def panel_command(notebook: str, browser: bool, dark: bool) -> None:
    """Show the control panel, or another NOTEBOOK of this directory, as a page of its own."""
    from helpers.page import open_page

    raise SystemExit(open_page(notebook, browser=browser, dark=dark))


@main.group("local-aws")
def local_aws() -> None:
    """The embedded AWS on this machine."""


def settings_options(command: Callable[..., None]) -> Callable[..., None]:
    """--port, --clock and --seed, which go before WORKSHOP_PORT, WORKSHOP_CLOCK and WORKSHOP_SEED."""
    return PORT(CLOCK(SEED(command)))


@local_aws.command("start")
@settings_options
def start(port: int | None, clock: str | None, seed: int | None) -> None:
    """Start it, unless it runs."""
    from helpers import local_process

    settings = _settings(port, clock, seed)
    state, started = local_process.start(local_process.home_directory(), settings)
    if settings and not started:
        raise WorkshopError(
            f"The local AWS runs already, at {state.url}, with the settings it was started with. "
            "`workshop local-aws stop`, then start again with yours: what is in it is kept."
        )
    click.echo(f"The local AWS {'was started' if started else 'runs already'}. It answers at {state.url}.")


@local_aws.command("status")
def status() -> None:
    """Say whether it runs, where, and what its clock says. Exit code 1 when it does not run."""
    from helpers import local_process

    home = local_process.home_directory()
    state = local_process.running(home)
    if state is None:
        raise WorkshopError("The local AWS is not running. Start it with `workshop local-aws start`.")
    clock = local_process.request(state, "GET", "/_workshop/clock")
    errors = local_process.request(state, "GET", "/_workshop/errors")["errors"]
    click.echo(f"address  {state.url}\nprocess  {state.pid}\nclock    {clock['mode']}, {_utc(clock['now'])}")
    click.echo(f"seed     {state.seed}\nerrors   {len(errors)}\nlog      {home / 'local-aws.log'}")


@local_aws.command("stop")
def stop() -> None:
    """Stop it; what is in it is kept for the next start."""
    from helpers import local_process

    home = local_process.home_directory()
    if local_process.stop(home):
        click.echo(
            f"The local AWS was stopped. What is in it is kept in {home}; `workshop local-aws reset` removes it."
        )
    else:
        click.echo("The local AWS was not running.")


@local_aws.command("reset")
@settings_options
def reset(port: int | None, clock: str | None, seed: int | None) -> None:
    """Stop it, remove everything in it, and start it empty."""
    from helpers import local_process

    state, removed = local_process.reset(local_process.home_directory(), _settings(port, clock, seed))
    click.echo(f"Removed: {'; '.join(removed)}." if removed else "There was nothing to remove.")
    click.echo(f"The local AWS was started, empty. It answers at {state.url}.")


@main.command("inbox")
@click.option("--after", type=click.IntRange(0), default=0, help="Only messages with a greater number.")
@click.option("--page", is_flag=True, help="Open them as a page in the browser; the address is good for one visit.")
def inbox(after: int, page: bool) -> None:
    """Show the e-mail and SMS that have arrived."""
    from helpers import local_process

    state = local_process.running(local_process.home_directory())
    if state is None:
        raise WorkshopError("The local AWS is not running. Start it with `workshop local-aws start`.")
    if page:
        url = local_process.request(state, "POST", "/_workshop/inbox/link")["url"]
        click.echo(url)
        click.launch(url)
        return
    messages = local_process.request(state, "GET", f"/_workshop/inbox?after={after}")["messages"]
    for message in messages:
        click.secho(f"{message['id']}  {message['received_at']}  {message['protocol']} to {message['to']}", bold=True)
        click.echo("\n".join(filter(None, (message["subject"], message["body"]))) + "\n")
    if not messages:
        click.echo("No messages.")


@main.group("clock")
def clock() -> None:
    """The local AWS's clock."""


@clock.command("step")
@click.argument("seconds", type=click.FloatRange(0))
def step(seconds: float) -> None:
    """Let SECONDS pass at once: windows close, buffers are delivered."""
    from helpers import local_process

    state = local_process.running(local_process.home_directory())
    if state is None:
        raise WorkshopError("The local AWS is not running. Start it with `workshop local-aws start`.")
    answer = local_process.request(state, "POST", "/_workshop/clock/step", {"seconds": seconds})
    click.echo(f"It is now {_utc(answer['now'])}.")
    for error in answer["errors"]:
        click.echo(f"{error['where']} failed: {error['error']}", err=True)
    if answer["errors"]:
        raise WorkshopError(f"{len(answer['errors'])} things that fell due failed; the log has the details.")


def _settings(port: int | None, clock: str | None, seed: int | None) -> dict[str, str]:
    given = {"WORKSHOP_PORT": port, "WORKSHOP_CLOCK": clock, "WORKSHOP_SEED": seed}
    return {name: str(value) for name, value in given.items() if value is not None}


def _utc(seconds: float) -> str:
    from datetime import UTC, datetime

    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


if __name__ == "__main__":
    main(prog_name="workshop")
