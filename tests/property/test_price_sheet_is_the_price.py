"""What the sheet says before charging is what the bill charges, at every moment of the week that it is for."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any, get_args
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from pricing.engine.price import exact_cost
from pricing.sheet.amounts import shown
from pricing.sheet.document import sheet_document
from pricing.sheet.make import PriceSheet, ShownPrice, price_sheet
from pricing.sheet.spoken import Language
from pricing.sheet.text import NARROWEST, sheet_text
from tapwatt.facts.fields import ChargingPeriod
from tapwatt.tariffs import Restrictions, Tariff

MINUTE, SECOND = timedelta(minutes=1), timedelta(seconds=1)
DAYS = ("MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY", "SUNDAY")
# Some hours before the clock changes, by an hour and by half of one, and where it never does.
PLACES = st.sampled_from(
    [
        ("Europe/Amsterdam", "2026-03-28T18:00"),
        ("Europe/Amsterdam", "2026-10-24T18:00"),
        ("Australia/Lord_Howe", "2026-10-03T10:00"),
        ("Asia/Kathmandu", "2026-06-03T10:00"),
    ]
)
clock = st.builds(time, st.integers(0, 23), st.sampled_from([0, 15, 30, 45]))
days = st.builds(
    lambda first, n: first + timedelta(days=n),
    st.sampled_from([date(2026, 3, 29), date(2026, 10, 25), date(2026, 10, 4), date(2026, 6, 3)]),
    st.integers(-1, 9),
)
tenths = st.builds("{}.{}".format, st.integers(0, 3), st.integers(0, 9))
minutes = st.integers(0, 12).map(lambda n: n * 600)
kilowatts, amperes = st.sampled_from(["0", "3.7", "11", "50"]), st.sampled_from(["0", "16", "32"])
restrictions = st.fixed_dictionaries(
    {},
    optional={
        "start_time": clock,
        "end_time": clock,
        "start_date": days,
        "end_date": days,
        "day_of_week": st.lists(st.sampled_from(DAYS), max_size=6, unique=True),
        "min_kwh": tenths,
        "max_kwh": tenths,
        "min_duration": minutes,
        "max_duration": minutes,
        "min_power": kilowatts,
        "max_power": kilowatts,
        "min_current": amperes,
        "max_current": amperes,
        "reservation": st.sampled_from(["RESERVATION", "RESERVATION_EXPIRES"]),
    },
)
one_kind = st.one_of(
    st.fixed_dictionaries({"start_time": clock, "end_time": clock}),
    st.fixed_dictionaries({"max_kwh": tenths}),
    st.fixed_dictionaries({"min_kwh": tenths}),
    st.fixed_dictionaries({"min_power": kilowatts}),
    st.fixed_dictionaries({"max_power": kilowatts}),
    st.fixed_dictionaries({"max_duration": minutes}),
    st.fixed_dictionaries({"day_of_week": st.lists(st.sampled_from(DAYS), min_size=1, max_size=6, unique=True)}),
)


def components(*kinds: str) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries(
        {
            "type": st.sampled_from(kinds),
            "price": st.sampled_from(["0", "0.3999", "2", "0.07", "5.50"]),
            "vat": st.sampled_from([None, "0", "5.5", "21"]),
            "step_size": st.just(0),
        }
    )


def tariffs(*kinds: str) -> st.SearchStrategy[Tariff]:
    element = st.fixed_dictionaries(
        {
            "price_components": st.lists(components(*kinds), min_size=1, max_size=3),
            "restrictions": st.one_of(st.none(), one_kind, one_kind, restrictions),
        }
    )
    whole = st.fixed_dictionaries(
        {
            "id": st.just("T"),
            "currency": st.sampled_from(["EUR", "JPY", "KWD"]),
            "elements": st.lists(element, min_size=1, max_size=6),
            "tax_included": st.sampled_from([None, "YES", "NO", "N/A"]),
        }
    )
    return whole.map(Tariff.model_validate)


@st.composite
def moments(draw: st.DrawFn) -> tuple[str, datetime]:
    """A time zone, and an instant at which a session begins there."""
    zone, start = draw(PLACES)
    return zone, datetime.fromisoformat(start).replace(tzinfo=UTC) + draw(st.integers(0, 60)) * 15 * MINUTE


def period(starts_at: datetime, length: timedelta, wh: int, watts: int, current: int, parked: bool) -> ChargingPeriod:
    return ChargingPeriod.model_validate(
        {
            "starts_at": starts_at,
            "ends_at": starts_at + length,
            "energy_wh": 0 if parked else wh,
            "activity": "parked" if parked else "charging",
            "max_power_w": None if parked else watts,
            "max_current_a": None if parked else current,
        }
    )


def within(low: Any, high: Any, value: Any) -> bool:
    return (low is None or low <= value) and (high is None or value < high)


def holds(r: Restrictions, local: datetime, seconds: int, wh: int, watts: int, current: int) -> bool:
    now, start, end = local.time(), r.start_time or time(0), r.end_time or time(0)
    return (
        (start == end or (start <= now < end if start < end else not end <= now < start))
        and within(r.start_date, r.end_date, local.date())
        and (not r.day_of_week or local.strftime("%A").upper() in r.day_of_week)
        and within(r.min_kwh, r.max_kwh, Fraction(wh, 1000))
        and within(r.min_duration, r.max_duration, seconds)
        and within(r.min_power, r.max_power, Fraction(watts, 1000))
        and within(r.min_current, r.max_current, current)
    )


def said(prices: Sequence[ShownPrice], *moment: Any) -> ShownPrice | None:
    """What a reader of the sheet takes it to say: the first line that fits."""
    return next((price for price in prices if holds(price.when, *moment)), None)


def amount(price: ShownPrice | None) -> Fraction:
    return Fraction(0) if price is None else price.amount


drawn = st.tuples(st.sampled_from([0, 3700, 7000, 11000, 50000, 60000]), st.sampled_from([0, 10, 16, 40]))


@settings(max_examples=300, deadline=None)
@given(
    tariffs("ENERGY", "TIME", "PARKING_TIME"), moments(), drawn, st.integers(0, 2880), st.integers(0, 45), st.booleans()
)
def test_s23_what_the_sheet_says_of_any_moment_is_what_that_moment_costs(
    tariff: Tariff, place: tuple[str, datetime], draws: tuple[int, int], lasted: int, tenths_so_far: int, parked: bool
) -> None:
    # given a session that began at the time of the sheet, has lasted so long and used so much, and one more second
    zone, at = place
    sheet = price_sheet(tariff, at, zone)
    wh = tenths_so_far * 100 if lasted else 0
    so_far = [period(at, lasted * MINUTE, wh, *draws, parked=False)] if lasted else []
    now = at + lasted * MINUTE
    more = [*so_far, period(now, SECOND, 1, *draws, parked=parked)]
    # when the sheet is read at that second
    moment = (now.astimezone(ZoneInfo(zone)), lasted * 60, wh, *((0, 0) if parked else draws))
    if parked:
        expected = amount(said(sheet.per_idle_minute, *moment)) / 60
    else:
        expected = amount(said(sheet.per_kwh, *moment)) / 1000 + amount(said(sheet.per_minute, *moment)) / 60
    # then the bill grows by what it says, VAT included
    before = exact_cost(tariff, so_far, zone)[1] if so_far else 0
    assert exact_cost(tariff, more, zone)[1] - before == expected


@settings(max_examples=300, deadline=None)
@given(tariffs("FLAT", "FLAT", "ENERGY", "TIME"), moments(), drawn, st.data())
def test_s23_what_holds_now_costs_that_at_the_start_of_a_session_and_until_then(
    tariff: Tariff, place: tuple[str, datetime], draws: tuple[int, int], data: st.DataObject
) -> None:
    # given a sheet, and a session that starts now or while the same price is said to hold
    zone, at = place
    sheet = price_sheet(tariff, at, zone)
    lists = (sheet.per_kwh, sheet.per_minute, sheet.per_session)
    untils = [price.until for prices in lists for price in prices if price.until is not None]
    last = min(untils, default=at + timedelta(days=7)) - MINUTE
    begins = data.draw(st.sampled_from([at, max(last, at)]))
    # when its first second is billed
    cost = exact_cost(tariff, [period(begins, SECOND, 1, *draws, parked=False)], zone)[1]
    # then it is by the lines of the sheet that fit; and where one is marked as holding now, it is that one
    read = [said(prices, begins.astimezone(ZoneInfo(zone)), 0, 0, *draws) for prices in lists]
    for prices, found in zip(lists, read, strict=True):
        marked = [price for price in prices if price.holds == "now"]
        # What is dearer by the clock only later cannot be marked; what the car takes decides the rest.
        assert not marked or marked == [found]
    kwh, minute, session = map(amount, read)
    assert cost == kwh / 1000 + minute / 60 + session


def figures(text: str) -> list[str]:
    return [word.replace(",", ".") for word in text.split() if word[0].isdigit()]


@settings(max_examples=150, deadline=None)
@given(
    tariffs("ENERGY", "TIME", "PARKING_TIME", "FLAT"),
    moments(),
    st.sampled_from(get_args(Language)),
    st.integers(NARROWEST, 40),
)
def test_no_line_is_longer_than_the_screen_and_every_price_is_on_it(
    tariff: Tariff, place: tuple[str, datetime], language: Language, columns: int
) -> None:
    # given the sheet of any tariff in any language
    sheet = price_sheet(tariff, place[1], place[0], idle_grace_s=900)
    # when it is laid out for a narrow screen
    text = sheet_text(sheet, language, columns)
    # then no line is longer, and nothing is said that the plain text does not say, or left out
    assert max(map(len, text.splitlines())) <= columns
    plain = sheet_text(sheet, language)
    for price in prices_of(sheet):
        if price.amount:
            figure = f"{shown(price.amount, sheet.currency).amount:f}"
            assert figure in figures(text)
            assert figure in figures(plain)


def prices_of(sheet: PriceSheet) -> list[ShownPrice]:
    return [*sheet.per_kwh, *sheet.per_minute, *sheet.per_idle_minute, *sheet.per_session]


@settings(max_examples=150, deadline=None)
@given(tariffs("ENERGY", "TIME", "PARKING_TIME", "FLAT"), moments())
def test_the_document_has_the_prices_in_the_order_of_the_law_and_marks_what_is_not_exact(
    tariff: Tariff, place: tuple[str, datetime]
) -> None:
    sheet = price_sheet(tariff, place[1], place[0])
    document = sheet_document(sheet)
    listed = ["per_kwh", "per_minute", "per_idle_minute", "per_session"]
    order = [key for key in document if key in (*listed, "other")]
    assert order == [*listed, "other"]
    rows = [row for key in listed for row in document[key]]
    for price, row in zip(prices_of(sheet), rows, strict=True):
        assert row["exact"] == (Fraction(Decimal(row["price"])) == price.amount)
