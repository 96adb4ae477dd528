"""A worker that cannot decide about any event while UNDECIDED exists, as while only the provider's staff knows.

    python undecided_worker.py BOOTSTRAP TOPIC_PREFIX SERVICE SEEN UNDECIDED

It runs the real tapwatt.worker over SessionRequested events. What is handled is written to SEEN by its session id.
"""

import os
import sys
from pathlib import Path

from tapwatt.errors import NeedsHuman
from tapwatt.facts.codec import Event
from tapwatt.facts.events import SessionRequested
from tapwatt.wiring.process import run
from tapwatt.worker.service import Done, Service

bootstrap, prefix, service, seen, undecided = sys.argv[1:]
os.environ |= {"TAPWATT_KAFKA_BOOTSTRAP": bootstrap, "TAPWATT_TOPIC_PREFIX": prefix}


async def handle(event: Event) -> Done:
    if Path(undecided).exists():
        raise NeedsHuman(f"what became of {event.fact.key} only the provider knows")
    with Path(seen).open("a") as file:
        file.write(event.fact.key + "\n")
    return Done()


run(service, lambda parts: Service(service, {SessionRequested: handle}))
