"""Whatever was charged and held, a receipt accounts for every minor unit of it."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st
from tests.unit.receipts.receipt_facts_made import captured, line, priced, released

from receipts.crediting import make_credit_note
from receipts.layout import lay_out
from receipts.make import make_receipt
from receipts.page import html_page
from receipts.receipt import Receipt
from receipts.words import LANGUAGES
from tapwatt.facts.events import Refunded
from tapwatt.money import Money

CURRENCIES = st.sampled_from(["EUR", "JPY", "KWD"])
RATES = st.sampled_from([None, Decimal(0), Decimal(9), Decimal("9.0"), Decimal(21), Decimal("5.5")])
LINES = st.lists(st.tuples(st.integers(0, 10**6), st.integers(0, 10**6), RATES), min_size=1, max_size=12)


@given(currency=CURRENCIES, amounts=LINES, held=st.integers(1, 10**7), let_go=st.booleans())
def test_the_vat_summary_adds_up_to_what_was_taken_and_not_charged(
    currency: str, amounts: list[tuple[int, int, Decimal | None]], held: int, let_go: bool
) -> None:
    # given lines at any rates of VAT, against any hold, taken or let go
    lines = [line(excl + (vat if rate else 0), excl, currency, vat_percent=rate) for excl, vat, rate in amounts]
    price = priced(lines, held)
    made = make_receipt(price, released(price) if let_go or not price.owed else captured(price))
    # then the rates are each there once, and add up to what was taken and not charged, with and without VAT
    assert len({one.percent for one in made.vat}) == len(made.vat)
    assert sum(one.incl_vat.minor for one in made.vat) == (made.taken + made.not_charged).minor == made.owed.minor
    assert sum(one.excl_vat.minor for one in made.vat) == price.owed_excl_vat.minor
    assert all(one.excl_vat + one.vat == one.incl_vat for one in made.vat)
    # and nothing of the hold is lost
    assert made.taken + made.released == made.held
    # and it can be read back
    assert Receipt.model_validate_json(made.model_dump_json()) == made


@given(amounts=LINES, why=st.text(max_size=80), language=st.sampled_from(list(LANGUAGES)))
def test_every_receipt_can_be_drawn(amounts: list[tuple[int, int, Decimal | None]], why: str, language: str) -> None:
    lines = [line(excl + (vat if rate else 0), excl, vat_percent=rate, why=why) for excl, vat, rate in amounts]
    price = priced(lines)
    made = make_receipt(price, captured(price) if price.owed else released(price))
    assert lay_out(made, language).total in html_page(made, language)


@given(currency=CURRENCIES, amounts=LINES, parts=st.lists(st.integers(1, 10**7), min_size=1, max_size=5))
def test_s20_credit_notes_never_credit_more_than_the_bill_and_all_together_exactly_it(
    currency: str, amounts: list[tuple[int, int, Decimal | None]], parts: list[int]
) -> None:
    # given any bill that was taken whole, given back in any parts, down to nothing left
    lines = [line(excl + (vat if rate else 0), excl, currency, vat_percent=rate) for excl, vat, rate in amounts]
    price = priced(lines, held=10**9)
    if not price.owed:
        return
    receipt, left, refunds = make_receipt(price, captured(price)), price.owed.minor, []
    for number, part in enumerate([*parts, price.owed.minor]):
        if amount := min(part, left):
            left -= amount
            refunds.append(_refunded(number, Money(minor=amount, currency=currency)))
    notes = [make_credit_note(receipt, refunds, one.refund_id) for one in refunds]
    # then each note adds up, takes no line or tax below nothing, and all together they are the bill
    for note, one in zip(notes, refunds, strict=True):
        assert sum(share.incl_vat.minor for share in note.vat) == one.amount.minor == note.amount.minor
        assert sum(each.incl_vat.minor for each in note.lines) == one.amount.minor
        assert all(min(share.excl_vat.minor, share.vat.minor) >= 0 for share in note.vat)
        assert all(each.incl_vat.minor > 0 for each in note.lines)
        assert note.back_in_all + note.kept == receipt.taken
    assert make_credit_note(receipt, refunds).vat == tuple(share for share in receipt.vat if share.incl_vat)


def _refunded(number: int, amount: Money) -> Refunded:
    return Refunded(
        operator_id="NL-TWT", session_id="s-1", refund_id=f"r{number}", refund_reference=f"R-{number}", amount=amount
    )
