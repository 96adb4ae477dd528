"""What a driver is told before charging: each price with its VAT, in the order of the law, now and later.

Regulation (EU) 2023/1804 (AFIR), article 5(4): at points of 50 kW and more the operator shows, before a session starts,
the price per kWh, then per minute, then per session, then any other component; 5(3) and 5(5) ask the same clearness of
all others. Consumers are shown prices with VAT. Amounts here are exact; `sheet_text` and `sheet_document` say them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import MAXYEAR, MINYEAR, UTC, date, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Literal

from pricing.engine.cannot_price import CannotPrice
from pricing.engine.restriction_bounds import zone_of
from pricing.engine.totals import Rate, rate_of, round_once, tax_unknown
from pricing.sheet.reachable_prices import AHEAD, Activity, Row
from tapwatt.money import Money, Rounding
from tapwatt.tariffs import (
    Dimension,
    DisplayText,
    PriceComponent,
    PriceLimit,
    Restrictions,
    Tariff,
    TariffElement,
    contradiction,
)

_A_UNIT = {Dimension.ENERGY: 1, Dimension.TIME: 60, Dimension.PARKING_TIME: 60, Dimension.FLAT: 1}
"""Units of the price in OCPI (kWh, h, sessions) for one of the sheet (kWh, min, sessions), inverted."""

Holds = Literal["now", "depends", "later"]


@dataclass(frozen=True, slots=True)
class ShownPrice:
    """One price with VAT, exactly, in major units per kWh, minute or session, and when it is charged.

    `when` has what narrows it; `otherwise` says that it gives way to one above it that may hold at the same time.
    `holds` is about a session that starts at the time of the sheet: now, later (or after some energy or time), or it
    depends on what the car takes. `until` (UTC) is when whoever starts would meet another price, on a price that holds
    now and if it is within the week. `element` is the index in the tariff; None where the tariff has no price and so
    takes nothing.
    """

    amount: Fraction
    when: Restrictions
    otherwise: bool
    holds: Holds
    until: datetime | None
    step_size: int
    element: int | None


@dataclass(frozen=True, slots=True)
class Limit:
    """The lowest or highest price of a session with VAT: between these two, by the VAT of what is used."""

    lowest: Money
    highest: Money


@dataclass(frozen=True, slots=True)
class Reservation:
    """What a reservation costs, with VAT."""

    per_minute: tuple[ShownPrice, ...]
    per_session: tuple[ShownPrice, ...]


@dataclass(frozen=True, slots=True)
class PriceSheet:
    """The prices of a tariff for whoever starts at `at` (UTC), in the order in which the law wants them shown.

    All that a session can meet before `until` (UTC) is here. `vat` has the rates that are included, in percent, where
    the tariff names them; `vat_included` is false where no VAT applies, and where prices are before taxes of which the
    tariff says nothing (`taxes_unknown`). Idle time begins `idle_grace_s` seconds after
    energy stops. `hold` is what is reserved on the card at first.
    """

    tariff_id: str
    currency: str
    at: datetime
    until: datetime
    time_zone: str
    vat_included: bool
    taxes_unknown: bool
    vat: tuple[Decimal, ...]
    per_kwh: tuple[ShownPrice, ...]
    per_minute: tuple[ShownPrice, ...]
    per_idle_minute: tuple[ShownPrice, ...]
    idle_grace_s: int
    per_session: tuple[ShownPrice, ...]
    min_price: Limit | None
    max_price: Limit | None
    hold: Money | None
    reservation: Reservation
    reservation_expired: Reservation
    texts: tuple[DisplayText, ...]


def price_sheet(
    tariff: Tariff,
    at: datetime,
    time_zone: str,
    rounding: Rounding = Rounding.HALF_UP,
    *,
    idle_grace_s: int = 0,
) -> PriceSheet:
    """The price sheet at this moment (with its offset) of a charger in this IANA zone.

    CannotPrice if nobody could be billed by the tariff, or if it may not be offered at that moment. `rounding` is that
    of the bill: min_price and max_price limit amounts that are rounded.
    """
    zone = zone_of(time_zone)
    if at.year in (MINYEAR, MAXYEAR):
        raise CannotPrice("the sheet is for the first or the last year of the calendar, so a clock was wrong")
    if wrong := contradiction(tariff):
        raise CannotPrice(wrong)
    if not tariff.valid_at(at):
        raise CannotPrice(f"the tariff {tariff.id!r} is not valid at {at.astimezone(UTC).isoformat()}")

    first, last = (moment.astimezone(zone).date() for moment in (at, at + AHEAD))

    def of(kind: Dimension, reservation: Sequence[str | None] = (None,)) -> tuple[ShownPrice, ...]:
        asked = [one for one in _asked(tariff, kind, reservation) if _within_the_week(one[1], first, last)]
        parked = kind is Dimension.PARKING_TIME
        activity: Activity = "reserved" if None not in reservation else "parked" if parked else "charging"
        row = Row([element.restrictions for _, element, _ in asked], at, zone, activity)
        return _shown(tariff, row, [(index, component) for index, _, component in asked])

    def reserved(*reservation: str) -> Reservation:
        # A reservation can only have TIME and FLAT (OCPI, mod_tariffs, TariffRestrictions).
        return Reservation(of(Dimension.TIME, reservation), of(Dimension.FLAT, reservation))

    expiring = any(_reservation(e) == "RESERVATION_EXPIRES" for e in tariff.elements)
    rates = _rates(tariff)
    unknown = any(tax_unknown(c, tariff.tax_included) for e in tariff.elements for c in e.price_components)
    return PriceSheet(
        tariff_id=tariff.id,
        currency=tariff.currency,
        at=at.astimezone(UTC),
        until=(at + AHEAD).astimezone(UTC),
        time_zone=time_zone,
        vat_included=not unknown and (tariff.tax_included == "YES" or any(rate is not None for rate in rates)),
        taxes_unknown=unknown,
        vat=tuple(sorted({rate for rate in rates if rate is not None})),
        per_kwh=of(Dimension.ENERGY),
        per_minute=of(Dimension.TIME),
        per_idle_minute=of(Dimension.PARKING_TIME),
        idle_grace_s=idle_grace_s,
        per_session=of(Dimension.FLAT),
        min_price=_limit(tariff, tariff.min_price, rates, rounding),
        max_price=_limit(tariff, tariff.max_price, rates, rounding),
        hold=None if tariff.preauthorize_amount is None else Money.of(tariff.preauthorize_amount, tariff.currency),
        reservation=reserved("RESERVATION"),
        reservation_expired=reserved("RESERVATION_EXPIRES", "RESERVATION") if expiring else Reservation((), ()),
        texts=tariff.tariff_alt_text,
    )


def _within_the_week(element: TariffElement, first: date, last: date) -> bool:
    """Whether the dates let it hold on one of these days: what comes later is on a later sheet."""
    given = element.restrictions or Restrictions()
    begun = given.start_date is None or given.start_date <= last
    return begun and (given.end_date is None or given.end_date > first)


def _reservation(element: TariffElement) -> str | None:
    return None if element.restrictions is None else element.restrictions.reservation


def _asked(
    tariff: Tariff, kind: Dimension, reservation: Sequence[str | None]
) -> list[tuple[int, TariffElement, PriceComponent]]:
    """The elements that price this kind, in the order in which they are asked, with the first component that does."""
    found = []
    for wanted in reservation:
        for index, element in enumerate(tariff.elements):
            component = next((c for c in element.price_components if c.type is kind), None)
            if component is not None and _reservation(element) == wanted:
                found.append((index, element, component))
    return found


def _shown(tariff: Tariff, row: Row, asked: Sequence[tuple[int, PriceComponent]]) -> tuple[ShownPrice, ...]:
    if not asked:
        return ()
    once = asked[0][1].type is Dimension.FLAT
    ever, now, until = row.once() if once else row.ever(), row.at_start(0, 1), row.changes_at()
    # A fee that is certain to be charged at the start knows no energy and no time yet.
    starting = once and not row.at_start().none

    def holds(found: bool, alone: bool) -> Holds:
        return "later" if not found else "now" if alone else "depends"

    shown: list[ShownPrice] = []
    for number in sorted(ever.winners):
        index, component = asked[number]
        when = row.narrowed(number, starting=starting)
        held = holds(number in now.winners, len(now.winners) == 1 and not now.none)
        shown.append(
            ShownPrice(
                amount=_with_vat(tariff, component),
                when=when,
                otherwise=bool(shown) and (number in ever.beaten or when == Restrictions()),
                holds=held,
                until=until if held == "now" else None,
                step_size=component.step_size,
                element=index,
            )
        )
    if shown and ever.none:
        held = holds(now.none, not now.winners)
        until = until if held == "now" else None
        shown.append(ShownPrice(Fraction(0), Restrictions(), True, held, until, 0, None))
    return tuple(shown)


def _with_vat(tariff: Tariff, component: PriceComponent) -> Fraction:
    amount = Fraction(component.price) / _A_UNIT[component.type]
    return amount if tariff.tax_included == "YES" else amount * _factor(rate_of(component, tariff.tax_included))


def _factor(rate: Rate) -> Fraction:
    return 1 + Fraction(rate or 0) / 100


def _rates(tariff: Tariff) -> list[Rate]:
    """The rates of VAT on whatever costs something; on everything if nothing does."""
    components = [c for e in tariff.elements for c in e.price_components]
    return [rate_of(c, tariff.tax_included) for c in [c for c in components if c.price] or components]


def _limit(tariff: Tariff, given: PriceLimit | None, rates: Sequence[Rate], rounding: Rounding) -> Limit | None:
    if given is None:
        return None
    if given.after_taxes is not None and tariff.tax_included != "N/A":
        amounts = {Fraction(given.after_taxes)}
    else:
        amounts = {Fraction(given.before_taxes) * _factor(rate) for rate in rates}
    low, high = (round_once(amount, tariff.currency, rounding) for amount in (min(amounts), max(amounts)))
    return Limit(low, high)
