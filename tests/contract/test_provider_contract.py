"""Every provider behind the port keeps to one contract: the one in memory, and CCV's wire against the simulator."""

from __future__ import annotations

import re
import traceback
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
from tests.contract.provider_stage import Stage, eur
from tests.contract.provider_worlds import (
    LATE_S,
    Books,
    MemoryWorld,
    World,
    simulated_world,
    simulator,
)

from tapwatt.errors import BrokenInvariant, OutcomeUnknown, Unavailable
from tapwatt.facts.cards import FingerprintKind, same_card
from tapwatt.money import Money
from tapwatt.provider.port import (
    AuthoriseRequest,
    Failure,
    Kind,
    Status,
    Transaction,
)
from tapwatt.provider.unknown_outcomes import OutcomePolicy, find_existing, make_known
from tapwatt.testing.fake_provider import Habits

SHORT_WAIT_S = 0.4
POLICY = OutcomePolicy(tries=4, pause_s=0.05)


@pytest.fixture(params=["memory", "ccv"])
async def hasty_world(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    """One whose terminals wait for a card only a moment."""
    if request.param == "memory":
        yield MemoryWorld(Habits(pending_s=SHORT_WAIT_S))
        return
    with simulator(tmp_path_factory.mktemp("hasty") / "ledger.sqlite", "--pending-s", str(SHORT_WAIT_S)) as address:
        async with simulated_world(address) as simulated:
            yield simulated


async def test_a_hold_is_pending_until_a_card_is_presented_and_then_holds_what_was_asked(stage: Stage) -> None:
    # when a hold is asked for
    begun = await stage.provider.authorise(stage.hold(eur(4000)))
    # then nothing is held and no card is known yet
    assert (begun.kind, begun.status, begun.asked, begun.amount) == (Kind.AUTHORISE, Status.PENDING, eur(4000), None)
    assert begun.card is None
    assert begun.order_reference == stage.order
    # when a card is presented
    await stage.world.make(stage.card)
    await stage.world.present(stage.terminal, stage.card)
    done = await stage.followed(begun)
    # then it is held, with the card and the provider's own times
    assert (done.status, done.amount, done.failure) == (Status.SUCCESS, eur(4000), None)
    assert done.card is not None
    assert done.created_at is not None
    assert done.final_at is not None
    assert done.created_at <= done.final_at
    assert await stage.world.books(done.reference) == Books(4000, 0, 0, 0)


async def test_a_capture_of_the_whole_hold_leaves_nothing(stage: Stage) -> None:
    hold = await stage.held(eur(2000))
    taken = await stage.provider.capture(stage.take(hold, eur(2000)))
    assert (taken.kind, taken.status, taken.amount) == (Kind.CAPTURE, Status.SUCCESS, eur(2000))
    assert taken.original_reference == hold.reference
    assert await stage.world.books(hold.reference) == Books(2000, 2000, 0, 0)


async def test_a_partial_capture_lets_the_rest_go(stage: Stage) -> None:
    hold = await stage.held(eur(2000))
    taken = await stage.provider.capture(stage.take(hold, eur(1337)))
    assert (taken.status, taken.amount) == (Status.SUCCESS, eur(1337))
    assert await stage.world.books(hold.reference) == Books(2000, 1337, 663, 0)


async def test_a_capture_has_the_card_s_slip_and_a_hold_has_none(stage: Stage) -> None:
    # given a hold, which has the card's fingerprints
    hold = await stage.held(eur(2000))
    assert hold.card is not None
    # when it is captured
    taken = await stage.provider.capture(stage.take(hold, eur(1337)))
    # then the capture has what a receipt shows of the card, and of its number four digits
    assert taken.slip is not None
    assert re.fullmatch(r"\*{12}[0-9]{4}", taken.slip.masked_pan or "")
    assert (taken.slip.brand, taken.slip.entry_mode, taken.slip.acquirer) == ("mastercard", "CONTACTLESS", "SIM")
    assert taken.slip.response_code == "00"
    assert f"Card: {taken.slip.masked_pan}" in taken.slip.lines
    assert "APPROVED" in taken.slip.lines
    # and no answer has both, nor any secret of the card
    told = [hold, taken, *await stage.provider.find(stage.order)]
    assert [(one.kind, one.card is None, one.slip is None) for one in told[2:]] == [
        (Kind.AUTHORISE, False, True),
        (Kind.CAPTURE, True, False),
    ]
    assert told[3].slip == taken.slip
    assert not [one for one in await stage.world.secrets() if one in repr(told) or one[::-1] in repr(told)]


async def test_a_hold_that_stands_tells_the_brand_of_its_card_whenever_it_is_asked_about(stage: Stage) -> None:
    begun = await stage.provider.authorise(stage.hold(eur(2000)))
    assert begun.brand is None
    await stage.world.make(stage.card)
    await stage.world.present(stage.terminal, stage.card)
    hold = await stage.followed(begun)
    taken = await stage.provider.capture(stage.take(hold, eur(1337)))
    [held, _] = await stage.provider.find(stage.order)
    asked = await stage.provider.status(hold.reference)
    assert asked is not None
    assert (hold.brand, held.brand, asked.brand) == ("mastercard",) * 3
    # and what is done without a card tells it on its slip alone
    assert taken.brand is None


async def test_what_is_no_capture_or_took_nothing_has_no_slip(stage: Stage) -> None:
    hold = await stage.held(eur(2000))
    refused = await stage.provider.capture(stage.take(hold, eur(2001), key="too-much"))
    taken = await stage.provider.capture(stage.take(hold, eur(700)))
    back = await stage.provider.refund(stage.give_back(taken, eur(200)))
    assert (refused.slip, back.slip) == (None, None)


async def test_s06_more_than_is_held_is_refused_and_nothing_is_taken(stage: Stage) -> None:
    hold = await stage.held(eur(2000))
    refused = await stage.provider.capture(stage.take(hold, eur(2001)))
    assert (refused.status, refused.failure, refused.amount) == (Status.FAILED, Failure.AMOUNT_REFUSED, None)
    assert await stage.world.books(hold.reference) == Books(2000, 0, 0, 0)


async def test_a_second_capture_is_refused(stage: Stage) -> None:
    hold = await stage.held(eur(2000))
    await stage.provider.capture(stage.take(hold, eur(500)))
    second = await stage.provider.capture(stage.take(hold, eur(500), key="again"))
    assert (second.status, second.failure) == (Status.FAILED, Failure.REJECTED)
    assert await stage.world.books(hold.reference) == Books(2000, 500, 1500, 0)


async def test_s19_a_reversal_lets_the_whole_hold_go_and_nothing_can_be_taken_after_it(stage: Stage) -> None:
    hold = await stage.held(eur(2000))
    gone = await stage.provider.reverse(stage.let_go(hold))
    assert (gone.kind, gone.status, gone.original_reference) == (Kind.REVERSAL, Status.SUCCESS, hold.reference)
    late = await stage.provider.capture(stage.take(hold, eur(1)))
    assert late.status is Status.FAILED
    assert await stage.world.books(hold.reference) == Books(2000, 0, 2000, 0)


async def test_s08_an_expired_hold_cannot_be_taken_and_says_so(stage: Stage) -> None:
    hold = await stage.held(eur(2000))
    await stage.world.expire(hold.reference)
    late = await stage.provider.capture(stage.take(hold, eur(1000)))
    assert (late.status, late.failure) == (Status.FAILED, Failure.EXPIRED)
    gone = await stage.provider.reverse(stage.let_go(hold))
    assert (gone.status, gone.failure) == (Status.FAILED, Failure.EXPIRED)


async def test_s20_refunds_end_at_what_was_taken(stage: Stage) -> None:
    # given a capture of 15.00
    hold = await stage.held(eur(2000))
    taken = await stage.provider.capture(stage.take(hold, eur(1500)))
    # when 10.00 and then 5.00 go back
    first = await stage.provider.refund(stage.give_back(taken, eur(1000)))
    second = await stage.provider.refund(stage.give_back(taken, eur(500), key="more"))
    assert (first.status, first.amount, first.original_reference) == (Status.SUCCESS, eur(1000), taken.reference)
    assert second.status is Status.SUCCESS
    # then not a cent more does
    third = await stage.provider.refund(stage.give_back(taken, eur(1), key="too-much"))
    assert (third.status, third.failure) == (Status.FAILED, Failure.AMOUNT_REFUSED)
    assert await stage.world.books(hold.reference) == Books(2000, 1500, 500, 1500)


async def test_s12_the_same_reference_gets_the_same_answer_and_is_done_once(stage: Stage) -> None:
    hold = await stage.held(eur(2000))
    again = await stage.provider.authorise(stage.hold(eur(2000)))
    assert again.reference == hold.reference
    first = await stage.provider.capture(stage.take(hold, eur(700)))
    second = await stage.provider.capture(stage.take(hold, eur(700)))
    assert second == first
    assert await stage.world.books(hold.reference) == Books(2000, 700, 1300, 0)


async def test_s12_the_same_reference_gets_the_same_refusal(stage: Stage) -> None:
    hold = await stage.held(eur(2000))
    first = await stage.provider.capture(stage.take(hold, eur(2001)))
    second = await stage.provider.capture(stage.take(hold, eur(2001)))
    assert first == second
    assert second.status is Status.FAILED


async def test_the_same_reference_with_another_content_is_a_broken_invariant(stage: Stage) -> None:
    hold = await stage.held(eur(2000))
    await stage.provider.capture(stage.take(hold, eur(700)))
    with pytest.raises(BrokenInvariant):
        await stage.provider.capture(stage.take(hold, eur(701)))


async def test_an_order_reference_finds_none_one_and_many_oldest_first(stage: Stage) -> None:
    assert await stage.provider.find(stage.order) == []
    hold = await stage.held(eur(2000))
    assert await stage.provider.find(stage.order) == [hold]
    taken = await stage.provider.capture(stage.take(hold, eur(700)))
    back = await stage.provider.refund(stage.give_back(taken, eur(200)))
    found_again = await stage.provider.find(stage.order)
    assert [one.kind for one in found_again] == [Kind.AUTHORISE, Kind.CAPTURE, Kind.REFUND]
    assert [one.reference for one in found_again] == [hold.reference, taken.reference, back.reference]
    assert [one.original_reference for one in found_again] == [None, hold.reference, taken.reference]
    assert {one.order_reference for one in found_again} == {stage.order}
    assert [one.amount for one in found_again] == [eur(2000), eur(700), eur(200)]


async def test_an_unknown_reference_has_no_status_and_nothing_can_be_done_with_it(stage: Stage) -> None:
    assert await stage.provider.status("C0FFEE") is None
    nothing = Transaction("C0FFEE", Kind.AUTHORISE, Status.SUCCESS)
    for answer in (
        await stage.provider.capture(stage.take(nothing, eur(1))),
        await stage.provider.reverse(stage.let_go(nothing)),
        await stage.provider.refund(stage.give_back(nothing, eur(1))),
    ):
        assert (answer.status, answer.failure) == (Status.FAILED, Failure.UNKNOWN_REFERENCE)


@pytest.mark.parametrize(
    "failure", [Failure.DECLINED, Failure.INSUFFICIENT_FUNDS, Failure.PIN_REQUIRED], ids=lambda one: one.value
)
async def test_s27_a_card_that_is_refused_says_why(stage: Stage, failure: Failure) -> None:
    declined = await stage.held(eur(2000), replace(stage.card, failure=failure))
    assert (declined.status, declined.failure, declined.amount) == (Status.FAILED, failure, None)
    assert declined.card is None
    refused = await stage.provider.capture(stage.take(declined, eur(1)))
    assert refused.status is Status.FAILED


async def test_s07_a_partial_approval_holds_what_was_approved(stage: Stage) -> None:
    hold = await stage.held(eur(4000), replace(stage.card, at_most=1500))
    assert (hold.status, hold.asked, hold.amount) == (Status.SUCCESS, eur(4000), eur(1500))
    refused = await stage.provider.capture(stage.take(hold, eur(1501)))
    assert refused.failure is Failure.AMOUNT_REFUSED
    taken = await stage.provider.capture(stage.take(hold, eur(1500), key="exactly"))
    assert taken.status is Status.SUCCESS
    assert await stage.world.books(hold.reference) == Books(1500, 1500, 0, 0)


async def test_a_pending_hold_can_be_cancelled_and_only_its_status_tells(stage: Stage) -> None:
    begun = await stage.provider.authorise(stage.hold(eur(2000)))
    await stage.provider.cancel(begun)
    done = await stage.followed(begun)
    assert (done.status, done.failure) == (Status.FAILED, Failure.CANCELLED)


async def test_a_cancellation_that_comes_too_late_changes_nothing(stage: Stage) -> None:
    hold = await stage.held(eur(2000))
    await stage.provider.cancel(hold)
    assert await stage.provider.status(hold.reference) == hold


async def test_a_driver_may_press_cancel(stage: Stage) -> None:
    begun = await stage.provider.authorise(stage.hold(eur(2000)))
    await stage.world.press_cancel(stage.terminal)
    assert (await stage.followed(begun)).failure is Failure.CANCELLED


async def test_a_hold_that_nobody_presents_a_card_for_expires(hasty_world: World) -> None:
    stage = Stage(hasty_world)
    done = await stage.followed(await stage.provider.authorise(stage.hold(eur(2000))))
    assert (done.status, done.failure) == (Status.FAILED, Failure.EXPIRED)


async def test_s28_a_terminal_serves_one_driver_at_a_time(stage: Stage) -> None:
    await stage.provider.authorise(stage.hold(eur(2000)))
    other = AuthoriseRequest(stage.key("other"), f"{stage.order}-b", stage.terminal, eur(1000), "Charging")
    second = await stage.provider.authorise(other)
    assert (second.status, second.failure) == (Status.FAILED, Failure.TERMINAL_BUSY)
    read = await stage.provider.read_token(stage.read())
    assert (read.kind, read.status, read.failure) == (Kind.TOKEN, Status.FAILED, Failure.TERMINAL_BUSY)


@pytest.mark.parametrize(("state", "failure"), [("busy", Failure.TERMINAL_BUSY), ("offline", Failure.TERMINAL_OFFLINE)])
async def test_s16_a_terminal_that_cannot_serve_says_so(stage: Stage, state: str, failure: Failure) -> None:
    await stage.world.put(stage.terminal, state)  # type: ignore[arg-type]
    read = await stage.provider.read_token(stage.read())
    assert (read.status, read.failure) == (Status.FAILED, failure)


@pytest.mark.parametrize(("currency", "minor"), [("JPY", 1500), ("ISK", 700), ("KWD", 12345), ("BHD", 1)])
async def test_s24_currencies_with_no_or_three_decimals_are_exact(stage: Stage, currency: str, minor: int) -> None:
    amount = Money(minor=minor, currency=currency)
    hold = await stage.held(amount)
    assert (hold.status, hold.amount) == (Status.SUCCESS, amount)
    taken = await stage.provider.capture(stage.take(hold, amount))
    assert taken.amount == amount
    assert await stage.world.books(hold.reference) == Books(minor, minor, 0, 0)


async def test_s05_a_card_is_fingerprinted_under_the_current_key_and_read_under_every_key(stage: Stage) -> None:
    # given a hold, and the card shown again at another terminal
    hold = await stage.held(eur(2000))
    begun = await stage.provider.read_token(stage.read())
    assert (begun.kind, begun.status, begun.asked) == (Kind.TOKEN, Status.PENDING, None)
    await stage.world.present(stage.terminal, stage.card)
    read = await stage.followed(begun)
    # then it is the same card, and older keys can still match it
    assert hold.card is not None
    assert read.card is not None
    assert {one.key_version for one in hold.card.fingerprints} == {2}
    assert {one.key_version for one in read.card.fingerprints} == {1, 2}
    assert set(hold.card.fingerprints) < set(read.card.fingerprints)
    assert same_card(hold.card, read.card) is FingerprintKind.PAR


async def test_s03_a_phone_and_the_plastic_card_share_the_par_alone(stage: Stage) -> None:
    plastic = replace(stage.card, account=f"account-{stage.number}")
    phone = replace(plastic, name=f"{plastic.name}-phone")
    hold = await stage.held(eur(2000), plastic)
    await stage.world.make(phone)
    begun = await stage.provider.read_token(stage.read())
    await stage.world.present(stage.terminal, phone)
    read = await stage.followed(begun)
    assert hold.card is not None
    assert read.card is not None
    assert {one.kind for one in set(hold.card.fingerprints) & set(read.card.fingerprints)} == {FingerprintKind.PAR}
    assert same_card(hold.card, read.card) is FingerprintKind.PAR


async def test_a_card_without_a_par_is_known_by_its_token(stage: Stage) -> None:
    hold = await stage.held(eur(2000), replace(stage.card, has_par=False))
    assert hold.card is not None
    assert [one.kind for one in hold.card.fingerprints] == [FingerprintKind.CARD]


@pytest.mark.parametrize("verb", ["authorise", "capture", "reverse"])
async def test_a_provider_that_has_no_time_now_has_done_nothing(stage: Stage, verb: str) -> None:
    hold = Transaction("C0FFEE", Kind.AUTHORISE, Status.SUCCESS)
    await stage.world.break_next(verb, "busy_now")  # type: ignore[arg-type]
    calls = {
        "authorise": lambda: stage.provider.authorise(stage.hold(eur(2000))),
        "capture": lambda: stage.provider.capture(stage.take(hold, eur(1))),
        "reverse": lambda: stage.provider.reverse(stage.let_go(hold)),
    }
    with pytest.raises(Unavailable):
        await calls[verb]()
    assert await stage.provider.find(stage.order) == []


async def test_s10_a_capture_whose_answer_was_lost_is_found_again_and_done_once(stage: Stage) -> None:
    hold = await stage.held(eur(2000))
    ask = stage.take(hold, eur(900))
    # when the answer is lost
    await stage.world.break_next("capture", "answer_lost")
    with pytest.raises(OutcomeUnknown):
        await stage.provider.capture(ask)
    # then it stands under the order, and sending it again does nothing more
    known = await find_existing(stage.provider, stage.order, Kind.CAPTURE, hold.reference)()
    assert known is not None
    assert (known.status, known.amount) == (Status.SUCCESS, eur(900))
    assert (await stage.provider.capture(ask)).reference == known.reference
    assert await stage.world.books(hold.reference) == Books(2000, 900, 1100, 0)


async def test_s10_a_capture_is_made_known_whatever_was_lost(stage: Stage) -> None:
    hold = await stage.held(eur(2000))
    ask = stage.take(hold, eur(900))
    await stage.world.break_next("capture", "answer_lost")
    known = await make_known(
        lambda: stage.provider.capture(ask),
        find_existing(stage.provider, stage.order, Kind.CAPTURE, hold.reference),
        since=stage.world.clock.now(),
        clock=stage.world.clock,
        policy=POLICY,
    )
    assert (known.status, known.amount) == (Status.SUCCESS, eur(900))
    assert await stage.world.books(hold.reference) == Books(2000, 900, 1100, 0)


async def test_s10_a_capture_that_applies_late_is_still_done_once(stage: Stage) -> None:
    hold = await stage.held(eur(2000))
    ask = stage.take(hold, eur(900))
    await stage.world.break_next("capture", "late")
    known = await make_known(
        lambda: stage.provider.capture(ask),
        find_existing(stage.provider, stage.order, Kind.CAPTURE, hold.reference),
        since=stage.world.clock.now(),
        clock=stage.world.clock,
        policy=POLICY,
    )
    await stage.world.clock.sleep(LATE_S * 4)
    assert known.status is Status.SUCCESS
    assert [one.kind for one in await stage.provider.find(stage.order)] == [Kind.AUTHORISE, Kind.CAPTURE]
    assert await stage.world.books(hold.reference) == Books(2000, 900, 1100, 0)


async def test_s09_a_hold_whose_answer_was_lost_is_found_by_its_order(stage: Stage) -> None:
    await stage.world.break_next("authorise", "late")
    with pytest.raises(OutcomeUnknown):
        await stage.provider.authorise(stage.hold(eur(2000)))
    await stage.world.clock.sleep(LATE_S * 4)
    late = await find_existing(stage.provider, stage.order, Kind.AUTHORISE)()
    assert late is not None
    assert (late.status, late.asked) == (Status.PENDING, eur(2000))


async def test_s11_manual_intervention_is_neither_and_ends_when_the_helpdesk_decides(stage: Stage) -> None:
    hold = await stage.held(eur(2000))
    await stage.world.break_next("capture", "manual")
    taken = await stage.provider.capture(stage.take(hold, eur(900)))
    assert (taken.status, taken.amount, taken.failure) == (Status.MANUAL, None, None)
    assert (await stage.world.books(hold.reference)).captured == 0
    # nothing else may be done to the hold meanwhile
    assert (await stage.provider.reverse(stage.let_go(hold))).failure is Failure.REJECTED
    await stage.world.resolve(taken.reference)
    done = await stage.provider.status(taken.reference)
    assert done is not None
    assert (done.status, done.amount) == (Status.SUCCESS, eur(900))
    assert (await stage.world.books(hold.reference)).captured == 900


async def test_a_capture_may_be_pending_before_it_is_done(stage: Stage) -> None:
    hold = await stage.held(eur(2000))
    await stage.world.break_next("capture", "pending")
    begun = await stage.provider.capture(stage.take(hold, eur(900)))
    assert (begun.status, begun.amount, begun.slip) == (Status.PENDING, None, None)
    done = await stage.followed(begun)
    assert (done.status, done.amount) == (Status.SUCCESS, eur(900))
    assert done.slip is not None


async def test_a_refused_capture_is_a_fact_and_no_exception(stage: Stage) -> None:
    hold = await stage.held(eur(2000))
    await stage.world.break_next("capture", "refused")
    refused = await stage.provider.capture(stage.take(hold, eur(900)))
    assert (refused.kind, refused.status, refused.failure) == (Kind.CAPTURE, Status.FAILED, Failure.REJECTED)
    assert (refused.original_reference, refused.asked) == (hold.reference, eur(900))
    assert await stage.world.books(hold.reference) == Books(2000, 0, 0, 0)


async def test_no_raw_token_leaves_the_provider(stage: Stage, caplog: pytest.LogCaptureFixture) -> None:
    # given everything that can be told about a card
    hold = await stage.held(eur(2000))
    begun = await stage.provider.read_token(stage.read())
    await stage.world.present(stage.terminal, stage.card)
    told: list[object] = [hold, await stage.followed(begun), *await stage.provider.find(stage.order)]
    told.append(await stage.provider.status(hold.reference))
    await stage.provider.capture(stage.take(hold, eur(900)))
    try:
        await stage.provider.capture(stage.take(hold, eur(901)))
    except BrokenInvariant as broken:
        told.append("".join(traceback.TracebackException.from_exception(broken, capture_locals=True).format()))
    # then none of it contains the card's number, token or PAR
    text = repr(told) + caplog.text + repr(stage.provider)
    secrets = await stage.world.secrets()
    assert len(secrets) >= 2
    assert [one for one in secrets if one in text or one[::-1] in text] == []
