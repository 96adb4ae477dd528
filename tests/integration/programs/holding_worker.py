"""Our worker with the same work as stock_faust.py: the first event of six never ends while HOLD exists.

    python holding_worker.py BOOTSTRAP TOPIC_PREFIX GROUP SEEN HOLD

It runs the real tapwatt.worker over SessionRequested events; the number of an event is its session id.
"""

import asyncio
import os
import sys
from pathlib import Path

from tapwatt.codec import Event
from tapwatt.events import SessionRequested
from tapwatt.worker.run import Parts, run
from tapwatt.worker.service import Done, Service

bootstrap, prefix, group, seen, hold = sys.argv[1:]
os.environ |= {"TAPWATT_KAFKA_BOOTSTRAP": bootstrap, "TAPWATT_TOPIC_PREFIX": prefix}


async def handle(event: Event) -> Done:
    number = event.fact.key
    while number == "0" and Path(hold).exists():
        await asyncio.sleep(0.1)
    with Path(seen).open("a") as file:
        file.write(number + "\n")
    return Done()


run(group, lambda parts: Service(group, {SessionRequested: handle}))
