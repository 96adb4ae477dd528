"""Factur-X: the file inside is the CII and holds to its rules, the PDF says that it is PDF/A-3, its page the same."""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO
from typing import Any
from xml.etree import ElementTree

import pytest
from facturx import get_facturx_xml_from_pdf
from pypdf import PdfReader
from tests.unit.receipts.published_rules import Broken, rules_for_cii
from tests.unit.receipts.receipt_facts_made import captured, priced
from tests.unit.receipts.test_invoices import BUYER, DAY, PARTIES, SELLER, documents, of_three_cents, refunded
from tests.unit.receipts.test_xrechnung import an_xrechnung

from receipts.catalogue import languages
from receipts.cii import cii
from receipts.crediting import make_credit_note
from receipts.factur_x import factur_x
from receipts.invoice import Invoice, Parties, credit_note_of, invoice_of
from receipts.invoice_page import invoice_page
from receipts.make import NoReceipt, make_receipt

FX = "{urn:factur-x:pdfa:CrossIndustryDocument:invoice:1p0#}"
PDFA = "{http://www.aiim.org/pdfa/ns/id/}"


@pytest.fixture(scope="module")
def by_cii() -> Iterator[Broken]:
    with rules_for_cii() as rules:
        yield rules


def an_invoice(language: str = "en", parties: Parties = PARTIES) -> Invoice:
    fact = priced()
    return invoice_of(make_receipt(fact, captured(fact)), parties, "2026-17", DAY, language)


def read(made: bytes) -> PdfReader:
    return PdfReader(BytesIO(made))


def test_inside_is_the_cii_and_it_breaks_no_published_rule(by_cii: Broken) -> None:
    for document, _ in zip(documents(), range(4), strict=False):
        name, inside = get_facturx_xml_from_pdf(factur_x(document))
        assert (name, inside.decode()) == ("factur-x.xml", cii(document))
        assert by_cii(inside.decode()) == []


def test_it_says_that_it_is_pdf_a_3_and_which_invoice_is_in_it() -> None:
    pdf = read(factur_x(an_invoice()))
    root: Any = pdf.trailer["/Root"]
    said = ElementTree.fromstring(root["/Metadata"].get_object().get_data())
    assert (said.findtext(f".//{PDFA}part"), said.findtext(f".//{PDFA}conformance")) == ("3", "B")
    names = ("DocumentType", "DocumentFileName", "Version", "ConformanceLevel")
    assert [said.findtext(f".//{FX}{name}") for name in names] == ["INVOICE", "factur-x.xml", "1.0", "EN 16931"]
    # and its names of its own are described, as PDF/A wants
    described = [one.text for one in said.iter("{http://www.aiim.org/pdfa/ns/property#}name")]
    assert sorted(one or "" for one in described) == sorted(names)
    # and nothing else says it a second time, perhaps differently
    assert pdf.metadata is None
    assert said.findtext(".//{http://purl.org/dc/elements/1.1/}title//{*}li") == "Invoice 2026-17"
    assert said.findtext(".//{http://ns.adobe.com/xap/1.0/}CreateDate") == "2026-03-30T00:00:00+00:00"
    # and the file inside belongs to the whole document, another form of what its page says
    [file] = root["/AF"]
    assert (file.get_object()["/AFRelationship"], file.get_object()["/UF"]) == ("/Alternative", "factur-x.xml")
    assert file.get_object()["/EF"]["/F"].get_object()["/Subtype"] == "/text/xml"
    # and no colour and no letter is left to whoever shows it
    assert root["/OutputIntents"][0].get_object()["/S"] == "/GTS_PDFA1"
    fonts = [one.get_object()["/DescendantFonts"][0].get_object() for one in pages_fonts(pdf)]
    assert len(fonts) == 2
    assert all("/FontFile2" in font["/FontDescriptor"].get_object() for font in fonts)


def pages_fonts(pdf: PdfReader) -> list[Any]:
    resources: Any = pdf.pages[0]["/Resources"]
    return list(resources["/Font"].values())


@pytest.mark.parametrize("language", languages())
def test_its_page_says_what_is_inside_in_each_language(language: str) -> None:
    document = an_invoice(language)
    text = "".join(read(factur_x(document, language)).pages[0].extract_text().split())
    sheet = invoice_page(document, language)
    said = [sheet.title, *sheet.seller, *sheet.buyer]
    said += [cell for fact in sheet.facts for cell in fact]
    said += [cell for table in sheet.tables for row in (table.head, *table.rows) for cell in row]
    assert [one for one in said if "".join(one.split()) not in text] == []
    # and each amount inside is on the page
    for one in (document.amounts.net, document.amounts.vat, document.amounts.with_vat, document.paid.minor):
        assert f"{one // 100}{',' if language != 'en' else '.'}{one % 100:02}" in text


def test_a_credit_note_names_its_invoice_and_a_rounding_is_shown() -> None:
    fact = priced()
    note = make_credit_note(make_receipt(fact, captured(fact)), [refunded(100)])
    page = read(factur_x(credit_note_of(note, PARTIES, "C-1", "2026-17", DAY))).pages[0].extract_text()
    assert "Credit note C-1" in page
    assert "For invoice 2026-17" in " ".join(page.split())
    assert "Refunded to the card 1.00" in " ".join(page.split())
    page = read(factur_x(of_three_cents())).pages[0].extract_text()
    assert "Rounding -0.01" in " ".join(page.split())


def test_the_same_document_is_the_same_bytes() -> None:
    assert factur_x(an_invoice(), "fr") == factur_x(an_invoice(), "fr")


def test_what_no_pdf_can_say_is_refused_in_one_sentence() -> None:
    # PDF/A allows no letter that the font has not
    with pytest.raises(NoReceipt, match="no letter for CJK UNIFIED IDEOGRAPH-5145; --ubl and --cii have every letter"):
        factur_x(an_invoice(parties=Parties(SELLER, BUYER.model_copy(update={"name": "充電 GmbH"}))))
    with pytest.raises(NoReceipt, match="an XRechnung is XML alone"):
        factur_x(an_xrechnung())
    # Greek and Cyrillic are no trouble, and what turns the reading order round is left out
    name = "Φόρτιση Зарядка \N{RIGHT-TO-LEFT OVERRIDE}GmbH"
    page = read(factur_x(an_invoice(parties=Parties(SELLER, BUYER.model_copy(update={"name": name})))))
    assert "Φόρτιση Зарядка GmbH" in page.pages[0].extract_text()
