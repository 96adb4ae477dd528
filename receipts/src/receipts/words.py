"""The words of a receipt, in English; `languages` has them in the others, by the names that they have here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields

from receipts.catalogue import InEachLanguage, spoken, translations

_LINES = {
    "ENERGY": "Energy",
    "TIME": "Charging time",
    "PARKING_TIME": "Parking time",
    "FLAT": "Fixed fee",
    "ADJUSTMENT": "Adjustment",
}


@dataclass(frozen=True, slots=True)
class Words:
    """Every word on a receipt. `lines` are what is charged for; {} is where a price or a number goes."""

    language: str
    receipt: str = "Receipt"
    session: str = "Charging session"
    operator: str = "Operator"
    site: str = "Site"
    charge_point: str = "Charging point"
    started: str = "Start"
    ended: str = "End"
    energy: str = "Energy"
    charges: str = "Charges"
    description: str = "Description"
    quantity: str = "Quantity"
    vat: str = "VAT"
    amount_incl_vat: str = "Amount incl. VAT"
    total: str = "Total"
    vat_by_rate: str = "VAT by rate"
    rate: str = "Rate"
    excl_vat: str = "Excl. VAT"
    incl_vat: str = "Incl. VAT"
    no_vat: str = "no VAT"
    vat_unknown: str = "VAT not stated"
    payment: str = "Payment"
    owed: str = "Amount owed"
    held: str = "Reserved on the card"
    taken: str = "Taken from the card"
    released: str = "Released"
    not_charged: str = "Not charged"
    nothing_taken: str = "Nothing was taken from the card. The whole reservation was released."
    card: str = "Card"
    brand: str = "Card type"
    card_number: str = "Card number"
    entry_mode: str = "Read by"
    acquirer: str = "Acquirer"
    response: str = "Acquirer's response"
    from_terminal: str = "As the terminal states it"
    tariff: str = "Tariff"
    version: str = "version"
    reference: str = "Payment reference"
    issued: str = "Issued"
    vat_number: str = "VAT number"
    amounts_in: str = "amounts in"
    unit_price: str = "Price incl. VAT"
    one_session: str = "session"
    about: str = "about {}"
    signed: str = "Signed meter values"
    public_key: str = "Public key"
    lines: Mapping[str, str] = field(default_factory=lambda: _LINES)


@dataclass(frozen=True, slots=True)
class ReasonWords:
    """Why a line stands on the bill, for a driver; {} is where a date, a length of time or an amount goes."""

    from_date: str = "from {}"
    to_date: str = "up to and including {}"
    above: str = "above {}"
    up_to: str = "up to {}"
    between: str = "from {} to {}"
    after_start: str = "from {} after the start"
    until_after_start: str = "until {} after the start"
    between_after_start: str = "from {} to {} after the start"
    power_from: str = "at {} and more"
    power_below: str = "below {}"
    power_between: str = "from {} to below {}"
    reservation: str = "for the reservation"
    reservation_expired: str = "for the reservation that was not used"
    steps: str = "counted per started {step}: {added} added"
    grace: str = "{} parked free of charge"
    lowest: str = "raised to the lowest price of a session"
    highest: str = "lowered to the highest price of a session"
    both: str = "brought within the lowest and the highest price of a session"
    settled: str = "amount settled by the operator"


def _words(language: str) -> Words:
    translate = translations(language)
    said = {one.name: str(one.default) for one in fields(Words) if one.name not in ("language", "lines")}
    lines = {name: translate(f"receipt.lines.{name}", english) for name, english in _LINES.items()}
    translated = {name: translate(f"receipt.{name}", english) for name, english in said.items()}
    return Words(language, lines=lines, **translated)


LANGUAGES: Mapping[str, Words] = InEachLanguage(_words)
REASONS: Mapping[str, ReasonWords] = spoken(ReasonWords, "reason")
