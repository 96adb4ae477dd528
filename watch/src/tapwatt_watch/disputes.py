"""The disputes that nobody has settled, whatever order their facts come in. Times are the log's (UTC).

A doubt before there is a price is settled by a price or a settlement; any doubt by a person's decision or a refund
that came to the log later, since that is what a person answers a dispute with.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeVar

from tapwatt.facts.events import ChargedBack, Refunded, SessionDisputed, SettlementDecided
from tapwatt.facts.reasons import Doubt

What = TypeVar("What")


@dataclass(frozen=True, slots=True)
class StandingDispute:
    """A doubt about a session (operator/session) that nobody has settled, and since when."""

    session: str
    doubt: Doubt
    since: datetime


@dataclass(frozen=True, slots=True)
class _Doubted:
    """A word that is doubted. `before_a_price`: nothing was priced then, so a price settles it."""

    doubt: Doubt
    before_a_price: bool
    why: str


@dataclass(slots=True)
class _Account:
    """What was doubted of a session, and what was answered, by name: decisions, refunds and money taken back."""

    last: datetime
    doubted: dict[_Doubted, datetime] = field(default_factory=dict)
    answers: dict[str, datetime] = field(default_factory=dict)


class Disputes:
    """What was doubted of every session, and what was answered."""

    def __init__(self) -> None:
        self._accounts: dict[str, _Account] = {}

    def note(self, fact: SessionDisputed | SettlementDecided | Refunded | ChargedBack, at: datetime) -> bool:
        """Take note of a fact; whether it was not known yet."""
        # a refund of the first days need not say whose it is: nobody's dispute is settled by it
        session = f"{fact.operator_id or ''}/{fact.session_id}"
        account = self._accounts.setdefault(session, _Account(at))
        account.last = max(account.last, at)
        match fact:
            case SessionDisputed():
                before = fact.stands is None and fact.hold is not None
                return _first(account.doubted, _Doubted(fact.doubt, before, fact.why), at)
            case SettlementDecided():
                return _first(account.answers, f"decided {fact.decision_id}", at)
            case Refunded():
                return _first(account.answers, f"refunded {fact.refund_id}", at)
            case ChargedBack():
                return _first(account.answers, f"charged back {fact.chargeback_reference}", at)

    def __contains__(self, session: str) -> bool:
        return session in self._accounts

    def sessions(self) -> Iterable[str]:
        """Every session of which something was doubted or answered."""
        return self._accounts

    def standing(self, session: str, *, decided: bool) -> list[StandingDispute]:
        """The oldest dispute of each doubt that stands of a session. `decided`: it has a price or a settlement."""
        account = self._accounts.get(session)
        if account is None:
            return []
        answered = (at for name, at in account.answers.items() if not name.startswith("charged back"))
        answered_at = max(answered, default=None)
        found: dict[Doubt, datetime] = {}
        for one, at in account.doubted.items():
            settled = (one.before_a_price and decided) or (answered_at is not None and answered_at >= at)
            if not settled:
                found[one.doubt] = min(at, found.get(one.doubt, at))
        return [StandingDispute(session, doubt, since) for doubt, since in found.items()]

    def forget(self, before: datetime) -> None:
        """Keep nothing of a session that was last spoken of before this."""
        for session in [name for name, account in self._accounts.items() if account.last < before]:
            del self._accounts[session]


def _first(known: dict[What, datetime], what: What, at: datetime) -> bool:
    new = what not in known
    known[what] = min(at, known.get(what, at))
    return new
