"""Checks one tariff: everything that is wrong with it or worth knowing, the worst first."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from pricing.checking.charges import charges
from pricing.checking.finding import Finding, Severity, Subject, error, note
from pricing.checking.gaps import gaps
from pricing.checking.implausible import implausible
from pricing.checking.impossible_restrictions import never_holds, says_nothing
from pricing.checking.limits import limits
from pricing.checking.prices import prices
from pricing.checking.readable import read, unknown_fields
from pricing.checking.regions import MOST_BOXES, Budget, TooMany
from pricing.checking.space import Space, days_of
from pricing.checking.unreachable_prices import never_charged, overlaps
from pricing.checking.validity import validity
from pricing.checking.winners import contests
from pricing.ocpi.dialects import understood_tariff
from tapwatt.tariffs import contradiction

_ORDER = tuple(Severity)
_MOST = 4


@dataclass(frozen=True, slots=True)
class Checked:
    """A tariff's id if it has one, its JSON path, what was found, and what it charges if no session is in doubt."""

    tariff_id: str | None
    path: str
    findings: tuple[Finding, ...]
    charges: str

    @property
    def good(self) -> bool:
        """Whether there is nothing worse than a note."""
        return all(finding.severity is Severity.NOTE for finding in self.findings)


def check(path: str, written: dict[str, Any], on: date) -> Checked:
    """What is to be said of the OCPI Tariff object at this JSON path, looked at on this local day.

    Times and days before `on` count as gone. A tariff that cannot be read in part is looked at in its other parts.
    """
    written, understood = understood_tariff(path, written)
    tariff, numbers, found = read(path, written)
    whole = not found
    found += (
        note(one.path, f"this field {one.said}", "Write it as OCPI does, for others.") for one in understood[:_MOST]
    )
    found += unknown_fields(path, written)
    said = ""
    if tariff is not None:
        subject = Subject(path, tariff, written, on, numbers, whole)
        found += _contradictions(subject)
        found += says_nothing(subject)
        found += prices(subject)
        found += implausible(subject)
        hopeless = never_holds(subject)
        found += [finding for reasons in hopeless.values() for finding in reasons]
        if whole and not any(finding.severity is Severity.ERROR for finding in found):
            found += _compared(subject, set(hopeless))
            said = charges(subject)
    name = written.get("id")
    in_order = sorted(found, key=lambda finding: _ORDER.index(finding.severity))
    return Checked(name if isinstance(name, str) else None, path, tuple(in_order), said)


def _contradictions(subject: Subject) -> list[Finding]:
    found = [*limits(subject), *validity(subject)]
    why = contradiction(subject.tariff)
    if why is not None and not any(finding.severity is Severity.ERROR for finding in found):
        found.append(error(subject.path, why, "Correct it: a driver would be refused before the hold."))
    return found


def _compared(subject: Subject, hopeless: set[int]) -> Iterator[Finding]:
    """Which elements win, and where none does."""
    budget = Budget()
    try:
        restrictions = [subject.restrictions(number) for number in range(len(subject.tariff.elements))]
        space = Space.of(restrictions, *days_of(subject.tariff, subject.on))
        entered = contests(subject.tariff, space, budget)
        yield from [
            *never_charged(subject, entered, hopeless, budget),
            *overlaps(subject, space, entered, budget),
            *gaps(subject, space, entered, budget),
        ]
    except TooMany:
        yield note(
            f"{subject.path}.elements",
            "there are too many restrictions to compare: whether elements cover each other, overlap or leave gaps was "
            f"not looked at (they cut what can happen into too many pieces; {MOST_BOXES} at once are compared)",
            "Fewer different bounds would do; two tariffs for two seasons are easier to read, too.",
        )
