"""The capturer as a process: `python -m capturer`."""

from __future__ import annotations

from capturer.agent import NAME, REMEMBERS, CapturerAgent
from capturer.settings import CapturerSettings
from tapwatt.settings import read_settings
from tapwatt.wiring import MemoryRoom, ProviderRoom, together
from tapwatt.worker.run import Runtime, run
from tapwatt.worker.service import Service

EPOCH = 1
"""Count up when what is remembered changes: the memory is then rebuilt from the log."""


def build(runtime: Runtime) -> Service:
    """Put the capturer together from its settings."""
    settings = read_settings(CapturerSettings)
    provider = ProviderRoom(runtime)
    memory = MemoryRoom(runtime, NAME, EPOCH, REMEMBERS, settings.remember_days)
    agent = CapturerAgent(provider.gateway, memory.memory, settings, release_rest=provider.release_rest)
    return together(agent.service(), provider, memory)


if __name__ == "__main__":
    run(NAME, build)
