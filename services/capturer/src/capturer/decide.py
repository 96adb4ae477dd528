"""Decides how a priced session is settled: what to take of its hold, and what the provider's answer means."""

from __future__ import annotations

from tapwatt.errors import BrokenInvariant, Unavailable
from tapwatt.facts.events import Captured, CaptureFailed, HoldReleased, SessionPriced
from tapwatt.facts.ids import idempotency_reference
from tapwatt.money import Money
from tapwatt.provider.port import CaptureRequest, Failure, ReversalRequest, Transaction, succeeded

Heard = SessionPriced
Said = Captured | HoldReleased | CaptureFailed


def ask(priced: SessionPriced, minimum: Money) -> CaptureRequest | ReversalRequest:
    """Take what is owed, never more than is held; let the hold go when that is nothing or too little to take."""
    hold = priced.hold
    take = min(priced.owed, hold.amount)
    if not take or take < minimum:
        return ReversalRequest.of(hold.reference)
    return CaptureRequest(idempotency_reference("capture", hold.reference), hold.reference, take)


def decide(priced: SessionPriced, asked: CaptureRequest | ReversalRequest, answer: Transaction) -> Said:
    """What the provider's final answer means for the driver's money."""
    if not succeeded(answer, priced.session_id):
        return _failed(priced, asked, answer)
    return _taken(priced, asked, answer) if isinstance(asked, CaptureRequest) else _released(priced)


def _taken(priced: SessionPriced, asked: CaptureRequest, answer: Transaction) -> Captured:
    if answer.amount != asked.amount:
        raise BrokenInvariant(
            f"{asked.amount} of hold {asked.hold_reference} was to be taken and {answer.amount} was, "
            f"as {answer.reference}: compare session {priced.session_id} with the provider"
        )
    return Captured(
        session_id=priced.session_id,
        place=priced.place,
        hold_reference=asked.hold_reference,
        capture_reference=answer.reference,
        held=priced.hold.amount,
        taken=asked.amount,
        released=priced.hold.amount - asked.amount,
        shortfall=priced.owed - asked.amount,
        captured_at=answer.final_at,
        card=answer.slip,
    )


def _released(priced: SessionPriced) -> HoldReleased:
    return HoldReleased(
        session_id=priced.session_id,
        place=priced.place,
        hold_reference=priced.hold.reference,
        released=priced.hold.amount,
        waived=priced.owed,
        reason="below_minimum" if priced.owed else "nothing_owed",
    )


def _failed(priced: SessionPriced, asked: CaptureRequest | ReversalRequest, answer: Transaction) -> CaptureFailed:
    reason = {Failure.EXPIRED: "expired", Failure.UNKNOWN_REFERENCE: "unknown_hold"}.get(
        answer.failure or Failure.REJECTED, "refused"
    )
    if isinstance(asked, ReversalRequest) and reason == "refused":
        raise Unavailable(
            f"the provider does not let hold {asked.hold_reference} of session {priced.session_id} go "
            f"({answer.failure}): it is asked again by schedule"
        )
    return CaptureFailed.model_validate(
        {
            "session_id": priced.session_id,
            "place": priced.place,
            "hold_reference": priced.hold.reference,
            "uncollected": priced.owed,
            "reason": reason,
            "detail": answer.detail[:200],
        }
    )
