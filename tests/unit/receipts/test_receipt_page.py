"""The receipt's page: sound, self-contained, in each language, and never taken in by what stands in a fact."""

from __future__ import annotations

import re
from dataclasses import fields
from datetime import UTC, datetime
from decimal import Decimal
from html import unescape
from typing import Any
from xml.etree import ElementTree

import pytest
from babel.numbers import get_decimal_symbol
from tests.unit.receipts.receipt_facts_made import SLIP, captured, line, priced, released

from receipts.catalogue import locale, translations
from receipts.formats import amount, percent, plain
from receipts.layout import lay_out
from receipts.make import make_receipt
from receipts.page import html_page
from receipts.receipt import Merchant, Receipt
from receipts.words import LANGUAGES, REASONS
from tapwatt.facts.bill import CardSlip, LineTerms, WhenItHolds
from tapwatt.facts.signed_data import SignedData, SignedValue
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
    mark = get_decimal_symbol(locale(language))
    for number in ("7.22", "50.00", "42.78", "5.56", "1.16", "6.72"):
        assert number.replace(".", mark) in shown
    assert percent(Decimal(21), language) in texts(page)
    assert f"{words.vat_number} NL123456789B01" in shown


def test_every_language_has_every_word_and_the_same_places_for_what_goes_into_them() -> None:
    assert list(LANGUAGES) == ["en", "de", "es", "fr", "it", "nl"]
    for words in (*LANGUAGES.values(), *REASONS.values()):
        for field in fields(words):
            said, english = getattr(words, field.name), field.default
            assert said, field.name
            if isinstance(said, str) and isinstance(english, str):
                assert re.findall(r"{\w*}", said) == re.findall(r"{\w*}", english), field.name
    assert {tuple(words.lines) for words in LANGUAGES.values()} == {
        ("ENERGY", "TIME", "PARKING_TIME", "FLAT", "ADJUSTMENT")
    }


def test_a_language_that_lacks_a_word_says_which() -> None:
    with pytest.raises(KeyError, match=r"nl.po does not translate receipt.nothing"):
        translations("nl")("receipt.nothing", "Nothing")
    with pytest.raises(KeyError):
        LANGUAGES["xx"]


HOSTILE = "</pre><script>alert('x')</script>&amp;\"{{ 7*7 }}{% raw %}"


def test_hostile_text_is_shown_and_nothing_else() -> None:
    # given facts that try to be a page, or a template, themselves
    slip = CardSlip(brand=HOSTILE, lines=(HOSTILE, "ABC\x07\x1b[2J\u202eDEF"))
    price = priced([line(672, 556, why=HOSTILE)])
    merchant = Merchant(name=HOSTILE, address=(HOSTILE,), vat_number="<b>1</b>")
    page = html_page(make_receipt(price, captured(price, card=slip, capture_reference=HOSTILE), merchant))
    # then it is text, word for word, in each of the five places: a line's why is the operator's
    root = read(page)
    assert "".join(root.itertext()).count(HOSTILE) == 5
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
    assert amount(Money(minor=minor, currency=currency), language) == text


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
    assert plain(Decimal(number), "nl", least) == text


@pytest.mark.parametrize(
    ("hours", "text"),
    [
        ("0.666666667", "40 min"),
        ("1.333333333", "80 min"),
        ("0.386111111", "23 min 10 s"),
        ("0.0125", "45 s"),
        ("0", "0 min"),
    ],
)
def test_time_is_written_in_the_minutes_in_which_the_sheet_has_its_price(hours: str, text: str) -> None:
    price = priced([line(400, dimension="PARKING_TIME", quantity=Decimal(hours), unit="h")])
    assert lay_out(make_receipt(price, captured(price)), "de").charges[0].quantity == text.replace(
        " min", f"{NBSP}min"
    ).replace(" s", f"{NBSP}s")


def test_a_quantity_is_written_to_a_tenth_of_a_watt_hour() -> None:
    assert lay_out(receipt(), "de").session[-1].text == "12,3457 kWh"


@pytest.mark.parametrize(
    ("price", "unit", "included", "text"),
    [
        # 0.39 * 1.21; 6 * 1.21 / 60; 2 * 1.21 / 60 = 0.040333...
        ("0.39", "kWh", False, "0.4719/kWh"),
        ("6", "h", False, "0.121/min"),
        ("2", "h", False, "about 0.0403/min"),
        ("0.69", "kWh", True, "0.69/kWh"),
        ("0.5", "session", False, "0.605"),
        # what a program made of 0.45
        ("0.44999999999999996", "kWh", True, "0.45/kWh"),
        ("0.45000000000000001", "kWh", False, "0.5445/kWh"),
    ],
)
def test_the_price_of_a_unit_is_the_one_of_the_sheet_with_vat_per_kwh_or_minute(
    price: str, unit: str, included: bool, text: str
) -> None:
    terms = LineTerms(prices_include_vat=included)
    one = line(672, 556, unit=unit, unit_price=Decimal(price), terms=terms)
    settled = priced([one])
    assert lay_out(make_receipt(settled, captured(settled))).charges[0].unit_price == text


def test_a_driver_reads_no_element_and_an_operator_does() -> None:
    price = priced([line(672, 556, terms=LineTerms(prices_include_vat=False))])
    made = make_receipt(price, captured(price))
    assert "element" not in html_page(made)
    assert lay_out(made).charges[0].why == ""
    assert lay_out(made, "nl", operators=True).charges[0].why.startswith("element 1 of 1")
    assert "element 1 of 1" in made.model_dump_json()


HELD = {
    "start_time": "17:00",
    "end_time": "00:00",
    "day_of_week": ["MONDAY", "TUESDAY", "WEDNESDAY", "SATURDAY"],
    "end_date": "2027-01-01",
    "min_kwh": "10.5",
    "min_duration": 14_400,
    "max_power": 50,
}
REASON = {
    "en": "17:00-24:00 Monday-Wednesday, Saturday, up to and including 31 December 2026, above 10.5 kWh, "
    "from 4 hours after the start, below 50 kW; counted per started 5 minutes: 2 minutes added; "
    "10 minutes parked free of charge",
    "nl": "17:00-24:00 maandag-woensdag, zaterdag, tot en met 31 december 2026, boven 10,5 kWh, "
    "vanaf 4 uur na het begin, onder 50 kW; telt per begonnen 5 minuten: 2 minuten erbij; 10 minuten gratis geparkeerd",
    "de": "17:00-24:00 Montag-Mittwoch, Samstag, bis einschließlich 31. Dezember 2026, über 10,5 kWh, "
    "ab 4 Stunden nach dem Beginn, unter 50 kW; gezählt je angefangene 5 Minuten: 2 Minuten mehr; "
    "10 Minuten kostenlos geparkt",
    "fr": "17:00-24:00 lundi-mercredi, samedi, jusqu'au 31 décembre 2026 inclus, au-delà de 10,5 kWh, "
    "à partir de 4 heures après le début, en dessous de 50 kW; compté par tranche entamée de 5 minutes : 2 minutes en "
    "plus; 10 minutes de stationnement gratuit",
    "es": "17:00-24:00 lunes-miércoles, sábado, hasta el 31 de diciembre de 2026 inclusive, por encima de 10,5 kWh, "
    "a partir de 4 horas desde el inicio, por debajo de 50 kW; se cuenta por fracciones de 5 minutos: 2 minutos más; "
    "10 minutos de aparcamiento gratis",
    "it": "17:00-24:00 lunedì-mercoledì, sabato, fino al 31 dicembre 2026 compreso, oltre 10,5 kWh, "
    "a partire da 4 ore dopo l'inizio, sotto 50 kW; conteggiata per frazioni di 5 minuti: 2 minuti in più; "
    "10 minuti di sosta gratuita",
}


@pytest.mark.parametrize("language", LANGUAGES)
def test_why_a_line_stands_there_is_in_the_receipts_language(language: str) -> None:
    held = WhenItHolds.model_validate(HELD)
    terms = LineTerms(prices_include_vat=True, holds=held, step_size=300, added=Decimal(120), grace_s=Decimal(600))
    price = priced([line(672, 556, dimension="PARKING_TIME", unit="h", terms=terms)])
    page = html_page(make_receipt(price, captured(price)), language)
    said = re.sub(r"[\u00a0\u202f\u2009]", " ", lay_out(make_receipt(price, captured(price)), language).charges[0].why)
    assert said == REASON[language]
    # and a screen reader is not told that it is English
    assert 'class="why"><td colspan="5">' in page


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
    assert shown["Begin"] == "25 okt 2026, 02:30:00 Europe/Amsterdam (UTC+02:00)"
    assert shown["Einde"] == "25 okt 2026, 02:30:00 Europe/Amsterdam (UTC+01:00)"


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_the_meter_has_signed_stands_there_to_the_character(language: str) -> None:
    # given values with what a page must not take for its own
    start, end = 'OCMF|{"RV":1.0,"RU":"kWh"}|{"SD":"30<45"}', 'OCMF|{"RV":13.3}|{"SD":"&amp;"}'
    values = (SignedValue(nature="Start", signed_data=start), SignedValue(nature="End", signed_data=end))
    fact = priced(signed_data=SignedData(encoding_method="OCMF", public_key="3059301306", signed_values=values))
    paper = make_receipt(fact, captured(fact))
    # then the page has them, under what they are
    page = html_page(paper, language)
    words = LANGUAGES[language]
    assert f"{words.signed} (OCMF)" in page
    shown = [unescape(one) for one in re.findall("<pre>(.*?)</pre>", page.partition('class="signed"')[2], re.DOTALL)]
    assert shown == [start, end, "3059301306"]
    assert [one.name for one in lay_out(paper, language).signed] == [words.started, words.ended, words.public_key]
    # and of a meter that signs nothing there is no word
    assert words.signed not in html_page(make_receipt(priced(), captured(priced())), language)
