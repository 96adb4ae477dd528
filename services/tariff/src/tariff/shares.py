"""Shares a rounded total out in whole minor units, so that what stands on a bill adds up to it."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from tariff.totals import Cost


def shared_out(exact: Sequence[Fraction], total: int, most: Sequence[int | None] | None = None) -> list[int]:
    """Whole minor units that add up to the total: each amount rounded down, what remains to the largest remainders.

    `most` says how far a part may be raised at the utmost, None that it may be as far as one likes. What is exactly
    nothing stays nothing while there is anything else. A total that was rounded down where the parts were not lowers
    those that have the least remainder.
    """
    parts = [int(e // 1) for e in exact]
    largest_first = sorted(range(len(parts)), key=lambda i: (not exact[i], parts[i] - exact[i], i))
    while (missing := total - sum(parts)) != 0:
        change, order = (1, largest_first) if missing > 0 else (-1, largest_first[::-1])
        able = [i for i in order if _may(change, parts[i], exact[i], None if most is None else most[i])]
        for i in (able or order)[: abs(missing)]:
            parts[i] += change
    return parts


def _may(change: int, part: int, exact: Fraction, most: int | None) -> bool:
    if change < 0:
        return part > 0
    return bool(exact) and (most is None or part < most)


def bill_shares(exact: Sequence[Cost], excl: int, incl: int, *, gross: bool) -> list[tuple[int, int]]:
    """Each part of a bill in minor units before and after VAT: they add up to both totals, and no tax is negative.

    The amounts that the prices are given in (`gross`: those after VAT) are shared out first and then the tax, so that a
    fee of 0.50 stays 0.50 and what is not taxed shows no tax. Only an adjustment may be less than nothing.
    """
    tax = [c.vat for c in exact]
    if gross:
        after = shared_out([c.incl for c in exact], incl)
        taxes = shared_out(tax, incl - excl, [None if c.incl < 0 else a for c, a in zip(exact, after, strict=True)])
        return [(a - t, a) for a, t in zip(after, taxes, strict=True)]
    before, taxes = shared_out([c.excl for c in exact], excl), shared_out(tax, incl - excl)
    return [(b, b + t) for b, t in zip(before, taxes, strict=True)]
