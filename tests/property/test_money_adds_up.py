"""Money is whole minor units: it converts exactly, refuses what it cannot hold, and rounds once, to the nearest."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tapwatt.money import LARGEST_MINOR, Money, Rounding, exponent, round_to_minor

currencies = st.sampled_from(["EUR", "USD", "JPY", "ISK", "KWD", "BHD", "HUF"])
minors = st.integers(-LARGEST_MINOR, LARGEST_MINOR)


@given(minors, currencies)
def test_s24_minor_to_major_and_back_is_exact(minor: int, currency: str) -> None:
    money = Money(minor=minor, currency=currency)
    assert Money.of(money.major, currency) == money
    assert Money.of(str(money.major), currency) == money
    assert str(money) == f"{money.major:f} {currency}"


@given(st.decimals(-(10**6), 10**6, places=5), currencies)
def test_s24_more_decimals_than_the_currency_has_are_refused_never_rounded(amount: Decimal, currency: str) -> None:
    fits = amount == amount.quantize(Decimal(1).scaleb(-exponent(currency)))
    if fits:
        assert Money.of(amount, currency).major == amount
    else:
        with pytest.raises(ValueError, match="more than the"):
            Money.of(amount, currency)


@given(st.decimals(-(10**6), 10**6, places=6), currencies, st.sampled_from(Rounding))
def test_rounding_moves_an_amount_by_less_than_a_minor_unit_and_to_the_side_it_says(
    exact: Decimal, currency: str, rounding: Rounding
) -> None:
    rounded = round_to_minor(exact, currency, rounding).major
    unit = Decimal(1).scaleb(-exponent(currency))
    assert abs(rounded - exact) < unit
    match rounding:
        case Rounding.HALF_UP | Rounding.HALF_EVEN:
            assert abs(rounded - exact) <= unit / 2
        case Rounding.UP:
            assert abs(rounded) >= abs(exact)
        case Rounding.DOWN:
            assert abs(rounded) <= abs(exact)


@given(minors, minors, currencies)
def test_adding_and_taking_away_is_exact(one: int, other: int, currency: str) -> None:
    a, b = Money(minor=one // 2, currency=currency), Money(minor=other // 2, currency=currency)
    assert (a + b) - b == a
    assert (a < b) == (a.minor < b.minor)


def test_two_currencies_are_never_added_or_compared() -> None:
    euro, yen = Money.of("1", "EUR"), Money.of("1", "JPY")
    for act in (lambda: euro + yen, lambda: euro - yen, lambda: euro < yen, lambda: euro <= yen):
        with pytest.raises(ValueError, match="two currencies"):
            act()


@pytest.mark.parametrize("unknown", ["eur", "EURO", "ZZZ", "XXX", ""])
def test_an_unknown_currency_is_refused(unknown: str) -> None:
    with pytest.raises(ValueError, match="ISO 4217"):
        exponent(unknown)


@pytest.mark.parametrize("nothing", ["Infinity", "-Infinity", "NaN", "1e999999", "ten", ""])
def test_what_is_no_amount_is_refused(nothing: str) -> None:
    with pytest.raises(ValueError, match=r"not an amount|less than or equal"):
        Money.of(nothing, "EUR")
