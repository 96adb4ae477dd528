"""The page of a price: what a driver reads in a terminal of 80 columns, number by number."""

from __future__ import annotations

import io
import json
import re
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from pricing.ocpi.recorded_usage import read_usage
from tapwatt_cli.prices.price_page import show_priced
from tapwatt_cli.prices.pricing_records import How, price_usage

VECTORS = Path(__file__).parents[3] / "vectors" / "cdrs"


def page(record: dict[str, Any], width: int = 80) -> str:
    [usage] = read_usage(json.dumps(record))
    out = io.StringIO()
    show_priced(Console(file=out, width=width), price_usage(usage, None, How()))
    return out.getvalue()


def vector(version: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((VECTORS / f"ocpi-{version}.json").read_text())
    return found


def test_a_bill_reads_like_one() -> None:
    assert page(vector("2.3.0")).splitlines() == [
        "What it costs: CDR CDR-2001, tariff T-NIGHT",
        "28 March 2026, 23:00 (UTC+01:00) to 29 March 2026, 05:00 (UTC+02:00); 30 kWh.",
        "Times of Europe/Berlin (the record's own). Prices include VAT.",
        "",
        "           quantity      price   VAT  before VAT  EUR with VAT",
        "──────────────────────────────────────────────────────────────",
        "  energy     10 kWh  0.595/kWh  19 %        5.00          5.95",
        "    28 Mar 23:00 +01:00 - 29 Mar 01:00 +01:00, element 2 of 3: no restrictions;",
        "    the fallback that prices energy",
        "  energy     20 kWh  0.357/kWh  19 %        6.00          7.14",
        "    29 Mar 01:00 +01:00 - 29 Mar 04:00 +02:00, element 1 of 3: 01:00-06:00; the",
        "    first that prices energy then",
        "  parking       1 h     5.95/h  19 %        5.00          5.95",
        "    29 Mar 04:00 +02:00 - 29 Mar 05:00 +02:00, element 3 of 3: after 4 h; the",
        "    first that prices parking then",
        "──────────────────────────────────────────────────────────────",
        "  to pay                                   16.00         19.04",
        "  of which 19 % VAT: 3.04 on 16.00",
        "",
        "Rounding: each total is rounded once, to 2 decimals of EUR, half up: a tie goes",
        "away from zero; the VAT of each rate is the one in what is owed at it, and the",
        "lines add up to both.",
        "Unrounded: 16 before VAT and 19.04 with VAT.",
        "The record's own total is 16.00 before VAT and 19.04 with VAT: the same.",
    ]


def test_s23_the_vat_on_the_page_is_the_one_in_what_is_to_pay() -> None:
    # given 10 kWh at 0.5415 before 21 % of VAT: 5.415, and 6.55215 after it
    record = vector("2.2.1-by-the-hour")
    component = {"type": "ENERGY", "price": 0.5415, "vat": 21, "step_size": 1}
    record["tariffs"] = [{**record["tariffs"][0], "currency": "EUR", "elements": [{"price_components": [component]}]}]
    record["charging_periods"] = record["charging_periods"][:1]
    record["charging_periods"][0]["dimensions"] = [{"type": "ENERGY", "volume": 10}]
    record |= {"total_energy": 10, "currency": "EUR"}
    said = " ".join(page(record).split())
    # then the total before VAT is what is to pay less its VAT, and OCPI's is told below
    assert "to pay 5.41 6.55 of which 21 % VAT: 1.14 on 5.41" in said
    assert "OCPI's total before VAT is 5.42: it is rounded on its own" in said


@pytest.mark.parametrize("width", [80, 120])
@pytest.mark.parametrize("version", ["2.2.1", "2.2.1-by-the-hour", "2.3.0", "2.3.0-reserved"])
def test_no_line_is_wider_than_the_terminal(version: str, width: int) -> None:
    assert max(len(line) for line in page(vector(version), width=width).splitlines()) <= width


def test_what_had_to_be_understood_is_said_below() -> None:
    record = vector("2.2.1")
    record["charging_periods"][2]["dimensions"] = [
        {"type": "PARKING_TIME", "volume": 0.35},
        {"type": "TIME", "volume": 0.35},
    ]
    said = " ".join(page(record).split())
    assert (
        "Note: charging_periods[2] has both TIME and PARKING_TIME, so the charging is taken to have come first" in said
    )
    # 21 minutes parked, billed per 5 as 25: 25 / 60 * 3.60 = 1.50 for 2.70
    assert "The record's own total is 13.18 before VAT and 15.81 with VAT: before VAT this price is" in said


def test_without_vat_nothing_is_said_of_it() -> None:
    record = vector("2.2.1")
    for component in record["tariffs"][0]["elements"][0]["price_components"]:
        del component["vat"]
    said = page(record)
    assert "of which without VAT: 13.18" in said
    assert "Prices" not in said


def test_an_ordinary_day_has_no_offsets_and_a_price_no_noise() -> None:
    record = json.loads(json.dumps(vector("2.2.1")))
    component = record["tariffs"][0]["elements"][0]["price_components"][0]
    component["price"] = 0.44999999999999996
    shown = page(record)
    assert "UTC+" not in shown
    assert "0.45/kWh" in shown
    assert "0.4499" not in shown.split("Unrounded")[0]


def test_without_colour_it_is_the_same_page() -> None:
    # given a price, when it is drawn on a terminal and written to a file, then the words are the same
    [usage] = read_usage(json.dumps(vector("2.3.0")))
    priced, drawn, in_file = price_usage(usage, None, How()), io.StringIO(), io.StringIO()
    show_priced(Console(file=drawn, width=80, force_terminal=True, color_system="truecolor"), priced)
    show_priced(Console(file=in_file, width=80), priced)
    assert re.sub(r"\x1b\[[0-9;]*m", "", drawn.getvalue()) == in_file.getvalue()
    assert "\x1b[1m" in drawn.getvalue()
