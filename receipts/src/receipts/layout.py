"""Says what stands where on a receipt, written out in one language; a page and a terminal only draw it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import ROUND_HALF_UP, Decimal

from receipts.catalogue import ENGLISH
from receipts.credit_words import CREDIT_WORDS
from receipts.formats import amount, minutes, percent, plain
from receipts.formats import moment as moment_of
from receipts.reasons import reason
from receipts.receipt import LocalMoment, Receipt, ReceiptLine
from receipts.unit_prices import unit_price
from receipts.words import LANGUAGES, Words
from tapwatt.facts.bill import VatShare
from tapwatt.facts.signed_data import SignedData

FINEST = Decimal("0.0001")
"""A quantity on paper: a tenth of a Wh. JSON has it exactly."""


@dataclass(frozen=True, slots=True)
class Said:
    """Something by its name. `moment` is its UTC time where it is one."""

    name: str
    text: str
    moment: str = ""


@dataclass(frozen=True, slots=True)
class Charge:
    """A line of the bill; `why_is` is the language of why it stands there."""

    what: str
    quantity: str
    unit_price: str
    vat: str
    amount: str
    why: str
    why_is: str = ENGLISH


@dataclass(frozen=True, slots=True)
class Taxed:
    """What is taxed at one rate."""

    rate: str
    excl_vat: str
    vat: str
    incl_vat: str


@dataclass(frozen=True, slots=True)
class Layout:
    """A receipt from top to bottom. Lines that are not `measured` have no quantity; `bold` is what was paid.

    Each of `refunds` is one refund of a credit note. `signed` is what the meter has signed, to the character.
    """

    language: str
    words: Words
    title: str
    currency: str
    merchant: tuple[str, ...]
    session: tuple[Said, ...]
    lines_are: str
    measured: bool
    charges: tuple[Charge, ...]
    total_is: str
    total: str
    vat: tuple[Taxed, ...]
    payment: tuple[Said, ...]
    bold: str
    note: str
    card: tuple[Said, ...]
    slip: tuple[str, ...]
    refunds: tuple[tuple[Said, ...], ...]
    foot: tuple[Said, ...]
    signed_are: str = ""
    signed: tuple[Said, ...] = ()


def lay_out(receipt: Receipt, language: str = ENGLISH, *, operators: bool = False) -> Layout:
    """The receipt in a language of LANGUAGES; KeyError for another. An operator's has each line's why."""
    words = LANGUAGES[language]
    if receipt.tax_unknown:
        words = replace(words, no_vat=words.vat_unknown)
    card = receipt.card
    return Layout(
        language=language,
        words=words,
        title=words.receipt,
        currency=receipt.owed.currency,
        merchant=tuple(_merchant(receipt, words)),
        session=tuple(_session(receipt, words)),
        lines_are=words.charges,
        measured=True,
        charges=tuple(_charge(line, words, operators=operators) for line in receipt.lines),
        total_is=words.total,
        total=amount(receipt.owed, language),
        vat=tuple(taxed(share, words) for share in receipt.vat),
        payment=tuple(_payment(receipt, words, CREDIT_WORDS[language].taken_too_much)),
        bold=words.taken,
        note="" if receipt.taken else words.nothing_taken,
        card=tuple(_card(receipt, words)),
        slip=card.lines if card is not None else (),
        refunds=(),
        foot=tuple(_foot(receipt, words)),
        signed_are="" if receipt.signed_data is None else f"{words.signed} ({receipt.signed_data.encoding_method})",
        signed=tuple(_signed(receipt.signed_data, words)),
    )


def _merchant(receipt: Receipt, words: Words) -> Iterator[str]:
    if receipt.merchant is not None:
        yield receipt.merchant.name
        yield from receipt.merchant.written
        if receipt.merchant.vat_number is not None:
            yield f"{words.vat_number} {receipt.merchant.vat_number}"


def _session(receipt: Receipt, words: Words) -> Iterator[Said]:
    yield Said(words.session, receipt.session_id)
    yield Said(words.operator, receipt.operator_id)
    yield Said(words.site, receipt.site_id)
    yield Said(words.charge_point, receipt.evse_id)
    for name, moment in ((words.started, receipt.started_at), (words.ended, receipt.ended_at)):
        if moment is not None:
            yield said_moment(name, moment, words)
    # A session that a person settled without a measurement has neither times nor energy: unknown is not zero.
    if receipt.energy_kwh or receipt.started_at is not None:
        yield Said(words.energy, f"{_quantity(receipt.energy_kwh, words.language)} kWh")


def _charge(line: ReceiptLine, words: Words, *, operators: bool) -> Charge:
    adjusts = line.what == "ADJUSTMENT"
    return Charge(
        what=words.lines[line.what],
        quantity="" if adjusts else _measured(line, words),
        unit_price="" if adjusts else unit_price(line, words),
        vat=rate_of(line.vat_percent, words),
        amount=amount(line.incl_vat, words.language),
        why=line.why if operators else reason(line.terms, line.what, words.language),
        why_is=ENGLISH if operators else words.language,
    )


def _measured(line: ReceiptLine, words: Words) -> str:
    match line.unit:
        case "kWh":
            return f"{_quantity(line.quantity, words.language)} kWh"
        case "h":
            return minutes(line.quantity, words.language)
        case "session":
            return f"{plain(line.quantity, words.language)} {words.one_session}"


def taxed(share: VatShare, words: Words) -> Taxed:
    """One rate of a VAT summary."""
    amounts = (amount(money, words.language) for money in (share.excl_vat, share.vat, share.incl_vat))
    return Taxed(rate_of(share.percent, words), *amounts)


def _payment(receipt: Receipt, words: Words, too_much: str) -> Iterator[Said]:
    yield Said(words.owed, amount(receipt.owed, words.language))
    yield Said(words.held, amount(receipt.held, words.language))
    yield Said(words.taken, amount(receipt.taken, words.language))
    yield Said(words.released, amount(receipt.released, words.language))
    if receipt.not_charged:
        yield Said(words.not_charged, amount(receipt.not_charged, words.language))
    if receipt.taken_too_much:
        yield Said(too_much, amount(receipt.taken_too_much, words.language))


def _card(receipt: Receipt, words: Words) -> Iterator[Said]:
    card = receipt.card
    if card is None:
        return
    for name, text in (
        (words.brand, card.brand),
        (words.card_number, card.masked_pan),
        (words.entry_mode, card.entry_mode),
        (words.acquirer, card.acquirer),
        (words.response, card.response_code),
    ):
        if text:
            yield Said(name, text)


def _foot(receipt: Receipt, words: Words) -> Iterator[Said]:
    version = f", {words.version} {receipt.tariff_version}" if receipt.tariff_version is not None else ""
    yield Said(words.tariff, receipt.tariff_id + version)
    if receipt.capture_reference is not None:
        yield Said(words.reference, receipt.capture_reference)
    if receipt.issued_at is not None:
        yield said_moment(words.issued, receipt.issued_at, words)


def _signed(data: SignedData | None, words: Words) -> Iterator[Said]:
    if data is None:
        return
    natures = {"start": words.started, "end": words.ended}
    for value in data.signed_values:
        yield Said(natures.get(value.nature.lower(), value.nature), value.signed_data)
    if data.public_key:
        yield Said(words.public_key, data.public_key)


def said_moment(name: str, moment: LocalMoment, words: Words) -> Said:
    """The clock where the car stood, with its distance to UTC: an hour that comes twice is told apart."""
    shift = moment.local.strftime("%z")
    text = f"{moment_of(moment.local, words.language)} {moment.time_zone} (UTC{shift[:3]}:{shift[3:5]})"
    return Said(name, text, moment.utc.strftime("%Y-%m-%dT%H:%M:%SZ"))


def rate_of(rate: Decimal | None, words: Words) -> str:
    """A rate of VAT, or that there is none."""
    return words.no_vat if rate is None else percent(rate, words.language)


def _quantity(exact: Decimal, language: str) -> str:
    return plain(exact.quantize(FINEST, ROUND_HALF_UP), language)
