"""When a session is priced, by which of its endings, and when it is not."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Literal

import pytest

from tapwatt.facts.cards import Card, Fingerprint, FingerprintKind
from tapwatt.facts.events import (
    AuthorisationDeclined,
    Authorised,
    ChargingEnded,
    SessionCancelled,
    SessionPriced,
    SettlementDecided,
)
from tapwatt.facts.fields import ChargingPeriod, Hold, Measured, Place
from tapwatt.facts.reasons import DeclineReason, Doubt, EndReason
from tapwatt.facts.signed_data import SignedData, SignedValue
from tapwatt.money import Money, Rounding, RoundingPolicy
from tapwatt.tariffs import Dimension, PriceComponent, Restrictions, Tariff, TariffElement
from tariff.decide import Rules, Verdict, decide, refused
from tariff.reading import read
from tariff.settings import TariffSettings
from tariff.words import Ended, Session, Word

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
PLACE = Place(operator_id="op", site_id="site", terminal_id="t1", evse_id="e1")
CARD = Card(fingerprints=(Fingerprint(kind=FingerprintKind.CARD, key_version=1, digest="ab" * 32),))
DECLINED = AuthorisationDeclined(session_id="s1", place=PLACE, reason=DeclineReason.PIN_REQUIRED)
CANCELLED = SessionCancelled(operator_id="op", session_id="s1", reason="never_started", cancelled_at=NOON)
RULES = Rules(RoundingPolicy(), TariffSettings().at(PLACE).limits)


def authorised(currency: str = "EUR", per_kwh: str = "0.50", restrictions: Restrictions | None = None) -> Authorised:
    """A hold of 60 under a price for a kilowatt-hour."""
    per_unit = PriceComponent(type=Dimension.ENERGY, price=Decimal(per_kwh))
    element = TariffElement(price_components=(per_unit,), restrictions=restrictions)
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


def word(said: ChargingEnded | SessionCancelled | SettlementDecided, name: str = "w", **more: bool) -> Word:
    """A word as it is kept, heard an hour after noon at the earliest."""
    if isinstance(said, ChargingEnded):
        return Word(name, Ended(read(said), max(NOON + timedelta(hours=1), said.ended_at)), **more)
    return Word(name, said, **more)


def price(session: Session, rules: Rules = RULES) -> SessionPriced:
    """The price that is decided."""
    verdict = decide(session, rules)
    assert verdict.price is not None
    assert verdict.disputes == ()
    return verdict.price[1]


@pytest.mark.parametrize(
    "session",
    [
        Session(),
        Session(began=authorised()),
        Session(began=DECLINED),
        Session(words=(word(ended()),)),
        Session(words=(word(CANCELLED),)),
        Session(DECLINED, (word(CANCELLED),)),
    ],
)
def test_s13_nothing_is_said_while_half_of_a_session_is_unknown_or_nothing_is_held(session: Session) -> None:
    assert decide(session, RULES) == Verdict()


def test_s15_a_session_that_ended_is_priced_against_its_hold() -> None:
    said = price(Session(authorised(), (word(ended()),)))
    assert said.owed == Money.of("5.00", "EUR")
    assert said.hold == authorised().hold
    assert said.ended_because is EndReason.EV_DISCONNECTED
    assert said.tariff_id == "day"
    assert said.energy_wh == 10_000
    assert said.notes == ()


def test_s13_a_cancelled_session_owes_nothing() -> None:
    said = price(Session(authorised(), (word(CANCELLED),)))
    assert said.owed == Money.zero("EUR")
    assert said.lines == ()
    assert said.ended_because is EndReason.CANCELLED


def test_s19_a_session_without_energy_owes_nothing() -> None:
    said = price(Session(authorised(), (word(ended(0)),)))
    assert said.owed == Money.zero("EUR")


def test_s23_the_final_amount_is_rounded_as_the_operator_has_set_it() -> None:
    session = Session(authorised(per_kwh="0.333"), (word(ended(5)),))  # 0.001665 EUR
    down = price(session, replace(RULES, rounding=RoundingPolicy(Rounding.UP, {"EUR": Rounding.DOWN})))
    up = price(session, replace(RULES, rounding=RoundingPolicy(Rounding.UP, {"JPY": Rounding.DOWN})))
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
    said = price(Session(began, (word(parked(60, "parked", EndReason.EV_DISCONNECTED)),)))
    assert said.owed == Money.of("5.00", "EUR")
    assert "10 min of grace not charged" in said.lines[0].why


@pytest.mark.parametrize(("reason", "owed"), [(EndReason.RESERVATION_EXPIRED, "9.00"), (EndReason.OPERATOR, "3.00")])
def test_s23_a_reservation_that_expired_costs_what_the_tariff_says_of_that(reason: EndReason, owed: str) -> None:
    # 90 minutes at 6.00 an hour where nobody came, at 2.00 where somebody called it off
    began = under(TIME=("2", "RESERVATION"))
    expires = under(TIME=("6", "RESERVATION_EXPIRES")).tariff.elements
    tariff = began.tariff.model_copy(update={"elements": (*began.tariff.elements, *expires)})
    session = Session(began.model_copy(update={"tariff": tariff}), (word(parked(90, "reserved", reason)),))
    said = price(session)
    assert said.owed == Money.of(owed, "EUR")


def test_a_price_says_under_which_terms_it_was_made_and_what_tax_is_in_it() -> None:
    said = price(Session(under(PARKING_TIME=("6", None)), (word(parked(60, "parked", EndReason.LIMIT)),)))
    assert (said.tariff_id, said.tariff_version, said.time_zone) == ("day", "7", "Europe/Amsterdam")
    assert (said.started_at, said.ended_at) == (NOON, NOON + timedelta(hours=1))
    assert [(share.percent, share.incl_vat) for share in said.vat] == [(None, Money.of("6.00", "EUR"))]


def test_s23_the_vat_is_the_one_in_what_is_owed_and_ocpis_total_before_it_is_told_beside() -> None:
    # 5.415 before 21 % of VAT, 6.55215 after it: 6.55 has 1.14 of VAT in it, and 5.42 is OCPI's total before VAT
    began = under(ENERGY=("0.5415", None))
    component = began.tariff.elements[0].price_components[0].model_copy(update={"vat": Decimal(21)})
    elements = (TariffElement(price_components=(component,)),)
    tariff = began.tariff.model_copy(update={"elements": elements})
    said = price(Session(began.model_copy(update={"tariff": tariff}), (word(ended()),)))
    assert [(s.excl_vat.minor, s.vat.minor, s.incl_vat.minor) for s in said.vat] == [(541, 114, 655)]
    assert (said.owed, said.owed_excl_vat) == (Money.of("6.55", "EUR"), Money.of("5.41", "EUR"))
    assert said.total_excl_vat == Money.of("5.42", "EUR")


@pytest.mark.parametrize(("tax_included", "unknown"), [("NO", True), ("YES", False), ("N/A", False)])
def test_prices_before_taxes_that_the_tariff_does_not_say_are_told_on_their_lines(
    tax_included: Literal["NO", "YES", "N/A"], unknown: bool
) -> None:
    began = under(ENERGY=("0.50", None))
    tariff = began.tariff.model_copy(update={"tax_included": tax_included})
    said = price(Session(began.model_copy(update={"tariff": tariff}), (word(ended()),)))
    assert [line.terms is not None and line.terms.tax_unknown for line in said.lines] == [unknown]
    assert any("before taxes" in note for note in said.notes) == unknown


@pytest.mark.parametrize(("currency", "minor"), [("JPY", 5), ("EUR", 500), ("KWD", 5000)])
def test_s24_the_price_has_the_decimals_of_its_currency(currency: str, minor: int) -> None:
    said = price(Session(authorised(currency), (word(ended()),)))
    assert said.owed == Money(minor=minor, currency=currency)


def test_s38_a_car_that_charged_without_a_hold_is_disputed() -> None:
    verdict = decide(Session(DECLINED, (word(ended()),)), RULES)
    [(_, said)] = verdict.disputes
    assert verdict.price is None
    assert (said.doubt, said.measured, said.hold) == (
        Doubt.CHARGED_WITHOUT_HOLD,
        Measured(started_at=NOON, ended_at=NOON + timedelta(hours=1), energy_wh=Decimal(10_000)),
        None,
    )
    assert "declined (pin_required) and yet it charged 10000 Wh" in said.why


def test_s17_a_session_without_an_honest_price_is_disputed_and_never_priced_at_zero() -> None:
    # given a tariff that asks for a current, and a meter that says none
    asks = authorised(restrictions=Restrictions(min_current=Decimal(16)))
    verdict = decide(Session(asks, (word(ended()),)), RULES)
    [(_, said)] = verdict.disputes
    assert verdict.price is None
    assert (said.doubt, said.stated, said.hold) == (Doubt.CANNOT_BE_PRICED, None, asks.hold)
    assert "no price under tariff day" in said.why
    assert said.settled_by == ("fleet", "operator")


def test_s38_before_the_price_the_later_and_larger_word_stands_and_the_price_notes_what_it_replaces() -> None:
    early, late = word(ended(5_000, hours=1), "a"), word(ended(22_000, hours=3), "b")
    for words in ((early, late), (late, early), (late, early, word(CANCELLED, "c"))):
        said = price(Session(authorised(), words))
        assert (said.owed, said.energy_wh) == (Money.of("11.00", "EUR"), Decimal(22_000))
        assert "a word of 5000 Wh until 2026-03-01T13:00:00Z is replaced by this one" in said.notes
        # and then nothing of it is disputed
        after = Session(authorised(), tuple(replace(one, stands=one.name == "b") for one in words), said)
        assert decide(after, RULES) == Verdict()


def test_s38_a_later_and_smaller_word_leaves_none_standing() -> None:
    words = (word(ended(22_000, hours=1), "a"), word(ended(5_000, hours=3), "b"))
    verdict = decide(Session(authorised(), words), RULES)
    assert verdict.price is None
    assert [(one.name, said.doubt) for one, said in verdict.disputes] == [
        ("a", Doubt.CONTRADICTING_END),
        ("b", Doubt.CONTRADICTING_END),
    ]


def test_s38_after_the_price_another_word_is_disputed_with_the_difference() -> None:
    first = word(ended(5_000), "a")
    priced = price(Session(authorised(), (first,)))
    for other, stated, why in (
        (ended(22_000, hours=2), "11.00", "11.00 EUR, 8.50 EUR more than the 2.50 EUR that was priced"),
        (ended(2_000, hours=2), "1.00", "1.00 EUR, 1.50 EUR less than the 2.50 EUR that was priced"),
        (CANCELLED, "0.00", "0.00 EUR, 2.50 EUR less than the 2.50 EUR that was priced"),
    ):
        session = Session(authorised(), (replace(first, stands=True), word(other, "b")), priced)
        [(one, said)] = decide(session, RULES).disputes
        assert (one.name, said.doubt) == ("b", Doubt.CONTRADICTING_END)
        assert (said.stated, said.stands) == (Money.of(stated, "EUR"), Money.of("2.50", "EUR"))
        assert why in said.why
        assert said.settled_by == ("operator",)
        # and once it was said it is not said again
        again = replace(session, words=(session.words[0], replace(session.words[1], disputed=True)))
        assert decide(again, RULES) == Verdict()


def test_s38_after_a_cancellation_energy_is_disputed() -> None:
    cancelled = word(CANCELLED, "a", stands=True)
    priced = price(Session(authorised(), (cancelled,)))
    [(_, said)] = decide(Session(authorised(), (cancelled, word(ended(20_000), "b")), priced), RULES).disputes
    assert (said.doubt, said.stated, said.stands) == (
        Doubt.CONTRADICTING_END,
        Money.of("10.00", "EUR"),
        Money.zero("EUR"),
    )


def test_s12_the_same_said_in_other_words_is_no_contradiction() -> None:
    first = word(ended(5_000), "a")
    priced = price(Session(authorised(), (first,)))
    later = ended(5_000).model_copy(update={"ended_at": NOON + timedelta(hours=1, milliseconds=3)})
    session = Session(authorised(), (replace(first, stands=True), word(later, "b")), priced)
    assert decide(session, RULES) == Verdict()


def test_what_the_meter_signed_goes_with_the_price_and_makes_no_other_word_of_the_same() -> None:
    # given a word said again, with what the meter has signed in it
    value = SignedValue(nature="End", signed_data='OCMF|{"FV":"1.0"}|{"SD":"3045"}')
    signed = ended().model_copy(update={"signed_data": SignedData(encoding_method="OCMF", signed_values=(value,))})
    assert read(signed).content == read(ended()).content
    # when it is priced
    priced = price(Session(authorised(), (word(signed),)))
    # then the price has it to the character, and is the same
    assert priced.signed_data == signed.signed_data
    assert priced.model_copy(update={"signed_data": None}) == price(Session(authorised(), (word(ended()),)))


def test_s37_what_is_implausible_is_not_priced_and_a_correction_is() -> None:
    # given 910 kWh in five minutes
    odometer = ended(910_000).model_copy(
        update={
            "ended_at": NOON + timedelta(minutes=5),
            "periods": (
                ChargingPeriod(starts_at=NOON, ends_at=NOON + timedelta(minutes=5), energy_wh=Decimal(910_000)),
            ),
        }
    )
    wrong = word(odometer, "a")
    verdict = decide(Session(authorised(), (wrong,)), RULES)
    [(_, said)] = verdict.disputes
    assert verdict.price is None
    assert (said.doubt, said.stated) == (Doubt.IMPLAUSIBLE_ENERGY, Money.of("455.00", "EUR"))
    assert "910000 Wh in 5 min, more than 1000000 W can give" in said.why
    # when it is corrected, the correction is priced
    session = Session(authorised(), (replace(wrong, disputed=True), word(ended(9_100), "b")))
    assert price(session).owed == Money.of("4.55", "EUR")
    # and a cancellation does not settle it, but is disputed itself
    verdict = decide(Session(authorised(), (replace(wrong, disputed=True), word(CANCELLED, "b"))), RULES)
    assert verdict.price is None
    assert [one.name for one, _ in verdict.disputes] == ["b"]


def decision(amount: str, number: str = "d1", hours: int = 0) -> SettlementDecided:
    return SettlementDecided(
        operator_id="op",
        session_id="s1",
        decision_id=number,
        amount=Money.of(amount, "EUR"),
        decided_by="anna",
        reason="the meter was read by hand",
        decided_at=NOON + timedelta(hours=hours),
    )


def test_s37_a_person_settles_what_is_disputed() -> None:
    wrong = word(ended(hours=24 * 101), "a", disputed=True)
    said = price(Session(authorised(), (wrong, word(decision("12.10"), "d"))))
    assert (said.owed, said.ended_because) == (Money.of("12.10", "EUR"), EndReason.SETTLED)
    assert [(line.dimension, line.incl_vat, line.why) for line in said.lines] == [
        ("ADJUSTMENT", Money.of("12.10", "EUR"), "settled by anna: the meter was read by hand")
    ]
    # or lets it go
    assert price(Session(authorised(), (wrong, word(decision("0"), "d")))).owed == Money.zero("EUR")
    # and of several decisions the last one counts
    several = (word(decision("3", "d1", hours=2), "d1"), word(decision("4", "d2", hours=1), "d2"))
    assert price(Session(authorised(), several)).owed == Money.of("3", "EUR")


def test_s37_the_vat_of_what_a_person_decided_is_the_tariffs() -> None:
    began = authorised()
    component = began.tariff.elements[0].price_components[0].model_copy(update={"vat": Decimal(21)})
    taxed = began.tariff.model_copy(update={"elements": (TariffElement(price_components=(component,)),)})
    said = price(Session(began.model_copy(update={"tariff": taxed}), (word(decision("12.10")),)))
    assert (said.owed, said.owed_excl_vat) == (Money.of("12.10", "EUR"), Money.of("10.00", "EUR"))
    assert [(share.percent, share.vat) for share in said.vat] == [(Decimal(21), Money.of("2.10", "EUR"))]


def test_s37_a_decision_that_cannot_be_followed_says_why() -> None:
    assert refused(Session(authorised()), decision("60")) is None
    assert "not within the hold" in str(refused(Session(authorised()), decision("60.01")))
    assert "has no hold" in str(refused(Session(DECLINED), decision("1")))
    assert refused(Session(DECLINED), decision("0")) is None
    priced = price(Session(authorised(), (word(ended()),)))
    assert "refund" in str(refused(Session(authorised(), priced=priced), decision("4")))
    assert refused(Session(authorised(), priced=priced), decision("5")) is None
