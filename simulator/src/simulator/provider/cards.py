"""Bank cards of the simulated drivers: their numbers, tokens and PARs, and how each behaves when it is presented."""

import hmac
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from simulator.provider.settings import TokenMode

Device = Literal["plastic", "phone", "watch"]
Brand = Literal["mastercard", "maestro", "visa"]
Pin = Literal["above_limit", "always", "never"]

_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_PAN_PREFIX = {"mastercard": "541333", "maestro": "679999", "visa": "476173"}
_PAR_PREFIX = {"mastercard": "5001", "maestro": "5001", "visa": "V001"}


class Card(BaseModel):
    """One thing that can be tapped. Devices of one `account` have different tokens and the same PAR."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(min_length=1, max_length=100)
    account: str = ""
    """Which bank account it draws on; its own name when not said."""
    device: Device = "plastic"
    brand: Brand = "mastercard"
    has_par: bool = True
    pin: Pin | None = None
    """When a tap needs a PIN: plastic above the contactless limit, phones and watches never (they know their owner)."""
    decline: str | None = None
    """The failure code of every authorisation with it, e.g. insufficient_funds."""
    response_code: str | None = None
    """The acquirer's response code of that decline; the usual one of the failure code when not said."""
    approves_up_to: int | None = Field(default=None, gt=0)
    """In minor units: more than this is approved in part."""
    readable: bool = True
    """A card that cannot be read fails even for a token."""

    @model_validator(mode="before")
    @classmethod
    def _own_account(cls, given: object) -> object:
        if isinstance(given, dict) and not given.get("account"):
            return {**given, "account": given.get("name", "")}
        return given

    @property
    def pin_rule(self) -> Pin:
        """When a tap of it needs a PIN."""
        if self.pin is not None:
            return self.pin
        return "above_limit" if self.device == "plastic" else "never"


def pan(card: Card, seed: str) -> str:
    """A card number that passes the Luhn check, on a test range; 16 digits."""
    body = _PAN_PREFIX[card.brand] + _digits(seed, "pan", card.name, 9)
    doubled = sum(sum(divmod(int(digit) * 2, 10)) for digit in body[::-2])
    plain = sum(int(digit) for digit in body[-2::-2])
    return f"{body}{-(doubled + plain) % 10}"


def token(card: Card, seed: str, mode: TokenMode) -> str:
    """The card token: `99` and 16 digits, or the card number reversed as in the provider's TEST mode."""
    if mode == "reversed_pan":
        return pan(card, seed)[::-1]
    return "99" + _digits(seed, "token", card.name, 16)


def par(card: Card, seed: str) -> str | None:
    """The payment account reference, 29 characters; the same for every device of an account."""
    if not card.has_par:
        return None
    number = int.from_bytes(hmac.digest(seed.encode(), f"par|{card.brand}|{card.account}".encode(), "sha256"))
    letters = []
    for _ in range(25):
        number, letter = divmod(number, len(_ALPHABET))
        letters.append(_ALPHABET[letter])
    return _PAR_PREFIX[card.brand] + "".join(letters)


def masked_pan(card: Card, seed: str) -> str:
    """What a receipt may show of the card number."""
    number = pan(card, seed)
    return f"{number[:6]}******{number[-4:]}"


def _digits(seed: str, what: str, name: str, length: int) -> str:
    number = int.from_bytes(hmac.digest(seed.encode(), f"{what}|{name}".encode(), "sha256"))
    return str(number % 10**length).zfill(length)
