"""The worker forwards every event of a topic to another and awaits each delivery; says its CPU and wall seconds.

    python forward_worker.py BOOTSTRAP FROM TO GROUP COUNT

The same bytes in and out as forward_stock.py, through the worker's own transport, offset tracker and records in flight.
"""

import asyncio
import json
import os
import resource
import sys
import time

import uvloop

from tapwatt.clock import SystemClock
from tapwatt.log import quiet
from tapwatt.worker.garbage_collection import collect_less_often
from tapwatt.worker.inflight import InFlight
from tapwatt.worker.kafka.faust_app import make_app, producer_of
from tapwatt.worker.records import Incoming, Outgoing, Produce
from tapwatt.worker.settings import KafkaSettings, WorkerSettings
from tapwatt.worker.supervisor import Supervisor

bootstrap, source, target, group, count_text = sys.argv[1:]
count = int(count_text)


def cpu() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


async def main() -> None:
    done = asyncio.Event()
    seen, began = 0, (0.0, 0.0)
    produce: Produce

    async def forward(record: Incoming) -> None:
        nonlocal seen, began
        if seen == 0:
            began = (cpu(), time.monotonic())
        await produce((Outgoing(target, record.key, record.value, record.headers),))
        seen += 1
        if seen >= count:
            done.set()

    tasks = await Supervisor(SystemClock(), quiet(), print).__aenter__()
    inflight = InFlight(forward, bound=5000, partition_bound=1000, failed=lambda error: os._exit(1), start=tasks.start)
    app = make_app(group, [source], inflight, (), KafkaSettings(bootstrap=bootstrap), WorkerSettings())
    collect_less_often()
    await app.start()
    produce = producer_of(app, 30, tasks).produce
    await asyncio.wait_for(done.wait(), 120)
    print(json.dumps({"events": seen, "cpu_s": cpu() - began[0], "wall_s": time.monotonic() - began[1]}), flush=True)
    os._exit(0)


uvloop.run(main())
