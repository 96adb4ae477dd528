"""What the authoriser asks for, and what it makes of every answer."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from authoriser.agreement import Agreed, Terms
from authoriser.decide import ReverseFirst, ask, decide, gone
from tapwatt.errors import BrokenInvariant, NeedsHuman, OutcomeUnknown
from tapwatt.facts.cards import Card, Fingerprint, FingerprintKind
from tapwatt.facts.events import AuthorisationDeclined, Authorised, SessionRequested
from tapwatt.facts.fields import Place
from tapwatt.facts.reasons import DeclineReason
from tapwatt.money import Money
from tapwatt.provider.port import AuthoriseRequest, Failure, Kind, ReversalRequest, Status, Transaction
from tapwatt.tariffs import Dimension, PriceComponent, Tariff, TariffElement

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
CARD = Card(fingerprints=(Fingerprint(kind=FingerprintKind.CARD, key_version=1, digest="ab" * 32),))
TERMS = Terms(
    presentation=timedelta(seconds=120),
    late_hold=timedelta(seconds=15),
    hold_window=timedelta(days=2),
    minimum_hold=Money.of("5", "EUR"),
)


def requested(amount: str = "60", *, currency: str = "EUR") -> SessionRequested:
    """A driver who wants to charge at noon."""
    element = TariffElement(price_components=(PriceComponent(type=Dimension.ENERGY, price=Decimal("0.50")),))
    return SessionRequested(
        session_id="s1",
        place=Place(operator_id="op", site_id="site", terminal_id="t1", evse_id="e1"),
        hold=Money.of(amount, currency),
        tariff=Tariff(id="day", currency=currency, elements=(element,)),
        time_zone="Europe/Amsterdam",
        requested_at=NOON,
    )


def agreed(asked: SessionRequested, terms: Terms = TERMS) -> Agreed:
    """What the driver was shown."""
    assert isinstance(asked.tariff, Tariff)
    assert asked.hold is not None
    return Agreed(asked.tariff, "7", asked.hold, terms)


def decided(
    asked: SessionRequested, answer: Transaction, terms: Terms
) -> Authorised | AuthorisationDeclined | ReverseFirst:
    return decide(asked, agreed(asked, terms), answer)


def answer(
    status: Status = Status.SUCCESS,
    *,
    amount: Money | None = None,
    card: Card | None = CARD,
    failure: Failure | None = None,
    took_s: float = 20,
) -> Transaction:
    """What the provider says so many seconds after the hold was begun."""
    done = status in (Status.SUCCESS, Status.FAILED)
    return Transaction(
        reference="hold-1",
        kind=Kind.AUTHORISE,
        status=status,
        order_reference="s1",
        amount=(amount or Money.of("60", "EUR")) if status is Status.SUCCESS else None,
        failure=failure,
        card=card,
        created_at=NOON,
        final_at=NOON + timedelta(seconds=took_s) if done else None,
    )


def test_the_hold_asked_for_names_the_session_so_that_it_is_placed_once() -> None:
    first, again = (ask(requested(), agreed(requested())) for _ in range(2))
    assert isinstance(first, AuthoriseRequest)
    assert first == again
    assert first.order_reference == "op/s1"
    assert first.amount == Money.of("60", "EUR")
    assert len(first.idempotency_reference) <= 50


def test_a_hold_that_stands_is_authorised_with_the_tariff_frozen() -> None:
    said = decided(requested(), answer(), TERMS)
    assert isinstance(said, Authorised)
    assert said.hold.amount == Money.of("60", "EUR")
    assert said.hold.authorised_at == NOON + timedelta(seconds=20)
    assert said.hold.expires_at == NOON + timedelta(days=2, seconds=20)
    assert said.tariff == requested().tariff
    assert said.tariff_version == "7"
    assert said.card == CARD


def test_s07_a_partial_approval_limits_the_hold_to_what_was_authorised() -> None:
    said = decided(requested(), answer(amount=Money.of("25", "EUR")), TERMS)
    assert isinstance(said, Authorised)
    assert said.hold.amount == Money.of("25", "EUR")


def test_s07_a_partial_approval_too_small_to_be_useful_is_let_go_and_declined() -> None:
    said = decided(requested(), answer(amount=Money.of("4.99", "EUR")), TERMS)
    assert isinstance(said, ReverseFirst)
    assert said.ask == ReversalRequest.of("hold-1")
    assert said.then.reason is DeclineReason.HOLD_TOO_SMALL


def test_a_small_hold_that_was_asked_for_and_granted_in_full_stands() -> None:
    assert isinstance(decided(requested("3"), answer(amount=Money.of("3", "EUR")), TERMS), Authorised)


@pytest.mark.parametrize("held", [Money.of("60.01", "EUR"), Money.of("60", "GBP")])
def test_more_than_was_asked_or_another_currency_stops_the_session(held: Money) -> None:
    with pytest.raises(BrokenInvariant, match="was asked"):
        decided(requested(), answer(amount=held), TERMS)


def test_a_hold_without_a_card_is_let_go_since_nobody_could_stop_it() -> None:
    said = decided(requested(), answer(card=None), TERMS)
    assert isinstance(said, ReverseFirst)
    assert said.then.reason is DeclineReason.CARD_NOT_IDENTIFIED


def test_s09_a_success_that_came_when_nobody_waited_is_let_go_and_timed_out() -> None:
    said = decided(requested(), answer(took_s=136), TERMS)
    assert isinstance(said, ReverseFirst)
    assert said.then.reason is DeclineReason.TIMED_OUT


def test_a_card_shown_at_the_last_moment_is_authorised() -> None:
    assert isinstance(decided(requested(), answer(took_s=135), TERMS), Authorised)


def test_s11_manual_intervention_is_neither_yes_nor_no() -> None:
    with pytest.raises(NeedsHuman, match="manual intervention"):
        decided(requested(), answer(Status.MANUAL), TERMS)


def test_s09_a_pending_hold_is_not_decided() -> None:
    with pytest.raises(OutcomeUnknown):
        decided(requested(), answer(Status.PENDING), TERMS)


@pytest.mark.parametrize(
    ("failure", "took_s", "reason"),
    [
        (Failure.DECLINED, 5, DeclineReason.DECLINED),
        (Failure.INSUFFICIENT_FUNDS, 5, DeclineReason.INSUFFICIENT_FUNDS),
        (Failure.PIN_REQUIRED, 5, DeclineReason.PIN_REQUIRED),
        (Failure.CANCELLED, 5, DeclineReason.CANCELLED),
        (Failure.CANCELLED, 120, DeclineReason.TIMED_OUT),
        (Failure.EXPIRED, 360, DeclineReason.TIMED_OUT),
        (Failure.TERMINAL_BUSY, 0, DeclineReason.TERMINAL_BUSY),
        (Failure.TERMINAL_OFFLINE, 0, DeclineReason.TERMINAL_OFFLINE),
        (Failure.REJECTED, 0, DeclineReason.REJECTED),
        (None, 0, DeclineReason.REJECTED),
    ],
)
def test_a_failure_is_declined_in_words_a_charger_can_show(
    failure: Failure | None, took_s: float, reason: DeclineReason
) -> None:
    said = decided(requested(), answer(Status.FAILED, failure=failure, took_s=took_s), TERMS)
    assert isinstance(said, AuthorisationDeclined)
    assert said.reason is reason


def test_a_hold_is_gone_when_it_was_let_go_or_ran_out_and_not_when_that_was_refused() -> None:
    def reversal(status: Status, failure: Failure | None = None) -> Transaction:
        return Transaction("r1", Kind.REVERSAL, status, original_reference="hold-1", failure=failure)

    assert gone(reversal(Status.SUCCESS))
    assert gone(reversal(Status.FAILED, Failure.EXPIRED))
    assert not gone(reversal(Status.FAILED, Failure.REJECTED))
    assert not gone(reversal(Status.PENDING))
