"""Whatever the tariff and the session: the bill adds up, a finer reading costs the same, more energy never less."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

from hypothesis import given, reject, settings
from hypothesis import strategies as st

from pricing.engine.price import CannotPrice, exact_cost, price
from tapwatt.facts.fields import ChargingPeriod
from tapwatt.money import Rounding
from tapwatt.tariffs import Tariff

AMSTERDAM = "Europe/Amsterdam"
# Given days on which the clock changes, the days before, and one on which it does not.
starts = st.sampled_from(["2026-03-28T20:00", "2026-10-24T20:00", "2026-06-30T21:00"]).map(
    lambda text: datetime.fromisoformat(text).replace(tzinfo=UTC)
)
prices = st.decimals(0, 3, places=4)
vats = st.sampled_from([None, "0", "9", "21"])
clock = st.builds(lambda h, m: f"{h:02d}:{m:02d}", st.integers(0, 23), st.sampled_from([0, 15, 30]))
kwh = st.decimals(0, 30, places=3)
by_clock = st.fixed_dictionaries(
    {}, optional={"start_time": clock, "end_time": clock, "day_of_week": st.just(["SUNDAY", "WEDNESDAY"])}
)
by_energy = st.fixed_dictionaries({}, optional={"min_kwh": kwh, "max_kwh": kwh})
by_length = st.fixed_dictionaries(
    {}, optional={"min_duration": st.integers(0, 20000), "max_duration": st.integers(1, 20000)}
)
by_anything = st.one_of(by_clock, by_energy, by_length)
dimensions = st.sampled_from(["ENERGY", "TIME", "PARKING_TIME", "FLAT"])


@st.composite
def tariffs(draw: st.DrawFn, restrictions: Any = by_anything, of: Any = dimensions, steps: bool = False) -> Tariff:
    step = st.sampled_from([0, 1, 300, 900]) if steps else st.just(0)
    component = st.fixed_dictionaries({"type": of, "price": prices, "vat": vats, "step_size": step})
    element = st.fixed_dictionaries(
        {"price_components": st.lists(component, min_size=1, max_size=4), "restrictions": restrictions}
    )
    return Tariff.model_validate(
        {
            "id": "T",
            "currency": draw(st.sampled_from(["EUR", "JPY", "KWD"])),
            "elements": draw(st.lists(element, min_size=1, max_size=5)),
            "tax_included": draw(st.sampled_from([None, "YES", "NO", "N/A"])),
        }
    )


@st.composite
def sessions(draw: st.DrawFn) -> list[ChargingPeriod]:
    at, periods = draw(starts), []
    for _ in range(draw(st.integers(1, 5))):
        # Whole microseconds divide by energy into fractions that no clock can show: the cut must still be exact.
        end = at + timedelta(
            seconds=draw(st.integers(1, 4 * 3600)), microseconds=draw(st.sampled_from([0, 0, 0, 333_333]))
        )
        activity = draw(st.sampled_from(["charging", "charging", "parked"]))
        wh = draw(st.decimals(0, 20000, places=1)) if activity == "charging" else Decimal(0)
        periods.append(ChargingPeriod(starts_at=at, ends_at=end, energy_wh=wh, activity=activity))
        at = end + timedelta(seconds=draw(st.sampled_from([0, 0, 60])))
    return periods


@settings(deadline=None)
@given(
    tariffs(steps=True),
    sessions(),
    st.sampled_from(Rounding),
    st.fixed_dictionaries(
        {}, optional={"min_price": st.just({"before_taxes": "4"}), "max_price": st.just({"before_taxes": "9"})}
    ),
)
def test_the_lines_add_up_to_what_is_owed_and_to_what_of_it_is_no_vat(
    tariff: Tariff, periods: list[ChargingPeriod], rounding: Rounding, limits: dict[str, Any]
) -> None:
    # given any tariff whose components have one VAT, so that a lowest price of nothing has one too
    first = tariff.elements[0].price_components[0].vat
    shown = tariff.model_dump()
    for element in shown["elements"]:
        for component in element["price_components"]:
            component["vat"] = first
    tariff = Tariff.model_validate({**shown, **limits})
    # when
    bill = price(tariff, periods, AMSTERDAM, rounding)
    # then
    assert sum(line.excl_vat.minor for line in bill.lines) == bill.taxable.minor
    assert sum(line.incl_vat.minor for line in bill.lines) == bill.incl_vat.minor
    assert 0 <= bill.excl_vat.minor <= bill.incl_vat.minor
    for line in bill.lines:
        if line.dimension != "ADJUSTMENT":
            assert 0 <= line.excl_vat.minor <= line.incl_vat.minor


@settings(max_examples=400, deadline=None)
@given(tariffs(), sessions(), st.integers(0, 4), st.fractions(0, 1))
def test_a_finer_reading_costs_the_same_to_the_last_fraction(
    tariff: Tariff, periods: list[ChargingPeriod], which: int, share: Fraction
) -> None:
    # given a reading of one period cut in two where the energy so far is exact in tenths of a millwatt-hour
    index = which % len(periods)
    whole = periods[index]
    length = (whole.ends_at - whole.starts_at) // timedelta(microseconds=1)
    micros = int(share * length)
    before = Fraction(whole.energy_wh) * micros / length
    if before * 10_000 % 1:
        micros, before = _exact_cut(whole, length, micros)
    middle = whole.starts_at + timedelta(microseconds=micros)
    first_wh = Decimal(before.numerator) / Decimal(before.denominator)
    halves = [
        whole.model_copy(update={"ends_at": middle, "energy_wh": first_wh}),
        whole.model_copy(update={"starts_at": middle, "energy_wh": whole.energy_wh - first_wh}),
    ]
    # when both readings are priced, then the cost is the same
    finer = [*periods[:index], *halves, *periods[index + 1 :]]
    assert exact_cost(tariff, finer, AMSTERDAM) == exact_cost(tariff, periods, AMSTERDAM)


def _exact_cut(whole: ChargingPeriod, length: int, micros: int) -> tuple[int, Fraction]:
    """The nearest earlier instant at which the energy so far is a whole number of ten-thousandths of a Wh."""
    per = Fraction(whole.energy_wh) * 10_000 / length
    micros -= micros % per.denominator
    return micros, per * micros / 10_000


def _more_energy_costs_no_less(tariff: Tariff, periods: list[ChargingPeriod], which: int, more: Decimal) -> None:
    index = which % len(periods)
    fuller = list(periods)
    fuller[index] = periods[index].model_copy(update={"energy_wh": periods[index].energy_wh + more})
    little, much = exact_cost(tariff, periods, AMSTERDAM), exact_cost(tariff, fuller, AMSTERDAM)
    assert little[0] <= much[0]
    assert little[1] <= much[1]


# A price that depends on energy and time may honestly fall with more energy: cheap kWh come sooner. By one it may not.
priced_by_energy = st.sampled_from(["ENERGY", "FLAT"])
more_wh = st.decimals(0, 5000, places=1)


@settings(deadline=None)
@given(tariffs(by_energy, priced_by_energy), sessions(), st.integers(0, 4), more_wh)
def test_more_energy_never_costs_less_by_energy(
    tariff: Tariff, periods: list[ChargingPeriod], which: int, more: Decimal
) -> None:
    _more_energy_costs_no_less(tariff, periods, which, more)


@settings(deadline=None)
@given(tariffs(st.one_of(by_clock, by_length)), sessions(), st.integers(0, 4), more_wh)
def test_more_energy_never_costs_less_by_the_clock(
    tariff: Tariff, periods: list[ChargingPeriod], which: int, more: Decimal
) -> None:
    _more_energy_costs_no_less(tariff, periods, which, more)


limit = st.decimals(0, 12, places=2)


@settings(max_examples=200, deadline=None)
@given(tariffs(steps=True), sessions(), limit, limit, limit, limit, st.booleans())
def test_the_price_is_between_the_lowest_and_the_highest_or_there_is_none(
    tariff: Tariff,
    periods: list[ChargingPeriod],
    one: Decimal,
    other: Decimal,
    tax_low: Decimal,
    tax_high: Decimal,
    after: bool,
) -> None:
    # given a lowest and a highest price, with or without limits after tax
    low, high = min(one, other), max(one, other)
    limits = {
        "min_price": {"before_taxes": low, "after_taxes": low + tax_low if after else None},
        "max_price": {"before_taxes": high, "after_taxes": high + tax_high if after else None},
    }
    limited = Tariff.model_validate({**tariff.model_dump(), **limits})
    # when the session has an honest price
    try:
        excl, incl = exact_cost(limited, periods, AMSTERDAM)
    except CannotPrice:
        reject()
    # then it is within every limit that is given and means something where the tariff says that no tax applies
    assert Fraction(low) <= excl <= Fraction(high)
    assert excl <= incl
    if after and tariff.tax_included != "N/A":
        assert Fraction(low + tax_low) <= incl <= Fraction(high + tax_high)


@settings(deadline=None)
@given(tariffs(of=st.just("TIME")), st.integers(1, 20_000), st.integers(0, 20_000))
def test_more_time_never_costs_less(tariff: Tariff, seconds: int, more: int) -> None:
    # given a car that charges, and one that stays longer at the same power
    at = datetime(2026, 3, 28, 20, tzinfo=UTC)
    short, long = (
        [ChargingPeriod(starts_at=at, ends_at=at + timedelta(seconds=s), energy_wh=Decimal(s))]
        for s in (seconds, seconds + more)
    )
    # then the longer stay costs as much or more
    little, much = exact_cost(tariff, short, AMSTERDAM), exact_cost(tariff, long, AMSTERDAM)
    assert little[0] <= much[0]
    assert little[1] <= much[1]
