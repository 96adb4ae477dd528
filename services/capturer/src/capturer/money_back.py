"""Decides about money that goes back after a capture: what may be refunded, and what others have given back."""

from __future__ import annotations

from capturer.account import Account
from tapwatt.errors import Unavailable
from tapwatt.facts.events import Captured, ChargedBack, Refunded, RefundFailed, RefundRequested, SessionDisputed
from tapwatt.facts.ids import idempotency_reference, session_name
from tapwatt.facts.reasons import Doubt
from tapwatt.money import Money
from tapwatt.provider.port import RefundRequest, Transaction


def book_of(session: str) -> str:
    """Under which name it is remembered whose each refund of a session (operator/session) is."""
    return f"refunds/{session}"


def ask(requested: RefundRequested, captured: Captured) -> RefundRequest:
    """The refund to ask for: what may happen once is named by its refund_id."""
    session = session_name(captured.place.operator_id, captured.session_id)
    name = idempotency_reference("refund", f"{session}/{requested.refund_id}")
    return RefundRequest(name, captured.capture_reference, requested.amount)


def refused(requested: RefundRequested, captured: Captured | None, account: Account) -> RefundFailed | None:
    """Why this may not be given back; None if it may: never more in all than was taken.

    Unavailable while that hangs on another refund, which the provider has not decided yet.
    """
    if captured is None:
        return failed(requested, "nothing_taken", "nothing was taken for this session")
    if requested.amount.currency != captured.taken.currency:
        return failed(requested, "more_than_taken", f"{captured.taken} was taken, in another currency")
    before = account.given_back(captured.taken)
    if captured.taken < before + requested.amount:
        detail = f"{captured.taken} was taken and {before} went back already: {captured.taken - before} is left"
        return failed(requested, "more_than_taken", detail)
    undecided = account.open_refunds(captured.taken.currency)
    if captured.taken < before + undecided + requested.amount:
        raise Unavailable(
            f"refund {requested.refund_id} of session {captured.session_id} waits: {undecided} of another one is not "
            "decided, and both together would be more than was taken"
        )
    return None


def failed(requested: RefundRequested, reason: str, detail: str) -> RefundFailed:
    """The money does not go back."""
    return RefundFailed.model_validate(
        {
            "operator_id": requested.operator_id,
            "session_id": requested.session_id,
            "refund_id": requested.refund_id,
            "amount": requested.amount,
            "reason": reason,
            "detail": detail[:500],
        }
    )


def refunded(requested: RefundRequested, captured: Captured, done: Transaction, account: Account) -> Refunded:
    """The money went back; what went back in all is what had by then, whenever this is said."""
    return Refunded(
        operator_id=captured.place.operator_id,
        session_id=captured.session_id,
        refund_id=requested.refund_id,
        refund_reference=done.reference,
        amount=requested.amount,
        taken=captured.taken,
        refunded_in_all=max(account.given_back(captured.taken, done), requested.amount),
        refunded_at=done.final_at,
        reason=requested.reason,
    )


def by_others(captured: Captured, account: Account, known: set[str]) -> list[Refunded | ChargedBack]:
    """What went back and nobody has said yet: at the portal, by the provider itself, or by the driver's bank.

    `known` are the references that were said. Sums are those after each, the oldest first.
    """
    said: list[Refunded | ChargedBack] = []
    in_all = Money.zero(captured.taken.currency)
    for one in account.back(captured.taken):
        if one.amount is None:
            continue
        in_all += one.amount
        if one.reference in known:
            continue
        said.append(_charged_back(captured, one) if one in account.chargebacks else _by_hand(captured, one, in_all))
    return said


def overcharged(captured: Captured) -> SessionDisputed | None:
    """More was taken than is owed, by a person at the portal: another person decides whether it goes back."""
    if not captured.overcharge:
        return None
    session = session_name(captured.place.operator_id, captured.session_id)
    return SessionDisputed(
        operator_id=captured.place.operator_id,
        session_id=captured.session_id,
        doubt=Doubt.OVERCHARGED,
        why=f"{captured.taken} was taken by hand at the provider and {captured.owed} is owed: to give the difference "
        f"back, run 'tapwatt refund {session} --amount {captured.overcharge.major:f}'",
        place=captured.place,
        stated=captured.owed,
        stands=captured.taken,
        settled_by=("operator",),
    )


def _by_hand(captured: Captured, one: Transaction, in_all: Money) -> Refunded:
    """What we did not ask for. A person's refund and the provider's own look the same on the wire: nobody guesses."""
    assert one.amount is not None
    return Refunded(
        operator_id=captured.place.operator_id,
        session_id=captured.session_id,
        refund_id=f"at-provider-{one.reference}"[:64],
        refund_reference=one.reference,
        amount=one.amount,
        taken=captured.taken,
        refunded_in_all=in_all if in_all <= captured.taken else None,
        by="by_hand",
        refunded_at=one.final_at,
    )


def _charged_back(captured: Captured, one: Transaction) -> ChargedBack:
    assert one.amount is not None
    return ChargedBack(
        operator_id=captured.place.operator_id,
        session_id=captured.session_id,
        capture_reference=captured.capture_reference,
        chargeback_reference=one.reference,
        amount=one.amount,
        charged_back_at=one.final_at,
    )
