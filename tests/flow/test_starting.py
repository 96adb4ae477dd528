"""How a session begins: an answer in time whatever the provider does, and no prompt that nobody wants any more."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
from pydantic import SecretStr
from tests.flow.ring import Ring, card
from tests.flow.test_scenarios import EUR60, HERE, all_is_well, begin, books, settled, virtual

from authoriser import holds
from tapwatt.facts.events import AuthorisationDeclined, Authorised, Captured, HoldExpiring, HoldReleased
from tapwatt.facts.reasons import DeclineReason, EndReason
from tapwatt.provider.card_slips import Shown
from tapwatt.provider.port import Kind
from tapwatt.testing.fake_provider import Fault, Habits

ANNA, BEN = card(1), card(2)
PRESENTATION_S, PATIENCE_S = 120, 45


async def answer(ring: Ring, session: str = "s1") -> tuple[Authorised | AuthorisationDeclined, float]:
    """What the driver hears, and how many seconds after asking."""
    asked = ring.clock.monotonic()
    said = await ring.fleet.hear_of(session, Authorised, AuthorisationDeclined)
    assert isinstance(said, Authorised | AuthorisationDeclined)
    return said, ring.clock.monotonic() - asked


@virtual
async def test_s42_an_outage_at_the_start_is_told_within_the_driver_s_patience() -> None:
    async with Ring() as ring:
        # Given a provider that is away for a long time
        ring.outage(3600)
        await ring.fleet.request("s1", HERE, EUR60)
        # Then the driver hears so within the limit, and the next one is served once the provider is back
        said, after_s = await answer(ring)
        assert isinstance(said, AuthorisationDeclined)
        assert said.reason is DeclineReason.PROVIDER_UNAVAILABLE
        assert after_s <= PATIENCE_S + 1
        await asyncio.sleep(3600)
        assert isinstance(await begin(ring, "s2"), Authorised)
        await ring.fleet.cancel("s2")
        await ring.calm()
        assert [held.order_reference for held in ring.provider.holds()] == ["op/s2"]


@virtual
async def test_s42_a_short_outage_costs_the_driver_no_hold() -> None:
    async with Ring() as ring:
        ring.outage(20)
        assert isinstance(await begin(ring, "s1"), Authorised)


@pytest.mark.parametrize("verb", ["authorise", "find", "status", "cancel", "reverse"])
@pytest.mark.parametrize("fault", [Fault.UNAVAILABLE, Fault.REQUEST_LOST, Fault.ANSWER_LOST, Fault.LATE, Fault.MANUAL])
@pytest.mark.parametrize("shown_after_s", [5, 119, 400])
@virtual
async def test_s42_whatever_the_provider_does_the_driver_hears_in_time_and_no_hold_is_left(
    verb: str, fault: Fault, shown_after_s: float
) -> None:
    async with Ring() as ring:
        # Given a provider that fails at one verb again and again
        ring.provider.break_next(verb, *[fault] * 60)
        showing = asyncio.ensure_future(ring.show(HERE.terminal_id, ANNA, shown_after_s, 600))
        await ring.fleet.request("s1", HERE, EUR60)
        # Then the driver has an answer in time
        said, after_s = await answer(ring)
        assert after_s <= PRESENTATION_S + PATIENCE_S + 1
        # and in the end nothing is held that nobody speaks of
        if isinstance(said, Authorised):
            await ring.fleet.cancel("s1")
        await asyncio.sleep(7200)
        await ring.calm()
        showing.cancel()
        # (what is in manual intervention is for a person)
        assert fault is Fault.MANUAL or [held.rest.minor for held in ring.provider.holds() if held.rest] == []


@pytest.mark.parametrize("window_s", [0, 86_400])
@virtual
async def test_s12_a_driver_who_tapped_while_the_authoriser_died_is_asked_for_a_card_once(window_s: float) -> None:
    # Given a provider that heeds references, or none, and an authoriser that dies while it asks for a card
    async with Ring(habits=Habits(idempotency_window_s=window_s)) as ring:
        await ring.fleet.request("s1", HERE, EUR60)
        await asyncio.sleep(2)
        ring.workers["authoriser"].crash()
        # When the driver taps before it is there again
        assert ring.provider.present(HERE.terminal_id, ANNA) is not None
        # Then that is the hold, and no other is asked for
        said, after_s = await answer(ring)
        assert isinstance(said, Authorised)
        assert after_s < PATIENCE_S
        await ring.fleet.cancel("s1")
        await ring.calm()
        told = await ring.provider.find("op/s1")
        assert [one.kind for one in told] == [Kind.AUTHORISE, Kind.REVERSAL]
        await all_is_well(ring)


@virtual
async def test_s12_what_was_agreed_before_the_authoriser_died_stands_whatever_is_set_since() -> None:
    # Given a driver who is asked for a card on these terms
    async with Ring(authoriser={"hold_window_days": 5}) as ring:
        await ring.fleet.request("s1", HERE, EUR60)
        await asyncio.sleep(2)
        # When the authoriser dies, and begins anew with others
        ring.restart_authoriser(hold_window_days=30)
        assert ring.provider.present(HERE.terminal_id, ANNA) is not None
        said, _ = await answer(ring)
        # Then the first ones stand
        assert isinstance(said, Authorised)
        assert said.hold.expires_at == said.hold.authorised_at + timedelta(days=5)
        await ring.fleet.cancel("s1")
        await all_is_well(ring)


@virtual
async def test_s39_a_session_cancelled_while_a_card_is_asked_for_takes_its_prompt_away_at_once() -> None:
    async with Ring() as ring:
        # Given a terminal that asks for a card
        await ring.fleet.request("s1", HERE, EUR60)
        await asyncio.sleep(10)
        # When the driver gives up
        await ring.fleet.cancel("s1")
        said, after_s = await answer(ring)
        # Then the prompt is gone within seconds, and the next driver pays for nothing
        assert isinstance(said, AuthorisationDeclined)
        assert said.reason is DeclineReason.CANCELLED
        assert after_s < 3
        assert ring.provider.present(HERE.terminal_id, BEN) is None
        assert isinstance(await begin(ring, "s2", by=BEN), Authorised)
        await ring.fleet.cancel("s2")
        await all_is_well(ring)
        assert [held.order_reference for held in ring.provider.holds()] == ["op/s2"]


@virtual
async def test_s39_a_session_cancelled_before_its_request_comes_asks_for_no_card() -> None:
    async with Ring() as ring:
        await ring.fleet.cancel("s1")
        await asyncio.sleep(1)
        await ring.fleet.request("s1", HERE, EUR60)
        said, after_s = await answer(ring)
        assert isinstance(said, AuthorisationDeclined)
        assert said.reason is DeclineReason.CANCELLED
        assert after_s < 1
        assert await ring.provider.find("op/s1") == []


@virtual
async def test_s39_a_card_that_was_quicker_than_the_cancellation_gets_its_money_back() -> None:
    async with Ring() as ring:
        await ring.fleet.request("s1", HERE, EUR60)
        ring.provider.break_next("cancel", *[Fault.UNAVAILABLE] * 5)
        await asyncio.sleep(10)
        await ring.fleet.cancel("s1")
        await ring.show(HERE.terminal_id, ANNA, after_s=0)
        await ring.calm()
        [said] = [*ring.fleet.heard.of(Authorised), *ring.fleet.heard.of(AuthorisationDeclined)]
        assert isinstance(said, Authorised)
        assert (await settled(ring, "s1", HoldReleased)).released == EUR60
        await all_is_well(ring)


@virtual
async def test_s09_what_was_told_to_the_driver_stands_whatever_is_known_later() -> None:
    async with Ring() as ring:
        # Given a decline that was said while nobody knew, and an authoriser that dies right then
        ring.provider.break_next("authorise", Fault.LATE)
        ring.provider.break_next("find", *[Fault.UNAVAILABLE] * 30)
        await ring.fleet.request("s1", HERE, EUR60)
        await answer(ring)
        ring.workers["authoriser"].crash()
        await ring.show(HERE.terminal_id, ANNA)
        await ring.calm()
        # Then no other answer is given after it
        assert ring.fleet.heard.of(Authorised) == []
        assert len(ring.fleet.heard.of(AuthorisationDeclined)) == 1
        assert not any(held.rest for held in ring.provider.holds())


def paged(ring: Ring) -> list[str]:
    """For what a person is woken; that a record is dead-lettered besides is in the log too."""
    return [page for page in ring.workers["authoriser"].log.pages if not page.startswith("dead-lettered")]


@pytest.mark.parametrize("told_first", [False, True])
@virtual
async def test_s11_a_hold_in_manual_intervention_pages_a_person_once_whoever_finds_it_first(told_first: bool) -> None:
    async with Ring() as ring:
        # Given a hold that only the helpdesk can decide, before the driver was told no or after it
        ring.provider.break_next("present", Fault.MANUAL)
        if told_first:
            ring.provider.break_next("cancel", *[Fault.UNAVAILABLE] * 100)
        await ring.fleet.request("s1", HERE, EUR60)
        showing = asyncio.ensure_future(
            ring.show(HERE.terminal_id, ANNA, PRESENTATION_S + PATIENCE_S + 5 if told_first else 5)
        )
        said, _ = await answer(ring)
        assert isinstance(said, AuthorisationDeclined)
        assert await showing
        # When it stays so for hours
        await asyncio.sleep(4 * 3600)
        # Then a person was told once, and what they decide is done
        assert len(paged(ring)) == 1
        [hold] = await ring.provider.find("op/s1")
        ring.provider.resolve(hold.reference)
        await asyncio.sleep(1200)
        assert not any(held.rest for held in ring.provider.holds())
        assert len(paged(ring)) == 1


@pytest.mark.parametrize("after_s", [1.0, None])
@virtual
async def test_s42_a_mistake_of_ours_that_nobody_foresaw_leaves_no_driver_waiting_and_no_hold_standing(
    monkeypatch: pytest.MonkeyPatch, after_s: float | None
) -> None:
    def mistaken(*_: object) -> None:
        raise ZeroDivisionError("a mistake of ours")

    async with Ring() as ring:
        # Given a provider's answer that we cannot make anything of, however often we try
        monkeypatch.setattr(holds, "decide" if after_s else "ask", mistaken)
        showing = asyncio.ensure_future(ring.show(HERE.terminal_id, ANNA, after_s or 1.0, 300))
        await ring.fleet.request("s1", HERE, EUR60)
        # Then the driver hears so at once, and what is held is let go
        said, after = await answer(ring)
        assert isinstance(said, AuthorisationDeclined)
        assert (said.reason, said.outcome_known) == (DeclineReason.REJECTED, False)
        assert after <= 5
        await asyncio.sleep(7200)
        assert [held.rest.minor for held in ring.provider.holds() if held.rest] == []
        # and we are told
        assert "a mistake of ours" in ring.workers["authoriser"].log.pages[0]
        showing.cancel()


@virtual
async def test_s08_a_hold_that_runs_out_is_said_in_time_once_also_after_a_crash() -> None:
    async with Ring() as ring:
        said = await begin(ring, "s1")
        assert isinstance(said, Authorised)
        # Given a hold that nobody has settled, six hours before it runs out
        await asyncio.sleep(42 * 3600 - 60)
        assert ring.fleet.heard.of(HoldExpiring) == []
        await asyncio.sleep(1200)
        [warned] = ring.fleet.heard.of(HoldExpiring)
        assert (warned.expires_at, warned.held) == (said.hold.expires_at, EUR60)
        # When the authoriser dies and comes again
        ring.workers["authoriser"].crash()
        await asyncio.sleep(3600)
        # Then it is not said again, and a session that ends in time is captured
        assert len(ring.fleet.heard.of(HoldExpiring)) == 1
        await ring.fleet.end("s1", EndReason.LIMIT, 20_000, hours=41)
        await settled(ring, "s1", Captured)
        await all_is_well(ring)


@pytest.mark.parametrize(("brand", "days", "hours"), [("VISA Debit", 5, 24), ("Maestro", 1, 2), ("amex", 2, 6)])
@virtual
async def test_s08_a_hold_runs_out_and_is_warned_of_as_its_card_scheme_has_it(
    brand: str, days: int, hours: int
) -> None:
    terms = {
        "hold_window_days_by_scheme": {"visa": 5, "maestro": 1},
        "expiring_before_h_by_scheme": {"visa": 24, "maestro": 2},
    }
    shown = card(1, shown=Shown(brand=SecretStr(brand)))
    never = {"by_place": {"op": {"started_after_hold_s": 10**6, "stale_after_s": 10**6}}}
    async with Ring(authoriser=terms, tariff=never) as ring:
        said = await begin(ring, "s1", by=shown)
        assert isinstance(said, Authorised)
        assert said.hold.expires_at == said.hold.authorised_at + timedelta(days=days)
        # When other terms are set later, and the authoriser begins anew
        ring.restart_authoriser(hold_window_days=30, expiring_before_h=200)
        # Then the fleet is told as it was agreed
        left = said.hold.expires_at - timedelta(hours=hours) - ring.clock.now()
        await asyncio.sleep(left.total_seconds() - 60)
        assert ring.fleet.heard.of(HoldExpiring) == []
        await asyncio.sleep(1200)
        [warned] = ring.fleet.heard.of(HoldExpiring)
        assert warned.expires_at == said.hold.expires_at


@virtual
async def test_s08_a_hold_that_is_settled_is_not_warned_of() -> None:
    async with Ring() as ring:
        await begin(ring, "s1")
        await ring.fleet.end("s1", EndReason.EV_DISCONNECTED, 20_000)
        await settled(ring, "s1", Captured)
        await asyncio.sleep(timedelta(days=3).total_seconds())
        assert ring.fleet.heard.of(HoldExpiring) == []
        assert books(ring, "s1").captures == 1
