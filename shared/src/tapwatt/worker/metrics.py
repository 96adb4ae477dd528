"""What the worker counts and times, for Prometheus; in seconds and events."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600)


class WorkerMetrics:
    """The worker's metrics in a registry of the service's own, so that two workers in one process do not collide."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.registry = registry
        self._handled = Histogram(
            "tapwatt_handled_seconds",
            "From a record's arrival in the worker to its end: done, parked or scheduled.",
            ["topic", "outcome"],
            buckets=_SECONDS,
            registry=registry,
        )
        self._said = Counter("tapwatt_said_total", "Facts said.", ["fact"], registry=registry)
        self._tried_again = Counter("tapwatt_tried_again_total", "Tries again in place.", ["why"], registry=registry)
        self._parked = Counter("tapwatt_parked_total", "Records parked in the dead letters.", registry=registry)
        self._broken = Counter(
            "tapwatt_broken_invariants_total", "Records that contradict what is known: page a human.", registry=registry
        )
        self._needs_human = Counter(
            "tapwatt_needs_human_total",
            "Records parked because only a human can find out: page one.",
            registry=registry,
        )
        self._unforeseen = Counter(
            "tapwatt_unforeseen_errors_total",
            "Records whose handling ended in a way that nobody foresaw; they are tried again by schedule.",
            registry=registry,
        )
        self._ended = Counter(
            "tapwatt_background_tasks_ended_total",
            "Background tasks that ended in a way that nobody foresaw; they begin again or end the worker.",
            ["task"],
            registry=registry,
        )
        self.quarantined = Gauge(
            "tapwatt_quarantined_sessions",
            "Sessions whose records all go to the dead letters; the same number on every replica of a service.",
            registry=registry,
        )
        self.in_flight = Gauge("tapwatt_in_flight", "Records being handled.", registry=registry)
        self.lag = Gauge("tapwatt_lag", "Records on the log that were not fetched.", registry=registry)
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

    def parked_one(self) -> None:
        """A record was parked."""
        self._parked.inc()

    def needs_human(self) -> None:
        """A record was parked that only a human can bring further."""
        self._needs_human.inc()

    def unforeseen(self) -> None:
        """A record's handling ended in a way that nobody foresaw."""
        self._unforeseen.inc()

    def task_ended(self, task: str) -> None:
        """A background task ended in a way that nobody foresaw."""
        self._ended.labels(task).inc()

    def broken_invariant(self) -> None:
        """A record contradicts what is known, or we are wrong about it."""
        self._broken.inc()
