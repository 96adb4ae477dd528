"""The authoriser as a process: `python -m authoriser`."""

from __future__ import annotations

from authoriser.agent import NAME, REMEMBERS, AuthoriserAgent
from authoriser.offers import FOR_EVER_S, Offers
from authoriser.settings import AuthoriserSettings
from tapwatt.facts.events import TariffPublished
from tapwatt.facts.fact import Fact
from tapwatt.settings import read_settings
from tapwatt.wiring import MemoryRoom, ProgressRoom, ProviderRoom, together
from tapwatt.worker.run import Runtime, run
from tapwatt.worker.service import Service

EPOCH = 2
"""Count up when what is remembered changes: the memory is then rebuilt from the log."""


def build(runtime: Runtime) -> Service:
    """Put the authoriser together from its settings."""
    settings = read_settings(AuthoriserSettings)
    provider = ProviderRoom(runtime)
    longer_s: dict[type[Fact], int] = {TariffPublished: FOR_EVER_S}
    memory = MemoryRoom(runtime, NAME, EPOCH, REMEMBERS, settings.remember_days, longer_s)
    heard = ProgressRoom(NAME, [TariffPublished])
    offers = Offers(memory.memory, heard.progress, runtime.clock, settings.tariff_wait_s)
    agent = AuthoriserAgent(provider.gateway, memory.memory, offers, settings)
    return together(agent.service(), provider, memory, heard)


if __name__ == "__main__":
    run(NAME, build)
