"""Money by example: the currencies with other decimals, what is refused, and rounding at the half."""

from decimal import Decimal
from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from tapwatt.money import LARGEST_MINOR, Money, NotNegative, Positive, Rounding, exponent, round_to_minor


@pytest.mark.parametrize(("currency", "decimals"), [("EUR", 2), ("JPY", 0), ("ISK", 0), ("KWD", 3), ("BHD", 3)])
def test_s24_decimals_are_those_of_iso_4217(currency: str, decimals: int) -> None:
    assert exponent(currency) == decimals


@pytest.mark.parametrize(
    ("major", "currency", "minor"),
    [("19.99", "EUR", 1999), ("2000", "JPY", 2000), ("0.005", "KWD", 5), ("-1", "EUR", -100), ("1E+2", "EUR", 10000)],
)
def test_s24_a_major_amount_is_so_many_minor_units(major: str, currency: str, minor: int) -> None:
    assert Money.of(major, currency).minor == minor


@pytest.mark.parametrize(
    ("major", "currency"), [("0.001", "EUR"), ("0.5", "JPY"), ("x", "EUR"), ("", "EUR"), ("1,50", "EUR")]
)
def test_s24_what_is_not_an_amount_of_that_currency_is_refused(major: str, currency: str) -> None:
    with pytest.raises(ValueError, match=r"not an amount|more than the"):
        Money.of(major, currency)


@pytest.mark.parametrize("major", ["NaN", "Infinity", "-Infinity", "1E+20"])
def test_no_amount_without_an_end_becomes_money(major: str) -> None:
    with pytest.raises((ValueError, OverflowError)):
        Money.of(major, "EUR")


@pytest.mark.parametrize("minor", [19.99, 1.0, "1", True, None, LARGEST_MINOR + 1, -LARGEST_MINOR - 1])
def test_only_a_whole_number_is_minor_units(minor: Any) -> None:
    with pytest.raises(ValidationError):
        Money(minor=minor, currency="EUR")


@pytest.mark.parametrize(
    ("exact", "rounding", "minor"),
    [
        ("0.005", Rounding.HALF_UP, 1),
        ("0.015", Rounding.HALF_UP, 2),
        ("0.005", Rounding.HALF_EVEN, 0),
        ("0.015", Rounding.HALF_EVEN, 2),
        ("0.001", Rounding.UP, 1),
        ("0.009", Rounding.DOWN, 0),
        ("-0.005", Rounding.HALF_UP, -1),
    ],
)
def test_s24_rounding_at_the_half(exact: str, rounding: Rounding, minor: int) -> None:
    assert round_to_minor(Decimal(exact), "EUR", rounding) == Money(minor=minor, currency="EUR")


def test_nothing_is_money_and_is_not_positive() -> None:
    nothing = Money.zero("EUR")
    assert not nothing
    assert str(nothing) == "0.00 EUR"
    assert TypeAdapter(NotNegative).validate_python(nothing) == nothing
    for kind, money in ((Positive, nothing), (NotNegative, Money(minor=-1, currency="EUR"))):
        with pytest.raises(ValidationError, match="nothing"):
            TypeAdapter(kind).validate_python(money)


def test_money_is_never_changed() -> None:
    money = Money.of("1", "EUR")
    with pytest.raises(ValidationError):
        money.minor = 2  # type: ignore[misc]
