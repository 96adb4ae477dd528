"""Decides which session a tapped card may stop: the one that this card opened here, never a guess."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from tapwatt.errors import OutcomeUnknown
from tapwatt.facts.cards import Card, same_card
from tapwatt.facts.events import (
    Authorised,
    Captured,
    CaptureFailed,
    HoldReleased,
    StopRequested,
    TokenAmbiguous,
    TokenMatched,
    TokenNotMatched,
)
from tapwatt.facts.ids import idempotency_reference
from tapwatt.facts.reasons import NoMatchReason
from tapwatt.provider.port import Failure, ReadTokenRequest, Status, Transaction

Heard = StopRequested | Authorised | Captured | HoldReleased | CaptureFailed
Said = TokenMatched | TokenNotMatched | TokenAmbiguous


@dataclass(frozen=True, slots=True)
class OpenSession:
    """A session that a card of this operator and site opened. `claimed_by` is the stop that already stops it."""

    session_id: str
    terminal_id: str
    evse_id: str
    authorised_at: datetime
    card: Card
    claimed_by: str | None = None


@dataclass(frozen=True, slots=True)
class Presented:
    """A card that was read, and when, by the provider's clock; None if it does not say."""

    card: Card
    at: datetime | None = None


def stop_name(operator_id: str, stop_id: str) -> str:
    """A stop's name, unique over operators: operator/stop. Neither has a slash in it."""
    return f"{operator_id}/{stop_id}"


def ask(stop: StopRequested) -> ReadTokenRequest:
    """The card to read. The provider heeds no reference of a card read: the order tells what was read for a stop."""
    return ReadTokenRequest(
        idempotency_reference=idempotency_reference("token", stop_name(stop.operator_id, stop.stop_id)),
        order_reference=f"stop:{stop_name(stop.operator_id, stop.stop_id)}",
        terminal_id=stop.terminal_id,
    )


def telling(reads: Sequence[Transaction]) -> Transaction | None:
    """The one that counts of all card reads of one stop; None if there are none.

    That is the card presented last, whatever else failed or still waits; then that the driver pressed cancel; then a
    read that still waits; then the last that says why there is none. That the terminal was busy counts least: another
    read of this stop may have kept it so.
    """
    ranked = sorted(reads, key=_counts)  # of equals, the one told last stays last
    return ranked[-1] if ranked else None


def read(stop: StopRequested, answer: Transaction, presentation: timedelta) -> Presented | TokenNotMatched:
    """The card that was presented and when, or why none was."""
    match answer.status:
        case Status.PENDING:
            raise OutcomeUnknown(f"card read {answer.reference} of stop {stop.stop_id} is still pending")
        case Status.SUCCESS if answer.card is not None:
            return Presented(answer.card, answer.final_at)
        case Status.SUCCESS | Status.MANUAL:
            return not_matched(stop, NoMatchReason.CARD_NOT_READ)
        case Status.FAILED:
            return not_matched(stop, _why(answer, presentation))


def decide(
    stop: StopRequested, presented: Presented, sessions: Sequence[OpenSession], debounce: timedelta = timedelta(0)
) -> Said:
    """One session of this card within reach is stopped; of several, the driver picks. Never two, never another's.

    A session that began less than `debounce` before the tap, or after it, is not stopped by it: the card is still on
    the reader. Nor is then any other that it opened: who left it there meant none of them.
    """
    card = presented.card
    found = [s for s in sessions if _in_reach(stop, s) and same_card(s.card, card)]
    mine = [s for s in found if s.claimed_by == stop.stop_id]
    free = [s for s in found if s.claimed_by is None]
    match mine or free or found:
        case []:
            return not_matched(stop, NoMatchReason.NO_SESSION)
        case [one]:
            return _unless_just_started(stop, presented, one, debounce)
        case several:
            evses = tuple(sorted({s.evse_id for s in several}))
            if len(evses) == 1:  # an EVSE charges one car at a time: the latest session on it is the one that runs
                return _unless_just_started(stop, presented, max(several, key=_age), debounce)
            return TokenAmbiguous(
                operator_id=stop.operator_id, stop_id=stop.stop_id, terminal_id=stop.terminal_id, evse_ids=evses
            )


def not_matched(stop: StopRequested, reason: NoMatchReason) -> TokenNotMatched:
    """Nothing is stopped, and why."""
    return TokenNotMatched(
        operator_id=stop.operator_id, stop_id=stop.stop_id, terminal_id=stop.terminal_id, reason=reason
    )


def _matched(stop: StopRequested, card: Card, session: OpenSession) -> TokenMatched:
    kind = same_card(session.card, card)
    assert kind is not None
    return TokenMatched(
        operator_id=stop.operator_id,
        session_id=session.session_id,
        stop_id=stop.stop_id,
        terminal_id=stop.terminal_id,
        evse_id=session.evse_id,
        matched_by=kind.value,
    )


def _unless_just_started(stop: StopRequested, presented: Presented, one: OpenSession, debounce: timedelta) -> Said:
    if one.claimed_by != stop.stop_id and _just_started(one, presented.at, debounce):
        return not_matched(stop, NoMatchReason.JUST_STARTED)
    return _matched(stop, presented.card, one)


def _just_started(session: OpenSession, tapped_at: datetime | None, debounce: timedelta) -> bool:
    """Both times are the provider's, so no clock of ours or a fleet's counts."""
    return tapped_at is not None and tapped_at - session.authorised_at < debounce


def _age(session: OpenSession) -> tuple[datetime, str]:
    return session.authorised_at, session.session_id


def _in_reach(stop: StopRequested, session: OpenSession) -> bool:
    """A terminal reaches the EVSEs it serves or, where it does not say which, the sessions that were opened at it."""
    if stop.evse_id is not None and session.evse_id != stop.evse_id:
        return False
    if stop.evse_ids:
        return session.evse_id in stop.evse_ids
    return session.terminal_id == stop.terminal_id


def _counts(one: Transaction) -> tuple[int, datetime]:
    return _rank(one), one.final_at or one.created_at or datetime.min.replace(tzinfo=UTC)


def _rank(one: Transaction) -> int:
    match one.status, one.failure:
        case Status.SUCCESS, _:
            return 5 if one.card is None else 6
        case Status.FAILED, Failure.CANCELLED:
            return 4
        case Status.PENDING, _:
            return 3
        case Status.MANUAL, _:
            return 2
        case Status.FAILED, Failure.TERMINAL_BUSY:
            return 0
        case Status.FAILED, _:
            return 1


def _why(answer: Transaction, presentation: timedelta) -> NoMatchReason:
    match answer.failure:
        case Failure.CANCELLED:
            return NoMatchReason.TIMED_OUT if answer.took >= presentation else NoMatchReason.CANCELLED
        case Failure.EXPIRED:
            return NoMatchReason.TIMED_OUT
        case Failure.TERMINAL_BUSY | Failure.TERMINAL_OFFLINE | Failure.TERMINAL_UNKNOWN:
            return NoMatchReason(answer.failure.value)
        case Failure.DECLINED | Failure.INSUFFICIENT_FUNDS | Failure.PIN_REQUIRED:
            return NoMatchReason.CARD_NOT_READ
        case Failure.UNKNOWN_REFERENCE | Failure.AMOUNT_REFUSED | Failure.REJECTED | None:
            return NoMatchReason.CARD_NOT_READ
