"""What the tariff check says of who wins is what the price does: never means never, and each winner has a session."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from pricing.checking.check import check
from pricing.checking.regions import Box, Budget
from pricing.checking.space import Space, at_start, days_of, pairs
from pricing.checking.winners import Contest, During, contests
from pricing.engine.price import Price, price
from tapwatt.facts.fields import ChargingPeriod
from tapwatt.tariffs import Dimension, Restrictions, Tariff

TODAY = date(2026, 3, 2)
"""A Monday."""
DAYS = ["MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY", "SUNDAY"]

# Few different bounds, so that restrictions meet, cover and miss each other often.
clock = st.sampled_from(["00:00", "06:00", "12:00", "18:00", "23:59"])
day = st.sampled_from(["2026-02-27", "2026-03-02", "2026-03-04", "2026-03-05", "2026-03-14"])
bound = st.sampled_from([0, 5, 10, Decimal("10.5")])
seconds = st.sampled_from([0, 600, 3600])
restrictions = st.fixed_dictionaries(
    {},
    optional={
        "start_time": clock,
        "end_time": clock,
        "start_date": day,
        "end_date": day,
        "min_kwh": bound,
        "max_kwh": bound,
        "min_power": bound,
        "max_power": bound,
        "min_current": bound,
        "max_current": bound,
        "min_duration": seconds,
        "max_duration": seconds,
        "day_of_week": st.lists(st.sampled_from(DAYS), max_size=6),
    },
)


def some_of(restrictions: dict[str, Any], kept: list[int]) -> dict[str, Any]:
    """At most three of them, so that elements hold now and then."""
    names = sorted(restrictions)
    return {names[which % len(names)]: restrictions[names[which % len(names)]] for which in kept} if names else {}


@st.composite
def written_tariffs(draw: st.DrawFn) -> dict[str, Any]:
    """An OCPI Tariff object of up to five elements, each with a price of its own, no dimension twice in one."""
    elements = []
    # Some tariffs are mostly about reservations, so that elements for them meet.
    kinds = draw(st.sampled_from([[None], [None], [None, "RESERVATION", "RESERVATION_EXPIRES"]]))
    for number in range(draw(st.integers(1, 5))):
        given = some_of(draw(restrictions), draw(st.lists(st.integers(0, 12), max_size=3)))
        kind = draw(st.sampled_from(kinds))
        given |= {"reservation": kind} if kind else {}
        allowed = ["TIME", "FLAT"] if "reservation" in given else ["ENERGY", "TIME", "PARKING_TIME", "FLAT"]
        types = draw(st.lists(st.sampled_from(allowed), min_size=1, max_size=3, unique=True))
        components = [{"type": one, "price": number + 1, "vat": 21, "step_size": 1} for one in types]
        elements.append({"price_components": components, "restrictions": given})
    return {"id": "T", "currency": "EUR", "elements": elements}


drawn = st.sampled_from(["0", "1", "5", "7", "10", "10.2", "10.5", "40"]).map(Decimal)


@st.composite
def periods(draw: st.DrawFn, activities: list[str]) -> list[ChargingPeriod]:
    at = datetime(2026, 3, 2, tzinfo=UTC) + timedelta(hours=draw(st.integers(0, 24 * 14)))
    found = []
    for _ in range(draw(st.integers(1, 5))):
        end = at + timedelta(minutes=draw(st.sampled_from([1, 10, 59, 60, 240])))
        activity = draw(st.sampled_from(activities))
        low, high = sorted([draw(drawn), draw(drawn)])
        least, most = sorted([draw(drawn), draw(drawn)])
        charging = {
            "energy_wh": draw(st.sampled_from([0, 100, 5000, 10_000])),
            "min_power_w": low * 1000,
            "max_power_w": high * 1000,
            "min_current_a": least,
            "max_current_a": most,
        }
        said = charging if activity == "charging" else {}
        found.append(ChargingPeriod(starts_at=at, ends_at=end, activity=activity, **said))
        at = end
    return found


def said_never(written: dict[str, Any]) -> set[tuple[int, str]]:
    """The element and dimension of each price of which the check says that it is never charged."""
    never = set()
    for finding in check("$", written, TODAY).findings:
        found = re.match(r"\$\.elements\[(\d+)\](?:\.price_components\[(\d+)\])?", finding.path)
        if found is None or not re.search("never charged|ever charged|can never hold|holds no longer", finding.says):
            continue
        components = written["elements"][int(found[1])]["price_components"]
        never |= {(int(found[1]), c["type"]) for c in (components if found[2] is None else [components[int(found[2])]])}
    return never


def charged(bill: Price) -> set[tuple[int, str]]:
    return {(line.element, str(line.dimension)) for line in bill.lines if line.element is not None}


@settings(max_examples=300, deadline=None)
@given(written_tariffs(), periods(["charging", "parked"]), periods(["reserved"]), st.booleans())
def test_what_is_said_never_to_be_charged_is_on_no_bill(
    written: dict[str, Any], session: list[ChargingPeriod], reserved: list[ChargingPeriod], expired: bool
) -> None:
    # given any tariff, a session and a reservation from today on
    tariff, never = Tariff.model_validate(written), said_never(written)
    # when both are billed
    lines = charged(price(tariff, session, "UTC")) | charged(
        price(tariff, reserved, "UTC", reservation_expired=expired)
    )
    # then no line is from a price that is never charged
    assert not lines & never


@settings(max_examples=300, deadline=None)
@given(written_tariffs())
def test_every_price_that_may_win_has_a_session_in_which_it_does(written: dict[str, Any]) -> None:
    # given any tariff and where its prices win
    tariff = Tariff.model_validate(written)
    space, found = compared(tariff)
    for contest in found:
        for runner in contest.runners:
            wins = [at_start(box) if contest.dimension is Dimension.FLAT else box for box in runner.wins]
            for box in [one for one in wins if all(one)][:3]:
                # when a session is where it wins
                bill, end = billed_in(tariff, contest, space, box)
                # then the price is on the bill, for that very moment
                ends = [
                    x.ends_at for x in bill.lines if (x.element, x.dimension) == (runner.element, contest.dimension)
                ]
                assert ends == [end]


@settings(max_examples=300, deadline=None)
@given(written_tariffs())
def test_every_gap_has_a_session_in_which_nothing_is_charged(written: dict[str, Any]) -> None:
    # given any tariff and where it has no price
    tariff = Tariff.model_validate(written)
    space, found = compared(tariff)
    for contest in found:
        for box in contest.free[:3]:
            # when a session is where there is none
            bill, end = billed_in(tariff, contest, space, box)
            # then there is no line of that dimension for that moment
            assert end not in [line.ends_at for line in bill.lines if line.dimension == contest.dimension]


def compared(tariff: Tariff) -> tuple[Space, list[Contest]]:
    given = [element.restrictions or Restrictions() for element in tariff.elements]
    space = Space.of(given, *days_of(tariff, TODAY))
    return space, contests(tariff, space, Budget())


def billed_in(tariff: Tariff, contest: Contest, space: Space, box: Box) -> tuple[Price, datetime]:
    """The bill of a session that comes to one cell of this box with its last second, and when that ends."""
    day_at, clock_at, used_at, elapsed_at, power_at, current_at = ((cells & -cells).bit_length() - 1 for cells in box)
    cell = space.days[day_at]
    on = cell.first + timedelta(days=(cell.weekday - cell.first.weekday()) % 7)
    at = datetime.combine(on, space.clock[clock_at] if clock_at else time(0), tzinfo=UTC)
    # Half a second later than the elapsed time begins, if energy has to flow first.
    before = timedelta(seconds=space.elapsed[elapsed_at]) + timedelta(seconds=0.5 if used_at else 0)
    power, current = pairs(space.power)[power_at], pairs(space.current)[current_at]
    readings = {
        "min_power_w": power[0] * 1000,
        "max_power_w": power[1] * 1000,
        "min_current_a": current[0],
        "max_current_a": current[1],
    }
    reserved = contest.during in (During.RESERVED, During.EXPIRED)
    parked = contest.during is During.PARKED
    activity = "reserved" if reserved else "parked" if parked else "charging"
    session = []
    if before:
        wh = space.energy[used_at] * 1000
        said = {"activity": "reserved"} if reserved else {"energy_wh": wh, **readings}
        session.append(ChargingPeriod(starts_at=at - before, ends_at=at, **said))
    end = at + timedelta(seconds=1)
    said = {"energy_wh": Decimal("0.1"), **readings} if activity == "charging" else {}
    session.append(ChargingPeriod(starts_at=at, ends_at=end, activity=activity, **said))
    return price(tariff, session, "UTC", reservation_expired=contest.during is During.EXPIRED), end
