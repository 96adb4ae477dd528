"""Drivers as they are: they tap, walk away, pull the cable, cancel, show the wrong card, and do two things at once."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from random import Random

from tests.flow.fleet import tariff
from tests.flow.ring import Ring, card, place

from tapwatt.facts.events import (
    AuthorisationDeclined,
    Authorised,
    Captured,
    CaptureFailed,
    HoldReleased,
    TokenAmbiguous,
    TokenMatched,
)
from tapwatt.facts.fact import Fact
from tapwatt.facts.fields import Place
from tapwatt.facts.reasons import EndReason
from tapwatt.money import Money
from tapwatt.provider.port import Failure
from tapwatt.testing.fake_provider import BankCard

FINAL = (Captured, HoldReleased, CaptureFailed)
SITE = tuple(place(number, terminal=number // 2) for number in range(6))
HOLDS = (Money.of("60", "EUR"), Money.of("6", "EUR"), Money.of("5000", "JPY"), Money.of("20.000", "KWD"))
WALLET = (
    card(1),
    card(1, device=1),
    card(2, par=True),
    card(2, device=1, par=True),
    card(3, at_most=2500),
    card(4, failure=Failure.INSUFFICIENT_FUNDS),
    card(5, at_most=300),
)


class Driver:
    """One driver with one session, who does what chance has it."""

    def __init__(self, ring: Ring, number: int, locks: dict[str, asyncio.Lock]) -> None:
        self.ring = ring
        self.chance = Random(f"driver {ring.seed} {number}")
        self.session = f"s{ring.seed}-{number}"
        self.place: Place = self.chance.choice(SITE)
        self.card: BankCard = self.chance.choice(WALLET)
        self._turn = locks.setdefault(self.place.terminal_id, asyncio.Lock())
        self._stops = 0

    async def live(self) -> None:
        """From wanting to charge until everything is settled."""
        await asyncio.sleep(self.chance.uniform(0, 900))
        begun = await self._begin()
        if not isinstance(begun, Authorised):
            if self.chance.random() < 0.2:
                await self.ring.fleet.cancel(self.session)
            return
        await self._charge()
        assert await self.ring.fleet.hear_of(self.session, *FINAL), f"{self.session} is never settled"

    async def _begin(self) -> Fact | None:
        fleet = self.ring.fleet
        queues = self.chance.random() < 0.9
        if queues:
            await self._turn.acquire()
        try:
            await self._ask()
            if self.chance.random() < 0.1:  # asked for again, and for something else
                await self._ask(f"again:{self.session}")
            if self.chance.random() < 0.05:
                await fleet.cancel(self.session)
            showing = asyncio.ensure_future(self._show())
            answer = await fleet.hear(self._is_mine)
            showing.cancel()
        finally:
            if queues:
                self._turn.release()
        assert answer is not None, f"{self.session} is never answered"
        return answer

    async def _ask(self, name: str | None = None) -> None:
        """Ask for a hold under the tariff that is shown, or under one that is published, mostly in time."""
        fleet, hold = self.ring.fleet, self.chance.choice(HOLDS)
        if self.chance.random() < 0.6:
            await fleet.request(self.session, self.place, hold, name=name)
            return
        offered = tariff(currency=hold.currency).model_copy(update={"preauthorize_amount": hold.major})
        version = f"{hold.currency}-{hold.minor}"
        publishing = asyncio.ensure_future(fleet.publish(offered, version, self.place.operator_id))
        if self.chance.random() < 0.8:
            await publishing
        await fleet.request_named(self.session, self.place, offered.id, version, name=name)
        await publishing

    async def _show(self) -> None:
        luck = self.chance.random()
        if luck < 0.06:
            return  # walked away
        if luck < 0.12:
            await asyncio.sleep(20)
            self.ring.provider.press_cancel(self.place.terminal_id)
            return
        late = self.chance.choice((1, 5, 30, 30, 119, 125, 140))
        await self.ring.show(self.place.terminal_id, self.card, late)

    async def _charge(self) -> None:
        fleet, chance = self.ring.fleet, self.chance
        if chance.random() < 0.1:
            await fleet.cancel(self.session)
            return
        await asyncio.sleep(chance.choice((30, 600, 3600, 30_000)))
        energy = chance.choice((0, 1, 500, 11_000, 40_000, 130_000))
        reason = chance.choice((EndReason.EV_DISCONNECTED, EndReason.LIMIT, EndReason.OPERATOR, EndReason.FAULT))
        if chance.random() < 0.6:
            stopped = await self._tap()
            reason = EndReason.TOKEN_MATCHED if stopped else EndReason.EV_DISCONNECTED
        await fleet.end(self.session, reason, energy)
        if chance.random() < 0.2:  # and at the same moment something else ended it too
            await fleet.end(self.session, EndReason.LIMIT, energy + 7)

    def _is_mine(self, fact: Fact) -> bool:
        """An answer to the first request: that another one under its name is refused is none."""
        answers = isinstance(fact, Authorised | AuthorisationDeclined)
        return answers and fact.key == self.session and fact.of_its_session

    async def _tap(self) -> bool:
        """Show a card until the session is stopped; give up after a few tries."""
        picked: str | None = None
        for _ in range(4):
            with suppress(TimeoutError):
                async with asyncio.timeout(600), self._turn:
                    said = await self._stop(picked)
                    if isinstance(said, TokenAmbiguous):
                        picked = self.place.evse_id
            if await self.ring.fleet.hear_of(self.session, TokenMatched, within_s=1):
                return True
        return False

    async def _stop(self, picked: str | None) -> Fact | None:
        fleet, chance = self.ring.fleet, self.chance
        self._stops += 1
        stop_id = f"{self.session}-stop{self._stops}"
        served = tuple(p.evse_id for p in SITE if p.terminal_id == self.place.terminal_id)
        await fleet.stop(stop_id, self.place, evse_id=picked, evses=served if chance.random() < 0.5 else ())
        shown = self.card if chance.random() < 0.8 else chance.choice(WALLET)
        showing = asyncio.ensure_future(self.ring.show(self.place.terminal_id, shown, chance.choice((1, 10, 70)), 30))
        said = await fleet.answer_to(stop_id, within_s=500)
        showing.cancel()
        return said
