"""The periodic job: compares the facts with the settlement files that have come, and tells what differs by kind."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import NoReturn

from prometheus_client.core import Metric as Family

from tapwatt.clock import Clock
from tapwatt.errors import Unavailable
from tapwatt.facts.topics import Topics
from tapwatt.log import Log
from tapwatt.metrics.of_the_system import (
    RECONCILED_AGE,
    RECONCILED_DIFFERENCES,
    RECONCILED_NOT_YET,
    RECONCILED_UNREADABLE,
    RECONCILED_UNTIL,
)
from tapwatt.wiring.process import Runtime
from tapwatt_watch.exporter.settings import ExporterSettings
from tapwatt_watch.exporter.told import family
from tapwatt_watch.kafka.claims_reader import read_claims
from tapwatt_watch.reconciliation.claims import OF_SETTLEMENTS, Claims
from tapwatt_watch.reconciliation.compare import compare
from tapwatt_watch.reconciliation.difference import Difference, Frame, Reconciled
from tapwatt_watch.reconciliation.movements import Statement
from tapwatt_watch.reconciliation.settlement_file import BadFile, SettlementFile
from tapwatt_watch.reconciliation.settlement_layout import Layout, read_layout
from tapwatt_watch.reconciliation.settlement_statement import NoFiles, files_in, read_at, statement_of

AGAIN_WITHIN_S = 60.0
"""At the latest, after one side could not be read."""

EARLIER = timedelta(days=1)
"""A fact may come to the log a little before the moment that the provider's clock gives it."""

NAMED = 20
"""So many differences are named in the log each time; the command names all of them."""

Claim = Callable[[datetime], Awaitable[Claims]]
"""What our facts claim since then."""


class Reconciliation:
    """What came of the last comparison. Without a folder there is none, and nothing is told."""

    def __init__(self, settings: ExporterSettings, claims: Claim, clock: Clock, log: Log) -> None:
        self._folder = Path(settings.settlement_files) if settings.settlement_files else None
        self._layout: Layout = read_layout(Path(settings.settlement_layout) if settings.settlement_layout else None)
        self._merchants = [one.strip() for one in settings.settlement_merchants.split(",") if one.strip()]
        self._due_within = timedelta(hours=settings.settlement_due_within_h)
        self._back = timedelta(days=settings.reconcile_days)
        self._every_s = settings.reconcile_every_s
        self._claims, self._clock, self._log = claims, clock, log
        self._since = clock.monotonic()
        self._last: Reconciled | None = None
        self._unreadable = 0

    async def look(self) -> NoReturn:
        """Compare again and again; sooner where one side could not be read."""
        while self._folder is not None:
            compared = await self.compared(self._folder)
            await self._clock.sleep(self._every_s if compared else min(self._every_s, AGAIN_WITHIN_S))
        while True:
            await self._clock.sleep(3600)

    async def compared(self, folder: Path) -> bool:
        """Compare once; whether both sides could be read. What was found last stands until the next time that it is."""
        try:
            statement = await asyncio.to_thread(self._statement, folder)
            now = self._clock.now()
            frame = Frame(now - self._back, now, now, self._due_within)
            claims = None if statement is None else await self._claims(frame.start - EARLIER)
        except (NoFiles, Unavailable) as error:
            self._log.error("what was settled cannot be reconciled now", reason=str(error))
            return False
        if statement is None or claims is None:
            return False
        self._last = await asyncio.to_thread(compare, claims, statement, frame)
        self._since = self._clock.monotonic()
        self._say(self._last)
        return True

    def families(self) -> Iterator[Family]:
        """What Prometheus is told."""
        if self._folder is None:
            return
        yield family(RECONCILED_AGE, {(): self._clock.monotonic() - self._since})
        yield family(RECONCILED_UNREADABLE, {(): self._unreadable})
        if self._last is None:
            return
        by_kind = Counter(one.kind for one in self._last.found)
        yield family(RECONCILED_DIFFERENCES, {(kind,): by_kind[kind] for kind in Difference})
        yield family(RECONCILED_NOT_YET, {(): len(self._last.not_yet)})
        if self._last.until is not None:
            yield family(RECONCILED_UNTIL, {(): self._last.until.timestamp()})

    def _statement(self, folder: Path) -> Statement | None:
        """What all files say; None where one of them cannot be read: half an account is none."""
        read: list[SettlementFile] = []
        unreadable = 0
        for path in files_in([folder]):
            try:
                read.append(read_at(path, self._layout))
            except BadFile as error:
                unreadable += 1
                self._log.error("a settlement file cannot be read", file=path.name, reason=str(error))
        self._unreadable = unreadable
        return None if unreadable else statement_of(read, self._merchants)

    def _say(self, found: Reconciled) -> None:
        self._log.info("reconciled", agree=found.agree, differ=len(found.found), not_yet=len(found.not_yet))
        for one in found.found[:NAMED]:
            what = {"kind": str(one.kind), "session": one.session, "here": one.ours, "there": one.theirs}
            self._log.warning("money differs from the settlement files", reference=one.reference, **what)


def reconciliation_of(settings: ExporterSettings, bootstrap: str, topics: Topics, runtime: Runtime) -> Reconciliation:
    """The job as it is set. BadSettings in one sentence where the layout cannot be read."""

    async def claims(since: datetime) -> Claims:
        return await read_claims(bootstrap, topics, OF_SETTLEMENTS, since)

    return Reconciliation(settings, claims, runtime.clock, runtime.log)
