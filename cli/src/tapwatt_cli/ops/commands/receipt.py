"""`tapwatt receipt OPERATOR/SESSION`: a driver's receipt, as text, as JSON or as a page."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, NoReturn

import typer
from pydantic import ValidationError

from receipts.cii import cii as in_cii
from receipts.credit_note import CreditNote
from receipts.crediting import make_credit_note
from receipts.invoice import Invoice, Parties, credit_note_of, invoice_of
from receipts.make import NoReceipt, make_receipt
from receipts.page import html_page, laid_out
from receipts.receipt import Merchant, Receipt
from receipts.ubl import ubl as in_ubl
from receipts.words import LANGUAGES
from receipts.xrechnung import xrechnung_of
from tapwatt.clock import SystemClock
from tapwatt.facts.topics import Topics
from tapwatt_cli.console import page
from tapwatt_cli.ops.commands.typed import Session
from tapwatt_cli.ops.fact_files import UnreadableFacts, read_facts
from tapwatt_cli.ops.receipt_facts import OF_A_RECEIPT, NotSettled, Settled, settled_by_events, settled_by_facts
from tapwatt_cli.ops.receipt_text import show_receipt
from tapwatt_cli.ops.session_names import UnknownSession
from tapwatt_cli.ops.topic_log import read_topics
from tapwatt_cli.options import BOOTSTRAP, AsDocument, Bootstrap, TopicPrefix
from tapwatt_cli.running import run

NO_RECEIPT = 2
LARGEST_MERCHANT = 64 * 1024


def _known_language(name: str) -> str:
    if name not in LANGUAGES:
        raise typer.BadParameter(f"{name!r} is none of {', '.join(LANGUAGES)}")
    return name


def receipt(
    session: Session,
    bootstrap: Bootstrap = BOOTSTRAP,
    topic_prefix: TopicPrefix = "",
    events: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Facts from a file instead: a JSON array, or one a line.")
    ] = None,
    as_document: AsDocument = False,
    html: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write it as a page that needs nothing else.")
    ] = None,
    refund: Annotated[str | None, typer.Option(metavar="ID", help="The credit note of this refund alone.")] = None,
    original: Annotated[bool, typer.Option("--original", help="The receipt as it was before money went back.")] = False,
    language: Annotated[str, typer.Option(callback=_known_language, help=f"{', '.join(LANGUAGES)}.")] = "en",
    ubl: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Write an invoice by EN 16931 (UBL 2.1); with refunds its credit note."),
    ] = None,
    cii: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Write the same in CII, as Factur-X, ZUGFeRD and XRechnung have it."),
    ] = None,
    pdf: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Write it as Factur-X: a PDF with the CII inside. Needs tapwatt-cli[pdf]."),
    ] = None,
    xrechnung: Annotated[
        bool, typer.Option("--xrechnung", help="Hold it to XRechnung, too, as German authorities want it.")
    ] = False,
    buyer: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Who bought, for an invoice: as --merchant, with a country.")
    ] = None,
    number: Annotated[str | None, typer.Option(metavar="NUMBER", help="The invoice's or credit note's number.")] = None,
    invoice: Annotated[
        str | None, typer.Option(metavar="NUMBER", help="Of which invoice it is the credit note.")
    ] = None,
    operators: Annotated[
        bool, typer.Option("--why", help="For the operator: which element of the tariff each line is from, and why.")
    ] = False,
    merchant: Annotated[
        Path | None, typer.Option(metavar="FILE", help='Who sold: {"name": ..., "address": [...], "vat_number": ...}.')
    ] = None,
) -> None:
    """Make the receipt of a session: charges, VAT, what became of the money held, the card's slip.

    Once money went back it is a credit note: the lines and the VAT that go back, of all refunds or of one (`--refund`).

    It is made from what was said on Kafka (or in a file): the price, the capture or release, and refunds. Exit code 2,
    and one sentence, when there is no receipt or something given cannot be read.
    """
    if as_document and html is not None:
        raise typer.BadParameter("--json and --html are two ways to have it: give one")
    booked = _booked(ubl, cii, pdf, merchant, buyer, number)
    if xrechnung and booked is None:
        raise typer.BadParameter("--xrechnung says how an invoice is written: give --ubl or --cii, too")
    if refund is not None and original:
        raise typer.BadParameter("--refund asks for a credit note and --original for the receipt: give one")
    try:
        seller = _merchant(merchant)
        found = _settled(session, bootstrap, topic_prefix, events)
        receipt_of_it = make_receipt(found.priced, found.outcome, seller, said_at=found.said_at)
        made: Receipt | CreditNote = receipt_of_it
        if refund is not None or (found.refunds and not original):
            made = make_credit_note(receipt_of_it, found.refunds, refund)
    except (NoReceipt, NotSettled, UnknownSession, UnreadableFacts) as error:
        _refuse(str(error))
    if booked is not None:
        document = _invoice(made, booked, invoice, language, xrechnung=xrechnung)
        for file, written in booked.files:
            _write(file, _made(written, document, language))
            typer.echo(f"the {'invoice' if document.credits is None else 'credit note'} {booked.number} is in {file}")
    elif as_document:
        typer.echo(made.model_dump_json(indent=2))
    elif html is not None:
        _write(html, html_page(made, language))
        typer.echo(f"the {'credit note' if isinstance(made, CreditNote) else 'receipt'} is in {html}")
    else:
        show_receipt(page(), laid_out(made, language, operators=operators))


Written = Callable[[Invoice, str], str | bytes]
"""How an invoice is written, its page in a language."""


@dataclass(frozen=True, slots=True)
class _Booked:
    """What an invoice needs beside the facts: which files it goes into and in which syntax, of whom, and its number."""

    files: tuple[tuple[Path, Written], ...]
    parties: Parties
    number: str


def _booked(
    ubl: Path | None, cii: Path | None, pdf: Path | None, merchant: Path | None, buyer: Path | None, number: str | None
) -> _Booked | None:
    asked: tuple[tuple[Path | None, Written], ...] = (
        (ubl, lambda document, _: in_ubl(document)),
        (cii, lambda document, _: in_cii(document)),
        (pdf, _in_pdf),
    )
    files = tuple((file, written) for file, written in asked if file is not None)
    if not files:
        return None
    seller, bought = _merchant(merchant), _merchant(buyer)
    if seller is None or bought is None or number is None:
        raise typer.BadParameter(
            "--ubl, --cii and --pdf need --merchant, --buyer and --number: who sold, who bought, which invoice"
        )
    return _Booked(files, Parties(seller, bought), number)


def _in_pdf(document: Invoice, language: str) -> bytes:
    try:
        # Not before it is asked for: an operator's host need not have it.
        from tapwatt_cli.ops.invoice_pdf import factur_x
    except ImportError:
        _refuse("a PDF needs more than is installed here: pip install 'tapwatt-cli[pdf]'")
    return factur_x(document, language)


def _made(written: Written, document: Invoice, language: str) -> str | bytes:
    try:
        return written(document, language)
    except NoReceipt as error:
        _refuse(str(error))


def _invoice(
    made: Receipt | CreditNote, booked: _Booked, invoice: str | None, language: str, *, xrechnung: bool
) -> Invoice:
    issued_on = made.issued_at.local.date() if made.issued_at is not None else SystemClock().now().date()
    try:
        if isinstance(made, Receipt):
            document = invoice_of(made, booked.parties, booked.number, issued_on, language)
        elif invoice is None:
            raise typer.BadParameter("money went back, so this is a credit note: say with --invoice of which invoice")
        else:
            document = credit_note_of(made, booked.parties, booked.number, invoice, issued_on, language)
        return xrechnung_of(document) if xrechnung else document
    except NoReceipt as error:
        _refuse(str(error))


def _settled(session: str, bootstrap: str, prefix: str, events: Path | None) -> Settled:
    if events is not None:
        return settled_by_facts(session, read_facts(events))
    log = run(read_topics(bootstrap, Topics(prefix), OF_A_RECEIPT))
    return settled_by_events(session, log.events)


def _merchant(path: Path | None) -> Merchant | None:
    if path is None:
        return None
    try:
        with path.open("rb") as file:
            return Merchant.model_validate_json(file.read(LARGEST_MERCHANT))
    except OSError as error:
        _refuse(f"{path} cannot be read: {error.strerror or error}")
    except ValidationError as error:
        first = error.errors(include_input=False, include_context=False, include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or "the file"
        _refuse(f"{path} does not describe a merchant: {where}: {first['msg']}")


def _write(path: Path, made: str | bytes) -> None:
    try:
        path.write_bytes(made.encode() if isinstance(made, str) else made)
    except OSError as error:
        _refuse(f"{path} cannot be written: {error.strerror or error}")


def _refuse(why: str) -> NoReturn:
    typer.echo(f"tapwatt: {why}", err=True)
    raise typer.Exit(NO_RECEIPT)
