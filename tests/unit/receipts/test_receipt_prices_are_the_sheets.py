"""A driver can compare: a receipt's unit price is the one that the sheet showed, to the last digit."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st
from tests.unit.pricing.engine.price_cases import AMSTERDAM, NINE, element, parked, period, price, tariff
from tests.unit.receipts.receipt_facts_made import captured, priced

from pricing.sheet.amounts import shown
from pricing.sheet.make import price_sheet
from receipts.layout import lay_out
from receipts.make import make_receipt

PRICES = st.decimals(Decimal("0.01"), 9, places=4).map(str)
RATES = st.sampled_from([None, "9", "21", "5.5"])


@given(PRICES, PRICES, PRICES, PRICES, RATES, st.sampled_from(["YES", "NO", "N/A"]))
def test_what_the_sheet_showed_stands_on_the_receipt(
    energy: str, time: str, parking: str, fee: str, vat: str | None, included: str
) -> None:
    # given a tariff with all four dimensions, and its sheet
    components = (("ENERGY", energy, vat), ("TIME", time, vat), ("PARKING_TIME", parking, vat), ("FLAT", fee, vat))
    what = tariff(element(*components), tax_included=included)
    sheet = price_sheet(what, NINE, AMSTERDAM)
    rows = (sheet.per_kwh, sheet.per_minute, sheet.per_idle_minute, sheet.per_session)
    # when a session is billed, then each unit price is that of the sheet
    bill = price(what, [period(0, 60, "20000"), parked(60, 90)], AMSTERDAM)
    fact = priced(bill.lines, vat=bill.vat, owed_excl_vat=bill.taxable)
    said = [
        one.unit_price.removesuffix("/kWh").removesuffix("/min")
        for one in lay_out(make_receipt(fact, captured(fact))).charges
    ]
    assert sorted(said) == sorted(
        f"{'' if found.exact else 'about '}{found.amount:,f}" for found in (shown(row[0].amount, "EUR") for row in rows)
    )
