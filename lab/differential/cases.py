"""A case: one recorded session with its tariff, as an OCPI 2.2.1 CDR, and what an engine says that it costs."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any

from pricing.engine.price import CannotPrice, exact_cost, price
from pricing.ocpi.cdrs import UnreadableCdr, read_cdrs

Json = dict[str, Any]

TOLERANCE = Fraction(51, 10**6)
"""Major units. Both peers round to four decimals; the rest is what cutting a period at a microsecond loses."""

_HELD = re.compile(r'"number:([^"]+)"')


@dataclass(frozen=True, slots=True)
class Case:
    """A session in OCPI's own words, at a charger in this IANA time zone."""

    number: int
    zone: str
    cdr: Json

    @property
    def tariff(self) -> Json:
        """The one tariff of the session."""
        tariff: Json = self.cdr["tariffs"][0]
        return tariff

    @property
    def periods(self) -> list[Json]:
        """The charging periods."""
        periods: list[Json] = self.cdr["charging_periods"]
        return periods

    def text(self) -> str:
        """The CDR as JSON, each number with all of its digits."""
        return _HELD.sub(r"\1", json.dumps(self.cdr, default=lambda number: f"number:{number:f}"))

    def changed(self, change: Callable[[Case], None]) -> Case:
        """A copy of this case to which something was done."""
        other = replace(self, cdr=copy.deepcopy(self.cdr))
        change(other)
        return other


@dataclass(frozen=True, slots=True)
class Priced:
    """A price in major units, before and after VAT."""

    excl: Fraction
    incl: Fraction

    def agrees(self, other: Answer) -> bool:
        """Whether both say the same, but for the fourth decimal's rounding."""
        return isinstance(other, Priced) and (
            abs(self.excl - other.excl) <= TOLERANCE and abs(self.incl - other.incl) <= TOLERANCE
        )

    def __str__(self) -> str:
        return f"{_shown(self.excl)} / {_shown(self.incl)}"


@dataclass(frozen=True, slots=True)
class Refused:
    """No price, and why."""

    why: str

    def agrees(self, other: Answer) -> bool:
        """Whether both refuse; each has its own words."""
        return isinstance(other, Refused)

    def __str__(self) -> str:
        return f"refused: {self.why}"


Answer = Priced | Refused


def ours(case: Case) -> Answer:
    """What our engine says, unrounded."""
    try:
        session = read_cdrs(case.text(), case.zone)[0]
        return Priced(*exact_cost(session.tariff, session.periods, session.time_zone))
    except (UnreadableCdr, CannotPrice) as error:
        return Refused(str(error))


def billed(case: Case) -> tuple[int, int]:
    """What our engine bills, in minor units before and after VAT. UnreadableCdr or CannotPrice as the engine says."""
    session = read_cdrs(case.text(), case.zone)[0]
    found = price(session.tariff, session.periods, session.time_zone)
    return found.excl_vat.minor, found.incl_vat.minor


def volume(period: Json, kind: str) -> Decimal | None:
    """The volume of this dimension in a charging period; None if it is not written there."""
    return next((Decimal(d["volume"]) for d in period["dimensions"] if d["type"] == kind), None)


def put(period: Json, kind: str, amount: Decimal | None) -> None:
    """Write this dimension's volume into a charging period in place of any other; None takes it out."""
    kept = [d for d in period["dimensions"] if d["type"] != kind]
    period["dimensions"] = kept if amount is None else [*kept, {"type": kind, "volume": amount}]


def instant(text: str) -> datetime:
    """An OCPI time as a UTC datetime."""
    return datetime.fromisoformat(text).astimezone(UTC)


def written(at: datetime) -> str:
    """A UTC datetime as OCPI writes it."""
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def ends(case: Case) -> list[datetime]:
    """The end of each charging period: where the next one starts, and the end of the session."""
    return [instant(p["start_date_time"]) for p in case.periods[1:]] + [instant(case.cdr["end_date_time"])]


def hours(seconds: Fraction) -> Decimal:
    """This many seconds in hours, cut off after twelve decimals."""
    return Decimal(int(seconds * 10**12 / 3600)).scaleb(-12).normalize()


def _shown(amount: Fraction) -> str:
    return f"{Decimal(round(amount * 10**6)).scaleb(-6):f}"
