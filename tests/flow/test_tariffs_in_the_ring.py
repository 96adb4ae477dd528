"""The tariff a driver was shown is the tariff that is billed: published or sent along, frozen when the hold stands."""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Callable, Coroutine
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from tests.flow.audit import audit
from tests.flow.fleet import tariff
from tests.flow.ring import Ring, card, place
from tests.flow.virtual_time import in_virtual_time

from tapwatt.facts.events import (
    AuthorisationDeclined,
    Authorised,
    Captured,
    ChargingEnded,
    SessionPriced,
    SessionRequested,
)
from tapwatt.facts.fields import ChargingPeriod
from tapwatt.facts.reasons import DeclineReason, EndReason
from tapwatt.money import Money
from tapwatt.tariffs import Tariff

HERE = place(1)
ANNA = card(1)
OFFER = tariff("0.50").model_copy(update={"preauthorize_amount": Decimal(40)})


def virtual(test: Callable[..., Coroutine[Any, Any, None]]) -> Callable[..., None]:
    """Run the test in virtual time."""

    @functools.wraps(test)
    def run(*args: Any, **more: Any) -> None:
        in_virtual_time(test(*args, **more))

    return run


async def answer(ring: Ring, session: str) -> Authorised | AuthorisationDeclined:
    """What is said to the request, with a driver who taps when asked."""
    showing = asyncio.ensure_future(ring.show(HERE.terminal_id, ANNA))
    said = await ring.fleet.hear_of(session, Authorised, AuthorisationDeclined)
    showing.cancel()
    assert isinstance(said, Authorised | AuthorisationDeclined)
    return said


@virtual
async def test_s23_a_published_tariff_is_frozen_whatever_is_published_later() -> None:
    async with Ring() as ring:
        # given a driver who begins under version 1, and the version 2 of an hour later
        await ring.fleet.publish(OFFER, "1")
        await ring.fleet.request_named("s1", HERE, OFFER.id, "1")
        said = await answer(ring, "s1")
        assert isinstance(said, Authorised)
        assert (said.tariff, said.tariff_version, said.hold.amount) == (OFFER, "1", Money.of("40", "EUR"))
        await ring.fleet.publish(tariff("9.99"), "2")
        # when the car has taken 20 kWh
        await ring.fleet.end("s1", EndReason.EV_DISCONNECTED, 20_000)
        # then version 1 is billed: 20 * 0.50
        assert isinstance(await ring.fleet.hear_of("s1", Captured), Captured)
        priced = await ring.fleet.hear_of("s1", SessionPriced)
        assert isinstance(priced, SessionPriced)
        assert (priced.owed, priced.tariff_version) == (Money.of("10", "EUR"), "1")
        await ring.calm()
        assert audit(ring) == []


@virtual
@pytest.mark.parametrize("version", ["2", "never"])
async def test_s23_an_unknown_tariff_is_refused_before_any_card_is_asked_for(version: str) -> None:
    async with Ring() as ring:
        await ring.fleet.publish(OFFER, "1")
        await ring.fleet.request_named("s1", HERE, OFFER.id, version)
        said = await answer(ring, "s1")
        assert isinstance(said, AuthorisationDeclined)
        assert said.reason is DeclineReason.TARIFF_UNKNOWN
        assert await ring.provider.find("s1") == []


@virtual
async def test_s13_a_request_that_overtakes_its_tariff_waits_for_it() -> None:
    async with Ring() as ring:
        # given a tariff that is on the log before the request, which is heard first
        await asyncio.gather(
            ring.fleet.publish(OFFER, "1"),
            ring.fleet.request_named("s1", HERE, OFFER.id, "1"),
        )
        assert isinstance(await answer(ring, "s1"), Authorised)


@virtual
async def test_a_tariff_that_cannot_be_read_is_a_refusal_and_not_parked() -> None:
    async with Ring() as ring:
        # given a request whose tariff nobody can bill by
        broken = {"id": "T", "currency": "EUR", "elements": [{"price_components": [{"type": "ENERGY", "price": -1}]}]}
        request = SessionRequested.model_validate(
            {
                "session_id": "s1",
                "place": HERE.model_dump(),
                "hold": {"minor": 6000, "currency": "EUR"},
                "tariff": broken,
                "time_zone": "Europe/Amsterdam",
                "requested_at": ring.clock.now(),
            }
        )
        await ring.fleet.say(request)
        # then the fleet hears why, and where
        said = await answer(ring, "s1")
        assert isinstance(said, AuthorisationDeclined)
        assert said.reason is DeclineReason.TARIFF_NOT_VALID
        assert "$.elements[0].price_components[0].price" in said.detail
        assert ring.fleet.dead_letters == []
        assert await ring.provider.find("s1") == []


@virtual
async def test_s23_a_reservation_that_nobody_came_for_is_captured_by_what_the_tariff_says_of_that() -> None:
    async with Ring() as ring:
        # given 2.00 an hour reserved, and 4.00 more where nobody comes (OCPI, mod_tariffs, the example with both)
        reserving: list[dict[str, Any]] = [
            {
                "price_components": [{"type": kind, "price": price, "step_size": 600}],
                "restrictions": {"reservation": reservation},
            }
            for kind, price, reservation in (("FLAT", 4, "RESERVATION_EXPIRES"), ("TIME", 2, "RESERVATION"))
        ]
        terms = {"id": "T", "currency": "EUR", "preauthorize_amount": 40, "elements": reserving}
        await ring.fleet.publish(Tariff.model_validate(terms))
        await ring.fleet.request_named("s1", HERE, "T")
        assert isinstance(await answer(ring, "s1"), Authorised)
        # when an hour has passed
        now = ring.clock.now()
        hour = ChargingPeriod(starts_at=now - timedelta(hours=1), ends_at=now, activity="reserved")
        await ring.fleet.say(
            ChargingEnded(
                session_id="s1",
                reason=EndReason.RESERVATION_EXPIRED,
                started_at=hour.starts_at,
                ended_at=now,
                energy_wh=Decimal(0),
                periods=(hour,),
            )
        )
        # then 4.00 + 2.00 are taken and the rest is let go
        taken = await ring.fleet.hear_of("s1", Captured)
        assert isinstance(taken, Captured)
        assert (taken.taken, taken.released) == (Money.of("6", "EUR"), Money.of("34", "EUR"))
        await ring.calm()
        assert audit(ring) == []


@virtual
async def test_a_version_published_again_with_other_terms_is_dead_lettered_and_the_first_stands() -> None:
    async with Ring() as ring:
        await ring.fleet.publish(OFFER, "1")
        await asyncio.sleep(5)
        changed: Tariff = OFFER.model_copy(update={"preauthorize_amount": Decimal(99)})
        await ring.fleet.publish(changed, "1")
        await ring.calm()
        assert len(ring.fleet.dead_letters) == 1
        assert "stands with other terms" in ring.workers["authoriser"].log.pages[0]
        await ring.fleet.request_named("s1", HERE, OFFER.id, "1")
        said = await answer(ring, "s1")
        assert isinstance(said, Authorised)
        assert said.tariff == OFFER
