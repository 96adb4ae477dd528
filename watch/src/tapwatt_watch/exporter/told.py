"""What Prometheus is told whenever it asks: gauges of what stands, by the log's times against our clock.

A gauge that is not known is not there. One that is known and has nothing to tell is 0.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime, timedelta

from prometheus_client.core import GaugeMetricFamily
from prometheus_client.core import Metric as Family
from prometheus_client.registry import Collector

from tapwatt.clock import Clock
from tapwatt.facts.reasons import Doubt
from tapwatt.metrics import of_the_system as metrics
from tapwatt.metrics.metric import Metric
from tapwatt.metrics.of_a_worker import KAFKA_UP
from tapwatt.worker.moved_records import Kind
from tapwatt_watch.exporter.labels import AGES, Labels, age_label
from tapwatt_watch.exporter.sources import LAG, OF, Sources
from tapwatt_watch.hold import OpenHold
from tapwatt_watch.services import HEARS

Series = Mapping[tuple[str, ...], float]

STATES = ("charging", "ended", "priced")
WHY_DEAD = tuple(kind for kind in Kind if kind is not Kind.REPLAY)
WHY_DELAYED = (Kind.UNAVAILABLE, Kind.UNKNOWN, Kind.UNFORESEEN, Kind.REPLAY)
SOON = timedelta(hours=1)


def family(metric: Metric, series: Series) -> GaugeMetricFamily:
    """A gauge with a value for each of its labels."""
    found = GaugeMetricFamily(metric.name, metric.meaning, labels=metric.labels)
    for labels, value in series.items():
        found.add_metric(labels, value)
    return found


class Told(Collector):
    """The gauges of the whole system, worked out when they are asked for. `beside` tells what no topic says."""

    def __init__(self, sources: Sources, labels: Labels, clock: Clock, *beside: Callable[[], Iterable[Family]]) -> None:
        self._sources = sources
        self._labels = labels
        self._clock = clock
        self._beside = beside
        self._had: dict[tuple[str, ...], None] = {}

    def describe(self) -> Iterable[Family]:
        """Nothing is collected when it is registered."""
        return ()

    def collect(self) -> Iterator[Family]:
        """Everything that is known now."""
        known = {of: self._sources.known(of) for of in OF}
        yield family(metrics.EXPORTER_UP_TO_DATE, {(of,): known[of] for of in OF})
        if self._sources.kafka_up is not None:
            yield family(KAFKA_UP, {(): self._sources.kafka_up})
        now = self._clock.now()
        told: dict[str, Callable[[datetime], Iterator[Family]]] = {
            "sessions": self._of_sessions,
            "dead_letters": self._of_letters,
            "delayed": self._of_delayed,
            "quarantine": self._of_quarantines,
            LAG: self._of_lag,
        }
        for of, tell in told.items():
            if known[of]:
                yield from tell(now)
        for tells in self._beside:
            yield from tells()

    def _of_sessions(self, now: datetime) -> Iterator[Family]:
        holds = list(self._sources.sessions.holds.holds())
        yield from self._of_holds(holds, now)
        yield from _of_states(holds, now)
        sites = Counter(self._labels.site(one.operator_id, one.site_id) for one in holds)
        yield family(metrics.SITE_OPEN, {site: sites[site] for site in sorted({*self._labels.sites(), *sites})})
        yield family(metrics.STALE, {(): sum(one.stale for one in holds)})
        disputes = list(self._sources.sessions.holds.disputes())
        by_doubt = Counter(str(one.doubt) for one in disputes)
        yield family(metrics.DISPUTES, {(doubt,): by_doubt[doubt] for doubt in Doubt})
        yield family(metrics.OLDEST_DISPUTE, {(): _oldest((one.since for one in disputes), now)})

    def _of_holds(self, holds: list[OpenHold], now: datetime) -> Iterator[Family]:
        operators = [self._labels.operator(one.operator_id) for one in holds]
        every = sorted({*self._labels.operators(), *operators})
        held: Counter[tuple[str, ...]] = Counter()
        ages: Counter[tuple[str, ...]] = Counter()
        oldest = dict.fromkeys(every, now)
        expiring, expired = dict.fromkeys(every, 0), dict.fromkeys(every, 0)
        soon = now + SOON
        for operator, one in zip(operators, holds, strict=True):
            currency = one.amount.currency
            ages[(operator, currency, age_label(now - one.since))] += 1
            held[(operator, currency)] += one.amount.minor
            oldest[operator] = min(oldest[operator], one.since)
            if one.expires_at <= now:
                expired[operator] += 1
            elif one.expires_at <= soon:
                expiring[operator] += 1
        self._had.update(dict.fromkeys(held))
        number = {(*name, age): ages[(*name, age)] for name in self._had for age in AGES}
        yield family(metrics.OPEN_HOLDS, number)
        yield family(metrics.MONEY_HELD, {name: held[name] for name in self._had})
        yield family(metrics.OLDEST_HOLD, {(operator,): _age_s(at, now) for operator, at in oldest.items()})
        yield family(metrics.HOLDS_EXPIRING, {(operator,): many for operator, many in expiring.items()})
        yield family(metrics.HOLDS_EXPIRED, {(operator,): many for operator, many in expired.items()})

    def _of_letters(self, now: datetime) -> Iterator[Family]:
        letters = list(self._sources.letters.letters())
        number = [(service, str(kind)) for service in HEARS for kind in WHY_DEAD]
        standing = Counter((one.service, str(one.kind)) for one in letters)
        yield family(metrics.LETTERS_STANDING, {name: standing[name] for name in sorted({*number, *standing})})
        since: dict[str, list[datetime]] = {service: [] for service in HEARS}
        for one in letters:
            since.setdefault(one.service, []).append(one.since)
        yield family(metrics.OLDEST_LETTER, {(name,): _oldest(every, now) for name, every in since.items()})

    def _of_delayed(self, now: datetime) -> Iterator[Family]:
        number = {(service, str(kind)): 0 for service in HEARS for kind in WHY_DELAYED}
        since: dict[tuple[str, ...], list[datetime]] = defaultdict(list)
        due: dict[str, list[datetime]] = {service: [] for service in HEARS}
        for service, delayed in self._sources.delayed.items():
            for one in delayed.records():
                since[(service, str(one.kind))].append(one.since)
                due[service].append(one.due)
        yield family(metrics.DELAYED, number | {name: len(every) for name, every in since.items()})
        oldest = {name: _oldest(every, now) for name, every in since.items()}
        yield family(metrics.OLDEST_DELAYED, number | oldest)
        yield family(metrics.RETRY_OVERDUE, {(name,): _oldest(every, now) for name, every in due.items()})

    def _of_quarantines(self, now: datetime) -> Iterator[Family]:
        since = {(service,): one.since() for service, one in self._sources.quarantines.items()}
        yield family(metrics.QUARANTINED, {name: len(every) for name, every in since.items()})
        yield family(metrics.OLDEST_QUARANTINE, {name: _oldest(every, now) for name, every in since.items()})

    def _of_lag(self, now: datetime) -> Iterator[Family]:
        told = self._sources.told
        assert told is not None
        records: dict[tuple[str, ...], float] = {}
        seconds: dict[tuple[str, ...], float] = {}
        for one in told.lags:
            name = (one.group, one.partition.topic, str(one.partition.number))
            if one.records is not None:
                records[name] = one.records
            if one.seconds is not None:
                seconds[name] = one.seconds
        yield family(metrics.LAG_RECORDS, records)
        yield family(metrics.LAG_SECONDS, seconds)
        yield family(metrics.GROUP_MEMBERS, {(group,): members for group, members in told.members.items()})


def _of_states(holds: list[OpenHold], now: datetime) -> Iterator[Family]:
    number = Counter[str](one.state for one in holds)
    yield family(metrics.UNSETTLED, {(state,): number[state] for state in STATES})
    oldest = dict.fromkeys(STATES, now)
    for one in holds:
        if one.in_state_since < oldest[one.state] and not one.waits_for_a_person:
            oldest[one.state] = one.in_state_since
    yield family(metrics.OLDEST_UNSETTLED, {(state,): _age_s(at, now) for state, at in oldest.items()})


def _age_s(since: datetime, now: datetime) -> float:
    return max(0.0, (now - since).total_seconds())


def _oldest(since: Iterable[datetime], now: datetime) -> float:
    """Seconds since the first of these; 0 where there is none, or none that is past."""
    return max((_age_s(one, now) for one in since), default=0.0)
