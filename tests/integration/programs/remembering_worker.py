"""A worker with a memory in Redis that is rebuilt from the log, as each of our services has one.

    python remembering_worker.py BOOTSTRAP TOPIC_PREFIX REDIS_URL SEEN

It runs the real tapwatt.worker over SessionRequested events, remembers each, and writes its session id to SEEN.
"""

import os
import sys
from pathlib import Path

from tapwatt.facts.codec import Event
from tapwatt.facts.events import SessionRequested
from tapwatt.facts.packed_event import pack
from tapwatt.wiring.process import Runtime, run
from tapwatt.wiring.resources import with_resources
from tapwatt.wiring.sessions import RememberedSessions
from tapwatt.worker.service import Done, Service

bootstrap, prefix, redis, seen = sys.argv[1:]
os.environ |= {"TAPWATT_KAFKA_BOOTSTRAP": bootstrap, "TAPWATT_TOPIC_PREFIX": prefix, "TAPWATT_REDIS_URL": redis}
os.environ["TAPWATT_REDIS_KEY_PREFIX"] = prefix.strip(".")


def build(runtime: Runtime) -> Service:
    sessions = RememberedSessions(runtime, "tariff", 1, {SessionRequested: "request"}, 45)

    async def handle(event: Event) -> Done:
        async def remember() -> None:
            await sessions.store.remember(str(event.fact.identity), "request", pack(event), ttl_s=3600)
            with Path(seen).open("a") as file:
                file.write(event.fact.key + "\n")

        return Done(remember=remember)

    return with_resources(Service("tariff", {SessionRequested: handle}), sessions)


run("tariff", build)
