"""What a fact says, in half a line for whoever reads a session's story: amounts, reasons, times."""

from __future__ import annotations

from tapwatt.facts.events import (
    AuthorisationDeclined,
    Authorised,
    Captured,
    CaptureFailed,
    ChargedBack,
    ChargingEnded,
    EventRejected,
    HoldExpiring,
    HoldReleased,
    MeterRead,
    Refunded,
    RefundFailed,
    RefundRequested,
    SessionCancelled,
    SessionDisputed,
    SessionPriced,
    SessionRequested,
    SessionStale,
    SettlementDecided,
    StopRequested,
    TokenAmbiguous,
    TokenMatched,
    TokenNotMatched,
)
from tapwatt.facts.fact import Fact


def words(fact: Fact) -> str:
    """What it says beside its name. Nothing by which a card is known."""
    return _of_its_beginning(fact) or _of_its_end(fact) or _of_its_money(fact)


def _of_its_beginning(fact: Fact) -> str:
    match fact:
        case SessionRequested():
            held = f"hold {fact.hold}" if fact.hold is not None else "hold as the tariff says"
            return f"{held}, EVSE {fact.place.evse_id}, terminal {fact.place.terminal_id}"
        case Authorised():
            return f"{fact.hold.amount} held until {fact.hold.expires_at:%d %b %H:%M}, hold {fact.hold.reference}"
        case AuthorisationDeclined():
            unknown = "" if fact.outcome_known else ", what is held later is let go"
            return _with(fact.reason, fact.detail) + unknown
        case SessionCancelled():
            return fact.reason
        case StopRequested():
            return f"stop {fact.stop_id} at terminal {fact.terminal_id}"
        case TokenMatched():
            return f"stop {fact.stop_id}: by {fact.matched_by}, EVSE {fact.evse_id}"
        case TokenNotMatched():
            return f"stop {fact.stop_id}: {fact.reason}"
        case TokenAmbiguous():
            return f"stop {fact.stop_id}: the driver picks of {', '.join(fact.evse_ids)}"
        case _:
            return ""


def _of_its_end(fact: Fact) -> str:
    match fact:
        case MeterRead():
            return f"{fact.energy_wh / 1000:f} kWh so far"
        case ChargingEnded():
            return f"{fact.energy_wh / 1000:f} kWh, {fact.reason}, {fact.started_at:%H:%M} to {fact.ended_at:%H:%M}"
        case SessionPriced():
            return f"{fact.owed} owed of {fact.hold.amount} held, {fact.ended_because}"
        case SessionStale():
            return f"nothing was heard until {fact.deadline:%d %b %H:%M}: {fact.policy}"
        case SessionDisputed():
            return _with(fact.doubt, fact.why)
        case SettlementDecided():
            return _with(f"{fact.amount} owed, says {fact.decided_by}", fact.reason)
        case HoldExpiring():
            return f"runs out at {fact.expires_at:%d %b %H:%M}"
        case EventRejected():
            return f"{fact.rejected_type or 'a record'}: {fact.why}"
        case _:
            return ""


def _of_its_money(fact: Fact) -> str:
    match fact:
        case Captured():
            short = f", {fact.shortfall} fell short" if fact.shortfall.minor else ""
            by_hand = ", by hand" if fact.taken_by == "by_hand" else ""
            return f"{fact.taken} taken, {fact.released} let go{short}{by_hand}, capture {fact.capture_reference}"
        case HoldReleased():
            waived = f", {fact.waived} waived" if fact.waived.minor else ""
            return f"{fact.released} let go, {fact.reason}{waived}"
        case CaptureFailed():
            return _with(f"{fact.uncollected} uncollected, {fact.reason}", fact.detail)
        case RefundRequested():
            return _with(f"refund {fact.refund_id}: {fact.amount}, asks {fact.requested_by or 'nobody'}", fact.reason)
        case Refunded():
            return f"refund {fact.refund_id}: {fact.amount} went back, {fact.by}"
        case RefundFailed():
            return _with(f"refund {fact.refund_id}: {fact.amount} did not go back, {fact.reason}", fact.detail)
        case ChargedBack():
            return f"{fact.amount} taken back by the bank, {fact.chargeback_reference}"
        case _:
            return ""


def _with(what: str, why: str) -> str:
    return f"{what}: {why}" if why else str(what)
