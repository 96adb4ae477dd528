"""The provider as it is seen from here: calls are measured, an outage is named once, a wrong key stops the sending."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
import structlog
from tests.unit.worker.hand_clock import HandClock

from tapwatt.errors import BadCredentials, OutcomeUnknown, RateLimited, TapwattError, Unavailable
from tapwatt.money import Money
from tapwatt.provider.observed import LOOK, ObservedProvider, ProviderStanding
from tapwatt.provider.port import CaptureRequest, Kind, ReversalRequest, Status, Transaction

CAPTURE = CaptureRequest("capture-1", "H1", Money(minor=2000, currency="EUR"))


class Answering:
    """A provider that answers whatever it is told to, and takes its time."""

    def __init__(self, clock: HandClock) -> None:
        self.clock = clock
        self.asked: list[str] = []
        self.fails: TapwattError | None = None
        self.takes_s = 0.1
        self.status_told = Status.SUCCESS

    async def capture(self, ask: CaptureRequest) -> Transaction:
        return self._answer("capture")

    async def reverse(self, ask: ReversalRequest) -> Transaction:
        return self._answer("reverse")

    async def find(self, order_reference: str) -> list[Transaction]:
        self._answer(f"find {order_reference}")
        return []

    def _answer(self, what: str) -> Transaction:
        self.asked.append(what)
        self.clock.passes(self.takes_s)
        if self.fails is not None:
            raise self.fails
        return Transaction("C1", Kind.CAPTURE, self.status_told)


class World:
    def __init__(self) -> None:
        self.clock = HandClock(datetime(2026, 11, 27, tzinfo=UTC))
        self.provider = Answering(self.clock)
        self.noted: list[tuple[str, str, str, float]] = []
        log = structlog.get_logger()
        self.standing = ProviderStanding(self.clock, log)
        self.seen = ObservedProvider(
            self.provider,  # type: ignore[arg-type]  # three verbs are enough here
            self.standing,
            clock=self.clock,
            log=log,
            noted=lambda *call: self.noted.append((*call[:3], round(call[3], 3))),
        )


async def test_each_call_is_noted_with_its_verb_result_phase_and_time() -> None:
    world = World()
    await world.seen.capture(CAPTURE)
    world.provider.status_told = Status.FAILED
    await world.seen.capture(CAPTURE)
    never_there, lost = Unavailable("cannot connect"), OutcomeUnknown("no answer")
    never_there.phase = "connect"
    for error in (never_there, lost, RateLimited("too many", 3.0)):
        world.provider.fails = error
        with pytest.raises(type(error)):
            await world.seen.reverse(ReversalRequest.of("H1"))
    assert world.noted == [
        ("capture", "done", "answer", 0.1),
        ("capture", "refused", "answer", 0.1),
        ("reverse", "unavailable", "connect", 0.1),
        ("reverse", "unknown", "answer", 0.1),
        ("reverse", "rate_limited", "answer", 0.1),
    ]


async def test_an_outage_is_named_once_when_it_has_lasted_and_once_when_it_is_over() -> None:
    world = World()
    with structlog.testing.capture_logs() as lines:
        world.provider.fails = Unavailable("cannot connect")
        for _ in range(100):
            with pytest.raises(Unavailable):
                await world.seen.capture(CAPTURE)
        assert "cannot connect" in world.standing.outage.look()
        assert not world.standing.outage.up
        world.provider.fails = None
        await world.seen.capture(CAPTURE)
        assert world.standing.outage.up
    assert [(line["event"], line["log_level"]) for line in lines] == [
        ("the provider is down", "error"),
        ("the provider is back", "warning"),
    ]


async def test_what_fails_once_and_works_the_next_moment_is_no_outage() -> None:
    world = World()
    for _ in range(100):
        world.provider.fails = Unavailable("cannot connect")
        with pytest.raises(Unavailable):
            await world.seen.capture(CAPTURE)
        assert world.standing.outage.up
        world.provider.fails = None
        await world.seen.capture(CAPTURE)


async def test_a_provider_that_says_we_are_set_up_wrongly_is_not_away() -> None:
    world = World()
    wrongly = Unavailable("set up wrongly")
    wrongly.phase = "refused"
    world.provider.fails = wrongly
    for _ in range(100):
        with pytest.raises(Unavailable):
            await world.seen.capture(CAPTURE)
    assert world.standing.outage.up


async def test_a_slow_call_is_logged() -> None:
    world = World()
    world.provider.takes_s = 10.0
    with structlog.testing.capture_logs() as lines:
        await world.seen.capture(CAPTURE)
    assert [(line["event"], line["verb"], line["took_s"]) for line in lines] == [
        ("a slow call to the provider", "capture", 10.0)
    ]


async def test_s30_a_key_that_is_not_accepted_stops_every_call_until_a_look_finds_it_right() -> None:
    # given a provider that does not take our key any more
    world = World()
    world.provider.fails = BadCredentials("the provider does not accept our key (HTTP 401)")
    with structlog.testing.capture_logs() as lines:
        # when money is to be taken, again and again
        for _ in range(50):
            with pytest.raises(Unavailable, match="does not accept our key"):
                await world.seen.capture(CAPTURE)
        # then it was asked once, a person is told once, and it is not said to be away
        assert world.provider.asked == ["capture"]
        assert world.standing.key_refused
        assert world.standing.outage.up
        assert [line["log_level"] for line in lines] == ["critical"]
        # and only a look asks it
        with pytest.raises(BadCredentials):
            await world.seen.look()
        assert world.provider.asked == ["capture", f"find {LOOK}"]
        # and once a look is answered all goes on
        world.provider.fails = None
        await world.seen.look()
        await world.seen.capture(CAPTURE)
        assert not world.standing.key_refused
    assert [line["event"] for line in lines][1:] == ["the provider takes our key again"]
