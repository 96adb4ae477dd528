"""Finds the sessions whose money the provider hints at: what went back of it is then looked at without waiting."""

from __future__ import annotations

from capturer.account import order_of
from tapwatt.errors import BrokenInvariant, OutcomeUnknown, Unavailable
from tapwatt.facts.events import Captured, SessionPriced
from tapwatt.facts.packed_event import unpack
from tapwatt.provider.gateway import Gateway
from tapwatt.provider.port import Kind, Status, Transaction
from tapwatt.state.session_store import SessionStore

KEPT = 500
"""Hints that are kept until they are asked about; those that come while so many are kept are let be."""
AT_ONCE = 10
"""Hints that are asked about in one round: so many questions a flood of forged ones costs at most."""
LONGEST_REFERENCE = 255

BACK = (Kind.REFUND, Kind.CHARGEBACK, Kind.REVERSAL)


class Hinted:
    """What the provider hinted at and nobody here waits for, as long as this process lives.

    A hint has the reference of the refund or chargeback alone, which nobody has heard before: which session it is about
    is told by the provider only, so each hint costs one question (`status`), a forged one no more than that. What is
    answered is still only a reason to look at the session. A hold of the first days, kept under an order without its
    operator, is found by the clock alone, as is what was hinted at before a crash.
    """

    def __init__(self, gateway: Gateway, sessions: SessionStore) -> None:
        self._gateway = gateway
        self._sessions = sessions
        self._references: dict[str, None] = {}
        gateway.hints.tell_others(self._note)

    def _note(self, reference: str) -> None:
        if 0 < len(reference) <= LONGEST_REFERENCE and len(self._references) < KEPT:
            self._references[reference] = None

    async def sessions(self) -> list[str]:
        """The settled sessions (operator/session) to look at now. While the provider is away the rest is kept."""
        found = []
        for reference in list(self._references)[:AT_ONCE]:
            try:
                told = await self._gateway.provider.status(reference)
            except (Unavailable, OutcomeUnknown):
                break
            except BrokenInvariant:
                told = None  # whoever asked for it compares it with what was asked
            self._references.pop(reference, None)
            if told is not None and await self._settled(told):
                found.append(str(told.order_reference))
        return found

    async def _settled(self, told: Transaction) -> bool:
        if told.kind not in BACK or told.status is not Status.SUCCESS or told.order_reference is None:
            return False
        known = await self._sessions.recall(told.order_reference)
        if not {"said", "priced"} <= known.keys():
            return False
        said, priced = unpack(known["said"]).fact, unpack(known["priced"]).fact
        return (
            isinstance(said, Captured)
            and isinstance(priced, SessionPriced)
            and order_of(priced) == told.order_reference
        )
