"""Numbers are read as they were written: no noise lost, none added, and nothing that JSON schema would not allow."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Any

import pytest
from pydantic import Field, TypeAdapter, ValidationError

from tapwatt.exact import INSTANT, OCPI_INSTANT, WHOLE, Exact
from tapwatt.money import Money

ENERGY = TypeAdapter(Annotated[Decimal, Field(ge=0, le=10**9), Exact(10**9, 12)])
PRICE = TypeAdapter(Annotated[Decimal, Field(ge=0, le=10**9), Exact(10**9, 20)])
FIGURE = TypeAdapter(Annotated[Decimal, Field(), Exact()])
COUNT = TypeAdapter(Annotated[int, WHOLE])


@pytest.mark.parametrize(
    ("written", "exact"),
    [
        ("12300.599999999999", "12300.599999999999"),
        ("0.30000000000000004", "0.300000000000"),
        ("1e3", "1000"),
        ("5e-324", "0"),
        ("-0.0", "0"),
        ("1000000000", "1000000000"),
        ('"0.5"', "0.5"),
        ('"0012.50"', "12.50"),
    ],
)
def test_s24_an_energy_is_what_was_written(written: str, exact: str) -> None:
    assert ENERGY.validate_json(written) == Decimal(exact)


@pytest.mark.parametrize(
    "written",
    ['"abc"', '"1e3"', '"-1"', '"+5"', '".5"', '"5."', '" 1"', '"1_0"', '"NaN"', "-1", "-1e-3", "1e10", "true"],
)
def test_s24_what_is_no_energy_is_refused(written: str) -> None:
    with pytest.raises(ValidationError):
        ENERGY.validate_json(written)


def test_a_large_price_is_read_though_it_has_no_room_for_all_its_decimals() -> None:
    assert PRICE.validate_json("100000000.0") == 10**8


@pytest.mark.parametrize("exact", ["0E-7", "1E-7", "1E+3", "-0.5", "0.0002777777777777777777777777778"])
def test_a_figure_is_said_without_an_exponent_and_is_still_read_with_one(exact: str) -> None:
    # given a figure that a program writes with an exponent, as ours once did
    read = FIGURE.validate_python(exact)
    # then it is said without, and is the same
    said = FIGURE.dump_json(read).decode()
    assert "E" not in said
    assert FIGURE.validate_json(said) == Decimal(exact)


@pytest.mark.parametrize(("written", "number"), [("5", 5), ("5.0", 5), ("1e3", 1000)])
def test_a_whole_number_is_one_however_json_writes_it(written: str, number: int) -> None:
    assert COUNT.validate_json(written) == number
    assert Money.model_validate_json(f'{{"minor": {written}, "currency": "EUR"}}').minor == number


@pytest.mark.parametrize("written", ["5.5", '"5"', "true", "null"])
def test_what_is_no_whole_number_is_refused(written: str) -> None:
    with pytest.raises(ValidationError):
        COUNT.validate_json(written)
    with pytest.raises(ValidationError):
        Money.model_validate_json(f'{{"minor": {written}, "currency": "EUR"}}')


@pytest.mark.parametrize("given", [1767225600, 1767225600.5, "1767225600", "2026-01-31", "2026-01-31 12:00:00Z", None])
def test_no_number_and_no_other_text_stands_for_a_time(given: Any) -> None:
    for written in (INSTANT, OCPI_INSTANT):
        with pytest.raises(ValueError, match="datetime"):
            written.checked(given)
