"""What came of a replay in a few lines: how many, the totals by currency, how many differ, and the largest."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from tapwatt.money import Money
from tapwatt_cli.dev.recorded_file import NotReplayed
from tapwatt_cli.dev.replay import Replayed

MOST_NAMES = 20
LARGEST = 10


def line(replayed: Sequence[Replayed], not_replayed: Sequence[NotReplayed] = ()) -> str:
    """The last line: how many, how many differ, and which."""
    differ = [one.session_id for one in replayed if not one.same]
    names = f": {', '.join(differ[:MOST_NAMES])}{', ...' if len(differ) > MOST_NAMES else ''}" if differ else ""
    left_out = f", {len(not_replayed)} more could not be replayed" if not_replayed else ""
    return f"replay: {len(replayed)} sessions, {len(differ)} differ{names}{left_out}"


def totals(replayed: Sequence[Replayed]) -> dict[str, dict[str, int]]:
    """By currency, in minor units: what the records say and what was charged, of those that could be compared."""
    found: dict[str, dict[str, int]] = {}
    for one in replayed:
        if one.charged is not None:
            sums = found.setdefault(one.billed.currency, {"compared": 0, "billed": 0, "charged": 0})
            sums["compared"] += 1
            sums["billed"] += one.billed.minor
            sums["charged"] += one.charged.minor
    return found


def largest(replayed: Sequence[Replayed]) -> list[tuple[str, Money]]:
    """The largest differences, charged less billed, the largest first."""
    off = [(one.session_id, one.difference) for one in replayed if one.difference]
    return sorted(((name, money) for name, money in off if money), key=lambda one: -abs(one[1].minor))[:LARGEST]


def lines(replayed: Sequence[Replayed]) -> Iterator[str]:
    """The totals and the largest differences, for people."""
    for currency, sums in sorted(totals(replayed).items()):
        billed, charged = (Money(minor=sums[name], currency=currency) for name in ("billed", "charged"))
        said = f"billed {billed.major:,f}, charged {charged.major:,f}, {(charged - billed).major:+,f}"
        yield f"{sums['compared']} compared in {currency}: {said}"
    found = largest(replayed)
    if len(replayed) > 1 and found:
        yield "The largest differences:"
        yield from (f"  {name}  {money.major:+,f} {money.currency}" for name, money in found)


def document(replayed: Sequence[Replayed], not_replayed: Sequence[NotReplayed] = ()) -> dict[str, Any]:
    """The replay for scripts; money in minor units, energy in Wh."""
    return {
        "line": line(replayed, not_replayed),
        "sessions": len(replayed),
        "differ": [one.session_id for one in replayed if not one.same],
        "totals": totals(replayed),
        "not_replayed": [{"session_id": one.id, "why": one.said} for one in not_replayed],
        "replayed": [
            {
                "session_id": one.session_id,
                "energy_wh": str(one.energy_wh),
                "currency": one.billed.currency,
                "billed": one.billed.minor,
                "charged": one.charged.minor if one.charged is not None else None,
                "with_vat": one.with_vat,
                "same": one.same,
                "trouble": one.trouble or None,
            }
            for one in replayed
        ],
    }
