"""Gives money back after a capture: once for each refund_id, and never more in all than was taken."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from capturer.account import Account, account_of, order_of
from capturer.money_back import ask, book_of, failed, refunded, refused
from tapwatt.errors import Unavailable
from tapwatt.facts.events import Captured, ChargedBack, Refunded, RefundFailed, RefundRequested, SessionPriced
from tapwatt.facts.packed_event import unpack
from tapwatt.money import Money
from tapwatt.provider.gateway import Gateway
from tapwatt.provider.port import Kind, Transaction, succeeded
from tapwatt.state.session_store import SessionStore


@dataclass(frozen=True, slots=True)
class Begun:
    """When a refund was first asked for, and the references of the refunds that stood at the provider then."""

    at: datetime
    stood_before: frozenset[str]

    @classmethod
    def of(cls, kept: bytes) -> Begun:
        """As it was kept."""
        at, *stood_before = json.loads(kept)
        return cls(datetime.fromisoformat(at), frozenset(stood_before))


@dataclass(frozen=True, slots=True)
class OpenRefund:
    """A refund that was asked for and has no answer yet: it may have been made, and be nobody's so far."""

    amount: Money
    begun: Begun

    def may_be(self, found: Refunded | ChargedBack) -> bool:
        """Whether this is perhaps what was found."""
        return (
            isinstance(found, Refunded)
            and found.amount == self.amount
            and found.refund_reference not in self.begun.stood_before
        )


async def open_refunds(sessions: SessionStore, session: str) -> list[OpenRefund]:
    """The refunds of a session (operator/session) that were begun and are not answered."""
    found = []
    for refund_id, kept in (await sessions.recall(_begun_of(session))).items():
        known = await sessions.recall(f"{session}/{refund_id}")
        asked = unpack(known["asked"]).fact if "asked" in known and "answered" not in known else None
        if isinstance(asked, RefundRequested):
            found.append(OpenRefund(asked.amount, Begun.of(kept)))
    return found


class Refunds:
    """Asks the provider to give money back, and keeps whose refund each of its references is."""

    def __init__(self, gateway: Gateway, sessions: SessionStore, ttl_s: float) -> None:
        self._gateway = gateway
        self._sessions = sessions
        self._ttl_s = ttl_s

    async def answer(self, requested: RefundRequested, said_at: datetime) -> Refunded | RefundFailed:
        """What became of the refund that was asked for then. Unavailable while the session is not settled."""
        session = f"{requested.operator_id}/{requested.session_id}"
        known = await self._sessions.recall(session)
        if "said" not in known or "priced" not in known:
            raise Unavailable(f"session {session} is not settled, or not known here: its refund waits")
        said, priced = unpack(known["said"]).fact, unpack(known["priced"]).fact
        assert isinstance(priced, SessionPriced)
        captured = said if isinstance(said, Captured) else None
        order = order_of(priced)
        account = account_of(priced.hold.reference, await self._gateway.provider.find(order))
        begun = await self._begun(session, requested, account, said_at)
        mine = await self._claimed(session, requested, account, begun)
        if mine is None:
            no = refused(requested, captured, account)
            if no is not None:
                return no
        assert captured is not None
        if mine is None:
            mine = await self._given_back(session, requested, captured, order, begun)
        done = await self._gateway.follow(mine, self._gateway.life_s)
        if not succeeded(done, session):
            return failed(requested, "refused", done.detail or str(done.failure or ""))
        account = account_of(priced.hold.reference, await self._gateway.provider.find(order))
        done = await self._first(session, requested, done, account)
        await self._claim(session, done.reference, requested.refund_id)
        return refunded(requested, captured, done, account)

    async def _first(
        self, session: str, requested: RefundRequested, done: Transaction, account: Account
    ) -> Transaction:
        """The one refund that answers for this refund_id: of two that were made under it, the first that was found.

        A provider that knows no references makes two for a worker that stood still before it sent. The other one stays
        nobody's, and so is found by the clock and said aloud.
        """
        known = await self._sessions.remember(
            _answers_of(session), requested.refund_id, done.reference.encode(), ttl_s=self._ttl_s
        )
        first = known[requested.refund_id].decode()
        return next((one for one in account.refunds if one.reference == first), done)

    async def _given_back(
        self, session: str, requested: RefundRequested, captured: Captured, order: str, begun: Begun
    ) -> Transaction:
        asked = ask(requested, captured)

        async def find() -> Transaction | None:
            account = account_of(captured.hold_reference, await self._gateway.provider.find(order))
            return await self._claimed(session, requested, account, begun)

        send = partial(self._gateway.provider.refund, asked)
        return await self._gateway.begin(send, find, since=begun.at)

    async def _claimed(
        self, session: str, requested: RefundRequested, account: Account, begun: Begun
    ) -> Transaction | None:
        """The refund made for this refund_id; where its answer was lost, one of its amount that is nobody's.

        What stood there before this refund was first asked for was not made for it.
        """
        whose = await self._sessions.recall(book_of(session))
        refunds = (*account.refunds, *(one for one in account.open if one.kind is Kind.REFUND))
        for one in refunds:
            if whose.get(one.reference) == requested.refund_id.encode():
                return one
        for one in refunds:
            nobodys = one.reference not in whose and one.reference not in begun.stood_before
            if nobodys and (one.amount or one.asked) == requested.amount:
                return one
        return None

    async def _begun(self, session: str, requested: RefundRequested, account: Account, said_at: datetime) -> Begun:
        """When this refund was first asked for, and which refunds stood at the provider then: kept before it is.

        What was made since the operator said so is not among them, lest it is this one and our memory was lost.
        """
        refunds = [one for one in (*account.refunds, *account.open) if one.kind is Kind.REFUND]
        stood = [one.reference for one in refunds if one.created_at is None or one.created_at < said_at]
        begun_at = min(said_at, self._gateway.clock.now())
        first = json.dumps([begun_at.isoformat(), *stood]).encode()
        known = await self._sessions.remember(_begun_of(session), requested.refund_id, first, ttl_s=self._ttl_s)
        return Begun.of(known[requested.refund_id])

    async def _claim(self, session: str, reference: str, refund_id: str) -> None:
        await self._sessions.remember(book_of(session), reference, refund_id.encode(), ttl_s=self._ttl_s)


def _answers_of(session: str) -> str:
    return f"{book_of(session)}/answers"


def _begun_of(session: str) -> str:
    return f"{book_of(session)}/begun"
