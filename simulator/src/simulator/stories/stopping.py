"""Stories of who may stop a session: the card that opened it, and nobody else."""

from __future__ import annotations

from simulator.fleet.drivers import Scene, expect
from simulator.fleet.tariffs import MOTORWAY, STREET
from tapwatt.facts.events import TokenAmbiguous, TokenMatched, TokenNotMatched
from tapwatt.facts.reasons import EndReason, NoMatchReason

from .story import Shelf

_shelf = Shelf()
story = _shelf.story


@story(1, sessions=2, often=2)
async def one_card_two_cars(scene: Scene) -> None:
    """One card charges two cars at one terminal: the driver picks which to stop, then stops the other."""
    card = await scene.card("family")
    first, second = scene.session(STREET), scene.session(STREET)
    for session in (first, second):
        await session.start(card)
    await first.charge("11.4", minutes=45)
    await second.charge("7.9", minutes=30)
    _, answer = await scene.tap_to_stop(card)
    expect(isinstance(answer, TokenAmbiguous), f"{scene.name}: TokenAmbiguous, not {answer.name}")
    assert isinstance(answer, TokenAmbiguous)
    offered = {first.place.evse_id, second.place.evse_id}
    expect(set(answer.evse_ids) == offered, f"{scene.name}: the driver is offered {answer.evse_ids}")
    await second.stop_with(card, evse_id=second.place.evse_id)
    await second.captured()
    await first.stop_with(card)
    await first.captured()


@story(2)
async def somebody_elses_card(scene: Scene) -> None:
    """Somebody else taps: no session here for that card; the driver's own card stops it."""
    card, stranger = await scene.card(), await scene.card("stranger")
    session = scene.session(MOTORWAY)
    await session.start(card)
    await session.charge("18.0", minutes=25)
    _, answer = await scene.tap_to_stop(stranger)
    expect(isinstance(answer, TokenNotMatched), f"{session.id}: TokenNotMatched, not {answer.name}")
    await session.stop_with(card)
    await session.captured()


@story(3, often=2)
async def plastic_then_phone(scene: Scene) -> None:
    """Started with plastic, stopped with the same card on the phone: known by its PAR."""
    card = await scene.card()
    phone = await scene.phone(card)
    session = scene.session(STREET)
    await session.start(card)
    await session.charge("16.6", minutes=55)
    matched = await session.stop_with(phone)
    expect(matched.matched_by == "par", f"{session.id}: matched by its PAR, not by {matched.matched_by}")
    await session.captured()


@story(3, 15)
async def phone_without_par(scene: Scene) -> None:
    """The phone's card tells no PAR: no match, but pulling the cable ends the session."""
    card = await scene.card(has_par=False)
    phone = await scene.phone(card)
    session = scene.session(STREET)
    await session.start(card)
    await session.charge("9.3", minutes=30)
    _, answer = await scene.tap_to_stop(phone)
    expect(isinstance(answer, TokenNotMatched), f"{session.id}: TokenNotMatched, not {answer.name}")
    await session.end(EndReason.EV_DISCONNECTED)
    await session.captured()


@story(16)
async def terminal_offline_at_the_stop(scene: Scene) -> None:
    """The terminal has lost its line at the stop: the driver is told, and pulls the cable."""
    card = await scene.card()
    session = scene.session(STREET)
    await session.start(card)
    await session.charge("13.7", minutes=40)
    await scene.world.set_terminal(scene.terminal_id, "offline")
    asked = await scene.ask_to_stop()
    await scene.not_matched(asked, NoMatchReason.TERMINAL_OFFLINE)
    await session.end(EndReason.EV_DISCONNECTED)
    await session.captured()


@story(often=0)
async def nobody_taps_at_the_stop(scene: Scene) -> None:
    """Stop is pressed and no card shown: nothing is stopped; the driver comes back and taps."""
    card = await scene.card()
    session = scene.session(STREET)
    await session.start(card)
    await session.charge("10.1", minutes=30)
    asked = await scene.ask_to_stop()
    await scene.not_matched(asked, NoMatchReason.TIMED_OUT)
    await session.stop_with(card)
    await session.captured()


@story()
async def thinks_better_of_stopping(scene: Scene) -> None:
    """Stop is pressed, then the red button: the session runs on, until its card stops it."""
    card = await scene.card()
    session = scene.session(STREET)
    await session.start(card)
    await session.charge("15.5", minutes=50)
    asked = await scene.ask_to_stop()
    await scene.world.cancel(scene.terminal_id, wait_s=scene.waiting.patience_s)
    await scene.not_matched(asked, NoMatchReason.CANCELLED)
    await session.stop_with(card)
    await session.captured()


@story(12)
async def stop_said_twice(scene: Scene) -> None:
    """The same stop arrives twice: the same answer, and one capture."""
    card = await scene.card()
    session = scene.session(STREET)
    await session.start(card)
    await session.charge("8.8", minutes=25)
    asked = await scene.ask_to_stop()
    await scene.fleet.say_again(asked)
    await scene.world.present(scene.terminal_id, card, wait_s=scene.waiting.patience_s)
    event, answer = await scene.stop_answer(asked)
    expect(isinstance(answer, TokenMatched), f"{session.id}: TokenMatched, not {answer.name}")
    await session.end(EndReason.TOKEN_MATCHED, because=event)
    await session.captured()


STORIES = _shelf.stories
