"""Drivers and their sessions: they walk away, come back, pull the cable; and what their fleet says of it."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from decimal import Decimal
from random import Random

from tests.flow import drivers as of_the_ring
from tests.flow.ring import card
from tests.simulation.fleets import Fleet
from tests.simulation.truth import Price, Truth
from tests.simulation.world import World

from tapwatt.facts.events import AuthorisationDeclined, Authorised, TokenAmbiguous, TokenMatched, TokenNotMatched
from tapwatt.facts.fact import Fact
from tapwatt.facts.fields import Place
from tapwatt.money import Money
from tapwatt.testing.fake_provider import BankCard

HOLDS = (
    Money.of("60", "EUR"),
    Money.of("60", "EUR"),
    Money.of("6", "EUR"),
    Money.of("5000", "JPY"),
    Money.of("20", "KWD"),
)
PRICES = {"EUR": ("0.50", "0.333", "0.7099"), "JPY": ("55", "39.5"), "KWD": ("0.125", "0.0333")}
WALLET = (*of_the_ring.WALLET, card(6))
HOUR_S, DAY_S = 3600.0, 86_400.0


class Driver:
    """One driver with one session, who does what chance has it."""

    def __init__(
        self, world: World, fleet: Fleet, number: int, session: str, turns: dict[str, asyncio.Lock], life: int = 1
    ) -> None:
        self.world = world
        self.fleet = fleet
        self.chance = Random(f"driver {world.seed} {number} {life}")
        self.hold = self.chance.choice(HOLDS)
        currency = self.hold.currency
        flat = self.chance.choice((Decimal(0), Decimal(0), Decimal(1)))
        spot = self.chance.randrange(4)
        self.truth = Truth(
            fleet.operator,
            session,
            Place(operator_id=fleet.operator, site_id="site", terminal_id=f"t{spot // 2}", evse_id=f"e{spot}"),
            self.chance.choice(WALLET),
            Price(Decimal(self.chance.choice(PRICES[currency])), flat, currency),
            life,
        )
        world.truths[self.truth.name] = self.truth
        if self.truth.name in world.ear.quarantined:  # of the one before it, which nobody has mended in all that time
            self.truth.odd.add("quarantined")
        self._turn = turns.setdefault(self.truth.place.terminal_id, asyncio.Lock())
        self._stops = 0

    def _thrown(self, die: str, likely: float) -> bool:
        return self.chance.random() < likely and die in self.world.dice.on

    async def live(self) -> None:
        """From wanting to charge until the fleet has said whatever it says."""
        await asyncio.sleep(self.chance.uniform(0, self.chance.choice((60, 900, self.world.dice.days * DAY_S))))
        answer = await self._begin()
        if not isinstance(answer, Authorised):
            self.truth.heard_no = isinstance(answer, AuthorisationDeclined)
            if self._thrown("lies", 0.2):
                self.truth.charged_without_hold = True
                self._end(self.world.clock.now() - timedelta(hours=1), 5000, "without-hold")
            elif self.chance.random() < 0.2:
                self.fleet.cancel(self.truth)
            return
        self.truth.begun_at = self.world.clock.monotonic()
        await self._charge(self.world.clock.now())

    # --- starting ---

    async def _begin(self) -> Fact | None:
        queues = self.chance.random() < 0.9
        if queues:
            await self._turn.acquire()
        try:
            self.fleet.request(self.truth, self.hold, f"{self.truth.tag}-request")
            if self._thrown("contradictions", 0.3):  # asked again: the same, or for something else
                other = (
                    self.hold
                    if self.chance.random() < 0.5
                    else Money(minor=self.hold.minor + 100, currency=self.hold.currency)
                )
                self.fleet.request(self.truth, other, f"{self.truth.tag}-again")
            if self.chance.random() < 0.05:
                self.fleet.cancel(self.truth)
            showing = asyncio.ensure_future(self._show())
            answer = await self.world.ear.wait(self.truth.name, Authorised, AuthorisationDeclined, within_s=9 * DAY_S)
            showing.cancel()
        finally:
            if queues:
                self._turn.release()
        return answer

    async def _show(self) -> None:
        luck = self.chance.random()
        if luck < 0.06:
            return  # walked away
        if luck < 0.1:
            await asyncio.sleep(20)
            self.world.provider.press_cancel(self.truth.place.terminal_id)
            return
        await self._present(self.truth.card, self.chance.choice((1, 3, 5, 10, 10, 30, 30, 119, 125, 140)), 300)

    async def _present(self, shown: BankCard, after_s: float, patience_s: float) -> None:
        await asyncio.sleep(after_s)
        for _ in range(int(patience_s / 2)):
            if self.world.provider.present(self.truth.place.terminal_id, shown) is not None:
                return
            await asyncio.sleep(2)

    # --- charging, and what is said of it ---

    async def _charge(self, began: datetime) -> None:
        if self.chance.random() < 0.08:
            self.fleet.cancel(self.truth)
            if not self._thrown("contradictions", 0.4):
                return
        hours = self.chance.choice((0.02, 0.2, 1, 1, 2, 8, 30))
        energy = int(self.chance.choice((0, 300, 7000, 22_000, 60_000, 150_000)) * min(hours, 6))
        silent = self._thrown("silence", 0.3)
        reads = self.chance.choice((0, 1, 3)) if silent or self._thrown("silence", 0.3) else 0
        for number in range(reads):
            await asyncio.sleep(hours * HOUR_S / (reads + 1))
            self.fleet.read(self.truth, energy * (number + 1) // (reads + 1), began, number)
        await asyncio.sleep(hours * HOUR_S / (reads + 1))
        if silent:
            if self._thrown("silence", 0.3):  # somebody remembers, when all is over
                await asyncio.sleep(self.chance.uniform(60, 200) * HOUR_S)
                self._end(began, energy, "late")
            return
        if "taps" in self.world.dice.on and self.chance.random() < 0.6:
            await self._tap()
        await self._say_the_end(began, energy)

    async def _say_the_end(self, began: datetime, energy: int) -> None:
        over = self.world.clock.now()
        lied = self._thrown("lies", 0.3)
        if lied:
            self._lie(began, over, energy)
            await asyncio.sleep(self.chance.choice((0, 60, 6 * HOUR_S)))
            if self.chance.random() < 0.4:
                return  # and nothing better is ever said
        self._end(began, energy, "end", over)
        if self._thrown("contradictions", 0.3):
            await asyncio.sleep(self.chance.choice((0, 0, 1, HOUR_S, 3 * DAY_S)))
            if self.chance.random() < 0.5:  # other content under the name that is known
                self._end(began, energy + 1000, "end", over, refusable=True)
            else:  # less, and later
                self._end(began, energy // 2, "less", self._later(over))
        if self._thrown("corrections", 0.3):
            await asyncio.sleep(self.chance.choice((0, 0, 1, HOUR_S, 3 * DAY_S)))
            self._end(began, energy + 3000, "corrected", self._later(over))
        if self._thrown("contradictions", 0.1):
            self.fleet.cancel(self.truth)

    def _later(self, over: datetime) -> datetime:
        return max(over + timedelta(minutes=10), self.world.clock.now())

    def _end(
        self, began: datetime, energy: int, what: str, over: datetime | None = None, *, refusable: bool = False
    ) -> None:
        at = over or self.world.clock.now()
        self.fleet.ended(self.truth, energy, began, at, f"{self.truth.tag}-{what}", refusable=refusable)

    def _lie(self, began: datetime, over: datetime, energy: int) -> None:
        """What no honest charger says."""
        days = timedelta(days=self.chance.choice((3, 20, 2000)))
        match self.chance.randrange(6):
            case 0:
                self._end(began, 10**9, "lie", over)
            case 1:
                self._end(began, -5000, "lie", over)
            case 2:
                self._end(began - days, energy, "lie", over)
            case 3:
                self._end(began + days, energy, "lie", over + days)
            case 4:
                self._end(over + timedelta(hours=1), energy, "lie", over)
            case _:
                self.fleet.partial_reading(self.truth, energy, began, over, f"{self.truth.tag}-lie")

    # --- stopping ---

    async def _tap(self) -> None:
        """Show a card until the session is stopped; give up after a few tries."""
        picked: str | None = None
        for _ in range(3):
            self._stops += 1
            stop_id = f"{self.truth.tag}-{self._stops}"
            async with self._turn:
                self.fleet.stop(self.truth, stop_id, picked)
                shown = self.truth.card if self.chance.random() < 0.8 else self.chance.choice(WALLET)
                self.world.shown_at[f"{self.truth.operator}/{stop_id}"] = shown
                showing = asyncio.ensure_future(self._present(shown, self.chance.choice((1, 3, 10, 70)), 30))
                said = await self.world.ear.wait(
                    f"stop {self.truth.operator}/{stop_id}", TokenMatched, TokenNotMatched, TokenAmbiguous, within_s=500
                )
                showing.cancel()
            if isinstance(said, TokenAmbiguous):
                picked = self.truth.place.evse_id
            if self.world.ear.first(self.truth.name, TokenMatched):
                return
