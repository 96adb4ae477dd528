"""Claims what is going to be said of a session before it is said, so that whoever says it again says the same."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from tapwatt.clock import Clock
from tapwatt.facts.codec import Event, follow
from tapwatt.facts.envelopes import Envelope
from tapwatt.facts.events import SessionDisputed, SessionPriced, SessionStale
from tariff.case_files import NAME, CaseFile, CaseFiles, kept


@dataclass(frozen=True, slots=True)
class Claims:
    """Of two who find something at the same time, both say what the first of them has claimed."""

    files: CaseFiles
    clock: Clock

    async def say(
        self,
        name: str,
        cause: Envelope,
        fact: SessionPriced | SessionDisputed | SessionStale,
        at: datetime | None = None,
    ) -> tuple[Event, CaseFile]:
        """What is said under the field of this fact: this one, said then or now, unless another was claimed before."""
        event = follow(cause, fact, f"/tapwatt/{NAME}", at or self.clock.now())
        what = kept(event, event.envelope.time)
        file = await self.files.keep(name, what)
        stands = file.said(what.field)
        assert stands is not None
        return stands, file

    async def again(self, name: str, said: Iterable[Event]) -> None:
        """Claim it again once it is told: a view that was lost in between was rebuilt without it."""
        for event in said:
            await self.files.claim(name, event)
