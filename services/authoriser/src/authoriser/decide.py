"""Decides whether a driver may charge: which hold to ask for, and what the provider's answer means."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from authoriser.agreement import Agreed
from tapwatt.errors import BrokenInvariant, NeedsHuman, OutcomeUnknown
from tapwatt.facts.events import AuthorisationDeclined, Authorised, DeclineReason, Hold, SessionRequested
from tapwatt.facts.ids import idempotency_reference
from tapwatt.money import Money
from tapwatt.provider.port import AuthoriseRequest, Failure, ReversalRequest, Status, Transaction

Heard = SessionRequested
Said = Authorised | AuthorisationDeclined


@dataclass(frozen=True, slots=True)
class Terms:
    """What the operator has agreed: how long a driver may take, how long a hold stands, the least useful hold."""

    presentation: timedelta
    grace: timedelta
    hold_window: timedelta
    minimum_hold: Money


@dataclass(frozen=True, slots=True)
class ReverseFirst:
    """Money is held that nobody may use: let it go, and only when that is known say why there is no hold."""

    ask: ReversalRequest
    then: AuthorisationDeclined


def ask(requested: SessionRequested, agreed: Agreed) -> AuthoriseRequest:
    """The hold to ask for."""
    return AuthoriseRequest(
        idempotency_reference=idempotency_reference("authorise", requested.session_id),
        order_reference=requested.session_id,
        terminal_id=requested.place.terminal_id,
        amount=agreed.hold,
        description=f"Charging at {requested.place.evse_id}",
        language=requested.language,
    )


def unheard(requested: SessionRequested) -> AuthorisationDeclined:
    """No hold was ever begun and the driver's time is over."""
    return _declined(requested, DeclineReason.TIMED_OUT, "no hold was begun in time")


def decide(requested: SessionRequested, agreed: Agreed, answer: Transaction, terms: Terms) -> Said | ReverseFirst:
    """What the provider's final answer means. Only the provider's own times count: asked again, it means the same."""
    match answer.status:
        case Status.PENDING:
            raise OutcomeUnknown(f"hold {answer.reference} of session {requested.session_id} is still pending")
        case Status.MANUAL:
            raise NeedsHuman(
                f"hold {answer.reference} of session {requested.session_id} needs manual intervention: "
                "call the provider's helpdesk with this reference, then replay this event"
            )
        case Status.FAILED:
            return _declined(requested, _why(answer, terms), answer.detail[:200])
        case Status.SUCCESS:
            return _held(requested, agreed, answer, terms)


def _held(requested: SessionRequested, agreed: Agreed, answer: Transaction, terms: Terms) -> Authorised | ReverseFirst:
    if answer.amount is None or answer.final_at is None:
        raise BrokenInvariant(f"hold {answer.reference} succeeded without its amount or time: ask the provider")
    held = answer.amount
    if held.currency != agreed.hold.currency or agreed.hold < held:
        raise BrokenInvariant(
            f"{agreed.hold} was asked for session {requested.session_id} and {held} is held as {answer.reference}"
        )
    if _taken_s(answer) > terms.presentation + terms.grace:
        return _let_go(requested, answer, DeclineReason.TIMED_OUT, "the hold came when nobody waited for it")
    if answer.card is None:
        return _let_go(requested, answer, DeclineReason.CARD_NOT_IDENTIFIED, "nobody could stop this session by card")
    if held < agreed.hold and held < terms.minimum_hold:
        return _let_go(requested, answer, DeclineReason.HOLD_TOO_SMALL, f"only {held} could be held")
    return Authorised(
        session_id=requested.session_id,
        place=requested.place,
        hold=Hold(
            reference=answer.reference,
            amount=held,
            authorised_at=answer.final_at,
            expires_at=answer.final_at + terms.hold_window,
        ),
        card=answer.card,
        tariff=agreed.tariff,
        tariff_version=agreed.tariff_version,
        idle_grace_s=requested.idle_grace_s,
        time_zone=requested.time_zone,
    )


def let_go(hold_reference: str) -> ReversalRequest:
    """Lets a hold go. The reference is the same whoever asks, so a hold is let go once."""
    return ReversalRequest(idempotency_reference("release", hold_reference), hold_reference)


def gone(answer: Transaction) -> bool:
    """Whether the hold no longer stands, by the provider's answer to letting it go."""
    return answer.status is Status.SUCCESS or answer.failure in (Failure.EXPIRED, Failure.UNKNOWN_REFERENCE)


def _let_go(requested: SessionRequested, answer: Transaction, why: DeclineReason, detail: str) -> ReverseFirst:
    return ReverseFirst(let_go(answer.reference), _declined(requested, why, detail))


def _declined(requested: SessionRequested, reason: DeclineReason, detail: str) -> AuthorisationDeclined:
    return AuthorisationDeclined(session_id=requested.session_id, place=requested.place, reason=reason, detail=detail)


def _taken_s(answer: Transaction) -> timedelta:
    """How long the driver and the provider took, by the provider's clock alone."""
    if answer.created_at is None or answer.final_at is None:
        return timedelta(0)
    return answer.final_at - answer.created_at


def _why(answer: Transaction, terms: Terms) -> DeclineReason:
    match answer.failure:
        case Failure.CANCELLED:
            # We cancel when the driver's time is over; before that it was the driver.
            over = _taken_s(answer) >= terms.presentation
            return DeclineReason.TIMED_OUT if over else DeclineReason.CANCELLED
        case Failure.EXPIRED:
            return DeclineReason.TIMED_OUT
        case Failure.DECLINED:
            return DeclineReason.DECLINED
        case Failure.INSUFFICIENT_FUNDS:
            return DeclineReason.INSUFFICIENT_FUNDS
        case Failure.PIN_REQUIRED:
            return DeclineReason.PIN_REQUIRED
        case Failure.TERMINAL_BUSY:
            return DeclineReason.TERMINAL_BUSY
        case Failure.TERMINAL_OFFLINE:
            return DeclineReason.TERMINAL_OFFLINE
        case Failure.UNKNOWN_REFERENCE | Failure.AMOUNT_REFUSED | Failure.REJECTED | None:
            return DeclineReason.REJECTED
