"""Makes the receipt of a session from its price and from what became of the money held for it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from decimal import Decimal
from typing import Literal

from receipts.receipt import LocalMoment, Merchant, Receipt, ReceiptLine
from tapwatt.errors import TapwattError
from tapwatt.facts.bill import PriceLine, VatShare
from tapwatt.facts.events import Captured, HoldReleased, SessionPriced
from tapwatt.money import Money

UTC = "UTC"
LARGEST, FINEST = 10**12, -30
"""No quantity, price or rate on a bill comes near this number, or has an exponent below that one."""


class NoReceipt(TapwattError):
    """These facts make no receipt: they are not of one session, or their amounts do not agree."""


def make_receipt(
    priced: SessionPriced,
    settled: Captured | HoldReleased,
    merchant: Merchant | None = None,
    *,
    said_at: datetime | None = None,
) -> Receipt:
    """The receipt. It is issued when the money was taken, or at `said_at` (UTC) if the settlement does not say when.

    NoReceipt, in one sentence, if the two are not of one session or an amount in them does not agree with another.
    """
    for wrong in _not_of_one_session(priced, settled):
        raise NoReceipt(f"session {priced.session_id} has no receipt: {wrong}")
    taken, released, not_charged = _moved(settled)
    captured = settled if isinstance(settled, Captured) else None
    vat = priced.vat or tuple(_vat_of(priced.lines))
    for wrong in _disagreements(priced, settled, vat):
        raise NoReceipt(f"session {priced.session_id} has no receipt: {wrong}")
    issued_at = captured.captured_at if captured is not None and captured.captured_at is not None else said_at
    zone = priced.time_zone or UTC
    return Receipt(
        session_id=priced.session_id,
        merchant=merchant,
        operator_id=priced.place.operator_id,
        site_id=priced.place.site_id,
        evse_id=priced.place.evse_id,
        started_at=_local(priced.started_at, zone),
        ended_at=_local(priced.ended_at, zone),
        energy_kwh=priced.energy_wh.scaleb(-3),
        lines=tuple(_line(line) for line in priced.lines),
        vat=vat,
        owed=priced.owed,
        held=priced.hold.amount,
        taken=taken,
        released=released,
        not_charged=not_charged,
        taken_too_much=_too_much(settled),
        card=captured.card if captured is not None else None,
        capture_reference=captured.capture_reference if captured is not None else None,
        tariff_id=priced.tariff_id,
        tariff_version=priced.tariff_version,
        issued_at=_local(issued_at, zone),
        signed_data=priced.signed_data,
    )


def _moved(settled: Captured | HoldReleased) -> tuple[Money, Money, Money]:
    """What was taken, let go, and not charged though it was owed."""
    match settled:
        case Captured():
            return settled.taken, settled.released, settled.shortfall
        case HoldReleased():
            return Money.zero(settled.released.currency), settled.released, settled.waived


def _too_much(settled: Captured | HoldReleased) -> Money | None:
    overcharge = settled.overcharge if isinstance(settled, Captured) else None
    return overcharge or None


def _not_of_one_session(priced: SessionPriced, settled: Captured | HoldReleased) -> Iterator[str]:
    pairs = (
        ("session", priced.session_id, settled.session_id),
        ("hold", priced.hold.reference, settled.hold_reference),
        ("place", priced.place, settled.place),
    )
    for what, ours, theirs in pairs:
        if ours != theirs:
            yield f"{settled.name} is of another {what} than its price; give both facts of one session"


def _disagreements(priced: SessionPriced, settled: Captured | HoldReleased, vat: tuple[VatShare, ...]) -> Iterator[str]:
    taken, released, not_charged = _moved(settled)
    held = settled.held if isinstance(settled, Captured) else settled.released
    amounts = [priced.owed_excl_vat, held, taken, released, not_charged]
    amounts += [one for share in vat for one in (share.excl_vat, share.vat, share.incl_vat)]
    if currencies := {one.currency for one in amounts} - {priced.owed.currency}:
        yield f"{priced.owed} is owed, and other amounts are in {', '.join(sorted(currencies))}"
        return
    if held != priced.hold.amount:
        yield f"the price knows of {priced.hold.amount} held and {settled.name} of {held}"
    too_much = _too_much(settled)
    if taken + not_charged != (priced.owed + too_much if too_much is not None else priced.owed):
        yield f"{priced.owed} is owed, and what was taken ({taken}) and not charged ({not_charged}) is not that"
    yield from _wrong_vat(priced, vat)
    for position, line in enumerate(priced.lines, start=1):
        if not all(_measured(one) for one in (line.quantity, line.unit_price, line.vat_percent or Decimal(0))):
            yield f"the quantity, price or VAT of line {position} is none that a session could have"


def _measured(number: Decimal) -> bool:
    return abs(number) < LARGEST and int(number.as_tuple().exponent) >= FINEST


def _wrong_vat(priced: SessionPriced, vat: tuple[VatShare, ...]) -> Iterator[str]:
    if any(share.excl_vat + share.vat != share.incl_vat for share in vat):
        yield "in its VAT summary, an amount without VAT and its VAT are not the amount with VAT"
    incl = sum(share.incl_vat.minor for share in vat)
    excl = sum(share.excl_vat.minor for share in vat)
    if (excl, incl) != (priced.owed_excl_vat.minor, priced.owed.minor):
        currency = priced.owed.currency
        found = f"{Money(minor=excl, currency=currency)} without and {Money(minor=incl, currency=currency)} with VAT"
        yield f"{priced.owed_excl_vat} without and {priced.owed} with VAT is owed, and by rates of VAT it is {found}"


def _vat_of(lines: Iterable[PriceLine]) -> Iterator[VatShare]:
    """The VAT by rate as the lines say it, for a price that has no summary of its own."""
    by_rate: dict[Decimal | None, list[PriceLine]] = {}
    for line in lines:
        by_rate.setdefault(line.vat_percent, []).append(line)
    for rate, those in by_rate.items():
        excl = sum((line.excl_vat for line in those[1:]), those[0].excl_vat)
        incl = sum((line.incl_vat for line in those[1:]), those[0].incl_vat)
        yield VatShare(percent=rate, excl_vat=excl, vat=incl - excl, incl_vat=incl)


def _line(line: PriceLine) -> ReceiptLine:
    return ReceiptLine(
        what=line.dimension,
        quantity=line.quantity,
        unit=line.unit,
        unit_price=line.unit_price,
        price_is=_price_is(line),
        vat_percent=line.vat_percent,
        excl_vat=line.excl_vat,
        incl_vat=line.incl_vat,
        why=line.why,
        terms=line.terms,
    )


def _price_is(line: PriceLine) -> Literal["with_vat", "without_vat"] | None:
    """As the bill says it; else whether quantity and unit price come nearer to the amount with VAT or without."""
    if line.vat_percent is not None and line.terms is not None and line.terms.prices_include_vat is not None:
        return "with_vat" if line.terms.prices_include_vat else "without_vat"
    if line.excl_vat == line.incl_vat:
        return None
    amount = line.quantity * line.unit_price
    with_vat, without_vat = abs(amount - line.incl_vat.major), abs(amount - line.excl_vat.major)
    if with_vat == without_vat:
        return None
    return "with_vat" if with_vat < without_vat else "without_vat"


def _local(moment: datetime | None, zone: str) -> LocalMoment | None:
    return None if moment is None else LocalMoment.at(moment, zone)
