"""Tariffs and periods in few words, for the tests of the price."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from pricing.engine.price import Price, price
from tapwatt.facts.fields import ChargingPeriod
from tapwatt.tariffs import Tariff

AMSTERDAM = "Europe/Amsterdam"
NINE = datetime.fromisoformat("2026-03-02T08:00:00Z")
"""A Monday, 09:00 in Amsterdam."""


def tariff(*elements: dict[str, Any], currency: str = "EUR", **rest: Any) -> Tariff:
    return Tariff.model_validate({"id": "T", "currency": currency, "elements": elements, **rest})


def element(*components: tuple[Any, ...], **restrictions: Any) -> dict[str, Any]:
    """An element of components (type, price, VAT or None, step) that holds under these restrictions."""
    fields = ("type", "price", "vat", "step_size")
    priced = [dict(zip(fields, c, strict=False)) for c in components]
    return {"price_components": priced, "restrictions": restrictions or None}


def period(from_minute: int | str, to_minute: int | str, wh: str = "0", activity: str = "charging") -> ChargingPeriod:
    """A period from and to so many minutes after nine."""
    begins, ends = (NINE + timedelta(seconds=int(Decimal(minute) * 60)) for minute in (from_minute, to_minute))
    return ChargingPeriod.model_validate(
        {"starts_at": begins, "ends_at": ends, "energy_wh": Decimal(wh), "activity": activity}
    )


def parked(from_minute: int | str, to_minute: int | str, wh: str = "0") -> ChargingPeriod:
    return period(from_minute, to_minute, wh, "parked")


def reserved(from_minute: int | str, to_minute: int | str) -> ChargingPeriod:
    return period(from_minute, to_minute, "0", "reserved")


def billed(what: Tariff, *periods: ChargingPeriod, **said: Any) -> Price:
    """The bill of these periods in Amsterdam. Whatever it is, its lines and its VAT add up, in all and by rate."""
    bill = price(what, periods, AMSTERDAM, **said)
    assert sum(line.excl_vat.minor for line in bill.lines) == bill.taxable.minor
    assert sum(line.incl_vat.minor for line in bill.lines) == bill.incl_vat.minor
    assert sum(share.excl_vat.minor for share in bill.vat) == bill.taxable.minor
    assert sum(share.incl_vat.minor for share in bill.vat) == bill.incl_vat.minor
    for share in bill.vat:
        of_it = [line for line in bill.lines if line.vat_percent == share.percent]
        assert sum(line.excl_vat.minor for line in of_it) == share.excl_vat.minor
        assert sum(line.incl_vat.minor for line in of_it) == share.incl_vat.minor
        assert share.excl_vat.minor + share.vat.minor == share.incl_vat.minor
    return bill


def cost(what: Tariff, *periods: ChargingPeriod, **said: Any) -> tuple[int, int]:
    """The totals in minor units, before and after VAT."""
    bill = billed(what, *periods, **said)
    return bill.excl_vat.minor, bill.incl_vat.minor


def lines(bill: Price) -> list[tuple[str, int, int]]:
    """Dimension and amounts of each line, in minor units."""
    return [(str(line.dimension), line.excl_vat.minor, line.incl_vat.minor) for line in bill.lines]


def vat(bill: Price) -> list[tuple[str | None, int, int, int]]:
    """Rate, amount before VAT, VAT and amount after it, for each rate."""
    return [
        (None if s.percent is None else str(s.percent), s.excl_vat.minor, s.vat.minor, s.incl_vat.minor)
        for s in bill.vat
    ]
