"""Stories in which nobody charges: the card, the driver, the terminal or the tariff says no, each in its own words."""

from __future__ import annotations

from datetime import timedelta

from simulator.fleet.drivers import Scene
from simulator.fleet.tariffs import MOTORWAY, STREET
from tapwatt.facts.reasons import DeclineReason
from tapwatt.money import Money
from tapwatt.tariffs import TariffRef

from .story import Shelf

_shelf = Shelf()
story = _shelf.story


@story(27)
async def pin_required(scene: Scene) -> None:
    """Above the contactless limit the tap is refused: the driver is asked to insert the card, and does."""
    card = await scene.card(pin="above_limit")
    tapped = scene.session(MOTORWAY, hold=Money.of("80.00", "EUR"))
    await tapped.request()
    await tapped.tap(card)
    await tapped.declined(DeclineReason.PIN_REQUIRED)


@story(27)
async def card_inserted(scene: Scene) -> None:
    """The same high hold with the card inserted and its PIN entered: held, and let go when nobody charges."""
    card = await scene.card(pin="above_limit")
    session = scene.session(MOTORWAY, hold=Money.of("80.00", "EUR"))
    await session.request()
    await session.tap(card, entry="contact")
    await session.open()
    await session.cancel()
    await session.released()


@story()
async def tariff_unknown(scene: Scene) -> None:
    """The charger names a tariff that nobody has published: no hold, and no card is asked for."""
    session = scene.session(STREET)
    await session.ask(None, None, TariffRef(id=STREET.id, version="never"))
    await session.declined(DeclineReason.TARIFF_UNKNOWN)


@story()
async def hold_not_stated(scene: Scene) -> None:
    """Neither the charger nor its tariff says how much to hold: nobody guesses."""
    silent = STREET.model_copy(update={"id": "no-hold", "preauthorize_amount": None})
    session = scene.session(STREET)
    await session.ask(None, silent, None)
    await session.declined(DeclineReason.HOLD_NOT_STATED)


@story(often=2)
async def card_declined(scene: Scene) -> None:
    """The bank says no."""
    session = scene.session(STREET)
    await session.request()
    await session.tap(await scene.card(decline="card_refused"))
    await session.declined(DeclineReason.DECLINED)


@story()
async def insufficient_funds(scene: Scene) -> None:
    """There is not enough on the account."""
    session = scene.session(STREET)
    await session.request()
    await session.tap(await scene.card(decline="insufficient_funds"))
    await session.declined(DeclineReason.INSUFFICIENT_FUNDS)


@story()
async def driver_cancels(scene: Scene) -> None:
    """The driver presses the terminal's red button."""
    session = scene.session(STREET)
    await session.request()
    await scene.world.cancel(scene.terminal_id, wait_s=scene.waiting.patience_s)
    await session.declined(DeclineReason.CANCELLED)


@story(often=0)
async def nobody_taps(scene: Scene) -> None:
    """Nobody presents a card: timed out, and nothing is held."""
    session = scene.session(STREET)
    await session.request()
    await session.declined(DeclineReason.TIMED_OUT)


@story(28)
async def terminal_busy(scene: Scene) -> None:
    """The terminal is busy with somebody else."""
    await scene.world.set_terminal(scene.terminal_id, "busy")
    session = scene.session(STREET)
    await session.request()
    await session.declined(DeclineReason.TERMINAL_BUSY)


@story()
async def terminal_offline(scene: Scene) -> None:
    """The terminal has lost its line."""
    await scene.world.set_terminal(scene.terminal_id, "offline")
    session = scene.session(STREET)
    await session.request()
    await session.declined(DeclineReason.TERMINAL_OFFLINE)


@story(often=0)
async def tariff_no_longer_valid(scene: Scene) -> None:
    """The charger shows a tariff that has run out: no card is asked for."""
    over = scene.fleet.now() - timedelta(days=1)
    session = scene.session(STREET.model_copy(update={"id": "last-year", "end_date_time": over}))
    await session.request()
    await session.declined(DeclineReason.TARIFF_NOT_VALID)


STORIES = _shelf.stories
