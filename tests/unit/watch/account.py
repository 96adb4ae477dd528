"""A period of sessions as facts, and the account that an honest provider gives of it: two sides made from one story."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from tests.unit.watch import said
from tests.unit.watch.said import NOON

from tapwatt.facts.events import (
    AuthorisationDeclined,
    Captured,
    CaptureFailed,
    ChargedBack,
    HoldReleased,
    Refunded,
)
from tapwatt.facts.fact import Fact
from tapwatt.facts.fields import Hold
from tapwatt.facts.reasons import DeclineReason
from tapwatt.money import Money
from tapwatt_watch.reconciliation.claims import Claims
from tapwatt_watch.reconciliation.difference import Frame
from tapwatt_watch.reconciliation.movements import SETTLED, Kind, Movement, Statement

START, END = NOON - timedelta(hours=12), NOON + timedelta(hours=12)
LATER = END + timedelta(days=30)
FRAME = Frame(START, END, LATER, timedelta(days=2))

Outcome = Literal["captured", "released", "failed", "let_go_late", "cancelled"]


@dataclass(frozen=True)
class Told:
    """What became of one session: amounts in minor units."""

    number: int
    outcome: Outcome
    held: int = 5000
    taken: int = 1200
    refunds: tuple[int, ...] = ()
    charged_back: int = 0
    currency: str = "EUR"
    operator: str = "op"
    at: datetime = NOON

    @property
    def session(self) -> str:
        return f"{self.operator}/{self.number}"

    def money(self, minor: int) -> Money:
        return Money(minor=minor, currency=self.currency)

    def facts(self) -> list[Fact]:
        """As the services said it."""
        hold, name = f"H-{self.number}", str(self.number)
        place = said.place(self.operator)
        if self.outcome == "let_go_late":
            return [AuthorisationDeclined(session_id=name, place=place, reason=DeclineReason.TIMED_OUT)]
        stands = Hold(
            reference=hold, amount=self.money(self.held), authorised_at=self.at, expires_at=self.at + timedelta(days=5)
        )
        facts: list[Fact] = [said.authorised(name, self.operator, hold=stands)]
        match self.outcome:
            case "captured":
                facts.append(
                    Captured(
                        session_id=name,
                        place=place,
                        hold_reference=hold,
                        capture_reference=f"C-{self.number}",
                        held=self.money(self.held),
                        taken=self.money(self.taken),
                        released=self.money(self.held - self.taken),
                        shortfall=self.money(0),
                        captured_at=self.at,
                    )
                )
            case "failed":
                facts.append(
                    CaptureFailed(
                        session_id=name,
                        place=place,
                        hold_reference=hold,
                        uncollected=self.money(self.taken),
                        reason="expired",
                    )
                )
            case _:
                facts.append(
                    HoldReleased(
                        session_id=name,
                        place=place,
                        hold_reference=hold,
                        released=self.money(self.held),
                        waived=self.money(0),
                        reason="by_hand" if self.outcome == "cancelled" else "nothing_owed",
                    )
                )
        if self.outcome == "captured":
            facts += self._back(name)
        return facts

    def _back(self, name: str) -> list[Fact]:
        facts: list[Fact] = [
            Refunded(
                operator_id=self.operator,
                session_id=name,
                refund_id=f"r-{one}",
                refund_reference=f"R-{self.number}-{one}",
                amount=self.money(minor),
                refunded_at=self.at,
            )
            for one, minor in enumerate(self.refunds)
        ]
        if self.charged_back:
            facts.append(
                ChargedBack(
                    operator_id=self.operator,
                    session_id=name,
                    capture_reference=f"C-{self.number}",
                    chargeback_reference=f"B-{self.number}",
                    amount=self.money(self.charged_back),
                    charged_back_at=self.at,
                )
            )
        return facts

    def movements(self) -> list[Movement]:
        """As the provider did it."""
        hold, capture = f"H-{self.number}", f"C-{self.number}"

        def moved(kind: Kind, reference: str, minor: int) -> Movement:
            return Movement(kind, reference, self.money(minor), self.at, self.session, hold)

        found = [moved(Kind.HOLD, hold, self.held)]
        match self.outcome:
            case "captured":
                found.append(moved(Kind.CAPTURE, capture, self.taken))
                if self.held > self.taken:
                    found.append(moved(Kind.RELEASE, hold, self.held - self.taken))
                found += [moved(Kind.REFUND, f"R-{self.number}-{one}", minor) for one, minor in enumerate(self.refunds)]
                if self.charged_back:
                    found.append(moved(Kind.CHARGEBACK, f"B-{self.number}", self.charged_back))
            case "cancelled":
                found += [
                    moved(Kind.CAPTURE, capture, self.taken),
                    moved(Kind.RELEASE, hold, self.held - self.taken),
                    moved(Kind.REFUND, f"V-{self.number}", self.taken),
                ]
            case _:
                found.append(moved(Kind.RELEASE, hold, self.held))
        return found


def claims_of(facts: list[Fact], at: datetime = NOON) -> Claims:
    """What is claimed by these facts."""
    found = Claims()
    for fact in facts:
        found.note(fact, at)
    return found


def whole(movements: list[Movement], until: datetime = LATER) -> Statement:
    """An account that tells of everything."""
    return Statement("ledger", tuple(movements), frozenset(Kind), until)


def settled(movements: list[Movement], until: datetime | None = LATER) -> Statement:
    """What of it stands in settlement files, which go so far."""
    return Statement("files", tuple(one for one in movements if one.kind in SETTLED), SETTLED, until)
