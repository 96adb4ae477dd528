"""What the capturer takes, lets go, and makes of every answer."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from capturer.decide import ask, decide
from tapwatt.errors import BrokenInvariant, NeedsHuman, OutcomeUnknown, Unavailable
from tapwatt.facts.bill import CardSlip, PriceLine
from tapwatt.facts.events import Captured, CaptureFailed, HoldReleased, SessionPriced
from tapwatt.facts.fields import Hold, Place
from tapwatt.facts.reasons import EndReason
from tapwatt.money import Money
from tapwatt.provider.port import CaptureRequest, Failure, Kind, ReversalRequest, Status, Transaction

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def money(amount: str, currency: str = "EUR") -> Money:
    return Money.of(amount, currency)


def priced(owed: str, held: str = "60", currency: str = "EUR") -> SessionPriced:
    """A session of which this much is owed against a hold of that much."""
    line = PriceLine(
        dimension="ADJUSTMENT",
        quantity=Decimal(1),
        unit="session",
        unit_price=Decimal(owed),
        vat_percent=None,
        excl_vat=money(owed, currency),
        incl_vat=money(owed, currency),
    )
    return SessionPriced(
        session_id="s1",
        place=Place(operator_id="op", site_id="site", terminal_id="t1", evse_id="e1"),
        hold=Hold(
            reference="hold-1",
            amount=money(held, currency),
            authorised_at=NOON,
            expires_at=NOON + timedelta(days=2),
        ),
        owed=money(owed, currency),
        owed_excl_vat=money(owed, currency),
        energy_wh=Decimal(0),
        ended_because=EndReason.TOKEN_MATCHED,
        tariff_id="day",
        lines=(line,),
    )


def answer(kind: Kind, status: Status = Status.SUCCESS, **more: Any) -> Transaction:
    return Transaction("tx-1", kind, status, order_reference="s1", original_reference="hold-1", **more)


NONE = money("0")


def test_what_is_owed_is_taken_and_the_rest_let_go() -> None:
    session = priced("12.34")
    asked = ask(session, NONE)
    assert isinstance(asked, CaptureRequest)
    assert asked.amount == money("12.34")
    said = decide(session, asked, answer(Kind.CAPTURE, amount=money("12.34")))
    assert isinstance(said, Captured)
    assert (said.taken, said.released, said.shortfall) == (money("12.34"), money("47.66"), money("0"))


def test_a_capture_says_when_it_was_and_what_the_card_s_receipt_shows() -> None:
    # given an answer with the provider's time and the card's slip
    session = priced("12.34")
    asked = ask(session, NONE)
    slip = CardSlip(brand="visa", masked_pan="************1234", lines=("APPROVED",))
    told = answer(Kind.CAPTURE, amount=money("12.34"), final_at=NOON, slip=slip)
    # then the fact has both, and the same answer gives the same fact
    said = decide(session, asked, told)
    assert isinstance(said, Captured)
    assert (said.captured_at, said.card) == (NOON, slip)
    assert decide(session, asked, told) == said
    # and without them it is captured all the same
    bare = decide(session, asked, answer(Kind.CAPTURE, amount=money("12.34")))
    assert isinstance(bare, Captured)
    assert (bare.captured_at, bare.card) == (None, None)


def test_s06_owed_more_than_held_takes_the_hold_exactly_and_records_the_shortfall() -> None:
    session = priced("75.00")
    asked = ask(session, NONE)
    assert isinstance(asked, CaptureRequest)
    assert asked.amount == money("60")
    said = decide(session, asked, answer(Kind.CAPTURE, amount=money("60")))
    assert isinstance(said, Captured)
    assert (said.taken, said.released, said.shortfall) == (money("60"), money("0"), money("15"))


def test_s19_nothing_owed_lets_the_hold_go() -> None:
    session = priced("0")
    asked = ask(session, NONE)
    assert isinstance(asked, ReversalRequest)
    said = decide(session, asked, answer(Kind.REVERSAL))
    assert isinstance(said, HoldReleased)
    assert (said.reason, said.released, said.waived) == ("nothing_owed", money("60"), money("0"))


def test_s19_less_than_the_providers_minimum_lets_the_hold_go_and_records_what_is_waived() -> None:
    session = priced("0.09")
    asked = ask(session, money("0.10"))
    assert isinstance(asked, ReversalRequest)
    said = decide(session, asked, answer(Kind.REVERSAL))
    assert isinstance(said, HoldReleased)
    assert (said.reason, said.waived) == ("below_minimum", money("0.09"))
    assert isinstance(ask(priced("0.10"), money("0.10")), CaptureRequest)


@pytest.mark.parametrize(("owed", "held", "currency"), [("350", "5000", "JPY"), ("1.234", "20.000", "KWD")])
def test_s24_the_capture_is_in_the_currency_of_the_hold_to_its_last_decimal(
    owed: str, held: str, currency: str
) -> None:
    asked = ask(priced(owed, held, currency), Money.zero(currency))
    assert isinstance(asked, CaptureRequest)
    assert asked.amount == money(owed, currency)


def test_the_same_hold_is_taken_or_let_go_under_the_same_reference() -> None:
    assert ask(priced("1"), NONE) == ask(priced("1"), NONE)
    assert ask(priced("1"), NONE).idempotency_reference != ask(priced("0"), NONE).idempotency_reference
    assert ask(priced("1"), NONE).idempotency_reference == ask(priced("2"), NONE).idempotency_reference


@pytest.mark.parametrize("done", [money("12.35"), money("12.34", "GBP"), None])
def test_another_amount_or_currency_than_was_asked_stops_the_session(done: Money | None) -> None:
    session = priced("12.34")
    with pytest.raises(BrokenInvariant, match="was to be taken"):
        decide(session, ask(session, NONE), answer(Kind.CAPTURE, amount=done))


@pytest.mark.parametrize(
    ("failure", "reason"),
    [
        (Failure.EXPIRED, "expired"),
        (Failure.UNKNOWN_REFERENCE, "unknown_hold"),
        (Failure.REJECTED, "refused"),
        (None, "refused"),
    ],
)
def test_s08_a_definitive_refusal_leaves_what_is_owed_uncollected(failure: Failure | None, reason: str) -> None:
    session = priced("12.34")
    said = decide(session, ask(session, NONE), answer(Kind.CAPTURE, Status.FAILED, failure=failure))
    assert isinstance(said, CaptureFailed)
    assert (said.reason, said.uncollected) == (reason, money("12.34"))


def test_a_hold_that_ran_out_before_it_could_be_let_go_leaves_nothing_uncollected() -> None:
    session = priced("0")
    said = decide(session, ask(session, NONE), answer(Kind.REVERSAL, Status.FAILED, failure=Failure.EXPIRED))
    assert isinstance(said, CaptureFailed)
    assert (said.reason, said.uncollected) == ("expired", money("0"))


def test_s18_a_refused_release_is_tried_again_by_schedule() -> None:
    session = priced("0")
    with pytest.raises(Unavailable):
        decide(session, ask(session, NONE), answer(Kind.REVERSAL, Status.FAILED, failure=Failure.REJECTED))


def test_s10_a_pending_capture_is_not_decided() -> None:
    session = priced("1")
    with pytest.raises(OutcomeUnknown):
        decide(session, ask(session, NONE), answer(Kind.CAPTURE, Status.PENDING))


def test_s11_manual_intervention_is_neither_taken_nor_failed() -> None:
    session = priced("1")
    with pytest.raises(NeedsHuman, match="manual intervention"):
        decide(session, ask(session, NONE), answer(Kind.CAPTURE, Status.MANUAL))
