"""What the capturer takes, lets go, and makes of every answer."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from capturer.account import Account
from capturer.decide import Refused, ask, decide
from tapwatt.errors import BrokenInvariant, NeedsHuman, OutcomeUnknown
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
def test_an_answer_of_another_amount_does_not_tell_what_was_done(done: Money | None) -> None:
    session = priced("12.34")
    assert decide(session, ask(session, NONE), answer(Kind.CAPTURE, amount=done)) is None


@pytest.mark.parametrize(
    ("taken", "shortfall", "overcharge", "by"),
    [("12.34", "0", "0", "tapwatt"), ("5", "7.34", "0", "by_hand"), ("20", "0", "7.66", "by_hand")],
)
def test_s40_what_was_taken_at_the_portal_is_what_was_taken(
    taken: str, shortfall: str, overcharge: str, by: str
) -> None:
    session = priced("12.34")
    refused = answer(Kind.CAPTURE, Status.FAILED, failure=Failure.REJECTED)
    account = Account(captures=(answer(Kind.CAPTURE, amount=money(taken)),))
    said = decide(session, ask(session, NONE), refused, account)
    assert isinstance(said, Captured)
    assert (said.taken, said.shortfall, said.overcharge, said.taken_by) == (
        money(taken),
        money(shortfall),
        money(overcharge),
        by,
    )


def test_s40_more_than_was_held_or_another_currency_is_nobody_s_act_but_a_fault() -> None:
    session = priced("12.34")
    refused = answer(Kind.CAPTURE, Status.FAILED, failure=Failure.REJECTED)
    for amount in (money("61"), money("1", "GBP")):
        with pytest.raises(BrokenInvariant, match="compare session s1 with the provider"):
            decide(session, ask(session, NONE), refused, Account(captures=(answer(Kind.CAPTURE, amount=amount),)))


def test_s40_a_hold_that_was_let_go_at_the_portal_is_released_and_what_is_owed_is_waived() -> None:
    session = priced("12.34")
    refused = answer(Kind.CAPTURE, Status.FAILED, failure=Failure.REJECTED)
    said = decide(session, ask(session, NONE), refused, Account(releases=(answer(Kind.REVERSAL),)))
    assert isinstance(said, HoldReleased)
    assert (said.reason, said.waived) == ("by_hand", money("12.34"))


def test_s40_a_capture_that_was_cancelled_at_the_portal_took_nothing() -> None:
    session = priced("12.34")
    taken = answer(Kind.CAPTURE, amount=money("12.34"))
    undone = Transaction("tx-2", Kind.REVERSAL, Status.SUCCESS, original_reference=taken.reference)
    refused = answer(Kind.CAPTURE, Status.FAILED, failure=Failure.REJECTED)
    said = decide(session, ask(session, NONE), refused, Account(captures=(taken,), cancelled=(undone,)))
    assert isinstance(said, HoldReleased)
    assert (said.reason, said.waived) == ("by_hand", money("12.34"))


@pytest.mark.parametrize(
    ("failure", "reason"), [(Failure.EXPIRED, "expired"), (Failure.UNKNOWN_REFERENCE, "unknown_hold")]
)
def test_s08_a_hold_that_is_gone_leaves_what_is_owed_uncollected(failure: Failure, reason: str) -> None:
    session = priced("12.34")
    said = decide(session, ask(session, NONE), answer(Kind.CAPTURE, Status.FAILED, failure=failure), Account())
    assert isinstance(said, CaptureFailed)
    assert (said.reason, said.uncollected) == (reason, money("12.34"))


@pytest.mark.parametrize("kind", [Kind.CAPTURE, Kind.REVERSAL])
def test_s41_what_is_refused_while_the_hold_stands_may_be_asked_anew_under_another_reference(kind: Kind) -> None:
    session = priced("12.34" if kind is Kind.CAPTURE else "0")
    asked = ask(session, NONE)
    refused = answer(kind, Status.FAILED, failure=Failure.REJECTED)
    assert decide(session, asked, refused, Account()) == Refused(refused)
    again = ask(session, NONE, tries=1)
    assert type(again) is type(asked)
    assert again.idempotency_reference != asked.idempotency_reference


@pytest.mark.parametrize("failure", [Failure.EXPIRED, Failure.UNKNOWN_REFERENCE])
def test_s08_a_hold_that_ran_out_and_of_which_nothing_is_owed_is_no_alarm(failure: Failure) -> None:
    session = priced("0")
    said = decide(session, ask(session, NONE), answer(Kind.REVERSAL, Status.FAILED, failure=failure), Account())
    assert isinstance(said, HoldReleased)
    assert (said.reason, said.waived) == ("nothing_owed", money("0"))


def test_s10_a_pending_capture_is_not_decided() -> None:
    session = priced("1")
    with pytest.raises(OutcomeUnknown):
        decide(session, ask(session, NONE), answer(Kind.CAPTURE, Status.PENDING))


def test_s11_manual_intervention_is_neither_taken_nor_failed() -> None:
    session = priced("1")
    with pytest.raises(NeedsHuman, match="manual intervention"):
        decide(session, ask(session, NONE), answer(Kind.CAPTURE, Status.MANUAL))


@pytest.mark.parametrize("kind", [Kind.CAPTURE, Kind.REVERSAL])
def test_s10_nothing_is_said_of_a_hold_while_something_about_it_is_not_decided(kind: Kind) -> None:
    # given a refusal, and another transaction about the hold that the provider has not decided: it may yet succeed
    session = priced("10")
    refused = answer(Kind.CAPTURE, Status.FAILED, failure=Failure.REJECTED)
    account = Account(open=(answer(kind, Status.PENDING),))
    # then it is asked again, and neither refused nor taken
    with pytest.raises(OutcomeUnknown):
        decide(session, ask(session, NONE), refused, account)
