"""What a terminal payment provider can be asked to do, whoever it is, and what it answers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

from tapwatt.errors import NeedsHuman, OutcomeUnknown
from tapwatt.facts.bill import CardSlip
from tapwatt.facts.cards import Card
from tapwatt.facts.ids import anew, idempotency_reference
from tapwatt.money import Money


class Kind(StrEnum):
    """What a transaction at the provider does."""

    AUTHORISE = "authorise"
    TOKEN = "token"
    CAPTURE = "capture"
    REVERSAL = "reversal"
    REFUND = "refund"
    CHARGEBACK = "chargeback"
    """Told by the provider and never asked for: the issuer took money back for its cardholder."""


class Status(StrEnum):
    """Where a transaction stands. MANUAL is neither success nor failure: only the provider's helpdesk knows."""

    PENDING = "pending"
    SUCCESS = "success"
    FAILED = "failed"
    MANUAL = "manual"


class Failure(StrEnum):
    """Why a transaction failed, in the provider-neutral words that the cores decide on."""

    DECLINED = "declined"
    INSUFFICIENT_FUNDS = "insufficient_funds"
    PIN_REQUIRED = "pin_required"
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    TERMINAL_BUSY = "terminal_busy"
    TERMINAL_OFFLINE = "terminal_offline"
    TERMINAL_UNKNOWN = "terminal_unknown"
    UNKNOWN_REFERENCE = "unknown_reference"
    AMOUNT_REFUSED = "amount_refused"
    REJECTED = "rejected"


@dataclass(frozen=True, slots=True)
class Transaction:
    """A transaction as the provider tells it. `amount` is what was really done, `asked` what we asked for.

    `slip` is told of a capture that succeeded, `card` of a hold or a card read: a masked card number and a fingerprint
    of the same card never stand together (PCI DSS 3.5.1). `brand` is told of a hold that succeeded: the scheme's or
    the product's name as the terminal writes it, by which no card is known.
    """

    reference: str
    kind: Kind
    status: Status
    order_reference: str | None = None
    original_reference: str | None = None
    asked: Money | None = None
    amount: Money | None = None
    failure: Failure | None = None
    detail: str = ""
    card: Card | None = None
    brand: str | None = None
    slip: CardSlip | None = None
    created_at: datetime | None = None
    final_at: datetime | None = None
    cancel_url: str | None = None

    @property
    def took(self) -> timedelta:
        """How long the driver and the provider took, by the provider's clock alone; nothing where it does not say."""
        if self.created_at is None or self.final_at is None:
            return timedelta(0)
        return self.final_at - self.created_at

    @property
    def final(self) -> bool:
        """Whether the provider has made up its mind."""
        return self.status is not Status.PENDING


@dataclass(frozen=True, slots=True)
class AuthoriseRequest:
    """Reserve this amount on the card that a driver presents at this terminal, and say which card it was."""

    idempotency_reference: str
    order_reference: str
    terminal_id: str
    amount: Money
    description: str
    language: str = "en"


@dataclass(frozen=True, slots=True)
class ReadTokenRequest:
    """Say which card a driver presents at this terminal; no money moves."""

    idempotency_reference: str
    order_reference: str
    terminal_id: str
    language: str = "en"


@dataclass(frozen=True, slots=True)
class CaptureRequest:
    """Take this amount of a hold; never more than it holds."""

    idempotency_reference: str
    hold_reference: str
    amount: Money


@dataclass(frozen=True, slots=True)
class ReversalRequest:
    """Let the whole hold go (or what is left of it after a capture, where the provider wants to be asked)."""

    idempotency_reference: str
    hold_reference: str

    @classmethod
    def of(cls, hold_reference: str, tries: int = 0) -> ReversalRequest:
        """The same whoever asks, so that a hold is let go once; another one after each of so many refusals for good."""
        return cls(idempotency_reference("release", anew(hold_reference, tries)), hold_reference)


@dataclass(frozen=True, slots=True)
class RefundRequest:
    """Give this amount of a capture back to the card."""

    idempotency_reference: str
    capture_reference: str
    amount: Money


AtTerminal = AuthoriseRequest | ReadTokenRequest
"""What a driver answers with a card."""

FollowUp = CaptureRequest | ReversalRequest | RefundRequest
"""What is done with a hold, or with what was captured of it; no card is needed."""

Request = AtTerminal | FollowUp
KIND_OF: dict[type[Request], Kind] = {
    AuthoriseRequest: Kind.AUTHORISE,
    ReadTokenRequest: Kind.TOKEN,
    CaptureRequest: Kind.CAPTURE,
    ReversalRequest: Kind.REVERSAL,
    RefundRequest: Kind.REFUND,
}


def succeeded(answer: Transaction, session_id: str) -> bool:
    """Whether it succeeded for good. OutcomeUnknown while it is pending, NeedsHuman where only the helpdesk knows."""
    match answer.status:
        case Status.SUCCESS:
            return True
        case Status.FAILED:
            return False
        case Status.PENDING:
            raise OutcomeUnknown(f"{answer.kind} {answer.reference} of session {session_id} is still pending")
        case Status.MANUAL:
            raise NeedsHuman(
                f"{answer.kind} {answer.reference} of session {session_id} needs manual intervention: "
                "call the provider's helpdesk with this reference, then replay this event"
            )


class Provider(Protocol):
    """Every verb raises Unavailable (nothing happened), OutcomeUnknown (ask first), BadCredentials or BrokenInvariant.

    A refusal is no exception: it is a transaction with status FAILED. The same idempotency reference with the same
    content may be sent any number of times and is done once, except a card read: each time it is sent is another read.
    """

    async def authorise(self, ask: AuthoriseRequest) -> Transaction:
        """Begin a hold; usually pending until a driver has presented a card."""
        ...

    async def read_token(self, ask: ReadTokenRequest) -> Transaction:
        """Begin reading a card; usually pending until a driver has presented one. Sent again, it is read again."""
        ...

    async def capture(self, ask: CaptureRequest) -> Transaction:
        """Take money of a hold."""
        ...

    async def reverse(self, ask: ReversalRequest) -> Transaction:
        """Let a hold go."""
        ...

    async def refund(self, ask: RefundRequest) -> Transaction:
        """Give money of a capture back."""
        ...

    async def status(self, reference: str) -> Transaction | None:
        """The transaction with this reference, or None if the provider knows none."""
        ...

    async def find(self, order_reference: str) -> list[Transaction]:
        """Every transaction that belongs to this order reference: none, one or many, oldest first.

        Also what a person did by hand at the provider, what the issuer did, and what the provider did by itself.
        """
        ...

    async def slip(self, hold_reference: str) -> CardSlip | None:
        """What a receipt shows of the card of this hold, and nothing by which the card is known (PCI DSS 3.5.1).

        None if the provider knows no such hold, or tells nothing of its card.
        """
        ...

    async def cancel(self, pending: Transaction) -> None:
        """Ask for a pending terminal transaction to be cancelled. Whether it was is told by its status only."""
        ...

    async def aclose(self) -> None:
        """Close the connections."""
        ...
