"""Invoices and credit notes, in UBL and CII, hold to the published rules of EN 16931 and say what the receipt says."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from xml.etree import ElementTree

import pytest
from tests.property.bills_of_every_kind import bills
from tests.unit.receipts.published_rules import Broken, rules_for_cii, rules_for_ubl
from tests.unit.receipts.receipt_facts_made import captured, line, money, priced

from receipts.catalogue import languages
from receipts.cii import cii
from receipts.crediting import make_credit_note
from receipts.invoice import Invoice, Parties, credit_note_of, invoice_of
from receipts.make import NoReceipt, make_receipt
from receipts.receipt import Merchant, Receipt
from receipts.ubl import ubl
from tapwatt.facts.bill import LineTerms, VatShare
from tapwatt.facts.events import Refunded
from tapwatt.money import Money

SELLER = Merchant(
    name="Voorbeeld Laden B.V.",
    address=("Stationsplein 1", "3511 ED Utrecht"),
    vat_number="NL123456789B01",
    country="NL",
)
BUYER = Merchant(name="Kunde & Söhne GmbH", address=("Weg 1", "Haus B", "10115 Berlin"), country="DE")
PARTIES = Parties(SELLER, BUYER)
DAY = date(2026, 3, 30)
MANY = 40


@pytest.fixture(scope="module")
def by_ubl() -> Iterator[Broken]:
    with rules_for_ubl() as rules:
        yield rules


@pytest.fixture(scope="module")
def by_cii() -> Iterator[Broken]:
    with rules_for_cii() as rules:
        yield rules


def receipts() -> Iterator[Receipt]:
    for one in bills(MANY):
        if one.bill.incl_vat:
            fact = priced(one.bill.lines, held=10**6, vat=one.bill.vat, owed_excl_vat=one.bill.taxable)
            yield make_receipt(fact, captured(fact))


def refunded(minor: int, currency: str = "EUR") -> Refunded:
    amount = Money(minor=minor, currency=currency)
    return Refunded(operator_id="NL-TWT", session_id="s-1", refund_id="r", refund_reference="R", amount=amount)


def texts(document: str, name: str) -> list[str]:
    return [one.text or "" for one in ElementTree.fromstring(document).findall(f".//{{*}}{name}")]


def documents() -> Iterator[Invoice]:
    for number, receipt in enumerate(receipts()):
        language = languages()[number % len(languages())]
        yield invoice_of(receipt, PARTIES, f"2026-{number}", DAY, language)
        note = make_credit_note(receipt, [refunded(max(1, receipt.owed.minor // 3))])
        yield credit_note_of(note, PARTIES, f"C-{number}", f"2026-{number}", DAY, language)


def of_three_cents() -> Invoice:
    """0.03 has 0.01 of 21 % VAT in it, and no amount before VAT comes to it: 0.03 + 0.01 - 0.01."""
    share = VatShare(percent=Decimal(21), excl_vat=money(2), vat=money(1), incl_vat=money(3))
    fact = priced([line(3, 2)], vat=[share])
    return invoice_of(make_receipt(fact, captured(fact)), PARTIES, "1", DAY)


def test_in_ubl_invoices_and_credit_notes_of_mixed_bills_break_no_published_rule(by_ubl: Broken) -> None:
    for document in documents():
        assert by_ubl(ubl(document)) == []


def test_in_cii_invoices_and_credit_notes_of_mixed_bills_break_no_published_rule(by_cii: Broken) -> None:
    for document in documents():
        assert by_cii(cii(document)) == []


def test_in_ubl_a_rule_that_is_broken_would_be_found(by_ubl: Broken) -> None:
    invoice = ubl(next(documents()))
    assert "BR-09" in by_ubl(invoice.replace("IdentificationCode>NL<", "IdentificationCode><", 1))
    # and its amounts, by a cent
    assert "BR-CO-15" in by_ubl(off_by_a_cent(invoice, "TaxInclusiveAmount"))
    # and its structure
    assert by_ubl(invoice.replace("cbc:IssueDate", "cbc:IssuedDate"))


def test_in_cii_a_rule_that_is_broken_would_be_found(by_cii: Broken) -> None:
    invoice = cii(next(documents()))
    assert any("BR-09" in one for one in by_cii(invoice.replace("CountryID>NL<", "CountryID><", 1)))
    assert any("BR-CO-15" in one for one in by_cii(off_by_a_cent(invoice, "GrandTotalAmount")))
    assert by_cii(invoice.replace("ram:LineOne", "ram:LineFirst"))


def off_by_a_cent(document: str, name: str) -> str:
    [said] = texts(document, name)
    return document.replace(f"{name}>{said}<", f"{name}>{Decimal(said) + Decimal('0.01')}<").replace(
        f'{name} currencyID="EUR">{said}<', f'{name} currencyID="EUR">{Decimal(said) + Decimal("0.01")}<'
    )


def test_where_nothing_comes_to_what_is_owed_the_difference_is_its_rounding_amount(
    by_ubl: Broken, by_cii: Broken
) -> None:
    invoice = of_three_cents()
    assert by_ubl(ubl(invoice)) == by_cii(cii(invoice)) == []
    names = ("TaxableAmount", "TaxInclusiveAmount", "PayableRoundingAmount", "PrepaidAmount", "PayableAmount")
    assert {name: texts(ubl(invoice), name) for name in names} == {
        "TaxableAmount": ["0.03"],
        "TaxInclusiveAmount": ["0.04"],
        "PayableRoundingAmount": ["-0.01"],
        "PrepaidAmount": ["0.03"],
        "PayableAmount": ["0.00"],
    }
    names = ("BasisAmount", "GrandTotalAmount", "RoundingAmount", "TotalPrepaidAmount", "DuePayableAmount")
    assert [texts(cii(invoice), name) for name in names] == [["0.03"], ["0.04"], ["-0.01"], ["0.03"], ["0.00"]]


def test_an_invoice_says_who_and_how_it_was_paid_and_no_card_number() -> None:
    fact = priced()
    document = invoice_of(make_receipt(fact, captured(fact)), PARTIES, "2026-17", DAY, "de")
    invoice = ubl(document)
    assert texts(invoice, "RegistrationName") == ["Voorbeeld Laden B.V.", "Kunde & Söhne GmbH"]
    assert texts(invoice, "AdditionalStreetName") == ["Haus B"]
    assert (texts(invoice, "PaymentID"), texts(invoice, "PrimaryAccountNumberID")) == (["C-2"], ["1234"])
    assert texts(invoice, "Name") == ["Energie", "Grundgebühr"]
    # prices are before VAT, whatever the tariff has
    assert texts(invoice, "PriceAmount") == ["0.45", "0.5"]
    # and in the other syntax the same
    same = cii(document)
    assert texts(same, "Name") == ["Energie", "Grundgebühr", "Voorbeeld Laden B.V.", "Kunde & Söhne GmbH"]
    assert (texts(same, "PaymentReference"), texts(same, "ChargeAmount")) == (["C-2"], ["0.45", "0.5"])
    assert "1234" in texts(same, "ID")
    assert texts(same, "DateTimeString")[0] == "20260330"
    assert len(texts(same, "OccurrenceDateTime/{*}DateTimeString")) == 1


@pytest.mark.parametrize(
    ("held", "parties", "currency", "why"),
    [
        (500, PARTIES, "EUR", "what was taken is not what was owed"),
        (5000, Parties(SELLER.model_copy(update={"vat_number": None}), BUYER), "EUR", "the seller's VAT number"),
        (5000, Parties(SELLER, BUYER.model_copy(update={"country": None})), "EUR", "the buyer's country"),
        (50000, PARTIES, "KWD", "amounts of two decimals, and KWD has 3"),
    ],
)
def test_what_makes_no_invoice_says_why_in_one_sentence(held: int, parties: Parties, currency: str, why: str) -> None:
    fact = priced([line(722, currency=currency)], held=held)
    with pytest.raises(NoReceipt, match=why) as refused:
        invoice_of(make_receipt(fact, captured(fact)), parties, "1", DAY)
    assert len(str(refused.value).splitlines()) == 1


def test_prices_before_taxes_that_nobody_states_make_no_invoice() -> None:
    fact = priced([line(722, terms=LineTerms(tax_unknown=True))])
    with pytest.raises(NoReceipt, match="before taxes that its tariff does not say"):
        invoice_of(make_receipt(fact, captured(fact)), PARTIES, "1", DAY)
