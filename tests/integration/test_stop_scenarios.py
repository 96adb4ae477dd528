"""What really happens when drivers stop, on a real Kafka and Redis, with the services and the provider as processes."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from random import Random
from typing import Any

import aiohttp
import pytest
from aiokafka import AIOKafkaProducer
from redis.asyncio import Redis

from simulator.fleet.drivers import Scene, Session, Waiting
from simulator.fleet.fleet import HEARS, Fleet
from simulator.fleet.tariffs import ALL, OPERATOR, STREET, published
from simulator.fleet.world import World
from tapwatt.clock import SystemClock
from tapwatt.facts.events import (
    AuthorisationDeclined,
    Authorised,
    Captured,
    EventRejected,
    SessionPriced,
    StopRequested,
    TokenAmbiguous,
    TokenMatched,
    TokenNotMatched,
)
from tapwatt.facts.fact import Fact
from tapwatt.facts.reasons import DeclineReason, EndReason, NoMatchReason
from tapwatt.facts.topics import Topics

pytestmark = [pytest.mark.kafka, pytest.mark.redis, pytest.mark.timeout(240)]

MORNING = datetime(2026, 1, 1, 6, tzinfo=UTC)
SETTLE_S = 1.5
TAPS = 6


@pytest.fixture(scope="module")
def ring(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """What `tapwatt up --json` says of the one ring of this module."""
    env = {
        **os.environ,
        "TAPWATT_RUN_DIR": str(tmp_path_factory.mktemp("run")),
        "TAPWATT_TOPIC_PREFIX": "stops.",
        "TAPWATT_TOKEN_MATCHER_DEBOUNCE_S": str(SETTLE_S),
        "TAPWATT_TOKEN_MATCHER_TAPS_AT_MOST": str(TAPS),
    }
    command = [sys.executable, "-m", "tapwatt_cli", "up", "--json"]
    with subprocess.Popen(command, env=env, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        yield json.loads(process.stdout.readline())
        process.send_signal(signal.SIGINT)
        assert process.wait(60) == 0


class Corner:
    """One test's corner of the ring: scenes at terminals of its own."""

    def __init__(self, ring: dict[str, Any], fleet: Fleet, world: World) -> None:
        self.ring, self.fleet, self.world = ring, fleet, world
        self.topics = Topics(ring["topic_prefix"])

    def scene(self, name: str, number: int) -> Scene:
        """A terminal that no other test uses."""
        return Scene(self.fleet, self.world, name, number, Random(name), Waiting(30, SETTLE_S + 0.2))

    async def produce(self, fact: type[Fact], key: bytes, value: bytes, headers: list[tuple[str, bytes]]) -> None:
        """Put bytes on a fact's topic, as anybody with access to it can."""
        producer = AIOKafkaProducer(bootstrap_servers=self.ring["bootstrap"])
        await producer.start()
        try:
            await producer.send_and_wait(self.topics.of(fact), value, key=key, headers=headers)
        finally:
            await producer.stop()


@pytest.fixture
async def corner(ring: dict[str, Any]) -> AsyncIterator[Corner]:
    """A corner of the ring."""
    topics = Topics(ring["topic_prefix"])
    async with (
        Fleet(ring["bootstrap"], topics, SystemClock(), (*HEARS, SessionPriced)) as fleet,
        World(ring["provider_url"]) as world,
    ):
        for tariff in ALL:  # said again it is the same to the byte
            offer = published(tariff, MORNING)
            await fleet.say(offer, name=offer.offer)
        yield Corner(ring, fleet, world)


async def charging(scene: Scene, card: Any, **more: Any) -> Session:
    """A session that its card has started, and that charges."""
    session = scene.session(STREET, **more)
    await session.start(card)
    await session.charge("8.0", minutes=1)
    return session


def reason(fact: object) -> NoMatchReason:
    """Why nothing is stopped."""
    assert isinstance(fact, TokenNotMatched), fact
    return fact.reason


async def test_s01_one_card_with_two_cars_is_asked_which_and_stops_one_of_them(corner: Corner) -> None:
    scene = corner.scene("s01", 101)
    card = await scene.card()
    left, right = await charging(scene, card), await charging(scene, card)
    _, asked = await scene.tap_to_stop(card)
    assert isinstance(asked, TokenAmbiguous)
    assert set(asked.evse_ids) == {left.place.evse_id, right.place.evse_id}
    await right.stop_with(card, evse_id=right.place.evse_id)
    await right.captured()
    await left.stop_with(card)
    await left.captured()


async def test_s02_another_card_stops_nothing_and_who_tries_card_after_card_is_held_up(corner: Corner) -> None:
    scene = corner.scene("s02", 102)
    session = await charging(scene, await scene.card())
    stranger = await scene.card("stranger")
    for _ in range(TAPS):
        _, said = await scene.tap_to_stop(stranger)
        assert reason(said) is NoMatchReason.NO_SESSION
    refused = await scene.ask_to_stop()
    _, said = await scene.stop_answer(refused)
    assert reason(said) is NoMatchReason.TOO_MANY_TAPS
    await session.end(EndReason.EV_DISCONNECTED)
    await session.captured()


async def test_s03_the_phone_stops_what_the_plastic_started_by_the_par_and_without_it_does_not(corner: Corner) -> None:
    scene = corner.scene("s03", 103)
    card = await scene.card()
    session = await charging(scene, card)
    assert (await session.stop_with(await scene.phone(card))).matched_by == "par"
    await session.captured()
    bare = await scene.card("bare", has_par=False)
    session = await charging(scene, bare)
    other = await scene.card("bare-phone", account=bare.account, device="phone", brand=bare.brand, has_par=False)
    _, said = await scene.tap_to_stop(other)
    assert reason(said) is NoMatchReason.NO_SESSION
    await session.end(EndReason.EV_DISCONNECTED)
    await session.captured()


async def test_s04_the_same_card_at_another_site_and_operator_stops_nothing_there(corner: Corner) -> None:
    scene, elsewhere = corner.scene("s04", 104), corner.scene("s04-else", 105)
    assert scene.site_id != elsewhere.site_id
    card = await scene.card()
    session = await charging(scene, card)
    _, said = await elsewhere.tap_to_stop(card)
    assert reason(said) is NoMatchReason.NO_SESSION
    await session.stop_with(card)
    await session.captured()


async def test_s05_a_card_token_is_not_a_web_token_and_like_is_compared_with_like(corner: Corner) -> None:
    scene = corner.scene("s05", 106)
    card = await scene.card(has_par=False)
    session = await charging(scene, card)
    watch = await scene.card("watch", account=card.account, device="watch", brand=card.brand, has_par=True)
    _, said = await scene.tap_to_stop(watch)
    assert reason(said) is NoMatchReason.NO_SESSION
    assert (await session.stop_with(card)).matched_by == "card"
    await session.captured()


async def test_s13_a_stop_said_before_its_hold_is_indexed_finds_it(corner: Corner) -> None:
    scene = corner.scene("s13", 107)
    card = await scene.card()
    session = scene.session(STREET)
    await session.request()
    await session.tap(card)
    asked = await scene.ask_to_stop()  # at once, whether Authorised was said or not
    await corner.world.sleep(SETTLE_S)
    await corner.world.present(scene.terminal_id, card)
    _, said = await scene.stop_answer(asked)
    assert isinstance(said, TokenMatched)
    assert said.session_id == session.id
    await session.open()
    await session.cancel()


async def test_s14_card_cable_limit_and_operator_at_once_are_one_price_and_one_capture(corner: Corner) -> None:
    scene = corner.scene("s14", 108)
    card = await scene.card()
    session = await charging(scene, card)
    asked = await scene.ask_to_stop()
    await asyncio.gather(
        corner.world.present(scene.terminal_id, card),
        session.end(EndReason.EV_DISCONNECTED),
        session.end(EndReason.LIMIT),
        session.end(EndReason.OPERATOR),
    )
    await scene.stop_answer(asked)
    await session.captured()
    await corner.world.sleep(1)
    heard = [event.fact for event in corner.fleet.inbox.about(session.order_reference)]
    assert len([one for one in heard if isinstance(one, Captured)]) == 1
    assert len([one for one in heard if isinstance(one, SessionPriced)]) == 1


async def test_s16_s32_at_an_offline_terminal_the_driver_hears_so_within_5_seconds(corner: Corner) -> None:
    scene = corner.scene("s16", 109)
    session = await charging(scene, await scene.card())
    await corner.world.set_terminal(scene.terminal_id, "offline")
    asked_at = time.monotonic()
    _, said = await scene.stop_answer(await scene.ask_to_stop())
    assert reason(said) is NoMatchReason.TERMINAL_OFFLINE
    assert time.monotonic() - asked_at < 5
    await session.end(EndReason.EV_DISCONNECTED)
    await session.captured()


async def test_s32_who_has_no_session_hears_so_within_5_seconds_of_the_tap(corner: Corner) -> None:
    scene = corner.scene("s32", 110)
    stranger = await scene.card()
    asked = await scene.ask_to_stop()
    await corner.world.present(scene.terminal_id, stranger)
    tapped_at = time.monotonic()
    _, said = await scene.stop_answer(asked)
    assert reason(said) is NoMatchReason.NO_SESSION
    assert time.monotonic() - tapped_at < 5


async def test_s21_redis_flushed_between_the_start_and_the_tap_is_no_wrong_answer(corner: Corner) -> None:
    scene = corner.scene("s21", 111)
    card = await scene.card()
    session = await charging(scene, card)
    async with Redis.from_url(corner.ring["redis_url"]) as redis:
        await redis.flushall()
    await session.stop_with(card)
    await session.captured()


async def test_s25_a_forged_hint_a_poisoned_record_and_a_foreign_stop_stop_nothing(corner: Corner) -> None:
    scene = corner.scene("s25", 112)
    card = await scene.card()
    session = await charging(scene, card)
    asked = await scene.ask_to_stop()
    # a forged hint about any transaction is no truth
    hook = corner.ring["webhooks"]["token-matcher"]
    async with aiohttp.ClientSession() as http:
        for body in (b'{"id": "no-such-transaction"}', b"\xff not json", b'{"id": {"$ne": 1}}'):
            async with http.post(hook, data=body) as answer:
                assert answer.status < 500
    # bytes that nobody can read are rejected aloud, and hold nobody up
    key = f"{scene.terminal_id}".encode()
    await corner.produce(StopRequested, key, b"\x00\xff", [("ce_id", b"poison-1"), ("ce_source", b"/forger")])
    await corner.world.present(scene.terminal_id, card)
    _, said = await scene.stop_answer(asked)
    assert isinstance(said, TokenMatched)
    _, rejected = await corner.fleet.inbox.first(scene.terminal_id, EventRejected, within_s=20)
    assert rejected.rejected_id == "poison-1"
    # another operator that names this very terminal and EVSE finds nothing there
    foreign = StopRequested(
        stop_id="s25-foreign",
        operator_id="forger",
        site_id=scene.site_id,
        terminal_id=scene.terminal_id,
        evse_ids=(session.place.evse_id,),
        requested_at=corner.fleet.now(),
    )
    event = await corner.fleet.say(foreign, name="s25-foreign")
    await corner.world.present(scene.terminal_id, card)
    _, said = await scene.stop_answer(event)
    assert reason(said) is NoMatchReason.NO_SESSION
    await session.end(EndReason.TOKEN_MATCHED)
    await session.captured()


async def test_s25_an_id_that_was_used_for_two_stops_is_refused_aloud(corner: Corner) -> None:
    scene = corner.scene("s25-ids", 113)
    stops = [
        StopRequested(
            stop_id=f"s25-ids-{number}",
            operator_id=OPERATOR,
            site_id=scene.site_id,
            terminal_id=scene.terminal_id,
            requested_at=corner.fleet.now(),
        )
        for number in range(2)
    ]
    first = await corner.fleet.say(stops[0], name="s25-one-id")
    await corner.fleet.say(stops[1], name="s25-one-id")
    await corner.world.present(scene.terminal_id, await scene.card())
    _, said = await scene.stop_answer(first)
    assert reason(said) is NoMatchReason.NO_SESSION
    _, rejected = await corner.fleet.inbox.first(scene.terminal_id, EventRejected, within_s=20)
    assert rejected.rejected_id == first.envelope.id


async def test_s26_a_card_that_is_still_on_the_reader_does_not_stop_what_it_started(corner: Corner) -> None:
    scene = corner.scene("s26", 114)
    card = await scene.card()
    session = scene.session(STREET)
    await session.request()
    await session.tap(card)
    asked = await scene.ask_to_stop()
    await corner.world.present(scene.terminal_id, card)
    _, said = await scene.stop_answer(asked)
    assert reason(said) is NoMatchReason.JUST_STARTED
    await session.open()
    await session.charge("8.0", minutes=1)
    await session.stop_with(card)
    await session.captured()


async def test_s28_a_terminal_that_reads_one_card_is_asked_for_no_other(corner: Corner) -> None:
    scene = corner.scene("s28", 115)
    card = await scene.card()
    first, second = scene.session(STREET), scene.session(STREET)
    await first.request()
    await corner.world.sleep(0.5)
    # while the terminal waits for one driver's card, another start and a stop are refused with that reason
    await second.request()
    await second.declined(DeclineReason.TERMINAL_BUSY)
    _, said = await scene.stop_answer(await scene.ask_to_stop())
    assert reason(said) is NoMatchReason.TERMINAL_BUSY
    # and the first is served as if nothing had been
    await first.tap(card)
    await first.open()
    await first.cancel()
    await first.released()


async def test_s29_many_sessions_and_stops_at_once_are_each_their_own_at_the_provider(corner: Corner) -> None:
    scenes = [corner.scene(f"s29-{number}", 120 + number) for number in range(6)]

    async def life(scene: Scene) -> None:
        card = await scene.card()
        session = await charging(scene, card)
        await session.stop_with(card)
        await session.captured()

    await asyncio.gather(*map(life, scenes))
    told = [event.fact for scene in scenes for event in corner.fleet.inbox.about(f"{OPERATOR}/{scene.sessions[0].id}")]
    holds = [one.hold.reference for one in told if isinstance(one, Authorised)]
    assert len(set(holds)) == len(holds) == 6
    assert not [one for one in told if isinstance(one, AuthorisationDeclined)]
