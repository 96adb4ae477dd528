"""What happens to one record: told, remembered, acknowledged; tried again, scheduled, parked, or stopped."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from random import Random

import pytest
from prometheus_client import CollectorRegistry

from tapwatt.errors import BadCredentials, BrokenInvariant, NeedsHuman, OutcomeUnknown, Poison, Unavailable
from tapwatt.facts.codec import Event, begin, decode, encode, follow
from tapwatt.facts.events import CaptureFailed, SessionCancelled
from tapwatt.facts.ids import fact_id
from tapwatt.facts.topics import Topics
from tapwatt.log import quiet
from tapwatt.worker.handling import Handling
from tapwatt.worker.metrics import WorkerMetrics
from tapwatt.worker.moved_records import delay_of
from tapwatt.worker.records import Outgoing, Read
from tapwatt.worker.service import Done, Handler, Service

TOPICS = Topics("t.")
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
FACT = SessionCancelled(session_id="s1", reason="driver", cancelled_at=NOW)
SAID = SessionCancelled(session_id="s1", reason="operator", cancelled_at=NOW)


class Time:
    """A clock that is as late as what was slept."""

    def __init__(self) -> None:
        self.slept: list[float] = []

    def now(self) -> datetime:
        return NOW + timedelta(seconds=sum(self.slept))

    def monotonic(self) -> float:
        return sum(self.slept)

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        await asyncio.sleep(0)


class Bench:
    """A handling with everything round it in the test's hands."""

    def __init__(self, handler: Handler) -> None:
        self.time = Time()
        self.metrics = WorkerMetrics(CollectorRegistry())
        self.told: list[Outgoing] = []
        self.delivery_failures: list[Exception] = []
        self.fatal: list[BaseException] = []
        self.order: list[str] = []
        self.handling = Handling(
            Service("capturer", {SessionCancelled: handler}),
            self.produce,
            topics=TOPICS,
            clock=self.time,
            chance=Random(1),
            metrics=self.metrics,
            log=quiet(),
            fatal=self.fatal.append,
        )

    async def produce(self, records: Sequence[Outgoing]) -> None:
        if self.delivery_failures:
            raise self.delivery_failures.pop(0)
        self.order.append("told")
        self.told += records


def record(event: Event | None = None, topic: str | None = None) -> Read:
    key, value, headers = encode(event or begin(FACT, "cause", "/fleet", NOW))
    return Read(topic or TOPICS.of(SessionCancelled), 3, 17, key, value, headers)


async def test_it_tells_then_remembers_and_then_returns() -> None:
    async def handler(event: Event) -> Done:
        async def remember() -> None:
            bench.order.append("remembered")

        return Done(say=(SAID,), remember=remember)

    bench = Bench(handler)
    await bench.handling(record())
    assert bench.order == ["told", "remembered"]
    # and what it told follows from its cause
    (told,) = bench.told
    assert told.topic == TOPICS.of(SessionCancelled)
    event = decode(told.key, told.value, told.headers)
    assert event.envelope.id == fact_id("cause", "SessionCancelled")
    assert event.envelope.source == "/tapwatt/capturer"
    assert event.envelope.traceparent is not None


async def test_an_event_that_was_said_before_is_said_as_it_was() -> None:
    before = follow(begin(FACT, "another", "/fleet", NOW).envelope, SAID, "/tapwatt/capturer", NOW)

    async def handler(event: Event) -> Done:
        return Done(say=(before,))

    bench = Bench(handler)
    await bench.handling(record())
    assert decode(bench.told[0].key, bench.told[0].value, bench.told[0].headers) == before


@pytest.mark.parametrize("kind", [Unavailable, OutcomeUnknown])
async def test_what_cannot_be_done_now_is_tried_in_place_and_then_done(kind: type[Exception]) -> None:
    tries = 0

    async def handler(event: Event) -> Done:
        nonlocal tries
        tries += 1
        if tries < 4:
            raise kind("not now")
        return Done(say=(SAID,))

    bench = Bench(handler)
    await bench.handling(record())
    assert (tries, len(bench.told), len(bench.time.slept)) == (4, 1, 3)


async def test_s10_what_lasts_is_scheduled_with_its_origin_and_untouched_bytes() -> None:
    async def handler(event: Event) -> Done:
        raise Unavailable("the provider is away")

    bench = Bench(handler)
    came = record()
    await bench.handling(came)
    # then it waits in the minute topic
    (delayed,) = bench.told
    assert delayed.topic == TOPICS.retry("capturer", "minute")
    assert (delayed.key, delayed.value) == (came.key, came.value)
    waits = delay_of(Read(delayed.topic, 0, 0, delayed.key, delayed.value, delayed.headers))
    assert waits is not None
    assert (waits.origin, waits.scheduled) == ("t.tapwatt.session-cancelled.v1/3/17", 1)
    assert (waits.due - bench.time.now()).total_seconds() == pytest.approx(60, abs=0.001)
    # and from there it goes on: an hour after the fifth minute, a day after a day, and then to the dead letters
    seen = []
    for number in range(36):
        await bench.handling(Read(delayed.topic, 0, number, delayed.key, delayed.value, delayed.headers))
        delayed = bench.told[-1]
        seen.append(delayed.topic.split(".")[-2])
    assert seen == ["retry-minute"] * 4 + ["retry-hour"] * 24 + ["retry-day"] * 7 + ["dead-letters"]
    notes = dict(delayed.headers)
    assert notes["tapwatt_origin"] == b"t.tapwatt.session-cancelled.v1/3/17"
    assert b"given up after 36 scheduled tries: the provider is away" in notes["tapwatt_reason"]


async def test_a_scheduled_record_waits_until_it_is_due() -> None:
    tried_at: list[datetime] = []

    async def handler(event: Event) -> Done:
        tried_at.append(bench.time.now())
        if len(tried_at) <= 12:
            raise Unavailable("away")
        return Done()

    bench = Bench(handler)
    await bench.handling(record())
    delayed = bench.told[0]
    scheduled_at = bench.time.now()
    await bench.handling(Read(delayed.topic, 0, 0, delayed.key, delayed.value, delayed.headers))
    assert (tried_at[12] - scheduled_at).total_seconds() == pytest.approx(60, abs=0.001)


async def test_our_waiting_headers_on_a_foreign_record_mean_nothing() -> None:
    calls = []

    async def handler(event: Event) -> Done:
        calls.append(event)
        return Done()

    bench = Bench(handler)
    came = record()
    forged = [*came.headers, ("tapwatt_due", b"2099-01-01T00:00:00+00:00"), ("tapwatt_scheduled", b"1")]
    forged.append(("tapwatt_origin", b"x/0/0"))
    await bench.handling(came._replace(headers=forged))
    assert len(calls) == 1
    assert bench.time.slept == []
    # and nobody can say of a record that it stood elsewhere
    await bench.handling(came._replace(headers=forged, value=b"{"))
    assert dict(bench.told[-1].headers)["tapwatt_origin"] == b"t.tapwatt.session-cancelled.v1/3/17"


async def test_s25_poison_is_parked_with_its_reason_and_never_handled() -> None:
    async def handler(event: Event) -> Done:
        raise AssertionError("not for a handler")

    bench = Bench(handler)
    bad = record()._replace(value=b"{")
    await bench.handling(bad)
    (letter,) = bench.told
    notes = dict(letter.headers)
    assert letter.topic == TOPICS.dead_letters
    assert (letter.key, letter.value) == (bad.key, b"{")
    assert notes["tapwatt_reason"].startswith(b"SessionCancelled is broken: the object: Invalid JSON")
    assert notes["tapwatt_parked_by"] == b"capturer"


async def test_a_fact_in_anothers_topic_is_poison() -> None:
    async def handler(event: Event) -> Done:
        raise AssertionError("not for a handler")

    bench = Bench(handler)
    await bench.handling(record(topic=TOPICS.of(CaptureFailed)))
    assert b"does not belong in" in dict(bench.told[0].headers)["tapwatt_reason"]


async def test_a_handler_may_find_an_event_poisonous() -> None:
    async def handler(event: Event) -> Done:
        raise Poison("the car charged without a hold")

    bench = Bench(handler)
    await bench.handling(record())
    assert dict(bench.told[0].headers)["tapwatt_reason"] == b"the car charged without a hold"


async def test_s11_what_only_a_human_can_find_out_is_parked_with_its_reason_and_counted() -> None:
    async def handler(event: Event) -> Done:
        raise NeedsHuman("hold h1 needs manual intervention")

    bench = Bench(handler)
    await bench.handling(record())
    (letter,) = bench.told
    assert letter.topic == TOPICS.dead_letters
    assert dict(letter.headers)["tapwatt_reason"] == b"hold h1 needs manual intervention"
    assert bench.metrics.registry.get_sample_value("tapwatt_needs_human_total") == 1


@pytest.mark.parametrize("error", [BrokenInvariant("twice the money"), ZeroDivisionError("a mistake of ours")])
async def test_a_broken_invariant_stops_its_key_and_is_never_acknowledged(error: Exception) -> None:
    async def handler(event: Event) -> Done:
        raise error

    bench = Bench(handler)
    task = asyncio.create_task(bench.handling(record()))
    await asyncio.sleep(0.05)
    assert not task.done()
    assert bench.told == []
    assert bench.fatal == []
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_s30_bad_credentials_stop_the_worker_at_once_and_acknowledge_nothing() -> None:
    async def handler(event: Event) -> Done:
        raise BadCredentials("the provider does not accept our key")

    bench = Bench(handler)
    task = asyncio.create_task(bench.handling(record()))
    await asyncio.sleep(0.05)
    assert [str(error) for error in bench.fatal] == ["the provider does not accept our key"]
    assert not task.done()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_a_delivery_that_is_not_confirmed_is_made_again_with_the_same_bytes_and_the_handler_is_not() -> None:
    calls = 0

    async def handler(event: Event) -> Done:
        nonlocal calls
        calls += 1
        return Done(say=(SAID,))

    bench = Bench(handler)
    bench.delivery_failures = [Unavailable("no leader"), TimeoutError(), OSError("gone")]
    await bench.handling(record())
    assert calls == 1
    assert len(bench.told) == 1


async def test_what_cannot_be_remembered_now_is_remembered_later_before_it_returns() -> None:
    remembered = 0

    async def handler(event: Event) -> Done:
        async def remember() -> None:
            nonlocal remembered
            remembered += 1
            if remembered < 3:
                raise Unavailable("Redis is away")

        return Done(say=(SAID,), remember=remember)

    bench = Bench(handler)
    await bench.handling(record())
    assert remembered == 3
    assert len(bench.told) == 1


async def test_a_fact_that_nobody_could_read_is_never_said() -> None:
    huge = CaptureFailed.model_construct(session_id="s1", reason="refused", detail="x" * 300_000)

    async def handler(event: Event) -> Done:
        return Done(say=(huge,))

    bench = Bench(handler)
    task = asyncio.create_task(bench.handling(record()))
    await asyncio.sleep(0.05)
    assert bench.told == []
    assert bench.metrics.registry.get_sample_value("tapwatt_broken_invariants_total") == 1
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
