"""Why something did not happen, or ended: in words that a charger can show and a person on call knows."""

from __future__ import annotations

from enum import StrEnum


class DeclineReason(StrEnum):
    """Why there is no hold, in words a charger can show."""

    DECLINED = "declined"
    INSUFFICIENT_FUNDS = "insufficient_funds"
    PIN_REQUIRED = "pin_required"
    CANCELLED = "cancelled"
    TIMED_OUT = "timed_out"
    TERMINAL_BUSY = "terminal_busy"
    TERMINAL_OFFLINE = "terminal_offline"
    TERMINAL_UNKNOWN = "terminal_unknown"
    PROVIDER_UNAVAILABLE = "provider_unavailable"
    SESSION_KNOWN = "session_known"
    CLOCK_OFF = "clock_off"
    HOLD_TOO_SMALL = "hold_too_small"
    CARD_NOT_IDENTIFIED = "card_not_identified"
    TARIFF_NOT_VALID = "tariff_not_valid"
    TARIFF_UNKNOWN = "tariff_unknown"
    HOLD_NOT_STATED = "hold_not_stated"
    REJECTED = "rejected"


class NoMatchReason(StrEnum):
    """Why nothing is stopped. `no_session` says only that: never whose sessions there are."""

    NO_SESSION = "no_session"
    CANCELLED = "cancelled"
    TIMED_OUT = "timed_out"
    TERMINAL_BUSY = "terminal_busy"
    TERMINAL_OFFLINE = "terminal_offline"
    TERMINAL_UNKNOWN = "terminal_unknown"
    PROVIDER_UNAVAILABLE = "provider_unavailable"
    CARD_NOT_READ = "card_not_read"
    JUST_STARTED = "just_started"
    TOO_MANY_TAPS = "too_many_taps"


class EndReason(StrEnum):
    """What ended a session. Cancelled stands for a session that never began, other for a reason we have no word for.

    Stale is a session that nobody ended in time, hold_expiring one that was billed by its last reading just before its
    hold ran out, settled one of which a person has said what is owed.
    """

    TOKEN_MATCHED = "token_matched"
    EV_DISCONNECTED = "ev_disconnected"
    LIMIT = "limit"
    OPERATOR = "operator"
    FAULT = "fault"
    RESERVATION_EXPIRED = "reservation_expired"
    CANCELLED = "cancelled"
    OTHER = "other"
    STALE = "stale"
    HOLD_EXPIRING = "hold_expiring"
    SETTLED = "settled"


class Doubt(StrEnum):
    """Why a session is disputed: what was measured or found is not believed, or contradicts what stands."""

    IMPLAUSIBLE_TIME = "implausible_time"
    IMPLAUSIBLE_ENERGY = "implausible_energy"
    CANNOT_BE_PRICED = "cannot_be_priced"
    CONTRADICTING_END = "contradicting_end"
    CHARGED_WITHOUT_HOLD = "charged_without_hold"
    STALE = "stale"
    OVERCHARGED = "overcharged"
    TAKEN_BY_HAND = "taken_by_hand"
    RELEASED_BY_HAND = "released_by_hand"
