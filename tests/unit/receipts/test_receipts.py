"""A receipt says what was charged, taken, released and not charged, and is not made of facts that do not agree."""

from __future__ import annotations

import json
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from tests.unit.receipts.receipt_facts_made import MORNING, PLACE, SLIP, captured, line, money, priced, released

from receipts.layout import lay_out
from receipts.make import NoReceipt, make_receipt
from receipts.receipt import Merchant, Receipt
from receipts.words import LANGUAGES
from tapwatt.facts.bill import LineTerms, VatShare


def test_what_was_owed_taken_and_released_stands_on_the_receipt() -> None:
    # given a session of 7.22 (5.56 + 1.16 VAT, and 0.50 without VAT) against a hold of 50.00
    price = priced()
    made = make_receipt(price, captured(price))
    # then the sums are those of the facts
    assert (made.owed, made.held, made.taken) == (money(722), money(5000), money(722))
    assert (made.released, made.not_charged) == (money(4278), money(0))
    assert (made.capture_reference, made.tariff_id, made.tariff_version) == ("C-2", "day-and-night", "2026-03")
    assert (made.card, made.energy_kwh) == (SLIP, Decimal("12.3456789"))


def test_the_vat_by_rate_comes_from_the_lines_where_the_price_has_no_summary() -> None:
    # given 6.72 with 21 % VAT, 0.50 without any, and 1.21 more at 21.0 %, which is the same rate
    price = priced([line(672, 556), line(50), line(121, 100, vat_percent=Decimal("21.0"))])
    made = make_receipt(price, captured(price))
    # then 5.56 + 1.00 = 6.56, 1.16 + 0.21 = 1.37, 6.72 + 1.21 = 7.93
    assert [(one.percent, one.excl_vat.minor, one.vat.minor, one.incl_vat.minor) for one in made.vat] == [
        (Decimal(21), 656, 137, 793),
        (None, 50, 0, 50),
    ]


def test_the_price_s_own_vat_summary_is_taken_as_it_is() -> None:
    share = VatShare(percent=Decimal(9), excl_vat=money(606), vat=money(116), incl_vat=money(722))
    price = priced(vat=[share])
    assert make_receipt(price, captured(price)).vat == (share,)


def test_s06_more_was_owed_than_held_and_the_rest_is_not_charged() -> None:
    price = priced(held=500)
    made = make_receipt(price, captured(price))
    assert (made.taken, made.released, made.not_charged) == (money(500), money(0), money(222))
    assert sum(one.incl_vat.minor for one in made.vat) == 722


def test_s19_nothing_was_owed_and_everything_is_released() -> None:
    price = priced([], started_at=None, ended_at=None)
    made = make_receipt(price, released(price), said_at=MORNING)
    assert (made.owed, made.taken, made.released, made.not_charged) == (money(0), money(0), money(5000), money(0))
    assert (made.lines, made.vat, made.card, made.capture_reference) == ((), (), None, None)
    assert (made.started_at, made.ended_at) == (None, None)
    assert made.issued_at is not None
    assert made.issued_at.utc == MORNING


def test_s19_too_little_to_take_is_not_charged() -> None:
    price = priced([line(9)])
    made = make_receipt(price, released(price))
    assert (made.owed, made.taken, made.not_charged, made.issued_at) == (money(9), money(0), money(9), None)


def test_times_are_utc_and_what_the_clock_showed_where_the_car_stood() -> None:
    # given a session from 00:30 to 01:30 UTC, over the hour that is left out in Amsterdam
    price = priced()
    made = make_receipt(price, captured(price))
    # then it was 01:30 and 03:30 there
    assert made.started_at is not None
    assert made.ended_at is not None
    assert (made.started_at.utc, made.ended_at.utc) == (MORNING, MORNING + timedelta(hours=1))
    assert made.started_at.local.isoformat() == "2026-03-29T01:30:00+01:00"
    assert made.ended_at.local.isoformat() == "2026-03-29T03:30:00+02:00"
    assert made.issued_at is not None
    assert made.issued_at.local.isoformat() == "2026-03-29T03:30:05+02:00"


def test_without_a_time_zone_the_clock_is_utc() -> None:
    price = priced(time_zone=None)
    made = make_receipt(price, captured(price))
    assert made.started_at is not None
    assert (made.started_at.time_zone, made.started_at.local.isoformat()) == ("UTC", "2026-03-29T00:30:00+00:00")


@pytest.mark.parametrize(
    ("amounts", "is_"),
    [((672, 556), "without_vat"), ((556, 459), "with_vat"), ((556, None), None)],
)
def test_whether_vat_is_in_the_unit_price_is_told_by_the_amounts(amounts: tuple[int, int], is_: str | None) -> None:
    # 12.346 kWh x 0.45 = 5.56
    price = priced([line(*amounts)])
    assert make_receipt(price, captured(price)).lines[0].price_is == is_


@pytest.mark.parametrize(("currency", "minor", "text"), [("JPY", 350, "350"), ("KWD", 1234, "1.234")])
def test_s24_amounts_have_the_decimals_of_their_currency(currency: str, minor: int, text: str) -> None:
    price = priced([line(minor, currency=currency)])
    made = make_receipt(price, captured(price))
    assert str(made.taken) == f"{text} {currency}"
    assert json.loads(made.model_dump_json())["taken"] == {"minor": minor, "currency": currency}


def test_a_receipt_goes_to_json_and_back() -> None:
    price = priced()
    merchant = Merchant(name="Example Charging", address=("Main Street 1",), vat_number="NL123456789B01")
    made = make_receipt(price, captured(price), merchant)
    written = made.model_dump_json()
    assert Receipt.model_validate_json(written) == made
    assert json.loads(written)["started_at"] == {
        "utc": "2026-03-29T00:30:00Z",
        "local": "2026-03-29T01:30:00+01:00",
        "time_zone": "Europe/Amsterdam",
    }


OTHER_PLACE = PLACE.model_copy(update={"evse_id": "NL*TWT*E18*1"})


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"session_id": "s-2"}, "Captured is of another session"),
        ({"hold_reference": "H-2"}, "another hold"),
        ({"place": OTHER_PLACE}, "another place"),
        ({"held": money(4000), "released": money(3278)}, "50.00 EUR held and Captured of 40.00 EUR"),
        ({"taken": money(721), "released": money(4279)}, "is not that"),
        ({"shortfall": money(1)}, "7.22 EUR is owed"),
        ({"shortfall": money(0, "SEK")}, "other amounts are in SEK"),
    ],
    ids=lambda given: str(given)[:30],
)
def test_facts_that_do_not_agree_make_no_receipt(changes: dict[str, Any], why: str) -> None:
    price = priced()
    with pytest.raises(NoReceipt, match=why) as refused:
        make_receipt(price, captured(price, **changes))
    assert len(str(refused.value).splitlines()) == 1


@pytest.mark.parametrize(
    "share",
    [
        VatShare(percent=Decimal(21), excl_vat=money(606), vat=money(115), incl_vat=money(722)),
        VatShare(percent=Decimal(21), excl_vat=money(605), vat=money(117), incl_vat=money(722)),
        VatShare(percent=Decimal(21), excl_vat=money(606), vat=money(116, "SEK"), incl_vat=money(722)),
    ],
)
def test_a_vat_summary_that_does_not_add_up_makes_no_receipt(share: VatShare) -> None:
    price = priced(vat=[share])
    with pytest.raises(NoReceipt, match=r"VAT|SEK"):
        make_receipt(price, captured(price))


@pytest.mark.parametrize("number", ["1E+13", "-1E+400", "1E-400"])
def test_numbers_that_no_session_could_have_make_no_receipt(number: str) -> None:
    price = priced([line(672, 556, quantity=Decimal(number))])
    with pytest.raises(NoReceipt, match="line 1"):
        make_receipt(price, captured(price))


def test_a_release_of_another_amount_than_was_held_makes_no_receipt() -> None:
    price = priced([])
    with pytest.raises(NoReceipt, match=r"HoldReleased of 1\.00 EUR"):
        make_receipt(price, released(price, released=money(100)))


def test_prices_before_taxes_that_nobody_states_are_never_said_to_have_no_vat() -> None:
    # given a line before taxes that its tariff does not say
    unknown = line(722, terms=LineTerms(prices_include_vat=False, tax_unknown=True))
    fact = priced([unknown], vat=[VatShare(percent=None, excl_vat=money(722), vat=money(0), incl_vat=money(722))])
    receipt = make_receipt(fact, captured(fact))
    for language in LANGUAGES:
        sheet = lay_out(receipt, language)
        assert {one.vat for one in sheet.charges} | {one.rate for one in sheet.vat} == {LANGUAGES[language].vat_unknown}
    # and of one that has none it is said
    plain = make_receipt(priced([line(722)]), captured(priced([line(722)])))
    assert {one.vat for one in lay_out(plain).charges} == {"no VAT"}
