"""The dead letters: which of them stand, what each says, and how it is replayed to the service that dead-lettered it.

Pure: records in, letters and records out. A letter is never changed or removed. That it was replayed is said by a
second record of the same topic, a marker, which names the letter. Where its replay was dead-lettered again, the new
letter names the one it came from: of such a chain the last one stands for all, and no other does.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from tapwatt.errors import TapwattError
from tapwatt.facts.codec import LARGEST_EVENT
from tapwatt.facts.content_modes import attribute
from tapwatt.facts.envelopes import headers_size, note
from tapwatt.facts.topics import FACT_OF_TYPE, RETRY_TIERS, Topics
from tapwatt.worker.moved_records import Delay, Kind, delayed, kind_of
from tapwatt.worker.records import Incoming, Outgoing, Read
from tapwatt_watch.dead_letters import BEFORE, REPLAYED, number_of

ROOM_FOR_HEADERS = 64 * 1024
"""Bytes. An event of the largest size with so much round it still fits into a retry topic."""

_REPLAYED_AT = "tapwatt_replayed_at"
_REPLAYED_BY = "tapwatt_replayed_by"
_SERVICE = re.compile(r"[a-z][a-z0-9-]{0,60}")


class NoSuchLetter(TapwattError):
    """A number that no dead letter has."""


@dataclass(frozen=True, slots=True, order=True)
class Number:
    """Which dead letter: its partition and offset in the topic of dead letters, as 0/17."""

    partition: int
    offset: int

    def __str__(self) -> str:
        return f"{self.partition}/{self.offset}"

    @staticmethod
    def read(text: str) -> Number | None:
        """The number in a text, or None if there is none."""
        found = number_of(text)
        return Number(*found) if found else None


@dataclass(frozen=True, slots=True)
class Says:
    """What a letter says of itself: its CloudEvents type, and whose it is. Nothing where it says nothing."""

    type: str
    operator: str


@dataclass(frozen=True, slots=True)
class Letter:
    """A dead-lettered record. `replayed_at` (ISO 8601, UTC) is when it was last replayed, or None, and by whom.

    `came_back_as` is the letter that it is now, where its replay was dead-lettered again; `times` counts how often it
    was dead-lettered in all. `says` is what it says of itself, where its value is not kept.
    """

    record: Incoming
    replayed_at: str | None = None
    replayed_by: str = ""
    came_back_as: Number | None = None
    times: int = 1
    says: Says | None = None

    @property
    def number(self) -> Number:
        """Its name for people."""
        return Number(self.record.partition, self.record.offset)

    @property
    def dead_lettered_by(self) -> str:
        """The service that dead-lettered it, or nothing if no service says so."""
        return self._header("tapwatt_dead_lettered_by")

    @property
    def dead_lettered_at(self) -> str:
        """When it was dead-lettered, ISO 8601, UTC."""
        return self._header("tapwatt_dead_lettered_at")

    @property
    def reason(self) -> str:
        """Why it was dead-lettered."""
        return self._header("tapwatt_reason")

    @property
    def origin(self) -> str:
        """Where it stood at first: topic/partition/offset."""
        return self._header("tapwatt_origin")

    @property
    def quarantine(self) -> str:
        """Since when its session was quarantined then, or nothing if the record was dead-lettered by itself."""
        return self._header("tapwatt_quarantine")

    @property
    def session(self) -> str:
        """Its quarantined session as operator/session, or nothing."""
        return self._header("tapwatt_session")

    @property
    def stands(self) -> bool:
        """Whether it waits for somebody: it was neither replayed nor is it another letter now."""
        return self.replayed_at is None and self.came_back_as is None

    @property
    def kind(self) -> Kind:
        """Why it was dead-lettered, in a word."""
        return kind_of(self.record)

    @property
    def came_from(self) -> Number | None:
        """The letter that it was before it was replayed and dead-lettered again, if it was one."""
        return Number.read(self._header(BEFORE))

    @property
    def type(self) -> str:
        """The CloudEvents type it gives itself, or nothing."""
        return (self.says or says_of(self.record)).type

    @property
    def operator(self) -> str:
        """Whose it is, as it says itself, or nothing."""
        return (self.says or says_of(self.record)).operator

    @property
    def fact(self) -> str:
        """The name of its fact; the type it gives itself where that is no fact we know."""
        fact = FACT_OF_TYPE.get(self.type)
        return fact.name if fact else self.type

    @property
    def size(self) -> int:
        """Bytes of its key, value and headers."""
        return len(self.record.key or b"") + len(self.record.value or b"") + headers_size(self.record.headers)

    def _header(self, name: str) -> str:
        return note(self.record.headers, name)


def says_of(record: Incoming) -> Says:
    """What a record that may be broken says of itself."""
    return Says(attribute("type", record.value, record.headers), _operator_of(record))


def _operator_of(record: Incoming) -> str:
    if session := note(record.headers, "tapwatt_session"):
        return session.rpartition("/")[0]
    try:
        said: Any = json.loads(record.value or b"")
    except (ValueError, RecursionError):
        return ""
    for within in ("data", "place"):
        said = said.get(within, said) if isinstance(said, dict) else None
    found = said.get("operator_id") if isinstance(said, dict) else None
    return found if isinstance(found, str) else ""


class LetterLog:
    """What stands in the topic of dead letters, record by record. Without values a long list needs little memory."""

    def __init__(self, *, with_values: bool = True) -> None:
        self._with_values = with_values
        self._letters: dict[Number, Letter] = {}
        self._replayed: dict[Number, tuple[str, str]] = {}

    def add(self, record: Incoming) -> None:
        """One more record: a letter, or a marker."""
        if REPLAYED not in dict(record.headers):
            says = says_of(record)
            if not self._with_values:
                record = Read(record.topic, record.partition, record.offset, record.key, None, tuple(record.headers))
            self._letters[Number(record.partition, record.offset)] = Letter(record, says=says)
        elif number := Number.read(note(record.headers, REPLAYED)):
            said = note(record.headers, _REPLAYED_AT), note(record.headers, _REPLAYED_BY)
            self._replayed[number] = max(said, self._replayed.get(number, ("", "")))

    def letters(self) -> list[Letter]:
        """Every letter, replayed or not, by when it was dead-lettered."""
        marked = {number: self._marked(number, letter) for number, letter in self._letters.items()}
        chains: dict[Number, list[tuple[int, Letter]]] = {}
        for letter in marked.values():
            first, place = _first(letter, marked)
            chains.setdefault(first, []).append((place, letter))
        found = [letter for chain in chains.values() for letter in _chained(chain)]
        return sorted(found, key=_when)

    def _marked(self, number: Number, letter: Letter) -> Letter:
        at, by = self._replayed.get(number, (None, ""))
        return replace(letter, replayed_at=at, replayed_by=by)


def _first(letter: Letter, letters: Mapping[Number, Letter]) -> tuple[Number, int]:
    """The letter that began its chain, and how many came between. One that comes from itself ends it, too."""
    seen = {letter.number}
    while (before := letter.came_from) is not None and before in letters and before not in seen:
        seen.add(before)
        letter = letters[before]
    return letter.number, len(seen)


def _chained(chain: Sequence[tuple[int, Letter]]) -> list[Letter]:
    """The last one stands for all, by its place and not by the clocks of those who dead-lettered it."""
    *before, last = (letter for _, letter in sorted(chain, key=lambda one: (one[0], _when(one[1]))))
    return [*(replace(one, came_back_as=last.number) for one in before), replace(last, times=len(chain))]


def _when(letter: Letter) -> tuple[str, Number]:
    return letter.dead_lettered_at, letter.number


def letters_of(records: Iterable[Incoming]) -> list[Letter]:
    """Every letter among the records of the topic of dead letters, replayed or not, by when it was dead-lettered."""
    log = LetterLog()
    for record in records:
        log.add(record)
    return log.letters()


def standing(letters: Iterable[Letter]) -> list[Letter]:
    """Those that wait for somebody."""
    return [letter for letter in letters if letter.stands]


def numbered(letters: Iterable[Letter], numbers: Sequence[Number]) -> list[Letter]:
    """The letters with these numbers, each once. NoSuchLetter names the first number that none has."""
    known = {letter.number: letter for letter in letters}
    for number in numbers:
        if number not in known:
            raise NoSuchLetter(f"there is no dead letter {number}; tapwatt dlq list --all shows those there are")
    return [known[number] for number in dict.fromkeys(numbers)]


def in_order(letters: Iterable[Letter]) -> list[Letter]:
    """As they are replayed: those of one key, which share a partition, in the order they were dead-lettered in."""
    return sorted(letters, key=lambda letter: letter.number)


def with_their_sessions(chosen: Iterable[Letter], letters: Iterable[Letter]) -> list[Letter]:
    """The chosen letters, and of each quarantined session among them all that stand: they are replayed together."""
    chosen = list(chosen)
    sessions = {_session(letter) for letter in chosen if letter.quarantine}
    others = (letter for letter in standing(letters) if letter.quarantine and _session(letter) in sessions)
    return list({letter.number: letter for letter in (*chosen, *others)}.values())


def _session(letter: Letter) -> tuple[str, str | bytes | None]:
    """By which service, and of which session; letters of the first days have no more than its key."""
    return letter.dead_lettered_by, letter.session or letter.record.key


def why_not(letter: Letter, topics: Topics) -> str | None:
    """Why this letter cannot be replayed, in a sentence's end, or None if it can."""
    if not _SERVICE.fullmatch(letter.dead_lettered_by):
        return "no service says that it dead-lettered it"
    if len(letter.record.value or b"") > LARGEST_EVENT or letter.size > LARGEST_EVENT + ROOM_FOR_HEADERS:
        return f"it is {letter.size} bytes, and no service reads a value of more than {LARGEST_EVENT}"
    stood_in = topics.plain(letter.origin.rsplit("/", 2)[0])
    if letter.type in FACT_OF_TYPE and letter.type != stood_in:
        # A retry topic takes any fact its service hears, so this must be looked at before: who may write to one
        # fact's topic would otherwise say another's through us.
        return f"it says that it is a {letter.fact} and stood in {stood_in or 'no topic'}; only its author may say it"
    return None


def retry_topic(letter: Letter, topics: Topics) -> str:
    """Where only the service it is from hears it again. Every hearer of its fact reads the fact's own topic."""
    return topics.retry(letter.dead_lettered_by, RETRY_TIERS[0])


def replay_of(letter: Letter, topics: Topics, now: datetime, replays: str = "", last: bool = False) -> Outgoing:
    """The record that replays a letter: its untouched bytes, due now, with its whole schedule before it.

    `replays` is the quarantine in spite of which it is handled; with the `last` one of a session it ends.
    """
    again = Delay(letter.origin, 0, now.astimezone(UTC), replays, last, str(letter.number))
    return delayed(
        letter.record, retry_topic(letter, topics), again, Kind.REPLAY, f"replayed dead letter {letter.number}"
    )


def replays(ordered: Sequence[Letter]) -> list[tuple[Letter, str, bool]]:
    """Each letter in its order, the quarantine in spite of which it is handled, and whether that ends with it.

    What is replayed of a session is handled in spite of the quarantine that stands, which the last of its letters
    names: where a worker died before its quarantine stood on the log, an earlier letter names one that never did.
    """
    last = {_session(letter): letter for letter in ordered if letter.quarantine}
    return [
        (letter, last[_session(letter)].quarantine, letter is last[_session(letter)])
        if letter.quarantine
        else (letter, "", False)
        for letter in ordered
    ]


def marker(letter: Letter, topics: Topics, now: datetime, by: str = "") -> Outgoing:
    """The record that says that a letter was replayed, and by whom, beside it among the dead letters."""
    notes = {
        REPLAYED: str(letter.number),
        _REPLAYED_AT: now.astimezone(UTC).isoformat(),
        _REPLAYED_BY: by,
        "tapwatt_reason": f"no dead letter: it says that {letter.number} was replayed",
    }
    return Outgoing(
        topics.dead_letters, letter.record.key, b"", [(name, text.encode()) for name, text in notes.items()]
    )
