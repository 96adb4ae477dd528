"""Shows a receipt on a terminal, from top to bottom as on the page."""

from __future__ import annotations

from collections.abc import Iterable

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from receipts.layout import Layout, Said
from tapwatt_cli.console import printable


def show_receipt(out: Console, sheet: Layout) -> None:
    """The whole receipt. Nothing in it is taken for a colour or a movement of the cursor."""
    words = sheet.words
    out.print(Text(sheet.title, style="bold"))
    for line in sheet.merchant:
        out.print(_safe(line))
    out.print()
    _say(out, sheet.session)
    out.print()
    amounts_in = f"({words.amounts_in} {sheet.currency})"
    if sheet.charges:
        _charges(out, sheet, amounts_in)
    if sheet.vat:
        table = _table(f"{words.vat_by_rate} {amounts_in}", words.rate, words.excl_vat, words.vat, words.incl_vat)
        for share in sheet.vat:
            table.add_row(*map(_safe, (share.rate, share.excl_vat, share.vat, share.incl_vat)))
        out.print(table)
    payment = _table(f"{words.payment} {amounts_in}", "", "")
    payment.show_header = False
    for one in sheet.payment:
        payment.add_row(_safe(one.name), _safe(one.text), style="bold" if one.name == sheet.bold else "")
    out.print(payment)
    if sheet.note:
        out.print(_safe(sheet.note))
        out.print()
    _card(out, sheet)
    for refund in sheet.refunds:
        _say(out, refund)
        out.print()
    if sheet.signed:
        out.print(Text(sheet.signed_are, style="bold"))
        for one in sheet.signed:
            out.print(_safe(f"  {one.name}"))
            out.print(_safe(f"  {one.text}"), soft_wrap=True)
        out.print()
    _say(out, sheet.foot)


def _card(out: Console, sheet: Layout) -> None:
    words = sheet.words
    if sheet.card:
        out.print(Text(words.card, style="bold"))
        _say(out, sheet.card)
        out.print()
    if sheet.slip:
        out.print(Text(words.from_terminal, style="bold"))
        for line in sheet.slip:
            out.print(_safe(f"  {line}"), soft_wrap=True)
        out.print()


def _charges(out: Console, sheet: Layout, amounts_in: str) -> None:
    words = sheet.words
    measures = (words.quantity, words.unit_price) if sheet.measured else ()
    table = _table(f"{sheet.lines_are} {amounts_in}", words.description, *measures, words.vat, words.amount_incl_vat)
    for line in sheet.charges:
        measured = (line.quantity, line.unit_price) if sheet.measured else ()
        table.add_row(*map(_safe, (line.what, *measured, line.vat, line.amount)))
    table.add_section()
    table.add_row(_safe(sheet.total_is), *[""] * len(measures), "", _safe(sheet.total), style="bold")
    out.print(table)
    for line in sheet.charges:
        if line.why:
            out.print(_safe(f"  {line.what} \N{EN DASH} {line.why}"), style="dim")
    out.print()


def _table(title: str, first: str, *others: str) -> Table:
    table = Table(title=title, title_justify="left", header_style="bold", box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0))
    table.add_column(first)
    for name in others:
        table.add_column(name, justify="right", no_wrap=True)
    return table


def _say(out: Console, things: Iterable[Said]) -> None:
    grid = Table.grid(padding=(0, 2, 0, 0))
    grid.add_column()
    grid.add_column(overflow="fold")
    for one in things:
        grid.add_row(_safe(f"  {one.name}"), _safe(one.text))
    out.print(grid)


def _safe(text: str) -> Text:
    # Between a number and its unit stand spaces that are not "printable", and do no harm.
    return Text(
        printable(
            text.replace("\N{NO-BREAK SPACE}", " ").replace("\N{NARROW NO-BREAK SPACE}", " ").replace("\u2009", " ")
        )
    )
