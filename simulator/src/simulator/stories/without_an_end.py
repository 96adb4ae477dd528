"""Stories of sessions that nobody ends, or whose end nobody believes: each hold comes to its end all the same."""

from __future__ import annotations

from simulator.fleet.drivers import Scene, Session, expect
from simulator.fleet.tariffs import STREET
from tapwatt.facts.events import (
    HoldExpiring,
    MeterRead,
    SessionDisputed,
    SessionStale,
    SettlementDecided,
)
from tapwatt.facts.reasons import EndReason
from tapwatt.money import Money

from .story import Shelf

_shelf = Shelf()
story = _shelf.story

FORGETFUL = "op-forgetful"
"""An operator whose sessions are stale within seconds, as the demo has set it."""
WARNED_AT_ONCE = "maestro"
"""A card scheme of whose holds the demo has it said at once that they run out."""
LONG_STAYS = "op-long-stays"
"""An operator who has sessions billed by their last reading from the beginning on, as the demo has set it."""


async def _read(session: Session, kwh: str) -> MeterRead:
    """The car charges on, and the fleet says what the meter shows."""
    reading = await session.charge(kwh, minutes=30)
    end = reading.ended(session.place.operator_id, session.id, EndReason.OTHER)
    shown = MeterRead(
        operator_id=session.place.operator_id,
        session_id=session.id,
        started_at=end.started_at,
        read_at=end.ended_at,
        energy_wh=end.energy_wh,
        periods=end.periods,
    )
    await session.fleet.say(shown, because=session.authorised)
    return shown


@story(52, often=0)
async def nobody_ends_it(scene: Scene) -> None:
    """Nobody ever says how it ended: the session is said to be stale, and its hold is let go."""
    session = scene.session(STREET, operator_id=FORGETFUL)
    await session.start(await scene.card())
    await scene.fleet.inbox.first(session.order_reference, SessionStale, within_s=scene.waiting.patience_s)
    await session.released()


@story(8, often=0)
async def charges_past_its_hold(scene: Scene) -> None:
    """The car charges on until its hold nearly runs out, which is said: the last reading is taken before it does."""
    session = scene.session(STREET, operator_id=LONG_STAYS)
    await session.start(await scene.card(brand=WARNED_AT_ONCE))
    await scene.fleet.inbox.first(session.order_reference, HoldExpiring, within_s=scene.waiting.patience_s)
    await _read(session, "18.4")
    captured = await session.captured()
    expect(bool(captured.taken), f"{session.id}: its last reading is billed")


@story(37, often=0)
async def a_person_settles_it(scene: Scene) -> None:
    """A charger says what cannot be and never corrects itself: a person decides, and that is taken."""
    session = scene.session(STREET)
    await session.start(await scene.card())
    reading = await session.charge("9.1", minutes=5)
    end = reading.ended(session.place.operator_id, session.id, EndReason.EV_DISCONNECTED)
    early = end.model_copy(update={"ended_at": end.started_at.replace(year=1970)})
    await scene.fleet.say(early, because=session.authorised)
    about, patience_s = session.order_reference, scene.waiting.patience_s
    await scene.fleet.inbox.first(about, SessionDisputed, within_s=patience_s)
    decided = SettlementDecided(
        operator_id=session.place.operator_id,
        session_id=session.id,
        decision_id=f"{session.id}-decision",
        amount=Money.of("3.00", "EUR"),
        decided_by="anna",
        reason="by the driver's photograph of the display",
        decided_at=scene.fleet.now(),
    )
    await scene.fleet.say(decided)
    captured = await session.captured()
    expect(captured.taken == decided.amount, f"{session.id}: {decided.amount} as decided, not {captured.taken}")


STORIES = _shelf.stories
