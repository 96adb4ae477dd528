"""The tariff service as a process: `python -m tariff`."""

from __future__ import annotations

from tapwatt.facts.codec import Event
from tapwatt.settings import read_settings
from tapwatt.state.deadlines import Deadlines
from tapwatt.state.session_store import Kept, SessionStore
from tapwatt.wiring.process import Runtime, run
from tapwatt.wiring.progress import OwnProgress
from tapwatt.wiring.resources import with_resources
from tapwatt.wiring.sessions import RememberedSessions
from tapwatt.worker.service import Service
from tariff.agent import NAME, TariffAgent
from tariff.case_files import REMEMBERS, kept, ours
from tariff.due import TELLING, look_after
from tariff.settings import TariffSettings

EPOCH = 4
"""Count up when what is remembered changes: the view is then rebuilt from the log."""


def build(runtime: Runtime) -> Service:
    """Put the tariff service together from its settings."""
    settings = read_settings(TariffSettings)

    def keep(event: Event) -> Kept | None:
        return kept(event, runtime.clock.now()) if ours(event) else None

    async def besides(store: SessionStore, deadlines: Deadlines, event: Event) -> None:
        await look_after(deadlines, event, settings.at)

    days = settings.remember_days
    sessions = RememberedSessions(runtime, NAME, EPOCH, REMEMBERS, days, besides=besides, keep=keep)
    heard = OwnProgress(NAME, TELLING)
    agent = TariffAgent(sessions.store, sessions.deadlines, heard.progress, runtime.clock, settings)
    return with_resources(agent.service(), sessions, heard)


if __name__ == "__main__":
    run(NAME, build)
