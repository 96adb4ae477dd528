"""The provider's ledger as the audit reads it: what was really held, taken and let go, whoever says otherwise."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from tapwatt.money import Money
from tapwatt_cli.exit_codes import CannotBeDone


class UnreadableLedger(CannotBeDone):
    """What was given as a ledger is none; the sentence says where."""


@dataclass(frozen=True, slots=True)
class Entry:
    """Something done at the provider. `amount` is the money that moved, or is held; None when none did.

    `kind` is authorise, capture, reversal, release (of a rest, or of an expired hold), refund or chargeback. `done_by`
    names who did it by hand, or the issuer; None for what we asked for.
    """

    reference: str
    kind: str
    status: str
    amount: Money | None = None
    order_reference: str | None = None
    original_reference: str | None = None
    done_by: str | None = None

    @property
    def done(self) -> bool:
        """Whether it succeeded."""
        return self.status == "success"


@dataclass(slots=True)
class Account:
    """One hold in the ledger with everything that was done to it. Sums are in minor units."""

    hold: Entry
    captures: list[Entry] = field(default_factory=list)
    let_go_by: list[Entry] = field(default_factory=list)
    refunds: list[Entry] = field(default_factory=list)
    chargebacks: list[Entry] = field(default_factory=list)

    @property
    def held(self) -> Money | None:
        """What the hold reserved; None if it never stood."""
        return self.hold.amount if self.hold.done else None

    @property
    def currency(self) -> str:
        """The currency that its first known amount is in; EUR when the ledger names no amount at all."""
        every = (self.hold, *self.captures, *self.let_go_by, *self.refunds, *self.chargebacks)
        return next((entry.amount.currency for entry in every if entry.amount is not None), "EUR")

    @property
    def taken(self) -> int:
        """Taken of it, all captures together."""
        return _sum(self.captures)

    @property
    def let_go(self) -> int:
        """No longer reserved, and not taken."""
        return _sum(self.let_go_by)

    @property
    def refunded(self) -> int:
        """Given back."""
        return _sum(self.refunds)

    @property
    def rest(self) -> int:
        """Still reserved."""
        return (self.held.minor if self.held else 0) - self.taken - self.let_go

    @property
    def reversed(self) -> bool:
        """Whether somebody let it go as a whole."""
        return any(entry.kind == "reversal" for entry in self.let_go_by)


def accounts(entries: Iterable[Entry]) -> tuple[dict[str, Account], list[Entry]]:
    """The ledger by hold reference, and what belongs to no hold in it. Only what was done counts."""
    entries = list(entries)
    books = {e.reference: Account(e) for e in entries if e.kind == "authorise"}
    hold_of_capture = {e.reference: e.original_reference for e in entries if e.kind == "capture"}
    strays: list[Entry] = []
    for entry in entries:
        if entry.kind not in ("capture", "reversal", "release", "refund", "chargeback") or not entry.done:
            continue
        origin = entry.original_reference or ""
        book = books.get(origin) or books.get(hold_of_capture.get(origin) or "")
        if book is None:
            strays.append(entry)
        elif entry.kind == "capture":
            book.captures.append(entry)
        elif entry.kind == "refund":
            book.refunds.append(entry)
        elif entry.kind == "chargeback":
            book.chargebacks.append(entry)
        else:
            book.let_go_by.append(entry)
    return books, strays


class _Line(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


class _Transaction(_Line):
    reference: str
    type: str
    status: str
    order_reference: str | None = None
    original_reference: str | None = None
    done_by: str | None = None


class _Movement(_Line):
    hold: str
    reference: str
    kind: str
    amount: Annotated[int, Field(strict=True)]
    currency: str


class _Page(_Line):
    transactions: tuple[_Transaction, ...]
    journal: tuple[_Movement, ...]


_KIND_OF_MOVE = {
    "hold": "authorise",
    "capture": "capture",
    "reversal": "reversal",
    "refund": "refund",
    "chargeback": "chargeback",
}
"""What a movement of money makes of its transaction: the reversal of a capture moves money as a refund does.

A release is an entry of its own.
"""


def read_ledger(page: object) -> list[Entry]:
    """The entries of the simulator's GET /admin/ledger. Amounts come from its journal: money that really moved."""
    try:
        books = _Page.model_validate(page)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or "it"
        raise UnreadableLedger(f"the ledger cannot be read: {where}: {first['msg']}") from None
    moved = {line.reference: line for line in books.journal if line.kind in _KIND_OF_MOVE}
    entries = []
    for one in books.transactions:
        line = moved.get(one.reference)
        amount = Money(minor=line.amount, currency=line.currency.upper()) if line else None
        kind = _KIND_OF_MOVE[line.kind] if line else one.type
        whose = (one.order_reference, one.original_reference, one.done_by)
        entries.append(Entry(one.reference, kind, one.status, amount, *whose))
    for line in books.journal:
        if line.kind == "release":
            amount = Money(minor=line.amount, currency=line.currency.upper())
            entries.append(Entry(line.reference, "release", "success", amount, None, line.hold))
    return entries


def _sum(entries: list[Entry]) -> int:
    return sum(e.amount.minor for e in entries if e.amount is not None)
