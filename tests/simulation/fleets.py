"""The fleets of several operators: what they say they say once, or again and again, late, in another order."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from random import Random

from tests.flow.worker_in_memory import TOPICS
from tests.simulation.truth import Price, Truth, Word
from tests.simulation.world import World

from tapwatt.facts.codec import begin, encode
from tapwatt.facts.events import ChargingEnded, MeterRead, SessionCancelled, SessionRequested, StopRequested
from tapwatt.facts.fact import Fact
from tapwatt.facts.fields import ChargingPeriod, MeterPeriod
from tapwatt.facts.reasons import EndReason
from tapwatt.money import Money
from tapwatt.tariffs import Dimension, PriceComponent, Tariff, TariffElement
from tapwatt.worker.records import Outgoing

MOST_LATE_S = 7 * 86_400.0
REASONS = (EndReason.EV_DISCONNECTED, EndReason.LIMIT, EndReason.OPERATOR, EndReason.FAULT, EndReason.OTHER)


@dataclass(slots=True)
class Fleet:
    """One operator's back end; its own events are named by it, and other operators' fleets count alike."""

    world: World
    operator: str
    chance: Random
    _repeats: bool = field(init=False)
    _nameless: bool = field(init=False)
    """Says no operator_id where that is not needed: where nobody else can have a session of that id."""

    def __post_init__(self) -> None:
        dice = self.world.dice.on
        self._repeats = "repeats" in dice
        self._nameless = "first days" in dice and "operators" not in dice

    def say(self, fact: Fact, name: str, *, refusable: bool = False) -> None:
        """It stands on the log, and perhaps again later."""
        source = f"/fleet/{self.operator}"
        record = Outgoing(TOPICS.of(type(fact)), *encode(begin(fact, name, source, self.world.clock.now())))
        if refusable:
            self.world.refusable.add((source.encode(), name.encode()))
        self.world.said.append(record)
        self.world.log.append([record])
        if self._repeats:
            for _ in range(self.chance.choice((0, 0, 0, 1, 2, 4))):
                late = self.chance.choice((0.0, 0.01, 1.0, 600.0, 86_400.0, MOST_LATE_S))
                asyncio.get_running_loop().call_later(self.chance.uniform(0, late), self.world.log.append, [record])

    def request(self, truth: Truth, hold: Money, name: str, at: datetime | None = None) -> None:
        """A driver wants to charge."""
        now = self.world.clock.now()
        self.say(
            SessionRequested(
                session_id=truth.session,
                place=truth.place,
                hold=hold,
                tariff=tariff_of(truth.price),
                time_zone="Europe/Amsterdam",
                requested_at=at or now,
            ),
            name,
            refusable=at is not None,
        )

    def cancel(self, truth: Truth) -> None:
        """Charging never started."""
        number = len(truth.of("cancelled"))
        truth.words.append(Word("cancelled", self._now_s, Decimal(0), self._now_s, 0))
        self.say(
            SessionCancelled(
                operator_id=None if self._nameless else self.operator,
                session_id=truth.session,
                reason=self.chance.choice(("never_started", "driver", "operator", "fault")),
                cancelled_at=self.world.clock.now(),
            ),
            f"{truth.tag}-cancel-{number}",
        )

    def ended(
        self, truth: Truth, energy_wh: int, began: datetime, over: datetime, name: str, *, refusable: bool = False
    ) -> None:
        """Energy has stopped, as the charger says it."""
        energy, at = Decimal(energy_wh), (over - self.world.clock.now()).total_seconds() + self._now_s
        truth.words.append(
            Word("ended", self._now_s, energy, at, self._believed(truth, energy, began, over), refusable)
        )
        self.say(
            ChargingEnded(
                operator_id=None if self._nameless else self.operator,
                session_id=truth.session,
                reason=self.chance.choice(REASONS),
                started_at=began,
                ended_at=over,
                energy_wh=energy,
                periods=self._periods(began, over, energy),
            ),
            name,
            refusable=refusable,
        )

    def partial_reading(self, truth: Truth, energy_wh: int, began: datetime, over: datetime, name: str) -> None:
        """A word whose periods do not add up to what it says."""
        energy = Decimal(energy_wh)
        said = energy + 5000
        truth.words.append(Word("ended", self._now_s, said, self._now_s, None))
        period = ChargingPeriod(starts_at=began, ends_at=over, energy_wh=energy)
        self.say(
            ChargingEnded(
                operator_id=None if self._nameless else self.operator,
                session_id=truth.session,
                reason=EndReason.FAULT,
                started_at=began,
                ended_at=over,
                energy_wh=said,
                periods=(period,),
            ),
            name,
        )

    def read(self, truth: Truth, energy_wh: int, began: datetime, number: int) -> None:
        """What the meter shows while it goes on."""
        now, energy = self.world.clock.now(), Decimal(energy_wh)
        truth.words.append(Word("read", self._now_s, energy, self._now_s, self._believed(truth, energy, began, now)))
        self.say(
            MeterRead(
                operator_id=self.operator, session_id=truth.session, started_at=began, read_at=now, energy_wh=energy
            ),
            f"{truth.tag}-read-{number}",
        )

    def stop(self, truth: Truth, stop_id: str, evse_id: str | None) -> None:
        """Somebody wants to stop at this terminal."""
        place = truth.place
        self.say(
            StopRequested(
                stop_id=stop_id,
                operator_id=self.operator,
                site_id=place.site_id,
                terminal_id=place.terminal_id,
                evse_id=evse_id,
                requested_at=self.world.clock.now(),
            ),
            f"stop-{stop_id}",
        )

    @property
    def _now_s(self) -> float:
        return self.world.clock.monotonic()

    def _believed(self, truth: Truth, energy: Decimal, began: datetime, over: datetime) -> int | None:
        """What it owes, or None where it cannot be: the oracle's own idea of a session that can be.

        Far from every limit of ours on both sides, so that no two readings of a limit differ.
        """
        now = self.world.clock.now()
        possible = (
            timedelta(0) <= over - began
            and over - now < timedelta(minutes=50)
            and abs((began - now).total_seconds()) < 40 * 86_400
            and 0 <= energy <= 10**6
        )
        if truth.begun_at is not None:
            since_hold = (began - now).total_seconds() + self._now_s - truth.begun_at
            possible = possible and -6000 < since_hold < 11 * 3600
        return truth.price.of(energy) if possible else None

    def _periods(self, began: datetime, over: datetime, energy: Decimal) -> tuple[MeterPeriod, ...]:
        """The same in one period, or in several that follow each other."""
        parts = self.chance.choice((1, 1, 2, 3)) if over > began else 1
        each, step = energy // parts, (over - began) / parts
        return tuple(
            MeterPeriod(
                starts_at=began + number * step,
                ends_at=over if number == parts - 1 else began + (number + 1) * step,
                energy_wh=energy - each * (parts - 1) if number == parts - 1 else each,
            )
            for number in range(parts)
        )


def tariff_of(price: Price) -> Tariff:
    """The same price as a tariff that a driver is shown."""
    components = [PriceComponent(type=Dimension.ENERGY, price=price.per_kwh)]
    if price.flat:
        components.append(PriceComponent(type=Dimension.FLAT, price=price.flat))
    return Tariff(id="shown", currency=price.currency, elements=(TariffElement(price_components=tuple(components)),))
