"""A process of ours: settings, signals, log and the exit code round a worker, or round other work."""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from functools import partial
from importlib.metadata import version
from platform import python_version
from typing import TYPE_CHECKING, NoReturn

import uvloop
from prometheus_client import CollectorRegistry, GCCollector, PlatformCollector, ProcessCollector

from tapwatt import crash_windows as crash
from tapwatt.clock import Clock, SystemClock
from tapwatt.errors import BadSettings, TapwattError
from tapwatt.log import LAST_WORDS, Log, say_what_was_left_out, set_up
from tapwatt.log_sampling import Sampling
from tapwatt.metrics.metric import Metric
from tapwatt.metrics.of_a_worker import BUILD, LOG_LINES, OF_A_WORKER, TASKS_ENDED
from tapwatt.metrics.registry import Metrics
from tapwatt.settings import read_settings
from tapwatt.worker.garbage_collection import collect_less_often
from tapwatt.worker.kafka.worker import Worker
from tapwatt.worker.service import Service
from tapwatt.worker.settings import KafkaSettings, WorkerSettings
from tapwatt.worker.supervisor import Supervisor

if TYPE_CHECKING:
    from tapwatt.wiring.tracing import OpenTelemetry


@dataclass(frozen=True, slots=True)
class Runtime:
    """What a process hands to the service it builds."""

    clock: Clock
    log: Log
    metrics: Metrics
    tasks: Supervisor


REPEATS_EVERY_S = 10.0

BuildService = Callable[[Runtime], Service]
"""Puts a service together from its settings; nothing connects before the service is opened."""

Work = Callable[[Runtime], Awaitable[BaseException | None]]
"""What a process does: it ends with what went wrong, or with None where it was asked to stop."""


def run(name: str, build: BuildService) -> NoReturn:
    """Run a service until SIGTERM or SIGINT: exit code 0 when asked to stop, 1 with a sentence when it cannot go on."""
    run_process(name, OF_A_WORKER, partial(_work, name, build))


def run_process(name: str, metrics: Iterable[Metric], work: Work) -> NoReturn:
    """Run any process of ours, as a service is run. `metrics` are those that it tells; BUILD is told here."""
    try:
        failed = uvloop.run(_serve(name, metrics, work))
    except KeyboardInterrupt:
        failed = None
    if failed is not None:
        last_words(name, str(failed))
    sys.exit(1 if failed is not None else 0)


def last_words(name: str, sentence: str) -> None:
    """Why a process ends: a sentence for people, a line of JSON for machines, as all that is logged before it."""
    if sys.stderr.isatty():
        sys.stderr.write(f"{name}: {sentence}\n")
    else:
        set_up(service=name).critical(LAST_WORDS, reason=sentence)


async def _serve(name: str, told: Iterable[Metric], work: Work) -> BaseException | None:
    try:
        settings = read_settings(WorkerSettings)
    except TapwattError as error:
        return error
    registry = CollectorRegistry()
    for collector in (ProcessCollector, PlatformCollector, GCCollector):
        collector(registry=registry)
    clock, metrics = SystemClock(), Metrics(registry, told)
    metrics.tell(BUILD, {"service": name, "version": version("tapwatt"), "python": python_version()})
    sampling = Sampling(clock.monotonic, counted=lambda level, fate: metrics.count(LOG_LINES, level, fate))
    log = set_up(settings.log_level, service=name, sampling=sampling)
    async with Supervisor(clock, log, lambda task: metrics.count(TASKS_ENDED, task)) as tasks:
        for one in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(one, tasks.ask_to_stop)
        repeats = partial(_say_repeats, clock, log, sampling)
        async with tasks.beside("what the log leaves out", repeats, again_after_s=REPEATS_EVERY_S):
            try:
                failed = await work(Runtime(clock, log, metrics, tasks))
            except TapwattError as error:
                failed = error
        say_what_was_left_out(log, sampling)
        return failed


def _telemetry(name: str) -> OpenTelemetry:
    try:
        from tapwatt.wiring.tracing import OpenTelemetry
    except ImportError as error:
        raise BadSettings(
            "TAPWATT_WORKER_TRACES is set, and OpenTelemetry is not installed here: "
            "pip install 'tapwatt[traces]', or unset it"
        ) from error
    return OpenTelemetry(name)


async def _work(name: str, build: BuildService, runtime: Runtime) -> BaseException | None:
    settings, kafka = read_settings(WorkerSettings), read_settings(KafkaSettings)
    if settings.crash_point is not None:
        _arm(name, settings.crash_point, runtime.log)
    telemetry = _telemetry(name) if settings.traces else None
    service = build(runtime)
    collect_less_often()
    worker = Worker(
        service,
        kafka=kafka,
        settings=settings,
        metrics=runtime.metrics,
        clock=runtime.clock,
        log=runtime.log,
        tasks=runtime.tasks,
        traces=telemetry.traces if telemetry else None,
    )
    failed = await worker.work()
    if telemetry is not None:
        await asyncio.to_thread(telemetry.close)
    return failed


def _arm(name: str, at: crash.CrashPoint, log: Log) -> None:
    """Said in every process of the ring, since a service that is written wrong would wait for nothing."""
    if at.service != name:
        log.warning("TAPWATT_CRASH_AT names another service", service_named=at.service)
        return
    log.critical("this process is going to kill itself: TAPWATT_CRASH_AT", window=at.window, times=at.times)
    crash.arm(crash.Crashing(at))


async def _say_repeats(clock: Clock, log: Log, sampling: Sampling) -> None:
    while True:
        await clock.sleep(REPEATS_EVERY_S)
        say_what_was_left_out(log, sampling)
