"""Gives money back after a capture: once for each refund_id, and never more in all than was taken."""

from __future__ import annotations

from functools import partial

from capturer.account import Account, account_of
from capturer.money_back import ask, failed, refunded, refused
from tapwatt.errors import Unavailable
from tapwatt.facts.events import Captured, Refunded, RefundFailed, RefundRequested, SessionPriced
from tapwatt.facts.packed_event import unpack
from tapwatt.provider.gateway import Gateway
from tapwatt.provider.port import Kind, Status, Transaction, succeeded
from tapwatt.state.session_store import SessionStore


class Refunds:
    """Asks the provider to give money back, and keeps whose refund each of its references is."""

    def __init__(self, gateway: Gateway, sessions: SessionStore, ttl_s: float) -> None:
        self._gateway = gateway
        self._sessions = sessions
        self._ttl_s = ttl_s

    async def answer(self, requested: RefundRequested) -> Refunded | RefundFailed:
        """What became of the refund. Unavailable while the session is not settled, or nothing has happened yet."""
        session = f"{requested.operator_id}/{requested.session_id}"
        known = await self._sessions.recall(session)
        if "said" not in known or "priced" not in known:
            raise Unavailable(f"session {session} is not settled, or not known here: its refund waits")
        said, priced = unpack(known["said"]).fact, unpack(known["priced"]).fact
        assert isinstance(priced, SessionPriced)
        captured = said if isinstance(said, Captured) else None
        order = priced.hold.order_reference or priced.session_id
        account = account_of(priced.hold.reference, await self._gateway.provider.find(order))
        mine = await self._claimed(session, requested, account)
        if mine is None:
            no = refused(requested, captured, account)
            if no is not None:
                return no
        assert captured is not None
        done = mine or await self._given_back(session, requested, captured, order)
        if not succeeded(done, session):
            return failed(requested, "refused", done.detail or str(done.failure or ""))
        await self._claim(session, done.reference, requested.refund_id)
        before = account.given_back(captured.taken.currency)
        if mine is not None:
            before = before - requested.amount
        return refunded(requested, captured, done, before)

    async def _given_back(
        self, session: str, requested: RefundRequested, captured: Captured, order: str
    ) -> Transaction:
        asked = ask(requested, captured)

        async def find() -> Transaction | None:
            account = account_of(captured.hold_reference, await self._gateway.provider.find(order))
            return await self._claimed(session, requested, account)

        send = partial(self._gateway.provider.refund, asked)
        since = captured.captured_at or self._gateway.clock.now()
        begun = await self._gateway.begin(send, find, since=since)
        return await self._gateway.follow(begun, self._gateway.life_s)

    async def _claimed(self, session: str, requested: RefundRequested, account: Account) -> Transaction | None:
        """The refund made for this refund_id; where its answer was lost, one of its amount that is nobody's."""
        whose = await self._sessions.recall(_book(session))
        for one in (*account.refunds, *(o for o in account.open if o.kind is Kind.REFUND)):
            if whose.get(one.reference) == requested.refund_id.encode():
                return one
        if not await self._was_begun(session, requested):
            return None
        for one in (*account.refunds, *(o for o in account.open if o.kind is Kind.REFUND)):
            nobodys = one.reference not in whose and one.status in (Status.SUCCESS, Status.PENDING)
            if nobodys and (one.amount or one.asked) == requested.amount:
                return one
        return None

    async def _was_begun(self, session: str, requested: RefundRequested) -> bool:
        """Whether this refund may have been asked for before; from now on it may."""
        name = f"{_book(session)}/begun"
        before = await self._sessions.recall(name)
        await self._sessions.remember(name, requested.refund_id, b"", ttl_s=self._ttl_s)
        return requested.refund_id in before

    async def _claim(self, session: str, reference: str, refund_id: str) -> None:
        await self._sessions.remember(_book(session), reference, refund_id.encode(), ttl_s=self._ttl_s)


def _book(session: str) -> str:
    return f"refunds/{session}"
