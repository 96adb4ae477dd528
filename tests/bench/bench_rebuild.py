"""How long the index of open sessions takes to be built from the log, and to be brought up to date after a restart.

    python tests/bench/bench_rebuild.py [--sessions 100000] [--json]

So many Authorised stand on the log and nothing else; the token matcher is started as a process on an empty Redis, and
timed by its log. Then Redis is killed and comes back with its file. CPU is the kernel's count for the process, Redis'
memory what it says itself.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[2]))

from aiokafka import AIOKafkaProducer
from redis.asyncio import Redis
from tests.bench.ring.counted import used_by

from simulator.fleet.tariffs import CITY
from tapwatt.facts.cards import Card, Fingerprint, FingerprintKind
from tapwatt.facts.codec import begin, encode
from tapwatt.facts.events import Authorised
from tapwatt.facts.fields import Hold, Place
from tapwatt.facts.ids import fact_id
from tapwatt.facts.topics import Topics
from tapwatt.money import Money
from tapwatt_cli.dev.local.processes import free_ports
from tapwatt_cli.dev.local.redis_server import EmbeddedRedis
from tapwatt_cli.dev.local_stores import kafka_here, redis_here
from tapwatt_cli.dev.ring_process import RingProcess
from tapwatt_cli.dev.ring_settings import new_fingerprint_keys
from tapwatt_cli.ops.declared_topics import with_topics

NOTED_WITHIN_S = 14.0
"""Until it is noted how far the view is, and that is on Redis' disk."""


def main() -> None:
    """Run it."""
    given = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    given.add_argument("--sessions", type=int, default=100_000)
    given.add_argument("--days-ago", type=float, default=1.0, help="when they were authorised")
    given.add_argument("--json", action="store_true")
    asked = given.parse_args()
    found = asyncio.run(measured(asked.sessions, asked.days_ago))
    if asked.json:
        print(json.dumps(found))
        return
    for what, told in found.items():
        print(f"{what:<34} {told}")


async def measured(sessions: int, days_ago: float) -> dict[str, Any]:
    """Build it, restart Redis, and say what both took."""
    with tempfile.TemporaryDirectory(prefix="tapwatt-bench-") as name:
        folder = Path(name)
        async with kafka_here(folder, _say) as kafka, redis_here(folder, _say) as redis:
            await with_topics(kafka.bootstrap, prefix="")
            await _written(kafka.bootstrap, sessions, datetime.now(UTC) - timedelta(days=days_ago))
            return await _timed(kafka.bootstrap, redis, folder, sessions)


async def _timed(bootstrap: str, redis: EmbeddedRedis, folder: Path, sessions: int) -> dict[str, Any]:
    matcher = _matcher(bootstrap, redis.url, folder)
    asked = Redis.from_url(redis.url)
    begun = time.monotonic()
    await matcher.start()
    try:
        await matcher.ready(600)
        took = time.monotonic() - begun
        assert matcher.pid is not None
        cpu_s = used_by(matcher.pid).cpu_s
        memory = (await asked.info("memory"))["used_memory"]
        await asyncio.sleep(NOTED_WITHIN_S)
        await redis.kill()
        await redis.restart()
        begun = time.monotonic()
        await asyncio.sleep(0.5)
        await _whole_again(folder, matcher)
        again = time.monotonic() - begun
    finally:
        await asked.aclose()
        await matcher.stop()
    return {
        "sessions": sessions,
        "built anew, s": round(took, 1),
        "CPU a record, ms": round(cpu_s * 1000 / sessions, 3),
        "Redis, bytes a session": round(memory / sessions),
        "whole again after a restart, s": round(again, 1),
    }


async def _whole_again(folder: Path, matcher: RingProcess) -> None:
    """Until the log says so a second time."""
    async with asyncio.timeout(600):
        while (folder / "matcher.log").read_text(encoding="utf-8").count('"view rebuilt"') < 2:
            await asyncio.sleep(0.1)
    await matcher.ready(60)


async def _written(bootstrap: str, sessions: int, at: datetime) -> None:
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap, linger_ms=20, max_batch_size=512 * 1024)
    await producer.start()
    topic = Topics("").of(Authorised)
    first = _authorised("session-0000000", at)
    _, value, headers = encode(begin(first, fact_id("bench/0", first.name), "/tapwatt/authoriser", at))
    millis = int(at.timestamp() * 1000)
    for number in range(sessions):
        name = f"session-{number:07d}"
        own = value.replace(b"session-0000000", name.encode()).replace(b"a" * 64, f"{number:064x}".encode())
        ids = [(key, f"bench-{number}".encode() if key == "ce_id" else raw) for key, raw in headers]
        await producer.send(topic, key=name.encode(), value=own, headers=ids, timestamp_ms=millis)
    await producer.stop()


def _authorised(name: str, at: datetime) -> Authorised:
    place = Place(operator_id="bench", site_id="site-1", terminal_id=name, evse_id=f"NL*TAP*E{name}")
    card = Card(fingerprints=(Fingerprint(kind=FingerprintKind.CARD, key_version=1, digest="a" * 64),))
    hold = Hold(
        reference=f"C-{name}", amount=Money.of("50.00", "EUR"), authorised_at=at, expires_at=at + timedelta(days=2)
    )
    return Authorised(
        session_id=name, place=place, hold=hold, card=card, tariff=CITY, idle_grace_s=0, time_zone="Europe/Amsterdam"
    )


def _matcher(bootstrap: str, redis_url: str, folder: Path) -> RingProcess:
    port, posts = free_ports(2)
    env = {
        "TAPWATT_KAFKA_BOOTSTRAP": bootstrap,
        "TAPWATT_REDIS_URL": redis_url,
        "TAPWATT_PROVIDER_BASE_URL": "http://127.0.0.1:1/api/v1",
        "TAPWATT_PROVIDER_API_KEY": "t_nobody",
        "TAPWATT_PROVIDER_WEBHOOK_URL": f"http://127.0.0.1:{posts}/webhooks/provider",
        "TAPWATT_FINGERPRINT_KEYS": new_fingerprint_keys(),
        "TAPWATT_WORKER_PORT": str(port),
        "TAPWATT_WORKER_WEBHOOK_PORT": str(posts),
    }
    ready = f"http://127.0.0.1:{port}/readyz"
    return RingProcess("matcher", "token_matcher", folder / "matcher.log", env=env, ready_url=ready)


def _say(what: str) -> None:
    print(f"bench: {what}", file=sys.stderr)


if __name__ == "__main__":
    main()
