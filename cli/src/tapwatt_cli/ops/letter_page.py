"""Shows people dead letters: a list of them, how many are of a kind, and everything of one.

What is in a letter was written by anybody. Nothing of it reaches a terminal that is not a printable character.
"""

from __future__ import annotations

import base64
import json
import re
import textwrap
from collections.abc import Iterable, Sequence
from typing import Any

from rich.console import Console
from rich.text import Text

from tapwatt_cli.console import printable
from tapwatt_cli.ops.dead_letters import Letter, standing
from tapwatt_cli.ops.letter_choice import Group

REASON_SHOWN = 80
"""Characters of a reason in a list."""

_NARROWEST = 24

VALUE_SHOWN = 20_000
"""Characters of a value on its page; --json has every byte."""

_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\],:]|[^\s{}\[\],:"]+')


def show_list(out: Console, letters: Sequence[Letter]) -> None:
    """Two lines for each: when, by whom and what it is; and why."""
    wide = max((len(str(letter.number)) for letter in letters), default=0) + 2
    for letter in letters:
        number = f"{letter.number!s:<{wide}}"
        for style, said in (("", _what(letter)), ("dim", _why(letter))):
            for text in textwrap.wrap(said, max(out.width - wide, _NARROWEST)):
                out.print(Text.assemble(number, (text, style)), soft_wrap=True)
                number = " " * wide


def _what(letter: Letter) -> str:
    at, by = printable(letter.dead_lettered_at[:19].replace("T", " ")), printable(letter.dead_lettered_by) or "nobody"
    said = f"{at or 'no time'}  {by}: {printable(letter.fact) or 'unknown'} {printable(letter.record.key or b'')}"
    return f"{said}{_since_then(letter)}"


def _since_then(letter: Letter) -> str:
    if letter.came_back_as is not None:
        return f"; replayed, and now {letter.came_back_as}"
    by = f" by {printable(letter.replayed_by)}" if letter.replayed_by else ""
    if letter.replayed_at is not None:
        return f"; replayed {printable(letter.replayed_at[:19].replace('T', ' '))}{by}"
    return f"; dead-lettered {letter.times} times" if letter.times > 1 else ""


def _why(letter: Letter) -> str:
    return f"{letter.kind}: {printable(_short(letter.reason))}"


def line(letters: Sequence[Letter]) -> str:
    """The last line: how many stand, how many were replayed. One that came back is one letter, however often."""
    now = [letter for letter in letters if letter.came_back_as is None]
    stand = len(standing(now))
    return f"dead letters: {stand} standing, {len(now) - stand} replayed"


def show_summary(out: Console, groups: Sequence[Group]) -> None:
    """How many letters there are of what one thing may mend, since when, and one of them with its reason."""
    for group in groups:
        first, last = (_minute(letter) for letter in (group.letters[0], group.letters[-1]))
        many = len(group.letters)
        said = f"{many:,} {group.kind}  {printable(group.service) or 'nobody'}: {printable(group.fact) or 'unknown'}"
        when = f"{first} to {last}" if many > 1 else first
        one = group.letters[-1]
        for style, text in (("bold", said), ("", when), ("dim", f"{one.number}: {printable(_short(one.reason))}")):
            indent = "" if style == "bold" else "    "
            for wrapped in textwrap.wrap(text, max(out.width - len(indent), _NARROWEST)):
                out.print(Text.assemble(indent, (wrapped, style)), soft_wrap=True)


def _minute(letter: Letter) -> str:
    return printable(letter.dead_lettered_at[:16].replace("T", " ")) or "no time"


def summary_as_json(groups: Sequence[Group]) -> dict[str, Any]:
    """The groups for scripts; `latest` is the number of the letter that came last."""
    return {
        "groups": [
            {
                "count": len(group.letters),
                "kind": group.kind,
                "dead_lettered_by": group.service,
                "fact": group.fact,
                "first_at": group.letters[0].dead_lettered_at,
                "last_at": group.letters[-1].dead_lettered_at,
                "latest": str(group.letters[-1].number),
                "reason": group.letters[-1].reason,
            }
            for group in groups
        ]
    }


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
        "replayed": _replayed(letter),
        "fact": printable(letter.fact) or "unknown",
        "key": printable(letter.record.key or b""),
    }
    wide = max(map(len, facts)) + 2
    lines = [f"{name + ':':{wide}}{text}" for name, text in facts.items()]
    lines += ["headers:", *(f"  {printable(name)}: {printable(raw or b'')}" for name, raw in letter.record.headers)]
    lines += [f"value ({len(value)} bytes):", pretty(value)]
    for one in lines:
        out.print(Text(one), soft_wrap=True)


def _replayed(letter: Letter) -> str:
    by = f" by {letter.replayed_by}" if letter.replayed_by else ""
    now = f"; dead-lettered again: {letter.came_back_as}" if letter.came_back_as else ""
    before = f"; it was {letter.came_from} before" if letter.came_from else ""
    return printable(f"{letter.replayed_at or 'no'}{by}{now}{before}")


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
        "kind": letter.kind,
        "reason": letter.reason,
        "origin": letter.origin,
        "session_quarantined_since": letter.quarantine or None,
        "operator": letter.operator or None,
        "times_dead_lettered": letter.times,
        "standing": letter.stands,
        "replayed_at": letter.replayed_at,
        "replayed_by": letter.replayed_by or None,
        "came_back_as": str(letter.came_back_as) if letter.came_back_as else None,
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
