"""Stories of how a session's money is settled: taken, partly let go, fallen short, or let go as a whole."""

from __future__ import annotations

import asyncio

from simulator.fleet.drivers import Scene, Session, expect
from simulator.fleet.tariffs import CITY, FREE, IN_EURO, KUWAIT, MOTORWAY, STREET, TOKYO
from tapwatt.facts.events import TokenMatched
from tapwatt.facts.reasons import DeclineReason, EndReason
from tapwatt.money import Money

from .story import Shelf

_shelf = Shelf()
story = _shelf.story


async def _an_ordinary_charge(scene: Scene, session: Session) -> None:
    """An ordinary amount of energy, in kWh with three decimals, at an ordinary speed."""
    tenths = scene.chance.randint(60, 310)
    await session.charge(f"{tenths // 10}.{tenths % 10}", minutes=scene.chance.randint(20, 70))


@story(often=14)
async def tap_charge_tap(scene: Scene) -> None:
    """Tap, charge, tap again: what is owed is taken and the rest let go."""
    card = await scene.card()
    session = scene.session(scene.chance.choice(IN_EURO))
    await session.start(card)
    await _an_ordinary_charge(scene, session)
    await session.stop_with(card)
    await session.captured()


@story(15, often=5)
async def cable_pulled(scene: Scene) -> None:
    """The cable is pulled and the card never shown again: captured all the same."""
    card = await scene.card()
    session = scene.session(scene.chance.choice(IN_EURO))
    await session.start(card)
    await _an_ordinary_charge(scene, session)
    await session.end(EndReason.EV_DISCONNECTED)
    await session.captured()


@story(often=2)
async def overstayed(scene: Scene) -> None:
    """Full, and parked there for another two hours: beyond ten minutes of grace the parking is owed too."""
    card = await scene.card()
    session = scene.session(CITY)
    await session.start(card)
    await session.charge("14.2", minutes=50, parked_minutes=120)
    await session.stop_with(card)
    await session.captured()


@story(6)
async def owed_more_than_held(scene: Scene) -> None:
    """More is owed than was held: the hold is taken exactly, the rest is a shortfall."""
    card = await scene.card()
    session = scene.session(MOTORWAY, hold=Money.of("10.00", "EUR"))
    await session.start(card)
    await session.charge("41.3", minutes=35)
    await session.stop_with(card)
    captured = await session.captured()
    expect(captured.taken == captured.held, f"{session.id}: the whole hold taken, not {captured.taken}")
    expect(bool(captured.shortfall), f"{session.id}: a shortfall")


@story(7)
async def approved_in_part(scene: Scene) -> None:
    """The bank approves less than was asked, but enough: that is the hold."""
    card = await scene.card(approves_up_to=2000)
    session = scene.session(STREET)
    authorised = await session.start(card)
    expect(authorised.hold.amount == Money.of("20.00", "EUR"), f"{session.id}: 20.00 EUR held in part")
    await session.charge("21.5", minutes=42)
    await session.end(EndReason.LIMIT)
    await session.captured()


@story(7)
async def approved_in_part_too_little(scene: Scene) -> None:
    """The bank approves so little that charging makes no sense: it is let go, and declined."""
    card = await scene.card(approves_up_to=100)
    session = scene.session(STREET)
    await session.request()
    await session.tap(card)
    await session.declined(DeclineReason.HOLD_TOO_SMALL)


@story(14, often=2)
async def card_cable_and_limit_at_once(scene: Scene) -> None:
    """The card stops it, the cable is out and the limit is reached at once: the first counts, one capture."""
    card = await scene.card()
    session = scene.session(STREET)
    await session.start(card)
    await _an_ordinary_charge(scene, session)
    event, answer = await scene.tap_to_stop(card)
    expect(isinstance(answer, TokenMatched), f"{session.id}: TokenMatched, not {answer.name}")
    await asyncio.gather(
        session.end(EndReason.TOKEN_MATCHED, because=event),
        session.end(EndReason.EV_DISCONNECTED),
        session.end(EndReason.LIMIT, because=session.requested),
    )
    await session.captured()


@story(18, often=3)
async def never_started(scene: Scene) -> None:
    """The driver taps and drives away: the hold is let go."""
    session = scene.session(STREET)
    await session.start(await scene.card())
    await session.cancel()
    await session.released()


@story(19)
async def nothing_charged(scene: Scene) -> None:
    """The car takes no energy: nothing is owed, the hold is let go."""
    card = await scene.card()
    session = scene.session(STREET)
    await session.start(card)
    await session.charge("0", minutes=5)
    await session.end(EndReason.EV_DISCONNECTED)
    await session.released()


@story(19)
async def free_of_charge(scene: Scene) -> None:
    """Free energy: nothing is owed, the hold is let go."""
    card = await scene.card()
    session = scene.session(FREE)
    await session.start(card)
    await session.charge("12.0", minutes=40)
    await session.stop_with(card)
    await session.released()


@story(24, often=2)
async def in_yen(scene: Scene) -> None:
    """A currency without decimals, and a card that tells no PAR: known by its token."""
    card = await scene.card(has_par=False)
    session = scene.session(TOKYO)
    await session.start(card)
    await _an_ordinary_charge(scene, session)
    await session.stop_with(card)
    await session.captured()


@story(24, often=2)
async def in_dinar(scene: Scene) -> None:
    """A currency with three decimals."""
    card = await scene.card()
    session = scene.session(KUWAIT)
    await session.start(card)
    await _an_ordinary_charge(scene, session)
    await session.stop_with(card)
    await session.captured()


@story(19)
async def too_little_to_take(scene: Scene) -> None:
    """So little is owed that the operator does not take it: the hold is let go, what was owed is waived."""
    card = await scene.card()
    session = scene.session(STREET)
    await session.start(card)
    await session.charge("0.4", minutes=2)
    await session.stop_with(card)
    released = await session.released()
    expect(released.reason == "below_minimum", f"{session.id}: let go as below the minimum, not {released.reason}")


@story(8)
async def hold_expired(scene: Scene) -> None:
    """The hold runs out at the bank before the session ends: nothing can be taken, and that is said."""
    session = scene.session(STREET)
    authorised = await session.start(await scene.card())
    await session.charge("20.2", minutes=60)
    await scene.world.expire_hold(authorised.hold.reference)
    await session.end(EndReason.EV_DISCONNECTED)
    failed = await session.not_captured()
    expect(failed.reason == "expired", f"{session.id}: refused as expired, not {failed.reason}")


@story(12)
async def everything_said_twice(scene: Scene) -> None:
    """The fleet says everything twice, not sure that it was heard: one hold, one capture."""
    card = await scene.card()
    session = scene.session(STREET)
    asked = await session.request()
    await scene.fleet.say_again(asked)
    await session.tap(card)
    await session.open()
    await _an_ordinary_charge(scene, session)
    ended = await session.end(EndReason.EV_DISCONNECTED)
    await session.captured()
    await scene.fleet.say(ended, because=session.authorised)
    await scene.fleet.say_again(asked)


STORIES = _shelf.stories
