"""What is measured of a handling: how long, how old, what was said and why, who waited, and what is unknown."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from random import Random

from prometheus_client import CollectorRegistry
from tests.unit.worker.hand_clock import HandClock

from tapwatt.at_work import at_work, driver_took, outcome_known, outcome_unknown
from tapwatt.errors import NeedsHuman, OutcomeUnknown, Poison, Unavailable
from tapwatt.facts.codec import Event, begin, encode, follow
from tapwatt.facts.events import FACTS, StopRequested, TokenMatched, TokenNotMatched
from tapwatt.facts.fact import reason_words
from tapwatt.facts.reasons import NoMatchReason
from tapwatt.facts.topics import Topics
from tapwatt.log import quiet
from tapwatt.metrics.of_a_worker import OF_A_WORKER, STOP_ANSWER
from tapwatt.metrics.registry import Metrics
from tapwatt.worker.handling import Handling
from tapwatt.worker.moved_records import Kind
from tapwatt.worker.records import BY_THE_BROKER, Outgoing
from tapwatt.worker.service import Answers, Done, Service

ASKED_AT = datetime(2026, 11, 27, 3, 0, tzinfo=UTC)
TOPICS = Topics()
STOP = StopRequested(
    stop_id="stop-1", operator_id="op", site_id="site", terminal_id="t1", requested_at=ASKED_AT, evse_ids=("e1",)
)
NO = TokenNotMatched(operator_id="op", stop_id="stop-1", terminal_id="t1", reason=NoMatchReason.NO_SESSION)
TRACE = "0af7651916cd43dd8448eb211c80319c"


class Logged:
    """A record as the broker has it, with the broker's own time."""

    topic, partition, offset, timestamp_type = TOPICS.of(StopRequested), 0, 7, BY_THE_BROKER

    def __init__(self, at: datetime) -> None:
        event = begin(STOP, "cause", "/fleet", at)
        self.key, self.value, headers = encode(event)
        self.headers = [(n, v) for n, v in headers if n != "traceparent"]
        self.headers.append(("traceparent", f"00-{TRACE}-b7ad6b7169203331-01".encode()))
        self.timestamp = int(at.timestamp() * 1000)


class Bench:
    """A token matcher whose handler is the test's own."""

    def __init__(self, handler: Callable[[Event], Awaitable[Done]]) -> None:
        self.clock = HandClock(ASKED_AT)
        self.metrics = Metrics(CollectorRegistry(), OF_A_WORKER)
        words = {TokenMatched: "matched", TokenNotMatched: "not_matched"}
        service = Service(
            "token-matcher",
            {StopRequested: handler},
            says=(TokenMatched, TokenNotMatched),
            answers={StopRequested: Answers(STOP_ANSWER, words, "token")},
        )
        self.handling = Handling(
            service, self.produce, topics=TOPICS, clock=self.clock, chance=Random(1), metrics=self.metrics, log=quiet()
        )
        self.before_delivery: Callable[[], None] = lambda: None

    async def produce(self, records: object) -> None:
        self.before_delivery()

    async def hears(self) -> None:
        await self.handling(Logged(ASKED_AT))

    def value(self, name: str, **labels: str) -> float | None:
        return self.metrics.registry.get_sample_value(name, labels)


async def test_s32_the_time_to_an_answer_is_the_brokers_to_ours_without_the_drivers_own() -> None:
    async def handler(event: Event) -> Done:
        bench.clock.passes(23.5)
        driver_took(20.0)
        return Done(say=(NO,))

    bench = Bench(handler)
    bench.before_delivery = lambda: bench.clock.passes(0.5)
    await bench.hears()
    labels = {"outcome": "not_matched"}
    assert bench.value("tapwatt_stop_answer_seconds_sum", **labels) == 4.0
    assert bench.value("tapwatt_stop_answer_seconds_bucket", le="5.0", **labels) == 1
    assert bench.value("tapwatt_driver_seconds_sum", verb="token") == 20.0
    assert bench.value("tapwatt_event_age_seconds_sum", fact="StopRequested") == 24.0
    assert bench.value("tapwatt_handling_seconds_sum", fact="StopRequested", outcome="done") == 24.0


async def test_an_answer_that_was_given_before_is_said_again_and_nobody_waited_for_it() -> None:
    async def handler(event: Event) -> Done:
        bench.clock.passes(3600)
        return Done(say=(follow(event.envelope, NO, "/tapwatt/token-matcher", ASKED_AT - timedelta(seconds=1)),))

    bench = Bench(handler)
    await bench.hears()
    assert bench.value("tapwatt_stop_answer_seconds_count", outcome="not_matched") is None
    produced = {"fact": "TokenNotMatched", "reason": "no_session"}
    assert bench.value("tapwatt_facts_produced_total", **produced) == 1


async def test_what_is_said_is_counted_with_its_reason_once_it_is_delivered_and_not_before() -> None:
    failures = [Unavailable("no leader")]

    async def handler(event: Event) -> Done:
        return Done(say=(NO,))

    def fails() -> None:
        produced = {"fact": "TokenNotMatched", "reason": "no_session"}
        assert bench.value("tapwatt_facts_produced_total", **produced) == 0
        if failures:
            raise failures.pop()

    bench = Bench(handler)
    bench.before_delivery = fails
    # every reason that may come is there from the beginning, so that the first one is an increase
    assert bench.value("tapwatt_facts_produced_total", fact="TokenNotMatched", reason="timed_out") == 0
    assert bench.value("tapwatt_facts_produced_total", fact="TokenMatched", reason="") == 0
    await bench.hears()
    assert bench.value("tapwatt_facts_produced_total", fact="TokenNotMatched", reason="no_session") == 1


async def test_an_outcome_is_unknown_from_when_it_was_lost_until_it_is_known_or_set_aside() -> None:
    reached, go_on = asyncio.Event(), asyncio.Event()

    async def handler(event: Event) -> Done:
        outcome_unknown(bench.clock.monotonic())
        bench.clock.passes(30)
        outcome_unknown(bench.clock.monotonic())
        reached.set()
        await go_on.wait()
        outcome_known()
        assert bench.handling.works.unknown() == []
        outcome_unknown(bench.clock.monotonic())
        raise Poison("it ends otherwise")

    bench = Bench(handler)
    lost_at = bench.clock.monotonic()
    task = asyncio.create_task(bench.hears())
    await reached.wait()
    assert bench.handling.works.unknown() == [lost_at]
    go_on.set()
    await task
    assert bench.handling.works.unknown() == []
    assert at_work() is None


async def test_a_trace_id_is_the_exemplar_of_what_was_observed() -> None:
    async def handler(event: Event) -> Done:
        one = at_work()
        assert one is not None
        assert one.notes == {
            "event_id": "cause",
            "fact": "StopRequested",
            "terminal_id": "op/t1",
            "trace_id": TRACE,
        }
        return Done()

    bench = Bench(handler)
    await bench.hears()
    [family] = [one for one in bench.metrics.registry.collect() if one.name == "tapwatt_handling_seconds"]
    assert {sample.exemplar.labels["trace_id"] for sample in family.samples if sample.exemplar} == {TRACE}


async def test_what_is_set_aside_is_counted_by_a_word_of_a_short_list() -> None:
    for error, kind in (
        (Poison("no"), Kind.POISON),
        (NeedsHuman("manual"), Kind.NEEDS_HUMAN),
    ):

        async def handler(event: Event, error: Exception = error) -> Done:
            raise error

        bench = Bench(handler)
        assert bench.value("tapwatt_dead_letters_total", kind=kind) == 0
        await bench.hears()
        assert bench.value("tapwatt_dead_letters_total", kind=kind) == 1
    for error, kind in ((Unavailable("away"), Kind.UNAVAILABLE), (OutcomeUnknown("lost"), Kind.UNKNOWN)):
        moved: list[Outgoing] = []

        async def away(event: Event, error: Exception = error) -> Done:
            raise error

        bench = Bench(away)

        async def keep(records: list[Outgoing], moved: list[Outgoing] = moved) -> None:
            moved.extend(records)

        bench.handling._produce = bench.handling._aside._produce = keep  # type: ignore[assignment]
        await bench.hears()
        assert dict(moved[0].headers)["tapwatt_kind"] == kind.encode()


def test_no_label_can_have_more_than_a_few_values() -> None:
    """Facts, reasons, kinds: all are closed lists. Free text, such as why an operator refunds, is nobody's label."""
    words = {(fact.name, word) for fact in FACTS for word in reason_words(fact)}
    assert len(words) < 100
    assert {fact.name for fact in FACTS} == {name for name, _ in words}
    assert [word for name, word in words if name in ("RefundRequested", "Refunded", "SettlementDecided")] == [""] * 3
    assert {word for name, word in words if name == "TokenNotMatched"} == set(NoMatchReason)
    identifying = {"session", "session_id", "card", "token", "fingerprint", "driver", "terminal", "terminal_id", "evse"}
    assert not identifying & {label for metric in OF_A_WORKER for label in metric.labels}
