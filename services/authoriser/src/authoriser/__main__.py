"""The authoriser as a process: `python -m authoriser`."""

from __future__ import annotations

from authoriser.agent import NAME, REMEMBERS, AuthoriserAgent
from authoriser.settings import AuthoriserSettings
from tapwatt.assembly import MemoryRoom, ProviderRoom, together
from tapwatt.settings import read_settings
from tapwatt.worker.run import Parts, run
from tapwatt.worker.service import Service

EPOCH = 1
"""Count up when what is remembered changes: the memory is then rebuilt from the log."""


def build(parts: Parts) -> Service:
    """Put the authoriser together from its settings."""
    settings = read_settings(AuthoriserSettings)
    provider = ProviderRoom(parts)
    memory = MemoryRoom(parts, NAME, EPOCH, REMEMBERS, settings.remember_days)
    return together(AuthoriserAgent(provider.way, memory.memory, settings).service(), provider, memory)


if __name__ == "__main__":
    run(NAME, build)
