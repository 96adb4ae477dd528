"""The examples of docs/differential.md: a small session for each cause, what it costs, and what the peers said of it.

A run asks the peers again, so that the page is not left standing when a peer changes.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

from lab.differential.cases import Answer, Case, Json, Priced, Refused, hours, instant, put, written
from lab.differential.peers import Peer
from lab.differential.sessions import SPENT

_AMSTERDAM = "Europe/Amsterdam"
_REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Stated:
    """A cause, a case that shows it, and amounts before and after VAT as `excl/incl`; None where it says nothing."""

    cause: str
    case: Case
    ours: str
    rust: str | None = None
    python: str | None = None

    def by(self, peer: Peer) -> str | None:
        """What this peer said."""
        return {"rust": self.rust, "python": self.python}[peer.name]


def holds(stated: str, answer: Answer) -> bool:
    """Whether an answer is the stated one."""
    if stated == _REFUSED:
        return isinstance(answer, Refused)
    return answer.agrees(Priced(*(Fraction(amount) for amount in stated.split("/"))))


def no_longer_true(peer: Peer) -> Iterator[str]:
    """The examples of which this peer says something else than is stated."""
    for one in STATED:
        said = one.by(peer)
        if said is not None and not holds(said, answer := peer.price(one.case)):
            yield f"{one.cause}: {peer.version} says {answer}, and docs/differential.md says {said}"


def charged(minutes: int, kwh: str, **more: str) -> Json:
    """A period of charging; MIN_POWER and the like as they are given."""
    period = _period("charging", minutes)
    put(period, "ENERGY", Decimal(kwh))
    for kind, amount in more.items():
        put(period, kind, Decimal(amount))
    return period


def parked(minutes: int, *, kwh: str | None = None) -> Json:
    """A period in which the car takes nothing; some records say so with 0 kWh."""
    period = _period("parked", minutes)
    put(period, "ENERGY", None if kwh is None else Decimal(kwh))
    return period


def _period(activity: str, minutes: int) -> Json:
    period: Json = {"minutes": minutes, "dimensions": [], "tariff_id": "T1"}
    put(period, SPENT[activity], hours(Fraction(minutes * 60)))
    return period


def priced(kind: str, price: str, step: int = 1, vat: str | None = None) -> Json:
    """A price component."""
    component: Json = {"type": kind, "price": Decimal(price), "step_size": step}
    return component if vat is None else {**component, "vat": Decimal(vat)}


def when(given: Json, *components: Json) -> Json:
    """An element with restrictions."""
    return {"price_components": list(components), "restrictions": given}


def always(*components: Json) -> Json:
    """An element without restrictions."""
    return {"price_components": list(components)}


def session(begins: str, periods: list[Json], elements: list[Json], zone: str = _AMSTERDAM, **limits: Json) -> Case:
    """A case that begins at this instant (UTC)."""
    at = instant(begins)
    for period in periods:
        period["start_date_time"] = written(at)
        at += timedelta(minutes=period.pop("minutes"))
    owner = {"country_code": "NL", "party_id": "TAP", "last_updated": "2025-01-01T00:00:00Z"}
    energy = sum((Decimal(d["volume"]) for p in periods for d in p["dimensions"] if d["type"] == "ENERGY"), Decimal(0))
    country = {_AMSTERDAM: "NLD", "Asia/Kathmandu": "NPL"}[zone]
    cdr: dict[str, Any] = {
        **owner,
        "id": "CDR1",
        "start_date_time": begins,
        "end_date_time": written(at),
        "cdr_location": {"id": "L1", "evse_uid": "E1", "country": country, "time_zone": zone},
        "currency": "EUR",
        "tariffs": [{**owner, "id": "T1", "currency": "EUR", "elements": elements, **limits}],
        "charging_periods": periods,
        "total_cost": {"excl_vat": 0, "incl_vat": 0},
        "total_energy": energy,
        "total_time": hours(Fraction((at - instant(begins)) // timedelta(seconds=1))),
    }
    return Case(-1, zone, cdr)


def _hours(period: Json, kind: str, written_hours: str | None) -> Json:
    put(period, kind, None if written_hours is None else Decimal(written_hours))
    return period


def _cheap(given: Json) -> list[Json]:
    """0.10 per kWh where this holds, and else 0.40."""
    return [when(given, priced("ENERGY", "0.10")), always(priced("ENERGY", "0.40"))]


def _steps_of_14() -> list[Json]:
    """OCPI's own example of step_size (2.2.1, mod_tariffs, PriceComponent): charging, and parking until 20:00."""
    return [
        when({"end_time": "17:00"}, priced("TIME", "1.20", 1800)),
        when({"start_time": "17:00", "end_time": "20:00"}, priced("TIME", "2.40", 900)),
        when({"end_time": "20:00"}, priced("PARKING_TIME", "1.00", 900)),
    ]


_NOON = "2025-06-03T10:00:00Z"
"""12:00 in Amsterdam, on a Tuesday."""
_TEN_KWH = ("2.50/2.50", "0/0")
_TIMES = [priced("TIME", "1.00", 600), priced("PARKING_TIME", "2.00", 600)]
_VAT_20 = [always(priced("ENERGY", "0.50", vat="20"))]
_UNTIL_20 = [when({"end_time": "20:00"}, priced("ENERGY", "0.25")), always(priced("ENERGY", "0.50", 1000))]

STATED = (
    Stated(
        "not cut",
        session("2025-06-03T14:30:00Z", [charged(60, "10")], _cheap({"end_time": "17:00"})),
        ours="2.50/2.50",
        rust="1.00/1.00",
        python="1.00/1.00",
    ),
    Stated(
        "hours as written",
        session(_NOON, [_hours(charged(40, "5"), "TIME", "0.6667")], [always(priced("TIME", "3.00", 300))]),
        ours="2.00/2.00",
        rust="2.25/2.25",
        python="2.25/2.25",
    ),
    Stated(
        "no hours written",
        session(_NOON, [_hours(charged(30, "5"), "TIME", None)], [always(priced("TIME", "2.00"))]),
        ours="1.00/1.00",
        rust="0/0",
        python="1.00/1.00",
    ),
    Stated(
        "equal ends",
        session(_NOON, [charged(30, "10")], [when({"end_time": "00:00"}, priced("ENERGY", "0.25"))]),
        *_TEN_KWH,
    ),
    Stated(
        "crossing a bound",
        session(_NOON, [charged(60, "7", MIN_POWER="4", MAX_POWER="10")], _cheap({"min_power": 8})),
        ours="2.80/2.80",
        rust="0.70/0.70",
    ),
    Stated(
        "reservations",
        session(
            _NOON,
            [charged(30, "10")],
            [when({"reservation": "RESERVATION"}, priced("FLAT", "5.00")), always(priced("ENERGY", "0.25"))],
        ),
        ours="2.50/2.50",
        rust="7.50/7.50",
        python="7.50/7.50",
    ),
    Stated(
        "nothing measured",
        session(_NOON, [charged(30, "10")], _cheap({"max_power": 11})),
        ours="4.00/4.00",
        rust="1.00/1.00",
    ),
    Stated(
        "empty energy last",
        session("2025-06-03T17:00:00Z", [charged(40, "2.3"), parked(20), parked(30, kwh="0")], _UNTIL_20),
        ours="0.575/0.575",
        rust="0.925/0.925",
    ),
    Stated(
        "parking first",
        session(_NOON, [parked(7), charged(21, "5")], [always(*_TIMES)]),
        ours="0.733333/0.733333",
        rust="0.683333/0.683333",
        python="0.683333/0.683333",
    ),
    Stated(
        "free counts",
        session("2025-06-03T17:40:00Z", [charged(12, "3"), parked(8), parked(12)], _steps_of_14()),
        ours="0.73/0.73",
        rust="0.78/0.78",
    ),
    Stated(
        "limits as pairs",
        session(_NOON, [charged(60, "19")], _VAT_20, max_price={"excl_vat": 10, "incl_vat": 11}),
        ours="9.50/11.00",
        rust="9.50/11.40",
    ),
    Stated(
        "no wrap",
        session("2025-06-03T21:00:00Z", [charged(30, "10")], _cheap({"start_time": "22:00", "end_time": "06:00"})),
        ours="1.00/1.00",
        rust="1.00/1.00",
        python="4.00/4.00",
    ),
    Stated(
        "end of day",
        session("2025-06-03T17:00:00Z", [charged(30, "10")], _cheap({"start_time": "18:00", "end_time": "00:00"})),
        ours="1.00/1.00",
        rust="1.00/1.00",
        python="4.00/4.00",
    ),
    Stated(
        "end date inclusive",
        session(_NOON, [charged(30, "10")], _cheap({"end_date": "2025-06-03"})),
        ours="4.00/4.00",
        rust="4.00/4.00",
        python="1.00/1.00",
    ),
    Stated(
        "five countries",
        session("2025-06-03T12:30:00Z", [charged(30, "10")], _cheap({"start_time": "18:00"}), zone="Asia/Kathmandu"),
        ours="1.00/1.00",
        rust="1.00/1.00",
        python="4.00/4.00",
    ),
    Stated(
        "a hair short",
        session(_NOON, [charged(125, "10"), charged(30, "10")], _cheap({"max_duration": 7500})),
        ours="5.00/5.00",
        rust="5.00/5.00",
        python="2.00/2.00",
    ),
    Stated(
        "energy bounds unread",
        session(_NOON, [charged(30, "5"), charged(30, "5")], _cheap({"max_kwh": 5})),
        ours="2.50/2.50",
        rust="2.50/2.50",
        python="1.00/1.00",
    ),
    Stated(
        "power bounds unread",
        session(_NOON, [charged(30, "10", MIN_POWER="20", MAX_POWER="20")], _cheap({"max_power": 11})),
        ours="4.00/4.00",
        rust="4.00/4.00",
        python="1.00/1.00",
    ),
    Stated(
        "current bounds unread",
        session(_NOON, [charged(30, "10", MIN_CURRENT="87", MAX_CURRENT="87")], _cheap({"max_current": 32})),
        ours="4.00/4.00",
        rust="4.00/4.00",
        python="1.00/1.00",
    ),
    Stated(
        "empty component last",
        session("2025-06-03T17:00:00Z", [charged(40, "2.3"), parked(20), parked(30)], _UNTIL_20),
        ours="0.575/0.575",
        rust="0.575/0.575",
        python="0.925/0.925",
    ),
    Stated(
        "limits unread",
        session(_NOON, [charged(60, "30")], _VAT_20, max_price={"excl_vat": 10, "incl_vat": 12}),
        ours="10.00/12.00",
        rust="10.00/12.00",
        python="15.00/18.00",
    ),
)
