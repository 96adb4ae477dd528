"""What the worker counts and times, for Prometheus; in seconds and events."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600)


class WorkerMetrics:
    """The worker's metrics in a registry of the service's own, so that two workers in one process do not collide."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.registry = registry
        self._handled = Histogram(
            "tapwatt_handling_seconds",
            "From a record's arrival in the worker to its end: done, parked or scheduled.",
            ["topic", "outcome"],
            buckets=_SECONDS,
            registry=registry,
        )
        self._said = Counter("tapwatt_events_produced_total", "Facts said.", ["fact"], registry=registry)
        self._tried_again = Counter("tapwatt_retries_total", "Tries again in place.", ["why"], registry=registry)
        self._parked = Counter("tapwatt_dead_letters_total", "Records parked in the dead letters.", registry=registry)
        self._broken = Counter("tapwatt_broken_invariants_total", "Keys that stopped: page a human.", registry=registry)
        self._needs_human = Counter(
            "tapwatt_needs_human_total",
            "Records parked because only a human can find out: page one.",
            registry=registry,
        )
        self.in_flight = Gauge("tapwatt_records_in_flight", "Records being handled.", registry=registry)
        self.lag = Gauge("tapwatt_consumer_lag_records", "Records on the log that were not fetched.", registry=registry)
        self.assigned = Gauge("tapwatt_assigned_partitions", "Partitions this worker has.", registry=registry)

    def handled(self, topic: str, outcome: str, seconds: float) -> None:
        """A record came to its end."""
        self._handled.labels(topic, outcome).observe(seconds)

    def said(self, fact: str) -> None:
        """A fact was said."""
        self._said.labels(fact).inc()

    def tried_again(self, why: str) -> None:
        """Something was tried again in place."""
        self._tried_again.labels(why).inc()

    def dead_lettered(self) -> None:
        """A record was parked."""
        self._parked.inc()

    def needs_human(self) -> None:
        """A record was parked that only a human can bring further."""
        self._needs_human.inc()

    def broken_invariant(self) -> None:
        """A key stopped."""
        self._broken.inc()
