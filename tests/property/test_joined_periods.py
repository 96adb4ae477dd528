"""Periods that are joined because no tariff can see what is between them cost what they cost before, to the line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.property.test_price_runs import AMSTERDAM, graces, starts, tariffs

from pricing.engine.cannot_price import CannotPrice
from pricing.engine.joined_periods import joined
from pricing.engine.price import Price, price
from tapwatt.facts.fields import ChargingPeriod
from tapwatt.tariffs import Tariff

MINUTE = timedelta(minutes=1)
state = st.fixed_dictionaries(
    {"activity": st.sampled_from(["charging", "charging", "parked"])},
    optional={
        "max_power_w": st.sampled_from([Decimal(3700), Decimal(11000)]),
        "min_current_a": st.sampled_from([Decimal(16), Decimal(32)]),
    },
)
runs = st.tuples(
    state,
    st.integers(1, 40),  # so many samples that are alike
    st.sampled_from([Decimal(0), Decimal("183.3333"), Decimal("183.3334"), Decimal(200)]),
    st.sampled_from([timedelta(0), MINUTE, timedelta(minutes=7, microseconds=1)]),  # each of them so long
    st.sampled_from([timedelta(0), timedelta(0), timedelta(seconds=1)]),  # and then a gap
)


@st.composite
def samples(draw: st.DrawFn) -> tuple[ChargingPeriod, ...]:
    at = draw(starts)
    found = []
    for common, count, energy, length, gap in draw(st.lists(runs, min_size=1, max_size=8)):
        for _ in range(count):
            found.append(ChargingPeriod(starts_at=at, ends_at=at + length, energy_wh=energy, **common))
            at += length
        at += gap
    return tuple(found)


def bill(tariff: Tariff, periods: Sequence[ChargingPeriod], grace: int) -> Price | str:
    """What it costs. A fee is due at an instant, so until when the period goes on in which it fell is left out."""
    try:
        found = price(tariff, periods, AMSTERDAM, idle_grace_s=grace)
        lines = [line.model_copy(update={"ends_at": None} if line.dimension == "FLAT" else {}) for line in found.lines]
        return replace(found, lines=tuple(lines))
    except CannotPrice as error:
        return str(error)


@settings(max_examples=150, deadline=None)
@given(tariffs(steps=(0, 1, 900), limited=True), samples(), graces)
def test_s36_a_session_costs_the_same_in_fewer_periods(
    tariff: Tariff, periods: tuple[ChargingPeriod, ...], grace: int
) -> None:
    fewer = joined(periods)
    one, other = bill(tariff, periods, grace), bill(tariff, fewer, grace)
    assert one == other or (isinstance(one, str) and isinstance(other, str))
    # and it is as long, and has as much energy
    assert (fewer[0].starts_at, fewer[-1].ends_at) == (periods[0].starts_at, periods[-1].ends_at)
    assert sum(p.energy_wh for p in fewer) == sum(p.energy_wh for p in periods)
    assert joined(fewer) == fewer


def test_s36_two_days_of_a_sample_a_minute_are_as_many_periods_as_something_changes() -> None:
    # given 1,440 minutes of charging and as many parked
    noon = datetime(2026, 3, 1, 12, tzinfo=UTC)
    periods = [
        ChargingPeriod(
            starts_at=noon + n * MINUTE,
            ends_at=noon + (n + 1) * MINUTE,
            energy_wh=Decimal("183.3333") if n < 1440 else Decimal(0),
            activity="charging" if n < 1440 else "parked",
        )
        for n in range(2880)
    ]
    assert [(p.activity, p.energy_wh) for p in joined(periods)] == [
        ("charging", Decimal("263999.9520")),
        ("parked", Decimal(0)),
    ]
