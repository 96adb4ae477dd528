"""The capturer's edge: settles a priced session with the provider and says what came of it, once a session."""

from __future__ import annotations

from datetime import timedelta
from functools import partial

from capturer.decide import Said, ask, decide, let_go
from capturer.settings import CapturerSettings
from tapwatt.facts.codec import Event, follow
from tapwatt.facts.events import Captured, CaptureFailed, Fact, HoldReleased, SessionPriced
from tapwatt.facts.packed_event import pack, unpack
from tapwatt.provider.gateway import Gateway
from tapwatt.provider.port import CaptureRequest, Kind, ReversalRequest, Status, Transaction
from tapwatt.provider.unknown_outcomes import find_existing
from tapwatt.state.session_store import SessionStore
from tapwatt.worker.service import Done, Service

NAME = "capturer"
REMEMBERS: dict[type[Fact], str] = {
    SessionPriced: "priced",
    Captured: "said",
    HoldReleased: "said",
    CaptureFailed: "said",
}
"""Under which field a fact of a session is remembered; the first of a field stands. A rebuild reads these topics."""


class CapturerAgent:
    """Hears what is owed, and says what was taken or let go.

    `release_rest`: after a capture the provider wants to be asked to let the rest of the hold go.
    """

    def __init__(
        self, gateway: Gateway, memory: SessionStore, settings: CapturerSettings, *, release_rest: bool
    ) -> None:
        self._gateway = gateway
        self._sessions = memory
        self._settings = settings
        self._release_rest = release_rest
        self._ttl_s = timedelta(days=settings.remember_days).total_seconds()

    def service(self) -> Service:
        """What the worker runs."""
        return Service(NAME, {SessionPriced: self.priced}, says=(Captured, HoldReleased, CaptureFailed))

    async def priced(self, event: Event) -> Done:
        """One session has one price, the first, and is settled once: priced again, that is said again as it was."""
        session = event.fact.key
        known = await self._sessions.remember(session, "priced", pack(event), ttl_s=self._ttl_s)
        if "said" in known:
            return Done(say=(unpack(known["said"]),))
        first = unpack(known["priced"])
        assert isinstance(first.fact, SessionPriced)
        settled = await self._settle(first.fact)
        said = follow(first.envelope, settled, f"/tapwatt/{NAME}", self._gateway.clock.now())
        return Done(
            say=(said,), remember=partial(self._sessions.remember, session, "said", pack(said), ttl_s=self._ttl_s)
        )

    async def _settle(self, priced: SessionPriced) -> Said:
        asked = ask(priced, self._settings.minimum(priced.owed.currency))
        said = decide(priced, asked, await self._done(priced, asked))
        if self._release_rest and isinstance(said, Captured) and said.released:
            await self._done(priced, let_go(priced.hold.reference))
        return said

    async def _done(self, priced: SessionPriced, asked: CaptureRequest | ReversalRequest) -> Transaction:
        """What was done to the hold for good. A refusal stands only if the hold was not already done that to."""
        provider = self._gateway.provider
        match asked:
            case CaptureRequest():
                kind, send = Kind.CAPTURE, partial(provider.capture, asked)
            case ReversalRequest():
                kind, send = Kind.REVERSAL, partial(provider.reverse, asked)
        find = find_existing(provider, priced.session_id, kind, asked.hold_reference)
        # Nothing can have been sent before the hold stood, so no older reference can have been forgotten.
        answer = await self._gateway.complete(send, find, since=priced.hold.authorised_at)
        if answer.status is Status.FAILED and (done := await find()) is not None:
            return await self._gateway.follow(done, self._gateway.life_s)
        return answer
