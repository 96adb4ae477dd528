"""What a day at the chargers came to, counted from the events alone: sessions and money by outcome, and the stops."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from decimal import Decimal

from tapwatt.facts.codec import Event
from tapwatt.facts.events import (
    AuthorisationDeclined,
    Authorised,
    Captured,
    CaptureFailed,
    HoldReleased,
    SessionCancelled,
    SessionPriced,
    TokenAmbiguous,
    TokenMatched,
    TokenNotMatched,
)
from tapwatt.facts.fact import Fact
from tapwatt.facts.reasons import EndReason
from tapwatt_cli.ops.case_files import CaseFile, case_files


@dataclass(frozen=True, slots=True)
class Row:
    """One outcome in one currency: how many sessions, energy in Wh, and money in minor units."""

    outcome: str
    currency: str
    sessions: int = 0
    energy_wh: Decimal = Decimal(0)
    held: int = 0
    taken: int = 0
    let_go: int = 0
    short: int = 0

    def plus(self, other: Row) -> Row:
        """Both together, under this one's name."""
        return replace(
            self,
            sessions=self.sessions + other.sessions,
            energy_wh=self.energy_wh + other.energy_wh,
            held=self.held + other.held,
            taken=self.taken + other.taken,
            let_go=self.let_go + other.let_go,
            short=self.short + other.short,
        )


@dataclass(frozen=True, slots=True)
class Summary:
    """The rows by outcome, their totals by currency, and what was answered to those who wanted to stop."""

    rows: tuple[Row, ...]
    totals: tuple[Row, ...]
    stops: dict[str, int]
    facts: dict[str, int]


def summarise(events: Iterable[Event]) -> Summary:
    """Count a day's events, each once however often it was delivered."""
    once = list({event.envelope.id: event for event in events}.values())
    rows: dict[tuple[str, str], Row] = {}
    totals: dict[str, Row] = {}
    for case in case_files(once).values():
        row = _row(case)
        key = (row.outcome, row.currency)
        rows[key] = rows[key].plus(row) if key in rows else row
        if row.currency:
            total = totals.get(row.currency, Row("in all", row.currency))
            totals[row.currency] = total.plus(row)
    in_order = sorted(rows.values(), key=_order)
    facts = Counter(event.fact.name for event in once)
    stops = Counter(stop for event in once if (stop := _stop(event.fact)))
    return Summary(
        tuple(in_order), tuple(sorted(totals.values(), key=_order)), dict(sorted(stops.items())), dict(facts)
    )


_ORDER = ("in all", "captured", "let go", "not captured", "declined", "open", "no outcome")


def _order(row: Row) -> tuple[int, bool, str, str]:
    group = next(place for place, word in enumerate(_ORDER) if row.outcome.startswith(word))
    return group, row.currency != "EUR", row.outcome, row.currency


def _row(case: CaseFile) -> Row:
    authorised, priced = case.one(Authorised), case.one(SessionPriced)
    energy = priced.energy_wh if priced else Decimal(0)
    if authorised is None:
        declined = case.one(AuthorisationDeclined)
        why = f"declined: {_words(declined.reason)}" if declined else "no outcome"
        return Row(why, "", 1)
    held = authorised.hold.amount
    row = Row(_settled_as(case), held.currency, 1, energy, held.minor)
    if captured := case.one(Captured):
        return replace(row, taken=captured.taken.minor, let_go=captured.released.minor, short=captured.shortfall.minor)
    if released := case.one(HoldReleased):
        return replace(row, let_go=released.released.minor, short=released.waived.minor)
    if failed := case.one(CaptureFailed):
        return replace(row, short=failed.uncollected.minor)
    return row


_CAPTURED = {
    EndReason.HOLD_EXPIRING: "captured, by its last reading",
    EndReason.STALE: "captured, by its last reading",
    EndReason.SETTLED: "captured, as a person decided",
}
_LET_GO = {
    "nothing_owed": "let go: nothing owed",
    "below_minimum": "let go: too little to take",
    "by_hand": "let go: by hand at the provider",
}


def _settled_as(case: CaseFile) -> str:
    priced = case.one(SessionPriced)
    because = priced.ended_because if priced else None
    if captured := case.one(Captured):
        if captured.taken_by == "by_hand":
            return "captured, by hand at the provider"
        if captured.shortfall:
            return "captured, owed more than held"
        return _CAPTURED.get(because, "captured") if because else "captured"
    if released := case.one(HoldReleased):
        if because is EndReason.STALE:
            return "let go: nobody ended it"
        return "let go: never started" if case.one(SessionCancelled) else _LET_GO[released.reason]
    if failed := case.one(CaptureFailed):
        return f"not captured: {_words(failed.reason)}"
    return "open: disputed" if case.open else "no outcome"


def _stop(fact: Fact) -> str | None:
    match fact:
        case TokenMatched():
            return f"matched by {fact.matched_by}"
        case TokenNotMatched():
            return f"not matched: {_words(fact.reason)}"
        case TokenAmbiguous():
            return "several sessions: the driver picks"
        case _:
            return None


def _words(reason: str) -> str:
    return reason.replace("_", " ").replace("pin ", "PIN ")
