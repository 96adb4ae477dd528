"""The prices themselves: twice in one element, without VAT, in large increments, for nothing, or missing altogether."""

from __future__ import annotations

from collections.abc import Iterator

from pricing.checking.finding import WORD, Finding, Subject, listed, note, warning
from pricing.checking.vat_countries import COUNTRIES_WITH_VAT
from pricing.engine.line_words import length, plain
from tapwatt.tariffs import Dimension

_LARGE = {Dimension.ENERGY: 1_000, Dimension.TIME: 900, Dimension.PARKING_TIME: 900}
"""Wh and s from which a billing increment is more than a driver would expect."""
_FOR_RESERVATIONS = frozenset({Dimension.FLAT, Dimension.TIME})


def prices(subject: Subject) -> Iterator[Finding]:
    """What is wrong with single prices, and which are missing."""
    yield from _twice(subject)
    yield from _reservations(subject)
    yield from _steps(subject)
    yield from _vat(subject)
    yield from _missing(subject)


def _twice(subject: Subject) -> Iterator[Finding]:
    seen: set[tuple[int, Dimension]] = set()
    for number, path, component in subject.components():
        if (number, component.type) in seen:
            says = f"{component.type} is priced twice in this element: only the first price is ever charged"
            yield warning(path, says, "Leave out the one that is not meant.")
        seen.add((number, component.type))


def _reservations(subject: Subject) -> Iterator[Finding]:
    kinds = {subject.restrictions(number).reservation for number in range(len(subject.tariff.elements))}
    for number, path, component in subject.components():
        if subject.restrictions(number).reservation is not None and component.type not in _FOR_RESERVATIONS:
            yield warning(
                path,
                f"a reservation has no {component.type}, so it is never charged: only FLAT and TIME are",
                "Move it to an element without the reservation restriction, or make it TIME.",
            )
    if "RESERVATION_EXPIRES" in kinds and "RESERVATION" not in kinds:
        yield note(
            f"{subject.path}.elements",
            "only a reservation that expires costs something; one that a driver uses is free",
            "Add an element for RESERVATION if it should cost something.",
        )


def _steps(subject: Subject) -> Iterator[Finding]:
    for _, path, component in subject.components():
        step, kind = component.step_size, component.type
        if kind is Dimension.FLAT:
            continue
        size = f"{step} Wh" if kind is Dimension.ENERGY else length(step)
        if step >= _LARGE[kind]:
            yield note(
                f"{path}.step_size",
                f"{WORD[kind]} is billed in increments of {size}: a driver pays up to that much that was not used",
                "Show it with the price; where a price per kWh or minute has to be charged as shown, use 1.",
            )
        if not component.price and step > 1:
            says = f"the price is 0, so the increment of {size} changes nothing but the quantity on the bill"
            yield note(f"{path}.step_size", says, "Use a step_size of 1.")
        if step == 0:
            says = "an increment of 0 is none: the quantity is billed as it was measured, not rounded up"
            yield note(f"{path}.step_size", says, "Use 1, as OCPI means it, to bill whole Wh or seconds.")


def _vat(subject: Subject) -> Iterator[Finding]:
    tariff = subject.tariff
    with_vat = [path for _, path, component in subject.components() if component.vat is not None]
    without = [path for _, path, component in subject.components() if component.vat is None and component.price]
    if tariff.tax_included == "N/A":
        if with_vat:
            says = "tax_included is N/A, so the VAT on the prices is not charged"
            yield warning(f"{subject.path}.tax_included", says, "Say YES or NO, or leave the VAT out.")
        return
    if with_vat:
        for path in without:
            says = "other prices of this tariff have VAT and this one has none, so it is charged without"
            yield warning(path, says, "Give it a vat; 0 says that its rate is zero, none that no VAT applies.")
    elif tariff.tax_included == "NO" and without:
        says = "the prices are before taxes and none says which: what is owed after them is not known"
        yield warning(f"{subject.path}.tax_included", says, "Give every price its vat in percent.")
    elif without and subject.country in COUNTRIES_WITH_VAT:
        says = f"no price has a vat, and {subject.country} has VAT on charging: no VAT is charged or shown"
        hint = "Give every price its vat in percent; where none is owed, say so with tax_included N/A or a vat of 0."
        yield warning(f"{subject.path}.elements", says, hint)
    elif tariff.tax_included == "YES":
        says = "the prices include taxes and no price says which, so no receipt can show the VAT"
        yield note(f"{subject.path}.tax_included", says, "Give every price its vat in percent, if VAT applies.")
    elif without and subject.whole:
        says = "no price has a vat, so no VAT is charged and no receipt shows any"
        yield note(f"{subject.path}.elements", says, "Give every price its vat in percent, if VAT applies.")


def _missing(subject: Subject) -> Iterator[Finding]:
    path = f"{subject.path}.elements"
    ordinary = [c for number, _, c in subject.components() if subject.restrictions(number).reservation is None]
    priced = {component.type for component in ordinary}
    if not subject.whole:
        return
    if not priced:
        says = "only reservations have a price: every charging session is free"
        yield warning(path, says, "Add an element without the reservation restriction.")
        return
    low = subject.tariff.min_price
    if not any(component.price for _, _, component in subject.components()) and not (low and low.before_taxes):
        says = "every price is 0: nobody pays anything, and the whole hold is let go"
        yield note(path, says, "Nothing to do if that is meant.")
        return
    if priced == {Dimension.FLAT}:
        says = "there is only a fee: a session costs the same whatever it takes and however long it lasts"
        yield note(path, says, "Nothing to do if that is meant.")
    elif not priced & {Dimension.ENERGY, Dimension.TIME}:
        free = listed([WORD[d] for d in (Dimension.ENERGY, Dimension.TIME)])
        says = f"{free} have no price: only cars that are parked without charging pay"
        yield warning(path, says, "Add a price of ENERGY or TIME; if charging is free, one of 0.")
    elif Dimension.ENERGY not in priced:
        says = "energy has no price: what a session costs depends on its time alone"
        yield note(path, says, "Nothing to do if that is meant; some laws ask for a price per kWh.")


def in_percent(subject: Subject) -> list[str]:
    """The rates of VAT in the tariff, in its order."""
    rates = [component.vat for _, _, component in subject.components() if component.vat is not None]
    return list(dict.fromkeys(plain(rate) for rate in rates))
