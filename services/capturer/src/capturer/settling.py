"""Brings a priced session to its settlement: asks once, looks what was done, and asks anew where it was refused."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from capturer.account import Account, account_of, order_of
from capturer.decide import Refused, Said, ask, decide, failed
from capturer.settings import CapturerSettings
from tapwatt.errors import BrokenInvariant, NeedsHuman, Unavailable
from tapwatt.facts.events import Captured, SessionPriced
from tapwatt.facts.ids import session_name
from tapwatt.money import Money
from tapwatt.provider.gateway import Gateway
from tapwatt.provider.port import CaptureRequest, Failure, Kind, ReversalRequest, Status, Transaction
from tapwatt.state.session_store import SessionStore

AGAIN = timedelta(seconds=45)
"""What was refused for good is asked anew no sooner; the worker's schedule brings it back after a minute at least."""

SLOT = timedelta(hours=2)
"""A hold that runs out within this is asked anew in place: the schedule may bring it back an hour later only."""


class Settling:
    """Takes what is owed or lets the hold go. `release_rest`: a provider that keeps the rest of a hold until asked."""

    def __init__(
        self, gateway: Gateway, sessions: SessionStore, settings: CapturerSettings, *, release_rest: bool
    ) -> None:
        self._gateway = gateway
        self._sessions = sessions
        self._settings = settings
        self._release_rest = release_rest

    async def settle(self, priced: SessionPriced) -> Said:
        """How the session is settled for good. Unavailable while a refusal is to be tried again by schedule."""
        said = await self._settled(priced)
        if self._release_rest and isinstance(said, Captured) and said.released:
            await self._let_the_rest_go(priced)
        return said

    async def _settled(self, priced: SessionPriced) -> Said:
        while True:
            tries = await self._tries(priced, "settle")
            asked = await self._first_asked(priced, tries)
            said = await self._asked(priced, asked)
            if not isinstance(said, Refused):
                return said
            failed_for_good = await self._refused(priced, asked, tries, said.answer)
            if failed_for_good is not None:
                return failed_for_good
            await self._gateway.clock.sleep(AGAIN.total_seconds())

    async def _first_asked(self, priced: SessionPriced, tries: int) -> CaptureRequest | ReversalRequest:
        """What is asked of the hold. What was asked for first stands, whatever the settings say since.

        An answer may have been lost, and another minimum set meanwhile: a captured hold is then not asked to be let go.
        """
        wanted = ask(priced, self._settings.minimum(priced.owed.currency), tries)
        now = "capture" if isinstance(wanted, CaptureRequest) else "release"
        known = await self._sessions.remember(
            _book(priced, "asked"), "first", now.encode(), ttl_s=self._settings.remember_days * 86400
        )
        if known["first"] == now.encode() or not priced.owed:
            return wanted
        least = Money.zero(priced.owed.currency) if known["first"] == b"capture" else priced.hold.amount + priced.owed
        return ask(priced, least, tries)

    async def account(self, priced: SessionPriced) -> Account:
        """What the provider has done to the session's hold."""
        return account_of(priced.hold.reference, await self._gateway.provider.find(order_of(priced)))

    async def _asked(self, priced: SessionPriced, asked: CaptureRequest | ReversalRequest) -> Said | Refused:
        try:
            answer = await self._done(priced, asked)
        except BrokenInvariant:
            # Several captures, or one of another content: it is only wrong if the account does not explain it.
            account = await self.account(priced)
            if not (account.captures or account.releases):
                raise
            answer = (*account.captures, *account.releases)[-1]
        said = decide(priced, asked, await self._with_slip(priced, answer))
        if said is None:
            said = decide(priced, asked, answer, await self._with_slips(priced))
        assert said is not None
        return said

    async def _done(self, priced: SessionPriced, asked: CaptureRequest | ReversalRequest) -> Transaction:
        """What was done to the hold for good. Nothing can have been sent before the hold stood."""
        return await self._gateway.complete(asked, order_of(priced), since=priced.hold.authorised_at)

    async def _with_slip(self, priced: SessionPriced, done: Transaction) -> Transaction:
        if done.kind is Kind.CAPTURE and done.status is Status.SUCCESS and done.slip is None:
            return replace(done, slip=await self._gateway.slip(priced.hold.reference))
        return done

    async def _with_slips(self, priced: SessionPriced) -> Account:
        account = await self.account(priced)
        return replace(account, captures=tuple([await self._with_slip(priced, one) for one in account.captures]))

    async def _refused(
        self, priced: SessionPriced, asked: CaptureRequest | ReversalRequest, tries: int, answer: Transaction
    ) -> Said | None:
        """Count the refusal; once there were enough, what is owed stays uncollected and the hold is let go.

        Unavailable if it is asked anew by schedule; None if at once, because the hold would run out before.
        """
        why = answer.detail or str(answer.failure or "refused")
        if tries + 1 < self._settings.tries:
            await self._count(priced, "settle", tries)
            if self._gateway.clock.now() < priced.hold.expires_at <= self._gateway.clock.now() + SLOT:
                return None
            raise Unavailable(
                f"hold {priced.hold.reference} of session {priced.session_id}: {answer.kind} was refused ({why}); "
                "it is asked anew by schedule"
            )
        if isinstance(asked, CaptureRequest):
            gone = await self._done(priced, ReversalRequest.of(priced.hold.reference))
            rest = "the hold was let go" if gone.status is Status.SUCCESS else f"the hold stands until {_until(priced)}"
        else:
            rest = f"the provider does not let the hold go: it stands until {_until(priced)}"
        return failed(priced, "refused", f"{why}; {rest}")

    async def _let_the_rest_go(self, priced: SessionPriced) -> None:
        if (await self.account(priced)).releases:
            return  # a person has, or we have
        tries = await self._tries(priced, "rest")
        answer = await self._done(priced, ReversalRequest.of(priced.hold.reference, tries))
        if answer.status is Status.SUCCESS or answer.failure in (Failure.EXPIRED, Failure.UNKNOWN_REFERENCE):
            return
        said = (
            f"the rest of hold {priced.hold.reference} of session {priced.session_id} is not let go ({answer.failure})"
        )
        if tries + 1 >= self._settings.tries:
            raise NeedsHuman(f"{said}: let it go at the provider's portal, then replay this event")
        await self._count(priced, "rest", tries)
        raise Unavailable(f"{said}: it is asked anew by schedule")

    async def _tries(self, priced: SessionPriced, what: str) -> int:
        """How often this was refused for good. Unavailable if that was only just now."""
        known = await self._sessions.recall(_book(priced, what))
        last = max(map(bytes.decode, known.values()), default="")
        again = datetime.fromisoformat(last) + AGAIN if last else None
        if again is not None and self._gateway.clock.now() < again and again < priced.hold.expires_at - SLOT:
            raise Unavailable(f"session {priced.session_id}: it was refused at {last} and is asked anew by schedule")
        return len(known)

    async def _count(self, priced: SessionPriced, what: str, tries: int) -> None:
        at = self._gateway.clock.now().isoformat().encode()
        ttl_s = self._settings.remember_days * 86400
        await self._sessions.remember(_book(priced, what), str(tries), at, ttl_s=ttl_s)


def _book(priced: SessionPriced, what: str) -> str:
    return f"refused/{session_name(priced.place.operator_id, priced.session_id)}/{what}"


def _until(priced: SessionPriced) -> str:
    return f"{priced.hold.expires_at:%Y-%m-%d %H:%M} UTC"
