"""Stock Faust forwards every event of a topic to another and awaits each delivery; says its CPU and wall seconds.

python forward_stock.py BOOTSTRAP FROM TO GROUP COUNT CONCURRENCY
"""

import asyncio
import json
import os
import resource
import sys
import time
from typing import Any

import faust

bootstrap, source, target, group, count_text, concurrency = sys.argv[1:]
count = int(count_text)
app = faust.App(
    group,
    broker=f"kafka://{bootstrap}",
    autodiscover=False,
    web_enabled=False,
    topic_allow_declare=False,
    topic_disable_leader=True,
    consumer_auto_offset_reset="earliest",
    producer_acks=-1,
)
raw: dict[str, Any] = {"key_type": bytes, "value_type": bytes, "key_serializer": "raw", "value_serializer": "raw"}
incoming = app.topic(source, **raw)
outgoing = app.topic(target, **raw)
done = asyncio.Event()


def cpu() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


class Tally:
    """How many were forwarded, and when that began."""

    seen = 0
    cpu_s = 0.0
    wall_s = 0.0


@app.agent(incoming, concurrency=int(concurrency))
async def forward(stream: faust.StreamT[bytes]) -> None:
    async for event in stream.events():
        if Tally.seen == 0:
            Tally.cpu_s, Tally.wall_s = cpu(), time.monotonic()
        await (await outgoing.send(key=event.key, value=event.value))
        Tally.seen += 1
        if Tally.seen >= count:
            done.set()


async def main() -> None:
    await app.start()
    await asyncio.wait_for(done.wait(), 120)
    used = {"events": Tally.seen, "cpu_s": cpu() - Tally.cpu_s, "wall_s": time.monotonic() - Tally.wall_s}
    print(json.dumps(used), flush=True)
    os._exit(0)


asyncio.run(main())
