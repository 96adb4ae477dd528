"""An invoice or a credit note as Factur-X (ZUGFeRD): a PDF/A-3 for people, with its CII inside for programs.

Needs the extra `pdf` of this distribution. The page says what the CII says, and both are made of the same document.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, time
from importlib.resources import as_file, files
from typing import Any

import fontpkg_open_sans
from fpdf import FPDF
from fpdf.enums import DocumentCompliance
from fpdf.fonts import TTFFont

from receipts.cii import cii
from receipts.factur_x_metadata import CONFORMANCE, EMBEDDED, metadata
from receipts.invoice import SPECIFICATION, Invoice
from receipts.invoice_page import InvoicePage, Table, invoice_page
from receipts.make import NoReceipt

_FAMILY = "opensans"
_SMALL, _LARGE = 9, 16
_LEADING = 5
_PRODUCER = "Tapwatt"
_SPACES = str.maketrans({"\N{NARROW NO-BREAK SPACE}": "\N{NO-BREAK SPACE}", "\N{THIN SPACE}": "\N{NO-BREAK SPACE}"})


def factur_x(invoice: Invoice, language: str = "en") -> bytes:
    """The PDF, the same bytes for the same document.

    NoReceipt where it is an XRechnung (which is XML alone), or where the font has no letter for something in it.
    """
    if invoice.specification != SPECIFICATION:
        raise NoReceipt("an XRechnung is XML alone, and Factur-X a PDF with an invoice of EN 16931 in it: ask for one")
    sheet = invoice_page(invoice, language)
    issued = datetime.combine(invoice.issued_on, time(), UTC)
    pdf = FPDF(format="A4", enforce_compliance=DocumentCompliance.PDFA_3B)
    pdf.set_creation_date(issued)
    pdf.set_lang(language)
    pdf.set_title(_seen(sheet.title))
    pdf.set_producer(_PRODUCER)
    pdf.set_xmp_metadata(metadata(_seen(sheet.title), _PRODUCER, issued))
    _fonts(pdf)
    pdf.add_page()
    _draw(pdf, sheet)
    pdf.embed_file(
        bytes=cii(invoice).encode(),
        basename=EMBEDDED,
        mime_type="text/xml",
        modification_date=issued,
        creation_date=issued,
        associated_file_relationship="Alternative",
        desc=f"Factur-X {CONFORMANCE}",
        compress=True,
    )
    return bytes(pdf.output())


def _fonts(pdf: FPDF) -> None:
    with as_file(files(fontpkg_open_sans).joinpath("files", "OpenSans[wdth,wght].ttf")) as font:
        pdf.add_font(_FAMILY, "", font, variations=_weight(400))
        pdf.add_font(_FAMILY, "B", font, variations=_weight(700))


def _weight(weight: int) -> dict[str, Any]:
    return {"wght": weight, "wdth": 100}


def _draw(pdf: FPDF, sheet: InvoicePage) -> None:
    _lines(pdf, [sheet.title], "B", _LARGE)
    for lines in (sheet.seller, sheet.buyer):
        pdf.ln(_LEADING)
        _lines(pdf, lines[:1], "B")
        _lines(pdf, lines[1:])
    _table(pdf, Table(head=(), rows=sheet.facts, widths=(3, 7), numbers_from=2))
    for table in sheet.tables:
        _table(pdf, table)


def _lines(pdf: FPDF, lines: Sequence[str], style: str = "", size: int = _SMALL) -> None:
    pdf.set_font(_FAMILY, style, size)
    for line in lines:
        pdf.multi_cell(0, _LEADING * size // _SMALL, _known(pdf, line), new_x="LMARGIN", new_y="NEXT")


def _table(pdf: FPDF, table: Table) -> None:
    pdf.ln(_LEADING)
    if table.title:
        _lines(pdf, [table.title], "B")
    pdf.set_font(_FAMILY, "", _SMALL)
    aligned = tuple("LEFT" if column < table.numbers_from else "RIGHT" for column in range(len(table.widths)))
    with pdf.table(
        col_widths=table.widths,
        text_align=aligned,
        borders_layout="HORIZONTAL_LINES" if table.head else "NONE",
        line_height=_LEADING,
        first_row_as_headings=bool(table.head),
    ) as drawn:
        for cells in (*([table.head] if table.head else []), *table.rows):
            row = drawn.row()
            for cell in cells:
                row.cell(_known(pdf, cell))


def _known(pdf: FPDF, text: str) -> str:
    """The text as it is drawn. PDF/A allows no letter that its font has not."""
    said = _seen(text.translate(_SPACES))
    for letter in _unknown(pdf, said):
        name = unicodedata.name(letter, f"U+{ord(letter):04X}")
        raise NoReceipt(f"no PDF can be made: its font has no letter for {name}; --ubl and --cii have every letter")
    return said


def _unknown(pdf: FPDF, text: str) -> Iterator[str]:
    font = pdf.fonts[f"{_FAMILY}{pdf.font_style}"]
    assert isinstance(font, TTFFont)
    return (letter for letter in text if ord(letter) not in font.cmap)


def _seen(text: str) -> str:
    """Without characters that cannot be seen: some turn the reading order round."""
    return "".join(one for one in text if unicodedata.category(one)[0] != "C")
