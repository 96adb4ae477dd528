"""Stock Faust, as its documentation has it: an agent with concurrency 6. The first event of six never ends here.

    python stock_faust.py BOOTSTRAP TOPIC GROUP SEEN HOLD

It appends the key of each event it handles to SEEN. While HOLD exists, the event with key "0" waits and is not written.
"""

import asyncio
import sys
from pathlib import Path

import faust

bootstrap, topic, group, seen, hold = sys.argv[1:]
app = faust.App(
    group,
    broker=f"kafka://{bootstrap}",
    autodiscover=False,
    datadir=str(Path(seen).with_name("faust-data")),
    web_enabled=False,
    topic_allow_declare=False,
    topic_disable_leader=True,
    broker_commit_interval=0.3,
    consumer_auto_offset_reset="earliest",
)
events = app.topic(topic, key_type=bytes, value_type=bytes, key_serializer="raw", value_serializer="raw")


@app.agent(events, concurrency=6)
async def handle(stream: faust.StreamT[bytes]) -> None:
    async for event in stream.events():
        while event.key == b"0" and Path(hold).exists():
            await asyncio.sleep(0.1)
        with Path(seen).open("a") as file:
            file.write(event.key.decode() + "\n")


async def main() -> None:
    await app.start()
    await asyncio.sleep(60)


asyncio.run(main())
