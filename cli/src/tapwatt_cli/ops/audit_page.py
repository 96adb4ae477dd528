"""Shows what the audit found: each difference by its session, what is open, then the line that people look for."""

from __future__ import annotations

from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from tapwatt_cli.console import printable
from tapwatt_cli.ops.audit import Report, Trouble


def show_audit(console: Console, report: Report) -> None:
    """Every difference by its session's name, what is open, then the line that people and scripts look for."""
    if report.differences:
        table = Table(title="What the audit found", title_justify="left", header_style="bold", box=box.SIMPLE_HEAD)
        for name in ("session", "is", "expected", "found"):
            table.add_column(name, overflow="fold")
        for one in report.differences:
            table.add_row(_plain(one.session_id), str(one.trouble), _plain(one.expected), _plain(one.found))
        console.print(table)
    if report.open:
        waiting = Table(title="Open", title_justify="left", header_style="bold", box=box.SIMPLE_HEAD)
        for name in ("session", "waits for a word, since"):
            waiting.add_column(name, overflow="fold")
        for still in report.open:
            waiting.add_row(_plain(still.session_id), _plain(still.why))
        console.print(waiting)
        console.print("A corrected ending of the fleet settles what is open, or: tapwatt session settle SESSION\n")
    if report.under_way:
        still = report.under_way[-1]
        going_on = f"{len(report.under_way)} under way, no difference yet: such as {still.session_id} ({still.why})"
        console.print(_plain(going_on))
    console.print(report.line, style="bold green" if report.clean else "bold red", highlight=False, soft_wrap=True)


def _plain(text: str) -> Text:
    """Nothing in it is taken for a colour or a movement of the cursor."""
    return Text(printable(text))


def as_json(report: Report) -> dict[str, Any]:
    """The audit for scripts."""
    return {
        "line": report.line,
        "clean": report.clean,
        "sessions": report.sessions,
        **{str(trouble): report.count(trouble) for trouble in Trouble},
        "open": [{"session_id": one.session_id, "why": one.why} for one in report.open],
        "under_way": [{"session_id": one.session_id, "does": one.why} for one in report.under_way],
        "differences": [
            {"session_id": one.session_id, "is": str(one.trouble), "expected": one.expected, "found": one.found}
            for one in report.differences
        ],
    }
