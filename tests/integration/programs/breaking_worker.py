"""A worker whose handler breaks in the way that a file says, so that a test can change it as it runs.

    python breaking_worker.py BOOTSTRAP TOPIC_PREFIX SERVICE SEEN BREAKS

It runs the real tapwatt.worker over SessionRequested events. BREAKS is JSON: what becomes of an event by its session
id (or "*"), one of broken, unforeseen, hang, stuck. What is handled is written to SEEN by its session id.
"""

import asyncio
import json
import os
import sys
from pathlib import Path

from tapwatt.errors import BrokenInvariant
from tapwatt.facts.codec import Event
from tapwatt.facts.events import SessionRequested
from tapwatt.wiring.process import run
from tapwatt.worker.service import Done, Service

bootstrap, prefix, service, seen, breaks = sys.argv[1:]
os.environ |= {"TAPWATT_KAFKA_BOOTSTRAP": bootstrap, "TAPWATT_TOPIC_PREFIX": prefix}


async def handle(event: Event) -> Done:
    key = event.fact.key
    said = json.loads(Path(breaks).read_text())
    how = said.get(key, said.get("*"))
    if how == "broken":
        raise BrokenInvariant(f"two holds for {key}")
    if how == "unforeseen":
        raise ZeroDivisionError("a mistake of ours")
    if how == "hang":
        await asyncio.sleep(3600)
    while how == "stuck":
        try:
            await asyncio.sleep(3600)
        except asyncio.CancelledError:
            continue
    with Path(seen).open("a") as file:
        file.write(key + "\n")
    return Done()


run(service, lambda parts: Service(service, {SessionRequested: handle}))
