"""The verdict: what drivers truly did against the provider's own books, whatever any event of ours says."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from tests.chaos.traffic import Lived

PRICE_A_KWH = Decimal("0.39") * Decimal("1.21")
"""The street tariff's energy with its VAT, computed here by itself: a bill of ours that is wrong is no excuse."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """Sessions by what is wrong with them, each in a sentence; `open_with_a_reason` are lapsed holds that were said."""

    lost: tuple[str, ...]
    twice: tuple[str, ...]
    above: tuple[str, ...]
    wrong: tuple[str, ...]

    @property
    def clean(self) -> bool:
        """Whether nothing is wrong."""
        return not (self.lost or self.twice or self.above or self.wrong)

    @property
    def line(self) -> str:
        """The line that people and scripts look for."""
        counts = ((self.lost, "lost"), (self.twice, "twice"), (self.above, "above the hold"), (self.wrong, "wrong"))
        return "ledger: " + ", ".join(f"{len(found)} {name}" for found, name in counts)


def owed_minor(energy_wh: int) -> int:
    """What so much energy costs on the street, in cents."""
    exact = Decimal(energy_wh) * PRICE_A_KWH / 10
    return int(exact.quantize(Decimal(1), ROUND_HALF_UP))


def judge(lived: Iterable[Lived], ledger: Any) -> Verdict:
    """Each session against what the provider holds, took and let go under its order reference. Amounts in cents.

    A driver who charged has paid what the energy costs and no more than was held; nobody else has paid anything; and
    nothing is held any more.
    """
    holds: dict[str, list[Any]] = defaultdict(list)
    captures: dict[str, int] = defaultdict(int)
    for one in ledger["authorisations"]:
        if one["authorised"]:
            holds[one["order_reference"]].append(one)
    for one in ledger["journal"]:
        captures[one["hold"]] += one["kind"] == "capture"
    found: dict[str, list[str]] = {"lost": [], "twice": [], "above": [], "wrong": []}
    for session in lived:
        _session(session, holds.pop(session.order, []), captures, found)
    for order, strangers in holds.items():
        found["wrong"].append(f"{order}: {len(strangers)} holds of a session that nobody began")
    return Verdict(*(tuple(found[name]) for name in ("lost", "twice", "above", "wrong")))


def _session(one: Lived, holds: Collection[Any], captures: dict[str, int], found: dict[str, list[str]]) -> None:
    taken = sum(hold["captured"] for hold in holds)
    standing = [hold for hold in holds if hold["captured"] or hold["open"]]
    owed = owed_minor(one.energy_wh)
    if len(standing) > 1 or any(captures[hold["reference"]] > 1 for hold in holds):
        found["twice"].append(f"{one.order}: {len(standing)} holds were used, {taken} cents taken")
    if any(hold["captured"] > hold["authorised"] for hold in holds):
        found["above"].append(f"{one.order}: {taken} cents taken of less")
    if any(hold["open"] for hold in holds):
        found["lost"].append(f"{one.order}: a hold still stands ({one.answer}, {one.outcome or one.trouble})")
    elif one.energy_wh and not taken:
        found["lost"].append(f"{one.order}: {owed} cents are owed and nothing was taken ({one.outcome})")
    elif taken != min(owed, sum(hold["authorised"] for hold in standing)):
        found["wrong"].append(f"{one.order}: {owed} cents are owed and {taken} were taken")
