"""Decides whether a driver may charge: which hold to ask for, and what the provider's answer means."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from authoriser.agreement import Agreed, Terms
from tapwatt.errors import BrokenInvariant
from tapwatt.facts.events import AuthorisationDeclined, Authorised, SessionRequested, TariffPublished
from tapwatt.facts.fields import Hold
from tapwatt.facts.ids import idempotency_reference, session_name
from tapwatt.facts.reasons import DeclineReason
from tapwatt.provider.port import AuthoriseRequest, Failure, ReversalRequest, Status, Transaction, succeeded

Heard = SessionRequested | TariffPublished
Said = Authorised | AuthorisationDeclined


@dataclass(frozen=True, slots=True)
class ReverseFirst:
    """Money is held that nobody may use: let it go, and only when that is known say why there is no hold."""

    ask: ReversalRequest
    then: AuthorisationDeclined


def ask(requested: SessionRequested, agreed: Agreed) -> AuthoriseRequest:
    """The hold to ask for."""
    return AuthoriseRequest(
        idempotency_reference=idempotency_reference("authorise", order_reference(requested)),
        order_reference=order_reference(requested),
        terminal_id=requested.place.terminal_id,
        amount=agreed.hold,
        description=f"Charging at {requested.place.evse_id}",
        language=requested.language,
    )


def order_reference(requested: SessionRequested) -> str:
    """Under which name the provider is asked: operator/session, since two operators may count alike."""
    return session_name(requested.place.operator_id, requested.session_id)


def contradiction(
    first: SessionRequested, again: SessionRequested, repeated_within: timedelta
) -> AuthorisationDeclined | None:
    """The answer to a request under the name of another session; None if it is the first request said again.

    A session's name must not come again while the first is remembered: whoever got the other's answer would charge the
    other's card. A fleet that asks anew for the same soon after is a fleet that has not heard the answer.
    """
    differ = [
        name for name in ("place", "hold", "tariff", "tariff_ref") if getattr(first, name) != getattr(again, name)
    ]
    if not differ and abs(again.requested_at - first.requested_at) <= repeated_within:
        return None
    what = f"with another {' and '.join(differ)}" if differ else "and long over"
    return _declined(
        again,
        DeclineReason.SESSION_KNOWN,
        f"session {order_reference(again)} is known since {first.requested_at:%Y-%m-%d %H:%M:%S} UTC {what}: "
        "give each session a name of its own",
    )


def given_up(requested: SessionRequested) -> AuthorisationDeclined:
    """The session was cancelled, and nothing is asked of the terminal; whoever handled it before us may have."""
    return overdue(requested, DeclineReason.CANCELLED, "the session was cancelled before a card was presented")


def overdue(requested: SessionRequested, reason: DeclineReason, detail: str) -> AuthorisationDeclined:
    """The driver is not kept waiting any longer: what is held later is let go."""
    return _declined(requested, reason, detail).model_copy(update={"outcome_known": False})


def broken(requested: SessionRequested, why: str) -> AuthorisationDeclined:
    """We or the provider are wrong about this hold: the driver hears no, and a person looks at the rest."""
    return overdue(requested, DeclineReason.REJECTED, why[:500])


def decide(requested: SessionRequested, agreed: Agreed, answer: Transaction) -> Said | ReverseFirst:
    """What the provider's final answer means. Only its own times count, so the same answer gives the same fact."""
    if not succeeded(answer, requested.session_id):
        return _declined(requested, _why(answer, agreed.terms), answer.detail[:200])
    return _held(requested, agreed, answer)


def _held(requested: SessionRequested, agreed: Agreed, answer: Transaction) -> Authorised | ReverseFirst:
    if answer.amount is None or answer.final_at is None:
        raise BrokenInvariant(f"hold {answer.reference} succeeded without its amount or time: ask the provider")
    held, terms = answer.amount, agreed.terms
    if held.currency != agreed.hold.currency or agreed.hold < held:
        raise BrokenInvariant(
            f"{agreed.hold} was asked for session {requested.session_id} and {held} is held as {answer.reference}"
        )
    if answer.took > terms.presentation + terms.late_hold:
        return _reverse(requested, answer, DeclineReason.TIMED_OUT, "the hold came when nobody waited for it")
    if answer.card is None:
        return _reverse(requested, answer, DeclineReason.CARD_NOT_IDENTIFIED, "nobody could stop this session by card")
    if held < agreed.hold and held < terms.minimum_hold:
        return _reverse(requested, answer, DeclineReason.HOLD_TOO_SMALL, f"only {held} could be held")
    return Authorised(
        session_id=requested.session_id,
        place=requested.place,
        hold=Hold(
            reference=answer.reference,
            amount=held,
            authorised_at=answer.final_at,
            expires_at=terms.expires_at(answer.final_at, answer.brand),
            order_reference=order_reference(requested),
        ),
        card=answer.card,
        tariff=agreed.tariff,
        tariff_version=agreed.tariff_version,
        idle_grace_s=requested.idle_grace_s,
        time_zone=requested.time_zone,
        warn_at=terms.warn_at(answer.final_at, answer.brand),
    )


def gone(answer: Transaction) -> bool:
    """Whether the hold no longer stands, by the provider's answer to letting it go."""
    return answer.status is Status.SUCCESS or answer.failure in (Failure.EXPIRED, Failure.UNKNOWN_REFERENCE)


def _reverse(requested: SessionRequested, answer: Transaction, why: DeclineReason, detail: str) -> ReverseFirst:
    return ReverseFirst(ReversalRequest.of(answer.reference), _declined(requested, why, detail))


def _declined(requested: SessionRequested, reason: DeclineReason, detail: str) -> AuthorisationDeclined:
    return AuthorisationDeclined(session_id=requested.session_id, place=requested.place, reason=reason, detail=detail)


def _why(answer: Transaction, terms: Terms) -> DeclineReason:
    match answer.failure:
        case Failure.CANCELLED:
            # We cancel when the driver's time is over; before that it was the driver.
            over = answer.took >= terms.presentation
            return DeclineReason.TIMED_OUT if over else DeclineReason.CANCELLED
        case Failure.EXPIRED:
            return DeclineReason.TIMED_OUT
        case Failure.DECLINED | Failure.INSUFFICIENT_FUNDS | Failure.PIN_REQUIRED:
            return DeclineReason(answer.failure.value)
        case Failure.TERMINAL_BUSY | Failure.TERMINAL_OFFLINE | Failure.TERMINAL_UNKNOWN:
            return DeclineReason(answer.failure.value)
        case Failure.UNKNOWN_REFERENCE | Failure.AMOUNT_REFUSED | Failure.REJECTED | None:
            return DeclineReason.REJECTED
