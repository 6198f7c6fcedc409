"""The first line of every chapter: connect, and make what the chapters before it would have made.

So every notebook starts cold: after a restart, out of order, or on another day. What had to be made is said.
"""

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from helpers.errors import WorkshopError
from helpers.tracks import CLICKSTREAM, TRACKS
from helpers.workshop import Workshop

# Used when the stack has to be made on somebody's behalf; chapter 01 lets the attendee choose.
LOCAL_PARAMETERS = {"Username": "kplsetup", "Email": "you@example.com", "SMS": "+15555550123"}


class Step(NamedTuple):
    """One thing a chapter leaves behind: which chapter, what it is called, is it there, how to make it."""

    chapter: int
    name: str
    done: Callable[[Workshop], Any]
    make: Callable[[Workshop], Any]


def prepare(chapter: int, track: str = "clickstream") -> Workshop:
    """Connect to the workshop and make whatever chapters before `chapter` leave behind and is missing.

    Prints one line: what was made, or that nothing had to be. Running it again changes nothing.
    Chapter 04 of the first track starts from an application that does not exist yet, so an earlier one is deleted
    (and said). On aws what costs money by the hour is not made unasked, but named. Raises WorkshopError there where a
    chapter needs the SQL service, which AWS has switched off.
    """
    ws = Workshop.connect(TRACKS[track])
    if ws.target == "aws" and chapter in ws.track.local_only:
        raise WorkshopError(
            f"Chapter {chapter:02d} needs Kinesis Data Analytics for SQL, which AWS switched off in January 2026, so "
            "it runs on the local target only: unset WORKSHOP_TARGET, restart the kernel, run the cell again."
        )
    if chapter != ws.track.last_chapter:
        _same_engine(ws)
    changed = "; ".join(_changes(ws, chapter)) or "nothing had to be prepared"
    print(f"Chapter {chapter:02d} on the {ws.target} target: {changed}.")  # noqa: T201 - notebooks read it
    _show_whole_texts()
    return ws


def _same_engine(ws: Workshop) -> None:
    """Refuse a stack that was made for the other engine: its streams are others."""
    outputs = ws.outputs if ws.track.flink and _stack_done(ws) else {}
    made = "flink" if "EventStreamName" in outputs else "sql"
    if outputs and made != ws.engine:
        raise WorkshopError(
            f"The stack {ws.stack_name} was made for the engine {made}, and you run {ws.engine}: run chapter "
            f"{ws.track.last_chapter:02d}, which removes it, then chapter 01 again"
            + (f", or set WORKSHOP_ENGINE={made}." if ws.target == "local" else ".")
        )


def _show_whole_texts() -> None:
    """Let tables show the subject of a mail or a description whole, rather than its first 50 characters."""
    import pandas as pd

    pd.set_option("display.max_colwidth", 160)


def _changes(ws: Workshop, chapter: int) -> Iterator[str]:
    if chapter == ws.track.last_chapter:  # cleaning up must never create anything
        return
    for step in STEPS[ws.track.name]:
        if step.chapter < chapter and not step.done(ws):
            step.make(ws)
            yield f"{step.name} made, as chapter {step.chapter:02d} does"
    if ws.track is not CLICKSTREAM:
        return
    if chapter == 6 and ws.engine == "sql" and _buffered(ws):
        yield "what Firehose still held delivered"
    if chapter == 4:
        from helpers import application, cleanup

        if application.describe(ws) is not None:
            cleanup.delete_application(ws)
            yield "the application of an earlier run deleted"


def _stack_done(ws: Workshop) -> bool:
    try:
        return bool(ws.outputs)
    except WorkshopError:
        return False


def _make_stack(ws: Workshop) -> None:
    from helpers import alerts, stack

    if ws.target == "aws":
        raise WorkshopError("The stack is not deployed: run chapter 01, where you choose its parameters.")
    stack.deploy(ws, {**LOCAL_PARAMETERS, "Password": stack.password(ws), "Engine": ws.engine})
    alerts.confirm_subscriptions(ws)


def _make_schema(ws: Workshop) -> None:
    from helpers import schema
    from helpers.generator.simulation import Simulation

    Simulation(ws).send("schema_discovery", rate=1, seconds=20)
    if ws.engine == "flink":
        discovered = schema.infer(ws)
    else:
        discovered = ws.client("kinesisanalyticsv2").discover_input_schema(**schema.sample_request(ws))
    schema.remember(ws, discovered["InputSchema"])


def _application_done(ws: Workshop) -> bool:
    from helpers import application

    detail = application.describe(ws)
    return detail is not None and detail["ApplicationStatus"] == "RUNNING"


def _make_application(ws: Workshop) -> None:
    from helpers import application
    from helpers.generator.simulation import Simulation

    if ws.target == "aws":
        raise WorkshopError("The application does not run: run chapter 04, which starts it and says what it costs.")
    detail = application.describe(ws)
    if detail is None:
        application.create(ws)
    else:
        application.start(ws, detail)
    Simulation(ws).run("steady")  # as chapter 04 does: the same numbers for whoever skipped it


def _make_traffic(ws: Workshop) -> None:
    from helpers.generator.simulation import Simulation

    if ws.target == "aws":
        raise WorkshopError("There is no burst to look at yet: run chapter 05, which takes eight minutes here.")
    Simulation(ws).run("burst")


def _buffered(ws: Workshop) -> bool:
    """Whether records were still on their way (the panel was used just now); they have arrived on return."""
    from helpers import athena

    if athena.reconcile(ws)["agree"].all():
        return False
    ws.clock.step(125)  # both of Firehose's buffers, one after the other
    return True


# --- the toll road


def _make_toll_stack(ws: Workshop) -> None:
    from helpers import stack

    stack.deploy(ws, {})


def _make_toll_traffic(ws: Workshop) -> None:
    from helpers import toll

    toll.send(ws)


def _toll_table_done(ws: Workshop) -> bool:
    glue = ws.client("glue")
    tables = [
        table["Name"]
        for database in glue.get_databases()["DatabaseList"]
        if database["Name"] in ws.track.databases
        for table in glue.get_tables(DatabaseName=database["Name"])["TableList"]
    ]
    return "lab_toll_data_stream" in tables


def _make_toll_table(ws: Workshop) -> None:
    from helpers import toll

    toll.make_table(ws)


def _make_toll_application(ws: Workshop) -> None:
    from helpers import application, stack, toll
    from helpers.generator.toll import TollSimulation

    stack.deploy(ws.of_stack(toll.LIVE), toll.parameters(ws))
    toll.save_and_run(ws, application.script(ws))
    TollSimulation(ws).run("toll_usual")  # as chapter 03 does: the same numbers for whoever skipped it


STEPS = {
    "clickstream": (
        Step(1, "the stack", _stack_done, _make_stack),
        Step(3, "the input schema", lambda ws: "input_schema" in ws.notes, _make_schema),
        Step(4, "the application", _application_done, _make_application),
        Step(5, "the burst's traffic", lambda ws: (ws.notes.get("run") or {}).get("burst"), _make_traffic),
    ),
    "toll": (
        Step(1, "the stack", _stack_done, _make_toll_stack),
        Step(1, "the traffic", lambda ws: "ledger" in ws.notes, _make_toll_traffic),
        Step(1, "the table", _toll_table_done, _make_toll_table),
        Step(3, "the application", _application_done, _make_toll_application),
    ),
}
