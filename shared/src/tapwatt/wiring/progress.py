"""How far a service has come with some of its own topics, connected and asked when needed."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Mapping
from contextlib import asynccontextmanager

from tapwatt.facts.fact import Fact
from tapwatt.facts.topics import Topics
from tapwatt.settings import read_settings
from tapwatt.worker.kafka.group_progress import GroupProgress
from tapwatt.worker.service import Probe, Route
from tapwatt.worker.settings import KafkaSettings, WorkerSettings


class OwnProgress:
    """How far this service has come with some of its topics; `retries`: and with what waits for its next try."""

    def __init__(self, service: str, topics: Collection[type[Fact]], *, retries: bool = False) -> None:
        names = Topics(read_settings(WorkerSettings).topic_prefix)
        bootstrap = read_settings(KafkaSettings).bootstrap
        every = [names.of(fact) for fact in topics] + (sorted(names.retries(service)) if retries else [])
        self.progress = GroupProgress(bootstrap, names.prefix + service, every)
        self.posts: Mapping[str, Route] = {}
        self.probes: Mapping[str, Probe] = {}

    @asynccontextmanager
    async def opened(self) -> AsyncIterator[None]:
        """Connected."""
        try:
            await self.progress.open()
            yield
        finally:
            await self.progress.close()
