"""The token matcher as a process: `python -m token_matcher`."""

from __future__ import annotations

from tapwatt.facts.codec import Event
from tapwatt.facts.events import (
    Authorised,
    Captured,
    CaptureFailed,
    HoldReleased,
    TokenAmbiguous,
    TokenMatched,
    TokenNotMatched,
)
from tapwatt.facts.packed_event import pack
from tapwatt.settings import read_settings
from tapwatt.state.view import Generation
from tapwatt.wiring import ProgressRoom, ProviderRoom, ViewRoom, together
from tapwatt.worker.run import Runtime, run
from tapwatt.worker.service import Service
from token_matcher.agent import NAME, TokenMatcherAgent
from token_matcher.index import Opened, RedisIndex
from token_matcher.settings import TokenMatcherSettings

EPOCH = 1
"""Count up when what is indexed changes: the index is then rebuilt from the log."""

INDEXED = (Authorised, TokenMatched, TokenNotMatched, TokenAmbiguous, Captured, HoldReleased, CaptureFailed)
"""What the index is a view of, in the order it is read: a session is open before its stop is claimed."""


class IndexRoom(ViewRoom):
    """The index of open sessions, whole before the first card is matched."""

    def __init__(self, runtime: Runtime) -> None:
        super().__init__(runtime, NAME, EPOCH, INDEXED, self._index)
        self.index = RedisIndex(self.view)

    async def _index(self, event: Event, build: Generation) -> None:
        index = self.index.into(build)
        match event.fact:
            case Authorised() as fact:
                await index.open(Opened.by(fact))
            case TokenMatched(session_id=session_id, stop_id=stop_id):
                await index.claim(session_id, stop_id)
                await index.answer(stop_id, pack(event))
            case TokenNotMatched(stop_id=stop_id) | TokenAmbiguous(stop_id=stop_id):
                await index.answer(stop_id, pack(event))
            case ended:
                await index.close(ended.key, event.envelope.time)


def build(runtime: Runtime) -> Service:
    """Put the token matcher together from its settings."""
    settings = read_settings(TokenMatcherSettings)
    provider = ProviderRoom(runtime)
    index = IndexRoom(runtime)
    begun = ProgressRoom(NAME, [Authorised])
    agent = TokenMatcherAgent(provider.gateway, index.index, begun.progress, settings)
    return together(agent.service(), provider, index, begun)


if __name__ == "__main__":
    run(NAME, build)
