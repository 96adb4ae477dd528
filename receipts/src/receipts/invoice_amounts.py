"""The amounts of a bill as EN 16931 wants them on an invoice: each rule to the cent, and what is to be paid the same.

On a bill an amount before VAT is what is owed less its VAT. At 21 % about one amount in six has no such part that the
rate, rounded, brings back to it (0.03 is none: 0.02 has no VAT and 0.03 has 0.01). There the VAT stays what it is on
the bill, the taxable amount is the nearest that has this VAT by BR-CO-17, and what that adds is taken off again as the
rounding amount (BT-114). No invoice may differ from its receipt in VAT or in what was paid.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from receipts.receipt import ReceiptLine
from tapwatt.facts.bill import PriceLine, VatShare

_HALF = Fraction(1, 2)


@dataclass(frozen=True, slots=True)
class TaxedAt:
    """A VAT breakdown (BG-23) in minor units: taxable amount (BT-116), VAT (BT-117), rate in percent (BT-119)."""

    percent: Decimal | None
    taxable: int
    vat: int


@dataclass(frozen=True, slots=True)
class InvoiceAmounts:
    """All amounts of an invoice, in minor units. `line_net` is BT-131 of each line of the bill, in its order."""

    line_net: tuple[int, ...]
    taxed: tuple[TaxedAt, ...]
    rounding: int
    due: int

    @property
    def net(self) -> int:
        """BT-106 and BT-109: there are no allowances or charges on the whole."""
        return sum(self.line_net)

    @property
    def vat(self) -> int:
        """BT-110."""
        return sum(one.vat for one in self.taxed)

    @property
    def with_vat(self) -> int:
        """BT-112."""
        return self.net + self.vat


def invoice_amounts(lines: Sequence[PriceLine | ReceiptLine], shares: Sequence[VatShare], owed: int) -> InvoiceAmounts:
    """The amounts for these lines and this VAT summary, of which so many minor units are owed (BT-115)."""
    nets = [line.excl_vat.minor for line in lines]
    taxed = []
    for share in shares:
        taxable = _nearest(share.excl_vat.minor, share.vat.minor, share.percent)
        taxed.append(TaxedAt(share.percent, taxable, share.vat.minor))
        of_it = [number for number, line in enumerate(lines) if line.vat_percent == share.percent]
        largest = max(of_it, key=lambda number: abs(nets[number]))
        nets[largest] += taxable - sum(nets[number] for number in of_it)
    with_vat = sum(nets) + sum(one.vat for one in taxed)
    return InvoiceAmounts(tuple(nets), tuple(taxed), owed - with_vat, owed)


def vat_on(taxable: int, percent: Decimal | None) -> int:
    """The VAT on an amount before VAT, both in minor units, rounded half up (BR-CO-17)."""
    exact = abs(taxable) * Fraction(percent or 0) / 100
    return int(exact + _HALF) * (1 if taxable >= 0 else -1)


def _nearest(taxable: int, vat: int, percent: Decimal | None) -> int:
    """The amount nearest to this one that has this VAT; itself where no rate applies."""
    if not percent or vat_on(taxable, percent) == vat:
        return taxable
    rate = Fraction(percent) / 100
    least, above = (vat - _HALF) / rate, (vat + _HALF) / rate
    return -int(-least // 1) if taxable < least else -int(-above // 1) - 1
