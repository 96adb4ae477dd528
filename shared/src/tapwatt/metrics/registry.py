"""Where the metrics of one process are counted, so that two in one process do not collide."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import cast

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, Info, disable_created_metrics

from tapwatt.metrics.metric import Metric

disable_created_metrics()  # type: ignore[no-untyped-call]  # a series more for each, that nobody asks for


class Metrics:
    """The metrics of one process in a registry of its own.

    A counter that nothing was counted of is 0; a gauge that was never set is not shown, for what is not known is not 0.
    An `exemplar` is the id of a trace (32 hexadecimal digits), shown with the bucket or the counter it went into where
    OpenMetrics is asked for; empty where there is none.
    """

    def __init__(self, registry: CollectorRegistry, metrics: Iterable[Metric]) -> None:
        self.registry = registry
        known = list(metrics)
        self._made = {metric.name: metric.made(registry) for metric in known if metric.kind != "gauge"}
        self._with_labels: dict[tuple[str, ...], Counter | Gauge | Histogram | Info] = {}

    def count(self, metric: Metric, *labels: str, by: float = 1, exemplar: str = "") -> None:
        """One more of a counter."""
        cast("Counter", self._of(metric, labels)).inc(by, {"trace_id": exemplar} if exemplar else None)

    def set(self, metric: Metric, value: float, *labels: str) -> None:
        """What a gauge is now."""
        cast("Gauge", self._of(metric, labels)).set(value)

    def asked(self, metric: Metric, value: Callable[[], float]) -> None:
        """A gauge without labels that is asked for whenever somebody looks."""
        cast("Gauge", self._of(metric, ())).set_function(value)

    def observe(self, metric: Metric, value: float, *labels: str, exemplar: str = "") -> None:
        """One more observation of a histogram."""
        cast("Histogram", self._of(metric, labels)).observe(value, {"trace_id": exemplar} if exemplar else None)

    def tell(self, metric: Metric, about: Mapping[str, str]) -> None:
        """What an info says."""
        cast("Info", self._of(metric, ())).info(dict(about))

    def _of(self, metric: Metric, labels: tuple[str, ...]) -> Counter | Gauge | Histogram | Info:
        made = self._made.get(metric.name)
        if made is None:
            made = self._made[metric.name] = metric.made(self.registry)
        if not labels:
            return made
        name = (metric.name, *labels)
        found = self._with_labels.get(name)
        if found is None:
            found = self._with_labels[name] = made.labels(*labels)
        return found
