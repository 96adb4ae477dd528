"""What a credit note says, whoever shows it: what went back to the driver of what a receipt says was taken."""

from __future__ import annotations

from decimal import Decimal
from typing import Literal

from receipts.receipt import LocalMoment, Receipt
from tapwatt.facts.bill import VatShare
from tapwatt.facts.fields import FactPart
from tapwatt.money import Money, NotNegative, Positive
from tapwatt.tariffs import Dimension


class CreditLine(FactPart):
    """What is credited of one line of the bill, in minor units."""

    what: Dimension | Literal["ADJUSTMENT"]
    vat_percent: Decimal | None = None
    incl_vat: Money


class Credited(FactPart):
    """One refund that is credited."""

    refund_id: str
    refund_reference: str
    amount: Positive
    refunded_at: LocalMoment | None = None
    reason: str = ""


class CreditNote(FactPart):
    """What went back of one session's money, with the receipt that it is about. Amounts are what the driver gets.

    amount = the sum of `refunds` = taken_too_much + the sum of `lines` = taken_too_much + the sum of `vat`;
    back_in_all = back_before + amount; receipt.taken = back_in_all + kept.
    """

    receipt: Receipt
    refunds: tuple[Credited, ...]
    amount: Positive
    taken_too_much: NotNegative
    lines: tuple[CreditLine, ...]
    vat: tuple[VatShare, ...]
    back_before: NotNegative
    back_in_all: Positive
    kept: NotNegative

    @property
    def issued_at(self) -> LocalMoment | None:
        """When the last of it went back; when the receipt was issued where nobody said that."""
        moments = [one.refunded_at for one in self.refunds if one.refunded_at is not None]
        return max(moments, key=lambda one: one.utc, default=self.receipt.issued_at)
