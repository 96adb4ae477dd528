"""In whatever order a session's words come, however often, and wherever the tariff is killed or its memory is lost:
it is priced once, every word has a voice, and what was said is said again in the same words."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any, cast

from hypothesis import given, settings
from hypothesis import strategies as st

from tapwatt.clock import Clock
from tapwatt.errors import Poison
from tapwatt.facts.cards import Card, Fingerprint, FingerprintKind
from tapwatt.facts.codec import Event, begin
from tapwatt.facts.events import (
    AuthorisationDeclined,
    Authorised,
    ChargingEnded,
    MeterRead,
    SessionCancelled,
    SessionDisputed,
    SessionPriced,
    SettlementDecided,
)
from tapwatt.facts.fact import Fact
from tapwatt.facts.fields import ChargingPeriod, Hold, MeterPeriod, Place
from tapwatt.facts.ids import cause, fact_id
from tapwatt.facts.reasons import DeclineReason, EndReason
from tapwatt.money import Money
from tapwatt.state.session_store import SessionStore
from tapwatt.tariffs import Dimension, PriceComponent, Tariff, TariffElement
from tapwatt.testing.deadlines import InMemoryDeadlines, deadlines_view
from tapwatt.testing.session_store import InMemorySessionStore, sessions_view
from tapwatt.worker.progress import Ends
from tariff.agent import TariffAgent
from tariff.case_files import REMEMBERS, kept, ours
from tariff.due import look_after
from tariff.reading import read
from tariff.settings import TariffSettings
from tariff.words import Ended, Word, replaced

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
PLACE = Place(operator_id="op", site_id="site", terminal_id="t1", evse_id="e1")
PRICE = TariffElement(price_components=(PriceComponent(type=Dimension.ENERGY, price=Decimal("0.50")),))
BEGAN: tuple[Fact, ...] = (
    Authorised(
        session_id="s1",
        place=PLACE,
        hold=Hold(
            reference="h1", amount=Money.of("60", "EUR"), authorised_at=NOON, expires_at=NOON + timedelta(days=2)
        ),
        card=Card(fingerprints=(Fingerprint(kind=FingerprintKind.CARD, key_version=1, digest="ab" * 32),)),
        tariff=Tariff(id="day", currency="EUR", elements=(PRICE,)),
        time_zone="Europe/Amsterdam",
    ),
    AuthorisationDeclined(session_id="s1", place=PLACE, reason=DeclineReason.PIN_REQUIRED),
)


def ended(energy_wh: int, hours: int, said_wh: int | None = None, days: int = 0) -> ChargingEnded:
    start = NOON + timedelta(days=days)
    end, energy = start + timedelta(hours=hours), Decimal(energy_wh)
    period: MeterPeriod = ChargingPeriod(starts_at=start, ends_at=end, energy_wh=energy)
    return ChargingEnded(
        operator_id="op",
        session_id="s1",
        reason=EndReason.LIMIT,
        started_at=start,
        ended_at=end,
        energy_wh=Decimal(energy_wh if said_wh is None else said_wh),
        periods=(period,),
    )


def decision(amount: str, number: int) -> SettlementDecided:
    return SettlementDecided(
        operator_id="op",
        session_id="s1",
        decision_id=f"d{number}",
        amount=Money.of(amount, "EUR"),
        decided_by="anna",
        decided_at=NOON + timedelta(hours=number),
    )


WORDS: tuple[Fact, ...] = (
    ended(5_000, 1),
    ended(22_000, 3),
    ended(4_000, 4),  # later, and smaller
    ended(5_003, 1),  # nearly the same
    ended(9_000_000, 1),  # impossible
    ended(6_000, 1, said_wh=7_000),  # partial
    ended(7_000, 1, days=-300),  # a clock that was off
    SessionCancelled(operator_id="op", session_id="s1", reason="never_started", cancelled_at=NOON),
    decision("3", 1),
    decision("4", 2),
    decision("61", 3),  # more than is held
)
READINGS: tuple[Fact, ...] = tuple(
    MeterRead(
        operator_id="op",
        session_id="s1",
        started_at=NOON,
        read_at=NOON + timedelta(hours=hours),
        energy_wh=Decimal(energy_wh),
    )
    for hours, energy_wh in ((1, 3_000), (2, 8_000), (3, 9_000_000))
)
FACTS = (*WORDS, *READINGS)
LOOK = len(FACTS) + 1
"""Stands for the moment at which it is looked for holds that run out; this one's does."""
COMES = st.lists(
    st.tuples(st.integers(0, LOOK), st.sampled_from(["done", "done", "untold", "told", "lost"])),
    min_size=2,
    max_size=14,
)


SETTINGS = TariffSettings(settle_before_expiry_s=44 * 3600)
"""The hold runs out an hour ago, by these."""


class Slow:
    """A store in which others come between two calls."""

    def __init__(self, store: InMemorySessionStore, chance: Random) -> None:
        self._store = store
        self._chance = chance

    def __getattr__(self, name: str) -> Any:
        async def call(*args: Any, **more: Any) -> Any:
            for _ in range(self._chance.randint(0, 3)):
                await asyncio.sleep(0)
            return await getattr(self._store, name)(*args, **more)

        return call


class Still:
    """A clock that stands."""

    def now(self) -> datetime:
        return NOON + timedelta(hours=5)

    def monotonic(self) -> float:
        return 0.0


class AllRead:
    """A service that has read everything."""

    async def ends(self) -> Ends:
        return {}

    async def reached(self, ends: Ends) -> bool:
        return True


@dataclass
class World:
    """The log, and a tariff service that can be killed and that can lose its memory."""

    chance: Random
    log: list[Event] = field(default_factory=list)
    refused: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.clock = cast(Clock, Still())
        self.forget()

    def forget(self) -> None:
        """Redis was flushed: nothing is known."""
        self.store = InMemorySessionStore(sessions_view(self.clock, whole=True), self.clock)
        slow = cast(SessionStore, Slow(self.store, self.chance))
        self.deadlines = InMemoryDeadlines(deadlines_view(self.clock, whole=True))
        self.agent = TariffAgent(slow, self.deadlines, AllRead(), self.clock, SETTINGS)

    async def rebuild(self) -> None:
        """Know what the log says: one topic after the other, in the order in which a rebuild reads them."""
        self.forget()
        for topic in REMEMBERS:
            for event in self.log:
                if type(event.fact) is topic and ours(event):
                    what = kept(event, self.clock.now())
                    await self.store.remember("op/s1", what.field, what.value, ttl_s=10**6, of=what.of)
                    await look_after(self.deadlines, event, SETTINGS.at)

    async def look(self, how: str) -> None:
        """Look for holds that run out; or be killed before what was found is told, or before it is remembered."""
        async for done in self.agent.service().rounds[1].go():
            if how != "untold":
                self.log += [cast(Event, said) for said in done.say]
            if how in ("untold", "told"):
                return
            await done.remember()

    async def hear(self, event: Event, how: str) -> None:
        """Handle it to its end, or be killed before it is told, or before it is remembered; then it comes again."""
        if event.envelope.id not in {one.envelope.id for one in self.log}:
            self.log.append(event)
        try:
            done = await self.agent.heard(event)
        except Poison:
            self.refused.add(event.envelope.id)
            return
        if how != "untold":
            self.log += [cast(Event, said) for said in done.say]
        if how in ("untold", "told"):
            await self.hear(event, "done")
            return
        await done.remember()


def said(log: Sequence[Event], kind: type[Fact]) -> dict[str, Event]:
    """What was said of this kind, by its id; the same id always with the same words."""
    found: dict[str, Event] = {}
    for event in log:
        if type(event.fact) is kind:
            assert found.setdefault(event.envelope.id, event) == event, "one id was said with two contents"
    return found


async def live(began: Fact, comes: Sequence[tuple[int, str]], together: int, seed: int) -> World:
    world = World(Random(seed))
    facts = (began, *FACTS)
    first = [(0, "done")] * (together if seed % 2 else 0)  # half of the time the hold is known before any word
    waiting = [*first, *comes, (0, "done")]

    async def happens(number: int, how: str) -> None:
        if number == LOOK:
            await world.look(how)
        else:
            await world.hear(begin(facts[number], f"{number}", "/fleet", NOON), how)

    while waiting:
        group, waiting = waiting[:together], waiting[together:]
        await asyncio.gather(*(happens(*one) for one in group))
        if any(how == "lost" for _, how in group):
            await world.rebuild()
    return world


@settings(max_examples=400, deadline=None)
@given(st.sampled_from(BEGAN), COMES, st.integers(1, 4), st.integers(0, 10**6))
def test_s12_s33_s38_a_session_is_priced_once_and_every_word_has_a_voice(
    began: Fact, comes: list[tuple[int, str]], together: int, seed: int
) -> None:
    world = asyncio.run(live(began, comes, together, seed))
    priced, disputes = said(world.log, SessionPriced), said(world.log, SessionDisputed)
    # a session is priced once at most, and never without a hold
    assert len(priced) <= (1 if isinstance(began, Authorised) else 0)
    heard = {number: WORDS[number - 1] for number, _ in comes if 0 < number <= len(WORDS)}
    for number, word in heard.items():
        assert voiced(number, word, priced, disputes, world), f"{word} was swallowed"
    # and a word that somebody can follow is followed
    if isinstance(began, Authorised) and any(number in heard for number in (9, 10)):
        assert priced


def voiced(number: int, word: Fact, priced: dict[str, Event], disputes: dict[str, Event], world: World) -> bool:
    """Whether it is priced, noted by the price, disputed, refused, or the same as what stands."""
    name = cause("/fleet", str(number))
    if fact_id(name, "SessionPriced") in priced or fact_id(name, "SessionDisputed") in disputes:
        return True
    if str(number) in world.refused:
        return True
    stands = [cast(SessionPriced, event.fact) for event in priced.values()]
    match word:
        case ChargingEnded():
            reading = read(word)
            note = replaced(Word("", Ended(reading, NOON)))
            return any(note in one.notes or abs(one.energy_wh - reading.energy_wh) < 6 for one in stands)
        case SessionCancelled():
            declined = not any(isinstance(event.fact, Authorised) for event in world.log)
            return declined or any(not one.owed or replaced(Word("", word)) in one.notes for one in stands)
        case SettlementDecided():
            refused = word.amount.minor > 6000 or not any(isinstance(e.fact, Authorised) for e in world.log)
            return refused or any(one.owed == word.amount or replaced(Word("", word)) in one.notes for one in stands)
        case _:
            return False


@settings(max_examples=200, deadline=None)
@given(COMES, st.integers(1, 4), st.integers(0, 10**6))
def test_s08_a_session_that_is_looked_at_with_a_believed_reading_known_is_priced(
    comes: list[tuple[int, str]], together: int, seed: int
) -> None:
    believed = len(WORDS) + 1
    without_doubt = [one for one in comes if one[0] != len(FACTS)]
    world = asyncio.run(live(BEGAN[0], [*without_doubt, (believed, "done")], together, seed))
    # whoever was killed as it looked has left it for a minute later, which a rebuild does not wait for
    asyncio.run(world.rebuild())
    asyncio.run(world.look("done"))
    assert len(said(world.log, SessionPriced)) == 1
