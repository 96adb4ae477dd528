"""The sessions that a service handles nothing of, because what it knows of them contradicts itself.

Whatever a service hears of such a session goes to the dead letters, in order, until a human has mended the cause and
replays them. So that every replica knows, also after a restart, a session's quarantine is a record in a compacted
topic of the service's own: its key is the session's, its value says why, since when, and which record was the first.
An empty record releases it. What is kept in memory is what stands, and nothing else.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass

from tapwatt.facts.envelopes import note
from tapwatt.worker.records import Incoming, Outgoing

RELEASES = "tapwatt_releases"
"""The header of an empty record: which quarantine of its session it ends."""


@dataclass(frozen=True, slots=True)
class Quarantined:
    """Why a session is quarantined, by which record (topic/partition/offset), since when (ISO 8601, UTC).

    `at` is also the name of this quarantine among those that the session may have had.
    """

    reason: str
    origin: str
    at: str


class Quarantine:
    """What stands in quarantine, as the log says it and as this worker has just decided."""

    def __init__(self, topic: str, changed: Callable[[int], None] = lambda standing: None) -> None:
        self.topic = topic
        self._changed = changed
        self._logged: dict[bytes, Quarantined] = {}
        self._deciding: dict[bytes, Quarantined] = {}
        self._known = asyncio.Event()
        self._known.set()
        self.doubts = 0

    def of(self, key: bytes | None) -> Quarantined | None:
        """Why the session with this key is not handled, or None if it is."""
        if key is None:
            return None
        return self._deciding.get(key) or self._logged.get(key)

    def __len__(self) -> int:
        return len(self._logged.keys() | self._deciding.keys())

    async def known(self) -> None:
        """Return once everything is known that stood on the log when it was last doubted."""
        await self._known.wait()

    def doubt(self) -> None:
        """Partitions came to us: what their last owner has quarantined must be known before they are handled."""
        self.doubts += 1
        self._known.clear()

    def caught_up(self, doubts: int) -> None:
        """The log was read to where it ended after so many doubts."""
        if doubts == self.doubts:
            self._known.set()

    def forget(self) -> None:
        """The log is read from its beginning."""
        self.doubt()
        self._logged.clear()

    def read(self, record: Incoming) -> None:
        """Take note of a record of the topic, whatever it is made of."""
        if record.key is None:
            return
        if record.value is None:
            stands, ends = self._logged.get(record.key), note(record.headers, RELEASES)
            if stands and ends in ("", stands.at):
                del self._logged[record.key]
        else:
            entry = self._logged[record.key] = _entry(record.value)
            decided = self._deciding.get(record.key)
            if decided and decided.at == entry.at:
                del self._deciding[record.key]
        self._changed(len(self))

    @contextmanager
    def deciding(self, key: bytes, entry: Quarantined) -> Iterator[Outgoing]:
        """The session is quarantined from now on; the record that says so is to be told within the block."""
        self._deciding[key] = entry
        self._changed(len(self))
        try:
            yield Outgoing(self.topic, key, json.dumps(asdict(entry)).encode(), ())
        except BaseException:  # the record is not known to stand there, and will be read if it does
            self._deciding.pop(key, None)
            self._changed(len(self))
            raise

    def released(self, key: bytes, entry: Quarantined) -> Outgoing:
        """The record that ends this quarantine."""
        return Outgoing(self.topic, key, None, ((RELEASES, entry.at.encode()),))

    def forget_one(self, key: bytes, entry: Quarantined) -> None:
        """The record that ends this quarantine stands on the log."""
        if self._logged.get(key) == entry:
            del self._logged[key]
            self._changed(len(self))


def _entry(value: bytes) -> Quarantined:
    try:
        said = json.loads(value)
        return Quarantined(str(said["reason"]), str(said["origin"]), str(said["at"]))
    except (ValueError, KeyError, TypeError, RecursionError):
        return Quarantined("its quarantine cannot be read", "nowhere", "")
