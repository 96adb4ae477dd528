"""Draws a receipt or credit note as one plain HTML page that needs nothing else: for a phone, A4 and a till's paper."""

from __future__ import annotations

import unicodedata
from functools import cache
from importlib.resources import files
from typing import Any

from jinja2 import Environment, StrictUndefined, Template

from receipts.credit_layout import lay_out_credit
from receipts.credit_note import CreditNote
from receipts.layout import Layout, lay_out
from receipts.receipt import Receipt


def html_page(paper: Receipt | CreditNote, language: str = "en") -> str:
    """The page, UTF-8, in a language of `words.LANGUAGES`. Nothing in it is run or fetched."""
    return _template().render(sheet=laid_out(paper, language))


def laid_out(paper: Receipt | CreditNote, language: str = "en", *, operators: bool = False) -> Layout:
    """What stands where, in a language of `words.LANGUAGES`."""
    if isinstance(paper, CreditNote):
        return lay_out_credit(paper, language)
    return lay_out(paper, language, operators=operators)


@cache
def _template() -> Template:
    # Every value is escaped, and a value that is missing is a mistake of ours.
    environment = Environment(
        autoescape=True, undefined=StrictUndefined, finalize=_seen, trim_blocks=True, lstrip_blocks=True
    )
    text = files("receipts").joinpath("page.html.jinja").read_text(encoding="utf-8")
    return environment.from_string(text)


def _seen(value: Any) -> Any:
    """Without characters that cannot be seen: HTML allows none of them, and some turn the reading order round."""
    if not isinstance(value, str) or hasattr(value, "__html__"):
        return value  # what a macro of the page itself has made
    return "".join(one for one in value if unicodedata.category(one)[0] != "C")
