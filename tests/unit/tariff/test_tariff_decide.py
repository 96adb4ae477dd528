"""When a session is priced, by which of its endings, and when it is not."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Literal

import pytest

from tapwatt.errors import Poison
from tapwatt.facts.cards import Card, Fingerprint, FingerprintKind
from tapwatt.facts.events import AuthorisationDeclined, Authorised, ChargingEnded, SessionCancelled
from tapwatt.facts.fields import ChargingPeriod, Hold, Place
from tapwatt.facts.reasons import DeclineReason, EndReason
from tapwatt.money import Money, Rounding, RoundingPolicy
from tapwatt.tariffs import Dimension, PriceComponent, Restrictions, Tariff, TariffElement
from tariff.decide import Session, decide

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
PLACE = Place(operator_id="op", site_id="site", terminal_id="t1", evse_id="e1")
CARD = Card(fingerprints=(Fingerprint(kind=FingerprintKind.CARD, key_version=1, digest="ab" * 32),))
DECLINED = AuthorisationDeclined(session_id="s1", place=PLACE, reason=DeclineReason.PIN_REQUIRED)
CANCELLED = SessionCancelled(operator_id="op", session_id="s1", reason="never_started", cancelled_at=NOON)
HALF_UP = RoundingPolicy()


def authorised(currency: str = "EUR", per_kwh: str = "0.50", restrictions: Restrictions | None = None) -> Authorised:
    """A hold of 60 under a price for a kilowatt-hour."""
    price = PriceComponent(type=Dimension.ENERGY, price=Decimal(per_kwh))
    element = TariffElement(price_components=(price,), restrictions=restrictions)
    return Authorised(
        session_id="s1",
        place=PLACE,
        hold=Hold(
            reference="h1", amount=Money.of("60", currency), authorised_at=NOON, expires_at=NOON + timedelta(days=2)
        ),
        card=CARD,
        tariff=Tariff(id="day", currency=currency, elements=(element,)),
        time_zone="Europe/Amsterdam",
    )


def ended(energy_wh: int = 10_000, hours: int = 1) -> ChargingEnded:
    """A car that charged, and the cable was pulled."""
    later = NOON + timedelta(hours=hours)
    period = ChargingPeriod(starts_at=NOON, ends_at=later, energy_wh=Decimal(energy_wh))
    return ChargingEnded(
        operator_id="op",
        session_id="s1",
        reason=EndReason.EV_DISCONNECTED,
        started_at=NOON,
        ended_at=later,
        energy_wh=Decimal(energy_wh),
        periods=(period,),
    )


@pytest.mark.parametrize(
    "session",
    [
        Session(),
        Session(began=authorised()),
        Session(began=DECLINED),
        Session(ended=ended()),
        Session(ended=CANCELLED),
        Session(began=DECLINED, ended=CANCELLED),
    ],
)
def test_s13_nothing_is_priced_while_half_of_a_session_is_unknown_or_nothing_is_held(session: Session) -> None:
    assert decide(session, HALF_UP) is None


def test_s15_a_session_that_ended_is_priced_against_its_hold() -> None:
    said = decide(Session(authorised(), ended()), HALF_UP)
    assert said is not None
    assert said.owed == Money.of("5.00", "EUR")
    assert said.hold == authorised().hold
    assert said.ended_because is EndReason.EV_DISCONNECTED
    assert said.tariff_id == "day"
    assert said.energy_wh == 10_000


def test_s13_a_cancelled_session_owes_nothing() -> None:
    said = decide(Session(authorised(), CANCELLED), HALF_UP)
    assert said is not None
    assert said.owed == Money.zero("EUR")
    assert said.lines == ()
    assert said.ended_because is EndReason.CANCELLED


def test_s19_a_session_without_energy_owes_nothing() -> None:
    said = decide(Session(authorised(), ended(0)), HALF_UP)
    assert said is not None
    assert said.owed == Money.zero("EUR")


def test_s23_the_final_amount_is_rounded_as_the_operator_has_set_it() -> None:
    session = Session(authorised(per_kwh="0.333"), ended(5))  # 0.001665 EUR
    down = decide(session, RoundingPolicy(Rounding.UP, {"EUR": Rounding.DOWN}))
    up = decide(session, RoundingPolicy(Rounding.UP, {"JPY": Rounding.DOWN}))
    assert down is not None
    assert up is not None
    assert (down.owed.minor, up.owed.minor) == (0, 1)
    # and the bill says how
    assert (down.rounding, up.rounding) == (Rounding.DOWN, Rounding.UP)


def parked(minutes: int, activity: Literal["parked", "reserved"], reason: EndReason) -> ChargingEnded:
    """So many minutes at the charger, or before it, without a watt-hour."""
    later = NOON + timedelta(minutes=minutes)
    return ChargingEnded(
        operator_id="op",
        session_id="s1",
        reason=reason,
        started_at=NOON,
        ended_at=later,
        energy_wh=Decimal(0),
        periods=(ChargingPeriod(starts_at=NOON, ends_at=later, activity=activity),),
    )


def under(grace_s: int = 0, **priced: tuple[str, str | None]) -> Authorised:
    """A hold under hourly prices: dimension=(price, reservation)."""
    elements = tuple(
        TariffElement(
            price_components=(PriceComponent(type=Dimension(dimension), price=Decimal(price), step_size=0),),
            restrictions=Restrictions.model_validate({"reservation": kind}) if kind else None,
        )
        for dimension, (price, kind) in priced.items()
    )
    tariff = Tariff(id="day", currency="EUR", elements=elements)
    return authorised().model_copy(update={"tariff": tariff, "idle_grace_s": grace_s, "tariff_version": "7"})


def test_s23_the_grace_that_was_agreed_is_not_charged() -> None:
    # 60 minutes parked at 6.00 an hour, the first 10 of them free: 5.00
    began = under(grace_s=600, PARKING_TIME=("6", None))
    said = decide(Session(began, parked(60, "parked", EndReason.EV_DISCONNECTED)), HALF_UP)
    assert said is not None
    assert said.owed == Money.of("5.00", "EUR")
    assert "10 min of grace not charged" in said.lines[0].why


@pytest.mark.parametrize(("reason", "owed"), [(EndReason.RESERVATION_EXPIRED, "9.00"), (EndReason.OPERATOR, "3.00")])
def test_s23_a_reservation_that_expired_costs_what_the_tariff_says_of_that(reason: EndReason, owed: str) -> None:
    # 90 minutes at 6.00 an hour where nobody came, at 2.00 where somebody called it off
    began = under(TIME=("2", "RESERVATION"))
    expires = under(TIME=("6", "RESERVATION_EXPIRES")).tariff.elements
    tariff = began.tariff.model_copy(update={"elements": (*began.tariff.elements, *expires)})
    session = Session(began.model_copy(update={"tariff": tariff}), parked(90, "reserved", reason))
    said = decide(session, HALF_UP)
    assert said is not None
    assert said.owed == Money.of(owed, "EUR")


def test_a_price_says_under_which_terms_it_was_made_and_what_tax_is_in_it() -> None:
    said = decide(Session(under(PARKING_TIME=("6", None)), parked(60, "parked", EndReason.LIMIT)), HALF_UP)
    assert said is not None
    assert (said.tariff_id, said.tariff_version, said.time_zone) == ("day", "7", "Europe/Amsterdam")
    assert (said.started_at, said.ended_at) == (NOON, NOON + timedelta(hours=1))
    assert [(share.percent, share.incl_vat) for share in said.vat] == [(None, Money.of("6.00", "EUR"))]


@pytest.mark.parametrize(("currency", "minor"), [("JPY", 5), ("EUR", 500), ("KWD", 5000)])
def test_s24_the_price_has_the_decimals_of_its_currency(currency: str, minor: int) -> None:
    said = decide(Session(authorised(currency), ended()), HALF_UP)
    assert said is not None
    assert said.owed == Money(minor=minor, currency=currency)


def test_a_car_that_charged_without_a_hold_is_dead_lettered_with_its_reason() -> None:
    with pytest.raises(Poison, match=r"declined .* and yet it charged 10000 Wh"):
        decide(Session(DECLINED, ended()), HALF_UP)


def test_s17_a_session_without_an_honest_price_is_dead_lettered_and_never_priced_at_zero() -> None:
    # Given a meter whose clock was wrong, so that the session lasted more than three months
    session = Session(authorised(), ended(hours=24 * 101))
    with pytest.raises(Poison, match="no price under tariff day"):
        decide(session, HALF_UP)
