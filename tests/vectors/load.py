"""Reads the price vectors: OCPI tariffs, the records of sessions, and what they cost by a sum done by hand.

`python -m tests.vectors.load` prints all of them as whole OCPI objects, for any other engine to be held to.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
PRICES = HERE / "prices"


@dataclass(frozen=True, slots=True)
class PriceCase:
    """A tariff and a record as an operator would send them, and the totals in major units that a bill must show."""

    id: str
    ocpi: str
    whole: bool
    time_zone: str
    idle_grace_s: int
    tariff: dict[str, Any]
    cdr: dict[str, Any]
    before_vat: str
    after_vat: str
    silent: str | None
    arithmetic: tuple[str, ...]


def price_cases() -> list[PriceCase]:
    """All cases, in the order of their files."""
    return [case for path in sorted(PRICES.glob("*.json")) for case in _cases_in(path)]


def _cases_in(path: Path) -> Iterator[PriceCase]:
    file = read(path)
    for one in file["cases"]:
        given = {"ocpi": "2.2.1", "idle_grace_s": 0, **file.get("defaults", {}), **one}
        whole = given.get("whole", False)
        expected = given["expected"]
        cdr = given["cdr"]
        tariff = cdr["tariffs"][0] if whole else _named(given["tariff"], file.get("tariffs", {}))
        if not whole:
            mandatory = read(HERE / "mandatory.json")
            tariff = {**mandatory[given["ocpi"]]["tariff"], **tariff}
            record = mandatory[given["ocpi"]]["cdr"]
            place = {**record["cdr_location"], **mandatory["places"][given["time_zone"]]}
            cdr = _completed({**record, "cdr_location": place, **cdr}, tariff, expected)
        yield PriceCase(
            id=f"{path.stem}: {given['name']}",
            ocpi=given["ocpi"],
            whole=whole,
            time_zone=given["time_zone"],
            idle_grace_s=given["idle_grace_s"],
            tariff=tariff,
            cdr=cdr,
            before_vat=expected["before_vat"],
            after_vat=expected["after_vat"],
            silent=given.get("silent"),
            arithmetic=tuple(given["arithmetic"]),
        )


def read(path: Path) -> Any:
    """The JSON in this file. ValueError if a number in it would not be written again as it stands there."""
    return json.loads(path.read_text(encoding="utf-8"), parse_float=_as_written)


def _as_written(digits: str) -> float:
    number = float(digits)
    if _exact(number) != Decimal(digits):
        raise ValueError(f"{digits} has more digits than JSON readers keep")
    return number


def _exact(number: float) -> Decimal:
    return Decimal(repr(number))


def _named(given: str | dict[str, Any], shared: dict[str, dict[str, Any]]) -> dict[str, Any]:
    return shared[given] if isinstance(given, str) else given


def _completed(cdr: dict[str, Any], tariff: dict[str, Any], expected: dict[str, str]) -> dict[str, Any]:
    """The record with what follows from the rest: its start, its totals, its tariff and the currency of that."""
    periods = [{**period, "tariff_id": tariff["id"]} for period in cdr["charging_periods"]]
    starts_at, ends_at = periods[0]["start_date_time"], cdr["end_date_time"]
    length = datetime.fromisoformat(ends_at) - datetime.fromisoformat(starts_at)
    follows = {
        "start_date_time": starts_at,
        "currency": tariff["currency"],
        "total_energy": float(_volume(periods, "ENERGY")),
        "total_time": round(length.total_seconds() / 3600, 4),
        "total_parking_time": float(_volume(periods, "PARKING_TIME")),
        "total_cost": _total_cost(tariff, expected),
    }
    return {**follows, **cdr, "tariffs": [tariff], "charging_periods": periods}


def _volume(periods: list[dict[str, Any]], kind: str) -> Decimal:
    volumes = [_exact(d["volume"]) for period in periods for d in period["dimensions"] if d["type"] == kind]
    return sum(volumes, Decimal(0))


def _total_cost(tariff: dict[str, Any], expected: dict[str, str]) -> dict[str, Any]:
    before, after = Decimal(expected["before_vat"]), Decimal(expected["after_vat"])
    if "tax_included" not in tariff:
        return {"excl_vat": float(before), "incl_vat": float(after)}
    taxes = [] if before == after else [{"name": "VAT", "amount": float(after - before)}]
    return {"before_taxes": float(before), "taxes": taxes}


if __name__ == "__main__":
    json.dump([asdict(case) for case in price_cases()], sys.stdout, indent=1)
