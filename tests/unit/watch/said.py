"""Facts of sessions for the tests of what is read off the log, as a ring would have said them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, Literal

from tests.unit.receipts.receipt_facts_made import line

from tapwatt.facts.cards import Card, Fingerprint, FingerprintKind
from tapwatt.facts.events import (
    Authorised,
    Captured,
    CaptureFailed,
    ChargedBack,
    ChargingEnded,
    HoldExpiring,
    HoldReleased,
    Refunded,
    SessionCancelled,
    SessionDisputed,
    SessionPriced,
    SessionStale,
    SettlementDecided,
)
from tapwatt.facts.fields import Hold, MeterPeriod, Place
from tapwatt.facts.reasons import Doubt, EndReason
from tapwatt.facts.stop_reasons import StopReason
from tapwatt.money import Money

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
TARIFF = {"id": "a", "currency": "EUR", "elements": [{"price_components": [{"type": "ENERGY", "price": "0.5"}]}]}


def after(minutes: float) -> datetime:
    return NOON + timedelta(minutes=minutes)


def eur(minor: int) -> Money:
    return Money(minor=minor, currency="EUR")


def place(operator: str = "op", site: str = "site") -> Place:
    return Place(operator_id=operator, site_id=site, terminal_id="T-1", evse_id="E-1")


def hold(minor: int = 5000, days: float = 5) -> Hold:
    return Hold(reference="H-1", amount=eur(minor), authorised_at=NOON, expires_at=NOON + timedelta(days=days))


def authorised(session: str = "1", operator: str = "op", site: str = "site", **changes: Any) -> Authorised:
    given = {
        "session_id": session,
        "place": place(operator, site),
        "hold": hold(),
        "card": Card(fingerprints=(Fingerprint(kind=FingerprintKind.CARD, key_version=1, digest="a" * 64),)),
        "tariff": TARIFF,
        "time_zone": "Europe/Amsterdam",
    }
    return Authorised.model_validate({**given, **changes})


def ended(session: str = "1", operator: str | None = "op") -> ChargingEnded:
    period = MeterPeriod(starts_at=NOON, ends_at=after(30), energy_wh=Decimal(10_000))
    return ChargingEnded(
        operator_id=operator,
        session_id=session,
        reason=StopReason.EV_DISCONNECTED,
        started_at=NOON,
        ended_at=after(30),
        energy_wh=Decimal(10_000),
        periods=(period,),
    )


def cancelled(session: str = "1", operator: str | None = "op") -> SessionCancelled:
    return SessionCancelled(operator_id=operator, session_id=session, reason="driver", cancelled_at=NOON)


def priced(session: str = "1", operator: str = "op", owed: int = 500) -> SessionPriced:
    return SessionPriced(
        session_id=session,
        place=place(operator),
        hold=hold(),
        owed=eur(owed),
        owed_excl_vat=eur(owed),
        lines=(line(owed),),
        energy_wh=Decimal(10_000),
        ended_because=EndReason.EV_DISCONNECTED,
        tariff_id="a",
    )


def captured(session: str = "1", operator: str = "op", taken: int = 500, shortfall: int = 0) -> Captured:
    return Captured(
        session_id=session,
        place=place(operator),
        hold_reference="H-1",
        capture_reference="C-1",
        held=eur(5000),
        taken=eur(taken),
        released=eur(5000 - taken),
        shortfall=eur(shortfall),
    )


def released(session: str = "1", operator: str = "op", waived: int = 0) -> HoldReleased:
    return HoldReleased(
        session_id=session,
        place=place(operator),
        hold_reference="H-1",
        released=eur(5000),
        waived=eur(waived),
        reason="nothing_owed",
    )


def failed(session: str = "1", operator: str = "op", uncollected: int = 500) -> CaptureFailed:
    return CaptureFailed(
        session_id=session,
        place=place(operator),
        hold_reference="H-1",
        uncollected=eur(uncollected),
        reason="expired",
    )


def expiring(session: str = "1", operator: str = "op") -> HoldExpiring:
    return HoldExpiring(session_id=session, place=place(operator), expires_at=hold().expires_at)


def stale(session: str = "1", policy: Literal["release", "person"] = "person") -> SessionStale:
    return SessionStale(session_id=session, place=place(), hold=hold(), deadline=after(600), policy=policy)


def disputed(
    session: str = "1", doubt: Doubt = Doubt.IMPLAUSIBLE_ENERGY, why: str = "too much", stands: int | None = None
) -> SessionDisputed:
    """Before there is a price, unless `stands` says which one stands."""
    return SessionDisputed(
        operator_id="op",
        session_id=session,
        doubt=doubt,
        why=why,
        place=place(),
        hold=hold(),
        stands=None if stands is None else eur(stands),
        settled_by=("operator",),
    )


def decided(session: str = "1", decision: str = "d-1") -> SettlementDecided:
    return SettlementDecided(
        operator_id="op",
        session_id=session,
        decision_id=decision,
        amount=eur(100),
        decided_by="ada",
        decided_at=NOON,
    )


def refunded(session: str = "1", refund: str = "r-1", amount: int = 100) -> Refunded:
    return Refunded(
        operator_id="op", session_id=session, refund_id=refund, refund_reference=f"R-{refund}", amount=eur(amount)
    )


def charged_back(session: str = "1", amount: int = 100) -> ChargedBack:
    return ChargedBack(
        operator_id="op",
        session_id=session,
        capture_reference="C-1",
        chargeback_reference="B-1",
        amount=eur(amount),
    )
