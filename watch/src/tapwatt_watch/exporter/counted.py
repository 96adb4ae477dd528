"""Counts what was said since the exporter started: money that moved, sessions settled, what happened at sites.

What came to the log before is counted by nothing: it only makes a counter begin at 0, so that the first thing that
happens later is an increase.
"""

from __future__ import annotations

from datetime import datetime

from tapwatt.facts.codec import Event
from tapwatt.facts.events import (
    AuthorisationDeclined,
    Authorised,
    Captured,
    CaptureFailed,
    ChargedBack,
    HoldReleased,
    Refunded,
    SessionRequested,
    StopRequested,
    TokenMatched,
    TokenNotMatched,
)
from tapwatt.facts.fact import Fact
from tapwatt.facts.fields import Place
from tapwatt.metrics.of_the_system import AUTHORISED_TO_SETTLED, ENDED_TO_SETTLED, MONEY, SETTLED, SITE_FACTS
from tapwatt.metrics.registry import Metrics
from tapwatt.money import Money
from tapwatt_watch.exporter.labels import Labels
from tapwatt_watch.hold import Settled

AT_SITES: tuple[type[Fact], ...] = (
    SessionRequested,
    Authorised,
    AuthorisationDeclined,
    StopRequested,
    TokenMatched,
    TokenNotMatched,
    Captured,
)
"""What is counted by site."""

MOVEMENTS = ("held", "captured", "released", "shortfall", "uncollected", "waived", "refunded", "charged_back")
OUTCOMES = ("captured", "shortfall", "released", "failed")

_MOST_TERMINALS = 100_000
_MOST_IDS = 50_000


class Counted:
    """The counters and histograms of what happened since a moment (UTC), by the log's time."""

    def __init__(self, metrics: Metrics, labels: Labels, since: datetime) -> None:
        self.since = since
        self._metrics = metrics
        self._labels = labels
        self._begun: set[tuple[str, ...]] = set()
        self._site_of: dict[tuple[str | None, str], str] = {}
        self._ids: dict[str, None] = {}

    def fact(self, event: Event, at: datetime, new: bool) -> None:
        """A fact came to the log then. `new` is whether it tells something of its session that was not known."""
        fact = event.fact
        happened = at >= self.since
        moved, outcome = _moved(fact), _outcome(fact)
        if moved:
            operator = self._labels.operator(fact.operator)
            self._begin_money(operator, moved[0][1].currency)
            for movement, amount in moved if happened and new else ():
                self._metrics.count(MONEY, operator, amount.currency, movement, by=amount.minor)
            if outcome and happened and new:
                self._metrics.count(SETTLED, operator, outcome)
        if isinstance(fact, AT_SITES):
            self._at_site(event, fact, happened)

    def settled(self, one: Settled) -> None:
        """A session was settled, and all that is told of it is known."""
        if one.settled_at < self.since:
            return
        took = max(0, (one.settled_at - one.authorised_at).total_seconds())
        self._metrics.observe(AUTHORISED_TO_SETTLED, took, one.outcome, exemplar=one.trace)
        if one.ended_at is not None:
            took = max(0, (one.settled_at - one.ended_at).total_seconds())
            self._metrics.observe(ENDED_TO_SETTLED, took, one.outcome, exemplar=one.trace)

    def _begin_money(self, operator: str, currency: str) -> None:
        if ("money", operator, currency) in self._begun:
            return
        self._begun.add(("money", operator, currency))
        for movement in MOVEMENTS:
            self._metrics.count(MONEY, operator, currency, movement, by=0)
        for outcome in OUTCOMES:
            self._metrics.count(SETTLED, operator, outcome, by=0)

    def _at_site(self, event: Event, fact: Fact, happened: bool) -> None:
        labels = self._labels.site(fact.operator, self._site(fact))
        if labels not in self._begun:
            self._begun.add(labels)
            for kind in AT_SITES:
                self._metrics.count(SITE_FACTS, *labels, kind.name, by=0)
        if happened and self._first_time(event):
            self._metrics.count(SITE_FACTS, *labels, fact.name)

    def _site(self, fact: Fact) -> str | None:
        """Where it was said. What only names a terminal is where that terminal was when it was last heard of."""
        place: Place | None = getattr(fact, "place", None)
        terminal: str = place.terminal_id if place is not None else getattr(fact, "terminal_id", "")
        site: str | None = place.site_id if place is not None else getattr(fact, "site_id", None)
        if site is None:
            return self._site_of.get((fact.operator, terminal))
        if len(self._site_of) < _MOST_TERMINALS:
            self._site_of[(fact.operator, terminal)] = site
        return site

    def _first_time(self, event: Event) -> bool:
        """A fact may be delivered twice; that is soon after the first time."""
        name = f"{event.envelope.source} {event.envelope.id}"
        if name in self._ids:
            return False
        self._ids[name] = None
        if len(self._ids) > _MOST_IDS:
            del self._ids[next(iter(self._ids))]
        return True


def _moved(fact: Fact) -> list[tuple[str, Money]]:
    """Which money a fact says has moved, and how."""
    match fact:
        case Authorised():
            return [("held", fact.hold.amount)]
        case Captured():
            return [("captured", fact.taken), ("released", fact.released), ("shortfall", fact.shortfall)]
        case HoldReleased():
            return [("released", fact.released), ("waived", fact.waived)]
        case CaptureFailed():
            return [("uncollected", fact.uncollected)]
        case Refunded():
            return [("refunded", fact.amount)]
        case ChargedBack():
            return [("charged_back", fact.amount)]
        case _:
            return []


def _outcome(fact: Fact) -> str:
    match fact:
        case Captured():
            return "shortfall" if fact.shortfall else "captured"
        case HoldReleased():
            return "released"
        case CaptureFailed():
            return "failed"
        case _:
            return ""
