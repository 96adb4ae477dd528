"""XRechnung: each rule of its own (BR-DE) that can meet a charging session, asked in both syntaxes; what is missing."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from typing import Any
from xml.etree import ElementTree

import pytest
from pydantic import ValidationError
from tests.unit.receipts.published_rules import Broken, rules_for_cii, rules_for_ubl
from tests.unit.receipts.receipt_facts_made import SLIP, captured, priced
from tests.unit.receipts.test_invoices import receipts, refunded

from receipts.cii import cii
from receipts.crediting import make_credit_note
from receipts.invoice import SPECIFICATION, Invoice, Parties, credit_note_of, invoice_of
from receipts.make import NoReceipt, make_receipt
from receipts.page import html_page
from receipts.receipt import Contact, ElectronicAddress, Merchant
from receipts.ubl import ubl
from receipts.xrechnung import XRECHNUNG, xrechnung_of

DAY = date(2026, 3, 30)
SELLER = Merchant(
    name="Beispiel Laden GmbH",
    address=("Bahnhofsplatz 1",),
    postcode="80335",
    city="München",
    vat_number="DE123456789",
    country="DE",
    contact=Contact(name="Rechnungsstelle", phone="+49 89 123456", email="rechnung@example.com"),
    electronic_address=ElectronicAddress(scheme="EM", address="rechnung@example.com"),
)
BUYER = Merchant(
    name="Stadt Beispiel",
    address=("Rathausplatz 1",),
    postcode="10115",
    city="Berlin",
    country="DE",
    electronic_address=ElectronicAddress(scheme="0204", address="991-01234-44"),
    reference="991-01234-44",
)
PARTIES = Parties(SELLER, BUYER)
_SELLER_IN_UBL = "{*}AccountingSupplierParty/{*}Party/"
_BUYER_IN_UBL = "{*}AccountingCustomerParty/{*}Party/"
_AGREED = "{*}SupplyChainTradeTransaction/{*}ApplicableHeaderTradeAgreement/"
_SETTLED = "{*}SupplyChainTradeTransaction/{*}ApplicableHeaderTradeSettlement/"
_SELLER_IN_CII, _BUYER_IN_CII = f"{_AGREED}{{*}}SellerTradeParty/", f"{_AGREED}{{*}}BuyerTradeParty/"
IN_UBL = {
    "BR-DE-1": "{*}PaymentMeans/{*}PaymentMeansCode",
    "BR-DE-2": f"{_SELLER_IN_UBL}{{*}}Contact",
    "BR-DE-3": f"{_SELLER_IN_UBL}{{*}}PostalAddress/{{*}}CityName",
    "BR-DE-4": f"{_SELLER_IN_UBL}{{*}}PostalAddress/{{*}}PostalZone",
    "BR-DE-5": f"{_SELLER_IN_UBL}{{*}}Contact/{{*}}Name",
    "BR-DE-6": f"{_SELLER_IN_UBL}{{*}}Contact/{{*}}Telephone",
    "BR-DE-7": f"{_SELLER_IN_UBL}{{*}}Contact/{{*}}ElectronicMail",
    "BR-DE-8": f"{_BUYER_IN_UBL}{{*}}PostalAddress/{{*}}CityName",
    "BR-DE-9": f"{_BUYER_IN_UBL}{{*}}PostalAddress/{{*}}PostalZone",
    "BR-DE-14": "{*}TaxTotal/{*}TaxSubtotal/{*}TaxCategory/{*}Percent",
    "BR-DE-15": "{*}BuyerReference",
    "BR-DE-16": f"{_SELLER_IN_UBL}{{*}}PartyTaxScheme/{{*}}CompanyID",
    "BR-DE-21": "{*}CustomizationID",
    "BT-23": "{*}ProfileID",
    "BT-34": f"{_SELLER_IN_UBL}{{*}}EndpointID[@schemeID]",
    "BT-49": f"{_BUYER_IN_UBL}{{*}}EndpointID[@schemeID]",
}
IN_CII = {
    "BR-DE-1": f"{_SETTLED}{{*}}SpecifiedTradeSettlementPaymentMeans/{{*}}TypeCode",
    "BR-DE-2": f"{_SELLER_IN_CII}{{*}}DefinedTradeContact",
    "BR-DE-3": f"{_SELLER_IN_CII}{{*}}PostalTradeAddress/{{*}}CityName",
    "BR-DE-4": f"{_SELLER_IN_CII}{{*}}PostalTradeAddress/{{*}}PostcodeCode",
    "BR-DE-5": f"{_SELLER_IN_CII}{{*}}DefinedTradeContact/{{*}}PersonName",
    "BR-DE-6": f"{_SELLER_IN_CII}{{*}}DefinedTradeContact/{{*}}TelephoneUniversalCommunication/{{*}}CompleteNumber",
    "BR-DE-7": f"{_SELLER_IN_CII}{{*}}DefinedTradeContact/{{*}}EmailURIUniversalCommunication/{{*}}URIID",
    "BR-DE-8": f"{_BUYER_IN_CII}{{*}}PostalTradeAddress/{{*}}CityName",
    "BR-DE-9": f"{_BUYER_IN_CII}{{*}}PostalTradeAddress/{{*}}PostcodeCode",
    "BR-DE-14": f"{_SETTLED}{{*}}ApplicableTradeTax/{{*}}RateApplicablePercent",
    "BR-DE-15": f"{_AGREED}{{*}}BuyerReference",
    "BR-DE-16": f"{_SELLER_IN_CII}{{*}}SpecifiedTaxRegistration/{{*}}ID",
    "BR-DE-21": "{*}ExchangedDocumentContext/{*}GuidelineSpecifiedDocumentContextParameter/{*}ID",
    "BT-23": "{*}ExchangedDocumentContext/{*}BusinessProcessSpecifiedDocumentContextParameter/{*}ID",
    "BT-34": f"{_SELLER_IN_CII}{{*}}URIUniversalCommunication/{{*}}URIID[@schemeID]",
    "BT-49": f"{_BUYER_IN_CII}{{*}}URIUniversalCommunication/{{*}}URIID[@schemeID]",
}
"""Where the rule's field stands: each has to be there, and to say something."""
BOTH = pytest.mark.parametrize(("written", "places"), [(ubl, IN_UBL), (cii, IN_CII)], ids=["ubl", "cii"])


@pytest.fixture(scope="module")
def by_published_rules() -> Iterator[Mapping[Callable[[Invoice], str], Broken]]:
    with rules_for_ubl() as in_ubl, rules_for_cii() as in_cii:
        yield {ubl: in_ubl, cii: in_cii}


def an_xrechnung(parties: Parties = PARTIES) -> Invoice:
    fact = priced()
    return xrechnung_of(invoice_of(make_receipt(fact, captured(fact)), parties, "2026-17", DAY, "de"))


def broken(document: str, places: Mapping[str, str]) -> list[str]:
    """The rules of XRechnung that the document breaks."""
    root = ElementTree.fromstring(document)
    wrong = [rule for rule, place in places.items() if not _all_say_something(root, place)]
    kosit = "urn:cen.eu:en16931:2017#compliant#urn:xeinkauf.de:kosit:xrechnung_3.0"
    if "BR-DE-21" not in wrong and root.findtext(places["BR-DE-21"]) != kosit:
        wrong.append("BR-DE-21")
    cards = root.findall(".//{*}CardAccount") + root.findall(".//{*}ApplicableTradeSettlementFinancialCard")
    if root.findtext(places["BR-DE-1"]) == "48" and not cards:
        wrong.append("BR-DE-24-a")
    if len(re.findall("[0-9]", root.findtext(places["BR-DE-6"]) or "")) < 3:
        wrong.append("BR-DE-27")
    if not re.fullmatch(r"[^@\s]+@([^@.\s]+\.)+[^@.\s]+", root.findtext(places["BR-DE-7"]) or ""):
        wrong.append("BR-DE-28")
    return wrong


def _all_say_something(root: ElementTree.Element, place: str) -> bool:
    found = root.findall(place)
    return bool(found) and all("".join(one.itertext()).strip() for one in found)


@BOTH
def test_no_rule_is_broken_by_invoices_and_credit_notes_of_mixed_bills(
    written: Callable[[Invoice], str],
    places: Mapping[str, str],
    by_published_rules: Mapping[Callable[[Invoice], str], Broken],
) -> None:
    for number, receipt in enumerate(receipts()):
        note = make_credit_note(receipt, [refunded(max(1, receipt.owed.minor // 3))])
        for document in (
            invoice_of(receipt, PARTIES, f"2026-{number}", DAY),
            credit_note_of(note, PARTIES, f"C-{number}", f"2026-{number}", DAY),
        ):
            text = written(xrechnung_of(document))
            # Factur-X's rules, which come with those for CII, want a name of their own (FX-SCH-A-000556)
            in_general = text.replace(XRECHNUNG, SPECIFICATION)
            assert broken(text, places) == by_published_rules[written](in_general) == []


@BOTH
def test_each_rule_that_is_broken_would_be_found(written: Callable[[Invoice], str], places: Mapping[str, str]) -> None:
    for rule, place in places.items():
        root = ElementTree.fromstring(written(an_xrechnung()))
        for one in root.findall(place.removesuffix("[@schemeID]")):
            one.text = ""
            one[:] = []
        assert rule in broken(ElementTree.tostring(root, encoding="unicode"), places)
    plain = written(invoice_of(make_receipt(priced(), captured(priced())), PARTIES, "1", DAY))
    assert broken(plain, places) == ["BT-23", "BR-DE-21"]
    text = written(an_xrechnung()).replace("+49 89 123456", "none").replace(">rechnung@example.com<", ">rechnung<")
    assert broken(text, places) == ["BR-DE-27", "BR-DE-28"]


@BOTH
def test_a_card_without_its_number_is_another_way_to_pay(
    written: Callable[[Invoice], str], places: Mapping[str, str]
) -> None:
    fact = priced()
    receipt = make_receipt(fact, captured(fact, card=SLIP.model_copy(update={"masked_pan": None})))
    document = invoice_of(receipt, PARTIES, "1", DAY)
    assert "BR-DE-24-a" in broken(written(document), places)
    assert broken(written(xrechnung_of(document)), places) == []


@pytest.mark.parametrize(
    ("of_seller", "of_buyer", "said"),
    [
        ({"contact": None}, {}, "the seller's contact with name, phone and email (BR-DE-2, BR-DE-5, BR-DE-6, BR-DE-7)"),
        ({"contact": Contact(name="R")}, {}, "the seller's contact.phone (BR-DE-6), the seller's contact.email"),
        ({"city": None}, {}, "the seller's city (BR-DE-3);"),
        ({"postcode": None}, {}, "the seller's postcode (BR-DE-4);"),
        ({"electronic_address": None}, {}, "the seller's electronic_address (BT-34);"),
        ({}, {"reference": None}, "the buyer's reference (BR-DE-15);"),
        ({}, {"city": None, "postcode": None}, "the buyer's city (BR-DE-8), the buyer's postcode (BR-DE-9);"),
        ({}, {"electronic_address": None}, "the buyer's electronic_address (BT-49);"),
    ],
)
def test_one_sentence_says_which_fields_are_missing(
    of_seller: dict[str, Any], of_buyer: dict[str, Any], said: str
) -> None:
    parties = Parties(SELLER.model_copy(update=of_seller), BUYER.model_copy(update=of_buyer))
    with pytest.raises(NoReceipt) as refused:
        an_xrechnung(parties)
    assert str(refused.value).startswith(f"an XRechnung needs {said}")
    assert len(str(refused.value).splitlines()) == 1


def test_a_phone_without_digits_and_an_address_without_its_place_are_refused() -> None:
    for wrong in ({"phone": "none"}, {"phone": "12"}, {"email": "rechnung"}, {"email": "a@b"}):
        with pytest.raises(ValidationError):
            Contact.model_validate({"name": "R", **wrong})
    with pytest.raises(ValidationError):
        ElectronicAddress(scheme="mail", address="a@example.com")


def test_a_receipt_has_the_place_as_its_last_line() -> None:
    fact = priced()
    page = html_page(make_receipt(fact, captured(fact), SELLER))
    assert "<span>Bahnhofsplatz 1</span>\n<span>80335 München</span>" in page
