"""A hold that nobody may use is let go whenever it comes, and a person hears once of one that cannot be."""

from __future__ import annotations

from dataclasses import replace

from tests.unit.authoriser.late_hold_cases import CARD, LateCase

from authoriser.late_holds import AGAIN_S
from tapwatt.errors import BrokenInvariant
from tapwatt.provider.port import Failure, Status
from tapwatt.testing.fake_provider import Fault


async def test_s09_what_may_yet_come_is_looked_for_until_the_longest_life_of_a_transaction_is_over() -> None:
    case = LateCase()
    case.provider.break_next("authorise", Fault.REQUEST_LOST)
    await case.begun()
    await case.declined()
    life_s = case.gateway.life_s
    assert life_s < await case.look_until_over() <= life_s + 2 * AGAIN_S


async def test_s09_a_hold_that_comes_after_the_driver_was_told_no_is_let_go() -> None:
    case = LateCase()
    case.provider.break_next("authorise", Fault.LATE)
    hold = await case.begun()
    await case.declined()
    assert await case.look() == 0
    await case.clock.sleep(61)
    assert case.provider.present(hold.terminal_id, CARD)
    assert case.held(hold)
    await case.look_until_over()
    assert not case.held(hold)
    assert case.pages == []


async def test_s09_a_provider_that_cannot_be_asked_has_not_said_that_nothing_comes() -> None:
    case = LateCase()
    case.provider.break_next("authorise", Fault.LATE)
    hold = await case.begun()
    await case.declined()
    await case.clock.sleep(61)
    case.provider.present(hold.terminal_id, CARD)
    case.provider.break_next("find", *[Fault.UNAVAILABLE] * 30)
    assert await case.look_until_over() > case.gateway.life_s
    assert not case.held(hold)


async def test_s11_a_late_hold_in_manual_intervention_pages_a_person_once_and_the_others_are_let_go() -> None:
    case = LateCase()
    # Given one hold that only the helpdesk can decide, and one that was simply late
    odd, usual = await case.begun("odd"), await case.begun("usual")
    case.provider.break_next("present", Fault.MANUAL)
    found = case.provider.present(odd.terminal_id, CARD)
    assert found is not None
    case.provider.present(usual.terminal_id, CARD)
    for name in ("odd", "usual"):
        await case.declined(name)
    # When they are looked at round after round
    assert await case.look() == 0
    assert not case.held(usual)
    for _ in range(20):
        await case.clock.sleep(AGAIN_S)
        await case.look()
    # Then a person was told once which it is, and it is let go as soon as the helpdesk has decided
    [(session, why)] = case.pages
    assert session == "op/odd"
    assert found.reference in why
    case.provider.resolve(found.reference)
    assert case.held(odd)
    await case.look_until_over()
    assert not case.held(odd)
    assert len(case.pages) == 1


async def test_s11_a_hold_of_the_same_session_is_let_go_whatever_is_wrong_with_another_one() -> None:
    case = LateCase()
    first = await case.begun()
    case.provider.break_next("present", Fault.MANUAL)
    case.provider.present(first.terminal_id, CARD)
    await case.provider.authorise(replace(first, idempotency_reference="another", terminal_id="t2"))
    case.provider.present("t2", CARD)
    await case.declined()
    await case.look()
    assert not case.held(first)
    assert len(case.pages) == 1


async def test_s18_a_release_that_needs_the_helpdesk_pages_a_person_once() -> None:
    case = LateCase()
    hold = await case.begun()
    case.provider.present(hold.terminal_id, CARD)
    await case.declined()
    case.provider.break_next("reverse", Fault.MANUAL)
    for _ in range(3):
        await case.look()
        await case.clock.sleep(AGAIN_S)
    assert len(case.pages) == 1


async def test_s18_a_late_hold_that_the_provider_does_not_let_go_pages_a_person_when_its_life_is_over() -> None:
    case = LateCase()
    hold = await case.begun()
    taken = case.provider.present(hold.terminal_id, CARD)
    assert taken is not None
    await case.declined()
    # Given a hold that somebody has captured by hand: it can be let go no more
    case.provider.portal.capture(taken.reference, hold.amount)
    await case.look()
    assert case.pages == []
    for _ in range(30):
        await case.clock.sleep(AGAIN_S)
        await case.look()
    [(session, why)] = case.pages
    assert session == "op/s1"
    assert taken.reference in why


async def test_s09_a_provider_that_is_away_for_long_pages_nobody() -> None:
    case = LateCase()
    hold = await case.begun()
    case.provider.present(hold.terminal_id, CARD)
    await case.declined()
    case.provider.break_next("reverse", *[Fault.UNAVAILABLE] * 30)
    assert await case.look_until_over() > case.gateway.life_s
    assert not case.held(hold)
    assert case.pages == []


async def test_a_contradiction_of_one_late_hold_pages_a_person_once_and_the_round_goes_on() -> None:
    case = LateCase()
    broken, usual = await case.begun("broken"), await case.begun("usual")
    case.provider.present(usual.terminal_id, CARD)
    find = case.provider.find

    async def contradicts(order: str) -> object:
        if order == broken.order_reference:
            raise BrokenInvariant("hold M000001: 60 was asked for and 70 is said to be held")
        return await find(order)

    case.provider.find = contradicts  # type: ignore[method-assign,assignment]
    for name in ("broken", "usual"):
        await case.declined(name)
    for _ in range(30):
        await case.look()
        await case.clock.sleep(AGAIN_S)
    assert case.pages == [("op/broken", "hold M000001: 60 was asked for and 70 is said to be held")]
    assert not case.held(usual)
    # and it is looked at again all the time
    case.provider.find = find  # type: ignore[method-assign]
    await case.look_until_over()


async def test_who_was_paged_when_the_driver_was_told_is_not_paged_again() -> None:
    case = LateCase()
    hold = await case.begun()
    case.provider.break_next("present", Fault.MANUAL)
    case.provider.present(hold.terminal_id, CARD)
    session = await case.declined()
    await case.late.paged(session)
    await case.look()
    assert case.pages == []


async def test_a_refused_hold_and_one_that_is_gone_are_nobody_s_business() -> None:
    case = LateCase()
    refused, gone = await case.begun("refused"), await case.begun("gone")
    case.provider.present(refused.terminal_id, replace(CARD, failure=Failure.DECLINED))
    held = case.provider.present(gone.terminal_id, CARD)
    assert held is not None
    case.provider.expire(held.reference)
    for name in ("refused", "gone"):
        await case.declined(name)
    await case.look_until_over(2)
    assert [one.status for one in await case.provider.find(refused.order_reference)] == [Status.FAILED]
    assert case.pages == []


async def test_s18_a_late_hold_that_is_not_let_go_is_asked_for_under_another_reference_ever_more_rarely() -> None:
    asked: list[str] = []

    def refused(verb: str, reference: str) -> Fault | None:
        if verb != "reverse":
            return None
        asked.append(reference)
        return Fault.REFUSED if len(asked) <= 5 else None

    # given a hold that came too late, and a provider that refuses five times to let it go
    case = LateCase(refused)
    hold = await case.begun()
    case.provider.present(hold.terminal_id, CARD)
    await case.declined()
    # when it is looked after every half minute, then it is asked under six references, not under one again and again
    took_s = await case.look_until_over()
    assert len(set(asked)) == len(asked) == 6
    assert took_s >= (1 + 2 + 4 + 8 + 16) * 60
    assert not case.held(hold)
