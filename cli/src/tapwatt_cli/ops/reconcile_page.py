"""Shows what reconciliation found: each difference by its session, what is not due yet, fees, and one line."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from tapwatt.money import Money
from tapwatt_cli.console import moment_as_json, printable
from tapwatt_watch.reconciliation.difference import MEANS, Found, Frame, Reconciled

NAMED = 50
"""So many differences are named each time; --all names the rest."""


def differ(results: Sequence[Reconciled]) -> int:
    """How many differences there are, with all accounts."""
    return sum(len(one.found) for one in results)


def line(results: Sequence[Reconciled]) -> str:
    """The line that people and scripts look for."""
    agree, not_yet = sum(one.agree for one in results), sum(len(one.not_yet) for one in results)
    return f"reconcile: {agree} movements agree, {differ(results)} differ, {not_yet} not yet due"


def show(console: Console, results: Sequence[Reconciled], frame: Frame, *, every: bool) -> None:
    """Each account in turn, then the line."""
    console.print(f"From {_minute(frame.start)} to {_minute(frame.end)} UTC", highlight=False)
    for one in results:
        _account(console, one, every)
    style = "bold red" if differ(results) else "bold green"
    console.print(line(results), style=style, highlight=False, soft_wrap=True)


def _account(console: Console, one: Reconciled, every: bool) -> None:
    until = "tells nothing" if one.until is None else f"goes to {_minute(one.until)} UTC"
    console.print(Text(f"\n{one.source}: {until}; {one.agree} movements agree", style="bold"))
    if one.found:
        console.print(_table(one.found if every else one.found[:NAMED]))
        if not every and len(one.found) > NAMED:
            console.print(f"and {len(one.found) - NAMED} more: --all names them")
        for kind in dict.fromkeys(found.kind for found in one.found):
            console.print(Text(f"{kind}: {MEANS[kind]}", style="dim"))
    if one.not_yet:
        last = max(movement.at for movement in one.not_yet)
        sums: Counter[str] = Counter()
        for movement in one.not_yet:
            sums[movement.amount.currency] += movement.amount.minor
        console.print(f"Not yet due: {len(one.not_yet)} movements of {_sums(sums)}, the last of {_minute(last)}")
    if one.fees:
        console.print(f"Fees, in nobody's session: {_sums(one.fees)}")
    for note in one.notes:
        console.print(Text(printable(note)))


def _table(found: Sequence[Found]) -> Table:
    table = Table(header_style="bold", box=box.SIMPLE_HEAD, pad_edge=False)
    for name in ("session", "is", "here", "there", "reference"):
        table.add_column(name, overflow="fold")
    for one in found:
        session = printable(one.session) or "(nobody's)"
        words = (str(one.kind), one.ours, one.theirs, one.reference)
        table.add_row(Text(session), *(Text(printable(word)) for word in words))
    return table


def as_json(results: Sequence[Reconciled], frame: Frame) -> dict[str, Any]:
    """The same for scripts: amounts in minor units where they are amounts, times UTC."""
    return {
        "line": line(results),
        "differ": differ(results),
        "from": moment_as_json(frame.start),
        "to": moment_as_json(frame.end),
        "accounts": [
            {
                "source": one.source,
                "until": None if one.until is None else moment_as_json(one.until),
                "agree": one.agree,
                "differences": [
                    {
                        "session": found.session,
                        "is": str(found.kind),
                        "here": found.ours,
                        "there": found.theirs,
                        "reference": found.reference,
                    }
                    for found in one.found
                ],
                "not_yet": [
                    {
                        "session": movement.session,
                        "is": str(movement.kind),
                        "minor": movement.amount.minor,
                        "currency": movement.amount.currency,
                        "at": moment_as_json(movement.at),
                        "reference": movement.reference,
                    }
                    for movement in one.not_yet
                ],
                "fees": dict(one.fees),
                "notes": list(one.notes),
            }
            for one in results
        ],
    }


def _sums(by_currency: Any) -> str:
    return ", ".join(str(Money(minor=minor, currency=currency)) for currency, minor in sorted(by_currency.items()))


def _minute(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M}"
