"""What changed between two looks at metrics: rates, restarts, quantiles, and what nobody tells."""

from __future__ import annotations

import pytest

from tapwatt_cli.ops.metric_samples import Change, Sample, Snapshot


def snapshot(at_s: float, **values: float) -> Snapshot:
    """`calls` of two workers."""
    return Snapshot(at_s, tuple(Sample("calls", {"instance": name}, value) for name, value in values.items()))


def test_a_rate_is_what_was_counted_a_second_over_all_workers() -> None:
    assert Change(snapshot(10, a=5, b=1), snapshot(20, a=25, b=11)).rate("calls") == 3


def test_a_worker_that_began_again_has_counted_what_it_says() -> None:
    assert Change(snapshot(0, a=500), snapshot(10, a=20)).grown("calls") == 20


def test_a_worker_that_was_not_there_before_has_counted_what_it_says() -> None:
    assert Change(snapshot(0, a=5), snapshot(10, a=5, b=7)).grown("calls") == 7


def test_what_nobody_tells_is_not_zero() -> None:
    change = Change(snapshot(0, a=5), snapshot(10, a=5))
    assert change.rate("calls") == 0
    assert change.rate("others") is None
    assert change.now.total("others") is None
    assert change.quantile(0.95, "others") is None


def test_nothing_is_a_rate_before_somebody_has_looked_twice() -> None:
    first = snapshot(10, a=5)
    assert Change(first, first).rate("calls") is None


@pytest.mark.parametrize(("share", "expected"), [(0.5, 1.0), (0.95, 5.0), (1.0, float("inf"))])
def test_a_quantile_is_the_upper_bound_of_its_bucket_over_all_workers(share: float, expected: float) -> None:
    # given a hundred new observations on two workers: 60 within a second, 38 more within 5 s, and 2 beyond
    then = [
        Sample("took_bucket", {"le": le, "instance": one}, value)
        for one in "ab"
        for le, value in (("1.0", 7), ("5.0", 7), ("+Inf", 7))
    ]
    new = {"1.0": 30, "5.0": 49, "+Inf": 50}
    now = [one._replace(value=one.value + new[one.labels["le"]]) for one in then]
    # then
    assert Change(Snapshot(0, tuple(then)), Snapshot(10, tuple(now))).quantile(share, "took") == expected
