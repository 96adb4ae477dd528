"""Our worker with the same work as stock_faust.py: the first event of six never ends while HOLD exists.

    python holding_worker.py BOOTSTRAP TOPIC_PREFIX GROUP SEEN HOLD

WAIT_S gives every event so many seconds, WORK_MS a time of its own up to that; HOLD_ALL lets all of them wait. It
runs the real tapwatt.worker over SessionRequested events; the number of an event is its session id.
"""

import asyncio
import os
import sys
from pathlib import Path

from tapwatt.facts.codec import Event
from tapwatt.facts.events import SessionRequested
from tapwatt.wiring.process import run
from tapwatt.worker.service import Done, Service

bootstrap, prefix, group, seen, hold = sys.argv[1:]
wait_s = float(os.environ.get("WAIT_S", "0"))
work_ms, hold_all = int(os.environ.get("WORK_MS", "0")), "HOLD_ALL" in os.environ
os.environ |= {"TAPWATT_KAFKA_BOOTSTRAP": bootstrap, "TAPWATT_TOPIC_PREFIX": prefix}


async def handle(event: Event) -> Done:
    number = event.fact.key
    if wait_s:
        await asyncio.sleep(wait_s)
    if work_ms:
        await asyncio.sleep(int(number) * 7919 % work_ms / 1000)
    while (number == "0" or hold_all) and Path(hold).exists():
        await asyncio.sleep(0.1 if number == "0" else 1)
    with Path(seen).open("a") as file:
        file.write(number + "\n")
    return Done()


run(group, lambda parts: Service(group, {SessionRequested: handle}))
