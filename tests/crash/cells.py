"""The cells of the matrix: which window of which service is hit in which way, and whether all is well after it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from tests.crash.plays import PLAYS, Expected, Play
from tests.crash.processes import Blow, Injected, Way, Windows, listening
from tests.crash.ring import CrashRing, Mode
from tests.flow.audit import audit
from tests.flow.virtual_time import in_virtual_time

from tapwatt.facts.events import Refunded, RefundRequested

AFTERWARDS_S = 3600
"""For so long everything runs on after a play: what is looked after by the clock comes to its end."""


@dataclass(frozen=True, slots=True)
class Cell:
    """One blow in one play with one kind of provider."""

    blow: Blow
    mode: Mode
    play: Play

    def __str__(self) -> str:
        blow = self.blow
        return f"{blow.service}:{blow.window}:{blow.times} | {blow.way} | {self.mode} | {self.play.name}"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a play: what is wrong, in sentences; which windows were reached, how often; whether it struck."""

    wrong: list[str]
    reached: dict[tuple[str, str], int]
    struck: bool


def run(play: Play, mode: Mode, blow: Blow | None = None) -> Outcome:
    """Play it once in virtual time."""
    return in_virtual_time(_run(play, mode, blow))


async def _run(play: Play, mode: Mode, blow: Blow | None) -> Outcome:
    windows = Windows(blow)
    async with listening(windows), CrashRing(mode, play.habits, **play.settings) as ring:
        expected = await play.script(ring)
        await ring.calm()
        await ring.clock.sleep(AFTERWARDS_S)
        return Outcome([*_wrong(ring, expected, blow)], windows.reached, windows.struck)


def _wrong(ring: CrashRing, expected: Expected, blow: Blow | None) -> Iterator[str]:
    """By the facts, and by the provider's ledger beside what the drivers truly did."""
    hit = blow is not None and blow.way is Way.EXCEPTION
    for sentence in audit(ring):
        if not (_foreseen(sentence, expected) or (hit and _of_the_blow(sentence))):
            yield sentence
    origins = {(note(one, "origin"), note(one, "dead_lettered_by")) for one in ring.fleet.dead_letters}
    if len(origins) > expected.letters:
        yield f"{len(origins)} records are dead letters, and {expected.letters} should be"
    for session, kept in expected.kept.items():
        holds = [held for held in ring.provider.holds() if held.order_reference == f"op/{session}"]
        taken = sum(held.kept.minor for held in holds)
        if taken != kept.minor - (_told_of_twice(ring) if _between_question_and_refund(blow, ring) else 0):
            yield f"{session}: {taken} minor units are kept of it, and {kept} should be"
        for held in holds:
            if held.captures > 1 or held.authorised < held.captured or held.rest:
                yield f"{session}: hold {held}"
    for error in ring.died:
        if not (hit and isinstance(error, Injected)):
            yield f"a process ended: {error!r}"


def _between_question_and_refund(blow: Blow | None, ring: CrashRing) -> bool:
    """Whether nothing can keep a refund from being given twice, so that it has to be noticed instead.

    A worker that stands still between the provider's answer that there is no refund and its own request for one
    sends that request when it wakes up, and this provider does not know that it is the same.
    """
    frozen = blow is not None and blow.way in (Way.FROZEN, Way.FROZEN_LONG)
    return frozen and blow is not None and ring.mode is Mode.IGNORES and blow.window in ("after-find", "before-refund")


def _told_of_twice(ring: CrashRing) -> int:
    """Minor units of refunds of the operator's amount that were found by the clock and said to be nobody's."""
    asked = {one.amount for one in ring.fleet.heard.of(RefundRequested)}
    return sum(one.amount.minor for one in ring.fleet.heard.of(Refunded) if one.by == "by_hand" and one.amount in asked)


def _foreseen(sentence: str, expected: Expected) -> bool:
    """Whether it is what the play is about. Its letters are counted apart, and the ledger is looked at apart."""
    if re.search(r" died: |^s\d: \d+ minor", sentence):
        return True
    letters = r"^dead letter: |dead-lettered|session quarantined|session released"
    return bool(expected.letters and re.search(letters, sentence))


def _of_the_blow(sentence: str) -> bool:
    """What nobody foresaw is paged, and that is as it should be."""
    return bool(re.search(r"unforeseen error|a background task ended", sentence)) and "Injected" in sentence


def note(record: object, name: str) -> str:
    """What a dead letter says of itself."""
    headers = getattr(record, "headers", ())
    return next((raw.decode() for key, raw in headers if key == f"tapwatt_{name}"), "")


def calibrated() -> dict[tuple[Play, Mode], Outcome]:
    """Each play with each kind of provider, where nothing is hit."""
    return {(play, mode): run(play, mode) for play in PLAYS for mode in Mode}


def matrix(found: dict[tuple[Play, Mode], Outcome]) -> list[Cell]:
    """Every window of every service that reaches it, in every way, with every kind of provider.

    At the first time that it is reached in the shortest play, and at the last time in another one if there is one.
    """
    cells = []
    for service, window in sorted({at for outcome in found.values() for at in outcome.reached}):
        for mode in Mode:
            plays = [play for play in PLAYS if (service, window) in found[play, mode].reached]
            for play, first in ((plays[0], True), (plays[-1], False)) if plays else ():
                times = 1 if first else found[play, mode].reached[service, window]
                if first or play is not plays[0] or times > 1:
                    cells += [Cell(Blow(service, window, times, way), mode, play) for way in Way]
    return cells


def few(cells: list[Cell]) -> list[Cell]:
    """Each window of each service in every way and with every kind of provider, though not in each pair of them."""
    ways, modes = [way for way in Way if way is not Way.FROZEN_LONG], list(Mode)
    return [
        cell
        for cell in cells
        if cell.blow.times == 1
        and cell.blow.way in ways
        and (ways.index(cell.blow.way) + len(cell.blow.window)) % len(modes) == modes.index(cell.mode)
    ]
