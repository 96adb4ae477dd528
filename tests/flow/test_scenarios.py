"""What really happens at a charger, told through the whole ring: the numbers are those of the reference."""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

import pytest
from pydantic import SecretStr
from tests.flow.audit import audit
from tests.flow.fleet import tariff
from tests.flow.ring import Ring, card, place
from tests.flow.virtual_time import in_virtual_time

from tapwatt.facts.events import (
    AuthorisationDeclined,
    Authorised,
    Captured,
    CaptureFailed,
    HoldReleased,
    SessionPriced,
    TokenAmbiguous,
    TokenMatched,
    TokenNotMatched,
)
from tapwatt.facts.fact import Fact
from tapwatt.facts.fields import Place
from tapwatt.facts.reasons import DeclineReason, EndReason, NoMatchReason
from tapwatt.facts.topics import Topics
from tapwatt.money import Money
from tapwatt.provider.card_slips import Shown
from tapwatt.provider.port import Failure
from tapwatt.testing.fake_provider import BankCard, Fault, Habits, Held, Terminal
from tapwatt.worker.moved_records import Delay, Kind, delayed

F = TypeVar("F", bound=Fact)
HERE = place(1)
ANNA, BEN = card(1), card(2)
EUR60 = Money.of("60", "EUR")
TOPICS = Topics()
SETTLED = (Captured, HoldReleased, CaptureFailed)


def virtual(test: Callable[..., Coroutine[Any, Any, None]]) -> Callable[..., None]:
    """Run the test in virtual time."""

    @functools.wraps(test)
    def run(*args: Any, **more: Any) -> None:
        in_virtual_time(test(*args, **more))

    return run


async def begin(ring: Ring, session: str, at: Place = HERE, by: BankCard = ANNA, hold: Money = EUR60) -> Fact | None:
    """Somebody wants to charge and presents a card."""
    await ring.fleet.request(session, at, hold)
    showing = asyncio.ensure_future(ring.show(at.terminal_id, by))
    answer = await ring.fleet.hear_of(session, Authorised, AuthorisationDeclined)
    showing.cancel()
    return answer


async def tap(
    ring: Ring,
    stop: str,
    at: Place = HERE,
    by: BankCard = ANNA,
    *,
    evse: str | None = None,
    serves: tuple[str, ...] = (),
) -> Fact | None:
    """Somebody presents a card to stop."""
    await ring.fleet.stop(stop, at, evse_id=evse, evses=serves)
    showing = asyncio.ensure_future(ring.show(at.terminal_id, by))
    answer = await ring.fleet.answer_to(stop)
    showing.cancel()
    return answer


async def settled(ring: Ring, session: str, kind: type[F]) -> F:
    """How the session is settled, which is of this kind."""
    fact = await ring.fleet.hear_of(session, *SETTLED)
    assert isinstance(fact, kind), fact
    return fact


def books(ring: Ring, session: str) -> Held:
    """The one hold of the session, as the provider has it."""
    [held] = [held for held in ring.provider.holds() if held.order_reference == f"op/{session}"]
    return held


async def all_is_well(ring: Ring) -> None:
    """Everything is done, and the books agree with what was said."""
    await ring.calm()
    assert audit(ring) == []


@virtual
async def test_s01_one_card_with_two_cars_is_asked_which_one_to_stop() -> None:
    async with Ring() as ring:
        # Given one card that charges two cars at one terminal
        left, right = place(1, terminal=1), place(2, terminal=1)
        await begin(ring, "left", left)
        await begin(ring, "right", right)
        # When it is tapped, the driver picks; when the driver has picked, that one stops
        asked = await tap(ring, "stop-1", left)
        assert isinstance(asked, TokenAmbiguous)
        assert asked.evse_ids == (left.evse_id, right.evse_id)
        picked = await tap(ring, "stop-2", left, evse=right.evse_id)
        assert isinstance(picked, TokenMatched)
        assert picked.session_id == "right"
        # Then only the other one is left, and a tap needs no question
        await ring.fleet.end("right", EndReason.TOKEN_MATCHED, 4_000)
        await settled(ring, "right", Captured)
        rest = await tap(ring, "stop-3", left)
        assert isinstance(rest, TokenMatched)
        assert rest.session_id == "left"
        await ring.fleet.end("left", EndReason.TOKEN_MATCHED, 2_000)
        await settled(ring, "left", Captured)
        await all_is_well(ring)


@virtual
async def test_s02_another_card_stops_nothing_and_the_session_runs_on() -> None:
    async with Ring() as ring:
        await begin(ring, "s1")
        said = await tap(ring, "stop-1", by=BEN)
        assert isinstance(said, TokenNotMatched)
        assert said.reason is NoMatchReason.NO_SESSION
        assert books(ring, "s1").captures == 0
        # and its owner stops it as if nothing had been
        assert isinstance(await tap(ring, "stop-2"), TokenMatched)
        await ring.fleet.end("s1", EndReason.TOKEN_MATCHED, 2_000)
        await settled(ring, "s1", Captured)
        await all_is_well(ring)


@virtual
async def test_s03_the_phone_stops_what_the_plastic_started_if_both_have_a_par() -> None:
    async with Ring() as ring:
        await begin(ring, "tied", by=card(1, par=True))
        said = await tap(ring, "stop-1", by=card(1, device=1, par=True))
        assert isinstance(said, TokenMatched)
        assert said.matched_by == "par"
        await ring.fleet.end("tied", EndReason.TOKEN_MATCHED, 2_000)
        await settled(ring, "tied", Captured)
        # Without a PAR the phone is another card, and pulling the cable ends it all the same
        await begin(ring, "loose", by=card(2))
        assert isinstance(await tap(ring, "stop-2", by=card(2, device=1)), TokenNotMatched)
        await ring.fleet.end("loose", EndReason.EV_DISCONNECTED, 2_000)
        await settled(ring, "loose", Captured)
        await all_is_well(ring)


@virtual
async def test_s04_the_same_card_at_another_site_stops_nothing_there() -> None:
    async with Ring() as ring:
        await begin(ring, "s1")
        elsewhere = place(1, site="other")
        said = await tap(ring, "stop-1", elsewhere, serves=(HERE.evse_id, elsewhere.evse_id))
        assert isinstance(said, TokenNotMatched)
        await ring.fleet.end("s1", EndReason.EV_DISCONNECTED, 2_000)
        await settled(ring, "s1", Captured)
        await all_is_well(ring)


@virtual
async def test_s06_owed_more_than_held_takes_the_hold_and_records_the_shortfall() -> None:
    async with Ring() as ring:
        await begin(ring, "s1")
        await ring.fleet.end("s1", EndReason.LIMIT, 150_000)  # 75.00 EUR
        said = await settled(ring, "s1", Captured)
        assert (said.taken, said.released, said.shortfall) == (EUR60, Money.zero("EUR"), Money.of("15", "EUR"))
        assert books(ring, "s1").captured == EUR60
        await all_is_well(ring)


@virtual
async def test_s07_a_partial_approval_is_the_limit() -> None:
    async with Ring() as ring:
        said = await begin(ring, "s1", by=card(1, at_most=2_500))
        assert isinstance(said, Authorised)
        assert said.hold.amount == Money.of("25", "EUR")
        await ring.fleet.end("s1", EndReason.LIMIT, 60_000)  # 30.00 EUR
        assert (await settled(ring, "s1", Captured)).shortfall == Money.of("5", "EUR")
        await all_is_well(ring)


@virtual
async def test_s07_a_partial_approval_too_small_to_charge_with_is_let_go_and_declined() -> None:
    async with Ring() as ring:
        said = await begin(ring, "s1", by=card(1, at_most=499))
        assert isinstance(said, AuthorisationDeclined)
        assert said.reason is DeclineReason.HOLD_TOO_SMALL
        assert books(ring, "s1").reversed == Money.of("4.99", "EUR")
        await all_is_well(ring)


@virtual
async def test_a_card_that_cannot_be_told_from_others_is_let_go_since_nobody_could_stop_the_session() -> None:
    async with Ring() as ring:
        said = await begin(ring, "s1", by=BankCard(token=None))
        assert isinstance(said, AuthorisationDeclined)
        assert said.reason is DeclineReason.CARD_NOT_IDENTIFIED
        assert books(ring, "s1").rest == Money.zero("EUR")
        await all_is_well(ring)


@pytest.mark.parametrize("fault", [Fault.REQUEST_LOST, Fault.ANSWER_LOST, Fault.LATE])
@virtual
async def test_s09_an_authorisation_without_an_answer_is_asked_about_and_begun_once(fault: Fault) -> None:
    async with Ring() as ring:
        ring.provider.break_next("authorise", fault)
        assert isinstance(await begin(ring, "s1"), Authorised)
        await ring.fleet.end("s1", EndReason.EV_DISCONNECTED, 2_000)
        await settled(ring, "s1", Captured)
        await all_is_well(ring)


@virtual
async def test_s09_a_hold_that_comes_when_nobody_waits_is_let_go() -> None:
    async with Ring() as ring:
        # Given an authorisation whose answer was lost, and a provider that cannot be asked or told to cancel since
        await ring.fleet.request("s1", HERE, EUR60)
        ring.provider.break_next("authorise", Fault.ANSWER_LOST)
        ring.provider.break_next("find", *[Fault.UNAVAILABLE] * 60)
        ring.provider.break_next("cancel", *[Fault.UNAVAILABLE] * 60)
        # When the driver's time is over, then they are told so, and that nobody knows yet what became of it
        said = await ring.fleet.hear_of("s1", Authorised, AuthorisationDeclined, within_s=166)
        assert isinstance(said, AuthorisationDeclined)
        assert (said.reason, said.outcome_known) == (DeclineReason.TIMED_OUT, False)
        # and a card that is presented all the same pays nothing
        assert ring.provider.present(HERE.terminal_id, ANNA) is not None
        await asyncio.sleep(12 * 3600)
        assert books(ring, "s1").reversed == EUR60
        assert len(ring.fleet.heard.of(AuthorisationDeclined)) == 1
        await all_is_well(ring)


@virtual
async def test_s09_nobody_presents_a_card() -> None:
    async with Ring() as ring:
        await ring.fleet.request("s1", HERE, EUR60)
        said = await ring.fleet.hear_of("s1", Authorised, AuthorisationDeclined, within_s=150)
        assert isinstance(said, AuthorisationDeclined)
        assert said.reason is DeclineReason.TIMED_OUT
        # and the terminal is free for the next one
        assert isinstance(await begin(ring, "s2"), Authorised)


@pytest.mark.parametrize("fault", [Fault.REQUEST_LOST, Fault.ANSWER_LOST, Fault.LATE, Fault.PENDING])
@virtual
async def test_s10_a_capture_without_an_answer_is_asked_about_and_taken_once(fault: Fault) -> None:
    async with Ring() as ring:
        await begin(ring, "s1")
        ring.provider.break_next("capture", fault, Fault.UNAVAILABLE)
        await ring.fleet.end("s1", EndReason.EV_DISCONNECTED, 20_000)
        said = await settled(ring, "s1", Captured)
        assert said.taken == Money.of("10", "EUR")
        assert books(ring, "s1").captures == 1
        await all_is_well(ring)


@pytest.mark.parametrize("fault", [Fault.REQUEST_LOST, Fault.ANSWER_LOST, Fault.LATE, Fault.PENDING])
@virtual
async def test_s10_a_provider_that_ignores_references_is_asked_and_takes_the_money_once(fault: Fault) -> None:
    async with Ring(habits=Habits(idempotency_window_s=0)) as ring:
        await begin(ring, "s1")
        ring.provider.break_next("capture", fault)
        await ring.fleet.end("s1", EndReason.EV_DISCONNECTED, 20_000)
        assert (await settled(ring, "s1", Captured)).taken == Money.of("10", "EUR")
        assert books(ring, "s1").captures == 1
        await all_is_well(ring)


@virtual
async def test_s10_a_bad_hour_at_the_provider_loses_no_money() -> None:
    async with Ring() as ring:
        await begin(ring, "s1")
        ring.outage(5 * 3600)
        await ring.fleet.end("s1", EndReason.EV_DISCONNECTED, 20_000)
        assert (await settled(ring, "s1", Captured)).taken == Money.of("10", "EUR")
        await all_is_well(ring)


@virtual
async def test_s11_manual_intervention_is_dead_lettered_and_pages_and_its_later_outcome_applies() -> None:
    async with Ring() as ring:
        # Given a capture that only the helpdesk can decide
        await begin(ring, "s1")
        ring.provider.break_next("capture", Fault.MANUAL)
        await ring.fleet.end("s1", EndReason.EV_DISCONNECTED, 20_000)
        await asyncio.sleep(7_200)
        # Then nothing is said, nothing is tried again, and a human is called with the reference
        assert ring.fleet.heard.of(Captured) == []
        [letter] = ring.log.all_of(TOPICS.dead_letters)
        page = ring.workers["capturer"].log.pages[0]
        assert "manual intervention" in page
        [reference] = [t.reference for t in await ring.provider.find("op/s1") if t.status == "manual"]
        assert reference in page
        # and once it is decided, the dead-lettered event is replayed and applies
        ring.provider.resolve(reference)
        again = Delay("dead-letters", 0, ring.clock.now())
        ring.log.append([delayed(letter, TOPICS.retry("capturer", "minute"), again, Kind.REPLAY, "replayed")])
        assert (await settled(ring, "s1", Captured)).capture_reference == reference
        assert books(ring, "s1").captures == 1


@virtual
async def test_s11_a_hold_in_manual_intervention_energises_nothing() -> None:
    async with Ring() as ring:
        ring.provider.break_next("present", Fault.MANUAL)
        await ring.fleet.request("s1", HERE, EUR60)
        await ring.show(HERE.terminal_id, ANNA)
        # The driver hears no, and a person is called
        said = await ring.fleet.hear_of("s1", Authorised, AuthorisationDeclined, within_s=60)
        assert isinstance(said, AuthorisationDeclined)
        assert (said.reason, said.outcome_known) == (DeclineReason.REJECTED, False)
        assert "manual intervention" in ring.workers["authoriser"].log.pages[0]


@virtual
async def test_s12_everything_said_again_days_later_changes_nothing() -> None:
    async with Ring() as ring:
        await begin(ring, "s1")
        await tap(ring, "stop-1")
        await ring.fleet.end("s1", EndReason.TOKEN_MATCHED, 20_000)
        await settled(ring, "s1", Captured)
        before, known = ring.provider.holds(), set(ring.fleet.heard.events)
        # When the fleet's log is replayed a week later
        await asyncio.sleep(7 * 86_400)
        ring.fleet.say_all_again()
        await all_is_well(ring)
        # Then the same facts were said again, and no other
        assert set(ring.fleet.heard.events) == known
        assert ring.provider.holds() == before
        [captured] = [name for name, event in ring.fleet.heard.events.items() if isinstance(event.fact, Captured)]
        assert ring.fleet.heard.times[captured] > 1


@virtual
async def test_s12_a_session_asked_for_twice_is_one_hold_and_the_first_request_stands() -> None:
    async with Ring() as ring:
        await ring.fleet.request("s1", HERE, EUR60)
        await ring.fleet.request("s1", place(2), Money.of("10", "EUR"), name="another")
        await ring.show(HERE.terminal_id, ANNA)
        said = await ring.fleet.hear_of("s1", Authorised)
        assert isinstance(said, Authorised)
        assert (said.place, said.hold.amount) == (HERE, EUR60)
        # Then whoever asked under a name that is taken is told so, and does not get the other's hold
        refused = await ring.fleet.hear_of("s1", AuthorisationDeclined)
        assert isinstance(refused, AuthorisationDeclined)
        assert (refused.place, refused.reason) == (place(2), DeclineReason.SESSION_KNOWN)
        assert refused.detail.endswith("with another place and hold: give each session a name of its own")
        await ring.fleet.cancel("s1")
        await all_is_well(ring)
        assert len(ring.fleet.heard.of(Authorised)) == 1


@virtual
async def test_s13_a_stop_that_comes_before_its_session_is_indexed_waits_for_it() -> None:
    async with Ring() as ring:
        # Given a token matcher that was away when the hold came to stand, and is behind with it
        ring.workers["token-matcher"].pause(("Authorised",))
        await begin(ring, "s1")
        stopping = asyncio.ensure_future(tap(ring, "stop-1"))
        await asyncio.sleep(3)
        # When it catches up while the driver waits
        ring.workers["token-matcher"].pause(())
        # Then the driver's card matches
        said = await stopping
        assert isinstance(said, TokenMatched)


@virtual
async def test_s21_while_nobody_knows_what_has_begun_the_answer_is_not_yet_never_no_session() -> None:
    async with Ring() as ring:
        # Given a token matcher that is far behind with holds, and a log that it cannot read
        ring.workers["token-matcher"].pause(("Authorised",))
        ring.begun.silent = True
        await begin(ring, "s1")
        stopping = asyncio.ensure_future(tap(ring, "stop-1"))
        await asyncio.sleep(12)
        assert not stopping.done()
        assert ring.fleet.heard.of(TokenNotMatched) == []
        # When it has caught up
        ring.workers["token-matcher"].pause(())
        # Then the session is found
        assert isinstance(await stopping, TokenMatched)


@pytest.mark.parametrize("ending", ["cancelled", "ended"])
@virtual
async def test_s13_an_ending_that_comes_before_authorised_is_kept_and_applied(ending: str) -> None:
    async with Ring() as ring:
        # Given a session whose ending the tariff hears before its hold
        ring.workers["tariff"].pause(("Authorised",))
        await begin(ring, "s1")
        if ending == "cancelled":
            await ring.fleet.cancel("s1")
        else:
            await ring.fleet.end("s1", EndReason.EV_DISCONNECTED, 20_000)
        await asyncio.sleep(60)
        assert ring.fleet.heard.of(SessionPriced) == []
        # When the hold is heard of
        ring.workers["tariff"].pause(())
        # Then the session is priced by its ending
        await settled(ring, "s1", HoldReleased if ending == "cancelled" else Captured)
        await all_is_well(ring)


@virtual
async def test_s14_card_cable_and_limit_at_once_are_one_match_one_price_one_capture() -> None:
    async with Ring() as ring:
        await begin(ring, "s1")
        await asyncio.gather(
            tap(ring, "stop-1"),
            ring.fleet.end("s1", EndReason.EV_DISCONNECTED, 20_000),
            ring.fleet.end("s1", EndReason.LIMIT, 20_010),
            ring.fleet.end("s1", EndReason.OPERATOR, 20_020),
        )
        await ring.calm()
        [priced] = ring.fleet.heard.of(SessionPriced)
        assert priced.ended_because is EndReason.EV_DISCONNECTED
        assert books(ring, "s1").captured == Money.of("10", "EUR")
        assert audit(ring) == []


@virtual
async def test_s14_a_second_tap_is_answered_under_its_own_name() -> None:
    async with Ring() as ring:
        await begin(ring, "s1")
        first = await tap(ring, "stop-1")
        assert isinstance(first, TokenMatched)
        await ring.fleet.stop("stop-2", HERE)
        await ring.show(HERE.terminal_id, ANNA)
        await ring.calm()
        assert [(said.session_id, said.stop_id) for said in ring.fleet.heard.of(TokenMatched)] == [
            ("s1", "stop-1"),
            ("s1", "stop-2"),
        ]
        assert ring.fleet.heard.of(TokenNotMatched) == []


@virtual
async def test_s15_a_cable_pulled_without_a_card_is_priced_and_captured() -> None:
    async with Ring() as ring:
        await begin(ring, "s1")
        await ring.fleet.end("s1", EndReason.EV_DISCONNECTED, 12_340)
        assert (await settled(ring, "s1", Captured)).taken == Money.of("6.17", "EUR")
        await all_is_well(ring)


@virtual
async def test_s16_a_terminal_that_is_offline_at_the_stop_says_so_at_once() -> None:
    async with Ring() as ring:
        await begin(ring, "s1")
        ring.provider.put(HERE.terminal_id, Terminal.OFFLINE)
        begun = ring.clock.monotonic()
        said = await tap(ring, "stop-1")
        assert isinstance(said, TokenNotMatched)
        assert said.reason is NoMatchReason.TERMINAL_OFFLINE
        assert ring.clock.monotonic() - begun < 5
        await ring.fleet.end("s1", EndReason.EV_DISCONNECTED, 2_000)
        await settled(ring, "s1", Captured)
        await all_is_well(ring)


@virtual
async def test_s16_s32_a_provider_that_is_away_at_the_stop_is_told_within_seconds() -> None:
    async with Ring() as ring:
        await begin(ring, "s1")
        ring.outage(600)
        begun = ring.clock.monotonic()
        said = await tap(ring, "stop-1")
        assert isinstance(said, TokenNotMatched)
        assert said.reason is NoMatchReason.PROVIDER_UNAVAILABLE
        assert ring.clock.monotonic() - begun <= 6
        # and once it is back the card stops its session
        await asyncio.sleep(600)
        assert isinstance(await tap(ring, "stop-2"), TokenMatched)


@virtual
async def test_s18_a_session_that_never_starts_gives_the_money_back() -> None:
    async with Ring() as ring:
        await begin(ring, "s1")
        await ring.fleet.cancel("s1")
        assert (await settled(ring, "s1", HoldReleased)).released == EUR60
        assert books(ring, "s1").rest == Money.zero("EUR")
        await all_is_well(ring)


@virtual
async def test_s18_a_release_that_fails_is_tried_again_by_schedule() -> None:
    async with Ring() as ring:
        await begin(ring, "s1")
        ring.outage(1_800)
        await ring.fleet.cancel("s1")
        await settled(ring, "s1", HoldReleased)
        assert ring.log.all_of("tapwatt.capturer.retry-minute.v1")
        await all_is_well(ring)


@virtual
async def test_s19_nothing_owed_is_a_release_and_no_capture_of_nothing() -> None:
    async with Ring() as ring:
        await begin(ring, "s1")
        await ring.fleet.end("s1", EndReason.EV_DISCONNECTED, 0)
        said = await settled(ring, "s1", HoldReleased)
        assert said.reason == "nothing_owed"
        assert books(ring, "s1").captures == 0
        await all_is_well(ring)


@virtual
async def test_s19_less_than_the_providers_minimum_is_released_and_recorded() -> None:
    async with Ring(capturer={"minimum_capture": {"EUR": "0.50"}}) as ring:
        await begin(ring, "s1")
        await ring.fleet.end("s1", EndReason.EV_DISCONNECTED, 980)  # 0.49 EUR
        said = await settled(ring, "s1", HoldReleased)
        assert (said.reason, said.waived) == ("below_minimum", Money.of("0.49", "EUR"))
        assert books(ring, "s1").captures == 0


@pytest.mark.parametrize(("hold", "taken"), [("5000 JPY", "10 JPY"), ("20.000 KWD", "10.000 KWD")])
@virtual
async def test_s24_currencies_without_and_with_three_decimals(hold: str, taken: str) -> None:
    async with Ring() as ring:
        await begin(ring, "s1", hold=Money.of(*hold.split()))
        await ring.fleet.end("s1", EndReason.EV_DISCONNECTED, 20_000)
        assert (await settled(ring, "s1", Captured)).taken == Money.of(*taken.split())
        await all_is_well(ring)


@virtual
async def test_s27_a_card_that_wants_its_pin_is_an_answer_of_its_own() -> None:
    async with Ring() as ring:
        said = await begin(ring, "s1", by=card(1, failure=Failure.PIN_REQUIRED))
        assert isinstance(said, AuthorisationDeclined)
        assert said.reason is DeclineReason.PIN_REQUIRED
        assert isinstance(await begin(ring, "s2"), Authorised)


@virtual
async def test_s28_a_terminal_that_is_busy_refuses_with_that_reason() -> None:
    async with Ring() as ring:
        await ring.fleet.request("s1", HERE, EUR60)
        await asyncio.sleep(2)
        await ring.fleet.request("s2", HERE, EUR60)
        said = await ring.fleet.hear_of("s2", Authorised, AuthorisationDeclined)
        assert isinstance(said, AuthorisationDeclined)
        assert said.reason is DeclineReason.TERMINAL_BUSY
        await ring.show(HERE.terminal_id, ANNA)
        assert isinstance(await ring.fleet.hear_of("s1", Authorised, AuthorisationDeclined), Authorised)


@virtual
async def test_a_tariff_that_no_longer_holds_is_declined_before_any_card_is_asked_for() -> None:
    async with Ring() as ring:
        old = tariff().model_copy(update={"end_date_time": ring.clock.now()})
        await ring.fleet.request("s1", HERE, EUR60, old)
        said = await ring.fleet.hear_of("s1", AuthorisationDeclined)
        assert isinstance(said, AuthorisationDeclined)
        assert said.reason is DeclineReason.TARIFF_NOT_VALID
        assert await ring.provider.find("op/s1") == []


@virtual
async def test_s08_a_hold_that_ran_out_is_a_failed_capture_with_what_stays_uncollected() -> None:
    async with Ring() as ring:
        await begin(ring, "s1")
        ring.provider.expire(books(ring, "s1").reference)
        await ring.fleet.end("s1", EndReason.EV_DISCONNECTED, 20_000)
        said = await settled(ring, "s1", CaptureFailed)
        assert (said.reason, said.uncollected) == ("expired", Money.of("10", "EUR"))
        # and its card has no session any more
        assert isinstance(await tap(ring, "stop-1"), TokenNotMatched)


@virtual
async def test_where_the_provider_wants_to_be_asked_the_rest_of_a_hold_is_let_go() -> None:
    async with Ring(habits=Habits(auto_release=False), release_rest=True) as ring:
        await begin(ring, "s1")
        await ring.fleet.end("s1", EndReason.EV_DISCONNECTED, 20_000)
        assert (await settled(ring, "s1", Captured)).released == Money.of("50", "EUR")
        assert books(ring, "s1").released == Money.of("50", "EUR")
        await all_is_well(ring)


SHOWN = Shown(brand=SecretStr("visa"), masked_pan=SecretStr("476173******1234"))


@pytest.mark.parametrize("troubles", [0, 2])
@virtual
async def test_where_the_capture_says_nothing_of_the_card_its_receipt_takes_it_from_the_hold(troubles: int) -> None:
    async with Ring(habits=Habits(capture_repeats_card=False)) as ring:
        authorised = await begin(ring, "s1", by=card(1, shown=SHOWN))
        ring.provider.break_next("slip", *[Fault.UNAVAILABLE] * troubles)
        await ring.fleet.end("s1", EndReason.EV_DISCONNECTED, 20_000)
        said = await settled(ring, "s1", Captured)
        assert said.card is not None
        assert (said.card.brand, said.card.masked_pan) == ("visa", "************1234")
        # and the fingerprints stand in the other fact alone
        assert isinstance(authorised, Authorised)
        assert not [one for one in authorised.card.fingerprints if one.digest in said.model_dump_json()]
        await all_is_well(ring)


@virtual
async def test_a_slip_that_cannot_be_had_holds_no_capture_up() -> None:
    async with Ring(habits=Habits(capture_repeats_card=False)) as ring:
        await begin(ring, "s1", by=card(1, shown=SHOWN))
        ring.provider.break_next("slip", *[Fault.UNAVAILABLE] * 50)
        ended = ring.clock.monotonic()
        await ring.fleet.end("s1", EndReason.EV_DISCONNECTED, 20_000)
        said = await settled(ring, "s1", Captured)
        assert (said.taken, said.card) == (Money.of("10", "EUR"), None)
        assert ring.clock.monotonic() - ended < 30
        await all_is_well(ring)


@virtual
async def test_s16_a_terminal_that_the_provider_does_not_know_is_a_decline_with_its_reason() -> None:
    async with Ring() as ring:
        ring.provider.put(HERE.terminal_id, Terminal.UNKNOWN)
        asked = ring.clock.monotonic()
        said = await begin(ring, "s1")
        assert isinstance(said, AuthorisationDeclined)
        assert said.reason is DeclineReason.TERMINAL_UNKNOWN
        assert ring.clock.monotonic() - asked < 5
        assert [page for worker in ring.workers.values() for page in worker.log.pages] == []
        # and once it is set up, it serves
        ring.provider.put(HERE.terminal_id, Terminal.ONLINE)
        assert isinstance(await begin(ring, "s2"), Authorised)
        await ring.fleet.end("s2", EndReason.EV_DISCONNECTED, 20_000)
        await settled(ring, "s2", Captured)
        await all_is_well(ring)
