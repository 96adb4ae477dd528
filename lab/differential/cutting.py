"""Cuts a recorded session where OCPI wants a new period, in another way than our engine: minute by minute.

A CPO SHALL start a charging period at every moment that has relevance for the cost (OCPI 2.2.1, mod_cdrs,
ChargingPeriod). Energy is taken to flow evenly within a period.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from zoneinfo import ZoneInfo

from lab.differential.cases import Case, Json, ends, hours, instant, put, volume, written

_MINUTE = timedelta(minutes=1)
_MICROSECOND = timedelta(microseconds=1)
_KWH_DIGITS = 10**7
_HOURS = ("TIME", "PARKING_TIME", "RESERVATION_TIME")


def cut(case: Case) -> Case:
    """The same session, with a period for each stretch in which no restriction of the tariff begins or ends."""
    return case.changed(_cut)


def _cut(case: Case) -> None:
    restrictions = [e["restrictions"] for e in case.tariff["elements"] if "restrictions" in e]
    began = next((p for p in case.periods if volume(p, "RESERVATION_TIME") is None), case.periods[0])
    origins = {instant(case.cdr["start_date_time"]), instant(began["start_date_time"])}
    durations = {
        origin + timedelta(seconds=int(r[k]))
        for origin in origins
        for r in restrictions
        for k in ("min_duration", "max_duration")
        if k in r
    }
    bounds = {Fraction(r[k]) for r in restrictions for k in ("min_kwh", "max_kwh") if k in r}
    used = Fraction(0)
    pieces: list[Json] = []
    for period, end in zip(case.periods, ends(case), strict=True):
        start = instant(period["start_date_time"])
        flow = Fraction(volume(period, "ENERGY") or 0)
        cuts = {at for at in durations if start < at < end}
        cuts.update(_clock(restrictions, start, end, ZoneInfo(case.zone)))
        shares = {at: Fraction((at - start) // _MICROSECOND, (end - start) // _MICROSECOND) for at in cuts}
        at_bounds = {_at(start, end, (b - used) / flow): (b - used) / flow for b in bounds if used < b < used + flow}
        # A crossing within a microsecond of another cut is that cut, with the energy exactly at the bound.
        shares |= {at: share for at, share in at_bounds.items() if start < at < end}
        pieces.extend(_pieces(period, start, end, flow, shares))
        used += flow
    case.cdr["charging_periods"] = pieces


def _at(start: datetime, end: datetime, share: Fraction) -> datetime:
    return start + round(share * ((end - start) // _MICROSECOND)) * _MICROSECOND


def _clock(restrictions: list[Json], start: datetime, end: datetime, zone: ZoneInfo) -> Iterator[datetime]:
    """The minutes at which the local clock shows a time of the tariff, or midnight, or changes."""
    shown = {r[k] for r in restrictions for k in ("start_time", "end_time") if k in r}
    if not shown and not any(k in r for r in restrictions for k in ("start_date", "end_date", "day_of_week")):
        return
    shown.add("00:00")
    at = start.replace(second=0, microsecond=0) + _MINUTE
    while at < end:
        local = at.astimezone(zone)
        if local.strftime("%H:%M") in shown or local.utcoffset() != (at - _MINUTE).astimezone(zone).utcoffset():
            yield at
        at += _MINUTE


def _pieces(
    period: Json, start: datetime, end: datetime, flow: Fraction, shares: dict[datetime, Fraction]
) -> Iterator[Json]:
    marks = sorted({start: Fraction(0), **shares, end: Fraction(1)}.items())
    kind = next((k for k in _HOURS if volume(period, k) is not None), None)
    for (left, before), (right, after) in pairwise(marks):
        piece = copy.deepcopy(period)
        piece["start_date_time"] = written(left)
        if kind is not None:
            # as it is written, not as the clock has it: what a record rounds stays rounded
            share = Fraction((right - left) // _MICROSECOND, (end - start) // _MICROSECOND)
            put(piece, kind, hours(Fraction(volume(period, kind) or 0) * 3600 * share))
        if volume(period, "ENERGY") is not None:
            put(piece, "ENERGY", _kwh(after * flow) - _kwh(before * flow))
        yield piece


def _kwh(exact: Fraction) -> Decimal:
    return Decimal(round(exact * _KWH_DIGITS)).scaleb(-7)
