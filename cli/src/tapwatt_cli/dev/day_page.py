"""Shows how a day went: the table of outcomes, the stops, and the stories that went otherwise."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table

from simulator.stories.day import Played
from tapwatt_cli.console import amount, kwh
from tapwatt_cli.dev.day_summary import Row, Summary


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
