"""Knows which sessions were cancelled while a driver was asked for a card, so that the prompt goes at once."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from tapwatt.provider.webhook_hints import WebhookHints
from tapwatt.state.session_store import SessionStore

FIELD = "cancelled"
"""Under which field of its session a cancellation is remembered."""


class Withdrawals:
    """Who waits for a card here, and whether somebody has cancelled it, here or at another worker."""

    def __init__(self, sessions: SessionStore, hints: WebhookHints) -> None:
        self._sessions = sessions
        self._hints = hints
        self._prompts: dict[str, str] = {}

    async def cancelled(self, session: str) -> bool:
        """Whether this session (operator/session) was cancelled."""
        return FIELD in await self._sessions.recall(session)

    @contextmanager
    def prompting(self, session: str, reference: str) -> Iterator[None]:
        """A card is asked for under this reference of the provider's."""
        self._prompts[session] = reference
        try:
            yield
        finally:
            self._prompts.pop(session, None)

    def wake(self, session: str) -> None:
        """Whoever waits here for this session's card looks at once whether it was cancelled."""
        reference = self._prompts.get(session)
        if reference is not None:
            self._hints.hint(reference)
