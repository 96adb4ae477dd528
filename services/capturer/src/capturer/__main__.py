"""The capturer as a process: `python -m capturer`."""

from __future__ import annotations

from functools import partial

from capturer.agent import NAME, REMEMBERS, CapturerAgent, rebuilt
from capturer.settings import CapturerSettings
from tapwatt.facts.events import SessionDisputed
from tapwatt.settings import read_settings
from tapwatt.wiring.process import Runtime, run
from tapwatt.wiring.provider import ProviderAccess
from tapwatt.wiring.resources import with_resources
from tapwatt.wiring.sessions import RememberedSessions
from tapwatt.worker.service import Service

EPOCH = 3
"""Count up when what is remembered changes: the view is then rebuilt from the log."""


def build(runtime: Runtime) -> Service:
    """Put the capturer together from its settings."""
    settings = read_settings(CapturerSettings)
    provider = ProviderAccess(runtime)
    besides = partial(rebuilt, settings=settings, clock=runtime.clock)
    sessions = RememberedSessions(runtime, NAME, EPOCH, REMEMBERS, settings.remember_days, besides=besides)

    def page(disputed: SessionDisputed) -> None:
        runtime.log.critical("more was taken than is owed", session=disputed.identity, reason=disputed.why)

    agent = CapturerAgent(
        provider.gateway, sessions.store, sessions.deadlines, settings, release_rest=provider.release_rest, page=page
    )
    return with_resources(agent.service(), provider, sessions)


if __name__ == "__main__":
    run(NAME, build)
