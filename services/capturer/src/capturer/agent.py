"""The capturer's edge: settles a priced session with the provider and says what came of it, once for each session."""

from __future__ import annotations

from dataclasses import replace

from capturer.decide import Said, ask, decide
from capturer.settings import CapturerSettings
from tapwatt.answer_once import AnswerOnce, Known
from tapwatt.facts.codec import Event
from tapwatt.facts.events import Captured, CaptureFailed, HoldReleased, SessionPriced
from tapwatt.facts.fact import Fact
from tapwatt.provider.gateway import Gateway
from tapwatt.provider.port import CaptureRequest, Kind, ReversalRequest, Status, Transaction
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
    """Hears what is owed, and says what was taken or let go. `release_rest`: a provider that keeps the rest held."""

    def __init__(
        self, gateway: Gateway, sessions: SessionStore, settings: CapturerSettings, *, release_rest: bool
    ) -> None:
        self._gateway = gateway
        self._settings = settings
        self._release_rest = release_rest
        self._answer_once = AnswerOnce(sessions, NAME, gateway.clock, settings.remember_days)

    def service(self) -> Service:
        """What the worker runs."""
        says = (Captured, HoldReleased, CaptureFailed)
        return Service(NAME, {SessionPriced: self.priced}, says=says, longest_s=3 * self._gateway.life_s)

    async def priced(self, event: Event) -> Done:
        """One session has one price, the first, and is settled once."""
        return await self._answer_once(event, "priced", "said", self._settle)

    async def _settle(self, known: Known) -> tuple[Event, Said]:
        first = known["priced"]
        priced = first.fact
        assert isinstance(priced, SessionPriced)
        asked = ask(priced, self._settings.minimum(priced.owed.currency))
        done = await self._done(priced, asked)
        if done.kind is Kind.CAPTURE and done.status is Status.SUCCESS and done.slip is None:
            done = replace(done, slip=await self._gateway.slip(priced.hold.reference))
        said = decide(priced, asked, done)
        if self._release_rest and isinstance(said, Captured) and said.released:
            await self._done(priced, ReversalRequest.of(priced.hold.reference))
        return first, said

    async def _done(self, priced: SessionPriced, asked: CaptureRequest | ReversalRequest) -> Transaction:
        """What was done to the hold for good. Nothing can have been sent before the hold stood."""
        order_reference = priced.hold.order_reference or priced.session_id
        return await self._gateway.complete(asked, order_reference, since=priced.hold.authorised_at)
