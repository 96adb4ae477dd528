"""When a tariff element holds: the charger's local clock, the energy and time so far, and what the car draws.

Every restriction of an element must hold (OCPI 2.2.1 and 2.3.0, mod_tariffs, TariffRestrictions). Choices where it is
silent: a time of day is what the local clock shows, so an hour that the clock shows twice counts twice; a day of the
week or date is the one at that moment, also in a window that began the day before; a window whose two ends are equal is
the whole day; a car that is parked draws nothing. A current or power that a restriction asks for and nobody measured is
not zero: the session has no honest price, and a human has to say one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from fractions import Fraction
from zoneinfo import ZoneInfo

from tapwatt.events import ChargingPeriod
from tapwatt.tariffs import DayOfWeek, Restrictions, TariffElement
from tariff.cannot_price import CannotPrice

_MIDNIGHT = time(0)
_DAY = timedelta(days=1)
_SEARCH = timedelta(hours=6)
_DAYS = tuple(DayOfWeek)


@dataclass(frozen=True, slots=True)
class Moment:
    """A moment of a session: the local clock, energy so far in Wh, seconds since it began, and what goes on."""

    local: datetime
    used_wh: Fraction
    elapsed_s: Fraction
    period: ChargingPeriod


def zone_of(name: str) -> ZoneInfo:
    """The IANA time zone of this name. CannotPrice if there is none."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:
        raise CannotPrice(f"{name!r} is not an IANA time zone, so the local time of the session is unknown") from error


def holds(restrictions: Restrictions | None, moment: Moment) -> bool:
    """Whether every restriction holds at this moment. Lower bounds are inclusive, upper bounds exclusive."""
    if restrictions is None:
        return moment.period.activity != "reserved"
    return (
        _for_activity(restrictions, moment.period)
        and _on_day(restrictions, moment.local)
        and _at_time(restrictions, moment.local.time())
        and _between(restrictions.min_kwh, restrictions.max_kwh, moment.used_wh / 1000)
        and _between(restrictions.min_duration, restrictions.max_duration, moment.elapsed_s)
        and _drawing(restrictions, moment.period)
    )


def _for_activity(restrictions: Restrictions, period: ChargingPeriod) -> bool:
    if period.activity == "reserved":
        return restrictions.reservation == "RESERVATION"
    return restrictions.reservation is None


def _on_day(restrictions: Restrictions, local: datetime) -> bool:
    today = local.date()
    if restrictions.start_date is not None and today < restrictions.start_date:
        return False
    if restrictions.end_date is not None and today >= restrictions.end_date:
        return False
    return not restrictions.day_of_week or _DAYS[local.weekday()] in restrictions.day_of_week


def _at_time(restrictions: Restrictions, now: time) -> bool:
    start, end = restrictions.start_time or _MIDNIGHT, restrictions.end_time or _MIDNIGHT
    if start < end:
        return start <= now < end
    return now >= start or now < end


def _between(low: Decimal | int | None, high: Decimal | int | None, value: Fraction) -> bool:
    return (low is None or value >= Fraction(low)) and (high is None or value < Fraction(high))


def _drawing(restrictions: Restrictions, period: ChargingPeriod) -> bool:
    current = (restrictions.min_current, restrictions.max_current)
    power = (restrictions.min_power, restrictions.max_power)
    amperes = (_exactly(period.min_current_a), _exactly(period.max_current_a))
    kilowatts = (_kilo(period.min_power_w), _kilo(period.max_power_w))
    return _in_range("current", current, amperes, period) and _in_range("power", power, kilowatts, period)


def _exactly(amperes: Decimal | None) -> Fraction | None:
    return None if amperes is None else Fraction(amperes)


def _kilo(watts: Decimal | None) -> Fraction | None:
    return None if watts is None else Fraction(watts) / 1000


def _in_range(
    what: str,
    bounds: tuple[Decimal | None, Decimal | None],
    measured: tuple[Fraction | None, Fraction | None],
    period: ChargingPeriod,
) -> bool:
    if bounds == (None, None):
        return True
    low, high = bounds
    # One measured value stands for both; a period that crosses the bound is on neither side of it.
    least, most = measured
    least, most = (most if least is None else least), (least if most is None else most)
    if least is None or most is None:
        if period.activity == "charging":
            raise CannotPrice(
                f"the tariff asks for the {what} and the period from {period.starts_at.isoformat()} has none: "
                "absent is not zero"
            )
        least = most = Fraction(0)
    return (low is None or least >= Fraction(low)) and (high is None or most < Fraction(high))


def kwh_bounds(elements: Iterable[TariffElement]) -> list[Fraction]:
    """The energies, in Wh since the session began, at which an element begins or ends to hold; ascending."""
    found = {1000 * Fraction(bound) for r in _given(elements) for bound in (r.min_kwh, r.max_kwh) if bound is not None}
    return sorted(found)


def time_bounds(
    elements: Sequence[TariffElement], starts_at: datetime, ends_at: datetime, zone: ZoneInfo
) -> list[datetime]:
    """The UTC instants between these two at which an element may begin or end to hold; ascending."""
    restrictions = list(_given(elements))
    seconds = {s for r in restrictions for s in (r.min_duration, r.max_duration) if s is not None}
    longest = (ends_at - starts_at).total_seconds()
    found = {starts_at + timedelta(seconds=s) for s in seconds if s < longest}
    times = {t for r in restrictions for t in (r.start_time, r.end_time) if t is not None}
    if any(t.tzinfo is not None for t in times):
        raise CannotPrice("a time of day in the tariff has an offset; OCPI gives it in local time, as 13:30")
    if times or any(r.start_date or r.end_date or r.day_of_week for r in restrictions):
        found.update(_clock_shows(times | {_MIDNIGHT}, starts_at, ends_at, zone))
        found.update(_clock_changes(starts_at, ends_at, zone))
    return sorted(at for at in found if starts_at < at < ends_at)


def _given(elements: Iterable[TariffElement]) -> Iterator[Restrictions]:
    return (e.restrictions for e in elements if e.restrictions is not None)


def _clock_shows(times: Iterable[time], starts_at: datetime, ends_at: datetime, zone: ZoneInfo) -> Iterator[datetime]:
    day: date = starts_at.astimezone(zone).date() - _DAY
    last: date = ends_at.astimezone(zone).date()
    while day <= last:
        for shown in times:
            # The clock may show a time twice in autumn; the second time is another instant.
            for fold in (0, 1):
                yield datetime.combine(day, shown, tzinfo=zone).replace(fold=fold).astimezone(UTC)
        day += _DAY


def _clock_changes(starts_at: datetime, ends_at: datetime, zone: ZoneInfo) -> Iterator[datetime]:
    left = starts_at.astimezone(UTC)
    while left < ends_at:
        right = min(left + _SEARCH, ends_at)
        if _offset(left, zone) != _offset(right, zone):
            yield _change_between(left, right, zone)
        left = right


def _change_between(left: datetime, right: datetime, zone: ZoneInfo) -> datetime:
    # Clocks change on whole seconds.
    before = _offset(left, zone)
    low, high = left.replace(microsecond=0), right.replace(microsecond=0) + timedelta(seconds=1)
    while high - low > timedelta(seconds=1):
        middle = low + timedelta(seconds=(high - low) // timedelta(seconds=1) // 2)
        low, high = (middle, high) if _offset(middle, zone) == before else (low, middle)
    return high


def _offset(at: datetime, zone: ZoneInfo) -> timedelta | None:
    return at.astimezone(zone).utcoffset()
