"""What a meter says, told through the whole ring: understood, doubted, corrected, contradicted, settled by a person."""

from __future__ import annotations

import asyncio
import itertools
import json
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from tests.flow.audit import audit
from tests.flow.ring import Ring, card, place
from tests.flow.test_scenarios import all_is_well, begin, books, settled, virtual
from tests.flow.virtual_time import in_virtual_time

from tapwatt.facts.events import (
    AuthorisationDeclined,
    Authorised,
    Captured,
    ChargingEnded,
    HoldReleased,
    SessionDisputed,
    SessionPriced,
    SessionStale,
    SettlementDecided,
)
from tapwatt.facts.reasons import Doubt, EndReason
from tapwatt.money import Money
from tapwatt.provider.port import Failure

EUR = "EUR"


def ended(ring: Ring, session: str = "s1", **more: Any) -> ChargingEnded:
    """Twelve kilowatt-hours in an hour from now, as JSON has it."""
    now = ring.clock.now()
    started, over = more.pop("started_at", now), more.pop("hours", 1)
    energy = more.get("energy_wh", 12000)
    over_at = started + timedelta(hours=over)
    value = {
        "operator_id": "op",
        "session_id": session,
        "reason": "EVDisconnected",
        "started_at": started.isoformat(),
        "ended_at": over_at.isoformat(),
        "energy_wh": energy,
        "periods": [{"starts_at": started.isoformat(), "ends_at": over_at.isoformat(), "energy_wh": energy}],
    }
    return ChargingEnded.model_validate_json(json.dumps(value | more))


def disputes(ring: Ring, session: str = "s1") -> list[SessionDisputed]:
    return ring.fleet.heard.of(SessionDisputed, session)


def price(ring: Ring, session: str = "s1") -> SessionPriced:
    [priced] = ring.fleet.heard.of(SessionPriced, session)
    return priced


@virtual
async def test_s36_a_meter_with_the_noise_of_its_arithmetic_is_billed_and_what_was_understood_is_noted() -> None:
    async with Ring() as ring:
        await begin(ring, "s1")
        # given an hour with float noise, a total 2 Wh off, an overlap and an end of milliseconds, a reason of its own
        now = ring.clock.now()
        at = [
            (now + timedelta(minutes=m, milliseconds=ms)).isoformat() for m, ms in ((0, 0), (30, 2), (30, 0), (60, 3))
        ]
        await asyncio.sleep(3600)
        await ring.fleet.say(
            ended(
                ring,
                started_at=now,
                reason="Solar eclipse",
                energy_wh=12302.599999999999,
                periods=[
                    {"starts_at": at[0], "ends_at": at[1], "energy_wh": 6300.599999999999},
                    {"starts_at": at[2], "ends_at": at[3], "energy_wh": 6000.000000000001},
                ],
            )
        )
        # then it is billed by its periods, and every understanding is said
        taken = await settled(ring, "s1", Captured)
        assert taken.taken == Money.of("6.15", EUR)
        notes = price(ring).notes
        for said in (
            "Solar eclipse",
            "ten-thousandth of a Wh",
            "periods[1] overlaps by 0.002 s",
            "0.003 s after it ended",
        ):
            assert any(said in note for note in notes), notes
        assert any("12300.6 Wh and it says 12302.6 Wh: the periods count" in note for note in notes), notes
        await all_is_well(ring)


@virtual
async def test_s36_two_days_of_a_sample_a_minute_are_billed() -> None:
    async with Ring(tariff={"ended_ahead_s": 3 * 86_400}) as ring:
        await begin(ring, "s1")
        now = ring.clock.now()
        minutes = [(now + timedelta(minutes=n)).isoformat() for n in range(2881)]
        samples = [
            {
                "starts_at": one,
                "ends_at": two,
                "energy_wh": 36.666666666666664,
                "min_power_w": 2200,
                "max_power_w": 2200,
            }
            for one, two in itertools.pairwise(minutes)
        ]
        await ring.fleet.say(ended(ring, hours=48, energy_wh=105_600, periods=samples))
        assert (await settled(ring, "s1", Captured)).taken == Money.of("52.80", EUR)
        await all_is_well(ring)


@virtual
async def test_s36_what_is_further_off_is_disputed_and_can_be_corrected() -> None:
    async with Ring() as ring:
        await begin(ring, "s1")
        whole = ended(ring, hours=0.5)
        await ring.fleet.say(whole.model_copy(update={"energy_wh": Decimal(30_000)}))
        await ring.calm()
        [said] = disputes(ring)
        assert (said.doubt, ring.fleet.dead_letters) == (Doubt.IMPLAUSIBLE_ENERGY, [])
        assert "a partial reading" in said.why
        await ring.fleet.say(whole)
        assert (await settled(ring, "s1", Captured)).taken == Money.of("6.00", EUR)
        await all_is_well(ring)


@pytest.mark.parametrize("off", [timedelta(days=-1), timedelta(days=1), timedelta(days=365), timedelta(days=-19_000)])
@virtual
async def test_s35_a_charger_whose_clock_is_off_is_disputed_and_billed_once_it_is_corrected(off: timedelta) -> None:
    async with Ring() as ring:
        await begin(ring, "s1")
        now = ring.clock.now()
        await asyncio.sleep(3600)
        await ring.fleet.say(ended(ring, started_at=max(now + off, now.replace(year=1970))))
        await ring.calm()
        # then it is said, with what would be owed, and the hold is neither taken nor let go
        [said] = disputes(ring)
        assert (said.doubt, said.stated, said.settled_by) == (
            Doubt.IMPLAUSIBLE_TIME,
            Money.of("6.00", EUR),
            ("fleet", "operator"),
        )
        assert said.hold is not None
        assert "the charger's clock was off" in said.why
        assert (books(ring, "s1").captures, books(ring, "s1").rest) == (0, Money.of("60", EUR))
        # and a corrected word is billed, once
        await ring.fleet.say(ended(ring, started_at=now))
        assert (await settled(ring, "s1", Captured)).taken == Money.of("6.00", EUR)
        await all_is_well(ring)


@virtual
async def test_s37_impossible_energy_is_disputed_and_a_person_settles_it() -> None:
    async with Ring() as ring:
        for session, amount, kind in (("taken", "4.20", Captured), ("let-go", "0", HoldReleased)):
            await begin(ring, session)
            # given an odometer that was billed as energy
            await ring.fleet.say(ended(ring, session, hours=5 / 60, energy_wh=910_000))
            await ring.fleet.hear_of(session, SessionDisputed)
            await ring.calm()
            [said] = disputes(ring, session)
            assert (said.doubt, said.stated) == (Doubt.IMPLAUSIBLE_ENERGY, Money.of("455.00", EUR))
            assert ring.fleet.heard.of(SessionPriced, session) == []
            assert books(ring, session).captures == 0
            # when a person says what is owed, then that is taken, or all is let go
            await ring.fleet.say(
                SettlementDecided(
                    operator_id="op",
                    session_id=session,
                    decision_id=f"decision-{session}",
                    amount=Money.of(amount, EUR),
                    decided_by="anna",
                    reason="read by hand",
                    decided_at=ring.clock.now(),
                )
            )
            await settled(ring, session, kind)
            assert price(ring, session).ended_because is EndReason.SETTLED
            assert books(ring, session).captured == Money.of(amount, EUR)
        await all_is_well(ring)


@virtual
async def test_s38_a_second_word_after_the_price_is_said_once_as_a_dispute_with_the_difference() -> None:
    async with Ring() as ring:
        await begin(ring, "s1")
        five, more = ended(ring, energy_wh=5_000, hours=0.5), ended(ring, energy_wh=22_000, hours=1)
        await ring.fleet.say(five)
        await settled(ring, "s1", Captured)
        # when the charger that went on says more, and says it again under another id
        await ring.fleet.say(more)
        await ring.fleet.say(more)
        await ring.fleet.say(five)
        await ring.calm()
        # then that is said once
        [said] = disputes(ring)
        assert (said.doubt, said.stated, said.stands) == (
            Doubt.CONTRADICTING_END,
            Money.of("11.00", EUR),
            Money.of("2.50", EUR),
        )
        assert "8.50 EUR more" in said.why
        assert books(ring, "s1").captures == 1
        await all_is_well(ring)


@virtual
async def test_s38_energy_after_a_cancellation_is_said_as_a_dispute() -> None:
    async with Ring() as ring:
        await begin(ring, "s1")
        await ring.fleet.cancel("s1")
        await settled(ring, "s1", HoldReleased)
        await ring.fleet.say(ended(ring, energy_wh=20_000))
        await ring.calm()
        [said] = disputes(ring)
        assert (said.stated, said.stands) == (Money.of("10.00", EUR), Money.of("0", EUR))
        await all_is_well(ring)


@virtual
async def test_s38_before_the_price_the_later_and_larger_word_stands() -> None:
    async with Ring() as ring:
        # given a tariff service that does not hear yet that the hold stands
        ring.workers["tariff"].pause(("Authorised",))
        await begin(ring, "s1")
        now = ring.clock.now()
        await ring.fleet.cancel("s1")
        await asyncio.sleep(3600)
        await ring.fleet.say(ended(ring, started_at=now, energy_wh=22_000, hours=1))
        await ring.fleet.say(ended(ring, started_at=now, energy_wh=5_000, hours=0.5))
        await asyncio.sleep(60)
        assert ring.fleet.heard.of(SessionPriced) == []
        # when it does
        ring.workers["tariff"].pause(())
        # then the later and larger word is billed, and the price names what it replaces
        assert (await settled(ring, "s1", Captured)).taken == Money.of("11.00", EUR)
        assert sum("is replaced by this one" in note for note in price(ring).notes) == 2
        assert disputes(ring) == []
        await all_is_well(ring)


@virtual
async def test_s38_a_car_that_charged_without_a_hold_is_disputed() -> None:
    async with Ring() as ring:
        declined = await begin(ring, "s1", by=card(1, failure=Failure.DECLINED))
        assert isinstance(declined, AuthorisationDeclined)
        await ring.fleet.say(ended(ring, energy_wh=20_000))
        await ring.calm()
        [said] = disputes(ring)
        assert said.doubt is Doubt.CHARGED_WITHOUT_HOLD
        assert ring.fleet.dead_letters == []
        assert audit(ring) == []


DAY_S = 86_400.0


@virtual
async def test_s52_a_session_that_nobody_ends_is_said_to_be_stale_once_and_its_hold_is_let_go() -> None:
    async with Ring() as ring:
        await begin(ring, "s1")
        await asyncio.sleep(45 * 3600)
        assert ring.fleet.heard.of(SessionStale) == []
        # when its deadline comes, then it is said, and the hold is let go
        await settled(ring, "s1", HoldReleased)
        [said] = ring.fleet.heard.of(SessionStale, "s1")
        assert (said.policy, said.hold.amount) == ("release", Money.of("60", EUR))
        assert price(ring).ended_because is EndReason.STALE
        # and not again, also not after a restart
        ring.workers["tariff"].crash()
        await asyncio.sleep(DAY_S)
        assert [ring.fleet.heard.times[name] for name in named(ring, SessionStale)] == [1]
        # and a word that comes later is not swallowed
        await ring.fleet.say(ended(ring))
        await ring.calm()
        [late] = disputes(ring)
        assert (late.doubt, late.stands) == (Doubt.CONTRADICTING_END, Money.of("0", EUR))
        await all_is_well(ring)


def named(ring: Ring, kind: type[SessionStale]) -> list[str]:
    """The events of this kind, by their names."""
    return [name for name, event in ring.fleet.heard.events.items() if isinstance(event.fact, kind)]


@virtual
async def test_s52_a_stale_session_may_be_left_for_a_person_and_a_late_word_is_billed() -> None:
    policies = {"op": {"stale_policy": "person", "stale_after_s": 3600}}
    async with Ring(tariff={"by_place": policies}) as ring:
        await begin(ring, "s1")
        now = ring.clock.now()
        await asyncio.sleep(2 * 3600)
        [said] = ring.fleet.heard.of(SessionStale, "s1")
        assert said.policy == "person"
        assert books(ring, "s1").rest == Money.of("60", EUR)
        # when the fleet says after all how it ended
        await ring.fleet.say(ended(ring, started_at=now))
        assert (await settled(ring, "s1", Captured)).taken == Money.of("6.00", EUR)
        await all_is_well(ring)


@virtual
async def test_s52_a_session_whose_end_is_said_and_not_read_yet_is_not_stale() -> None:
    async with Ring(tariff={"stale_after_s": 3600}) as ring:
        await begin(ring, "s1")
        now = ring.clock.now()
        # given a tariff service that is behind with the endings
        ring.workers["tariff"].pause(("ChargingEnded",))
        await ring.fleet.say(ended(ring, started_at=now))
        await asyncio.sleep(3 * 3600)
        assert ring.fleet.heard.of(SessionStale) == []
        ring.workers["tariff"].pause(())
        assert (await settled(ring, "s1", Captured)).taken == Money.of("6.00", EUR)
        assert ring.fleet.heard.of(SessionStale) == []
        await all_is_well(ring)


@virtual
async def test_s52_a_session_that_ended_or_is_disputed_is_never_stale() -> None:
    async with Ring(tariff={"stale_after_s": 7200}) as ring:
        await begin(ring, "s1")
        await ring.fleet.say(ended(ring, hours=0.5))
        await settled(ring, "s1", Captured)
        await begin(ring, "s2")
        await ring.fleet.say(ended(ring, "s2", hours=5 / 60, energy_wh=910_000))
        await asyncio.sleep(2 * DAY_S)
        assert ring.fleet.heard.of(SessionStale) == []
        assert len(disputes(ring, "s2")) == 1


@pytest.mark.parametrize("seed", range(5))
def test_s33_s52_whatever_is_killed_a_stale_session_is_let_go_once(seed: int) -> None:
    async def day() -> None:
        async with Ring(seed, stable=False, tariff={"stale_after_s": 4 * 3600}) as ring:
            for number in range(3):
                await begin(ring, f"s{number}", place(number))
            await asyncio.sleep(12 * 3600)
            await ring.calm()
            await asyncio.sleep(4 * 3600)
            await ring.calm()
            assert audit(ring) == []
            held = [one.session_id for one in ring.fleet.heard.of(Authorised)]
            assert sorted(one.session_id for one in ring.fleet.heard.of(SessionStale)) == sorted(held)

    in_virtual_time(day())
