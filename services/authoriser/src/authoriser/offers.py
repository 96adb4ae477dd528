"""The tariffs that operators have published, as far as this service has heard; it tells "not yet" from "never"."""

from __future__ import annotations

from typing import cast

from tapwatt.clock import Clock
from tapwatt.errors import Poison, Unavailable
from tapwatt.facts.codec import Event
from tapwatt.facts.events import SessionRequested, TariffPublished
from tapwatt.facts.ids import offer
from tapwatt.facts.packed_event import pack, unpack
from tapwatt.state.session_store import SessionStore
from tapwatt.tariffs import contradiction
from tapwatt.worker.progress import Progress

FIELD = "offer"
FOR_EVER_S = 100 * 365 * 86400
"""An offer stands until its tariff ends: it is kept as long as its compacted topic keeps it."""
LOOK_AGAIN_TIMES = 25
"""Within the time that a request waits."""


class Offers:
    """Published tariffs by operator, id and version. `heard` is how far this service has come with TariffPublished."""

    def __init__(self, sessions: SessionStore, heard: Progress, clock: Clock, wait_s: float) -> None:
        self._sessions = sessions
        self._heard = heard
        self._clock = clock
        self._wait_s = wait_s

    async def publish(self, event: Event) -> None:
        """Keep an offer. Poison if no session could be billed by it, or if that version stands with other terms."""
        published = event.fact
        assert isinstance(published, TariffPublished)
        wrong = contradiction(published.tariff)
        if wrong is not None:
            raise Poison(f"tariff {published.offer} cannot be billed by: {wrong}; correct it and publish a new version")
        known = await self._sessions.remember(published.offer, FIELD, pack(event), ttl_s=FOR_EVER_S)
        if _of(known).tariff != published.tariff:
            raise Poison(f"tariff {published.offer} stands with other terms: publish changes as a new version")

    async def of(self, requested: SessionRequested) -> TariffPublished | None:
        """The offer that a request names; None if it names none, or if nothing of that name has been published.

        Unavailable while offers that stand on the log are not heard yet.
        """
        ref = requested.tariff_ref
        if ref is None:
            return None
        name = offer(requested.place.operator_id, ref.id, ref.version)
        until = self._clock.monotonic() + self._wait_s
        ends = None
        while True:
            known = await self._sessions.recall(name)
            if FIELD in known:
                return _of(known)
            ends = await self._heard.ends() if ends is None else ends
            if await self._heard.reached(ends):
                # It may have been heard between the look and the question.
                known = await self._sessions.recall(name)
                return _of(known) if FIELD in known else None
            if self._clock.monotonic() >= until:
                raise Unavailable(f"session {requested.session_id}: tariffs are published that are not heard yet")
            await self._clock.sleep(self._wait_s / LOOK_AGAIN_TIMES)


def _of(known: dict[str, bytes]) -> TariffPublished:
    return cast(TariffPublished, unpack(known[FIELD]).fact)
