"""As a session runs on: a cut changes no cost, more never costs less, and the running cost ends as the final one."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

from hypothesis import assume, given, reject, settings
from hypothesis import strategies as st

from pricing.engine.price import CannotPrice, exact_cost, price
from pricing.engine.so_far import so_far
from tapwatt.facts.fields import ChargingPeriod
from tapwatt.money import Rounding
from tapwatt.tariffs import Tariff

AMSTERDAM = "Europe/Amsterdam"
starts = st.sampled_from(["2026-03-28T20:00", "2026-10-24T20:00", "2026-06-30T21:00"]).map(
    lambda text: datetime.fromisoformat(text).replace(tzinfo=UTC)
)
prices = st.one_of(st.just(Decimal(0)), st.decimals(0, 3, places=4))
vats = st.sampled_from([None, "0", "9", "21"])
clock = st.builds(lambda h, m: f"{h:02d}:{m:02d}", st.integers(0, 23), st.sampled_from([0, 15, 30]))
kwh = st.decimals(0, 30, places=3)
power = st.sampled_from(["3.7", "11", "22"])
seconds = st.integers(0, 20_000)
restrictions = st.fixed_dictionaries(
    {},
    optional={
        "start_time": clock,
        "end_time": clock,
        "day_of_week": st.just(["SUNDAY", "WEDNESDAY"]),
        "start_date": st.sampled_from(["2026-03-29", "2026-10-25"]),
        "min_kwh": kwh,
        "max_kwh": kwh,
        "min_duration": seconds,
        "max_duration": seconds,
        "min_power": power,
        "max_power": power,
        "reservation": st.sampled_from(["RESERVATION", "RESERVATION_EXPIRES"]),
    },
)
limits = st.fixed_dictionaries(
    {}, optional={"min_price": st.just({"before_taxes": "4"}), "max_price": st.just({"before_taxes": "9"})}
)
graces = st.sampled_from([0, 300, 3600])


@st.composite
def tariffs(draw: st.DrawFn, steps: tuple[int, ...] = (0,), limited: bool = False, most: int = 5) -> Tariff:
    component = st.fixed_dictionaries(
        {
            "type": st.sampled_from(["ENERGY", "TIME", "PARKING_TIME", "FLAT"]),
            "price": prices,
            "vat": vats,
            "step_size": st.sampled_from(steps),
        }
    )
    element = st.fixed_dictionaries(
        {
            "price_components": st.lists(component, min_size=1, max_size=4),
            "restrictions": st.one_of(st.none(), restrictions),
        }
    )
    return Tariff.model_validate(
        {
            "id": "T",
            "currency": draw(st.sampled_from(["EUR", "JPY", "KWD"])),
            "elements": draw(st.lists(element, min_size=1, max_size=most)),
            "tax_included": draw(st.sampled_from([None, "YES", "NO", "N/A"])),
            **(draw(limits) if limited else {}),
        }
    )


@st.composite
def sessions(draw: st.DrawFn) -> list[ChargingPeriod]:
    """Periods of whole seconds with a whole number of ten-thousandths of a Wh in each: a cut on one is exact."""
    at, periods = draw(starts), []
    activities = draw(st.lists(st.sampled_from(["charging", "charging", "parked"]), min_size=1, max_size=5))
    for activity in ["reserved"] * draw(st.integers(0, 1)) + activities:
        lasts = draw(st.integers(1, 4 * 3600))
        charging = activity == "charging"
        periods.append(
            ChargingPeriod.model_validate(
                {
                    "starts_at": at,
                    "ends_at": at + timedelta(seconds=lasts),
                    "energy_wh": Decimal(draw(st.integers(0, 60_000)) * lasts).scaleb(-4) if charging else 0,
                    "activity": activity,
                    "max_power_w": draw(st.sampled_from([3700, 11000, 22000])) if charging else None,
                }
            )
        )
        at += timedelta(seconds=lasts + draw(st.sampled_from([0, 0, 60])))
    return periods


@st.composite
def sessions_at_an_instant(draw: st.DrawFn) -> tuple[list[ChargingPeriod], datetime]:
    periods = draw(sessions())
    whole = (periods[-1].ends_at - periods[0].starts_at) // timedelta(seconds=1)
    return periods, periods[0].starts_at + timedelta(seconds=draw(st.integers(0, whole)))


def _split(periods: list[ChargingPeriod], at: datetime) -> list[ChargingPeriod]:
    found: list[ChargingPeriod] = []
    for period in periods:
        if not period.starts_at <= at <= period.ends_at:
            found.append(period)
            continue
        (first,) = so_far([period], at) if at > period.starts_at else so_far([period], period.starts_at)
        rest = period.model_copy(update={"starts_at": at, "energy_wh": period.energy_wh - first.energy_wh})
        found += [first, rest]
    return found


@settings(max_examples=300, deadline=None)
@given(tariffs(steps=(0, 1, 300, 900), limited=True), sessions_at_an_instant(), graces)
def test_s23_a_session_that_is_split_at_any_instant_costs_the_same(
    tariff: Tariff, session: tuple[list[ChargingPeriod], datetime], grace: int
) -> None:
    # given steps, limits and a grace, and a session of which a reading more was taken
    periods, at = session
    # then it has the same exact cost, or the same reason why it has none
    try:
        whole = exact_cost(tariff, periods, AMSTERDAM, idle_grace_s=grace)
    except CannotPrice:
        reject()
    assert exact_cost(tariff, _split(periods, at), AMSTERDAM, idle_grace_s=grace) == whole


@settings(deadline=None)
@given(tariffs(), st.integers(2, 20_000), st.integers(0, 20_000), starts)
def test_s23_a_reservation_that_is_split_costs_the_same_expired_or_not(
    tariff: Tariff, lasts: int, cut: int, begins: datetime
) -> None:
    whole = [ChargingPeriod(starts_at=begins, ends_at=begins + timedelta(seconds=lasts), activity="reserved")]
    split = _split(whole, begins + timedelta(seconds=cut % lasts))
    for expired in (False, True):
        cost = exact_cost(tariff, whole, AMSTERDAM, reservation_expired=expired)
        assert exact_cost(tariff, split, AMSTERDAM, reservation_expired=expired) == cost


@settings(max_examples=300, deadline=None)
@given(tariffs(), sessions_at_an_instant(), st.integers(0, 100_000), graces)
def test_s23_without_steps_and_limits_a_longer_session_never_costs_less(
    tariff: Tariff, session: tuple[list[ChargingPeriod], datetime], later: int, grace: int
) -> None:
    # given the running cost at two instants of a session
    periods, early = session
    late = early + timedelta(seconds=later)
    little = exact_cost(tariff, so_far(periods, early), AMSTERDAM, idle_grace_s=grace)
    much = exact_cost(tariff, so_far(periods, late), AMSTERDAM, idle_grace_s=grace)
    # then time and energy that were added never made it cheaper
    assert little[0] <= much[0]
    assert little[1] <= much[1]


@settings(max_examples=200, deadline=None)
@given(tariffs(steps=(0, 1, 300, 900), most=1), sessions_at_an_instant(), st.integers(0, 100_000))
def test_s23_where_each_dimension_has_one_price_a_step_makes_no_longer_charging_cheaper(
    tariff: Tariff, session: tuple[list[ChargingPeriod], datetime], later: int
) -> None:
    # given one element that always holds, steps or not, and a car that only charges
    always = tariff.elements[0].model_copy(update={"restrictions": None})
    tariff = tariff.model_copy(update={"elements": (always,)})
    periods, early = [p for p in session[0] if p.activity == "charging"], session[1]
    assume(periods)
    little, much = (
        exact_cost(tariff, so_far(periods, at), AMSTERDAM) for at in (early, early + timedelta(seconds=later))
    )
    assert little[0] <= much[0]
    assert little[1] <= much[1]


@settings(max_examples=150, deadline=None)
@given(tariffs(steps=(0, 1, 300, 900), limited=True), sessions(), graces, st.sampled_from(Rounding))
def test_s23_the_running_cost_at_the_end_is_the_final_cost(
    tariff: Tariff, periods: list[ChargingPeriod], grace: int, rounding: Rounding
) -> None:
    try:
        final = price(tariff, periods, AMSTERDAM, rounding, idle_grace_s=grace)
    except CannotPrice:
        reject()
    for at in (periods[-1].ends_at, periods[-1].ends_at + timedelta(days=1)):
        assert price(tariff, so_far(periods, at), AMSTERDAM, rounding, idle_grace_s=grace) == final


@settings(max_examples=300, deadline=None)
@given(tariffs(steps=(0, 1, 300, 900), limited=True), sessions(), graces, st.sampled_from(Rounding))
def test_s23_the_lines_and_the_vat_by_rate_add_up(
    tariff: Tariff, periods: list[ChargingPeriod], grace: int, rounding: Rounding
) -> None:
    try:
        bill = price(tariff, periods, AMSTERDAM, rounding, idle_grace_s=grace)
    except CannotPrice:
        reject()
    # then the lines add up in all
    assert sum(line.excl_vat.minor for line in bill.lines) == bill.taxable.minor
    assert sum(line.incl_vat.minor for line in bill.lines) == bill.incl_vat.minor
    assert sum(share.excl_vat.minor for share in bill.vat) == bill.taxable.minor
    assert sum(share.incl_vat.minor for share in bill.vat) == bill.incl_vat.minor
    # and by rate, each of which there is once, is not negative, and untaxed where no VAT applies
    rates = [share.percent for share in bill.vat]
    assert len(set(rates)) == len(rates)
    assert {line.vat_percent for line in bill.lines} == set(rates)
    for share in bill.vat:
        of_it = [line for line in bill.lines if line.vat_percent == share.percent]
        assert sum(line.excl_vat.minor for line in of_it) == share.excl_vat.minor
        assert sum(line.incl_vat.minor for line in of_it) == share.incl_vat.minor
        assert 0 <= share.excl_vat.minor <= share.incl_vat.minor
        assert share.vat.minor == share.incl_vat.minor - share.excl_vat.minor
        assert share.percent or share.vat.minor == 0
    # and each line that is no adjustment is what a driver would expect, and says why it is there
    for line in bill.lines:
        assert 0 < len(line.why) <= 500
        if line.dimension != "ADJUSTMENT":
            assert 0 <= line.excl_vat.minor <= line.incl_vat.minor
            assert line.vat_percent or line.excl_vat == line.incl_vat


@settings(max_examples=200, deadline=None)
@given(tariffs(), sessions(), st.sampled_from(Rounding))
def test_without_limits_the_tax_of_each_rate_is_its_percentage_but_for_the_rounding(
    tariff: Tariff, periods: list[ChargingPeriod], rounding: Rounding
) -> None:
    bill = price(tariff, periods, AMSTERDAM, rounding)
    for share in bill.vat:
        tax = share.excl_vat.minor * Fraction(share.percent or 0) / 100
        assert abs(tax - share.vat.minor) < len(bill.vat) + 1


def _shuffled(value: Any, chance: random.Random) -> Any:
    if isinstance(value, dict):
        keys = list(value)
        chance.shuffle(keys)
        return {key: _shuffled(value[key], chance) for key in keys}
    return [_shuffled(v, chance) for v in value] if isinstance(value, list) else value


@settings(deadline=None)
@given(tariffs(steps=(0, 300), limited=True), sessions(), st.randoms(use_true_random=False))
def test_the_order_of_keys_in_the_json_changes_nothing(
    tariff: Tariff, periods: list[ChargingPeriod], chance: random.Random
) -> None:
    # given the same tariff and periods, written with their keys in another order
    other = Tariff.model_validate(_shuffled(tariff.model_dump(mode="json"), chance))
    again = [ChargingPeriod.model_validate(_shuffled(p.model_dump(mode="json"), chance)) for p in periods]
    try:
        bill = price(tariff, periods, AMSTERDAM)
    except CannotPrice:
        reject()
    assert price(other, again, AMSTERDAM) == bill
