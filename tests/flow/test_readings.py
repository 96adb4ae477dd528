"""A session that nobody ends and of which the meter told something is billed by its last reading, in time, once."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from tests.flow.audit import audit
from tests.flow.ring import Ring, place
from tests.flow.test_meters_word import DAY_S, disputes, ended, price
from tests.flow.test_scenarios import all_is_well, begin, books, settled, virtual
from tests.flow.virtual_time import in_virtual_time

from tapwatt.facts.events import Authorised, Captured, CaptureFailed, HoldReleased, MeterRead, SessionStale
from tapwatt.facts.reasons import Doubt, EndReason
from tapwatt.money import Money

HOUR_S = 3600


def shown(ring: Ring, began: datetime, energy_wh: int, session: str = "s1", **more: Any) -> MeterRead:
    """What the meter shows now."""
    return MeterRead(
        operator_id="op",
        session_id=session,
        started_at=began,
        energy_wh=Decimal(energy_wh),
        **{"read_at": ring.clock.now()} | more,
    )


@virtual
async def test_s08_a_hold_that_runs_out_is_captured_by_the_last_reading_before_it_does() -> None:
    async with Ring() as ring:
        said = await begin(ring, "s1")
        assert isinstance(said, Authorised)
        began = ring.clock.now()
        # given a car that charges on and on, and a reading every quarter of an hour
        for quarter in range(1, 46 * 4):
            await asyncio.sleep(900)
            await ring.fleet.say(shown(ring, began, 250 * quarter))
        assert ring.fleet.heard.of(Captured) == []
        # when its hold runs out two hours later, then what was charged until now is taken before it does
        taken = await settled(ring, "s1", Captured)
        assert isinstance(taken, Captured)
        assert taken.taken == Money.of("22.88", "EUR")
        assert ring.clock.now() < said.hold.expires_at - timedelta(hours=1)
        assert price(ring).ended_because is EndReason.HOLD_EXPIRING
        assert "billed by its reading of" in price(ring).notes[0]
        # and nobody is told that it is stale; the rest that was charged is said, not swallowed
        await asyncio.sleep(DAY_S)
        assert ring.fleet.heard.of(SessionStale) == []
        await ring.fleet.say(ended(ring, started_at=began, hours=50, energy_wh=50_000))
        await ring.calm()
        [late] = disputes(ring)
        assert (late.doubt, late.stated, late.stands) == (
            Doubt.CONTRADICTING_END,
            Money.of("25.00", "EUR"),
            Money.of("22.88", "EUR"),
        )
        await all_is_well(ring)


@virtual
async def test_s08_a_reading_that_comes_in_the_last_two_hours_is_taken_too() -> None:
    async with Ring() as ring:
        said = await begin(ring, "s1")
        assert isinstance(said, Authorised)
        began = ring.clock.now()
        await asyncio.sleep(45.9 * HOUR_S)
        assert books(ring, "s1").rest == Money.of("60", "EUR")
        await ring.fleet.say(shown(ring, began, 1_000))
        await asyncio.sleep(0.2 * HOUR_S)
        taken = await settled(ring, "s1", Captured)
        assert isinstance(taken, Captured)
        assert taken.taken == Money.of("0.50", "EUR")
        await all_is_well(ring)


@virtual
async def test_s08_a_reading_heard_after_its_session_was_looked_at_is_taken_before_the_hold_runs_out() -> None:
    async with Ring(tariff={"stale_policy": "person"}) as ring:
        await begin(ring, "s1")
        began = ring.clock.now()
        # given a session that was looked at, of which nothing was known
        await asyncio.sleep(47 * HOUR_S)
        assert [one.policy for one in ring.fleet.heard.of(SessionStale)] == ["person"]
        await ring.fleet.say(shown(ring, began, 1_000))
        taken = await settled(ring, "s1", Captured)
        assert isinstance(taken, Captured)
        assert taken.taken == Money.of("0.50", "EUR")
        await all_is_well(ring)


@virtual
async def test_s08_a_session_that_ends_in_time_is_billed_by_its_end_and_not_by_its_reading() -> None:
    async with Ring() as ring:
        await begin(ring, "s1")
        began = ring.clock.now()
        await asyncio.sleep(HOUR_S)
        await ring.fleet.say(shown(ring, began, 11_000))
        await ring.fleet.say(ended(ring, started_at=began))
        taken = await settled(ring, "s1", Captured)
        assert isinstance(taken, Captured)
        assert taken.taken == Money.of("6.00", "EUR")
        await asyncio.sleep(3 * DAY_S)
        assert disputes(ring) == []
        await all_is_well(ring)


@virtual
async def test_s35_s08_a_disputed_end_whose_hold_runs_out_is_billed_by_the_reading_before_it() -> None:
    async with Ring() as ring:
        await begin(ring, "s1")
        began = ring.clock.now()
        await asyncio.sleep(300)
        await ring.fleet.say(shown(ring, began, 4_000))
        # given an end that is not believed, and nobody who corrects it
        await ring.fleet.say(ended(ring, started_at=began, hours=6 / 60, energy_wh=910_000))
        taken = await settled(ring, "s1", Captured)
        assert isinstance(taken, Captured)
        assert taken.taken == Money.of("2.00", "EUR")
        assert len(disputes(ring)) == 1
        await all_is_well(ring)


@virtual
async def test_s35_s08_a_reading_that_is_not_believed_is_said_once_and_not_billed() -> None:
    async with Ring(tariff={"stale_policy": "person"}) as ring:
        await begin(ring, "s1")
        began = ring.clock.now()
        await asyncio.sleep(47 * HOUR_S)
        for minute in range(5):
            await asyncio.sleep(60)
            await ring.fleet.say(shown(ring, began, 910_000_000 + minute))
        await asyncio.sleep(600)
        [said] = disputes(ring)
        assert (said.doubt, said.settled_by) == (Doubt.IMPLAUSIBLE_ENERGY, ("fleet", "operator"))
        assert ring.fleet.heard.of(Captured) == []
        # but one that is believed is
        await ring.fleet.say(shown(ring, began, 4_000))
        assert isinstance(await settled(ring, "s1", Captured), Captured)


@virtual
async def test_s52_a_session_that_goes_on_is_not_stale_and_one_that_falls_silent_is_billed_by_its_last_reading() -> (
    None
):
    async with Ring(tariff={"stale_after_s": 3 * HOUR_S}) as ring:
        await begin(ring, "s1")
        began = ring.clock.now()
        # given a session that goes on for eight hours
        for hour in range(1, 9):
            await asyncio.sleep(HOUR_S)
            await ring.fleet.say(shown(ring, began, 1_000 * hour))
        assert ring.fleet.heard.of(SessionStale) == []
        # when nothing more is heard of it
        await asyncio.sleep(3.1 * HOUR_S)
        # then it is stale, and is billed by its last reading
        [said] = ring.fleet.heard.of(SessionStale)
        assert timedelta(hours=10.9) < said.deadline - began < timedelta(hours=11.1)
        assert price(ring).ended_because is EndReason.STALE
        taken = await settled(ring, "s1", Captured)
        assert isinstance(taken, Captured)
        assert taken.taken == Money.of("4.00", "EUR")
        await all_is_well(ring)


@virtual
async def test_s38_a_cancellation_of_a_session_that_has_charged_is_disputed_and_its_reading_billed() -> None:
    async with Ring() as ring:
        await begin(ring, "s1")
        began = ring.clock.now()
        await asyncio.sleep(HOUR_S)
        await ring.fleet.say(shown(ring, began, 6_000))
        await asyncio.sleep(1)
        await ring.fleet.cancel("s1")
        await asyncio.sleep(60)
        [said] = disputes(ring)
        assert said.doubt is Doubt.CONTRADICTING_END
        assert books(ring, "s1").rest == Money.of("60", "EUR")
        taken = await settled(ring, "s1", Captured)
        assert isinstance(taken, Captured)
        assert taken.taken == Money.of("3.00", "EUR")
        await all_is_well(ring)


@virtual
async def test_a_meter_that_was_in_the_future_once_does_not_hide_what_it_shows_later() -> None:
    async with Ring() as ring:
        await begin(ring, "s1")
        began = ring.clock.now()
        await asyncio.sleep(HOUR_S)
        await ring.fleet.say(shown(ring, began, 1_000, read_at=began + timedelta(days=400)))
        await asyncio.sleep(HOUR_S)
        await ring.fleet.say(shown(ring, began, 2_000))
        taken = await settled(ring, "s1", Captured)
        assert isinstance(taken, Captured)
        assert taken.taken == Money.of("1.00", "EUR")
        assert disputes(ring) == []
        await all_is_well(ring)


@pytest.mark.parametrize("seed", range(6))
def test_s33_s08_whatever_is_killed_what_was_read_is_taken_once_before_the_hold_runs_out(seed: int) -> None:
    async def day() -> None:
        async with Ring(seed, stable=False) as ring:
            began = {}
            for number in range(3):
                await begin(ring, f"s{number}", place(number))
                began[f"s{number}"] = ring.clock.now()
            held = {one.session_id: one.hold for one in ring.fleet.heard.of(Authorised)}
            for hour in range(1, 45):
                await asyncio.sleep(HOUR_S)
                for session in held:
                    await ring.fleet.say(shown(ring, began[session], 500 * hour, session))
            await asyncio.sleep(8 * HOUR_S)
            await ring.calm()
            await asyncio.sleep(4 * HOUR_S)
            await ring.calm()
            assert audit(ring) == []
            assert ring.fleet.heard.of(CaptureFailed) == ring.fleet.heard.of(HoldReleased) == []
            assert sorted(one.session_id for one in ring.fleet.heard.of(Captured)) == sorted(held)
            assert {one.owed for one in map(lambda name: price(ring, name), held)} == {Money.of("11.00", "EUR")}

    in_virtual_time(day())
