"""The simulated provider's ledger as an account for reconciliation: every movement of its journal."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from tapwatt.money import Money
from tapwatt_cli.ops.ledger_page import UnreadableLedger
from tapwatt_watch.reconciliation.movements import Kind, Movement, Statement

SOURCE = "simulator's ledger"

_KINDS = {
    "hold": Kind.HOLD,
    "capture": Kind.CAPTURE,
    "release": Kind.RELEASE,
    "reversal": Kind.RELEASE,
    "refund": Kind.REFUND,
    "chargeback": Kind.CHARGEBACK,
}


class _Line(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


class _Transaction(_Line):
    reference: str
    order_reference: str = ""


class _Entry(_Line):
    at: Annotated[int, Field(ge=0, le=7 * 10**12)]
    hold: str
    reference: str
    kind: str
    amount: Annotated[int, Field(strict=True)]
    currency: str


class _Ledger(_Line):
    transactions: tuple[_Transaction, ...]
    journal: tuple[_Entry, ...]


def ledger_statement(page: object, now: datetime) -> Statement:
    """The account in the simulator's GET /admin/ledger, as it is now. UnreadableLedger where it is none."""
    try:
        books = _Ledger.model_validate(page)
        order_of = {one.reference: one.order_reference for one in books.transactions}
        movements = tuple(_movement(one, order_of.get(one.hold, "")) for one in books.journal)
    except (ValidationError, KeyError, ValueError) as error:
        raise UnreadableLedger(f"the ledger cannot be read: {str(error).splitlines()[0]}") from None
    return Statement(SOURCE, movements, frozenset(Kind), now)


def _movement(one: _Entry, session: str) -> Movement:
    kind = _KINDS[one.kind]
    reference = one.hold if kind is Kind.RELEASE else one.reference
    amount = Money(minor=one.amount, currency=one.currency.upper())
    return Movement(kind, reference, amount, datetime.fromtimestamp(one.at / 1000, UTC), session, one.hold)
