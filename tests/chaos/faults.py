"""What is done to a ring while sessions flow: each fault strikes by itself and is over by itself."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from random import Random

from redis.asyncio import Redis
from tests.chaos.workers import Workers

from simulator.fleet.world import World
from simulator.provider.faults import Fault as ProviderFault
from tapwatt_cli.dev.local.embedded import Embedded
from tapwatt_cli.dev.ring import Ring
from tapwatt_cli.dev.ring_settings import SERVICES

SESSION_TIMEOUT_S = 6.0
"""The shortest that a broker allows: a frozen worker loses its partitions within seconds."""


@dataclass(frozen=True, slots=True)
class Field:
    """What faults can reach. `broker` and `store` are held while one is down: nobody starts what another has killed."""

    ring: Ring
    world: World
    redis: Redis
    workers: Workers
    broker: asyncio.Lock
    store: asyncio.Lock

    def part(self, name: str) -> Embedded:
        """Kafka or Redis."""
        return next(one for one in self.ring.parts if isinstance(one, Embedded) and one.name == name)


Strike = Callable[[Field, Random], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of fault, and how many of it come with a hundred kills of services. `kills`: a process is ended by -9."""

    name: str
    of_a_hundred: float
    strike: Strike
    kills: bool = False


async def broker_killed(field: Field, chance: Random) -> None:
    """The broker is gone, and comes back on its data."""
    async with field.broker:
        await field.part("Kafka").kill()
        await asyncio.sleep(chance.uniform(0, 2))
        await field.part("Kafka").restart()


async def redis_killed(field: Field, chance: Random) -> None:
    """Redis is gone, and comes back with all but its last second."""
    async with field.store:
        await field.part("Redis").kill()
        await asyncio.sleep(chance.uniform(0, 2))
        await field.part("Redis").restart()


async def redis_flushed(field: Field, _: Random) -> None:
    """Redis forgets everything."""
    async with field.store:
        await field.redis.flushall()


async def worker_frozen(field: Field, chance: Random) -> None:
    """A worker stands still until its partitions are somebody else's, and goes on."""
    await field.workers.freeze(chance.choice(list(SERVICES)), chance, SESSION_TIMEOUT_S + chance.uniform(1, 5))


async def scaled_out_and_in(field: Field, chance: Random) -> None:
    """A second worker comes and goes."""
    await field.workers.scale(chance.choice(list(SERVICES)), chance.uniform(5, 15))


async def provider_slow(field: Field, chance: Random) -> None:
    """Every call takes longer than we wait, for some seconds."""
    await field.world.fault(ProviderFault(kind="latency", seconds=chance.uniform(2, 5), for_s=5.0))


async def provider_away(field: Field, _: Random) -> None:
    """Nothing is answered but 503, for some seconds."""
    await field.world.fault(ProviderFault(kind="error_before", status=503, for_s=5.0))


def _killed(service: str) -> Strike:
    async def strike(field: Field, chance: Random) -> None:
        await field.workers.kill(service, chance)

    return strike


KINDS: tuple[Kind, ...] = (
    *(Kind(f"{service} killed", 100 / len(SERVICES), _killed(service), kills=True) for service in SERVICES),
    Kind("broker killed", 6, broker_killed, kills=True),
    Kind("Redis killed", 8, redis_killed, kills=True),
    Kind("Redis flushed", 12, redis_flushed),
    Kind("worker frozen", 4, worker_frozen),
    Kind("scaled out and in", 4, scaled_out_and_in),
    Kind("provider slow", 3, provider_slow),
    Kind("provider away", 3, provider_away),
)

WEATHER: tuple[ProviderFault, ...] = tuple(
    ProviderFault.model_validate({"verb": verb, **fault})
    for verb in ("authorise", "capture", "reversal", "refund")
    for fault in (
        {"kind": "answer_lost", "probability": 0.3},
        {"kind": "error_before", "probability": 0.1, "status": 502},
        {"kind": "error_after", "probability": 0.05, "status": 500},
    )
)
"""The provider all along: of the answers that matter 30 % are lost once it is done, 10 % of the requests before they
are, and 5 % are a 500 although it is done."""


def deal(kills: int, seed: int) -> list[Kind]:
    """So many kills of services with what goes with them, shuffled: the same seed deals the same."""
    chance = Random(f"faults/{seed}")
    dealt = [kind for kind in KINDS for _ in range(max(1, round(kills * kind.of_a_hundred / 100)) if kills else 0)]
    chance.shuffle(dealt)
    return dealt
