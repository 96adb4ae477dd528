"""Bills a session by its last reading just before its hold runs out, where nobody has said how it ended."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Iterable
from functools import partial

from tapwatt.facts.codec import Event
from tapwatt.facts.events import Authorised, SessionDisputed, SessionPriced
from tapwatt.facts.fields import Place
from tapwatt.facts.reasons import EndReason
from tapwatt.worker.service import Done
from tariff.case_files import BEGAN, PRICED, READ, CaseFile
from tariff.claims import Claims
from tariff.decide import Rules, by_last_reading
from tariff.due import Due


async def settle(claims: Claims, name: str, file: CaseFile, rules: Rules, because: EndReason) -> Event | None:
    """What follows from the session's last reading: its price, or a dispute once if it is not believed."""
    fact = by_last_reading(file.session, rules, because)
    if fact is None:
        return None
    # One dispute for all readings of a session: a charger whose clock is off says one a minute.
    said, _ = await claims.say(name, file.cause(BEGAN if isinstance(fact, SessionDisputed) else READ), fact)
    return said


class RunningOut:
    """Sessions whose hold runs out, by when they have to be settled."""

    def __init__(self, due: Due, claims: Claims, rules_at: Callable[[Place], Rules]) -> None:
        self._due = due
        self._claims = claims
        self._rules_at = rules_at

    async def look(self) -> AsyncGenerator[Done, None]:
        """Say of each session that is due what it owes by its last reading; nothing where there is none."""
        async for name in self._due.names():
            said = await self._say(name)
            yield Done(say=said, remember=partial(self._remember, name, said))

    async def _say(self, name: str) -> tuple[Event, ...]:
        """It is claimed first: said again after a crash, it is the same."""
        file = await self._claims.files.of(name)
        priced = file.said(PRICED)
        if priced is not None:
            assert isinstance(priced.fact, SessionPriced)
            return (priced,) if priced.fact.ended_because is EndReason.HOLD_EXPIRING else ()
        began = file.session.began
        if not isinstance(began, Authorised):
            return ()
        said = await settle(self._claims, name, file, self._rules_at(began.place), EndReason.HOLD_EXPIRING)
        return () if said is None else (said,)

    async def _remember(self, name: str, said: Iterable[Event]) -> None:
        await self._claims.again(name, said)
        await self._due.clear(name)
