"""The price sheet in a driver's language, word for word, plain and on a terminal's small screen."""

from __future__ import annotations

import textwrap
from datetime import datetime
from typing import Any, get_args

import pytest
from tests.unit.pricing.engine.price_cases import AMSTERDAM, element, tariff

from pricing.sheet.make import price_sheet
from pricing.sheet.spoken import Language
from pricing.sheet.text import NARROWEST, sheet_text

FRIDAY = datetime.fromisoformat("2026-03-06T15:30:00Z")
"""A Friday, 16:30 in Amsterdam."""
WEEK = ["MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY"]

EVERYTHING = tariff(
    element(("ENERGY", "0.57", 21), start_time="17:00", end_time="20:00", day_of_week=WEEK),
    element(("ENERGY", "0.39", 21, 500), ("FLAT", "0.50", 21)),
    element(("TIME", 2, 21, 60), min_duration=3600),
    element(("PARKING_TIME", 6, 21, 900), start_time="07:00", end_time="22:00"),
    element(("TIME", 3, 21, 600), reservation="RESERVATION"),
    element(("FLAT", 4, 21), reservation="RESERVATION_EXPIRES"),
    min_price={"excl_vat": 1},
    max_price={"excl_vat": 50, "incl_vat": "60.5"},
    preauthorize_amount=60,
    tariff_alt_text=[
        {"language": "en", "text": "Parking is for\ncharging\x1b cars only."},
        {"language": "nl", "text": "Alleen voor ladende auto's."},
    ],
)
"""With VAT of 21 %: 0.57 -> 0.6897, 0.39 -> 0.4719, 0.50 -> 0.605, 4 -> 4.84, 1 -> 1.21; an hour at 2 -> 2.42, a minute
of it 0.04033...; a minute at 6 an hour -> 0.121, at 3 an hour -> 0.0605."""


def text(what: Any, language: Language = "en", columns: int | None = None, **said: Any) -> str:
    return sheet_text(price_sheet(what, FRIDAY, AMSTERDAM, **said), language, columns)


def block(said: str) -> str:
    return textwrap.dedent(said).lstrip("\n")


def test_all_that_a_tariff_can_say_in_english() -> None:
    assert text(EVERYTHING, idle_grace_s=900) == block("""
        Prices, including 21 % VAT
        Friday 6 March 2026, 16:30

        Per kWh
          17:00-20:00 Monday-Friday: 0.6897 EUR per kWh
          otherwise (now, until 17:00): 0.4719 EUR per kWh

        Per minute of charging
          after 60 minutes: about 0.0403 EUR per minute (2.42 EUR per hour)
          otherwise (now): free

        Per minute parked, from 15 minutes after charging
          07:00-22:00 (now): 0.121 EUR per minute
          otherwise: free

        Per session: 0.605 EUR

        Other
          A session costs at least: 1.21 EUR
          A session costs at most: 60.50 EUR
          Energy counts per started 500 Wh
          Charging time counts per started 1 minute
          Parked time counts per started 15 minutes
          Reserved time counts per started 10 minutes
          Reservation, per minute: 0.0605 EUR
          Reservation not used, per minute: 0.0605 EUR
          Reservation not used: 4.84 EUR
          Held on your card: 60.00 EUR

        Parking is for charging cars only.
    """)


def test_all_that_a_tariff_can_say_in_dutch() -> None:
    assert text(EVERYTHING, "nl", idle_grace_s=900) == block("""
        Prijzen, inclusief 21 % btw
        vrijdag 6 maart 2026, 16:30

        Per kWh
          17:00-20:00 maandag-vrijdag: 0,6897 EUR per kWh
          anders (nu, tot 17:00): 0,4719 EUR per kWh

        Per minuut laden
          na 60 minuten: ongeveer 0,0403 EUR per minuut (2,42 EUR per uur)
          anders (nu): gratis

        Per minuut parkeren, vanaf 15 minuten na het laden
          07:00-22:00 (nu): 0,121 EUR per minuut
          anders: gratis

        Per laadsessie: 0,605 EUR

        Overig
          Een laadsessie kost minstens: 1,21 EUR
          Een laadsessie kost hoogstens: 60,50 EUR
          Energie telt per begonnen 500 Wh
          Laadtijd telt per begonnen 1 minuut
          Parkeertijd telt per begonnen 15 minuten
          Gereserveerde tijd telt per begonnen 10 minuten
          Reservering, per minuut: 0,0605 EUR
          Reservering niet gebruikt, per minuut: 0,0605 EUR
          Reservering niet gebruikt: 4,84 EUR
          Gereserveerd op uw kaart: 60,00 EUR

        Alleen voor ladende auto's.
    """)


def test_all_that_a_tariff_can_say_in_german() -> None:
    # the operator has no German words, so its English ones are shown
    assert text(EVERYTHING, "de", idle_grace_s=900) == block("""
        Preise, inklusive 21 % MwSt.
        Freitag, 6. März 2026, 16:30

        Pro kWh
          17:00-20:00 Montag-Freitag: 0,6897 EUR pro kWh
          sonst (jetzt, bis 17:00): 0,4719 EUR pro kWh

        Pro Minute Laden
          nach 60 Minuten: etwa 0,0403 EUR pro Minute (2,42 EUR pro Stunde)
          sonst (jetzt): kostenlos

        Pro Minute Parken, ab 15 Minuten nach dem Laden
          07:00-22:00 (jetzt): 0,121 EUR pro Minute
          sonst: kostenlos

        Pro Ladevorgang: 0,605 EUR

        Sonstiges
          Ein Ladevorgang kostet mindestens: 1,21 EUR
          Ein Ladevorgang kostet höchstens: 60,50 EUR
          Energie zählt je angefangene 500 Wh
          Ladezeit zählt je angefangene 1 Minute
          Parkzeit zählt je angefangene 15 Minuten
          Reservierte Zeit zählt je angefangene 10 Minuten
          Reservierung, pro Minute: 0,0605 EUR
          Reservierung nicht genutzt, pro Minute: 0,0605 EUR
          Reservierung nicht genutzt: 4,84 EUR
          Auf Ihrer Karte reserviert: 60,00 EUR

        Parking is for charging cars only.
    """)


def test_all_that_a_tariff_can_say_in_french() -> None:
    assert text(EVERYTHING, "fr", idle_grace_s=900) == block("""
        Prix, TVA de 21 % comprise
        vendredi 6 mars 2026, 16:30

        Par kWh
          17:00-20:00 lundi-vendredi : 0,6897 EUR par kWh
          sinon (actuellement, jusqu'à 17:00) : 0,4719 EUR par kWh

        Par minute de charge
          après 60 minutes : environ 0,0403 EUR par minute (2,42 EUR par heure)
          sinon (actuellement) : gratuit

        Par minute de stationnement, à partir de 15 minutes après la charge
          07:00-22:00 (actuellement) : 0,121 EUR par minute
          sinon : gratuit

        Par session : 0,605 EUR

        Autres
          Une session coûte au moins : 1,21 EUR
          Une session coûte au plus : 60,50 EUR
          L'énergie compte par tranche entamée de 500 Wh
          Le temps de charge compte par tranche entamée de 1 minute
          Le temps de stationnement compte par tranche entamée de 15 minutes
          Le temps réservé compte par tranche entamée de 10 minutes
          Réservation, par minute : 0,0605 EUR
          Réservation non utilisée, par minute : 0,0605 EUR
          Réservation non utilisée : 4,84 EUR
          Réservé sur votre carte : 60,00 EUR

        Parking is for charging cars only.
    """)


SCREEN = tariff(
    element(("ENERGY", "0.57", 21), start_time="17:00", end_time="20:00", day_of_week=WEEK),
    element(("ENERGY", "0.39", 21), ("FLAT", "0.50", 21), ("TIME", 2, 21)),
    element(("PARKING_TIME", 6, 21), start_time="07:00", end_time="22:00"),
    max_price={"excl_vat": 50, "incl_vat": "60.5"},
)


def test_a_screen_of_32_columns() -> None:
    assert text(SCREEN, columns=32) == block("""
        Prices, including 21 % VAT
        Friday 6 March 2026, 16:30

        Per kWh
         17:00-20:00 Monday-Friday
                              0.6897 EUR
         otherwise (now, until 17:00)
                              0.4719 EUR

        Per minute of charging
                        about 0.0403 EUR
                       2.42 EUR per hour

        Per minute parked after charging
         07:00-22:00 (now)     0.121 EUR
         otherwise                  free

        Per session            0.605 EUR

        Other
         A session costs at most
                               60.50 EUR
    """)


def test_a_screen_of_20_columns() -> None:
    assert text(SCREEN, "de", columns=20) == block("""
        Preise, inklusive
        21 % MwSt.
        Freitag, 6. März
        2026, 16:30

        Pro kWh
         17:00-20:00
         Montag-Freitag
                  0,6897 EUR
         sonst (jetzt, bis
         17:00)   0,4719 EUR

        Pro Minute Laden
             etwa 0,0403 EUR
         2,42 EUR pro Stunde

        Pro Minute Parken
        nach dem Laden
         07:00-22:00 (jetzt)
                   0,121 EUR
         sonst     kostenlos

        Pro Ladevorgang
                   0,605 EUR

        Sonstiges
         Ein Ladevorgang
         kostet höchstens
                   60,50 EUR
    """)


@pytest.mark.parametrize("language", get_args(Language))
@pytest.mark.parametrize("columns", range(NARROWEST, 41))
def test_no_line_of_all_that_a_tariff_can_say_is_longer_than_the_screen(language: Language, columns: int) -> None:
    lines = text(EVERYTHING, language, columns, idle_grace_s=900).splitlines()
    assert max(map(len, lines)) <= columns
    assert not any(line != line.rstrip() for line in lines)


def test_a_screen_too_narrow_for_words_is_refused() -> None:
    with pytest.raises(ValueError, match="needs 16 columns"):
        text(SCREEN, columns=NARROWEST - 1)


def test_a_long_address_is_cut_rather_than_too_wide() -> None:
    what = tariff(element(("ENERGY", 1)), tariff_alt_text=[{"language": "en", "text": "https://" + "a" * 40}])
    assert max(map(len, text(what, columns=20).splitlines())) == 20


@pytest.mark.parametrize(
    ("restrictions", "english", "dutch", "german", "french"),
    [
        ({"min_kwh": 20}, "above 20 kWh", "boven 20 kWh", "über 20 kWh", "au-delà de 20 kWh"),
        ({"max_kwh": "20.50"}, "up to 20.5 kWh", "tot 20,5 kWh", "bis 20,5 kWh", "jusqu'à 20,5 kWh"),
        (
            {"min_kwh": 20, "max_kwh": 40},
            *("from 20 to 40 kWh", "van 20 tot 40 kWh", "von 20 bis 40 kWh", "de 20 à 40 kWh"),
        ),
        ({"min_duration": 60}, "after 1 minute", "na 1 minuut", "nach 1 Minute", "après 1 minute"),
        ({"max_duration": 7200}, "up to 2 hours", "tot 2 uur", "bis 2 Stunden", "jusqu'à 2 heures"),
        (
            {"min_duration": 1800, "max_duration": 5400},
            *("from 30 to 90 minutes", "van 30 tot 90 minuten", "von 30 bis 90 Minuten", "de 30 à 90 minutes"),
        ),
        ({"max_duration": 90}, "up to 90 seconds", "tot 90 seconden", "bis 90 Sekunden", "jusqu'à 90 secondes"),
        ({"min_power": 50}, "from 50 kW", "vanaf 50 kW", "ab 50 kW", "à partir de 50 kW"),
        ({"max_current": 16}, "below 16 A", "onder 16 A", "unter 16 A", "moins de 16 A"),
        (
            {"min_power": 11, "max_power": 50},
            *("from 11 to below 50 kW", "van 11 tot onder 50 kW", "von 11 bis unter 50 kW", "de 11 à moins de 50 kW"),
        ),
        (
            {"start_date": "2026-03-08"},
            *("from 8 March", "vanaf 8 maart", "ab 8. März", "à partir du 8 mars"),
        ),
        # OCPI's end date is the first day on which it no longer holds
        (
            {"end_date": "2026-03-08"},
            "up to and including 7 March",
            "tot en met 7 maart",
            "bis einschließlich 7. März",
            "jusqu'au 7 mars inclus",
        ),
        ({"start_time": "22:30"}, "22:30-24:00", "22:30-24:00", "22:30-24:00", "22:30-24:00"),
        ({"end_time": "17:00:30"}, *["00:00-17:00:30"] * 4),
        (
            {"day_of_week": ["MONDAY", "SATURDAY", "FRIDAY", "SUNDAY"]},
            "Monday, Friday-Sunday",
            "maandag, vrijdag-zondag",
            "Montag, Freitag-Sonntag",
            "lundi, vendredi-dimanche",
        ),
    ],
)
def test_when_a_price_holds_is_said_in_plain_words(
    restrictions: dict[str, Any], english: str, dutch: str, german: str, french: str
) -> None:
    # given one price under this restriction, and another for everything else
    what = tariff(element(("ENERGY", 1), **restrictions), element(("ENERGY", 2)))
    for language, said in (("en", english), ("nl", dutch), ("de", german), ("fr", french)):
        [line] = [line for line in text(what, language).splitlines() if " 1.00 EUR" in line or " 1,00 EUR" in line]
        # then its words stand before the price, and before the mark of the present, if it is there
        assert line.strip().startswith(said)
        rest = line.strip().removeprefix(said)
        assert rest.startswith((":", " :", " ("))


def test_time_limits_of_parking_count_from_the_start_of_the_session_and_say_so() -> None:
    what = tariff(element(("PARKING_TIME", 6), min_duration=3600), element(("ENERGY", 1)))
    for language, said in (
        ("en", "from 60 minutes after the start: 0.10 EUR"),
        ("nl", "vanaf 60 minuten na het begin: 0,10 EUR"),
        ("de", "ab 60 Minuten nach dem Beginn: 0,10 EUR"),
        ("fr", "à partir de 60 minutes après le début : 0,10 EUR"),
    ):
        assert said in text(what, language)


@pytest.mark.parametrize(
    ("tax_included", "vat", "said"),
    [
        ("NO", "5.50", "Prices, including 5.5 % VAT"),
        ("YES", "5.50", "Prices, including 5.5 % VAT"),
        ("YES", None, "Prices, including all taxes"),
        ("NO", None, "Prices, before taxes, which are not known"),
        ("N/A", "5.50", "Prices, no VAT applies"),
        (None, "0", "Prices, including 0 % VAT"),
    ],
)
def test_the_first_line_says_whether_vat_is_in_the_prices(tax_included: str, vat: str | None, said: str) -> None:
    assert text(tariff(element(("ENERGY", 1, vat)), tax_included=tax_included)).splitlines()[0] == said


def test_several_rates_of_vat_are_named_and_a_limit_is_between_them() -> None:
    what = tariff(element(("ENERGY", "0.5", 10), ("FLAT", 1, 20)), min_price={"excl_vat": 2})
    said = text(what)
    assert said.startswith("Prices, including 10 % / 20 % VAT\n")
    # 2 x 1.10 and 2 x 1.20
    assert "  A session costs at least: 2.20 EUR - 2.40 EUR\n" in said


@pytest.mark.parametrize(
    ("currency", "said"), [("JPY", "Per kWh: 55 JPY"), ("KWD", "Per kWh: 55.000 KWD"), ("EUR", "Per kWh: 55.00 EUR")]
)
def test_a_currency_has_its_own_decimals(currency: str, said: str) -> None:
    assert said in text(tariff(element(("ENERGY", 55)), currency=currency)).splitlines()


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", "Charging is free."),
        ("nl", "Laden is gratis."),
        ("de", "Laden ist kostenlos."),
        ("fr", "La charge est gratuite."),
    ],
)
def test_what_costs_nothing_is_called_free(language: Language, said: str) -> None:
    assert said in text(tariff(element(("FLAT", 0))), language).splitlines()


def test_energy_without_a_price_is_said_to_be_free_where_something_else_is_not() -> None:
    assert "Per kWh: free\n" in text(tariff(element(("TIME", 6))))


def test_the_first_of_a_month_and_a_price_of_next_week() -> None:
    at = datetime.fromisoformat("2026-05-30T10:00:00Z")
    what = tariff(element(("ENERGY", 1), start_date="2026-06-01"), element(("ENERGY", 2)))
    french = sheet_text(price_sheet(what, at, AMSTERDAM), "fr")
    assert "  à partir du 1er juin : 1,00 EUR par kWh\n" in french
    assert "  sinon (actuellement, jusqu'à lundi 00:00) : 2,00 EUR par kWh\n" in french
    german = sheet_text(price_sheet(what, at, AMSTERDAM), "de")
    assert "  ab 1. Juni: 1,00 EUR pro kWh\n" in german


def test_words_of_the_operator_in_no_language_of_ours_are_better_than_none() -> None:
    what = tariff(element(("ENERGY", 1)), tariff_alt_text=[{"language": "it", "text": "Solo ricarica."}])
    assert text(what, "nl").endswith("\nSolo ricarica.\n")
