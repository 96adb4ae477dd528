"""Shares a rounded total out in whole minor units, so that what stands on a bill adds up to it."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from pricing.engine.totals import Cost

_HALF = Fraction(1, 2)


def shared_out(
    exact: Sequence[Fraction], total: int, least: Sequence[int] | None = None, steady: Sequence[bool] | None = None
) -> list[int]:
    """Whole minor units that add up to the total: each amount rounded down, what remains to the largest remainders.

    A `steady` part is rounded on its own, half up, and stays so while any other part can make up the total: the same
    fee is the same on every bill. `least` says what each part is at the least, nothing if it does not say. What is
    exactly nothing stays nothing while there is anything else. Where the parts are more than the total, those that have
    the least remainder are lowered.
    """
    lowest = least or [0] * len(exact)
    kept = steady or [False] * len(exact)
    parts = [int((e + _HALF if keep else e) // 1) for e, keep in zip(exact, kept, strict=True)]
    if least is not None:
        parts = [max(part, low) for part, low in zip(parts, least, strict=True)]
    while (missing := total - sum(parts)) != 0:
        order = sorted(range(len(parts)), key=lambda i: (parts[i] - exact[i], i), reverse=missing < 0)
        able = [i for i in order if (exact[i] if missing > 0 else parts[i] > lowest[i])]
        moved = [i for i in able if not kept[i]] or able or order
        for i in moved[: abs(missing)]:
            parts[i] += 1 if missing > 0 else -1
    return parts


def line_shares(
    exact: Sequence[Cost], excl: int, vat: int, *, gross: bool, steady: Sequence[bool] | None = None
) -> list[tuple[int, int]]:
    """The lines at one rate in minor units before and after VAT: they add up to both, and no tax is negative.

    The taxes are shared out on their own, and so are the amounts that the prices are given in (`gross`: those after
    VAT): a fee of 0.50 stays 0.50. Only an adjustment may be less than nothing.
    """
    taxes = shared_out([c.vat for c in exact], vat, steady=steady)
    if gross:
        lowest = [_lowest(c, t) for c, t in zip(exact, taxes, strict=True)]
        after = shared_out([c.incl for c in exact], excl + vat, lowest, steady)
        return [(a - t, a) for a, t in zip(after, taxes, strict=True)]
    before = shared_out([c.excl for c in exact], excl, steady=steady)
    return [(b, b + t) for b, t in zip(before, taxes, strict=True)]


def _lowest(cost: Cost, tax: int) -> int:
    # An amount holds at least its tax; one that is taken off is as low as it is.
    return tax if cost.incl >= 0 else int(cost.incl // 1)
