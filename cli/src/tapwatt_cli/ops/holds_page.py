"""Shows the open holds: how much is held for whom, for how long, and which of them run out soon."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from tapwatt.money import Money
from tapwatt_cli.console import printable
from tapwatt_watch.hold import OpenHold

AGES = {
    "under 1 h": timedelta(hours=1),
    "under 6 h": timedelta(hours=6),
    "under 1 d": timedelta(days=1),
    "under 3 d": timedelta(days=3),
    "under 7 d": timedelta(days=7),
}
OLDER = "older"
SOON = timedelta(hours=1)
NAMED = 20
"""So many holds are named each time; --all names the rest."""


def show_holds(console: Console, holds: Iterable[OpenHold], now: datetime, *, every: bool) -> None:
    """Totals by operator, currency and age; then those that run out within an hour, have run out, or need a person."""
    open_ones = sorted(holds, key=lambda hold: hold.expires_at)
    console.print(_totals(open_ones, now) if open_ones else "No hold is open.")
    _name(console, "Have run out and are not settled", [h for h in open_ones if h.expires_at <= now], now, every)
    soon = [h for h in open_ones if now < h.expires_at <= now + SOON]
    _name(console, "Run out within an hour", soon, now, every)
    _name(console, "Wait for a person", [h for h in open_ones if h.waits_for_a_person], now, every)
    if every:
        _name(console, "Every open hold", sorted(open_ones, key=lambda hold: hold.since), now, every)


def age_of(hold: OpenHold, now: datetime) -> str:
    """Which of AGES it is in."""
    return next((name for name, below in AGES.items() if now - hold.since < below), OLDER)


def _totals(holds: list[OpenHold], now: datetime) -> Table:
    table = Table(title="Open holds", title_justify="left", header_style="bold", box=box.SIMPLE_HEAD, show_footer=True)
    in_all: dict[str, int] = defaultdict(int)
    rows: dict[tuple[str, str], dict[str, int]] = defaultdict(lambda: defaultdict(int))
    money: dict[tuple[str, str], int] = defaultdict(int)
    for hold in holds:
        name = (hold.operator_id, hold.amount.currency)
        rows[name][age_of(hold, now)] += 1
        money[name] += hold.amount.minor
        in_all[hold.amount.currency] += hold.amount.minor
    sums = "\n".join(str(Money(minor=minor, currency=currency)) for currency, minor in sorted(in_all.items()))
    table.add_column("operator", footer=f"in all {len(holds)}", overflow="fold")
    table.add_column("held", justify="right", footer=sums)
    ages = [age for age in (*AGES, OLDER) if any(row.get(age) for row in rows.values())]
    for age in ages:
        table.add_column(age, justify="right", footer=str(sum(row.get(age, 0) for row in rows.values())))
    for (operator, currency), row in sorted(rows.items()):
        held = Money(minor=money[operator, currency], currency=currency)
        table.add_row(printable(operator), str(held), *(str(row.get(age, 0) or "") for age in ages))
    return table


def _name(console: Console, title: str, holds: list[OpenHold], now: datetime, every: bool) -> None:
    if not holds:
        return
    table = Table(title=f"{title}: {len(holds)}", title_justify="left", header_style="bold", box=box.SIMPLE_HEAD)
    table.add_column("session", overflow="fold")
    table.add_column("held", justify="right", no_wrap=True)
    for name in ("since", "runs out"):
        table.add_column(name, no_wrap=True)
    table.add_column("is", overflow="fold")
    for hold in holds if every else holds[:NAMED]:
        name = printable(f"{hold.operator_id}/{hold.session_id}")
        where = ", ".join(
            [
                hold.state,
                *hold.disputed,
                *(["stale"] if hold.stale else []),
                *(["fleet was told"] if hold.warned else []),
            ]
        )
        until = Text(f"{hold.expires_at:%d %b %H:%M}", style="red" if hold.expires_at <= now + SOON else "")
        table.add_row(name, str(hold.amount), f"{hold.since:%d %b %H:%M}", until, printable(where))
    console.print(table)
    if not every and len(holds) > NAMED:
        console.print(f"and {len(holds) - NAMED} more: --all names them")


def holds_as_json(holds: Iterable[OpenHold], now: datetime) -> dict[str, Any]:
    """The holds for scripts: money in minor units, times UTC, ages in seconds."""
    return {
        "at": now.isoformat(timespec="seconds").replace("+00:00", "Z"),
        "holds": [
            {
                "operator_id": hold.operator_id,
                "session_id": hold.session_id,
                "site_id": hold.site_id,
                "evse_id": hold.evse_id,
                "minor": hold.amount.minor,
                "currency": hold.amount.currency,
                "since": hold.since.isoformat(),
                "age_s": int((now - hold.since).total_seconds()),
                "expires_at": hold.expires_at.isoformat(),
                "expires_in_s": int((hold.expires_at - now).total_seconds()),
                "state": hold.state,
                "disputed": list(hold.disputed),
                "stale": hold.stale,
                "warned": hold.warned,
            }
            for hold in sorted(holds, key=lambda hold: hold.since)
        ],
    }
