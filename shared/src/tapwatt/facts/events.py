"""The facts of a charging session's payment, in the order in which they happen. Read this file first."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from tapwatt.facts.adding_up import bill_adds_up, whole_reading
from tapwatt.facts.bill import CardSlip, PriceLine, VatShare
from tapwatt.facts.cards import Card
from tapwatt.facts.fact import Fact
from tapwatt.facts.fields import (
    ChargingPeriod,
    Energy,
    Hold,
    IdleGrace,
    Moment,
    Name,
    Place,
    Text,
    TimeZone,
)
from tapwatt.facts.ids import offer
from tapwatt.facts.reasons import DeclineReason, EndReason, NoMatchReason
from tapwatt.money import NotNegative, Positive, Rounding
from tapwatt.tariffs import ShownTariff, Tariff, TariffRef


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


class SessionRequested(Fact):
    """A driver wants to charge at this EVSE, under this tariff: reserve this much, or what the tariff asks for."""

    name = "SessionRequested"

    session_id: Name
    place: Place
    hold: Positive | None = None
    tariff: ShownTariff | None = None
    tariff_ref: TariffRef | None = None
    idle_grace_s: IdleGrace = 0
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
    idle_grace_s: IdleGrace = 0
    time_zone: TimeZone


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
    """Somebody wants to stop at this terminal; without `evse_ids` it reaches the sessions that were opened at it."""

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
        whole_reading(self.periods, self.started_at, self.ended_at, self.energy_wh)
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
        bill_adds_up(self.owed, self.hold.amount.currency, self.lines, self.vat)
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


FACTS: tuple[type[Fact], ...] = tuple(Fact.__subclasses__())
"""All of them, in the order of the story."""
