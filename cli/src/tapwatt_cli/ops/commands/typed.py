"""What a person types of a session and its money, in one way for every command: checked before anything is read."""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal
from typing import Annotated

import typer
from pydantic import TypeAdapter, ValidationError

from tapwatt.facts.fields import Name

MOST_NAME, MOST_REASON = 100, 500
"""Characters, as in SettlementDecided and RefundRequested."""

_IDENTIFIER: TypeAdapter[str] = TypeAdapter(Name)
_AMOUNT = re.compile(r"[0-9]{1,8}(\.[0-9]{1,6})?")


def amount_in_words(text: str) -> Decimal:
    """An amount in major units, as a person types it; typer.BadParameter if it is none, or none that anybody pays."""
    if not _AMOUNT.fullmatch(text):
        raise typer.BadParameter(f"{text!r} is no amount: major units with a point, such as 12.34")
    return Decimal(text)


def session_typed(text: str) -> str:
    """The name of a session; typer.BadParameter if there can be none of that name."""
    parts = text.split("/")
    if len(parts) > 2 or not all(map(_is_identifier, parts)):
        raise typer.BadParameter(f"{text!r} names no session: OPERATOR/SESSION, such as NL-TWT/1001")
    return text


def identifier_typed(text: str | None) -> str | None:
    """An id that a person gives, if any; typer.BadParameter if it cannot be one."""
    if text is not None and not _is_identifier(text):
        raise typer.BadParameter(f"{text!r} is no id: 1 to 64 of A-Z, a-z, 0-9 and . _ : * -, such as r-2026-17")
    return text


def words_typed(at_most: int) -> Callable[[str], str]:
    """Words that are kept for others to read: something, and no longer than so many characters."""

    def words(text: str) -> str:
        if not text.strip():
            raise typer.BadParameter("say it in words: it is kept for whoever asks later")
        if len(text) > at_most:
            raise typer.BadParameter(f"it has {len(text)} characters, and {at_most} are kept: say it shorter")
        return text.strip()

    return words


def _is_identifier(text: str) -> bool:
    try:
        _IDENTIFIER.validate_python(text)
    except ValidationError:
        return False
    return True


By = Annotated[
    str | None,
    typer.Option(
        callback=lambda text: text and words_typed(MOST_NAME)(text),
        metavar="NAME",
        help="Who does it: written down with it. Who is logged in, if not given.",
    ),
]

Session = Annotated[
    str,
    typer.Argument(
        callback=session_typed,
        metavar="OPERATOR/SESSION",
        help="Which session, such as NL-TWT/1001; SESSION alone where one operator has one of that id.",
    ),
]
