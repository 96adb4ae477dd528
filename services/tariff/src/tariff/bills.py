"""What a session owes by each kind of word: by its tariff, nothing, or what a person has decided."""

from __future__ import annotations

from decimal import Decimal

from pricing.engine.cannot_price import CannotPrice
from pricing.engine.price import price
from pricing.engine.totals import rates_of, tax_unknown
from pricing.engine.vat_in_it import vat_in
from tapwatt.facts.bill import LineTerms, PriceLine, VatShare
from tapwatt.facts.events import Authorised, SessionPriced, SettlementDecided
from tapwatt.facts.reasons import EndReason
from tapwatt.money import Money, RoundingPolicy
from tariff.reading import Reading

__all__ = ["CannotPrice", "by_tariff", "decided", "nothing_owed"]


def nothing_owed(authorised: Authorised, because: EndReason) -> SessionPriced:
    """A session of which nothing is owed: its hold is let go."""
    zero = Money.zero(authorised.hold.amount.currency)
    return SessionPriced(
        session_id=authorised.session_id,
        place=authorised.place,
        hold=authorised.hold,
        owed=zero,
        owed_excl_vat=zero,
        energy_wh=Decimal(0),
        ended_because=because,
        tariff_id=authorised.tariff.id,
        tariff_version=authorised.tariff_version,
        time_zone=authorised.time_zone,
    )


def by_tariff(authorised: Authorised, reading: Reading, rounding: RoundingPolicy) -> SessionPriced:
    """What a charger's word owes by the tariff that the driver was shown. CannotPrice where it has no honest price."""
    rounded = rounding.of(authorised.tariff.currency)
    bill = price(
        authorised.tariff,
        reading.periods,
        authorised.time_zone,
        rounded,
        idle_grace_s=authorised.idle_grace_s,
        reservation_expired=reading.expired,
    )
    return SessionPriced(
        session_id=authorised.session_id,
        place=authorised.place,
        hold=authorised.hold,
        owed=bill.incl_vat,
        owed_excl_vat=bill.taxable,
        total_excl_vat=bill.excl_vat,
        energy_wh=reading.energy_wh,
        ended_because=reading.reason,
        tariff_id=authorised.tariff.id,
        tariff_version=authorised.tariff_version,
        started_at=reading.started_at,
        ended_at=reading.ended_at,
        time_zone=authorised.time_zone,
        lines=bill.lines,
        vat=bill.vat,
        rounding=rounded,
        notes=(*_of_taxes(authorised), *reading.notes)[:50],
        signed_data=reading.signed_data,
    )


def _of_taxes(authorised: Authorised) -> tuple[str, ...]:
    tariff = authorised.tariff
    components = (component for element in tariff.elements for component in element.price_components)
    unknown = any(tax_unknown(component, tariff.tax_included) for component in components)
    return ("the tariff's prices are before taxes and it does not say which: none is in this price",) if unknown else ()


def decided(authorised: Authorised, decision: SettlementDecided) -> SessionPriced:
    """What a person decided, as one line with the tariff's VAT where it has one rate, else without saying any."""
    nothing = nothing_owed(authorised, EndReason.SETTLED)
    why = f"settled by {decision.decided_by}" + (f": {decision.reason}" if decision.reason else "")
    owed = decision.amount
    if not owed:
        return nothing.model_copy(update={"notes": (why[:500],)})
    rates = rates_of(authorised.tariff)
    rate = rates[0] if len(rates) == 1 else None
    vat = vat_in(owed, rate)
    excl = owed - vat
    line = PriceLine(
        dimension="ADJUSTMENT",
        quantity=Decimal(1),
        unit="session",
        unit_price=excl.major,
        vat_percent=rate,
        excl_vat=excl,
        incl_vat=owed,
        why=why[:500],
        terms=LineTerms(settled=True),
    )
    return nothing.model_copy(
        update={
            "owed": owed,
            "owed_excl_vat": excl,
            "lines": (line,),
            "vat": (VatShare(percent=rate, excl_vat=excl, vat=vat, incl_vat=owed),),
            "notes": (why[:500],),
        }
    )
