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


class EndReason(StrEnum):
    """What ended a session. Cancelled stands for a session that never began."""

    TOKEN_MATCHED = "token_matched"
    EV_DISCONNECTED = "ev_disconnected"
    LIMIT = "limit"
    OPERATOR = "operator"
    FAULT = "fault"
    RESERVATION_EXPIRED = "reservation_expired"
    CANCELLED = "cancelled"
