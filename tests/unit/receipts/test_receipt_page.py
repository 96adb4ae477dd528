"""The receipt's page: sound, self-contained, in each language, and never taken in by what stands in a fact."""

from __future__ import annotations

import re
from dataclasses import fields
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from xml.etree import ElementTree

import pytest
from tests.unit.receipts.receipt_facts_made import SLIP, captured, line, priced, released

from receipts.layout import amount, lay_out, plain
from receipts.make import make_receipt
from receipts.page import html_page
from receipts.receipt import Merchant, Receipt
from receipts.words import LANGUAGES, Words
from tapwatt.facts.bill import CardSlip
from tapwatt.money import Money

MERCHANT = Merchant(name="Example Charging B.V.", address=("Main Street 1", "Utrecht"), vat_number="NL123456789B01")
NBSP = "\N{NO-BREAK SPACE}"


def receipt(**changes: Any) -> Receipt:
    price = priced()
    return make_receipt(price, captured(price, **changes), MERCHANT)


def read(page: str) -> ElementTree.Element:
    """The page by a parser that forgives nothing: our pages are well-formed XML, too."""
    assert page.startswith("<!DOCTYPE html>\n")
    return ElementTree.fromstring(page)


def texts(page: str) -> list[str]:
    return [text for text in (one.strip() for one in read(page).itertext()) if text]


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_page_is_well_formed_and_says_its_language(language: str) -> None:
    root = read(html_page(receipt(), language))
    assert (root.tag, root.attrib["lang"]) == ("html", language)
    # and a reader that sees nothing finds its way: one h1, no level left out, tables with names and headed cells
    levels = [int(one.tag[1]) for one in root.iter() if re.fullmatch("h[1-6]", one.tag)]
    assert levels == [1, 2, 3]
    tables = list(root.iter("table"))
    assert len(tables) == 3
    for table in tables:
        caption = table.find("caption")
        assert caption is not None
        assert "".join(caption.itertext()).strip()
        assert all(cell.attrib.get("scope") in ("col", "row") for cell in table.iter("th"))
    assert [one.attrib["datetime"] for one in root.iter("time")] == [
        "2026-03-29T00:30:00Z",
        "2026-03-29T01:30:00Z",
        "2026-03-29T01:30:05Z",
    ]


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_page_needs_nothing_else_and_runs_nothing(language: str) -> None:
    page = html_page(receipt(), language)
    root = read(page)
    tags = {one.tag for one in root.iter()}
    assert not tags & {"script", "link", "img", "iframe", "object", "form", "a", "svg"}
    names = {name for one in root.iter() for name in one.attrib}
    assert not [name for name in names if name.startswith("on") or name in ("src", "href", "style")]
    assert "://" not in page
    assert "url(" not in page
    assert "@import" not in page
    policy = next(one for one in root.iter("meta") if one.attrib.get("http-equiv") == "Content-Security-Policy")
    assert policy.attrib["content"].startswith("default-src 'none';")


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_language_says_everything(language: str) -> None:
    # given a receipt that uses every part
    words, page = LANGUAGES[language], html_page(receipt(), language)
    shown = " ".join(texts(page))
    said = [words.receipt, words.started, words.ended, words.vat_by_rate, words.payment, words.taken, words.released]
    said += [words.lines["ENERGY"], words.lines["FLAT"], words.card_number, words.tariff, words.reference, words.issued]
    assert not [word for word in said if word not in shown]
    # then the amounts are written its way
    mark = words.decimal_mark
    for number in ("7.22", "50.00", "42.78", "5.56", "1.16", "6.72"):
        assert number.replace(".", mark) in shown
    assert f"21{NBSP}%" in texts(page)
    assert f"{words.vat_number} NL123456789B01" in shown


def test_every_language_has_every_word_and_the_same_ones() -> None:
    for words in LANGUAGES.values():
        for field in fields(Words):
            assert getattr(words, field.name), field.name
        assert set(words.lines) == {"ENERGY", "TIME", "PARKING_TIME", "FLAT", "ADJUSTMENT"}
        assert set(words.units) == {"kWh", "h", "session"}
        assert set(words.price_is) == {"with_vat", "without_vat"}


HOSTILE = "</pre><script>alert('x')</script>&amp;\"{{ 7*7 }}{% raw %}"


def test_hostile_text_is_shown_and_nothing_else() -> None:
    # given facts that try to be a page, or a template, themselves
    slip = CardSlip(brand=HOSTILE, lines=(HOSTILE, "ABC\x07\x1b[2J\u202eDEF"))
    price = priced([line(672, 556, why=HOSTILE)])
    merchant = Merchant(name=HOSTILE, address=(HOSTILE,), vat_number="<b>1</b>")
    page = html_page(make_receipt(price, captured(price, card=slip, capture_reference=HOSTILE), merchant))
    # then it is text, word for word, in each of the six places
    root = read(page)
    assert "".join(root.itertext()).count(HOSTILE) == 6
    assert "script" not in {one.tag for one in root.iter()}
    # and what cannot be seen is left out
    assert "ABC[2JDEF" in page
    assert not re.search("[\x00-\x08\x0b-\x1f\u202e]", page)


def test_without_a_merchant_or_a_vat_number_nothing_is_said_of_them() -> None:
    price = priced()
    bare = html_page(make_receipt(price, captured(price)))
    assert "<address>" not in bare
    named = html_page(make_receipt(price, captured(price), Merchant(name="Example")))
    assert "Example" in texts(named)
    assert "VAT number" not in named


def test_s06_a_short_session_says_what_was_not_charged() -> None:
    price = priced(held=500)
    shown = texts(html_page(make_receipt(price, captured(price))))
    assert shown[shown.index("Not charged") + 1] == "2.22"
    assert shown[shown.index("Taken from the card") + 1] == "5.00"
    assert "Not charged" not in texts(html_page(receipt()))


@pytest.mark.parametrize("language", LANGUAGES)
def test_s19_a_released_session_says_that_nothing_was_taken(language: str) -> None:
    price = priced([], started_at=None, ended_at=None)
    page = html_page(make_receipt(price, released(price)), language)
    shown = texts(page)
    assert LANGUAGES[language].nothing_taken in shown
    assert LANGUAGES[language].charges not in shown
    assert len(list(read(page).iter("table"))) == 1


def test_without_a_slip_there_is_no_part_for_it() -> None:
    shown = texts(html_page(receipt(card=None)))
    assert "Card" not in shown
    assert "As the terminal states it" not in shown
    lines = texts(html_page(receipt(card=SLIP.model_copy(update={"lines": ()}))))
    assert "************1234" in lines
    assert "As the terminal states it" not in lines


@pytest.mark.parametrize(
    ("language", "currency", "minor", "text"),
    [
        ("en", "EUR", 123456789, "1,234,567.89"),
        ("nl", "EUR", 123456789, "1.234.567,89"),
        ("de", "EUR", -50, "-0,50"),
        ("fr", "EUR", 123450, "1\u202f234,50"),
        ("nl", "JPY", 12000, "12.000"),
        ("en", "KWD", 1234567, "1,234.567"),
        ("en", "JPY", 0, "0"),
    ],
)
def test_s24_an_amount_is_written_with_its_decimals_in_its_language(
    language: str, currency: str, minor: int, text: str
) -> None:
    assert amount(Money(minor=minor, currency=currency), LANGUAGES[language]) == text


@pytest.mark.parametrize(
    ("number", "least", "text"),
    [
        ("0.450", 2, "0,45"),
        ("0.4512", 2, "0,4512"),
        ("3", 2, "3,00"),
        ("1E+3", 0, "1.000"),
        ("0", 0, "0"),
        ("5E-1", 0, "0,5"),
    ],
)
def test_a_unit_price_keeps_every_decimal_that_says_something(number: str, least: int, text: str) -> None:
    assert plain(Decimal(number), LANGUAGES["nl"], least) == text


def test_a_quantity_is_written_to_a_tenth_of_a_watt_hour() -> None:
    price = priced([line(400, dimension="PARKING_TIME", quantity=Decimal("1.33333333"), unit="h")])
    sheet = lay_out(make_receipt(price, captured(price)), "de")
    assert sheet.charges[0].quantity == "1,3333 Std."
    assert sheet.session[-1].text == "12,3457 kWh"


def test_s37_a_session_that_a_person_settled_unmeasured_is_not_said_to_have_charged_nothing() -> None:
    settled = line(1200, 992, dimension="ADJUSTMENT", unit="session", quantity=Decimal(1), unit_price=Decimal("9.92"))
    price = priced([settled], energy_wh=Decimal(0), started_at=None, ended_at=None)
    assert not [one for one in lay_out(make_receipt(price, captured(price)), "en").session if one.name == "Energy"]
    # where it was measured, nothing is a measurement
    measured = priced([], energy_wh=Decimal(0))
    assert lay_out(make_receipt(measured, released(measured)), "en").session[-1].text == "0 kWh"


def test_the_hour_that_comes_twice_is_told_apart() -> None:
    # given a session that began at 00:30 and ended at 01:30 UTC in the night in which the clocks go back
    start, end = datetime(2026, 10, 25, 0, 30, tzinfo=UTC), datetime(2026, 10, 25, 1, 30, tzinfo=UTC)
    price = priced(started_at=start, ended_at=end)
    sheet = lay_out(make_receipt(price, captured(price)), "nl")
    shown = {one.name: one.text for one in sheet.session}
    assert shown["Begin"] == "25-10-2026 02:30:00 Europe/Amsterdam (UTC+02:00)"
    assert shown["Einde"] == "25-10-2026 02:30:00 Europe/Amsterdam (UTC+01:00)"
