"""Which sessions stand in quarantine, by service, and since when by the log's time. Pure."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from tapwatt.worker.quarantined_sessions import Quarantine
from tapwatt.worker.records import Incoming


class Quarantines:
    """The quarantined sessions of one service, as its topic has them."""

    def __init__(self, topic: str) -> None:
        self._quarantine = Quarantine(topic)
        self._since: dict[bytes, datetime] = {}

    def read(self, record: Incoming, at: datetime) -> None:
        """Take note of a record of the topic, whatever it is made of."""
        self._quarantine.read(record)
        if record.key is None:
            return
        if self._quarantine.of(record.key) is None:
            self._since.pop(record.key, None)
        else:
            self._since.setdefault(record.key, at)

    def since(self) -> Collection[datetime]:
        """Since when each session that stands in quarantine does."""
        return self._since.values()
