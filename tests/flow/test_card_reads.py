"""A card read has no idempotency: whatever is lost, late or killed, a driver taps once and is heard."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from tests.flow.ring import Ring, card, place
from tests.flow.test_scenarios import ANNA, BEN, EUR60, HERE, all_is_well, begin, tap, virtual
from tests.flow.worker_in_memory import WorkerInMemory

from tapwatt.facts.events import AuthorisationDeclined, Authorised, TokenMatched, TokenNotMatched
from tapwatt.facts.fact import Fact
from tapwatt.facts.reasons import DeclineReason, EndReason, NoMatchReason
from tapwatt.provider.port import Failure, Kind, ReadTokenRequest, Status, Transaction
from tapwatt.testing.fake_provider import BankCard, Fault, Habits, Terminal

ORDER = "stop:op/stop-1"
HEARD_S = 5.0
RESTART_S = 9.0


class Touchy(Ring):
    """A ring whose token matcher does something odd at a given point: each call has one before and one after it."""

    def __init__(self, **more: Any) -> None:
        self.points = -1
        self.odd_at: int | str = -1
        self.odd: Callable[[WorkerInMemory], Awaitable[None]] = killed
        super().__init__(**more)

    def _mortal(self, part: Any, worker: WorkerInMemory) -> Any:
        return Watched(part, worker, self) if worker is self.workers["token-matcher"] else part

    def from_now_on(self, odd_at: int | str) -> None:
        """Count from here. The odd thing is done at the point of this number, or at the first of this name."""
        self.points, self.odd_at = 0, odd_at

    async def passes(self, point: str, worker: WorkerInMemory) -> None:
        """One point is passed."""
        if self.points >= 0:
            self.points += 1
            if self.odd_at in (self.points, point):
                self.points, self.odd_at = -1, -1
                await self.odd(worker)


class Watched:
    """A collaborator of the token matcher."""

    def __init__(self, part: Any, worker: WorkerInMemory, ring: Touchy) -> None:
        self._part, self._worker, self._ring = part, worker, ring

    def __getattr__(self, name: str) -> Any:
        call = getattr(self._part, name)

        async def watched(*args: Any, **more: Any) -> Any:
            await self._ring.passes(f"before {name}", self._worker)
            done = await call(*args, **more)
            await self._ring.passes(f"after {name}", self._worker)
            return done

        return watched


async def killed(worker: WorkerInMemory) -> None:
    """kill -9, here."""
    asyncio.get_running_loop().call_soon(worker.crash)
    await asyncio.Event().wait()


async def taps_once(ring: Ring, by: BankCard = ANNA) -> float:
    """A driver stands there until the terminal asks, taps once and looks at the screen from then on. When that was."""
    while ring.provider.present(HERE.terminal_id, by) is None:
        await asyncio.sleep(0.5)
    return ring.clock.monotonic()


async def stops(ring: Ring, by: BankCard = ANNA) -> tuple[Fact | None, float]:
    """A driver stops: what they hear, and how many seconds after their one tap."""
    await ring.fleet.stop("stop-1", HERE)
    tapping = asyncio.ensure_future(taps_once(ring, by))
    said = await ring.fleet.answer_to("stop-1", within_s=300)
    heard = ring.clock.monotonic()
    assert tapping.done(), f"{said} before the tap"
    return said, heard - await tapping


async def waiting(ring: Ring) -> list[Transaction]:
    """The prompts of this stop that stand at the terminal."""
    return [one for one in await ring.provider.find(ORDER) if not one.final]


@pytest.mark.parametrize("point", range(1, 26))
@pytest.mark.parametrize("fault", [None, Fault.ANSWER_LOST, Fault.REQUEST_LOST, Fault.LATE])
@virtual
async def test_s32_killed_at_any_point_the_driver_taps_once_and_is_matched(fault: Fault | None, point: int) -> None:
    async with Touchy() as ring:
        assert isinstance(await begin(ring, "s1"), Authorised)
        # Given a token matcher that is killed before or after one of its calls, and a read of which something is lost
        ring.from_now_on(point)
        if fault is not None:
            ring.provider.break_next("read_token", fault)
        # When the driver taps once
        said, after_s = await stops(ring)
        # Then the session is stopped, as soon as there is somebody to say so
        assert isinstance(said, TokenMatched), said
        assert after_s < HEARD_S + RESTART_S
        # and nothing of it stays at the terminal, also what came late
        await asyncio.sleep(240)
        assert await waiting(ring) == []
        assert ring.workers["token-matcher"].log.pages == []
        # and the next driver's tap is the next driver's
        assert isinstance(await begin(ring, "s2", by=BEN), Authorised)


@pytest.mark.parametrize("fault", [Fault.ANSWER_LOST, Fault.REQUEST_LOST, Fault.LATE, Fault.UNAVAILABLE])
@virtual
async def test_s32_a_lost_answer_costs_the_driver_no_second_tap_and_no_seconds(fault: Fault) -> None:
    async with Ring() as ring:
        await begin(ring, "s1")
        ring.provider.break_next("read_token", fault)
        ring.provider.break_next("find", Fault.UNAVAILABLE)
        said, after_s = await stops(ring)
        assert isinstance(said, TokenMatched)
        assert after_s < HEARD_S


@virtual
async def test_a_read_that_comes_after_its_stop_was_answered_is_cancelled_before_anybody_taps_into_it() -> None:
    async with Ring(habits=Habits(late_s=6)) as ring:
        await begin(ring, "s1")
        ring.provider.break_next("read_token", Fault.LATE)
        said, _ = await stops(ring)
        assert isinstance(said, TokenMatched)
        await asyncio.sleep(8)
        reads = [one for one in await ring.provider.find(ORDER) if one.kind is Kind.TOKEN]
        assert [one.status for one in reads] == [Status.SUCCESS, Status.FAILED]


@pytest.mark.parametrize("cards", [(ANNA, ANNA), (BEN, ANNA)])
@virtual
async def test_several_successful_reads_of_one_stop_are_one_card_the_one_presented_last(
    cards: tuple[BankCard, BankCard],
) -> None:
    async with Ring() as ring:
        await begin(ring, "s1")
        # Given a stop that two prompts were answered for, and nobody has heard of either
        for shown in cards:
            await ring.provider.read_token(ReadTokenRequest("any", ORDER, HERE.terminal_id))
            assert ring.provider.present(HERE.terminal_id, shown)
            await asyncio.sleep(3)
        # When it is handled
        await ring.fleet.stop("stop-1", HERE)
        said = await ring.fleet.answer_to("stop-1", within_s=HEARD_S)
        # Then nobody has to tap again, and the terminal's next stop is not held back
        assert isinstance(said, TokenMatched)
        assert len(await ring.provider.find(ORDER)) == 2
        assert isinstance(await tap(ring, "stop-2", by=card(77)), TokenNotMatched)
        assert ring.workers["token-matcher"].log.pages == []


@virtual
async def test_s32_an_outage_while_the_prompt_stands_is_waited_for_and_the_tap_counts() -> None:
    async with Ring() as ring:
        await begin(ring, "s1")
        await ring.fleet.stop("stop-1", HERE)
        await asyncio.sleep(1)
        ring.outage(30)
        ended = ring.clock.monotonic() + 30
        await asyncio.sleep(5)
        await taps_once(ring)
        said = await ring.fleet.answer_to("stop-1", within_s=300)
        assert isinstance(said, TokenMatched)
        assert ring.clock.monotonic() - ended < HEARD_S


@virtual
async def test_s32_an_outage_that_does_not_end_is_said_to_be_one_when_the_driver_s_time_is_over() -> None:
    async with Ring() as ring:
        await begin(ring, "s1")
        asked = ring.clock.monotonic()
        await ring.fleet.stop("stop-1", HERE)
        await asyncio.sleep(1)
        ring.outage(600)
        said = await ring.fleet.answer_to("stop-1", within_s=300)
        assert isinstance(said, TokenNotMatched)
        assert said.reason is NoMatchReason.PROVIDER_UNAVAILABLE
        assert ring.clock.monotonic() - asked < 60 + 10 + HEARD_S
        # and the prompt is taken away once the provider is back
        await asyncio.sleep(700)
        assert await waiting(ring) == []


@virtual
async def test_a_prompt_that_an_outage_left_at_the_terminal_is_cancelled_when_the_outage_is_over() -> None:
    async with Ring() as ring:
        await begin(ring, "s1")
        await ring.fleet.stop("stop-1", HERE)
        await asyncio.sleep(1)
        ring.outage(110)
        assert isinstance(await ring.fleet.answer_to("stop-1", within_s=100), TokenNotMatched)
        assert ring.clock.monotonic() < 110
        # long before it would expire by itself
        await asyncio.sleep(110)
        assert await waiting(ring) == []
        [read] = await ring.provider.find(ORDER)
        assert read.failure is Failure.CANCELLED


@virtual
async def test_a_driver_who_does_not_tap_is_timed_out_and_the_prompt_is_taken_away() -> None:
    async with Ring() as ring:
        asked = ring.clock.monotonic()
        await ring.fleet.stop("stop-1", HERE)
        said = await ring.fleet.answer_to("stop-1", within_s=300)
        assert isinstance(said, TokenNotMatched)
        assert said.reason is NoMatchReason.TIMED_OUT
        assert 60 <= ring.clock.monotonic() - asked < 60 + HEARD_S
        assert await waiting(ring) == []


@virtual
async def test_a_provider_that_never_does_what_it_was_asked_is_no_driver_who_took_too_long() -> None:
    async with Ring() as ring:
        ring.provider.break_next("read_token", *[Fault.REQUEST_LOST] * 10)
        asked = ring.clock.monotonic()
        await ring.fleet.stop("stop-1", HERE)
        said = await ring.fleet.answer_to("stop-1", within_s=300)
        assert isinstance(said, TokenNotMatched)
        assert said.reason is NoMatchReason.PROVIDER_UNAVAILABLE
        assert ring.clock.monotonic() - asked < 60 + 10 + 3 * HEARD_S


@virtual
async def test_a_read_that_came_late_and_was_cancelled_by_us_was_not_cancelled_by_the_driver() -> None:
    async with Ring(habits=Habits(late_s=50)) as ring:
        ring.provider.break_next("read_token", Fault.LATE, *[Fault.REQUEST_LOST] * 10)
        await ring.fleet.stop("stop-1", HERE)
        said = await ring.fleet.answer_to("stop-1", within_s=300)
        assert isinstance(said, TokenNotMatched)
        assert said.reason is NoMatchReason.TIMED_OUT
        assert await waiting(ring) == []


@virtual
async def test_a_driver_who_presses_cancel_is_told_so() -> None:
    async with Ring() as ring:
        await ring.fleet.stop("stop-1", HERE)
        await asyncio.sleep(5)
        assert ring.provider.press_cancel(HERE.terminal_id)
        said = await ring.fleet.answer_to("stop-1", within_s=HEARD_S)
        assert isinstance(said, TokenNotMatched)
        assert said.reason is NoMatchReason.CANCELLED


@virtual
async def test_a_provider_that_is_slow_to_answer_has_the_driver_heard_all_the_same() -> None:
    async def slow(worker: WorkerInMemory) -> None:
        await asyncio.sleep(25)

    async with Touchy() as ring:
        await begin(ring, "s1")
        # Given a read whose answer takes 25 s though the prompt stands
        ring.odd = slow
        ring.from_now_on("after read_token")
        said, after_s = await stops(ring)
        assert isinstance(said, TokenMatched)
        assert after_s < HEARD_S
        assert ring.points == -1


@virtual
async def test_s16_a_stop_at_a_terminal_that_the_provider_does_not_know_is_told_so_and_one_that_is_busy_so() -> None:
    async with Ring() as ring:
        await begin(ring, "s1")
        reasons = {
            Terminal.UNKNOWN: NoMatchReason.TERMINAL_UNKNOWN,
            Terminal.BUSY: NoMatchReason.TERMINAL_BUSY,
            Terminal.OFFLINE: NoMatchReason.TERMINAL_OFFLINE,
        }
        for state, reason in reasons.items():
            ring.provider.put(HERE.terminal_id, state)
            await ring.fleet.stop(f"stop-{state}", HERE)
            said = await ring.fleet.answer_to(f"stop-{state}", within_s=HEARD_S)
            assert isinstance(said, TokenNotMatched)
            assert said.reason is reason
        ring.provider.put(HERE.terminal_id, Terminal.ONLINE)
        assert isinstance(await tap(ring, "stop-again"), TokenMatched)
        assert ring.workers["token-matcher"].log.pages == []


@virtual
async def test_1100_requests_and_stops_at_a_terminal_nobody_set_up_are_each_answered_and_hold_nobody_up() -> None:
    async with Ring(token_matcher={"taps_at_most": 2000}) as ring:
        ring.provider.put(HERE.terminal_id, Terminal.UNKNOWN)
        for number in range(1100):
            await ring.fleet.request(f"s{number}", HERE, EUR60)
            await ring.fleet.stop(f"stop{number}", HERE)
        # Then each is answered with the reason, nobody is paged, and nothing is kept for later
        await asyncio.sleep(600)
        declined = ring.fleet.heard.of(AuthorisationDeclined)
        assert {one.session_id for one in declined} == {f"s{number}" for number in range(1100)}
        assert {one.reason for one in declined} == {DeclineReason.TERMINAL_UNKNOWN}
        refused = ring.fleet.heard.of(TokenNotMatched)
        assert {one.stop_id for one in refused} == {f"stop{number}" for number in range(1100)}
        assert {one.reason for one in refused} == {NoMatchReason.TERMINAL_UNKNOWN}
        assert [page for worker in ring.workers.values() for page in worker.log.pages] == []
        assert not any(worker.behind for worker in ring.workers.values())
        # and once the terminal is set up, it serves like the others
        ring.provider.put(HERE.terminal_id, Terminal.ONLINE)
        for session, where in (("later", HERE), ("elsewhere", place(2))):
            assert isinstance(await begin(ring, session, where), Authorised)
            await ring.fleet.end(session, EndReason.EV_DISCONNECTED, 2_000)
        await all_is_well(ring)
