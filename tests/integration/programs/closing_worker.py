"""A worker of which the part that is closed first cannot be closed.

    python closing_worker.py BOOTSTRAP TOPIC_PREFIX CLOSED

It runs the real tapwatt.worker. Each part writes its name to CLOSED when it is closed.
"""

import os
import sys
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from functools import partial
from pathlib import Path

from tapwatt.facts.codec import Event
from tapwatt.facts.events import SessionRequested
from tapwatt.wiring.process import run
from tapwatt.worker.service import Done, Service

bootstrap, prefix, closed = sys.argv[1:]
os.environ |= {"TAPWATT_KAFKA_BOOTSTRAP": bootstrap, "TAPWATT_TOPIC_PREFIX": prefix}


@asynccontextmanager
async def part(name: str, *, breaks: bool) -> AsyncIterator[None]:
    try:
        yield
    finally:
        with Path(closed).open("a") as file:
            file.write(name + "\n")
        if breaks:
            raise RuntimeError(f"{name} cannot be closed")


async def handle(event: Event) -> Done:
    return Done()


def opened(name: str) -> AbstractAsyncContextManager[None]:
    return part(name, breaks=name == "last")


parts = tuple(partial(opened, name) for name in ("first", "second", "last"))
run("tariff", lambda given: Service("tariff", {SessionRequested: handle}, opens=parts))
