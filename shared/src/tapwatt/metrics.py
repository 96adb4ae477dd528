"""Every metric of a service, with its unit, what it means, and what to do about it: docs/metrics.md is made of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600)


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric. `cure` is what to do when it is high, or when it is not what it should be."""

    name: str
    kind: Literal["counter", "gauge", "histogram"]
    unit: str
    meaning: str
    cure: str
    labels: tuple[str, ...] = ()

    def made(self, registry: CollectorRegistry) -> Counter | Gauge | Histogram:
        """The metric in a registry."""
        match self.kind:
            case "counter":
                return Counter(self.name, self.meaning, self.labels, registry=registry)
            case "gauge":
                return Gauge(self.name, self.meaning, self.labels, registry=registry)
            case "histogram":
                return Histogram(self.name, self.meaning, self.labels, buckets=_SECONDS, registry=registry)


HANDLING = Metric(
    "tapwatt_handling_seconds",
    "histogram",
    "seconds",
    "How long one record took from the beginning of its handling to its end, by outcome.",
    "Waiting for a driver is part of it. If captures are slow, look at the provider and at tapwatt_retries_total.",
    ("topic", "outcome"),
)
PRODUCED = Metric(
    "tapwatt_events_produced_total",
    "counter",
    "events",
    "Facts that were handed to Kafka, by fact.",
    "If it stands still while its cause comes in, look at the dead letters and at tapwatt_retries_total.",
    ("fact",),
)
RETRIES = Metric(
    "tapwatt_retries_total",
    "counter",
    "tries",
    "Tries again in place, by what was in the way (Unavailable, OutcomeUnknown, Delivery).",
    "Unavailable and OutcomeUnknown: is the provider or Redis up? Delivery: is Kafka? The log names the reason.",
    ("reason",),
)
DEAD_LETTERS = Metric(
    "tapwatt_dead_letters_total",
    "counter",
    "records",
    "Records that were moved to the dead letters.",
    "`tapwatt dlq list` says which and why; mend the cause, then `tapwatt dlq replay`.",
)
EVENTS_REJECTED = Metric(
    "tapwatt_events_rejected_total",
    "counter",
    "events",
    "Events of a fleet or an operator that were not taken; each was told to its author as EventRejected.",
    "`tapwatt dlq list` says which and why: their author has to correct them. A new fleet makes many at first.",
)
CLOCKS_OFF = Metric(
    "tapwatt_fleet_clock_off_total",
    "counter",
    "requests",
    "Requests that were declined because their fleet's clock is off, by direction (behind or ahead of ours).",
    "`tapwatt doctor --bootstrap` says whose clock and by how much: its operator has to set it right.",
    ("direction",),
)
BROKEN_INVARIANTS = Metric(
    "tapwatt_broken_invariants_total",
    "counter",
    "records",
    "Records that contradict what is known, or what the provider did: their sessions are quarantined.",
    "Page a human: compare the session with the provider's ledger (`tapwatt audit`), then `tapwatt dlq replay`.",
)
NEEDS_HUMAN = Metric(
    "tapwatt_needs_human_total",
    "counter",
    "records",
    "Records, and holds that came too late to be used, of which only a person can say what became of the money.",
    "Page a human: call the helpdesk with the reference in the log, then replay the dead letter, if there is one.",
)
UNFORESEEN = Metric(
    "tapwatt_unforeseen_errors_total",
    "counter",
    "records",
    "Records whose handling ended in a way that nobody foresaw; they are tried again by schedule.",
    "A fault of ours: the log has the traceback. Mend it; what was delayed is handled when its time comes.",
)
TASKS_ENDED = Metric(
    "tapwatt_background_tasks_ended_total",
    "counter",
    "tasks",
    "Background tasks that ended in a way that nobody foresaw; they begin again or end the process.",
    "The log names the task and its error. One that ends again and again is a fault of ours.",
    ("task",),
)
DISPUTED = Metric(
    "tapwatt_sessions_disputed_total",
    "counter",
    "disputes",
    "Words about sessions that were not believed or contradict what stands, by doubt.",
    "SessionDisputed says what and why: have the fleet correct it, or settle it (`tapwatt session settle`).",
    ("doubt",),
)
CARD_IDENTIFIERS_REFUSED = Metric(
    "tapwatt_card_identifiers_refused_total",
    "counter",
    "identifiers",
    "Card tokens and PARs of no kind that we know, by kind.",
    "The provider sends another kind of token than it did: nobody can stop by card until it is known. Ask it.",
    ("what",),
)
SLIP_PARTS_WITHHELD = Metric(
    "tapwatt_card_slip_parts_withheld_total",
    "counter",
    "parts",
    "Parts of a card's slip that were left out because a card could be known by them, by part.",
    "A masked number that is not masked is the provider's fault: tell it. Lines may hold a merchant's own numbers.",
    ("what",),
)
QUARANTINED = Metric(
    "tapwatt_quarantined_sessions",
    "gauge",
    "sessions",
    "Sessions whose records all go to the dead letters; the same number on every replica of a service.",
    "Not zero: find out what contradicts what (`tapwatt dlq list`), mend it, `tapwatt dlq replay` releases them.",
)
IN_FLIGHT = Metric(
    "tapwatt_records_in_flight",
    "gauge",
    "records",
    "Records that are being handled, with those that wait for their turn.",
    "Near TAPWATT_WORKER_IN_FLIGHT nothing more is fetched: is the provider slow, or are more replicas needed?",
)
LAG = Metric(
    "tapwatt_consumer_lag_records",
    "gauge",
    "records",
    "Records on this worker's partitions that were not fetched yet, over a connection of its own.",
    "Growing: more replicas, or see what keeps tapwatt_records_in_flight at its bound.",
)
BEHIND_TRANSACTIONS = Metric(
    "tapwatt_records_behind_transactions",
    "gauge",
    "records",
    "Records on this worker's partitions that nobody may read yet: a producer has a transaction open before them.",
    "Not zero for long: the log says where it begins; `kafka-transactions.sh describe-producers` tells whose it is.",
)
ASSIGNED = Metric(
    "tapwatt_assigned_partitions",
    "gauge",
    "partitions",
    "Partitions that are this worker's now.",
    "Zero for long: there are more replicas than partitions, or the group rebalances without end.",
)

METRICS = (
    HANDLING,
    PRODUCED,
    RETRIES,
    DEAD_LETTERS,
    EVENTS_REJECTED,
    CLOCKS_OFF,
    BROKEN_INVARIANTS,
    NEEDS_HUMAN,
    UNFORESEEN,
    TASKS_ENDED,
    DISPUTED,
    CARD_IDENTIFIERS_REFUSED,
    SLIP_PARTS_WITHHELD,
    QUARANTINED,
    IN_FLIGHT,
    LAG,
    BEHIND_TRANSACTIONS,
    ASSIGNED,
)


class ServiceMetrics:
    """The metrics of one service in a registry of its own, so that two in one process do not collide."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.registry = registry
        self._made = {metric.name: metric.made(registry) for metric in METRICS}

    def count(self, metric: Metric, *labels: str) -> None:
        """One more of a counter."""
        made = self._made[metric.name]
        assert isinstance(made, Counter)
        (made.labels(*labels) if labels else made).inc()

    def set(self, metric: Metric, value: float) -> None:
        """What a gauge is now."""
        made = self._made[metric.name]
        assert isinstance(made, Gauge)
        made.set(value)

    def observe(self, metric: Metric, value: float, *labels: str) -> None:
        """One more observation of a histogram."""
        made = self._made[metric.name]
        assert isinstance(made, Histogram)
        (made.labels(*labels) if labels else made).observe(value)
