"""What one metric is: its name, its unit, what it means, and what to do about it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, Info

SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600)
"""From a step that waits for nobody to a driver who looks for a card."""

FEW_SECONDS = (0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10, 20, 45, 120)
"""What somebody waits for at a terminal: the limits that are promised (5 s, 45 s) are bounds of buckets."""

CALL_SECONDS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)
"""A call to a store next door or to a provider across the country."""

LONG_SECONDS = (1, 5, 15, 60, 300, 900, 3600, 4 * 3600, 12 * 3600, 86400, 3 * 86400, 7 * 86400)
"""From a cable that was pulled at once to a car at an airport."""


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric. `cure` is what to do when it is high, or when it is not what it should be."""

    name: str
    kind: Literal["counter", "gauge", "histogram", "info"]
    unit: str
    meaning: str
    cure: str
    labels: tuple[str, ...] = ()
    buckets: tuple[float, ...] = SECONDS

    def made(self, registry: CollectorRegistry) -> Counter | Gauge | Histogram | Info:
        """The metric in a registry."""
        match self.kind:
            case "counter":
                return Counter(self.name, self.meaning, self.labels, registry=registry)
            case "gauge":
                return Gauge(self.name, self.meaning, self.labels, registry=registry)
            case "histogram":
                return Histogram(self.name, self.meaning, self.labels, buckets=self.buckets, registry=registry)
            case "info":
                return Info(self.name.removesuffix("_info"), self.meaning, self.labels, registry=registry)
