"""What of a tariff is doubted beside a price: it can be charged, and surely nobody meant it."""

from __future__ import annotations

from datetime import datetime

from pricing.checking.finding import Finding, Subject
from pricing.checking.implausible import implausible
from pricing.checking.impossible_restrictions import impossible_bounds
from tapwatt.tariffs import Tariff


def doubts(tariff: Tariff, at: datetime, path: str = "$") -> list[Finding]:
    """Prices and rates out of proportion, and elements that can never hold, of the tariff at this JSON path."""
    subject = Subject(path, tariff, {}, at.date(), tuple(range(len(tariff.elements))), True)
    impossible = (one for number in range(len(tariff.elements)) for one in impossible_bounds(subject, number))
    return [*implausible(subject), *impossible]
