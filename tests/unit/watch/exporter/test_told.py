"""What Prometheus is told: gauges by the log's times against our clock; what is not known is not there."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import cast

from prometheus_client import CollectorRegistry
from tests.unit.watch.exporter.reconciled import FILE, Job
from tests.unit.watch.moved import WRITTEN, stands, waiting
from tests.unit.watch.said import NOON, after, authorised, captured, disputed, ended, hold, priced, stale
from tests.unit.worker.hand_clock import HandClock

from tapwatt.clock import SystemClock
from tapwatt.facts.topics import Topics
from tapwatt.log import quiet
from tapwatt.metrics.of_the_system import OF_THE_SYSTEM
from tapwatt.metrics.registry import Metrics
from tapwatt.worker.moved_records import Kind, dead_letter
from tapwatt.worker.records import Partition
from tapwatt_watch.dead_letters import LettersStanding
from tapwatt_watch.delayed import DelayedRecords
from tapwatt_watch.exporter.expiries import Expiries
from tapwatt_watch.exporter.labels import Labels
from tapwatt_watch.exporter.process import COUNTED
from tapwatt_watch.exporter.sources import OF, Sources
from tapwatt_watch.exporter.told import Told
from tapwatt_watch.kafka.groups import GroupsTold
from tapwatt_watch.lag import PartitionLag
from tapwatt_watch.open_holds import OpenHolds
from tapwatt_watch.quarantines import Quarantines
from tapwatt_watch.services import HEARS


class Sessions:
    def __init__(self) -> None:
        self.holds = OpenHolds()


class KnownSources:
    """What was read, without a broker."""

    def __init__(self, known: tuple[str, ...] = OF) -> None:
        self._known = known
        self.sessions = Sessions()
        self.letters = LettersStanding()
        self.delayed = {service: DelayedRecords() for service in HEARS}
        self.quarantines = {service: Quarantines(service) for service in HEARS}
        self.kafka_up: bool | None = True
        self.told = GroupsTold(
            [
                PartitionLag("capturer", Partition("priced", 0), 3, 7.5),
                PartitionLag("capturer", Partition("priced", 1), 2, None),
                PartitionLag("capturer", Partition("priced", 2), None, None),
            ],
            {},
            {"capturer": 2},
        )

    def known(self, of: str) -> bool:
        return of in self._known


Found = dict[tuple[str, ...], float]


def told(sources: KnownSources, now: datetime, labels: Labels | None = None) -> Found:
    clock = HandClock(now)
    expiries = Expiries([], {"provider": NOON}, SystemClock(), quiet())
    names = labels or Labels(10, 10)
    registry = CollectorRegistry()
    registry.register(Told(cast("Sources", sources), names, clock, expiries.families))
    return {
        (sample.name, *(f"{name}={value}" for name, value in sorted(sample.labels.items()))): sample.value
        for family in registry.collect()
        for sample in family.samples
    }


def names(found: Found) -> set[str]:
    return {name for name, *_ in found}


async def test_every_metric_of_the_system_is_told_or_counted(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(FILE)
    reconciled = Job(tmp_path)
    assert await reconciled.job.compared(tmp_path)
    sources = KnownSources()
    sources.sessions.holds.note(authorised(), NOON)
    registry = CollectorRegistry()
    Metrics(registry, COUNTED)
    counted = {metric.name for metric in COUNTED}
    beside = Expiries([], {}, SystemClock(), quiet()).families, reconciled.job.families
    told_of = Told(cast("Sources", sources), Labels(1, 1), SystemClock(), *beside)
    families = {family.name for family in told_of.collect()}
    assert {metric.name for metric in OF_THE_SYSTEM} <= families | counted
    assert families <= {metric.name for metric in OF_THE_SYSTEM} | {"tapwatt_kafka_up"}


def test_what_is_not_known_is_not_there() -> None:
    sources = KnownSources(known=("lag",))
    sources.kafka_up = None
    found = told(sources, NOON)
    assert found[("tapwatt_exporter_up_to_date", "of=lag")] == 1
    assert found[("tapwatt_exporter_up_to_date", "of=sessions")] == 0
    assert names(found) == {
        "tapwatt_exporter_up_to_date",
        "tapwatt_consumer_lag_records",
        "tapwatt_consumer_lag_seconds",
        "tapwatt_consumer_group_members",
        "tapwatt_key_expiry_timestamp_seconds",
    }


def test_a_lag_that_is_not_known_is_not_zero() -> None:
    found = told(KnownSources(), NOON)
    lag = {name[2:]: value for name, value in found.items() if name[0] == "tapwatt_consumer_lag_records"}
    assert lag == {("partition=0", "topic=priced"): 3, ("partition=1", "topic=priced"): 2}
    seconds = [value for name, value in found.items() if name[0] == "tapwatt_consumer_lag_seconds"]
    assert seconds == [7.5]


def test_holds_are_told_by_operator_currency_and_age() -> None:
    sources = KnownSources()
    holds = sources.sessions.holds
    holds.note(authorised("1"), NOON)
    holds.note(authorised("2"), NOON + timedelta(hours=3))
    holds.note(authorised("3", operator="other-op"), NOON - timedelta(days=8))
    soon = hold().model_copy(update={"expires_at": NOON + timedelta(hours=4, minutes=59)})
    holds.note(authorised("4", hold=soon), NOON + timedelta(hours=3, minutes=30))
    past = hold().model_copy(update={"expires_at": NOON + timedelta(hours=4)})
    holds.note(authorised("5", hold=past), NOON)
    found = told(sources, NOON + timedelta(hours=4))
    eur, op = "currency=EUR", "operator=op"
    ages = {name[1]: value for name, value in found.items() if name[0] == "tapwatt_open_holds" and name[3] == op}
    assert ages == {"age=1h": 1, "age=6h": 3, "age=1d": 0, "age=3d": 0, "age=7d": 0, "age=older": 0}
    assert found[("tapwatt_open_holds", "age=older", eur, "operator=other-op")] == 1
    assert found[("tapwatt_held_minor_units", eur, op)] == 20_000
    assert found[("tapwatt_oldest_open_hold_seconds", op)] == 4 * 3600
    assert found[("tapwatt_holds_expiring_within_an_hour", op)] == 1
    assert found[("tapwatt_holds_past_expiry", op)] == 1
    assert found[("tapwatt_holds_past_expiry", "operator=other-op")] == 0


def test_an_operator_whose_last_hold_is_settled_holds_nothing() -> None:
    sources, labels = KnownSources(), Labels(1, 1)
    sources.sessions.holds.note(authorised(), NOON)
    registry = CollectorRegistry()
    registry.register(Told(cast("Sources", sources), labels, HandClock(NOON), lambda: ()))
    held, op = "tapwatt_held_minor_units", {"operator": "op", "currency": "EUR"}
    assert registry.get_sample_value(held, op) == 5000
    sources.sessions.holds.note(captured(), NOON)
    assert registry.get_sample_value(held, op) == 0
    assert registry.get_sample_value("tapwatt_open_holds", {**op, "age": "1h"}) == 0
    assert registry.get_sample_value("tapwatt_oldest_open_hold_seconds", {"operator": "op"}) == 0


def test_a_session_that_waits_for_a_person_is_not_the_oldest_that_is_unsettled() -> None:
    sources = KnownSources()
    for session, minute in (("1", 0), ("2", 30)):
        for fact in (authorised(session), ended(session)):
            sources.sessions.holds.note(fact, after(minute))
    sources.sessions.holds.note(disputed("1"), after(1))
    for fact in (authorised("3"), stale("3"), authorised("4"), priced("4")):
        sources.sessions.holds.note(fact, NOON)
    found = told(sources, after(40))
    unsettled = {name[1]: value for name, value in found.items() if name[0] == "tapwatt_sessions_unsettled"}
    assert unsettled == {"state=charging": 1, "state=ended": 2, "state=priced": 1}
    oldest = {name[1]: value for name, value in found.items() if name[0] == "tapwatt_oldest_unsettled_seconds"}
    assert oldest == {"state=charging": 0, "state=ended": 600, "state=priced": 2400}
    assert found[("tapwatt_stale_sessions",)] == 1
    assert found[("tapwatt_disputes_standing", "doubt=implausible_energy")] == 1
    assert found[("tapwatt_disputes_standing", "doubt=stale")] == 0
    assert found[("tapwatt_oldest_dispute_seconds",)] == 39 * 60


def test_ages_of_what_the_log_says_is_still_to_come_are_zero() -> None:
    sources = KnownSources()
    sources.sessions.holds.note(authorised(), after(5))
    found = told(sources, NOON)
    assert found[("tapwatt_oldest_open_hold_seconds", "operator=op")] == 0
    assert found[("tapwatt_oldest_unsettled_seconds", "state=charging")] == 0


def test_sites_beyond_the_bound_are_told_together() -> None:
    sources, labels = KnownSources(), Labels(1, 2)
    for number in range(10):
        sources.sessions.holds.note(authorised(str(number), site=f"site-{number}"), NOON)
    found = told(sources, NOON, labels)
    sites = {name[2]: value for name, value in found.items() if name[0] == "tapwatt_site_open_sessions"}
    assert sites == {"site=site-0": 1, "site=site-1": 1, "site=other": 8}


def test_letters_are_told_by_service_and_kind_and_are_zero_where_there_is_none() -> None:
    sources = KnownSources()
    letter = dead_letter(WRITTEN, Topics().dead_letters, "tariff", Kind.POISON, "why", NOON)
    sources.letters.read(stands(letter, 0), NOON)
    found = told(sources, after(2))
    standing = {name[1:]: value for name, value in found.items() if name[0] == "tapwatt_dead_letters_standing"}
    assert standing[("kind=poison", "service=tariff")] == 1
    assert sum(standing.values()) == 1
    assert standing[("kind=needs_human", "service=capturer")] == 0
    assert found[("tapwatt_oldest_dead_letter_seconds", "service=tariff")] == 120
    assert found[("tapwatt_oldest_dead_letter_seconds", "service=capturer")] == 0


def test_what_is_delayed_is_told_with_what_is_overdue() -> None:
    sources = KnownSources()
    sources.delayed["capturer"].read(waiting(0, 1, after(1), Kind.UNKNOWN), NOON)
    sources.delayed["capturer"].read(waiting(1, 1, after(60), Kind.UNAVAILABLE), after(1))
    found = told(sources, after(3))
    assert found[("tapwatt_delayed_records", "kind=unknown", "service=capturer")] == 1
    assert found[("tapwatt_oldest_delayed_record_seconds", "kind=unknown", "service=capturer")] == 180
    assert found[("tapwatt_oldest_delayed_record_seconds", "kind=unavailable", "service=capturer")] == 120
    assert found[("tapwatt_oldest_delayed_record_seconds", "kind=unavailable", "service=tariff")] == 0
    assert found[("tapwatt_retry_overdue_seconds", "service=capturer")] == 120
    assert found[("tapwatt_retry_overdue_seconds", "service=tariff")] == 0
