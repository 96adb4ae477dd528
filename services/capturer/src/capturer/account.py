"""What the provider has done to one hold, whoever asked for it: we, a person at its portal, or the issuer."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from tapwatt.facts.events import SessionPriced
from tapwatt.money import Money
from tapwatt.provider.port import Kind, Status, Transaction


@dataclass(frozen=True, slots=True)
class Account:
    """The transactions about one hold that succeeded, oldest first; `open` are those that are not decided yet.

    A capture that was cancelled at the portal is a reversal of that capture, and gives all of it back.
    """

    captures: tuple[Transaction, ...] = ()
    cancelled: tuple[Transaction, ...] = ()
    releases: tuple[Transaction, ...] = ()
    refunds: tuple[Transaction, ...] = ()
    chargebacks: tuple[Transaction, ...] = ()
    open: tuple[Transaction, ...] = ()

    @property
    def standing(self) -> tuple[Transaction, ...]:
        """The captures that were not cancelled."""
        gone = {one.original_reference for one in self.cancelled}
        return tuple(one for one in self.captures if one.reference not in gone)

    @property
    def taken(self) -> Money | None:
        """What all standing captures took together; None if none stands."""
        return _sum(self.standing)

    def back(self, taken: Money) -> list[Transaction]:
        """What took money back of what was said to be taken, oldest first.

        Refunds, chargebacks, and captures cancelled since; of what was cancelled before, nothing was said to be taken.
        """
        nothing = Money.zero(taken.currency)
        captured = _sum(self.captures) or nothing
        before = captured - taken if taken < captured else nothing
        since = []
        for one in sorted(self.cancelled, key=_when):
            amount = one.amount or nothing
            if amount <= before:
                before = before - amount
            else:
                since.append(one)
        return sorted((*self.refunds, *self.chargebacks, *since), key=_when)

    def given_back(self, taken: Money, until: Transaction | None = None) -> Money:
        """What went back of what was said to be taken; up to this transaction, with it, if one is given."""
        back = [one for one in self.back(taken) if until is None or _when(one) <= _when(until)]
        return _sum(back) or Money.zero(taken.currency)

    def open_refunds(self, currency: str) -> Money:
        """What may yet go back: refunds that the provider has not decided."""
        open_ = [one for one in self.open if one.kind is Kind.REFUND]
        return sum((one.amount or one.asked or Money.zero(currency) for one in open_), Money.zero(currency))


def order_of(priced: SessionPriced) -> str:
    """Under which order the provider keeps a session's hold; one of the first days has the session's id alone."""
    return priced.hold.order_reference or priced.session_id


def account_of(hold_reference: str, every: Iterable[Transaction]) -> Account:
    """The account of this hold, of all that the provider tells about its order."""
    told = [one for one in every if one.kind not in (Kind.AUTHORISE, Kind.TOKEN)]
    ours = {one.reference for one in told if one.kind is Kind.CAPTURE and one.original_reference == hold_reference}
    about = [one for one in told if one.original_reference == hold_reference or one.original_reference in ours]
    done = [one for one in about if one.status is Status.SUCCESS]

    def of(kind: Kind) -> tuple[Transaction, ...]:
        return tuple(one for one in done if one.kind is kind)

    reversals = of(Kind.REVERSAL)
    return Account(
        captures=of(Kind.CAPTURE),
        cancelled=tuple(one for one in reversals if one.original_reference in ours),
        releases=tuple(one for one in reversals if one.original_reference == hold_reference),
        refunds=of(Kind.REFUND),
        chargebacks=of(Kind.CHARGEBACK),
        open=tuple(one for one in about if one.status in (Status.PENDING, Status.MANUAL)),
    )


def _when(one: Transaction) -> tuple[datetime, str]:
    """In which order: the provider's own, so that whoever looks, and whenever, finds the same one."""
    return one.final_at or one.created_at or datetime.min.replace(tzinfo=UTC), one.reference


def _sum(some: Iterable[Transaction]) -> Money | None:
    amounts = [one.amount for one in some if one.amount is not None]
    return sum(amounts[1:], amounts[0]) if amounts else None
