"""What is counted: money, settlements and what happens at sites, once each, and only since the exporter started."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from prometheus_client import CollectorRegistry
from tests.unit.watch import said
from tests.unit.watch.said import NOON, after
from tests.unit.worker.hand_clock import HandClock

from tapwatt.facts.codec import begin, encode
from tapwatt.facts.events import FACTS, StopRequested, TokenMatched, TokenNotMatched
from tapwatt.facts.fact import Fact
from tapwatt.facts.reasons import NoMatchReason
from tapwatt.facts.topics import Topics
from tapwatt.metrics.registry import Metrics
from tapwatt_watch.exporter.counted import Counted
from tapwatt_watch.exporter.labels import Labels
from tapwatt_watch.exporter.process import COUNTED
from tapwatt_watch.exporter.sessions import Sessions

TOPICS = Topics("mine.")


class Written:
    """A record with its time on the log."""

    def __init__(self, fact: Fact, at: datetime | None, event_id: str, topic: str = "") -> None:
        self.key, self.value, self.headers = encode(begin(fact, event_id, "/fleet/test", NOON))
        self.topic, self.partition, self.offset = topic or TOPICS.of(type(fact)), 0, 0
        self.timestamp = -1 if at is None else int(at.timestamp() * 1000)


class Heard:
    """Sessions whose exporter started at noon."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        metrics, labels = Metrics(self.registry, COUNTED), Labels(2, 2)
        self.clock = HandClock(NOON)
        self.sessions = Sessions(TOPICS, self.clock, 45, lambda at: Counted(metrics, labels, at))
        self._ids = 0

    def say(self, *facts: Fact, at: datetime | None = NOON, topic: str = "", event_id: str = "") -> Heard:
        for fact in facts:
            self._ids += 1
            self.sessions.heard(Written(fact, at, event_id or str(self._ids), topic))
        return self

    def of(self, name: str, **labels: str) -> float | None:
        return self.registry.get_sample_value(name, labels)

    def money(self, movement: str) -> float | None:
        return self.of("tapwatt_money_minor_units_total", operator="op", currency="EUR", movement=movement)

    def at_site(self, fact: str, site: str = "site") -> float | None:
        return self.of("tapwatt_site_facts_total", operator="op", site=site, fact=fact)


def test_money_is_counted_by_what_became_of_it() -> None:
    heard = Heard().say(said.authorised("1"), said.captured("1", taken=1200, shortfall=30))
    heard.say(said.released("2", waived=20), said.failed("3", uncollected=700))
    heard.say(said.refunded("1", amount=100), said.charged_back("1", amount=50))
    counted = {"held": 5000, "captured": 1200, "released": 8800, "shortfall": 30, "uncollected": 700, "waived": 20}
    assert {name: heard.money(name) for name in counted} == counted
    assert (heard.money("refunded"), heard.money("charged_back")) == (100, 50)
    settled = {
        outcome: heard.of("tapwatt_sessions_settled_total", operator="op", outcome=outcome)
        for outcome in ("captured", "shortfall", "released", "failed")
    }
    assert settled == {"captured": 0, "shortfall": 1, "released": 1, "failed": 1}


def test_what_came_to_the_log_before_it_started_makes_counters_begin_at_zero_and_no_more() -> None:
    heard = Heard().say(said.authorised(), said.ended(), said.captured(), at=NOON - timedelta(seconds=1))
    assert (heard.money("held"), heard.money("captured"), heard.at_site("Authorised")) == (0, 0, 0)
    assert heard.of("tapwatt_authorised_to_settled_seconds_count", outcome="captured") is None


def test_what_comes_twice_is_counted_once() -> None:
    heard = Heard().say(said.authorised(), said.captured())
    heard.say(said.authorised(), said.captured(), at=after(1))
    assert (heard.money("held"), heard.money("captured")) == (5000, 500)


def test_a_fact_that_is_delivered_twice_is_counted_once_at_its_site() -> None:
    heard = Heard().say(said.authorised(), event_id="one").say(said.authorised(), event_id="one")
    assert heard.at_site("Authorised") == 1


def test_times_to_settlement_are_the_logs() -> None:
    heard = Heard().say(said.authorised()).say(said.ended(), at=after(30)).say(said.captured(), at=after(32))
    assert heard.of("tapwatt_authorised_to_settled_seconds_sum", outcome="captured") == 32 * 60
    assert heard.of("tapwatt_ended_to_settled_seconds_sum", outcome="captured") == 120


def test_a_terminal_is_at_the_site_where_it_was_last_heard_of() -> None:
    stop = StopRequested(stop_id="s", operator_id="op", site_id="site", terminal_id="T-1", requested_at=NOON)
    matched = TokenMatched(
        operator_id="op", session_id="1", stop_id="s", terminal_id="T-1", evse_id="E-1", matched_by="card"
    )
    nowhere = TokenNotMatched(operator_id="op", stop_id="s", terminal_id="T-9", reason=NoMatchReason.NO_SESSION)
    heard = Heard().say(stop, matched, nowhere)
    assert (heard.at_site("StopRequested"), heard.at_site("TokenMatched")) == (1, 1)
    assert heard.at_site("TokenNotMatched", site="other") == 1


@pytest.mark.parametrize(
    ("key", "value", "headers"),
    [(None, None, []), (b"1", b"\xff", []), (b"1", b"{}", [("ce_type", b"tapwatt.authorised.v1"), ("ce_id", None)])],
)
def test_a_record_that_is_no_fact_is_skipped(key: bytes | None, value: bytes | None, headers: list[object]) -> None:
    heard = Heard()
    record = Written(said.authorised(), NOON, "one")
    record.key, record.value, record.headers = key, value, headers  # type: ignore[assignment]
    heard.sessions.heard(record)
    assert list(heard.sessions.holds.holds()) == []


def test_a_fact_in_another_ones_topic_is_nobodys_word() -> None:
    heard = Heard().say(said.authorised(), topic=TOPICS.of(StopRequested))
    assert list(heard.sessions.holds.holds()) == []


def test_a_record_without_a_time_has_its_facts_own() -> None:
    heard = Heard().say(said.authorised(), at=None)
    assert [one.since for one in heard.sessions.holds.holds()] == [NOON]


def test_sessions_are_read_as_far_back_as_set_and_the_rest_from_now_on() -> None:
    moments = Heard().sessions.moments
    assert moments[TOPICS.of(type(said.authorised()))] == NOON - timedelta(days=45)
    assert moments[TOPICS.of(StopRequested)] == NOON
    assert "mine.tapwatt.meter-read.v1" not in moments
    assert set(moments) < {TOPICS.of(fact) for fact in FACTS}


def test_what_is_settled_is_let_go_while_a_long_log_is_read() -> None:
    heard = Heard()
    for number in range(300):
        heard.say(said.authorised(str(number)), said.captured(str(number)), at=NOON - timedelta(days=1))
        heard.clock.passes(1)
    assert len(heard.sessions.holds) < 60
