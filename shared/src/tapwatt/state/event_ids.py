"""Notices that an event's id was used for two facts, so that neither is taken for the other."""

from __future__ import annotations

import hashlib

from tapwatt.errors import Poison
from tapwatt.facts.codec import Event
from tapwatt.facts.fact import OUTSIDE
from tapwatt.state.session_store import SessionStore


class EventIds:
    """Which fact each id of a fleet's or an operator's event was given to. Our own ids follow from their causes."""

    def __init__(self, sessions: SessionStore, remember_days: float) -> None:
        self._sessions = sessions
        self._ttl_s = remember_days * 86400

    async def __call__(self, event: Event) -> None:
        """Keep which fact the id is of. Poison if it is of another one."""
        if not set(event.fact.said_by) & set(OUTSIDE):
            return
        envelope = event.envelope
        said = f"{event.fact.name} {event.fact.identity} {event.fact.model_dump_json(exclude_none=True)}"
        digest = hashlib.sha256(said.encode()).hexdigest().encode()
        known = await self._sessions.remember(f"!{envelope.source} {envelope.id}", "fact", digest, ttl_s=self._ttl_s)
        if known["fact"] != digest:
            raise Poison(
                f"its ce_id was used before, by the same ce_source, for an event that says something else: "
                f"give each event an id of its own (this is a {event.fact.name})"
            )
