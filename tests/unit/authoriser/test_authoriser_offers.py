"""Published tariffs as the authoriser knows them: a version never changes, and "not yet" is not "never"."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest
from tests.flow.virtual_time import VirtualClock, in_virtual_time

from authoriser.offers import Offers
from tapwatt.errors import Poison, Unavailable
from tapwatt.facts.codec import Event, begin
from tapwatt.facts.events import SessionRequested, TariffPublished
from tapwatt.tariffs import Tariff
from tapwatt.testing import session_store as memory
from tapwatt.worker.records import Partition

AT = datetime(2026, 3, 1, tzinfo=UTC)
END = {Partition("tariffs", 0): 1}


class Heard:
    """How far a service has come: everything is heard after so many looks."""

    def __init__(self, after: int = 0) -> None:
        self.left = after

    async def ends(self) -> Mapping[Partition, int]:
        return END

    async def reached(self, ends: Mapping[Partition, int]) -> bool:
        self.left -= 1
        return self.left < 0


def offers(heard: Heard | None = None) -> Offers:
    clock = VirtualClock()
    known = memory.InMemorySessionStore(memory.sessions_view(clock, whole=True), clock)
    return Offers(known, heard or Heard(), clock, wait_s=5)


def published(price: str = "0.50", **changed: Any) -> Event:
    tariff = Tariff.model_validate(
        {
            "id": "day",
            "currency": "EUR",
            "elements": [{"price_components": [{"type": "ENERGY", "price": price}]}],
            **changed,
        }
    )
    fact = TariffPublished(operator_id="op", tariff_version="7", tariff=tariff, published_at=AT)
    return begin(fact, f"published-{price}", "/fleet", AT)


def request(operator: str = "op", **names: Any) -> SessionRequested:
    return SessionRequested.model_validate(
        {
            "session_id": "s",
            "place": {"operator_id": operator, "site_id": "s", "terminal_id": "t", "evse_id": "e"},
            "time_zone": "UTC",
            "requested_at": AT,
            **names,
        }
    )


NAMED = request(tariff_ref={"id": "day", "version": "7"})


def test_a_published_tariff_is_found_by_operator_id_and_version() -> None:
    async def story() -> None:
        known = offers()
        await known.publish(published())
        found = await known.of(NAMED)
        assert found is not None
        assert found == published().fact
        for other in (
            request("other", tariff_ref={"id": "day", "version": "7"}),
            request(tariff_ref={"id": "night", "version": "7"}),
            request(tariff_ref={"id": "day", "version": "8"}),
            request(),
        ):
            assert await known.of(other) is None

    in_virtual_time(story())


def test_a_version_said_again_is_the_same_and_with_other_terms_it_is_parked() -> None:
    async def story() -> None:
        known = offers()
        await known.publish(published())
        await known.publish(published())
        with pytest.raises(Poison, match="op/day/7 stands with other terms"):
            await known.publish(published("0.60"))
        assert await known.of(NAMED) == published().fact

    in_virtual_time(story())


def test_a_tariff_that_nobody_can_be_billed_by_is_not_an_offer() -> None:
    async def story() -> None:
        known = offers()
        with pytest.raises(Poison, match="min_price 5 is higher than max_price 4"):
            await known.publish(published(min_price={"before_taxes": 5}, max_price={"before_taxes": 4}))
        assert await known.of(NAMED) is None

    in_virtual_time(story())


def test_an_offer_that_is_heard_meanwhile_is_found() -> None:
    async def story() -> None:
        # given a request that overtook the tariff it names
        heard = Heard(after=3)
        known = offers(heard)
        original = heard.reached

        async def reached(ends: Mapping[Partition, int]) -> bool:
            if heard.left == 1:
                await known.publish(published())
            return await original(ends)

        heard.reached = reached  # type: ignore[method-assign]
        # then it is found once it is heard
        assert await known.of(NAMED) == published().fact

    in_virtual_time(story())


def test_while_offers_are_not_heard_nobody_says_that_there_is_none() -> None:
    async def story() -> None:
        with pytest.raises(Unavailable, match="not heard yet"):
            await offers(Heard(after=10_000)).of(NAMED)

    in_virtual_time(story())
