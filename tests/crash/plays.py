"""What is played on the ring while one of its services is hit: sessions that reach every window between them.

Each play says what the provider's ledger has to show at the end, by what its drivers truly did; and which dead letters
and pages belong to it. What it says hangs on what the driver was told: one who was told no charges nothing.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from tests.crash.ring import CrashRing
from tests.flow.fleet import tariff
from tests.flow.ring import card, place
from tests.flow.test_scenarios import TOPICS, tap

from tapwatt.facts.events import (
    AuthorisationDeclined,
    Authorised,
    Captured,
    CaptureFailed,
    ChargingEnded,
    HoldReleased,
    MeterRead,
    Refunded,
    RefundFailed,
    RefundRequested,
    SessionPriced,
    SessionRequested,
)
from tapwatt.facts.reasons import EndReason
from tapwatt.money import Money
from tapwatt.testing.fake_provider import BankCard
from tapwatt.worker.moved_records import Delay, Kind, delayed
from tapwatt.worker.records import Outgoing

HERE = place(1)
EUR60 = Money.of("60", "EUR")
TAKEN = Money.of("10", "EUR")
NOTHING = Money.zero("EUR")
ENERGY_WH = 20_000
SERVICES = ("authoriser", "token-matcher", "tariff", "capturer")
SETTLED = (Captured, HoldReleased, CaptureFailed)
ANSWERED = (Authorised, AuthorisationDeclined)


@dataclass
class Expected:
    """What has to be at the end: what is kept of each session's hold, and how many records may be dead letters."""

    kept: dict[str, Money] = field(default_factory=dict)
    letters: int = 0


Script = Callable[[CrashRing], Awaitable[Expected]]


@dataclass(frozen=True, eq=False)
class Play:
    """A session or two. `habits` are the provider's, `settings` the services'."""

    name: str
    script: Script
    habits: dict[str, Any] = field(default_factory=dict)
    settings: dict[str, Any] = field(default_factory=dict)


async def begin(ring: CrashRing, session: str = "s1", by: BankCard | None = None) -> bool:
    """Somebody wants to charge and presents a card. Whether they may."""
    await ring.fleet.request(session, HERE, EUR60)
    showing = asyncio.ensure_future(ring.show(HERE.terminal_id, by or card(1)))
    answer = await ring.fleet.hear_of(session, *ANSWERED)
    showing.cancel()
    return isinstance(answer, Authorised)


async def end(ring: CrashRing, session: str = "s1", energy_wh: int = ENERGY_WH) -> None:
    """The cable is pulled."""
    await ring.fleet.end(session, EndReason.EV_DISCONNECTED, energy_wh)
    await ring.fleet.hear_of(session, *SETTLED, within_s=9 * 86_400)


async def charged(ring: CrashRing) -> Expected:
    """A whole session, stopped by its card."""
    if not await begin(ring):
        return Expected({"s1": NOTHING})
    await tap(ring, "stop-1", HERE)
    await end(ring)
    return Expected({"s1": TAKEN})


async def hinted(ring: CrashRing) -> Expected:
    """The provider hints at each transaction that waits for a card, before and after it was presented."""
    hinting = asyncio.ensure_future(_hint_again_and_again(ring))
    try:
        return await charged(ring)
    finally:
        hinting.cancel()


async def _hint_again_and_again(ring: CrashRing) -> None:
    while True:
        await asyncio.sleep(0.7)
        for service, order in (("authoriser", "op/s1"), ("token-matcher", "stop:op/stop-1")):
            for one in await ring.provider.find(order):
                ring.hinted(service, one.reference)


async def cancelled(ring: CrashRing) -> Expected:
    """Charging never started."""
    if await begin(ring):
        await ring.fleet.cancel("s1")
        await ring.fleet.hear_of("s1", *SETTLED, within_s=9 * 86_400)
    return Expected({"s1": NOTHING})


async def too_little(ring: CrashRing) -> Expected:
    """A hold that is too small to charge with is let go before that is said."""
    await begin(ring, by=card(1, at_most=300))
    return Expected({"s1": NOTHING})


async def walked_away(ring: CrashRing) -> Expected:
    """Nobody presents a card: neither to start, nor to stop a session that runs."""
    if await begin(ring, "s0"):
        await ring.fleet.stop("stop-0", HERE)
        await ring.fleet.answer_to("stop-0")
        await end(ring, "s0")
        kept = TAKEN
    else:
        kept = NOTHING
    await ring.fleet.request("s1", HERE, EUR60)
    await ring.fleet.hear_of("s1", *ANSWERED)
    return Expected({"s0": kept, "s1": NOTHING})


async def late_hold(ring: CrashRing) -> Expected:
    """The card is read while the provider is away: the driver hears no, and what is held is let go by the clock."""
    await ring.fleet.request("s1", HERE, EUR60)
    await asyncio.sleep(2)
    ring.outage(600)
    await ring.show(HERE.terminal_id, card(1))
    answer = await ring.fleet.hear_of("s1", *ANSWERED)
    if isinstance(answer, Authorised):
        await ring.fleet.cancel("s1")
    return Expected({"s1": NOTHING})


def runs_out(*, of_another_nothing: bool) -> Script:
    """Nobody ends a session, and its meter is read; of another, perhaps, nothing is heard at all."""

    async def script(ring: CrashRing) -> Expected:
        may = await begin(ring, "s1")
        if of_another_nothing:
            await begin(ring, "s2", card(2))
        if may:
            begun = ring.clock.now()
            await asyncio.sleep(3600)
            value = {
                "operator_id": "op",
                "session_id": "s1",
                "energy_wh": ENERGY_WH,
                "started_at": begun.isoformat(),
                "read_at": ring.clock.now().isoformat(),
            }
            await ring.fleet.say(MeterRead.model_validate_json(json.dumps(value)))
        await asyncio.sleep(6 * 86_400)
        return Expected({"s1": TAKEN if may else NOTHING, "s2": NOTHING})

    return script


async def given_back(ring: CrashRing) -> Expected:
    """An operator asks for money back, and a person gives some at the portal, at which the provider hints."""
    if not await begin(ring):
        return Expected({"s1": NOTHING})
    await end(ring)
    asked = {"operator_id": "op", "session_id": "s1", "refund_id": "r1", "amount": Money.of("3", "EUR")}
    await ring.fleet.say(RefundRequested.model_validate(asked))
    await ring.fleet.hear_of("s1", Refunded, RefundFailed, within_s=9 * 86_400)
    capture = next(fact for fact in ring.fleet.heard.of(Captured))
    back = ring.provider.portal.refund(capture.capture_reference, Money.of("2", "EUR"))
    for _ in range(2):
        ring.hinted("capturer", back.reference)
        await asyncio.sleep(7200)
    await asyncio.sleep(2 * 86_400)
    return Expected({"s1": Money.of("5", "EUR")})


def put_off(service: str) -> Script:
    """Redis takes nothing of one service for a minute: what it hears meanwhile goes by the schedule, and is done."""

    async def script(ring: CrashRing) -> Expected:
        if service == "authoriser":
            ring.redis_away(service, 60)
            await ring.fleet.publish(tariff(), "9", "op")
            await asyncio.sleep(65)
        if service == "token-matcher":
            ring.redis_away(service, 60)
        if not await begin(ring):
            return Expected({"s1": NOTHING})
        if service in ("tariff", "capturer"):
            ring.redis_away(service, 60)
        await end(ring)
        return Expected({"s1": TAKEN})

    return script


async def poisoned(ring: CrashRing) -> Expected:
    """One record of each service's, among the good ones, is nothing that anybody can read."""
    for topic in ("session-requested", "stop-requested", "charging-ended", "session-priced"):
        ring.log.append([Outgoing(f"tapwatt.{topic}.v1", b"s1", b"\xff no fact", ())])
    if not await begin(ring):
        return Expected({"s1": NOTHING}, letters=4)
    await tap(ring, "stop-1", HERE)
    await end(ring)
    return Expected({"s1": TAKEN}, letters=4)


async def wrong_capture(ring: CrashRing) -> Expected:
    """The provider tells of more than a hold held; once it is mended a person replays the letters."""
    if not await begin(ring):
        return Expected({"s1": NOTHING})
    ring.lies = True
    await ring.fleet.end("s1", EndReason.EV_DISCONNECTED, ENERGY_WH)
    await asyncio.sleep(900)
    ring.say_again(SessionPriced)
    await asyncio.sleep(300)
    ring.lies = False
    await replayed(ring, "capturer")
    await ring.fleet.hear_of("s1", *SETTLED, within_s=86_400)
    return Expected({"s1": TAKEN}, letters=2)


async def wrong_hold(ring: CrashRing) -> Expected:
    """The provider tells of a hold of more than was asked: the driver hears no, and what is held is let go."""
    ring.lies = True
    await begin(ring)
    await asyncio.sleep(300)
    ring.say_again(SessionRequested)
    await asyncio.sleep(300)
    ring.lies = False
    await replayed(ring, "authoriser")
    return Expected({"s1": NOTHING}, letters=2)


async def wrong_memory(ring: CrashRing) -> Expected:
    """What the tariff remembers of a session cannot be read back, until somebody mends it."""
    if not await begin(ring):
        return Expected({"s1": NOTHING})
    await asyncio.sleep(60)
    fields = ring.views["tariff"].state.reading(None).sessions["op/s1"].fields
    fields["ended:spoilt"] = b"?"
    await ring.fleet.end("s1", EndReason.EV_DISCONNECTED, ENERGY_WH)
    await asyncio.sleep(300)
    ring.say_again(ChargingEnded)
    await asyncio.sleep(300)
    del fields["ended:spoilt"]
    await replayed(ring, "tariff")
    await ring.fleet.hear_of("s1", *SETTLED, within_s=86_400)
    return Expected({"s1": TAKEN}, letters=2)


async def replayed(ring: CrashRing, service: str) -> None:
    """As `tapwatt dlq replay` does: all letters of a quarantine, in their order."""
    mine = [one for one in ring.fleet.dead_letters if _note(one, "dead_lettered_by") == service]
    quarantines = {_note(one, "quarantine") for one in mine}
    for at in sorted(quarantines):
        letters = [one for one in mine if _note(one, "quarantine") == at]
        for number, letter in enumerate(letters):
            origin, last = _note(letter, "origin"), number == len(letters) - 1
            again = Delay(origin, 0, ring.clock.now(), replays=at, last=last)
            ring.log.append([delayed(letter, TOPICS.retry(service, "minute"), again, Kind.REPLAY, "replayed")])


def _note(record: Any, name: str) -> str:
    return next((raw.decode() for key, raw in record.headers if key == f"tapwatt_{name}"), "")


def rebuilt(service: str) -> Script:
    """Redis loses what one service knows in the middle of a session; the log is away and slow at first."""

    async def script(ring: CrashRing) -> Expected:
        settled_before = await begin(ring, "s0")
        if settled_before:
            await end(ring, "s0")
        may = await begin(ring)
        ring.log_is_away, ring.log_is_slow_s = 1, 11.0
        ring.flush(service)
        before = TAKEN if settled_before else NOTHING
        if not may:
            return Expected({"s0": before, "s1": NOTHING})
        await tap(ring, "stop-1", HERE)
        await end(ring)
        return Expected({"s0": before, "s1": TAKEN})

    return script


async def published(ring: CrashRing) -> Expected:
    """Under a tariff that was published, with the rest of the hold asked for; the capture says nothing of its card."""
    offered = tariff().model_copy(update={"preauthorize_amount": EUR60.major})
    await ring.fleet.publish(offered, "1", "op")
    await ring.fleet.request_named("s1", HERE, offered.id, "1")
    showing = asyncio.ensure_future(ring.show(HERE.terminal_id, card(1)))
    answer = await ring.fleet.hear_of("s1", *ANSWERED)
    showing.cancel()
    if not isinstance(answer, Authorised):
        return Expected({"s1": NOTHING})
    await end(ring)
    return Expected({"s1": TAKEN})


PLAYS: tuple[Play, ...] = (
    Play("too little", too_little),
    Play("charged", charged),
    Play("cancelled", cancelled),
    Play("hinted", hinted),
    Play("walked away", walked_away),
    Play("late hold", late_hold),
    Play(
        "runs out",
        runs_out(of_another_nothing=False),
        settings={"tariff": {"look_every_s": 3600, "stale_policy": "person"}},
    ),
    Play("stale", runs_out(of_another_nothing=True), settings={"tariff": {"look_every_s": 3600}}),
    Play("given back", given_back),
    Play("poisoned", poisoned),
    Play("wrong capture", wrong_capture),
    Play("wrong hold", wrong_hold),
    Play("wrong memory", wrong_memory),
    Play("published", published, habits={"auto_release": False}, settings={"release_rest": True}),
    *(Play(f"put off {name}", put_off(name)) for name in SERVICES),
    *(Play(f"rebuilt {name}", rebuilt(name)) for name in SERVICES),
)
