"""Shows people what happened: the table of outcomes, the stops, the stories that went otherwise, and the audit."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table

from simulator.fleet_day import Played
from tapwatt.money import Money
from tapwatt_cli.audit import Report, Trouble
from tapwatt_cli.day_summary import Row, Summary

PAGE_WIDTH = 120


def page() -> Console:
    """Where results are shown. A file or a pipe has no width of its own, and gets one that the tables fit in."""
    console = Console()
    return console if console.is_terminal else Console(width=PAGE_WIDTH)


def amount(minor: int, currency: str) -> str:
    """Money for a person: 1,234.50, and nothing at all for nothing."""
    return f"{Money(minor=minor, currency=currency).major:,}" if minor else ""


def kwh(energy_wh: Decimal) -> str:
    """Energy for a person, in kWh."""
    return f"{energy_wh / 1000:,.1f}" if energy_wh else ""


def show_summary(console: Console, summary: Summary) -> None:
    """The table of outcomes, and a line about the stops."""
    table = Table(
        title="What happened", title_justify="left", header_style="bold", box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0)
    )
    table.add_column("outcome")
    for name in ("sessions", "kWh", "held", "taken", "let go", "fell short"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("", no_wrap=True)
    for row in summary.rows:
        table.add_row(*_cells(row))
    table.add_section()
    for row in summary.totals:
        table.add_row(*_cells(row), style="bold")
    console.print(table)
    stops = ", ".join(f"{many} {answer}" for answer, many in summary.stops.items())
    console.print(f"Asked to stop: {stops or 'nobody'}.", highlight=False)


def _cells(row: Row) -> tuple[str, ...]:
    money = (row.held, row.taken, row.let_go, row.short)
    amounts = [amount(minor, row.currency) if row.currency else "" for minor in money]
    return row.outcome, str(row.sessions), kwh(row.energy_wh), *amounts, row.currency


def show_troubles(console: Console, played: Sequence[Played]) -> None:
    """The stories that went otherwise than they are told."""
    for one in played:
        if one.trouble:
            console.print(f"[red]otherwise than told[/red]: {one.part.story.tells} {one.trouble}", highlight=False)


def show_audit(console: Console, report: Report) -> None:
    """Every difference by its session's name, then the line that people and scripts look for."""
    if report.differences:
        table = Table(title="What the audit found", title_justify="left", header_style="bold", box=box.SIMPLE_HEAD)
        for name in ("session", "is", "expected", "found"):
            table.add_column(name, overflow="fold")
        for one in report.differences:
            table.add_row(one.session_id, str(one.trouble), one.expected, one.found)
        console.print(table)
    console.print(report.line, style="bold green" if report.clean else "bold red", highlight=False, soft_wrap=True)


def as_json(report: Report) -> dict[str, Any]:
    """The audit for scripts."""
    return {
        "line": report.line,
        "clean": report.clean,
        "sessions": report.sessions,
        **{str(trouble): report.count(trouble) for trouble in Trouble},
        "differences": [
            {"session_id": one.session_id, "is": str(one.trouble), "expected": one.expected, "found": one.found}
            for one in report.differences
        ],
    }


def summary_as_json(summary: Summary) -> dict[str, Any]:
    """The outcomes for scripts; money in minor units, energy in Wh."""

    def row(one: Row) -> dict[str, Any]:
        return {
            "outcome": one.outcome,
            "currency": one.currency or None,
            "sessions": one.sessions,
            "energy_wh": str(one.energy_wh),
            "held": one.held,
            "taken": one.taken,
            "let_go": one.let_go,
            "fell_short": one.short,
        }

    return {
        "outcomes": [row(one) for one in summary.rows],
        "totals": [row(one) for one in summary.totals],
        "stops": summary.stops,
        "facts": summary.facts,
    }
