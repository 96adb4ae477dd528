"""What comes of a card at a terminal: approved, approved in part, declined with a code, or PIN required."""

from dataclasses import dataclass
from typing import Literal

from simulator.provider.cards import Card

Entry = Literal["contactless", "contact"]

# ISO 8583 response codes as acquirers commonly give them beside these failures.
RESPONSE_CODES = {
    "insufficient_funds": "51",
    "unsufficient_balance": "51",
    "fraud_detected": "59",
    "card_refused": "05",
    "rejected": "05",
    "processing_error": "96",
}
APPROVED = "00"
APPROVED_IN_PART = "10"


@dataclass(frozen=True)
class Asked:
    """What the terminal asks of the card; amounts in minor units, and none when only a token is wanted."""

    amount: int | None
    partial_allowed: bool
    contactless_limit: int | None
    pin_response_code: str


@dataclass(frozen=True)
class Approved:
    """The hold stands, or (with no amount) the token was read."""

    amount: int | None
    response_code: str


@dataclass(frozen=True)
class Declined:
    """No hold."""

    failure_code: str
    response_code: str
    message: str


def outcome(card: Card, entry: Entry, asked: Asked, at_most: int | None = None) -> Approved | Declined:
    """What the issuer says; `at_most` is a limit in minor units from outside, on top of the card's own."""
    if not card.readable:
        return Declined("card_refused", "05", "Card not readable")
    if asked.amount is None:
        return Approved(None, APPROVED)
    if _needs_pin(card, entry, asked.amount, asked.contactless_limit):
        return Declined("card_refused", asked.pin_response_code, "PIN required: insert the card")
    if card.decline is not None:
        return declined(card.decline, card.response_code)
    limit = min(asked.amount, card.approves_up_to or asked.amount, at_most or asked.amount)
    if limit == asked.amount:
        return Approved(limit, APPROVED)
    if not asked.partial_allowed:
        return declined("insufficient_funds", None)
    return Approved(limit, APPROVED_IN_PART)


def declined(failure_code: str, response_code: str | None) -> Declined:
    """A decline with the response code that usually goes with it."""
    return Declined(failure_code, response_code or RESPONSE_CODES.get(failure_code, "05"), "Declined")


def _needs_pin(card: Card, entry: Entry, amount: int, limit: int | None) -> bool:
    if entry == "contact":
        return False
    if card.pin_rule == "always":
        return True
    return card.pin_rule == "above_limit" and limit is not None and amount > limit
