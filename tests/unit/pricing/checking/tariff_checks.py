"""Tariffs as they are written, and what the check says of them, in few words."""

from __future__ import annotations

from datetime import date
from typing import Any

from pricing.checking.check import check
from pricing.checking.finding import Finding

MONDAY = date(2026, 3, 2)
WEEKEND = ["SATURDAY", "SUNDAY"]
WORKDAYS = ["MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY"]


def element(*components: tuple[str, Any], **restrictions: Any) -> dict[str, Any]:
    """An element of components (type, price) with 21 % VAT that holds under these restrictions."""
    priced = [{"type": kind, "price": price, "vat": 21, "step_size": 1} for kind, price in components]
    return {"price_components": priced, **({"restrictions": restrictions} if restrictions else {})}


def written(*elements: dict[str, Any], **rest: Any) -> dict[str, Any]:
    return {"id": "T", "currency": "EUR", "elements": list(elements), **rest}


def energy(price: Any = "0.45", **restrictions: Any) -> dict[str, Any]:
    return element(("ENERGY", price), **restrictions)


def findings(tariff: dict[str, Any], on: date = MONDAY) -> list[Finding]:
    return list(check("$", tariff, on).findings)


def brief(tariff: dict[str, Any], on: date = MONDAY) -> list[tuple[str, str]]:
    """Severity and path of each finding, in the order in which they are said."""
    return [(str(finding.severity), finding.path) for finding in findings(tariff, on)]


def says(tariff: dict[str, Any], path: str, on: date = MONDAY) -> str:
    """The one sentence that is said of this path, with its severity."""
    (finding,) = [finding for finding in findings(tariff, on) if finding.path == path]
    return f"{finding.severity}: {finding.says}"
