"""The tariff service as a process: `python -m tariff`."""

from __future__ import annotations

from tapwatt.settings import read_settings
from tapwatt.wiring.process import Runtime, run
from tapwatt.wiring.resources import with_resources
from tapwatt.wiring.sessions import RememberedSessions
from tapwatt.worker.service import Service
from tariff.agent import NAME, REMEMBERS, TariffAgent
from tariff.settings import TariffSettings

EPOCH = 2
"""Count up when what is remembered changes: the view is then rebuilt from the log."""


def build(runtime: Runtime) -> Service:
    """Put the tariff service together from its settings."""
    settings = read_settings(TariffSettings)
    sessions = RememberedSessions(runtime, NAME, EPOCH, REMEMBERS, settings.remember_days)
    return with_resources(TariffAgent(sessions.store, runtime.clock, settings).service(), sessions)


if __name__ == "__main__":
    run(NAME, build)
