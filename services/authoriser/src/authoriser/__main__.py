"""The authoriser as a process: `python -m authoriser`."""

from __future__ import annotations

from functools import partial

from authoriser.agent import NAME, REMEMBERS, AuthoriserAgent, rebuilt
from authoriser.offers import FOR_EVER_S, Offers
from authoriser.settings import AuthoriserSettings
from tapwatt.clock import DIRECTIONS
from tapwatt.errors import BrokenInvariant, NeedsHuman
from tapwatt.facts.events import TariffPublished
from tapwatt.facts.fact import Fact
from tapwatt.metrics.of_a_worker import CLOCKS_OFF, NEEDS_HUMAN
from tapwatt.settings import read_settings
from tapwatt.wiring.process import Runtime, run
from tapwatt.wiring.progress import OwnProgress
from tapwatt.wiring.provider import ProviderAccess
from tapwatt.wiring.resources import with_resources
from tapwatt.wiring.sessions import RememberedSessions
from tapwatt.worker.service import Service

EPOCH = 4
"""Count up when what is remembered changes: the view is then rebuilt from the log."""


def build(runtime: Runtime) -> Service:
    """Put the authoriser together from its settings."""
    settings = read_settings(AuthoriserSettings)
    provider = ProviderAccess(runtime)
    longer_s: dict[type[Fact], int] = {TariffPublished: FOR_EVER_S}
    sessions = RememberedSessions(runtime, NAME, EPOCH, REMEMBERS, settings.remember_days, longer_s, rebuilt(settings))
    heard = OwnProgress(NAME, [TariffPublished])
    offers = Offers(sessions.store, heard.progress, runtime.clock, settings.tariff_wait_s)
    clock_off = partial(runtime.metrics.count, CLOCKS_OFF)
    for direction in DIRECTIONS:
        runtime.metrics.count(CLOCKS_OFF, direction, by=0)

    def page(session: str, error: NeedsHuman | BrokenInvariant) -> None:
        runtime.metrics.count(NEEDS_HUMAN)
        runtime.log.critical("a human is needed for a late hold", session=session, reason=str(error))

    agent = AuthoriserAgent(provider.gateway, sessions.store, sessions.deadlines, offers, settings, clock_off, page)
    return with_resources(agent.service(), provider, sessions, heard)


if __name__ == "__main__":
    run(NAME, build)
