"""Finds the card scheme whose terms apply, by the brand that a terminal tells of the card."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

T = TypeVar("T")

SCHEME_OF = {"vpay": "visa", "electron": "visa", "debitmastercard": "mastercard"}
"""Products of a scheme whose name does not begin with it. Maestro is a scheme of its own here, as in its rules."""


def plain(name: str) -> str:
    """A brand's or a scheme's name as it is compared: small letters and digits and nothing between them."""
    return "".join(one for one in name.casefold() if one.isalnum())


def terms_of(brand: str | None, by_scheme: Mapping[str, T], general: T) -> T:
    """What is set for the scheme of this brand; the general where the brand is not told, or is of another scheme.

    It is the scheme with the longest name that the brand begins with: "Visa Debit" is of "visa", and so is "Visa
    Electron" unless that has terms of its own. A product by another name has its own terms, else its scheme's.
    """
    told = plain(brand or "")
    scheme = _longest(told, by_scheme)
    if scheme is None:
        product = _longest(told, SCHEME_OF)
        scheme = _longest(SCHEME_OF[product], by_scheme) if product is not None else None
    return general if scheme is None else by_scheme[scheme]


def _longest(told: str, names: Mapping[str, object]) -> str | None:
    return max((name for name in names if told.startswith(name)), key=len, default=None)
