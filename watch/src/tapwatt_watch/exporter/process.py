"""The exporter put together: what it reads, what it tells, and its own health."""

from __future__ import annotations

from contextlib import AsyncExitStack
from functools import partial

from tapwatt.facts.topics import Topics
from tapwatt.metrics.of_a_worker import BUILD, LOG_LINES, TASKS_ENDED
from tapwatt.metrics.of_the_system import AUTHORISED_TO_SETTLED, ENDED_TO_SETTLED, MONEY, SETTLED, SITE_FACTS
from tapwatt.settings import read_settings
from tapwatt.wiring.process import Runtime
from tapwatt.worker.garbage_collection import collect_less_often
from tapwatt.worker.health import State, serve_health
from tapwatt.worker.service import Probe
from tapwatt.worker.settings import KafkaSettings, WorkerSettings
from tapwatt_watch.exporter.counted import Counted
from tapwatt_watch.exporter.expiries import Expiries
from tapwatt_watch.exporter.labels import Labels
from tapwatt_watch.exporter.reconciliation import Reconciliation, reconciliation_of
from tapwatt_watch.exporter.sessions import Sessions
from tapwatt_watch.exporter.settings import ExporterSettings, endpoints_of, expiries_of
from tapwatt_watch.exporter.sources import OF, Sources
from tapwatt_watch.exporter.told import Told

NAME = "exporter"

COUNTED = (BUILD, TASKS_ENDED, LOG_LINES, MONEY, SETTLED, SITE_FACTS, AUTHORISED_TO_SETTLED, ENDED_TO_SETTLED)
"""What is counted as it happens. All else is worked out when somebody asks."""


async def export(runtime: Runtime) -> BaseException | None:
    """Tell what is true of the whole system until it must stop. BadSettings in one sentence where it cannot begin."""
    settings = read_settings(ExporterSettings)
    topics = Topics(read_settings(WorkerSettings).topic_prefix)
    labels = Labels(settings.most_operators, settings.most_sites)
    sessions = Sessions(topics, runtime.clock, settings.days, partial(Counted, runtime.metrics, labels))
    sources = Sources(read_settings(KafkaSettings).bootstrap, topics, runtime.clock, sessions, runtime.log)
    reconciliation = reconciliation_of(settings, read_settings(KafkaSettings).bootstrap, topics, runtime)
    keys = expiries_of(settings.key_expiries)
    expiries = Expiries(endpoints_of(settings.endpoints), keys, runtime.clock, runtime.log)
    runtime.metrics.registry.register(Told(sources, labels, runtime.clock, expiries.families, reconciliation.families))
    state = State(probes=_probes(sources))
    collect_less_often()
    async with AsyncExitStack() as opened:
        failed = await runtime.tasks.until_it_must_end(
            _start(runtime, settings, state, sources, (expiries, reconciliation), opened)
        )
        state.stage = "stopping"
    return failed


async def _start(
    runtime: Runtime,
    settings: ExporterSettings,
    state: State,
    sources: Sources,
    beside: tuple[Expiries, Reconciliation],
    opened: AsyncExitStack,
) -> None:
    registry = runtime.metrics.registry
    port = await serve_health(settings.host, settings.port, registry, state, opened, "TAPWATT_EXPORTER_PORT")
    await opened.enter_async_context(sources.followed(runtime.tasks))
    expiries, reconciliation = beside
    await opened.enter_async_context(runtime.tasks.beside("expiries", expiries.look, again_after_s=60))
    await opened.enter_async_context(runtime.tasks.beside("reconciliation", reconciliation.look, again_after_s=60))
    state.stage = ""
    runtime.log.info("started", port=port)


def _probes(sources: Sources) -> dict[str, Probe]:
    """It is ready once everything was known once. What is not known any more is said, and it goes on telling the rest:
    whoever scrapes only what is ready would else not hear that Kafka is away.
    """
    yet = {of: Probe(partial(sources.not_yet, of)) for of in OF}
    return yet | {f"{of} now": Probe(partial(sources.not_any_more, of), told=True) for of in OF}
