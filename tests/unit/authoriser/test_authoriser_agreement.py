"""What a driver and the operator agree to before any card is asked for, and every reason why they cannot."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from authoriser.agreement import Agreed, Terms, agree
from tapwatt.facts.events import AuthorisationDeclined, SessionRequested, TariffPublished
from tapwatt.facts.reasons import DeclineReason
from tapwatt.money import Money
from tapwatt.tariffs import Tariff, TariffType

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
CARDS = frozenset({TariffType.AD_HOC_PAYMENT})
SHOWN: dict[str, Any] = {
    "id": "day",
    "currency": "EUR",
    "elements": [{"price_components": [{"type": "ENERGY", "price": "0.50", "step_size": 1}]}],
}
NAMED = {"id": "day", "version": "7"}
FIFTY = {"minor": 5000, "currency": "EUR"}


def request(**said: Any) -> SessionRequested:
    """A driver who wants to charge at noon, as the fleet says it."""
    return SessionRequested.model_validate(
        {
            "session_id": "s1",
            "place": {"operator_id": "op", "site_id": "site", "terminal_id": "t1", "evse_id": "e1"},
            "time_zone": "Europe/Amsterdam",
            "requested_at": NOON,
            **said,
        }
    )


def offer(**changed: Any) -> TariffPublished:
    """The tariff as the operator has published it."""
    tariff = Tariff.model_validate({**SHOWN, **changed})
    return TariffPublished(operator_id="op", tariff_version="7", tariff=tariff, published_at=NOON)


def terms(currency: str) -> Terms:
    """What the operator has agreed."""
    return Terms(timedelta(seconds=120), timedelta(seconds=15), timedelta(days=2), Money.zero(currency))


def declined(asked: SessionRequested, published: TariffPublished | None = None) -> AuthorisationDeclined:
    said = agree(asked, published, CARDS, terms)
    assert isinstance(said, AuthorisationDeclined)
    return said


def test_the_tariff_shown_and_the_hold_asked_for_are_what_is_agreed() -> None:
    said = agree(request(tariff=SHOWN, hold=FIFTY), None, CARDS, terms)
    assert said == Agreed(Tariff.model_validate(SHOWN), None, Money.of("50", "EUR"), terms("EUR"))


def test_a_published_tariff_is_agreed_to_with_its_version() -> None:
    said = agree(request(tariff_ref=NAMED, hold=FIFTY), offer(), CARDS, terms)
    assert said == Agreed(offer().tariff, "7", Money.of("50", "EUR"), terms("EUR"))


def test_without_a_hold_the_tariff_says_how_much_to_hold() -> None:
    said = agree(request(tariff={**SHOWN, "preauthorize_amount": 39.5}), None, CARDS, terms)
    assert isinstance(said, Agreed)
    assert said.hold == Money.of("39.50", "EUR")


def test_the_request_s_own_hold_comes_before_the_tariff_s() -> None:
    said = agree(request(tariff={**SHOWN, "preauthorize_amount": 99}, hold=FIFTY), None, CARDS, terms)
    assert isinstance(said, Agreed)
    assert said.hold == Money.of("50", "EUR")


@pytest.mark.parametrize("asks", [{}, {"preauthorize_amount": 0}])
def test_nobody_guesses_how_much_to_hold(asks: dict[str, Any]) -> None:
    assert declined(request(tariff={**SHOWN, **asks})).reason is DeclineReason.HOLD_NOT_STATED


@pytest.mark.parametrize("names", [{}, {"tariff_ref": NAMED}])
def test_an_unknown_tariff_is_refused(names: dict[str, Any]) -> None:
    assert declined(request(hold=FIFTY, **names)).reason is DeclineReason.TARIFF_UNKNOWN


def test_two_tariffs_at_once_are_refused() -> None:
    said = declined(request(tariff=SHOWN, tariff_ref=NAMED, hold=FIFTY), offer())
    assert said.reason is DeclineReason.TARIFF_NOT_VALID
    assert "send the one that was shown" in said.detail


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"end_date_time": NOON.isoformat()}, "not valid at the time"),
        ({"start_date_time": "2026-03-01T12:00:01Z"}, "not valid at the time"),
        ({"type": "PROFILE_FAST"}, "type PROFILE_FAST"),
        ({"type": "SOMETHING_NEW"}, "type SOMETHING_NEW"),
        ({"currency": "GBP"}, "in GBP and the hold in EUR"),
        ({"min_price": {"before_taxes": 5}, "max_price": {"before_taxes": 4}}, "higher than max_price"),
        ({"max_price": {"before_taxes": 5, "after_taxes": 4}}, "max_price is lower after taxes"),
        ({"preauthorize_amount": "10.001"}, "more decimals than EUR has"),
        ({"elements": []}, "$.elements: "),
        ({"elements": [{"price_components": [{"type": "ENERGY"}]}]}, "$.elements[0].price_components[0].price: "),
        ({"elements": [{**SHOWN["elements"][0], "restrictions": {"weather": 1}}]}, "restrictions.an unknown field: "),
        ({"elements": [{**SHOWN["elements"][0], "restrictions": {"start_time": "10:00Z"}}]}, "with an offset"),
    ],
)
def test_a_tariff_that_cannot_be_billed_by_is_refused_and_the_refusal_says_where_it_is_wrong(
    changed: dict[str, Any], says: str
) -> None:
    said = declined(request(tariff={**SHOWN, **changed}, hold=FIFTY))
    assert said.reason is DeclineReason.TARIFF_NOT_VALID
    assert says in said.detail
    assert "\n" not in said.detail


SECRET = "9912345678901234567"


@pytest.mark.parametrize(
    "tariff",
    [
        SECRET,
        [SECRET],
        {**SHOWN, "currency": SECRET},
        {**SHOWN, "start_date_time": SECRET},
        {**SHOWN, "elements": SECRET},
        {**SHOWN, "elements": [{**SHOWN["elements"][0], "restrictions": {SECRET: 1}}]},
        {**SHOWN, "elements": [{**SHOWN["elements"][0], "restrictions": {"day_of_week": [SECRET]}}]},
        {**SHOWN, "min_price": {"before_taxes": "1." + 2 * SECRET}},
    ],
)
def test_what_cannot_be_read_is_no_tariff_but_its_reason_and_never_repeats_what_was_written(tariff: Any) -> None:
    asked = request(tariff=tariff, hold=FIFTY)
    assert declined(asked).reason is DeclineReason.TARIFF_NOT_VALID
    assert SECRET not in asked.model_dump_json()
    assert SessionRequested.model_validate_json(asked.model_dump_json()) == asked


def test_a_tariff_of_the_right_type_is_for_a_driver_who_pays_by_card() -> None:
    assert isinstance(
        agree(request(tariff={**SHOWN, "type": "AD_HOC_PAYMENT"}, hold=FIFTY), None, CARDS, terms), Agreed
    )
