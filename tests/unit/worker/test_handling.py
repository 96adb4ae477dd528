"""What happens to one record: told, remembered, acknowledged; tried again, scheduled, dead-lettered, or stopped."""

import asyncio
import json
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from datetime import UTC, datetime, timedelta
from random import Random

import pytest
from prometheus_client import CollectorRegistry

from tapwatt.errors import BrokenInvariant, NeedsHuman, OutcomeUnknown, Poison, Unavailable
from tapwatt.facts.codec import LARGEST_EVENT, Event, begin, decode, encode, follow
from tapwatt.facts.events import CaptureFailed, EventRejected, SessionCancelled, StopRequested
from tapwatt.facts.fact import Fact
from tapwatt.facts.ids import fact_id
from tapwatt.facts.topics import Topics
from tapwatt.log import quiet
from tapwatt.metrics.of_a_worker import OF_A_WORKER
from tapwatt.metrics.registry import Metrics
from tapwatt.worker.handling import Handling
from tapwatt.worker.moved_records import Kind, dead_letter, delay_of
from tapwatt.worker.quarantined_sessions import Quarantine
from tapwatt.worker.records import Outgoing, Read
from tapwatt.worker.service import Done, Handler, Round, Service, let_be
from tapwatt.worker.setting_aside import quarantined_as
from tapwatt_cli.ops.dead_letters import Letter, replay_of

TOPICS = Topics("t.")
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
FACT = SessionCancelled(operator_id="op", session_id="s1", reason="driver", cancelled_at=NOW)
OTHER = SessionCancelled(operator_id="op", session_id="s2", reason="driver", cancelled_at=NOW)
SAID = SessionCancelled(operator_id="op", session_id="s1", reason="operator", cancelled_at=NOW)


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

    def __init__(
        self,
        handler: Handler,
        hears: type[Fact] = SessionCancelled,
        limit_s: float = 60,
        before: Callable[[Event], Awaitable[None]] = let_be,
    ) -> None:
        self.time = Time()
        self.metrics = Metrics(CollectorRegistry(), OF_A_WORKER)
        self.told: list[Outgoing] = []
        self.delivery_failures: list[Exception] = []
        self.order: list[str] = []
        self.quarantined: list[int] = []
        self.rejected: list[Outgoing] = []
        self.quarantine = Quarantine(TOPICS.quarantine("capturer"), self.quarantined.append)
        self.handling = Handling(
            Service("capturer", {hears: handler}, before=before),
            self.produce,
            topics=TOPICS,
            clock=self.time,
            chance=Random(1),
            metrics=self.metrics,
            log=quiet(),
            quarantine=self.quarantine,
            limit_s=limit_s,
        )

    async def produce(self, records: Sequence[Outgoing]) -> None:
        if self.delivery_failures:
            raise self.delivery_failures.pop(0)
        self.order.append("told")
        for one in records:
            (self.rejected if one.topic == TOPICS.of(EventRejected) else self.told).append(one)


def record(event: Event | None = None, topic: str | None = None) -> Read:
    key, value, headers = encode(event or begin(FACT, "cause", "/fleet", NOW))
    return Read(topic or TOPICS.of(SessionCancelled), 3, 17, key, value, headers)


def stood(out: Outgoing) -> Read:
    """What was told, as it stands on the log."""
    return Read(out.topic, 0, 0, out.key, out.value, out.headers)


def replay(letter: Outgoing, quarantine: str, *, last: bool) -> Read:
    """A letter as `tapwatt dlq replay` tells it again."""
    return stood(replay_of(Letter(stood(letter)), TOPICS, NOW, quarantine, last))


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
    assert event.envelope.id == fact_id("/fleet cause", "SessionCancelled")
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


async def test_s25_poison_is_dead_lettered_with_its_reason_and_never_handled() -> None:
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
    assert notes["tapwatt_dead_lettered_by"] == b"capturer"


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


async def test_s11_what_only_a_human_can_find_out_is_dead_lettered_with_its_reason_and_counted() -> None:
    async def handler(event: Event) -> Done:
        raise NeedsHuman("hold h1 needs manual intervention")

    bench = Bench(handler)
    await bench.handling(record())
    (letter,) = bench.told
    assert letter.topic == TOPICS.dead_letters
    assert dict(letter.headers)["tapwatt_reason"] == b"hold h1 needs manual intervention"
    assert bench.metrics.registry.get_sample_value("tapwatt_needs_human_total") == 1


async def test_a_broken_invariant_dead_letters_its_record_and_its_session_is_quarantined_while_others_go_on() -> None:
    calls: list[str] = []

    async def handler(event: Event) -> Done:
        calls.append(event.fact.key)
        if event.fact.key == "s1":
            raise BrokenInvariant("twice the money")
        return Done()

    bench = Bench(handler)
    await bench.handling(record())
    # then the record is dead-lettered, and beside it stands why its session is quarantined
    letter, entry = bench.told
    assert letter.topic == TOPICS.dead_letters
    assert dict(letter.headers)["tapwatt_reason"] == b"twice the money"
    assert (entry.topic, entry.key) == (TOPICS.quarantine("capturer"), b"op/s1")
    assert json.loads(entry.value or b"") == {
        "reason": "twice the money",
        "origin": "t.tapwatt.session-cancelled.v1/3/17",
        "at": NOW.isoformat(),
    }
    assert bench.quarantined == [1]
    # and what comes later of this session follows it, without being handled; the others go on
    await bench.handling(record()._replace(offset=18))
    await bench.handling(record(begin(OTHER, "other", "/fleet", NOW)))
    assert calls == ["s1", "s2"]
    assert len(bench.told) == 3
    assert dict(bench.told[2].headers)["tapwatt_reason"] == (
        b"its session is quarantined since t.tapwatt.session-cancelled.v1/3/17: twice the money"
    )


async def test_s34_another_operator_s_session_of_the_same_id_is_not_quarantined_with_it() -> None:
    handled: list[str | None] = []

    async def handler(event: Event) -> Done:
        if event.fact.operator == "op":
            raise BrokenInvariant("twice the money")
        handled.append(event.fact.operator)
        return Done()

    # given a quarantined session
    bench = Bench(handler)
    await bench.handling(record())
    # when another operator says something of a session with the same id
    another = FACT.model_copy(update={"operator_id": "another"})
    await bench.handling(record(begin(another, "another cause", "/fleet", NOW)))
    # then that is handled, and the letter says whose session is quarantined
    assert handled == ["another"]
    assert dict(bench.told[0].headers)["tapwatt_session"] == b"op/s1"


async def test_a_fleet_hears_what_was_refused_and_a_service_of_ours_does_not() -> None:
    async def handler(event: Event) -> Done:
        raise Poison("it says too much")

    # given an event of a fleet that is refused, twice as brokers deliver
    bench = Bench(handler)
    await bench.handling(record())
    await bench.handling(record())
    # then its fleet hears of it each time in the same words under the same id
    told, again = (decode(one.key, one.value, one.headers) for one in bench.rejected)
    assert (
        told.fact
        == again.fact
        == EventRejected(
            rejected_key="s1",
            rejected_id="cause",
            rejected_type="tapwatt.session-cancelled.v1",
            rejected_source="/fleet",
            stood_at="t.tapwatt.session-cancelled.v1/3/17",
            why="it says too much",
            what_to_do="Correct it and send it again with a new ce_id.",
        )
    )
    assert told.envelope.id == again.envelope.id
    # and of what a service of ours says nobody outside hears
    own = CaptureFailed.model_validate(
        {"session_id": "s1", "place": {"operator_id": "op", "site_id": "s", "terminal_id": "t", "evse_id": "e"}}
        | {"hold_reference": "h", "uncollected": {"minor": 1, "currency": "EUR"}, "reason": "refused"}
    )
    bench = Bench(handler, hears=CaptureFailed)
    await bench.handling(record(begin(own, "cause", "/tapwatt/capturer", NOW), TOPICS.of(CaptureFailed)))
    assert ([one.topic for one in bench.told], bench.rejected) == ([TOPICS.dead_letters], [])


async def test_what_is_looked_at_before_an_event_may_refuse_it() -> None:
    async def never(event: Event) -> Done:
        raise AssertionError("handled")

    async def refuse(event: Event) -> None:
        raise Poison("its id was used before")

    bench = Bench(never, before=refuse)
    await bench.handling(record())
    assert [dict(one.headers)["tapwatt_reason"] for one in bench.told] == [b"its id was used before"]


async def test_a_round_tells_what_is_due_and_then_remembers_it_and_waits_for_the_next_while_it_cannot() -> None:
    async def handler(event: Event) -> Done:
        return Done()

    async def remember() -> None:
        bench.order.append("remembered")

    async def go() -> AsyncGenerator[Done, None]:
        yield Done(say=(begin(SAID, "due", "/tapwatt/capturer", NOW),), remember=remember)
        raise Unavailable("Redis is away")

    bench = Bench(handler)
    await bench.handling.make_round(Round("what is due", 1.0, go))
    assert bench.order == ["told", "remembered"]
    (told,) = bench.told
    assert decode(told.key, told.value, told.headers).envelope.id == "due"


async def test_a_round_in_which_nothing_is_said_of_one_goes_on_with_the_next() -> None:
    async def handler(event: Event) -> Done:
        return Done()

    async def go() -> AsyncGenerator[Done, None]:
        yield Done(remember=remember)
        yield Done(say=(begin(SAID, "due", "/tapwatt/capturer", NOW),))

    async def remember() -> None:
        bench.order.append("remembered")

    bench = Bench(handler)
    await bench.handling.make_round(Round("what is due", 1.0, go))
    assert bench.order == ["remembered", "told"]


async def test_a_round_that_hangs_is_ended_at_the_limit_of_a_handler() -> None:
    async def handler(event: Event) -> Done:
        return Done()

    async def go() -> AsyncGenerator[Done, None]:
        await asyncio.sleep(3600)
        yield Done()

    bench = Bench(handler, limit_s=0.05)
    with pytest.raises(TimeoutError, match=r"longer than 0\.05 s"):
        await bench.handling.make_round(Round("what is due", 1.0, go))


async def test_a_record_that_is_delivered_again_after_its_session_was_quarantined_gets_its_own_reason_again() -> None:
    async def handler(event: Event) -> Done:
        raise BrokenInvariant("twice the money")

    bench = Bench(handler)
    await bench.handling(record())
    again = Bench(handler)
    again.quarantine.read(stood(bench.told[1]))
    await again.handling(record())
    (letter,) = again.told
    assert dict(letter.headers)["tapwatt_reason"] == b"twice the money"


async def test_a_human_replays_a_quarantined_session_in_its_order_and_the_last_letter_releases_it() -> None:
    mended = False
    calls: list[str] = []

    async def handler(event: Event) -> Done:
        calls.append(event.envelope.id)
        if not mended:
            raise BrokenInvariant("twice the money")
        return Done()

    bench = Bench(handler)
    await bench.handling(record())
    bench.quarantine.read(stood(bench.told[1]))
    await bench.handling(record(begin(FACT, "follows", "/fleet", NOW)))
    name = bench.quarantine.of(b"op/s1").at  # type: ignore[union-attr]
    letters = [bench.told[0], bench.told[2]]
    replayed = [replay(one, name, last=one is letters[-1]) for one in letters]
    # when it is replayed though nothing was mended
    bench.time.slept.append(60)
    for one in replayed:
        await bench.handling(one)
    # then it is quarantined anew, and the second follows without being handled
    assert calls == ["cause", "cause"]
    assert [out.topic for out in bench.told[3:]] == [TOPICS.dead_letters, bench.quarantine.topic, TOPICS.dead_letters]
    bench.quarantine.read(stood(bench.told[4]))
    # and when it was mended, both are handled in order, and the session is released
    mended = True
    name = bench.quarantine.of(b"op/s1").at  # type: ignore[union-attr]
    await bench.handling(replay(bench.told[3], name, last=False))
    assert bench.quarantine.of(b"op/s1") is not None, "it ends with the last letter and not before"
    assert len(bench.told) == 6
    await bench.handling(replay(bench.told[5], name, last=True))
    assert calls == ["cause"] * 3 + ["follows"]
    released = bench.told[6]
    assert (released.topic, released.key, released.value) == (bench.quarantine.topic, b"op/s1", None)
    await bench.handling(record())
    assert len(calls) == 5


async def test_nothing_is_handled_before_it_is_known_what_is_quarantined() -> None:
    async def handler(event: Event) -> Done:
        raise AssertionError("not for a handler")

    bench = Bench(handler)
    bench.quarantine.doubt()
    task = asyncio.create_task(bench.handling(record()))
    await asyncio.sleep(0.05)
    assert not task.done()
    # when the quarantine of another worker has been read
    entry = b'{"reason":"odd","origin":"t/0/1","at":"then"}'
    bench.quarantine.read(Read(bench.quarantine.topic, 0, 0, b"op/s1", entry, ()))
    bench.quarantine.caught_up(1)
    await task
    assert dict(bench.told[0].headers)["tapwatt_quarantine"] == b"then"


async def test_a_terminal_is_never_quarantined() -> None:
    async def handler(event: Event) -> Done:
        raise BrokenInvariant("two of one")

    bench = Bench(handler, hears=StopRequested)
    stop = StopRequested(
        stop_id="stop-1", operator_id="o", site_id="s", terminal_id="t1", evse_ids=("e",), requested_at=NOW
    )
    key, value, headers = encode(begin(stop, "cause", "/fleet", NOW))
    for offset in range(2):
        await bench.handling(Read(TOPICS.of(StopRequested), 0, offset, key, value, headers))
    assert [out.topic for out in bench.told] == [TOPICS.dead_letters] * 2
    assert len(bench.quarantine) == 0


async def test_a_session_of_a_terminal_s_name_silences_no_terminal() -> None:
    heard: list[str] = []

    async def handler(event: Event) -> Done:
        heard.append(event.fact.key)
        return Done()

    # given a quarantined session whose name is that of a terminal, and a quarantine that is not known to its end
    bench = Bench(handler, hears=StopRequested)
    stop = begin(
        StopRequested(
            stop_id="stop-1", operator_id="o", site_id="s", terminal_id="t1", evse_ids=("e",), requested_at=NOW
        ),
        "cause",
        "/fleet",
        NOW,
    )
    entry = b'{"reason":"odd","origin":"t/0/1","at":"then"}'
    for name in (quarantined_as(stop), b"t1", b"o/t1"):
        bench.quarantine.read(Read(bench.quarantine.topic, 0, 0, name, entry, ()))
    bench.quarantine.doubt()
    # then whoever wants to stop there is heard at once
    async with asyncio.timeout(1):
        await bench.handling(Read(TOPICS.of(StopRequested), 0, 0, *encode(stop)))
    assert heard == ["t1"]
    assert bench.told == []


class Odd(BaseException):
    """What no library should raise."""


@pytest.mark.parametrize(
    "error",
    [ZeroDivisionError("a mistake of ours"), asyncio.CancelledError(), Odd(), ExceptionGroup("many", [OSError()])],
)
@pytest.mark.parametrize("where", ["handler", "remember"])
async def test_what_nobody_foresaw_goes_by_the_schedule_and_then_to_the_dead_letters(
    error: BaseException, where: str
) -> None:
    async def handler(event: Event) -> Done:
        async def remember() -> None:
            raise error

        if where == "handler":
            raise error
        return Done(remember=remember)

    bench = Bench(handler)
    await bench.handling(record())
    (out,) = bench.told
    assert out.topic == TOPICS.retry("capturer", "minute")
    reason = dict(out.headers)["tapwatt_reason"] or b""
    assert reason.startswith(f"unforeseen error: {type(error).__name__} at test_handling.py:".encode())
    assert b"mistake" not in reason
    # and once only, it is done the next time; for ever, it comes to the dead letters
    for number in range(36):
        await bench.handling(Read(out.topic, 0, number, out.key, out.value, out.headers))
        out = bench.told[-1]
    assert out.topic == TOPICS.dead_letters
    assert bench.metrics.registry.get_sample_value("tapwatt_unforeseen_errors_total") == 37


async def test_a_handler_that_is_really_cancelled_ends_and_acknowledges_nothing() -> None:
    async def handler(event: Event) -> Done:
        await asyncio.sleep(60)
        return Done()

    bench = Bench(handler)
    task = asyncio.create_task(bench.handling(record()))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert bench.told == []


async def test_a_handler_that_hangs_is_ended_at_its_limit_and_tried_again_by_schedule() -> None:
    async def handler(event: Event) -> Done:
        await asyncio.sleep(60)
        return Done()

    bench = Bench(handler, limit_s=0.02)
    await bench.handling(record())
    assert [out.topic for out in bench.told] == [TOPICS.retry("capturer", "minute")]
    assert b"TimeoutError" in (dict(bench.told[0].headers)["tapwatt_reason"] or b"")
    assert bench.handling.longest_s == 0.0


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
    huge = CaptureFailed.model_construct(session_id="s1", reason="refused", detail="x" * LARGEST_EVENT)

    async def handler(event: Event) -> Done:
        return Done(say=(huge,))

    bench = Bench(handler)
    await bench.handling(record())
    assert TOPICS.of(CaptureFailed) not in {out.topic for out in bench.told}
    assert bench.metrics.registry.get_sample_value("tapwatt_broken_invariants_total") == 1


async def test_a_replayed_letter_that_waits_for_its_next_try_still_says_which_letter_it_was() -> None:
    # given a letter that is replayed while the provider is away
    async def handler(event: Event) -> Done:
        raise Unavailable("the provider is away")

    bench = Bench(handler)
    letter = dead_letter(record(), TOPICS.dead_letters, "capturer", Kind.UNAVAILABLE, "given up", NOW)
    await bench.handling(replay(letter, "", last=False))
    # then it is delayed under the same letter
    (told,) = bench.told
    waits = delay_of(stood(told))
    assert waits is not None
    assert (waits.scheduled, waits.letter) == (1, "0/0")
