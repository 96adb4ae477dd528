"""A service's process: settings, signals and the exit code round a worker."""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import NoReturn

import uvloop
from prometheus_client import CollectorRegistry, GCCollector, PlatformCollector, ProcessCollector

from tapwatt.clock import Clock, SystemClock
from tapwatt.errors import TapwattError
from tapwatt.log import Log, set_up
from tapwatt.metrics.of_a_worker import OF_A_WORKER, TASKS_ENDED
from tapwatt.metrics.registry import Metrics
from tapwatt.settings import read_settings
from tapwatt.worker.garbage_collection import collect_less_often
from tapwatt.worker.kafka.worker import Worker
from tapwatt.worker.service import Service
from tapwatt.worker.settings import KafkaSettings, WorkerSettings
from tapwatt.worker.supervisor import Supervisor


@dataclass(frozen=True, slots=True)
class Runtime:
    """What a process hands to the service it builds."""

    clock: Clock
    log: Log
    metrics: Metrics
    tasks: Supervisor


BuildService = Callable[[Runtime], Service]
"""Puts a service together from its settings; nothing connects before the service is opened."""


def run(name: str, build: BuildService) -> NoReturn:
    """Run a service until SIGTERM or SIGINT: exit code 0 when asked to stop, 1 with a sentence when it cannot go on."""
    try:
        failed = uvloop.run(_serve(build))
    except KeyboardInterrupt:
        failed = None
    if failed is not None:
        sys.stderr.write(f"{name}: {failed}\n")
    sys.exit(1 if failed is not None else 0)


async def _serve(build: BuildService) -> BaseException | None:
    try:
        settings, kafka = read_settings(WorkerSettings), read_settings(KafkaSettings)
    except TapwattError as error:
        return error
    registry = CollectorRegistry()
    for collector in (ProcessCollector, PlatformCollector, GCCollector):
        collector(registry=registry)
    clock, log, metrics = SystemClock(), set_up(settings.log_level), Metrics(registry, OF_A_WORKER)
    async with Supervisor(clock, log, lambda task: metrics.count(TASKS_ENDED, task)) as tasks:
        for name in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(name, tasks.ask_to_stop)
        try:
            service = build(Runtime(clock, log, metrics, tasks))
        except TapwattError as error:
            return error
        collect_less_often()
        worker = Worker(service, kafka=kafka, settings=settings, metrics=metrics, clock=clock, log=log, tasks=tasks)
        return await worker.work()
