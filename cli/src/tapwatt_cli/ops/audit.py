"""The audit: what Tapwatt said on Kafka against what the provider's ledger did, session by session, to the cent.

A pure function: facts and ledger entries in, differences out. Three words for what can be wrong (DESIGN section 3):
lost (a session without its end, a hold left open, money that nobody speaks of), twice (a hold, a capture or an
outcome more than once), wrong (an amount, a session or a claim that is not so). A session that is disputed or stale and
waits for somebody's word is neither: it is listed as open. Nor is one that still charges: it is under way.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from pricing.tolerance import explained_wh
from tapwatt.facts.codec import Event
from tapwatt.facts.events import (
    AuthorisationDeclined,
    Authorised,
    Captured,
    CaptureFailed,
    ChargingEnded,
    HoldReleased,
    MeterRead,
    SessionPriced,
    SessionRequested,
)
from tapwatt.facts.reasons import EndReason
from tapwatt.money import Money
from tapwatt_cli.ops.audit_refunds import cancelled, money_back
from tapwatt_cli.ops.case_files import CaseFile, case_files
from tapwatt_cli.ops.ledger_page import Account, Entry, accounts


class Trouble(StrEnum):
    """What a difference amounts to."""

    LOST = "lost"
    TWICE = "twice"
    WRONG = "wrong"


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that is not as it should be, in words: which session, what was expected and what was found."""

    session_id: str
    trouble: Trouble
    expected: str
    found: str

    def __str__(self) -> str:
        return f"{self.session_id}: {self.trouble}: expected {self.expected}; found {self.found}"


@dataclass(frozen=True, slots=True)
class Waiting:
    """A session that is disputed or stale and not settled: no difference, and not done."""

    session_id: str
    why: str


@dataclass(frozen=True, slots=True)
class Report:
    """What the audit found. `sessions` counts every session that was spoken of, `open` names what waits for a word.

    `under_way` names the sessions that go on: they charge, or their answer is a matter of minutes.
    """

    sessions: int
    differences: tuple[Difference, ...]
    open: tuple[Waiting, ...] = ()
    under_way: tuple[Waiting, ...] = ()

    @property
    def clean(self) -> bool:
        """Whether everything is as it should be."""
        return not self.differences

    def count(self, trouble: Trouble) -> int:
        """How many sessions have this trouble."""
        return len({d.session_id for d in self.differences if d.trouble is trouble})

    @property
    def line(self) -> str:
        """The line that people and scripts look for."""
        counts = ", ".join(f"{self.count(trouble)} {trouble}" for trouble in Trouble)
        waiting = f", {len({one.session_id for one in self.open})} open" if self.open else ""
        going_on = f", {len(self.under_way)} under way" if self.under_way else ""
        return f"audit: {self.sessions} sessions, {counts}{waiting}{going_on}"


def audit(
    events: Iterable[Event],
    ledger: Iterable[Entry],
    now: datetime | None = None,
    within: timedelta = timedelta(minutes=15),
) -> Report:
    """Compare everything that was said with everything that was done.

    With `now` (UTC) a ring that is at work is looked at: what goes on, and what was said less than `within` ago, is no
    difference yet. Without it everything has to be settled.
    """
    files = case_files(events)
    books, strays = accounts(ledger)
    found: list[Difference] = []
    spoken_for: set[str] = set()
    under_way: list[Waiting] = []
    for case in files.values():
        mine = _accounts_of(case, books)
        spoken_for.update(account.hold.reference for account in mine)
        touched = any(account.captures or account.reversed for account in mine)
        does = case.under_way(now, within, touched=touched) if now is not None and not case.open else ""
        if does:
            under_way.append(Waiting(case.session_id, does))
            continue
        found += _said(case)
        found += _done(case, mine)
    for reference, account in books.items():
        if reference not in spoken_for and account.hold.done:
            found.append(_stranger(account))
    for entry in strays:
        claim = f"a hold {entry.original_reference} in the ledger"
        found.append(Difference(f"(ledger {entry.reference})", Trouble.WRONG, claim, f"a {entry.kind} of no hold"))
    waiting = tuple(Waiting(case.session_id, why) for case in files.values() for why in case.open)
    return Report(len(files), tuple(found), waiting, tuple(under_way))


def _accounts_of(case: CaseFile, books: dict[str, Account]) -> list[Account]:
    """The holds of this session: those it says it has, and those that the ledger has under its name."""
    said = {fact.hold.reference for fact in case.all(Authorised)}
    names = {case.session_id, case.identity}
    return [a for a in books.values() if a.hold.reference in said or a.hold.order_reference in names]


def _stranger(account: Account) -> Difference:
    name = account.hold.order_reference or f"(ledger {account.hold.reference})"
    found = f"a hold of {account.held} that no event speaks of"
    return Difference(name, Trouble.WRONG, "a session that asked for it", found)


def _said(case: CaseFile) -> list[Difference]:
    """What is wrong with the events alone: no outcome, two outcomes, an event that changed its words."""
    found: list[Difference] = []

    def differs(trouble: Trouble, expected: str, got: str) -> None:
        found.append(Difference(case.session_id, trouble, expected, got))

    if case.one(SessionRequested) is None:
        differs(Trouble.WRONG, "a SessionRequested", f"{case.last_said} of a session that nobody asked for")
    for name in case.said_otherwise:
        differs(Trouble.WRONG, f"the same {name} at every redelivery", "another content under the same id")
    outcomes = case.outcomes
    if not outcomes and not case.open:
        differs(Trouble.LOST, "an outcome", f"nothing after {case.last_said}")
    if len(outcomes) > 1:
        differs(Trouble.TWICE, "one outcome", " and ".join(fact.name for fact in outcomes))
    for kind in (Authorised, SessionPriced):
        said = len(case.all(kind))
        if said > 1:
            differs(Trouble.TWICE, f"one {kind.name}", f"{said} with different ids")
    if case.one(AuthorisationDeclined) is not None and case.one(Authorised) is not None:
        differs(Trouble.WRONG, "Authorised or AuthorisationDeclined", "both")
    priced, ended = case.one(SessionPriced), case.all(ChargingEnded)
    words: list[ChargingEnded | MeterRead] = [*ended, *case.all(MeterRead)]
    if priced is not None and words and not _measured(priced, words):
        measured = " or ".join(f"{fact.energy_wh} Wh" for fact in ended or words)
        differs(Trouble.WRONG, f"{measured} in the price, as measured", f"{priced.energy_wh} Wh")
    return found


def _measured(priced: SessionPriced, words: list[ChargingEnded | MeterRead]) -> bool:
    """Whether the price has the energy of one of these words, within rounding. Else it follows from no charger's."""
    if priced.ended_because in (EndReason.SETTLED, EndReason.STALE, EndReason.CANCELLED) and not priced.energy_wh:
        return True
    by_reading = priced.ended_because in (EndReason.STALE, EndReason.HOLD_EXPIRING)
    kind = MeterRead if by_reading else ChargingEnded
    return any(
        abs(priced.energy_wh - fact.energy_wh) <= explained_wh(max(len(fact.periods), 1))
        for fact in words
        if isinstance(fact, kind)
    )


def _done(case: CaseFile, mine: list[Account]) -> list[Difference]:
    """What is wrong between the events of a session and its holds in the ledger."""
    found: list[Difference] = []
    standing = [account for account in mine if account.hold.done and not account.reversed]
    if len(standing) > 1:
        held = " and ".join(str(account.held) for account in standing)
        found.append(Difference(case.session_id, Trouble.TWICE, "one hold", f"{held} held"))
    for account in mine:
        found += _sound(case, account)
    authorised = case.one(Authorised)
    if authorised is not None:
        found += _hold(case, authorised, mine)
    elif any(account.captures for account in mine):
        found.append(Difference(case.session_id, Trouble.WRONG, "nothing taken without Authorised", "a capture"))
    return found


def _sound(case: CaseFile, account: Account) -> list[Difference]:
    """What must hold for every hold in the ledger, whatever was said."""
    found: list[Difference] = []
    name, hold = case.session_id, account.hold
    held = account.held.minor if account.held else 0
    if len(account.captures) > 1:
        taken = " and ".join(str(entry.amount) for entry in account.captures)
        found.append(Difference(name, Trouble.TWICE, "one capture", f"{taken} taken of hold {hold.reference}"))
    if account.taken > held:
        expected = f"at most {_money(account, held)} taken, as held"
        found.append(Difference(name, Trouble.WRONG, expected, f"{_money(account, account.taken)} taken"))
    elif account.rest < 0:
        gone = f"{_money(account, account.taken)} taken and {_money(account, account.let_go)} let go"
        found.append(Difference(name, Trouble.TWICE, f"{account.held} taken or let go once", gone))
    elif account.rest > 0 and not _refused_for_good(case) and not (case.open and not case.outcomes):
        still = f"{_money(account, account.rest)} of hold {hold.reference} still held"
        found.append(Difference(name, Trouble.LOST, "no hold left open", still))
    back = money_back(case, account)
    return found + [Difference(name, Trouble.WRONG, expected, got) for expected, got in back]


def _refused_for_good(case: CaseFile) -> bool:
    """The provider itself refused to take or release the hold: it lapses there, and a person has been told."""
    return case.one(CaptureFailed) is not None


def _hold(case: CaseFile, authorised: Authorised, mine: list[Account]) -> list[Difference]:
    """The hold that was said, and the outcome that was said of it, against the ledger."""
    reference, name = authorised.hold.reference, case.session_id
    account = next((a for a in mine if a.hold.reference == reference), None)
    if account is None or account.held is None:
        status = "no such hold in the ledger" if account is None else f"a hold that is {account.hold.status}"
        return [Difference(name, Trouble.LOST, f"hold {reference} of {authorised.hold.amount}", status)]
    found: list[Difference] = []
    if account.held != authorised.hold.amount:
        found.append(Difference(name, Trouble.WRONG, f"{authorised.hold.amount} held, as said", f"{account.held}"))
    owed = case.one(SessionPriced)
    captured, released = case.one(Captured), case.one(HoldReleased)
    if captured is not None:
        found += _captured(account, captured, owed)
    elif account.captures and not cancelled(account):
        taken = f"{_money(account, account.taken)} taken without a word"
        found.append(Difference(name, Trouble.LOST, "a Captured for what was taken", taken))
    if released is not None:
        found += _released(account, released, owed)
    elif captured is None and account.reversed and not case.one(CaptureFailed):
        found.append(Difference(name, Trouble.LOST, "a HoldReleased for the hold let go", "a reversal without a word"))
    failed = case.one(CaptureFailed)
    if failed is not None and owed is not None:
        found += _compare(name, [("uncollected", owed.owed, failed.uncollected)])
    return found


def _captured(account: Account, said: Captured, priced: SessionPriced | None) -> list[Difference]:
    held, taken = account.hold.amount, _money(account, account.taken)
    assert held is not None
    if not account.captures:
        return [Difference(said.session_id, Trouble.LOST, f"{said.taken} taken, as said", "no capture in the ledger")]
    facts = [
        ("taken", taken, said.taken),
        ("held", held, said.held),
        ("let go", _money(account, account.let_go), said.released),
    ]
    if priced is None:
        return [Difference(said.session_id, Trouble.WRONG, "a SessionPriced before it", "Captured alone")]
    facts.append(("owed", priced.owed, _money(account, said.taken.minor + said.shortfall.minor - _too_much(said))))
    found = _compare(said.session_id, facts)
    references = [entry.reference for entry in account.captures]
    if said.capture_reference not in references:
        found.append(
            Difference(said.session_id, Trouble.WRONG, f"capture {references[0]}", f"capture {said.capture_reference}")
        )
    return found


def _too_much(said: Captured) -> int:
    """What a person took beyond what is owed, at the provider's portal."""
    return said.overcharge.minor if said.overcharge is not None else 0


def _released(account: Account, said: HoldReleased, priced: SessionPriced | None) -> list[Difference]:
    held = account.hold.amount
    assert held is not None
    if cancelled(account) and said.reason == "by_hand":
        return _compare(said.session_id, [("held", held, said.released)])
    if not account.let_go_by:
        found = "no reversal in the ledger"
        return [Difference(said.session_id, Trouble.LOST, f"{said.released} let go, as said", found)]
    facts = [("let go", _money(account, account.let_go), said.released), ("held", held, said.released)]
    if priced is not None:
        facts.append(("owed", priced.owed, said.waived))
    if account.captures:
        facts.append(("taken", _money(account, account.taken), Money.zero(held.currency)))
    return _compare(said.session_id, facts)


def _compare(name: str, facts: list[tuple[str, Money, Money]]) -> list[Difference]:
    """Each is (what, as it is, as it was said)."""
    return [
        Difference(name, Trouble.WRONG, f"{right} {what}", f"{said} {what} in the event")
        for what, right, said in facts
        if right != said
    ]


def _money(account: Account, minor: int) -> Money:
    return Money(minor=minor, currency=account.currency)


def with_unreadable(report: Report, unreadable: list[str]) -> Report:
    """A record that is no fact of ours is wrong on our topics."""
    strange = tuple(Difference(one.split(":")[0], Trouble.WRONG, "a fact", one) for one in unreadable)
    return replace(report, differences=report.differences + strange)
