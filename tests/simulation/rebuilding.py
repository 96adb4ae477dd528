"""What each service's rebuild keeps of an event, put together as its `__main__` does it, without Redis."""

from __future__ import annotations

from functools import partial
from typing import Any

from authoriser import agent as authoriser
from authoriser.offers import FOR_EVER_S
from capturer import agent as capturer
from tapwatt.clock import Clock
from tapwatt.facts.codec import Event
from tapwatt.facts.events import TariffPublished
from tapwatt.facts.fact import Fact
from tapwatt.state.deadlines import Deadlines
from tapwatt.state.session_store import Kept, SessionStore
from tapwatt.wiring.sessions import Remembering
from tariff.case_files import REMEMBERS, kept, ours
from tariff.due import look_after


def remembering(service: str, settings: Any, clock: Clock) -> Remembering:
    """The rebuild of this service."""
    days = settings.remember_days
    if service == "authoriser":
        longer_s: dict[type[Fact], float] = {TariffPublished: FOR_EVER_S}
        return Remembering(authoriser.REMEMBERS, days, clock.now, longer_s, authoriser.rebuilt(settings))
    if service == "capturer":
        besides = partial(capturer.rebuilt, settings=settings, clock=clock)
        return Remembering(capturer.REMEMBERS, days, clock.now, besides=besides)

    def keep(event: Event) -> Kept | None:
        return kept(event, clock.now()) if ours(event) else None

    async def look(store: SessionStore, deadlines: Deadlines, event: Event) -> None:
        await look_after(deadlines, event, settings.at)

    return Remembering(REMEMBERS, days, clock.now, besides=look, keep=keep)
