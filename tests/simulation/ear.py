"""Hears everything that stands on the log, once for all fleets, and wakes whoever waits for a word."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from dataclasses import dataclass, field

from tests.flow.worker_in_memory import TOPICS

from tapwatt.errors import Poison
from tapwatt.facts.codec import Event, decode
from tapwatt.facts.events import TokenAmbiguous, TokenMatched, TokenNotMatched
from tapwatt.facts.fact import Fact
from tapwatt.facts.ids import OURS
from tapwatt.worker.records import Incoming

OF_A_STOP = (TokenMatched, TokenNotMatched, TokenAmbiguous)


@dataclass(slots=True)
class Told:
    """A fact that was said for the first time, and when (virtual seconds)."""

    at: float
    event: Event


@dataclass(slots=True)
class Ear:
    """What our services said, by what it is about: operator/session, operator/stop; and what was set aside."""

    told: defaultdict[str, list[Told]] = field(default_factory=lambda: defaultdict(list))
    values: dict[str, bytes | None] = field(default_factory=dict)
    contradictions: list[str] = field(default_factory=list)
    letters: list[Incoming] = field(default_factory=list)
    letters_of: set[str] = field(default_factory=set)
    quarantined: set[str] = field(default_factory=set)
    _waiting: defaultdict[str, list[asyncio.Future[None]]] = field(default_factory=lambda: defaultdict(list))

    def hear(self, record: Incoming) -> None:
        """Take note of a record."""
        if record.topic == TOPICS.dead_letters:
            self.letters.append(record)
            session = self.session_of(record)
            if session is not None:
                self.letters_of.add(session)
        elif ".quarantine." in record.topic and record.value is not None:
            self.quarantined.add((record.key or b"").decode("utf-8", "replace"))
        elif ".retry-" not in record.topic and _source(record).startswith(OURS.encode()):
            self._note(record)

    def _note(self, record: Incoming) -> None:
        name = dict(record.headers).get("ce_id", b"") or b""
        before = self.values.get(name.decode(), record)
        if before is not record:
            if before != record.value:
                self.contradictions.append(f"{record.topic} {name.decode()}: {before!r} and {record.value!r}")
            return
        self.values[name.decode()] = record.value
        try:
            event = decode(record.key, record.value, record.headers)
        except Poison as error:
            self.contradictions.append(f"what we said ourselves cannot be read: {error}")
            return
        for about in _about(event.fact):
            self.told[about].append(Told(asyncio.get_running_loop().time(), event))
            for future in self._waiting.pop(about, ()):
                _give_up(future)

    def begin_again(self) -> None:
        """What was said of sessions is another's from now on."""
        self.told.clear()
        self.letters_of.clear()
        self.letters.clear()

    def session_of(self, letter: Incoming) -> str | None:
        """Whose session a dead letter is about; None where it cannot be read, or is about something else.

        One of the first days, which does not say whose it is, is the only operator's.
        """
        try:
            fact = decode(letter.key, letter.value, letter.headers).fact
        except Poison:
            return None
        nameless = fact.operator is None and fact.keyed_by == "session_id"
        return f"op0/{fact.key}" if nameless else fact.session

    def first(self, about: str, *kinds: type[Fact]) -> Fact | None:
        """The first of these facts that was said."""
        return next((one.event.fact for one in self.told.get(about, ()) if isinstance(one.event.fact, kinds)), None)

    def all(self, about: str, *kinds: type[Fact]) -> list[Fact]:
        """All of these facts that were said, each once."""
        return [one.event.fact for one in self.told.get(about, ()) if isinstance(one.event.fact, kinds)]

    async def wait(self, about: str, *kinds: type[Fact], within_s: float) -> Fact | None:
        """The first of these facts, said before or within so many seconds.

        Of those about a session one that belongs to it: that another request under its name is refused is no answer.
        """
        loop = asyncio.get_running_loop()
        until = loop.time() + within_s
        while (found := self._of_its_session(about, *kinds)) is None and loop.time() < until:
            future: asyncio.Future[None] = loop.create_future()
            self._waiting[about].append(future)
            timer = loop.call_at(until, _give_up, future)
            await future
            timer.cancel()
        return found

    def _of_its_session(self, about: str, *kinds: type[Fact]) -> Fact | None:
        return next((fact for fact in self.all(about, *kinds) if fact.of_its_session), None)


def _give_up(future: asyncio.Future[None]) -> None:
    if not future.done():
        future.set_result(None)


def _source(record: Incoming) -> bytes:
    return next((raw or b"" for name, raw in record.headers if name == "ce_source"), b"")


def _about(fact: Fact) -> list[str]:
    """Under which names it is looked up: a session's, a stop's, or both."""
    names = [f"stop {fact.operator_id}/{fact.stop_id}"] if isinstance(fact, OF_A_STOP) else []
    session = getattr(fact, "session_id", None)
    if session is not None:
        names.append(f"{fact.operator}/{session}")
    return names or [fact.key]
