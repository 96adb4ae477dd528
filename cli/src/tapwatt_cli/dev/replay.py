"""Replays recorded sessions through a running ring, and compares what it captured with what was billed."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from decimal import Decimal

from pricing.ocpi.cdrs import RecordedSession
from simulator.fleet.fleet import HEARS, Fleet
from simulator.fleet.world import World
from simulator.provider.cards import Card
from tapwatt.errors import TapwattError
from tapwatt.facts.events import (
    AuthorisationDeclined,
    Authorised,
    Captured,
    CaptureFailed,
    ChargingEnded,
    HoldReleased,
    SessionDisputed,
    SessionPriced,
    SessionRequested,
)
from tapwatt.facts.fact import Fact
from tapwatt.facts.fields import Place
from tapwatt.facts.reasons import EndReason
from tapwatt.money import Money, round_to_minor

SHADOW_HEARS: tuple[type[Fact], ...] = (*HEARS, SessionPriced, SessionDisputed)
"""A shadow run hears the price, too: some records say their total without VAT only; and what is not believed."""

PATIENCE_S = 60.0
AT_ONCE = 20
ROOM = 3
"""The hold is this many times what the record says: a shortfall would hide a difference."""
LEAST_HOLD = 10_000
"""In minor units; so that a record of nothing, or of too little, has a hold that can show a difference."""


@dataclass(frozen=True, slots=True)
class Replayed:
    """What came of one recorded session, in whole minor units of its currency.

    `billed` is the record's own total, rounded half up, and `charged` what the ring took (or waived, or fell short):
    both with VAT, or both without where the record says only that. `trouble` says why there is nothing to compare.
    """

    session_id: str
    energy_wh: Decimal
    billed: Money
    charged: Money | None = None
    with_vat: bool = True
    trouble: str = ""

    @property
    def same(self) -> bool:
        """Whether the ring took what the record says."""
        return self.charged == self.billed

    @property
    def difference(self) -> Money | None:
        """Charged less billed; None when there is nothing to compare."""
        return self.charged - self.billed if self.charged is not None else None


async def replay(
    fleet: Fleet,
    world: World,
    recorded: Iterable[RecordedSession],
    run: str,
    done: Callable[[Replayed], None] = lambda one: None,
) -> list[Replayed]:
    """Play every record as a session of this run, each at a terminal of its own. The fleet hears SHADOW_HEARS.

    A record is asked for when there is room for it: they may come from a file of any size.
    """
    turn = asyncio.Semaphore(AT_ONCE)
    card = Card(name=f"{run}-card", pin="never")
    await world.add_card(card)

    async def play(number: int, record: RecordedSession) -> Replayed:
        try:
            one = await _play(fleet, world, record, f"{run}-{number:05d}", card)
        except (TapwattError, TimeoutError) as error:
            one = _not_compared(record, str(error) or "it took too long")
        finally:
            turn.release()
        done(one)
        return one

    tasks = []
    async with asyncio.TaskGroup() as together:
        for number, record in enumerate(recorded, start=1):
            await turn.acquire()
            tasks.append(together.create_task(play(number, record)))
    return [task.result() for task in tasks]


def billed(record: RecordedSession) -> Money:
    """The record's own total with VAT, or without where it says only that. OCPI totals may have extra decimals."""
    total = record.total_excl if record.total_incl is None else record.total_incl
    return round_to_minor(total, record.currency)


def hold_for(record: RecordedSession) -> Money:
    """A hold with room above anything that the ring could make of this record."""
    total = max(record.total_incl or record.total_excl, record.total_excl)
    return Money(minor=max(round_to_minor(total, record.currency).minor * ROOM, LEAST_HOLD), currency=record.currency)


async def _play(fleet: Fleet, world: World, record: RecordedSession, name: str, card: Card) -> Replayed:
    place = Place(operator_id="replay", site_id="replay", terminal_id=f"{name}-t", evse_id=f"{name}-e")
    # The record proves that its tariff held then; whether it would still be offered today is not the question.
    tariff = record.tariff.model_copy(update={"start_date_time": None, "end_date_time": None, "type": None})
    await fleet.say(
        SessionRequested(
            session_id=name,
            place=place,
            hold=hold_for(record),
            tariff=tariff,
            time_zone=record.time_zone,
            requested_at=fleet.now(),
        )
    )
    await world.present(place.terminal_id, card, wait_s=PATIENCE_S)
    authorised, fact = await fleet.inbox.first(name, Authorised, AuthorisationDeclined, within_s=PATIENCE_S)
    if isinstance(fact, AuthorisationDeclined):
        return _not_compared(record, f"declined: {fact.reason} {fact.detail}".rstrip())
    ended = ChargingEnded(
        operator_id=place.operator_id,
        session_id=name,
        reason=EndReason.EV_DISCONNECTED,
        started_at=record.started_at,
        ended_at=record.ended_at,
        energy_wh=record.energy_wh,
        periods=record.periods,
    )
    await fleet.say(ended, because=authorised)
    outcomes = (Captured, HoldReleased, CaptureFailed, SessionDisputed)
    _, settled = await fleet.inbox.first(name, *outcomes, within_s=PATIENCE_S)
    if isinstance(settled, SessionDisputed):
        return _not_compared(record, f"disputed: {settled.why}")
    if isinstance(settled, CaptureFailed):
        return _not_compared(record, f"not captured: {settled.reason} {settled.detail}".rstrip())
    _, priced = await fleet.inbox.first(name, SessionPriced, within_s=PATIENCE_S)
    assert isinstance(settled, Captured | HoldReleased)
    return _compared(record, settled, priced)


def _compared(record: RecordedSession, settled: Captured | HoldReleased, priced: SessionPriced) -> Replayed:
    took = settled.taken + settled.shortfall if isinstance(settled, Captured) else settled.waived
    if took != priced.owed:
        return _not_compared(record, f"{priced.owed} was owed and {took} settled: run tapwatt audit")
    with_vat = record.total_incl is not None
    before_vat = priced.owed_excl_vat if priced.total_excl_vat is None else priced.total_excl_vat
    charged = took if with_vat else before_vat
    return Replayed(record.id, record.energy_wh, billed(record), charged, with_vat)


def _not_compared(record: RecordedSession, why: str) -> Replayed:
    return Replayed(record.id, record.energy_wh, billed(record), trouble=why)
