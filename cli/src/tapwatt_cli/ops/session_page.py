"""Shows a session's story: a line a step with its time, who said it and what, and where it stands for money."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from tapwatt.clock import milliseconds
from tapwatt_cli.console import moment_as_json, printable
from tapwatt_cli.ops.session_standing import standing
from tapwatt_cli.ops.session_story import Step, Story

TROUBLE = frozenset({"dead letter", "delayed", "unreadable"})
COLOURS = {
    **dict.fromkeys(TROUBLE, "red"),
    **dict.fromkeys(
        ("AuthorisationDeclined", "CaptureFailed", "RefundFailed", "SessionDisputed", "EventRejected"), "red"
    ),
    **dict.fromkeys(("SessionStale", "HoldExpiring", "TokenNotMatched", "ChargedBack"), "yellow"),
    **dict.fromkeys(("Authorised", "Captured", "HoldReleased", "Refunded"), "green"),
}


def show_story(console: Console, story: Story) -> None:
    """The session's name and standing, then every step of it, oldest first. Times are UTC, and since the first step."""
    console.print(Text(f"Session {printable(story.identity)}: {printable(standing(story.facts()))}", style="bold"))
    table = Table(box=box.SIMPLE_HEAD, header_style="bold", pad_edge=False)
    table.add_column("UTC", no_wrap=True)
    table.add_column("after", justify="right", no_wrap=True)
    for name in ("by", "what"):
        table.add_column(name, overflow="fold")
    table.add_column("", overflow="fold", ratio=1)
    day = ""
    for step in story.steps:
        first = story.steps[0].at
        shown = f"{step.at:%H:%M:%S}"
        if f"{step.at:%d %b}" != day:
            day = f"{step.at:%d %b}"
            shown = f"{day} {shown}"
        table.add_row(shown.rjust(15), _after(step.at - first), printable(step.by), _what(step), printable(step.said))
    console.print(table)
    if any(step.what in TROUBLE for step in story.steps):
        console.print("What was set aside: tapwatt dlq list", style="yellow")


def _what(step: Step) -> Text:
    again = " (again)" if step.again else ""
    return Text(step.what + again, style="dim" if step.again else COLOURS.get(step.what, ""))


def _after(passed: timedelta) -> str:
    """How long after the first step, as a person says it."""
    thousandths = milliseconds(passed)
    if thousandths < 60_000:
        return f"{thousandths / 1000:.1f} s"
    minutes, seconds = divmod(thousandths // 1000, 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    if days:
        return f"{days} d {hours} h"
    return f"{hours} h {minutes:02} min" if hours else f"{minutes} min {seconds:02} s"


def story_as_json(story: Story) -> dict[str, Any]:
    """The story for scripts; each fact whole, as it stands on the log."""
    return {
        "session": story.identity,
        "standing": standing(story.facts()),
        "steps": [
            {
                "at": moment_as_json(step.at),
                "by": step.by,
                "what": step.what,
                "said": step.said,
                "stands_at": step.stands,
                "event_id": step.event_id.split(" ")[0],
                "trace_id": step.trace_id,
                "again": step.again,
                "fact": step.fact.model_dump(mode="json", exclude_none=True) if step.fact is not None else None,
            }
            for step in story.steps
        ],
    }
