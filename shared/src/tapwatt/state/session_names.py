"""By which name a session is known: its operator's and its own, since two operators may count alike."""

from __future__ import annotations

from tapwatt.errors import Poison, Unavailable
from tapwatt.facts.fact import Fact
from tapwatt.state.session_store import SessionStore


class NotKnownYet(Unavailable):
    """No session of that id is known yet."""


class SessionNames:
    """Names the session that a fact is about.

    A fact that does not say whose session it is (those of the first days need not) is about the one session of that
    id that is known. Where two operators have one of that id, it is refused: nobody's money is guessed at.
    """

    def __init__(self, sessions: SessionStore, remember_days: float) -> None:
        self._sessions = sessions
        self._ttl_s = remember_days * 86400

    async def note(self, fact: Fact) -> None:
        """There is a session of this id at this operator, as a fact that says where it is tells."""
        if getattr(fact, "place", None) is not None and fact.operator is not None:
            await self._sessions.remember(_those_of(fact.key), fact.operator, b"", ttl_s=self._ttl_s)

    async def of(self, fact: Fact) -> str:
        """operator/session. NotKnownYet while no session of that id is known, Poison if several are."""
        if fact.identity is not None:
            return fact.identity
        operators = sorted(await self._sessions.recall(_those_of(fact.key)))
        match operators:
            case [one]:
                return f"{one}/{fact.key}"
            case []:
                raise NotKnownYet(
                    f"{fact.name} of session {fact.key} says no operator_id, and no session of that id is known yet"
                )
            case _:
                raise Poison(
                    f"{len(operators)} operators have a session {fact.key}: say operator_id, the one who runs it"
                )


def _those_of(session_id: str) -> str:
    return f"?/{session_id}"
