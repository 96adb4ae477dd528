"""Compares what our facts claim with a provider's account of a period: by reference, to the minor unit. Pure.

Identical sides never differ, and one change to either side, of what is due, is always found
(tests/property/test_reconciliation_finds_any_change.py).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime

from tapwatt.money import Money
from tapwatt_watch.reconciliation.claims import Claims
from tapwatt_watch.reconciliation.difference import Difference, Found, Frame, Reconciled
from tapwatt_watch.reconciliation.movements import Kind, Movement, Statement

_OF = {
    Kind.HOLD: Difference.HOLD,
    Kind.RELEASE: Difference.OPEN_HOLD,
    Kind.CAPTURE: Difference.CAPTURE,
    Kind.REFUND: Difference.REFUND,
    Kind.CHARGEBACK: Difference.CHARGEBACK,
}
_WORDS = {
    Kind.HOLD: "held",
    Kind.RELEASE: "let go",
    Kind.CAPTURE: "captured",
    Kind.REFUND: "refunded",
    Kind.CHARGEBACK: "charged back",
}
NOTHING = "nothing"


@dataclass(slots=True)
class _Told:
    """Everything that the provider tells under one reference: a settlement may come in parts."""

    parts: list[Movement] = field(default_factory=list)

    @property
    def first(self) -> Movement:
        return min(self.parts, key=lambda one: one.at)

    @property
    def sums(self) -> dict[str, int]:
        found: dict[str, int] = defaultdict(int)
        for one in self.parts:
            found[one.amount.currency] += one.amount.minor
        return {currency: minor for currency, minor in found.items() if minor or len(found) == 1}

    def __str__(self) -> str:
        return " and ".join(str(Money(minor=minor, currency=currency)) for currency, minor in sorted(self.sums.items()))


def compare(claims: Claims, statement: Statement, frame: Frame) -> Reconciled:
    """What differs between the facts and this account, of what has a time within the period on either side."""
    return _Comparison(claims, statement, frame).made()


class _Comparison:
    def __init__(self, claims: Claims, statement: Statement, frame: Frame) -> None:
        self._claims, self._statement, self._frame = claims, statement, frame
        self._told: dict[tuple[Kind, str], _Told] = defaultdict(_Told)
        for one in statement.movements:
            self._told[one.key].parts.append(one)
        self._found: list[Found] = []
        self._not_yet: list[Movement] = []
        self._uncovered: list[Movement] = []
        self._agree = 0
        self._cancelled = self._captures_cancelled()

    def made(self) -> Reconciled:
        for key, claim in self._claims.movements.items():
            if claim.kind in self._statement.tells and self._is_asked(claim.session):
                self._claimed(claim, self._told.get(key))
        for key, told in self._told.items():
            if key not in self._claims.movements:
                self._unclaimed(told)
        if Kind.HOLD in self._statement.tells:
            self._holds()
        for several in self._claims.otherwise.values():
            if self._frame.has(*(one.at for one in several)):
                self._contradiction(several)
        self._found += self._no_file()
        found = sorted(self._found, key=lambda one: (one.kind, one.session, one.reference))
        by = self._statement
        return Reconciled(by.source, by.until, self._agree, tuple(found), tuple(self._not_yet), by.fees, by.notes)

    def _claimed(self, claim: Movement, told: _Told | None) -> None:
        times = [claim.at, *(one.at for one in told.parts)] if told else [claim.at]
        if not self._frame.has(*times):
            return
        if told is not None and told.sums == {claim.amount.currency: claim.amount.minor}:
            self._agree += 1
            return
        more_may_come = told is None or _less(told, claim.amount)
        if more_may_come and not self._is_due(claim.at):
            late = claim.at + self._frame.due_within <= self._frame.now
            (self._uncovered if late else self._not_yet).append(claim)
            return
        theirs = f"{told} {_WORDS[claim.kind]}" if told else NOTHING
        self._differs(_OF[claim.kind], claim.session, claim.reference, f"{claim.amount} {_WORDS[claim.kind]}", theirs)

    def _unclaimed(self, told: _Told) -> None:
        """The provider tells what nobody here has said. Holds and releases are looked at hold by hold (`_holds`)."""
        first = told.first
        if first.kind in (Kind.HOLD, Kind.RELEASE) or not self._frame.has(*(one.at for one in told.parts)):
            return
        session = self._claims.knows(first)
        if not any(told.sums.values()) or first.reference in self._cancelled:
            self._agree += 1
            return
        if first.at + self._frame.grace > self._frame.now:
            self._not_yet.append(first)
            return
        kind = _OF[first.kind] if session else Difference.ORPHAN
        self._differs(kind, session or first.session, first.reference, NOTHING, f"{told} {_WORDS[first.kind]}")

    def _holds(self) -> None:
        """What stands held there and should not, and what is held or let go there without a word of ours."""
        for account in _accounts(self._told):
            still_held = account.rest > 0 and account.since < self._frame.end  # since whenever
            if not (still_held or self._frame.has(*account.times)):
                continue
            if account.since + self._frame.grace > self._frame.now:
                continue
            hold, first = account.reference, account.first
            session, claimed = self._claims.knows(first), (Kind.HOLD, account.reference) in self._claims.movements
            if account.rest < 0:
                words = f"{_in(account, account.held)} held, of which {_in(account, account.gone)} is gone"
                self._differs(Difference.HOLD, session or first.session, hold, "no more than is held", words)
            elif account.rest > 0 and not claimed:
                kind = Difference.OPEN_HOLD if session else Difference.ORPHAN
                self._differs(kind, session or first.session, hold, NOTHING, f"{_in(account, account.rest)} still held")
            elif account.rest > 0 and self._is_over(hold) and (Kind.RELEASE, hold) not in self._claims.movements:
                ours = "over" if hold in self._claims.ended else "run out"
                self._differs(Difference.OPEN_HOLD, session, hold, ours, f"{_in(account, account.rest)} still held")
            elif account.released and claimed and hold not in self._claims.ended:
                self._differs(Difference.HOLD, session, hold, "it stands", f"{_in(account, account.released)} let go")
            elif not claimed and (not session or account.captured or hold in self._claims.ended):
                kind = Difference.HOLD if session else Difference.ORPHAN
                self._differs(kind, session or first.session, hold, NOTHING, f"{_in(account, account.held)} held")

    def _is_over(self, hold: str) -> bool:
        """Whether nothing should be held any more. What the provider refused to take lapses at its own time."""
        expires = self._claims.expires.get(hold)
        run_out = expires is not None and expires + self._frame.grace <= self._frame.now
        return run_out or (hold in self._claims.ended and hold not in self._claims.failed)

    def _contradiction(self, several: Iterable[Movement]) -> None:
        first, *_ = ordered = sorted(several, key=lambda one: (one.at, one.amount.currency, one.amount.minor))
        words = " and ".join(f"{one.amount} {_WORDS[one.kind]}" for one in ordered)
        self._differs(Difference.CONTRADICTION, first.session, first.reference, words, "not asked")

    def _is_due(self, at: datetime) -> bool:
        until = self._statement.until
        return until is not None and at + self._frame.due_within <= until

    def _is_asked(self, session: str) -> bool:
        return self._statement.only is None or session in self._statement.only

    def _captures_cancelled(self) -> set[str]:
        """Captures that a person made and cancelled at the portal before it was said what became of their hold."""
        found = set()
        for (kind, reference), told in self._told.items():
            hold = told.first.hold
            if kind is Kind.CAPTURE and hold in self._claims.by_hand:
                of_it = {hold, reference}
                back = [one for (k, _), one in self._told.items() if k is Kind.REFUND and one.first.hold in of_it]
                if _Told([part for one in back for part in one.parts]).sums == told.sums:
                    found |= {reference, *(one.first.reference for one in back)}
        return found

    def _no_file(self) -> Iterator[Found]:
        if self._uncovered:
            first, last = min(one.at for one in self._uncovered), max(one.at for one in self._uncovered)
            many = f"{len(self._uncovered)} movements from {_day(first)} to {_day(last)}"
            until = self._statement.until
            theirs = "no file at all" if until is None else f"no file that goes beyond {_day(until)}"
            yield Found(Difference.NO_FILE, "", "", many, theirs, self._statement.source)

    def _differs(self, kind: Difference, session: str, reference: str, ours: str, theirs: str) -> None:
        self._found.append(Found(kind, session, reference, ours, theirs, self._statement.source))


@dataclass(slots=True)
class _Account:
    """One hold at the provider with what was done to it. Sums are in minor units of `currency`."""

    reference: str
    currency: str
    held: int = 0
    captured: int = 0
    released: int = 0
    parts: list[Movement] = field(default_factory=list)

    @property
    def gone(self) -> int:
        return self.captured + self.released

    @property
    def rest(self) -> int:
        return self.held - self.gone

    @property
    def first(self) -> Movement:
        return min(self.parts, key=lambda one: one.at)

    @property
    def times(self) -> list[datetime]:
        return [one.at for one in self.parts]

    @property
    def since(self) -> datetime:
        """When it was last touched."""
        return max(self.times)


def _accounts(told: dict[tuple[Kind, str], _Told]) -> Iterable[_Account]:
    found: dict[str, _Account] = {}
    for every in told.values():
        for one in every.parts:
            if one.kind in (Kind.HOLD, Kind.RELEASE, Kind.CAPTURE):
                hold = one.hold or one.reference
                account = found.setdefault(hold, _Account(hold, one.amount.currency))
                account.parts.append(one)
                match one.kind:
                    case Kind.HOLD:
                        account.held += one.amount.minor
                    case Kind.RELEASE:
                        account.released += one.amount.minor
                    case _:
                        account.captured += one.amount.minor
    return found.values()


def _less(told: _Told, claimed: Money) -> bool:
    """Whether what was told is a part of what is claimed: the rest may be settled later."""
    [(currency, minor), *others] = told.sums.items() or [(claimed.currency, 0)]
    return not others and currency == claimed.currency and 0 <= minor < claimed.minor


def _in(account: _Account, minor: int) -> Money:
    return Money(minor=minor, currency=account.currency)


def _day(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M}"
