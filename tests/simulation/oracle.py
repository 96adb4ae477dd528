"""Judges a world by the provider's ledger against what fleets truly said; our own events only say who was told.

What is owed follows from the fleet's words alone (`Owed`): one believable word, said any number of times, is what is
owed, to the cent. Where a fleet contradicts itself nobody can know which of its words is true: any one of them may
stand, and each that says otherwise has to be named. A lie is never taken. A hold that nobody settles has to be named.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

from tests.flow.virtual_time import EPOCH
from tests.simulation.truth import Truth, Word
from tests.simulation.world import World

from tapwatt.facts.events import (
    AuthorisationDeclined,
    CaptureFailed,
    HoldReleased,
    RefundFailed,
    SessionDisputed,
    SessionPriced,
    SessionStale,
)
from tapwatt.testing.fake_provider import Held

HOUR_S = 3600.0
FIRM_S = 40 * HOUR_S
"""What is said so soon after its hold was authorised is heard before anybody settles the session without it."""
LAST_S = 46 * HOUR_S
"""Then a session that nobody ended is settled by what is known (two hours before its hold runs out)."""
APART_S = 9 * HOUR_S
"""Of two words so far apart the first was heard, and taken, before the second was said."""


@dataclass(frozen=True, slots=True)
class Owed:
    """What may be owed, in minor units: one amount where it is certain. `open`: nothing may stand, if that is named."""

    amounts: frozenset[int]
    open: bool = False

    @classmethod
    def of(cls, truth: Truth, authorised_at: float) -> Owed:
        """What follows from the words that were said."""
        firm = [one for one in truth.of("ended", "cancelled") if one.at <= authorised_at + FIRM_S]
        late = [one for one in truth.of("ended", "cancelled") if one.at > authorised_at + FIRM_S]
        lies = any(one.owed is None for one in firm)
        believed = _distinct(one for one in firm if one.owed is not None)
        decided = [one for one in truth.of("decided") if one.owed is not None]
        reads = [one for one in truth.of("read") if one.at <= authorised_at + LAST_S + HOUR_S]
        by_reading = cls._by_reading(reads, authorised_at)
        amounts = {one.owed for one in believed if one.owed is not None}
        # A meter that has counted stands before a word that charging never began, as any charger's word does.
        counted = any(one.owed for one in reads) and all(one.kind == "cancelled" for one in believed)
        if not decided and believed and cls._certain(believed) and not counted:
            return cls(frozenset({believed[0].owed or 0}))
        if not believed and not decided and not late and not lies:
            return cls(frozenset(by_reading or {0}), open=any(one.owed is None for one in reads))
        # What contradicts itself, is decided by a person or comes when it is too late: any word, or nothing yet.
        nobody = {0} if not believed else set()
        every = amounts | by_reading | {one.owed for one in decided if one.owed is not None} | nobody
        every |= {one.owed for one in late if one.owed is not None and one.at <= authorised_at + LAST_S + 2 * HOUR_S}
        return cls(frozenset(every), open=True)

    @staticmethod
    def _by_reading(reads: list[Word], authorised_at: float) -> set[int]:
        sure = [one for one in reads if one.at <= authorised_at + LAST_S - HOUR_S]
        unsure = [one for one in reads if one not in sure]
        return {one.owed for one in [*sure[-1:], *unsure] if one.owed is not None}

    @staticmethod
    def _certain(believed: list[Word]) -> bool:
        first = believed[0]
        if len({one.owed for one in believed}) == 1:
            return len({one.kind for one in believed}) == 1
        return not first.may_be_refused and all(one.at > first.at + APART_S for one in believed[1:])


def judge(world: World) -> list[str]:
    """Everything that is not as it should be, in sentences that begin with a session's name, or with *."""
    holds: defaultdict[str, list[Held]] = defaultdict(list)
    for held in world.provider.holds():
        if held.reference in world.judged:
            continue
        holds[held.order_reference].append(held)
    wrong = [f"* {what}" for what in _of_all(world)]
    wrong += [f"* hold {held.reference} of {name}, of which nobody knows" for name in holds
              if name not in world.truths for held in holds[name]]  # fmt: skip
    for name, truth in world.truths.items():
        named = Named.of(world, truth)
        wrong += [f"{name}: {what}" for what in _session(truth, holds[name], named)]
    return wrong


@dataclass(frozen=True, slots=True)
class Named:
    """In which ways a session is named to those who can do something about it."""

    ways: frozenset[str]
    disputes: int
    notes: str
    """What stands beside its price: which words it replaces."""
    known_name: bool
    """Whether its name was refused aloud, because it is another session's."""
    refused: frozenset[str]
    """Refunds that are said to be refused by the provider: what is said so must be so."""

    @classmethod
    def of(cls, world: World, truth: Truth) -> Named:
        """By facts, dead letters, a quarantine or a page."""
        facts = world.ear.all(truth.name, CaptureFailed, HoldReleased, SessionDisputed, SessionStale)
        ways = {fact.name for fact in facts}
        ways |= {"letter"} if truth.name in world.ear.letters_of else set()
        ways |= {"quarantine"} if truth.name in world.ear.quarantined else set()
        pages = (page for worker in world.workers.values() for page in worker.log.pages)
        ways |= {"page"} if any(truth.name in page for page in pages) else set()
        priced = world.ear.all(truth.name, SessionPriced)
        notes = " ".join(note for fact in priced if isinstance(fact, SessionPriced) for note in fact.notes)
        failed = world.ear.all(truth.name, RefundFailed)
        refused = {fact.refund_id for fact in failed if isinstance(fact, RefundFailed) and fact.reason == "refused"}
        disputes = sum(isinstance(fact, SessionDisputed) for fact in facts)
        declined = world.ear.all(truth.name, AuthorisationDeclined)
        known_name = any(not fact.of_its_session for fact in declined)
        return cls(frozenset(ways), disputes, notes, known_name, frozenset(refused))

    @property
    def needs_somebody(self) -> bool:
        """Whether somebody is told that they have to do something."""
        return bool(self.ways - {"HoldReleased"})


def _session(truth: Truth, holds: list[Held], named: Named) -> Iterator[str]:
    by_hand, odd = set(truth.by_hand), bool(truth.odd)
    for held in holds:
        if held.captures > 1 and "capture" not in by_hand:
            yield f"taken {held.captures} times"
        if held.authorised < held.captured:
            yield f"{held.captured} taken of a hold of {held.authorised}"
    standing = [held for held in holds if held.captured or held.rest or not _let_go(held)]
    if len([held for held in standing if held.captured]) > 1:
        yield f"taken of {len(standing)} holds"
    if truth.begun_at is None:
        yield from _not_begun(truth, holds, named, odd)
        return
    if not holds:
        yield "was told that a hold stands, and there is none"
        return
    yield from _refunds(truth, holds, named)
    yield from _owed(truth, holds, named, odd)


def _not_begun(truth: Truth, holds: list[Held], named: Named, odd: bool) -> Iterator[str]:
    if not (truth.heard_no or named.known_name or odd):
        yield "was never answered"
    for held in holds:
        if held.captured and "capture" not in truth.by_hand:
            yield f"heard no, and {held.captured} was taken"
        if not _let_go(held) and not held.captured and not (odd and named.needs_somebody):
            yield f"heard no, and {held.authorised} of {held.reference} was not let go by us ({', '.join(named.ways)})"
    if truth.charged_without_hold and truth.heard_no and not named.disputes:
        yield "charged without a hold, and nobody disputes it"


def _owed(truth: Truth, holds: list[Held], named: Named, odd: bool) -> Iterator[str]:
    held = max(holds, key=lambda one: (one.captured.minor, one.authorised.minor))
    authorised_at = truth.begun_at or 0.0
    owed = Owed.of(truth, authorised_at)
    most = held.authorised.minor
    wanted = {min(amount, most) for amount in owed.amounts}
    taken = held.captured.minor
    if truth.by_hand or odd:
        if not (taken in wanted or named.needs_somebody or truth.by_hand):
            yield f"{taken} taken, {sorted(wanted)} owed, and nobody is told"
        if taken and taken not in wanted and "capture" not in truth.by_hand:
            yield f"{taken} taken and {sorted(wanted)} owed, though nobody took it by hand"
        return
    if taken not in wanted and not (owed.open and not taken):
        yield f"{taken} taken of {most} held, and {sorted(wanted)} is owed"
    if held.rest and held.expires_at > EPOCH:
        yield f"{held.rest} is still held"
    closed = held.captured or held.reversed
    if not closed and not named.needs_somebody:
        yield f"its hold of {held.authorised} ran out, and nobody is told"
    unsaid = [word for word in _distinct(truth.of("ended"))
              if word.owed is None or (word.owed != taken and min(word.owed, most) != taken)]  # fmt: skip
    unsaid = [word for word in unsaid if f"a word of {word.energy_wh:f} Wh" not in named.notes]
    if unsaid and not named.needs_somebody:
        yield f"a word that says otherwise ({unsaid[0].owed}) is not named anywhere"


def _refunds(truth: Truth, holds: list[Held], named: Named) -> Iterator[str]:
    """What an operator asked for goes back once at the most, never more than was taken, and all of it where it can."""
    back = sum(held.refunded.minor for held in holds)
    if {"refund", "cancel_capture", "charge_back", "capture", "reverse"} & set(truth.by_hand) or truth.odd:
        return
    taken = sum(held.captured.minor for held in holds)
    asked = [amounts for refund, amounts in truth.refunds.items() if refund not in named.refused]
    if back > taken:
        yield f"{back} went back of {taken} taken"
    if not any(back in _possible(list(each), taken) for each in product(*asked)):
        yield f"{back} went back, and {asked} was asked for of {taken}"


def _possible(asked: list[int], taken: int) -> set[int]:
    """What may go back: each once, in whatever order they are heard, as long as it is there."""
    found: set[int] = set()

    def give(done: int, left: list[int]) -> None:
        fits = [number for number, amount in enumerate(left) if done + amount <= taken]
        if not fits:
            found.add(done)
        for number in fits:
            give(done + left[number], left[:number] + left[number + 1 :])

    give(0, asked)
    return found


def _of_all(world: World) -> Iterator[str]:
    yield from (f"one id was said with two contents: {what}" for what in world.ear.contradictions)
    for name, worker in world.workers.items():
        yield from (f"{name} died: {error!r}" for error in worker.died)
        if worker.behind:
            yield f"{name} has {worker.behind} records undone"
    yield from world.letters_unexplained()


def _let_go(held: Held) -> bool:
    return held.reversed == held.authorised


def _distinct(words: Iterator[Word] | list[Word]) -> list[Word]:
    found: dict[tuple[str, object, float | None], Word] = {}
    for word in words:
        found.setdefault((word.kind, word.energy_wh, None if word.kind == "cancelled" else word.ended_at), word)
    return list(found.values())
