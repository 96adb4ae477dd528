"""A person's commands about a session's money, on a real ring: what is settled and what goes back, to the cent."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from random import Random
from typing import Any

import pytest

from simulator.fleet.drivers import Scene, Session, Waiting
from simulator.fleet.fleet import HEARS, Fleet
from simulator.fleet.tariffs import STREET
from simulator.fleet.world import World
from tapwatt.clock import SystemClock
from tapwatt.facts.events import SessionDisputed
from tapwatt.facts.reasons import EndReason
from tapwatt.facts.topics import Topics

pytestmark = [pytest.mark.kafka, pytest.mark.redis, pytest.mark.timeout(300)]

TAPWATT = (sys.executable, "-m", "tapwatt_cli")
PREFIX = "money."
WHO = ("--by", "anna", "--reason", "cable was broken", "--yes")


@pytest.fixture(scope="module")
def ring(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """What `tapwatt up --json` says of the one ring of this module."""
    env = {**os.environ, "TAPWATT_RUN_DIR": str(tmp_path_factory.mktemp("run")), "TAPWATT_TOPIC_PREFIX": PREFIX}
    with subprocess.Popen([*TAPWATT, "up", "--json"], env=env, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        yield json.loads(process.stdout.readline())
        process.send_signal(signal.SIGINT)
        assert process.wait(60) == 0


@pytest.fixture
async def scene(ring: dict[str, Any], request: pytest.FixtureRequest) -> AsyncIterator[Scene]:
    """A terminal of this test's own."""
    name = request.node.name.split("_")[1]
    async with (
        Fleet(ring["bootstrap"], Topics(PREFIX), SystemClock(), (*HEARS, SessionDisputed)) as fleet,
        World(ring["provider_url"]) as world,
    ):
        yield Scene(fleet, world, name, int(name[1:]), Random(name), Waiting())


async def tapwatt(ring: dict[str, Any], *arguments: str) -> tuple[int | None, str]:
    """Exit code, and what was said: output where all went well, else the one sentence."""
    env = {**os.environ, "TAPWATT_KAFKA_BOOTSTRAP": ring["bootstrap"], "TAPWATT_TOPIC_PREFIX": PREFIX}
    process = await asyncio.create_subprocess_exec(
        *TAPWATT, *arguments, env=env, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    out, err = await asyncio.wait_for(process.communicate(), 90)
    assert b"Traceback" not in err, err.decode()
    return process.returncode, (out or err).decode().strip()


async def ended(scene: Scene, kwh: str, minutes: int) -> Session:
    """A session that has charged so much and has ended."""
    session = scene.session(STREET)
    await session.ask(session.hold, STREET, None)
    await session.tap(await scene.card(f"driver-{session.id}"))
    await session.open()
    await session.charge(kwh, minutes)
    await session.end(EndReason.EV_DISCONNECTED)
    return session


async def in_the_books(scene: Scene, session: Session) -> tuple[int, int, int]:
    """Taken, let go and given back, in minor units, by the provider's own ledger; held = taken + let go."""
    books = (await scene.world.ledger())["authorisations"]
    [book] = [one for one in books if one["order_reference"] == session.order_reference]
    let_go = book["released"] + book["reversed"]
    assert book["authorised"] == book["captured"] + let_go
    assert 0 <= book["refunded"] <= book["captured"]
    return book["captured"], let_go, book["refunded"]


async def test_s20_what_was_taken_goes_back_in_parts_once_each_and_never_more(
    ring: dict[str, Any], scene: Scene
) -> None:
    # given a session of which money was taken
    session = await ended(scene, "8.0", 20)
    name, taken = session.order_reference, (await session.captured()).taken
    # when a part of it goes back, and the same is asked for again
    for _ in range(2):
        code, said = await tapwatt(ring, "refund", name, "--amount", "1.00", *WHO, "--id", "r1")
        assert (code, said) == (0, f"{name}: 1.00 EUR went back, and with it 1.00 EUR of the {taken} taken (refund r1)")
    assert (await in_the_books(scene, session))[2] == 100
    # then more than is left is refused, and the rest goes back by the session's own name
    code, said = await tapwatt(ring, "refund", session.id, "--amount", str(taken.major), *WHO)
    assert (code, "is more than is left" in said) == (1, True), said
    code, said = await tapwatt(ring, "refund", session.id, "--full", *WHO, "--json")
    told = json.loads(said)
    assert (code, told["answer"]["fact"]) == (0, "Refunded")
    assert told["answer"]["refunded_in_all"] == told["answer"]["taken"] == taken.model_dump()
    assert (await in_the_books(scene, session))[2] == taken.minor
    # and after that there is nothing more, which the driver's paper says
    code, said = await tapwatt(ring, "refund", name, "--full", *WHO)
    assert (code, said) == (1, f"tapwatt: all of the {taken} of session {name} went back already")
    code, said = await tapwatt(ring, "receipt", session.id, "--language", "fr")
    assert (code, said.splitlines()[0]) == (0, "Note de crédit")


async def test_s37_what_is_disputed_is_settled_by_a_person_s_word(ring: dict[str, Any], scene: Scene) -> None:
    # given two sessions whose chargers say what cannot be
    taken, let_go = [await ended(scene, "910", 5) for _ in range(2)]
    for session in (taken, let_go):
        await scene.fleet.inbox.first(session.order_reference, SessionDisputed, within_s=30)
    name, held = taken.order_reference, taken.hold
    code, said = await tapwatt(ring, "receipt", name)
    assert (code, "is disputed (implausible_energy) and waits for a word" in said) == (2, True), said
    # when more than the hold is said to be owed
    code, said = await tapwatt(ring, "session", "settle", name, "--amount", str(held.major + 1), *WHO)
    assert (code, f"is more than the {held} that session {name} holds" in said) == (1, True), said
    # when a person says what is owed, and of the other that nothing is
    code, said = await tapwatt(ring, "session", "settle", taken.id, "--amount", "7.00", *WHO)
    assert (code, said.endswith(f": 7.00 EUR of its hold of {held} is to be taken")) == (0, True), said
    code, said = await tapwatt(ring, "session", "settle", let_go.id, "--release", *WHO, "--json")
    assert (code, json.loads(said)["amount"]["minor"]) == (0, 0)
    await taken.captured()
    await let_go.released()
    # then that was done, once, and another word about it is refused
    assert await in_the_books(scene, taken) == (700, held.minor - 700, 0)
    assert await in_the_books(scene, let_go) == (0, held.minor, 0)
    code, said = await tapwatt(ring, "session", "settle", name, "--amount", "6.00", *WHO)
    assert (code, "give back what is too much as a refund" in said) == (1, True), said
    # and nothing can go back of what was never taken
    code, said = await tapwatt(ring, "refund", let_go.id, "--full", *WHO)
    assert (code, f"its whole hold of {held} was let go" in said) == (1, True), said
