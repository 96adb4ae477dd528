"""A reconciliation of the exporter's: two sessions that were said to be captured, and a file that has one of them."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

from tests.unit.watch.account import Told, claims_of
from tests.unit.watch.said import NOON
from tests.unit.worker.hand_clock import HandClock

from tapwatt.errors import Unavailable
from tapwatt.log import quiet
from tapwatt_watch.exporter.reconciliation import Reconciliation
from tapwatt_watch.exporter.settings import ExporterSettings
from tapwatt_watch.reconciliation.claims import Claims

HEAD = "settled_on,type,reference,original_reference,order_reference,transacted_at,amount,currency,fee\n"
FILE = (
    HEAD + "2026-06-01,capture,C-1,H-1,op/1,2026-06-01T12:00:00Z,12.00,EUR,0.11\n"
    "2026-06-03,capture,C-9,H-9,op/9,2026-06-01T12:00:00Z,7.00,EUR,0.06\n2026-06-03,total,2,,,,0,,0\n"
)
LATER = NOON + timedelta(days=5)


class Job:
    """Two sessions were said to be captured; the clock is five days later."""

    def __init__(self, folder: Path | str, **settings: object) -> None:
        self.clock = HandClock(LATER)
        self.away = False
        chosen = ExporterSettings.model_validate({"settlement_files": str(folder), **settings})
        self.job = Reconciliation(chosen, self.claims, self.clock, quiet())

    async def claims(self, since: datetime) -> Claims:
        assert since < LATER - timedelta(days=14)
        if self.away:
            raise Unavailable("Kafka is away")
        return claims_of([fact for number in (1, 2) for fact in Told(number, "captured").facts()])

    def told(self) -> dict[str, float]:
        samples = [one for family in self.job.families() for one in family.samples]
        return {one.labels.get("kind", one.name.removeprefix("tapwatt_reconciliation_")): one.value for one in samples}
