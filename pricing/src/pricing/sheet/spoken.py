"""The languages that a terminal speaks to drivers in."""

from __future__ import annotations

from typing import Literal

from pricing.sheet.languages.dutch import DUTCH
from pricing.sheet.languages.english import ENGLISH
from pricing.sheet.languages.french import FRENCH
from pricing.sheet.languages.german import GERMAN
from pricing.sheet.languages.italian import ITALIAN
from pricing.sheet.languages.spanish import SPANISH
from pricing.sheet.words import Words

Language = Literal["en", "nl", "de", "fr", "es", "it"]

WORDS: dict[Language, Words] = {
    "en": ENGLISH,
    "nl": DUTCH,
    "de": GERMAN,
    "fr": FRENCH,
    "es": SPANISH,
    "it": ITALIAN,
}
