"""Shows people dead letters: a table of them, and everything of one.

What is in a letter was written by anybody. Nothing of it reaches a terminal that is not a printable character.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterable, Sequence
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from tapwatt_cli.console import printable
from tapwatt_cli.ops.dead_letters import Letter, standing

REASON_SHOWN = 80
"""Characters of a reason in the table."""

VALUE_SHOWN = 20_000
"""Characters of a value on its page; --json has every byte."""

_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\],:]|[^\s{}\[\],:"]+')


def show_list(out: Console, letters: Sequence[Letter], every: bool) -> None:
    """The table of those that stand (of all, with `every`), and how many there are."""
    shown = letters if every else standing(letters)
    if shown:
        table = Table(header_style="bold", box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0))
        for name in ("number", "dead-lettered (UTC)", "by"):
            table.add_column(name, no_wrap=name == "number", overflow="fold")
        for name in ("fact", "key", "reason", "origin", *(["replayed at (UTC)"] if every else [])):
            table.add_column(name, overflow="fold")
        for letter in shown:
            table.add_row(*(Text(cell) for cell in _cells(letter, every)))
        out.print(table)
    out.print(line(letters), highlight=False, soft_wrap=True)


def line(letters: Sequence[Letter]) -> str:
    """The last line: how many stand, how many were replayed."""
    stand = len(standing(letters))
    return f"dead letters: {stand} standing, {len(letters) - stand} replayed"


def _cells(letter: Letter, every: bool) -> list[str]:
    cells = [
        str(letter.number),
        printable(letter.dead_lettered_at[:19]),
        printable(letter.dead_lettered_by) or "nobody",
        printable(letter.fact) or "unknown",
        printable(letter.record.key or b""),
        printable(_short(letter.reason)),
        printable(letter.origin),
    ]
    return [*cells, printable((letter.replayed_at or "")[:19])] if every else cells


def _short(reason: str) -> str:
    return reason if len(reason) <= REASON_SHOWN else f"{reason[: REASON_SHOWN - 1]}\N{HORIZONTAL ELLIPSIS}"


def show_letter(out: Console, letter: Letter) -> None:
    """Everything of one letter: why, by whom, when, its key, its headers and its value."""
    value = letter.record.value or b""
    facts = {
        "dead letter": str(letter.number),
        "reason": printable(letter.reason),
        "dead-lettered by": _by_whom(letter),
        "origin": printable(letter.origin),
        "replayed": printable(letter.replayed_at or "no"),
        "fact": printable(letter.fact) or "unknown",
        "key": printable(letter.record.key or b""),
    }
    wide = max(map(len, facts)) + 2
    lines = [f"{name + ':':{wide}}{text}" for name, text in facts.items()]
    lines += ["headers:", *(f"  {printable(name)}: {printable(raw or b'')}" for name, raw in letter.record.headers)]
    lines += [f"value ({len(value)} bytes):", pretty(value)]
    for one in lines:
        out.print(Text(one), soft_wrap=True)


def _by_whom(letter: Letter) -> str:
    return f"{printable(letter.dead_lettered_by) or 'nobody'} at {printable(letter.dead_lettered_at) or 'no time'}"


def list_as_json(letters: Iterable[Letter]) -> dict[str, Any]:
    """The list for scripts; times ISO 8601, UTC; `replayed_at` is null while a letter stands."""
    return {"letters": [_summary(letter) for letter in letters]}


def letter_as_json(letter: Letter) -> dict[str, Any]:
    """One letter for scripts. `value_base64` has the untouched bytes; `value` is null where they are not UTF-8."""
    raw = letter.record.value or b""
    try:
        value = raw.decode()
    except UnicodeDecodeError:
        value = None
    headers = [
        [printable(name), None if raw is None else raw.decode("utf-8", "backslashreplace")]
        for name, raw in letter.record.headers
    ]
    return {**_summary(letter), "headers": headers, "value": value, "value_base64": base64.b64encode(raw).decode()}


def _summary(letter: Letter) -> dict[str, Any]:
    return {
        "number": str(letter.number),
        "dead_lettered_at": letter.dead_lettered_at,
        "dead_lettered_by": letter.dead_lettered_by,
        "fact": letter.fact,
        "key": (letter.record.key or b"").decode("utf-8", "backslashreplace"),
        "reason": letter.reason,
        "origin": letter.origin,
        "session_quarantined_since": letter.quarantine or None,
        "replayed_at": letter.replayed_at,
    }


def pretty(value: bytes) -> str:
    """A value for people: JSON indented with every number and name as it was written, else escaped; not too long."""
    try:
        text = value.decode()
        json.loads(text)
    except (ValueError, RecursionError):
        shown = printable(value[: VALUE_SHOWN + 1])
    else:
        # Reading and writing it again would tidy what may be the very fault: 50.50, a name that is there twice.
        shown = "\n".join(printable(one) for one in _indented(text))
    if len(shown) <= VALUE_SHOWN:
        return shown
    return f"{shown[:VALUE_SHOWN]}\n(cut here; --json has all of it)"


def _indented(text: str) -> list[str]:
    lines, depth = [""], 0
    before = ""
    for token in _TOKEN.findall(text):
        closes = token in ("}", "]")
        depth -= closes
        if (closes and before not in ("{", "[")) or (before in ("{", "[", ",") and not closes):
            lines.append("  " * depth)
        lines[-1] += ": " if token == ":" else token
        depth += token in ("{", "[")
        before = token
    return lines
