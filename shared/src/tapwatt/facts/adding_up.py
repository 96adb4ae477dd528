"""What must add up within one fact: the lines of a bill, what became of a hold, and money that goes back."""

from __future__ import annotations

from collections.abc import Sequence

from tapwatt.facts.bill import PriceLine, VatShare
from tapwatt.money import Money


def bill_adds_up(owed: Money, held_in: str, lines: Sequence[PriceLine], vat: Sequence[VatShare]) -> None:
    """What is owed is in the hold's currency and is the sum of the lines, and of the VAT summary. ValueError if not."""
    if owed.currency != held_in:
        raise ValueError(f"{owed} is owed against a hold in {held_in}")
    if sum(line.incl_vat.minor for line in lines) != owed.minor:
        raise ValueError(f"the lines do not add up to {owed}")
    if vat and sum(share.incl_vat.minor for share in vat) != owed.minor:
        raise ValueError(f"the VAT summary does not add up to {owed}")


def settlement_adds_up(
    held: Money, taken: Money, released: Money, shortfall: Money, owed: Money | None, overcharge: Money | None
) -> None:
    """held = taken + released; owed + overcharge = taken + shortfall. ValueError says what does not."""
    if taken + released != held:
        raise ValueError(f"{taken} taken and {released} let go are not the {held} that were held")
    if owed is None:
        return
    too_much = overcharge or Money.zero(owed.currency)
    if owed + too_much != taken + shortfall:
        raise ValueError(f"{taken} taken and {shortfall} short are not the {owed} owed and {too_much} too much")


def money_back_adds_up(amount: Money, taken: Money | None, refunded_in_all: Money | None) -> None:
    """amount <= refunded in all <= taken. ValueError says what is not so."""
    if refunded_in_all is not None and refunded_in_all < amount:
        raise ValueError(f"{amount} were given back and only {refunded_in_all} in all")
    if taken is not None and refunded_in_all is not None and taken < refunded_in_all:
        raise ValueError(f"{refunded_in_all} were given back in all, more than the {taken} that were taken")
