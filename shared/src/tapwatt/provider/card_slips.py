"""Makes of what a terminal tells about a card what its holder's receipt may show, and nothing by which it is known."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Collection
from dataclasses import dataclass

from pydantic import SecretStr, ValidationError

from tapwatt.facts.bill import CardSlip
from tapwatt.provider.card_numbers import masked, masked_number, over_lines, suspicious

LONGEST_WORD, LONGEST_LINE, MOST_LINES = 64, 80, 60

OnWithheld = Callable[[str], None]
"""Hears the name of each thing that is left out because a card could be known by it; never the thing."""


@dataclass(frozen=True, slots=True)
class Shown:
    """What a terminal tells for the cardholder's receipt. Until it has been looked at, any of it may be a secret."""

    brand: SecretStr | None = None
    masked_pan: SecretStr | None = None
    entry_mode: SecretStr | None = None
    acquirer: SecretStr | None = None
    response_code: SecretStr | None = None
    receipt: SecretStr | None = None


def slip_of(
    shown: Shown, secrets: Collection[SecretStr | None] = (), on_withheld: OnWithheld = lambda what: None
) -> CardSlip | None:
    """The card's slip: a number masked but for its last four digits, and the receipt's lines without any other.

    `secrets` are the token and PAR where they are known. None if there is nothing to show. It raises nothing: a slip
    is never worth a capture.
    """
    known = [secret.get_secret_value() for secret in secrets if secret is not None]
    words = {
        name: _word(name, secret, known, on_withheld)
        for name, secret in (
            ("brand", shown.brand),
            ("entry_mode", shown.entry_mode),
            ("acquirer", shown.acquirer),
            ("response_code", shown.response_code),
        )
    }
    pan = _pan(shown.masked_pan, known, on_withheld)
    lines = _lines(shown.receipt, known, on_withheld)
    if not (pan or lines or any(words.values())):
        return None
    try:
        return CardSlip(masked_pan=pan, lines=lines, **words)
    except ValidationError:
        on_withheld("slip")
        return None


def brand_of(
    brand: SecretStr | None,
    secrets: Collection[SecretStr | None] = (),
    on_withheld: OnWithheld = lambda what: None,
) -> str | None:
    """The card's brand as the terminal writes it; None where it says none, or says what a card could be known by."""
    known = [secret.get_secret_value() for secret in secrets if secret is not None]
    return _word("brand", brand, known, on_withheld)


def _word(name: str, secret: SecretStr | None, known: Collection[str], on_withheld: OnWithheld) -> str | None:
    text = _printable(secret.get_secret_value()).strip() if secret is not None else ""
    if not text or len(text) > LONGEST_WORD:
        return None
    shown = None if suspicious(text, known) else masked(text)
    if shown is None:
        on_withheld(name)
    return shown


def _pan(secret: SecretStr | None, known: Collection[str], on_withheld: OnWithheld) -> str | None:
    if secret is None:
        return None
    text = secret.get_secret_value()
    try:
        if not suspicious(text, known):
            return masked_number(text)
    except ValueError:
        pass
    on_withheld("masked_pan")
    return None


def _lines(secret: SecretStr | None, known: Collection[str], on_withheld: OnWithheld) -> tuple[str, ...]:
    """The lines that can be shown, each cut where a slip of paper ends."""
    if secret is None:
        return ()
    told = [_printable(line).rstrip() for line in secret.get_secret_value().splitlines()]
    broken = over_lines(told)
    lines = [None if at in broken or suspicious(line, known) else masked(line) for at, line in enumerate(told)]
    for _ in range(lines.count(None)):
        on_withheld("line")
    kept = "\n".join(line[:LONGEST_LINE] for line in lines if line is not None).strip("\n")
    return tuple(kept.split("\n")[:MOST_LINES]) if kept else ()


def _printable(text: str) -> str:
    """Without what moves a printer's or a reader's cursor, and without what cannot be seen."""
    kinds = ((one, "Z" if one == "\t" else unicodedata.category(one)[0]) for one in text)
    return "".join(" " if kind == "Z" else one for one, kind in kinds if kind != "C")
