"""Texts of a panel as HTML: whatever they contain is text, never markup."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Any

from helpers import alerts
from helpers.generator.observe import THRESHOLD, Observation, Row
from helpers.generator.simulation import Status
from helpers.panels.waiting import Step, answer, clock, records

MESSAGES = 8  # newest ones shown
MARKS = {"done": ("✓", "done", "success"), "waiting": ("…", "waiting", "info"), "stuck": ("✗", "stuck", "error")}
# A chart is a picture with a light ground of its own; turned over (and its hues back) where the page is dark.
CHART = "workshop-chart"
STYLE = f'<style>[data-jp-theme-light="false"] .{CHART} {{filter:invert(.88) hue-rotate(180deg)}}</style>'
FAINT = "var(--jp-ui-font-color2, #666)"
BORDER = "var(--jp-border-color2, rgba(128,128,128,.4))"


def text(words: str) -> str:
    """Words as they are."""
    return f"<span>{escape(words)}</span>"


def error(message: str) -> str:
    """What went wrong, told at once by screen readers; nothing for ""."""
    if not message:
        return ""
    return (
        '<div role="alert" style="border-left:4px solid var(--jp-error-color1,#d32f2f);padding:.3em .8em;'
        'background:var(--jp-layout-color2,rgba(128,128,128,.12));line-height:1.4">'
        f"<b>Error:</b> {escape(message)}</div>"
    )


def readouts(status: Status, seen: Observation) -> list[tuple[str, str, str]]:
    """How things stand, as (what, value, note)."""
    account = status.account
    minutes, seconds = divmod(int(status.elapsed), 60)
    wanted = f"of {sum(status.rates.values()):g} a second wanted" if status.running else "nothing is sent"
    troubles = [f"{n:,} {what}" for n, what in ((account.retried, "retried"), (account.failed, "failed")) if n]
    on = (f"on for {minutes}:{seconds:02d}", "minutes:seconds") if status.running else ("stopped", "")
    found = [
        ("traffic", *on),
        ("delivered", f"{status.delivered_rate:.1f} records/s", wanted),
        ("acknowledged", f"{account.acknowledged:,}", ", ".join([f"of {account.sent:,} sent", *troubles])),
    ]
    if seen.watermark is not None:
        note = f"open window: {records(seen.held)}" if seen.held else "no window is open"
        found.append(("counted up to", clock(seen.watermark), note))
    forest = seen.state.get("learning")
    if forest:
        known, needed = min(forest["seen"], forest["needed"]), forest["needed"]
        note = "has learnt, and scores" if known == needed else "still learns: every score is 0"
        found.append(("forest", f"{known} of {needed} windows", note))
    return found


def tiles(found: Sequence[tuple[str, str, str]]) -> str:
    """Readouts side by side."""
    cells = "".join(
        f'<div style="flex:1 1 9em;padding:.35em .8em;border:1px solid {BORDER};border-radius:6px;line-height:1.35">'
        f'<div style="font-size:.85em;color:{FAINT}">{escape(what)}</div>'
        f'<div style="font-size:1.2em;font-variant-numeric:tabular-nums;white-space:nowrap">{escape(value)}</div>'
        f'<div style="font-size:.85em;color:{FAINT}">{escape(note)}</div></div>'
        for what, value, note in found
    )
    return f'<div style="display:flex;flex-wrap:wrap;gap:.5em">{cells}</div>'


def why(steps: Sequence[Step]) -> str:
    """The steps to an output as a list, and above it what there is to wait for."""
    complete = all(step.state == "done" for step in steps)
    title = "There is output." if complete else "Why is there no output yet?"
    hang, mark_style = "list-style:none;padding-left:1.4em;text-indent:-1.4em", "display:inline-block;width:1.4em"
    items = "".join(
        f'<li style="{hang}"><span role="img" aria-label="{name}" style="{mark_style};text-indent:0;font-weight:bold;'
        f'color:var(--jp-{colour}-color1,currentColor)">{mark}</span>{escape(step.text)}</li>'
        for step in steps
        for mark, name, colour in [MARKS[step.state]]
    )
    return (
        f'<div style="line-height:1.45"><b>{title}</b> {escape(answer(list(steps)))}'
        f'<details open><summary style="color:{FAINT}">from the record to the mail, step by step</summary>'
        f'<ul style="margin:.2em 0 0;padding:0">{items}</ul></details></div>'
    )


def caption(windows: list[Row], anomalies: list[Row]) -> str:
    """The chart in words, for those who cannot see it."""
    if not windows:
        return "The chart appears when the first window of ten seconds has ended."
    ctr = windows[-1]["ctr"]
    now = "has no CTR" if ctr is None else f"has a CTR of {ctr:.0f} %"
    said = f"The newest window, {windows[-1]['minute']}, {now}."
    if anomalies:
        last = anomalies[-1]
        said += f" {len(anomalies)} above {THRESHOLD:g}, the newest {last['score']:.2f} at {last['minute']}."
    return said


def _body(message: dict[str, Any]) -> str:
    if message.get("confirm_url"):
        return "Without a confirmation this address gets no alarm: ws.inbox.confirm_all() follows the mail's link."
    return alerts.text(message)


def inbox(messages: list[dict[str, Any]]) -> str:
    """The newest messages first."""
    if not messages:
        return "<b>Inbox</b><br>No messages yet."
    items = "".join(
        f'<li style="margin-bottom:.4em"><b>{"SMS" if message["protocol"] == "sms" else "E-mail"}</b> '
        f"{escape(message.get('subject') or '')}<br>{escape(_body(message))}</li>"
        for message in reversed(messages[-MESSAGES:])
    )
    older = len(messages) - MESSAGES
    shown = f", the newest {MESSAGES} shown" if older > 0 else ""
    return (
        f"<b>Inbox</b>, {len(messages)} message{'' if len(messages) == 1 else 's'}{shown}"
        f'<ul style="margin:.3em 0 0;padding-left:1.2em;line-height:1.35;overflow-wrap:anywhere">{items}</ul>'
    )
