"""Sessions that were declined before it was known what became of their hold, at a provider in memory."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, field

from pydantic import SecretStr
from tests.contract.provider_clock import JumpingClock
from tests.unit.authoriser.test_authoriser_decide import agreed, requested

from authoriser.decide import ask, order_reference, overdue
from authoriser.late_holds import AGAIN_S, KIND, LateHolds
from tapwatt.errors import OutcomeUnknown
from tapwatt.facts.codec import begin
from tapwatt.facts.packed_event import pack
from tapwatt.facts.reasons import DeclineReason
from tapwatt.provider.fingerprints import Fingerprints
from tapwatt.provider.gateway import Gateway
from tapwatt.provider.port import AuthoriseRequest
from tapwatt.testing.deadlines import InMemoryDeadlines, deadlines_view
from tapwatt.testing.fake_provider import BankCard, FakeProvider, Habits, Trouble
from tapwatt.testing.session_store import InMemorySessionStore, sessions_view

CARD = BankCard(SecretStr("99" + "1" * 16))
DAYS_S = 45 * 86_400


@dataclass
class LateCase:
    """Late holds of some sessions, each with a terminal of its own, and who was paged about which."""

    trouble: Trouble = lambda verb, reference: None
    pages: list[tuple[str, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.clock = JumpingClock()
        fingerprints = Fingerprints({1: b"1" * 32}, live=False)
        self.provider = FakeProvider(self.clock, fingerprints, habits=Habits(late_s=60.0), trouble=self.trouble)
        self.sessions = InMemorySessionStore(sessions_view(self.clock, whole=True), self.clock)
        self.deadlines = InMemoryDeadlines(deadlines_view(self.clock, whole=True))
        self.gateway = Gateway(self.provider, self.clock)
        self.late = LateHolds(self.gateway, self.sessions, self.deadlines, DAYS_S, self.page)

    def page(self, session: str, error: Exception) -> None:
        self.pages.append((session, str(error)))

    def hold(self, name: str = "s1") -> AuthoriseRequest:
        """The hold that is asked for."""
        wanted = requested().model_copy(update={"session_id": name})
        place = wanted.place.model_copy(update={"terminal_id": f"t-{name}"})
        return ask(wanted.model_copy(update={"place": place}), agreed(wanted))

    async def begun(self, name: str = "s1") -> AuthoriseRequest:
        """A hold is asked for; whether it is answered does not matter."""
        hold = self.hold(name)
        with contextlib.suppress(OutcomeUnknown):
            await self.provider.authorise(hold)
        return hold

    async def declined(self, name: str = "s1") -> str:
        """The driver hears no before it is known."""
        wanted = requested().model_copy(update={"session_id": name})
        no = overdue(wanted, DeclineReason.PROVIDER_UNAVAILABLE, "the provider did not answer in time")
        session, event = order_reference(wanted), begin(no, f"no-{name}", "/tapwatt/authoriser", self.clock.now())
        await self.sessions.remember(session, "said", pack(event), ttl_s=DAYS_S)
        await self.deadlines.set(KIND, session, self.clock.now())
        return session

    async def look(self) -> int:
        """One round; how many sessions are over with it."""
        over = 0
        async for done in self.late.look():
            await done.remember()
            over += 1
        return over

    async def look_until_over(self, sessions: int = 1, rounds: int = 200) -> float:
        """Round after round until nothing is looked for any more: how long that took (seconds)."""
        begun, over = self.clock.monotonic(), 0
        for _ in range(rounds):
            over += await self.look()
            if over == sessions:
                return self.clock.monotonic() - begun
            await self.clock.sleep(AGAIN_S)
        raise AssertionError("it is never over")

    def held(self, hold: AuthoriseRequest) -> int:
        """What is held of an order, in minor units."""
        return sum(one.rest.minor for one in self.provider.holds() if one.order_reference == hold.order_reference)
