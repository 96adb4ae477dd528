"""Shows a driver or a judge what a session costs: each line with its why, the VAT, and how it was rounded."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.text import Text

from tapwatt.facts.bill import PriceLine
from tapwatt.money import Money
from tapwatt_cli.console import printable
from tapwatt_cli.prices.pricing_records import Priced, plain

_WIDEST = 120
_NARROWEST = 40
_INDENT = "  "
_LONGEST_NAME = 40
_NOISE = 9
_NOISE_IS = Decimal("1e-12")


def show_priced(console: Console, priced: Priced) -> None:
    """The whole price on a page. Where the table is wider than the terminal, what makes a line up stands below it."""
    width = max(min(console.width, _WIDEST), _NARROWEST)
    ascii_only = console.options.ascii_only
    lines = [(_ascii(text) if ascii_only else text, style) for text, style in _page(priced, width)]
    if console.is_terminal:
        console.print(Text("\n").join(Text(text, style=style) for text, style in lines), soft_wrap=True)
    else:
        # Nothing has to be drawn where there is no colour: of thousands of records that is most of the work.
        console.file.writelines(f"{text}\n" for text, _ in lines)


def _ascii(text: str) -> str:
    return text.replace("─", "-").encode("ascii", "replace").decode()


def _page(priced: Priced, width: int) -> Iterator[tuple[str, str]]:
    yield from ((line, "bold") for line in textwrap.wrap(_title(priced), width))
    yield from ((line, "") for line in textwrap.wrap(_when(priced), width))
    yield "", ""
    yield from _lines(priced, width)
    yield "", ""
    for sentence in _sentences(priced):
        yield from ((line, "") for line in textwrap.wrap(sentence, width))


def _title(priced: Priced) -> str:
    usage = priced.usage
    cost = "What it costs so far" if priced.running else "What it costs"
    return f"{cost}: {usage.kind} {_short(usage.id or '(no id)')}, {_tariffs(priced)}"


def _tariffs(priced: Priced) -> str:
    names = [_short(tariff.id) for tariff in (priced.tariff, *priced.others)]
    return f"tariff {names[0]}" if len(names) == 1 else f"tariffs {', '.join(names)}"


def _when(priced: Priced) -> str:
    zone = ZoneInfo(priced.time_zone)
    first, last = (at.astimezone(zone) for at in (priced.periods[0].starts_at, priced.periods[-1].ends_at))
    until = _clock(last) if last.date() == first.date() else f"{_day(last)}, {_clock(last)}"
    began = _clock(first)
    if _changes(priced):
        began, until = f"{began} (UTC{_offset(first)})", f"{until} (UTC{_offset(last)})"
    said = f"{_day(first)}, {began} to {until}; {plain(priced.energy_kwh)} kWh"
    return f"{said}. Times of {priced.time_zone} ({priced.zone_because}).{_taxes(priced)}"


def _changes(priced: Priced) -> bool:
    """Whether the clock is changed while the session lasts: then a time of day alone may be one of two."""
    zone = ZoneInfo(priced.time_zone)
    instants = {at for period in priced.periods for at in (period.starts_at, period.ends_at)}
    return len({at.astimezone(zone).utcoffset() for at in instants}) > 1


def _offset(at: datetime) -> str:
    shift = f"{at:%z}"
    return f"{shift[:3]}:{shift[3:5]}"


def _taxes(priced: Priced) -> str:
    if priced.taxes_unknown:
        return " Prices are before taxes, and the tariff does not say which: what it costs after them is not known."
    if all(share.percent is None for share in priced.bill.vat):
        return ""
    return f" Prices {'include' if priced.tariff.tax_included == 'YES' else 'are before'} VAT."


def _lines(priced: Priced, width: int) -> Iterator[tuple[str, str]]:
    bill, currency = priced.bill, priced.tariff.currency
    rows: list[tuple[str, ...]] = [("", "quantity", "price", "VAT", "before VAT", f"{currency} {_after(priced)}")]
    rows += [_cells(line, unknown=priced.taxes_unknown) for line in bill.lines]
    total: tuple[str, ...] = (
        "to pay so far" if priced.running else "to pay",
        "",
        "",
        "",
        _amount(bill.taxable),
        _amount(bill.incl_vat),
    )
    widths = _widths((*rows, total))
    folded = _wide(widths) > width
    if folded:
        details = [_detail(row) for row in rows[1:]]
        rows, total = [_amounts(row) for row in rows], _amounts(total)
        widths = _widths((*rows, total))
    rule = "─" * _wide(widths)
    yield _row(rows[0], widths), "bold"
    yield rule, "dim"
    for place, (line, row) in enumerate(zip(bill.lines, rows[1:], strict=True)):
        yield _row(row, widths), ""
        made_up = details[place] if folded else ""
        why = f"{made_up}{_span(priced, line)}{printable(line.why)}"
        for part in textwrap.wrap(why, width, initial_indent=_INDENT * 2, subsequent_indent=_INDENT * 2):
            yield part, "dim"
    yield rule, "dim"
    yield _row(total, widths), "bold"
    for share in bill.vat:
        if share.percent is None:
            said = f"of which {_untaxed(priced)}: {_amount(share.incl_vat)}"
        else:
            said = f"of which {plain(share.percent)} % VAT: {_amount(share.vat)} on {_amount(share.excl_vat)}"
        yield _INDENT + said, ""


def _widths(rows: Sequence[tuple[str, ...]]) -> list[int]:
    return [max(map(len, column)) for column in zip(*rows, strict=True)]


def _wide(widths: Sequence[int]) -> int:
    """Columns of a whole row."""
    return sum(widths) + 2 * len(widths)


def _amounts(row: tuple[str, ...]) -> tuple[str, ...]:
    """A row without quantity, price and VAT, which stand below it then."""
    name, *_, excl_vat, incl_vat = row
    return name, excl_vat, incl_vat


def _detail(row: tuple[str, ...]) -> str:
    _, quantity, price, vat, *_ = row
    at = " at ".join(one for one in (quantity, price) if one)
    return f"{f'{at}, ' if at else ''}VAT {vat}: "


def _after(priced: Priced) -> str:
    return "before taxes" if priced.taxes_unknown else "with VAT"


def _untaxed(priced: Priced) -> str:
    return "before taxes that are not known" if priced.taxes_unknown else "without VAT"


def _cells(line: PriceLine, *, unknown: bool) -> tuple[str, ...]:
    unit = "" if line.unit == "session" else f" {line.unit}"
    per = "" if line.unit == "session" else f"/{line.unit}"
    return (
        _WORDS[line.dimension],
        f"{plain(line.quantity)}{unit}" if line.unit != "session" else "",
        f"{_price(line.unit_price)}{per}" if line.dimension != "ADJUSTMENT" else "",
        ("unknown" if unknown else "none") if line.vat_percent is None else f"{plain(line.vat_percent)} %",
        _amount(line.excl_vat),
        _amount(line.incl_vat),
    )


def _price(unit_price: Decimal) -> str:
    """As the tariff has it, without what a program made of it: 0.44999999999999996 is 0.45."""
    rounded = round(unit_price, _NOISE)
    return plain(rounded) if abs(unit_price - rounded) < _NOISE_IS and unit_price != rounded else f"{unit_price:f}"


_WORDS = {
    "ENERGY": "energy",
    "TIME": "time",
    "PARKING_TIME": "parking",
    "FLAT": "fee",
    "ADJUSTMENT": "adjustment",
}


def _row(cells: tuple[str, ...], widths: list[int]) -> str:
    first, *others = (
        cell.rjust(wide) if column else cell.ljust(wide)
        for column, (cell, wide) in enumerate(zip(cells, widths, strict=True))
    )
    return (_INDENT + "  ".join((first, *others))).rstrip()


def _span(priced: Priced, line: PriceLine) -> str:
    if line.starts_at is None or line.ends_at is None or line.unit == "session":
        return ""
    zone, began = ZoneInfo(priced.time_zone), priced.periods[0].starts_at
    first, last = (at.astimezone(zone) for at in (line.starts_at, line.ends_at))
    same = first.date() == last.date() == began.astimezone(zone).date()
    if _changes(priced):
        return f"{_short_day(first)} {_offset(first)} - {_short_day(last)} {_offset(last)}, "
    return f"{_clock(first)}-{_clock(last)}, " if same else f"{_short_day(first)} - {_short_day(last)}, "


def _sentences(priced: Priced) -> Iterator[str]:
    bill = priced.bill
    yield f"Rounding: {priced.policy}."
    exact = f"Unrounded: {_exact(bill.exact_excl_vat)} before VAT"
    yield f"{exact}." if priced.taxes_unknown else f"{exact} and {_exact(bill.exact_incl_vat)} with VAT."
    if bill.taxable != bill.excl_vat:
        yield (
            f"OCPI's total before VAT is {_amount(bill.excl_vat)}: it is rounded on its own, "
            "and the VAT above is the one in what is to pay."
        )
    yield from _compared(priced)
    for doubt in priced.doubts:
        yield f"Doubt: {_placed(priced, doubt.path)}{doubt.said}."
    for note in priced.notes:
        yield f"Note: {_placed(priced, note.path)}{note.said}."


def _compared(priced: Priced) -> Iterator[str]:
    stated = priced.stated
    if stated is None:
        return
    pairs = [("before VAT", stated.excl, priced.bill.excl_vat)]
    if stated.incl is not None and not priced.taxes_unknown:
        pairs.append(("with VAT", stated.incl, priced.bill.incl_vat))
    differ = [f"{name} this price is {_apart(ours, theirs)}" for name, theirs, ours in pairs if ours != theirs]
    said = " and ".join(f"{_amount(theirs)} {name}" for name, theirs, _ in pairs)
    yield f"The record's own total is {said}: " + ("; ".join(differ) if differ else _the_same(priced)) + "."


def _the_same(priced: Priced) -> str:
    return "the same, by what is doubted below" if priced.doubts else "the same"


def _placed(priced: Priced, path: str) -> str:
    place = path.removeprefix(priced.usage.path).removeprefix(".")
    return f"{place} " if place else ""


def _apart(ours: Money, theirs: Money) -> str:
    return f"{_amount(ours - theirs)} more" if theirs < ours else f"{_amount(theirs - ours)} less"


def _exact(amount: Decimal) -> str:
    text = plain(amount)
    whole, _, decimals = text.partition(".")
    return text if len(decimals) <= 8 else f"{whole}.{decimals[:8]}..."


def _amount(money: Money) -> str:
    return f"{money.major:,f}"


def _clock(at: datetime) -> str:
    return at.strftime("%H:%M:%S" if at.second else "%H:%M")


def _day(at: datetime) -> str:
    return f"{at.day} {at:%B %Y}"


def _short_day(at: datetime) -> str:
    return f"{at.day} {at:%b} {_clock(at)}"


def _short(name: str) -> str:
    text = printable(name)
    return text if len(text) <= _LONGEST_NAME else f"{text[:_LONGEST_NAME]}..."
