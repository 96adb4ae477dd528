"""The token matcher as a process: `python -m token_matcher`."""

from __future__ import annotations

from tapwatt.facts.events import Authorised
from tapwatt.settings import read_settings
from tapwatt.wiring.process import Runtime, run
from tapwatt.wiring.progress import OwnProgress
from tapwatt.wiring.provider import ProviderAccess
from tapwatt.wiring.resources import with_resources
from tapwatt.worker.service import Service
from token_matcher.agent import NAME, TokenMatcherAgent
from token_matcher.indexed_sessions import IndexedSessions
from token_matcher.settings import TokenMatcherSettings


def build(runtime: Runtime) -> Service:
    """Put the token matcher together from its settings."""
    settings = read_settings(TokenMatcherSettings)
    provider = ProviderAccess(runtime)
    index = IndexedSessions(runtime)
    begun = OwnProgress(NAME, [Authorised], retries=True)
    agent = TokenMatcherAgent(provider.gateway, index.index, begun.progress, settings)
    return with_resources(agent.service(), provider, index, begun)


if __name__ == "__main__":
    run(NAME, build)
