"""Stock Faust forwards every event of a topic to another and awaits each delivery; says its CPU and wall seconds.

    python forward_stock.py BOOTSTRAP FROM TO GROUP COUNT
"""

import asyncio
import json
import resource
import sys
import time

import faust

bootstrap, source, target, group, count_text = sys.argv[1:]
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
raw = {"key_type": bytes, "value_type": bytes, "key_serializer": "raw", "value_serializer": "raw"}
incoming = app.topic(source, **raw)
outgoing = app.topic(target, **raw)
done = asyncio.Event()
seen = 0
began = (0.0, 0.0)


def cpu() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


@app.agent(incoming, concurrency=100)
async def forward(stream: faust.StreamT[bytes]) -> None:
    global seen, began
    async for event in stream.events():
        if seen == 0:
            began = (cpu(), time.monotonic())
        seen += 1
        await (await outgoing.send(key=event.key, value=event.value))
        if seen >= count:
            done.set()


async def main() -> None:
    await app.start()
    await asyncio.wait_for(done.wait(), 120)
    print(json.dumps({"events": seen, "cpu_s": cpu() - began[0], "wall_s": time.monotonic() - began[1]}), flush=True)
    sys.stdout.flush()
    import os

    os._exit(0)


asyncio.run(main())
