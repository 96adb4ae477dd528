"""A credit note says which lines and taxes go back with a refund, to the cent, in every language."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any
from xml.etree import ElementTree

import pytest
from babel.numbers import get_decimal_symbol
from tests.unit.receipts.receipt_facts_made import MORNING, captured, money, priced

from receipts.catalogue import locale
from receipts.credit_words import CREDIT_WORDS
from receipts.crediting import make_credit_note, split
from receipts.make import NoReceipt, make_receipt
from receipts.page import html_page, laid_out
from receipts.words import LANGUAGES
from tapwatt.facts.events import Refunded

PRICED = priced()  # 6.72 of energy with 21 % VAT, and a fee of 0.50 without
RECEIPT = make_receipt(PRICED, captured(PRICED))


def refunded(minor: int, number: int = 1, **changes: Any) -> Refunded:
    given: dict[str, Any] = {
        "operator_id": "NL-TWT",
        "session_id": "s-1",
        "refund_id": f"r{number}",
        "refund_reference": f"R-{number}",
        "amount": money(minor),
        "refunded_at": MORNING + timedelta(days=number),
        "reason": "cable was <broken>",
    }
    return Refunded(**{**given, **changes})


def test_s20_a_full_refund_credits_the_bill_as_it_was() -> None:
    note = make_credit_note(RECEIPT, [refunded(722)])
    assert [(line.what, line.incl_vat) for line in note.lines] == [("ENERGY", money(672)), ("FLAT", money(50))]
    assert note.vat == RECEIPT.vat
    assert (note.amount, note.kept, note.back_before) == (money(722), money(0), money(0))


def test_s20_a_note_is_issued_when_its_last_refund_went_back() -> None:
    late, early = refunded(100, 2), refunded(100, 1)
    note = make_credit_note(RECEIPT, [late, early])
    assert note.issued_at is not None
    assert note.issued_at.utc == late.refunded_at
    assert "Issued" in html_page(note)
    told = make_credit_note(RECEIPT, [refunded(100, refunded_at=None)])
    assert told.issued_at == RECEIPT.issued_at


def test_s20_a_part_is_shared_over_rates_and_lines_in_proportion() -> None:
    note = make_credit_note(RECEIPT, [refunded(361)])
    assert [line.incl_vat for line in note.lines] == [money(336), money(25)]
    assert [(one.percent, one.excl_vat, one.vat, one.incl_vat) for one in note.vat] == [
        (Decimal(21), money(278), money(58), money(336)),
        (None, money(25), money(0), money(25)),
    ]
    assert note.kept == money(361)


def test_s20_several_refunds_are_a_note_each_or_one_together() -> None:
    refunds = [refunded(100, 1), refunded(200, 2), refunded(422, 3)]
    each = [make_credit_note(RECEIPT, refunds, f"r{number}") for number in (1, 2, 3)]
    together = make_credit_note(RECEIPT, [*refunds, refunds[0]])
    assert [note.back_before.minor for note in each] == [0, 100, 300]
    assert together.vat == RECEIPT.vat
    for position, share in enumerate(RECEIPT.vat):
        assert sum(note.vat[position].vat.minor for note in each) == share.vat.minor


def test_s40_what_was_taken_too_much_goes_back_first_and_bears_no_vat() -> None:
    # given a person who took 10.00 at the portal where 7.22 was owed
    took = captured(PRICED, taken=money(1000), released=money(4000), owed=money(722), overcharge=money(278))
    receipt = make_receipt(PRICED, took)
    assert receipt.taken_too_much == money(278)
    # then the difference is credited beside the bill
    note = make_credit_note(receipt, [refunded(278)])
    assert (note.taken_too_much, note.lines, note.vat, note.kept) == (money(278), (), (), money(722))
    assert "Taken in excess" in html_page(receipt)


@pytest.mark.parametrize(
    ("refunds", "refund_id", "why"),
    [
        ([], None, "nothing of it went back"),
        ([refunded(1)], "r9", "no refund r9 of it went back"),
        ([refunded(723)], None, "7.22 EUR was taken, and 7.23 EUR went back"),
        ([refunded(1, amount=money(1, "JPY"))], None, "refunds are in JPY"),
    ],
)
def test_what_makes_no_credit_note_is_refused_in_one_sentence(
    refunds: list[Refunded], refund_id: str | None, why: str
) -> None:
    with pytest.raises(NoReceipt, match=f"session s-1 has no credit note: .*{why}"):
        make_credit_note(RECEIPT, refunds, refund_id)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_page_says_everything_in_its_language_and_takes_nothing_for_markup(language: str) -> None:
    words = CREDIT_WORDS[language]
    took = captured(PRICED, taken=money(1000), released=money(4000), owed=money(722), overcharge=money(278))
    note = make_credit_note(make_receipt(PRICED, took), [refunded(100), refunded(400, 2)], "r2")
    page = html_page(note, language)
    root = ElementTree.fromstring(page)
    shown = {text.strip() for text in root.itertext() if text.strip()}
    said = {name: getattr(words, name) for name in words.__slots__}
    assert {name for name, word in said.items() if word not in shown | {words.credited}} == set()
    assert "cable was <broken>" in shown
    assert words.credit_note in page.partition("</title>")[0]
    assert LANGUAGES[language].quantity not in shown


@pytest.mark.parametrize("language", LANGUAGES)
def test_s20_each_refund_of_several_stands_by_itself_with_its_amount_and_currency(language: str) -> None:
    words = CREDIT_WORDS[language]
    several = laid_out(make_credit_note(RECEIPT, [refunded(100), refunded(200, 2, reason="")]), language)
    mark = get_decimal_symbol(locale(language))
    assert [refund[0].text for refund in several.refunds] == [
        f"r1: 1{mark}00\N{NO-BREAK SPACE}EUR",
        f"r2: 2{mark}00\N{NO-BREAK SPACE}EUR",
    ]
    assert [one.name for one in several.refunds[0]] == [words.refund, words.reference, words.reason, words.went_back]
    assert [one.name for one in several.refunds[1]] == [words.refund, words.reference, words.went_back]
    [alone] = laid_out(make_credit_note(RECEIPT, [refunded(100)]), language).refunds
    assert alone[0].text == "r1"
    assert laid_out(RECEIPT, language).refunds == ()


def test_each_language_has_every_word_of_its_own() -> None:
    assert CREDIT_WORDS.keys() == LANGUAGES.keys()
    for words in CREDIT_WORDS.values():
        assert all(getattr(words, name) for name in words.__slots__)


def test_shares_go_to_the_largest_remainders() -> None:
    assert split(10, [1, 1, 1]) == [4, 3, 3]
    assert split(5, [0, 0]) == [0, 0]
