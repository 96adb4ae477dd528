"""Notices that an event's id was used for two facts, so that neither is taken for the other."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Protocol

from tapwatt.errors import Poison
from tapwatt.facts.codec import Event


class FirstValues(Protocol):
    """Where the first value under a name stays; of a SessionStore, it is all that is asked."""

    async def remember(self, session_id: str, field: str, value: bytes, *, ttl_s: float) -> Mapping[str, bytes]:
        """Remember it, unless the field is known; what is known after."""
        ...


REPLACED_KEPT_S = 86400
"""The id of an event that the next one replaces is kept for so long: a session may have thousands of them."""


class EventIds:
    """Which fact each id of a fleet's or an operator's event was given to. Our own ids follow from their causes."""

    def __init__(self, kept: FirstValues, remember_days: float) -> None:
        self._kept = kept
        self._ttl_s = remember_days * 86400

    async def __call__(self, event: Event) -> None:
        """Keep which fact the id is of. Poison if it is of another one."""
        if not event.fact.from_outside():
            return
        envelope = event.envelope
        said = f"{event.fact.name} {event.fact.identity} {event.fact.model_dump_json(exclude_none=True)}"
        digest = hashlib.sha256(said.encode()).hexdigest().encode()
        ttl_s = min(self._ttl_s, REPLACED_KEPT_S) if event.fact.replaces_earlier else self._ttl_s
        known = await self._kept.remember(f"!{envelope.source} {envelope.id}", "fact", digest, ttl_s=ttl_s)
        if known["fact"] != digest:
            raise Poison(
                f"its ce_id was used before, by the same ce_source, for an event that says something else: "
                f"give each event an id of its own (this is a {event.fact.name})"
            )
