"""What people do at the provider's portal, the issuer and the provider itself is told like what we ask for."""

from __future__ import annotations

from tests.contract.provider_stage import Stage, eur
from tests.contract.provider_worlds import Books

from tapwatt.provider.port import Failure, Kind, Status


async def test_a_hold_captured_by_hand_with_another_amount_is_told_under_its_order(stage: Stage) -> None:
    # given a hold of 20.00, of which a person takes 7.77
    hold = await stage.held(eur(2000))
    assert await stage.world.by_hand("capture", hold.reference, 777)
    # then it stands under the order as a capture of that hold, with a reference of its own
    _, told = await stage.provider.find(stage.order)
    assert (told.kind, told.status, told.amount) == (Kind.CAPTURE, Status.SUCCESS, eur(777))
    assert (told.original_reference, told.order_reference) == (hold.reference, stage.order)
    assert told.reference != hold.reference
    assert told.slip is not None
    assert await stage.provider.status(told.reference) == told
    assert await stage.world.books(hold.reference) == Books(2000, 777, 1223, 0)
    # and ours is refused
    ours = await stage.provider.capture(stage.take(hold, eur(900)))
    assert (ours.status, ours.failure) == (Status.FAILED, Failure.REJECTED)


async def test_more_than_is_held_cannot_be_taken_by_hand_either_and_all_of_it_can(stage: Stage) -> None:
    hold = await stage.held(eur(2000))
    assert not await stage.world.by_hand("capture", hold.reference, 2001)
    assert await stage.world.by_hand("capture", hold.reference, 2000)
    assert not await stage.world.by_hand("capture", hold.reference, 1)
    assert await stage.world.books(hold.reference) == Books(2000, 2000, 0, 0)


async def test_a_hold_reversed_by_hand_is_gone(stage: Stage) -> None:
    hold = await stage.held(eur(2000))
    assert await stage.world.by_hand("reversal", hold.reference)
    _, told = await stage.provider.find(stage.order)
    assert (told.kind, told.status, told.original_reference) == (Kind.REVERSAL, Status.SUCCESS, hold.reference)
    assert (await stage.provider.capture(stage.take(hold, eur(900)))).status is Status.FAILED
    assert await stage.world.books(hold.reference) == Books(2000, 0, 2000, 0)
    assert not await stage.world.by_hand("reversal", hold.reference)


async def test_a_capture_cancelled_by_hand_is_a_reversal_of_the_capture_and_all_of_it_goes_back(stage: Stage) -> None:
    hold = await stage.held(eur(2000))
    assert await stage.world.by_hand("capture", hold.reference, 777)
    _, taken = await stage.provider.find(stage.order)
    assert await stage.world.by_hand("cancel_capture", taken.reference)
    undone = (await stage.provider.find(stage.order))[-1]
    assert (undone.kind, undone.status, undone.original_reference) == (Kind.REVERSAL, Status.SUCCESS, taken.reference)
    assert await stage.world.books(hold.reference) == Books(2000, 777, 1223, 777)
    assert not await stage.world.by_hand("cancel_capture", taken.reference)


async def test_a_capture_of_ours_may_be_cancelled_by_hand_and_then_nothing_is_left_to_refund(stage: Stage) -> None:
    hold = await stage.held(eur(2000))
    taken = await stage.provider.capture(stage.take(hold, eur(900)))
    assert await stage.world.by_hand("cancel_capture", taken.reference)
    assert await stage.world.books(hold.reference) == Books(2000, 900, 1100, 900)
    late = await stage.provider.refund(stage.give_back(taken, eur(1)))
    assert (late.status, late.failure) == (Status.FAILED, Failure.AMOUNT_REFUSED)


async def test_s20_refunds_by_hand_and_by_the_provider_itself_count_with_ours(stage: Stage) -> None:
    hold = await stage.held(eur(2000))
    taken = await stage.provider.capture(stage.take(hold, eur(1500)))
    assert await stage.world.by_hand("refund", taken.reference, 600)
    assert await stage.world.by_hand("automatic_refund", taken.reference, 400)
    told = (await stage.provider.find(stage.order))[-2:]
    assert [(one.kind, one.amount, one.original_reference) for one in told] == [
        (Kind.REFUND, eur(600), taken.reference),
        (Kind.REFUND, eur(400), taken.reference),
    ]
    too_much = await stage.provider.refund(stage.give_back(taken, eur(501)))
    assert too_much.failure is Failure.AMOUNT_REFUSED
    assert (await stage.provider.refund(stage.give_back(taken, eur(500), "rest"))).status is Status.SUCCESS
    assert await stage.world.books(hold.reference) == Books(2000, 1500, 500, 1500)


async def test_a_chargeback_is_told_and_what_is_charged_back_cannot_be_refunded(stage: Stage) -> None:
    hold = await stage.held(eur(2000))
    taken = await stage.provider.capture(stage.take(hold, eur(1500)))
    assert await stage.world.by_hand("chargeback", taken.reference, 1500)
    told = (await stage.provider.find(stage.order))[-1]
    assert (told.kind, told.status, told.amount) == (Kind.CHARGEBACK, Status.SUCCESS, eur(1500))
    assert told.original_reference == taken.reference
    assert await stage.world.books(hold.reference) == Books(2000, 1500, 500, 0, 1500)
    late = await stage.provider.refund(stage.give_back(taken, eur(1)))
    assert (late.status, late.failure) == (Status.FAILED, Failure.AMOUNT_REFUSED)
    assert not await stage.world.by_hand("chargeback", taken.reference, 1)
