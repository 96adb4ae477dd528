"""The table of a day: one row an outcome and currency, money in minor units, every event counted once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from io import StringIO
from typing import Literal

import pytest
from rich.console import Console

from tapwatt.facts.cards import Card, Fingerprint, FingerprintKind
from tapwatt.facts.codec import Event, begin
from tapwatt.facts.events import (
    AuthorisationDeclined,
    Authorised,
    Captured,
    HoldReleased,
    SessionCancelled,
    SessionPriced,
    TokenMatched,
    TokenNotMatched,
)
from tapwatt.facts.fact import Fact
from tapwatt.facts.fields import Hold, Place
from tapwatt.facts.reasons import DeclineReason, EndReason, NoMatchReason
from tapwatt.money import Money
from tapwatt.tariffs import Tariff
from tapwatt_cli.console import amount, kwh
from tapwatt_cli.dev.day_page import show_summary
from tapwatt_cli.dev.day_summary import summarise

NOW = datetime(2026, 1, 31, 12, tzinfo=UTC)
PLACE = Place(operator_id="op", site_id="site", terminal_id="T1", evse_id="E1")
CARD = Card(fingerprints=(Fingerprint(kind=FingerprintKind.CARD, key_version=1, digest="ab" * 32),))


def said(*facts: Fact) -> list[Event]:
    return [begin(fact, f"{fact.name}-{fact.key}-{number}", "/test", NOW) for number, fact in enumerate(facts)]


def authorised(session_id: str, held: Money) -> Authorised:
    elements = [{"price_components": [{"type": "ENERGY", "price": "1"}]}]
    return Authorised(
        session_id=session_id,
        place=PLACE,
        hold=Hold(reference=f"H-{session_id}", amount=held, authorised_at=NOW, expires_at=NOW + timedelta(days=1)),
        card=CARD,
        tariff=Tariff.model_validate({"id": "t", "currency": held.currency, "elements": elements}),
        time_zone="Europe/Amsterdam",
    )


def captured(session_id: str, currency: str, held: int, owed: int) -> Captured:
    taken = min(held, owed)
    return Captured(
        session_id=session_id,
        place=PLACE,
        hold_reference=f"H-{session_id}",
        capture_reference=f"C-{session_id}",
        held=Money(minor=held, currency=currency),
        taken=Money(minor=taken, currency=currency),
        released=Money(minor=held - taken, currency=currency),
        shortfall=Money(minor=owed - taken, currency=currency),
    )


def released(session_id: str, reason: Literal["nothing_owed", "below_minimum", "by_hand"]) -> HoldReleased:
    return HoldReleased(
        session_id=session_id,
        place=PLACE,
        hold_reference=f"H-{session_id}",
        released=Money(minor=5000, currency="EUR"),
        waived=Money.zero("EUR"),
        reason=reason,
    )


def a_day() -> list[Event]:
    euro, yen = Money(minor=5000, currency="EUR"), Money(minor=12000, currency="JPY")
    return said(
        authorised("s1", euro),
        captured("s1", "EUR", 5000, 1234),
        authorised("s2", euro),
        captured("s2", "EUR", 5000, 6000),
        authorised("s3", yen),
        captured("s3", "JPY", 12000, 990),
        authorised("s4", euro),
        SessionCancelled(operator_id="op", session_id="s4", reason="never_started", cancelled_at=NOW),
        released("s4", "nothing_owed"),
        AuthorisationDeclined(session_id="s5", place=PLACE, reason=DeclineReason.PIN_REQUIRED),
        authorised("s6", euro),
        TokenMatched(session_id="s1", stop_id="p1", terminal_id="T1", evse_id="E1", matched_by="par"),
        TokenNotMatched(stop_id="p2", terminal_id="T1", reason=NoMatchReason.NO_SESSION),
    )


def test_every_outcome_has_its_row_and_every_currency_its_total() -> None:
    # when a day is summarised, in which every event was delivered twice
    summary = summarise(a_day() * 2)
    # then there is a row for each outcome, in the order of a good day first
    assert [(row.outcome, row.currency, row.sessions) for row in summary.rows] == [
        ("captured", "EUR", 1),
        ("captured, owed more than held", "EUR", 1),
        ("captured", "JPY", 1),
        ("let go: never started", "EUR", 1),
        ("declined: PIN required", "", 1),
        ("no outcome", "EUR", 1),
    ]
    # and the totals are whole: held, taken, let go, fell short
    totals = {row.currency: (row.held, row.taken, row.let_go, row.short) for row in summary.totals}
    assert totals == {"EUR": (20_000, 6234, 8766, 1000), "JPY": (12_000, 990, 11_010, 0)}
    # and so are the stops
    assert summary.stops == {"matched by par": 1, "not matched: no session": 1}


def priced(session_id: str, because: EndReason) -> SessionPriced:
    zero = Money.zero("EUR")
    hold = authorised(session_id, Money(minor=5000, currency="EUR")).hold
    return SessionPriced(
        session_id=session_id,
        place=PLACE,
        hold=hold,
        owed=zero,
        owed_excl_vat=zero,
        energy_wh=Decimal(0),
        ended_because=because,
        tariff_id="t",
    )


@pytest.mark.parametrize(
    ("because", "how", "told"),
    [
        (EndReason.HOLD_EXPIRING, captured("s1", "EUR", 5000, 1234), "captured, by its last reading"),
        (EndReason.STALE, captured("s1", "EUR", 5000, 1234), "captured, by its last reading"),
        (EndReason.SETTLED, captured("s1", "EUR", 5000, 1234), "captured, as a person decided"),
        (EndReason.STALE, released("s1", "nothing_owed"), "let go: nobody ended it"),
        (EndReason.LIMIT, released("s1", "by_hand"), "let go: by hand at the provider"),
        (EndReason.LIMIT, released("s1", "below_minimum"), "let go: too little to take"),
        (EndReason.LIMIT, released("s1", "nothing_owed"), "let go: nothing owed"),
        (
            EndReason.LIMIT,
            captured("s1", "EUR", 5000, 1234).model_copy(update={"taken_by": "by_hand"}),
            "captured, by hand at the provider",
        ),
    ],
)
def test_how_a_session_came_to_its_end_is_told(because: EndReason, how: Captured | HoldReleased, told: str) -> None:
    day = said(authorised("s1", Money(minor=5000, currency="EUR")), priced("s1", because), how)
    assert [row.outcome for row in summarise(day).rows] == [told]


def test_amounts_and_energy_are_written_for_people() -> None:
    assert amount(123_450, "EUR") == "1,234.50"
    assert amount(11_010, "JPY") == "11,010"
    assert amount(1_250, "KWD") == "1.250"
    assert amount(0, "EUR") == ""
    assert kwh(Decimal(22_040)) == "22.0"


def test_the_table_shows_what_a_person_looks_for() -> None:
    # when the summary is shown
    page = StringIO()
    show_summary(Console(file=page, width=120), summarise(a_day()))
    # then outcome, money and stops are on it
    text = page.getvalue()
    assert "captured, owed more than held" in text
    assert "62.34" in text
    assert "Asked to stop: 1 matched by par, 1 not matched: no session." in text
