"""Drivers who arrive whether anybody answers or not, and a fleet that never forgets to say how each session ended."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Literal

from aiokafka.errors import KafkaError

from simulator.fleet.drivers import NotAsTold, Scene, Session, Waiting
from simulator.fleet.fleet import Fleet
from simulator.fleet.inbox import StillWaiting
from simulator.fleet.tariffs import STREET, published
from simulator.fleet.world import World
from tapwatt.errors import TapwattError
from tapwatt.facts.codec import Event
from tapwatt.facts.events import (
    AuthorisationDeclined,
    Authorised,
    Captured,
    CaptureFailed,
    HoldReleased,
    TokenMatched,
    TokenNotMatched,
)
from tapwatt.facts.fact import Fact
from tapwatt.facts.reasons import EndReason, NoMatchReason

Plan = Literal["tap", "cable", "cancelled"]
PLANS: tuple[Plan, ...] = ("tap", "tap", "tap", "cable", "cable", "cancelled")

PATIENCE_S = 45.0
"""For an answer or a stop: then the driver goes away, and the fleet says how that session ended."""

SETTLES_WITHIN_S = 300.0
"""A delayed record waits a minute for its next try, and may do so again."""

SAYS_AGAIN_S = 1.0


class PersistentFleet(Fleet):
    """A fleet that says an event again until the broker has it, as every fleet should: the same bytes, the same id."""

    async def say_again(self, event: Event) -> None:
        """Delivered when this returns, however long the broker is away."""
        while True:
            try:
                return await super().say_again(event)
            except (KafkaError, TimeoutError, OSError):
                await asyncio.sleep(SAYS_AGAIN_S)


@dataclass(slots=True)
class Lived:
    """One session: what truly happened to it, and when it was answered and settled (monotonic seconds)."""

    number: int
    order: str
    plan: Plan
    begun: float
    answered: float | None = None
    settled: float | None = None
    answer: str = ""
    outcome: str = ""
    energy_wh: int = 0
    denied_a_stop: bool = False
    """Its card was told that there is no session, while there was this one."""

    trouble: str = ""


class Traffic:
    """So many sessions, one each 1/rate seconds. `lived` has every one that has begun."""

    def __init__(self, fleet: Fleet, world: World, seed: int, told: Callable[[], None]) -> None:
        self._fleet, self._world, self._seed, self._told = fleet, world, seed, told
        self.lived: list[Lived] = []
        self.ended = 0

    async def flow(self, sessions: int, a_second: float, until: float) -> None:
        """Open loop: the next one comes when it is its time, whatever became of the last. Returns when all have ended.

        Nobody comes any more after `until` (monotonic).
        """
        offer = published(STREET, self._fleet.now())
        await self._fleet.say(offer, name=offer.offer)
        begun = time.monotonic()
        async with asyncio.TaskGroup() as together:
            for number in range(1, sessions + 1):
                await asyncio.sleep(max(0.0, begun + (number - 1) / a_second - time.monotonic()))
                if time.monotonic() > until:
                    return
                together.create_task(self._one(number))

    async def _one(self, number: int) -> None:
        chance = Random(f"{self._seed}/{number}")
        waiting = Waiting(patience_s=PATIENCE_S, shortest_charge_s=0.3)
        scene = Scene(self._fleet, self._world, f"chaos-{self._seed}-{number}", number, chance, waiting)
        session = scene.session(STREET)
        one = Lived(number, session.order_reference, chance.choice(PLANS), time.monotonic())
        self.lived.append(one)
        try:
            await self._live(scene, session, one)
        except (TapwattError, TimeoutError) as error:
            one.trouble = str(error) or type(error).__name__
        finally:
            self.ended += 1
            self._told()

    async def _live(self, scene: Scene, session: Session, one: Lived) -> None:
        card = await scene.card()
        await session.request()
        tapping = asyncio.create_task(self._tap(session, scene))
        try:
            answer = await self._hear(session, one, PATIENCE_S, Authorised, AuthorisationDeclined)
        finally:
            tapping.cancel()
            await asyncio.gather(tapping, return_exceptions=True)
        one.answer = answer.name if answer is not None else "none"
        if isinstance(answer, AuthorisationDeclined):
            one.answered = one.settled = time.monotonic()
            return
        if answer is None or one.plan == "cancelled":
            one.answered = time.monotonic() if answer is not None else None
            await session.cancel()
        else:
            one.answered = time.monotonic()
            await self._charge(scene, session, one, card)
        outcome = await self._hear(session, one, SETTLES_WITHIN_S, Captured, HoldReleased, CaptureFailed, *_NO_HOLD)
        one.outcome = outcome.name if outcome is not None else ""
        one.settled = time.monotonic() if outcome is not None else None

    async def _charge(self, scene: Scene, session: Session, one: Lived, card: object) -> None:
        tenths = scene.chance.randint(60, 310)
        reading = await session.charge(f"{tenths // 10}.{tenths % 10}", minutes=scene.chance.randint(10, 40))
        one.energy_wh = int(reading.energy_wh)
        if one.plan == "tap":
            try:
                asked, answer = await scene.tap_to_stop(scene.cards[0])
            except (NotAsTold, StillWaiting, TapwattError, TimeoutError):
                pass  # nobody answers: the driver pulls the cable
            else:
                if isinstance(answer, TokenMatched):
                    await session.end(EndReason.TOKEN_MATCHED, because=asked)
                    return
                denied = isinstance(answer, TokenNotMatched) and answer.reason is NoMatchReason.NO_SESSION
                one.denied_a_stop = denied
        await session.end(EndReason.EV_DISCONNECTED)

    async def _tap(self, session: Session, scene: Scene) -> None:
        """Present the card whenever the terminal asks for one: a provider that has lost an answer may ask again."""
        while True:
            try:
                await session.tap(scene.cards[0])
            except TapwattError:
                await asyncio.sleep(0.5)

    async def _hear(self, session: Session, one: Lived, within_s: float, *kinds: type[Fact]) -> Fact | None:
        try:
            event, fact = await self._fleet.inbox.first(one.order, *kinds, within_s=within_s)
        except StillWaiting:
            return None
        if isinstance(fact, Authorised):
            session.authorised = event
        return fact


_NO_HOLD: tuple[type[Fact], ...] = (AuthorisationDeclined,)
