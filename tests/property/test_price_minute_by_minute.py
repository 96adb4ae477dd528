"""Priced minute by minute, each by asking every element whether it holds, a session costs what the price says."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from pricing.engine.price import exact_cost
from tapwatt.facts.fields import ChargingPeriod
from tapwatt.tariffs import Dimension, PriceComponent, Restrictions, Tariff, TariffElement

MINUTE = timedelta(minutes=1)
WH_A_MINUTE = 100
DAYS = ("MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY", "SUNDAY")
# Two hours before the clock changes by an hour or, on Lord Howe Island, by half of one; and where it never does.
PLACES = st.sampled_from(
    [
        ("Europe/Amsterdam", "2026-03-28T23:00"),
        ("Europe/Amsterdam", "2026-10-24T23:00"),
        ("Australia/Lord_Howe", "2026-10-03T13:30"),
        ("Australia/Lord_Howe", "2026-04-04T13:00"),
        ("America/St_Johns", "2026-03-08T03:30"),
        ("America/St_Johns", "2026-11-01T02:30"),
        ("Asia/Kathmandu", "2026-03-28T18:00"),
    ]
)
# Half of the windows begin or end in the small hours, when clocks change.
clock = st.builds(time, st.one_of(st.integers(0, 3), st.integers(0, 23)), st.sampled_from([0, 15, 30, 45]))
days = st.builds(
    lambda first, n: first + timedelta(days=n),
    st.sampled_from([date(2026, 3, 28), date(2026, 10, 25), date(2026, 4, 5), date(2026, 3, 8)]),
    st.integers(-1, 1),
)
tenths = st.builds("{}.{}".format, st.integers(0, 30), st.integers(0, 9))
minutes = st.integers(0, 600).map(lambda n: n * 60)
watts = st.sampled_from([0, 3700, 11000, 22000])
restrictions = st.fixed_dictionaries(
    {},
    optional={
        "start_time": clock,
        "end_time": clock,
        "start_date": days,
        "end_date": days,
        "day_of_week": st.lists(st.sampled_from(DAYS), max_size=3, unique=True),
        "min_kwh": tenths,
        "max_kwh": tenths,
        "min_duration": minutes,
        "max_duration": minutes,
        "min_power": st.sampled_from(["3.7", "11", "22"]),
        "max_power": st.sampled_from(["3.7", "11", "22"]),
        "min_current": st.sampled_from(["16", "32"]),
        "max_current": st.sampled_from(["16", "32"]),
        "reservation": st.sampled_from(["RESERVATION", "RESERVATION_EXPIRES"]),
    },
)
by_clock = st.fixed_dictionaries({"start_time": clock}, optional={"end_time": clock})
some = st.one_of(st.none(), by_clock, restrictions)
component = st.fixed_dictionaries(
    {
        "type": st.sampled_from(["ENERGY", "TIME", "PARKING_TIME", "FLAT"]),
        "price": st.integers(1, 9),
        "vat": st.sampled_from([None, "0", "21"]),
        "step_size": st.just(0),
    }
)
elements = st.lists(
    st.fixed_dictionaries({"price_components": st.lists(component, min_size=1, max_size=4), "restrictions": some}),
    min_size=1,
    max_size=6,
)

reservation = st.fixed_dictionaries(
    {"reservation": st.sampled_from(["RESERVATION", "RESERVATION_EXPIRES"])},
    optional={"start_time": clock, "end_time": clock, "min_duration": minutes, "max_duration": minutes},
)
reservation_element = st.fixed_dictionaries(
    {
        "price_components": st.lists(component, min_size=1, max_size=4),
        "restrictions": st.one_of(reservation, reservation, some),
    }
)


@st.composite
def sessions(draw: st.DrawFn, expired: bool = False) -> tuple[str, list[ChargingPeriod]]:
    """A time zone, and the periods of a session that begins in it up to two hours before the clock changes."""
    zone, start = draw(PLACES)
    at = datetime.fromisoformat(start).replace(tzinfo=UTC) + draw(st.integers(0, 8)) * 15 * MINUTE
    activities = ["reserved"] * draw(st.integers(0, 1)) + draw(
        st.lists(st.sampled_from(["charging", "charging", "parked"]), min_size=1, max_size=4)
    )
    if expired:
        activities = ["reserved"] * draw(st.integers(1, 2))
    periods = []
    for activity in activities:
        length = draw(st.integers(1, 300))
        charging = activity == "charging"
        power, current = draw(watts), draw(st.sampled_from([6, 16, 32]))
        periods.append(
            ChargingPeriod.model_validate(
                {
                    "starts_at": at,
                    "ends_at": at + length * MINUTE,
                    "energy_wh": length * WH_A_MINUTE if charging else 0,
                    "activity": activity,
                    "max_power_w": power if charging else None,
                    "min_current_a": current if charging else None,
                    "max_current_a": current if charging else None,
                }
            )
        )
        # Now and then nobody knows what went on in between.
        at += (length + draw(st.sampled_from([0, 0, 0, 5]))) * MINUTE
    return zone, periods


def _within(low: Any, high: Any, value: Any) -> bool:
    return (low is None or low <= value) and (high is None or value < high)


def _holds(r: Restrictions, period: ChargingPeriod, local: datetime, minutes_so_far: int, wh_so_far: int) -> bool:
    now, start, end = local.time(), r.start_time or time(0), r.end_time or time(0)
    in_window = start <= now < end if start < end else not end <= now < start
    charging = period.activity == "charging"
    return (
        (r.reservation is not None) == (period.activity == "reserved")
        and (in_window or start == end)
        and _within(r.start_date, r.end_date, local.date())
        and (not r.day_of_week or local.strftime("%A").upper() in r.day_of_week)
        and _within(r.min_kwh, r.max_kwh, Fraction(wh_so_far, 1000))
        and _within(r.min_duration, r.max_duration, minutes_so_far * 60)
        and _within(r.min_power, r.max_power, Fraction(period.max_power_w or 0) / 1000 if charging else 0)
        and _within(r.min_current, r.max_current, (period.max_current_a or 0) if charging else 0)
    )


def _price_of(component: PriceComponent, quantity: Fraction) -> tuple[Fraction, Fraction]:
    excl = Fraction(component.price) * quantity
    return excl, excl * (1 + Fraction(component.vat or 0) / 100)


def _in_turn(tariff: Tariff, reserved: bool, expired: bool) -> list[TariffElement]:
    """The elements in the order in which they are asked: for a reservation that expired, those for it come first."""
    kinds = [e.restrictions.reservation if e.restrictions else None for e in tariff.elements]
    turns = ["RESERVATION_EXPIRES", "RESERVATION"] if expired else ["RESERVATION"] if reserved else [None]
    return [e for turn in turns for e, kind in zip(tariff.elements, kinds, strict=True) if kind == turn]


def minute_by_minute(
    tariff: Tariff, periods: list[ChargingPeriod], zone: str, grace: int = 0, expired: bool = False
) -> tuple[Fraction, Fraction]:
    """The cost by the shortest reading of the rule: nothing is cut, every minute is asked for on its own."""
    cost: list[tuple[Fraction, Fraction]] = []
    began: dict[bool, datetime] = {}
    wh, fees, idle_since = 0, set(), None
    for period in periods:
        part = period.activity == "reserved"
        began.setdefault(part, period.starts_at)
        at = period.starts_at
        charged = WH_A_MINUTE if period.activity == "charging" else 0
        idle_since = (idle_since or at) if period.activity == "parked" else None
        while at < period.ends_at:
            local = at.astimezone(ZoneInfo(zone))
            quantities = {Dimension.FLAT: Fraction(1), Dimension.ENERGY: Fraction(charged, 1000)}
            if idle_since is None or at >= idle_since + grace * MINUTE:
                quantities[Dimension.TIME if idle_since is None else Dimension.PARKING_TIME] = Fraction(1, 60)
            for dimension, quantity in quantities.items():
                if not quantity or (dimension is Dimension.FLAT and part in fees):
                    continue
                for element in _in_turn(tariff, part, expired):
                    found = [c for c in element.price_components if c.type is dimension]
                    r = element.restrictions or Restrictions()
                    if found and _holds(r, period, local, (at - began[part]) // MINUTE, wh):
                        cost.append(_price_of(found[0], quantity))
                        if dimension is Dimension.FLAT:
                            fees.add(part)
                        break
            wh += charged
            at += MINUTE
    return sum((c[0] for c in cost), Fraction(0)), sum((c[1] for c in cost), Fraction(0))


@settings(max_examples=300, deadline=None)
@given(elements, sessions(), st.sampled_from([0, 0, 10, 90]))
def test_s23_a_session_costs_what_its_minutes_cost(
    priced: list[dict[str, Any]], session: tuple[str, list[ChargingPeriod]], grace: int
) -> None:
    # given a tariff and a session whose bounds all fall on whole minutes, and perhaps some minutes of grace
    zone, periods = session
    tariff = Tariff.model_validate({"id": "T", "currency": "EUR", "elements": priced})
    # when it is priced minute by minute, then it costs the same
    cost = exact_cost(tariff, periods, zone, idle_grace_s=grace * 60)
    assert cost == minute_by_minute(tariff, periods, zone, grace)


@settings(max_examples=150, deadline=None)
@given(st.lists(reservation_element, min_size=1, max_size=6), sessions(expired=True))
def test_s23_a_reservation_that_expired_costs_what_its_minutes_cost(
    priced: list[dict[str, Any]], session: tuple[str, list[ChargingPeriod]]
) -> None:
    # given elements for reservations, used or expired or whatever else, and a reservation that nobody came for
    zone, periods = session
    tariff = Tariff.model_validate({"id": "T", "currency": "EUR", "elements": priced})
    # when it is priced minute by minute, then it costs the same
    cost = exact_cost(tariff, periods, zone, reservation_expired=True)
    assert cost == minute_by_minute(tariff, periods, zone, expired=True)
