"""Whether the tariff is for drivers who pay by card, on that day, and whether its times can be read by everybody."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from pricing.checking.finding import Finding, Subject, error, note, warning
from pricing.ocpi.documents import quoted
from tapwatt.tariffs import TariffType

_CLOCK = re.compile(r"(?:[01][0-9]|2[0-3]):[0-5][0-9]\Z")
_TYPES = frozenset(TariffType)


def validity(subject: Subject) -> Iterator[Finding]:
    """Its type, its dates, and its times of day."""
    yield from _type(subject)
    yield from _dates(subject)
    for number, place in enumerate(subject.numbers):
        element = subject.written["elements"][place]
        yield from _clock(subject, number, element)


def _type(subject: Subject) -> Iterator[Finding]:
    kind, path = subject.tariff.type, f"{subject.path}.type"
    if kind is None or kind == TariffType.AD_HOC_PAYMENT:
        return
    if kind in _TYPES:
        says = f"a driver who pays by card is refused: the tariff is of type {kind}"
        yield warning(path, says, "For a card terminal say AD_HOC_PAYMENT, or leave the type out.")
    else:
        says = f"{quoted(kind)} is not a type of OCPI 2.2.1 or 2.3.0, so every driver is refused"
        yield warning(path, says, f"Say AD_HOC_PAYMENT or another of {', '.join(TariffType)}.")


def _dates(subject: Subject) -> Iterator[Finding]:
    begins, ends = subject.tariff.start_date_time, subject.tariff.end_date_time
    if begins is not None and ends is not None and ends <= begins:
        says = f"the tariff is never valid: it ends at {ends.isoformat()} and begins at {begins.isoformat()}"
        yield error(f"{subject.path}.end_date_time", says, "Let it end after it begins.")
    elif ends is not None and ends.date() < subject.on:
        says = f"the tariff ended at {ends.isoformat()}: on {subject.on} every driver is refused"
        yield warning(f"{subject.path}.end_date_time", says, "Give a later time; --on DATE looks at another day.")
    elif begins is not None and begins.date() > subject.on:
        says = f"the tariff begins at {begins.isoformat()}: on {subject.on} every driver is refused"
        yield note(f"{subject.path}.start_date_time", says, "Publish it for then; --on DATE looks at another day.")


def _clock(subject: Subject, number: int, element: Any) -> Iterator[Finding]:
    written = element.get("restrictions") or {}
    for name in ("start_time", "end_time"):
        path, at = f"{subject.at(number)}.restrictions.{name}", getattr(subject.restrictions(number), name)
        if at is not None and at.tzinfo is not None:
            says = "a time of day has no offset: it is what the clock at the charger shows"
            yield error(path, says, "Give it in local time, as 13:30.")
        elif at is not None and not (isinstance(written.get(name), str) and _CLOCK.match(written[name])):
            says = f"this is read as {at.isoformat()}, but it is not written as OCPI says, HH:MM; others may refuse it"
            yield warning(path, says, "Give hours and minutes with two digits each, as 09:30.")
