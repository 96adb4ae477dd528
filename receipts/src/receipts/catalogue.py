"""The languages that a receipt can be given in: English here, and one file of translations (gettext) for each other.

Whoever adds a language adds `languages/CODE.po` and nothing else: its numbers, dates and units are those of the CLDR.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import TypeVar

from babel import Locale
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po

ENGLISH = "en"
_SUFFIX = ".po"
_LOCALES = {ENGLISH: "en_GB"}
"""Where the dates of a language differ from country to country: ours are European."""

Made = TypeVar("Made")
Translate = Callable[[str, str], str]
"""What is said in a language for a place (msgctxt) and its English words (msgid)."""


@cache
def languages() -> tuple[str, ...]:
    """The codes of all languages, English first."""
    found = sorted(one.name.removesuffix(_SUFFIX) for one in _folder().iterdir() if one.name.endswith(_SUFFIX))
    return (ENGLISH, *found)


@cache
def locale(language: str) -> Locale:
    """How the language writes numbers, dates and units."""
    return Locale.parse(_LOCALES.get(language, language))


def translations(language: str) -> Translate:
    """What the language says. KeyError, naming the place, for what its file does not translate."""
    if language == ENGLISH:
        return lambda place, english: english
    catalogue = _catalogue(language)

    def translate(place: str, english: str) -> str:
        message = catalogue.get(english, context=place)
        if message is None or not isinstance(message.string, str) or not message.string or message.fuzzy:
            raise KeyError(f"{language}{_SUFFIX} does not translate {place}")
        return message.string

    return translate


class InEachLanguage(Mapping[str, Made]):
    """Something made of a language's words, when that language is first asked for. KeyError for an unknown one."""

    def __init__(self, make: Callable[[str], Made]) -> None:
        self._make = make
        self._made: dict[str, Made] = {}

    def __getitem__(self, language: str) -> Made:
        if language not in languages():
            raise KeyError(language)
        if language not in self._made:
            self._made[language] = self._make(language)
        return self._made[language]

    def __iter__(self) -> Iterator[str]:
        return iter(languages())

    def __len__(self) -> int:
        return len(languages())


def spoken(words: Callable[..., Made], place: str) -> InEachLanguage[Made]:
    """Words (a dataclass whose defaults are English), each translated at `place.field`."""
    english = {one.name: str(one.default) for one in fields(words)}  # type: ignore[arg-type]  # a dataclass, all of text

    def made(language: str) -> Made:
        translate = translations(language)
        return words(**{name: translate(f"{place}.{name}", text) for name, text in english.items()})

    return InEachLanguage(made)


@cache
def _catalogue(language: str) -> Catalog:
    with _folder().joinpath(f"{language}{_SUFFIX}").open("rb") as file:
        return read_po(file, locale=language, abort_invalid=True)


def _folder() -> Traversable:
    return files("receipts").joinpath("languages")
