"""A card read has no idempotency, a terminal may be unknown, and a capture may not repeat the card's details."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from dataclasses import replace

import pytest
from tests.contract.provider_stage import Stage, eur
from tests.contract.provider_worlds import LATE_S, Books, MemoryWorld, World, simulated_world, simulator

from tapwatt.errors import OutcomeUnknown
from tapwatt.provider.port import Failure, Kind, Status
from tapwatt.testing.fake_provider import Habits


async def test_a_card_read_sent_twice_is_two_reads_under_one_order(stage: Stage) -> None:
    # given a read that succeeded
    await stage.world.make(stage.card)
    first = await stage.provider.read_token(stage.read())
    await stage.world.present(stage.terminal, stage.card)
    assert (await stage.followed(first)).status is Status.SUCCESS
    # when the same is sent again under the same reference
    second = await stage.provider.read_token(stage.read())
    # then it is another, and the terminal asks for a card again
    assert (second.status, second.reference == first.reference) == (Status.PENDING, False)
    told = await stage.provider.find(stage.order)
    assert [(one.kind, one.status) for one in told] == [(Kind.TOKEN, Status.SUCCESS), (Kind.TOKEN, Status.PENDING)]
    assert [one.reference for one in told] == [first.reference, second.reference]


async def test_a_read_sent_again_while_it_waits_finds_the_terminal_busy_with_itself(stage: Stage) -> None:
    first = await stage.provider.read_token(stage.read())
    again = await stage.provider.read_token(stage.read())
    assert (again.status, again.failure) == (Status.FAILED, Failure.TERMINAL_BUSY)
    assert [one.reference for one in await stage.provider.find(stage.order)] == [first.reference, again.reference]


async def test_a_read_may_apply_late_beside_the_one_that_was_sent_again(stage: Stage) -> None:
    await stage.world.make(stage.card)
    await stage.world.break_next("read_token", "late")
    with pytest.raises(OutcomeUnknown):
        await stage.provider.read_token(stage.read())
    assert await stage.provider.find(stage.order) == []
    again = await stage.provider.read_token(stage.read())
    await stage.world.present(stage.terminal, stage.card)
    await stage.world.clock.sleep(LATE_S * 3)
    told = await stage.provider.find(stage.order)
    assert [(one.reference == again.reference, one.status) for one in told] == [
        (True, Status.SUCCESS),
        (False, Status.PENDING),
    ]


async def test_s16_a_terminal_that_is_not_set_up_is_refused_until_it_is(stage: Stage) -> None:
    await stage.world.put(stage.terminal, "unknown")
    hold = await stage.provider.authorise(stage.hold(eur(2000)))
    read = await stage.provider.read_token(stage.read())
    assert (hold.kind, hold.status, hold.failure) == (Kind.AUTHORISE, Status.FAILED, Failure.TERMINAL_UNKNOWN)
    assert (hold.asked, hold.order_reference, hold.amount) == (eur(2000), stage.order, None)
    assert (read.kind, read.status, read.failure) == (Kind.TOKEN, Status.FAILED, Failure.TERMINAL_UNKNOWN)
    assert await stage.provider.find(stage.order) == []
    # when it is set up, it serves
    await stage.world.put(stage.terminal, "online")
    await stage.world.make(stage.card)
    later = await stage.provider.authorise(replace(stage.hold(eur(2000)), idempotency_reference=stage.key("later")))
    await stage.world.present(stage.terminal, stage.card)
    assert (await stage.followed(later)).status is Status.SUCCESS


@pytest.fixture(scope="module")
def terse_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A provider whose captures say nothing of the card, and which knows one terminal."""
    ledger = tmp_path_factory.mktemp("terse") / "ledger.sqlite"
    with simulator(ledger, "--no-capture-repeats-card", "--terminals", "known") as address:
        yield address


@pytest.fixture(params=["memory", "ccv"])
async def terse_stage(request: pytest.FixtureRequest) -> AsyncIterator[Stage]:
    if request.param == "memory":
        yield known(MemoryWorld(Habits(capture_repeats_card=False, terminals=frozenset({"known"}))))
        return
    async with simulated_world(request.getfixturevalue("terse_url")) as simulated:
        yield known(simulated)


def known(world: World) -> Stage:
    """A driver at the one terminal that is set up."""
    stage = Stage(world)
    stage.terminal = "known"
    return stage


async def test_where_the_capture_says_nothing_of_the_card_the_slip_comes_from_the_hold_alone(
    terse_stage: Stage,
) -> None:
    stage = terse_stage
    hold = await stage.held(eur(2000))
    taken = await stage.provider.capture(stage.take(hold, eur(900)))
    assert (taken.status, taken.slip) == (Status.SUCCESS, None)
    slip = await stage.provider.slip(hold.reference)
    assert slip is not None
    assert (slip.masked_pan or "").startswith("************")
    assert slip.lines
    # and it names nothing by which the card is known
    assert not [one for one in await stage.world.secrets() if one in repr(slip) or one[::-1] in repr(slip)]
    assert hold.card is not None
    assert not [one for one in hold.card.fingerprints if one.digest in repr(slip)]
    assert await stage.world.books(hold.reference) == Books(2000, 900, 1100, 0)


async def test_what_is_no_hold_that_stands_has_no_slip(stage: Stage) -> None:
    assert await stage.provider.slip("C0FFEE") is None
    begun = await stage.provider.authorise(stage.hold(eur(2000)))
    assert await stage.provider.slip(begun.reference) is None
    await stage.world.make(stage.card)
    await stage.world.present(stage.terminal, stage.card)
    taken = await stage.provider.capture(stage.take(begun, eur(900)))
    assert await stage.provider.slip(begun.reference) == taken.slip
    assert await stage.provider.slip(taken.reference) is None


async def test_s16_a_terminal_that_was_never_set_up_is_refused(terse_stage: Stage) -> None:
    ask = replace(terse_stage.read(), terminal_id="somewhere-else")
    assert (await terse_stage.provider.read_token(ask)).failure is Failure.TERMINAL_UNKNOWN
