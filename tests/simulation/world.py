"""The world of one seed: the ring with all that nobody foresaw, on models of Kafka, Redis and the provider."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import replace
from functools import partial
from typing import Any, cast

from tests.flow.fleet import Fleet
from tests.flow.log_in_memory import LogInMemory
from tests.flow.ring import Ring
from tests.flow.virtual_time import EPOCH
from tests.flow.worker_in_memory import TOPICS, GroupInMemory, WorkerInMemory
from tests.simulation.dice import Dice
from tests.simulation.ear import Ear
from tests.simulation.foreign import spoilt
from tests.simulation.frail import Frail, ProviderPerils, RedisPerils
from tests.simulation.kept import Kept, KeptIndex, KeptSessions
from tests.simulation.rebuilding import remembering
from tests.simulation.strikes import Strikes
from tests.simulation.truth import Truth

from tapwatt.facts.codec import Event
from tapwatt.facts.events import ChargingEnded, SessionRequested
from tapwatt.provider.gateway import Gateway
from tapwatt.provider.port import Failure
from tapwatt.testing.fake_provider import BankCard, Fault, Habits
from tapwatt.worker.records import Incoming, Outgoing, Partition, origin
from tapwatt.worker.service import Service
from token_matcher.indexed_sessions import INDEXED, indexed

FAULTS = (Fault.UNAVAILABLE, Fault.REQUEST_LOST, Fault.ANSWER_LOST, Fault.LATE, Fault.PENDING, Fault.REFUSED)
OF_A_MOVE = (Fault.PENDING, Fault.REFUSED)
MOVES = ("capture", "reverse", "refund")
QUIET_PAGES = ("dead-lettered",)


class World(Ring):
    """Everything that fails does so by the dice, near what happens: a quiet month costs nothing."""

    look_every_s = 3600.0  # what is retried by schedule takes a week and a day

    def __init__(self, dice: Dice) -> None:
        self.dice = dice
        self.truths: dict[str, Truth] = {}
        self.judged: set[str] = set()
        """The holds of sessions that were judged, since when their names may have come again."""
        self.said: list[Outgoing] = []
        self.refusable: set[tuple[bytes, bytes]] = set()
        self.foreign: list[Incoming] = []
        self.shown_at: dict[str, BankCard] = {}
        self._groups: dict[str, GroupInMemory] = {}
        self._keeps: dict[str, Kept[Any]] = {}
        self._perils: dict[int, RedisPerils | ProviderPerils] = {}
        self.strikes = Strikes(dice.chance("strikes"), dice.rate("strikes", 0.006))
        self.faulted = 0
        self._events = dice.chance("events")
        self._eventful = self._events.choice((0.02, 0.06, 0.15))
        habits = _habits(dice)
        self._forgets = habits.idempotency_window_s < 3600
        self._takes_again = self._forgets and not habits.captures_once
        self._trouble_chance, self._faulty = dice.chance("trouble"), dice.rate("faults", 0.15)
        super().__init__(
            dice.seed,
            stable=False,
            habits=habits,
            release_rest=not habits.auto_release,
            authoriser={"look_every_s": 900},
        )
        self._keep_views()
        if "members" in dice.on:
            self.workers |= {f"{name} 2": self._worker(name, build) for name, build in self._builders.items()}
        for worker in self.workers.values():
            worker.unsure = dice.rate("produce", 0.06)
            worker.deadly = dice.rate("kills", 1.0)
            worker.most_kills = self._events.choice((3, 10, 30))
        self.log.tell(self._perhaps)
        self._happens = self._happenings()

    # --- what the ring is made of ---

    def _new_log(self) -> LogInMemory:
        # A rebuild knows by the broker's time what is long over; our topics of what comes from outside have it.
        told = self.dice.chance("log").random() < 0.6 or "names" in self.dice.on
        return LogInMemory((lambda: int((EPOCH.timestamp() + self.clock.monotonic()) * 1000)) if told else None)

    def _new_fleet(self) -> Fleet:
        self.ear = Ear()
        self.log.tell(self.ear.hear)
        return cast("Fleet", self.ear)

    def _keep_views(self) -> None:
        stores = {name: cast("KeptSessions", self._kept(name)) for name in self._memories}
        self._memories = {name: kept.sessions for name, kept in stores.items()}
        self._deadlines = {name: kept.deadlines for name, kept in stores.items()}
        self._index = cast("KeptIndex", self._kept("token-matcher")).index
        refuses = self.dice.rate("redis", 0.05)
        for name, kept in self._keeps.items():
            perils = RedisPerils(kept, self.dice.chance(f"redis {name}"), refuses, self._lose)
            parts = (kept.sessions, kept.deadlines) if isinstance(kept, KeptSessions) else (kept.index,)  # type: ignore[attr-defined]
            self._perils |= {id(part): perils for part in parts}
        busy, wrong = self.dice.rate("faults", 0.02), self.dice.rate("amounts", 0.02)
        self._perils[id(self.provider)] = ProviderPerils(self.dice.chance("perils"), busy, wrong, self.odd)

    def _kept(self, name: str) -> Kept[Any]:
        if name not in self._keeps:
            self._keeps[name] = self._new_kept(name)
        return self._keeps[name]

    def _new_kept(self, name: str) -> Kept[Any]:
        if name == "token-matcher":
            index = KeptIndex(INDEXED, self.log)

            async def apply_index(event: Event, generation: Any) -> None:
                await indexed(index.index.into(generation), event)

            index.apply = apply_index
            return index
        settings = {"authoriser": self._authorising, "tariff": self._pricing, "capturer": self._capturing}[name]
        remember = remembering(name, settings, self.clock)
        kept = KeptSessions(remember.topics, self.log)

        async def apply(event: Event, generation: Any) -> None:
            await remember(event, kept.sessions.into(generation), kept.deadlines.into(generation))

        kept.apply = apply
        return kept

    def _worker(self, name: str, build: Callable[[WorkerInMemory], Service]) -> WorkerInMemory:
        group = self._groups.setdefault(name, GroupInMemory())
        number = len(group.members)
        kept = self._kept(name)

        def start() -> Service:
            service = build(worker)
            hears = {fact: self.strikes.on(handler) for fact, handler in service.hears.items()}
            return replace(service, hears=hears, before=self.strikes.on(service.before))

        chance = self.dice.chance(f"{name} {number}")
        worker = WorkerInMemory(start, self.log, chance, stable=False, group=group, pause=kept.pause)
        return worker

    def _gateway(self, worker: WorkerInMemory) -> Gateway:
        return Gateway(self._mortal(self.provider, worker), self.clock, hints=self.hints, policy=self.policy)

    def _mortal(self, part: Any, worker: WorkerInMemory) -> Any:
        return Frail(part, worker, self._perils[id(part)])

    # --- what goes wrong ---

    def odd(self, order: str | None, what: str) -> None:
        """The provider did something to this session that a person has to look at."""
        truth = self.truths.get(order or "")
        if truth is not None:
            truth.odd.add(what)

    def _trouble(self, verb: str, reference: str) -> Fault | None:
        chance = self._trouble_chance
        if verb == "present":
            manual = not self.stable and "manual" in self.dice.on and chance.random() < 0.02
            return self._manual(reference) if manual else None
        if self.clock.monotonic() < self.outage_until:
            return Fault.UNAVAILABLE
        if self.stable or chance.random() >= self._faulty:
            return None
        fault = chance.choice(FAULTS)
        if fault is Fault.LATE and self._forgets:
            return None  # what is applied late under a reference that is ignored is beyond what can be promised
        if fault in OF_A_MOVE and verb not in MOVES:
            return None
        self.faulted += 1
        return fault

    def _manual(self, reference: str) -> Fault:
        known = self.provider._all.get(reference)
        self.odd(known.told.order_reference if known else None, "manual")
        self.run_beside(self._helpdesk(reference))
        return Fault.MANUAL

    async def _helpdesk(self, reference: str) -> None:
        """Somebody calls it, some day."""
        await asyncio.sleep(self._events.choice((600, 5 * 3600, 3 * 86_400)))
        self.provider.resolve(reference, self._events.choice((None, Failure.CANCELLED)))

    def _tell(self, reference: str) -> None:
        """A webhook, perhaps, and perhaps a forged one."""
        if "hints" not in self.dice.on:
            return
        chance = self._trouble_chance
        for hinted in (reference, "M999999" if chance.random() < 0.1 else "x" * 300):
            if chance.random() < 0.7:
                asyncio.get_running_loop().call_later(chance.uniform(0, 5), self._hinted, hinted)

    def _hinted(self, reference: str) -> None:
        self.hints.hint(reference)
        self._kept("capturer").look_soon()

    async def _chaos(self) -> None:
        """Nothing happens by itself: what does, happens when something was said."""

    def _perhaps(self, record: Incoming) -> None:
        if not self.stable and self._happens and self._events.random() < self._eventful:
            what = self._events.choice(self._happens)
            asyncio.get_running_loop().call_later(self._events.choice((0.0, 0.05, 1, 30)), self._unless_calm, what)

    def _unless_calm(self, what: Callable[[], None]) -> None:
        if not self.stable:
            what()

    def _happenings(self) -> list[Callable[[], None]]:
        every: dict[str, tuple[Callable[[], None], ...]] = {
            "kills": (self._kill, self._kill),
            "members": (partial(self._rebalance, 0.0),),
            "frozen": (partial(self._rebalance, 60.0), partial(self._rebalance, 3.0)),
            "partitions": (self._grow,),
            "transactions": (self._leave_out,),
            "redis": (self._redis_away, self._redis_read_only),
            "lost views": (self._flush, self._lose_a_key, self._lose_a_key),
            "outages": (self._outage,),
            "foreign": (self._foreign, self._foreign),
        }
        if self._takes_again:  # two at work at once are told apart by a reference that is heeded, and by nothing else
            del every["frozen"]
        return [one for die, some in every.items() if die in self.dice.on for one in some]

    def _kill(self) -> None:
        self._events.choice(list(self.workers.values())).crash()

    def _rebalance(self, woken_after_s: float) -> None:
        self._events.choice(list(self._groups.values())).rebalance(woken_after_s)

    def _grow(self) -> None:
        kind = self._events.choice((SessionRequested, ChargingEnded))
        topic = self._events.choice([TOPICS.of(kind), *(TOPICS.of(Fact) for Fact in INDEXED)])
        self.log.grow(topic, self.log.partitions(topic) + 1)
        for worker in self.workers.values():
            worker.reassigned(0.0)

    def _leave_out(self) -> None:
        topic = TOPICS.of(self._events.choice(INDEXED))
        at = Partition(topic, self._events.randrange(self.log.partitions(topic)))
        self.log.leave_out(at, self._events.choice((1, 1, 7)))
        for worker in self.workers.values():
            worker.news_of(at)

    def _redis_away(self) -> None:
        self._some_redis().away_until = self.clock.monotonic() + self._events.choice((1, 20, 200))

    def _redis_read_only(self) -> None:
        self._some_redis().read_only_until = self.clock.monotonic() + self._events.choice((1, 20, 200))

    def _some_redis(self) -> RedisPerils:
        return self._events.choice([one for one in self._perils.values() if isinstance(one, RedisPerils)])

    def _flush(self) -> None:
        self._lose(self._events.choice(list(self._keeps.values())))

    def _lose(self, kept: Kept[Any]) -> None:
        kept.lose()
        self.run_beside(self._rebuild(kept, self._events.uniform(0, 2)))

    async def _rebuild(self, kept: Kept[Any], after_s: float) -> None:
        await asyncio.sleep(after_s)
        if self._events.random() < 0.3 and not self.stable:  # whoever rebuilds it dies on the way
            try:
                async with asyncio.timeout(self._events.uniform(0, 0.1)):
                    await kept.rebuild()
            except TimeoutError:
                await asyncio.sleep(self._events.uniform(0, 40))
        await kept.rebuild()

    def _lose_a_key(self) -> None:
        kept = self._events.choice([one for one in self._keeps.values() if isinstance(one, KeptSessions)])
        names = list(kept.view.reading(None)[0]) if kept.view._current is not None else []
        if names:
            kept.lost_names.add(self._events.choice(names))

    def _outage(self) -> None:
        self.outage(self._events.choice((5, 60, 1200)))

    def _foreign(self) -> None:
        if not self.said:
            return
        record = spoilt(self._events.choice(self.said), self._events)
        self.log.append([record])
        self.foreign.append(self.log.last)

    def letters_unexplained(self) -> list[str]:
        """Dead letters of what was good, and foreign records that are not among them."""
        foreign = {origin(record) for record in self.foreign}
        seen, wrong = set(), []
        for letter in self.ear.letters:
            said = dict(letter.headers)
            stood = (said.get("tapwatt_origin") or b"").decode()
            seen.add(stood)
            author = (said.get("ce_source") or b"", said.get("ce_id") or b"")
            truth = self.truths.get(self.ear.session_of(letter) or "")
            if stood in foreign or author in self.refusable or (truth is not None and truth.odd):
                continue
            wrong.append(f"dead letter {stood}: {(said.get('tapwatt_reason') or b'').decode()}")
        wrong += [
            f"the foreign record {origin(one)} is no dead letter" for one in self.foreign if origin(one) not in seen
        ]
        return wrong

    def met(self) -> dict[str, int]:
        """How often what went wrong in this world."""
        letters, rebalances = len(self.ear.letters), sum(group.generation for group in self._groups.values())
        return {
            "kills": sum(worker.kills for worker in self.workers.values()),
            "rebalances": rebalances,
            "lost views": sum(kept.losses for kept in self._keeps.values()),
            "exceptions": self.strikes.struck,
            "provider faults": self.faulted,
            "foreign records": len(self.foreign),
            "dead letters": letters,
            "acts by hand": sum(len(truth.by_hand) for truth in self.truths.values()),
            "words": sum(len(truth.words) for truth in self.truths.values()),
        }

    def run_beside(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """As long as the world stands."""
        task = asyncio.ensure_future(work)
        self._running.append(task)
        return task

    async def calm(self) -> None:
        """Nothing goes wrong any more."""
        self.strikes.calm = True
        for kept in self._keeps.values():
            if kept.lost_names:
                self._lose(kept)
        await super().calm()

    def begin_again(self) -> None:
        """Counters begin again: what was judged stays in the ledger, under names that others have now."""
        self.judged |= {held.reference for held in self.provider.holds()}
        self.truths = {}
        self.said.clear()
        self.foreign.clear()
        self.ear.begin_again()

    async def stormy(self) -> None:
        """Things go wrong again."""
        self.stable = self.strikes.calm = False
        for worker in self.workers.values():
            worker.stable = False


def _habits(dice: Dice) -> Habits:
    chance = dice.chance("habits")
    if "habits" not in dice.on:
        return Habits(latency_s=chance.choice((0.01, 0.3)))
    return Habits(
        hold_s=chance.choice((5 * 86_400.0, 50 * 3600.0)),
        idempotency_window_s=chance.choice((0.0, 0.0, 600.0, 86_400.0)),
        late_s=chance.choice((5.0, 60.0, 300.0)),
        latency_s=chance.choice((0.01, 0.3, 2.0)),
        auto_release=chance.random() < 0.6,
        capture_repeats_card=chance.random() < 0.5,
        captures_once=chance.random() < 0.5,
    )
