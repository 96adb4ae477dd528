"""The tariff service as a process: `python -m tariff`."""

from __future__ import annotations

from tapwatt.settings import read_settings
from tapwatt.wiring import MemoryRoom, together
from tapwatt.worker.run import Runtime, run
from tapwatt.worker.service import Service
from tariff.agent import NAME, REMEMBERS, TariffAgent
from tariff.settings import TariffSettings

EPOCH = 1
"""Count up when what is remembered changes: the memory is then rebuilt from the log."""


def build(runtime: Runtime) -> Service:
    """Put the tariff service together from its settings."""
    settings = read_settings(TariffSettings)
    memory = MemoryRoom(runtime, NAME, EPOCH, REMEMBERS, settings.remember_days)
    return together(TariffAgent(memory.memory, runtime.clock, settings).service(), memory)


if __name__ == "__main__":
    run(NAME, build)
