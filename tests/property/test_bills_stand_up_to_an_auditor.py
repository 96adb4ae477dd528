"""EN 16931 on 10,000 bills of mixed rates, with prices before and with VAT: no rule is broken, by no cent."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from fractions import Fraction

import pytest
from tests.property.bills_of_every_kind import Billed, bills

from receipts.invoice_amounts import InvoiceAmounts, invoice_amounts, vat_on
from tapwatt.facts.bill import VatShare

MANY = 10_000


@pytest.fixture(scope="module")
def billed() -> list[Billed]:
    return list(bills(MANY))


def test_the_vat_of_each_rate_is_the_one_in_what_is_owed_at_it(billed: list[Billed]) -> None:
    # given 10,000 bills, when their VAT is worked out again from what is owed at each rate, then it is the same
    shares = [share for one in billed for share in one.bill.vat]
    assert len(shares) > MANY
    assert [share for share in shares if share.vat.minor != _vat_in(share)] == []
    # and where an amount before VAT exists that comes to what is owed, the other way gives it, too
    reached = [share for share in shares if _can_be_reached(share)]
    assert len(reached) > MANY
    assert [s for s in reached if vat_on(s.excl_vat.minor, s.percent) != s.vat.minor] == []


def test_no_rule_of_en_16931_is_broken(billed: list[Billed]) -> None:
    # given 10,000 bills, when each is written as an invoice
    broken: Counter[str] = Counter()
    for one in billed:
        amounts = invoice_amounts(one.bill.lines, one.bill.vat, one.bill.incl_vat.minor)
        broken.update(_broken(one, amounts))
        # then the VAT is the bill's, and rounding moves at most a cent for each rate
        assert amounts.vat == sum(share.vat.minor for share in one.bill.vat)
        assert abs(amounts.rounding) <= len(one.bill.vat)
    # and none of the rules is broken
    assert broken == {}


def test_the_same_fee_is_the_same_cents_on_every_bill(billed: list[Billed]) -> None:
    # given the bills that have a fee and something measured at its rate to take what is left over
    for one in billed:
        gross = one.tariff.tax_included == "YES"
        for fee in (line for line in one.bill.lines if line.dimension == "FLAT"):
            others = [line for line in one.bill.lines if line.vat_percent == fee.vat_percent and line is not fee]
            if any(line.quantity and line.unit_price * line.quantity >= 1 for line in others):
                # then the fee is what the tariff says, on the side on which the tariff says it
                assert (fee.incl_vat if gross else fee.excl_vat).major == fee.unit_price


def _vat_in(share: VatShare) -> int:
    percent = Fraction(share.percent or 0)
    return int(share.incl_vat.minor * percent / (100 + percent) + Fraction(1, 2))


def _can_be_reached(share: VatShare) -> bool:
    near = range(max(share.excl_vat.minor - 2, 0), share.excl_vat.minor + 3)
    return any(net + vat_on(net, share.percent) == share.incl_vat.minor for net in near)


def _broken(one: Billed, amounts: InvoiceAmounts) -> Iterator[str]:
    """The rules that an invoice with these amounts breaks, each to the cent."""
    taxed, rates = amounts.taxed, [line.vat_percent for line in one.bill.lines]
    net, vat = sum(amounts.line_net), sum(breakdown.vat for breakdown in taxed)
    if net != sum(breakdown.taxable for breakdown in taxed):
        yield "BR-CO-10, BR-CO-13"
    if (amounts.net, amounts.vat, amounts.with_vat) != (net, vat, net + vat):
        yield "BR-CO-14, BR-CO-15"
    if not amounts.due == one.bill.incl_vat.minor == net + vat + amounts.rounding:
        yield "BR-CO-16"
    if {breakdown.percent for breakdown in taxed} != set(rates) or len(taxed) != len(set(rates)):
        yield "BR-CO-18"
    for breakdown in taxed:
        at_it = [part for part, rate in zip(amounts.line_net, rates, strict=True) if rate == breakdown.percent]
        if breakdown.taxable != sum(at_it):
            yield "BR-S-08"
        if breakdown.vat != vat_on(breakdown.taxable, breakdown.percent):
            yield "BR-CO-17, BR-S-09"
