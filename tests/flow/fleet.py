"""The fleet of chargers and what it hears: says facts on the log as often as it pleases, and keeps all that is said."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from random import Random
from typing import TypeVar

from tests.flow.log_in_memory import LogInMemory
from tests.flow.virtual_time import VirtualClock
from tests.flow.worker_in_memory import TOPICS

from tapwatt.errors import Poison
from tapwatt.facts.codec import Event, begin, decode, encode
from tapwatt.facts.events import (
    ChargingEnded,
    SessionCancelled,
    SessionRequested,
    StopRequested,
    TariffPublished,
    TokenAmbiguous,
    TokenMatched,
    TokenNotMatched,
)
from tapwatt.facts.fact import Fact
from tapwatt.facts.fields import ChargingPeriod, Place
from tapwatt.facts.ids import cause
from tapwatt.facts.reasons import EndReason
from tapwatt.money import Money
from tapwatt.tariffs import Dimension, PriceComponent, Tariff, TariffElement, TariffRef
from tapwatt.worker.records import Incoming, Outgoing

F = TypeVar("F", bound=Fact)


def tariff(per_kwh: str = "0.50", currency: str = "EUR") -> Tariff:
    """So much for a kilowatt-hour and nothing else."""
    price = PriceComponent(type=Dimension.ENERGY, price=Decimal(per_kwh))
    return Tariff(id="plain", currency=currency, elements=(TariffElement(price_components=(price,)),))


@dataclass
class Heard:
    """Everything that was ever said, by the id it has at its source, and every id that was said with two contents."""

    events: dict[str, Event] = field(default_factory=dict)
    values: dict[str, bytes | None] = field(default_factory=dict)
    contradictions: list[str] = field(default_factory=list)
    times: defaultdict[str, int] = field(default_factory=lambda: defaultdict(int))

    def add(self, record: Incoming) -> Event:
        event = decode(record.key, record.value, record.headers)
        name = cause(event.envelope.source, event.envelope.id)
        self.times[name] += 1
        if self.values.setdefault(name, record.value) != record.value:
            self.contradictions.append(f"{event.fact.name} {name}: {self.values[name]!r} and {record.value!r}")
        self.events.setdefault(name, event)
        return event

    def of(self, fact: type[F], key: str | None = None) -> list[F]:
        """The different facts of this kind (different by id)."""
        facts = (event.fact for event in self.events.values())
        return [one for one in facts if isinstance(one, fact) and key in (None, one.key)]


class Fleet:
    """Chargers and their back end. With `stable` it says everything once and at once."""

    def __init__(self, log: LogInMemory, chance: Random, *, stable: bool) -> None:
        self.heard = Heard()
        self._log = log
        self._chance = chance
        self._stable = stable
        self._said = 0
        self._waiting: list[tuple[Callable[[Event], bool], asyncio.Future[Event]]] = []
        self.clock = VirtualClock()
        self.dead_letters: list[Incoming] = []
        log.tell(self._hear)

    def _hear(self, record: Incoming) -> None:
        if record.topic == TOPICS.dead_letters:
            self.dead_letters.append(record)
        if ".retry-" in record.topic or record.topic == TOPICS.dead_letters:
            return
        try:
            event = self.heard.add(record)
        except Poison:  # the fleet's own mistake
            return
        for wanted, future in self._waiting:
            if not future.done() and wanted(event):
                future.set_result(event)
        self._waiting = [one for one in self._waiting if not one[1].done()]

    async def hear(self, wanted: Callable[[Fact], bool], within_s: float = 20 * 86_400) -> Fact | None:
        """The first fact that is wanted, said before or within so many seconds; None if there is none."""
        for event in self.heard.events.values():
            if wanted(event.fact):
                return event.fact
        future: asyncio.Future[Event] = asyncio.get_running_loop().create_future()
        self._waiting.append((lambda event: wanted(event.fact), future))
        try:
            return (await asyncio.wait_for(future, within_s)).fact
        except TimeoutError:
            return None

    async def hear_of(self, session_id: str, *facts: type[Fact], within_s: float = 20 * 86_400) -> Fact | None:
        """The first of these facts about this session."""
        return await self.hear(lambda fact: isinstance(fact, facts) and fact.key == session_id, within_s)

    async def say(self, fact: Fact, name: str | None = None) -> None:
        """Say it; unless the fleet is stable, perhaps late and perhaps more than once."""
        self._said += 1
        event = begin(fact, name or f"fleet-{self._said}", "/fleet", self.clock.now())
        record = Outgoing(TOPICS.of(type(fact)), *encode(event))
        times = 1 if self._stable else self._chance.choice((1, 1, 1, 2, 3))
        for _ in range(times):
            if not self._stable:
                await asyncio.sleep(self._chance.choice((0.0, 0.01, 0.5)))
            self._log.append([record])

    def say_all_again(self) -> None:
        """Everything the fleet ever said is said again, in another order, as a replay from a backup would."""
        ours = [e for e in self.heard.events.values() if e.envelope.source == "/fleet"]
        for event in self._chance.sample(ours, len(ours)):
            if not isinstance(event.fact, StopRequested):
                self._log.append([Outgoing(TOPICS.of(type(event.fact)), *encode(event))])

    async def request(
        self, session_id: str, place: Place, hold: Money, shown: Tariff | None = None, *, name: str | None = None
    ) -> None:
        """A driver wants to charge. `name` is the event's own id, where it is not the first for this session."""
        await self.say(
            SessionRequested(
                session_id=session_id,
                place=place,
                hold=hold,
                tariff=shown or tariff(currency=hold.currency),
                time_zone="Europe/Amsterdam",
                requested_at=self.clock.now(),
            ),
            name,
        )

    async def publish(self, offered: Tariff, version: str = "1", operator_id: str = "op") -> None:
        """The operator offers a tariff from now on."""
        await self.say(
            TariffPublished(
                operator_id=operator_id, tariff_version=version, tariff=offered, published_at=self.clock.now()
            )
        )

    async def request_named(
        self, session_id: str, place: Place, tariff_id: str, version: str = "1", *, name: str | None = None
    ) -> None:
        """A driver wants to charge under a published tariff, which also says how much to hold."""
        await self.say(
            SessionRequested(
                session_id=session_id,
                place=place,
                tariff_ref=TariffRef(id=tariff_id, version=version),
                time_zone="Europe/Amsterdam",
                requested_at=self.clock.now(),
            ),
            name,
        )

    async def cancel(self, session_id: str) -> None:
        """Charging never started."""
        await self.say(
            SessionCancelled(
                operator_id="op", session_id=session_id, reason="never_started", cancelled_at=self.clock.now()
            )
        )

    async def end(self, session_id: str, reason: EndReason, energy_wh: int, hours: float = 1.0) -> None:
        """Energy has stopped."""
        now = self.clock.now()
        begun, energy = now - timedelta(hours=hours), Decimal(energy_wh)
        await self.say(
            ChargingEnded(
                operator_id="op",
                session_id=session_id,
                reason=reason,
                started_at=begun,
                ended_at=now,
                energy_wh=energy,
                periods=(ChargingPeriod(starts_at=begun, ends_at=now, energy_wh=energy),),
            ),
        )

    async def stop(
        self, stop_id: str, place: Place, *, evse_id: str | None = None, evses: tuple[str, ...] = ()
    ) -> None:
        """Somebody wants to stop at this terminal."""
        await self.say(
            StopRequested(
                stop_id=stop_id,
                operator_id=place.operator_id,
                site_id=place.site_id,
                terminal_id=place.terminal_id,
                evse_ids=evses,
                evse_id=evse_id,
                requested_at=self.clock.now(),
            ),
        )

    async def answer_to(self, stop_id: str, within_s: float = 3600) -> Fact | None:
        """What is said to a stop."""
        kinds = TokenMatched | TokenNotMatched | TokenAmbiguous
        return await self.hear(lambda fact: isinstance(fact, kinds) and fact.stop_id == stop_id, within_s)
