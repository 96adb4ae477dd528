"""The facts of a charging session's payment, in the order in which they happen. Read this file first."""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum
from typing import Annotated, ClassVar, Literal

from pydantic import Field, model_validator

from tapwatt.facts.bill import CardSlip, PriceLine, VatShare
from tapwatt.facts.cards import Card
from tapwatt.facts.fields import Energy, FactPart, Moment, Name, Text, TimeZone
from tapwatt.money import NotNegative, Positive, Rounding
from tapwatt.tariffs import ShownTariff, Tariff, TariffRef

Grace = Annotated[int, Field(ge=0, le=86400)]
"""How long a car may stay once energy has stopped before PARKING_TIME counts, in seconds."""


class Fact(FactPart):
    """Something that has happened. `name` is its type, `keyed_by` the field that Kafka orders it by."""

    name: ClassVar[str]
    version: ClassVar[int] = 1
    keyed_by: ClassVar[str] = "session_id"

    @property
    def key(self) -> str:
        """The Kafka key: facts with the same key are read in the order they were said."""
        return str(getattr(self, self.keyed_by))


class Place(FactPart):
    """Where it happens. A card is matched only within one operator and site."""

    operator_id: Name
    site_id: Name
    terminal_id: Name
    evse_id: Name


class Hold(FactPart):
    """Money reserved at the provider, until it is taken, let go, or runs out."""

    reference: Annotated[str, Field(min_length=1, max_length=255)]
    amount: Positive
    authorised_at: Moment
    expires_at: Moment


class TariffPublished(Fact):
    """An operator offers this tariff; a request may name it by id and version. A version never changes."""

    name = "TariffPublished"
    keyed_by = "offer"

    operator_id: Name
    tariff_version: Name
    tariff: Tariff
    published_at: Moment

    @property
    def offer(self) -> str:
        """What a compacted topic keeps one record of: operator/tariff/version."""
        return offer(self.operator_id, self.tariff.id, self.tariff_version)


def offer(operator_id: str, tariff_id: str, version: str) -> str:
    """How an operator's tariff is named in one word. Neither an operator nor a version has a slash in it."""
    return f"{operator_id}/{tariff_id}/{version}"


class SessionRequested(Fact):
    """A driver wants to charge at this EVSE, under this tariff: reserve this much, or what the tariff asks for."""

    name = "SessionRequested"

    session_id: Name
    place: Place
    hold: Positive | None = None
    tariff: ShownTariff | None = None
    tariff_ref: TariffRef | None = None
    idle_grace_s: Grace = 0
    time_zone: TimeZone
    requested_at: Moment
    language: Annotated[str, Field(pattern=r"^[a-z]{2}$")] = "en"


class Authorised(Fact):
    """The hold stands; the tariff as it is frozen for this session."""

    name = "Authorised"

    session_id: Name
    place: Place
    hold: Hold
    card: Card
    tariff: Tariff
    tariff_version: Name | None = None
    idle_grace_s: Grace = 0
    time_zone: TimeZone


class DeclineReason(StrEnum):
    """Why there is no hold, in words a charger can show."""

    DECLINED = "declined"
    INSUFFICIENT_FUNDS = "insufficient_funds"
    PIN_REQUIRED = "pin_required"
    CANCELLED = "cancelled"
    TIMED_OUT = "timed_out"
    TERMINAL_BUSY = "terminal_busy"
    TERMINAL_OFFLINE = "terminal_offline"
    HOLD_TOO_SMALL = "hold_too_small"
    CARD_NOT_IDENTIFIED = "card_not_identified"
    TARIFF_NOT_VALID = "tariff_not_valid"
    TARIFF_UNKNOWN = "tariff_unknown"
    HOLD_NOT_STATED = "hold_not_stated"
    REJECTED = "rejected"


class AuthorisationDeclined(Fact):
    """There is no hold, and the car must not charge."""

    name = "AuthorisationDeclined"

    session_id: Name
    place: Place
    reason: DeclineReason
    detail: Text = ""


class SessionCancelled(Fact):
    """Charging never started."""

    name = "SessionCancelled"

    session_id: Name
    reason: Literal["never_started", "driver", "operator", "fault"]
    cancelled_at: Moment


class StopRequested(Fact):
    """Somebody wants to stop at this terminal; without `evse_ids` it serves the EVSEs it opened sessions for."""

    name = "StopRequested"
    keyed_by = "terminal_id"

    stop_id: Name
    operator_id: Name
    site_id: Name
    terminal_id: Name
    evse_ids: Annotated[tuple[Name, ...], Field(max_length=256)] = ()
    evse_id: Name | None = None
    requested_at: Moment


class TokenMatched(Fact):
    """This card opened this session: stop it."""

    name = "TokenMatched"

    session_id: Name
    stop_id: Name
    terminal_id: Name
    evse_id: Name
    matched_by: Literal["par", "card", "web"]


class NoMatchReason(StrEnum):
    """Why nothing is stopped. `no_session` says only that: never whose sessions there are."""

    NO_SESSION = "no_session"
    CANCELLED = "cancelled"
    TIMED_OUT = "timed_out"
    TERMINAL_BUSY = "terminal_busy"
    TERMINAL_OFFLINE = "terminal_offline"
    CARD_NOT_READ = "card_not_read"


class TokenNotMatched(Fact):
    """No session here for this card."""

    name = "TokenNotMatched"
    keyed_by = "terminal_id"

    stop_id: Name
    terminal_id: Name
    reason: NoMatchReason


class TokenAmbiguous(Fact):
    """Several sessions here for this card: the driver picks one of these EVSEs."""

    name = "TokenAmbiguous"
    keyed_by = "terminal_id"

    stop_id: Name
    terminal_id: Name
    evse_ids: Annotated[tuple[Name, ...], Field(min_length=2)]


class EndReason(StrEnum):
    """What ended a session. Cancelled stands for a session that never began."""

    TOKEN_MATCHED = "token_matched"
    EV_DISCONNECTED = "ev_disconnected"
    LIMIT = "limit"
    OPERATOR = "operator"
    FAULT = "fault"
    RESERVATION_EXPIRED = "reservation_expired"
    CANCELLED = "cancelled"


Measured = Annotated[Decimal, Field(ge=0, le=10**9, max_digits=18, decimal_places=6, allow_inf_nan=False)]
"""A current in A or a power in W, as it was measured."""


class ChargingPeriod(FactPart):
    """A stretch of a session in which one thing went on: energy in Wh, current in A, power in W."""

    starts_at: Moment
    ends_at: Moment
    energy_wh: Energy = Decimal(0)
    activity: Literal["charging", "parked", "reserved"] = "charging"
    min_current_a: Measured | None = None
    max_current_a: Measured | None = None
    min_power_w: Measured | None = None
    max_power_w: Measured | None = None


class ChargingEnded(Fact):
    """Energy has stopped and the meter's word is final. Periods are in order and do not overlap."""

    name = "ChargingEnded"

    session_id: Name
    reason: EndReason
    started_at: Moment
    ended_at: Moment
    energy_wh: Energy
    periods: Annotated[tuple[ChargingPeriod, ...], Field(min_length=1, max_length=2000)]

    @model_validator(mode="after")
    def _whole_reading(self) -> ChargingEnded:
        end = self.started_at
        for number, period in enumerate(self.periods):
            if period.starts_at < end or period.ends_at < period.starts_at:
                raise ValueError(f"periods[{number}] begins before the one before it ended, or ends before it begins")
            end = period.ends_at
        if end > self.ended_at:
            raise ValueError(f"the last period ends at {end.isoformat()}, after the session ended")
        measured = sum((p.energy_wh for p in self.periods), Decimal(0))
        if measured != self.energy_wh:
            raise ValueError(
                f"the periods add up to {measured} Wh and the session says {self.energy_wh} Wh: a partial reading"
            )
        return self


class SessionPriced(Fact):
    """What is owed, line by line, with the hold it is owed against. Nothing owed is a price of zero."""

    name = "SessionPriced"

    session_id: Name
    place: Place
    hold: Hold
    owed: NotNegative
    owed_excl_vat: NotNegative
    energy_wh: Energy
    ended_because: EndReason
    tariff_id: str
    tariff_version: Name | None = None
    started_at: Moment | None = None
    ended_at: Moment | None = None
    time_zone: TimeZone | None = None
    lines: tuple[PriceLine, ...] = ()
    vat: tuple[VatShare, ...] = ()
    rounding: Rounding | None = None

    @model_validator(mode="after")
    def _adds_up(self) -> SessionPriced:
        if self.owed.currency != self.hold.amount.currency:
            raise ValueError(f"{self.owed} is owed against a hold in {self.hold.amount.currency}")
        if sum(line.incl_vat.minor for line in self.lines) != self.owed.minor:
            raise ValueError(f"the lines do not add up to {self.owed}")
        if self.vat and sum(share.incl_vat.minor for share in self.vat) != self.owed.minor:
            raise ValueError(f"the VAT summary does not add up to {self.owed}")
        return self


class Captured(Fact):
    """What was taken, what was let go, and what fell short. held = taken + released; owed = taken + shortfall."""

    name = "Captured"

    session_id: Name
    place: Place
    hold_reference: str
    capture_reference: str
    held: Positive
    taken: Positive
    released: NotNegative
    shortfall: NotNegative
    captured_at: Moment | None = None
    card: CardSlip | None = None


class HoldReleased(Fact):
    """Nothing was owed, or too little to take: the whole hold is let go. `waived` is what was owed and not taken."""

    name = "HoldReleased"

    session_id: Name
    place: Place
    hold_reference: str
    released: Positive
    waived: NotNegative
    reason: Literal["nothing_owed", "below_minimum"]


class CaptureFailed(Fact):
    """The provider definitively refused; this stays uncollected."""

    name = "CaptureFailed"

    session_id: Name
    place: Place
    hold_reference: str
    uncollected: NotNegative
    reason: Literal["expired", "refused", "unknown_hold"]
    detail: Text = ""


class HoldExpiring(Fact):
    """The hold runs out at this time: stop charging before it."""

    name = "HoldExpiring"

    session_id: Name
    place: Place
    expires_at: Moment


class RefundRequested(Fact):
    """An operator wants money to go back to the driver."""

    name = "RefundRequested"

    session_id: Name
    refund_id: Name
    capture_reference: str
    amount: Positive
    reason: Text = ""


class Refunded(Fact):
    """Money went back to the driver."""

    name = "Refunded"

    session_id: Name
    refund_id: Name
    refund_reference: str
    amount: Positive


class RefundFailed(Fact):
    """The provider definitively refused to give the money back."""

    name = "RefundFailed"

    session_id: Name
    refund_id: Name
    amount: Positive
    detail: Text = ""


FACTS: tuple[type[Fact], ...] = (
    TariffPublished,
    SessionRequested,
    Authorised,
    AuthorisationDeclined,
    SessionCancelled,
    StopRequested,
    TokenMatched,
    TokenNotMatched,
    TokenAmbiguous,
    ChargingEnded,
    SessionPriced,
    Captured,
    HoldReleased,
    CaptureFailed,
    HoldExpiring,
    RefundRequested,
    Refunded,
    RefundFailed,
)
