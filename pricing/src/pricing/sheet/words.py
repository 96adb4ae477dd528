"""Which words a price sheet is made of; `languages` has them, a file each."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Words:
    """The words of one language; {} is where a number, time or name goes."""

    prices: str
    date: str
    first_of_month: str
    weekdays: tuple[str, ...]
    months: tuple[str, ...]
    decimal_point: str
    colon: str
    # VAT
    with_rates: str
    with_taxes: str
    no_vat: str
    taxes_unknown: str
    # what is charged, in the order of the law
    per_kwh: str
    per_minute: str
    per_idle_minute: str
    per_idle_minute_after: str
    per_session: str
    other: str
    kwh: str
    minute: str
    hour: str
    session: str
    # a price
    about: str
    free: str
    all_free: str
    # when it holds
    otherwise: str
    now: str
    now_until: str
    from_date: str
    to_date: str
    at_least: str
    at_most: str
    between: str
    after: str
    up_to: str
    draws_from: str
    draws_below: str
    draws_between: str
    after_start: str
    until_after_start: str
    between_after_start: str
    # whatever else
    lowest: str
    highest: str
    hold: str
    reservation: str
    reservation_expired: str
    energy_step: str
    time_step: str
    idle_step: str
    reservation_step: str
    either: str
    units: tuple[tuple[str, str], tuple[str, str], tuple[str, str]]
