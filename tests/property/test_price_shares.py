"""However a total is rounded, its shares add up to it and none shows a tax that it has not."""

from __future__ import annotations

from fractions import Fraction

from hypothesis import example, given, settings
from hypothesis import strategies as st

from pricing.engine.rounding_shares import bill_shares
from pricing.engine.totals import Cost, round_once
from tapwatt.money import Rounding


def _cost(hundredths: int, percent: int) -> Cost:
    after = Fraction(hundredths, 100)
    return Cost(after * 100 / (100 + percent), after)


costs = st.lists(st.builds(_cost, st.integers(0, 400), st.sampled_from([0, 5, 21, 100])), min_size=1, max_size=5)


@settings(max_examples=500, deadline=None)
@given(costs, st.sampled_from(Rounding), st.booleans())
@example([_cost(80, 0), _cost(27, 100)], Rounding.DOWN, True)
def test_shares_add_up_to_both_totals_and_show_a_tax_only_where_there_is_one(
    exact: list[Cost], rounding: Rounding, gross: bool
) -> None:
    # given amounts around one minor unit, where every rounding shows
    excl, incl = (
        round_once(sum((getattr(c, kind) for c in exact), Fraction(0)), "JPY", rounding).minor
        for kind in ("excl", "incl")
    )
    # when
    shares = bill_shares(exact, excl, incl, gross=gross)
    # then
    assert sum(before for before, _ in shares) == excl
    assert sum(after for _, after in shares) == incl
    for (before, after), cost in zip(shares, exact, strict=True):
        assert 0 <= before <= after
        assert cost.vat or before == after
        assert max(abs(before - cost.excl), abs(after - cost.incl)) < 2
