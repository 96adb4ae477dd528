"""Makes tariffs up: every dimension, restriction, step, limit and VAT of OCPI 2.2.1, often several at once."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from random import Random

from lab.differential.cases import Json
from tapwatt.tariffs import DayOfWeek

PRICES = {
    "ENERGY": ("0.20", "0.25", "0.35", "0.49", "0.5999", "0"),
    "TIME": ("1.00", "2.40", "3.00", "0.60", "0"),
    "PARKING_TIME": ("1.00", "5.00", "6.00", "0.10", "0"),
    "FLAT": ("0.50", "1.00", "0.35", "0"),
}
STEPS = {
    "ENERGY": (1, 1, 1, 25, 500, 1000, 0),
    "TIME": (1, 1, 1, 60, 300, 900, 0),
    "PARKING_TIME": (1, 1, 1, 60, 300, 900, 0),
    "FLAT": (1,),
}
VATS = (None, None, "0", "5.2", "10", "20", "21")
TIMES = ("00:00", "00:00", "06:00", "07:30", "12:15", "17:00", "20:00", "22:00", "23:45", "02:30")
KWH = ("0.3", "1.5", "3", "4.5", "6", "12", "20", "33.3333")
SECONDS = (300, 600, 1800, 2700, 3600, 7200, 14400)
KILOWATTS = ("3.7", "7.2", "11", "22", "50")
AMPERES = ("10", "16", "32", "63")
CURRENCIES = ("EUR", "EUR", "EUR", "GBP", "SEK", "JPY", "KWD")


def tariff(chance: Random, day: date) -> Json:
    """A tariff for a session that begins about this local day."""
    vats = VATS if chance.random() < 0.5 else (chance.choice(VATS),)
    elements = [element(chance, vats, day) for _ in range(chance.randint(0, 3))]
    if not elements or chance.random() < 0.7:
        elements.append({"price_components": components(chance, vats)})
    made: Json = {
        "country_code": "NL",
        "party_id": "TAP",
        "id": "T1",
        "currency": chance.choice(CURRENCIES),
        "elements": elements,
        "last_updated": "2025-01-01T00:00:00Z",
    }
    if chance.random() < 0.2:
        made["min_price"] = limit(chance, ("0.50", "2.00", "7.50"))
    if chance.random() < 0.2:
        made["max_price"] = limit(chance, ("10.00", "15.00", "25.00"))
    return made


def element(chance: Random, vats: tuple[str | None, ...], day: date) -> Json:
    """An element with one or two kinds of restriction."""
    found: Json = {}
    for kind in chance.sample(sorted(_KINDS), chance.choice((1, 1, 2))):
        found |= _KINDS[kind](chance, day)
    dimensions = None
    if chance.random() < 0.04:
        found["reservation"] = "RESERVATION"
        dimensions = ("FLAT", "TIME")
    return {"price_components": components(chance, vats, dimensions), "restrictions": found}


def components(chance: Random, vats: tuple[str | None, ...], dimensions: tuple[str, ...] | None = None) -> list[Json]:
    """Price components for some of these dimensions, all of them if none is named."""
    among = dimensions or tuple(PRICES)
    made = []
    for kind in chance.sample(among, chance.randint(1, len(among))):
        component: Json = {
            "type": kind,
            "price": Decimal(chance.choice(PRICES[kind])),
            "step_size": chance.choice(STEPS[kind]),
        }
        if (vat := chance.choice(vats)) is not None:
            component["vat"] = Decimal(vat)
        made.append(component)
    return made


def limit(chance: Random, amounts: tuple[str, ...]) -> Json:
    """A lowest or highest price, sometimes before VAT alone."""
    before = Decimal(chance.choice(amounts))
    found: Json = {"excl_vat": before}
    if chance.random() < 0.8:
        found["incl_vat"] = before * Decimal(chance.choice(("1", "1.10", "1.21")))
    return found


def _window(chance: Random, _: date) -> Json:
    found: Json = {"start_time": chance.choice(TIMES), "end_time": chance.choice(TIMES)}
    if chance.random() < 0.2:
        del found[chance.choice(("start_time", "end_time"))]
    return found


def _dates(chance: Random, day: date) -> Json:
    first = day + timedelta(days=chance.randint(-1, 1))
    found: Json = {"start_date": first.isoformat()}
    if chance.random() < 0.7:
        found["end_date"] = (first + timedelta(days=chance.randint(1, 2))).isoformat()
    return found


def _weekdays(chance: Random, day: date) -> Json:
    days = list(DayOfWeek)
    named = chance.sample(days, chance.randint(1, 4)) + [days[day.weekday()]] * chance.randint(0, 1)
    return {"day_of_week": [d.value for d in dict.fromkeys(named)]}


def _energy(chance: Random, _: date) -> Json:
    low, high = sorted((Decimal(chance.choice(KWH)), Decimal(chance.choice(KWH))))
    return _one_or_both(chance, "kwh", low, high + 1)


def _duration(chance: Random, _: date) -> Json:
    low, high = sorted((chance.choice(SECONDS), chance.choice(SECONDS)))
    return _one_or_both(chance, "duration", low, high + 300)


def _power(chance: Random, _: date) -> Json:
    low, high = sorted((Decimal(chance.choice(KILOWATTS)), Decimal(chance.choice(KILOWATTS))))
    return _one_or_both(chance, "power", low, high + 5)


def _current(chance: Random, _: date) -> Json:
    low, high = sorted((Decimal(chance.choice(AMPERES)), Decimal(chance.choice(AMPERES))))
    return _one_or_both(chance, "current", low, high + 5)


def _one_or_both(chance: Random, what: str, low: Decimal | int, high: Decimal | int) -> Json:
    bounds = {f"min_{what}": low, f"max_{what}": high}
    if chance.random() < 0.6:
        del bounds[chance.choice(sorted(bounds))]
    return bounds


_KINDS = {
    "window": _window,
    "dates": _dates,
    "weekdays": _weekdays,
    "energy": _energy,
    "duration": _duration,
    "power": _power,
    "current": _current,
}
