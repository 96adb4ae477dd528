"""Where a tariff's restrictions begin and end: the instants and energies at which an element may change its mind."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from fractions import Fraction
from zoneinfo import ZoneInfo

from pricing.engine.cannot_price import CannotPrice
from pricing.engine.quantities import A_KWH, Exact, whole
from tapwatt.tariffs import Restrictions, TariffElement
from tapwatt.time_zones import zone_named

_MIDNIGHT = time(0)
_DAY = timedelta(days=1)
_SEARCH = timedelta(hours=6)


def zone_of(name: str) -> ZoneInfo:
    """The IANA time zone of this name. CannotPrice if there is none."""
    try:
        return zone_named(name)
    except ValueError as error:
        raise CannotPrice(f"{name!r} is not an IANA time zone, so the local time of the session is unknown") from error


def kwh_bounds(elements: Iterable[TariffElement]) -> list[Exact]:
    """The energies since the session began at which an element begins or ends to hold; ascending."""
    found = {b for r in _given(elements) for b in (r.min_kwh, r.max_kwh) if b is not None}
    return sorted({whole(Fraction(bound) * A_KWH) for bound in found})


def time_bounds(
    elements: Sequence[TariffElement], starts_at: datetime, ends_at: datetime, zone: ZoneInfo
) -> set[datetime]:
    """The UTC instants between these two at which an element may begin or end to hold."""
    restrictions = list(_given(elements))
    seconds = {s for r in restrictions for s in (r.min_duration, r.max_duration) if s is not None}
    longest = (ends_at - starts_at) // timedelta(seconds=1)
    found = {starts_at + timedelta(seconds=s) for s in seconds if s <= longest}
    times = {t for r in restrictions for t in (r.start_time, r.end_time) if t is not None}
    if any(t.tzinfo is not None for t in times):
        raise CannotPrice("a time of day in the tariff has an offset; OCPI gives it in local time, as 13:30")
    if times or any(r.start_date or r.end_date or r.day_of_week for r in restrictions):
        found.update(_clock_shows(times | {_MIDNIGHT}, starts_at, ends_at, zone))
        found.update(_clock_changes(starts_at, ends_at, zone))
    return {at for at in found if starts_at < at < ends_at}


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
