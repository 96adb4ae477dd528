"""Tariffs are read as they were exchanged, numbers exactly; a fault is said with its place and without the value."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest

from pricing.ocpi.documents import LARGEST_FILE, UnreadableOcpi, read_json
from pricing.ocpi.tariff_reader import UnreadableTariffs, read_tariffs

TARIFF: dict[str, Any] = {
    "id": "T-1",
    "currency": "EUR",
    "elements": [{"price_components": [{"type": "ENERGY", "price": 0.45, "vat": 21, "step_size": 1}]}],
}


def test_one_a_list_and_an_answer_are_the_same() -> None:
    one = json.dumps(TARIFF)
    assert read_tariffs(one) == read_tariffs(f"[{one}]") == read_tariffs(f'{{"data": [{one}], "status_code": 1000}}')
    assert read_tariffs("[]") == []
    assert read_tariffs(b"\xef\xbb\xbf" + one.encode()) == read_tariffs(one)


def test_a_price_is_what_its_digits_say() -> None:
    [tariff] = read_tariffs(json.dumps(TARIFF).replace("0.45", "0.450001"))
    assert tariff.elements[0].price_components[0].price == Decimal("0.450001")


def test_null_is_as_if_it_were_not_there() -> None:
    with_nulls = {**TARIFF, "min_price": None, "tariff_alt_text": None, "tax_included": None}
    assert read_tariffs(json.dumps(with_nulls)) == read_tariffs(json.dumps(TARIFF))


@pytest.mark.parametrize(
    ("old", "new", "path", "says"),
    [
        ("0.45", "1e999999", ".elements[0].price_components[0].price", "number is too large"),
        ("0.45", '"1e-999999"', ".elements[0].price_components[0].price", "number is too large, too small"),
        ("0.45", "9" * 5_000, ".elements[0].price_components[0].price", "number is too large"),
        ("0.45", "NaN", ".elements[0].price_components[0].price", "is NaN, which is no number"),
        ("0.45", "-1", ".elements[0].price_components[0].price", "is less than 0"),
        ("0.45", "0." + 20 * "0" + "1", ".elements[0].price_components[0].price", "more than 20 decimals"),
        ("0.45", '"free"', ".elements[0].price_components[0].price", "not a valid decimal number"),
        ("0.45", "true", ".elements[0].price_components[0].price", "is not a number"),
        ('"vat": 21', '"vat": 21, "vat": 9', ".elements[0].price_components[0].vat", "stands twice"),
        ('"EUR"', '"EURO"', ".currency", "longer than the 3"),
        ('"EUR"', '"XXQ"', ".currency", "is not an ISO 4217 currency"),
        ('"ENERGY"', '"SOLAR"', ".elements[0].price_components[0].type", "is none of 'ENERGY', 'TIME'"),
        ('"T-1"', "7", ".id", "is not a text"),
        ("}]}]", '}], "restrictions": {"a b": 1}}]', ".elements[0].restrictions['...']", "no field that OCPI"),
        ("}]}]", '}], "restrictions": {"start_time": "25:00"}}]', ".elements[0].restrictions.start_time", "as 13:30"),
        ('"elements"', '"charging_periods"', "", "this is a CDR or a session"),
        ('"elements"', '"element"', ".elements", "is missing"),
    ],
)
def test_a_fault_is_said_with_its_place(old: str, new: str, path: str, says: str) -> None:
    with pytest.raises(UnreadableTariffs, match=says) as error:
        read_tariffs(json.dumps(TARIFF).replace(old, new))
    assert error.value.path == f"${path}"
    assert str(error.value).isprintable()


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "this is not JSON"),
        ("{", "line 1 column 2"),
        ("[" * 100_000, "nested deeper"),
        (b"\xff{}", "UTF-8"),
        ("5", "is a number where an OCPI object is needed"),
        ('[{"a": 1}, "x"]', "is a text where"),
        (" " * (LARGEST_FILE + 1), "larger than 16 MiB"),
        ("[" + "0," * 1_000_000 + "0]", "more than 1000000 values"),
        ("[" + "{}," * 10_000 + "{}]", "more than 10000 objects"),
    ],
)
def test_what_holds_no_tariff_is_refused(text: str | bytes, says: str) -> None:
    with pytest.raises(UnreadableTariffs, match=says):
        read_tariffs(text)


def test_a_name_that_might_be_anything_is_not_repeated() -> None:
    # given a card number where a field's name should be
    with pytest.raises(UnreadableOcpi) as error:
        read_json('{"4111111111111111": {"x": NaN}}')
    assert error.value.path == "$['...'].x"
