"""Decides how a priced session is settled: what to take of its hold, and what the provider's answer means."""

from __future__ import annotations

from dataclasses import dataclass

from capturer.account import Account
from tapwatt.errors import BrokenInvariant, OutcomeUnknown
from tapwatt.facts.events import Captured, CaptureFailed, HoldReleased, SessionPriced
from tapwatt.facts.ids import anew, idempotency_reference
from tapwatt.money import Money
from tapwatt.provider.port import CaptureRequest, Failure, Kind, ReversalRequest, Transaction, succeeded

Heard = SessionPriced
Said = Captured | HoldReleased | CaptureFailed


@dataclass(frozen=True, slots=True)
class Refused:
    """The provider definitively refused and the hold still stands: it may be asked anew, under another reference."""

    answer: Transaction


def ask(priced: SessionPriced, minimum: Money, tries: int = 0) -> CaptureRequest | ReversalRequest:
    """Take what is owed, never more than is held; let the hold go when that is nothing or too little to take.

    `tries` is how often that was refused for good: each time it is asked under another reference, since the same one
    gets the same refusal.
    """
    hold = priced.hold
    take = min(priced.owed, hold.amount)
    if not take or take < minimum:
        return ReversalRequest.of(hold.reference, tries)
    return CaptureRequest(idempotency_reference("capture", anew(hold.reference, tries)), hold.reference, take)


def decide(
    priced: SessionPriced, asked: CaptureRequest | ReversalRequest, answer: Transaction, account: Account | None = None
) -> Said | Refused | None:
    """What the provider's final answer means for the driver's money.

    None where that answer does not tell: ask for the whole account of the hold, and decide again with it. A person may
    have taken another amount at the provider's portal, or let the hold go; that is a fact and no fault.
    """
    done = succeeded(answer, priced.session_id)
    if account is None:
        as_asked = done and answer.kind is _kind(asked) and answer.amount == _amount(priced, asked, answer)
        return _as_asked(priced, asked, answer) if as_asked else None
    if account.open:
        raise OutcomeUnknown(
            f"{account.open[0].kind} {account.open[0].reference} of {priced.session_id} is not decided"
        )
    if account.standing:
        return _captured(priced, account, by_hand=True)
    if account.cancelled:
        return _released(priced, "by_hand")
    if account.releases:
        return _released(priced, "by_hand" if isinstance(asked, CaptureRequest) else None)
    if done:
        raise BrokenInvariant(
            f"{answer.kind} {answer.reference} of session {priced.session_id} succeeded and the provider's account of "
            f"hold {priced.hold.reference} has nothing of it: compare with the provider"
        )
    return _refused(priced, asked, answer)


def failed(priced: SessionPriced, reason: str, detail: str) -> CaptureFailed:
    """What is owed stays uncollected."""
    return CaptureFailed.model_validate(
        {
            "session_id": priced.session_id,
            "place": priced.place,
            "hold_reference": priced.hold.reference,
            "uncollected": priced.owed,
            "reason": reason,
            "detail": detail[:200],
        }
    )


def _kind(asked: CaptureRequest | ReversalRequest) -> Kind:
    return Kind.CAPTURE if isinstance(asked, CaptureRequest) else Kind.REVERSAL


def _amount(priced: SessionPriced, asked: CaptureRequest | ReversalRequest, answer: Transaction) -> Money | None:
    """What was to be done. A provider need not say how much a reversal let go."""
    if isinstance(asked, CaptureRequest):
        return asked.amount
    return None if answer.amount is None else priced.hold.amount


def _as_asked(priced: SessionPriced, asked: CaptureRequest | ReversalRequest, answer: Transaction) -> Said:
    if isinstance(asked, ReversalRequest):
        return _released(priced, None)
    return _captured(priced, Account(captures=(answer,)), by_hand=False)


def _captured(priced: SessionPriced, account: Account, *, by_hand: bool) -> Captured:
    taken, last = account.taken, account.standing[-1]
    held, owed = priced.hold.amount, priced.owed
    if taken is None or taken.currency != held.currency or held < taken:
        raise BrokenInvariant(
            f"{taken} was taken of hold {priced.hold.reference}, which held {held}, as {last.reference}: "
            f"compare session {priced.session_id} with the provider"
        )
    nothing = Money.zero(held.currency)
    ours = not by_hand or (len(account.standing) == 1 and taken == min(owed, held))
    return Captured(
        session_id=priced.session_id,
        place=priced.place,
        hold_reference=priced.hold.reference,
        capture_reference=last.reference,
        held=held,
        taken=taken,
        released=held - taken,
        shortfall=owed - taken if taken < owed else nothing,
        owed=owed,
        overcharge=taken - owed if owed < taken else nothing,
        taken_by="tapwatt" if ours else "by_hand",
        captured_at=last.final_at,
        card=last.slip,
    )


def _released(priced: SessionPriced, reason: str | None) -> HoldReleased:
    return HoldReleased.model_validate(
        {
            "session_id": priced.session_id,
            "place": priced.place,
            "hold_reference": priced.hold.reference,
            "released": priced.hold.amount,
            "waived": priced.owed,
            "reason": reason or ("below_minimum" if priced.owed else "nothing_owed"),
        }
    )


def _refused(
    priced: SessionPriced, asked: CaptureRequest | ReversalRequest, answer: Transaction
) -> HoldReleased | CaptureFailed | Refused:
    match answer.failure:
        case Failure.EXPIRED | Failure.UNKNOWN_REFERENCE if isinstance(asked, ReversalRequest):
            return _released(priced, None)  # it is gone, and nobody wanted anything of it
        case Failure.EXPIRED:
            return failed(priced, "expired", answer.detail)
        case Failure.UNKNOWN_REFERENCE:
            return failed(priced, "unknown_hold", answer.detail)
        case _:
            return Refused(answer)
