"""Turns the provider's decimal amounts into whole minor units and back, by the ISO 4217 table and without a float."""

import json
import re
from collections.abc import Iterable
from decimal import Decimal
from functools import lru_cache
from hashlib import sha256
from typing import Any

from iso4217 import Currency

from simulator.provider.errors import Refused

LARGEST_AMOUNT = Decimal(10) ** 10
MOST_DECIMALS = 15
SUPPORTED_EXPONENTS = (0, 2, 3)
_MARK = "\x00"
_MARKED_NUMBER = re.compile(r'"\\u0000(-?[0-9.]+)"')


@lru_cache(maxsize=512)
def exponent(currency: str) -> int | None:
    """How many decimals a lower-case ISO 4217 code has, or None when we cannot pay in it."""
    if currency != currency.lower():
        return None
    try:
        found = Currency(currency.upper()).exponent
    except ValueError:
        return None
    return found if found in SUPPORTED_EXPONENTS else None


def minor_units(amount: Decimal, currency: str, accepted: Iterable[str] | None = None) -> int:
    """Whole minor units of a decimal amount; raises Refused for a currency, precision or size it cannot be."""
    decimals = exponent(currency)
    if decimals is None or (accepted is not None and currency not in accepted):
        raise Refused.invalid("currency", f"currency {currency!r} is not supported", code="unsupported_currency")
    if not Decimal(0) < amount < LARGEST_AMOUNT:
        raise Refused.invalid("amount", "amount must be above 0 and below 10000000000")
    written_decimals = -int(amount.as_tuple().exponent)
    scaled = amount.scaleb(decimals)
    # Past MOST_DECIMALS the arithmetic itself would round, and hide the extra precision.
    if written_decimals > MOST_DECIMALS or scaled != scaled.to_integral_value():
        raise Refused.invalid("amount", f"{currency} has {decimals} decimals, the amount has more")
    return int(scaled)


def major_units(minor: int, currency: str) -> Decimal:
    """The decimal amount, with all the decimals of its currency."""
    return Decimal(minor).scaleb(-(exponent(currency) or 0))


def written(minor: int, currency: str, style: str, variety: str) -> str:
    """A marked decimal for `to_json`, e.g. 2000 eur as 20, 20.0 or 20.00; in the mixed style `variety` picks one."""
    fixed = f"{major_units(minor, currency):f}"
    if style == "fixed":
        return _MARK + fixed
    short = fixed.rstrip("0").rstrip(".") if "." in fixed else fixed
    ways = [short] if style == "plain" else [short, fixed, short if "." in short else f"{short}.0"]
    return _MARK + ways[sha256(variety.encode()).digest()[0] % len(ways)]


def to_json(value: object) -> str:
    """JSON text in which marked decimals are numbers."""
    return _MARKED_NUMBER.sub(r"\1", json.dumps(value, separators=(",", ":")))


def from_json(text: str | bytes) -> Any:
    """Parsed JSON whose numbers are Decimal, never float; raises ValueError on anything that is not JSON."""
    return json.loads(text, parse_float=Decimal, parse_int=Decimal, parse_constant=_refuse_constant)


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not a JSON number")
