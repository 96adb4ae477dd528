"""The facts of a charging session's payment, in the order in which they happen. Read this file first."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StrictBool, model_validator

from tapwatt.facts.adding_up import bill_adds_up, money_back_adds_up, settlement_adds_up
from tapwatt.facts.bill import CardSlip, PriceLine, VatShare
from tapwatt.facts.cards import Card
from tapwatt.facts.fact import Fact
from tapwatt.facts.fields import (
    MOST_PERIODS,
    Energy,
    Hold,
    IdleGrace,
    Measured,
    MeterEnergy,
    MeterPeriod,
    MeterPeriods,
    Moment,
    Name,
    Place,
    Text,
    TimeZone,
)
from tapwatt.facts.ids import offer, refund_name
from tapwatt.facts.reasons import DeclineReason, Doubt, EndReason, NoMatchReason
from tapwatt.facts.signed_data import SignedData
from tapwatt.facts.stop_reasons import StopReason, in_our_words
from tapwatt.money import NotNegative, Positive, Rounding
from tapwatt.tariffs import ShownTariff, Tariff, TariffRef

Notes = Annotated[tuple[Text, ...], Field(max_length=50)]
"""What had to be understood, each in a sentence."""


class TariffPublished(Fact):
    """An operator offers this tariff; a request may name it by id and version. A version never changes."""

    name = "TariffPublished"
    said_by = ("fleet",)
    keyed_by = "offer"

    operator_id: Name
    tariff_version: Name
    tariff: Tariff
    published_at: Moment

    @property
    def offer(self) -> str:
        """What a compacted topic keeps one record of: operator/tariff/version."""
        return offer(self.operator_id, self.tariff.id, self.tariff_version)

    @property
    def identity(self) -> str:
        """The offer names its operator already."""
        return self.offer


class SessionRequested(Fact):
    """A driver wants to charge at this EVSE, under this tariff: reserve this much, or what the tariff asks for.

    An operator gives each session a name of its own, which must not come again for 45 days (a setting). A request
    under a known name with another place, hold or tariff, or long after the first, is declined: session_known. That
    refuses the request; the session that has the name goes on.
    """

    name = "SessionRequested"
    said_by = ("fleet",)

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
    """The hold stands; the tariff as it is frozen for this session.

    `warn_at` is when its fleet is told that the hold runs out (HoldExpiring), unless the session is settled before.
    """

    name = "Authorised"
    said_by = ("authoriser",)

    session_id: Name
    place: Place
    hold: Hold
    card: Card
    tariff: Tariff
    tariff_version: Name | None = None
    idle_grace_s: IdleGrace = 0
    time_zone: TimeZone
    notes: Notes = ()
    warn_at: Moment | None = None


class AuthorisationDeclined(Fact):
    """There is no hold, and the car must not charge.

    Without `outcome_known` the driver was not kept waiting for what became of it: what is held later is let go.
    """

    name = "AuthorisationDeclined"
    said_by = ("authoriser",)

    session_id: Name
    place: Place
    reason: DeclineReason
    detail: Text = ""
    outcome_known: StrictBool = True

    @property
    def of_its_session(self) -> bool:
        """A request under the name of another session is refused; that session goes on."""
        return self.reason is not DeclineReason.SESSION_KNOWN


class SessionCancelled(Fact):
    """Charging never started."""

    name = "SessionCancelled"
    said_by = ("fleet",)

    operator_id: Name | None = None
    session_id: Name
    reason: Literal["never_started", "driver", "operator", "fault"]
    cancelled_at: Moment


class StopRequested(Fact):
    """Somebody wants to stop at this terminal; without `evse_ids` it reaches the sessions that were opened at it."""

    name = "StopRequested"
    said_by = ("fleet",)
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
    said_by = ("token-matcher",)

    operator_id: Name | None = None
    session_id: Name
    stop_id: Name
    terminal_id: Name
    evse_id: Name
    matched_by: Literal["par", "card", "web"]


class TokenNotMatched(Fact):
    """No session here for this card."""

    name = "TokenNotMatched"
    said_by = ("token-matcher",)
    keyed_by = "terminal_id"

    operator_id: Name | None = None
    stop_id: Name
    terminal_id: Name
    reason: NoMatchReason


class TokenAmbiguous(Fact):
    """Several sessions here for this card: the driver picks one of these EVSEs."""

    name = "TokenAmbiguous"
    said_by = ("token-matcher",)
    keyed_by = "terminal_id"

    operator_id: Name | None = None
    stop_id: Name
    terminal_id: Name
    evse_ids: Annotated[tuple[Name, ...], Field(min_length=2)]


class MeterRead(Fact):
    """What the meter shows while a session goes on, all of it from the beginning; the latest replaces the others.

    A fleet need not say it. Where nobody says in time how a session ended, it is billed by its last reading: before
    its hold runs out, or when it is stale. Without `periods` all of the time is one of charging. Every quarter of an
    hour is often enough.
    """

    name = "MeterRead"
    said_by = ("fleet",)
    replaces_earlier = True

    operator_id: Name
    session_id: Name
    started_at: Moment
    read_at: Moment
    energy_wh: MeterEnergy
    periods: Annotated[tuple[MeterPeriod, ...], Field(max_length=MOST_PERIODS)] = ()


class ChargingEnded(Fact):
    """Energy has stopped and the meter's word is final. Periods are in order and do not overlap.

    What rounding explains is understood and noted in SessionPriced; what is further off, or contradicts a price that
    was said, is disputed. `reason` is a word of ours or OCPP's; another is `other`, and `reason_said` keeps it.
    `signed_data` is what the meter has signed, where it signs: it goes to the receipt and no price depends on it.
    """

    name = "ChargingEnded"
    said_by = ("fleet",)

    operator_id: Name | None = None
    session_id: Name
    reason: StopReason
    reason_said: Text = ""
    started_at: Moment
    ended_at: Moment
    energy_wh: MeterEnergy
    periods: MeterPeriods
    signed_data: SignedData | None = None
    _in_our_words = in_our_words


class SessionPriced(Fact):
    """What is owed, line by line, with the hold it is owed against. Nothing owed is a price of zero.

    `owed_excl_vat` is what is owed less the VAT in it, rate by rate. `total_excl_vat` is OCPI's total before VAT, which
    is rounded on its own and may be another one (docs/pricing.md); a bill of the first days has none. `signed_data` is
    that of the charger's word that is priced.
    """

    name = "SessionPriced"
    said_by = ("tariff",)

    session_id: Name
    place: Place
    hold: Hold
    owed: NotNegative
    owed_excl_vat: NotNegative
    total_excl_vat: NotNegative | None = None
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
    notes: Notes = ()
    signed_data: SignedData | None = None

    @model_validator(mode="after")
    def _adds_up(self) -> SessionPriced:
        """What is owed is in the hold's currency, and the sum of the lines and of the VAT summary, if there is one."""
        bill_adds_up(self.owed, self.hold.amount.currency, self.lines, self.vat)
        return self


class Captured(Fact):
    """What was taken, what was let go, and what fell short or was too much.

    held = taken + released; owed + overcharge = taken + shortfall. `taken_by` is "by_hand" where a person took it at
    the provider's portal.
    """

    name = "Captured"
    said_by = ("capturer",)

    session_id: Name
    place: Place
    hold_reference: str
    capture_reference: str
    held: Positive
    taken: Positive
    released: NotNegative
    shortfall: NotNegative
    owed: NotNegative | None = None
    overcharge: NotNegative | None = None
    taken_by: Literal["tapwatt", "by_hand"] = "tapwatt"
    captured_at: Moment | None = None
    card: CardSlip | None = None

    @model_validator(mode="after")
    def _adds_up(self) -> Captured:
        """All amounts are in one currency and add up so."""
        settlement_adds_up(self.held, self.taken, self.released, self.shortfall, self.owed, self.overcharge)
        return self


class HoldReleased(Fact):
    """The whole hold is let go: nothing was owed, or too little to take, or a person let it go at the provider.

    `waived` is what was owed and not taken.
    """

    name = "HoldReleased"
    said_by = ("capturer",)

    session_id: Name
    place: Place
    hold_reference: str
    released: Positive
    waived: NotNegative
    reason: Literal["nothing_owed", "below_minimum", "by_hand"]


class CaptureFailed(Fact):
    """The provider definitively refused; this stays uncollected."""

    name = "CaptureFailed"
    said_by = ("capturer",)

    session_id: Name
    place: Place
    hold_reference: str
    uncollected: NotNegative
    reason: Literal["expired", "refused", "unknown_hold"]
    detail: Text = ""


class HoldExpiring(Fact):
    """The hold runs out at this time: stop charging before it, and say how the session ended."""

    name = "HoldExpiring"
    said_by = ("authoriser",)

    session_id: Name
    place: Place
    expires_at: Moment
    hold_reference: str | None = None
    held: Positive | None = None


class SessionStale(Fact):
    """Nothing was heard of this session until its deadline, and nobody has ended it: `policy` says what follows.

    `release`: it is billed by its last reading, and its hold let go where there is none. `person`: it is left to one.
    """

    name = "SessionStale"
    said_by = ("tariff",)

    session_id: Name
    place: Place
    hold: Hold
    deadline: Moment
    policy: Literal["release", "person"]


class SessionDisputed(Fact):
    """What was measured or found is not believed, or contradicts what stands. Whoever `settled_by` names may settle it.

    `stated` is what would be owed by the word that is doubted, `stands` what was priced or taken, in minor units.
    """

    name = "SessionDisputed"
    said_by = ("tariff", "capturer")

    operator_id: Name
    session_id: Name
    doubt: Doubt
    why: Text
    place: Place | None = None
    hold: Hold | None = None
    measured: Measured | None = None
    stated: NotNegative | None = None
    stands: NotNegative | None = None
    settled_by: Annotated[tuple[Literal["fleet", "operator"], ...], Field(max_length=2)] = ()


class SettlementDecided(Fact):
    """A person says what is owed for a session: take this much of its hold, or let it go where that is nothing."""

    name = "SettlementDecided"
    said_by = ("operator",)

    operator_id: Name
    session_id: Name
    decision_id: Name
    amount: NotNegative
    decided_by: Annotated[str, Field(min_length=1, max_length=100)]
    reason: Text = ""
    decided_at: Moment


class RefundRequested(Fact):
    """An operator wants money to go back to the driver: this much of what was taken, once for each refund_id."""

    name = "RefundRequested"
    said_by = ("operator",)

    operator_id: Name | None = None
    session_id: Name
    refund_id: Name
    capture_reference: str | None = None
    amount: Positive
    reason: Text = ""
    requested_by: Annotated[str, Field(max_length=100)] = ""

    @property
    def identity(self) -> str | None:
        """operator/session/refund: each refund is one thing, and stands alone."""
        return refund_name(self.operator_id, self.session_id, self.refund_id)


class Refunded(Fact):
    """Money went back to the driver; taken - refunded >= 0.

    `by_hand`: nobody asked us for it; a person gave it back at the provider's portal, or the provider did by itself.
    CCV tells of a refund what it is and never who made it, so `provider` is not said today.
    """

    name = "Refunded"
    said_by = ("capturer",)

    operator_id: Name | None = None
    session_id: Name
    refund_id: Name
    refund_reference: str
    amount: Positive
    taken: Positive | None = None
    refunded_in_all: Positive | None = None
    by: Literal["operator", "provider", "by_hand"] = "operator"
    refunded_at: Moment | None = None
    reason: Text = ""

    @property
    def identity(self) -> str | None:
        """operator/session/refund: each refund is one thing, and stands alone."""
        return refund_name(self.operator_id, self.session_id, self.refund_id)

    @model_validator(mode="after")
    def _adds_up(self) -> Refunded:
        """All amounts are in one currency; amount <= refunded_in_all <= taken."""
        money_back_adds_up(self.amount, self.taken, self.refunded_in_all)
        return self


class RefundFailed(Fact):
    """Money did not go back: more was asked for than was taken, or the provider definitively refused."""

    name = "RefundFailed"
    said_by = ("capturer",)

    operator_id: Name | None = None
    session_id: Name
    refund_id: Name
    amount: Positive
    reason: Literal["more_than_taken", "nothing_taken", "another_refund", "refused"] = "refused"
    detail: Text = ""

    @property
    def identity(self) -> str | None:
        """operator/session/refund: each refund is one thing, and stands alone."""
        return refund_name(self.operator_id, self.session_id, self.refund_id)


class ChargedBack(Fact):
    """The driver's bank has taken money back from the operator; a person may contest it at the provider."""

    name = "ChargedBack"
    said_by = ("capturer",)

    operator_id: Name
    session_id: Name
    capture_reference: str
    chargeback_reference: str
    amount: Positive
    charged_back_at: Moment | None = None


class EventRejected(Fact):
    """An event of yours was not taken: which, why in one sentence, and what to do. It stands in the dead letters, too.

    `rejected_key`, `rejected_id`, `rejected_type` and `rejected_source` are as the event had them, where they could be
    read; `stood_at` is topic/partition/offset.
    """

    name = "EventRejected"
    keyed_by = "rejected_key"
    said_by = ("authoriser", "token-matcher", "tariff", "capturer")

    rejected_key: Text = ""
    rejected_id: Text = ""
    rejected_type: Text = ""
    rejected_source: Text = ""
    stood_at: Text
    why: Annotated[str, Field(max_length=1000)]
    what_to_do: Text


FACTS: tuple[type[Fact], ...] = tuple(Fact.__subclasses__())
"""All of them, in the order of the story."""
