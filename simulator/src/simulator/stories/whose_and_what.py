"""Stories of names, clocks and meters: operators who count alike, drivers who give up, and words nobody can believe."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from simulator.fleet.drivers import Scene, Session, expect
from simulator.fleet.tariffs import MOTORWAY, STREET
from tapwatt.facts.events import (
    AuthorisationDeclined,
    SessionDisputed,
    SessionRequested,
)
from tapwatt.facts.reasons import DeclineReason, Doubt, EndReason

from .story import Shelf

_shelf = Shelf()
story = _shelf.story


@story(34, sessions=2, often=0)
async def two_operators_one_number(scene: Scene) -> None:
    """Two operators both count a session of this number: each driver pays for their own car."""
    card, other_card = await scene.card(), await scene.card("elsewhere")
    mine, theirs = scene.session(STREET), scene.session(MOTORWAY, operator_id="op-other")
    theirs.id = mine.id
    await mine.start(card)
    await theirs.start(other_card)
    await mine.charge("11.0", minutes=40)
    await theirs.charge("31.5", minutes=20)
    for session in (mine, theirs):
        await session.end(EndReason.EV_DISCONNECTED)
    amounts = [(await session.captured()).taken for session in (mine, theirs)]
    expect(amounts[0] != amounts[1], f"{mine.id}: each pays their own, not both {amounts[0]}")


@story(34, often=0)
async def counter_began_again(scene: Scene) -> None:
    """The charger's counter begins again: a name that is taken is refused, and nobody gets another's hold."""
    session = scene.session(STREET)
    await session.start(await scene.card())
    again = Session(scene, session.id, session.place, MOTORWAY, session.hold)
    asked = SessionRequested(
        session_id=session.id,
        place=session.place,
        hold=session.hold,
        tariff=MOTORWAY,
        time_zone="Europe/Amsterdam",
        requested_at=scene.fleet.now(),
    )
    await scene.fleet.say(asked, name=f"{session.id}-again")
    _, fact = await scene.fleet.inbox.first(
        again.order_reference, AuthorisationDeclined, within_s=scene.waiting.patience_s
    )
    expect(fact.reason is DeclineReason.SESSION_KNOWN, f"{session.id}: session_known, not {fact.reason}")
    await session.charge("8.0", minutes=30)
    await session.end(EndReason.EV_DISCONNECTED)
    await session.captured()


@story(39, sessions=2, often=0)
async def given_up_before_the_card(scene: Scene) -> None:
    """The driver gives up before presenting a card: the prompt goes at once, and the next driver pays for nothing."""
    given_up, next_one = scene.session(STREET), scene.session(STREET)
    await given_up.request()
    await scene.world.sleep(0.5)
    await given_up.cancel()
    await given_up.declined(DeclineReason.CANCELLED)
    await next_one.start(await scene.card("next"))
    await next_one.charge("7.7", minutes=30)
    await next_one.end(EndReason.EV_DISCONNECTED)
    await next_one.captured()


@story(36)
async def a_meter_s_arithmetic(scene: Scene) -> None:
    """The meter's total is off by a few watt-hours and has the noise of its arithmetic: billed all the same."""
    session = scene.session(STREET)
    await session.start(await scene.card())
    reading = await session.charge("12.3", minutes=45)
    fact = reading.ended(session.place.operator_id, session.id, EndReason.EV_DISCONNECTED)
    noisy = fact.model_copy(update={"energy_wh": fact.energy_wh + Decimal("2.000000000001")})
    await scene.fleet.say(noisy, because=session.authorised)
    await session.captured()


@story(37, 38, often=0)
async def impossible_energy(scene: Scene) -> None:
    """A charger says more energy than it can have given: disputed and not taken, until it corrects itself."""
    session = scene.session(STREET)
    await session.start(await scene.card())
    reading = await session.charge("9.1", minutes=5)
    honest = reading.ended(session.place.operator_id, session.id, EndReason.EV_DISCONNECTED)
    most = max(honest.periods, key=lambda period: period.energy_wh)
    wild = [
        period if period is not most else period.model_copy(update={"energy_wh": Decimal(910_000)})
        for period in honest.periods
    ]
    total = sum((period.energy_wh for period in wild), Decimal(0))
    said = honest.model_copy(update={"energy_wh": total, "periods": tuple(wild)})
    await scene.fleet.say(said, because=session.authorised)
    _, disputed = await scene.fleet.inbox.first(
        session.order_reference, SessionDisputed, within_s=scene.waiting.patience_s
    )
    expect(disputed.doubt is Doubt.IMPLAUSIBLE_ENERGY, f"{session.id}: implausible energy, not {disputed.doubt}")
    await scene.fleet.say(honest, name=f"{session.id}-corrected")
    await session.captured()


@story(33, often=0)
async def clock_off(scene: Scene) -> None:
    """The fleet's clock is three minutes behind: it is told so in words, and no card is asked for."""
    session = scene.session(STREET)
    asked = SessionRequested(
        session_id=session.id,
        place=session.place,
        hold=session.hold,
        tariff=STREET,
        time_zone="Europe/Amsterdam",
        requested_at=scene.fleet.now() - timedelta(seconds=180),
    )
    await scene.fleet.say(asked)
    _, fact = await scene.fleet.inbox.first(
        session.order_reference, AuthorisationDeclined, within_s=scene.waiting.patience_s
    )
    expect(fact.reason is DeclineReason.CLOCK_OFF, f"{session.id}: clock_off, not {fact.reason} {fact.detail}")
    expect("its clock is 18" in fact.detail, f"{session.id}: told how far, not {fact.detail}")


@story(50)
async def terminal_unknown(scene: Scene) -> None:
    """The provider does not know this terminal: the driver is told so at once."""
    await scene.world.set_terminal(scene.terminal_id, "unknown")
    session = scene.session(STREET)
    await session.request()
    await session.declined(DeclineReason.TERMINAL_UNKNOWN)


STORIES = _shelf.stories
