"""However a total is rounded, its shares add up to it and none shows a tax that it has not."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

from hypothesis import example, given, settings
from hypothesis import strategies as st

from pricing.engine.rounding_shares import line_shares
from pricing.engine.totals import Cost, round_once
from pricing.engine.vat_in_it import vat_in
from tapwatt.money import Money, Rounding

lines = st.lists(st.tuples(st.integers(0, 400), st.booleans()), min_size=1, max_size=5)


@settings(max_examples=500, deadline=None)
@given(lines, st.sampled_from([0, 5, 21, 100]), st.sampled_from(Rounding), st.booleans())
@example([(80, True), (27, False)], 100, Rounding.DOWN, True)
@example([(33, True), (181, True), (288, True), (299, False)], 21, Rounding.UP, False)
def test_lines_add_up_to_what_is_owed_and_to_its_vat_and_none_has_less_than_no_tax(
    of: list[tuple[int, bool]], percent: int, rounding: Rounding, gross: bool
) -> None:
    # given amounts around one minor unit, where every rounding shows
    after = [Fraction(hundredths, 100) for hundredths, _ in of]
    exact = [Cost(one * 100 / (100 + percent), one) for one in after]
    owed = round_once(sum(after, Fraction(0)), "JPY", rounding)
    vat = vat_in(owed, Decimal(percent))
    # when
    shares = line_shares(exact, (owed - vat).minor, vat.minor, gross=gross, steady=[fee for _, fee in of])
    # then a line is off by the total's own rounding, and by what each fee beside it, which stays as it is, was rounded
    # by: half a unit before VAT and half a unit of VAT
    furthest = 2 + sum(fee for _, fee in of)
    assert sum(without for without, _ in shares) == (owed - vat).minor
    assert sum(with_it for _, with_it in shares) == owed.minor
    for (without, with_it), cost in zip(shares, exact, strict=True):
        assert 0 <= without <= with_it
        assert cost.vat or without == with_it
        assert max(abs(without - cost.excl), abs(with_it - cost.incl)) <= furthest


@given(st.integers(0, 10**6), st.sampled_from(["5.5", "9", "19", "21", "25.5", "100"]))
def test_the_vat_of_an_amount_before_vat_is_found_again_in_the_amount_with_it(minor: int, percent: str) -> None:
    # given any amount before VAT, and its VAT rounded half up, as BR-CO-17 of EN 16931 says
    vat = int(minor * Fraction(percent) / 100 + Fraction(1, 2))
    # then the amount with it has that VAT in it
    assert vat_in(Money(minor=minor + vat, currency="EUR"), Decimal(percent)).minor == vat
