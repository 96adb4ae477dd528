"""The price sheet as a JSON document, for a terminal or a page that lays it out itself."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from pricing.sheet.amounts import shown
from pricing.sheet.make import Limit, PriceSheet, Reservation, ShownPrice
from tapwatt.money import Money


def sheet_document(sheet: PriceSheet) -> dict[str, Any]:
    """The sheet with its prices in the order of the law: strings in major units with VAT, times in UTC.

    A price is per kWh, minute or session; `exact` is false for one that had to be rounded to be shown at all.
    """
    return {
        "tariff_id": sheet.tariff_id,
        "currency": sheet.currency,
        "at": _time(sheet.at),
        "until": _time(sheet.until),
        "time_zone": sheet.time_zone,
        "vat": {
            "included": sheet.vat_included,
            "unknown": sheet.taxes_unknown,
            "percent": [f"{rate:f}" for rate in sheet.vat],
        },
        "per_kwh": _prices(sheet, sheet.per_kwh),
        "per_minute": _prices(sheet, sheet.per_minute),
        "per_idle_minute": _prices(sheet, sheet.per_idle_minute),
        "idle_grace_s": sheet.idle_grace_s,
        "per_session": _prices(sheet, sheet.per_session),
        "other": {
            "min_price": _limit(sheet.min_price),
            "max_price": _limit(sheet.max_price),
            "reservation": _reservation(sheet, sheet.reservation),
            "reservation_expired": _reservation(sheet, sheet.reservation_expired),
            "hold": None if sheet.hold is None else _money(sheet.hold),
        },
        "texts": [text.model_dump() for text in sheet.texts],
    }


def _prices(sheet: PriceSheet, prices: Iterable[ShownPrice]) -> list[dict[str, Any]]:
    return [_price(sheet, price) for price in prices]


def _price(sheet: PriceSheet, price: ShownPrice) -> dict[str, Any]:
    found = shown(price.amount, sheet.currency)
    return {
        "price": f"{found.amount:f}",
        "exact": found.exact,
        "when": price.when.model_dump(mode="json", exclude_none=True),
        "otherwise": price.otherwise,
        "holds": price.holds,
        "until": None if price.until is None else _time(price.until),
        "step_size": price.step_size,
        "element": price.element,
    }


def _reservation(sheet: PriceSheet, what: Reservation) -> dict[str, Any]:
    return {"per_minute": _prices(sheet, what.per_minute), "per_session": _prices(sheet, what.per_session)}


def _limit(limit: Limit | None) -> dict[str, str] | None:
    return None if limit is None else {"lowest": _money(limit.lowest), "highest": _money(limit.highest)}


def _money(money: Money) -> str:
    return f"{money.major:f}"


def _time(at: datetime) -> str:
    return at.isoformat().replace("+00:00", "Z")
