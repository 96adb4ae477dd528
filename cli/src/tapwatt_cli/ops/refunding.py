"""Money back to a driver: what was taken of a session and is left, the request for a refund, and its answer."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from tapwatt.clock import Clock
from tapwatt.errors import TapwattError
from tapwatt.facts.codec import Event, begin
from tapwatt.facts.events import Captured, ChargedBack, EventRejected, Refunded, RefundFailed, RefundRequested
from tapwatt.facts.fact import Fact
from tapwatt.facts.ids import session_name
from tapwatt.facts.topics import Topics
from tapwatt.money import Money
from tapwatt_cli.ops.amounts import money_typed
from tapwatt_cli.ops.saying import SOURCE, say
from tapwatt_cli.ops.session_names import about, identities, meant
from tapwatt_cli.ops.session_standing import OF_A_STANDING, standing
from tapwatt_cli.ops.topic_log import read_topics

OF_A_REFUND: tuple[type[Fact], ...] = (*OF_A_STANDING, RefundRequested, Refunded, ChargedBack)
"""The facts that have to be read before money goes back."""

ANSWERS: tuple[type[Fact], ...] = (Refunded, RefundFailed, EventRejected)
LOOK_EVERY_S = 1.0

Answer = Refunded | RefundFailed | EventRejected


class NotRefundable(TapwattError):
    """This money cannot go back; the sentence says why and what to do."""


@dataclass(frozen=True, slots=True)
class Taken:
    """What was taken of a session, and what of it went back already. `asked` is what is known under the refund's id."""

    captured: Captured
    back: Money
    asked: RefundRequested | None = None

    @property
    def identity(self) -> str:
        """operator/session."""
        return session_name(self.captured.place.operator_id, self.captured.session_id)

    @property
    def left(self) -> Money:
        """What may still go back. Nothing if more went back than was taken, as a bank may do."""
        taken = self.captured.taken
        return taken - self.back if self.back < taken else Money.zero(taken.currency)


def taken_of(session: str, facts: Iterable[Fact], refund_id: str | None = None) -> Taken:
    """What was taken of `OPERATOR/SESSION`, or of `SESSION` where one operator has one of that id, else UnknownSession.

    A refund of this id is left out of what went back: to ask for it again is to ask for the same.
    NotRefundable if nothing was taken.
    """
    known = list(facts)
    identity = meant(session, identities(known))
    ours = about(identity, known)
    captured = next((one for one in ours if isinstance(one, Captured)), None)
    if captured is None:
        raise NotRefundable(f"nothing was taken of session {identity} that could go back: {standing(ours)}")
    asked = (one for one in ours if isinstance(one, RefundRequested) and one.refund_id == refund_id)
    return Taken(captured, _went_back(captured, ours, refund_id), next(asked, None))


def _went_back(captured: Captured, facts: list[Fact], but: str | None) -> Money:
    by_reference: dict[str, Money] = {}
    for one in facts:
        if isinstance(one, Refunded) and one.refund_id != but:
            by_reference[one.refund_reference] = one.amount
        elif isinstance(one, ChargedBack):
            by_reference[one.chargeback_reference] = one.amount
    return sum(by_reference.values(), Money.zero(captured.taken.currency))


def refund_request(
    taken: Taken, amount: Decimal | None, *, refund_id: str, reason: str, requested_by: str
) -> RefundRequested:
    """The request to give back this much in major units, or all that is left. NotRefundable if that is more.

    One that was asked for under this id before is asked for again in the same words.
    """
    if not taken.left:
        raise NotRefundable(f"all of the {taken.captured.taken} of session {taken.identity} went back already")
    wanted = taken.left if amount is None else money_typed(amount, taken.left.currency)
    if wanted > taken.left:
        raise NotRefundable(
            f"{wanted} is more than is left of session {taken.identity}: {taken.captured.taken} was taken and "
            f"{taken.back} went back already, so at most {taken.left} can"
        )
    if taken.asked is not None and taken.asked.amount != wanted:
        raise NotRefundable(
            f"refund {refund_id} of session {taken.identity} is one of {taken.asked.amount}: leave out --id, or give "
            "each refund an id of its own"
        )
    if taken.asked is not None:
        return taken.asked
    if not wanted:
        raise NotRefundable("a refund of nothing is none: say how much with --amount, or --full for all that is left")
    return RefundRequested(
        operator_id=taken.captured.place.operator_id,
        session_id=taken.captured.session_id,
        refund_id=refund_id,
        capture_reference=taken.captured.capture_reference,
        amount=wanted,
        reason=reason,
        requested_by=requested_by,
    )


def answer_to(requested: RefundRequested, events: Iterable[Event]) -> Answer | None:
    """What came of this request, or None as long as nothing has.

    Of several answers to one refund_id the refusal of another amount is the answer to that amount only.
    """
    for event in events:
        fact = event.fact
        if isinstance(fact, Refunded | RefundFailed) and fact.identity == requested.identity:
            if fact.amount == requested.amount:
                return fact
        elif isinstance(fact, EventRejected) and fact.rejected_id == requested.refund_id:
            return fact
    return None


async def read_taken(bootstrap: str, topics: Topics, session: str, refund_id: str | None = None) -> Taken:
    """What the log says was taken of a session. Unavailable if Kafka cannot be read."""
    log = await read_topics(bootstrap, topics, OF_A_REFUND)
    return taken_of(session, (event.fact for event in log.events), refund_id)


async def ask(bootstrap: str, topics: Topics, requested: RefundRequested, at: datetime) -> None:
    """Say the request. Unavailable if Kafka did not take it: the same again is no harm."""
    await say(bootstrap, topics.of(RefundRequested), [begin(requested, requested.refund_id, SOURCE, at)])


async def answered(
    bootstrap: str, topics: Topics, requested: RefundRequested, clock: Clock, within_s: float
) -> Answer | None:
    """What the capturer says to it within so many seconds, or None if it has not by then."""
    until = clock.monotonic() + within_s
    while True:
        log = await read_topics(bootstrap, topics, ANSWERS)
        answer = answer_to(requested, log.events)
        if answer is not None or clock.monotonic() >= until:
            return answer
        await asyncio.sleep(LOOK_EVERY_S)
