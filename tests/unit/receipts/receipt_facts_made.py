"""Prices and settlements for the tests of receipts, as a ring would have said them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from tapwatt.facts.bill import CardSlip, PriceLine, VatShare
from tapwatt.facts.events import Captured, HoldReleased, SessionPriced
from tapwatt.facts.fields import Hold, Place
from tapwatt.facts.reasons import EndReason
from tapwatt.money import Money

MORNING = datetime(2026, 3, 29, 0, 30, tzinfo=UTC)
PLACE = Place(operator_id="NL-TWT", site_id="utrecht-1", terminal_id="T-17", evse_id="NL*TWT*E17*1")
SLIP = CardSlip(
    brand="Mastercard",
    masked_pan="************1234",
    entry_mode="CONTACTLESS",
    acquirer="EXAMPLE",
    response_code="00",
    lines=("DEBIT MASTERCARD", "Card: ************1234", "AID: A0000000041010", "APPROVED"),
)


def money(minor: int, currency: str = "EUR") -> Money:
    return Money(minor=minor, currency=currency)


def line(incl: int, excl: int | None = None, currency: str = "EUR", **changes: Any) -> PriceLine:
    """A line of energy, unless told otherwise; without VAT if both amounts are the same."""
    given: dict[str, Any] = {
        "dimension": "ENERGY",
        "quantity": Decimal("12.346"),
        "unit": "kWh",
        "unit_price": Decimal("0.45"),
        "vat_percent": None if excl is None else Decimal(21),
        "excl_vat": money(incl if excl is None else excl, currency),
        "incl_vat": money(incl, currency),
        "why": "element 1 of 1: no restrictions; the first that prices energy",
    }
    return PriceLine(**{**given, **changes})


# 12.346 kWh x 0.45 = 5.5557 -> 5.56 without and 6.72 with 21 % VAT; a fee of 0.50 without VAT
TWO_LINES = (
    line(672, 556),
    line(50, dimension="FLAT", quantity=Decimal(1), unit="session", unit_price=Decimal("0.50"), why=""),
)


def priced(
    lines: Sequence[PriceLine] = TWO_LINES, held: int = 5000, vat: Sequence[VatShare] = (), **changes: Any
) -> SessionPriced:
    """A session at night, over the hour in which the clocks go forward in Amsterdam."""
    currency = lines[0].incl_vat.currency if lines else "EUR"
    given: dict[str, Any] = {
        "session_id": "s-1",
        "place": PLACE,
        "hold": Hold(
            reference="H-1",
            amount=money(held, currency),
            authorised_at=MORNING - timedelta(minutes=1),
            expires_at=MORNING + timedelta(days=2),
        ),
        "owed": money(sum(one.incl_vat.minor for one in lines), currency),
        "owed_excl_vat": money(sum(one.excl_vat.minor for one in lines), currency),
        "energy_wh": Decimal("12345.6789") if lines else Decimal(0),
        "ended_because": EndReason.TOKEN_MATCHED,
        "tariff_id": "day-and-night",
        "tariff_version": "2026-03",
        "started_at": MORNING,
        "ended_at": MORNING + timedelta(hours=1),
        "time_zone": "Europe/Amsterdam",
        "lines": tuple(lines),
        "vat": tuple(vat),
    }
    return SessionPriced(**{**given, **changes})


def captured(price: SessionPriced, **changes: Any) -> Captured:
    """What is owed was taken, as far as the hold goes."""
    taken = min(price.owed, price.hold.amount)
    given: dict[str, Any] = {
        "session_id": price.session_id,
        "place": price.place,
        "hold_reference": price.hold.reference,
        "capture_reference": "C-2",
        "held": price.hold.amount,
        "taken": taken,
        "released": price.hold.amount - taken,
        "shortfall": price.owed - taken,
        "captured_at": MORNING + timedelta(hours=1, seconds=5),
        "card": SLIP,
    }
    return Captured(**{**given, **changes})


def released(price: SessionPriced, **changes: Any) -> HoldReleased:
    """The whole hold was let go."""
    given: dict[str, Any] = {
        "session_id": price.session_id,
        "place": price.place,
        "hold_reference": price.hold.reference,
        "released": price.hold.amount,
        "waived": price.owed,
        "reason": "below_minimum" if price.owed else "nothing_owed",
    }
    return HoldReleased(**{**given, **changes})
